//! Files that people write, under random input: the configuration, password files, files of keys.
//! Each gives settings, or mistakes with their places; nothing panics.

use std::fs;
use std::path::{Path, PathBuf};

use lastwill::auth::{Keys, Passwords};
use lastwill::config::{Config, Sources, explain, options};

/// Random files of one run: each is written to a disk.
const FILES: usize = 3_000;

/// A folder whose file is written again and again.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("file");
        fs::write(&path, bytes).unwrap();
        path
    }
}

/// The line that a message names behind `file:`, if it names one.
fn line_in(text: &str) -> Option<usize> {
    let rest = text.split("/file:").nth(1)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn lines(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count()
}

/// A configuration loads and can be explained, or every mistake has its place.
fn check_config(path: &Path, bytes: &[u8]) {
    let sources = Sources { file: Some(path.to_owned()), ..Sources::default() };
    match Config::load(&sources) {
        Ok(config) => {
            let text = explain::text(&config);
            assert!(text.starts_with("broker\n"));
            let again = Config::load(&sources).unwrap();
            assert_eq!(format!("{config:?}"), format!("{again:?}"));
        }
        Err(error) => {
            let text = error.to_string();
            assert!(!error.problems.is_empty() && text.starts_with("Error: "), "{text}");
            for line in text.lines().filter(|line| line.starts_with("Error found at ")) {
                let line = line_in(line).unwrap();
                assert!((1..=lines(bytes)).contains(&line), "{text}");
            }
            // Nothing that moves the cursor of a terminal.
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        }
    }
}

/// Values that random lines are made of.
const VALUES: [&str; 24] = [
    "",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "2",
    "65536",
    "99999999999999999999",
    "0x10",
    "010",
    "a",
    "a b",
    "1884",
    "0 /run/x",
    "1885 ::1",
    "mqttv50",
    "websockets",
    "# both 1 l/ r/",
    "\"a b\" in",
    "host:1 [::1]:2",
    "5 30",
    "# remark",
    "\t",
];

#[test]
fn configurations_of_random_lines() {
    let folder = Folder::new();
    let names: Vec<&str> = options::all()
        // Others are read from the disk.
        .map(|row| row.name)
        .filter(|name| *name != "include_dir")
        .chain(["plugin", "plugin_opt_x", "bogus", "tls_engine", "#"])
        .collect();
    bolero::check!()
        .with_iterations(FILES)
        .with_type::<(Vec<(u8, u8)>, [Option<super::Change>; 2])>()
        .cloned()
        .for_each(|(chosen, changes)| {
            let lines = chosen.iter().take(20).map(|(name, value)| {
                let name = names[usize::from(*name) % names.len()];
                format!("{name} {}\n", VALUES[usize::from(*value) % VALUES.len()])
            });
            let mut bytes = lines.collect::<String>().into_bytes();
            changes.into_iter().flatten().for_each(|change| change.apply(&mut bytes));
            // A folder of the system might be what a changed line names.
            if !bytes.windows(7).any(|part| part == b"include") {
                check_config(&folder.write(&bytes), &bytes);
            }
        });
}

#[test]
fn configurations_of_random_bytes() {
    let folder = Folder::new();
    bolero::check!().with_iterations(FILES).for_each(|bytes: &[u8]| {
        check_config(&folder.write(bytes), bytes);
    });
}

/// Hashes of all kinds, right and wrong.
const HASHES: [&str; 10] = [
    "$6$c2FsdHNhbHRzYWx0$\
     VsAEMzbF1ZqkmOXyqM0W5FcjDA8aFx4KWlBjk2WkRrw5jzlSnGrFBxPLlHDAWWYKN7mUTz6FZT4Z4dPyOnvTUg==",
    "$7$101$c2FsdHNhbHRzYWx0$\
     VsAEMzbF1ZqkmOXyqM0W5FcjDA8aFx4KWlBjk2WkRrw5jzlSnGrFBxPLlHDAWWYKN7mUTz6FZT4Z4dPyOnvTUg==",
    "$7$0$c2FsdA==$aGFzaA==",
    "$7$4294967296$c2FsdA==$aGFzaA==",
    "$argon2id$v=19$m=47104,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo",
    "$argon2id$v=19$m=4294967295,t=4294967295,p=255$c2FsdA$aGFzaA",
    "$6$$",
    "$",
    "plain",
    "",
];

fn check_users(path: &Path, bytes: &[u8]) {
    match Passwords::read(path) {
        Ok((users, _)) => assert!(users.len() <= lines(bytes)),
        Err(error) => {
            let text = error.to_string();
            let line = line_in(&text).unwrap();
            assert!((1..=lines(bytes)).contains(&line), "{text}");
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        }
    }
    match Keys::read(path) {
        Ok((keys, _)) => assert!(!format!("{keys:?}").is_empty()),
        Err(error) => {
            let line = line_in(&error.to_string()).unwrap();
            assert!((1..=lines(bytes)).contains(&line), "{error}");
        }
    }
}

#[test]
fn files_of_users_and_of_keys() {
    let folder = Folder::new();
    bolero::check!()
        .with_iterations(FILES)
        .with_type::<(Vec<(u8, u8)>, [Option<super::Change>; 3])>()
        .cloned()
        .for_each(|(chosen, changes)| {
            let lines = chosen.iter().take(10).map(|(user, hash)| {
                let (user, hash) = (user % 16, HASHES[usize::from(*hash) % HASHES.len()]);
                match user {
                    0 => format!(" user : {hash} \r\n"),
                    1 => format!("key{hash}:00ff\n"),
                    2 => format!("no colon {hash}\n"),
                    _ => format!("user{user}:{hash}\n"),
                }
            });
            let mut bytes = lines.collect::<String>().into_bytes();
            changes.into_iter().flatten().for_each(|change| change.apply(&mut bytes));
            check_users(&folder.write(&bytes), &bytes);
        });
}

#[test]
fn files_of_random_bytes() {
    let folder = Folder::new();
    bolero::check!().with_iterations(FILES).for_each(|bytes: &[u8]| {
        check_users(&folder.write(bytes), bytes);
    });
}
