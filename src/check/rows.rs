//! The catalogue: what to do to a broker, what must happen, and who says so.
//!
//! Rows `W…` are those of the will catalogue; rows `MQTT-…` are numbered statements of MQTT 5.0,
//! which MQTT 3.1.1 has as well where the row runs in it, under another number where the source
//! says so; rows `MQTT4-…` are statements of 3.1.1 alone.

mod connect;
mod content;
mod delay;
mod end;
mod offence;
mod order;
mod refusal;
mod retained;
mod silence;
mod standard_connect;
mod standard_message;
mod standard_session;
mod takeover;
mod walkthrough;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::protocol::Version;

/// A running row.
pub type Running = Pin<Box<dyn Future<Output = Step<Found>> + Send>>;

/// One row.
pub struct Row {
    /// Its id.
    pub id: &'static str,
    /// The versions that it concerns.
    pub over: &'static [Version],
    /// What must happen.
    pub expected: &'static str,
    /// Who says so.
    pub source: &'static str,
    /// About how many seconds it waits: long rows begin first.
    pub secs: u8,
    /// Whether it runs beside no other such row: wills that wait can hold up each other.
    pub in_turn: bool,
    /// Does it.
    pub run: fn(Lab) -> Running,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Row {
    const fn new(
        id: &'static str,
        over: &'static [Version],
        expected: &'static str,
        source: &'static str,
        run: fn(Lab) -> Running,
    ) -> Row {
        Row { id, over, expected, source, secs: 0, in_turn: false, run }
    }

    /// The same, beside no other such row.
    const fn in_turn(mut self) -> Row {
        self.in_turn = true;
        self
    }

    /// The same, known to wait.
    const fn waits(mut self, secs: u8) -> Row {
        self.secs = secs;
        self
    }
}

/// 3.1.1 and 5.0.
const BOTH: &[Version] = &[Version::V311, Version::V5];
/// 5.0 alone.
const V5: &[Version] = &[Version::V5];
/// 3.1.1 alone.
const V4: &[Version] = &[Version::V311];
/// 3.1 alone.
const V3: &[Version] = &[Version::V31];
/// All three.
const ALL: &[Version] = &[Version::V31, Version::V311, Version::V5];

/// Every row, in the order of the catalogue.
pub fn all() -> impl Iterator<Item = &'static Row> {
    [
        walkthrough::ROWS,
        connect::ROWS,
        end::ROWS,
        silence::ROWS,
        offence::ROWS,
        takeover::ROWS,
        delay::ROWS,
        content::ROWS,
        retained::ROWS,
        order::ROWS,
        standard_connect::ROWS,
        standard_message::ROWS,
        standard_session::ROWS,
    ]
    .into_iter()
    .flatten()
}
