//! Peers in other languages: a script plays the peer and prints what it sees.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::haproxy::certificates;
use super::{expect_all_seen, say_hello, watcher};
use crate::support::broker::Broker;
use crate::support::lastwill;
use crate::support::program::{self, Program};

/// What every script prints, after `subscribed`.
const PRINTED: [&str; 5] = [
    "peer/from-us hello qos=1",
    "peer/q0 zero qos=0",
    "peer/q1 one qos=1",
    "peer/q2 two qos=2",
    "peer/will die qos=2",
];

/// Where `tests/all.sh` puts what it installs.
pub fn peers() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/target/peers");
    let folder = PathBuf::from(std::env::var("LASTWILL_PEERS").unwrap_or(default.to_owned()));
    assert!(folder.is_dir(), "{} is missing: run tests/all.sh", folder.display());
    folder
}

fn plays_its_part(command: &mut Command, version: &str, printed_last: &[&str]) {
    let broker = Broker::start();
    let args = [&broker.port_text(), version];
    meets(&broker, command.args(args), printed_last);
}

/// The peer comes by WebSocket, everybody else by TCP.
fn plays_its_part_by_websocket(command: &mut Command, version: &str, printed_last: &[&str]) {
    let (broker, port, _folder) = Broker::with_websocket("");
    meets(&broker, command.args([&port.to_string(), version, "ws"]), printed_last);
}

/// The same with TLS below the WebSocket.
fn plays_its_part_by_wss(command: &mut Command, version: &str, printed_last: &[&str]) {
    let (broker, port, authority, _folders) = with_wss();
    command.args([&port.to_string(), version, "wss", &authority]);
    meets(&broker, command.env("NODE_EXTRA_CA_CERTS", &authority), printed_last);
}

/// A broker with WebSocket over TLS at a port, and the file of its authority.
fn with_wss() -> (Broker, u16, String, [TempDir; 2]) {
    let made = certificates();
    let path = |name: &str| made.path().join(name).to_str().unwrap().to_owned();
    let (certificate, key, authority) = (path("proxy.crt"), path("proxy.key"), path("ca.crt"));
    let more = format!("certfile {certificate}\nkeyfile {key}\nmax_packet_size 9000000\n");
    let (broker, port, folder) = Broker::with_websocket(&more);
    (broker, port, authority, [made, folder])
}

fn meets(broker: &Broker, command: &mut Command, printed_last: &[&str]) {
    let mut watcher = watcher(broker);
    let script = Program::start_command(command);
    script.stdout.line_with("subscribed");
    say_hello(broker);
    expect_all_seen(&mut watcher);
    let ended = script.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout[1..], [&PRINTED[..], printed_last].concat());
}

fn paho_command() -> Command {
    let mut python = Command::new(peers().join("python/bin/python3"));
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/paho_peer.py"));
    python
}

fn paho(version: &str, printed_last: &[&str]) {
    plays_its_part(&mut paho_command(), version, printed_last);
}

fn mqttjs_command() -> Command {
    let mut node = Command::new("node");
    node.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/mqttjs_peer.js"));
    node.env("NODE_PATH", peers().join("node_modules"));
    node
}

fn mqttjs(version: &str, printed_last: &[&str]) {
    plays_its_part(&mut mqttjs_command(), version, printed_last);
}

/// The properties of the will, as the peer receives them.
const WILL_PROPERTIES: [&str; 1] = ["text/plain answer/to 636F7272 a=1 a=2"];

#[test]
fn paho_3_1_1() {
    paho("4", &[]);
}

#[test]
fn paho_5() {
    paho("5", &WILL_PROPERTIES);
}

#[test]
fn mqttjs_3_1_1() {
    mqttjs("4", &[]);
}

#[test]
fn mqttjs_5() {
    mqttjs("5", &WILL_PROPERTIES);
}

#[test]
fn paho_by_websocket() {
    plays_its_part_by_websocket(&mut paho_command(), "4", &[]);
    plays_its_part_by_websocket(&mut paho_command(), "5", &WILL_PROPERTIES);
}

#[test]
fn mqttjs_by_websocket() {
    plays_its_part_by_websocket(&mut mqttjs_command(), "4", &[]);
    plays_its_part_by_websocket(&mut mqttjs_command(), "5", &WILL_PROPERTIES);
}

#[test]
fn peers_by_websocket_over_tls() {
    plays_its_part_by_wss(&mut paho_command(), "5", &WILL_PROPERTIES);
    plays_its_part_by_wss(&mut mqttjs_command(), "5", &WILL_PROPERTIES);
}

/// A message of three megabytes from our own clients to our own broker.
fn megabytes_pass(broker: &Broker, folder: &TempDir, url: &str, more: &[&str]) {
    let file = folder.path().join("payload");
    let payload: String = (0..3_000_000).map(|at| char::from(b'a' + (at % 23) as u8)).collect();
    std::fs::write(&file, &payload).unwrap();
    let sub = ["sub", "-i", "reader", "-L", url, "-C", "1"];
    let reader = Program::start(&lastwill(), &[&sub[..], more].concat());
    broker.await_subscribed("reader", "big");
    let args = ["pub", "-q", "2", "-f", file.to_str().unwrap(), "-L", url];
    let ended = program::run(&lastwill(), &[&args[..], more].concat());
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:?}");
    let ended = reader.end();
    assert!(ended.stdout == [payload], "the payload came changed");
    assert_eq!(ended.code, Some(0));
}

#[test]
fn our_clients_by_websocket() {
    let (broker, port, folder) = Broker::with_websocket("max_packet_size 9000000\n");
    megabytes_pass(&broker, &folder, &format!("ws://127.0.0.1:{port}/big"), &[]);
}

#[test]
fn our_clients_by_websocket_over_tls() {
    let (broker, port, authority, [_made, folder]) = with_wss();
    let url = format!("wss://localhost:{port}/big");
    megabytes_pass(&broker, &folder, &url, &["--cafile", &authority]);
}
