//! `rr`: to the letter under mosquitto's name, and what our own name adds.

use std::os::unix::process::CommandExt;
use std::process::Command;

use super::scripted::{ACCEPT_V3, ACCEPT_V5, Scripted, Step, answer, turns};
use crate::support::lastwill;
use crate::support::program::{self, Ended, Program};

const ASK: [&str; 6] = ["-t", "req", "-e", "res", "-m", "hi"];
const SUBACK_V5: &str = "900400010000";
const SUBSCRIBE_V5: &str = "8209000100000372657300";
/// `A` on the topic `res`.
const ANSWER_V5: &str = "300700037265730041";

/// Starts `mosquitto_rr` at a scripted server.
fn start(server: &Scripted, args: &[&str]) -> Program {
    let mut command = Command::new(lastwill());
    let base = ["-h", "127.0.0.1", "-p", &server.port];
    Program::start_command(command.arg0("mosquitto_rr").args(base).args(args))
}

fn theirs(script: Vec<Step>, args: &[&str]) -> (Ended, Vec<String>) {
    let server = Scripted::start(script);
    let ended = start(&server, &[&ASK[..], args].concat()).end();
    (ended, server.seen())
}

/// Runs `lastwill rr` at a scripted server.
fn ours(script: Vec<Step>, args: &[&str]) -> (Ended, Vec<String>) {
    let server = Scripted::start(script);
    let base = ["rr", "-h", "127.0.0.1", "-p", &server.port];
    let ended = program::run(&lastwill(), &[&base[..], args].concat());
    (ended, server.seen())
}

/// Accepts, grants, reads the request and sends packets.
fn answering(packets: &[&str]) -> Vec<Step> {
    let mut script = turns(&[ACCEPT_V5, SUBACK_V5]);
    script.extend([Step::Read, Step::Send(packets.concat())]);
    script
}

#[track_caller]
fn expect(ended: &Ended, code: i32, stdout: &[&str], stderr: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert_eq!(ended.stdout, stdout);
    assert_eq!(ended.stderr, stderr);
}

#[test]
fn the_order_is_subscribe_ask_print_disconnect() {
    let (ended, seen) = theirs(answering(&[ANSWER_V5]), &["-v"]);
    expect(&ended, 0, &["res A"], &[]);
    let connect = "101000044d5154540502003c032100010000";
    assert_eq!(seen[..2], [connect, SUBSCRIBE_V5]);
    assert_eq!(seen[2..], ["300e0003726571060800037265736869", "e000", "end"]);
}

#[test]
fn any_message_is_the_answer_but_a_hidden_one() {
    let (ended, _) = theirs(answering(&["3007000378797a0042"]), &["-v"]);
    expect(&ended, 0, &["xyz B"], &[]);
    let retained = "310700037265730052";
    let (ended, seen) = theirs(answering(&[retained, ANSWER_V5]), &["-R"]);
    expect(&ended, 0, &["A"], &[]);
    assert_eq!(seen[1], "8209000100000372657320", "no retained messages, please");
}

#[test]
fn the_time_is_bounded_wherever_it_waits() {
    let scripts = [vec![Step::Read], turns(&[ACCEPT_V5]), turns(&[ACCEPT_V5, SUBACK_V5])];
    for (sent, script) in scripts.into_iter().enumerate() {
        let (ended, seen) = theirs(script, &["-W", "1"]);
        expect(&ended, 27, &[], &["Timed out"]);
        assert_eq!(seen[sent + 1..], ["e00104", "end"]);
    }
    let (ended, seen) = theirs(turns(&[ACCEPT_V3, "9003000100"]), &["-W", "1", "-V", "311"]);
    expect(&ended, 27, &[], &["Timed out"]);
    assert_eq!(seen[2..], ["300700037265716869", "e000", "end"]);
}

#[test]
fn refusals_have_their_words_and_codes() {
    let (ended, seen) = theirs(turns(&[ACCEPT_V5, "900400010087"]), &[]);
    expect(&ended, 0, &[], &["Not authorized"]);
    assert_eq!(seen[2..], ["e000", "end"]);
    let (ended, _) = theirs(turns(&[ACCEPT_V3, "9003000180"]), &["-V", "311"]);
    expect(&ended, 0, &[], &["Unspecified error"]);
    let (ended, _) = theirs(answer("2003008400"), &[]);
    expect(&ended, 132, &[], &["Connection error: Unsupported Protocol Version"]);
    let (ended, _) = theirs(answer("20020005"), &["-V", "311"]);
    expect(&ended, 5, &[], &["Connection error: Connection Refused: not authorised"]);
    let (ended, _) = theirs(turns(&["20050000022400", SUBACK_V5]), &["-q", "1"]);
    expect(&ended, 24, &[], &["Error: Requested QoS not supported on server"]);
    let (ended, _) = theirs(turns(&["2008000005270000000c", SUBACK_V5]), &[]);
    expect(&ended, 25, &[], &["Error: Packet larger than supported by the server"]);
}

#[test]
fn a_lost_connection_is_7_and_a_server_that_leaves_is_0() {
    let server = Scripted::start({
        let mut script = turns(&[ACCEPT_V5, SUBACK_V5]);
        script.extend([Step::Read, Step::Close]);
        script
    });
    expect(&start(&server, &ASK).end(), 7, &[], &["Error: The connection was lost"]);
    let (ended, _) = theirs(answering(&["e0018b"]), &[]);
    expect(&ended, 0, &[], &[]);
    let (ended, _) = ours(answering(&["e0018b"]), &[&ASK[..], &["--strict"]].concat());
    expect(&ended, 46, &[], &["Error: The broker ended the connection: Server shutting down."]);
}

#[test]
fn a_signal_kills_without_disconnect() {
    let server = Scripted::start(turns(&[ACCEPT_V5, SUBACK_V5]));
    let requester = start(&server, &[&ASK[..], &["-d"]].concat());
    requester.stdout.line_with("sending PUBLISH");
    requester.signal("INT");
    assert_eq!(requester.end().code, None);
    assert!(!server.seen().iter().any(|packet| packet.starts_with("e0")));
}

#[test]
fn an_alarm_from_outside_is_the_end_of_the_time() {
    let server = Scripted::start(turns(&[ACCEPT_V5, SUBACK_V5]));
    let requester = start(&server, &[&ASK[..], &["-d"]].concat());
    requester.stdout.line_with("sending PUBLISH");
    requester.signal("ALRM");
    let ended = requester.end();
    assert_eq!(ended.code, Some(27), "{ended:?}");
    assert_eq!(ended.stderr, ["Timed out"]);
    let seen = server.seen();
    assert_eq!(seen[seen.len() - 2..], ["e00104", "end"]);
}

#[test]
fn the_latency_has_a_line_of_its_own() {
    let (ended, _) = theirs(answering(&[ANSWER_V5]), &["--latency"]);
    assert_eq!(ended.stdout[0], "A");
    assert!(ended.stdout[1].starts_with("Latency: "), "{ended:?}");
}

#[test]
fn incomplete_command_lines() {
    let run = |args: &[&str]| {
        Program::start_command(Command::new(lastwill()).arg0("mosquitto_rr").args(args)).end()
    };
    let hint = "Use 'mosquitto_rr --help' to see usage.";
    let missing = "Error: All of topic, message, and response topic must be supplied.";
    for args in [&["-t", "a", "-n"][..], &["-t", "a", "-e", "b"], &["-e", "b", "-n"]] {
        expect(&run(args), 1, &[], &[missing, "", hint]);
    }
    let twice = ["-D", "publish", "response-topic", "c"];
    let twice = run(&[&ASK[..], &twice].concat());
    expect(&twice, 1, &[], &["Error in PUBLISH properties: Duplicate response topic."]);
    for option in ["-C", "--strict-correlation", "-l", "-r"] {
        let unknown = format!("Error: Unknown option '{option}'.");
        expect(&run(&[&ASK[..], &[option]].concat()), 1, &[], &[&unknown, "", hint]);
    }
}

#[test]
fn an_empty_topic_is_refused_in_words() {
    for compat in ["2.0", "2.1"] {
        for version in ["5", "311"] {
            let mut command = Command::new(lastwill());
            command.arg0("mosquitto_rr").env("LASTWILL_COMPAT", compat);
            command.args(["-t", "", "-e", "r", "-m", "x", "-V", version]);
            let ended = Program::start_command(&mut command).end();
            let error = "Error: Invalid publish topic '', does it contain '+' or '#'?";
            let hint = "Use 'mosquitto_rr --help' to see usage.";
            expect(&ended, 1, &[], &[error, "", hint]);
        }
    }
}

/// The correlation data `abc` is ours.
const OURS: [&str; 4] = ["-D", "publish", "correlation-data", "abc"];

#[test]
fn only_our_own_answers_count() {
    let foreign = "300d000372657306090003616264 42".replace(' ', "");
    let ours_ = "300d000372657306090003616263 41".replace(' ', "");
    let script = || answering(&[&foreign, &foreign, &ours_]);
    let (ended, _) = ours(script(), &[&ASK[..], &OURS].concat());
    let warning =
        "Warning: Ignoring a message on the response topic that belongs to another request.";
    expect(&ended, 0, &["A"], &[warning]);
    let (ended, _) = theirs(script(), &OURS);
    expect(&ended, 0, &["B"], &[]);
    let script = || answering(&[ANSWER_V5, &ours_]);
    let (ended, _) = ours(script(), &[&ASK[..], &OURS].concat());
    expect(&ended, 0, &["A"], &[]);
    let strict = [&ASK[..], &OURS, &["--strict-correlation", "-v"]].concat();
    let (ended, _) = ours(script(), &strict);
    expect(&ended, 0, &["res A"], &[warning]);
}

#[test]
fn several_answers_are_awaited() {
    let (ended, _) = ours(answering(&[ANSWER_V5, ANSWER_V5]), &[&ASK[..], &["-C", "2"]].concat());
    expect(&ended, 0, &["A", "A"], &[]);
}

#[test]
fn mqtt_3_learns_the_response_topic_by_the_payload() {
    let script = turns(&[ACCEPT_V3, "9003000100"]);
    let args = ["-V", "311", "-t", "req", "-m", "<%R>", "-W", "1"];
    let (ended, seen) = ours(script, &args);
    assert_eq!(ended.code, Some(27));
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let prefix = hex("lastwill/reply/");
    let place = seen[1].find(&prefix).expect("a response topic of our own");
    let topic = &seen[1][place..seen[1].len() - 2];
    assert_eq!(topic.len(), 2 * (15 + 22));
    assert!(seen[2].ends_with(&format!("{}{topic}{}", hex("<"), hex(">"))), "{seen:?}");
    let nobody = program::run(&lastwill(), &["rr", "-V", "311", "-t", "req", "-m", "x"]);
    assert_eq!(nobody.code, Some(1));
    assert!(nobody.stderr[0].contains("write %R in the topic or the payload"), "{nobody:?}");
}
