//! CONNECT (section 3.1).

use crate::{Properties, Version, Will};

/// Session Expiry Interval that means never, in seconds.
pub const SESSION_EXPIRY_NEVER: u32 = u32::MAX;

/// A client's request for a Network Connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect<'a> {
    /// Protocol version.
    pub version: Version,
    /// Version 3 only: bit 7 of the protocol level, by which mosquitto's bridges announce
    /// themselves.
    pub bridge: bool,
    /// Clean Start; Clean Session in version 3.
    pub clean_start: bool,
    /// Keep Alive in seconds, 0 is off.
    pub keep_alive_secs: u16,
    /// Session Expiry Interval in seconds. Version 3: 0 with Clean Session, otherwise
    /// [`SESSION_EXPIRY_NEVER`].
    pub session_expiry_secs: u32,
    /// Client Identifier, may be empty.
    pub client_id: &'a str,
    /// The Will Message.
    pub will: Option<Will<'a>>,
    /// User Name.
    pub username: Option<&'a str>,
    /// Password.
    pub password: Option<&'a [u8]>,
    /// Properties of CONNECT itself, Session Expiry Interval included.
    pub properties: Properties<'a>,
}
