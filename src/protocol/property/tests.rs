use super::*;
use crate::{PacketKind, Violation};

/// A value for each property, at the upper end of its range.
fn example(id: PropertyId) -> Property<'static> {
    match id {
        PropertyId::PayloadFormatIndicator => Property::PayloadFormatIndicator(1),
        PropertyId::MessageExpiryInterval => Property::MessageExpiryInterval(u32::MAX),
        PropertyId::ContentType => Property::ContentType("text/plain"),
        PropertyId::ResponseTopic => Property::ResponseTopic("a/b"),
        PropertyId::CorrelationData => Property::CorrelationData(&[0, 0xFF]),
        PropertyId::SubscriptionIdentifier => Property::SubscriptionIdentifier(268_435_455),
        PropertyId::SessionExpiryInterval => Property::SessionExpiryInterval(u32::MAX),
        PropertyId::AssignedClientIdentifier => Property::AssignedClientIdentifier("auto-1"),
        PropertyId::ServerKeepAlive => Property::ServerKeepAlive(0),
        PropertyId::AuthenticationMethod => Property::AuthenticationMethod("SCRAM"),
        PropertyId::AuthenticationData => Property::AuthenticationData(&[]),
        PropertyId::RequestProblemInformation => Property::RequestProblemInformation(false),
        PropertyId::WillDelayInterval => Property::WillDelayInterval(5),
        PropertyId::RequestResponseInformation => Property::RequestResponseInformation(true),
        PropertyId::ResponseInformation => Property::ResponseInformation("r"),
        PropertyId::ServerReference => Property::ServerReference("other:1883"),
        PropertyId::ReasonString => Property::ReasonString("because"),
        PropertyId::ReceiveMaximum => Property::ReceiveMaximum(1),
        PropertyId::TopicAliasMaximum => Property::TopicAliasMaximum(u16::MAX),
        PropertyId::TopicAlias => Property::TopicAlias(1),
        PropertyId::MaximumQoS => Property::MaximumQoS(1),
        PropertyId::RetainAvailable => Property::RetainAvailable(false),
        PropertyId::UserProperty => Property::UserProperty("", "v"),
        PropertyId::MaximumPacketSize => Property::MaximumPacketSize(1),
        PropertyId::WildcardSubscriptionAvailable => Property::WildcardSubscriptionAvailable(true),
        PropertyId::SubscriptionIdentifierAvailable => {
            Property::SubscriptionIdentifierAvailable(false)
        }
        PropertyId::SharedSubscriptionAvailable => Property::SharedSubscriptionAvailable(true),
    }
}

fn places() -> impl Iterator<Item = PropertyPlace> {
    let packets = (1..=15).filter_map(PacketKind::from_u8).map(PropertyPlace::Packet);
    packets.chain([PropertyPlace::Will])
}

#[test]
fn every_property_is_read_where_it_belongs_and_refused_elsewhere() {
    for id in PropertyId::all() {
        let buf: PropertyBuf = [example(id)].into_iter().collect();
        let bytes = buf.as_properties().as_bytes();
        let mut accepted = 0;
        for place in places() {
            // Either side may send it, but for the two that have a rule of their own.
            let read = [true, false].map(|client| Properties::decode(bytes, place, client));
            if id.is_allowed_in(place) {
                let section = read.into_iter().find_map(Result::ok).unwrap();
                assert_eq!(section.iter().collect::<Vec<_>>(), [example(id)]);
                assert!(section.has(id));
                accepted += 1;
            } else {
                let misplaced = crate::Malformed::PropertyMisplaced(id, place);
                assert_eq!(read, [Err(misplaced.into()), Err(misplaced.into())]);
            }
        }
        assert!(accepted > 0, "{id} fits nowhere");
    }
}

#[test]
fn how_many_properties_each_place_has() {
    let counts: Vec<usize> = places()
        .map(|place| PropertyId::all().filter(|id| id.is_allowed_in(place)).count())
        .collect();
    // CONNECT to AUTH, then the will: rows of table 2-4.
    assert_eq!(counts, [9, 17, 8, 2, 2, 2, 2, 2, 2, 1, 2, 0, 0, 4, 4, 7]);
}

#[test]
fn every_property_but_user_property_occurs_once() {
    for id in PropertyId::all() {
        let buf: PropertyBuf = [example(id), example(id)].into_iter().collect();
        let bytes = buf.as_properties().as_bytes();
        for place in places().filter(|place| id.is_allowed_in(*place)) {
            let from_client = id != PropertyId::SubscriptionIdentifier
                || place == PropertyPlace::Packet(PacketKind::Subscribe);
            let read = Properties::decode(bytes, place, from_client);
            if id == PropertyId::UserProperty || !from_client {
                assert_eq!(read.unwrap().iter().count(), 2);
            } else {
                assert_eq!(read, Err(Violation::PropertyTwice(id).into()));
            }
        }
    }
}

#[test]
fn a_section_that_is_cut_is_refused_at_every_byte() {
    for id in PropertyId::all() {
        let buf: PropertyBuf = [example(id)].into_iter().collect();
        let bytes = buf.as_properties().as_bytes();
        let place = places().find(|place| id.is_allowed_in(*place)).unwrap();
        for length in 1..bytes.len() {
            let read = Properties::decode(&bytes[..length], place, false);
            assert_eq!(read, Err(crate::Malformed::Truncated.into()), "{id}");
        }
    }
}

#[test]
fn accessors_find_their_property_and_nothing_else() {
    let empty = Properties::EMPTY;
    assert_eq!((empty.message_expiry(), empty.reason_string()), (None, None));
    let all: PropertyBuf = PropertyId::all().map(example).collect();
    let all = all.as_properties();
    assert_eq!(all.payload_format(), Some(1));
    assert_eq!(all.message_expiry(), Some(u32::MAX));
    assert_eq!(all.content_type(), Some("text/plain"));
    assert_eq!(all.response_topic(), Some("a/b"));
    assert_eq!(all.correlation_data(), Some(&[0, 0xFF][..]));
    assert_eq!(all.subscription_identifiers().collect::<Vec<_>>(), [268_435_455]);
    assert_eq!(all.session_expiry(), Some(u32::MAX));
    assert_eq!(all.assigned_client_id(), Some("auto-1"));
    assert_eq!(all.server_keep_alive(), Some(0));
    assert_eq!(all.authentication_method(), Some("SCRAM"));
    assert_eq!(all.authentication_data(), Some(&[][..]));
    assert_eq!(all.request_problem_information(), Some(false));
    assert_eq!(all.will_delay(), Some(5));
    assert_eq!(all.request_response_information(), Some(true));
    assert_eq!(all.response_information(), Some("r"));
    assert_eq!(all.server_reference(), Some("other:1883"));
    assert_eq!(all.reason_string(), Some("because"));
    assert_eq!(all.receive_maximum(), Some(1));
    assert_eq!(all.topic_alias_maximum(), Some(u16::MAX));
    assert_eq!(all.topic_alias(), Some(1));
    assert_eq!(all.maximum_qos(), Some(1));
    assert_eq!(all.retain_available(), Some(false));
    assert_eq!(all.user_properties().collect::<Vec<_>>(), [("", "v")]);
    assert_eq!(all.maximum_packet_size(), Some(1));
    assert_eq!(all.wildcard_subscription_available(), Some(true));
    assert_eq!(all.subscription_identifier_available(), Some(false));
    assert_eq!(all.shared_subscription_available(), Some(true));
}

#[test]
fn what_travels_end_to_end_is_the_same_however_it_is_found() {
    let hop = [
        PropertyId::TopicAlias,
        PropertyId::MessageExpiryInterval,
        PropertyId::SubscriptionIdentifier,
        PropertyId::WillDelayInterval,
    ];
    let there = [PropertyId::ContentType, PropertyId::TopicAlias, PropertyId::UserProperty];
    let mut sections = vec![vec![]];
    for id in there.into_iter().chain(hop) {
        for at in 0..sections.len() {
            let mut longer: Vec<PropertyId> = sections[at].clone();
            if !longer.contains(&id) {
                longer.insert(longer.len() / 2, id);
                sections.push(longer);
            }
        }
    }
    for ids in sections {
        let mut buf = PropertyBuf::new();
        buf.extend(ids.iter().map(|id| example(*id)));
        let expected: PropertyBuf =
            ids.iter().filter(|id| !hop.contains(id)).map(|id| example(*id)).collect();
        let expected = expected.as_properties().as_bytes();
        let mut behind = PropertyBuf::new();
        behind.push(example(PropertyId::CorrelationData));
        let before = behind.as_properties().as_bytes().len();
        behind.extend_from(buf.as_properties());
        for (section, skipped) in [(buf.as_properties(), 0), (behind.as_properties(), before)] {
            let mut pieces = Vec::new();
            section.end_to_end(|piece| pieces.extend_from_slice(piece));
            assert_eq!(section.end_to_end_len(), pieces.len());
            assert_eq!(pieces[skipped..], *expected, "{ids:?}");
            let secs = ids.contains(&PropertyId::MessageExpiryInterval).then_some(u32::MAX);
            assert_eq!(section.message_expiry(), secs);
        }
    }
}
