//! `lastwill retained` at two real brokers: it sees everything, and ends by itself.

use std::fs;
use std::process::Command;

use super::scripted::{ACCEPT_V3, Scripted, Step, turns};
use crate::interop::mosquitto::Mosquitto;
use crate::support::broker::Broker;
use crate::support::lastwill;
use crate::support::program::{self, Ended, Program};

const COUNT: usize = 10_000;

fn retained(port: &str, args: &[&str]) -> Ended {
    let base = ["retained", args[0], "-p", port];
    program::run(&lastwill(), &[&base[..], &args[1..]].concat())
}

/// Publishes `COUNT` retained messages: topic `many/N`, payload `N`.
fn fill(port: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines");
    let lines: String = (0..COUNT).map(|number| format!("many/{number} {number}\n")).collect();
    fs::write(&path, lines).unwrap();
    let script = "exec \"$1\" pub -p \"$2\" -l --topic-separator ' ' -r -q 1 < \"$3\"";
    let words = ["-c", script, "fill", &lastwill(), port, path.to_str().unwrap()];
    let ended = Program::start_command(Command::new("bash").args(words)).end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[track_caller]
fn assert_all(ended: Ended) {
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{:?}", ended.stderr);
    let mut topics = ended.stdout;
    topics.sort();
    topics.dedup();
    assert_eq!(topics.len(), COUNT);
    assert!(topics.iter().all(|topic| topic.starts_with("many/")));
}

fn everything_is_seen(port: &str) {
    assert_eq!(retained(port, &["list"]).stdout, Vec::<String>::new());
    fill(port);
    let one = ["pub", "-p", port, "-t", "one", "-m", "first", "-r"];
    assert_eq!(program::run(&lastwill(), &one).code, Some(0));
    assert_all(retained(port, &["list", "many/#"]));
    let mut sizes = retained(port, &["list", "-v", "one", "many/4711", "+"]).stdout;
    sizes.sort();
    assert_eq!(sizes, ["4\tmany/4711", "5\tone"]);
    let json = retained(port, &["list", "--json", "one"]).stdout;
    assert!(json[0].ends_with(r#""encoding":"utf8","payload":"first"}"#), "{json:?}");

    let nul = retained(port, &["list", "-0", "one", "many/4711"]).stdout;
    assert!(matches!(&*nul[0], "one\0many/4711\0" | "many/4711\0one\0"), "{nul:?}");

    let found = retained(port, &["get", "many/4711"]);
    assert_eq!((found.code, found.stdout), (Some(0), vec!["4711".to_owned()]));
    let missing = retained(port, &["get", "many/none"]);
    assert_eq!((missing.code, missing.stdout.len()), (Some(28), 0));
    assert_eq!(missing.stderr, ["Error: There is no retained message on 'many/none'."]);

    assert_all(retained(port, &["remove", "--dry-run", "many/#"]));
    assert_all(retained(port, &["remove", "many/#"]));
    assert_eq!(retained(port, &["list"]).stdout, ["one"]);
}

#[test]
fn everything_is_seen_at_our_broker() {
    everything_is_seen(&Broker::start().port_text());
}

#[test]
fn everything_is_seen_at_mosquitto() {
    everything_is_seen(&Mosquitto::start().port);
}

#[test]
fn portions_are_waited_for() {
    let mut script = turns(&[ACCEPT_V3, "9003000100"]);
    let message = |topic: &str| Step::Send(format!("31040001{topic}78"));
    script.extend([Step::Read, Step::Send("b0020002".to_owned()), Step::Read]);
    script.extend([message("61"), Step::Send("b0020003".to_owned()), Step::Read]);
    script.extend([message("62"), Step::Send("b0020004".to_owned()), Step::Read]);
    script.extend([Step::Send("b0020005".to_owned()), Step::Read]);
    script.extend([Step::Send("b0020006".to_owned()), Step::Read]);
    let server = Scripted::start(script);
    let ended = retained(&server.port, &["list", "#"]);
    assert_eq!((ended.code, ended.stdout), (Some(0), vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(server.seen()[7..], ["e000", "end"]);
}

#[test]
fn what_is_denied_is_said() {
    let server = Scripted::start(turns(&[ACCEPT_V3, "9003000180"]));
    let ended = retained(&server.port, &["list", "a/#"]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stderr, ["Error: The subscription to 'a/#' was denied: Unspecified error."]);
}

#[test]
fn the_command_line_is_judged_before_connecting() {
    for (words, part) in [
        (&["get", "a/#"][..], "exactly one topic"),
        (&["get"], "exactly one topic"),
        (&["get", "a", "b"], "exactly one topic"),
        (&["remove"], "needs a topic"),
        (&["list", "a#"], "Invalid subscription topic 'a#'"),
        (&["list", "--dry-run"], "--dry-run needs remove"),
        (&["erase", "a"], "list, get or remove, not 'erase'"),
    ] {
        let ended = program::run(&lastwill(), &[&["retained"], words].concat());
        assert_eq!((ended.code, ended.stdout.len()), (Some(1), 0), "{words:?}");
        assert!(ended.stderr[0].contains(part), "{words:?}: {:?}", ended.stderr);
    }
}
