//! Debian's `mosquitto_sub`, `mosquitto_pub` and `mosquitto_rr` beside ours under the same names:
//! the same bytes to the server, the same lines, the same exit code.
//!
//! Only where 2.0 and 2.1 agree. Debian's 2.0 ends its sentences with a full stop.

use std::os::unix::fs::symlink;

use super::scripted::{ACCEPT_V3, ACCEPT_V5, Scripted, Step, answer, turns};
use crate::support::lastwill;
use crate::support::program;

/// Exit code, stdout, stderr without full stops, packets.
type Seen = (Option<i32>, Vec<String>, Vec<String>, Vec<String>);

fn run(program: &str, script: Vec<Step>, args: &[&str]) -> Seen {
    let server = Scripted::start(script);
    let base = ["-h", "127.0.0.1", "-p", &server.port];
    let ended = program::run(program, &[&base[..], args].concat());
    let stderr = ended.stderr.iter().map(|line| line.trim_end_matches('.').to_owned()).collect();
    (ended.code, ended.stdout, stderr, server.seen())
}

/// Runs both programs with the same script and arguments.
#[track_caller]
fn same(tool: &str, script: impl Fn() -> Vec<Step>, args: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join(tool);
    symlink(lastwill(), &ours).unwrap();
    let theirs = run(tool, script(), args);
    assert_eq!(run(ours.to_str().unwrap(), script(), args), theirs, "{tool} {args:?}");
}

#[test]
fn publishers_send_the_same() {
    let base = ["-t", "a/b", "-m", "hello", "-i", "p", "-d"];
    let more: [&[&str]; 7] = [
        &[],
        &["-r"],
        &["-u", "user", "-P", "secret"],
        &["-k", "5", "-c"],
        &["-V", "31"],
        &["--will-topic", "w", "--will-payload", "bye", "--will-qos", "2", "--will-retain"],
        &["--repeat", "3"],
    ];
    for args in more {
        same("mosquitto_pub", || answer(ACCEPT_V3), &[&base[..], args].concat());
    }
    let q1 = [&base[..], &["-q", "1"]].concat();
    same("mosquitto_pub", || turns(&[ACCEPT_V3, "40020001"]), &q1);
    let q2 = [&base[..], &["-q", "2"]].concat();
    same("mosquitto_pub", || turns(&[ACCEPT_V3, "50020001", "70020001"]), &q2);
    let properties = ["-V", "5", "-D", "publish", "content-type", "x", "-D", "connect"];
    let v5 = [&q1[..], &properties, &["user-property", "a", "b"]].concat();
    same("mosquitto_pub", || turns(&[ACCEPT_V5, "40020001"]), &v5);
}

#[test]
fn subscribers_send_and_print_the_same() {
    let deliver = || {
        let mut script = turns(&[ACCEPT_V3, "9003000102"]);
        script.push(Step::Send("30040001614131060002622f4142".to_owned()));
        script.push(Step::Send("320600016100057a".to_owned()));
        script
    };
    let base = ["-t", "#", "-i", "s", "-C", "3"];
    let more: [&[&str]; 6] = [
        &[],
        &["-v"],
        &["-N"],
        &["-d", "-q", "1"],
        &["-F", "%t %p %q %r %l %m %x"],
        &["-V", "31", "-k", "7"],
    ];
    for args in more {
        same("mosquitto_sub", deliver, &[&base[..], args].concat());
    }
}

#[test]
fn ends_are_the_same() {
    let publish = ["-t", "t", "-m", "x"];
    for code in ["20020001", "20020002", "20020003", "20020004", "20020005"] {
        same("mosquitto_pub", || answer(code), &publish);
        same("mosquitto_sub", || answer(code), &["-t", "t"]);
    }
    for code in ["2003008000", "2003008600", "2003008700", "2003009700", "20020001"] {
        same("mosquitto_pub", || answer(code), &[&publish[..], &["-V", "5"]].concat());
        same("mosquitto_sub", || answer(code), &["-t", "t", "-V", "5"]);
    }
    let subscribe = ["-t", "t", "-i", "s"];
    let granted = || turns(&[ACCEPT_V3, "9003000100"]);
    same("mosquitto_sub", || turns(&[ACCEPT_V3, "9003000180"]), &subscribe);
    same("mosquitto_sub", granted, &[&subscribe[..], &["-E"]].concat());
    same("mosquitto_sub", granted, &[&subscribe[..], &["-W", "1"]].concat());
    let granted = || turns(&[ACCEPT_V5, "900400010000"]);
    same("mosquitto_sub", granted, &[&subscribe[..], &["-V", "5", "-W", "1"]].concat());
}

#[test]
fn requesters_send_and_print_the_same() {
    let base = ["-t", "req", "-e", "res", "-m", "hi"];
    let granted = || turns(&[ACCEPT_V5, "900400010000"]);
    let timed = [&base[..], &["-W", "1"]].concat();
    same("mosquitto_rr", || vec![Step::Read], &timed);
    same("mosquitto_rr", || vec![Step::Read], &[&timed[..], &["-V", "311"]].concat());
    same("mosquitto_rr", || answer(ACCEPT_V5), &timed);
    same("mosquitto_rr", granted, &[&timed[..], &["-d", "-i", "c"]].concat());
    let properties = ["-D", "publish", "content-type", "x", "-D", "subscribe"];
    let more = ["subscription-identifier", "5", "--will-topic", "w", "-k", "9"];
    same("mosquitto_rr", granted, &[&timed[..], &properties, &more].concat());
    let v3 = [&timed[..], &["-V", "311", "-q", "1"]].concat();
    same("mosquitto_rr", || turns(&[ACCEPT_V3, "9003000101"]), &v3);
    for code in ["2003008000", "2003008600", "2003008700"] {
        same("mosquitto_rr", || answer(code), &base);
    }
}
