//! SUBSCRIBE, UNSUBSCRIBE, shared subscriptions, retained messages.

use std::sync::Arc;

use super::access::reload;
use crate::broker::testing::*;
use crate::protocol::{Property, QoS, ReasonCode, RetainHandling, SubscriptionOptions};

#[test]
fn suback_codes_in_the_order_of_the_filters() {
    let mut t = Bench::with(|policy| {
        policy.listeners[0].qos_max = QoS::AtLeastOnce;
        policy.subscriptions_max = 3;
    });
    let filters = [
        ("a", options(Q0)),
        ("b", options(Q2)),
        ("$CONTROL/x", options(Q1)),
        ("$SYS/#", options(Q1)),
        ("c", options(Q1)),
        ("a", options(Q1)),
    ];
    t.connect("v5").go();
    t.connect("v4").v4().go();
    t.connect("v3").v3().go();
    t.lines();
    for (name, codes) in
        [("v5", "00 01 87 01 97 01"), ("v4", "00 01 80 01 80 01"), ("v3", "00 01 01 01 01 01")]
    {
        t.subscribe_with(name, &filters, None);
        let got = t.got(name);
        assert_eq!(got, [format!("SUBACK 1 {codes}")], "{name}");
    }
}

#[test]
fn unsuback_codes() {
    let mut t = Bench::new();
    t.watch("s", "a");
    t.unsubscribe("s", &["a", "a", "b"]);
    assert_eq!(t.got("s"), ["UNSUBACK 2 00 11 11"]);
    t.publish("s", "a", "x", Q1);
    assert_eq!(t.got("s"), ["PUBACK 3 10"]);
}

#[test]
fn mqtt_3_10_4_3_deliveries_begun_are_completed() {
    let mut t = Bench::new();
    t.connect("s").expiry(60).go();
    t.subscribe("s", "a", Q1);
    t.publish("s", "a", "x", Q1);
    t.unsubscribe("s", &["a"]);
    t.cut("s");
    t.lines();
    t.connect("s").resume().go();
    assert_eq!(t.got("s")[1..], ["a x q1 #1 dup"]);
}

#[test]
fn mqtt_3_8_4_3_same_filter_replaces() {
    let mut t = Bench::new();
    t.connect("s").go();
    t.subscribe("s", "a", Q2);
    t.subscribe("s", "a", Q0);
    t.lines();
    t.publish("s", "a", "x", Q2);
    assert_eq!(t.got("s"), ["a x q0", "PUBREC 3 00"]);
    assert_eq!(t.broker.stats().subscriptions, 1);
}

#[test]
fn retain_as_published_and_identifiers() {
    let mut t = Bench::new();
    t.connect("s").go();
    let rap = SubscriptionOptions { retain_as_published: true, ..options(Q1) };
    t.subscribe_with("s", &[("a", rap)], Some(5));
    t.connect("p").go();
    t.lines();
    t.retain("p", "a", "x");
    t.publish("p", "a", "y", Q0);
    assert_eq!(t.got("s"), ["a x q0 retain ids=[5]", "a y q0 ids=[5]"]);
    t.subscribe_with("s", &[("a", options(Q1))], None);
    t.retain("p", "a", "z");
    assert_eq!(t.got("s")[2..], ["a z q0"], "replaced, identifier and all");
}

#[test]
fn no_local_live_and_retained() {
    let mut t = Bench::new();
    t.connect("c").go();
    t.connect("d").go();
    t.retain("c", "a/1", "own");
    t.retain("d", "a/2", "theirs");
    t.lines();
    t.subscribe_with("c", &[("a/#", no_local(Q1))], None);
    t.publish("c", "a/1", "own", Q0);
    t.publish("d", "a/2", "live", Q0);
    assert_eq!(t.got("c"), ["SUBACK 1 01", "a/2 theirs q0 retain", "a/2 live q0"]);
    t.publish("c", "a/1", "own", Q1);
    assert_eq!(t.got("c"), ["PUBACK 2 00"], "its own subscription matched");
}

#[test]
fn mosquitto_bridge_hears_no_echo_and_sees_retain() {
    let mut t = Bench::new();
    t.connect("b").bridge().go();
    t.subscribe("b", "#", Q1);
    t.connect("p").go();
    t.lines();
    t.retain("p", "a", "x");
    t.retain("b", "a", "y");
    assert_eq!(t.got("b"), ["a x q0 retain"]);
}

#[test]
fn retain_handling() {
    let mut t = Bench::new();
    t.connect("p").go();
    t.retain("p", "a", "x");
    t.connect("s").go();
    t.lines();
    let cases = [
        (RetainHandling::IfNew, 1),
        (RetainHandling::IfNew, 0),
        (RetainHandling::Always, 1),
        (RetainHandling::Never, 0),
    ];
    for (retain_handling, retained) in cases {
        t.subscribe_with("s", &[("a", handling(retain_handling))], None);
        assert_eq!(t.got("s").len(), 1 + retained, "{retain_handling:?}");
    }
    t.unsubscribe("s", &["a"]);
    t.lines();
    t.subscribe_with("s", &[("a", handling(RetainHandling::Never))], None);
    assert_eq!(t.got("s").len(), 1);
    // Shared subscriptions get none.
    t.subscribe("s", "$share/g/a", Q1);
    assert_eq!(t.got("s").len(), 1);
}

#[test]
fn retained_messages_replace_and_go() {
    let mut t = Bench::new();
    t.connect("p").go();
    t.publish_with("p", "a", "1", Q2, true, &[]);
    t.publish_with("p", "a", "2", Q1, true, &[Property::UserProperty("k", "v")]);
    t.publish("p", "a", "live only", Q1);
    t.lines();
    t.subscribe("p", "a", Q2);
    assert_eq!(t.got("p")[1..], ["a 2 q1 #1 retain UserProperty(\"k\", \"v\")"]);
    t.retain("p", "a", "");
    assert_eq!(t.got("p"), ["a  q0"]);
    assert_eq!((t.broker.stats().retained, t.broker.stats().retained_bytes), (0, 0));
}

#[test]
fn retained_messages_expire_by_policy_without_telling() {
    let mut t = Bench::with(|policy| policy.retain_expiry_secs = Some(60));
    t.connect("p").go();
    t.retain("p", "a", "x");
    t.publish_with("p", "b", "own", Q0, true, &[Property::MessageExpiryInterval(90)]);
    t.at(30.0);
    t.lines();
    t.subscribe("p", "#", Q0);
    assert_eq!(t.got("p")[1..], ["a x q0 retain", "b own q0 retain expiry=60"]);
    t.at(61.0);
    assert_eq!(t.broker.stats().retained, 1);
    t.at(91.0);
    assert_eq!(t.broker.stats().retained, 0);
}

#[test]
fn a_reload_changes_when_retained_messages_expire() {
    let mut t = Bench::new();
    t.connect("p").go();
    for (topic, secs) in [("before", None), ("during", Some(60)), ("after", None)] {
        reload(&mut t, |policy| policy.retain_expiry_secs = secs);
        t.retain("p", topic, "x");
    }
    t.at(61.0);
    t.lines();
    t.subscribe("p", "#", Q0);
    assert_eq!(t.got("p")[1..], ["after x q0 retain", "before x q0 retain"]);
}

#[test]
fn long_retained_sequence_stops_at_a_cursor() {
    for qos in [Q0, Q1] {
        let mut t = Bench::with(|policy| policy.queue_messages_max = 10);
        t.connect("p").go();
        for number in 0..1000 {
            t.publish_with("p", &format!("a/{number:04}"), "x", qos, true, &[]);
        }
        t.connect("s").go();
        t.lines();
        t.fill("s", 8);
        t.subscribe("s", "a/#", Q1);
        let mut got = t.got("s").split_off(1);
        assert_eq!(got.len(), 7);
        // A message of another topic meanwhile, and one of the sequence that goes.
        t.retain("p", "a/0500", "");
        let mut next_ack = 1;
        for _ in 0..1000 {
            t.drain("s", 5);
            for line in t.got("s") {
                if line.starts_with("a/") && line.contains("retain") {
                    got.push(line);
                }
                if qos > Q0 {
                    t.puback("s", next_ack);
                    next_ack += 1;
                }
            }
        }
        t.drain("s", 0);
        let topics: Vec<String> =
            got.iter().map(|it| it.split(' ').next().unwrap().to_owned()).collect();
        let expected: Vec<String> =
            (0..1000).filter(|it| *it != 500).map(|it| format!("a/{it:04}")).collect();
        assert_eq!(topics, expected, "{qos:?}");
        let dropped = t.broker.stats().publish_dropped;
        assert!(dropped <= 1, "nothing of the sequence is dropped: {dropped}");
    }
}

#[test]
fn unsubscribing_stops_the_sequence() {
    let mut t = Bench::new();
    t.connect("p").go();
    (0..10).for_each(|number| t.retain("p", &format!("a/{number}"), "x"));
    t.connect("s").go();
    t.fill("s", 3);
    t.subscribe("s", "a/#", Q0);
    t.unsubscribe("s", &["a/#"]);
    t.lines();
    t.drain("s", 0);
    assert_eq!(t.sent(), Vec::<String>::new());
}

#[test]
fn shared_subscription_takes_turns_and_prefers_the_connected() {
    let mut t = Bench::new();
    for name in ["a", "b", "c"] {
        t.connect(name).expiry(60).go();
        t.subscribe_with(name, &[("$share/g/t", options(Q1))], Some(7));
    }
    t.connect("other").go();
    t.subscribe("other", "$share/h/t", Q0);
    t.connect("p").go();
    t.lines();
    let who = |t: &mut Bench| {
        let sent = t.sent();
        let names = sent.iter().filter(|it| it.contains("< t ")).map(|it| it[..1].to_owned());
        names.collect::<Vec<String>>().concat()
    };
    for expected in ["ao", "bo", "co", "ao"] {
        t.publish("p", "t", "x", Q1);
        assert_eq!(who(&mut t), expected);
    }
    t.cut("b");
    for expected in ["co", "ao", "co"] {
        t.publish("p", "t", "x", Q1);
        assert_eq!(who(&mut t), expected);
    }
    // A full connection is passed over while another takes more.
    t.fill("a", 1);
    t.publish("p", "t", "x", Q0);
    who(&mut t);
    for _ in 0..3 {
        t.publish("p", "t", "x", Q0);
        assert_eq!(who(&mut t), "co");
    }
    // Nobody is connected: QoS 1 is queued for one of them, QoS 0 for none.
    t.cut("a");
    t.cut("c");
    t.cut("other");
    t.lines();
    t.publish("p", "t", "later", Q1);
    t.publish("p", "t", "gone", Q0);
    assert_eq!(t.broker.stats().queued, 1);
}

#[test]
fn mqtt_4_8_2_3_respects_the_qos_of_the_chosen() {
    let mut t = Bench::new();
    t.connect("a").go();
    t.subscribe_with("a", &[("$share/g/t", options(Q1))], Some(9));
    t.lines();
    t.publish("a", "t", "x", Q2);
    assert_eq!(t.sent()[0], "a < t x q1 #1 ids=[9]");
}

#[test]
fn shared_messages_of_an_ended_session_go_to_another_member() {
    let mut t = Bench::new();
    t.connect("a").expiry(5).with(Property::ReceiveMaximum(2)).go();
    t.subscribe("a", "$share/g/t", Q2);
    t.connect("p").go();
    for (payload, qos) in [("1", Q1), ("2", Q2), ("3", Q1), ("4", Q2), ("5", Q1)] {
        t.publish("p", "t", payload, qos);
    }
    t.puback("a", 1);
    t.cut("a");
    t.connect("b").go();
    t.subscribe("b", "$share/g/t", Q2);
    t.lines();
    t.at(4.9);
    assert_eq!(t.sent(), Vec::<String>::new(), "it may come back");
    t.at(5.0);
    // 1 was acknowledged; 2 was sent at QoS 2 and goes to nobody [MQTT-4.8.2-5].
    assert_eq!(t.sent(), ["b < t 3 q1 #1", "b < t 4 q2 #2", "b < t 5 q1 #3"]);
    let stats = t.broker.stats();
    assert_eq!((stats.queued, stats.queued_bytes), (0, 0));
}

#[test]
fn mqtt_4_8_2_6_refused_by_the_member_is_discarded() {
    let mut t = Bench::new();
    for name in ["a", "b"] {
        t.connect(name).go();
        t.subscribe(name, "$share/g/t", Q2);
    }
    t.publish("a", "t", "x", Q2);
    t.lines();
    let reason = ReasonCode::QuotaExceeded;
    let ack = crate::protocol::Ack {
        reason,
        ..crate::protocol::Ack::success(crate::protocol::PacketId::FIRST)
    };
    t.send("a", &crate::protocol::Packet::PubRec(ack));
    t.cut("a");
    assert_eq!(t.sent(), Vec::<String>::new());
}

#[test]
fn mount_point_of_a_listener() {
    let mut t = Bench::with(|policy| {
        policy.listeners[0].mount_point = Some(Arc::from("dev/"));
    });
    t.connect("a").go();
    t.subscribe("a", "#", Q1);
    t.subscribe("a", "$share/g/x/+", Q1);
    t.lines();
    t.retain("a", "x/1", "one");
    t.retain("a", "x/1", "two");
    t.retain("a", "x/2", "three");
    let sent = t.sent();
    assert_eq!(sent[..2], ["a < x/1 one q0", "a < x/1 one q0"]);
    assert_eq!(sent.len(), 6);
    t.subscribe("a", "x/2", Q0);
    assert_eq!(t.got("a"), ["SUBACK 3 00", "x/2 three q0 retain"]);
    t.unsubscribe("a", &["#", "$share/g/x/+", "x/2"]);
    assert_eq!(t.got("a"), ["UNSUBACK 4 00 00 00"]);
    // What lies outside is not seen.
    t.subscribe("a", "$SYS/#", Q0);
    t.lines();
    let topic = crate::protocol::TopicName::new("$SYS/x").unwrap();
    t.handle(crate::broker::event::Input::Publish {
        topic,
        payload: b"1",
        qos: Q0,
        retain: true,
        properties: crate::protocol::Properties::EMPTY,
    });
    assert_eq!(t.sent(), Vec::<String>::new());
}

#[test]
fn topics_and_filters_of_more_than_200_levels_end_the_connection() {
    let (deepest, deeper) = ("/".repeat(200), "/".repeat(201));
    let mut t = Bench::new();
    t.connect("c").go();
    t.subscribe("c", &deepest, Q0);
    t.publish("c", &deepest, "1", Q0);
    assert!(t.got("c").last() == Some(&format!("{deepest} 1 q0")));
    t.publish("c", &deeper, "1", Q0);
    assert_eq!(t.got("c"), ["DISCONNECT 81", "x"]);
    t.connect("d").v4().go();
    t.lines();
    t.subscribe("d", &deeper, Q0);
    assert_eq!(t.got("d"), ["x"]);
}
