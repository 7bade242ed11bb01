//! Every way to break the protocol, by name, and the one map to reason codes.

use std::fmt;

use crate::ReasonCode;

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
    /// A length field of more than four bytes [MQTT-1.5.5-1].
    RemainingLength,
}

/// Rules whose breach makes a readable packet wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The first packet is not CONNECT [MQTT-3.1.0-1].
    FirstPacketNotConnect,
}

/// What a CONNECT may ask for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// Neither `MQTT` nor `MQIsdp` [MQTT-3.1.2-1].
    ProtocolName,
    /// A level other than 3, 4, 5, or one that does not fit the name [MQTT-3.1.2-2].
    ProtocolLevel(u8),
}

impl DecodeError {
    /// The reason code to send for this error: the only such map.
    pub const fn reason_code(self) -> ReasonCode {
        match self {
            DecodeError::Malformed(_) => ReasonCode::MalformedPacket,
            DecodeError::Violation(_) => ReasonCode::ProtocolError,
            DecodeError::TooLarge { .. } => ReasonCode::PacketTooLarge,
            DecodeError::Unsupported(_) => ReasonCode::UnsupportedProtocolVersion,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}") // protocol helper: plain words
    }
}

impl std::error::Error for DecodeError {}
