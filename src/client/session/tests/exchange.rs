//! Messages both ways.

use super::*;
use crate::protocol::{SubAck, Subscription, SubscriptionOptions, TopicFilter};

#[test]
fn each_qos_goes_its_way() {
    let mut t = Test::connected(settings());
    t.publish(10, 0).expect(&["publish 1 p10", "published 10 0x00"]);
    t.publish(11, 1).expect(&["publish 2 p11"]);
    t.packet(Packet::PubAck(ack(2))).expect(&["published 11 0x00"]);
    t.publish(12, 2).expect(&["publish 3 p12"]);
    t.packet(Packet::PubRec(ack(3))).expect(&["pubrel 3 0x00"]);
    t.packet(Packet::PubRec(ack(3))).expect(&["pubrel 3 0x00"]);
    t.packet(Packet::PubComp(ack(3))).expect(&["published 12 0x00"]);
    assert_eq!(t.session.unsettled(), 0);
}

#[test]
fn an_error_in_the_acknowledgement_settles_the_message() {
    let mut t = Test::connected(settings());
    t.publish(1, 1).publish(2, 2);
    t.packet(Packet::PubAck(failed(1, ReasonCode::NotAuthorized)));
    t.packet(Packet::PubRec(failed(2, ReasonCode::QuotaExceeded)));
    t.expect(&["publish 1 p1", "publish 2 p2", "published 1 0x87", "published 2 0x97"]);
    assert_eq!(t.session.unsettled(), 0);
}

#[test]
fn the_window_is_the_smaller_of_ours_and_the_servers() {
    let mut t = Test::new(Settings { inflight_messages_max: 3, ..settings() });
    t.input(Input::Start).open(false, &[Property::ReceiveMaximum(2)]);
    t.told.0.clear();
    t.publish(1, 1).publish(2, 2).publish(3, 1).publish(4, 0);
    t.expect(&["publish 1 p1", "publish 2 p2", "publish 3 p4", "published 4 0x00"]);
    t.packet(Packet::PubRec(ack(2))).expect(&["pubrel 2 0x00"]);
    t.packet(Packet::PubComp(ack(2))).expect(&["published 2 0x00", "publish 4 p3"]);
    let mut t = Test::connected(Settings { inflight_messages_max: 1, ..settings() });
    t.publish(1, 1).publish(2, 1).expect(&["publish 1 p1"]);
}

#[test]
fn a_resumed_session_goes_on_where_it_stopped() {
    let mut t = Test::connected(settings());
    t.publish(1, 1).publish(2, 2).publish(3, 2).packet(Packet::PubRec(ack(2)));
    t.input(Input::Closed).publish(4, 1).at(1);
    t.told.0.clear();
    t.open(true, &[Property::ReceiveMaximum(3)]);
    t.expect(&[
        "connect 'c'",
        "limit 4294967295",
        "connected as 'c'",
        "publish 1 p1 dup",
        "pubrel 2 0x00",
        "publish 3 p3 dup",
    ]);
    t.packet(Packet::PubComp(ack(2))).expect(&["published 2 0x00", "publish 4 p4"]);
}

#[test]
fn a_lost_session_gets_every_message_as_a_new_one() {
    let mut t = Test::connected(settings());
    t.publish(1, 1).publish(2, 2).packet(Packet::PubRec(ack(2))).input(Input::Closed).at(1);
    t.told.0.clear();
    t.open(false, &[]);
    t.expect(&[
        "connect 'c'",
        "limit 4294967295",
        "connected as 'c'",
        "publish 1 p1",
        "publish 2 p2",
    ]);
}

#[test]
fn resending_keeps_to_the_new_window() {
    let mut t = Test::connected(settings());
    t.publish(1, 1).publish(2, 1).input(Input::Closed).at(1).open(true, &[]);
    t.input(Input::Closed).at(2);
    t.told.0.clear();
    t.open(true, &[Property::ReceiveMaximum(1)]);
    assert_eq!(t.told.0.last().unwrap(), "publish 1 p1 dup");
    t.told.0.clear();
    t.packet(Packet::PubAck(ack(1))).expect(&["published 1 0x00", "publish 2 p2 dup"]);
}

#[test]
fn mqtt_3_1_cannot_tell_but_a_kept_session_is_resumed() {
    let mut t = Test::connected(Settings { version: Version::V31, ..settings() });
    t.publish(1, 1).input(Input::Closed).at(1).open(false, &[]);
    assert_eq!(t.told.0.last().unwrap(), "publish 1 p1 dup");
}

#[test]
fn qos_0_without_a_connection_is_dropped_and_the_rest_waits() {
    let mut t = Test::connected(settings());
    t.input(Input::Closed).publish(1, 0).publish(2, 1);
    t.expect(&["waiting Lost until 1000", "not published 1 Offline"]);
    assert_eq!(t.session.unsettled(), 1);
}

#[test]
fn the_limits_of_the_server_are_kept() {
    let mut t = Test::new(settings());
    let limits = [
        Property::MaximumQoS(1),
        Property::MaximumPacketSize(12),
        Property::RetainAvailable(false),
    ];
    t.input(Input::Start).open(false, &limits);
    t.told.0.clear();
    t.publish(1, 2).expect(&["not published 1 QoS(AtLeastOnce)"]);
    let large = message("0123456789", 1, false);
    t.input(Input::Publish { token: 2, message: large, topic_alias: None });
    t.expect(&["not published 2 TooLarge"]);
    let retained = message("r", 1, true);
    t.input(Input::Publish { token: 3, message: retained, topic_alias: None });
    assert_eq!(t.told.0.len(), 1);
    assert!(!t.told.0[0].contains("retain"), "{:?}", t.told.0);
    assert_eq!(t.session.unsettled(), 1);
}

#[test]
fn qos_1_is_acknowledged_and_qos_2_told_once() {
    let mut t = Test::connected(settings());
    t.receive("a", 0, 0).expect(&["message a"]);
    t.receive("b", 1, 5).expect(&["puback 5 0x00", "message b"]);
    t.receive("c", 2, 6).expect(&["pubrec 6 0x00"]);
    t.receive("c", 2, 6).expect(&["pubrec 6 0x00"]);
    t.packet(Packet::PubRel(ack(6))).expect(&["pubcomp 6 0x00", "message c"]);
    t.packet(Packet::PubRel(ack(6))).expect(&["pubcomp 6 0x92"]);
}

#[test]
fn a_message_is_kept_across_connections_only_with_its_session() {
    for (session_present, answer) in
        [(true, &["pubcomp 6 0x00", "message c"][..]), (false, &["pubcomp 6 0x92"][..])]
    {
        let mut t = Test::connected(settings());
        t.receive("c", 2, 6).input(Input::Closed).at(1).open(session_present, &[]);
        t.told.0.clear();
        t.packet(Packet::PubRel(ack(6))).expect(answer);
    }
}

#[test]
fn more_than_twice_our_receive_maximum_is_refused_when_it_is_too_much() {
    let mut ours = settings();
    ours.properties.push(Property::ReceiveMaximum(1));
    let mut t = Test::connected(ours);
    t.receive("a", 2, 1).receive("b", 2, 2).receive("b", 2, 2);
    t.expect(&["pubrec 1 0x00", "pubrec 2 0x00", "pubrec 2 0x00"]);
    t.receive("c", 2, 3).receive("d", 1, 4);
    t.expect(&["pubrec 3 0x00", "puback 4 0x00", "message d"]);
    t.receive(&"x".repeat((16 << 20) - 2), 2, 5).expect(&["disconnect 0x93", "close"]);
    t.input(Input::Closed).expect(&["ended Violation(ReceiveMaximumExceeded)"]);
}

#[test]
fn acknowledgements_of_nothing_are_harmless_and_wrong_ones_are_not() {
    let mut t = Test::connected(settings());
    t.packet(Packet::PubAck(ack(9))).packet(Packet::PubComp(ack(9))).expect(&[]);
    t.packet(Packet::PubRec(ack(9))).expect(&["pubrel 9 0x92"]);
    t.publish(1, 2).expect(&["publish 1 p1"]);
    t.packet(Packet::PubAck(ack(1))).expect(&["disconnect 0x82", "close"]);
}

#[test]
fn identifiers_in_use_are_not_given_twice() {
    let mut t = Test::connected(settings());
    t.publish(1, 1).expect(&["publish 1 p1"]);
    for _ in 2..=65_535 {
        t.publish(0, 0);
    }
    t.told.0.clear();
    t.publish(2, 1).expect(&["publish 2 p2"]);
    t.packet(Packet::PubAck(ack(1))).expect(&["published 1 0x00"]);
}

#[test]
fn subscribing_counts_with_the_messages_and_hears_its_own_answer() {
    let mut t = Test::connected(settings());
    let filter = TopicFilter::new("a/#").unwrap();
    let subscriptions = [Subscription { filter, options: SubscriptionOptions::default() }];
    let (subscriptions, properties) = (&subscriptions[..], Properties::EMPTY);
    t.input(Input::Subscribe { subscriptions, properties }).publish(1, 1);
    t.expect(&["subscribe 1", "publish 2 p1"]);
    let answer = |id| {
        let packet_id = PacketId::new(id).unwrap();
        Packet::SubAck(SubAck { packet_id, properties, reasons: vec![ReasonCode::Success] })
    };
    t.packet(answer(2)).expect(&[]);
    t.packet(answer(1)).expect(&["subscribed 1"]);
    t.packet(answer(1)).expect(&[]);
}

#[test]
fn room_ends_before_memory_does() {
    let mut t = Test::connected(settings());
    t.input(Input::Closed);
    let large = message(&"x".repeat(4 << 20), 1, false);
    for token in 0..4 {
        assert!(t.session.has_room());
        t.input(Input::Publish { token, message: large.clone(), topic_alias: None });
    }
    assert!(!t.session.has_room());
}
