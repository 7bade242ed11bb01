//! CONNACK (section 3.2).

use crate::{Properties, ReasonCode};

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
