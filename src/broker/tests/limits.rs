//! Limits of number, time and rate, as far as they are rules: W92, W97, W148, W220, W221.

use crate::broker::event::{Input, Timer};
use crate::broker::policy::{ListenerId, Policy};
use crate::broker::rate::{Rates, Spent};
use crate::broker::testing::*;
use crate::protocol::{Property, ReasonCode};
use crate::time::Timestamp;

fn bench(change: impl FnOnce(&mut Policy)) -> Bench {
    let mut t = Bench::with(change);
    t.watch("s", "w/t");
    t
}

/// Three messages a second, for everybody.
fn three_a_second() -> Bench {
    bench(|policy| policy.listeners[0].rates = Rates { messages: 3, bytes: 0 })
}

fn rates(t: &Bench) -> Rates {
    t.broker.policy().listeners[0].rates
}

/// The server has read so many messages of a client, and is slowed until there is room for more.
fn spend(t: &mut Bench, name: &str, messages: u64) -> Timestamp {
    let (conn, rates, now) = (t.conn(name), rates(t), t.now);
    let mut spent = t.broker.spent(conn).unwrap();
    spent.add(now, rates, messages, messages * 100);
    let until = spent.room_at(now, rates, 1, 100);
    let slowed_until = (until > now).then_some(until);
    t.handle(Input::Paced { conn, spent, slowed_until });
    until
}

#[test]
fn w92_w97_whoever_exceeds_a_limit_is_told_and_its_will_is_published() {
    for (reason, hex) in [
        (ReasonCode::ServerBusy, "89"),
        (ReasonCode::MessageRateTooHigh, "96"),
        (ReasonCode::QuotaExceeded, "97"),
        (ReasonCode::ConnectionRateExceeded, "9F"),
        (ReasonCode::MaximumConnectTime, "A0"),
    ] {
        let mut t = bench(|_| {});
        t.connect("c").will("w/t", "off").go();
        t.lines();
        let conn = t.conn("c");
        t.handle(Input::Revoke { conn, reason, with_will: true });
        let expected = [&format!("c < DISCONNECT {hex}"), "c x", "s < w/t off q0"];
        assert_eq!(t.sent(), expected, "{reason}");
    }
    // As the server sees it: `rate_action disconnect`.
    let mut t = three_a_second();
    t.connect("c").will("w/t", "off").go();
    t.connect("old").v4().will("w/t", "old").go();
    t.lines();
    for name in ["c", "old"] {
        let conn = t.conn(name);
        t.handle(Input::TooFast { conn });
    }
    let expected = ["c < DISCONNECT 96", "c x", "s < w/t off q0", "old x", "s < w/t old q0"];
    assert_eq!(t.sent(), expected);
}

#[test]
fn w97_a_connection_lasts_as_long_as_it_may_and_its_will_is_published() {
    let mut t = bench(|policy| policy.connection_secs_max = 60);
    t.connect("c").will("w/t", "off").go();
    t.at(30.0);
    t.connect("late").v4().will("w/t", "late").go();
    t.connect("gone").will("w/t", "gone").go();
    t.leave("gone", ReasonCode::Success);
    t.lines();
    t.at(59.9);
    assert!(t.lines().is_empty());
    t.at(60.0);
    let ended = ["s < DISCONNECT A0", "s x", "c < DISCONNECT A0", "c x"];
    assert_eq!(t.sent(), ended, "the watcher as well, before the will is due");
    t.at(90.0);
    assert_eq!(t.sent(), ["late x"]);
    assert_eq!(t.broker.stats().wills_published, 2);
    assert_eq!(t.broker.deadline(), None, "nothing is left of those who went before");
}

#[test]
fn w97_too_many_connections_from_one_address_are_refused() {
    let refused = Err(ReasonCode::ConnectionRateExceeded);
    let mut t = bench(|_| {});
    t.connect("c").will("w/t", "off").go_as(refused.clone());
    t.connect("old").v4().will("w/t", "off").go_as(refused);
    t.cut("c");
    t.cut("old");
    assert_eq!(t.sent(), ["c < CONNACK 9F", "c x", "old < CONNACK 9F", "old x"]);
}

#[test]
fn w148_a_session_that_is_deleted_publishes_its_will_now() {
    for (with_will, is_connected) in [(true, false), (false, false), (true, true), (false, true)] {
        let mut t = bench(|_| {});
        t.connect("c").expiry(600).will("w/t", "off").delay(300).go();
        t.subscribe("c", "x", Q1);
        t.connect("other").expiry(600).will("w/t", "other").delay(300).go();
        if !is_connected {
            t.cut("c");
        }
        t.cut("other");
        t.lines();
        t.handle(Input::Delete { client_id: "c", with_will });
        let lines = t.lines();
        assert_eq!(lines[0], "! deleted c");
        let published = lines.contains(&"s < w/t off q0".to_owned());
        assert_eq!(published, with_will, "{lines:?}");
        let goodbye = lines.contains(&"c < DISCONNECT 98".to_owned());
        assert_eq!(goodbye, is_connected, "{lines:?}");
        let stats = t.broker.stats();
        assert_eq!((stats.sessions, stats.subscriptions, stats.wills), (2, 1, 1));
        if is_connected {
            t.cut("c");
        }
        t.connect("again").id("c").resume().go();
        assert!(!t.got("again")[0].contains("present"), "nothing of it is left");
        t.at(700.0);
        assert_eq!(t.sent(), ["s < w/t other q0"], "the other one keeps its moment");
    }
    let mut t = bench(|_| {});
    t.handle(Input::Delete { client_id: "nobody", with_will: true });
    assert!(t.lines().is_empty());
}

/// A client that connects and dies in a loop, at each moment that the server lets it: its wills are
/// all published, at the rate of its messages.
#[test]
fn w220_wills_count_as_messages_of_a_client_and_none_is_lost() {
    let mut t = three_a_second();
    let mut published = 0;
    while t.now < Timestamp::from_millis(1_010_000) {
        let (now, listener) = (t.now, ListenerId(0));
        let room_at = t.broker.will_room_at(now, listener, "spam", 10);
        t.at_millis(room_at.millis() - 1_000_000);
        t.connect("spam").will("w/t", "off").go();
        t.cut("spam");
        published += 1;
        assert_eq!(t.sent().last().unwrap(), "s < w/t off q0", "what is promised is kept");
    }
    assert_eq!(published, 3 + 30, "a burst of a second, then the rate");
    // Somebody else notices nothing, and whoever is quiet for as long has everything again.
    let now = t.now;
    assert_eq!(t.broker.will_room_at(now, ListenerId(0), "other", 10), now);
    t.at(12.0);
    let next = t.broker.deadline().map(|(_, timer)| timer);
    assert_ne!(next, Some(Timer::Account), "the account is forgotten");
}

/// Its messages and its wills are one account, over any number of connections and takeovers.
#[test]
fn w220_a_new_connection_goes_on_where_the_old_one_was() {
    let mut t = three_a_second();
    t.connect("c").will("w/t", "off").go();
    assert_eq!(spend(&mut t, "c", 1), t.now, "one will and one message");
    t.connect("c2").id("c").go();
    let until = spend(&mut t, "c2", 1);
    assert_eq!(until, t.now.plus_millis(334));
    let now = t.now;
    assert_eq!(t.broker.will_room_at(now, ListenerId(0), "c", 10), until, "while it is connected");
    t.cut("c2");
    assert_eq!(t.broker.will_room_at(now, ListenerId(0), "c", 10), until, "and when it is not");
    t.connect("c3").id("c").go();
    let conn = t.conn("c3");
    let spent: Spent = t.broker.spent(conn).unwrap();
    assert_eq!(spent.room_at(now, rates(&t), 1, 0), until);
}

#[test]
fn a_client_that_is_slowed_is_not_silent() {
    let mut t = three_a_second();
    t.connect("c").keep_alive(2).will("w/t", "off").go();
    t.connect("idle").keep_alive(2).go();
    t.lines();
    let until = spend(&mut t, "c", 300);
    assert_eq!(t.lines(), ["! slowed c"]);
    assert_eq!(until.since(t.now).as_millis(), 99_667, "301 messages and no room for one more");
    t.at(3.1);
    assert_eq!(t.sent(), ["idle < DISCONNECT 8D", "idle x"]);
    // From the moment on when it is read again it has 3 s, as always.
    t.at(99.0 + 3.3);
    assert!(t.lines().is_empty());
    t.at(99.7 + 3.1);
    assert_eq!(t.sent(), ["c < DISCONNECT 8D", "c x", "s < w/t off q0"]);
}

#[test]
fn w221_wills_are_bounded_in_bytes_and_accounted_exactly() {
    // Topic and payload of each have ten bytes.
    let mut t = bench(|policy| policy.will_bytes_total_max = 25);
    t.connect("a").expiry(60).will("w/t", "1234567").delay(60).go();
    t.connect("b").v4().will("w/t", "1234567").go();
    t.lines();
    t.connect("c").will("w/t", "1234567").go();
    let rule = "all wills together would be larger than max_will_bytes_total";
    let why = format!(
        "! refused Some(\"c\") Will {{ topic: \"w/t\", reason: QuotaExceeded, rule: \"{rule}\" }}"
    );
    assert_eq!(t.lines(), [&why, "c < CONNACK 97", "c x"]);
    t.connect("c4").v4().will("w/t", "1234567").go();
    assert_eq!(t.sent(), ["c4 < CONNACK 97", "c4 x"]);
    // One without a will, a small one, and one that takes the place of its own are let in.
    t.connect("d").go();
    t.connect("e").will("w/t", "1").go();
    t.connect("b2").id("b").v4().will("w/t", "7654321").go();
    assert_eq!(t.broker.stats().will_bytes, 24);
    // A will that waits counts until it is out.
    t.cut("a");
    assert_eq!(t.broker.stats().will_bytes, 24);
    t.connect("a2").id("a").resume().expiry(60).will("w/t", "12345678").delay(60).go();
    assert_eq!(t.broker.stats().will_bytes, 25);
    t.leave("e", ReasonCode::Success);
    t.cut("a2");
    t.at(61.0);
    t.cut("b2");
    let stats = t.broker.stats();
    assert_eq!((stats.wills, stats.will_bytes), (0, 0));
}

#[test]
fn w221_properties_count_and_zero_is_no_limit() {
    let mut t = bench(|policy| policy.will_bytes_total_max = 0);
    for n in 0..100 {
        t.connect(&format!("c{n}"))
            .will("w/t", "1234567")
            .will_with(Property::ContentType("text/plain"))
            .go();
    }
    assert_eq!(t.broker.stats().will_bytes, 100 * (3 + 7 + 3 + 10));
    (0..100).for_each(|n| t.cut(&format!("c{n}")));
    assert_eq!(t.broker.stats().will_bytes, 0);
}
