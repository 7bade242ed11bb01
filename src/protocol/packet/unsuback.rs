//! UNSUBACK (section 3.11).

use super::read_reasons;
use crate::decoder::Origin;
use crate::primitive::Reader;
use crate::{DecodeError, PacketId, PacketKind, Properties, ReasonCode};

/// The server's answer to UNSUBSCRIBE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsubAck<'a> {
    /// The identifier of the UNSUBSCRIBE.
    pub packet_id: PacketId,
    /// Reason String, User Property.
    pub properties: Properties<'a>,
    /// One for each filter, in order. Not on the wire in version 3.
    pub reasons: Vec<ReasonCode>,
}

impl<'a> UnsubAck<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, origin: Origin) -> Result<Self, DecodeError> {
        let kind = PacketKind::UnsubAck;
        let packet_id = reader.packet_id()?;
        let properties = origin.properties(kind, reader)?;
        let reasons = if origin.is_v5() { read_reasons(kind, reader, origin)? } else { Vec::new() };
        Ok(UnsubAck { packet_id, properties, reasons })
    }
}
