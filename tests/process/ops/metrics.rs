//! `metrics_listener`: what Prometheus and a load balancer see.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Stdio};

use super::{ask, get};
use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version, Will};
use crate::support::{await_that, lastwill};

/// A broker with metrics, and their port.
fn start(more: &[&str]) -> (Broker, u16) {
    let broker = Broker::start_with(&[&["--set", "metrics_listener=0"], more].concat());
    let line = broker.program.stdout.line_with("\"event\":\"ready\"");
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["metrics"][0]["address"], "127.0.0.1");
    let port = ready["metrics"][0]["port"].as_u64().unwrap().try_into().unwrap();
    (broker, port)
}

/// The samples by name and labels.
fn samples(port: u16) -> BTreeMap<String, f64> {
    let (status, text) = get(port, "/metrics");
    assert_eq!(status, 200);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    lines.map(sample).collect()
}

#[test]
fn metrics_count_what_happens() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let (broker, port) = start(&["--data", &data]);
    broker.program.stderr.line_with(&format!("Metrics at http://127.0.0.1:{port}/metrics"));
    let will = Some(Will::new("w", "gone"));
    let mut armed = broker.client_with(&Connect { id: "a", will, ..Connect::default() });
    armed.ping();
    let now = samples(port);
    assert_eq!(now["lastwill_clients_connected"], 1.0);
    assert_eq!(now["lastwill_wills{state=\"armed\"}"], 1.0);
    assert_eq!(now["lastwill_store_up"], 1.0);
    assert!(now["process_resident_memory_bytes"] > 100_000.0);
    assert!(now["lastwill_bytes_total{direction=\"received\"}"] > 10.0);
    drop(armed);
    await_that("the will in the metrics", || {
        samples(port)["lastwill_wills_settled_total{fate=\"published\"}"] == 1.0
    });
    let port_text = broker.port_text();
    let args = ["pub", "-p", &port_text, "-t", "k", "-m", "x", "-r", "-q", "1"];
    assert_eq!(crate::support::program::run(&lastwill(), &args).code, Some(0));
    let now = samples(port);
    assert!(now["lastwill_store_batches_total"] >= 1.0);
    assert!(now["lastwill_store_syncs_total"] >= 1.0);
    assert!(now["lastwill_retained_messages"] >= 1.0);
}

#[test]
fn the_official_parser_takes_the_text() {
    let peers = std::env::var("LASTWILL_PEERS").expect("tests/all.sh sets LASTWILL_PEERS");
    let (_broker, port) = start(&[]);
    let (_, text) = get(port, "/metrics");
    let program = "import sys\n\
        from prometheus_client.parser import text_string_to_metric_families as parse\n\
        names = [family.name for family in parse(sys.stdin.read())]\n\
        print(len(names), len(set(names)))";
    let mut python = Command::new(format!("{peers}/python/bin/python3"))
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "prometheus_client refuses:\n{text}");
    let counts = String::from_utf8(output.stdout).unwrap();
    let families = text.lines().filter(|line| line.starts_with("# TYPE ")).count();
    assert_eq!(counts.trim(), format!("{families} {families}"));
}

#[test]
fn health_and_readiness_are_told_apart_from_nonsense() {
    let (broker, port) = start(&[]);
    assert_eq!(get(port, "/healthz"), (200, "ok\n".to_owned()));
    assert_eq!(get(port, "/readyz"), (200, "ready\n".to_owned()));
    assert_eq!(get(port, "/").0, 404);
    assert!(ask(port, "POST /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
    assert!(ask(port, "\x16\x03\x01\r\n\r\n").starts_with("HTTP/1.1 400 "));
    let long = format!("GET /metrics HTTP/1.1\r\nA: {}", "x".repeat(9000));
    assert!(ask(port, &long).starts_with("HTTP/1.1 431 "));
    let head = ask(port, "HEAD /healthz HTTP/1.0\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n"), "{head}");
    broker.client(Version::V5, "c").ping();
}

#[test]
fn a_broker_that_stops_is_not_ready() {
    let (broker, port) = start(&[]);
    // A reader that takes nothing holds up the end for its grace.
    let mut stuck = broker.client(Version::V4, "stuck");
    stuck.subscribe(Version::V4, "t", 0);
    let mut sender = broker.client(Version::V4, "sender");
    for _ in 0..100 {
        let text = "x".repeat(100_000);
        sender.send(&crate::support::packet::publish(Version::V4, "t", &text, 0, 0));
    }
    sender.ping();
    broker.program.signal("TERM");
    broker.program.stderr.line_with("stopping in order");
    await_that("503 from /readyz", || get(port, "/readyz").0 == 503);
    assert_eq!(get(port, "/readyz").1, "the broker is stopping\n");
    assert_eq!(get(port, "/healthz").0, 200);
}

#[test]
fn slow_and_many_http_clients_hurt_nobody() {
    let (broker, port) = start(&[]);
    let mut client = broker.client(Version::V5, "c");
    let slow: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            // It never ends its request.
            let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\n");
            stream
        })
        .collect();
    for _ in 0..5 {
        assert_eq!(get(port, "/metrics").0, 200);
        client.ping();
    }
    drop(slow);
}

#[test]
fn a_metrics_port_that_is_taken_stops_the_start() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let set = format!("metrics_listener={port}");
    let args = ["broker", "-p", "0", "--set", &set];
    let ended = crate::support::program::run(&lastwill(), &args);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.iter().any(|line| line.contains(&format!("127.0.0.1:{port}"))));
}
