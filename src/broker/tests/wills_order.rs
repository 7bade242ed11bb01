//! W179 to W192: order, crowds, and the orderly stop.

use crate::broker::event::{Input, Lost};
use crate::broker::testing::*;
use crate::protocol::{ReasonCode, Version};

#[test]
fn w180_everything_received_is_delivered_before_the_will() {
    let mut t = Bench::new();
    t.watch("s", "w/#");
    t.connect("c").v4().will("w/t", "off").will_qos(Q1).go();
    t.fill("c", 0);
    for number in 0..200 {
        t.publish("c", "w/x", &number.to_string(), Q1);
    }
    t.lose("c", Lost::PeerReset);
    let mut got = t.got("s");
    assert_eq!(got.len(), 20, "the window of the subscriber");
    for id in 1..=201 {
        t.puback("s", id);
        got.extend(t.got("s"));
    }
    let payloads: Vec<&str> = got.iter().map(|it| it.split(' ').nth(1).unwrap()).collect();
    let expected: Vec<String> =
        (0..200).map(|it| it.to_string()).chain(["off".to_owned()]).collect();
    assert_eq!(payloads, expected);
}

#[test]
fn w181_w182_qos_2_without_pubrel_is_delivered_once_and_before_the_will() {
    let mut t = Bench::new();
    t.watch("s", "w/#");
    t.connect("c").expiry(60).will("w/t", "off").go();
    t.publish("c", "w/q", "x", Q2);
    t.cut("c");
    assert_eq!(t.got("s"), ["w/q x q2 #1", "w/t off q0"]);
    t.connect("d").id("c").resume().expiry(60).go();
    t.lines();
    // The repeat is answered and goes nowhere; then the handshake ends.
    t.raw("d", "3C09 0003 772F71 0001 00 78");
    t.pubrel("d", 1);
    t.pubrel("d", 1);
    assert_eq!(t.sent(), ["d < PUBREC 1 00", "d < PUBCOMP 1 00", "d < PUBCOMP 1 00"]);
}

#[test]
fn w183_publish_by_alias_just_before_death() {
    let mut t = Bench::new();
    t.watch("s", "w/#");
    t.connect("c").will("w/t", "off").go();
    t.raw("c", "300A 0003 772F78 03 230001 78 3007 0000 03 230001 79");
    t.cut("c");
    assert_eq!(t.got("s"), ["w/x x q0", "w/x y q0", "w/t off q0"]);
}

#[test]
fn w184_birth_and_death_in_one_segment_end_offline() {
    let mut t = Bench::new();
    t.open("c", Version::V311);
    t.raw(
        "c",
        "1017 0004 4D515454 04 26 0000 0001 63 0003 772F74 0003 6F6666 310B 0003 772F74 6F6E6C696E65",
    );
    t.cut("c");
    t.connect("s").go();
    t.lines();
    t.subscribe("s", "w/t", Q0);
    assert_eq!(t.got("s"), ["SUBACK 1 00", "w/t off q0 retain"]);
}

#[test]
fn w185_w186_wills_of_one_step_are_a_queue() {
    let mut t = Bench::new();
    // Each is subscribed to the will of the other; a third watches.
    for (name, other) in [("a", "b"), ("b", "a")] {
        t.connect(name).keep_alive(2).will(&format!("w/{name}"), "off").go();
        t.subscribe(name, &format!("w/{other}"), Q0);
    }
    t.watch("s", "w/#");
    t.at(3.0);
    assert_eq!(t.got("s"), ["w/a off q0", "w/b off q0"]);
    assert_eq!(t.broker.stats().wills_published, 2);
}

#[test]
fn w187_ten_thousand_die_in_one_step() {
    let mut t = Bench::new();
    t.watch("s", "w/#");
    for number in 0..10_000 {
        let name = format!("c{number}");
        t.connect(&name).keep_alive(60).will(&format!("w/{number}"), "off").will_qos(Q1).go();
    }
    t.lines();
    t.now = t.now.plus_secs(90);
    t.handle(Input::Timeout);
    let mut got = t.got("s");
    for id in 1..=10_000 {
        t.puback("s", id);
        got.extend(t.got("s"));
    }
    assert_eq!(got.len(), 10_000);
    let stats = t.broker.stats();
    assert_eq!(
        (stats.publish_dropped, stats.queued, stats.queued_bytes, stats.wills),
        (0, 0, 0, 0)
    );
    assert_eq!(stats.sessions, 1);
}

#[test]
fn w189_subscriber_in_the_step_of_the_will_sees_it_once() {
    for subscribe_first in [true, false] {
        let mut t = Bench::new();
        t.connect("s").go();
        t.connect("c").will("w/t", "off").will_retain().go();
        t.lines();
        if subscribe_first {
            t.subscribe("s", "w/t", Q0);
            t.cut("c");
        } else {
            t.cut("c");
            t.subscribe("s", "w/t", Q0);
        }
        let seen = t.got("s").iter().filter(|line| line.starts_with("w/t off q0")).count();
        assert_eq!(seen, 1);
    }
}

#[test]
fn w190_w192_orderly_stop_publishes_every_will_before_it_closes() {
    let mut t = Bench::new();
    t.watch("s", "w/#");
    t.connect("v4").v4().will("w/v4", "off").go();
    t.connect("later").expiry(60).will("w/later", "off").delay(30).go();
    t.connect("waits").expiry(60).will("w/waits", "off").delay(30).go();
    t.cut("waits");
    t.open("mute", Version::V5);
    t.lines();
    t.handle(Input::Shutdown);
    let sent = t.sent();
    assert_eq!(sent[..3], ["s < w/v4 off q0", "s < w/later off q0", "s < w/waits off q0"]);
    assert_eq!(
        sent[3..],
        ["s < DISCONNECT 8B", "s x", "v4 x", "later < DISCONNECT 8B", "later x", "mute x"]
    );
    t.connect("new").go();
    assert_eq!(t.got("new"), ["CONNACK 88", "x"]);
    for name in ["s", "v4", "later", "mute", "new"] {
        t.lose(name, Lost::ByServer);
    }
    t.at(1000.0);
    assert_eq!(t.sent(), Vec::<String>::new());
}

#[test]
fn every_will_has_one_fate_and_is_reported() {
    let mut t = Bench::new();
    t.watch("s", "w/#");
    t.connect("a").will("w/a", "off").go();
    t.connect("b").will("w/b", "off").go();
    t.connect("c").expiry(9).will("w/c", "off").delay(5).go();
    t.connect("d").expiry(9).will("w/d", "off").delay(5).go();
    t.lines();
    t.cut("a");
    t.leave("b", ReasonCode::Success);
    t.cut("c");
    t.cut("d");
    t.connect("d").resume().go();
    t.at(10.0);
    assert_eq!(
        t.fates(),
        [
            "a w/a Published Lost(PeerClosed)",
            "b w/b Discarded Disconnect(Success)",
            "c w/c Waiting(Timestamp(1005000)) Lost(PeerClosed)",
            "d w/d Waiting(Timestamp(1005000)) Lost(PeerClosed)",
            "d w/d Cancelled Resumed",
            "c w/c Published DelayOver"
        ]
    );
    let stats = t.broker.stats();
    assert_eq!(
        (stats.wills, stats.wills_published, stats.wills_discarded, stats.wills_cancelled),
        (0, 2, 1, 1)
    );
}
