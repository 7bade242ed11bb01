//! `--strict`: every kind of end has its own exit code. Also durations, and colour.

use super::scripted::{ACCEPT_V3, ACCEPT_V5, Scripted, Step, answer, turns};
use crate::support::program::{self, Ended, Program};
use crate::support::{free_port, lastwill};

/// Runs one of our tools with `--strict` at a scripted server.
fn play(script: Vec<Step>, line: &str) -> Ended {
    let server = Scripted::start(script);
    let base = ["-h", "127.0.0.1", "-p", &server.port, "--strict"];
    let words: Vec<&str> = line.split(' ').collect();
    let ended = program::run(&lastwill(), &[&words[..], &base].concat());
    server.seen();
    ended
}

#[track_caller]
fn expect(ended: &Ended, code: i32, stderr: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert_eq!(ended.stderr, stderr);
}

#[test]
fn what_the_broker_refuses_has_codes() {
    let denied = "Error: The subscription to 't' was denied: Unspecified error.";
    expect(&play(turns(&[ACCEPT_V3, "9003000180"]), "sub -t t"), 41, &[denied]);
    let one = play(turns(&[ACCEPT_V5, "90050001000087"]), "sub -t a -t b -V 5");
    expect(&one, 41, &["Error: The subscription to 'b' was denied: Not authorized."]);
    let refused = play(turns(&[ACCEPT_V5, "4003000187"]), "pub -t t -m x -q 1 -V 5");
    expect(&refused, 42, &["Warning: Publish 1 failed: Not authorized."]);
    let not_taken = play(answer("20050000022400"), "pub -t t -m x -q 1 -V 5");
    assert_eq!(not_taken.code, Some(42), "{not_taken:?}");
    for (connack, version, code) in
        [("20020001", "311", 132), ("20020005", "311", 5), ("2003008700", "5", 135)]
    {
        let ended = play(answer(connack), &format!("sub -t t -V {version}"));
        assert_eq!(ended.code, Some(code), "{ended:?}");
    }
}

#[test]
fn a_broken_protocol_and_a_goodbye_have_codes() {
    assert_eq!(play(answer("d000"), "sub -t t").code, Some(45));
    let ended = play(turns(&[ACCEPT_V5, "e0018b"]), "pub -t t -m x -q 1 -V 5");
    assert_eq!(ended.code, Some(46), "{ended:?}");
}

#[test]
fn nobody_there_has_a_code() {
    let port = free_port().to_string();
    for tool in [&["sub", "-t", "t"][..], &["pub", "-t", "t", "-n"]] {
        for host in ["127.0.0.1", "no-such-host.invalid"] {
            let args = [tool, &["-h", host, "-p", &port, "--strict"]].concat();
            assert_eq!(program::run(&lastwill(), &args).code, Some(40), "{args:?}");
        }
    }
}

#[test]
fn a_timeout_is_a_timeout_connected_or_not() {
    expect(&play(vec![Step::Read], "sub -t t -C 1 -W 200ms"), 27, &["Timed out"]);
    let subscribed = turns(&[ACCEPT_V3, "9003000100"]);
    expect(&play(subscribed, "sub -t t -C 1 -W 0.2s"), 27, &["Timed out"]);
}

#[test]
fn a_publisher_gives_up_too() {
    expect(&play(turns(&[ACCEPT_V3]), "pub -t t -m x -q 1 -W 200ms"), 27, &["Timed out"]);
    expect(&play(vec![Step::Read], "pub -t t -m x -q 1 -W 0.2"), 27, &["Timed out"]);
    let args = ["pub", "-h", "127.0.0.1", "-p", "1", "-t", "t", "-n", "--retry", "-W", "300ms"];
    let ended = program::run(&lastwill(), &args);
    assert_eq!(ended.code, Some(255), "{ended:?}");
    assert_eq!(ended.stderr[1..], ["Timed out"]);
}

#[test]
fn fewer_messages_than_wanted_have_a_code() {
    for (options, code) in
        [(&["-C", "2", "--strict"][..], 43), (&["-C", "2"], 0), (&["--strict"], 0)]
    {
        let server = Scripted::start(turns(&[ACCEPT_V3, "9003000100"]));
        let base = ["sub", "-h", "127.0.0.1", "-p", &server.port, "-t", "t", "-d"];
        let sub = Program::start(&lastwill(), &[&base[..], options].concat());
        sub.stdout.line_with("Subscribed");
        sub.signal("INT");
        expect(&sub.end(), code, &[]);
        server.seen();
    }
}

#[test]
fn a_duration_has_a_known_unit() {
    let args = ["sub", "-t", "t", "-W", "5x"];
    let ended = program::run(&lastwill(), &args);
    assert_eq!(ended.code, Some(1));
    let wanted = "Error: Invalid timeout \"5x\", it must be a number with ms, s, m, h or d behind it, \
                  or seconds.";
    assert_eq!(ended.stderr[0], wanted);
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let stderr = |options: &[&str]| {
        let args = ["pub", "-h", "127.0.0.1", "-p", "1", "-t", "t", "-n"];
        program::run(&lastwill(), &[&args[..], options].concat()).stderr
    };
    let plain = ["Error: Connection refused (127.0.0.1:1)"];
    assert_eq!(stderr(&[]), plain);
    assert_eq!(stderr(&["--color", "never"]), plain);
    let coloured = stderr(&["--color", "always"]);
    assert!(coloured[0].starts_with("\u{1b}["), "{coloured:?}");
    let wrong = "Error: Invalid value 'blue' for --color, it must be auto, always or never.";
    assert_eq!(stderr(&["--color", "blue"])[0], wrong);
}
