//! Every mistake that a configuration can have, in mosquitto's words where it has them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a setting stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are named after what they hold")]
pub enum Place {
    /// A line of a file.
    Line { file: Arc<PathBuf>, line: usize },
    /// `--set` and its argument.
    Set(String),
    /// Not in one place: a file as a whole, or a combination of options.
    Nowhere,
}

/// What is wrong with one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are named after what they hold")]
pub enum Problem {
    /// No such option anywhere.
    Unknown(String),
    /// An option of mosquitto that we do not have yet.
    Unsupported(String),
    /// An option that we have, with a value that we do not support yet, and what would be right.
    UnsupportedValue { name: String, value: String, instead: &'static str },
    /// The value is none of those that would be right.
    Invalid { name: String, value: String, expected: String },
    /// No value.
    Empty(String),
    /// Not an integer.
    NotANumber(String),
    /// An integer outside of the range.
    OutOfRange { name: String, min: i64, max: i64 },
    /// The option may be given once.
    Duplicate(String),
    /// The option needs a `listener` line before it.
    NeedsListener(String),
    /// The value is not UTF-8.
    NotUtf8,
    /// The value is longer than 65535 bytes.
    TooLong(String),
    /// `include_dir` in an included file.
    NestedInclude,
    /// A file or directory cannot be read.
    Unreadable { what: &'static str, path: PathBuf, error: String },
    /// `--set` without a name and an equals sign.
    NotNameValue,
    /// More than ten `-p`.
    TooManyPorts,
}

/// All mistakes of a configuration, in the order of the sources. Never empty. `Display` gives the
/// text for standard error, one or two lines each, without a final line end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The mistakes.
    pub problems: Vec<(Problem, Place)>,
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.problems)
    }
}
