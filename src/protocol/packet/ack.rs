//! PUBACK, PUBREC, PUBREL, PUBCOMP: one shape (sections 3.4 to 3.7).

use super::read_reason;
use crate::decoder::Origin;
use crate::primitive::Reader;
use crate::{DecodeError, PacketId, PacketKind, Properties, ReasonCode};

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

impl<'a> Ack<'a> {
    pub(crate) fn read(
        kind: PacketKind,
        reader: &mut Reader<'a>,
        origin: Origin,
    ) -> Result<Self, DecodeError> {
        let packet_id = reader.packet_id()?;
        if reader.is_empty() || !origin.is_v5() {
            return Ok(Ack::success(packet_id));
        }
        let reason = read_reason(kind, reader, origin)?;
        let properties = origin.optional_properties(kind, reader)?;
        Ok(Ack { packet_id, reason, properties })
    }
}
