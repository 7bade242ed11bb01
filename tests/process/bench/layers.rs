//! Bench over TLS and WebSocket, with ten thousand connections, and with a broker that wants to be
//! pinged.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{assert_clean, bench, text};
use crate::support::broker::Broker;
use crate::support::lastwill;

/// How long ten thousand connections may take in all, without optimisation and beside other tests.
const CROWD: Duration = Duration::from_secs(120);
/// What one of them may cost the generator.
const BYTES_EACH_MAX: u64 = 3 * 1024;

fn run(url: &str, words: &[&str]) -> Output {
    let mut command = Command::new(lastwill());
    command.arg("bench").args(words).args(["--url", url]).output().unwrap()
}

#[test]
fn tls_is_measured_where_the_certificate_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("laboratory");
    let broker = Broker::start_with(&["--tls-self-signed", path.to_str().unwrap()]);
    let url = format!("mqtts://localhost:{}", broker.port);
    let fanin = ["fanin", "-c", "2", "-n", "100"];
    let authority = path.join("ca.crt");
    let believed = ["--cafile", authority.to_str().unwrap()];
    assert_clean(&run(&url, &[&fanin[..], &believed].concat()), "100");
    let output = run(&url, &fanin);
    assert_eq!(output.status.code(), Some(8), "{output:?}");
    let error = text(&output.stderr);
    assert!(error.contains(&format!("no connection to localhost:{}: ", broker.port)), "{error}");
    assert!(error.contains("TLS") && !error.contains("UnknownIssuer"), "{error}");
}

#[test]
fn websocket_carries_every_workload() {
    let broker = Broker::start_with(&["--set", "protocol=websockets"]);
    let url = format!("ws://127.0.0.1:{}", broker.port);
    assert_every_workload(&url, &[]);
}

#[test]
fn websocket_over_tls_carries_every_workload() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("laboratory");
    let options = ["--tls-self-signed", path.to_str().unwrap(), "--set", "protocol=websockets"];
    let broker = Broker::start_with(&options);
    let url = format!("wss://localhost:{}", broker.port);
    let authority = path.join("ca.crt");
    assert_every_workload(&url, &["--cafile", authority.to_str().unwrap()]);
}

fn assert_every_workload(url: &str, more: &[&str]) {
    for (words, count) in [
        ("fanin -q 0 -c 3 -n 600", "600"),
        ("fanin -q 1 -c 2 -n 40 -s 100000", "40"),
        ("fanout -q 2 -c 3 -n 200", "600"),
        ("pairs -q 1 -V 5 --properties -c 3 -n 600", "600"),
        ("connect -n 40 -c 4", "40"),
        ("idle -c 20 --will --duration 100ms", "20"),
        ("will-storm -c 30 -q 1 --death reset", "30"),
        ("retained -n 300 -c 2 -q 1", "600"),
        ("retained -n 2000 -q 0", "2000"),
        ("subscribe -n 250", "250"),
        ("offline -n 300 -q 2", "300"),
    ] {
        let words = [&words.split(' ').collect::<Vec<_>>()[..], more].concat();
        assert_clean(&run(url, &words), count);
    }
}

/// The floor is no broker behind the same layer, and does not look like one.
#[test]
fn the_floor_says_that_it_is_plain() {
    let broker = Broker::start_with(&["--set", "protocol=websockets"]);
    let url = format!("ws://127.0.0.1:{}", broker.port);
    let output = run(&url, &["pairs", "-n", "500", "-c", "2", "--floor"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let out = text(&output.stdout);
    let floor = out.lines().find(|line| line.starts_with("  floor ")).unwrap();
    assert!(floor.ends_with(" (plain TCP)"), "{out}");
}

#[test]
fn ten_thousand_connections_are_made_kept_and_killed() {
    let broker = Broker::start();
    let begun = Instant::now();
    let words = ["idle", "-c", "10000", "--will", "--duration", "1s", "--json"];
    let output = bench(broker.port, &words);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let round = &found["brokers"][0]["rounds"][0];
    assert_eq!((&round["delivered"], &round["lost"]), (&10_000.into(), &0.into()), "{round}");
    let own = |when: &str| round["generator"][when].as_u64().unwrap();
    let each = own("rss_peak_bytes").saturating_sub(own("rss_before_bytes")) / 10_000;
    assert!(each <= BYTES_EACH_MAX, "{each} bytes for each connection");
    assert_clean(&bench(broker.port, &["will-storm", "-c", "10000", "-q", "1"]), "10000");
    assert!(begun.elapsed() < CROWD, "{:?}", begun.elapsed());
}

/// A broker of version 5 may ask for a sign of life that nobody has offered.
#[test]
fn a_server_keep_alive_is_obeyed() {
    let broker = Broker::start_with(&["--set", "max_keepalive=1"]);
    for words in [
        "idle -c 20 --will --duration 4s",
        "latency -c 2 --rate 100 --duration 4s --warm-up 0",
        "will-storm -c 20 --death silent",
    ] {
        let words = [&words.split(' ').collect::<Vec<_>>()[..], &["-V", "5"]].concat();
        let output = bench(broker.port, &words);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
        assert!(text(&output.stdout).contains("checked      0 lost, 0 doubled"), "{output:?}");
    }
}
