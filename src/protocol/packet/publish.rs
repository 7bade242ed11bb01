//! PUBLISH (section 3.3).

use crate::alias::ReceivedAliases;
use crate::decoder::Origin;
use crate::primitive::Reader;
use crate::{
    DecodeError, Malformed, MessageRef, PacketId, PacketKind, Properties, QoS, Topic, TopicName,
    Violation,
};

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

impl<'a> Publish<'a> {
    /// `flags` are the lower four bits of the first byte, checked already; `reader` holds all that
    /// is behind the fixed header.
    pub(crate) fn read(
        flags: u8,
        mut reader: Reader<'a>,
        origin: Origin,
        aliases: &mut ReceivedAliases,
    ) -> Result<Self, DecodeError> {
        let qos = QoS::from_u8(flags >> 1 & 0b11).ok_or(Malformed::PublishQoS)?;
        let text = reader.text()?;
        let packet_id = match qos {
            QoS::AtMostOnce => None,
            _ => Some(reader.packet_id()?),
        };
        let properties = origin.properties(PacketKind::Publish, &mut reader)?;
        Ok(Publish {
            dup: flags & 0b1000 != 0,
            qos,
            retain: flags & 0b0001 != 0,
            topic: resolve(text, properties, origin, aliases)?,
            packet_id,
            properties,
            payload: reader.rest(),
        })
    }
}

/// The topic that the packet names, by its text or by its alias (section 3.3.2.3.4).
fn resolve<'a>(
    text: &'a str,
    properties: Properties<'_>,
    origin: Origin,
    aliases: &mut ReceivedAliases,
) -> Result<Topic<'a>, DecodeError> {
    let alias = properties.topic_alias();
    if text.is_empty() && origin.is_v5() {
        let alias = alias.ok_or(Violation::TopicMissing)?;
        return Ok(Topic::Alias(aliases.topic(alias)?));
    }
    let name = TopicName::new(text).map_err(Malformed::TopicName)?;
    if let Some(alias) = alias {
        aliases.set(alias, name)?;
    }
    Ok(Topic::Slice(name))
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
