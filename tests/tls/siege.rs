//! Hostile and slow handshakes: who is connected notices nothing.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use super::lab::Lab;
use super::listener::ours;
use super::raw::Secure;
use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version, hex, publish, subscribe};
use crate::support::program::Program;
use crate::support::raw::Raw;
use crate::support::{PATIENCE, await_that};

/// Connections that begin a handshake and say no more.
const HALF_OPEN: usize = 2000;
/// What one of them may cost the broker.
const BYTES_EACH_MAX: usize = 24 * 1024;
/// The begin of a record with a ClientHello of 512 bytes.
const BEGUN: &str = "16 03 01 02 00 01 00 01 FC 03 03";

fn connected(lab: &Lab, broker: &Broker, id: &str) -> Secure {
    let mut secure = Secure::dial(lab, broker.port, None);
    secure.send(&Connect { version: Version::V4, id, ..Connect::default() }.bytes());
    secure.expect(&hex("20 02 00 00"));
    secure
}

/// A reader and a writer, and how long a message takes from one to the other.
struct Pair(Secure, Secure);

impl Pair {
    fn new(lab: &Lab, broker: &Broker) -> Self {
        let mut reader = connected(lab, broker, "reader");
        reader.send(&subscribe(Version::V4, "t", 0));
        reader.expect(&hex("90 03 00 01 00"));
        Pair(reader, connected(lab, broker, "writer"))
    }

    fn time(&mut self) -> Duration {
        let begin = Instant::now();
        self.1.send(&publish(Version::V4, "t", "hello", 0, 0));
        self.0.expect(&publish(Version::V4, "t", "hello", 0, 0));
        begin.elapsed()
    }
}

#[test]
fn bytes_that_are_no_handshake_hurt_only_who_sends_them() {
    let lab = Lab::new();
    let broker = ours(&lab, "server", &["require_certificate=true"]);
    let broker_of_all = ours(&lab, "server", &[]);
    for broker in [&broker, &broker_of_all] {
        for bytes in [
            "10 0C 00 04 4D 51 54 54 04 02 00 00 00 00",
            "47 45 54 20 2F 20 48 54 54 50 2F 31 2E 31 0D 0A 0D 0A",
            "16 03 01 FF FF",
            "16 03 01 00 05 01 00 00 01 00",
            "16 03 03 00 04 0E 00 00 00",
            "15 03 01 00 02 02 28",
            "17 03 03 00 03 01 02 03",
            "14 03 03 00 01 01",
            "80 2E 01 00 02 00 15 00 00 00 10",
            "00 00 00 00 00 00 00 00",
        ] {
            let mut raw = TcpStream::connect(("127.0.0.1", broker.port)).unwrap();
            raw.set_read_timeout(Some(PATIENCE)).unwrap();
            raw.write_all(&hex(bytes)).unwrap();
            // An alert may come, then the end.
            let ended = raw.read_to_end(&mut Vec::new()).map_err(|error| error.kind());
            assert!(matches!(ended, Ok(_) | Err(ErrorKind::ConnectionReset)), "{bytes}: {ended:?}");
        }
    }
    Pair::new(&lab, &broker_of_all).time();
    let is_told = |line: &&String| line.contains("disconnected: ");
    await_that("a line for each", || {
        broker.program.stderr.so_far().iter().filter(is_told).count() >= 10
    });
}

#[test]
fn a_handshake_has_a_deadline() {
    let lab = Lab::new();
    let broker = ours(&lab, "server", &["connect_timeout=1"]);
    let mut silent = broker.dial();
    let mut slow = broker.dial();
    slow.send_hex(BEGUN);
    silent.expect_closed();
    slow.expect_closed();
    let is_late = |line: &&String| line.ends_with("disconnected: it took too long.");
    await_that("two lines", || broker.program.stderr.so_far().iter().filter(is_late).count() == 2);
    // One that shakes hands in time and is silent then has no more time.
    let mut shaken = Secure::dial(&lab, broker.port, None);
    shaken.shake();
    assert_eq!(shaken.rest(), [0; 0]);
}

/// Opens connections, begins a handshake on each, says so, and holds them.
const HOLD: &str = r#"
ulimit -n "$(ulimit -Hn)"
for ((i = 0; i < $2; i++)); do
    exec {fd}<>/dev/tcp/127.0.0.1/$1 || exit 1
    printf "$3" >&"$fd"
done
echo held
read -r -u "$fd"
"#;

fn resident_bytes(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

fn hold(broker: &Broker) -> Program {
    let begun: String = hex(BEGUN).iter().map(|byte| format!("\\x{byte:02x}")).collect();
    let args = ["-c", HOLD, "hold", &broker.port_text(), &HALF_OPEN.to_string(), &begun];
    let holder = Program::start_command(Command::new("bash").args(args));
    holder.stdout.line_with("held");
    holder
}

#[test]
fn two_thousand_half_open_handshakes_disturb_nobody() {
    let lab = Lab::new();
    let broker = ours(&lab, "server", &["connect_timeout=600"]);
    let mut pair = Pair::new(&lab, &broker);
    let before = resident_bytes(broker.program.pid());
    let holder = hold(&broker);
    let each = resident_bytes(broker.program.pid()).saturating_sub(before) / HALF_OPEN;
    assert!(each <= BYTES_EACH_MAX, "{each} bytes for each half-open handshake");
    assert!(pair.time() < PATIENCE / 4);
    connected(&lab, &broker, "newcomer");
    drop(holder);
    assert!(pair.time() < PATIENCE / 4);
    // What they took serves the next ones.
    drop(hold(&broker));
    let after = resident_bytes(broker.program.pid()).saturating_sub(before) / HALF_OPEN;
    assert!(after <= BYTES_EACH_MAX, "{after} bytes each: what left was not freed");
    assert!(pair.time() < PATIENCE / 4);
}

/// Many handshakes at once take their turns with everybody else.
#[test]
fn a_flood_of_handshakes_starves_nobody() {
    let lab = Lab::new();
    let broker = ours(&lab, "server", &[]);
    let mut pair = Pair::new(&lab, &broker);
    let slowest = std::thread::scope(|scope| {
        let flood = || (0..100).for_each(|_| Secure::dial(&lab, broker.port, None).shake());
        let floods = [(); 4].map(|()| scope.spawn(flood));
        let mut slowest = Duration::ZERO;
        while floods.iter().any(|flood| !flood.is_finished()) {
            slowest = slowest.max(pair.time());
        }
        slowest
    });
    assert!(slowest < PATIENCE / 4, "{slowest:?}");
}

/// Whoever comes too fast costs no handshake.
#[test]
fn an_address_that_comes_too_fast_gets_no_handshake() {
    let lab = Lab::new();
    let broker = ours(&lab, "server", &["max_connect_rate=1"]);
    let mut first = connected(&lab, &broker, "first");
    let many: Vec<Raw> = (0..10).map(|_| broker.dial()).collect();
    broker.program.stderr.line_with("127.0.0.1 denied: max_connect_rate exceeded.");
    let accepted = |line: &&String| line.contains("New connection from 127.0.0.1");
    let count = broker.program.stderr.so_far().iter().filter(accepted).count();
    assert!(count < many.len(), "{count}");
    first.send(&hex("C0 00"));
    first.expect(&hex("D0 00"));
}
