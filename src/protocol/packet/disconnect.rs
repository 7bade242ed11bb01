//! DISCONNECT (section 3.14).

use crate::{Properties, ReasonCode};

/// The end of a Network Connection, said aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disconnect<'a> {
    /// [`ReasonCode::Success`] is Normal disconnection, the only one in version 3.
    pub reason: ReasonCode,
    /// Session Expiry Interval (client only), Reason String, User Property, Server Reference.
    pub properties: Properties<'a>,
}
