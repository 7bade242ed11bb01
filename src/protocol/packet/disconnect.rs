//! DISCONNECT (section 3.14).

use super::read_reason;
use crate::decoder::Origin;
use crate::primitive::Reader;
use crate::{DecodeError, PacketKind, Properties, ReasonCode};

/// The end of a Network Connection, said aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disconnect<'a> {
    /// [`ReasonCode::Success`] is Normal disconnection, the only one in version 3.
    pub reason: ReasonCode,
    /// Session Expiry Interval (client only), Reason String, User Property, Server Reference.
    pub properties: Properties<'a>,
}

impl Disconnect<'_> {
    /// Normal disconnection, without properties.
    pub const NORMAL: Disconnect<'static> =
        Disconnect { reason: ReasonCode::Success, properties: Properties::EMPTY };
}

impl<'a> Disconnect<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, origin: Origin) -> Result<Self, DecodeError> {
        if reader.is_empty() || !origin.is_v5() {
            return Ok(Disconnect::NORMAL);
        }
        let reason = read_reason(PacketKind::Disconnect, reader, origin)?;
        let properties = origin.optional_properties(PacketKind::Disconnect, reader)?;
        Ok(Disconnect { reason, properties })
    }
}
