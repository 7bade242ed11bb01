//! Unix domain sockets with Debian's broker, WebSocket with the server of Node's `ws`.

use std::fs;
use std::process::Command;

use super::mosquitto;
use super::scripts::peers;
use crate::support::broker::Broker;
use crate::support::program::{self, Program};
use crate::support::{await_that, lastwill};

/// The front that talks WebSocket, with TLS if there are the files of a certificate and its key;
/// and its port.
fn front(broker: &Broker, certificate: &[&str]) -> (Program, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/websocket_front.js");
    let mut node = Command::new("node");
    let node = node.arg(script).arg(broker.port_text()).args(certificate);
    let front = Program::start_command(node.env("NODE_PATH", peers().join("node_modules")));
    let line = front.stdout.line_with("listening ");
    (front, line.replace("listening ", ""))
}

#[test]
fn megabytes_pass_through_a_websocket_both_ways() {
    let broker = Broker::start_with(&["--set", "max_packet_size=9000000"]);
    let (front, port) = front(&broker, &[]);
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
fn a_websocket_goes_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (path("server.crt"), path("server.key"));
    let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
    let names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    let files = ["-out", &certificate, "-keyout", &key];
    let made = Command::new("openssl").args(request).args(names).args(files).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let broker = Broker::start();
    let (front, port) = front(&broker, &[&certificate, &key]);
    let url = format!("wss://localhost:{port}/news");
    let trust = ["--cafile", &certificate, "-L", &url];
    let reader = [&["sub", "-i", "reader", "-C", "1"][..], &trust].concat();
    let reader = Program::start(&lastwill(), &reader);
    broker.await_subscribed("reader", "news");
    let publish = [&["pub", "-m", "hello", "-q", "2"][..], &trust].concat();
    assert_eq!(program::run(&lastwill(), &publish).code, Some(0));
    assert_eq!(reader.end().stdout, ["hello"]);
    front.stdout.line_with("closed 1000");
    // Without the certificate there is nobody to trust.
    let ended = program::run(&lastwill(), &["pub", "-m", "x", "-L", &url]);
    assert_eq!(ended.code, Some(8), "{ended:?}");
    assert!(ended.stderr[0].starts_with("Error: A TLS error occurred"), "{ended:?}");
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
