//! What version 2.1 of mosquitto's subscriber does and 2.0 does not, and what we do better than
//! both: under mosquitto's name, to the byte.

use std::os::unix::process::CommandExt;
use std::process::Command;

use super::scripted::{ACCEPT_V3, ACCEPT_V5, Scripted, Step, turns};
use crate::support::lastwill;
use crate::support::program::{Ended, Program};

/// Starts our subscriber under mosquitto's name at a scripted server.
fn start(server: &Scripted, args: &[&str]) -> Program {
    let mut command = Command::new(lastwill());
    let base = ["-h", "127.0.0.1", "-p", &server.port];
    Program::start_command(command.arg0("mosquitto_sub").args(base).args(args))
}

fn sub(script: Vec<Step>, args: &[&str]) -> (Ended, Vec<String>) {
    let server = Scripted::start(script);
    let ended = start(&server, args).end();
    (ended, server.seen())
}

/// Accepts CONNECT and SUBSCRIBE, then sends packets.
fn delivering(accept: &str, suback: &str, packets: &[&str]) -> Vec<Step> {
    let mut script = turns(&[accept, suback]);
    script.push(Step::Send(packets.concat()));
    script
}

fn delivering_v3(packets: &[&str]) -> Vec<Step> {
    delivering(ACCEPT_V3, "9003000100", packets)
}

fn delivering_v5(packets: &[&str]) -> Vec<Step> {
    delivering(ACCEPT_V5, "900400010000", packets)
}

const A: &str = "300400016141";
const B: &str = "300400016242";

#[test]
fn each_topic_has_a_line_of_the_screen() {
    let (ended, _) = sub(delivering_v3(&[A, B, A]), &["-t", "#", "-v", "-w", "-C", "3"]);
    let lines = [
        "\x1b[2J\x1b[1;1HBroker: 127.0.0.1",
        "\x1b[2;1Ha A",
        "\x1b[2;1H",
        "\x1b[3;1Hb B",
        "\x1b[3;1H",
        "\x1b[2;1Ha A",
        "\x1b[3;1H",
    ];
    assert_eq!(ended.stdout, lines);
}

#[test]
fn the_rate_of_messages_is_all_that_is_said() {
    let args = ["-t", "#", "--message-rate", "-w", "-W", "2"];
    let (ended, seen) = sub(delivering_v3(&[A, B, A]), &args);
    assert_eq!(ended.code, Some(27));
    assert_eq!(ended.stdout[0], "3 msgs/s");
    assert!(ended.stdout[1..].iter().all(|line| line == "0 msgs/s"), "{ended:?}");
    assert_eq!(seen.last().unwrap(), "end");
    assert!(!seen.iter().any(|packet| packet.starts_with("e0")), "no DISCONNECT: {seen:?}");
}

/// The Subscription Options of the one SUBSCRIBE.
fn subscription_options(args: &[&str]) -> String {
    let base = ["-t", "a", "-E", "-V", "5"];
    let (ended, seen) = sub(delivering_v5(&[]), &[&base[..], args].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    seen[1][seen[1].len() - 2..].to_owned()
}

#[test]
fn the_order_of_retain_options_matters() {
    for (args, options) in [
        (vec!["--retain-handling", "always"], "00"),
        (vec!["--retain-handling", "new"], "10"),
        (vec!["--retain-handling", "never"], "20"),
        (vec!["-R"], "20"),
        (vec!["--retain-handling", "new", "-R"], "20"),
        (vec!["-R", "--retain-handling", "new"], "10"),
        (vec!["--retain-as-published"], "08"),
        (vec!["--retain-as-published", "-R"], "28"),
    ] {
        assert_eq!(subscription_options(&args), options, "{args:?}");
    }
}

#[test]
fn two_subscription_identifiers_are_fine() {
    let message = "3009000161040b050b0741";
    let args = ["-t", "a", "-V", "5", "-C", "1", "-F", "%S %p"];
    let (ended, seen) = sub(delivering_v5(&[message]), &args);
    assert_eq!((ended.code, ended.stdout), (Some(0), vec!["5 A".to_owned()]));
    assert_eq!(seen[2..], ["e000", "end"]);
}

#[test]
fn a_disconnect_of_the_server_leads_to_another_connection() {
    let mut script = delivering_v5(&["e0018e"]);
    script.push(Step::Close);
    script.extend(delivering_v5(&["30050001610041"]));
    let (ended, seen) = sub(script, &["-t", "a", "-V", "5", "-C", "1"]);
    assert_eq!((ended.code, ended.stdout), (Some(0), vec!["A".to_owned()]));
    assert_eq!(ended.stderr, Vec::<String>::new());
    assert_eq!(seen[0], seen[2]);
}

#[test]
fn a_malformed_packet_leads_to_another_connection() {
    let mut script = delivering_v5(&["4000"]);
    script.extend([Step::Read, Step::Close]);
    script.extend(delivering_v5(&["30050001610041"]));
    let (ended, seen) = sub(script, &["-t", "a", "-V", "5", "-C", "1"]);
    assert_eq!((ended.code, ended.stdout), (Some(0), vec!["A".to_owned()]));
    assert_eq!(seen[2], "e00181", "the server is told");
}

#[test]
fn an_unlisted_refusal_is_a_refusal() {
    let refused = "Connection error: Connection Refused: unknown reason";
    let (ended, _) = sub(turns(&["20020006"]), &["-t", "a", "-d", "-i", "x"]);
    assert_eq!((ended.code, ended.stderr), (Some(6), vec![refused.to_owned()]));
    let trace = ["sending CONNECT", "received CONNACK (6)", "sending DISCONNECT"];
    assert_eq!(ended.stdout, trace.map(|line| format!("Client x {line}")));
    let (ended, _) = sub(turns(&["2003000700"]), &["-t", "a", "-V", "5"]);
    let unknown = "Connection error: Unknown reason".to_owned();
    assert_eq!((ended.code, ended.stderr), (Some(7), vec![unknown]));
}

#[test]
fn waiting_for_the_server_to_clear_a_topic_has_an_end() {
    let args = ["-t", "#", "--remove-retained", "-C", "1", "-W", "1"];
    let mut script = delivering_v3(&["310400016141"]);
    script.push(Step::Read);
    let (ended, seen) = sub(script, &args);
    assert_eq!((ended.code, ended.stderr), (Some(27), vec!["Timed out".to_owned()]));
    assert_eq!(seen[3..], ["e000", "end"]);
}

#[test]
fn a_signal_ends_the_waiting_for_another_connection() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let args = ["-h", "127.0.0.1", "-p", &port, "-t", "a", "-d"];
    let subscriber =
        Program::start_command(Command::new(lastwill()).arg0("mosquitto_sub").args(args));
    let (mut client, _) = listener.accept().unwrap();
    drop(listener);
    std::io::Write::write_all(&mut client, &[0x20, 2, 0, 0]).unwrap();
    subscriber.stdout.line_with("sending SUBSCRIBE");
    drop(client);
    subscriber.signal("TERM");
    assert_eq!(subscriber.end().code, Some(0));
}

#[test]
fn the_trace_knows_the_client_as_soon_as_the_server_names_it() {
    let trace = |id: &str| {
        [
            "Client null sending CONNECT".to_owned(),
            format!("Client {} received CONNACK (0)", if id == "null" { "(null)" } else { id }),
            format!("Client {id} sending SUBSCRIBE (Mid: 1, Topic: a, QoS: 0, Options: 0x00)"),
            format!("Client {id} received SUBACK"),
            "Subscribed (mid: 1): 0".to_owned(),
            format!("Client {id} sending DISCONNECT"),
        ]
    };
    let (ended, _) = sub(delivering_v3(&[]), &["-t", "a", "-d", "-E"]);
    assert_eq!(ended.stdout, trace("null"));
    let (ended, _) = sub(delivering_v5(&[]), &["-t", "a", "-d", "-E", "-V", "5"]);
    assert_eq!(ended.stdout, trace("null"));
    let assigned = delivering("200700000412000161", "900400010000", &[]);
    let (ended, _) = sub(assigned, &["-t", "a", "-d", "-E", "-V", "5"]);
    assert_eq!(ended.stdout, trace("a"));
    let (ended, _) = sub(delivering_v3(&[]), &["-t", "a", "-d", "-E", "--quiet"]);
    assert!(!ended.stdout.contains(&"Subscribed (mid: 1): 0".to_owned()));
}

#[test]
fn an_alias_of_the_server_is_shown_with_its_topic() {
    let packets = ["30080001610323000141", "30070000032300 0142"].map(|hex| hex.replace(' ', ""));
    let alias = ["-D", "connect", "topic-alias-maximum", "5"];
    let args = ["-t", "a", "-C", "2", "-F", "%t %A %p"];
    let script = delivering_v5(&[&packets[0], &packets[1]]);
    let (ended, _) = sub(script, &[&args[..], &alias[..]].concat());
    assert_eq!(ended.stdout, ["a 1 A", "a 1 B"]);
}

#[test]
fn a_server_that_falls_silent_is_19() {
    let server = Scripted::start(turns(&["2006000003130001"]));
    let args = ["-h", "127.0.0.1", "-p", &server.port, "-t", "t", "-m", "x", "-q", "1", "-V", "5"];
    let mut command = Command::new(lastwill());
    let ended = Program::start_command(command.arg0("mosquitto_pub").args(args)).end();
    let silent = "Error: Keepalive exceeded".to_owned();
    assert_eq!((ended.code, ended.stderr), (Some(19), vec![silent]));
    assert_eq!(server.seen()[2..], ["c000", "end"]);
}

/// Half of the messages, not the twentieth part that mosquitto prints. Off by chance less than once
/// in 10^12 runs.
#[test]
fn half_of_the_messages_is_half_of_them() {
    let messages = vec![A; 400];
    let args = ["-t", "a", "--random-filter", "50", "-C", "400"];
    let (ended, _) = sub(delivering_v3(&messages), &args);
    let printed = ended.stdout.len();
    assert!((125..275).contains(&printed), "{printed}");
}
