//! `lastwill bench`: workloads against our broker, and brokers that do not keep what they promise.

mod faulty;
mod layers;
mod lock;
mod promises;
mod stopping;
mod turns;

use std::process::{Command, Output};

use crate::support::broker::Broker;
use crate::support::{free_port, lastwill};

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

#[test]
fn connections_sessions_and_wills_are_counted_one_by_one() {
    let broker = Broker::start();
    for (words, counted) in [
        (&["latency", "-c", "2", "--rate", "500", "-n", "100"][..], "deliveries   100 of 100 in"),
        (&["connect", "-n", "40", "-c", "4"], "connections  40 of 40 in"),
        (&["idle", "-c", "30", "--will", "--duration", "100ms"], "connections  30 of 30 in"),
        (&["will-storm", "-c", "30", "-q", "1"], "wills        30 of 30 in"),
        (&["will-storm", "-c", "30", "-V", "5", "--death", "reset"], "wills        30 of 30 in"),
        (&["retained", "-n", "300", "-c", "2", "-q", "1"], "deliveries   600 of 600 in"),
        (&["subscribe", "-n", "250", "-V", "5"], "subscriptions 250 of 250 in"),
        (&["offline", "-n", "300", "-c", "2"], "deliveries   600 of 600 in"),
        (&["offline", "-n", "300", "-q", "2", "-V", "5"], "deliveries   300 of 300 in"),
    ] {
        let output = bench(broker.port, words);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
        let out = text(&output.stdout);
        assert!(out.contains(counted), "{words:?}: {out}");
        assert!(out.contains("0 lost, 0 doubled, 0 reordered"), "{words:?}: {out}");
    }
    // Nothing stays behind.
    let mut after = broker.client(crate::support::packet::Version::V4, "after");
    after.subscribe(crate::support::packet::Version::V4, "lwb/#", 0);
    after.ping();
}

#[test]
fn clients_that_fall_silent_are_missed_in_time() {
    let broker = Broker::start();
    let output = bench(broker.port, &["will-storm", "-c", "5", "-q", "2", "--death", "silent"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stdout).contains("wills        5 of 5 in"), "{output:?}");
}

#[test]
fn a_broker_is_started_for_the_measurement_and_compared_with_the_floor() {
    let spawn = format!("exec {} broker -p {{port}} --set user=root", lastwill());
    for qos in ["0", "1", "2"] {
        let words = ["bench", "pairs", "-n", "500", "-q", qos, "--spawn", &spawn, "--floor"];
        let output = Command::new(lastwill()).args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let out = text(&output.stdout);
        assert!(out.contains("500 of 500 in ") && out.contains("\n  broker "), "{out}");
        assert!(out.contains("\n  floor ") && out.contains("; the broker costs "), "{out}");
    }
    let words = ["bench", "pairs", "--spawn", "echo no broker on {port} >&2; exit 3"];
    let output = Command::new(lastwill()).args(words).output().unwrap();
    assert_eq!(output.status.code(), Some(14), "{output:?}");
    let error = text(&output.stderr);
    assert!(
        error.contains("ended at once, exit status: 3") && error.contains("said: no broker on")
    );
    let words = ["bench", "pairs", "--spawn", "exit 3"];
    let output = Command::new(lastwill()).args(words).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("--spawn needs {port}"), "{output:?}");
}

#[test]
fn what_cannot_be_measured_is_said_in_one_line() {
    let nobody = format!("mqtt://127.0.0.1:{}", free_port());
    for (words, code, part) in [
        (&["fanin", "--url", &nobody][..], 1, "no connection to 127.0.0.1:"),
        (&["fanin", "--url", "mqtt://192.0.2.1"], 1, "--remote"),
        (&["fanin", "--url", "http://localhost"], 1, "'http://localhost' is not mqtt://, mqtts://"),
        (&["fanin", "--url", "mqtt://"], 1, "'mqtt://' names no host"),
        (&["fanin", "-c", "0"], 1, "the number of clients is 1 to 100000, not 0"),
        (&["fanin", "-s", "15"], 1, "the payload in bytes is 16 to 16777216, not 15"),
        (&["fanin", "--duration", "2h"], 1, "the duration in ms is 1 to 3600000, not 7200000"),
        (&["fanin", "--duration", "soon"], 1, "--duration takes a number"),
        (&["fanin", "--properties"], 1, "-V 5"),
        (&["offline", "-q", "0"], 1, "offline needs QoS 1 or 2"),
        (&["retained", "--duration", "1s"], 1, "not after a time"),
        (&["idle", "--floor"], 1, "no floor of idle"),
        (&["fanin", "--death", "reset"], 1, "--death is for will-storm"),
        (&["connect", "--will"], 1, "--will is for idle"),
        (&["retained", "--rate", "10"], 1, "--rate is for streams of messages"),
        (&["offline", "--threads", "2"], 1, "--threads is for streams of messages"),
        (&["subscribe", "--warm-up", "1s"], 1, "--warm-up is for streams and connect"),
        (&["idle", "-n", "10"], 1, "-n is not for connections, whose number is -c"),
        (&["subscribe", "-c", "2"], 1, "-c is not for subscriptions, whose number is -n"),
        (&["fanin", "--url", &nobody, "--pid", "4294967295"], 1, "no process 4294967295"),
    ] {
        let output = Command::new(lastwill()).arg("bench").args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {output:?}");
        let error = text(&output.stderr);
        assert!(error.starts_with("Error: ") && error.contains(part), "{words:?}: {error}");
        assert_eq!((error.lines().count(), output.stdout.len()), (1, 0), "{words:?}: {error}");
    }
}

/// The last line of what went wrong, which is all of it.
#[track_caller]
fn assert_fails(output: &Output, code: i32, parts: &[&str]) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let error = text(&output.stderr);
    assert!(error.starts_with("Error: ") && error.lines().count() == 1, "{error}");
    parts.iter().for_each(|part| assert!(error.contains(part), "{part}: {error}"));
}

#[test]
fn a_broker_that_allows_nothing_is_told_with_what_it_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("acl");
    std::fs::write(&rules, "topic read #\n").unwrap();
    let broker = Broker::start_with(&["--set", &format!("acl_file={}", rules.display())]);
    let few = |words: &[&str]| bench(broker.port, &[words, &["-n", "20", "-c", "2"]].concat());
    for qos in ["0", "1"] {
        assert_fails(&few(&["fanin", "-q", qos]), 31, &["nothing", "to read below lwb/"]);
    }
    assert_fails(&few(&["fanin", "-q", "1", "-V", "5"]), 2, &["Not authorized (135)"]);
    let broker = Broker::start_with(&["--set", "retain_available=false"]);
    let output = bench(broker.port, &["retained", "-n", "10", "-V", "5"]);
    assert_fails(&output, 7, &["Retain not supported (154)", "while messages were published"]);
    let broker = Broker::start_with(&["--set", "max_connections=4"]);
    for words in [&["fanin"][..], &["idle", "-c", "20"]] {
        let output = bench(broker.port, words);
        assert_fails(&output, 7, &["CONNECT was not answered", "takes no more connections"]);
    }
    let broker = Broker::start_with(&["--set", "allow_anonymous=false"]);
    assert_fails(&bench(broker.port, &["connect"]), 5, &["-u and -P say who connects"]);
}

/// Figures that cannot be written are an error, unless their reader has just gone.
#[test]
fn where_figures_go_decides_how_it_ends() {
    let broker = Broker::start();
    let url = format!("mqtt://127.0.0.1:{}", broker.port);
    let words = ["bench", "fanin", "-n", "10", "--url", &url];
    let full = std::fs::File::create("/dev/full").unwrap();
    let output = Command::new(lastwill()).args(words).stdout(full).output().unwrap();
    assert_fails(&output, 14, &["cannot write the figures", "No space left"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(lastwill()).args(words).stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
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
