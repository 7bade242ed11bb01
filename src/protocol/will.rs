//! The Will Message as CONNECT carries it.

use crate::{Properties, QoS, TopicName};

/// What a client leaves behind in CONNECT, to be published when it goes without a normal
/// DISCONNECT (section 3.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Will<'a> {
    /// Where it will be published.
    pub topic: TopicName<'a>,
    /// At most 65535 bytes; may be empty.
    pub payload: &'a [u8],
    /// Its quality of service.
    pub qos: QoS,
    /// Whether it is published as a retained message.
    pub retain: bool,
    /// Will Delay Interval in seconds, 0 when absent.
    pub delay_secs: u32,
    /// The other will properties, Will Delay Interval included.
    pub properties: Properties<'a>,
}
