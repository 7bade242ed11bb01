//! Reason Codes (section 2.4) and their version 3 counterparts.

use std::fmt;

use crate::PacketKind;

/// A Reason Code of MQTT 5.0. Version 3 return codes are mapped to these.
///
/// The names follow the standard; a code with several names (0x00 is Success, Normal
/// disconnection, Granted QoS 0) has one here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the standard's own")]
pub enum ReasonCode {
    Success = 0x00,
    GrantedQoS1 = 0x01,
    GrantedQoS2 = 0x02,
    DisconnectWithWill = 0x04,
    NoMatchingSubscribers = 0x10,
    NoSubscriptionExisted = 0x11,
    ContinueAuthentication = 0x18,
    ReAuthenticate = 0x19,
    UnspecifiedError = 0x80,
    MalformedPacket = 0x81,
    ProtocolError = 0x82,
    ImplementationSpecificError = 0x83,
    UnsupportedProtocolVersion = 0x84,
    ClientIdentifierNotValid = 0x85,
    BadUserNameOrPassword = 0x86,
    NotAuthorized = 0x87,
    ServerUnavailable = 0x88,
    ServerBusy = 0x89,
    Banned = 0x8A,
    ServerShuttingDown = 0x8B,
    BadAuthenticationMethod = 0x8C,
    KeepAliveTimeout = 0x8D,
    SessionTakenOver = 0x8E,
    TopicFilterInvalid = 0x8F,
    TopicNameInvalid = 0x90,
    PacketIdentifierInUse = 0x91,
    PacketIdentifierNotFound = 0x92,
    ReceiveMaximumExceeded = 0x93,
    TopicAliasInvalid = 0x94,
    PacketTooLarge = 0x95,
    MessageRateTooHigh = 0x96,
    QuotaExceeded = 0x97,
    AdministrativeAction = 0x98,
    PayloadFormatInvalid = 0x99,
    RetainNotSupported = 0x9A,
    QoSNotSupported = 0x9B,
    UseAnotherServer = 0x9C,
    ServerMoved = 0x9D,
    SharedSubscriptionsNotSupported = 0x9E,
    ConnectionRateExceeded = 0x9F,
    MaximumConnectTime = 0xA0,
    SubscriptionIdentifiersNotSupported = 0xA1,
    WildcardSubscriptionsNotSupported = 0xA2,
    /// A refusal that the standard does not define, where [`Decoder::take_unlisted_refusals`] lets
    /// it pass: its number is lost. Never sent.
    ///
    /// [`Decoder::take_unlisted_refusals`]: crate::Decoder::take_unlisted_refusals
    Unlisted = 0xFF,
}

/// Every code of the standard with its name as mosquitto's tools print it, in the order of their
/// numbers.
const CODES: [(ReasonCode, &str); 43] = [
    (ReasonCode::Success, "Success"),
    (ReasonCode::GrantedQoS1, "Granted QoS 1"),
    (ReasonCode::GrantedQoS2, "Granted QoS 2"),
    (ReasonCode::DisconnectWithWill, "Disconnect with Will Message"),
    (ReasonCode::NoMatchingSubscribers, "No matching subscribers"),
    (ReasonCode::NoSubscriptionExisted, "No subscription existed"),
    (ReasonCode::ContinueAuthentication, "Continue authentication"),
    (ReasonCode::ReAuthenticate, "Re-authenticate"),
    (ReasonCode::UnspecifiedError, "Unspecified error"),
    (ReasonCode::MalformedPacket, "Malformed Packet"),
    (ReasonCode::ProtocolError, "Protocol Error"),
    (ReasonCode::ImplementationSpecificError, "Implementation specific error"),
    (ReasonCode::UnsupportedProtocolVersion, "Unsupported Protocol Version"),
    (ReasonCode::ClientIdentifierNotValid, "Client Identifier not valid"),
    (ReasonCode::BadUserNameOrPassword, "Bad User Name or Password"),
    (ReasonCode::NotAuthorized, "Not authorized"),
    (ReasonCode::ServerUnavailable, "Server unavailable"),
    (ReasonCode::ServerBusy, "Server busy"),
    (ReasonCode::Banned, "Banned"),
    (ReasonCode::ServerShuttingDown, "Server shutting down"),
    (ReasonCode::BadAuthenticationMethod, "Bad authentication method"),
    (ReasonCode::KeepAliveTimeout, "Keep Alive timeout"),
    (ReasonCode::SessionTakenOver, "Session taken over"),
    (ReasonCode::TopicFilterInvalid, "Topic Filter invalid"),
    (ReasonCode::TopicNameInvalid, "Topic Name invalid"),
    (ReasonCode::PacketIdentifierInUse, "Packet Identifier in use"),
    (ReasonCode::PacketIdentifierNotFound, "Packet Identifier not found"),
    (ReasonCode::ReceiveMaximumExceeded, "Receive Maximum exceeded"),
    (ReasonCode::TopicAliasInvalid, "Topic Alias invalid"),
    (ReasonCode::PacketTooLarge, "Packet too large"),
    (ReasonCode::MessageRateTooHigh, "Message rate too high"),
    (ReasonCode::QuotaExceeded, "Quota exceeded"),
    (ReasonCode::AdministrativeAction, "Administrative action"),
    (ReasonCode::PayloadFormatInvalid, "Payload format invalid"),
    (ReasonCode::RetainNotSupported, "Retain not supported"),
    (ReasonCode::QoSNotSupported, "QoS not supported"),
    (ReasonCode::UseAnotherServer, "Use another server"),
    (ReasonCode::ServerMoved, "Server moved"),
    (ReasonCode::SharedSubscriptionsNotSupported, "Shared Subscriptions not supported"),
    (ReasonCode::ConnectionRateExceeded, "Connection rate exceeded"),
    (ReasonCode::MaximumConnectTime, "Maximum connect time"),
    (ReasonCode::SubscriptionIdentifiersNotSupported, "Subscription identifiers not supported"),
    (ReasonCode::WildcardSubscriptionsNotSupported, "Wildcard Subscriptions not supported"),
];

/// No entry in [`INDEX`].
const UNDEFINED: u8 = u8::MAX;

/// The place of each number in [`CODES`].
const INDEX: [u8; 256] = {
    let mut index = [UNDEFINED; 256];
    let mut place = 0;
    while place < CODES.len() {
        index[CODES[place].0 as usize] = place as u8;
        place += 1;
    }
    index
};

impl ReasonCode {
    /// Whether the code says that something failed (0x80 and above).
    pub const fn is_error(self) -> bool {
        self as u8 >= 0x80
    }

    /// The code with this number; `None` for numbers that the standard does not define.
    pub const fn from_u8(value: u8) -> Option<ReasonCode> {
        match INDEX[value as usize] {
            UNDEFINED => None,
            place => Some(CODES[place as usize].0),
        }
    }

    /// All codes of the standard in the order of their numbers.
    pub fn all() -> impl Iterator<Item = ReasonCode> {
        CODES.iter().map(|(code, _)| *code)
    }

    /// The name as mosquitto's tools print it; 0x00 is `Success` in every packet.
    pub const fn name(self) -> &'static str {
        match INDEX[self as usize] {
            UNDEFINED => "Unknown reason",
            place => CODES[place as usize].1,
        }
    }

    /// Whether the standard lists the code for this packet and this sender (section 2.4 and the
    /// tables of the packets). No code is allowed in packets that carry none.
    pub const fn is_allowed_in(self, packet: PacketKind, from_client: bool) -> bool {
        let code = self as u8;
        match packet {
            PacketKind::ConnAck => matches!(
                code,
                0x00 | 0x80..=0x8A | 0x8C | 0x90 | 0x95 | 0x97 | 0x99..=0x9D | 0x9F
            ),
            PacketKind::PubAck | PacketKind::PubRec => {
                matches!(code, 0x00 | 0x10 | 0x80 | 0x83 | 0x87 | 0x90 | 0x91 | 0x97 | 0x99)
            }
            PacketKind::PubRel | PacketKind::PubComp => matches!(code, 0x00 | 0x92),
            PacketKind::SubAck => matches!(
                code,
                0x00..=0x02 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91 | 0x97 | 0x9E | 0xA1 | 0xA2
            ),
            PacketKind::UnsubAck => {
                matches!(code, 0x00 | 0x11 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91)
            }
            PacketKind::Disconnect if from_client => {
                matches!(code, 0x00 | 0x04 | 0x80..=0x83 | 0x90 | 0x93..=0x99)
            }
            PacketKind::Disconnect => matches!(
                code,
                0x00 | 0x80..=0x83 | 0x87 | 0x89 | 0x8B | 0x8D..=0x90 | 0x93..=0xA2
            ),
            PacketKind::Auth if from_client => matches!(code, 0x18 | 0x19),
            PacketKind::Auth => matches!(code, 0x00 | 0x18),
            _ => false,
        }
    }

    /// The return code of a version 3 CONNACK (0 to 5) for this code; `None` when none fits and the
    /// connection is closed without an answer [MQTT-3.2.2-6]. A refused will (0x90, 0x95) answers
    /// 5, as mosquitto does; a store that cannot keep a session (0x97) answers 3.
    pub const fn connack_v3(self) -> Option<u8> {
        match self {
            ReasonCode::Success => Some(0),
            ReasonCode::UnsupportedProtocolVersion => Some(1),
            ReasonCode::ClientIdentifierNotValid => Some(2),
            ReasonCode::ServerUnavailable
            | ReasonCode::QuotaExceeded
            | ReasonCode::ConnectionRateExceeded => Some(3),
            ReasonCode::BadUserNameOrPassword => Some(4),
            ReasonCode::NotAuthorized
            | ReasonCode::Banned
            | ReasonCode::TopicNameInvalid
            | ReasonCode::PacketTooLarge => Some(5),
            _ => None,
        }
    }

    /// The code for the return code of a version 3 CONNACK; `None` above 5.
    pub const fn from_connack_v3(value: u8) -> Option<ReasonCode> {
        match value {
            0 => Some(ReasonCode::Success),
            1 => Some(ReasonCode::UnsupportedProtocolVersion),
            2 => Some(ReasonCode::ClientIdentifierNotValid),
            3 => Some(ReasonCode::ServerUnavailable),
            4 => Some(ReasonCode::BadUserNameOrPassword),
            5 => Some(ReasonCode::NotAuthorized),
            _ => None,
        }
    }
}

impl fmt::Display for ReasonCode {
    /// [`ReasonCode::name`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_agree() {
        for value in 0..=255 {
            if let Some(code) = ReasonCode::from_u8(value) {
                assert_eq!(code as u8, value);
                assert!(!code.name().is_empty());
            }
        }
        assert_eq!(ReasonCode::all().count(), 43);
        assert_eq!(ReasonCode::from_u8(0x03), None);
        assert_eq!(ReasonCode::from_u8(0xA3), None);
        assert_eq!(ReasonCode::from_u8(0xFF), None);
        assert_eq!(ReasonCode::Unlisted.to_string(), "Unknown reason");
        assert_eq!(ReasonCode::NotAuthorized.to_string(), "Not authorized");
        assert_eq!(ReasonCode::DisconnectWithWill.to_string(), "Disconnect with Will Message");
    }

    #[test]
    fn version_3_return_codes_go_there_and_back() {
        for value in 0..=5 {
            let code = ReasonCode::from_connack_v3(value).unwrap();
            assert_eq!(code.connack_v3(), Some(value));
        }
        assert_eq!(ReasonCode::from_connack_v3(6), None);
        assert_eq!(ReasonCode::ServerBusy.connack_v3(), None);
    }
}
