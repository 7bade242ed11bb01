//! Options that are accepted and have no effect here: each is told by name, with the reason.

use super::Reload::Yes;
use super::{Apply, OptionRow, row};

const SAVED_AT_ONCE: &str = "everything is saved at once; 'persistence_sync' says how strictly";

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "autosave_interval",
        "(none)",
        Yes,
        "Without effect: everything is saved at once. See persistence_sync.",
        Apply::Ignored(SAVED_AT_ONCE),
    ),
    row(
        "autosave_on_changes",
        "(none)",
        Yes,
        "Without effect: everything is saved at once. See persistence_sync.",
        Apply::Ignored(SAVED_AT_ONCE),
    ),
    row(
        "enable_control_api",
        "(none)",
        Yes,
        "Without effect: there is no $CONTROL interface.",
        Apply::Ignored("there is no $CONTROL interface"),
    ),
];
