//! What the tools send and print.

use super::scripted::{ACCEPT_V3, ACCEPT_V5, Scripted, Step, turns};
use crate::support::lastwill;
use crate::support::program::{self, Ended};

/// Runs our `sub` at a scripted server.
fn sub(script: Vec<Step>, args: &[&str]) -> (Ended, Vec<String>) {
    let server = Scripted::start(script);
    let base = ["sub", "-h", "127.0.0.1", "-p", &server.port];
    let ended = program::run(&lastwill(), &[&base[..], args].concat());
    (ended, server.seen())
}

/// Runs our `pub` with lines on stdin.
fn pub_lines(script: Vec<Step>, stdin: &str, args: &str) -> (Ended, Vec<String>) {
    let server = Scripted::start(script);
    let command =
        format!("printf '{stdin}' | {} pub -h 127.0.0.1 -p {} {args}", lastwill(), server.port);
    let ended = program::run("bash", &["-c", &command]);
    (ended, server.seen())
}

/// Accepts CONNECT and SUBSCRIBE, then sends packets.
fn delivering(packets: &[&str]) -> Vec<Step> {
    let mut script = turns(&[ACCEPT_V3, "9003000102"]);
    script.push(Step::Send(packets.concat()));
    script
}

const LIVE_A: &str = "3004000161 41";
const RETAINED_B: &str = "3104000162 42";

fn bytes(packet: &str) -> String {
    packet.replace(' ', "")
}

#[test]
fn count_stops_in_the_middle_of_a_read() {
    let script = delivering(&[&bytes(LIVE_A), &bytes(RETAINED_B), "320600016300017a"]);
    let (ended, seen) = sub(script, &["-t", "#", "-v", "-C", "2"]);
    assert_eq!((ended.code, ended.stdout), (Some(0), vec!["a A".to_owned(), "b B".to_owned()]));
    assert_eq!(seen[2..], ["e000", "end"], "the third message is not acknowledged");
}

#[test]
fn retained_messages_are_hidden_or_the_only_ones() {
    let script = || delivering(&[&bytes(RETAINED_B), &bytes(LIVE_A)]);
    let (ended, _) = sub(script(), &["-t", "#", "-v", "-R", "-C", "1"]);
    assert_eq!(ended.stdout, ["a A"]);
    let (ended, seen) = sub(script(), &["-t", "#", "-v", "--retained-only"]);
    assert_eq!((ended.code, ended.stdout), (Some(0), vec!["b B".to_owned()]));
    assert_eq!(seen[2..], ["e000", "end"]);
}

#[test]
fn filtered_topics_do_not_count() {
    let (ended, _) =
        sub(delivering(&[&bytes(RETAINED_B), &bytes(LIVE_A)]), &["-t", "#", "-T", "b", "-C", "1"]);
    assert_eq!(ended.stdout, ["A"]);
}

#[test]
fn removing_waits_for_the_acknowledgement() {
    let mut script = delivering(&[&bytes(RETAINED_B)]);
    script.extend([Step::Read, Step::Send("40020002".to_owned())]);
    let (ended, seen) = sub(script, &["-t", "#", "--remove-retained", "-C", "1"]);
    assert_eq!((ended.code, ended.stdout), (Some(0), vec!["B".to_owned()]));
    assert_eq!(seen[2..], ["3305000162 0002".replace(' ', ""), "e000".into(), "end".into()]);
}

#[test]
fn qos_2_is_printed_once() {
    let mut script = delivering(&["340600016100057a", "3c0600016100057a"]);
    script.extend([Step::Read, Step::Read, Step::Send("62020005".to_owned())]);
    let (ended, seen) = sub(script, &["-t", "#", "-q", "2", "-C", "1"]);
    assert_eq!(ended.stdout, ["z"]);
    assert_eq!(seen[2..], ["50020005", "50020005", "70020005", "e000", "end"]);
}

#[test]
fn topic_aliases_of_the_server_are_resolved() {
    let mut script = turns(&[ACCEPT_V5, "900400010000"]);
    script.push(Step::Send("3008000161 0323000141 30070000 0323000142".replace(' ', "")));
    let alias = ["-D", "connect", "topic-alias-maximum", "5"];
    let (ended, _) = sub(script, &[&["-t", "#", "-v", "-C", "2"], &alias[..]].concat());
    assert_eq!(ended.stdout, ["a A", "a B"]);
}

#[test]
fn all_filters_are_in_one_subscribe_and_each_unsubscribe_is_its_own() {
    let (ended, seen) = sub(
        turns(&[ACCEPT_V3, "900400010000"]),
        &["-t", "a", "-t", "b", "-U", "c", "-U", "d", "-E"],
    );
    assert_eq!(ended.code, Some(0));
    let unsubscribes = ["a2050002000163", "a2050003000164"];
    assert_eq!(seen[1], "820a00010001610000016200");
    assert_eq!(seen[2..], [&unsubscribes[..], &["e000", "end"]].concat());
}

#[test]
fn a_lost_subscriber_comes_back_and_subscribes_again() {
    let mut script = turns(&[ACCEPT_V3, "9003000100"]);
    script.push(Step::Close);
    script.extend(delivering(&[&bytes(LIVE_A)]));
    let (ended, seen) = sub(script, &["-t", "#", "-C", "1"]);
    assert_eq!((ended.code, ended.stdout), (Some(0), vec!["A".to_owned()]));
    let lost = "Warning: The connection was lost, trying to connect again.";
    assert_eq!(ended.stderr, [lost, "Connected."]);
    assert_eq!(seen[0], seen[2]);
    assert_eq!([&*seen[1], &seen[3]], ["8206000100012300", "8206000200012300"]);
}

#[test]
fn lines_are_messages_of_any_content() {
    let script = turns(&[ACCEPT_V3, "40020001", "40020002", "40020003"]);
    let (ended, seen) = pub_lines(script, "a\\n\\nb\\0c", "-t t -l -q 1");
    assert_eq!(ended.code, Some(0));
    let lines = ["32060001740001 61", "32050001740002", "32080001740003 620063"].map(bytes);
    assert_eq!(seen[1..4], lines);
    assert_eq!(seen[4..], ["e000", "end"]);
}

#[test]
fn no_line_is_connect_and_disconnect() {
    let (ended, seen) = pub_lines(turns(&[ACCEPT_V3]), "", "-t t -l -q 1");
    assert_eq!(ended.code, Some(0));
    assert_eq!(seen[1..], ["e000", "end"]);
}

#[test]
fn unacknowledged_lines_outlive_a_connection() {
    let mut script = turns(&[ACCEPT_V3, "40020001"]);
    script.extend([Step::Read, Step::Close]);
    script.extend(turns(&["20020100", "40020002"]));
    let (ended, seen) = pub_lines(script, "1\\n2\\n", "-t t -l -q 1 -i lines -c");
    assert_eq!(ended.code, Some(0));
    assert_eq!(seen[1..3], ["320600017400 0131", "320600017400 0232"].map(bytes));
    assert_eq!(seen[4..], [&bytes("3a0600017400 0232"), "e000", "end"]);
}

#[test]
fn a_receive_maximum_of_1_is_one_line_at_a_time() {
    let script = turns(&["2006000003210001", "40020001", "40020002"]);
    let (ended, seen) = pub_lines(script, "1\\n2\\n", "-t t -l -q 1 -V 5");
    assert_eq!(ended.code, Some(0));
    assert_eq!(seen[3..], ["e000", "end"]);
}

#[test]
fn repeats_use_the_alias_that_the_user_chose() {
    let script = turns(&["2006000003220005", "40020001", "40020002"]);
    let args = "-t t -m x -q 1 --repeat 2 -D publish topic-alias 3";
    let (ended, seen) = pub_lines(script, "", args);
    assert_eq!(ended.code, Some(0));
    assert_eq!(seen[1..3], ["320a000174000103230003 78", "32090000000203230003 78"].map(bytes));
}

#[test]
fn mqtt_3_2_2_17_and_18() {
    for (connack, alias) in [(ACCEPT_V5, 3), ("2006000003220002", 3)] {
        let args = format!("-t t -m x --repeat 2 -D publish topic-alias {alias}");
        let (ended, seen) = pub_lines(turns(&[connack]), "", &args);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(seen[1..3], ["30050001740078", "30050001740078"], "topics, not aliases");
    }
}

#[test]
fn disconnect_reaches_the_server_after_qos_2() {
    let script = turns(&[ACCEPT_V5, "50020001", "70020001"]);
    let (ended, seen) = pub_lines(script, "", "-t t -m x -q 2 -V 5 --will-topic w");
    assert_eq!(ended.code, Some(0));
    assert_eq!(seen[2..], ["62020001", "e000", "end"]);
}
