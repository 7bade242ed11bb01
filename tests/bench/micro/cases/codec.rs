//! Decoding and encoding, packet by packet and version by version.

use std::hint::black_box;

use super::{Family, Law, Prepared};
use crate::protocol::{
    Ack, Auth, ConnAck, Connect, DecodeLimits, Decoded, Decoder, Disconnect, Encoder, Packet,
    PacketId, PacketKind, Properties, Property, PropertyBuf, Publish, QoS, ReasonCode, SubAck,
    Subscribe, Subscription, SubscriptionOptions, Topic, TopicFilter, TopicName, UnsubAck,
    Unsubscribe, Version, Will,
};

/// How often a packet is read or written in one run.
const TIMES: usize = 100;

const LIMITS: DecodeLimits = DecodeLimits {
    packet_size_max: 2_000_000,
    connect_size_max: 100_000,
    topic_alias_max: 10,
    strict_connect_flags: false,
};

/// A packet of the catalogue: kind, and what is special about it.
type Sample = (PacketKind, &'static str);

const SAMPLES: [Sample; 17] = [
    (PacketKind::Connect, ""),
    (PacketKind::ConnAck, ""),
    (PacketKind::Publish, "-0"),
    (PacketKind::Publish, "-1"),
    (PacketKind::Publish, "-properties"),
    (PacketKind::PubAck, ""),
    (PacketKind::PubRec, ""),
    (PacketKind::PubRel, ""),
    (PacketKind::PubComp, ""),
    (PacketKind::Subscribe, ""),
    (PacketKind::SubAck, ""),
    (PacketKind::Unsubscribe, ""),
    (PacketKind::UnsubAck, ""),
    (PacketKind::PingReq, ""),
    (PacketKind::PingResp, ""),
    (PacketKind::Disconnect, ""),
    (PacketKind::Auth, ""),
];

pub(super) fn families() -> Vec<Family> {
    let mut families = Vec::new();
    for sample in SAMPLES {
        for version in [Version::V31, Version::V311, Version::V5] {
            // Only CONNECT tells 3.1 from 3.1.1.
            let is_known = version != Version::V31 || sample.0 == PacketKind::Connect;
            let needs_v5 = sample.0 == PacketKind::Auth || sample.1 == "-properties";
            if !is_known || needs_v5 && !version.is_v5() {
                continue;
            }
            let level = match version {
                Version::V31 => "3.1",
                Version::V311 => "3.1.1",
                Version::V5 => "5.0",
            };
            let name = format!("{}{}/{level}", sample.0.name(), sample.1);
            let decode = move |_| decode(sample, version);
            families.push(Family::new(&format!("decode/{name}"), Law::Constant, &[1], &[], decode));
            let encode = move |_| encode(sample, version);
            families.push(Family::new(&format!("encode/{name}"), Law::Constant, &[1], &[], encode));
        }
    }
    for (name, sample, version) in [
        ("PUBLISH-1/3.1.1", (PacketKind::Publish, "-1"), Version::V311),
        ("PUBLISH-1/5.0", (PacketKind::Publish, "-1"), Version::V5),
        ("PUBLISH-properties/5.0", (PacketKind::Publish, "-properties"), Version::V5),
        ("PUBACK/3.1.1", (PacketKind::PubAck, ""), Version::V311),
    ] {
        let prepare = move |_| decode_alike(sample, version);
        let name = format!("decode-alike/{name}");
        families.push(Family::new(&name, Law::Constant, &[1], &[], prepare));
    }
    families
}

fn decode(sample: Sample, version: Version) -> Prepared {
    let bytes = bytes_of(sample, version);
    let mut decoder = decoder_for(sample.0, version);
    Prepared::repeating(TIMES, move || {
        for _ in 0..TIMES {
            if sample.0 == PacketKind::Connect {
                decoder = Decoder::of_client(LIMITS);
            }
            let decoded = decoder.decode(black_box(&bytes)).unwrap();
            assert!(matches!(black_box(decoded), Decoded::Packet(..)));
        }
    })
}

/// One of many that are alike, in one read.
fn decode_alike(sample: Sample, version: Version) -> Prepared {
    let bytes = bytes_of(sample, version).repeat(TIMES);
    let mut decoder = decoder_for(sample.0, version);
    Prepared::repeating(TIMES, move || {
        let Ok(Decoded::Packet(first, length)) = decoder.decode(black_box(&bytes)) else {
            panic!("it was encoded before");
        };
        let mut packets = Vec::with_capacity(TIMES);
        packets.push(first);
        let taken = decoder.decode_alike(&mut packets, &bytes[length..], TIMES);
        assert_eq!(length + taken, bytes.len());
        black_box(packets);
    })
}

fn encode(sample: Sample, version: Version) -> Prepared {
    let bytes = bytes_of(sample, version);
    let mut decoder = decoder_for(sample.0, version);
    let mut encoder = Encoder::new(version);
    let mut out = Vec::with_capacity(4096);
    Prepared::repeating(TIMES, move || {
        if sample.0 == PacketKind::Connect {
            decoder = Decoder::of_client(LIMITS);
        }
        let Ok(Decoded::Packet(packet, _)) = decoder.decode(&bytes) else {
            panic!("it was decoded before");
        };
        for _ in 0..TIMES {
            out.clear();
            encoder.encode(black_box(&packet), &mut out).unwrap();
            black_box(&out);
        }
    })
}

/// A decoder of the side that the packet comes from, ready for it.
fn decoder_for(kind: PacketKind, version: Version) -> Decoder {
    let is_of_server = matches!(
        kind,
        PacketKind::ConnAck | PacketKind::SubAck | PacketKind::UnsubAck | PacketKind::PingResp
    );
    if is_of_server {
        return Decoder::of_server(version, LIMITS);
    }
    let mut decoder = Decoder::of_client(LIMITS);
    if kind != PacketKind::Connect {
        decoder.decode(&bytes_of((PacketKind::Connect, ""), version)).unwrap();
    }
    decoder
}

fn bytes_of(sample: Sample, version: Version) -> Vec<u8> {
    let mut bytes = Vec::new();
    let properties = properties_of(sample, version);
    let packet = packet_of(sample, version, properties.as_properties());
    Encoder::new(version).encode(&packet, &mut bytes).unwrap();
    assert!(!bytes.is_empty());
    bytes
}

/// The properties that such a packet usually has.
fn properties_of((kind, special): Sample, version: Version) -> PropertyBuf {
    let mut properties = PropertyBuf::new();
    if !version.is_v5() {
        return properties;
    }
    let usual: &[Property<'_>] = match (kind, special) {
        (PacketKind::Connect, _) => {
            &[Property::SessionExpiryInterval(3600), Property::ReceiveMaximum(100)]
        }
        (PacketKind::ConnAck, _) => {
            &[Property::TopicAliasMaximum(10), Property::ReceiveMaximum(20)]
        }
        (PacketKind::Publish, "-properties") => &[
            Property::MessageExpiryInterval(60),
            Property::ContentType("application/json"),
            Property::ResponseTopic("answers/to/client-17"),
            Property::CorrelationData(b"0123456789abcdef"),
            Property::UserProperty("unit", "celsius"),
        ],
        (PacketKind::Subscribe, _) => &[Property::SubscriptionIdentifier(7)],
        (PacketKind::Auth, _) => &[
            Property::AuthenticationMethod("SCRAM-SHA-256"),
            Property::AuthenticationData(b"0123456789abcdef"),
        ],
        _ => &[],
    };
    usual.iter().for_each(|property| properties.push(*property));
    properties
}

fn packet_of<'a>(
    (kind, special): Sample,
    version: Version,
    properties: Properties<'a>,
) -> Packet<'a> {
    let packet_id = PacketId::new(1000).unwrap();
    let ack = Ack::success(packet_id);
    let filters = ["plant/7/+/temperature", "plant/7/alarms/#", "plant/7/status"]
        .map(|filter| TopicFilter::new(filter).unwrap());
    let reasons = vec![ReasonCode::Success; filters.len()];
    match kind {
        PacketKind::Connect => Packet::Connect(Box::new(connect(version, properties))),
        PacketKind::ConnAck => Packet::ConnAck(ConnAck {
            session_present: version.is_v5(),
            reason: ReasonCode::Success,
            properties,
        }),
        PacketKind::Publish => {
            let qos = if special == "-0" { QoS::AtMostOnce } else { QoS::AtLeastOnce };
            Packet::Publish(Publish {
                dup: false,
                qos,
                retain: false,
                topic: Topic::Slice(TopicName::new("plant/7/line/3/temperature").unwrap()),
                packet_id: (qos > QoS::AtMostOnce).then_some(packet_id),
                properties,
                payload: &[b'x'; 64],
            })
        }
        PacketKind::PubAck => Packet::PubAck(ack),
        PacketKind::PubRec => Packet::PubRec(ack),
        PacketKind::PubRel => Packet::PubRel(ack),
        PacketKind::PubComp => Packet::PubComp(ack),
        PacketKind::Subscribe => {
            let options = SubscriptionOptions { qos: QoS::AtLeastOnce, ..Default::default() };
            let subscriptions = filters.map(|filter| Subscription { filter, options }).to_vec();
            Packet::Subscribe(Subscribe { packet_id, properties, subscriptions })
        }
        PacketKind::SubAck => Packet::SubAck(SubAck { packet_id, properties, reasons }),
        PacketKind::Unsubscribe => {
            Packet::Unsubscribe(Unsubscribe { packet_id, properties, filters: filters.to_vec() })
        }
        PacketKind::UnsubAck => Packet::UnsubAck(UnsubAck { packet_id, properties, reasons }),
        PacketKind::PingReq => Packet::PingReq,
        PacketKind::PingResp => Packet::PingResp,
        PacketKind::Disconnect => Packet::Disconnect(Disconnect::NORMAL),
        PacketKind::Auth => {
            Packet::Auth(Auth { reason: ReasonCode::ContinueAuthentication, properties })
        }
    }
}

/// A CONNECT with user name, password and will.
fn connect(version: Version, properties: Properties<'_>) -> Connect<'_> {
    Connect {
        version,
        bridge: false,
        clean_start: true,
        keep_alive_secs: 60,
        session_expiry_secs: properties.session_expiry().unwrap_or(0),
        client_id: "sensor-0017",
        will: Some(Will {
            topic: TopicName::new("plant/7/status").unwrap(),
            payload: b"offline",
            qos: QoS::AtLeastOnce,
            retain: true,
            delay_secs: 0,
            properties: Properties::EMPTY,
        }),
        username: Some("sensor"),
        password: Some(b"secret"),
        properties,
    }
}
