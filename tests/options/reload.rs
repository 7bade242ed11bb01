//! SIGHUP: everything that can change changes in one step, the rest is told, and nobody notices who
//! need not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::lab::{Folder, Running, process};
use crate::support::await_that;
use crate::support::broker::Broker;
use crate::support::packet::{Version, publish, subscribe};
use crate::support::raw::Raw;

const V4: Version = Version::V4;
const V5: Version = Version::V5;
/// How many reloads come while messages flow.
const RELOADS: usize = 50;

/// Sends SIGHUP and waits until the log has this line once more.
fn hang_up(broker: &Broker, line: &str) {
    let count = || broker.program.stderr.so_far().iter().filter(|it| it.contains(line)).count();
    let before = count();
    broker.program.signal("HUP");
    await_that(line, || count() > before);
}

#[test]
fn rules_and_listener_options_change_at_a_reload() {
    let broker = Running::with("max_qos 2\nsys_interval 0\n");
    let mut old = broker.client("old");
    let again = Folder::with(format!(
        "allow_anonymous true\nmessage_size_limit 3\nsys_interval 1\nlistener {} 127.0.0.1\n\
         max_qos 1\nmax_connections 2\n",
        broker.port
    ));
    broker.server.reload(&again.load()).unwrap();
    let mut new = broker.client("new");
    new.send(&subscribe(V4, "t", 2));
    new.expect_hex("90 03 00 01 01");
    // The third connection is one too many now.
    Raw::dial(broker.port).expect_closed();
    // What is too large is acknowledged to a client of 3.1.1 and dropped.
    old.send(&publish(V4, "t", "long", 2, 1));
    old.expect_hex("40 02 00 01");
    old.send(&publish(V4, "t", "abc", 0, 0));
    new.expect_message(V4, "t", "abc");
    // The interval was an hour away.
    new.send(&subscribe(V4, "$SYS/broker/version", 0));
    new.expect_hex("90 03 00 01 00");
    assert!(new.receive().ends_with(env!("CARGO_PKG_VERSION").as_bytes()));
}

#[test]
fn a_file_with_one_mistake_changes_nothing() {
    let folder = Folder::with("message_size_limit 10\n");
    let broker = process(&folder, &[]);
    let mut client = broker.client(V5, "c");
    folder.write("message_size_limit 1\nretain_available false\nbogus 1\n");
    hang_up(&broker, "broker.conf:3.");
    broker.program.stderr.line_with("Unknown configuration variable 'bogus'");
    broker.program.stderr.line_with("the old one stays");
    client.send(&publish(V5, "t", "12345", 3, 1));
    // No subscriber.
    client.expect_hex("40 03 00 01 10");
    folder.write("message_size_limit 1\n");
    hang_up(&broker, "Config reloaded.");
    client.send(&publish(V5, "t", "12345", 3, 2));
    client.expect_hex("40 03 00 02 97");
}

#[test]
fn what_needs_a_restart_is_named_and_stays() {
    let folder = Folder::with("threads 1\nmax_keepalive 10\n");
    let broker = process(&folder, &[]);
    folder.write("threads 2\nmax_keepalive 20\npersistence true\n");
    hang_up(&broker, "Config reloaded.");
    let lines = broker.program.stderr.so_far();
    let named: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split_once("' has changed")?.0.rsplit('\'').next())
        .collect();
    assert_eq!(named, ["persistence", "threads"]);
}

/// Publishes one message after the other, each when the one before is acknowledged.
fn write_until(mut raw: Raw, is_over: &AtomicBool) -> u32 {
    let mut count = 0;
    while !is_over.load(Ordering::SeqCst) {
        count += 1;
        raw.send(&publish(V4, "t", &count.to_string(), 2, 7));
        raw.expect_hex("40 02 00 07");
    }
    raw.send(&publish(V4, "t", "end", 2, 7));
    raw.expect_hex("40 02 00 07");
    count
}

/// Reads and acknowledges until the end; what came.
fn read_all(mut raw: Raw) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        let packet = raw.receive();
        assert_eq!(packet[0], 0x32);
        raw.send(&[0x40, 2, packet[5], packet[6]]);
        let text = String::from_utf8(packet[7..].to_vec()).unwrap();
        if text == "end" {
            return texts;
        }
        texts.push(text);
    }
}

#[test]
fn reloads_under_load_lose_nothing_and_disturb_nobody() {
    let folder = Folder::with("");
    let broker = process(&folder, &["--set", "threads=2"]);
    let mut reader = broker.client(V4, "reader");
    reader.subscribe(V4, "t", 1);
    let reader = thread::spawn(move || read_all(reader));
    let writer = broker.client(V4, "writer");
    let is_over = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&is_over);
    let writer = thread::spawn(move || write_until(writer, &theirs));
    let mut silent = broker.client(V4, "silent");
    for round in 0..RELOADS {
        let keep_alive = round % 2 * 100;
        folder.write(format!("max_keepalive {keep_alive}\nmax_inflight_messages {}\n", 5 + round));
        hang_up(&broker, "Config reloaded.");
    }
    is_over.store(true, Ordering::SeqCst);
    let count = writer.join().unwrap();
    let expected: Vec<String> = (1..=count).map(|n| n.to_string()).collect();
    assert_eq!(reader.join().unwrap(), expected);
    silent.ping();
}
