//! Options about the connection from elsewhere than the command line: the environment and profiles.
//!
//! Every option that has a [`Row::key`] can be set there: `LASTWILL_HOST`, `host = "…"`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::cli::draft::Draft;
use crate::cli::errors::{Problem, Stop};
use crate::cli::options::Called;
use crate::cli::table::{Row, Takes, Tool, Typed, rows};

/// What every variable of ours begins with.
pub const PREFIX: &str = "LASTWILL_";

/// The variable that names a profile.
pub const PROFILE: &str = "LASTWILL_PROFILE";

/// The options of a tool that can be set from elsewhere. The URL comes first, so that others can
/// replace parts of it.
pub fn keyed(tool: Tool) -> impl Iterator<Item = (&'static str, &'static Row)> {
    let all = || rows(tool, Called::Lastwill).filter_map(|row| Some((row.key()?, row)));
    let (first, rest) = (all(), all());
    let is_url = |key: &str| key == "url";
    first.filter(move |(key, _)| is_url(key)).chain(rest.filter(move |(key, _)| !is_url(key)))
}

/// The environment variable of a key.
pub fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('-', "_"))
}

/// Applies the environment. A variable that is empty counts as not set.
///
/// # Errors
/// A bad value, with the name of its variable.
pub fn environment(draft: &mut Draft, variables: &[(String, OsString)]) -> Result<(), Problem> {
    for (key, row) in keyed(draft.tool) {
        let name = variable(key);
        if let Some(value) = value_of(variables, &name) {
            set(draft, row, value, &name)?;
        }
    }
    Ok(())
}

/// The value of a variable that is set and not empty.
pub fn value_of<'a>(variables: &'a [(String, OsString)], name: &str) -> Option<&'a OsStr> {
    let mut found = variables.iter().filter(|(found, value)| found == name && !value.is_empty());
    found.next().map(|(_, value)| value.as_os_str())
}

/// Applies one option with a value from `source`, which is named in complaints.
///
/// # Errors
/// The option refuses the value.
pub fn set(
    draft: &mut Draft,
    row: &'static Row,
    value: &OsStr,
    source: &str,
) -> Result<(), Problem> {
    let refused = |why: &str| {
        let value = if row.is_secret() { "***".into() } else { value.to_string_lossy() };
        Problem::plain(format!("Error: Invalid value '{value}' for {source}, it must be {why}."))
    };
    let words = match row.takes {
        Takes::Nothing => match switch(value).ok_or_else(|| refused("true or false"))? {
            true => Vec::new(),
            false => return Ok(()),
        },
        // On the command line garbage counts as 0, as in C.
        Takes::One { .. } if row.is_number() && !is_number(value) => {
            return Err(refused("a whole number"));
        }
        Takes::Joined { .. } => match switch(value).filter(|_| !is_number(value)) {
            Some(true) => Vec::new(),
            Some(false) => return Ok(()),
            None => vec![value.to_owned()],
        },
        Takes::One { .. } | Takes::Property => vec![value.to_owned()],
    };
    let typed = Typed { row, words: &words };
    match (row.apply)(draft, &typed) {
        Err(Stop::Problem(problem)) => Err(with_source(problem, source)),
        Ok(()) | Err(Stop::Help | Stop::Version) => Ok(()),
    }
}

fn is_number(value: &OsStr) -> bool {
    let bytes = value.as_bytes();
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    bytes == "∞".as_bytes() || (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}

fn switch(value: &OsStr) -> Option<bool> {
    match value.to_str()?.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// The complaint of an option about a value that was not on the command line.
fn with_source(problem: Problem, source: &str) -> Problem {
    let text = problem.message.strip_prefix(b"Error: ").unwrap_or(&problem.message);
    let mut message = format!("Error: {source}: ").into_bytes();
    message.extend_from_slice(text);
    Problem::plain(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::secret::Password;

    fn after(variables: &[(&str, &str)]) -> Result<Draft, String> {
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), OsString::from(value)))
            .collect();
        let mut draft = Draft::new(Tool::Sub, Called::Lastwill);
        environment(&mut draft, &variables)
            .map_err(|problem| String::from_utf8(problem.message).unwrap())?;
        Ok(draft)
    }

    #[test]
    fn every_option_of_the_connection_has_a_variable() {
        let names: Vec<_> = keyed(Tool::Sub).map(|(key, _)| variable(key)).collect();
        for name in [
            "LASTWILL_URL",
            "LASTWILL_HOST",
            "LASTWILL_PORT",
            "LASTWILL_USERNAME",
            "LASTWILL_PASSWORD",
            "LASTWILL_PASSWORD_FILE",
            "LASTWILL_ID",
            "LASTWILL_KEEPALIVE",
            "LASTWILL_PROTOCOL_VERSION",
            "LASTWILL_BIND_ADDRESS",
            "LASTWILL_SESSION_EXPIRY",
            "LASTWILL_NODELAY",
        ] {
            assert!(names.iter().any(|found| found == name), "{name} of {names:?}");
        }
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), names.len(), "{names:?}");
        assert!(!names.iter().any(|name| name == "LASTWILL_TOPIC" || name == "LASTWILL_PROPERTY"));
    }

    #[test]
    fn values_are_what_the_options_make_of_them() {
        let draft = after(&[
            ("LASTWILL_HOST", "b"),
            ("LASTWILL_URL", "mqtt://me:secret@a:99"),
            ("LASTWILL_NODELAY", "yes"),
            ("LASTWILL_NO_TLS", "0"),
            ("LASTWILL_ID", ""),
        ])
        .unwrap();
        let connection = &draft.connection;
        assert_eq!((connection.host.as_deref(), connection.port), (Some("b"), Some(99)));
        assert_eq!(connection.username.as_deref(), Some(&b"me"[..]));
        assert_eq!(connection.password, Some(Password::Given(b"secret".to_vec())));
        assert_eq!((connection.nodelay, draft.tls.is_off), (true, false));
        assert_eq!(connection.client_id, None, "an empty variable is no variable");
        assert!(draft.sub.filters.is_empty());
    }

    #[test]
    fn a_bad_value_names_its_variable() {
        for (name, value, wanted) in [
            (
                "LASTWILL_PORT",
                "mqtt",
                "Invalid value 'mqtt' for LASTWILL_PORT, it must be a whole number.",
            ),
            ("LASTWILL_PORT", "70000", "LASTWILL_PORT: Invalid port given: 70000"),
            (
                "LASTWILL_NODELAY",
                "maybe",
                "Invalid value 'maybe' for LASTWILL_NODELAY, it must be true or false.",
            ),
            (
                "LASTWILL_KEEPALIVE",
                "1",
                "LASTWILL_KEEPALIVE: Invalid keepalive given, it must be between 5 and 65535 inclusive.",
            ),
            ("LASTWILL_URL", "http://x", "LASTWILL_URL: Unsupported URL scheme."),
        ] {
            assert_eq!(after(&[(name, value)]).unwrap_err(), format!("Error: {wanted}"), "{name}");
        }
    }
}
