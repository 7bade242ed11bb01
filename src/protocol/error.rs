//! Every way to break the protocol, by name, and the one map to reason codes.
//!
//! Malformed means that the packet cannot be parsed, a violation that it can be parsed but is not
//! allowed (section 1.2). Where the standard leaves the choice open, the table in the tests of this
//! crate says which answer is given.

use std::fmt;

use crate::property::PropertyPlace;
use crate::topic::TopicError;
use crate::{PacketKind, PropertyId, ReasonCode};

mod display;

/// Why bytes were refused. Every broken rule is a variant of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The packet cannot be parsed (reason 0x81).
    Malformed(Malformed),
    /// The packet can be parsed but is not allowed (reason 0x82, or the code of the rule).
    Violation(Violation),
    /// The packet is larger than we accept (reason 0x95). Both in bytes.
    TooLarge {
        /// Size of the whole packet as announced.
        size: u32,
        /// Our limit.
        max: u32,
    },
    /// CONNECT asks for something this decoder does not speak (reason 0x84).
    Unsupported(Unsupported),
}

/// Rules whose breach makes a packet unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// A reserved packet type: 0, or 15 before MQTT 5.0 (section 2.1.2).
    PacketType(u8),
    /// Header flags other than the packet demands [MQTT-2.1.3-1], [MQTT-3.6.1-1], [MQTT-3.8.1-1],
    /// [MQTT-3.10.1-1], [MQTT-3.14.1-1], [MQTT-3.15.1-1].
    HeaderFlags(PacketKind),
    /// A Remaining Length of more than four bytes (section 1.5.5).
    RemainingLength,
    /// A Variable Byte Integer that is longer than four bytes or than necessary [MQTT-1.5.5-1].
    VariableByteInteger,
    /// A field reaches beyond the end of its packet or property section.
    Truncated,
    /// Bytes behind the last field.
    TrailingBytes(PacketKind),
    /// A string that is not UTF-8, or holds surrogates [MQTT-1.5.4-1].
    Utf8,
    /// U+0000 in a string [MQTT-1.5.4-2].
    NullCharacter,
    /// The same in a Client Identifier: that has a reason code of its own [MQTT-3.1.3-4].
    ClientId,
    /// The reserved connect flag is 1 [MQTT-3.1.2-3].
    ConnectReservedFlag,
    /// Will QoS 3 [MQTT-3.1.2-12].
    WillQoS,
    /// Will QoS above 0 though Will Flag is 0 [MQTT-3.1.2-11]. Only with
    /// [`strict_connect_flags`](crate::DecodeLimits::strict_connect_flags).
    WillQoSWithoutWill,
    /// Will Retain 1 though Will Flag is 0 [MQTT-3.1.2-13]. Only with
    /// [`strict_connect_flags`](crate::DecodeLimits::strict_connect_flags).
    WillRetainWithoutWill,
    /// A password without a user name, in version 3 [MQTT-3.1.2-22 of 3.1.1].
    PasswordWithoutUserName,
    /// PUBLISH with QoS 3 [MQTT-3.3.1-4].
    PublishQoS,
    /// PUBLISH with DUP 1 at QoS 0 [MQTT-3.3.1-2].
    DupAtQoS0,
    /// A PUBLISH topic with wildcards [MQTT-3.3.2-2], or, in version 3, an empty one
    /// [MQTT-4.7.3-1].
    TopicName(TopicError),
    /// An invalid Topic Filter in SUBSCRIBE or UNSUBSCRIBE [MQTT-4.7.1-1], [MQTT-4.7.1-2],
    /// [MQTT-4.7.3-1], [MQTT-4.8.2-1], [MQTT-4.8.2-2].
    TopicFilter(TopicError),
    /// Reserved bits in the options of a subscription [MQTT-3.8.3-5], [MQTT-3-8.3-4 of 3.1.1].
    SubscriptionReservedBits,
    /// Reserved CONNACK acknowledge flags [MQTT-3.2.2-1].
    ConnAckFlags,
    /// A property identifier that the standard does not define (section 2.2.2.2).
    PropertyUnknown(u32),
    /// A property that does not belong where it stands (section 2.2.2.2).
    PropertyMisplaced(PropertyId, PropertyPlace),
}

/// Rules whose breach makes a readable packet wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The first packet is not CONNECT [MQTT-3.1.0-1].
    FirstPacketNotConnect,
    /// A second CONNECT on one connection [MQTT-3.1.0-2].
    SecondConnect,
    /// A client sends what only servers send.
    FromClient(PacketKind),
    /// A server sends what only clients send.
    FromServer(PacketKind),
    /// A Packet Identifier of 0 [MQTT-2.2.1-3], [MQTT-2.3.1-1 of 3.1.1].
    PacketIdZero,
    /// A reason code that is not listed for the packet and its sender [MQTT-3.2.2-8],
    /// [MQTT-3.4.2-1], [MQTT-3.5.2-1], [MQTT-3.6.2-1], [MQTT-3.7.2-1], [MQTT-3.9.3-2],
    /// [MQTT-3.11.3-2], [MQTT-3.14.2-1], [MQTT-3.15.2-1].
    ReasonCode(PacketKind, u8),
    /// A property twice that may occur once (section 3.1.2.11 and others).
    PropertyTwice(PropertyId),
    /// A property other than 0 or 1 that has only these values (sections 3.1.2.11.6,
    /// 3.1.2.11.7, 3.2.2.3, 3.1.3.2.3).
    PropertyNotBoolean(PropertyId, u8),
    /// Receive Maximum 0 (section 3.1.2.11.3).
    ReceiveMaximumZero,
    /// Maximum Packet Size 0 (section 3.1.2.11.4).
    MaximumPacketSizeZero,
    /// Subscription Identifier 0 (section 3.8.2.1.2).
    SubscriptionIdentifierZero,
    /// A Subscription Identifier in a client's PUBLISH [MQTT-3.3.4-6].
    SubscriptionIdentifierFromClient,
    /// A Session Expiry Interval in a server's DISCONNECT [MQTT-3.14.2-2].
    SessionExpiryFromServer,
    /// Topic Alias 0 [MQTT-3.3.2-8] (reason 0x94).
    TopicAliasZero,
    /// A Topic Alias above our maximum [MQTT-3.3.2-9], [MQTT-3.3.2-11] (reason 0x94).
    TopicAliasAboveMaximum {
        /// The alias that came.
        alias: u16,
        /// The Topic Alias Maximum that we announced.
        max: u16,
    },
    /// An empty topic with a Topic Alias that was never set (section 3.3.2.3.4).
    TopicAliasUnknown(u16),
    /// An empty topic without a Topic Alias (section 3.3.2.1).
    TopicMissing,
    /// A Response Topic that is no topic name [MQTT-3.3.2-14].
    ResponseTopic(TopicError),
    /// A Will Topic that is no topic name [MQTT-4.7.0-1], [MQTT-4.7.3-1].
    WillTopic(TopicError),
    /// A will that claims UTF-8 and is not (section 3.1.3.2.3, reason 0x99).
    WillPayloadNotUtf8,
    /// Authentication Data without an Authentication Method (section 3.1.2.11.10).
    AuthenticationDataAlone,
    /// AUTH without an Authentication Method (section 3.15.2.2.2).
    AuthenticationMethodMissing,
    /// A subscription that asks for QoS 3 (section 3.8.3.1).
    SubscriptionQoS,
    /// Retain Handling 3 (section 3.8.3.1).
    RetainHandling,
    /// No Local on a shared subscription [MQTT-3.8.3-4].
    NoLocalOnShared,
    /// SUBSCRIBE or UNSUBSCRIBE without a filter [MQTT-3.8.3-2], [MQTT-3.10.3-2].
    FilterMissing(PacketKind),
    /// SUBACK or UNSUBACK without a reason code [MQTT-3.8.4-6].
    ReasonMissing(PacketKind),
}

/// What a CONNECT may ask for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// Neither `MQTT` nor `MQIsdp` [MQTT-3.1.2-1].
    ProtocolName,
    /// A level other than 3, 4, 5, or one that does not fit the name [MQTT-3.1.2-2]. On the
    /// client's side: the server refused the level of our CONNECT in the form of version 3.
    ProtocolLevel(u8),
}

impl DecodeError {
    /// The code of a CONNACK that the standard does not list [MQTT-3.2.2-8]: a refusal all the same.
    pub const fn unlisted_connack(self) -> Option<u8> {
        match self {
            DecodeError::Violation(Violation::ReasonCode(PacketKind::ConnAck, code)) => Some(code),
            _ => None,
        }
    }

    /// The reason code to send for this error: the only such map.
    pub const fn reason_code(self) -> ReasonCode {
        match self {
            DecodeError::Malformed(Malformed::ClientId) => ReasonCode::ClientIdentifierNotValid,
            DecodeError::Malformed(_) => ReasonCode::MalformedPacket,
            DecodeError::Violation(violation) => match violation {
                Violation::TopicAliasZero | Violation::TopicAliasAboveMaximum { .. } => {
                    ReasonCode::TopicAliasInvalid
                }
                Violation::WillPayloadNotUtf8 => ReasonCode::PayloadFormatInvalid,
                _ => ReasonCode::ProtocolError,
            },
            DecodeError::TooLarge { .. } => ReasonCode::PacketTooLarge,
            DecodeError::Unsupported(_) => ReasonCode::UnsupportedProtocolVersion,
        }
    }
}

impl From<Malformed> for DecodeError {
    fn from(rule: Malformed) -> Self {
        DecodeError::Malformed(rule)
    }
}

impl From<Violation> for DecodeError {
    fn from(rule: Violation) -> Self {
        DecodeError::Violation(rule)
    }
}

impl fmt::Display for DecodeError {
    /// One line in plain words: what was wrong and what would be right.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Malformed(rule) => write!(f, "malformed packet: {rule}"),
            DecodeError::Violation(rule) => write!(f, "protocol error: {rule}"),
            DecodeError::TooLarge { size, max } => {
                write!(f, "packet too large: {size} bytes, at most {max} are accepted")
            }
            DecodeError::Unsupported(what) => write!(f, "unsupported protocol: {what}"),
        }
    }
}

impl std::error::Error for DecodeError {}
