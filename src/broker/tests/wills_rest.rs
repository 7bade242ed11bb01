//! Rows of the will catalogue that fit nowhere else: W07, W40, W41, W68, W69, W101, W117, W123, W149.

use crate::broker::event::{Input, Lost};
use crate::broker::testing::*;
use crate::protocol::{Property, ReasonCode};

fn bench() -> Bench {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t
}

/// What the README warns of: a retained will hides a birth that is not retained.
#[test]
fn w07_a_birth_that_is_not_retained_leaves_offline_behind() {
    let mut t = bench();
    for _ in 0..2 {
        t.connect("c").will("w/t", "offline").will_retain().go();
        t.publish("c", "w/t", "online", Q0);
        t.cut("c");
    }
    t.connect("c").will("w/t", "offline").will_retain().go();
    t.publish("c", "w/t", "online", Q0);
    t.connect("late").go();
    t.subscribe("late", "w/t", Q1);
    assert_eq!(t.got("late")[2..], ["w/t offline q0 retain"]);
}

#[test]
fn w40_w41_no_delay_is_none() {
    let mut t = bench();
    t.connect("zero").expiry(60).will("w/t", "zero").delay(0).go();
    t.connect("absent").expiry(60).will("w/t", "absent").go();
    t.connect("old").v4().resume().will("w/t", "v4").go();
    t.connect("older").v3().resume().will("w/t", "v3").go();
    t.lines();
    for (name, payload) in [("zero", "zero"), ("absent", "absent"), ("old", "v4"), ("older", "v3")]
    {
        t.cut(name);
        assert_eq!(t.sent(), [format!("s < w/t {payload} q0")]);
    }
}

/// A client that reads nothing is not alive because of it.
#[test]
fn w68_a_stuck_reader_that_is_silent_ends_by_keep_alive() {
    let mut t = bench();
    t.connect("c").keep_alive(4).will("w/t", "off").go();
    t.subscribe("c", "flood", Q1);
    t.connect("p").go();
    t.fill("c", 0);
    t.lines();
    for step in 1..=59u64 {
        t.at_millis(step * 100);
        t.publish("p", "flood", "x", Q1);
    }
    assert!(!t.lines().iter().any(|line| line.starts_with("s <")), "not before 6 s");
    t.at(6.1);
    assert_eq!(t.got("s"), ["w/t off q0"]);
}

/// Users take it for a fault of the broker; whoever does not say DISCONNECT has a will.
#[test]
fn w69_closing_without_disconnect_is_no_normal_end() {
    let mut t = bench();
    t.connect("c").v4().will("w/t", "off").go();
    t.publish("c", "x", "last", Q1);
    t.lose("c", Lost::PeerClosed);
    assert_eq!(t.got("s"), ["w/t off q0"]);
}

/// D8: whatever the server closes for, its DISCONNECT says why.
#[test]
fn w101_the_server_never_says_normal() {
    let closes: [fn(&mut Bench); 4] = [
        |t| t.raw("c", "D000"),
        |t| t.connect("again").id("c").go(),
        |t| {
            let conn = t.conn("c");
            t.handle(Input::Revoke {
                conn,
                reason: ReasonCode::AdministrativeAction,
                with_will: true,
            });
        },
        |t| t.handle(Input::Shutdown),
    ];
    for close in closes {
        let mut t = bench();
        t.connect("c").will("w/t", "off").go();
        t.lines();
        close(&mut t);
        let lines = t.lines();
        let said = lines.iter().find_map(|line| line.strip_prefix("c < DISCONNECT "));
        let code = u8::from_str_radix(&said.unwrap()[..2], 16).unwrap();
        assert!(code >= 0x80, "{lines:?}");
        assert!(lines.contains(&"s < w/t off q0".to_owned()), "{lines:?}");
    }
}

#[test]
fn w117_each_will_once_the_old_at_takeover_the_new_at_death() {
    let mut t = bench();
    t.connect("old").id("c").will("w/t", "old").go();
    t.connect("new").id("c").will("w/t", "new").go();
    assert_eq!(t.got("s"), ["w/t old q0"]);
    t.lose("old", Lost::ByServer);
    assert_eq!(t.sent(), Vec::<String>::new());
    t.cut("new");
    assert_eq!(t.sent(), ["s < w/t new q0"]);
}

#[test]
fn w123_ping_pong_publishes_one_will_for_each_loss() {
    let mut t = bench();
    t.connect("0").id("c").will("w/t", "0").go();
    t.lines();
    for round in 1..=20 {
        let (old, new) = ((round - 1).to_string(), round.to_string());
        t.connect(&new).id("c").will("w/t", &new).go();
        t.lose(&old, Lost::ByServer);
        assert_eq!(t.got("s"), [format!("w/t {old} q0")]);
    }
}

/// No session is evicted for a new one, so a waiting will keeps its moment.
#[test]
fn w149_a_full_broker_refuses_the_newcomer_and_keeps_the_will_that_waits() {
    let mut t = Bench::with(|policy| policy.sessions_max = Some(2));
    t.watch("s", "w/t");
    t.connect("c").expiry(60).will("w/t", "off").delay(20).go();
    t.cut("c");
    t.lines();
    t.connect("new").with(Property::SessionExpiryInterval(60)).go();
    assert_eq!(t.sent(), ["new < CONNACK 89", "new x"]);
    t.at(19.9);
    assert_eq!(t.sent(), Vec::<String>::new());
    t.at(20.1);
    assert_eq!(t.sent(), ["s < w/t off q0"]);
}
