//! Peers in other languages: a script plays the peer and prints what it sees.

use std::path::PathBuf;
use std::process::Command;

use super::{expect_all_seen, say_hello, watcher};
use crate::support::broker::Broker;
use crate::support::program::Program;

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
    let mut watcher = watcher(&broker);
    let script = Program::start_command(command.arg(broker.port_text()).arg(version));
    script.stdout.line_with("subscribed");
    say_hello(&broker);
    expect_all_seen(&mut watcher);
    let ended = script.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout[1..], [&PRINTED[..], printed_last].concat());
}

fn paho(version: &str, printed_last: &[&str]) {
    let python = peers().join("python/bin/python3");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/paho_peer.py");
    plays_its_part(Command::new(python).arg(script), version, printed_last);
}

fn mqttjs(version: &str, printed_last: &[&str]) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/mqttjs_peer.js");
    let modules = peers().join("node_modules");
    let mut node = Command::new("node");
    plays_its_part(node.arg(script).env("NODE_PATH", modules), version, printed_last);
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
