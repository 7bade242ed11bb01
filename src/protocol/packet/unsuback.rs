//! UNSUBACK (section 3.11).

use crate::{PacketId, Properties, ReasonCode};

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
