//! What the tests share: programs with deadlines, brokers, raw sockets, packets by hand.

pub mod broker;
pub mod packet;
pub mod program;
pub mod raw;

use std::time::Duration;

/// How long a test waits for anything before it fails. Generous: only failing tests wait so long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The program under test. `LASTWILL` names another binary.
pub fn lastwill() -> String {
    std::env::var("LASTWILL").unwrap_or_else(|_| env!("CARGO_BIN_EXE_lastwill").to_owned())
}
