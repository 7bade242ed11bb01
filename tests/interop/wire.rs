//! Unix domain sockets with Debian's broker, WebSocket with the server of Node's `ws`.

use std::fs;
use std::process::Command;

use super::mosquitto;
use super::scripts::peers;
use crate::support::broker::Broker;
use crate::support::program::{self, Program};
use crate::support::{await_that, lastwill};

/// The front that talks WebSocket, and its port.
fn front(broker: &Broker) -> (Program, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/websocket_front.js");
    let mut node = Command::new("node");
    let node = node.arg(script).arg(broker.port_text());
    let front = Program::start_command(node.env("NODE_PATH", peers().join("node_modules")));
    let line = front.stdout.line_with("listening ");
    (front, line.replace("listening ", ""))
}

#[test]
fn megabytes_pass_through_a_websocket_both_ways() {
    let broker = Broker::start_with(&["--set", "max_packet_size=9000000"]);
    let (front, port) = front(&broker);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payload");
    let payload: String = (0..3_000_000).map(|at| char::from(b'a' + (at % 23) as u8)).collect();
    fs::write(&file, &payload).unwrap();
    let url = format!("ws://127.0.0.1:{port}/big");
    let reader = Program::start(&lastwill(), &["sub", "-i", "reader", "-L", &url, "-C", "1"]);
    broker.await_subscribed("reader", "big");
    let args = ["pub", "-q", "2", "-f", file.to_str().unwrap(), "-L", &url];
    let ended = program::run(&lastwill(), &args);
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:?}");
    let ended = reader.end();
    assert!(ended.stdout == [payload], "the payload came changed");
    assert_eq!(ended.code, Some(0));
    let closed = |line: &&String| line.as_str() == "closed 1000";
    await_that("two orderly closes", || front.stdout.so_far().iter().filter(closed).count() == 2);
    let lines = front.stdout.so_far();
    let client = "client /mqtt mqtt host=127.0.0.1".to_owned();
    assert!(
        lines.contains(&client) && lines.contains(&"pong are you there".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn a_port_that_speaks_mqtt_alone_is_no_websocket() {
    let broker = Broker::start();
    let port = broker.port_text();
    let ended = program::run(&lastwill(), &["pub", "--ws", "-p", &port, "-t", "a", "-m", "b"]);
    assert_eq!(ended.code, Some(7), "{ended:?}");
    let message =
        "Error: The connection was lost before the server answered the WebSocket request.";
    assert_eq!(ended.stderr, [message]);
}

#[test]
fn debians_broker_is_reached_by_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.sock").to_str().unwrap().to_owned();
    let broker = mosquitto::Mosquitto::start_with(&format!("user root\nlistener 0 {path}\n"));
    let args = ["sub", "--unix", &path, "-i", "reader", "-t", "a", "-q", "2", "-C", "1"];
    let reader = Program::start(&lastwill(), &args);
    broker.await_subscribed("reader", 2, "a");
    let by_port = ["pub", "-h", &path, "-p", "0", "-t", "a", "-m", "hi", "-q", "2"];
    let ended = program::run(&lastwill(), &by_port);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(reader.end().stdout, ["hi"]);
}
