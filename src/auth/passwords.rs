//! A password file: users and the hashes of their passwords.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::auth::file::{self, FileError, FileWarning};
use crate::auth::hash::{NoHash, PasswordHash};

/// Longest user name in bytes: what MQTT can carry.
pub const USERNAME_BYTES_MAX: usize = 65_535;

/// Users and the hashes of their passwords.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passwords {
    users: HashMap<Arc<str>, Arc<PasswordHash>>,
    /// The same hashes, to choose one of them.
    hashes: Vec<Arc<PasswordHash>>,
}

/// Why users cannot be read from a password file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordsError {
    /// It cannot be read.
    File(FileError),
    /// A user has a second line.
    Duplicate {
        /// The file.
        path: PathBuf,
        /// The number of the second line, from 1.
        line: usize,
        /// The user.
        user: String,
    },
    /// In front of the colon stands nothing.
    NoUser {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
    },
    /// Behind the user name stands no hash.
    NoHash {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// The user.
        user: String,
        /// What is wrong with it.
        why: NoHash,
    },
}

impl fmt::Display for PasswordsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PasswordsError::File(error) => error.fmt(f),
            PasswordsError::Duplicate { path, line, user } => write!(
                f,
                "Error: Duplicate user {} in password file {}:{line}.",
                user.escape_debug(),
                path.display()
            ),
            PasswordsError::NoHash { path, line, user, why: NoHash(why) } => write!(
                f,
                "Error: Unable to decode line in password file {}:{line}, user {}: {why}.",
                path.display(),
                user.escape_debug()
            ),
            PasswordsError::NoUser { path, line } => write!(
                f,
                "Error: Invalid line in password file {}:{line}: the user name is empty.",
                path.display()
            ),
        }
    }
}

impl std::error::Error for PasswordsError {}

impl Passwords {
    /// Reads a password file.
    ///
    /// # Errors
    /// It cannot be read, or what it says cannot be kept. Lines that say nothing are warned about.
    pub fn read(path: &Path) -> Result<(Self, Vec<FileWarning>), PasswordsError> {
        let (bytes, mut warnings) =
            file::read("password file", path).map_err(PasswordsError::File)?;
        let passwords = Passwords::parse(&bytes, path, &mut warnings)?;
        if passwords.users.is_empty() {
            let so = "no client can connect with a user name";
            warnings.push(FileWarning::Empty { path: path.to_owned(), so });
        }
        Ok((passwords, warnings))
    }

    fn parse(
        bytes: &[u8],
        path: &Path,
        warnings: &mut Vec<FileWarning>,
    ) -> Result<Self, PasswordsError> {
        let mut passwords = Passwords::default();
        for (index, bytes) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line = index + 1;
            let (user, hash) = match split(bytes) {
                Ok(Some(entry)) => entry,
                Ok(None) => continue,
                Err(why) => {
                    let path = path.to_owned();
                    warnings.push(FileWarning::Line { path, line, why });
                    continue;
                }
            };
            if user.is_empty() {
                return Err(PasswordsError::NoUser { path: path.to_owned(), line });
            }
            let hash = PasswordHash::parse(hash).map_err(|why| PasswordsError::NoHash {
                path: path.to_owned(),
                line,
                user: user.to_owned(),
                why,
            })?;
            if !passwords.add(user, hash) {
                let (path, user) = (path.to_owned(), user.to_owned());
                return Err(PasswordsError::Duplicate { path, line, user });
            }
        }
        Ok(passwords)
    }

    /// Adds a user; whether there was none of this name.
    pub fn add(&mut self, user: &str, hash: PasswordHash) -> bool {
        let Entry::Vacant(vacant) = self.users.entry(Arc::from(user)) else { return false };
        let hash = Arc::new(hash);
        self.hashes.push(Arc::clone(vacant.insert(hash)));
        true
    }

    /// Adds a user, in place of one of this name.
    pub fn put(&mut self, user: &str, hash: PasswordHash) {
        if let Some(old) = self.users.remove(user) {
            self.hashes.retain(|hash| !Arc::ptr_eq(hash, &old));
        }
        self.add(user, hash);
    }

    /// The hash of a user's password.
    pub fn find(&self, user: &str) -> Option<&Arc<PasswordHash>> {
        self.users.get(user)
    }

    /// What to check a password against when there is no such user, so that it takes as long as if
    /// there were: the hash of somebody, the same one whenever this name comes. `None` where there
    /// is nobody.
    pub fn decoy(&self, user: &str) -> Option<&Arc<PasswordHash>> {
        // The hasher has a random key: nobody can tell who it will be.
        let number = self.users.hasher().hash_one(user);
        self.hashes.get((number % self.hashes.len().max(1) as u64) as usize)
    }

    /// How many users there are.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether there is no user.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }
}

/// User and hash of a line; `None` where it is meant to say nothing.
fn split(line: &[u8]) -> Result<Option<(&str, &str)>, &'static str> {
    if line.starts_with(b"#") || line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    let (user, hash) = text.split_once(':').ok_or("there is no ':' behind the user name")?;
    match user.trim() {
        user if user.len() > USERNAME_BYTES_MAX => Err("the user name is too long"),
        user => Ok(Some((user, hash.trim()))),
    }
}

/// A password file as configured, and what was read from it. Until it has been read nobody is let
/// in by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordFile {
    /// Where it is; `None` for users that came by the command line.
    pub path: Option<PathBuf>,
    /// Its users, once it has been read.
    pub users: Option<Arc<Passwords>>,
}

impl PasswordFile {
    /// A file that has not been read yet.
    pub const fn unread(path: PathBuf) -> Self {
        PasswordFile { path: Some(path), users: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$6$s/i5RMo6TLDh/SDZ$wDQQVFx+5UbRB/Lb2V0bX/2c9ReUHMK7wYQHKQRKhPWpRzliUpw3yFlwT+i0EbuUvuYpNAgiGRlRj7o8nvpg4g==";

    fn parse(text: &str) -> (Result<Passwords, String>, Vec<String>) {
        let mut warnings = Vec::new();
        let passwords = Passwords::parse(text.as_bytes(), Path::new("f"), &mut warnings);
        let warnings = warnings.iter().map(ToString::to_string).collect();
        (passwords.map_err(|error| error.to_string()), warnings)
    }

    #[test]
    fn lines_are_users_comments_or_nothing() {
        let text = format!("# c\n\n a : {HASH} \r\nno colon\n  \nb b:{HASH}\n#c:{HASH}\nd:{HASH}");
        let (passwords, warnings) = parse(&text);
        let passwords = passwords.unwrap();
        assert_eq!(passwords.len(), 3);
        for user in ["a", "b b", "d"] {
            assert!(passwords.find(user).unwrap().verify(b"p"), "{user}");
        }
        assert!(passwords.find("A").is_none());
        assert_eq!(
            warnings,
            ["Warning: f:4 is passed over: there is no ':' behind the user name."]
        );
    }

    #[test]
    fn a_second_line_of_a_user_and_what_is_no_hash_are_errors() {
        for (text, said) in [
            (
                format!("a:{HASH}\nb:{HASH}\n a:{HASH}"),
                "Error: Duplicate user a in password file f:3.",
            ),
            (
                format!("a:{HASH}\n:{HASH}"),
                "Error: Invalid line in password file f:2: the user name is empty.",
            ),
            (
                "a:secret".to_owned(),
                "Error: Unable to decode line in password file f:1, user a: it is no hash \
                 ('lastwill passwd -U' hashes plain passwords).",
            ),
            // Cut off in the middle of a write.
            (
                format!("a:{HASH}\nb:{}", &HASH[..40]),
                "Error: Unable to decode line in password file f:2, user b: the hash has not \
                 64 bytes.",
            ),
            (
                "a\u{1b}:".to_owned(),
                "Error: Unable to decode line in password file f:1, user a\\u{1b}: it is no \
                 hash ('lastwill passwd -U' hashes plain passwords).",
            ),
        ] {
            assert_eq!(parse(&text).0.unwrap_err(), said);
        }
    }

    #[test]
    fn a_stranger_costs_as_much_as_somebody() {
        let text: String = (0..50).map(|n| format!("u{n}:{HASH}\n")).collect();
        let passwords = parse(&text).0.unwrap();
        let decoy = passwords.decoy("nobody").unwrap();
        assert!(Arc::ptr_eq(decoy, passwords.decoy("nobody").unwrap()), "always the same");
        let decoys = (0..200).map(|n| Arc::as_ptr(passwords.decoy(&format!("x{n}")).unwrap()));
        let different: std::collections::HashSet<_> = decoys.collect();
        assert!(different.len() > 10, "{} of 50", different.len());
        assert_eq!(Passwords::default().decoy("nobody"), None);
    }
}
