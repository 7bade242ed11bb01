//! The load generator: what a broker does with messages, connections and wills, measured from
//! outside, with every delivery checked.
//!
//! [`Plan`] says what is done, [`Target`] to which broker, [`round`] does it once and answers
//! [`Figures`]. A generator that costs as much as the broker measures itself, so the hot path is
//! apart from the rest of the house: packets are encoded once and patched in place (`frame.rs`),
//! many leave in one write, and what arrives is read from one scratch buffer a thread.
//!
//! [`contest`] has several rounds, in which brokers take turns.
//!
//! Deliberately absent: how figures are printed.

mod contest;
mod costs;
mod crew;
mod dial;
mod episode;
mod figures;
mod flow;
mod frame;
mod ledger;
mod lock;
mod plan;
mod relay;
mod round;
mod spawn;
mod stats;
mod stretch;
mod usage;
mod watch;

pub use contest::{Entry, Figure, ROUNDS_MAX, Rounds, contest};
pub use figures::{BenchError, Connections, Figures, Limit, Series, Usage};
pub use lock::{LockUse, MetricsUrl};
pub use plan::{Death, Pace, Plan, Stop, Target, Workload};
pub use relay::relay;
pub use round::round;
pub use spawn::{Spawned, free_port};
pub use stats::Spread;
pub use watch::Watch;
