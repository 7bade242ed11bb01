//! Measurements that are ended from outside: in order by the first signal, at once by the second.

use std::net::TcpListener;

use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version};
use crate::support::program::{Ended, Program};
use crate::support::{await_that, lastwill};

const ENDING: &str = "Ending in order; a second signal ends at once.";

fn start(port: u16, words: &str) -> Program {
    let url = format!("mqtt://127.0.0.1:{port}");
    let words = [&["bench"], &words.split(' ').collect::<Vec<_>>()[..], &["--url", &url]].concat();
    Program::start(&lastwill(), &words)
}

/// Starts it, sends SIGINT when the broker says `sign`, and answers how it ended.
fn stopped(broker: &Broker, words: &str, sign: &str) -> Ended {
    let program = start(broker.port, words);
    broker.program.stderr.line_with(sign);
    program.signal("INT");
    program.end()
}

#[track_caller]
fn assert_early(ended: &Ended, counted: &str) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let figures = ended.stdout.iter().find(|line| line.contains("(ended early)"));
    assert!(figures.is_some_and(|line| line.contains(counted)), "{ended:?}");
    assert!(ended.stdout.iter().any(|line| line.contains("checked      0 lost")), "{ended:?}");
    // It is said where the end takes a moment.
    let told = ended.stderr.iter().all(|line| line == ENDING);
    assert!(told && ended.stderr.len() <= 1, "{ended:?}");
}

#[track_caller]
fn assert_without_figures(ended: &Ended) {
    assert_eq!((ended.code, ended.stdout.len()), (Some(255), 0), "{ended:?}");
    let error = ended.stderr.last().unwrap();
    assert!(error.starts_with("Error: ended before "), "{ended:?}");
}

#[test]
fn episodes_give_what_they_have_measured() {
    let broker = Broker::start();
    let words = "subscribe -n 5000000";
    assert_early(&stopped(&broker, words, "/00000500"), " of 5000000 in ");
    let words = "connect --duration 1m --warm-up 0";
    assert_early(&stopped(&broker, words, "-c40 (p4"), "connections  ");
    let program = start(broker.port, "idle -c 20 --will --duration 1m");
    broker.program.stderr.line_with("-i19 (p4");
    // Whoever comes now and is silent is missed when they have all been there for a while.
    let silent = Connect { id: "silent", keep_alive_secs: 1, ..Connect::default() };
    broker.client_with(&silent).expect_closed();
    program.signal("INT");
    assert_early(&program.end(), "20 of 20 in ");
}

/// Starts a stream, sends SIGINT when the first message has left, and answers how it ended.
fn stopped_stream(broker: &Broker, words: &str) -> Ended {
    let mut watcher = broker.client(Version::V4, "watcher");
    watcher.subscribe(Version::V4, "lwb/#", 0);
    let program = start(broker.port, words);
    watcher.receive();
    drop(watcher);
    program.signal("INT");
    program.end()
}

#[test]
fn a_stream_gives_what_it_has_measured() {
    let broker = Broker::start();
    let words = "fanin -c 2 --duration 1m --warm-up 0 -q 1";
    assert_early(&stopped_stream(&broker, words), "deliveries   ");
}

/// What was left with the broker for the measurement is taken away.
#[test]
fn nothing_stays_behind_when_there_was_nothing_to_measure_yet() {
    let broker = Broker::start();
    let mut watcher = broker.client(Version::V4, "watcher");
    watcher.subscribe(Version::V4, "+/+/will/#", 0);
    assert_without_figures(&stopped(&broker, "retained -n 5000000", "-p0 (p4"));
    assert_without_figures(&stopped(&broker, "offline -n 5000000 -V 5", "-p0 (p5"));
    let words = "will-storm -c 20 --death silent";
    assert_without_figures(&stopped(&broker, words, "-d19 (p4"));
    // No will, and nothing retained.
    watcher.ping();
    let mut reader = broker.client(Version::V4, "reader");
    reader.subscribe(Version::V4, "lwb/#", 0);
    reader.ping();
    let log = broker.program.stderr.so_far();
    let of_session = |line: &&String| line.contains("-o0 (p5, c");
    let connected: Vec<_> = log.iter().filter(of_session).collect();
    assert!(connected.last().is_some_and(|line| line.contains("c1")), "{connected:?}");
}

#[test]
fn a_contest_gives_the_rounds_that_are_whole() {
    let (first, second) = (Broker::start(), Broker::start());
    let words = format!(
        "pairs -c 2 -n 200 --rounds 100 --warm-up 0 --against mqtt://127.0.0.1:{}",
        second.port
    );
    let program = start(first.port, &words);
    let log = &first.program.stderr;
    await_that("the third round", || {
        log.so_far().iter().filter(|line| line.contains("-p1 (p4")).count() >= 3
    });
    program.signal("TERM");
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let out = ended.stdout.join("\n");
    assert!(out.contains(" rounds, in turns") && out.contains("times 127.0.0.1:"), "{out}");
    assert!(!out.contains("100 rounds") && !out.contains("NaN"), "{out}");
}

#[test]
fn a_floor_without_a_round_is_said_to_have_none() {
    let broker = Broker::start();
    let words = "fanin -c 2 --duration 1m --warm-up 0 --floor";
    let ended = stopped_stream(&broker, words);
    assert_early(&ended, "deliveries   ");
    let last = ended.stdout.last().unwrap();
    assert_eq!(last, "  floor        not measured: ended before its round");
}

/// A broker that takes connections and says nothing.
#[test]
fn connecting_does_not_keep_it() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    for words in
        ["fanin", "idle -c 50", "connect", "offline", "retained", "subscribe", "will-storm"]
    {
        let program = start(port, words);
        // It is waiting for CONNACK.
        let (_taken, _) = silent.accept().unwrap();
        program.signal("INT");
        if words == "offline" {
            // Ending sessions takes longer than anybody should have to wait.
            program.stderr.line_with(ENDING);
            program.signal("INT");
        }
        let ended = program.end();
        assert_eq!((ended.code, ended.stdout.len()), (Some(255), 0), "{words}: {ended:?}");
        silent.set_nonblocking(true).unwrap();
        while silent.accept().is_ok() {}
        silent.set_nonblocking(false).unwrap();
    }
}

/// What was started for the measurement ends with it, even where it never listened.
#[test]
fn a_broker_that_never_listens_is_ended_with_the_wait() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let command = format!("echo $$ > {}; exec sleep 100 {{port}}", file.display());
    let program = Program::start(&lastwill(), &["bench", "fanin", "--spawn", &command]);
    let pid = || std::fs::read_to_string(&file).unwrap_or_default().trim().to_owned();
    await_that("the command", || !pid().is_empty());
    program.signal("INT");
    let ended = program.end();
    assert_eq!(ended.code, Some(255), "{ended:?}");
    assert!(ended.stderr.last().unwrap().contains("ended before the broker listened"), "{ended:?}");
    assert!(!std::path::Path::new(&format!("/proc/{}", pid())).exists());
}
