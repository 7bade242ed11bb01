//! Golden packets of MQTT 3.1 and 3.1.1.

use super::golden::Golden;
use super::*;

/// Every golden packet of version 3.
pub(super) fn packets() -> Vec<Golden> {
    let mut list = connects();
    for version in [Version::V31, Version::V311] {
        let names = if version == Version::V31 { &NAMES_V31 } else { &NAMES_V311 };
        list.extend(handshakes(version, names));
        list.extend(requests(version, names));
    }
    list
}

/// Names of the packets that look the same in both versions.
struct Names {
    connack: &'static str,
    refused: &'static str,
    publish_0: &'static str,
    publish_2: &'static str,
    acks: [&'static str; 4],
    requests: [&'static str; 7],
}

const NAMES_V31: Names = Names {
    connack: "v31-connack",
    refused: "v31-connack-refused",
    publish_0: "v31-publish-qos0-retain",
    publish_2: "v31-publish-qos2-dup",
    acks: ["v31-puback", "v31-pubrec", "v31-pubrel", "v31-pubcomp"],
    requests: [
        "v31-subscribe",
        "v31-suback",
        "v31-unsubscribe",
        "v31-unsuback",
        "v31-pingreq",
        "v31-pingresp",
        "v31-disconnect",
    ],
};

const NAMES_V311: Names = Names {
    connack: "v311-connack",
    refused: "v311-connack-refused",
    publish_0: "v311-publish-qos0-retain",
    publish_2: "v311-publish-qos2-dup",
    acks: ["v311-puback", "v311-pubrec", "v311-pubrel", "v311-pubcomp"],
    requests: [
        "v311-subscribe",
        "v311-suback",
        "v311-unsubscribe",
        "v311-unsuback",
        "v311-pingreq",
        "v311-pingresp",
        "v311-disconnect",
    ],
};

fn connects() -> Vec<Golden> {
    let plain = Connect {
        version: Version::V311,
        bridge: false,
        clean_start: true,
        keep_alive_secs: 0,
        session_expiry_secs: 0,
        client_id: "c",
        will: None,
        username: None,
        password: None,
        properties: Properties::EMPTY,
    };
    let will = Will {
        topic: name("w/t"),
        payload: b"off",
        qos: QoS::AtMostOnce,
        retain: false,
        delay_secs: 0,
        properties: Properties::EMPTY,
    };
    let all_flags = Connect {
        clean_start: false,
        keep_alive_secs: 60,
        session_expiry_secs: u32::MAX,
        will: Some(Will { qos: QoS::ExactlyOnce, retain: true, payload: b"", ..will }),
        username: Some("u"),
        password: Some(&[0xFF]),
        ..plain.clone()
    };
    let v31 = Connect { version: Version::V31, will: Some(will), ..plain.clone() };
    let v311 = Connect { will: Some(will), ..plain.clone() };
    let bridge = Connect { bridge: true, ..plain.clone() };
    let bridge_v31 = Connect { version: Version::V31, ..bridge.clone() };
    let connect = |name, bytes, connect| {
        Golden::new(name, Side::Stranger, bytes, Packet::Connect(Box::new(connect)))
    };
    vec![
        connect(
            "v31-connect-will",
            "10 19 0006 4D5149736470 03 06 0000 0001 63 0003 772F74 0003 6F6666",
            v31,
        ),
        connect(
            "v311-connect-will",
            "10 17 0004 4D515454 04 06 0000 0001 63 0003 772F74 0003 6F6666",
            v311,
        ),
        connect(
            "v311-connect-all-flags",
            "10 1A 0004 4D515454 04 F4 003C 0001 63 0003 772F74 0000 0001 75 0001 FF",
            all_flags,
        ),
        connect("v311-connect", "10 0D 0004 4D515454 04 02 0000 0001 63", plain),
        connect("v311-connect-bridge", "10 0D 0004 4D515454 84 02 0000 0001 63", bridge),
        connect("v31-connect-bridge", "10 0F 0006 4D5149736470 83 02 0000 0001 63", bridge_v31),
    ]
}

fn handshakes(version: Version, names: &Names) -> Vec<Golden> {
    let (client, server) = (Side::Client(version), Side::Server(version));
    let has_session_present = version == Version::V311;
    let connack = ConnAck {
        session_present: has_session_present,
        reason: ReasonCode::Success,
        properties: Properties::EMPTY,
    };
    let refused = ConnAck { session_present: false, reason: ReasonCode::NotAuthorized, ..connack };
    let connack_bytes = if has_session_present { "20 02 01 00" } else { "20 02 00 00" };
    let publish = Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: true,
        topic: Topic::Slice(name("a/b")),
        packet_id: None,
        properties: Properties::EMPTY,
        payload: b"x",
    };
    let second = Publish {
        dup: true,
        qos: QoS::ExactlyOnce,
        retain: false,
        packet_id: Some(id(10)),
        payload: b"",
        ..publish.clone()
    };
    let [puback, pubrec, pubrel, pubcomp] = names.acks;
    let ack = Ack::success(id(0x1234));
    vec![
        Golden::new(names.connack, server, connack_bytes, Packet::ConnAck(connack)),
        Golden::new(names.refused, server, "20 02 00 05", Packet::ConnAck(refused)),
        Golden::new(names.publish_0, server, "31 06 0003 612F62 78", Packet::Publish(publish)),
        Golden::new(names.publish_2, client, "3C 07 0003 612F62 000A", Packet::Publish(second)),
        Golden::new(puback, client, "40 02 1234", Packet::PubAck(ack)),
        Golden::new(pubrec, client, "50 02 1234", Packet::PubRec(ack)),
        Golden::new(pubrel, server, "62 02 1234", Packet::PubRel(ack)),
        Golden::new(pubcomp, server, "70 02 1234", Packet::PubComp(ack)),
    ]
}

fn requests(version: Version, names: &Names) -> Vec<Golden> {
    let (client, server) = (Side::Client(version), Side::Server(version));
    let wants = |text, qos| Subscription {
        filter: filter(text),
        options: SubscriptionOptions { qos, ..SubscriptionOptions::default() },
    };
    let subscribe = Subscribe {
        packet_id: id(10),
        properties: Properties::EMPTY,
        subscriptions: vec![wants("a/#", QoS::AtLeastOnce), wants("+", QoS::ExactlyOnce)],
    };
    let suback = SubAck {
        packet_id: id(10),
        properties: Properties::EMPTY,
        reasons: vec![
            ReasonCode::Success,
            ReasonCode::GrantedQoS1,
            ReasonCode::GrantedQoS2,
            ReasonCode::UnspecifiedError,
        ],
    };
    let unsubscribe = Unsubscribe {
        packet_id: id(11),
        properties: Properties::EMPTY,
        filters: vec![filter("a/#"), filter("+")],
    };
    let unsuback =
        UnsubAck { packet_id: id(11), properties: Properties::EMPTY, reasons: Vec::new() };
    let [subscribe_name, suback_name, unsubscribe_name, unsuback_name, pingreq, pingresp, bye] =
        names.requests;
    vec![
        Golden::new(
            subscribe_name,
            client,
            "82 0C 000A 0003 612F23 01 0001 2B 02",
            Packet::Subscribe(subscribe),
        ),
        Golden::new(suback_name, server, "90 06 000A 00 01 02 80", Packet::SubAck(suback)),
        Golden::new(
            unsubscribe_name,
            client,
            "A2 0A 000B 0003 612F23 0001 2B",
            Packet::Unsubscribe(unsubscribe),
        ),
        Golden::new(unsuback_name, server, "B0 02 000B", Packet::UnsubAck(unsuback)),
        Golden::new(pingreq, client, "C0 00", Packet::PingReq),
        Golden::new(pingresp, server, "D0 00", Packet::PingResp),
        Golden::new(bye, client, "E0 00", Packet::Disconnect(Disconnect::NORMAL)),
    ]
}
