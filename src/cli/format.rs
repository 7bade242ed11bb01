//! The output language of `-F`: parsed once at the start, rendered per message.

use crate::protocol::{Properties, QoS};

/// A parsed format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {}

/// A received message as far as printing is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Topic name.
    pub topic: &'a str,
    /// Payload.
    pub payload: &'a [u8],
    /// QoS of the delivery.
    pub qos: QoS,
    /// The retain bit of the PUBLISH.
    pub retain: bool,
    /// Packet Identifier, 0 for QoS 0.
    pub packet_id: u16,
    /// Properties; empty in version 3.
    pub properties: Properties<'a>,
}
