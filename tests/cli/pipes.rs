//! Messages through pipes: `sub` on one side, `pub` on the other, two real brokers between them.

use std::fs;
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::interop::mosquitto::Mosquitto;
use crate::support::broker::Broker;
use crate::support::program::{self, Ended, Program};
use crate::support::{PATIENCE, lastwill};

/// Runs a shell script in which `$LW` is the program and `$P` the port.
fn shell(port: &str, script: &str) -> Ended {
    let mut command = Command::new("bash");
    command.args(["-c", script]).env("LW", lastwill()).env("P", port);
    Program::start_command(&mut command).end()
}

/// Random messages as lines of JSON, each with its own topic, and an end.
fn random_lines(count: usize) -> Vec<String> {
    let mut runner = TestRunner::default();
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    let text = "[^\\p{Cc}]{0,12}";
    let message = (bytes.clone(), bytes, text, text, 0_u8..3);
    (0..count)
        .map(|number| {
            let (payload, data, name, value, qos) =
                message.new_tree(&mut runner).unwrap().current();
            let base64 = |bytes| base64::Engine::encode(&BASE64, bytes);
            serde_json::json!({
                "topic": format!("from/{number}/é \"x\""),
                "qos": qos,
                "payload": base64(payload),
                "encoding": "base64",
                "properties": {
                    "payload-format-indicator": 0,
                    "message-expiry-interval": 1000,
                    "content-type": name,
                    "response-topic": "re/ply",
                    "correlation-data": base64(data),
                    "user-properties": [{name.clone(): value}, {"b": "2"}, {"a": "3"}, {"b": "2"}],
                },
            })
            .to_string()
        })
        .collect()
}

const BASE64: base64::engine::GeneralPurpose = base64::engine::general_purpose::STANDARD;

/// What of a line is the message itself.
fn message_of(line: &str) -> serde_json::Value {
    let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
    let members = line.as_object_mut().unwrap();
    for hop in ["time", "packet_id", "dup"] {
        members.remove(hop);
    }
    let topic = members["topic"].as_str().unwrap();
    members["topic"] = topic[topic.find('/').unwrap()..].into();
    // A broker takes off the seconds that a message has waited [MQTT-3.3.2-6].
    let expiry = &mut members["properties"]["message-expiry-interval"];
    assert!(expiry.as_u64().is_some_and(|secs| (900..=1000).contains(&secs)), "{expiry}");
    *expiry = 1000.into();
    line
}

/// `sub --json | pub --json` from one tree to another, through two hops.
fn copies_are_faithful(port: &str) {
    const COUNT: usize = 60;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines");
    fs::write(&path, random_lines(COUNT).join("\n")).unwrap();
    let patience = PATIENCE.as_secs();
    let script = format!(
        r#"
        exec 2>&1; set -o pipefail
        $LW sub -p $P --json -q 2 -i first -t 'from/#' -E -c -x 100 || exit
        $LW sub -p $P --json -q 2 -i second -t 'copy/#' -E -c -x 100 || exit
        $LW pub -p $P --json -q 2 < {path} || exit
        $LW sub -p $P --json -q 2 -i first -t 'from/#' -c -x 100 -C {COUNT} -W {patience} |
            tee {path}.first | sed 's|"topic":"from/|"topic":"copy/|' | $LW pub -p $P --json || exit
        $LW sub -p $P --json -q 2 -i second -t 'copy/#' -c -x 100 -C {COUNT} -W {patience} \
            > {path}.second
        "#,
        path = path.display()
    );
    let ended = shell(port, &script);
    assert_eq!((ended.code, &ended.stdout[..]), (Some(0), &[][..]));
    let read = |end: &str| -> Vec<serde_json::Value> {
        let lines = fs::read_to_string(format!("{}.{end}", path.display())).unwrap();
        lines.lines().map(message_of).collect()
    };
    let (first, second) = (read("first"), read("second"));
    assert_eq!(first.len(), COUNT);
    assert_eq!(first, second);
    assert!(first.iter().all(|line| line["properties"]["user-properties"][3]["b"] == "2"));
}

#[test]
fn copies_through_our_broker_are_faithful() {
    copies_are_faithful(&Broker::start().port_text());
}

#[test]
fn copies_through_mosquitto_are_faithful() {
    copies_are_faithful(&Mosquitto::start().port);
}

#[test]
fn a_bad_line_ends_the_reading_after_those_before_it() {
    let broker = Broker::start();
    let watcher = Program::start(
        &lastwill(),
        &["sub", "-p", &broker.port_text(), "-t", "#", "-i", "w", "-v"],
    );
    broker.await_subscribed("w", "#");
    let line = r#"{"topic":"a","payload":"%s"}\n"#;
    let ended = shell(
        &broker.port_text(),
        &format!(
            r#"printf '{line}{line}{{"topic":"a"}}\n{line}' 1 2 4 | $LW pub -p $P --json -q 2"#
        ),
    );
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stderr, ["Error: line 3, column 13: missing field `payload`."]);
    let ended =
        shell(&broker.port_text(), "printf 'b end\n' | $LW pub -p $P -l --topic-separator ' '");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    watcher.stdout.line_with("b end");
    assert_eq!(watcher.stdout.so_far(), ["a 1", "a 2", "b end"]);
}

#[test]
fn lines_with_topics_and_records_that_nul_ends() {
    let broker = Broker::start();
    let port = broker.port_text();
    let args = ["sub", "-p", &port, "-t", "#", "-i", "w", "-F", "%t=%x"];
    let watcher = Program::start(&lastwill(), &args);
    let relay = Command::new("bash")
        .args(["-c", "$LW sub -p $P -i relay -0 -t a -C 3 | $LW pub -p $P -l -0 -t b -q 1"])
        .envs([("LW", lastwill()), ("P", port.clone())])
        .spawn();
    let mut relay = relay.unwrap();
    broker.await_subscribed("w", "#");
    broker.await_subscribed("relay", "a");
    let ended = shell(
        &port,
        r"printf 'a\tx\ny\0a\t\0a\t\xff\n\0' | $LW pub -p $P -l -0 --topic-separator '\t' -q 1",
    );
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0));
    assert!(relay.wait().unwrap().success());
    for line in ["b=780a79", "b=", "b=ff0a"] {
        watcher.stdout.line_that(line, |seen| seen == line);
    }
    let ended = shell(&port, "printf 'c x\nd\n' | $LW pub -p $P -l --topic-separator ' '");
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stderr, ["Error: line 2, column 2: no ' ' between topic and payload."]);
    watcher.stdout.line_with("c=78");
}

#[test]
fn these_options_are_unknown_to_mosquitto() {
    let folder = tempfile::tempdir().unwrap();
    for (tool, option) in [("sub", "--json"), ("sub", "-0"), ("pub", "--json"), ("pub", "-0")] {
        let link = folder.path().join(format!("mosquitto_{tool}"));
        let _ = std::os::unix::fs::symlink(lastwill(), &link);
        let ended = program::run(link.to_str().unwrap(), &["-t", "a", option]);
        assert_eq!(ended.code, Some(1), "{tool} {option}");
        assert_eq!(ended.stderr[0], format!("Error: Unknown option '{option}'."));
    }
}
