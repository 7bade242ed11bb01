//! PUBACK, PUBREC, PUBREL, PUBCOMP: one shape (sections 3.4 to 3.7).

use crate::{PacketId, Properties, ReasonCode};

/// Acknowledgement of a PUBLISH, or a step of its QoS 2 handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack<'a> {
    /// The identifier of the PUBLISH.
    pub packet_id: PacketId,
    /// Success in version 3.
    pub reason: ReasonCode,
    /// Reason String, User Property.
    pub properties: Properties<'a>,
}

impl Ack<'_> {
    /// Success, without properties.
    pub const fn success(packet_id: PacketId) -> Ack<'static> {
        Ack { packet_id, reason: ReasonCode::Success, properties: Properties::EMPTY }
    }
}
