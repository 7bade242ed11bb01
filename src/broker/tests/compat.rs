//! `compat mosquitto`, row by row of the table in `../README.md` that has no option of its own: our
//! side, and the other one.

use crate::broker::Broker;
use crate::broker::event::Input;
use crate::broker::policy::Policy;
use crate::broker::testing::*;
use crate::protocol::{Property, ReasonCode};

/// What happens on our side and on mosquitto's.
fn both(play: impl Fn(&mut Bench) -> Vec<String>) -> [Vec<String>; 2] {
    [false, true].map(|is_compat| {
        let mut t = Bench::with(|policy| {
            policy.sides_with_mosquitto = is_compat;
            // As the option sets it.
            policy.check_will_at_connect = !is_compat;
        });
        t.watch("s", "w/#");
        play(&mut t)
    })
}

/// The fates of wills alone, without their causes.
fn fates(t: &mut Bench) -> Vec<String> {
    let fates = t.fates().into_iter();
    fates.map(|fate| fate.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect()
}

const PUBLISHED: &str = "c w/t Published";
const DISCARDED: &str = "c w/t Discarded";

#[test]
fn d2_a_disconnect_with_an_error_forgets_the_will_there() {
    for reason in [ReasonCode::UnspecifiedError, ReasonCode::ProtocolError] {
        let sides = both(|t| {
            t.connect("c").will("w/t", "off").go();
            t.lines();
            t.leave("c", reason);
            fates(t)
        });
        assert_eq!(sides, [[PUBLISHED], [DISCARDED]], "{reason:?}");
    }
    // Who asks for the will gets it on both sides.
    let sides = both(|t| {
        t.connect("c").will("w/t", "off").go();
        t.lines();
        t.leave("c", ReasonCode::DisconnectWithWill);
        fates(t)
    });
    assert_eq!(sides, [[PUBLISHED], [PUBLISHED]]);
}

#[test]
fn d3_a_reason_that_is_not_a_clients_forgets_the_will_there() {
    let sides = both(|t| {
        t.connect("c").will("w/t", "off").go();
        t.lines();
        // 0x8E, session taken over, is the broker's to say.
        t.raw("c", "E0018E");
        fates(t)
    });
    assert_eq!(sides, [[PUBLISHED], [DISCARDED]]);
}

#[test]
fn a_second_connect_loses_the_will_there_and_nothing_is_said() {
    const CONNECT: &str = "10 0E 00 04 4D 51 54 54 05 02 00 00 00 00 01 63";
    let sides = both(|t| {
        t.connect("c").will("w/t", "off").go();
        t.lines();
        t.raw("c", CONNECT);
        let lines = t.lines();
        lines.into_iter().filter(|line| line.starts_with("c ") || line.contains("will")).collect()
    });
    assert_eq!(sides[0][0], "c < DISCONNECT 82");
    assert!(sides[0].iter().any(|line| line.contains("Published")), "{sides:?}");
    assert_eq!(sides[1][0], "c x");
    assert!(sides[1].iter().any(|line| line.contains("Discarded")), "{sides:?}");
}

#[test]
fn d6_a_will_to_where_nobody_may_write_is_taken_there_and_not_published() {
    for topic in ["$SYS/x", "$share/g/t"] {
        let sides = both(|t| {
            t.connect("c").will(topic, "off").go();
            let accepted = t.lines().iter().any(|line| line.starts_with("c < CONNACK 00"));
            if !accepted {
                return vec!["refused".to_owned()];
            }
            t.cut("c");
            fates(t)
        });
        assert_eq!(sides, [["refused".to_owned()], [format!("c {topic} Refused")]], "{topic}");
    }
    let sides = both(|t| {
        t.connect("c").will("$CONTROL/x", "off").go();
        t.got("c")
    });
    assert!(sides.iter().all(|side| side[0].starts_with("CONNACK 90")), "{sides:?}");
}

#[test]
fn a_clean_start_forgets_the_will_that_waits_there() {
    let sides = both(|t| {
        t.connect("c").expiry(60).will("w/t", "off").delay(5).go();
        t.cut("c");
        t.lines();
        t.connect("c").go();
        fates(t)
    });
    assert_eq!(sides, [[PUBLISHED], [DISCARDED]]);
    let sides = both(|t| {
        t.connect("c").expiry(60).will("w/t", "off").delay(5).go();
        t.lines();
        t.connect("d").id("c").go();
        fates(t)
    });
    assert_eq!(sides, [[PUBLISHED], [DISCARDED]], "a takeover");
}

#[test]
fn silence_ends_a_connection_there_without_a_word() {
    let sides = both(|t| {
        t.connect("c").keep_alive(2).will("w/t", "off").go();
        t.lines();
        t.at(3.2);
        let lines = t.lines();
        assert!(lines.iter().any(|line| line.contains("Published")), "{lines:?}");
        lines.into_iter().filter(|line| line.starts_with("c ")).collect()
    });
    assert_eq!(sides, [vec!["c < DISCONNECT 8D", "c x"], vec!["c x"]]);
}

#[test]
fn an_orderly_stop_says_nothing_there_and_publishes_what_waits() {
    for (is_compat, farewell, is_published) in
        [(false, &["s < DISCONNECT 8B", "s x"][..], false), (true, &["s x"], true)]
    {
        let mut t = Bench::new();
        let policy = Policy { sides_with_mosquitto: is_compat, ..Policy::default() };
        t.broker = Broker::persistent(policy, 7);
        t.watch("s", "w/#");
        t.connect("c").expiry(60).will("w/t", "off").delay(5).go();
        t.cut("c");
        t.lines();
        t.handle(Input::Shutdown);
        let lines = t.lines();
        let said: Vec<&String> = lines
            .iter()
            .filter(|line| line.starts_with("s x") || line.contains("DISCONNECT"))
            .collect();
        assert_eq!(said, farewell, "{is_compat}");
        let got = lines.iter().any(|line| line.starts_with("s < w/t off"));
        assert_eq!(got, is_published, "{is_compat}: {lines:?}");
    }
}

#[test]
fn more_than_receive_maximum_is_taken_there() {
    let sides = [false, true].map(|is_compat| {
        let mut t = Bench::with(|policy| {
            policy.sides_with_mosquitto = is_compat;
            policy.inflight_messages_max = 1;
        });
        t.connect("c").go();
        t.lines();
        t.publish("c", "a", "1", Q2);
        t.publish("c", "a", "2", Q2);
        t.got("c")
    });
    assert_eq!(sides[0], ["PUBREC 1 00", "DISCONNECT 93", "x"]);
    assert_eq!(sides[1], ["PUBREC 1 00", "PUBREC 2 00"]);
}

#[test]
fn text_that_is_none_and_payloads_that_are_too_large_are_answered_as_there() {
    let sides = both(|t| {
        t.connect("c").go();
        t.lines();
        // PUBLISH at QoS 1 that claims to be text, with the byte FF.
        t.raw("c", "32 09 00 01 61 00 07 02 01 01 FF");
        t.got("c")
    });
    assert_eq!(sides[0][0], "DISCONNECT 99");
    assert_eq!(sides[1], ["PUBACK 7 10"]);
    let sides = [false, true].map(|is_compat| {
        let mut t = Bench::with(|policy| {
            policy.sides_with_mosquitto = is_compat;
            policy.message_size_max = 2;
        });
        t.connect("c").go();
        t.lines();
        t.publish_with("c", "a", "long", Q1, false, &[Property::PayloadFormatIndicator(0)]);
        t.got("c")
    });
    assert_eq!(sides, [["PUBACK 1 97"], ["PUBACK 1 95"]]);
}
