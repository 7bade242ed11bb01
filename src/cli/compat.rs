//! Which version of mosquitto's clients the tools follow where 2.0 and 2.1 differ.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::cli::errors::{Problem, text};
use crate::cli::options::Called;
use crate::cli::table::{Tool, last_value};

/// The environment variable that says the same as `--compat`, so that a link can be switched.
pub const VARIABLE: &str = "LASTWILL_COMPAT";

/// The version of mosquitto's clients that is followed, to the letter (`--compat`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compat {
    /// 2.0.11, which Debian 12 has.
    V20,
    /// 2.1.2.
    #[default]
    V21,
}

impl Compat {
    /// Whether version 2.0 is followed.
    pub fn is_20(self) -> bool {
        self == Compat::V20
    }

    /// An error string as this version words it: 2.0 ends its sentences, and has none for two of
    /// them.
    pub fn sentence(self, error: &str) -> Cow<'_, str> {
        match (self, error) {
            (Compat::V21, _) | (Compat::V20, text::DUPLICATE_PROPERTY) => Cow::Borrowed(error),
            (Compat::V20, text::KEEP_ALIVE | text::MALFORMED) => Cow::Borrowed("Unknown error."),
            (Compat::V20, _) => Cow::Owned(format!("{error}.")),
        }
    }

    /// What a command line and the environment ask for. It must be known before the other options
    /// are read, because it decides which of them exist.
    ///
    /// # Errors
    /// A value other than `2.0` and `2.1`, named with where it came from.
    pub fn of(
        tool: Tool,
        called: Called,
        words: &[OsString],
        variable: Option<&OsStr>,
    ) -> Result<Compat, Problem> {
        if let Some(value) = last_value(tool, called, words, "--compat") {
            return Compat::parse(value, "--compat");
        }
        match variable.filter(|value| !value.is_empty()) {
            Some(value) => Compat::parse(value, VARIABLE),
            None => Ok(Compat::default()),
        }
    }

    /// Reads a value; `source` is named in the complaint.
    pub fn parse(value: &OsStr, source: &str) -> Result<Compat, Problem> {
        match value.as_bytes() {
            b"2.0" => Ok(Compat::V20),
            b"2.1" => Ok(Compat::V21),
            other => {
                let mut message = b"Error: Invalid value '".to_vec();
                message.extend_from_slice(other);
                let rest = format!("' for {source}, it must be 2.0 or 2.1.");
                message.extend_from_slice(rest.as_bytes());
                Err(Problem::option(message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str, variable: Option<&str>) -> Result<Compat, String> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        Compat::of(Tool::Pub, Called::Lastwill, &words, variable.map(OsStr::new))
            .map_err(|problem| String::from_utf8(problem.message).unwrap())
    }

    #[test]
    fn the_command_line_decides_then_the_environment() {
        assert_eq!(of("-t a -n", None), Ok(Compat::V21));
        assert_eq!(of("-t a -n", Some("")), Ok(Compat::V21));
        assert_eq!(of("-t a -n", Some("2.0")), Ok(Compat::V20));
        assert_eq!(of("--compat 2.1 -t a", Some("2.0")), Ok(Compat::V21));
        assert_eq!(of("-t a --compat=2.0", None), Ok(Compat::V20));
        assert_eq!(of("--compat 2.0 --compat 2.1", None), Ok(Compat::V21));
    }

    #[test]
    fn the_value_of_another_option_is_no_option() {
        assert_eq!(of("-m --compat -t 2.0", None), Ok(Compat::V21));
        assert_eq!(of("-D publish user-property --compat 2.0", None), Ok(Compat::V21));
    }

    #[test]
    fn version_2_0_ends_its_sentences() {
        assert_eq!(Compat::V21.sentence(text::LOOKUP), "Lookup error");
        assert_eq!(Compat::V20.sentence(text::LOOKUP), "Lookup error.");
        assert_eq!(Compat::V20.sentence(text::DUPLICATE_PROPERTY), text::DUPLICATE_PROPERTY);
        assert_eq!(Compat::V20.sentence(text::MALFORMED), "Unknown error.");
    }

    #[test]
    fn a_wrong_version_is_named_with_its_source() {
        let text = "Error: Invalid value '2.2' for --compat, it must be 2.0 or 2.1.";
        assert_eq!(of("--compat 2.2", None).unwrap_err(), text);
        let text = "Error: Invalid value 'x' for LASTWILL_COMPAT, it must be 2.0 or 2.1.";
        assert_eq!(of("-t a", Some("x")).unwrap_err(), text);
    }
}
