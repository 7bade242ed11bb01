//! Options whose transport does not exist yet: recognised, so that the message can say so.

use super::{Row, Takes, Typed, names};
use crate::cli::draft::Draft;
use crate::cli::errors::{Problem, Stop};

/// The options, hidden from help.
pub const ROWS: &[Row] = &[hidden(Some('S'), "").own().does(srv)];

const fn hidden(short: Option<char>, long: &'static str) -> Row {
    let long = if long.is_empty() { None } else { Some(long) };
    Row { group: None, ..names(short, long) }
}

/// The refusal of an option that needs something this version does not have.
pub fn unavailable(option: &str, feature: &str) -> Problem {
    Problem::plain(format!(
        "Error: {option} cannot be used: this version of lastwill ({}) does not have {feature} yet.",
        env!("CARGO_PKG_VERSION")
    ))
}

fn refuse(typed: &Typed<'_>, feature: &str) -> Result<(), Stop> {
    if matches!(typed.row.takes, Takes::One { .. }) {
        typed.value()?;
    }
    Err(unavailable(&typed.row.shown(), feature).into())
}

fn srv(_: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    refuse(typed, "SRV lookups")
}
