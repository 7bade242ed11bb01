//! Packets to bytes, within what the peer accepts.

use bytes::BufMut;

use crate::alias::{Naming, SentAliases};
use crate::packet::Outgoing;
use crate::primitive::{VARIABLE_MAX, put_variable, variable_len};
use crate::{Packet, PacketKind, PropertyId, Publish, Version};

mod acks;
mod block;
mod control;

pub use block::Blocks;

/// The packet is larger than the peer accepts, or than the wire can express (a string of more than
/// 65535 bytes); nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the packet is larger than the peer accepts")
    }
}

impl std::error::Error for TooLarge {}

/// Length in bytes of a PUBLISH, fixed header included, with its full topic and no alias: what is
/// compared with Maximum Packet Size before a packet identifier is taken.
///
/// It is the same with and without [`Outgoing::packet_id`]; the QoS says whether there is one.
pub fn publish_len(version: Version, publish: &Outgoing<'_>) -> usize {
    let properties_len = if version.is_v5() { properties_len(publish) } else { 0 };
    Layout::of(version, publish, properties_len, Naming::Topic).size
}

/// What a PUBLISH carries in properties, without an alias.
fn properties_len(publish: &Outgoing<'_>) -> usize {
    let expiry = if publish.expiry_secs.is_some() { 5 } else { 0 };
    let ids = publish.subscription_ids.iter();
    let ids: usize = ids.map(|id| 1 + variable_len(*id as usize)).sum();
    expiry + ids + publish.message.properties.end_to_end_len()
}

/// A PUBLISH as it was written last, for others who get the same: once for version 5, once for the
/// versions before, which write it alike.
#[derive(Debug, Default)]
pub struct Frames {
    written: [Vec<u8>; 2],
}

impl Frames {
    /// Another PUBLISH is next.
    #[inline]
    pub fn clear(&mut self) {
        self.written.iter_mut().for_each(Vec::clear);
    }
}

/// Where the Packet Identifier of a PUBLISH stands: behind fixed header and topic.
fn packet_id_place(frame: &[u8]) -> usize {
    let length_bytes = frame[1..].iter().take_while(|byte| **byte > 0x7F).count() + 1;
    let topic = 1 + length_bytes;
    topic + 2 + usize::from(u16::from_be_bytes([frame[topic], frame[topic + 1]]))
}

/// The lengths in a PUBLISH, in bytes.
#[derive(Clone, Copy, Debug)]
struct Layout {
    /// The properties without their length field.
    properties: usize,
    /// What the Remaining Length says.
    remaining: usize,
    /// The whole packet.
    size: usize,
}

impl Layout {
    /// `properties` is the length of the properties without an alias.
    fn of(version: Version, publish: &Outgoing<'_>, properties: usize, naming: Naming) -> Self {
        let topic = publish.message.topic.as_str().len();
        let (topic, alias) = match naming {
            Naming::Topic => (topic, 0),
            Naming::Introduce(_) => (topic, 3),
            Naming::Alias(_) => (0, 3),
        };
        let properties = properties + alias;
        let section = if version.is_v5() { variable_len(properties) + properties } else { 0 };
        let packet_id = if publish.qos as u8 > 0 { 2 } else { 0 };
        let remaining = 2 + topic + packet_id + section + publish.message.payload.len();
        Layout { properties, remaining, size: 1 + variable_len(remaining) + remaining }
    }
}

/// The encoder of one direction of one Network Connection: its version, the peer's limits, topic
/// aliases in use.
#[derive(Debug)]
pub struct Encoder {
    version: Version,
    packet_size_max: u32,
    problem_information: bool,
    aliases: SentAliases,
}

impl Encoder {
    /// Without limits and aliases until [`Encoder::set_peer`] is called.
    pub fn new(version: Version) -> Self {
        Encoder {
            version,
            packet_size_max: u32::MAX,
            problem_information: true,
            aliases: SentAliases::default(),
        }
    }

    /// The version it writes.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// What the peer announced: Maximum Packet Size in bytes (`u32::MAX` when absent), how many
    /// topic aliases to use (the smaller of Topic Alias Maximum and what we want), Request Problem
    /// Information.
    pub fn set_peer(
        &mut self,
        packet_size_max: u32,
        topic_alias_max: u16,
        problem_information: bool,
    ) {
        self.packet_size_max = packet_size_max;
        self.aliases.set_max(topic_alias_max);
        self.problem_information = problem_information;
    }

    /// Appends any packet. Reason String and User Property are left out where the packet would be
    /// too large with them, or where the client does not want them [MQTT-3.1.2-29]. What the
    /// version cannot carry is dropped; a packet that the version does not have writes nothing:
    /// AUTH, a refused CONNACK without a version 3 code, and a DISCONNECT other than Normal
    /// disconnection, since in version 3 every DISCONNECT means that and only clients send it.
    ///
    /// # Errors
    /// The packet is larger than the peer accepts even without what may be left out.
    pub fn encode(&mut self, packet: &Packet<'_>, out: &mut Vec<u8>) -> Result<(), TooLarge> {
        match packet {
            Packet::Publish(publish) => self.encode_received(publish, out),
            Packet::PingReq | Packet::PingResp if self.packet_size_max >= 2 => {
                out.extend_from_slice(&[(packet.kind() as u8) << 4, 0]);
                Ok(())
            }
            Packet::PubAck(ack)
            | Packet::PubRec(ack)
            | Packet::PubRel(ack)
            | Packet::PubComp(ack) => match control::plain_ack(self.version, packet.kind(), ack) {
                // Nearly every one: nothing can be left out, and it fits.
                Some(bytes) if bytes.len() <= self.packet_size_max as usize => {
                    out.extend_from_slice(&bytes);
                    Ok(())
                }
                _ => self.encode_control(packet, out),
            },
            _ => self.encode_control(packet, out),
        }
    }

    /// A PUBLISH as a decoder would give it, properties of the hop included.
    fn encode_received(
        &mut self,
        publish: &Publish<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TooLarge> {
        let properties = publish.properties;
        let subscription_ids: Vec<u32> = properties.subscription_identifiers().collect();
        let outgoing = Outgoing {
            message: publish.message(),
            dup: publish.dup,
            qos: publish.qos,
            retain: publish.retain,
            packet_id: publish.packet_id,
            expiry_secs: properties.message_expiry(),
            subscription_ids: &subscription_ids,
            topic_alias: properties.topic_alias(),
        };
        self.encode_publish(&outgoing, out)
    }

    /// Appends a packet other than PUBLISH, with as many of its properties as may be sent.
    fn encode_control(&self, packet: &Packet<'_>, out: &mut Vec<u8>) -> Result<(), TooLarge> {
        const USER: u32 = PropertyId::UserProperty.bit();
        const BOTH: u32 = USER | PropertyId::ReasonString.bit();
        let start = out.len();
        let kind = packet.kind();
        let attempts = match kind {
            PacketKind::Connect | PacketKind::Subscribe | PacketKind::Unsubscribe => &[0][..],
            PacketKind::ConnAck | PacketKind::Disconnect => &[0, USER, BOTH],
            _ if self.problem_information => &[0, USER, BOTH],
            _ => &[BOTH],
        };
        for &omitted in attempts {
            let written = control::write(self.version, packet, omitted, out);
            let is_small_enough = out.len() - start <= self.packet_size_max as usize;
            if written.is_ok() && is_small_enough {
                return Ok(());
            }
            out.truncate(start);
        }
        Err(TooLarge)
    }

    /// Appends a PUBLISH without its payload, which the caller sends right behind it. An alias that
    /// would push the packet over the limit is not used.
    ///
    /// # Errors
    /// The packet, payload included, is larger than the peer accepts.
    pub fn encode_publish_head(
        &mut self,
        publish: &Outgoing<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TooLarge> {
        self.write_head(publish, out, 0)
    }

    /// Appends a PUBLISH and its payload.
    ///
    /// # Errors
    /// The packet is larger than the peer accepts.
    pub fn encode_publish(
        &mut self,
        publish: &Outgoing<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TooLarge> {
        let payload = publish.message.payload;
        self.write_head(publish, out, payload.len())?;
        out.extend_from_slice(payload);
        Ok(())
    }

    /// [`Encoder::encode_publish`] for a PUBLISH that differs from the ones before in its Packet
    /// Identifier at most, since [`Frames::clear`] was called: what was written for one connection is
    /// copied to the next, unless aliases make it another.
    ///
    /// # Errors
    /// The packet is larger than the peer accepts.
    pub fn encode_publish_again(
        &mut self,
        publish: &Outgoing<'_>,
        frames: &mut Frames,
        out: &mut Vec<u8>,
    ) -> Result<(), TooLarge> {
        if self.version.is_v5() && (self.aliases.are_used() || publish.topic_alias.is_some()) {
            return self.encode_publish(publish, out);
        }
        let start = out.len();
        let frame = &mut frames.written[usize::from(self.version.is_v5())];
        if frame.is_empty() {
            self.encode_publish(publish, out)?;
            frame.extend_from_slice(&out[start..]);
            return Ok(());
        }
        if frame.len() > self.packet_size_max as usize {
            return Err(TooLarge);
        }
        out.extend_from_slice(frame);
        if let Some(packet_id) = publish.packet_id {
            let place = start + packet_id_place(frame);
            out[place..place + 2].copy_from_slice(&packet_id.value().to_be_bytes());
        }
        Ok(())
    }

    /// `behind` is how many bytes the caller appends itself.
    fn write_head(
        &mut self,
        publish: &Outgoing<'_>,
        out: &mut Vec<u8>,
        behind: usize,
    ) -> Result<(), TooLarge> {
        debug_assert_eq!(publish.packet_id.is_some(), publish.qos as u8 > 0);
        let topic = publish.message.topic.as_str();
        let (layout, naming) = self.lay_out(publish)?;
        out.reserve(layout.size - publish.message.payload.len() + behind);
        let flags = u8::from(publish.dup) << 3 | (publish.qos as u8) << 1 | publish.retain as u8;
        out.push((PacketKind::Publish as u8) << 4 | flags);
        put_variable(out, layout.remaining);
        let written = if matches!(naming, Naming::Alias(_)) { "" } else { topic };
        // A topic name has at most 65535 bytes.
        out.put_u16(written.len() as u16);
        out.extend_from_slice(written.as_bytes());
        if let Some(packet_id) = publish.packet_id {
            out.put_u16(packet_id.value());
        }
        if self.version.is_v5() {
            put_variable(out, layout.properties);
            put_hop(publish, naming, out);
            put_end_to_end(publish, out);
        }
        if let Naming::Introduce(alias) = naming {
            self.aliases.introduced(topic, alias, publish.topic_alias.is_some());
        }
        Ok(())
    }

    /// How to name the topic, and the lengths that follow from it.
    fn lay_out(&self, publish: &Outgoing<'_>) -> Result<(Layout, Naming), TooLarge> {
        let max = self.packet_size_max as usize;
        let mut naming = Naming::Topic;
        let mut properties = 0;
        if self.version.is_v5() {
            naming = self.aliases.naming(publish.message.topic.as_str(), publish.topic_alias);
            properties = properties_len(publish);
        }
        let mut layout = Layout::of(self.version, publish, properties, naming);
        if layout.size > max && naming != Naming::Topic {
            naming = Naming::Topic;
            layout = Layout::of(self.version, publish, properties, naming);
        }
        if layout.size > max || layout.remaining > VARIABLE_MAX {
            return Err(TooLarge);
        }
        Ok((layout, naming))
    }
}

/// The properties of this hop.
fn put_hop(publish: &Outgoing<'_>, naming: Naming, out: &mut Vec<u8>) {
    for &id in publish.subscription_ids {
        out.push(PropertyId::SubscriptionIdentifier as u8);
        put_variable(out, id as usize);
    }
    if let Naming::Introduce(alias) | Naming::Alias(alias) = naming {
        out.push(PropertyId::TopicAlias as u8);
        out.put_u16(alias);
    }
}

/// The properties that travel with the message. Message Expiry Interval stands last, where
/// mosquitto has it too: its value is of this hop.
fn put_end_to_end(publish: &Outgoing<'_>, out: &mut Vec<u8>) {
    publish.message.properties.end_to_end(|piece| out.extend_from_slice(piece));
    if let Some(secs) = publish.expiry_secs {
        out.push(PropertyId::MessageExpiryInterval as u8);
        out.put_u32(secs);
    }
}
