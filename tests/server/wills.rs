//! What reaches the core, and in which order, however a connection ends.

use super::*;
use crate::support::packet::publish;

const V4: Version = Version::V4;

#[test]
fn every_lost_connection_publishes_the_will() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut watcher = watcher(&server, "will/+");
        mortal(&server, "fin").close();
        watcher.expect_message(V4, "will/fin", "gone");
        mortal(&server, "rst").reset();
        watcher.expect_message(V4, "will/rst", "gone");
        let mut twice = mortal(&server, "twice");
        twice.send(&mortal_connect("twice", "will/twice").bytes());
        watcher.expect_message(V4, "will/twice", "gone");
        twice.expect_closed();
        let mut half = mortal(&server, "half");
        half.shut_down();
        watcher.expect_message(V4, "will/half", "gone");
        half.expect_closed();
        let mut broken = mortal(&server, "broken");
        broken.send_hex("F0 00");
        watcher.expect_message(V4, "will/broken", "gone");
        broken.expect_closed();
    }
}

#[test]
fn silence_past_the_keep_alive_publishes_the_will() {
    let server = start(&[]);
    let mut watcher = watcher(&server, "will/+");
    let connect_silent = Connect { keep_alive_secs: 1, ..mortal_connect("mute", "will/mute") };
    let since = std::time::Instant::now();
    let mut mute = connect(&server, &connect_silent);
    watcher.expect_message(V4, "will/mute", "gone");
    let waited = since.elapsed().as_millis();
    assert!((1500..2500).contains(&waited), "after {waited} ms");
    mute.expect_closed();
}

#[test]
fn what_a_half_closed_client_is_owed_still_reaches_it() {
    let server = start(&[]);
    let mut half = mortal(&server, "half");
    half.subscribe(V4, "echo", 0);
    half.send(&publish(V4, "echo", "last words", 0, 0));
    half.shut_down();
    half.expect_message(V4, "echo", "last words");
    half.expect_closed();
}

#[test]
fn everything_sent_before_the_end_comes_before_the_will() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut watcher = watcher(&server, "#");
        let mut mortal = mortal(&server, "m");
        let all: Vec<u8> = (0..500).flat_map(|n| publish(V4, "t", &n.to_string(), 0, 0)).collect();
        mortal.send(&all);
        mortal.close();
        for n in 0..500 {
            watcher.expect_message(V4, "t", &n.to_string());
        }
        watcher.expect_message(V4, "will/m", "gone");
    }
}

#[test]
fn a_reset_with_unread_acknowledgements_loses_nothing_that_arrived() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut watcher = watcher(&server, "#");
        let mut mortal = mortal(&server, "m");
        let all: Vec<u8> = (1..=200).flat_map(|n| publish(V4, "t", &n.to_string(), 2, n)).collect();
        mortal.send(&all);
        mortal.reset();
        for n in 1..=200 {
            watcher.expect_message(V4, "t", &n.to_string());
        }
        watcher.expect_message(V4, "will/m", "gone");
    }
}

#[test]
fn a_disconnect_counts_whatever_follows_it() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut watcher = watcher(&server, "#");
        for round in 0..100 {
            let mut polite = mortal(&server, "polite");
            polite.send_hex(if round % 2 == 0 { "E0 00" } else { "E0 00 FF FF" });
            polite.reset();
        }
        // Had one of them been taken for a loss, its will would come before this.
        let mut other = client(&server, "other");
        other.send(&publish(V4, "t", "end", 0, 0));
        other.ping();
        watcher.expect_message(V4, "t", "end");
    }
}

#[test]
fn an_unread_disconnect_counts_when_the_client_is_back_at_once() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut watcher = watcher(&server, "#");
        let mut old = mortal(&server, "back");
        for _ in 0..60 {
            let mut new = dial(&server);
            old.send_hex("E0 00");
            new.send(&mortal_connect("back", "will/back").bytes());
            assert_eq!(new.receive_connack(), 0);
            old = new;
        }
        old.send(&publish(V4, "t", "end", 0, 0));
        watcher.expect_message(V4, "t", "end");
    }
}

#[test]
fn a_takeover_publishes_the_will_before_the_birth() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut watcher = watcher(&server, "state");
        let will = Some(Will { retain: true, ..Will::new("state", "offline") });
        let birth = Connect { id: "born", will, ..Connect::default() }.bytes();
        let online = publish(V4, "state", "online", 1, 0);
        let both = [birth, online].concat();
        let mut old = dial(&server);
        old.send(&both);
        watcher.expect_message(V4, "state", "online");
        for _ in 0..40 {
            let mut new = dial(&server);
            new.send(&both);
            watcher.expect_message(V4, "state", "offline");
            watcher.expect_message(V4, "state", "online");
            let mut fresh = client(&server, "fresh");
            subscribe_only(&mut fresh, "state");
            fresh.expect_message(V4, "state", "online");
            old = new;
        }
        drop(old);
    }
}

#[test]
fn a_connection_in_one_segment_is_a_whole_life() {
    let server = start(&[]);
    let mut watcher = watcher(&server, "#");
    let birth = mortal_connect("brief", "will/brief").bytes();
    let mut polite = dial(&server);
    polite.send(&[&birth[..], &[0xE0, 0x00]].concat());
    assert_eq!(polite.receive_connack(), 0);
    polite.expect_closed();
    let mut brief = dial(&server);
    brief.send(&[birth, publish(V4, "t", "all", 0, 0), vec![0x30, 0x09, 0x00]].concat());
    brief.close();
    watcher.expect_message(V4, "t", "all");
    watcher.expect_message(V4, "will/brief", "gone");
}
