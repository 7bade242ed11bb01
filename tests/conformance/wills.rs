//! The statements about wills, on sockets. Their timing in every combination is tested in virtual
//! time beside `src/broker/will.rs`.

use super::{BOTH, V4, V5, subscriber};
use crate::support::broker::Broker;
use crate::support::packet::{Connect, VERSIONS, Version, Will, publish, text, to_hex};
use crate::support::raw::Raw;

fn mortal<'a>(version: Version, will: Will<'a>) -> Connect<'a> {
    Connect { version, id: "mortal", will: Some(will), ..Connect::default() }
}

fn watcher(broker: &Broker) -> Raw {
    let mut watcher = broker.client(V4, "watcher");
    watcher.subscribe(V4, "w/#", 0);
    watcher
}

/// The will goes out when the connection ends without DISCONNECT: closed, reset, half closed.
#[test]
fn mqtt_3_1_2_8() {
    let broker = Broker::start();
    let mut watcher = watcher(&broker);
    for version in VERSIONS {
        for end in [Raw::close, Raw::reset, |mut raw: Raw| raw.shut_down()] {
            let raw = broker.client_with(&mortal(version, Will::new("w/t", "gone")));
            end(raw);
            watcher.expect(&publish(V4, "w/t", "gone", 0, 0));
        }
    }
    watcher.ping();
}

/// A will of a connection whose CONNACK never arrived goes out too.
#[test]
fn mqtt_3_1_2_7() {
    let broker = Broker::start();
    let mut watcher = watcher(&broker);
    let mut raw = broker.dial();
    raw.send(&mortal(V4, Will::new("w/t", "gone")).bytes());
    raw.close();
    watcher.expect(&publish(V4, "w/t", "gone", 0, 0));
}

/// A normal DISCONNECT discards it (3.1.1: 3.1.2-10, 3.14.4-3).
#[test]
fn mqtt_3_1_2_10_and_3_14_4_3() {
    let broker = Broker::start();
    let mut watcher = watcher(&broker);
    for version in VERSIONS {
        let mut raw = broker.client_with(&mortal(version, Will::new("w/t", "gone")));
        raw.send_hex("E0 00");
        raw.expect_closed();
    }
    watcher.ping();
}

/// Any other reason publishes it.
#[test]
fn mqtt_3_1_2_8_reasons() {
    let broker = Broker::start();
    let mut watcher = watcher(&broker);
    for reason in [0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x99] {
        let mut raw = broker.client_with(&mortal(V5, Will::new("w/t", "gone")));
        raw.send(&[0xE0, 1, reason]);
        watcher.expect(&publish(V4, "w/t", "gone", 0, 0));
    }
    watcher.ping();
}

/// No will, nothing published (3.1.1: 3.1.2-12); one will, once.
#[test]
fn mqtt_3_1_2_12_of_3_1_1() {
    let broker = Broker::start();
    let mut watcher = watcher(&broker);
    for version in VERSIONS {
        broker.client(version, "mortal").close();
        broker.client(version, "mortal").ping();
    }
    watcher.ping();
}

/// Will QoS is used, and Will Retain 0 or 1 (3.1.1: 3.1.2-9, -16, -17).
#[test]
fn mqtt_3_1_2_9_and_14_and_15() {
    let broker = Broker::start();
    for version in BOTH {
        for qos in 0..=2 {
            for retain in [false, true] {
                let mut reader = subscriber(&broker, version, "w/t");
                let will = Will { qos, retain, ..Will::new("w/t", "gone") };
                broker.client_with(&mortal(version, will)).close();
                let got = reader.receive();
                assert_eq!(got[0], 0x30 | qos << 1, "{}", to_hex(&got));
                let mut late = broker.client(V4, "late");
                late.subscribe(V4, "w/t", 0);
                if retain {
                    late.expect(&publish(V4, "w/t", "gone", 1, 0));
                }
                late.ping();
                late.send(&publish(V4, "w/t", "", 1, 0));
                late.expect(&publish(V4, "w/t", "", 0, 0));
            }
        }
    }
}

/// Will QoS 3 is refused (3.1.1: 3.1.2-14).
#[test]
fn mqtt_3_1_2_12() {
    let broker = Broker::start();
    for version in BOTH {
        let mut raw = broker.dial();
        let will = Will { qos: 3, ..Will::new("w/t", "gone") };
        raw.send(&mortal(version, will).bytes());
        if version == V5 {
            assert_eq!(raw.receive_connack(), 0x81);
        }
        raw.expect_closed();
    }
}

/// Will QoS and Will Retain without Will Flag are ignored, unless the configuration is strict.
#[test]
fn mqtt_3_1_2_11_and_13() {
    let connects = [
        "10 0D 00 04 4D 51 54 54 04 2A 00 00 00 01 63", // 3.1.1
        "10 0E 00 04 4D 51 54 54 05 2A 00 00 00 00 01 63",
    ];
    let lenient = Broker::start();
    let strict = Broker::start_with(&["--set", "strict_connect_flags=true"]);
    for connect in connects {
        let mut accepted = lenient.dial();
        accepted.send_hex(connect);
        assert_eq!(accepted.receive_connack(), 0);
        accepted.ping();
        let mut refused = strict.dial();
        refused.send_hex(connect);
        if let Some(connack) = refused.next() {
            assert!([0x81, 0x82].contains(&connack[3]), "{}", to_hex(&connack));
            refused.expect_closed();
        }
    }
}

/// Back before the delay is over: never published.
#[test]
fn mqtt_3_1_3_9() {
    let broker = Broker::start();
    let mut watcher = watcher(&broker);
    let delay = [0x18, 0, 0, 0, 60];
    let will = Will { properties: &delay, ..Will::new("w/t", "gone") };
    let connect = Connect { clean: false, properties: &[0x11, 0, 0, 0, 120], ..mortal(V5, will) };
    broker.client_with(&connect).close();
    let mut back = broker.client_with(&Connect { will: None, ..connect });
    back.ping();
    watcher.ping();
    // A Clean Start ends the session, and with it the wait.
    drop(broker.client_with(&connect));
    let mut fresh = broker.client_with(&Connect { clean: true, will: None, ..connect });
    watcher.expect(&publish(V4, "w/t", "gone", 0, 0));
    fresh.ping();
}

/// The delay ends with the session, whatever comes first.
#[test]
fn mqtt_3_1_3_2_2() {
    let broker = Broker::start();
    let mut watcher = watcher(&broker);
    for (expiry, delay) in [(0, 60), (60, 1), (1, 60)] {
        let delay = [0x18, 0, 0, 0, delay];
        let will = Will { properties: &delay, ..Will::new("w/t", "gone") };
        let expiry = [0x11, 0, 0, 0, expiry];
        broker.client_with(&Connect { properties: &expiry, ..mortal(V5, will) }).close();
        watcher.expect(&publish(V4, "w/t", "gone", 0, 0));
    }
}

/// The properties of the will arrive, user properties in their order, the delay does not.
#[test]
fn mqtt_3_1_3_10() {
    let broker = Broker::start();
    let mut watcher = broker.client(V5, "reader");
    watcher.subscribe(V5, "w/t", 0);
    let pair = |name: &str, value: &str| [&[0x26][..], &text(name), &text(value)].concat();
    let users = [pair("z", "1"), pair("a", "2"), pair("z", "3")].concat();
    let content = [&[0x03][..], &text("text/plain")].concat();
    let properties = [&[0x18, 0, 0, 0, 60][..], &content, &users].concat();
    let will = Will { properties: &properties, ..Will::new("w/t", "gone") };
    broker.client_with(&mortal(V5, will)).close();
    let got = watcher.receive();
    let contains = |part: &[u8]| got.windows(part.len()).any(|window| window == part);
    assert!(contains(&users) && contains(&content), "{}", to_hex(&got));
    assert_eq!(got.len(), 2 + 5 + 1 + content.len() + users.len() + 4, "{}", to_hex(&got));
}

/// Takeover: the old will goes out, before the answer to the new CONNECT (3.1.1: 3.1.4-2).
#[test]
fn mqtt_3_1_4_3_and_4() {
    let broker = Broker::start();
    for version in BOTH {
        let mut watcher = watcher(&broker);
        let mut old = broker.client_with(&mortal(version, Will::new("w/t", "old")));
        let new = broker.client_with(&mortal(version, Will::new("w/t", "new")));
        old.expect_kicked(version, 0x8E);
        watcher.expect(&publish(V4, "w/t", "old", 0, 0));
        watcher.ping();
        new.close();
        watcher.expect(&publish(V4, "w/t", "new", 0, 0));
    }
}

/// What the client sent before comes first.
#[test]
fn mqtt_4_6_0_5_wills() {
    let broker = Broker::start();
    let mut watcher = watcher(&broker);
    for version in VERSIONS {
        let mut raw = broker.client_with(&mortal(version, Will::new("w/t", "last")));
        for word in ["first", "second"] {
            raw.send(&publish(version, "w/t", word, 0, 0));
        }
        raw.close();
        for word in ["first", "second", "last"] {
            watcher.expect(&publish(V4, "w/t", word, 0, 0));
        }
    }
}
