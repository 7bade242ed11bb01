//! Table 2-4: every property with its name, its type and where it may stand.

use super::PropertyId;
use crate::PacketKind;

/// Where a property section stands: in the variable header of a packet, or before the will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyPlace {
    /// The properties of a packet.
    Packet(PacketKind),
    /// The will properties in the payload of CONNECT (section 3.1.3.2).
    Will,
}

impl std::fmt::Display for PropertyPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PropertyPlace::Packet(kind) => kind.fmt(f),
            PropertyPlace::Will => f.write_str("a will"),
        }
    }
}

impl PropertyPlace {
    const fn bit(self) -> u16 {
        match self {
            PropertyPlace::Packet(kind) => 1 << kind as u8,
            PropertyPlace::Will => WILL,
        }
    }
}

/// How a value lies on the wire (section 2.2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Byte,
    Two,
    Four,
    Variable,
    Text,
    Binary,
    Pair,
}

const WILL: u16 = 1;
const CONNECT: u16 = 1 << PacketKind::Connect as u8;
const CONNACK: u16 = 1 << PacketKind::ConnAck as u8;
const PUBLISH: u16 = 1 << PacketKind::Publish as u8;
const ACKS: u16 = 1 << PacketKind::PubAck as u8
    | 1 << PacketKind::PubRec as u8
    | 1 << PacketKind::PubRel as u8
    | 1 << PacketKind::PubComp as u8;
const SUBSCRIBE: u16 = 1 << PacketKind::Subscribe as u8;
const SUBACK: u16 = 1 << PacketKind::SubAck as u8;
const UNSUBSCRIBE: u16 = 1 << PacketKind::Unsubscribe as u8;
const UNSUBACK: u16 = 1 << PacketKind::UnsubAck as u8;
const DISCONNECT: u16 = 1 << PacketKind::Disconnect as u8;
const AUTH: u16 = 1 << PacketKind::Auth as u8;
const ALL: u16 = WILL
    | CONNECT
    | CONNACK
    | PUBLISH
    | ACKS
    | SUBSCRIBE
    | SUBACK
    | UNSUBSCRIBE
    | UNSUBACK
    | DISCONNECT
    | AUTH;

/// Identifier, name, type, places.
struct Row(PropertyId, &'static str, Kind, u16);

const ROWS: [Row; 27] = [
    Row(PropertyId::PayloadFormatIndicator, "Payload Format Indicator", Kind::Byte, PUBLISH | WILL),
    Row(PropertyId::MessageExpiryInterval, "Message Expiry Interval", Kind::Four, PUBLISH | WILL),
    Row(PropertyId::ContentType, "Content Type", Kind::Text, PUBLISH | WILL),
    Row(PropertyId::ResponseTopic, "Response Topic", Kind::Text, PUBLISH | WILL),
    Row(PropertyId::CorrelationData, "Correlation Data", Kind::Binary, PUBLISH | WILL),
    Row(
        PropertyId::SubscriptionIdentifier,
        "Subscription Identifier",
        Kind::Variable,
        PUBLISH | SUBSCRIBE,
    ),
    Row(
        PropertyId::SessionExpiryInterval,
        "Session Expiry Interval",
        Kind::Four,
        CONNECT | CONNACK | DISCONNECT,
    ),
    Row(PropertyId::AssignedClientIdentifier, "Assigned Client Identifier", Kind::Text, CONNACK),
    Row(PropertyId::ServerKeepAlive, "Server Keep Alive", Kind::Two, CONNACK),
    Row(
        PropertyId::AuthenticationMethod,
        "Authentication Method",
        Kind::Text,
        CONNECT | CONNACK | AUTH,
    ),
    Row(
        PropertyId::AuthenticationData,
        "Authentication Data",
        Kind::Binary,
        CONNECT | CONNACK | AUTH,
    ),
    Row(PropertyId::RequestProblemInformation, "Request Problem Information", Kind::Byte, CONNECT),
    Row(PropertyId::WillDelayInterval, "Will Delay Interval", Kind::Four, WILL),
    Row(
        PropertyId::RequestResponseInformation,
        "Request Response Information",
        Kind::Byte,
        CONNECT,
    ),
    Row(PropertyId::ResponseInformation, "Response Information", Kind::Text, CONNACK),
    Row(PropertyId::ServerReference, "Server Reference", Kind::Text, CONNACK | DISCONNECT),
    Row(
        PropertyId::ReasonString,
        "Reason String",
        Kind::Text,
        CONNACK | ACKS | SUBACK | UNSUBACK | DISCONNECT | AUTH,
    ),
    Row(PropertyId::ReceiveMaximum, "Receive Maximum", Kind::Two, CONNECT | CONNACK),
    Row(PropertyId::TopicAliasMaximum, "Topic Alias Maximum", Kind::Two, CONNECT | CONNACK),
    Row(PropertyId::TopicAlias, "Topic Alias", Kind::Two, PUBLISH),
    Row(PropertyId::MaximumQoS, "Maximum QoS", Kind::Byte, CONNACK),
    Row(PropertyId::RetainAvailable, "Retain Available", Kind::Byte, CONNACK),
    Row(PropertyId::UserProperty, "User Property", Kind::Pair, ALL),
    Row(PropertyId::MaximumPacketSize, "Maximum Packet Size", Kind::Four, CONNECT | CONNACK),
    Row(
        PropertyId::WildcardSubscriptionAvailable,
        "Wildcard Subscription Available",
        Kind::Byte,
        CONNACK,
    ),
    Row(
        PropertyId::SubscriptionIdentifierAvailable,
        "Subscription Identifier Available",
        Kind::Byte,
        CONNACK,
    ),
    Row(
        PropertyId::SharedSubscriptionAvailable,
        "Shared Subscription Available",
        Kind::Byte,
        CONNACK,
    ),
];

/// One more than the largest identifier.
const ID_END: usize = 0x2B;

/// No entry in [`INDEX`].
const UNDEFINED: u8 = u8::MAX;

/// The place of each identifier in [`ROWS`].
const INDEX: [u8; ID_END] = {
    let mut index = [UNDEFINED; ID_END];
    let mut place = 0;
    while place < ROWS.len() {
        index[ROWS[place].0 as usize] = place as u8;
        place += 1;
    }
    index
};

impl PropertyId {
    /// The property with this identifier; `None` when the standard defines none.
    pub const fn from_u8(value: u8) -> Option<PropertyId> {
        if value as usize >= ID_END {
            return None;
        }
        match INDEX[value as usize] {
            UNDEFINED => None,
            place => Some(ROWS[place as usize].0),
        }
    }

    /// All properties in the order of their identifiers.
    pub fn all() -> impl Iterator<Item = PropertyId> {
        ROWS.iter().map(|row| row.0)
    }

    /// The standard's name, such as `Session Expiry Interval`.
    pub const fn name(self) -> &'static str {
        self.row().1
    }

    /// Whether the property may stand there (table 2-4).
    pub const fn is_allowed_in(self, place: PropertyPlace) -> bool {
        self.row().3 & place.bit() != 0
    }

    pub(super) const fn kind(self) -> Kind {
        self.row().2
    }

    /// Its bit in a set of properties.
    pub(crate) const fn bit(self) -> u32 {
        1 << INDEX[self as usize]
    }

    const fn row(self) -> &'static Row {
        &ROWS[INDEX[self as usize] as usize]
    }
}

impl std::fmt::Display for PropertyId {
    /// [`PropertyId::name`].
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
