//! PUBLISH (section 3.3).

use crate::{MessageRef, PacketId, Properties, QoS, Topic};

/// A PUBLISH as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish<'a> {
    /// DUP: this may be a repeat.
    pub dup: bool,
    /// Quality of service.
    pub qos: QoS,
    /// RETAIN.
    pub retain: bool,
    /// The topic; a Topic Alias is resolved.
    pub topic: Topic<'a>,
    /// Present exactly when QoS is above 0 [MQTT-2.2.1-2].
    pub packet_id: Option<PacketId>,
    /// Properties of the packet, a Topic Alias included.
    pub properties: Properties<'a>,
    /// The Application Message.
    pub payload: &'a [u8],
}

impl Publish<'_> {
    /// The message in it.
    pub fn message(&self) -> MessageRef<'_> {
        MessageRef {
            topic: self.topic.name(),
            qos: self.qos,
            retain: self.retain,
            properties: self.properties,
            payload: self.payload,
        }
    }
}

/// A PUBLISH to be sent: the message, and what belongs to this hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outgoing<'a> {
    /// Topic, payload and end-to-end properties. Its `qos` and `retain` are as published and are
    /// not written, nor are the properties of the hop it came by.
    pub message: MessageRef<'a>,
    /// DUP of this packet.
    pub dup: bool,
    /// QoS of this packet.
    pub qos: QoS,
    /// RETAIN of this packet.
    pub retain: bool,
    /// Present exactly when `qos` is above 0.
    pub packet_id: Option<PacketId>,
    /// Message Expiry Interval to write: what is left of it, in seconds.
    pub expiry_secs: Option<u32>,
    /// Subscription Identifiers to write.
    pub subscription_ids: &'a [u32],
    /// A Topic Alias that the application chose. `None` leaves the choice to the encoder.
    pub topic_alias: Option<u16>,
}
