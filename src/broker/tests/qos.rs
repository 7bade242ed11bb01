//! QoS 1 and 2 both ways, the window, resumption.

use crate::broker::event::Lost;
use crate::broker::testing::*;
use crate::protocol::{Ack, Packet, PacketId, Property, ReasonCode};

/// A persistent MQTT 5 subscriber of `t` at QoS 2 with this Receive Maximum, and a publisher.
fn bench(receive_maximum: u16) -> Bench {
    let mut t = Bench::new();
    t.connect("s").expiry(600).with(Property::ReceiveMaximum(receive_maximum)).go();
    t.subscribe("s", "t", Q2);
    t.connect("p").go();
    t.lines();
    t
}

fn resume(t: &mut Bench, receive_maximum: u16) -> Vec<String> {
    t.lines();
    let knock = t.connect("s").resume().expiry(600);
    knock.with(Property::ReceiveMaximum(receive_maximum)).go();
    t.got("s").split_off(1)
}

fn ack(packet_id: u16, reason: ReasonCode) -> Ack<'static> {
    Ack { reason, ..Ack::success(PacketId::new(packet_id).unwrap()) }
}

#[test]
fn acknowledgements_to_the_publisher() {
    let mut t = bench(20);
    t.publish("p", "t", "1", Q1);
    t.publish("p", "nobody", "1", Q1);
    t.publish("p", "t", "2", Q2);
    t.publish("p", "nobody", "2", Q2);
    assert_eq!(t.got("p"), ["PUBACK 1 00", "PUBACK 2 10", "PUBREC 3 00", "PUBREC 4 00"]);
    t.pubrel("p", 3);
    t.pubrel("p", 9);
    assert_eq!(t.got("p"), ["PUBCOMP 3 00", "PUBCOMP 9 00"]);
    t.connect("v4").v4().go();
    t.lines();
    t.publish("v4", "nobody", "1", Q1);
    t.publish("v4", "nobody", "2", Q2);
    t.pubrel("v4", 9);
    assert_eq!(t.got("v4"), ["PUBACK 1 00", "PUBREC 2 00", "PUBCOMP 9 00"]);
}

#[test]
fn mqtt_4_3_3_10_repeats_are_answered_and_not_passed_on() {
    let mut t = bench(20);
    t.raw("p", "3408 0001 74 0001 00 6161");
    t.raw("p", "3C08 0001 74 0001 00 6161");
    assert_eq!(t.sent(), ["s < t aa q2 #1", "p < PUBREC 1 00", "p < PUBREC 1 00"]);
    t.pubrel("p", 1);
    t.raw("p", "3C08 0001 74 0001 00 6161");
    assert_eq!(t.sent(), ["p < PUBCOMP 1 00", "s < t aa q2 #2", "p < PUBREC 1 00"]);
}

#[test]
fn mqtt_4_3_2_5_qos_1_is_new_again_after_puback_whatever_dup_says() {
    let mut t = bench(20);
    t.raw("p", "3207 0001 74 0001 00 61");
    t.raw("p", "3A07 0001 74 0001 00 61");
    assert_eq!(t.got("s"), ["t a q1 #1", "t a q1 #2"]);
}

#[test]
fn deliveries_with_their_handshakes() {
    let mut t = bench(20);
    t.publish("p", "t", "0", Q0);
    t.publish("p", "t", "1", Q1);
    t.publish("p", "t", "2", Q2);
    assert_eq!(t.got("s"), ["t 0 q0", "t 1 q1 #1", "t 2 q2 #2"]);
    t.puback("s", 1);
    t.pubrec("s", 2);
    t.pubrec("s", 2);
    t.pubcomp("s", 2);
    assert_eq!(t.got("s"), ["PUBREL 2 00", "PUBREL 2 00"]);
    // Unknown ones do no harm.
    t.puback("s", 77);
    t.pubcomp("s", 2);
    t.pubrec("s", 2);
    assert_eq!(t.got("s"), ["PUBREL 2 92"]);
    t.publish("p", "t", "3", Q1);
    assert_eq!(t.got("s"), ["t 3 q1 #3"]);
}

#[test]
fn acknowledgements_of_another_kind_are_protocol_errors() {
    for (qos, packet) in [
        (Q2, Packet::PubAck(ack(1, ReasonCode::Success))),
        (Q1, Packet::PubRec(ack(1, ReasonCode::Success))),
        (Q1, Packet::PubComp(ack(1, ReasonCode::Success))),
        (Q2, Packet::PubComp(ack(1, ReasonCode::Success))),
    ] {
        let mut t = bench(20);
        t.publish("p", "t", "x", qos);
        t.lines();
        t.send("s", &packet);
        assert_eq!(t.got("s"), ["DISCONNECT 82", "x"], "{packet:?}");
    }
}

#[test]
fn pubrec_with_an_error_ends_the_delivery() {
    let mut t = bench(1);
    t.publish("p", "t", "1", Q2);
    t.publish("p", "t", "2", Q2);
    t.lines();
    t.send("s", &Packet::PubRec(ack(1, ReasonCode::QuotaExceeded)));
    assert_eq!(t.got("s"), ["t 2 q2 #2"], "no PUBREL, and the window is free");
    t.cut("s");
    assert_eq!(resume(&mut t, 1), ["t 2 q2 #2 dup"]);
}

#[test]
fn window_is_the_smaller_of_both_receive_maximums() {
    let mut t = Bench::with(|policy| policy.inflight_messages_max = 3);
    t.connect("a").with(Property::ReceiveMaximum(2)).go();
    assert!(t.got("a")[0].contains("ReceiveMaximum(3)"));
    t.connect("b").with(Property::ReceiveMaximum(9)).go();
    t.connect("v4").v4().go();
    for name in ["a", "b", "v4"] {
        t.subscribe(name, "t", Q2);
    }
    t.connect("p").go();
    t.lines();
    for number in 0..5 {
        t.publish("p", "t", &number.to_string(), Q1);
    }
    let sent = t.sent();
    let count =
        |name: &str| sent.iter().filter(|it| it.starts_with(&format!("{name} < t"))).count();
    assert_eq!((count("a"), count("b"), count("v4")), (2, 3, 3));
    // QoS 0 and everything else goes on at quota 0 [MQTT-3.3.4-10].
    t.publish("p", "t", "now", Q0);
    assert!(t.got("a").contains(&"t now q0".to_owned()));
    t.send("a", &Packet::PingReq);
    assert_eq!(t.got("a"), ["PINGRESP"]);
    t.puback("a", 1);
    assert_eq!(t.got("a"), ["t 2 q1 #3"]);
    t.puback("a", 2);
    assert_eq!(t.got("a"), ["t 3 q1 #4"]);
}

#[test]
fn a_window_that_is_not_configured_is_not_that_of_bridges() {
    let mut t = Bench::with(|policy| {
        (policy.inflight_messages_max, policy.window_default) = (2, Some(4));
    });
    t.connect("s").with(Property::ReceiveMaximum(9)).go();
    assert!(t.got("s")[0].contains("ReceiveMaximum(4)"));
    t.subscribe("s", "t", Q1);
    t.connect("p").go();
    t.lines();
    for number in 0..6 {
        t.publish("p", "t", &number.to_string(), Q1);
    }
    assert_eq!(t.got("s"), ["t 0 q1 #1", "t 1 q1 #2", "t 2 q1 #3", "t 3 q1 #4"]);
}

#[test]
fn qos_2_holds_the_window_until_pubcomp() {
    let mut t = bench(1);
    t.publish("p", "t", "1", Q2);
    t.publish("p", "t", "2", Q2);
    t.lines();
    t.pubrec("s", 1);
    assert_eq!(t.got("s"), ["PUBREL 1 00"]);
    t.pubcomp("s", 1);
    assert_eq!(t.got("s"), ["t 2 q2 #2"]);
}

#[test]
fn no_limit_of_ours_announces_none() {
    let mut t = Bench::with(|policy| policy.inflight_messages_max = 0);
    t.connect("s").go();
    assert!(!t.got("s")[0].contains("ReceiveMaximum"));
    t.subscribe("s", "t", Q1);
    t.connect("p").go();
    t.lines();
    for _ in 0..100 {
        t.publish("p", "t", "x", Q1);
    }
    assert_eq!(t.got("s").len(), 100);
}

#[test]
fn inflight_bytes_always_allow_one_message() {
    let mut t = Bench::with(|policy| policy.inflight_bytes_max = 10);
    t.connect("s").go();
    t.subscribe("s", "t", Q1);
    t.connect("p").go();
    t.lines();
    for payload in ["longer than ten", "a", "b"] {
        t.publish("p", "t", payload, Q1);
    }
    assert_eq!(t.got("s"), ["t longer than ten q1 #1"]);
    t.puback("s", 1);
    assert_eq!(t.got("s"), ["t a q1 #2", "t b q1 #3"]);
}

#[test]
fn mqtt_4_4_0_1_resumption_repeats_in_order_then_goes_on() {
    let mut t = bench(20);
    for (payload, qos) in [("1", Q1), ("2", Q2), ("3", Q2), ("4", Q1)] {
        t.publish("p", "t", payload, qos);
    }
    t.pubrec("s", 2);
    t.puback("s", 4);
    t.cut("s");
    t.publish("p", "t", "5", Q1);
    t.publish("p", "t", "lost", Q0);
    t.publish("p", "t", "6", Q2);
    assert_eq!(
        resume(&mut t, 20),
        ["t 1 q1 #1 dup", "PUBREL 2 00", "t 3 q2 #3 dup", "t 5 q1 #5", "t 6 q2 #6"]
    );
    t.puback("s", 1);
    t.pubcomp("s", 2);
    t.pubrec("s", 3);
    assert_eq!(t.got("s"), ["PUBREL 3 00"]);
    assert_eq!(t.broker.stats().queued, 0);
}

#[test]
fn resumption_with_a_smaller_window_never_exceeds_it() {
    let mut t = bench(20);
    for payload in ["1", "2", "3", "4"] {
        t.publish("p", "t", payload, Q1);
    }
    t.cut("s");
    t.publish("p", "t", "5", Q1);
    assert_eq!(resume(&mut t, 1), ["t 1 q1 #1 dup"]);
    t.publish("p", "t", "6", Q1);
    let mut got = Vec::new();
    for id in 1..=6 {
        t.puback("s", id);
        got.extend(t.got("s"));
    }
    assert_eq!(got, ["t 2 q1 #2 dup", "t 3 q1 #3 dup", "t 4 q1 #4 dup", "t 5 q1 #5", "t 6 q1 #6"]);
}

#[test]
fn acknowledgement_of_what_was_not_yet_repeated_counts() {
    let mut t = bench(20);
    for payload in ["1", "2", "3"] {
        t.publish("p", "t", payload, Q1);
    }
    t.cut("s");
    assert_eq!(resume(&mut t, 1), ["t 1 q1 #1 dup"]);
    t.puback("s", 2);
    assert_eq!(t.got("s"), Vec::<String>::new(), "the window is still taken by 1");
    t.puback("s", 1);
    assert_eq!(t.got("s"), ["t 3 q1 #3 dup"]);
}

#[test]
fn received_qos_2_is_remembered_across_connections() {
    for clean in [false, true] {
        let mut t = Bench::new();
        t.watch("s", "t");
        t.connect("p").expiry(60).go();
        t.publish("p", "t", "1", Q2);
        t.cut("p");
        t.lines();
        let knock = t.connect("p").expiry(60);
        if clean {
            knock.go()
        } else {
            knock.resume().go()
        }
        t.raw("p", "3C07 0001 74 0001 00 31");
        let repeated = t.got("s").len();
        assert_eq!(repeated, usize::from(clean));
        t.pubrel("p", 1);
        assert_eq!(t.got("p"), ["PUBCOMP 1 00"]);
    }
}

#[test]
fn receive_maximum_begins_anew_with_a_connection() {
    let mut t = Bench::with(|policy| policy.inflight_messages_max = 1);
    t.connect("p").expiry(60).go();
    t.publish("p", "t", "1", Q2);
    t.cut("p");
    t.connect("p").resume().expiry(60).go();
    t.lines();
    t.raw("p", "3407 0001 74 0002 00 32");
    assert_eq!(t.got("p"), ["PUBREC 2 00"]);
    // The repeat of the old one would now be a second one.
    t.raw("p", "3C07 0001 74 0001 00 31");
    assert_eq!(t.got("p"), ["DISCONNECT 93", "x"]);
}

#[test]
fn packet_ids_wrap_and_one_that_hangs_stops_at_a_bound() {
    let mut t = bench(20);
    t.publish("p", "t", "hangs", Q1);
    t.lines();
    let mut sent = 0;
    for id in 2..=10_000_u16 {
        t.publish("p", "t", "x", Q1);
        sent += t.got("s").len();
        t.puback("s", id);
        t.lines();
    }
    assert_eq!(sent, 4095, "the ring holds 4096 identifiers");
    t.puback("s", 1);
    assert!(t.got("s").len() == 20, "and goes on when the oldest is acknowledged");
    // Through all identifiers.
    let mut t = bench(20);
    for round in 0..65_536_u32 {
        t.publish("p", "t", "x", Q1);
        let id = (round % 65_535 + 1) as u16;
        assert_eq!(t.got("s"), [format!("t x q1 #{id}")]);
        t.puback("s", id);
    }
}

#[test]
fn full_connection_keeps_qos_1_and_drops_qos_0() {
    let mut t = bench(20);
    t.fill("s", 2);
    for (payload, qos) in [("1", Q1), ("2", Q0), ("3", Q0), ("4", Q1), ("5", Q0), ("6", Q2)] {
        t.publish("p", "t", payload, qos);
    }
    assert_eq!(t.got("s"), ["t 1 q1 #1", "t 2 q0"]);
    assert_eq!(t.broker.stats().publish_dropped, 2);
    t.drain("s", 1);
    assert_eq!(t.got("s"), ["t 4 q1 #2"]);
    t.puback("s", 1);
    assert_eq!(t.got("s"), Vec::<String>::new(), "still full");
    t.drain("s", 0);
    assert_eq!(t.got("s"), ["t 6 q2 #3"]);
}

#[test]
fn queued_qos_0_keeps_its_order() {
    let mut t = Bench::with(|policy| policy.queue_qos0 = true);
    t.connect("s").expiry(600).go();
    t.subscribe("s", "t", Q2);
    t.connect("p").go();
    t.cut("s");
    for (payload, qos) in [("1", Q1), ("2", Q0), ("3", Q1), ("4", Q0)] {
        t.publish("p", "t", payload, qos);
    }
    assert_eq!(resume(&mut t, 1), ["t 1 q1 #1", "t 2 q0", "t 4 q0"]);
    t.puback("s", 1);
    assert_eq!(t.got("s"), ["t 3 q1 #2"]);
}

#[test]
fn inputs_of_a_stale_connection_do_nothing() {
    let mut t = bench(20);
    let stale = t.conn("s");
    t.cut("s");
    resume(&mut t, 20);
    assert_eq!(t.conn("s").slot, stale.slot, "the slot is used again");
    let packets = &[Packet::PingReq];
    t.handle(crate::broker::event::Input::Packets { conn: stale, packets });
    t.handle(crate::broker::event::Input::Closed { conn: stale, cause: Lost::PeerReset });
    t.handle(crate::broker::event::Input::Drained { conn: stale });
    assert_eq!(t.lines(), Vec::<String>::new());
    assert_eq!(t.broker.online("s"), Some(t.conn("s")));
}

#[test]
fn expiry_forwards_what_is_left_and_does_not_touch_what_was_sent() {
    let mut t = bench(1);
    let expiry = [Property::MessageExpiryInterval(10)];
    t.publish_with("p", "t", "1", Q1, false, &expiry);
    t.publish_with("p", "t", "2", Q1, false, &expiry);
    t.publish_with("p", "t", "3", Q1, false, &[Property::MessageExpiryInterval(3)]);
    t.publish("p", "t", "4", Q1);
    assert_eq!(t.got("s"), ["t 1 q1 #1 expiry=10"]);
    t.at(4.0);
    t.puback("s", 1);
    assert_eq!(t.got("s"), ["t 2 q1 #2 expiry=6"]);
    t.puback("s", 2);
    assert_eq!(t.got("s"), ["t 4 q1 #4"], "3 has expired, and keeps its id");
    assert_eq!(t.broker.stats().publish_expired, 1);
    t.puback("s", 4);
    t.publish_with("p", "t", "5", Q2, false, &expiry);
    t.cut("s");
    t.at(30.0);
    assert_eq!(resume(&mut t, 1), ["t 5 q2 #5 dup expiry=0"]);
}
