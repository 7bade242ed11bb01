//! Ten thousand connections that say nothing.

use std::process::Command;

use crate::support::broker::Broker;
use crate::support::packet::{self, Version};
use crate::support::program::Program;

/// Connections in all; each child holds half of them, since open files are limited per process.
const CONNECTIONS: usize = 10_000;

/// What one silent connection may cost the broker.
const BYTES_EACH_MAX: usize = 8 * 1024;

/// Opens connections, says so, and holds them until it is killed or the last one is closed.
const HOLD: &str = r#"
ulimit -n "$(ulimit -Hn)"
for ((i = 0; i < $2; i++)); do exec {fd}<>/dev/tcp/127.0.0.1/$1 || exit 1; done
echo held
read -r -u "$fd"
"#;

fn hold(port: u16, count: usize) -> Program {
    let count = count.to_string();
    Program::start_command(Command::new("bash").args([
        "-c",
        HOLD,
        "hold",
        &port.to_string(),
        &count,
    ]))
}

#[test]
fn ten_thousand_silent_connections_disturb_nobody() {
    let broker = Broker::start_with(&["--set", "connect_timeout=600"]);
    let mut reader = broker.client(Version::V4, "reader");
    let mut writer = broker.client(Version::V4, "writer");
    reader.subscribe(Version::V4, "t", 0);
    let before = broker.program.resident_bytes();
    let holders = [(); 2].map(|()| hold(broker.port, CONNECTIONS / 2));
    for holder in &holders {
        holder.stdout.line_with("held");
    }
    // A newcomer is accepted behind all of them, and messages pass.
    let mut newcomer = broker.client(Version::V5, "newcomer");
    newcomer.ping();
    writer.send(&packet::publish(Version::V4, "t", "hello", 0, 0));
    reader.expect_message(Version::V4, "t", "hello");
    let each = broker.program.resident_bytes().saturating_sub(before) / CONNECTIONS;
    assert!(each <= BYTES_EACH_MAX, "{each} bytes for each silent connection");
    // They all leave at once: still nobody notices, and everyone can connect again.
    drop(holders);
    writer.ping();
    reader.ping();
    newcomer.ping();
    let again = hold(broker.port, CONNECTIONS / 2);
    again.stdout.line_with("held");
    broker.client(Version::V5, "last").ping();
    let after = broker.program.resident_bytes().saturating_sub(before) / CONNECTIONS;
    assert!(after <= BYTES_EACH_MAX, "{after} bytes each: what left was not freed");
}

#[test]
fn silent_connections_are_closed_in_time() {
    let broker = Broker::start_with(&["--set", "connect_timeout=1"]);
    let mut silent: Vec<_> = (0..200).map(|_| broker.dial()).collect();
    for raw in &mut silent {
        raw.expect_closed();
    }
    broker.client(Version::V4, "c").ping();
}
