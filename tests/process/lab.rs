//! The will laboratory from the shell: every way to end, presence, who watches it, and what the
//! broker tells about its wills.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use super::kill::Kept;
use crate::support::broker::Broker;
use crate::support::lastwill;
use crate::support::packet::{Connect, Version};
use crate::support::program::{self, Ended, Program};

/// Where Debian keeps libfaketime on 64-bit PCs and ARM.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime:/usr/lib/aarch64-linux-gnu/faketime";

/// A subscriber of everything; it is there when this returns.
fn watcher(broker: &Broker) -> Program {
    let port = broker.port_text();
    let args = ["sub", "-p", &port, "-i", "watcher", "-q", "1", "-t", "#", "-F", "%t %p r=%r q=%q"];
    let watcher = Program::start(&lastwill(), &args);
    broker.await_subscribed("watcher", "#");
    watcher
}

/// Runs a client with a will to `w/ID` until its chosen end; how it ended.
fn ends(broker: &Broker, tool: &[&str], id: &str, more: &[&str]) -> Ended {
    let topic = format!("w/{id}");
    let will = ["-i", id, "--will-topic", &topic, "--will-payload", "dead"];
    broker.run(tool[0], &[&tool[1..], &will[..], more].concat())
}

#[test]
fn every_end_does_to_the_will_what_it_should() {
    let broker = Broker::start();
    let watcher = watcher(&broker);
    let after = ["--end-after", "100ms"];
    for (tool, name) in [(vec!["conn"], "conn"), (vec!["sub", "-t", "none"], "sub")] {
        let wills = ["will", "drop", "reset", "malformed", "second-connect", "oversize"];
        for way in wills {
            let id = format!("{name}-{way}");
            let ended = ends(&broker, &tool, &id, &[&["--end", way], &after[..]].concat());
            assert_eq!(ended.code, Some(0), "{id}: {ended:?}");
            watcher.stdout.line_with(&format!("w/{id} dead r=0 q=0"));
            broker.program.stderr.line_with(&format!("will of '{id}' published to 'w/{id}'"));
        }
        let id = format!("{name}-normal");
        let ended = ends(&broker, &tool, &id, &[&["--end", "normal"], &after[..]].concat());
        assert_eq!(ended.code, Some(0), "{id}: {ended:?}");
        broker.program.stderr.line_with(&format!("will of '{id}' discarded: normal DISCONNECT"));
    }
    let told = watcher.stdout.so_far();
    assert!(!told.iter().any(|line| line.contains("normal")), "{told:?}");
}

#[test]
fn publishers_and_requesters_choose_their_end_too() {
    let broker = Broker::start();
    let watcher = watcher(&broker);
    let publish = ["pub", "-t", "news", "-m", "x", "-q", "1"];
    let ended = ends(&broker, &publish, "drop", &["--end", "drop"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    watcher.stdout.line_with("w/drop dead");
    let ended = ends(&broker, &publish, "reason", &["--end-reason", "0x98"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    watcher.stdout.line_with("w/reason dead");
    broker.program.stderr.line_with("will of 'reason' published");
    // What the standard does not define: the broker takes it for what it is.
    ends(&broker, &publish, "undefined", &["--end-reason", "255"]);
    broker
        .program
        .stderr
        .line_with("will of 'undefined' published to 'w/undefined': protocol error");
}

#[test]
fn a_stalled_client_falls_silent_and_the_keep_alive_decides() {
    let broker = Broker::start();
    let watcher = watcher(&broker);
    let more = ["-V", "5", "-k", "5", "--end", "stall", "--end-after", "50ms"];
    let ended = ends(&broker, &["conn"], "silent", &more);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let last = ended.stderr.last().cloned().unwrap_or_default();
    assert!(last.contains("DISCONNECT 0x8d, Keep Alive timeout"), "{last}");
    watcher.stdout.line_with("w/silent dead");
    broker.program.stderr.line_with("silent for 7.5 s, 1.5 times its keep-alive of 5 s");
}

#[test]
fn the_count_of_messages_can_end_it() {
    let broker = Broker::start();
    let port = broker.port_text();
    let args = ["sub", "-p", &port, "-i", "two", "-t", "n", "--end-after-messages", "2"];
    let sub = Program::start(&lastwill(), &[&args[..], &["--end", "drop"]].concat());
    broker.await_subscribed("two", "n");
    for number in ["1", "2"] {
        assert_eq!(broker.run("pub", &["-t", "n", "-m", number]).code, Some(0));
    }
    let ended = sub.end();
    assert_eq!((ended.code, ended.stdout), (Some(0), vec!["1".to_owned(), "2".to_owned()]));
}

#[test]
fn a_killed_conn_leaves_its_will() {
    let broker = Broker::start();
    let watcher = watcher(&broker);
    let folder = tempfile::tempdir().unwrap();
    let payload = folder.path().join("payload");
    fs::write(&payload, "from a file\n").unwrap();
    let port = broker.port_text();
    let args = ["conn", "-p", &port, "-i", "A", "--will-topic", "w", "--will-qos", "2"];
    let file = ["--will-retain", "--will-file", payload.to_str().unwrap(), "--json"];
    let conn = Program::start(&lastwill(), &[&args[..], &file].concat());
    let ready = conn.stdout.line_with("connected");
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    assert_eq!((&ready["pid"], &ready["client_id"]), (&conn.pid().into(), &"A".into()));
    conn.signal("KILL");
    watcher.stdout.line_with("w from a file");
}

#[test]
fn properties_of_the_will_as_plain_options() {
    let broker = Broker::start();
    let port = broker.port_text();
    let format = "%C|%R|%D|%P|%F|%E|%p";
    let args = ["sub", "-p", &port, "-i", "five", "-V", "5", "-t", "w/p", "-C", "1", "-F", format];
    let sub = Program::start(&lastwill(), &args);
    broker.await_subscribed("five", "w/p");
    let more = [
        "--will-content-type",
        "text/plain",
        "--will-response-topic",
        "answer",
        "--will-correlation",
        "c-1",
        "--will-user-property",
        "a=b=c",
        "--will-user-property",
        "d=",
        "--will-payload-format",
        "text",
        "--will-expiry",
        "2m",
        "--will-delay",
        "1s",
        "-x",
        "0",
        "--end",
        "drop",
        "--end-after",
        "50ms",
    ];
    let ended = ends(&broker, &["conn"], "p", &more);
    let warning = "Warning: The session ends before the will delay of 1 s is over, and the will is \
                   published at once. -x 1 lets the session live as long.";
    assert_eq!(ended.stderr, [warning]);
    let line = sub.stdout.line_with("text/plain");
    assert!(line.starts_with("text/plain|answer|c-1|a:b=c d:|1|1"), "{line}");
    assert!(line.ends_with("|dead"), "{line}");
}

#[test]
fn presence_in_one_option() {
    let broker = Broker::start();
    let watcher = watcher(&broker);
    let newcomer = |expected: &str| {
        let args = ["-t", "A/status", "-C", "1", "-W", "10", "-F", "%p r=%r"];
        assert_eq!(broker.run("sub", &args).stdout, [expected]);
    };
    let port = broker.port_text();
    let args = ["conn", "-p", &port, "-i", "A", "--presence", "A/status"];
    // The ready line comes when the online message is with the broker.
    let conn = Program::start(&lastwill(), &args);
    conn.stdout.line_with("connected pid=");
    newcomer("online r=1");
    conn.signal("KILL");
    watcher.stdout.line_with("A/status offline");
    newcomer("offline r=1");
    // A normal end says it by itself.
    let conn = Program::start(&lastwill(), &[&args[..], &["--presence-offline", "away"]].concat());
    conn.stdout.line_with("connected pid=");
    newcomer("online r=1");
    conn.signal("TERM");
    assert_eq!(conn.end().code, Some(0));
    newcomer("away r=1");
    broker.program.stderr.line_with("will of 'A' discarded: normal DISCONNECT");
}

/// The screen is clear before the first table, and what comes behind the last one begins a line.
#[test]
fn watching_on_a_terminal_begins_and_ends_on_a_clear_screen() {
    let broker = Broker::start();
    let line = format!("echo pid=$$.; exec {} watch -p {} t", lastwill(), broker.port);
    let terminal = Program::start("script", &["-qec", &line, "/dev/null"]);
    let pid = terminal.stdout.line_with("pid=");
    let pid = pid.trim_start_matches("pid=").trim_end_matches(".\r");
    terminal.stdout.line_with("TOPIC");
    assert!(Command::new("kill").args(["-INT", pid]).status().unwrap().success());
    let ended = terminal.end();
    let shown = ended.stdout.join("\n");
    assert_eq!((ended.code, shown.matches("\x1b[2J").count()), (Some(0), 1), "{shown:?}");
    assert!(shown.ends_with("\r\x1b[J"), "{shown:?}");
}

#[test]
fn watching_tells_who_is_online_and_how_late_the_will_came() {
    let broker = Broker::start();
    let port = broker.port_text();
    let watch = Program::start(&lastwill(), &["watch", "-p", &port, "-i", "eye", "+/status"]);
    broker.await_subscribed("eye", "$SYS/broker/wills/event");
    let args = ["conn", "-p", &port, "-i", "A", "--presence", "A/status", "-x", "60"];
    let conn = Program::start(&lastwill(), &[&args[..], &["--will-delay", "1s"]].concat());
    conn.stdout.line_with("connected pid=");
    watch.stdout.line_with(" online A/status");
    conn.signal("KILL");
    watch.stdout.line_with(" will A/status of 'A' waits 1.0 s more: connection closed");
    watch.stdout.line_with(" offline A/status");
    watch.stdout.line_with(" will A/status of 'A' came 1.");
    watch.signal("INT");
    assert_eq!(watch.end().code, Some(0));
}

#[test]
fn the_broker_lists_its_wills_and_counts_them() {
    let broker = Broker::start_with(&["--set", "sys_interval=1"]);
    let port = broker.port_text();
    let hold = |id: &str, more: &[&str]| {
        let args = ["conn", "-p", &port, "-i", id, "--will-topic", "w", "--will-retain"];
        let conn = Program::start(&lastwill(), &[&args[..], more].concat());
        conn.stdout.line_with("connected pid=");
        conn
    };
    let _armed = hold("armed", &[]);
    let waiting = hold("waiting", &["--will-delay", "10m", "-x", "3600"]);
    waiting.signal("KILL");
    broker.program.stderr.line_with("will of 'waiting' to 'w' waits until");
    let list = broker.run("wills", &[]);
    assert_eq!((list.code, list.stdout.len()), (Some(0), 3), "{list:?}");
    assert!(list.stdout[1].starts_with("waiting  w"), "{list:?}");
    assert!(list.stdout[1].contains("waiting, due in "), "{list:?}");
    assert!(list.stdout[2].ends_with("armed"), "{list:?}");
    let json = broker.run("wills", &["--json"]).stdout.concat();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["total"], &json["waiting"]), (&2.into(), &1.into()));
    let args = ["sub", "-p", &port, "-v", "-t", "$SYS/broker/wills/+"];
    let sys = Program::start(&lastwill(), &args);
    for line in ["armed 1", "waiting 1", "published 0"] {
        sys.stdout.line_with(&format!("$SYS/broker/wills/{line}"));
    }
}

#[test]
fn a_broker_may_keep_its_wills_to_itself() {
    let broker = Broker::start_with(&["--set", "sys_wills=false"]);
    let list = broker.run("wills", &[]);
    assert_eq!(list.code, Some(27), "{list:?}");
    assert!(list.stderr[0].contains("sys_wills"), "{list:?}");
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_would_be_right() {
    for (args, part) in [
        (vec!["conn", "--end", "explode"], "Invalid --end 'explode': it takes one of normal, will"),
        (vec!["conn", "--end-after", "soon"], "Invalid --end-after 'soon': it takes a number with"),
        (vec!["conn", "--end-reason", "256"], "it takes a number from 0 to 255"),
        (vec!["conn", "--end", "will", "-V", "311"], "need MQTT 5"),
        (vec!["conn", "--will-delay", "1.5s"], "whole seconds"),
        (vec!["conn", "--presence", "a/+"], "Invalid presence topic 'a/+'"),
        (vec!["conn", "--presence", "a", "--will-topic", "b"], "cannot be combined"),
        (vec!["conn", "--presence-online", "x"], "need --presence TOPIC"),
        (vec!["conn", "--will-file", "x"], "no will topic given"),
        (vec!["conn", "--will-topic", "w", "--will-file", "/nonexistent"], "No such file"),
        (vec!["conn", "extra"], "This tool takes options only"),
        (vec!["watch"], "You must name the topics to watch"),
        (vec!["watch", "a/#/b"], "Invalid watch topic 'a/#/b'"),
    ] {
        let ended = program::run(&lastwill(), &args);
        assert_eq!((ended.code, ended.stdout.len()), (Some(1), 0), "{args:?}: {ended:?}");
        assert!(ended.stderr[0].contains(part), "{args:?}: {ended:?}");
    }
}

#[test]
fn w09_presence_is_true_again_after_the_broker_was_killed() {
    let mut broker = Kept::start(&[]);
    let port = broker.port.to_string();
    let args = ["conn", "-p", &port, "-i", "A", "--presence", "A/status"];
    let conn = Program::start(&lastwill(), &args);
    conn.stdout.line_with("connected pid=");
    broker.kill();
    // It never comes back.
    drop(conn);
    broker.run(&[]);
    let args = ["sub", "-p", &port, "-t", "A/status", "-C", "1", "-W", "10", "-F", "%p r=%r"];
    assert_eq!(program::run(&lastwill(), &args).stdout, ["offline r=1"]);
}

#[test]
fn w198_a_clock_that_jumps_moves_no_will_and_no_keep_alive() {
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    for jump in ["+3600", "-3600"] {
        fs::write(&clock, "+0\n").unwrap();
        let mut command = Command::new(lastwill());
        command.args(["broker", "-p", "0", "--ready-json", "-v"]);
        command
            .env("LD_PRELOAD", "libfaketime.so.1")
            .env("LD_LIBRARY_PATH", FAKETIME)
            .env("FAKETIME_TIMESTAMP_FILE", &clock)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        let broker = Broker::ready(Program::start_command(&mut command));
        let mut watcher = broker.client(Version::V5, "watcher");
        watcher.subscribe(Version::V5, "w", 0);
        let alive = Connect { id: "alive", keep_alive_secs: 30, ..Connect::default() };
        let mut alive = broker.client_with(&alive);
        let port = broker.port_text();
        let args = ["conn", "-p", &port, "-i", "A", "-x", "60", "--will-topic", "w"];
        let more = ["--will-payload", "dead", "--will-delay", "2s", "--end", "drop"];
        let after = ["--end-after", "50ms"];
        assert_eq!(program::run(&lastwill(), &[&args[..], &more, &after].concat()).code, Some(0));
        let died = Instant::now();
        fs::write(&clock, format!("{jump}\n")).unwrap();
        watcher.expect_message(Version::V5, "w", "dead");
        let waited = died.elapsed();
        assert!(waited > Duration::from_millis(1500), "{jump}: too early, after {waited:?}");
        assert!(waited < Duration::from_secs(15), "{jump}: too late, after {waited:?}");
        alive.ping();
    }
}
