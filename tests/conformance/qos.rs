//! The delivery protocols: QoS 1 and 2, repeats, flow control.

use super::{BOTH, V4, V5, ack, packet_id_of, subscriber};
use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version, publish, to_hex};
use crate::support::raw::Raw;

/// QoS 1 is answered by PUBACK with its id; then the id is new again.
#[test]
fn mqtt_4_3_2_4_and_5() {
    let broker = Broker::start();
    for version in BOTH {
        let mut watcher = broker.client(version, "watcher");
        watcher.subscribe(version, "t", 0);
        let mut raw = broker.client(version, "c");
        for dup in [0x00, 0x08] {
            raw.send(&publish(version, "t", "x", 2 | dup, 77));
            let puback = raw.receive();
            assert_eq!((puback[0], &puback[2..4]), (0x40, &[0, 77][..]), "{}", to_hex(&puback));
            watcher.expect(&publish(version, "t", "x", 0, 0));
        }
    }
}

/// A repeat before PUBREL gets PUBREC and is not passed on; PUBREL is answered by PUBCOMP; then
/// the id is new (3.1.1: 4.3.3-2).
#[test]
fn mqtt_4_3_3_8_to_12() {
    let broker = Broker::start();
    for version in BOTH {
        let mut watcher = broker.client(version, "watcher");
        watcher.subscribe(version, "t", 0);
        let mut raw = broker.client(version, "c");
        for _ in 0..2 {
            for dup in [0x00, 0x08] {
                raw.send(&publish(version, "t", "x", 4 | dup, 5));
                let pubrec = raw.receive();
                assert_eq!((pubrec[0], &pubrec[2..4]), (0x50, &[0, 5][..]), "{}", to_hex(&pubrec));
            }
            raw.send(&ack(0x62, 5));
            raw.expect(&ack(0x70, 5));
            watcher.expect(&publish(version, "t", "x", 0, 0));
        }
        watcher.ping();
    }
}

/// PUBREL with other flags than 0010.
#[test]
fn mqtt_3_6_1_1() {
    let broker = Broker::start();
    for version in BOTH {
        let mut raw = broker.client(version, "c");
        raw.send(&ack(0x60, 1));
        raw.expect_kicked(version, 0x81);
    }
}

/// The server as the sender of QoS 2: PUBREC is answered by PUBREL with the id.
#[test]
fn mqtt_4_3_3_1_to_6() {
    let broker = Broker::start();
    for version in BOTH {
        let mut reader = subscriber(&broker, version, "t");
        broker.client(version, "c").send(&publish(version, "t", "x", 4, 1));
        let got = reader.receive();
        assert_eq!(got[0], 0x34, "{}", to_hex(&got));
        let id = packet_id_of(&got);
        assert_ne!(id, 0);
        reader.send(&ack(0x50, id));
        reader.expect(&ack(0x62, id));
        reader.send(&ack(0x70, id));
        reader.ping();
    }
}

fn kept(version: Version) -> Connect<'static> {
    let properties: &[u8] = if version == V5 { &[0x11, 0, 0, 0, 60] } else { &[] };
    Connect { version, id: "kept", clean: false, properties, ..Connect::default() }
}

fn resume(broker: &Broker, version: Version) -> Raw {
    let mut raw = broker.dial();
    raw.send(&kept(version).bytes());
    assert_eq!(raw.receive()[2..4], [1, 0], "session present");
    raw
}

/// What was not acknowledged comes again, with DUP and its id; PUBREL too.
#[test]
fn mqtt_4_4_0_1_and_3_3_1_1() {
    let broker = Broker::start();
    for version in BOTH {
        let mut reader = broker.client_with(&kept(version));
        reader.subscribe(version, "t", 2);
        let mut raw = broker.client(version, "c");
        raw.send(&publish(version, "t", "one", 2, 1));
        raw.send(&publish(version, "t", "two", 4, 2));
        let (one, two) = (reader.receive(), reader.receive());
        reader.close();
        let mut reader = resume(&broker, version);
        let (again_one, again_two) = (reader.receive(), reader.receive());
        for (first, again) in [(&one, &again_one), (&two, &again_two)] {
            assert_eq!(again[0], first[0] | 0x08, "{}", to_hex(again));
            assert_eq!(again[1..], first[1..]);
        }
        reader.send(&ack(0x40, packet_id_of(&one)));
        reader.send(&ack(0x50, packet_id_of(&two)));
        let pubrel = ack(0x62, packet_id_of(&two));
        reader.expect(&pubrel);
        reader.close();
        let mut reader = resume(&broker, version);
        reader.expect(&pubrel);
        reader.send(&ack(0x70, packet_id_of(&two)));
        reader.ping();
        reader.close();
        resume(&broker, version).ping();
        broker.client(version, "kept").ping();
    }
}

/// Nothing comes again while the connection is there.
#[test]
fn mqtt_4_4_0_1_never_at_another_time() {
    let broker = Broker::start();
    let mut reader = subscriber(&broker, V4, "t");
    broker.client(V4, "c").send(&publish(V4, "t", "x", 2, 1));
    assert_eq!(reader.receive()[0], 0x32);
    reader.ping();
    reader.ping();
}

/// Never more unacknowledged messages than the client's Receive Maximum; QoS 0 goes on.
#[test]
fn mqtt_3_3_4_9_and_4_9_0_2_and_3() {
    let broker = Broker::start();
    let limited = Connect { version: V5, id: "r", properties: &[0x21, 0, 1], ..Connect::default() };
    let mut reader = broker.client_with(&limited);
    reader.subscribe(V5, "t", 1);
    let mut raw = broker.client(V5, "c");
    raw.send(&publish(V5, "t", "one", 2, 1));
    raw.send(&publish(V5, "t", "two", 2, 2));
    raw.send(&publish(V5, "t", "zero", 0, 0));
    let one = reader.receive();
    assert!(one.ends_with(b"one"), "{}", to_hex(&one));
    reader.expect(&publish(V5, "t", "zero", 0, 0));
    reader.ping();
    reader.send(&ack(0x40, packet_id_of(&one)));
    assert!(reader.receive().ends_with(b"two"));
}

/// Each client gets as much at once as its own Receive Maximum allows, however much others get.
#[test]
fn mqtt_4_9_0_2_of_each_client() {
    let broker = Broker::start();
    let mut readers = [("a", 20), ("b", 5), ("c", 10), ("d", 1)].map(|(id, window)| {
        let properties = &[0x21, 0, window];
        let limited = Connect { version: V5, id, properties, ..Connect::default() };
        let mut reader = broker.client_with(&limited);
        reader.subscribe(V5, "t", 1);
        (reader, window)
    });
    let mut raw = broker.client(V5, "writer");
    let burst: Vec<Vec<u8>> =
        (1..=30).map(|id| publish(V5, "t", &format!("message {id}"), 2, id)).collect();
    raw.send(&burst.concat());
    for (reader, window) in &mut readers {
        let mut owed: Vec<Vec<u8>> = Vec::new();
        for id in 1..=30 {
            if owed.len() == usize::from(*window) {
                reader.ping();
                let acks: Vec<u8> = owed.drain(..).flatten().collect();
                reader.send(&acks);
            }
            let got = reader.receive();
            assert!(got.ends_with(format!("message {id}").as_bytes()), "{}", to_hex(&got));
            owed.push(ack(0x40, packet_id_of(&got)));
        }
    }
}

/// A client that exceeds the server's Receive Maximum is told so.
#[test]
fn mqtt_4_9_0_2_towards_the_server() {
    let broker = Broker::start_with(&["--set", "max_inflight_messages=2"]);
    let mut raw = broker.client(V5, "c");
    for id in [1, 2] {
        raw.send(&publish(V5, "t", "x", 4, id));
        assert_eq!(raw.receive()[0], 0x50);
    }
    raw.send(&publish(V5, "t", "x", 4, 3));
    raw.expect_kicked(V5, 0x93);
}

/// Never a packet above the client's Maximum Packet Size; the next one comes.
#[test]
fn mqtt_3_1_2_24_and_25() {
    let broker = Broker::start();
    let small = [0x27, 0, 0, 0, 40];
    let limited = Connect { version: V5, id: "r", properties: &small, ..Connect::default() };
    let mut reader = broker.client_with(&limited);
    reader.subscribe(V5, "t", 1);
    let mut raw = broker.client(V5, "c");
    raw.send(&publish(V5, "t", &"x".repeat(40), 2, 1));
    raw.send(&publish(V5, "t", "fits", 0, 0));
    reader.expect(&publish(V5, "t", "fits", 0, 0));
}

/// Messages of one client on one topic come in their order.
#[test]
fn mqtt_4_6_0_5() {
    let broker = Broker::start();
    for version in BOTH {
        let mut reader = broker.client(version, "reader");
        reader.subscribe(version, "t", 0);
        let mut raw = broker.client(version, "c");
        let numbers: Vec<String> = (0..500).map(|number| number.to_string()).collect();
        for (index, number) in numbers.iter().enumerate() {
            let first = if index % 2 == 0 { 0 } else { 2 };
            raw.send(&publish(version, "t", number, first, 1 + index as u16));
        }
        for number in &numbers {
            reader.expect(&publish(version, "t", number, 0, 0));
        }
    }
}
