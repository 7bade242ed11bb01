//! Sessions: what is kept, for how long, and what ends it.

use super::{BOTH, V4, V5, packet_id_of};
use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version, publish};
use crate::support::raw::Raw;

fn kept(version: Version) -> Connect<'static> {
    let properties: &[u8] = if version == V5 { &[0x11, 0, 0, 0, 60] } else { &[] };
    Connect { version, id: "kept", clean: false, properties, ..Connect::default() }
}

/// Connects; answers the client and Session Present.
fn connect(broker: &Broker, connect: &Connect<'_>) -> (Raw, u8) {
    let mut raw = broker.dial();
    raw.send(&connect.bytes());
    let connack = raw.receive();
    assert_eq!(connack[3], 0);
    (raw, connack[2])
}

/// Messages of QoS 1 and 2 wait for an offline session, in order (3.1.1: 3.1.2-5).
#[test]
fn mqtt_4_5_0_1() {
    let broker = Broker::start();
    for version in BOTH {
        let (mut reader, _) = connect(&broker, &kept(version));
        reader.subscribe(version, "t", 2);
        reader.send_hex("E0 00");
        reader.expect_closed();
        let mut raw = broker.client(version, "c");
        raw.send(&publish(version, "t", "one", 2, 1));
        raw.send(&publish(version, "t", "two", 4, 2));
        assert_eq!((raw.receive()[0], raw.receive()[0]), (0x40, 0x50));
        let (mut reader, present) = connect(&broker, &kept(version));
        assert_eq!(present, 1);
        for (first, payload) in [(0x02, "one"), (0x04, "two")] {
            let got = reader.receive();
            assert_eq!(got, publish(version, "t", payload, first, packet_id_of(&got)));
        }
        reader.close();
        drop(connect(&broker, &Connect { clean: true, ..kept(version) }));
    }
}

/// Clean Start drops the old session (3.1.1: 3.1.2-6).
#[test]
fn mqtt_3_1_2_4() {
    let broker = Broker::start();
    for version in BOTH {
        let (mut reader, _) = connect(&broker, &kept(version));
        reader.subscribe(version, "t", 1);
        reader.close();
        let (mut reader, present) = connect(&broker, &Connect { clean: true, ..kept(version) });
        assert_eq!(present, 0);
        broker.client(version, "c").send(&publish(version, "t", "x", 2, 1));
        reader.ping();
    }
}

/// Without Session Expiry Interval, or with Clean Session, the session ends with the connection.
#[test]
fn mqtt_4_1_0_2() {
    let broker = Broker::start();
    for (version, clean) in [(V4, true), (V5, true), (V5, false)] {
        let plain = Connect { properties: &[], clean, ..kept(version) };
        let (mut raw, _) = connect(&broker, &plain);
        raw.subscribe(version, "t", 1);
        raw.send_hex("E0 00");
        raw.expect_closed();
        let (_, present) = connect(&broker, &Connect { clean: false, ..plain });
        assert_eq!(present, 0, "{version:?}");
        drop(connect(&broker, &Connect { clean: true, ..plain }));
    }
}

/// Session Expiry Interval in DISCONNECT replaces the one of CONNECT.
#[test]
fn mqtt_3_14_2_2_2() {
    let broker = Broker::start();
    let (mut raw, _) = connect(&broker, &kept(V5));
    raw.send_hex("E0 07 00 05 11 00 00 00 00");
    raw.expect_closed();
    let (_, present) = connect(&broker, &kept(V5));
    assert_eq!(present, 0);
}

/// … but not when that was 0.
#[test]
fn mqtt_3_14_2_2_2_after_zero() {
    let broker = Broker::start();
    let mut raw = broker.client(V5, "c");
    raw.send_hex("E0 07 00 05 11 00 00 00 3C");
    raw.expect_kicked(V5, 0x82);
}

/// Retained messages outlive the session of their publisher (3.1.1: 3.1.2.7).
#[test]
fn mqtt_3_1_2_7_of_3_1_1() {
    let broker = Broker::start();
    let mut raw = broker.client(V4, "c");
    raw.send(&publish(V4, "t", "x", 1, 0));
    raw.send_hex("E0 00");
    raw.expect_closed();
    let mut reader = broker.client(V4, "reader");
    reader.subscribe(V4, "t", 0);
    reader.expect(&publish(V4, "t", "x", 1, 0));
}
