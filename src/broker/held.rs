//! The wills that the broker holds, for whoever looks after it.

use crate::broker::Broker;
use crate::protocol::{QoS, TopicName};
use crate::time::Timestamp;

/// A will that is armed or waits.
#[derive(Clone, Copy, Debug)]
pub struct HeldWill<'a> {
    /// Whose it is.
    pub client_id: &'a str,
    /// Where it goes, with the mount point.
    pub topic: TopicName<'a>,
    /// With which quality of service.
    pub qos: QoS,
    /// Whether as a retained message.
    pub retain: bool,
    /// Payload bytes.
    pub size: usize,
    /// Will Delay Interval in seconds.
    pub delay_secs: u32,
    /// When it is published unless the client comes back; `None` while the client is connected.
    pub due_at: Option<Timestamp>,
}

impl Broker {
    /// All wills, in no particular order.
    pub fn wills(&self) -> impl Iterator<Item = HeldWill<'_>> {
        self.sessions.keys().filter_map(|key| {
            let session = self.sessions.at(key)?;
            let will = session.will.as_ref()?;
            Some(HeldWill {
                client_id: &session.client_id,
                topic: will.message.topic(),
                qos: will.message.qos(),
                retain: will.message.retain(),
                size: will.message.payload().len(),
                delay_secs: will.delay_secs,
                due_at: will.due_at,
            })
        })
    }
}
