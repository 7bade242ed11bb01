//! What would be right instead of a wrong argument of `lastwill broker`.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::broker::ready::FIRST_DESCRIPTOR;
use crate::config::options;

/// The value of `-p`.
pub fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "expected a port from 0 to 65535; 0 is any free one".to_owned())
}

/// The value of `--ready-fd`.
pub fn descriptor(text: &str) -> Result<i32, String> {
    let expected =
        || format!("expected the number of an open descriptor, from {FIRST_DESCRIPTOR} on");
    text.parse().map_err(|_| expected())
}

/// Adds to the error of an argument that does not exist what was perhaps meant.
pub fn with_hint(mut error: clap::Error) -> clap::Error {
    let is_unknown = error.kind() == ErrorKind::UnknownArgument;
    let hint = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) if is_unknown => hint(argument),
        _ => None,
    };
    if let Some(hint) = hint {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(hint)]));
    }
    error
}

/// An option of the configuration, or a file.
fn hint(argument: &str) -> Option<String> {
    let name = argument.trim_start_matches('-').split(['=', ' ']).next().unwrap_or_default();
    if options::find(name).is_some() {
        return Some(format!("options of the configuration are set with '--set {name}=VALUE'"));
    }
    let is_word = !argument.starts_with('-');
    is_word.then(|| format!("a configuration file is named with '-c {argument}'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::broker::command;

    #[test]
    fn a_wrong_argument_comes_with_what_would_be_right() {
        for (line, tip) in [
            ("mosquitto.conf", "named with '-c mosquitto.conf'"),
            ("--max_qos 1", "set with '--set max_qos=VALUE'"),
            ("--max_qos=1", "set with '--set max_qos=VALUE'"),
            ("listener 1883", "set with '--set listener=VALUE'"),
            ("--verbos", "'--verbose'"),
            ("-p x", "a port from 0 to 65535"),
            ("-p 65536", "a port from 0 to 65535"),
            ("--ready-fd x", "from 3 on"),
            ("--compat emqx", "possible values: mosquitto"),
            ("--allow-user bob", "expected NAME:FILE"),
            ("--test-config", "--config-file <FILE>"),
        ] {
            let error = command().try_get_matches_from(line.split(' ')).unwrap_err();
            let said = with_hint(error).render().to_string();
            assert!(said.contains(tip), "{line}: {said}");
        }
        let error = command().try_get_matches_from(["--bogus"]).unwrap_err();
        let said = with_hint(error).render().to_string();
        assert!(said.contains("unexpected argument '--bogus'") && !said.contains("tip"), "{said}");
    }
}
