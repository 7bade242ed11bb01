//! An ACL file: who may read and write what, line by line.
//!
//! | line | meaning |
//! |---|---|
//! | `user NAME` | `topic` lines that follow are for this user; those before the first, for the anonymous |
//! | `topic [ACCESS] FILTER` | a rule of that user |
//! | `pattern [ACCESS] FILTER` | a rule for all; a level `%c` is the client id, `%u` the user name |
//! | `# …`, blank | nothing |
//!
//! ACCESS is `read`, `write`, `readwrite` (also where none is given) or `deny`.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::auth::file::{self, FileError, FileWarning};
use crate::broker::access::{Acl, Grant, Subject};
use crate::protocol::TopicFilter;

/// What no longer counts at the end of a line, as in C.
const BLANKS: [char; 6] = [' ', '\t', '\r', '\n', '\x0b', '\x0c'];

/// What is wrong with one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// It begins with none of the three words.
    Line(String),
    /// The access is none of the four words.
    Access(String),
    /// The filter is none.
    Topic {
        /// What stands there.
        topic: String,
        /// Why it is none.
        why: String,
    },
    /// Nothing behind `topic` or `pattern`.
    EmptyTopic,
    /// Nothing behind `user`.
    NoUsername,
    /// The line is not UTF-8.
    NotUtf8,
}

/// Why a file gives no rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AclError {
    /// It cannot be read.
    File(FileError),
    /// A line makes no sense. The first one is told.
    Line {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong.
        mistake: Mistake,
    },
}

impl fmt::Display for AclError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, line, mistake) = match self {
            AclError::File(error) => return error.fmt(f),
            AclError::Line { path, line, mistake } => (path.display(), line, mistake),
        };
        match mistake {
            Mistake::Line(text) => {
                let text = text.escape_debug();
                write!(f, "Error: Invalid line in acl_file \"{path}\": {text}.")?;
                f.write_str(" Expected topic, pattern, user or a comment with '#' first.")?;
            }
            Mistake::Access(word) => {
                let word = word.escape_debug();
                write!(f, "Error: Invalid topic access type \"{word}\" in acl_file \"{path}\".")?;
                f.write_str(" Expected read, write, readwrite or deny.")?;
            }
            Mistake::Topic { topic, why } => {
                let topic = topic.escape_debug();
                write!(f, "Error: Invalid ACL topic \"{topic}\" in acl_file \"{path}\": {why}.")?;
            }
            Mistake::EmptyTopic => write!(f, "Error: Empty topic in acl_file \"{path}\".")?,
            Mistake::NoUsername => write!(f, "Error: Missing username in acl_file \"{path}\".")?,
            Mistake::NotUtf8 => write!(f, "Error: Malformed UTF-8 in acl_file \"{path}\".")?,
        }
        write!(f, "\nError found at {path}:{line}.")
    }
}

impl std::error::Error for AclError {}

/// What is questionable about a file that is used all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AclWarning {
    /// The file as such.
    File(FileWarning),
    /// A pattern holds for everybody alike.
    NoSubstitution(String),
}

impl fmt::Display for AclWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AclWarning::File(warning) => warning.fmt(f),
            AclWarning::NoSubstitution(pattern) => {
                let pattern = pattern.escape_debug();
                write!(f, "Warning: ACL pattern '{pattern}' does not contain '%c' or '%u'.")
            }
        }
    }
}

/// Most characters of a line that a message shows.
const SHOWN_CHARS_MAX: usize = 200;

/// Most warnings about the lines of one file.
const WARNINGS_MAX: usize = 100;

/// Reads a file.
///
/// # Errors
/// It cannot be read, or a line of it makes no sense: then nothing of it counts.
pub fn read(path: &Path) -> Result<(Acl, Vec<AclWarning>), AclError> {
    let (bytes, warnings) = file::read("acl_file", path).map_err(AclError::File)?;
    let mut warnings: Vec<AclWarning> = warnings.into_iter().map(AclWarning::File).collect();
    let acl = parse(path, &bytes, &mut warnings)?;
    Ok((acl, warnings))
}

/// Reads the content of a file.
///
/// # Errors
/// A line makes no sense.
pub fn parse(path: &Path, bytes: &[u8], warnings: &mut Vec<AclWarning>) -> Result<Acl, AclError> {
    let mut acl = Acl::new(&path.display().to_string());
    let mut user: Option<&str> = None;
    let mut rules = 0_usize;
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        let failed = |mistake| AclError::Line { path: path.to_owned(), line: number, mistake };
        let line = std::str::from_utf8(line).map_err(|_| failed(Mistake::NotUtf8))?;
        match statement(line).map_err(failed)? {
            Statement::Nothing => {}
            Statement::User(name) => user = Some(name),
            Statement::Rule { is_pattern, grant, filter } => {
                let text = filter.as_str();
                let subject = match user {
                    _ if is_pattern => Subject::Everybody,
                    Some(name) => Subject::User(name),
                    None => Subject::Anonymous,
                };
                if is_pattern && !text.split('/').any(|it| it == "%c" || it == "%u") {
                    warn(warnings, text);
                }
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                acl.add(subject, grant, filter, number).map_err(|_| {
                    let why = "it has more than 201 levels".to_owned();
                    failed(Mistake::Topic { topic: shown(text), why })
                })?;
                rules += 1;
            }
        }
    }
    if rules == 0 {
        let so = "it has no rule, so nobody may read or write anything";
        warnings.push(AclWarning::File(FileWarning::Empty { path: path.to_owned(), so }));
    }
    Ok(acl)
}

fn warn(warnings: &mut Vec<AclWarning>, pattern: &str) {
    if warnings.len() < WARNINGS_MAX {
        warnings.push(AclWarning::NoSubstitution(shown(pattern)));
    }
}

/// As much of a text as a message shows.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

/// What a line says.
enum Statement<'a> {
    Nothing,
    User(&'a str),
    Rule { is_pattern: bool, grant: Grant, filter: TopicFilter<'a> },
}

/// Words are separated by blanks, the last one goes to the end of the line.
fn statement(line: &str) -> Result<Statement<'_>, Mistake> {
    let line = line.trim_end_matches(BLANKS);
    if line.starts_with('#') {
        return Ok(Statement::Nothing);
    }
    let line = line.trim_start_matches(' ');
    if line.is_empty() {
        return Ok(Statement::Nothing);
    }
    let (word, rest) = first_word(line);
    match word {
        "topic" | "pattern" => rule(word == "pattern", rest),
        "user" if rest.is_empty() => Err(Mistake::NoUsername),
        "user" => Ok(Statement::User(rest.trim_start_matches(BLANKS))),
        _ => Err(Mistake::Line(shown(line))),
    }
}

fn rule(is_pattern: bool, rest: &str) -> Result<Statement<'_>, Mistake> {
    if rest.is_empty() {
        return Err(Mistake::EmptyTopic);
    }
    let (grant, topic) = match first_word(rest) {
        // A topic of one word may also be called as an access is.
        (topic, "") => (Grant::ReadWrite, topic),
        ("read", topic) => (Grant::Read, topic),
        ("write", topic) => (Grant::Write, topic),
        ("readwrite", topic) => (Grant::ReadWrite, topic),
        ("deny", topic) => (Grant::Deny, topic),
        (word, _) => return Err(Mistake::Access(shown(word))),
    };
    let topic = topic.trim_start_matches(BLANKS);
    let filter = TopicFilter::new(topic)
        .map_err(|why| Mistake::Topic { topic: shown(topic), why: why.to_string() })?;
    Ok(Statement::Rule { is_pattern, grant, filter })
}

/// The first word and what stands behind the blanks after it.
fn first_word(text: &str) -> (&str, &str) {
    match text.split_once(' ') {
        Some((word, rest)) => (word, rest.trim_start_matches(' ')),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests;
