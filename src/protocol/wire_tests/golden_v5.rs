//! Golden packets of MQTT 5.0.

use super::golden::Golden;
use super::*;

const CLIENT: Side = Side::Client(Version::V5);
const SERVER: Side = Side::Server(Version::V5);

/// Every golden packet of version 5.
pub(super) fn packets() -> Vec<Golden> {
    let mut list = connects();
    list.extend(connacks());
    list.extend(publishes());
    list.extend(acks());
    list.extend(requests());
    list.extend(ends());
    list
}

fn connects() -> Vec<Golden> {
    let plain = Connect {
        version: Version::V5,
        bridge: false,
        clean_start: true,
        keep_alive_secs: 10,
        session_expiry_secs: 0,
        client_id: "c",
        will: None,
        username: None,
        password: None,
        properties: Properties::EMPTY,
    };
    let will_properties =
        properties(&[Property::WillDelayInterval(4), Property::UserProperty("k", "v")]);
    let will = Will {
        topic: name("w/t"),
        payload: b"off",
        qos: QoS::AtLeastOnce,
        retain: false,
        delay_secs: 4,
        properties: will_properties,
    };
    let delayed = Connect {
        clean_start: false,
        session_expiry_secs: 60,
        will: Some(will),
        password: Some(b"p"),
        properties: properties(&[Property::SessionExpiryInterval(60)]),
        ..plain.clone()
    };
    let asking = Connect {
        properties: properties(&[
            Property::ReceiveMaximum(20),
            Property::MaximumPacketSize(100),
            Property::TopicAliasMaximum(10),
            Property::RequestResponseInformation(true),
            Property::RequestProblemInformation(false),
            Property::AuthenticationMethod("m"),
            Property::AuthenticationData(&[1]),
        ]),
        ..plain.clone()
    };
    let connect = |name, bytes, connect| {
        Golden::new(name, Side::Stranger, bytes, Packet::Connect(Box::new(connect)))
    };
    vec![
        connect("v5-connect", "10 0E 0004 4D515454 05 02 000A 00 0001 63", plain),
        connect(
            "v5-connect-will-delay",
            "10 2D 0004 4D515454 05 4C 000A 05 11 0000003C 0001 63 \
             0C 18 00000004 26 0001 6B 0001 76 0003 772F74 0003 6F6666 0001 70",
            delayed,
        ),
        connect(
            "v5-connect-properties",
            "10 25 0004 4D515454 05 02 000A 17 21 0014 27 00000064 22 000A 19 01 17 00 \
             15 0001 6D 16 0001 01 0001 63",
            asking,
        ),
    ]
}

fn connacks() -> Vec<Golden> {
    let granted = ConnAck {
        session_present: true,
        reason: ReasonCode::Success,
        properties: properties(&[
            Property::ServerKeepAlive(30),
            Property::AssignedClientIdentifier("x"),
            Property::RetainAvailable(false),
            Property::MaximumQoS(1),
        ]),
    };
    let refused = ConnAck {
        session_present: false,
        reason: ReasonCode::UnsupportedProtocolVersion,
        properties: Properties::EMPTY,
    };
    vec![
        Golden::new(
            "v5-connack",
            SERVER,
            "20 0E 01 00 0B 13 001E 12 0001 78 25 00 24 01",
            Packet::ConnAck(granted),
        ),
        Golden::new("v5-connack-refused", SERVER, "20 03 00 84 00", Packet::ConnAck(refused)),
    ]
}

fn publishes() -> Vec<Golden> {
    let plain = Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: Topic::Slice(name("a/b")),
        packet_id: None,
        properties: Properties::EMPTY,
        payload: b"x",
    };
    let rich = Publish {
        dup: true,
        qos: QoS::AtLeastOnce,
        retain: true,
        packet_id: Some(id(0x1234)),
        properties: properties(&[
            Property::SubscriptionIdentifier(1),
            Property::SubscriptionIdentifier(200),
            Property::TopicAlias(7),
            Property::PayloadFormatIndicator(1),
            Property::ContentType("t"),
            Property::ResponseTopic("r"),
            Property::CorrelationData(&[0]),
            Property::UserProperty("k", "1"),
            Property::UserProperty("k", "2"),
            Property::MessageExpiryInterval(60),
        ]),
        ..plain.clone()
    };
    vec![
        Golden::new("v5-publish", CLIENT, "30 07 0003 612F62 00 78", Packet::Publish(plain)),
        Golden::new(
            "v5-publish-properties",
            SERVER,
            "3B 32 0003 612F62 1234 29 0B 01 0B C801 23 0007 01 01 03 0001 74 \
             08 0001 72 09 0001 00 26 0001 6B 0001 31 26 0001 6B 0001 32 02 0000003C 78",
            Packet::Publish(rich),
        ),
    ]
}

fn acks() -> Vec<Golden> {
    let refused = Ack {
        packet_id: id(1),
        reason: ReasonCode::NotAuthorized,
        properties: properties(&[Property::ReasonString("no")]),
    };
    let no_receiver = Ack {
        packet_id: id(1),
        reason: ReasonCode::NoMatchingSubscribers,
        properties: Properties::EMPTY,
    };
    let unknown = Ack { reason: ReasonCode::PacketIdentifierNotFound, ..no_receiver };
    let success_because = Ack { reason: ReasonCode::Success, ..refused };
    vec![
        Golden::new("v5-puback", SERVER, "40 02 0001", Packet::PubAck(Ack::success(id(1)))),
        Golden::new(
            "v5-puback-refused",
            SERVER,
            "40 09 0001 87 05 1F 0002 6E6F",
            Packet::PubAck(refused),
        ),
        Golden::new("v5-pubrec-reason", SERVER, "50 03 0001 10", Packet::PubRec(no_receiver)),
        Golden::new("v5-pubrel-reason", CLIENT, "62 03 0001 92", Packet::PubRel(unknown)),
        Golden::new("v5-pubcomp-reason", CLIENT, "70 03 0001 92", Packet::PubComp(unknown)),
        Golden::new(
            "v5-pubcomp-success-properties",
            CLIENT,
            "70 09 0001 00 05 1F 0002 6E6F",
            Packet::PubComp(success_because),
        ),
    ]
}

fn requests() -> Vec<Golden> {
    let options = SubscriptionOptions {
        qos: QoS::ExactlyOnce,
        no_local: true,
        retain_as_published: true,
        retain_handling: RetainHandling::Never,
    };
    let subscribe = Subscribe {
        packet_id: id(10),
        properties: properties(&[Property::SubscriptionIdentifier(1)]),
        subscriptions: vec![
            Subscription { filter: filter("a"), options },
            Subscription { filter: filter("$share/g/+"), options: SubscriptionOptions::default() },
        ],
    };
    let suback = SubAck {
        packet_id: id(10),
        properties: properties(&[Property::UserProperty("", "")]),
        reasons: vec![ReasonCode::GrantedQoS2, ReasonCode::SharedSubscriptionsNotSupported],
    };
    let unsubscribe = Unsubscribe {
        packet_id: id(11),
        properties: properties(&[Property::UserProperty("", "")]),
        filters: vec![filter("a")],
    };
    let unsuback = UnsubAck {
        packet_id: id(11),
        properties: Properties::EMPTY,
        reasons: vec![ReasonCode::NoSubscriptionExisted],
    };
    vec![
        Golden::new(
            "v5-subscribe",
            CLIENT,
            "82 16 000A 02 0B 01 0001 61 2E 000A 2473686172652F672F2B 00",
            Packet::Subscribe(subscribe),
        ),
        Golden::new(
            "v5-suback",
            SERVER,
            "90 0A 000A 05 26 0000 0000 02 9E",
            Packet::SubAck(suback),
        ),
        Golden::new(
            "v5-unsubscribe",
            CLIENT,
            "A2 0B 000B 05 26 0000 0000 0001 61",
            Packet::Unsubscribe(unsubscribe),
        ),
        Golden::new("v5-unsuback", SERVER, "B0 04 000B 00 11", Packet::UnsubAck(unsuback)),
    ]
}

fn ends() -> Vec<Golden> {
    let with_will =
        Disconnect { reason: ReasonCode::DisconnectWithWill, properties: Properties::EMPTY };
    let keeping = Disconnect {
        reason: ReasonCode::Success,
        properties: properties(&[Property::SessionExpiryInterval(60)]),
    };
    let taken_over = Disconnect {
        reason: ReasonCode::SessionTakenOver,
        properties: properties(&[Property::ServerReference("s")]),
    };
    let auth = Auth {
        reason: ReasonCode::ContinueAuthentication,
        properties: properties(&[
            Property::AuthenticationMethod("m"),
            Property::AuthenticationData(&[0xFF]),
        ]),
    };
    vec![
        Golden::new("v5-pingreq", CLIENT, "C0 00", Packet::PingReq),
        Golden::new("v5-pingresp", SERVER, "D0 00", Packet::PingResp),
        Golden::new("v5-disconnect", CLIENT, "E0 00", Packet::Disconnect(Disconnect::NORMAL)),
        Golden::new("v5-disconnect-will", CLIENT, "E0 01 04", Packet::Disconnect(with_will)),
        Golden::new(
            "v5-disconnect-expiry",
            CLIENT,
            "E0 07 00 05 11 0000003C",
            Packet::Disconnect(keeping),
        ),
        Golden::new(
            "v5-disconnect-taken-over",
            SERVER,
            "E0 06 8E 04 1C 0001 73",
            Packet::Disconnect(taken_over),
        ),
        Golden::new("v5-auth", CLIENT, "F0 0A 18 08 15 0001 6D 16 0001 FF", Packet::Auth(auth)),
    ]
}
