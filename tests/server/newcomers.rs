//! Connections begin parked, without a task, and nobody can tell.

use std::time::{Duration, Instant};

use super::*;
use crate::support::packet::{VERSIONS, publish};
use crate::support::program::Program;
use crate::support::{await_that, lastwill};

const V4: Version = Version::V4;

/// What a client with a will sends before it has heard anything.
fn burst(id: &str, topic: &str) -> Vec<u8> {
    let words: Vec<u8> = (0..3).flat_map(|n| publish(V4, "word", &n.to_string(), 0, 0)).collect();
    [mortal_connect(id, topic).bytes(), words, b"\xC0\x00".to_vec()].concat()
}

#[test]
fn a_connect_makes_no_task() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut clients = ["a", "b", "c"].map(|id| mortal(&server, id));
        assert_eq!((server.stats().parked, server.stats().connections), (3, 3));
        clients.iter_mut().for_each(Raw::ping);
        assert_eq!(server.stats().parked, 3);
    }
}

#[test]
fn what_comes_behind_a_connect_in_one_segment_is_heard() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut watcher = watcher(&server, "#");
        let mut hasty = dial(&server);
        hasty.send(&burst("hasty", "will/hasty"));
        assert_eq!(hasty.receive_connack(), 0);
        hasty.expect_hex("D0 00");
        for n in 0..3 {
            watcher.expect_message(V4, "word", &n.to_string());
        }
        hasty.close();
        watcher.expect_message(V4, "will/hasty", "gone");
        // All of it and the end at once.
        let mut brief = dial(&server);
        brief.send(&burst("brief", "will/brief"));
        brief.shut_down();
        assert_eq!(brief.receive_connack(), 0);
        brief.expect_hex("D0 00");
        brief.expect_closed();
        for n in 0..3 {
            watcher.expect_message(V4, "word", &n.to_string());
        }
        watcher.expect_message(V4, "will/brief", "gone");
        let mut polite = dial(&server);
        polite.send(&[burst("polite", "will/polite"), b"\xE0\x00".to_vec()].concat());
        polite.close();
        for n in 0..3 {
            watcher.expect_message(V4, "word", &n.to_string());
        }
        // Nothing more of it.
        watcher.ping();
        await_connections(&server, &mut watcher, 1);
    }
}

#[test]
fn a_connect_in_pieces_is_put_together() {
    let server = start(&[]);
    let mut watcher = watcher(&server, "will/+");
    let bytes = mortal_connect("slow", "will/slow").bytes();
    for size in [1, 2, 7, bytes.len() - 1] {
        let mut slow = dial(&server);
        for piece in bytes.chunks(size) {
            slow.send(piece);
            // The server gets time to read it alone.
            watcher.ping();
        }
        assert_eq!(slow.receive_connack(), 0);
        await_that("the parking of it", || server.stats().parked >= 1);
        slow.close();
        watcher.expect_message(V4, "will/slow", "gone");
    }
}

#[test]
fn who_says_nothing_is_closed_in_time() {
    for threads in THREADS {
        let server = start(&[threads, "connect_timeout=1"]);
        let since = Instant::now();
        let mut mute = [(); 3].map(|()| dial(&server));
        let mut half = dial(&server);
        half.send_hex("10");
        for raw in mute.iter_mut().chain([&mut half]) {
            raw.expect_closed();
        }
        assert!(since.elapsed() >= Duration::from_secs(1), "{:?}", since.elapsed());
        drop((mute, half));
        await_that("the end of all", || server.stats().connections == 0);
        assert_eq!(server.stats().parked, 0);
    }
}

#[test]
fn who_goes_before_a_connect_leaves_nothing() {
    for threads in THREADS {
        let server = start(&[threads, "global_max_connections=3"]);
        for _ in 0..10 {
            let [gone, reset, mut half] = [(); 3].map(|()| dial(&server));
            gone.close();
            reset.reset();
            half.shut_down();
            half.expect_closed();
        }
        await_that("the end of all", || server.stats().connections == 0);
        assert_eq!(server.stats().parked, 0);
        client(&server, "c").ping();
    }
}

#[test]
fn what_is_no_connect_is_refused() {
    let server = start(&[]);
    for bytes in ["C0 00", "30 03 00 01 74", "F0 00", "10 FF FF FF FF"] {
        let mut raw = dial(&server);
        raw.send_hex(bytes);
        raw.expect_closed();
    }
    for version in VERSIONS {
        let mut twice = connect(&server, &Connect { version, ..Connect::default() });
        twice.send(&Connect { version, ..Connect::default() }.bytes());
        twice.expect_kicked(version, 0x82);
    }
    await_that("the end of all", || server.stats().connections == 0);
}

#[test]
fn a_takeover_in_the_first_moment_is_in_order() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut watcher = watcher(&server, "#");
        for _ in 0..10 {
            let mut old = dial(&server);
            old.send(&burst("same", "will/old"));
            assert_eq!(old.receive_connack(), 0);
            let mut new = client(&server, "same");
            old.expect_hex("D0 00");
            old.expect_closed();
            for n in 0..3 {
                watcher.expect_message(V4, "word", &n.to_string());
            }
            watcher.expect_message(V4, "will/old", "gone");
            new.ping();
        }
    }
}

#[test]
fn a_stop_ends_whoever_has_said_nothing() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut mute = [(); 3].map(|()| dial(&server));
        await_that("all of them", || server.stats().connections == 3);
        let since = Instant::now();
        server.shutdown();
        mute.iter_mut().for_each(Raw::expect_closed);
        drop(mute);
        server.wait().unwrap();
        assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
    }
}

#[test]
fn the_will_of_a_killed_process_that_is_parked_is_published() {
    let server = start(&[]);
    let mut watcher = watcher(&server, "will");
    let port = server.endpoints()[0].tcp().expect("TCP").port().to_string();
    let will = ["--will-topic", "will", "--will-payload", "dead"];
    let args = [&["sub", "-p", &port, "-i", "victim", "-t", "t"], &will[..]].concat();
    let victim = Program::start(&lastwill(), &args);
    await_that("its subscription", || server.door().filters_of("victim") == ["t"]);
    await_that("the parking of both", || server.stats().parked == 2);
    victim.signal("KILL");
    watcher.expect_message(V4, "will", "dead");
    victim.end();
}
