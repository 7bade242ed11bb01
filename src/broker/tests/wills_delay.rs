//! W128 to W150: will delay and the end of the session.

use crate::broker::testing::*;
use crate::protocol::{Property, ReasonCode};

/// A subscriber `s`, and `c` with a will of this delay and session expiry.
fn bench(delay: u32, expiry: u32) -> Bench {
    let mut t = Bench::new();
    t.watch("s", "w/#");
    t.connect("c").expiry(expiry).will("w/t", "off").delay(delay).go();
    t.lines();
    t
}

/// The millisecond at which `s` gets the will, looked for at every one up to `until`.
fn published_at(t: &mut Bench, from: u64, until: u64) -> Option<u64> {
    let mut found = None;
    for millis in from..=until {
        t.at_millis(millis);
        let got = t.got("s");
        assert!(got.len() <= 1 && (got.is_empty() || found.is_none()), "once");
        if !got.is_empty() {
            found = Some(millis);
        }
    }
    found
}

#[test]
fn w128_to_w131_w144_due_at_the_earlier_of_delay_and_session_end() {
    let never = u32::MAX;
    let cases = [
        (4, 60, Some(4000)),
        (0, 60, Some(0)),
        (4, 0, Some(0)),
        (20, 2, Some(2000)),
        (3, 3, Some(3000)),
        (5, never, Some(5000)),
        (never, 6, Some(6000)),
        (never, never, None),
    ];
    for (delay, expiry, due) in cases {
        let mut t = bench(delay, expiry);
        t.cut("c");
        assert_eq!(published_at(&mut t, 0, 8000), due, "delay {delay}, expiry {expiry}");
    }
}

#[test]
fn w130_w131_will_comes_before_the_session_goes() {
    for (delay, cause) in [(20, "SessionExpired"), (2, "SessionExpired")] {
        let mut t = bench(delay, 2);
        t.subscribe("c", "w/t", Q1);
        t.cut("c");
        t.lines();
        t.at(2.0);
        assert_eq!(
            t.lines(),
            ["! expired c", &format!("! will c w/t Published {cause}"), "s < w/t off q0"]
        );
        assert_eq!(t.broker.stats().sessions, 1);
    }
}

#[test]
fn w132_resumed_within_the_delay_never_publishes() {
    let mut t = bench(4, 60);
    t.cut("c");
    assert_eq!(t.lines()[1], "! will c w/t Waiting(Timestamp(1004000)) Lost(PeerClosed)");
    t.at(1.0);
    t.connect("d").id("c").resume().expiry(60).go();
    assert_eq!(t.fates(), ["c w/t Cancelled Resumed"]);
    t.at(1e5);
    assert_eq!(t.got("s"), Vec::<String>::new());
    assert_eq!(t.broker.stats().wills, 0);
}

#[test]
fn w133_clean_start_within_the_delay_publishes_first() {
    let mut t = bench(4, 60);
    t.cut("c");
    t.lines();
    t.at(1.0);
    t.connect("d").id("c").expiry(60).will("w/t", "new").delay(4).go();
    let lines = t.lines();
    assert_eq!(lines[..2], ["! will c w/t Published CleanStart", "s < w/t off q0"]);
    assert!(lines[2].starts_with("d < CONNACK 00"));
    t.at(100.0);
    assert_eq!(t.got("s"), Vec::<String>::new());
}

#[test]
fn w134_refused_reconnect_counts_as_none() {
    let mut t = bench(4, 60);
    t.cut("c");
    t.at(1.0);
    t.connect("d").id("c").resume().go_as(Err(ReasonCode::BadUserNameOrPassword));
    t.lines();
    assert_eq!(published_at(&mut t, 1000, 5000), Some(4000));
}

#[test]
fn w135_w136_w137_what_counts_is_the_new_connection() {
    // Reconnect without a will, then die.
    let mut t = bench(4, 60);
    t.cut("c");
    t.at(1.0);
    t.connect("d").id("c").resume().expiry(60).go();
    t.at(2.0);
    t.cut("d");
    t.at(100.0);
    assert_eq!(t.got("s"), Vec::<String>::new());
    // Reconnect, then a normal end.
    let mut t = bench(4, 60);
    t.cut("c");
    t.at(1.0);
    t.connect("d").id("c").resume().expiry(60).will("w/t", "new").delay(4).go();
    t.at(2.0);
    t.leave("d", ReasonCode::Success);
    t.at(100.0);
    assert_eq!(t.got("s"), Vec::<String>::new());
    // Reconnect, then die: the new connection's own delay.
    let mut t = bench(4, 60);
    t.cut("c");
    t.at(1.0);
    t.connect("d").id("c").resume().expiry(60).will("w/t", "new").delay(4).go();
    t.at(2.0);
    t.cut("d");
    t.lines();
    assert_eq!(published_at(&mut t, 2000, 7000), Some(6000));
}

#[test]
fn w138_reconnect_at_the_due_instant_is_one_order_or_the_other() {
    for timer_first in [true, false] {
        let mut t = bench(4, 60);
        t.cut("c");
        t.lines();
        if timer_first {
            t.at(4.0);
        } else {
            t.now = t.now.plus_secs(4);
        }
        t.connect("d").id("c").resume().expiry(60).go();
        t.at(100.0);
        assert_eq!(t.fates(), ["c w/t Published DelayOver"], "the will was due first");
    }
}

#[test]
fn w139_to_w142_disconnect_changes_the_expiry_first() {
    let cases = [(60, 0, 4, 0), (60, 2, 20, 2000), (2, 100, 5, 5000), (60, 1, 30, 1000)];
    for (expiry, changed, delay, due) in cases {
        let mut t = bench(delay, expiry);
        let changed = Property::SessionExpiryInterval(changed);
        t.leave_with("c", ReasonCode::DisconnectWithWill, &[changed]);
        assert_eq!(published_at(&mut t, 0, 8000), Some(due), "{expiry} {changed:?} {delay}");
    }
}

#[test]
fn w143_expiry_that_the_server_shortened_counts() {
    let mut t = Bench::with(|policy| policy.session_expiry_max_secs = Some(2));
    t.watch("s", "w/#");
    t.connect("c").expiry(60).will("w/t", "off").delay(20).go();
    assert!(t.got("c")[0].contains("SessionExpiryInterval(2)"));
    t.cut("c");
    assert_eq!(published_at(&mut t, 0, 8000), Some(2000));
    // Version 3 sessions end as well.
    let at = t.now;
    t.connect("d").v4().resume().go();
    t.cut("d");
    assert_eq!(t.broker.stats().sessions, 2);
    t.now = at.plus_secs(2);
    t.handle(crate::broker::event::Input::Timeout);
    assert_eq!(t.broker.stats().sessions, 1);
    // DISCONNECT cannot lengthen it either.
    t.connect("e").expiry(1).go();
    t.leave_with("e", ReasonCode::Success, &[Property::SessionExpiryInterval(1000)]);
    t.now = t.now.plus_secs(2);
    t.handle(crate::broker::event::Input::Timeout);
    assert_eq!(t.broker.stats().sessions, 1);
}

#[test]
fn w145_w146_no_will_holds_up_another() {
    let mut t = Bench::new();
    t.watch("s", "w/#");
    for (name, delay) in [("never", u32::MAX), ("six", 6), ("five", 5)] {
        t.connect(name).expiry(u32::MAX).will(&format!("w/{name}"), "off").delay(delay).go();
    }
    t.lines();
    t.cut("never");
    t.cut("six");
    t.at(4.0);
    t.cut("five");
    t.lines();
    t.at(5.999);
    assert_eq!(t.got("s"), Vec::<String>::new());
    t.at(6.0);
    assert_eq!(t.got("s"), ["w/six off q0"]);
    t.at(8.999);
    assert_eq!(t.got("s"), Vec::<String>::new());
    t.at(9.0);
    assert_eq!(t.got("s"), ["w/five off q0"]);
}

#[test]
fn w147_ten_thousand_waiting_wills_each_in_time() {
    let mut t = Bench::new();
    t.watch("s", "w/#");
    let mut expected = Vec::new();
    for number in 0_u32..10_000 {
        let delay = number * 7919 % 997 + 1;
        let name = format!("c{number}");
        t.connect(&name).expiry(u32::MAX).will("w/t", &delay.to_string()).delay(delay).go();
        t.cut(&name);
        expected.push(delay);
    }
    t.lines();
    expected.sort_unstable();
    let mut got = Vec::new();
    for secs in 1..=997_u32 {
        t.at(f64::from(secs));
        for line in t.got("s") {
            assert_eq!(line, format!("w/t {secs} q0"));
            got.push(secs);
        }
    }
    assert_eq!(got, expected);
    assert_eq!(t.broker.stats().wills, 0);
}

#[test]
fn w150_messages_and_the_own_will_wait_in_the_session() {
    let mut t = bench(2, 60);
    t.subscribe("c", "w/#", Q1);
    t.cut("c");
    t.publish("s", "w/x", "meanwhile", Q1);
    t.at(2.0);
    t.connect("d").id("c").resume().go();
    assert_eq!(t.got("d")[1..], ["w/x meanwhile q1 #1"]);
    // The will was QoS 0 and so not queued.
    let mut t = Bench::new();
    t.connect("c").expiry(60).will("w/t", "off").will_qos(Q1).delay(2).go();
    t.subscribe("c", "w/#", Q1);
    t.cut("c");
    t.at(2.0);
    t.connect("d").id("c").resume().go();
    assert_eq!(t.got("d")[1..], ["w/t off q1 #1"]);
}
