//! `lastwill bench`: workloads against our broker, and brokers that do not keep what they promise.

mod faulty;
mod turns;

use std::process::{Command, Output};

use crate::support::broker::Broker;
use crate::support::lastwill;
use faulty::{Fault, Faulty};

/// Runs the bench against a port of this machine. It bounds its time itself.
fn bench(port: u16, words: &[&str]) -> Output {
    let url = format!("mqtt://127.0.0.1:{port}");
    let mut command = Command::new(lastwill());
    command.arg("bench").args(words).args(["--url", &url]).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// All messages arrived, none twice, in order.
#[track_caller]
fn assert_clean(output: &Output, deliveries: &str) {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let out = text(&output.stdout);
    assert!(out.contains(&format!("{deliveries} of {deliveries} in ")), "{out}");
    assert!(out.contains("0 lost, 0 doubled, 0 reordered"), "{out}");
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn messages_in_every_shape_arrive_and_are_counted() {
    let broker = Broker::start();
    for (workload, clients, deliveries) in
        [("fanin", "3", "600"), ("fanout", "3", "1800"), ("pairs", "3", "600")]
    {
        for (qos, version) in [("0", "311"), ("1", "5"), ("2", "311"), ("2", "5")] {
            let words = [workload, "-n", "600", "-c", clients, "-q", qos, "-V", version];
            assert_clean(&bench(broker.port, &words), deliveries);
        }
    }
}

#[test]
fn large_payloads_properties_threads_and_a_rate_change_nothing() {
    let broker = Broker::start();
    let port = broker.port;
    let pid = broker.program.pid().to_string();
    assert_clean(&bench(port, &["fanin", "-n", "100", "-s", "300000", "-q", "1"]), "100");
    assert_clean(&bench(port, &["pairs", "-n", "500", "-V", "5", "--properties"]), "500");
    assert_clean(&bench(port, &["fanout", "-n", "200", "-c", "5", "--threads", "2"]), "1000");
    let output = bench(port, &["pairs", "-n", "500", "--rate", "2000", "-q", "1", "--pid", &pid]);
    assert_clean(&output, "500");
    let out = text(&output.stdout);
    assert!(out.contains("\n  sent late ") && out.contains("\n  broker "), "{out}");
    let output = bench(port, &["pairs", "--duration", "300ms", "--warm-up", "0"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// What a broker does wrong is counted exactly, and is an error where its QoS promised otherwise.
#[test]
fn broken_promises_are_counted_and_told() {
    for (fault, qos, counted, code) in [
        (Fault::Drops, "0", "10 lost, 0 doubled, 0 reordered", 0),
        (Fault::Drops, "1", "10 lost, 0 doubled, 0 reordered", 31),
        (Fault::Drops, "2", "10 lost, 0 doubled, 0 reordered", 31),
        (Fault::Doubles, "0", "0 lost, 10 doubled, 0 reordered", 31),
        (Fault::Doubles, "1", "0 lost, 10 doubled, 0 reordered", 0),
        (Fault::Doubles, "2", "0 lost, 10 doubled, 0 reordered", 31),
        (Fault::Swaps, "0", "0 lost, 0 doubled, 10 reordered", 31),
        (Fault::Swaps, "1", "0 lost, 0 doubled, 10 reordered", 31),
    ] {
        let faulty = Faulty::start(fault);
        let words = ["fanin", "-c", "1", "-n", "100", "--warm-up", "0", "-q", qos];
        let output = bench(faulty.port, &words);
        let out = text(&output.stdout);
        assert!(out.contains(counted), "{fault:?} at QoS {qos}: {output:?}");
        assert_eq!(output.status.code(), Some(code), "{fault:?} at QoS {qos}: {output:?}");
        let told = format!("Error: 127.0.0.1:{} broke the promise of QoS {qos}: 10 ", faulty.port);
        assert_eq!(text(&output.stderr).starts_with(&told), code != 0, "{output:?}");
    }
}

#[test]
fn a_broker_that_dies_in_the_middle_is_named() {
    let faulty = Faulty::start(Fault::Dies);
    let output = bench(faulty.port, &["fanin", "-c", "1", "-n", "100", "--warm-up", "0"]);
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    assert_eq!(text(&output.stdout), "");
    let error = text(&output.stderr);
    assert!(error.starts_with("Error: the ") && error.contains("connection of "), "{error}");
}

#[test]
fn what_cannot_be_measured_is_said_in_one_line() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("mqtt://127.0.0.1:{free}");
    for (words, code, part) in [
        (&["fanin", "--url", &nobody][..], 1, "no connection to 127.0.0.1:"),
        (&["fanin", "--url", "mqtt://192.0.2.1"], 1, "--remote"),
        (&["fanin", "--url", "http://localhost"], 1, "URL"),
        (&["fanin", "-c", "0"], 1, "the number of clients is 1 to 100000, not 0"),
        (&["fanin", "-s", "15"], 1, "the payload in bytes is 16 to 16777216, not 15"),
        (&["fanin", "--duration", "2h"], 1, "the duration in ms is 1 to 3600000, not 7200000"),
        (&["fanin", "--duration", "soon"], 1, "--duration takes a number"),
        (&["fanin", "--properties"], 1, "-V 5"),
        (&["fanin", "--url", &nobody, "--pid", "4294967295"], 1, "no process 4294967295"),
    ] {
        let output = Command::new(lastwill()).arg("bench").args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {output:?}");
        let error = text(&output.stderr);
        assert!(error.starts_with("Error: ") && error.contains(part), "{words:?}: {error}");
        assert_eq!((error.lines().count(), output.stdout.len()), (1, 0), "{words:?}: {error}");
    }
}

#[test]
fn a_broker_that_refuses_is_told_with_its_code() {
    let broker = Broker::start_with(&["--set", "allow_anonymous=false"]);
    let output = bench(broker.port, &["fanin"]);
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let output = bench(broker.port, &["fanin", "-V", "5"]);
    assert_eq!(output.status.code(), Some(135), "{output:?}");
    let broker = Broker::start_with(&["--set", "max_qos=1"]);
    let output = bench(broker.port, &["fanin", "-q", "2"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("grants QoS 1 at most, not 2"), "{output:?}");
}
