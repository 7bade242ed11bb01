//! `--metrics`: how busy the lock of our broker is.

use super::{bench, text};
use crate::support::broker::Broker;
use crate::support::free_port;

#[test]
fn the_lock_of_our_broker_is_told_beside_its_cost() {
    let broker = Broker::start_with(&["--set", "metrics_listener=0"]);
    let line = broker.program.stdout.line_with("\"event\":\"ready\"");
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    let metrics = format!("http://127.0.0.1:{}", ready["metrics"][0]["port"]);
    let pid = broker.program.pid().to_string();
    let words = ["pairs", "-n", "2000", "-q", "1", "--pid", &pid, "--metrics", &metrics];
    let out = text(&bench(broker.port, &words).stdout);
    let line = out.lines().find(|line| line.starts_with("  lock ")).expect(&out);
    assert!(
        line.contains(" us held for each, ") && line.contains(" % of the CPU time; "),
        "{line}"
    );
    let output = bench(broker.port, &[&words[..], &["--json", "--rounds", "2"]].concat());
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for round in found["brokers"][0]["rounds"].as_array().unwrap() {
        assert!(round["lock"]["turns"].as_u64().unwrap() >= 10, "{round}");
        assert!(round["lock"]["busy_s"].as_f64().unwrap() > 0.0, "{round}");
    }
}

#[test]
fn metrics_that_are_none_are_refused_by_name() {
    let broker = Broker::start();
    let nobody = format!("http://127.0.0.1:{}", free_port());
    for (url, words) in [
        (nobody.as_str(), "no metrics at 127.0.0.1:"),
        ("127.0.0.1:9", "--metrics takes http://HOST:PORT"),
        ("http://192.0.2.1:9", "192.0.2.1 is not on this machine"),
    ] {
        let output = bench(broker.port, &["pairs", "-n", "10", "--metrics", url]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stderr).contains(words), "{output:?}");
    }
}
