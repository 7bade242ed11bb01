//! Bytes on their way in and out: any split, any size, any speed of the reader.

use super::*;
use crate::support::packet::publish;

const V4: Version = Version::V4;

/// Text of this length that differs along the way.
fn long(len: usize) -> String {
    (0..len).map(|n| char::from(b'a' + (n / 7 % 26) as u8)).collect()
}

#[test]
fn a_large_packet_arrives_in_any_split() {
    let server = start(&[]);
    let mut watcher = watcher(&server, "#");
    let payload = long(200_000);
    let large = publish(V4, "large", &payload, 0, 0);
    let small = publish(V4, "small", "x", 0, 0);
    let stream = [&small[..], &large, &small, &small, &large, &small].concat();
    for step in [1 << 20, 65_536, 65_535, 40_000, 4_099, 997] {
        let mut sender = client(&server, "sender");
        for part in stream.chunks(step) {
            sender.send(part);
        }
        for (topic, text) in [("small", "x"), ("large", &payload), ("small", "x"), ("small", "x")] {
            watcher.expect_message(V4, topic, text);
        }
        watcher.expect_message(V4, "large", &payload);
        watcher.expect_message(V4, "small", "x");
    }
}

#[test]
fn single_bytes_become_packets() {
    let server = start(&[]);
    let mut watcher = watcher(&server, "#");
    let mut sender = client(&server, "sender");
    let text = long(300);
    let stream = [publish(V4, "t", &text, 0, 0), publish(V4, "t", "", 0, 0)].concat();
    for byte in stream {
        sender.send(&[byte]);
    }
    watcher.expect_message(V4, "t", &text);
    watcher.expect_message(V4, "t", "");
}

#[test]
fn a_large_payload_reaches_many_readers_whole() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut readers: Vec<Raw> = (0..20)
            .map(|n| {
                let mut reader = client(&server, &format!("reader{n}"));
                reader.subscribe(V4, "large", n % 2);
                reader
            })
            .collect();
        let mut sender = client(&server, "sender");
        let payload = long(300_000);
        sender.send(&publish(V4, "large", &payload, 2, 7));
        sender.expect_hex("40 02 00 07");
        for (n, reader) in readers.iter_mut().enumerate() {
            let first = if n % 2 == 0 { 0 } else { 2 };
            assert!(reader.receive() == publish(V4, "large", &payload, first, 1), "reader {n}");
        }
    }
}

#[test]
fn a_slow_reader_hurts_only_itself_and_gets_what_is_owed_to_it() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut slow = client(&server, "slow");
        slow.subscribe(V4, "t", 1);
        let mut fast = client(&server, "fast");
        fast.subscribe(V4, "t", 0);
        let mut sender = client(&server, "sender");
        let filling = long(10_000);
        let text = |n: u16| format!("{n} {filling}");
        for n in 1..=2000 {
            sender.send(&publish(V4, "t", &text(n), 2, n));
            sender.expect(&[0x40, 2, (n >> 8) as u8, n as u8]);
            assert!(fast.receive() == publish(V4, "t", &text(n), 0, 0), "message {n}");
        }
        for n in 1..=2000 {
            let got = slow.receive();
            let id = [got[6], got[7]];
            assert!(got == publish(V4, "t", &text(n), 2, u16::from_be_bytes(id)), "message {n}");
            slow.send(&[0x40, 2, id[0], id[1]]);
        }
        slow.ping();
    }
}

#[test]
fn quality_0_beyond_the_bound_is_dropped_and_the_reader_stays() {
    let server = start(&["max_output_bytes=100000"]);
    let mut slow = client(&server, "slow");
    slow.subscribe(V4, "t", 0);
    let mut sender = client(&server, "sender");
    let filling = long(100_000);
    for n in 0..200 {
        sender.send(&publish(V4, "t", &format!("{n} {filling}"), 0, 0));
    }
    sender.ping();
    // What the system holds for a reader that does not read is at most some megabytes.
    let (mut last, mut count) = (None, 0);
    slow.send_hex("C0 00");
    loop {
        let got = slow.receive();
        if got == [0xD0, 0] {
            break;
        }
        let n: u32 = str::from_utf8(&got[7..]).unwrap().split(' ').next().unwrap().parse().unwrap();
        assert!(last.is_none_or(|last| last < n), "{n} after {last:?}");
        (last, count) = (Some(n), count + 1);
    }
    assert!((1..200).contains(&count), "{count} of 200 came");
    sender.send(&publish(V4, "t", "again", 0, 0));
    slow.expect_message(V4, "t", "again");
}

#[test]
fn what_cannot_be_written_any_more_ends_a_connection_that_says_nothing() {
    let server = start(&[]);
    let mut watcher = watcher(&server, "will/+");
    let mut ghost = mortal(&server, "ghost");
    ghost.subscribe(V4, "t", 0);
    ghost.reset();
    client(&server, "sender").send(&publish(V4, "t", "x", 0, 0));
    watcher.expect_message(V4, "will/ghost", "gone");
}

#[test]
fn nothing_is_left_when_everybody_has_gone() {
    let server = start(&["threads=2"]);
    let mut keeper = client(&server, "keeper");
    let crowd: Vec<Raw> = (0..50).map(|n| mortal(&server, &n.to_string())).collect();
    assert_eq!(server.stats().connections, 51);
    drop(crowd);
    await_connections(&server, &mut keeper, 1);
    let stats = server.stats();
    assert_eq!((stats.accepted, stats.backlog_bytes), (51, 0));
    assert!(stats.turns > 100 && stats.lock_busy_nanos < stats.uptime_nanos);
}
