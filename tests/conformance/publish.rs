//! PUBLISH: retain, content, properties, aliases.

use super::{BOTH, V4, V5, subscriber};
use crate::support::broker::Broker;
use crate::support::packet::{Version, frame, publish, subscribe, text, to_hex};
use crate::support::raw::Raw;

/// A PUBLISH of version 5 with properties.
fn publish_with(first: u8, topic: &str, properties: &[u8], payload: &str) -> Vec<u8> {
    let length = [properties.len() as u8];
    frame(first, &[&text(topic)[..], &length, properties, payload.as_bytes()].concat())
}

/// DUP of the publisher is not passed on.
#[test]
fn mqtt_3_3_1_3() {
    let broker = Broker::start();
    for version in BOTH {
        let mut watcher = broker.client(version, "watcher");
        watcher.subscribe(version, "t", 0);
        let mut raw = broker.client(version, "c");
        raw.send(&publish(version, "t", "x", 0x08 | 0x02, 7));
        watcher.expect(&publish(version, "t", "x", 0, 0));
    }
}

/// QoS 3 closes the connection.
#[test]
fn mqtt_3_3_1_4() {
    let broker = Broker::start();
    for version in BOTH {
        let mut raw = broker.client(version, "c");
        raw.send(&publish(version, "t", "x", 6, 1));
        raw.expect_kicked(version, 0x81);
    }
}

/// The last retained message is kept, an empty one removes it and is not kept itself, one without
/// RETAIN touches nothing (3.1.1: 3.3.1-5, -6, -8 to -12).
#[test]
fn mqtt_3_3_1_5_to_8() {
    let broker = Broker::start();
    for version in BOTH {
        let mut raw = broker.client(version, "c");
        let mut live = broker.client(version, "live");
        live.subscribe(version, "t", 0);
        let expect_retained = |payload: Option<&str>| {
            let mut late = broker.client(version, "late");
            late.subscribe(version, "t", 0);
            if let Some(payload) = payload {
                late.expect(&publish(version, "t", payload, 1, 0));
            }
            late.ping();
        };
        for (payload, retain, kept) in [
            ("one", 1, Some("one")),
            ("two", 1, Some("two")),
            ("three", 0, Some("two")),
            ("", 1, None),
            ("", 1, None),
        ] {
            raw.send(&publish(version, "t", payload, retain, 0));
            raw.ping();
            live.expect(&publish(version, "t", payload, 0, 0));
            expect_retained(kept);
        }
    }
}

/// Retain Handling: 0 always, 1 for a new subscription only, 2 never.
#[test]
fn mqtt_3_3_1_9_to_11() {
    let broker = Broker::start();
    broker.client(V5, "c").send(&publish(V5, "t", "x", 1, 0));
    let retained = publish(V5, "t", "x", 1, 0);
    let mut raw = broker.client(V5, "reader");
    let mut resubscribe = |handling: u8, sent: bool| {
        raw.send(&subscribe(V5, "t", handling << 4));
        raw.expect_hex("90 04 00 01 00 00");
        if sent {
            raw.expect(&retained);
        }
        raw.ping();
    };
    resubscribe(2, false);
    resubscribe(1, false);
    resubscribe(0, true);
    resubscribe(0, true);
    let mut fresh = broker.client(V5, "fresh");
    fresh.send(&subscribe(V5, "t", 1 << 4));
    fresh.expect_hex("90 04 00 01 00 00");
    fresh.expect(&retained);
}

/// Retain As Published keeps the flag, otherwise it is 0.
#[test]
fn mqtt_3_3_1_12_and_13() {
    let broker = Broker::start();
    let mut raw = broker.client(V5, "c");
    for (options, flag) in [(0x00, 0), (0x08, 1)] {
        let mut reader = broker.client(V5, "reader");
        reader.send(&subscribe(V5, "t", options));
        reader.expect_hex("90 04 00 01 00 00");
        raw.send(&publish(V5, "t", "x", 1, 0));
        reader.expect(&publish(V5, "t", "x", flag, 0));
        raw.send(&publish(V5, "t", "", 1, 0));
        reader.expect(&publish(V5, "t", "", flag, 0));
    }
}

/// No wildcards in a topic name.
#[test]
fn mqtt_3_3_2_2() {
    let broker = Broker::start();
    for version in BOTH {
        for topic in ["a/#", "+/b"] {
            let mut raw = broker.client(version, "c");
            raw.send(&publish(version, topic, "x", 0, 0));
            expect_refused_topic(&mut raw, version);
        }
    }
}

/// The standard leaves open whether a wildcard is malformed or a protocol error.
fn expect_refused_topic(raw: &mut Raw, version: Version) {
    if version == V5 {
        let said = raw.receive();
        assert!(said[0] == 0xE0 && [0x81, 0x82].contains(&said[2]), "{}", to_hex(&said));
    }
    raw.expect_closed();
}

/// Payload format, content type, response topic, correlation data and user properties arrive as
/// they were sent, in their order.
#[test]
fn mqtt_3_3_2_4_and_15_to_20() {
    let broker = Broker::start();
    let mut watcher = subscriber(&broker, V5, "t");
    let pair = |name: &str, value: &str| [&[0x26][..], &text(name), &text(value)].concat();
    let properties = [
        vec![0x01, 1],
        [&[0x03][..], &text("text/plain")].concat(),
        [&[0x08][..], &text("answer/here")].concat(),
        vec![0x09, 0, 3, 0xFF, 0x00, 0xFE],
        pair("b", "1"),
        pair("a", "2"),
        pair("b", "1"),
    ];
    broker.client(V5, "c").send(&publish_with(0x30, "t", &properties.concat(), "x"));
    let got = watcher.receive();
    let place = |property: &[u8]| {
        let at = got.windows(property.len()).position(|window| window == property);
        at.unwrap_or_else(|| panic!("{} in {}", to_hex(property), to_hex(&got)))
    };
    for property in &properties[..4] {
        place(property);
    }
    place(&properties[4..].concat());
    let expected = publish_with(0x30, "t", &properties.concat(), "x");
    assert_eq!(got.len(), expected.len(), "and nothing is added: {}", to_hex(&got));
}

/// What is left of the expiry is passed on.
#[test]
fn mqtt_3_3_2_6() {
    let broker = Broker::start();
    let mut watcher = subscriber(&broker, V5, "t");
    let expiry = [0x02, 0, 0, 0x0E, 0x10];
    broker.client(V5, "c").send(&publish_with(0x30, "t", &expiry, "x"));
    let got = watcher.receive();
    let left = u32::from_be_bytes([got[7], got[8], got[9], got[10]]);
    assert_eq!(got[6], 0x02, "{}", to_hex(&got));
    assert!((3500..=3600).contains(&left), "{left}");
}

fn expect_alias_refused(raw: &mut Raw, alias: u16, reason: u8) {
    let [high, low] = alias.to_be_bytes();
    raw.send(&publish_with(0x30, "t", &[0x23, high, low], "x"));
    raw.expect_kicked(V5, reason);
}

/// An alias is 1 to the server's maximum.
#[test]
fn mqtt_3_3_2_8_and_9() {
    let broker = Broker::start();
    expect_alias_refused(&mut broker.client(V5, "c"), 0, 0x94);
    expect_alias_refused(&mut broker.client(V5, "c"), u16::MAX, 0x94);
}

/// An alias stands for its topic, and ends with the connection.
#[test]
fn mqtt_3_3_2_7_and_12() {
    let broker = Broker::start();
    let mut watcher = broker.client(V4, "watcher");
    watcher.subscribe(V4, "t/#", 0);
    let mut raw = broker.client(V5, "c");
    raw.send(&publish_with(0x30, "t/one", &[0x23, 0, 1], "x"));
    raw.send(&publish_with(0x30, "", &[0x23, 0, 1], "y"));
    watcher.expect(&publish(V4, "t/one", "x", 0, 0));
    watcher.expect(&publish(V4, "t/one", "y", 0, 0));
    raw.close();
    let mut again = broker.client(V5, "c");
    again.send(&publish_with(0x30, "", &[0x23, 0, 1], "z"));
    again.expect_kicked(V5, 0x82);
    watcher.ping();
}

/// Overlapping subscriptions: one copy at the highest QoS (3.1.1: 3.3.5-1), with all identifiers.
#[test]
fn mqtt_3_3_4_2_to_4() {
    let broker = Broker::start();
    let mut reader = broker.client(V5, "reader");
    for (filter, id, qos) in [("t/#", 1, 0), ("t/+", 2, 1)] {
        let body = [&[0, 1, 2, 0x0B, id][..], &text(filter), &[qos]].concat();
        reader.send(&frame(0x82, &body));
        reader.expect(&[0x90, 4, 0, 1, 0, qos]);
    }
    broker.client(V5, "c").send(&publish(V5, "t/x", "x", 4, 1));
    let got = reader.receive();
    assert_eq!(got[0], 0x32, "{}", to_hex(&got));
    let ids = &got[9..got.len() - 1];
    assert!(ids == [4, 0x0B, 1, 0x0B, 2] || ids == [4, 0x0B, 2, 0x0B, 1], "{}", to_hex(&got));
    reader.ping();
}

/// Clients send no Subscription Identifier.
#[test]
fn mqtt_3_3_4_6() {
    let broker = Broker::start();
    let mut raw = broker.client(V5, "c");
    raw.send(&publish_with(0x30, "t", &[0x0B, 1], "x"));
    let said = raw.receive();
    assert!(said[0] == 0xE0 && [0x81, 0x82].contains(&said[2]), "{}", to_hex(&said));
    raw.expect_closed();
}
