//! Every mistake that a configuration can have, in mosquitto's words where it has them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::PORTS_MAX;
use crate::observe::escape::Escaped;

/// Where a setting stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are named after what they hold")]
pub enum Place {
    /// A line of a file.
    Line { file: Arc<PathBuf>, line: usize },
    /// `--set` and its argument.
    Set(String),
    /// An argument of the command line that stands for an option, or an option for several.
    Argument(&'static str),
    /// Not in one place: a file as a whole.
    Nowhere,
}

/// What is wrong with one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are named after what they hold")]
pub enum Problem {
    /// No such option anywhere; perhaps one with a name that is nearly the same.
    Unknown { name: String, similar: Option<&'static str> },
    /// An option of mosquitto that we do not have yet.
    Unsupported(String),
    /// An option of mosquitto that we will not have, and what to use instead.
    Refused { name: String, instead: &'static str },
    /// An option that we have, with a value that we do not support yet, and what would be right.
    UnsupportedValue { name: &'static str, value: String, instead: &'static str },
    /// The value is none of those that would be right.
    Invalid { name: &'static str, value: String, expected: String },
    /// A topic has a wildcard where none may be.
    Wildcard { name: &'static str, value: String },
    /// More characters than it may have.
    TooManyChars { name: &'static str, max: usize },
    /// A sentence of mosquitto's own that names the option.
    Worded(&'static str),
    /// No value.
    Empty(&'static str),
    /// Not an integer.
    NotANumber(&'static str),
    /// An integer that does not fit.
    OutOfRange { name: &'static str, min: i64, max: i64 },
    /// The option may be given once.
    Duplicate(&'static str),
    /// The option needs a `listener` line before it.
    NeedsListener(&'static str),
    /// The option needs a `connection` line before it.
    NeedsBridge(&'static str),
    /// Two bridges have the same name.
    DuplicateBridge(String),
    /// Two bridges have the same client id here.
    DuplicateLocalId(String),
    /// What is missing in a bridge, or does not go together.
    BridgeIncomplete(&'static str),
    /// `per_listener_settings true` behind options that it concerns.
    TooLate(&'static str),
    /// The option of a plugin needs a plugin before it …
    NeedsPlugin(String),
    /// … and a name …
    PluginOptionWithoutName(String),
    /// … and a value.
    EmptyPluginOption(String),
    /// The line is not UTF-8.
    NotUtf8,
    /// The value is longer than 65535 bytes.
    TooLong(&'static str),
    /// `include_dir` in an included file, or in `--set`.
    NestedInclude,
    /// A file or directory cannot be read.
    Unreadable { what: &'static str, path: PathBuf, error: String },
    /// What does not go together, or cannot be, in words.
    Combination(&'static str),
    /// `--set` without a name and an equals sign.
    NotNameValue,
    /// More than ten `-p`.
    TooManyPorts,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Error: ")?;
        match self {
            Problem::Unknown { name, similar } => write_unknown(f, name, *similar),
            Problem::Unsupported(name) => {
                let name = Escaped(name);
                write!(f, "The '{name}' option is not supported by this version of lastwill.")
            }
            Problem::Refused { name, instead } => {
                write!(f, "The '{}' option is not supported. {instead}", Escaped(name))
            }
            Problem::UnsupportedValue { name, value, instead } => {
                let value = Escaped(value);
                write!(
                    f,
                    "'{name} {value}' is not supported by this version of lastwill. {instead}"
                )
            }
            Problem::Invalid { name, value, expected } => {
                write!(f, "Invalid '{name}' value ({}). Expected {expected}.", Escaped(value))
            }
            Problem::Wildcard { name, value } => {
                let value = Escaped(value);
                write!(f, "Invalid '{name}' value ({value}). Does it contain a wildcard character?")
            }
            Problem::TooManyChars { name, max } => {
                write!(f, "'{name}' length must be <= {max}.")
            }
            Problem::Worded(sentence) => f.write_str(sentence),
            Problem::Empty(name) => write!(f, "Empty '{name}' value in configuration."),
            Problem::NotANumber(name) => write!(f, "'{name}' value not a number."),
            Problem::OutOfRange { name, min, max } => {
                write!(f, "'{name}' value out of range. Expected an integer from {min} to {max}.")
            }
            problem => write_place(f, problem),
        }
    }
}

/// What is wrong with where something stands, or with what it names.
fn write_place(f: &mut fmt::Formatter<'_>, problem: &Problem) -> fmt::Result {
    match problem {
        Problem::Duplicate(name) => write!(f, "Duplicate '{name}' value in configuration."),
        Problem::NeedsListener(name) => {
            write!(f, "The '{name}' option requires a listener to be defined first.")
        }
        Problem::TooLate(name) => {
            write!(f, "{name} must be set before any other security settings.")
        }
        Problem::NeedsBridge(name) => {
            write!(f, "The '{name}' option requires a bridge to be defined first.")
        }
        Problem::DuplicateBridge(name) => write!(f, "Duplicate bridge name '{}'.", Escaped(name)),
        Problem::DuplicateLocalId(id) => {
            write!(f, "Bridges cannot share the local client id '{}'.", Escaped(id))
        }
        Problem::BridgeIncomplete(why) => write!(f, "Invalid bridge configuration: {why}."),
        Problem::NeedsPlugin(name) => write!(
            f,
            "The '{}' option requires plugin/global_plugin/plugin_load to be defined first.",
            Escaped(name)
        ),
        Problem::PluginOptionWithoutName(name) => {
            write!(f, "Invalid '{}' config option.", Escaped(name))
        }
        Problem::EmptyPluginOption(name) => {
            write!(f, "Empty '{}' value in configuration.", Escaped(name))
        }
        Problem::NotUtf8 => f.write_str("Malformed UTF-8 in configuration."),
        Problem::TooLong(name) => {
            write!(f, "The '{name}' value is longer than 65535 bytes.")
        }
        Problem::NestedInclude => {
            f.write_str("The 'include_dir' option is allowed in the main configuration file only.")
        }
        Problem::Unreadable { what: what @ "config file", path, error } => {
            write!(f, "Unable to open {what} '{}'.\nThe reason: {error}.", path.display())
        }
        Problem::Unreadable { what, path, error } => {
            write!(f, "Unable to open {what} {}: {error}.", path.display())
        }
        Problem::Combination(text) => f.write_str(text),
        Problem::NotNameValue => f.write_str("--set takes NAME=VALUE."),
        Problem::TooManyPorts => {
            write!(f, "Only {PORTS_MAX} ports can be specified on the command line.")
        }
        _ => Ok(()),
    }
}

fn write_unknown(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    similar: Option<&'static str>,
) -> fmt::Result {
    write!(f, "Unknown configuration variable '{}'.", Escaped(name))?;
    if name.contains('\t') {
        return f.write_str(" Name and value are separated by a space, not by a tab.");
    }
    similar.map_or(Ok(()), |similar| write!(f, " Did you mean '{similar}'?"))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line { file, line } => write!(f, "Error found at {}:{line}.", file.display()),
            Place::Set(argument) => write!(f, "Error found at --set {}.", Escaped(argument)),
            Place::Argument(argument) => write!(f, "Error found at {argument}."),
            Place::Nowhere => Ok(()),
        }
    }
}

/// All mistakes of a configuration, in the order of the sources. Never empty. `Display` gives the
/// text for standard error, one or two lines each, without a final line end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The mistakes.
    pub problems: Vec<(Problem, Place)>,
}

impl ConfigError {
    /// Whether only listeners are the matter that cannot be opened so: mosquitto finds that out, and
    /// ends with another exit code, when it opens them.
    pub fn is_of_listening(&self) -> bool {
        let is_version =
            |problem: &Problem| matches!(problem, Problem::Invalid { name: "tls_version", .. });
        self.problems.iter().all(|(problem, _)| is_version(problem))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (problem, place)) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
            if *place != Place::Nowhere {
                write!(f, "\n{place}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
