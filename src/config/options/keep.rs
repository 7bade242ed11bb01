//! What survives a restart.

use std::path::PathBuf;

use super::Reload::No;
use super::Set::{Bool, Text, Word};
use super::{Apply, OptionRow, Times, Wrong, deprecated, row};

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "persistence",
        "false",
        No,
        "Whether sessions, their messages, retained messages and wills survive a restart, and a crash. \
         What is acknowledged is on disk before the acknowledgement leaves.",
        Apply::Global(Bool(|d, on| d.persistence.is_on = on)),
    ),
    row(
        "persistence_location",
        "(the directory the broker is started in)",
        No,
        "The directory of the store.",
        Apply::Global(Text("DIR", Times::Once, |d, text| {
            d.persistence.folder = Some(PathBuf::from(text));
            Ok(())
        })),
    ),
    row(
        "persistence_file",
        "lastwill.db",
        No,
        "The file of the store. A database of mosquitto is recognised and refused.",
        Apply::Global(Text("NAME", Times::Once, |d, text| {
            d.persistence.file = Some(PathBuf::from(text));
            Ok(())
        })),
    ),
    deprecated(
        "Please use 'persistence' instead.",
        row(
            "retained_persistence",
            "false",
            No,
            "Another name of persistence.",
            Apply::Global(Bool(|d, on| d.persistence.is_on = on)),
        ),
    ),
];

pub(super) const OURS: &[OptionRow] = &[row(
    "persistence_sync",
    "commit",
    No,
    "When acknowledgements leave: 'commit' is when what they promise is on disk. 'second' is at once, \
     and the store is written once a second: a crash of the broker or of the machine loses what was \
     acknowledged during the last second or more, and may deliver QoS 2 messages twice.",
    Apply::Global(Word("commit|second", |d, word| {
        d.persistence.is_relaxed = match word {
            "commit" => false,
            "second" => true,
            _ => return Err(Wrong::Expected("commit or second")),
        };
        Ok(())
    })),
)];
