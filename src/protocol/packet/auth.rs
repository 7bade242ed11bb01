//! AUTH (section 3.15).

use super::read_reason;
use crate::decoder::Origin;
use crate::primitive::Reader;
use crate::{DecodeError, PacketKind, Properties, PropertyId, ReasonCode, Violation};

/// A step of enhanced authentication. MQTT 5.0 only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auth<'a> {
    /// Success, Continue authentication or Re-authenticate.
    pub reason: ReasonCode,
    /// Authentication Method and Data, Reason String, User Property.
    pub properties: Properties<'a>,
}

impl<'a> Auth<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, origin: Origin) -> Result<Self, DecodeError> {
        // Without a body the reason is Success, but the method is missing all the same.
        if reader.is_empty() {
            return Err(Violation::AuthenticationMethodMissing.into());
        }
        let reason = read_reason(PacketKind::Auth, reader, origin)?;
        let properties = origin.optional_properties(PacketKind::Auth, reader)?;
        if !properties.has(PropertyId::AuthenticationMethod) {
            return Err(Violation::AuthenticationMethodMissing.into());
        }
        Ok(Auth { reason, properties })
    }
}
