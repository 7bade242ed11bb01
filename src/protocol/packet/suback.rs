//! SUBACK (section 3.9).

use super::read_reasons;
use crate::decoder::Origin;
use crate::primitive::Reader;
use crate::{DecodeError, PacketId, PacketKind, Properties, ReasonCode, Version, Violation};

/// The server's answer to SUBSCRIBE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubAck<'a> {
    /// The identifier of the SUBSCRIBE.
    pub packet_id: PacketId,
    /// Reason String, User Property.
    pub properties: Properties<'a>,
    /// One for each filter, in order. Version 3 knows 0x00, 0x01, 0x02 and 0x80 only, beside what is
    /// forgiven.
    pub reasons: Vec<ReasonCode>,
}

impl<'a> SubAck<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, origin: Origin) -> Result<Self, DecodeError> {
        let kind = PacketKind::SubAck;
        let packet_id = reader.packet_id()?;
        let properties = origin.properties(kind, reader)?;
        let reasons = if origin.version == Version::V31 && reader.is_empty() {
            Vec::new() // the answer to a SUBSCRIBE without filters
        } else {
            read_reasons(kind, reader, origin)?
        };
        let is_v3_code = |reason: &ReasonCode| {
            let number = *reason as u8;
            number <= 2 || number == 0x80 || origin.forgives(kind, number)
        };
        match reasons.iter().find(|reason| !origin.is_v5() && !is_v3_code(reason)) {
            Some(reason) => Err(Violation::ReasonCode(kind, *reason as u8).into()),
            None => Ok(SubAck { packet_id, properties, reasons }),
        }
    }
}
