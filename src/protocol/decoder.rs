//! Bytes to packets: incremental, bounded, borrowed.

use crate::topic::AliasTopic;
use crate::{DecodeError, Packet, Version};

/// What this side accepts. Part of what it announces in CONNECT or CONNACK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Largest packet in bytes, fixed header included.
    pub packet_size_max: u32,
    /// Largest CONNECT in bytes: what a stranger may send.
    pub connect_size_max: u32,
    /// Topic Alias Maximum of this side; 0 accepts none.
    pub topic_alias_max: u16,
    /// Whether Will QoS and Will Retain must be 0 when Will Flag is 0 [MQTT-3.1.2-11],
    /// [MQTT-3.1.2-13]. MQTT 3.1 is never strict.
    pub strict_connect_flags: bool,
}

/// The outcome of one attempt to decode.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// A whole packet, and how many bytes it took.
    Packet(Packet<'a>, usize),
    /// More bytes are needed.
    Incomplete {
        /// Length of the whole packet once the fixed header is there: it has passed the limits, so
        /// a buffer of that size may be allocated.
        total: Option<usize>,
    },
}

/// The decoder of one direction of one Network Connection: its version, limits and topic aliases.
#[derive(Debug)]
pub struct Decoder {
    limits: DecodeLimits,
    from_client: bool,
    version: Option<Version>,
    aliases: Vec<Option<AliasTopic>>,
}

impl Decoder {
    /// Decodes what a client sends: CONNECT first, which sets the version.
    pub fn of_client(limits: DecodeLimits) -> Self {
        Decoder { limits, from_client: true, version: None, aliases: Vec::new() }
    }

    /// Decodes what a server sends on a connection that was opened with `version`.
    pub fn of_server(version: Version, limits: DecodeLimits) -> Self {
        Decoder { limits, from_client: false, version: Some(version), aliases: Vec::new() }
    }

    /// The version of the connection, known once a CONNECT was read as far as its level, even if
    /// the rest of it was refused.
    pub const fn version(&self) -> Option<Version> {
        self.version
    }

    /// Decodes the packet at the head of `input`. After an error the connection is over.
    pub fn decode<'a>(&mut self, input: &'a [u8]) -> Result<Decoded<'a>, DecodeError> {
        let _ = (input, self.from_client, &self.limits, &self.aliases);
        todo!("protocol helper")
    }
}
