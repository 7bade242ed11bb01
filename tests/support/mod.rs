//! What the tests share: programs with deadlines, brokers, raw sockets, packets by hand.

pub mod broker;
pub mod named;
pub mod packet;
pub mod program;
pub mod proofs;
pub mod raw;
pub mod ws;

use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for anything before it fails. Generous: only failing tests wait so long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The program under test. `LASTWILL` names another binary.
pub fn lastwill() -> String {
    std::env::var("LASTWILL").unwrap_or_else(|_| env!("CARGO_BIN_EXE_lastwill").to_owned())
}

/// Debian's broker, which is not in everybody's path.
pub fn mosquitto() -> &'static str {
    let installed = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
    installed.into_iter().find(|path| Path::new(path).exists()).unwrap_or("mosquitto")
}

/// A port of this machine that nobody listens on now.
pub fn free_port() -> u16 {
    free_port_on("127.0.0.1")
}

/// The same for an address of this machine.
pub fn free_port_on(host: &str) -> u16 {
    TcpListener::bind((host, 0)).unwrap().local_addr().unwrap().port()
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
