//! What the encoder leaves out, shortens or refuses.

use super::*;

fn outgoing<'a>(payload: &'a [u8], properties: Properties<'a>) -> Outgoing<'a> {
    Outgoing {
        message: MessageRef {
            topic: name("a/b/c/d"),
            qos: QoS::ExactlyOnce,
            retain: true,
            properties,
            payload,
        },
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        packet_id: None,
        expiry_secs: None,
        subscription_ids: &[],
        topic_alias: None,
    }
}

fn written(encoder: &mut Encoder, publish: &Outgoing<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    encoder.encode_publish(publish, &mut out).unwrap();
    out
}

fn encoded(encoder: &mut Encoder, packet: &Packet<'_>) -> Result<Vec<u8>, TooLarge> {
    let mut out = Vec::new();
    encoder.encode(packet, &mut out).map(|()| out)
}

fn limited(packet_size_max: u32, topic_alias_max: u16) -> Encoder {
    let mut encoder = Encoder::new(Version::V5);
    encoder.set_peer(packet_size_max, topic_alias_max, true);
    encoder
}

#[test]
fn properties_of_the_last_hop_are_replaced_by_ours() {
    let received = properties(&[
        Property::TopicAlias(9),
        Property::ContentType("t"),
        Property::MessageExpiryInterval(99),
        Property::SubscriptionIdentifier(5),
        Property::WillDelayInterval(7),
        Property::UserProperty("k", "v"),
    ]);
    let mut publish = outgoing(b"x", received);
    let kept = "03 0001 74 26 0001 6B 0001 76";
    let plain = hex(&format!("30 16 0007 612F622F632F64 0B {kept} 78"));
    assert_eq!(written(&mut limited(u32::MAX, 0), &publish), plain);
    publish.expiry_secs = Some(3);
    publish.subscription_ids = &[1, 300];
    publish.qos = QoS::AtLeastOnce;
    publish.packet_id = Some(id(2));
    let ours = format!("32 22 0007 612F622F632F64 0002 15 0B01 0BAC02 {kept} 02 00000003 78");
    let bytes = written(&mut limited(u32::MAX, 0), &publish);
    assert_eq!(bytes, hex(&ours));
    assert_eq!(publish_len(Version::V5, &publish), bytes.len());
    let v3 = hex("32 0C 0007 612F622F632F64 0002 78");
    assert_eq!(written(&mut Encoder::new(Version::V311), &publish), v3);
    assert_eq!(publish_len(Version::V311, &publish), v3.len());
}

#[test]
fn an_alias_is_introduced_and_then_stands_alone() {
    let mut encoder = limited(u32::MAX, 1);
    let publish = outgoing(b"x", Properties::EMPTY);
    let first = hex("30 0E 0007 612F622F632F64 03 23 0001 78");
    assert_eq!(written(&mut encoder, &publish), first);
    assert_eq!(written(&mut encoder, &publish), hex("30 07 0000 03 23 0001 78"));
    let mut other = publish;
    other.message.topic = name("b");
    assert_eq!(written(&mut encoder, &other), hex("30 05 0001 62 00 78"));
}

#[test]
fn mqtt_3_1_2_24_an_alias_that_makes_the_packet_too_large_is_not_used() {
    let publish = outgoing(b"x", Properties::EMPTY);
    let plain = hex("30 0B 0007 612F622F632F64 00 78");
    let mut encoder = limited(plain.len() as u32 + 2, 1);
    assert_eq!(written(&mut encoder, &publish), plain);
    assert_eq!(written(&mut encoder, &publish), plain);
    let mut encoder = limited(plain.len() as u32 + 3, 1);
    assert_eq!(written(&mut encoder, &publish)[1], 0x0E);
    let mut out = b"kept".to_vec();
    let mut encoder = limited(plain.len() as u32 - 1, 1);
    assert_eq!(encoder.encode_publish(&publish, &mut out), Err(TooLarge));
    assert_eq!(encoder.encode_publish_head(&publish, &mut out), Err(TooLarge));
    assert_eq!(out, b"kept");
}

#[test]
fn what_is_written_again_is_what_would_be_written_anew() {
    let mut frames = Frames::default();
    for (payload, qos) in [(0, QoS::AtMostOnce), (5, QoS::AtLeastOnce), (200, QoS::ExactlyOnce)] {
        frames.clear();
        let payload = vec![7; payload];
        for id in [1, 300, 65_535] {
            let packet_id = (qos > QoS::AtMostOnce).then(|| PacketId::new(id).unwrap());
            let publish = Outgoing { qos, packet_id, ..outgoing(&payload, Properties::EMPTY) };
            for version in [Version::V5, Version::V311, Version::V31] {
                let mut out = vec![9];
                let mut encoder = Encoder::new(version);
                assert_eq!(encoder.encode_publish_again(&publish, &mut frames, &mut out), Ok(()));
                assert_eq!(out[1..], written(&mut encoder, &publish), "{version:?} {id}");
                let mut small = limited(6, 0);
                assert_eq!(
                    small.encode_publish_again(&publish, &mut frames, &mut out),
                    Err(TooLarge)
                );
            }
            // Aliases belong to one connection.
            let mut again = limited(u32::MAX, 3);
            let mut anew = limited(u32::MAX, 3);
            for _ in 0..2 {
                let mut out = Vec::new();
                assert_eq!(again.encode_publish_again(&publish, &mut frames, &mut out), Ok(()));
                assert_eq!(out, written(&mut anew, &publish));
            }
        }
    }
}

#[test]
fn the_head_is_the_packet_without_its_payload() {
    let publish = outgoing(&[7; 300], Properties::EMPTY);
    let whole = written(&mut limited(u32::MAX, 0), &publish);
    let mut head = Vec::new();
    limited(u32::MAX, 0).encode_publish_head(&publish, &mut head).unwrap();
    assert_eq!([&head[..], &[7; 300]].concat(), whole);
    assert_eq!(publish_len(Version::V5, &publish), whole.len());
}

#[test]
fn mqtt_3_4_2_2_and_3_what_explains_is_left_out_when_there_is_no_room() {
    let ack = Packet::PubAck(Ack {
        packet_id: id(1),
        reason: ReasonCode::QuotaExceeded,
        properties: properties(&[Property::ReasonString("r"), Property::UserProperty("k", "v")]),
    });
    let full = hex("40 0F 0001 97 0B 1F 0001 72 26 0001 6B 0001 76");
    let short = hex("40 08 0001 97 04 1F 0001 72");
    let bare = hex("40 03 0001 97");
    for (max, expected) in [
        (17, Ok(full.clone())),
        (16, Ok(short.clone())),
        (10, Ok(short)),
        (9, Ok(bare.clone())),
        (5, Ok(bare.clone())),
        (4, Err(TooLarge)),
    ] {
        assert_eq!(encoded(&mut limited(max, 0), &ack), expected, "{max}");
    }
    let mut silent = Encoder::new(Version::V5);
    silent.set_peer(u32::MAX, 0, false);
    assert_eq!(encoded(&mut silent, &ack), Ok(bare), "MQTT-3.1.2-29");
}

#[test]
fn mqtt_3_1_2_29_connack_and_disconnect_may_always_explain() {
    let why = properties(&[Property::ReasonString("r")]);
    let mut silent = Encoder::new(Version::V5);
    silent.set_peer(u32::MAX, 0, false);
    let reason = ReasonCode::ServerBusy;
    let connack = Packet::ConnAck(ConnAck { session_present: false, reason, properties: why });
    assert_eq!(encoded(&mut silent, &connack), Ok(hex("20 07 00 89 04 1F 0001 72")));
    let bye = Packet::Disconnect(Disconnect { reason, properties: why });
    assert_eq!(encoded(&mut silent, &bye), Ok(hex("E0 06 89 04 1F 0001 72")));
}

#[test]
fn what_version_3_has_no_form_for_is_not_written() {
    let nothing = Ok(Vec::new());
    let properties = Properties::EMPTY;
    for version in [Version::V31, Version::V311] {
        let mut encoder = Encoder::new(version);
        let reason = ReasonCode::ServerShuttingDown;
        let bye = Packet::Disconnect(Disconnect { reason, properties });
        assert_eq!(encoded(&mut encoder, &bye), nothing);
        let reason = ReasonCode::Success;
        assert_eq!(encoded(&mut encoder, &Packet::Auth(Auth { reason, properties })), nothing);
        let reason = ReasonCode::ServerBusy;
        let refused = Packet::ConnAck(ConnAck { session_present: false, reason, properties });
        assert_eq!(encoded(&mut encoder, &refused), nothing);
        let reasons = vec![ReasonCode::NotAuthorized, ReasonCode::GrantedQoS1];
        let suback = Packet::SubAck(SubAck { packet_id: id(1), properties, reasons });
        assert_eq!(encoded(&mut encoder, &suback), Ok(hex("90 04 0001 80 01")));
        let reason = ReasonCode::NotAuthorized;
        let ack = Packet::PubAck(Ack { packet_id: id(1), reason, properties });
        assert_eq!(encoded(&mut encoder, &ack), Ok(hex("40 02 0001")));
    }
}

#[test]
fn expiry_and_delay_are_written_where_only_the_fields_say_them() {
    let will = Will {
        topic: name("w"),
        payload: b"",
        qos: QoS::AtMostOnce,
        retain: false,
        delay_secs: 5,
        properties: properties(&[Property::WillDelayInterval(9), Property::ContentType("t")]),
    };
    let connect = Connect {
        version: Version::V5,
        bridge: false,
        clean_start: true,
        keep_alive_secs: 0,
        session_expiry_secs: 60,
        client_id: "",
        will: Some(will),
        username: None,
        password: Some(b"p"),
        properties: Properties::EMPTY,
    };
    let packet = Packet::Connect(Box::new(connect));
    let v5 = hex("10 24 0004 4D515454 05 46 0000 05 11 0000003C 0000 \
         09 18 00000005 03 0001 74 0001 77 0000 0001 70");
    assert_eq!(encoded(&mut Encoder::new(Version::V5), &packet), Ok(v5));
    // A password without a user name has no form in version 3.
    let v311 = hex("10 11 0004 4D515454 04 06 0000 0000 0001 77 0000");
    assert_eq!(encoded(&mut Encoder::new(Version::V311), &packet), Ok(v311));
}

#[test]
fn strings_that_the_wire_cannot_hold_are_refused() {
    let client_id = "c".repeat(65_536);
    let connect = |client_id| {
        Packet::Connect(Box::new(Connect {
            version: Version::V5,
            bridge: false,
            clean_start: true,
            keep_alive_secs: 0,
            session_expiry_secs: 0,
            client_id,
            will: None,
            username: None,
            password: None,
            properties: Properties::EMPTY,
        }))
    };
    let mut encoder = Encoder::new(Version::V5);
    assert_eq!(encoded(&mut encoder, &connect(&client_id)), Err(TooLarge));
    let longest = encoded(&mut encoder, &connect(&client_id[1..])).unwrap();
    assert_eq!(longest[..4], [0x10, 0x8C, 0x80, 0x04]);
    assert_eq!(longest.len(), 4 + 11 + 2 + 65_535);
}
