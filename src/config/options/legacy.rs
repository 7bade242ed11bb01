//! Options that are accepted and have no effect here: each is told by name, with the reason.

use super::Reload::Yes;
use super::{Apply, Kind, OptionRow, row};

const SAVED_AT_ONCE: &str = "everything is saved at once; 'persistence_sync' says how strictly";

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "autosave_interval",
        "(none)",
        Yes,
        "Without effect: everything is saved at once. See persistence_sync.",
        Apply::Ignored(Kind::Int(i32::MIN as i64, i32::MAX as i64), SAVED_AT_ONCE),
    ),
    row(
        "autosave_on_changes",
        "(none)",
        Yes,
        "Without effect: everything is saved at once. See persistence_sync.",
        Apply::Ignored(Kind::Bool, SAVED_AT_ONCE),
    ),
    row(
        "enable_control_api",
        "(none)",
        Yes,
        "Without effect: there is no $CONTROL interface.",
        Apply::Ignored(Kind::Bool, "there is no $CONTROL interface"),
    ),
];
