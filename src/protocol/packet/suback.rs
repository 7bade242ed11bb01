//! SUBACK (section 3.9).

use crate::{PacketId, Properties, ReasonCode};

/// The server's answer to SUBSCRIBE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubAck<'a> {
    /// The identifier of the SUBSCRIBE.
    pub packet_id: PacketId,
    /// Reason String, User Property.
    pub properties: Properties<'a>,
    /// One for each filter, in order. Version 3 knows 0x00, 0x01, 0x02 and 0x80 only.
    pub reasons: Vec<ReasonCode>,
}
