//! What the standard demands of a client, each test named after its statements.

use super::*;
use crate::client::session::settings::StoredWill;
use crate::protocol::{Auth, Disconnect, Encoder, Will};

/// The bytes of the CONNECT that these settings lead to.
fn connect_bytes(settings: &Settings) -> Vec<u8> {
    let mut bytes = Vec::new();
    let connect = Packet::Connect(Box::new(settings.connect(&settings.client_id)));
    Encoder::new(settings.version).encode(&connect, &mut bytes).unwrap();
    bytes
}

/// The Connect Flags of a CONNECT.
fn connect_flags(settings: &Settings) -> u8 {
    connect_bytes(settings)[9]
}

fn will(qos: u8, retain: bool) -> Option<StoredWill> {
    let will = Will {
        topic: TopicName::new("w").unwrap(),
        payload: b"gone",
        qos: QoS::from_u8(qos).unwrap(),
        retain,
        delay_secs: 0,
        properties: Properties::EMPTY,
    };
    Some(StoredWill::copy_of(&will))
}

#[test]
fn mqtt_3_1_0_1() {
    let mut t = Test::new(settings());
    t.input(Input::Start).publish(1, 1).expect(&["open"]);
    t.input(Input::Opened).publish(2, 1).expect(&["connect 'c'"]);
}

#[test]
fn mqtt_3_1_2_11_to_13() {
    assert_eq!(connect_flags(&settings()) & 0b0011_1100, 0, "no will: no QoS, no RETAIN");
    for (qos, retain, bits) in
        [(0, false, 0b0000_0100), (1, true, 0b0010_1100), (2, false, 0b0001_0100)]
    {
        let mortal = Settings { will: will(qos, retain), ..settings() };
        assert_eq!(connect_flags(&mortal) & 0b0011_1100, bits);
    }
}

#[test]
fn mqtt_3_1_2_16_to_19() {
    let username = || Some("me".to_owned());
    let password = || Some(b"pw".to_vec());
    for (username, password, bits, tail) in [
        (None, None, 0, &b"c"[..]),
        (username(), None, 0b1000_0000, b"\0\x02me"),
        (None, password(), 0b0100_0000, b"\0\x02pw"),
        (username(), password(), 0b1100_0000, b"\0\x02me\0\x02pw"),
    ] {
        let user = Settings { username, password, ..settings() };
        assert_eq!(connect_flags(&user) & 0b1100_0000, bits);
        assert!(connect_bytes(&user).ends_with(tail));
    }
}

#[test]
fn mqtt_3_1_3_1_and_3() {
    let (username, password) = (Some("me".to_owned()), Some(b"pw".to_vec()));
    let all = Settings { will: will(0, false), username, password, ..settings() };
    assert!(connect_bytes(&all).ends_with(b"\0\x01c\0\0\x01w\0\x04gone\0\x02me\0\x02pw"));
}

#[test]
fn mqtt_3_1_2_20() {
    let mut t = Test::connected(settings());
    t.at(9).expect(&[]);
    t.at(10).expect(&["pingreq"]);
}

#[test]
fn mqtt_3_1_2_21_and_3_2_2_21() {
    let mut t = Test::new(settings());
    t.input(Input::Start).open(false, &[Property::ServerKeepAlive(3)]);
    t.told.0.clear();
    t.at(3).expect(&["pingreq"]);
}

#[test]
fn mqtt_3_2_2_5() {
    let mut t = Test::connected(settings());
    t.publish(1, 2).receive("a", 2, 7).packet(Packet::PubRec(ack(1)));
    t.input(Input::Closed).at(1).open(false, &[]);
    t.told.0.clear();
    t.packet(Packet::PubRel(ack(7))).expect(&["pubcomp 7 0x92"]);
    t.packet(Packet::PubRec(ack(1))).expect(&["pubrel 1 0x00"]);
}

#[test]
fn mqtt_3_2_2_11_and_14_and_15() {
    let mut t = Test::new(settings());
    let limits = [
        Property::MaximumQoS(0),
        Property::RetainAvailable(false),
        Property::MaximumPacketSize(10),
    ];
    t.input(Input::Start).open(false, &limits);
    t.told.0.clear();
    t.publish(1, 1).expect(&["not published 1 QoS(AtMostOnce)"]);
    let retained = message("r", 0, true);
    t.input(Input::Publish { token: 2, message: retained, topic_alias: None });
    t.expect(&["publish 2 r", "published 2 0x00"]);
    let large = message("0123456789", 0, false);
    t.input(Input::Publish { token: 3, message: large, topic_alias: None });
    t.expect(&["not published 3 TooLarge"]);
}

#[test]
fn mqtt_2_2_1_3_and_5() {
    let mut t = Test::connected(settings());
    t.publish(1, 1).publish(2, 2).expect(&["publish 1 p1", "publish 2 p2"]);
    t.packet(Packet::PubRec(ack(2))).expect(&["pubrel 2 0x00"]);
    t.receive("a", 1, 9).receive("b", 2, 10);
    t.expect(&["puback 9 0x00", "message a", "pubrec 10 0x00"]);
}

#[test]
fn mqtt_3_3_4_7_and_8_and_4_9_0_2_and_3() {
    let mut t = Test::new(settings());
    t.input(Input::Start).open(false, &[Property::ReceiveMaximum(1)]);
    t.told.0.clear();
    t.publish(1, 1).publish(2, 2).expect(&["publish 1 p1"]);
    t.publish(3, 0).expect(&["publish 2 p3", "published 3 0x00"]);
    t.receive("a", 1, 5).expect(&["puback 5 0x00", "message a"]);
    t.packet(Packet::PubAck(ack(1))).expect(&["published 1 0x00", "publish 3 p2"]);
}

#[test]
fn mqtt_3_3_1_1_and_2_and_4_4_0_1_and_4_6_0_1() {
    let mut t = Test::connected(settings());
    t.publish(1, 1).publish(2, 2).publish(3, 1).publish(4, 0).at(5);
    t.expect(&["publish 1 p1", "publish 2 p2", "publish 3 p3", "publish 4 p4", "published 4 0x00"]);
    t.input(Input::Closed).at(6).open(true, &[]);
    assert_eq!(t.told.0[5..], ["publish 1 p1 dup", "publish 2 p2 dup", "publish 3 p3 dup"]);
}

#[test]
fn mqtt_4_4_0_2_and_4_3_3_6() {
    let mut t = Test::connected(settings());
    t.publish(1, 1).publish(2, 2).publish(3, 2);
    t.packet(Packet::PubAck(failed(1, ReasonCode::QuotaExceeded)));
    t.packet(Packet::PubRec(failed(2, ReasonCode::NotAuthorized)));
    t.packet(Packet::PubRec(ack(3)));
    t.input(Input::Closed).at(1);
    t.told.0.clear();
    t.open(true, &[]);
    assert_eq!(t.told.0[3..], ["pubrel 3 0x00"], "no PUBLISH again");
}

#[test]
fn mqtt_4_5_0_2_and_4_6_0_2_to_4() {
    let mut t = Test::connected(settings());
    t.receive("a", 1, 3).receive("b", 1, 2);
    t.expect(&["puback 3 0x00", "message a", "puback 2 0x00", "message b"]);
    t.receive("c", 2, 9).receive("d", 2, 8).expect(&["pubrec 9 0x00", "pubrec 8 0x00"]);
    t.publish(1, 2).publish(2, 2).expect(&["publish 1 p1", "publish 2 p2"]);
    t.packet(Packet::PubRec(ack(2))).packet(Packet::PubRec(ack(1)));
    t.expect(&["pubrel 2 0x00", "pubrel 1 0x00"]);
}

#[test]
fn mqtt_4_3_3_10_to_12_of_a_receiver() {
    let mut t = Test::connected(settings());
    t.receive("a", 2, 6).receive("a", 2, 6).expect(&["pubrec 6 0x00", "pubrec 6 0x00"]);
    t.packet(Packet::PubRel(ack(6))).expect(&["pubcomp 6 0x00", "message a"]);
    t.receive("b", 2, 6).packet(Packet::PubRel(ack(6)));
    t.expect(&["pubrec 6 0x00", "pubcomp 6 0x00", "message b"]);
}

#[test]
fn mqtt_3_14_4_1_and_2() {
    let mut t = Test::connected(settings());
    t.input(Input::End { reason: ReasonCode::Success, properties: Properties::EMPTY });
    t.expect(&["disconnect 0x00", "close"]);
    t.publish(1, 1).receive("a", 1, 1).at(100).expect(&[]);
}

#[test]
fn a_server_that_says_goodbye_is_left_3_14_4() {
    let mut t = Test::connected(settings());
    let disconnect =
        Disconnect { reason: ReasonCode::ServerShuttingDown, properties: Properties::EMPTY };
    t.packet(Packet::Disconnect(disconnect)).expect(&["close"]);
}

#[test]
fn mqtt_4_12_0_7() {
    let mut t = Test::connected(settings());
    let reason = ReasonCode::ContinueAuthentication;
    let auth = Auth { reason, properties: Properties::EMPTY };
    t.packet(Packet::Auth(auth)).expect(&["disconnect 0x82", "close"]);
}
