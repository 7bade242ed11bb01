//! W151 to W178: what is delivered, and to whom.

use crate::broker::testing::*;
use crate::protocol::Property;

#[test]
fn w151_w152_properties_arrive_unaltered_and_in_order() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("v4").v4().go();
    t.subscribe("v4", "w/t", Q0);
    t.connect("c")
        .expiry(60)
        .will("w/t", "off")
        .will_with(Property::PayloadFormatIndicator(1))
        .will_with(Property::UserProperty("a", "1"))
        .will_with(Property::ContentType("text"))
        .delay(1)
        .will_with(Property::ResponseTopic("re/ply"))
        .will_with(Property::UserProperty("b", "2"))
        .will_with(Property::CorrelationData(&[7, 8]))
        .will_with(Property::MessageExpiryInterval(10))
        .will_with(Property::UserProperty("a", "3"))
        .go();
    t.cut("c");
    t.lines();
    t.at(3.0);
    let lines = t.sent();
    let line = lines.iter().find(|line| line.starts_with("s ")).unwrap();
    assert_eq!(
        *line,
        "s < w/t off q0 expiry=10 PayloadFormatIndicator(1) UserProperty(\"a\", \"1\") \
         ContentType(\"text\") ResponseTopic(\"re/ply\") UserProperty(\"b\", \"2\") \
         CorrelationData([7, 8]) UserProperty(\"a\", \"3\")"
    );
    assert!(lines.iter().any(|line| line.starts_with("v4 < w/t off q0")));
}

#[test]
fn w153_w154_expiry_counts_from_publication() {
    for (expiry, text) in [(10, "w/t off q0 expiry=10"), (1, "w/t off q0 expiry=1")] {
        let mut t = Bench::new();
        t.watch("s", "w/t");
        let expiry = Property::MessageExpiryInterval(expiry);
        t.connect("c").expiry(60).will("w/t", "off").delay(3).will_with(expiry).go();
        t.cut("c");
        t.lines();
        t.at(3.0);
        assert_eq!(t.got("s"), [text]);
    }
}

#[test]
fn w155_expired_in_the_queue_of_an_offline_subscriber() {
    for (back_at, expected) in [(1.0, Some("w/t off q1 #1 expiry=1")), (2.0, None), (3.0, None)] {
        let mut t = Bench::new();
        t.connect("s").expiry(600).go();
        t.subscribe("s", "w/t", Q1);
        t.cut("s");
        let expiry = Property::MessageExpiryInterval(2);
        t.connect("c").will("w/t", "off").will_qos(Q1).will_with(expiry).go();
        t.cut("c");
        t.at(back_at);
        t.lines();
        t.connect("s").resume().expiry(600).go();
        assert_eq!(t.got("s").get(1).map(String::as_str), expected, "{back_at}");
    }
}

#[test]
fn w156_retained_will_expires() {
    let mut t = Bench::new();
    let expiry = Property::MessageExpiryInterval(2);
    t.connect("c").will("w/t", "off").will_retain().will_with(expiry).go();
    t.cut("c");
    t.connect("s").go();
    t.at(1.5);
    t.lines();
    t.subscribe("s", "w/t", Q0);
    assert_eq!(t.got("s"), ["SUBACK 1 00", "w/t off q0 retain expiry=1"]);
    t.at(2.0);
    t.subscribe("s", "w/t", Q0);
    assert_eq!(t.got("s"), ["SUBACK 2 00"]);
    assert_eq!(t.broker.stats().retained, 0);
}

#[test]
fn w157_expiry_zero_is_for_whoever_can_take_it_now() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("off").expiry(600).go();
    t.subscribe("off", "w/t", Q2);
    t.cut("off");
    t.connect("busy").with(Property::ReceiveMaximum(1)).go();
    t.subscribe("busy", "#", Q1);
    t.publish("s", "x", "1", Q1);
    t.retain("s", "w/t", "old");
    let expiry = Property::MessageExpiryInterval(0);
    t.connect("c").will("w/t", "off").will_qos(Q1).will_retain().will_with(expiry).go();
    t.lines();
    t.cut("c");
    assert_eq!(t.sent(), ["s < w/t off q1 #1 retain expiry=0"]);
    t.puback("busy", 1);
    assert_eq!(t.sent(), Vec::<String>::new());
    t.connect("off").resume().go();
    assert_eq!(t.got("off").len(), 1);
    assert_eq!(t.broker.stats().retained, 0);
}

#[test]
fn w158_retained_will_live_and_kept() {
    let mut t = Bench::new();
    t.watch("rap", "w/t");
    t.connect("plain").v4().go();
    t.subscribe("plain", "w/t", Q0);
    t.retain("rap", "w/t", "old");
    t.connect("c").will("w/t", "off").will_retain().go();
    t.lines();
    t.cut("c");
    let mut sent = t.sent();
    sent.sort();
    assert_eq!(sent, ["plain < w/t off q0", "rap < w/t off q0 retain"]);
    t.subscribe("plain", "w/t", Q0);
    assert_eq!(t.got("plain"), ["SUBACK 2 00", "w/t off q0 retain"]);
}

#[test]
fn w159_empty_retained_will_removes() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.retain("s", "w/t", "old");
    assert_eq!(t.broker.stats().retained, 1);
    t.connect("c").will("w/t", "").will_retain().go();
    t.lines();
    t.cut("c");
    assert_eq!(t.got("s"), ["w/t  q0 retain"]);
    assert_eq!(t.broker.stats().retained, 0);
}

#[test]
fn w160_will_without_retain_leaves_the_retained_message() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.retain("s", "w/t", "old");
    t.connect("c").will("w/t", "off").go();
    t.cut("c");
    t.lines();
    t.subscribe("s", "w/t", Q0);
    assert_eq!(t.got("s"), ["SUBACK 2 00", "w/t old q0 retain"]);
}

#[test]
fn w161_delivered_at_the_smaller_qos() {
    for upgrade in [false, true] {
        for will in [Q0, Q1, Q2] {
            for granted in [Q0, Q1, Q2] {
                let mut t = Bench::with(|policy| policy.upgrade_outgoing_qos = upgrade);
                t.connect("s").go();
                t.subscribe("s", "w/t", granted);
                t.connect("c").will("w/t", "off").will_qos(will).go();
                t.lines();
                t.cut("c");
                let qos = if upgrade { granted } else { will.min(granted) };
                let id = if qos > Q0 { " #1" } else { "" };
                assert_eq!(t.got("s"), [format!("w/t off q{qos}{id}")]);
            }
        }
    }
}

#[test]
fn w162_offline_subscriber_gets_it_on_resume() {
    for (will, queue_qos0, expected) in
        [(Q0, false, None), (Q0, true, Some("w/t off q0")), (Q1, false, Some("w/t off q1 #1"))]
    {
        let mut t = Bench::with(|policy| policy.queue_qos0 = queue_qos0);
        t.connect("s").v4().resume().go();
        t.subscribe("s", "w/t", Q2);
        t.cut("s");
        t.connect("c").will("w/t", "off").will_qos(will).go();
        t.cut("c");
        t.lines();
        t.connect("s").v4().resume().go();
        assert_eq!(t.got("s").get(1).map(String::as_str), expected);
    }
}

#[test]
fn w163_closed_window_makes_the_will_wait() {
    let mut t = Bench::new();
    t.connect("s").with(Property::ReceiveMaximum(1)).go();
    t.subscribe("s", "#", Q1);
    t.publish("s", "x", "1", Q1);
    t.connect("c").will("w/t", "off").will_qos(Q1).go();
    t.cut("c");
    t.lines();
    t.puback("s", 1);
    assert_eq!(t.got("s"), ["w/t off q1 #2"]);
}

#[test]
fn w164_full_queue_drops_and_says_so_once() {
    let mut t = Bench::with(|policy| policy.queue_messages_max = 2);
    t.connect("s").expiry(60).go();
    t.subscribe("s", "w/#", Q1);
    t.cut("s");
    t.lines();
    for number in 0..5 {
        let name = format!("c{number}");
        t.connect(&name).will(&format!("w/{number}"), "off").will_qos(Q1).go();
        t.cut(&name);
    }
    let told = t.lines().iter().filter(|line| *line == "! dropping s QueueFull").count();
    assert_eq!((told, t.broker.stats().publish_dropped), (1, 3));
    t.connect("s").resume().expiry(60).go();
    assert_eq!(t.got("s")[1..], ["w/0 off q1 #1", "w/1 off q1 #2"]);
}

#[test]
fn w165_too_large_for_the_subscriber_counts_as_delivered() {
    let mut t = Bench::new();
    t.connect("s").with(Property::MaximumPacketSize(30)).go();
    t.subscribe("s", "w/t", Q1);
    t.watch("big", "w/t");
    let long = "x".repeat(40);
    t.connect("c").will("w/t", &long).will_qos(Q1).go();
    t.connect("d").will("w/t", "ok").will_qos(Q1).go();
    t.lines();
    t.cut("c");
    t.cut("d");
    let lines = t.lines();
    assert!(lines.contains(&"! dropping s TooLarge".to_owned()));
    assert!(lines.contains(&format!("big < w/t {long} q1 #1")));
    assert!(lines.contains(&"s < w/t ok q1 #1".to_owned()), "no packet id was taken: {lines:?}");
}

#[test]
fn w167_overlapping_subscriptions() {
    for (copies, expected) in [
        (false, vec!["w/t off q2 #1 ids=[2, 1]"]),
        (true, vec!["w/t off q2 #1 ids=[2]", "w/t off q1 #2 ids=[1]"]),
    ] {
        let mut t = Bench::with(|policy| policy.one_copy_per_subscription = copies);
        t.connect("s").go();
        t.subscribe_with("s", &[("w/+", options(Q1))], Some(1));
        t.subscribe_with("s", &[("w/t", options(Q2))], Some(2));
        t.connect("c").will("w/t", "off").will_qos(Q2).go();
        t.lines();
        t.cut("c");
        assert_eq!(t.got("s"), expected);
    }
}

#[test]
fn w168_wildcards_do_not_match_dollar_topics() {
    let mut t = Bench::new();
    t.watch("a", "#");
    t.watch("b", "+/y");
    t.connect("c").will("$x/y", "off").go();
    t.lines();
    t.cut("c");
    assert_eq!(t.sent(), Vec::<String>::new());
}

#[test]
fn w169_w170_w171_own_will_and_no_local() {
    for (options, own) in [(options(Q1), 1), (no_local(Q1), 0)] {
        let mut t = Bench::new();
        t.connect("other").go();
        t.subscribe_with("other", &[("w/t", no_local(Q1))], None);
        t.connect("c").expiry(60).will("w/t", "off").will_qos(Q1).go();
        t.subscribe_with("c", &[("w/t", options)], None);
        t.lines();
        t.cut("c");
        assert_eq!(t.got("other"), ["w/t off q1 #1"]);
        t.connect("c").resume().go();
        assert_eq!(t.got("c").len(), 1 + own);
    }
}

#[test]
fn w172_w173_shared_group_never_chooses_who_is_dying() {
    // Neither is C: exactly one copy. C itself is a member, SEI 0: the other gets it, always.
    for round in 0..20 {
        let mut t = Bench::new();
        for name in ["m1", "m2"] {
            t.connect(name).go();
            t.subscribe(name, "$share/g/w/t", Q1);
        }
        t.connect("c").will("w/t", "off").will_qos(Q1).go();
        t.subscribe("c", "$share/g/w/t", Q1);
        for _ in 0..round {
            t.publish("m1", "w/t", "turn", Q0);
        }
        t.lines();
        t.cut("c");
        let sent = t.sent();
        assert_eq!(sent.len(), 1, "round {round}");
        assert!(sent[0].starts_with('m'));
    }
}

#[test]
fn w174_group_with_the_dead_clients_living_session() {
    let mut t = Bench::new();
    t.connect("m").go();
    t.subscribe("m", "$share/g/w/t", Q1);
    t.connect("c").expiry(60).will("w/t", "off").will_qos(Q1).go();
    t.subscribe("c", "$share/g/w/t", Q1);
    t.lines();
    t.cut("c");
    assert_eq!(t.sent(), ["m < w/t off q1 #1"]);
    // Alone in its group: queued for itself.
    let mut t = Bench::new();
    t.connect("c").expiry(60).will("w/t", "off").will_qos(Q1).go();
    t.subscribe("c", "$share/g/w/t", Q1);
    t.cut("c");
    t.connect("c").resume().go();
    assert_eq!(t.got("c").last().map(String::as_str), Some("w/t off q1 #1"));
}

#[test]
fn w175_group_that_dies_in_one_step_gets_no_will() {
    let mut t = Bench::new();
    for name in ["a", "b", "c"] {
        t.connect(name).keep_alive(2).will("w/t", name).will_qos(Q1).go();
        t.subscribe(name, "$share/g/w/t", Q1);
    }
    t.connect("m").go();
    t.subscribe("m", "$share/g/w/t", Q1);
    t.lines();
    t.at(3.0);
    let deliveries: Vec<_> = t.sent().into_iter().filter(|line| line.contains("w/t")).collect();
    assert_eq!(deliveries, ["m < w/t a q1 #1", "m < w/t b q1 #2", "m < w/t c q1 #3"]);
}

#[test]
fn w176_longest_topic() {
    let topic = format!("{}{}", "a/".repeat(200), "a".repeat(65_135));
    let mut t = Bench::new();
    t.watch("s", "#");
    t.connect("c").will(&topic, "off").go();
    t.cut("c");
    assert!(t.got("s") == [format!("{topic} off q0")]);
    t.connect("deep").will(&"a/".repeat(201), "off").go();
    assert_eq!(t.sent(), ["deep < CONNACK 81", "deep x"]);
    t.connect("v4").v4().will(&"a/".repeat(201), "off").go();
    assert_eq!(t.sent(), ["v4 x"]);
}

#[test]
fn w177_qos_2_will_is_a_full_handshake_across_reconnect() {
    let mut t = Bench::new();
    t.connect("s").expiry(60).go();
    t.subscribe("s", "w/t", Q2);
    t.connect("c").will("w/t", "off").will_qos(Q2).go();
    t.lines();
    t.cut("c");
    assert_eq!(t.got("s"), ["w/t off q2 #1"]);
    t.cut("s");
    t.connect("s").resume().expiry(60).go();
    assert_eq!(t.got("s")[1..], ["w/t off q2 #1 dup"]);
    t.pubrec("s", 1);
    assert_eq!(t.got("s"), ["PUBREL 1 00"]);
    t.cut("s");
    t.connect("s").resume().expiry(60).go();
    assert_eq!(t.got("s")[1..], ["PUBREL 1 00"]);
    t.pubcomp("s", 1);
    t.cut("s");
    t.connect("s").resume().expiry(60).go();
    assert_eq!(t.got("s").len(), 1);
}
