//! A message as a line of JSON that loses nothing, both ways: `sub --json`, `pub --json`,
//! recordings.
//!
//! A line is one object. A payload that is UTF-8 is text, any other one base64, and `encoding` says
//! which; correlation data is base64 always. Properties have the names of `-D`. What belongs to one
//! hop only (packet identifier, DUP, Topic Alias, Subscription Identifiers) is written, and ignored
//! when it is read.

mod pairs;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{Moment, Problem, Record, read};
pub use write::write;

use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

/// How a payload stands in a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    /// As it is.
    Utf8,
    /// In base64 with padding.
    Base64,
}
