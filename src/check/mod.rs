//! The broker's examiner: the will catalogue and the connection-level statements of the standard,
//! asked of any broker over connections of its own.
//!
//! [`rows::all`] is the catalogue; [`Plan`] chooses from it, [`discover`] asks the broker what it
//! offers, [`Run`] runs rows side by side and cleans up behind them. A row speaks raw packets
//! ([`wire`]) through [`probe::Probe`] and says what it found ([`found`]).
//!
//! Deliberately absent: how results are printed.

pub mod found;
pub mod lab;
pub mod plan;
pub mod probe;
pub mod rows;
pub mod run;
pub mod wire;

pub use found::{Found, Verdict};
pub use lab::{Abilities, Target};
pub use plan::{Plan, Selection};
pub use rows::Row;
pub use run::{Discovery, Outcome, Run, Unreachable, discover};
