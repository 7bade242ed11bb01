//! Decoding what was encoded gives the same packet, for packets of every type and version.

use proptest::prelude::*;

use super::*;

/// Decisions, drawn from random bytes; zeros when they run out.
struct Dice<'a>(&'a [u8]);

const TEXTS: [&str; 5] = ["", "a", "ä/€", "\u{FEFF}x", "a longer text with some words in it"];
const TOPICS: [&str; 5] = ["a", "/", "$SYS/x", "a/b/c", "ä/\u{2A6D4}"];
const FILTERS: [&str; 6] = ["#", "+/a", "a/+/#", "$share/g/a/#", "/", "a"];
const DATA: [&[u8]; 4] = [b"", b"\0", b"\xFF\xFE", &[0x5A; 300]];

impl Dice<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        byte
    }

    fn flip(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    fn u32(&mut self) -> u32 {
        u32::from(self.u16()) << 16 | u32::from(self.u16())
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::from(self.byte()) % list.len()]
    }

    fn id(&mut self) -> PacketId {
        PacketId::new(self.u16()).unwrap_or(PacketId::FIRST)
    }

    fn qos(&mut self) -> QoS {
        self.of(&[QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce])
    }

    fn reason(&mut self, kind: PacketKind, from_client: bool) -> ReasonCode {
        let allowed: Vec<_> =
            ReasonCode::all().filter(|code| code.is_allowed_in(kind, from_client)).collect();
        self.of(&allowed)
    }

    /// A valid value.
    fn property(&mut self, id: PropertyId) -> Property<'static> {
        match id {
            PropertyId::PayloadFormatIndicator => Property::PayloadFormatIndicator(0),
            PropertyId::MessageExpiryInterval => Property::MessageExpiryInterval(self.u32()),
            PropertyId::ContentType => Property::ContentType(self.of(&TEXTS)),
            PropertyId::ResponseTopic => Property::ResponseTopic(self.of(&TOPICS)),
            PropertyId::CorrelationData => Property::CorrelationData(self.of(&DATA)),
            PropertyId::SubscriptionIdentifier => {
                Property::SubscriptionIdentifier(self.u32() % 268_435_455 + 1)
            }
            PropertyId::SessionExpiryInterval => Property::SessionExpiryInterval(self.u32()),
            PropertyId::AssignedClientIdentifier => {
                Property::AssignedClientIdentifier(self.of(&TEXTS))
            }
            PropertyId::ServerKeepAlive => Property::ServerKeepAlive(self.u16()),
            PropertyId::AuthenticationMethod => Property::AuthenticationMethod(self.of(&TEXTS)),
            PropertyId::AuthenticationData => Property::AuthenticationData(self.of(&DATA)),
            PropertyId::RequestProblemInformation => {
                Property::RequestProblemInformation(self.flip())
            }
            PropertyId::WillDelayInterval => Property::WillDelayInterval(self.u32()),
            PropertyId::RequestResponseInformation => {
                Property::RequestResponseInformation(self.flip())
            }
            PropertyId::ResponseInformation => Property::ResponseInformation(self.of(&TEXTS)),
            PropertyId::ServerReference => Property::ServerReference(self.of(&TEXTS)),
            PropertyId::ReasonString => Property::ReasonString(self.of(&TEXTS)),
            PropertyId::ReceiveMaximum => Property::ReceiveMaximum(self.u16().max(1)),
            PropertyId::TopicAliasMaximum => Property::TopicAliasMaximum(self.u16()),
            PropertyId::TopicAlias => Property::TopicAlias(self.u16() % 20 + 1),
            PropertyId::MaximumQoS => Property::MaximumQoS(self.byte() & 1),
            PropertyId::RetainAvailable => Property::RetainAvailable(self.flip()),
            PropertyId::UserProperty => Property::UserProperty(self.of(&TEXTS), self.of(&TEXTS)),
            PropertyId::MaximumPacketSize => Property::MaximumPacketSize(self.u32().max(1)),
            PropertyId::WildcardSubscriptionAvailable => {
                Property::WildcardSubscriptionAvailable(self.flip())
            }
            PropertyId::SubscriptionIdentifierAvailable => {
                Property::SubscriptionIdentifierAvailable(self.flip())
            }
            PropertyId::SharedSubscriptionAvailable => {
                Property::SharedSubscriptionAvailable(self.flip())
            }
        }
    }

    /// Properties that the side may send there; in a PUBLISH in the order in which we write them.
    fn properties(&mut self, version: Version, place: PropertyPlace, client: bool) -> PropertyBuf {
        let mut buf = PropertyBuf::new();
        if !version.is_v5() {
            return buf;
        }
        let hop = [PropertyId::SubscriptionIdentifier, PropertyId::TopicAlias];
        let last = PropertyId::MessageExpiryInterval;
        let others = PropertyId::all().filter(|id| !hop.contains(id) && *id != last);
        for id in hop.into_iter().chain(others).chain([last]).filter(|id| id.is_allowed_in(place)) {
            let one = [self.property(id)].into_iter().collect::<PropertyBuf>();
            let may_send =
                Properties::decode(one.as_properties().as_bytes(), place, client).is_ok();
            let is_method = id == PropertyId::AuthenticationMethod;
            if may_send && (is_method || self.flip()) {
                buf.extend_from(one.as_properties());
            }
            while id == PropertyId::UserProperty && self.flip() {
                buf.push(self.property(id));
            }
        }
        buf
    }

    fn connect<'p>(
        &mut self,
        version: Version,
        own: Properties<'p>,
        of_will: Properties<'p>,
    ) -> Connect<'p> {
        let will = Will {
            topic: name(self.of(&TOPICS)),
            payload: self.of(&DATA),
            qos: self.qos(),
            retain: self.flip(),
            delay_secs: of_will.will_delay().unwrap_or(0),
            properties: of_will,
        };
        let clean_start = self.flip();
        let username = self.flip().then(|| self.of(&TEXTS));
        let may_have_password = username.is_some() || version.is_v5();
        Connect {
            version,
            bridge: !version.is_v5() && self.flip(),
            clean_start,
            keep_alive_secs: self.u16(),
            session_expiry_secs: match version {
                Version::V5 => own.session_expiry().unwrap_or(0),
                _ if clean_start => 0,
                _ => u32::MAX,
            },
            client_id: self.of(&TEXTS),
            will: self.flip().then_some(will),
            username,
            password: (may_have_password && self.flip()).then(|| self.of(&DATA)),
            properties: own,
        }
    }

    fn publish<'p>(&mut self, properties: Properties<'p>) -> Publish<'p> {
        let qos = self.qos();
        Publish {
            dup: qos != QoS::AtMostOnce && self.flip(),
            qos,
            retain: self.flip(),
            topic: Topic::Slice(name(self.of(&TOPICS))),
            packet_id: (qos != QoS::AtMostOnce).then(|| self.id()),
            properties,
            payload: self.of(&DATA),
        }
    }

    fn subscription(&mut self, version: Version) -> Subscription<'static> {
        let filter = filter(self.of(&FILTERS));
        let mut options = SubscriptionOptions { qos: self.qos(), ..Default::default() };
        if version.is_v5() {
            options.no_local = filter.shared().is_none() && self.flip();
            options.retain_as_published = self.flip();
            let handling = [RetainHandling::Always, RetainHandling::IfNew, RetainHandling::Never];
            options.retain_handling = self.of(&handling);
        }
        Subscription { filter, options }
    }

    fn reasons(&mut self, kind: PacketKind, version: Version) -> Vec<ReasonCode> {
        let count = self.byte() % 5 + 1;
        let v3 = [ReasonCode::Success, ReasonCode::GrantedQoS1, ReasonCode::UnspecifiedError];
        match (kind, version.is_v5()) {
            (_, true) => (0..count).map(|_| self.reason(kind, false)).collect(),
            (PacketKind::SubAck, false) => (0..count).map(|_| self.of(&v3)).collect(),
            _ => Vec::new(),
        }
    }

    fn ack<'p>(
        &mut self,
        kind: PacketKind,
        version: Version,
        client: bool,
        properties: Properties<'p>,
    ) -> Ack<'p> {
        let reason = if version.is_v5() { self.reason(kind, client) } else { ReasonCode::Success };
        Ack { packet_id: self.id(), reason, properties }
    }

    fn packet<'p>(
        &mut self,
        kind: PacketKind,
        version: Version,
        client: bool,
        properties: Properties<'p>,
        of_will: Properties<'p>,
    ) -> Packet<'p> {
        let packet_id = self.id();
        let is_v5 = version.is_v5();
        match kind {
            PacketKind::Connect => {
                Packet::Connect(Box::new(self.connect(version, properties, of_will)))
            }
            PacketKind::ConnAck => {
                let session_present = version != Version::V31 && self.flip();
                let v3 = (self.byte() % 6).min(5);
                let reason = match is_v5 {
                    true => self.reason(kind, false),
                    false => ReasonCode::from_connack_v3(v3).unwrap(),
                };
                Packet::ConnAck(ConnAck { session_present, reason, properties })
            }
            PacketKind::Publish => Packet::Publish(self.publish(properties)),
            PacketKind::PubAck => Packet::PubAck(self.ack(kind, version, client, properties)),
            PacketKind::PubRec => Packet::PubRec(self.ack(kind, version, client, properties)),
            PacketKind::PubRel => Packet::PubRel(self.ack(kind, version, client, properties)),
            PacketKind::PubComp => Packet::PubComp(self.ack(kind, version, client, properties)),
            PacketKind::Subscribe => {
                let count = self.byte() % 5 + 1;
                let subscriptions = (0..count).map(|_| self.subscription(version)).collect();
                Packet::Subscribe(Subscribe { packet_id, properties, subscriptions })
            }
            PacketKind::SubAck => {
                let reasons = self.reasons(kind, version);
                Packet::SubAck(SubAck { packet_id, properties, reasons })
            }
            PacketKind::Unsubscribe => {
                let filters = (0..=self.byte() % 5).map(|_| filter(self.of(&FILTERS))).collect();
                Packet::Unsubscribe(Unsubscribe { packet_id, properties, filters })
            }
            PacketKind::UnsubAck => {
                let reasons = self.reasons(kind, version);
                Packet::UnsubAck(UnsubAck { packet_id, properties, reasons })
            }
            PacketKind::PingReq => Packet::PingReq,
            PacketKind::PingResp => Packet::PingResp,
            PacketKind::Disconnect if !is_v5 => Packet::Disconnect(Disconnect::NORMAL),
            PacketKind::Disconnect => {
                let reason = self.reason(kind, client);
                Packet::Disconnect(Disconnect { reason, properties })
            }
            PacketKind::Auth => {
                Packet::Auth(Auth { reason: self.reason(kind, client), properties })
            }
        }
    }
}

/// The side that sends this type in this version, `None` when there is none. Either where both do.
fn sender(kind: PacketKind, version: Version, prefer_client: bool) -> Option<Side> {
    let (client, server) = (Side::Client(version), Side::Server(version));
    match kind {
        PacketKind::Auth if !version.is_v5() => None,
        PacketKind::Connect => Some(Side::Stranger),
        PacketKind::Disconnect if !version.is_v5() => Some(client),
        PacketKind::Subscribe | PacketKind::Unsubscribe | PacketKind::PingReq => Some(client),
        PacketKind::ConnAck | PacketKind::SubAck | PacketKind::UnsubAck | PacketKind::PingResp => {
            Some(server)
        }
        _ => Some(if prefer_client { client } else { server }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decoding_what_was_encoded_gives_the_same(
        random in proptest::collection::vec(any::<u8>(), 0..300),
        prefer_client in any::<bool>(),
    ) {
        let cases = (1..=15).filter_map(PacketKind::from_u8);
        for (kind, version) in cases.flat_map(|kind| VERSIONS.map(|version| (kind, version))) {
            let Some(side) = sender(kind, version, prefer_client) else { continue };
            let client = !matches!(side, Side::Server(_));
            let mut dice = Dice(&random);
            let own = dice.properties(version, PropertyPlace::Packet(kind), client);
            let of_will = dice.properties(version, PropertyPlace::Will, true);
            let (own, of_will) = (own.as_properties(), of_will.as_properties());
            let packet = dice.packet(kind, version, client, own, of_will);

            let mut encoder = Encoder::new(version);
            // Without an alias of its own a PUBLISH would get one from the encoder.
            let alias_max = if own.has(PropertyId::TopicAlias) { 20 } else { 0 };
            encoder.set_peer(u32::MAX, alias_max, true);
            let mut bytes = Vec::new();
            encoder.encode(&packet, &mut bytes).unwrap();
            let mut decoder = side.decoder();
            let decoded = decoder.decode(&bytes);
            prop_assert_eq!(decoded, Ok(Decoded::Packet(packet, bytes.len())));
        }
    }

    #[test]
    fn random_bytes_never_panic(random in proptest::collection::vec(any::<u8>(), 0..200)) {
        for side in sides() {
            let mut decoder = side.decoder();
            let mut rest = &random[..];
            while let Ok(Decoded::Packet(_, length)) = decoder.decode(rest) {
                prop_assert!(length <= rest.len());
                rest = &rest[length..];
            }
        }
    }
}
