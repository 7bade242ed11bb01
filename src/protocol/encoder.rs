//! Packets to bytes, within what the peer accepts.

use std::collections::HashMap;

use crate::packet::Outgoing;
use crate::{Packet, Version};

/// The packet is larger than the peer accepts; nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// Length in bytes of a PUBLISH, fixed header included, with its full topic and no alias: what is
/// compared with Maximum Packet Size before a packet identifier is taken.
pub fn publish_len(version: Version, publish: &Outgoing<'_>) -> usize {
    let _ = (version, publish);
    todo!("protocol helper")
}

/// The encoder of one direction of one Network Connection: its version, the peer's limits, topic
/// aliases in use.
#[derive(Debug)]
pub struct Encoder {
    version: Version,
    packet_size_max: u32,
    topic_alias_max: u16,
    problem_information: bool,
    aliases: HashMap<Box<str>, u16>,
}

impl Encoder {
    /// Without limits and aliases until [`Encoder::set_peer`] is called.
    pub fn new(version: Version) -> Self {
        Encoder {
            version,
            packet_size_max: u32::MAX,
            topic_alias_max: 0,
            problem_information: true,
            aliases: HashMap::new(),
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
        self.topic_alias_max = topic_alias_max;
        self.problem_information = problem_information;
    }

    /// Appends any packet. Reason String and User Property are left out where the packet would be
    /// too large with them, or where the client does not want them [MQTT-3.1.2-29]. What the
    /// version cannot carry is dropped; a packet that the version does not have (a server's
    /// DISCONNECT, AUTH, a refused CONNACK without a version 3 code) writes nothing.
    pub fn encode(&mut self, packet: &Packet<'_>, out: &mut Vec<u8>) -> Result<(), TooLarge> {
        let _ = (packet, out, self.packet_size_max, self.topic_alias_max);
        let _ = (self.problem_information, &self.aliases);
        todo!("protocol helper")
    }

    /// Appends a PUBLISH without its payload, which the caller sends right behind it. An alias that
    /// would push the packet over the limit is not used.
    pub fn encode_publish_head(
        &mut self,
        publish: &Outgoing<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TooLarge> {
        let _ = (publish, out);
        todo!("protocol helper")
    }

    /// Appends a PUBLISH and its payload.
    pub fn encode_publish(
        &mut self,
        publish: &Outgoing<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TooLarge> {
        self.encode_publish_head(publish, out)?;
        out.extend_from_slice(publish.message.payload);
        Ok(())
    }
}
