//! SUBSCRIBE, UNSUBSCRIBE, filters, shared subscriptions.

use super::{BOTH, V4, V5};
use crate::support::broker::Broker;
use crate::support::packet::{Version, frame, publish, subscribe, text, to_hex};
use crate::support::raw::Raw;

/// SUBSCRIBE (flags 2) or UNSUBSCRIBE of several filters with packet id 9.
fn request(first: u8, version: Version, filters: &[(&str, Option<u8>)]) -> Vec<u8> {
    let mut body = vec![0, 9];
    if version == V5 {
        body.push(0);
    }
    for (filter, options) in filters {
        body.extend(text(filter));
        body.extend(options);
    }
    frame(first, &body)
}

/// The codes of a SUBACK or UNSUBACK with packet id 9.
fn codes(raw: &mut Raw, first: u8, version: Version) -> Vec<u8> {
    let got = raw.receive();
    assert_eq!((got[0], &got[2..4]), (first, &[0, 9][..]), "{}", to_hex(&got));
    got[if version == V5 { 5 } else { 4 }..].to_vec()
}

/// Wrong flags of SUBSCRIBE and UNSUBSCRIBE.
#[test]
fn mqtt_3_8_1_1_and_3_10_1_1() {
    let broker = Broker::start();
    for version in BOTH {
        for (first, options) in [(0x80, Some(0)), (0xA0, None)] {
            let mut raw = broker.client(version, "c");
            raw.send(&request(first, version, &[("t", options)]));
            raw.expect_kicked(version, 0x81);
        }
    }
}

/// Reserved bits of the options (3.1.1: 3-8.3-4).
#[test]
fn mqtt_3_8_3_5() {
    let broker = Broker::start();
    for version in BOTH {
        let mut raw = broker.client(version, "c");
        raw.send(&request(0x82, version, &[("t", Some(0x80))]));
        raw.expect_kicked(version, 0x81);
    }
}

/// No Local: not back to its publisher.
#[test]
fn mqtt_3_8_3_3() {
    let broker = Broker::start();
    let mut raw = broker.client(V5, "c");
    raw.send(&subscribe(V5, "t", 0x04));
    raw.expect_hex("90 04 00 01 00 00");
    raw.send(&publish(V5, "t", "mine", 0, 0));
    raw.ping();
    broker.client(V5, "other").send(&publish(V5, "t", "theirs", 0, 0));
    raw.expect(&publish(V5, "t", "theirs", 0, 0));
}

/// No Local has no meaning for a shared subscription.
#[test]
fn mqtt_3_8_3_4() {
    let broker = Broker::start();
    let mut raw = broker.client(V5, "c");
    raw.send(&subscribe(V5, "$share/g/t", 0x04));
    raw.expect_kicked(V5, 0x82);
}

/// One SUBACK with a code for each filter, in their order (3.1.1: 3.8.4-4, -5, 3.9.3-1).
#[test]
fn mqtt_3_8_4_1_to_7_and_3_9_3_1() {
    let broker = Broker::start();
    for version in BOTH {
        let mut raw = broker.client(version, "c");
        let filters = [("a", Some(2)), ("b/#", Some(0)), ("c/+", Some(1))];
        raw.send(&request(0x82, version, &filters));
        assert_eq!(codes(&mut raw, 0x90, version), [2, 0, 1]);
        raw.ping();
    }
}

/// The same filter again replaces the subscription, and retained messages are sent again.
#[test]
fn mqtt_3_8_4_3_and_4() {
    let broker = Broker::start();
    for version in BOTH {
        broker.client(version, "c").send(&publish(version, "t", "x", 1, 0));
        let mut reader = broker.client(version, "reader");
        for _ in 0..2 {
            reader.subscribe(version, "t", 0);
            reader.expect(&publish(version, "t", "x", 1, 0));
        }
        broker.client(version, "c").send(&publish(version, "t", "once", 0, 0));
        reader.expect(&publish(version, "t", "once", 0, 0));
        reader.ping();
    }
}

/// Delivery at the smaller of published and granted QoS (3.1.1: 3.8.4-6).
#[test]
fn mqtt_3_8_4_8() {
    let broker = Broker::start();
    for version in BOTH {
        let mut raw = broker.client(version, "c");
        for granted in 0..=2 {
            let mut reader = broker.client(version, "reader");
            reader.subscribe(version, "t", granted);
            for published in 0..=2 {
                raw.send(&publish(version, "t", "x", published << 1, 1 + u16::from(published)));
                let got = reader.receive();
                let expected = 0x30 | published.min(granted) << 1;
                assert_eq!(got[0], expected, "{published} to {granted}: {}", to_hex(&got));
                if published == 2 {
                    raw.send(&[0x62, 2, 0, 3]);
                }
            }
        }
    }
}

/// UNSUBSCRIBE: exactly this filter, answered in any case (3.1.1: 3.10.4-4, -5).
#[test]
fn mqtt_3_10_4_1_to_6() {
    let broker = Broker::start();
    for version in BOTH {
        let mut raw = broker.client(version, "c");
        raw.subscribe(version, "a/+", 0);
        raw.subscribe(version, "b", 0);
        raw.send(&request(0xA2, version, &[("a/x", None), ("b", None), ("never", None)]));
        let expected: &[u8] = if version == V5 { &[0x11, 0x00, 0x11] } else { &[] };
        assert_eq!(codes(&mut raw, 0xB0, version), expected);
        let mut other = broker.client(version, "other");
        other.send(&publish(version, "b", "no", 0, 0));
        other.send(&publish(version, "a/x", "yes", 0, 0));
        raw.expect(&publish(version, "a/x", "yes", 0, 0));
    }
}

/// Filters that are none.
#[test]
fn mqtt_4_7_1_1_and_2() {
    let broker = Broker::start();
    for version in BOTH {
        for filter in ["a/#/b", "a#", "a+", "+a/b", "##"] {
            let mut raw = broker.client(version, "c");
            raw.send(&subscribe(version, filter, 0));
            let said = raw.next();
            let refused = match &said {
                None => true,
                Some(packet) if packet[0] == 0xE0 => version == V5,
                Some(packet) => packet[0] == 0x90 && packet[packet.len() - 1] >= 0x80,
            };
            assert!(refused, "{filter} ({version:?}): {said:02X?}");
        }
    }
}

/// A filter that begins with a wildcard does not match `$` topics.
#[test]
fn mqtt_4_7_2_1() {
    let broker = Broker::start();
    for version in BOTH {
        let mut reader = broker.client(version, "reader");
        for filter in ["#", "+/x", "$own/x"] {
            reader.subscribe(version, filter, 0);
        }
        let mut raw = broker.client(version, "c");
        raw.send(&publish(version, "$own/x", "dollar", 0, 0));
        reader.expect(&publish(version, "$own/x", "dollar", 0, 0));
        reader.ping();
    }
}

/// Matching is exact: case, empty levels, spaces.
#[test]
fn mqtt_4_7_3_4() {
    let broker = Broker::start();
    for version in BOTH {
        let mut reader = broker.client(version, "reader");
        for filter in ["a/b", "/+", "sport/#"] {
            reader.subscribe(version, filter, 0);
        }
        let mut raw = broker.client(version, "c");
        for topic in ["A/b", "a/b/", "/a/b", "a/ b", "sports"] {
            raw.send(&publish(version, topic, "no", 0, 0));
        }
        for topic in ["a/b", "/", "sport", "sport/a/b"] {
            raw.send(&publish(version, topic, "yes", 0, 0));
            reader.expect(&publish(version, topic, "yes", 0, 0));
        }
        reader.ping();
    }
}

/// A shared subscription: each message to one member (3.1.1 clients may share too).
#[test]
fn mqtt_4_8_2() {
    let broker = Broker::start();
    let mut members = [(V5, "one"), (V5, "two"), (V4, "three")].map(|(version, id)| {
        let mut raw = broker.client(version, id);
        raw.subscribe(version, "$share/g/t", 0);
        (version, raw)
    });
    let mut raw = broker.client(V5, "c");
    for number in 0..30 {
        raw.send(&publish(V5, "t", &format!("{number:02}"), 0, 0));
    }
    raw.ping();
    let mut seen = Vec::new();
    for (_, member) in &mut members {
        member.send_hex("C0 00");
        loop {
            let got = member.receive();
            if got == [0xD0, 0] {
                break;
            }
            seen.push(String::from_utf8(got[got.len() - 2..].to_vec()).unwrap());
        }
    }
    seen.sort();
    assert_eq!(seen, (0..30).map(|number| format!("{number:02}")).collect::<Vec<_>>());
}

/// A refused filter gets its code, the others of the packet are made (`deny_subscribe`).
#[test]
fn mqtt_3_8_4_7_and_3_9_3_2() {
    let broker = Broker::start_with(&["--set", "deny_subscribe=no/#"]);
    for version in BOTH {
        let mut raw = broker.client(version, "c");
        let filters = [("no/#", Some(1)), ("no/+", Some(1))];
        raw.send(&request(0x82, version, &filters));
        assert_eq!(codes(&mut raw, 0x90, version), [0x80, 1]);
    }
}
