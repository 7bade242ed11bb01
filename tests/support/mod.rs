//! What the tests share: programs with deadlines, brokers, raw sockets, packets by hand.

pub mod broker;
pub mod named;
pub mod packet;
pub mod program;
pub mod proofs;
pub mod raw;
pub mod ws;

use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for anything before it fails. Generous: only failing tests wait so long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The program under test. `LASTWILL` names another binary.
pub fn lastwill() -> String {
    std::env::var("LASTWILL").unwrap_or_else(|_| env!("CARGO_BIN_EXE_lastwill").to_owned())
}

/// Waits until a condition holds that nothing reports by itself; fails after [`PATIENCE`].
pub fn await_that(what: &str, holds: impl FnMut() -> bool) {
    await_within(PATIENCE, what, holds);
}

/// The same for what takes longer.
pub fn await_within(patience: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + patience;
    while !holds() {
        assert!(Instant::now() < end, "waited {patience:?}: {what}");
        thread::park_timeout(Duration::from_millis(5));
    }
}
