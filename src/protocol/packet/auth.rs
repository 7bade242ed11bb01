//! AUTH (section 3.15).

use crate::{Properties, ReasonCode};

/// A step of enhanced authentication. MQTT 5.0 only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auth<'a> {
    /// Success, Continue authentication or Re-authenticate.
    pub reason: ReasonCode,
    /// Authentication Method and Data, Reason String, User Property.
    pub properties: Properties<'a>,
}
