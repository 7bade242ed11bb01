//! What `sub` does with messages beside printing them: commands, recordings, other forms.

use std::fs;
use std::process::Command;
use std::time::Instant;

use super::scripted::{ACCEPT_V3, ACCEPT_V5, Scripted, Step, turns};
use crate::interop::mosquitto::Mosquitto;
use crate::support::broker::Broker;
use crate::support::lastwill;
use crate::support::program::{self, Ended, Program};

/// Runs our `sub` at a server that sends packets behind SUBACK.
fn sub(version: &str, packets: &[&str], args: &[&str]) -> (Ended, Vec<String>) {
    let accept =
        if version == "5" { [ACCEPT_V5, "900400010000"] } else { [ACCEPT_V3, "9003000100"] };
    let mut script = turns(&accept);
    script.push(Step::Send(packets.concat()));
    let server = Scripted::start(script);
    let base = ["sub", "-h", "127.0.0.1", "-p", &server.port, "-V", version, "-t", "#"];
    let ended = program::run(&lastwill(), &[&base[..], args].concat());
    (ended, server.seen())
}

/// QoS 0 on topic `a`, with one character each.
const ONE_TWO_THREE: [&str; 3] = ["300400016131", "300400016132", "300400016133"];

#[test]
fn a_command_gets_the_message_on_stdin_and_in_its_environment() {
    // Topic a/b, retained, content type t, correlation data FF, user properties u=1, u=2, x y=3.
    let properties =
        ["03000174", "090001ff", "2600017500 0131", "2600017500 0132", "260003782079 000133"];
    let properties = properties.concat().replace(' ', "");
    let body = format!("0003612f62{:02x}{properties}6869", properties.len() / 2);
    let packet = format!("31{:02x}{body}", body.len() / 2);
    let command = "cat; echo; env | grep ^MQTT_ | sort";
    let (ended, _) = sub("5", &[&packet], &["-C", "1", "--exec", command]);
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{:?}", ended.stderr);
    assert_eq!(
        ended.stdout,
        [
            "hi",
            "MQTT_CONTENT_TYPE=t",
            "MQTT_CORRELATION_DATA=/w==",
            "MQTT_DUP=0",
            "MQTT_PAYLOAD=hi",
            "MQTT_PAYLOAD_LENGTH=2",
            "MQTT_QOS=0",
            "MQTT_RETAIN=1",
            "MQTT_TOPIC=a/b",
            r#"MQTT_USER_PROPERTIES=[{"u":"1"},{"u":"2"},{"x y":"3"}]"#,
            "MQTT_USER_u=2",
        ]
    );
}

#[test]
fn commands_run_in_order_and_all_are_waited_for() {
    let count = ["-C", "3", "--exec"];
    let (ended, seen) = sub("311", &ONE_TWO_THREE, &[&count[..], &["cat; echo"]].concat());
    assert_eq!(ended.stdout, ["1", "2", "3"]);
    assert_eq!((ended.code, &seen[2..]), (Some(0), &["e000".to_owned(), "end".to_owned()][..]));
    // Each waits until all three run: with three at a time they end, with fewer they never would.
    let folder = tempfile::tempdir().unwrap();
    let meet = format!(
        "cd {}; touch $MQTT_PAYLOAD; until [ -e 1 -a -e 2 -a -e 3 ]; do :; done",
        folder.path().display()
    );
    let (ended, _) =
        sub("311", &ONE_TWO_THREE, &[&count[..], &[&meet, "--exec-jobs", "3"]].concat());
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{:?}", ended.stderr);
}

#[test]
fn commands_that_fail_are_named_and_may_end_it() {
    let exec = ["--exec", "echo $MQTT_PAYLOAD; exit $MQTT_PAYLOAD"];
    let (ended, _) = sub("311", &ONE_TWO_THREE, &[&exec[..], &["-C", "3"]].concat());
    let warning =
        |status: &str| format!("Warning: The command for 'a' ended with status {status}.");
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stderr, ["1", "2", "3"].map(warning));
    let (ended, _) = sub("311", &ONE_TWO_THREE, &[&exec[..], &["--exec-stop-on-error"]].concat());
    assert_eq!((ended.code, ended.stdout), (Some(1), vec!["1".to_owned()]));
    assert_eq!(
        ended.stderr,
        [warning("1"), "Warning: 2 received messages were not handed to a command.".to_owned()]
    );
    let (ended, _) = sub("311", &ONE_TWO_THREE[..1], &["-C", "1", "--exec", "kill -9 $$"]);
    assert_eq!(ended.stderr, ["Warning: The command for 'a' was ended by signal 9."]);
}

#[test]
fn payloads_are_printed_in_other_forms() {
    let packets = ["300700016100ff7b20", "30080001615b312c205d", "3007000161 5b20315d"];
    let packets = packets.map(|packet| packet.replace(' ', ""));
    let packets = [&*packets[0], &packets[2]];
    let (ended, _) = sub("311", &packets, &["-C", "2", "--as", "hex", "-v"]);
    assert_eq!(ended.stdout, ["a 00ff7b20", "a 5b20315d"]);
    let (ended, _) = sub("311", &packets, &["-C", "2", "--as", "json"]);
    assert_eq!(ended.stdout, ["[1]"]);
    assert_eq!(ended.stderr, ["Error: Message payload is not valid JSON on topic a."]);
    let (ended, _) = sub("311", &packets, &["-C", "1", "--as=dump"]);
    let row = "00000000  00 ff 7b 20                                       |..{ |";
    assert_eq!(ended.stdout, ["a (4 bytes, QoS 0)", row, "00000004"]);
}

/// Records at a real broker, replays, and compares what came twice.
fn replays_are_faithful(port: &str) {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        exec 2>&1; cd "$1"
        sub() { "$LW" sub -p "$P" -t 'r/#' -q 2 -c -x 100 "$@"; }
        sub -i one -E && sub -i two -E || exit
        "$LW" pub -p "$P" -t r/a -m first -q 2 -D publish user-property k v || exit
        printf '\0\377' | "$LW" pub -p "$P" -t r/b -s -q 2 || exit
        sub -i one -C 2 -W 20 --record rec > /dev/null || exit
        "$LW" pub -p "$P" --replay rec || exit
        sub -i two -C 4 -W 20 --json > seen || exit
        sub -i one -W 20 --record rec; echo "status $?"
        "$LW" pub -p "$P" --replay none; echo "status $?"
    "#;
    let mut command = Command::new("bash");
    command.args(["-c", script, "replay", folder.path().to_str().unwrap()]);
    command.envs([("LW", lastwill()), ("P", port.to_owned())]);
    let ended = Program::start_command(&mut command).end();
    assert_eq!(
        ended.stdout,
        [
            "Error: 'rec' exists already; --force replaces it.",
            "status 1",
            "Error: Unable to read file \"none\": No such file or directory.",
            "status 1",
        ]
    );
    let seen = fs::read_to_string(folder.path().join("seen")).unwrap();
    let seen: Vec<serde_json::Value> =
        seen.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for member in ["topic", "qos", "payload", "encoding", "properties"] {
        assert_eq!(seen[0].get(member), seen[2].get(member), "{member}");
        assert_eq!(seen[1].get(member), seen[3].get(member), "{member}");
    }
    assert_eq!((&seen[2]["qos"], &seen[3]["payload"]), (&2.into(), &"AP8=".into()));
    let recorded = fs::read_to_string(folder.path().join("rec")).unwrap();
    assert!(recorded.lines().all(|line| line.starts_with("{\"at\":0.")), "{recorded}");
}

#[test]
fn replays_through_our_broker_are_faithful() {
    replays_are_faithful(&Broker::start().port_text());
}

#[test]
fn replays_through_mosquitto_are_faithful() {
    replays_are_faithful(&Mosquitto::start().port);
}

#[test]
fn a_replay_keeps_the_pauses_or_what_speed_makes_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rec");
    let lines: String = [1.0, 1.3, 1.9]
        .iter()
        .map(|at| format!("{{\"at\":{at},\"topic\":\"t\",\"payload\":\"x\"}}\n"))
        .collect();
    fs::write(&path, lines).unwrap();
    let broker = Broker::start();
    let millis = |speed: &str| {
        let started = Instant::now();
        let ended = broker.run("pub", &["--replay", path.to_str().unwrap(), "--speed", speed]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        started.elapsed().as_millis()
    };
    assert!(millis("1") >= 900);
    assert!(millis("3") >= 300);
    // Slow machines may take long for the fast one, but not as long as the pauses of the others.
    let slow = millis("0.5");
    assert!(slow >= 1800 && millis("0") < slow);
}

#[test]
fn a_full_disk_ends_the_recording() {
    let args = ["--record", "/dev/full", "--force"];
    let (ended, seen) = sub("5", &["30050001610031"], &args);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stderr, ["Error: Unable to record to '/dev/full': No space left on device."]);
    assert_eq!(seen[2..], ["e000", "end"]);
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let broker = Broker::start();
    let script = "set -o pipefail; \"$LW\" sub -p \"$P\" -i closed -t t | head -1";
    let mut command = Command::new("bash");
    command.args(["-c", script]).envs([("LW", lastwill()), ("P", broker.port_text())]);
    let reader = Program::start_command(&mut command);
    broker.await_subscribed("closed", "t");
    for payload in ["first", "second", "third"] {
        assert_eq!(broker.run("pub", &["-t", "t", "-m", payload]).code, Some(0));
        if payload == "first" {
            reader.stdout.line_with("first");
        }
    }
    let ended = reader.end();
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{:?}", ended.stderr);
    assert_eq!(ended.stdout, ["first"]);
}

#[test]
fn options_that_do_not_fit_are_refused() {
    for (args, part) in [
        (&["--exec", "x", "--json"][..], "With --exec nothing is printed"),
        (&["--exec", "x", "-v"], "With --exec nothing is printed"),
        (&["--exec-jobs", "2"], "need --exec"),
        (&["--exec", "x", "--exec-jobs", "0"], "must be 1 to 1024"),
        (&["--as", "octal"], "hex, base64, json or dump"),
        (&["--as", "hex", "-F", "%p"], "-F and --as cannot be used together"),
        (&["--json", "-F", "%p"], "-F and --json cannot be used together"),
        (&["-0", "-N"], "-0 and -N cannot be used together"),
        (&["--force"], "--force needs --record"),
    ] {
        let ended = program::run(&lastwill(), &[&["sub", "-t", "a"], args].concat());
        assert_eq!((ended.code, ended.stdout.len()), (Some(1), 0), "{args:?}");
        assert!(ended.stderr[0].contains(part), "{args:?}: {:?}", ended.stderr);
    }
    for (args, part) in [
        (&["-n", "--speed", "2"][..], "--speed needs --replay"),
        (&["--replay", "f", "--speed", "-1"], "0 or more"),
        (&["--replay", "f", "--speed", "fast"], "0 or more"),
        (&["--replay", "f", "-l"], "Only one type of message"),
    ] {
        let ended = program::run(&lastwill(), &[&["pub", "-t", "a"], args].concat());
        assert!(ended.stderr[0].contains(part), "{args:?}: {:?}", ended.stderr);
    }
}
