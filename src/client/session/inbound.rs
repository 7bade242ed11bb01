//! What the server publishes to us with QoS 2: kept from PUBLISH to PUBREL, so that a repeat is
//! recognised [MQTT-4.3.3-10].

use std::collections::BTreeMap;

use crate::protocol::{PacketId, PropertyBuf, Publish, QoS, Topic, TopicName};

/// A received PUBLISH, copied.
#[derive(Debug)]
pub(super) struct Kept {
    dup: bool,
    retain: bool,
    packet_id: PacketId,
    topic: Box<str>,
    properties: PropertyBuf,
    payload: Box<[u8]>,
}

impl Kept {
    /// The PUBLISH as it was received.
    pub fn as_publish(&self) -> Publish<'_> {
        let name = TopicName::new(&self.topic).expect("it was a topic name when it was copied");
        Publish {
            dup: self.dup,
            qos: QoS::ExactlyOnce,
            retain: self.retain,
            topic: Topic::Slice(name),
            packet_id: Some(self.packet_id),
            properties: self.properties.as_properties(),
            payload: &self.payload,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Inbound {
    kept: BTreeMap<PacketId, Kept>,
    bytes: usize,
}

impl Inbound {
    /// How many messages are received and not released.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Payload bytes of the same.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn has(&self, id: PacketId) -> bool {
        self.kept.contains_key(&id)
    }

    pub fn keep(&mut self, id: PacketId, publish: &Publish<'_>) {
        let mut properties = PropertyBuf::new();
        properties.extend_from(publish.properties);
        let kept = Kept {
            dup: publish.dup,
            retain: publish.retain,
            packet_id: id,
            topic: publish.topic.name().as_str().into(),
            properties,
            payload: publish.payload.into(),
        };
        self.bytes += kept.payload.len();
        self.kept.insert(id, kept);
    }

    pub fn release(&mut self, id: PacketId) -> Option<Kept> {
        let kept = self.kept.remove(&id)?;
        self.bytes -= kept.payload.len();
        Some(kept)
    }

    /// The session is gone.
    pub fn clear(&mut self) {
        self.kept.clear();
        self.bytes = 0;
    }
}
