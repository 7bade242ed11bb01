//! CONNACK (section 3.2).

use super::read_reason;
use crate::decoder::Origin;
use crate::primitive::Reader;
use crate::{
    DecodeError, Malformed, PacketKind, Properties, PropertyId, ReasonCode, Unsupported, Version,
    Violation,
};

/// The server's answer to CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnAck<'a> {
    /// Whether the session goes on. Always false in MQTT 3.1.
    pub session_present: bool,
    /// Version 3 return codes are mapped, see [`ReasonCode::connack_v3`].
    pub reason: ReasonCode,
    /// What the server grants. Empty in version 3.
    pub properties: Properties<'a>,
}

impl<'a> ConnAck<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, origin: Origin) -> Result<Self, DecodeError> {
        let kind = PacketKind::ConnAck;
        let flags = reader.u8()?;
        // MQTT 3.1 leaves this byte to the server.
        let is_v31 = origin.version == Version::V31;
        if flags > 1 && !is_v31 {
            return Err(Malformed::ConnAckFlags.into());
        }
        let session_present = flags == 1 && !is_v31;
        if !origin.is_v5() {
            let code = reader.u8()?;
            let known = ReasonCode::from_connack_v3(code);
            let reason = known.ok_or(Violation::ReasonCode(kind, code))?;
            return Ok(ConnAck { session_present, reason, properties: Properties::EMPTY });
        }
        if reader.rest() == [REFUSED_LEVEL_V3] {
            return Err(DecodeError::Unsupported(Unsupported::ProtocolLevel(Version::V5.level())));
        }
        let reason = read_reason(kind, reader, origin)?;
        let properties = origin.properties(kind, reader)?;
        if properties.has(PropertyId::AuthenticationData)
            && !properties.has(PropertyId::AuthenticationMethod)
        {
            return Err(Violation::AuthenticationDataAlone.into());
        }
        Ok(ConnAck { session_present, reason, properties })
    }
}

/// How a server that knows version 3 only refuses a CONNECT of 5.0: return code 1, and no property
/// length behind it.
const REFUSED_LEVEL_V3: u8 = 1;
