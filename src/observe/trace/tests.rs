use super::*;
use crate::protocol::{
    ConnAck, Connect, Disconnect, MessageRef, Properties, Publish, ReasonCode, Subscribe,
    Subscription, SubscriptionOptions, Topic, TopicFilter, TopicName, Unsubscribe, Version,
};

fn received(packet: &Packet<'_>) -> String {
    let mut out = Bounded::new(1000);
    write_received(&mut out, "c1", packet).unwrap();
    out.finish()
}

fn sent(packet: &Packet<'_>) -> String {
    let mut out = Bounded::new(1000);
    write_sent(&mut out, "c1", packet).unwrap();
    out.finish()
}

fn id(number: u16) -> PacketId {
    PacketId::new(number).unwrap()
}

fn connect() -> Connect<'static> {
    Connect {
        version: Version::V5,
        bridge: false,
        clean_start: true,
        keep_alive_secs: 60,
        session_expiry_secs: 0,
        client_id: "c1",
        will: None,
        username: Some("bob"),
        password: Some(b"secret"),
        properties: Properties::EMPTY,
    }
}

#[test]
fn acknowledgements_and_the_like_are_one_line() {
    let ack = Ack::success(id(7));
    let received_golden = [
        (Packet::PubAck(ack), "Received PUBACK from c1 (Mid: 7, RC:0)"),
        (Packet::PubRec(ack), "Received PUBREC from c1 (Mid: 7)"),
        (Packet::PubRel(ack), "Received PUBREL from c1 (Mid: 7)"),
        (Packet::PubComp(ack), "Received PUBCOMP from c1 (Mid: 7, RC:0)"),
        (Packet::PingReq, "Received PINGREQ from c1"),
        (disconnect(ReasonCode::Success), "Received DISCONNECT from c1"),
        (disconnect(ReasonCode::DisconnectWithWill), "Received DISCONNECT from c1 (rc4)"),
    ];
    for (packet, expected) in received_golden {
        assert_eq!(received(&packet), expected);
    }
    let accepted = ConnAck {
        session_present: false,
        reason: ReasonCode::Success,
        properties: Properties::EMPTY,
    };
    let sent_golden = [
        (Packet::ConnAck(accepted), "Sending CONNACK to c1 (0, 0)"),
        (Packet::PubAck(ack), "Sending PUBACK to c1 (m7, rc0)"),
        (Packet::PubRec(ack), "Sending PUBREC to c1 (m7, rc0)"),
        (Packet::PubRel(ack), "Sending PUBREL to c1 (m7)"),
        (Packet::PubComp(ack), "Sending PUBCOMP to c1 (m7)"),
        (Packet::PingResp, "Sending PINGRESP to c1"),
        (disconnect(ReasonCode::ServerShuttingDown), "Sending DISCONNECT to c1 (rc139)"),
    ];
    for (packet, expected) in sent_golden {
        assert_eq!(sent(&packet), expected);
    }
}

fn disconnect(reason: ReasonCode) -> Packet<'static> {
    Packet::Disconnect(Disconnect { reason, properties: Properties::EMPTY })
}

#[test]
fn a_connect_shows_no_password() {
    let told = received(&Packet::Connect(Box::new(connect())));
    assert_eq!(told, "Received CONNECT from c1 (p5, c1, k60)\nNo will message specified.");
}

#[test]
fn a_publish_shows_its_size_and_never_its_payload() {
    let topic = TopicName::new("t\n1: x").unwrap();
    let publish = Publish {
        dup: false,
        qos: QoS::AtLeastOnce,
        retain: true,
        topic: Topic::Slice(topic),
        packet_id: Some(id(1)),
        properties: Properties::EMPTY,
        payload: b"hello",
    };
    let told = received(&Packet::Publish(publish));
    assert_eq!(told, r"Received PUBLISH from c1 (d0, q1, r1, m1, 't\n1: x', ... (5 bytes))");
    let message = MessageRef {
        topic: TopicName::new("t").unwrap(),
        qos: QoS::AtMostOnce,
        retain: false,
        properties: Properties::EMPTY,
        payload: b"hello",
    };
    let outgoing = Outgoing {
        message,
        dup: true,
        qos: QoS::AtMostOnce,
        retain: false,
        packet_id: None,
        expiry_secs: None,
        subscription_ids: &[],
        topic_alias: None,
    };
    let mut out = Bounded::new(1000);
    write_delivered(&mut out, "c1", &outgoing).unwrap();
    assert_eq!(out.finish(), "Sending PUBLISH to c1 (d1, q0, r0, m0, 't', ... (5 bytes))");
}

#[test]
fn subscriptions_stand_on_lines_of_their_own() {
    let subscription = |text, qos| Subscription {
        filter: TopicFilter::new(text).unwrap(),
        options: SubscriptionOptions { qos, ..SubscriptionOptions::default() },
    };
    let subscribe = Subscribe {
        packet_id: id(1),
        properties: Properties::EMPTY,
        subscriptions: vec![
            subscription("a/#", QoS::ExactlyOnce),
            subscription("b\rc", QoS::AtMostOnce),
        ],
    };
    assert_eq!(
        received(&Packet::Subscribe(subscribe)),
        "Received SUBSCRIBE from c1\n\ta/# (QoS 2)\n\tb\\rc (QoS 0)"
    );
    let unsubscribe = Unsubscribe {
        packet_id: id(1),
        properties: Properties::EMPTY,
        filters: vec![TopicFilter::new("a/#").unwrap()],
    };
    assert_eq!(received(&Packet::Unsubscribe(unsubscribe)), "Received UNSUBSCRIBE from c1\n\ta/#");
}
