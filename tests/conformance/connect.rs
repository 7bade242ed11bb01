//! CONNECT, CONNACK, PINGREQ, DISCONNECT.

use super::{BOTH, V4, V5};
use crate::support::broker::Broker;
use crate::support::packet::{Connect, VERSIONS, frame, publish, text};

/// A second CONNECT closes the connection.
#[test]
fn mqtt_3_1_0_2() {
    let broker = Broker::start();
    for version in BOTH {
        let connect = Connect { version, ..Connect::default() };
        let mut raw = broker.client_with(&connect);
        raw.send(&connect.bytes());
        raw.expect_kicked(version, 0x82);
    }
}

/// The reserved flag of CONNECT is 0.
#[test]
fn mqtt_3_1_2_3() {
    let broker = Broker::start();
    let mut v4 = broker.dial();
    v4.send_hex("10 0D 00 04 4D 51 54 54 04 03 00 00 00 01 63");
    v4.expect_closed();
    let mut v5 = broker.dial();
    v5.send_hex("10 0E 00 04 4D 51 54 54 05 03 00 00 00 00 01 63");
    assert_eq!(v5.receive_connack(), 0x81);
    v5.expect_closed();
}

/// A level that does not exist is refused in the form of 5.0. A level that does not fit its name
/// is refused in the form of 3.1.1, with code 1.
#[test]
fn mqtt_3_1_2_2() {
    let broker = Broker::start();
    for (level, code) in [
        ("10 0D 00 04 4D 51 54 54 02 02 00 00 00 01 63", 0x84),
        ("10 0E 00 04 4D 51 54 54 06 02 00 00 00 00 01 63", 0x84),
        ("10 0D 00 04 4D 51 54 54 03 02 00 00 00 01 63", 0x01),
    ] {
        let mut raw = broker.dial();
        raw.send_hex(level);
        assert_eq!(raw.receive_connack(), code, "{level}");
        raw.expect_closed();
    }
}

/// Silent past 1.5 times the keep-alive (3.1.1: 3.1.2-24). The server may tell 5.0 why.
#[test]
fn mqtt_3_1_2_22() {
    let broker = Broker::start();
    for version in BOTH {
        let connect = Connect { version, keep_alive_secs: 1, ..Connect::default() };
        let mut raw = broker.client_with(&connect);
        if let Some(packet) = raw.next() {
            assert_eq!((version, packet[0], packet[2]), (V5, 0xE0, 0x8D));
            raw.expect_closed();
        }
    }
}

/// Client ids of 1 to 23 letters and digits are accepted.
#[test]
fn mqtt_3_1_3_5() {
    let broker = Broker::start();
    for version in VERSIONS {
        for id in ["a", "0123456789ABCDEFGHIJKLM", "NOPQRSTUVWXYZabcdefghij", "klmnopqrstuvwxyz"] {
            broker.client(version, id).ping();
        }
    }
}

/// An empty client id: the server assigns one and, in 5.0, says which.
#[test]
fn mqtt_3_1_3_6_and_7() {
    let broker = Broker::start();
    broker.client(V4, "").ping();
    let mut assigned = Vec::new();
    for _ in 0..2 {
        let mut raw = broker.dial();
        raw.send(&Connect { version: V5, id: "", ..Connect::default() }.bytes());
        let connack = raw.receive();
        assert_eq!(connack[3], 0);
        let at = property(&connack[5..], 0x12).expect("Assigned Client Identifier");
        let length = usize::from(u16::from_be_bytes([at[0], at[1]]));
        assigned.push(at[2..2 + length].to_vec());
    }
    assert!(!assigned[0].is_empty());
    assert_ne!(assigned[0], assigned[1]);
}

/// The value of a property of CONNACK (properties of fixed size and strings only).
fn property(mut rest: &[u8], wanted: u8) -> Option<&[u8]> {
    while let Some((&id, value)) = rest.split_first() {
        if id == wanted {
            return Some(value);
        }
        let size = match id {
            0x24 | 0x25 | 0x28 | 0x29 | 0x2A => 1,
            0x13 | 0x21 | 0x22 => 2,
            0x11 | 0x27 => 4,
            0x12 | 0x1A | 0x1C | 0x1F => 2 + usize::from(u16::from_be_bytes([value[0], value[1]])),
            other => panic!("property {other:02X} in CONNACK"),
        };
        rest = &value[size..];
    }
    None
}

/// An empty client id that is to be kept (3.1.1: 3.1.3-8).
#[test]
fn mqtt_3_1_3_8() {
    let broker = Broker::start();
    let mut raw = broker.dial();
    raw.send(&Connect { id: "", clean: false, ..Connect::default() }.bytes());
    assert_eq!(raw.receive_connack(), 2);
    raw.expect_closed();
}

/// A client id that is online: the old connection ends (3.1.1: 3.1.4-2).
#[test]
fn mqtt_3_1_4_3() {
    let broker = Broker::start();
    for version in BOTH {
        let mut old = broker.client(version, "same");
        let mut new = broker.client(version, "same");
        old.expect_kicked(version, 0x8E);
        new.ping();
    }
}

/// CONNECT is answered by CONNACK with 0, before anything else (3.1.1: 3.1.4-4, 3.2.0-1).
#[test]
fn mqtt_3_1_4_5_and_3_2_0_1() {
    let broker = Broker::start();
    for version in VERSIONS {
        let connect = Connect { version, ..Connect::default() }.bytes();
        let mut raw = broker.dial();
        raw.send(&[connect, vec![0xC0, 0]].concat());
        assert_eq!(raw.receive_connack(), 0);
        raw.expect_hex("D0 00");
    }
}

/// Nothing after a refused CONNECT is processed (3.1.1: 3.1.4-5).
#[test]
fn mqtt_3_1_4_6() {
    let broker = Broker::start();
    let mut watcher = super::subscriber(&broker, V4, "#");
    let mut raw = broker.dial();
    let refused = Connect { id: "", clean: false, ..Connect::default() }.bytes();
    raw.send(&[refused, publish(V4, "t", "x", 0, 0)].concat());
    assert_eq!(raw.receive_connack(), 2);
    raw.expect_closed();
    watcher.ping();
}

/// Session Present is 0 after Clean Start, 1 exactly when there was a session, 0 with an error.
#[test]
fn mqtt_3_2_2_2_and_3_and_6() {
    let broker = Broker::start();
    for version in BOTH {
        let id = format!("kept{version:?}");
        let keep = Connect {
            version,
            id: &id,
            clean: false,
            properties: if version == V5 { &[0x11, 0, 0, 0, 60] } else { &[] },
            ..Connect::default()
        };
        for (clean, present) in [(false, 0), (false, 1), (true, 0)] {
            let mut raw = broker.dial();
            raw.send(&Connect { clean, ..keep }.bytes());
            let connack = raw.receive();
            assert_eq!((connack[2], connack[3]), (present, 0), "{version:?} clean: {clean}");
            raw.send_hex("E0 00");
            raw.expect_closed();
        }
    }
    let mut refused = broker.dial();
    refused.send(&Connect { id: "", clean: false, ..Connect::default() }.bytes());
    assert_eq!(refused.receive()[2..], [0, 2]);
}

/// PINGREQ is answered.
#[test]
fn mqtt_3_12_4_1() {
    let broker = Broker::start();
    for version in VERSIONS {
        broker.client(version, "c").ping();
    }
}

/// The flags of DISCONNECT are 0.
#[test]
fn mqtt_3_14_1_1() {
    let broker = Broker::start();
    for version in BOTH {
        let mut raw = broker.client(version, "c");
        raw.send_hex("E2 00");
        raw.expect_kicked(version, 0x81);
    }
}

/// DISCONNECT with a reason that only servers send.
#[test]
fn mqtt_3_14_2_1() {
    let broker = Broker::start();
    for reason in [0x87, 0x8B, 0x8E, 0x01, 0xFF] {
        let mut raw = broker.client(V5, "c");
        raw.send(&[0xE0, 1, reason]);
        raw.expect_kicked(V5, 0x82);
    }
}

/// A method of authentication that the server does not have.
#[test]
fn mqtt_4_12_0_1() {
    let broker = Broker::start();
    let method = [&[0x15][..], &text("none")].concat();
    let mut raw = broker.dial();
    raw.send(&Connect { version: V5, properties: &method, ..Connect::default() }.bytes());
    assert_eq!(raw.receive_connack(), 0x8C);
    raw.expect_closed();
}

/// Without a method in CONNECT the client sends no AUTH.
#[test]
fn mqtt_4_12_0_7() {
    let broker = Broker::start();
    let mut raw = broker.client(V5, "c");
    let properties = [&[7, 0x15][..], &text("none")].concat();
    raw.send(&frame(0xF0, &[&[0x18][..], &properties].concat()));
    raw.expect_kicked(V5, 0x82);
}
