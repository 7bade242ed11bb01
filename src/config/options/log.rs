//! Options of the log, and files that are read with the configuration.

use std::path::PathBuf;

use super::Reload::{No, Yes};
use super::Set::{Bool, Text, Word};
use super::{Apply, OptionRow, Times, Wrong, row};
use crate::config::draft::Draft;
use crate::config::parse;
use crate::observe::{Destination, LogType, LogTypes};

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "log_dest",
        "stderr",
        Yes,
        "Where the log goes; may be repeated. 'topic' is below $SYS/broker/log/. 'none' takes back what \
         was named before.",
        Apply::Global(Text(
            "stderr|stdout|file PATH|syslog|topic|none",
            Times::Many,
            add_destination,
        )),
    ),
    row(
        "log_type",
        "(error, warning, notice and information)",
        Yes,
        "What is logged: debug, error, warning, notice, information, subscribe, unsubscribe, \
         websockets, internal, none or all; may be repeated.",
        Apply::Global(Word("TYPE", add_type)),
    ),
    row(
        "log_timestamp",
        "true",
        Yes,
        "Whether each line begins with the time.",
        Apply::Global(Bool(|d, on| d.log_timestamp = on)),
    ),
    row(
        "log_timestamp_format",
        "(seconds since 1970)",
        Yes,
        "How the time is written, as strftime does it, such as %Y-%m-%dT%H:%M:%S.",
        Apply::Global(Text("FORMAT", Times::Once, |d, text| {
            d.log_timestamp_format = Some(text.to_owned());
            Ok(())
        })),
    ),
    row(
        "connection_messages",
        "true",
        Yes,
        "Whether clients that come and go are logged. The fate of a will is logged in any case.",
        Apply::Global(Bool(|d, on| d.connection_messages = on)),
    ),
];

pub(super) const FILES: &[OptionRow] = &[
    row(
        "include_dir",
        "(none)",
        Yes,
        "Read the *.conf files of this directory here, in alphabetical order. Only in the main \
         file.",
        Apply::Include,
    ),
    row("dhparamfile", "(none)", No, "Without effect, as in mosquitto.", Apply::Obsolete),
    row("retry_interval", "(none)", No, "Without effect, as in mosquitto.", Apply::Obsolete),
];

fn add_destination(draft: &mut Draft, text: &str) -> Result<(), Wrong> {
    let destinations = draft.log_destinations.get_or_insert_default();
    let destination = match parse::word(text) {
        "none" => {
            destinations.clear();
            return Ok(());
        }
        "stderr" => Destination::Stderr,
        "stdout" => Destination::Stdout,
        "file" => Destination::File(file_of(text, destinations)?),
        "syslog" => Destination::Syslog,
        "topic" => Destination::Topic,
        "dlt" | "android" => {
            return Err(Wrong::Unsupported("Use syslog, stderr, stdout or file PATH."));
        }
        _ => return Err(Wrong::Expected("stderr, stdout, file PATH, syslog, topic or none")),
    };
    if !destinations.contains(&destination) {
        destinations.push(destination);
    }
    Ok(())
}

/// The path after `file`. There is one log file.
fn file_of(text: &str, others: &[Destination]) -> Result<PathBuf, Wrong> {
    if others.iter().any(|other| matches!(other, Destination::File(_))) {
        return Err(Wrong::Duplicate);
    }
    match text.split_once(' ').map(|(_, path)| path.trim()) {
        Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
        _ => Err(Wrong::Empty),
    }
}

fn add_type(draft: &mut Draft, word: &str) -> Result<(), Wrong> {
    let types = draft.log_types.unwrap_or(LogTypes::NONE);
    let kind = LogType::ALL.into_iter().find(|kind| kind.word() == word);
    draft.log_types = Some(match (word, kind) {
        ("none", _) => LogTypes::NONE,
        ("all", _) => LogTypes::ALL,
        (_, Some(kind)) => types.with(kind),
        (_, None) => {
            return Err(Wrong::Expected(
                "debug, error, warning, notice, information, subscribe, unsubscribe, websockets, \
                 internal, none or all",
            ));
        }
    });
    Ok(())
}
