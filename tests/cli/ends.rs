//! How the tools end, and what they say about it.

use super::scripted::{ACCEPT_V3, ACCEPT_V5, Scripted, Step, answer, turns};
use crate::support::lastwill;
use crate::support::program::{self, Ended, Program};

/// Runs one of our tools at a scripted server, and answers what the server saw.
fn play(script: Vec<Step>, args: &[&str]) -> (Ended, Vec<String>) {
    let server = Scripted::start(script);
    let base = [args[0], "-h", "127.0.0.1", "-p", &server.port];
    let ended = program::run(&lastwill(), &[&base[..], &args[1..]].concat());
    (ended, server.seen())
}

#[track_caller]
fn expect(ended: &Ended, code: i32, stderr: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert_eq!(ended.stderr, stderr);
}

const PUB: [&str; 5] = ["pub", "-t", "t", "-m", "x"];
const PUB_Q1: [&str; 7] = ["pub", "-t", "t", "-m", "x", "-q", "1"];
const SUB: [&str; 3] = ["sub", "-t", "t"];

#[test]
fn a_refused_connection_names_the_address() {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = probe.local_addr().unwrap();
    drop(probe);
    for tool in [&PUB[..], &SUB] {
        let port = address.port().to_string();
        let args = [tool, &["-h", "127.0.0.1", "-p", &port]].concat();
        let ended = program::run(&lastwill(), &args);
        expect(&ended, 1, &[&format!("Error: Connection refused ({address})")]);
        let quiet = program::run(&lastwill(), &[&args[..], &["--quiet"]].concat());
        expect(&quiet, 1, &[]);
    }
}

#[test]
fn the_code_of_connack_is_the_exit_code() {
    let (ended, _) = play(answer("20020005"), &SUB);
    expect(&ended, 5, &["Connection error: Connection Refused: not authorised"]);
    let (ended, _) = play(answer("20020003"), &PUB);
    let refused = "Connection error: Connection Refused: broker unavailable";
    expect(&ended, 3, &[refused, "Error: The connection was refused"]);
    let (ended, _) = play(answer("2003008600"), &[&SUB[..], &["-V", "5"]].concat());
    expect(&ended, 134, &["Connection error: Bad User Name or Password"]);
    let (ended, _) = play(answer("20020001"), &[&SUB[..], &["-V", "5"]].concat());
    expect(
        &ended,
        132,
        &["Connection error: Unsupported Protocol Version. Try connecting to an MQTT v5 broker, \
           or use MQTT v3.x mode."],
    );
}

/// What is said where the server closes the connection instead of answering.
const UNANSWERED: &str = "The broker closed the connection without an answer to CONNECT.";

#[test]
fn a_publisher_that_loses_its_connection_ends_with_7() {
    let server = Scripted::start(vec![Step::Read, Step::Close]);
    let args = [&PUB[..], &["-h", "127.0.0.1", "-p", &server.port]].concat();
    expect(&program::run(&lastwill(), &args), 7, &[&format!("Error: {UNANSWERED}")]);
}

#[test]
fn a_disconnect_of_the_server_ends_a_publisher_with_4() {
    let script = turns(&[ACCEPT_V5, "e0018b"]);
    let (ended, _) = play(script, &[&PUB_Q1[..], &["-V", "5"]].concat());
    expect(&ended, 4, &["Error: The client is not currently connected"]);
}

#[test]
fn malformed_and_forbidden_packets_have_codes_of_their_own() {
    let (ended, _) = play(turns(&[ACCEPT_V3, "4000"]), &PUB_Q1);
    expect(&ended, 21, &["Error: Malformed packet"]);
    let protocol = "Error: A network protocol error occurred when communicating with the broker";
    for packet in ["c000", "f000", ACCEPT_V3] {
        let (ended, _) = play(turns(&[ACCEPT_V3, packet]), &PUB_Q1);
        expect(&ended, 2, &[protocol]);
    }
    let (ended, _) = play(answer("d000"), &SUB);
    expect(&ended, 2, &[protocol]);
}

#[test]
fn a_refused_publish_is_a_warning() {
    let puback = "400a000187061f0003626164";
    let (ended, seen) = play(turns(&[ACCEPT_V5, puback]), &[&PUB_Q1[..], &["-V", "5"]].concat());
    expect(&ended, 0, &["Warning: Publish 1 failed: Not authorized.", "bad"]);
    assert_eq!(seen[2..], ["e000", "end"]);
}

#[test]
fn a_refusal_is_one_whatever_its_code() {
    let unknown = "Warning: Publish 1 failed: Unknown reason.";
    let elsewhere = "Warning: Publish 1 failed: Packet Identifier not found.";
    for (qos, packets, warning) in [
        ("1", &[ACCEPT_V5, "40030001c8"][..], unknown),
        ("1", &[ACCEPT_V5, "40030001ff"], unknown),
        ("1", &[ACCEPT_V5, "4003000192"], elsewhere),
        ("2", &[ACCEPT_V5, "50030001c8"], unknown),
        ("2", &[ACCEPT_V5, "50020001", "70030001c8"], unknown),
    ] {
        let (ended, seen) = play(turns(packets), &[&PUB[..], &["-V", "5", "-q", qos]].concat());
        expect(&ended, 0, &[warning]);
        assert_eq!(seen[seen.len() - 2..], ["e000", "end"]);
    }
    let denied = "All subscription requests were denied.";
    for code in ["87", "c8", "ff"] {
        let (ended, seen) = play(turns(&[ACCEPT_V3, &format!("90030001{code}")]), &SUB);
        expect(&ended, 0, &[denied]);
        assert_eq!(seen[2..], ["e000", "end"]);
        let script = turns(&[ACCEPT_V5, &format!("9004000100{code}")]);
        let (ended, _) = play(script, &[&SUB[..], &["-V", "5"]].concat());
        expect(&ended, 0, &[denied]);
    }
}

#[test]
fn what_the_server_does_not_take_is_not_sent() {
    let script = answer("20050000022400");
    let (ended, seen) = play(script, &[&PUB_Q1[..], &["-V", "5"]].concat());
    let text = "Error: Message QoS not supported on broker, try a lower QoS.";
    expect(&ended, 7, &[text, "Error: The connection was lost"]);
    assert_eq!(seen[1..], ["e000", "end"]);
}

#[test]
fn denied_subscriptions_end_a_subscriber_with_0() {
    let (ended, seen) = play(turns(&[ACCEPT_V3, "9003000180"]), &SUB);
    expect(&ended, 0, &["All subscription requests were denied."]);
    assert_eq!(seen[2..], ["e000", "end"]);
}

#[test]
fn a_timeout_counts_after_connack_and_asks_for_the_will() {
    let v5 = [&SUB[..], &["-V", "5", "-W", "1"]].concat();
    let (ended, seen) = play(turns(&[ACCEPT_V5, "900400010000"]), &v5);
    expect(&ended, 27, &["Timed out"]);
    assert_eq!(seen[2..], ["e00104", "end"]);
    let (ended, seen) = play(turns(&[ACCEPT_V3, "9003000100"]), &[&SUB[..], &["-W", "1"]].concat());
    expect(&ended, 27, &["Timed out"]);
    assert_eq!(seen[2..], ["e000", "end"]);
    let (ended, _) = play(vec![Step::Read], &v5);
    expect(&ended, 255, &[]);
}

/// Starts a subscriber with `-d`, interrupts it when `line` was said, answers what the server saw.
fn interrupted(script: Vec<Step>, version: &str, line: &str) -> (Ended, Vec<String>) {
    signalled("INT", script, version, line)
}

/// The same with any signal.
fn signalled(signal: &str, script: Vec<Step>, version: &str, line: &str) -> (Ended, Vec<String>) {
    let server = Scripted::start(script);
    let args = ["-h", "127.0.0.1", "-p", &server.port, "-V", version, "-d"];
    let subscriber = Program::start(&lastwill(), &[&SUB[..], &args].concat());
    subscriber.stdout.line_with(line);
    subscriber.signal(signal);
    (subscriber.end(), server.seen())
}

#[test]
fn an_interrupted_subscriber_says_goodbye() {
    let (ended, seen) = interrupted(turns(&[ACCEPT_V5, "900400010000"]), "5", "Subscribed");
    expect(&ended, 0, &[]);
    assert_eq!(seen[2..], ["e00104", "end"]);
    let (ended, seen) = interrupted(turns(&[ACCEPT_V3, "9003000100"]), "311", "Subscribed");
    expect(&ended, 0, &[]);
    assert_eq!(seen[2..], ["e000", "end"]);
}

#[test]
fn before_connack_an_interrupt_is_255_without_a_word() {
    let (ended, _) = interrupted(vec![Step::Read], "5", "sending CONNECT");
    expect(&ended, 255, &[]);
}

#[test]
fn an_alarm_from_outside_is_the_end_of_the_time() {
    let (v3, v5) = ([ACCEPT_V3, "9003000100"], [ACCEPT_V5, "900400010000"]);
    for (version, script, disconnect) in [("311", v3, "e000"), ("5", v5, "e00104")] {
        let (ended, seen) = signalled("ALRM", turns(&script), version, "Subscribed");
        expect(&ended, 27, &["Timed out"]);
        assert_eq!(seen[2..], [disconnect, "end"]);
        let (ended, _) = signalled("ALRM", vec![Step::Read], version, "sending CONNECT");
        expect(&ended, 255, &[]);
    }
}

#[test]
fn a_publisher_is_killed_by_a_signal() {
    let server = Scripted::start(answer(ACCEPT_V3));
    let args = ["-h", "127.0.0.1", "-p", &server.port, "-d"];
    let publisher = Program::start(&lastwill(), &[&PUB_Q1[..], &args].concat());
    publisher.stdout.line_with("sending PUBLISH");
    publisher.signal("TERM");
    assert_eq!(publisher.end().code, None);
    assert!(!server.seen().contains(&"e000".to_owned()), "no DISCONNECT, so the will goes out");
}

#[test]
fn a_closed_stdout_ends_a_subscriber_in_order() {
    let script = turns(&[ACCEPT_V3, "9003000100"]);
    let script: Vec<Step> = script.into_iter().chain([Step::Send("3004000174aa".into())]).collect();
    let server = Scripted::start(script);
    let command =
        format!("{{ {} sub -h 127.0.0.1 -p {} -t t; echo $? >&2; }} | :", lastwill(), server.port);
    let ended = program::run("bash", &["-c", &command]);
    assert_eq!(ended.stderr, ["0"]);
    assert_eq!(server.seen()[2..], ["e000", "end"]);
}
