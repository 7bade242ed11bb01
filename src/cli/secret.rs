//! Where a password comes from, so that it need not stand on the command line, where every user of
//! the machine can read it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::cli::check::STRING_BYTES_MAX;
use crate::cli::errors::{Problem, system_text};

/// Permission bits that let somebody else than the owner read a file.
const OTHERS_READ: u32 = 0o044;

/// A password, or where it will be read when everything else is known to be right.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// Typed (`-P PASSWORD`, `-L`), or the value of an environment variable or of a profile.
    Given(Vec<u8>),
    /// Asked for on the terminal (`-P` without a value, `--password-prompt`).
    Prompt,
    /// The first line of a file (`--password-file`).
    File(PathBuf),
    /// An environment variable (`--password-env`).
    Variable(OsString),
    /// The first line of an open file descriptor (`--password-fd`).
    Descriptor(u32),
}

impl std::fmt::Debug for Password {
    /// Never the password itself.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Password::Given(_) => f.write_str("Given(***)"),
            Password::Prompt => f.write_str("Prompt"),
            Password::File(path) => f.debug_tuple("File").field(path).finish(),
            Password::Variable(name) => f.debug_tuple("Variable").field(name).finish(),
            Password::Descriptor(number) => f.debug_tuple("Descriptor").field(number).finish(),
        }
    }
}

impl Password {
    /// The password of `user`, read from where it is.
    ///
    /// # Errors
    /// There is none, with the option that asked for it.
    pub fn read(&self, user: Option<&str>, is_quiet: bool) -> Result<Vec<u8>, Problem> {
        match self {
            Password::Given(password) => Ok(password.clone()),
            Password::Prompt => prompt(user),
            Password::File(path) => file(path, is_quiet),
            Password::Variable(name) => variable(name),
            Password::Descriptor(number) => descriptor(*number),
        }
    }
}

fn prompt(user: Option<&str>) -> Result<Vec<u8>, Problem> {
    let text = match user {
        Some(user) => format!("Password for {user}: "),
        None => "Password: ".to_owned(),
    };
    rpassword::prompt_password(text).map(String::into_bytes).map_err(|error| {
        Problem::plain(format!(
            "Error: -P without a value asks for the password on the terminal, and there is none \
             ({}). Use --password-file, --password-env or --password-fd.",
            system_text(&error)
        ))
    })
}

fn file(path: &Path, is_quiet: bool) -> Result<Vec<u8>, Problem> {
    let name = path.display();
    let source = format!("--password-file '{name}'");
    let unreadable = |error: io::Error| failed(&source, &system_text(&error));
    let file = File::open(path).map_err(unreadable)?;
    if !is_quiet {
        warn_if_shared(path);
    }
    first_line(BufReader::new(file), &source)
}

/// Warns on stderr when others than its owner can read a file that holds a secret.
pub fn warn_if_shared(path: &Path) {
    let Ok(metadata) = fs::metadata(path) else { return };
    let mode = metadata.permissions().mode();
    if metadata.is_file() && mode & OTHERS_READ != 0 {
        let line = format!(
            "Warning: others can read '{}', which holds a password (mode {:03o}); chmod 600 ends \
             that.\n",
            path.display(),
            mode & 0o777
        );
        let _ = io::stderr().write_all(line.as_bytes());
    }
}

fn variable(name: &OsStr) -> Result<Vec<u8>, Problem> {
    let source = format!("--password-env '{}'", name.display());
    match std::env::var_os(name) {
        None => Err(failed(&source, "there is no such environment variable")),
        Some(value) if value.is_empty() => Err(failed(&source, "the variable is empty")),
        Some(value) => checked(value.into_vec(), &source),
    }
}

fn descriptor(number: u32) -> Result<Vec<u8>, Problem> {
    let source = format!("--password-fd {number}");
    if number == 0 {
        // What follows the line stays in the buffer of standard input, for -l and -s.
        return first_line(io::stdin().lock(), &source);
    }
    let file = File::open(format!("/dev/fd/{number}"))
        .map_err(|error| failed(&source, &system_text(&error)))?;
    first_line(BufReader::new(file), &source)
}

/// The first line without its end, be that a line feed or carriage return and line feed.
fn first_line(input: impl BufRead, source: &str) -> Result<Vec<u8>, Problem> {
    let mut line = Vec::new();
    let limit = STRING_BYTES_MAX as u64 + 2;
    input
        .take(limit)
        .read_until(b'\n', &mut line)
        .map_err(|error| failed(source, &system_text(&error)))?;
    let line = line.strip_suffix(b"\n").unwrap_or(&line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(failed(source, "its first line is empty"));
    }
    checked(line.to_vec(), source)
}

fn checked(password: Vec<u8>, source: &str) -> Result<Vec<u8>, Problem> {
    if password.len() > STRING_BYTES_MAX {
        let why = format!("longer than {STRING_BYTES_MAX} bytes, the most that MQTT can carry");
        return Err(failed(source, &why));
    }
    Ok(password)
}

fn failed(source: &str, why: &str) -> Problem {
    Problem::plain(format!("Error: No password from {source}: {why}."))
}

/// A value with the password in its `scheme://user:password@` taken out; `None` if it has none.
pub fn without_password(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority_end = rest.find('/').unwrap_or(rest.len());
    let at = rest[..authority_end].rfind('@')?;
    let (user, _) = rest[..at].split_once(':')?;
    Some(format!("{scheme}://{user}{}", &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(outcome: Result<Vec<u8>, Problem>) -> String {
        String::from_utf8(outcome.unwrap_err().message).unwrap()
    }

    #[test]
    fn the_first_line_counts_and_keeps_its_blanks() {
        for (content, wanted) in [
            ("secret\n", "secret"),
            ("secret", "secret"),
            ("secret\r\nsecond\n", "secret"),
            (" a b \nmore", " a b "),
        ] {
            assert_eq!(first_line(content.as_bytes(), "it"), Ok(wanted.into()), "{content:?}");
        }
    }

    #[test]
    fn an_empty_first_line_is_no_password() {
        for content in ["", "\n", "\r\n", "\nsecret\n"] {
            let wanted = "Error: No password from it: its first line is empty.";
            assert_eq!(message(first_line(content.as_bytes(), "it")), wanted, "{content:?}");
        }
    }

    #[test]
    fn a_password_that_mqtt_cannot_carry_is_refused() {
        let most = vec![b'x'; STRING_BYTES_MAX];
        assert_eq!(first_line(&*most, "it").as_ref(), Ok(&most));
        let more = vec![b'x'; STRING_BYTES_MAX + 1];
        assert!(message(first_line(&*more, "it")).contains("longer than 65535 bytes"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let missing = Password::File("no/such/file".into()).read(None, true);
        let wanted = "Error: No password from --password-file 'no/such/file': No such file or \
                      directory.";
        assert_eq!(message(missing), wanted);
        let missing = Password::Variable("LASTWILL_NO_SUCH".into()).read(None, true);
        let wanted = "Error: No password from --password-env 'LASTWILL_NO_SUCH': there is no such \
                      environment variable.";
        assert_eq!(message(missing), wanted);
        let missing = Password::Descriptor(987).read(None, true);
        assert!(message(missing).starts_with("Error: No password from --password-fd 987: "));
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(format!("{:?}", Password::Given(b"secret".to_vec())), "Given(***)");
    }

    #[test]
    fn the_password_of_a_url_can_be_taken_out() {
        for (url, wanted) in [
            ("mqtt://me:secret@host:1/t", Some("mqtt://me@host:1/t")),
            ("socks5h://me:a@b@host", Some("socks5h://me@host")),
            ("mqtt://me@host/t:x@y", None),
            ("mqtt://host:1883", None),
            ("host", None),
        ] {
            assert_eq!(without_password(url).as_deref(), wanted, "{url}");
        }
    }
}
