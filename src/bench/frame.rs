//! The bytes of the hot path: PUBLISH packets that are encoded once and patched in place, and a
//! reader that looks at no more of a packet than it needs.
//!
//! A payload begins with a stamp: publisher and sequence number (four bytes each), and when the
//! message left or should have left, in nanoseconds of the generator's clock (eight bytes).

use crate::protocol::{
    Encoder, MessageRef, Outgoing, PacketId, Property, PropertyBuf, QoS, TopicName,
};

use super::figures::BenchError;
use super::plan::Plan;

/// Bytes of a stamp: the smallest payload.
pub const STAMP_BYTES: usize = 16;
/// A PINGREQ.
pub(super) const PINGREQ: [u8; 2] = [0xC0, 0];
/// Digits of a numbered topic.
const DIGITS: usize = 8;
/// Bytes that one write carries at most, unless one packet is larger.
const BATCH_BYTES: usize = 64 << 10;

/// Who sent a message, which one it is, and when it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) publisher: u32,
    pub(super) sequence: u32,
    pub(super) nanos: u64,
}

impl Stamp {
    pub(super) fn write(self, into: &mut [u8]) {
        into[..4].copy_from_slice(&self.publisher.to_le_bytes());
        into[4..8].copy_from_slice(&self.sequence.to_le_bytes());
        into[8..STAMP_BYTES].copy_from_slice(&self.nanos.to_le_bytes());
    }

    /// The number of a message, where there is one publisher.
    pub(super) fn only_number(&self) -> Option<u32> {
        (self.publisher == 0).then_some(self.sequence)
    }

    fn read(from: &[u8]) -> Option<Stamp> {
        let (publisher, rest) = from.split_first_chunk::<4>()?;
        let (sequence, rest) = rest.split_first_chunk::<4>()?;
        let (nanos, _) = rest.split_first_chunk::<8>()?;
        Some(Stamp {
            publisher: u32::from_le_bytes(*publisher),
            sequence: u32::from_le_bytes(*sequence),
            nanos: u64::from_le_bytes(*nanos),
        })
    }
}

/// The same PUBLISH several times in a row, ready to be patched and written.
#[derive(Debug)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    packet_len: usize,
    stamp_at: usize,
    id_at: Option<usize>,
    topic_end: usize,
    publisher: u32,
}

impl Batch {
    /// Packets of one publisher; at most `packets_max` of them, and as many as fit one write.
    ///
    /// # Errors
    /// The packet is too large for MQTT.
    pub(super) fn new(
        plan: &Plan,
        topic: &str,
        publisher: u32,
        packets_max: usize,
    ) -> Result<Batch, BenchError> {
        let packet = publish(plan, topic, false, plan.payload_bytes)?;
        Ok(Batch::of(plan, packet, topic, publisher, packets_max, plan.payload_bytes))
    }

    /// Packets with topics `name/00000000` and so on. With an empty payload there is no stamp.
    ///
    /// # Errors
    /// The packet is too large for MQTT.
    pub(super) fn numbered(
        plan: &Plan,
        name: &str,
        retain: bool,
        payload_bytes: usize,
    ) -> Result<Batch, BenchError> {
        let topic = format!("{name}/{:0width$}", 0, width = DIGITS);
        let packet = publish(plan, &topic, retain, payload_bytes)?;
        Ok(Batch::of(plan, packet, &topic, 0, usize::MAX, payload_bytes))
    }

    fn of(
        plan: &Plan,
        packet: Vec<u8>,
        topic: &str,
        publisher: u32,
        packets_max: usize,
        payload_bytes: usize,
    ) -> Batch {
        let packet_len = packet.len();
        let count = (BATCH_BYTES / packet_len).clamp(1, packets_max.max(1));
        let topic_end = topic_at(&packet) + topic.len();
        Batch {
            bytes: packet.repeat(count),
            packet_len,
            stamp_at: packet_len - payload_bytes,
            id_at: (plan.qos != QoS::AtMostOnce).then_some(topic_end),
            topic_end,
            publisher,
        }
    }

    /// How many packets there are.
    pub(super) const fn len(&self) -> usize {
        self.bytes.len() / self.packet_len
    }

    /// The first packets as they are written.
    pub(super) fn bytes(&self, packets: usize) -> &[u8] {
        &self.bytes[..packets * self.packet_len]
    }

    /// Makes packet `place` this message.
    #[inline]
    pub(super) fn patch(&mut self, place: usize, sequence: u32, nanos: u64, packet_id: u16) {
        let packet = &mut self.bytes[place * self.packet_len..][..self.packet_len];
        let stamp = Stamp { publisher: self.publisher, sequence, nanos };
        stamp.write(&mut packet[self.stamp_at..]);
        self.patch_id(place, packet_id);
    }

    /// Gives packet `place` this packet identifier, where its QoS has one.
    #[inline]
    pub(super) fn patch_id(&mut self, place: usize, packet_id: u16) {
        if let Some(at) = self.id_at {
            let at = place * self.packet_len + at;
            self.bytes[at..at + 2].copy_from_slice(&packet_id.to_be_bytes());
        }
    }

    /// Gives packet `place` the topic with this number.
    pub(super) fn patch_topic(&mut self, place: usize, number: u32) {
        let end = place * self.packet_len + self.topic_end;
        let mut rest = number;
        for digit in self.bytes[end - DIGITS..end].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }
}

/// Where the topic of a PUBLISH begins.
fn topic_at(packet: &[u8]) -> usize {
    let length_bytes = 1 + packet[1..].iter().take_while(|byte| **byte >= 128).count();
    1 + length_bytes + 2
}

/// One PUBLISH of a plan, with an empty stamp.
fn publish(
    plan: &Plan,
    topic: &str,
    retain: bool,
    payload_bytes: usize,
) -> Result<Vec<u8>, BenchError> {
    let unfit = |why: String| BenchError::Plan(format!("no message can be made of it: {why}"));
    let payload: Vec<u8> = (0..payload_bytes).map(|at| at as u8).collect();
    let properties = properties(plan);
    let message = MessageRef {
        topic: TopicName::new(topic).map_err(|error| unfit(format!("{error:?}")))?,
        qos: plan.qos,
        retain,
        properties: properties.as_properties(),
        payload: &payload,
    };
    let outgoing = Outgoing {
        message,
        dup: false,
        qos: plan.qos,
        retain,
        packet_id: PacketId::new(1).filter(|_| plan.qos != QoS::AtMostOnce),
        expiry_secs: (plan.properties && plan.version.is_v5()).then_some(3600),
        subscription_ids: &[],
        topic_alias: None,
    };
    let mut packet = Vec::new();
    let encoded = Encoder::new(plan.version).encode_publish(&outgoing, &mut packet);
    encoded.map_err(|error| unfit(error.to_string()))?;
    Ok(packet)
}

/// The properties of every message: some of each kind that a broker has to forward.
fn properties(plan: &Plan) -> PropertyBuf {
    let mut properties = PropertyBuf::default();
    if plan.properties && plan.version.is_v5() {
        properties.push(Property::PayloadFormatIndicator(0));
        properties.push(Property::ContentType("application/octet-stream"));
        properties.push(Property::ResponseTopic("lwb/answer"));
        properties.push(Property::CorrelationData(b"0123456789abcdef"));
        properties.push(Property::UserProperty("unit", "celsius"));
    }
    properties
}

/// One packet at the head of what was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head<'a> {
    /// More bytes are needed.
    Short,
    /// A PUBLISH with a stamp. Of its payload only the stamp need be here; `len` is the whole
    /// packet. The packet identifier is 0 for QoS 0.
    Delivery { len: usize, qos: u8, packet_id: u16, stamp: Stamp },
    /// Any other packet, whole: its first byte, and what is behind the fixed header.
    Other { len: usize, first: u8, body: &'a [u8] },
    /// No packet, or a PUBLISH without a stamp.
    Broken,
}

/// Largest packet other than PUBLISH.
const OTHER_BYTES_MAX: usize = 64 << 10;

/// Reads the head of `bytes`.
#[inline]
pub(super) fn head(bytes: &[u8], is_v5: bool) -> Head<'_> {
    let Some(&first) = bytes.first() else { return Head::Short };
    let Some((remaining, body_at)) = variable(bytes, 1) else {
        return if bytes.len() > 4 { Head::Broken } else { Head::Short };
    };
    let len = body_at + remaining;
    if first >> 4 == 3 {
        return delivery(bytes, first, body_at, len, is_v5);
    }
    if remaining > OTHER_BYTES_MAX {
        return Head::Broken;
    }
    match bytes.get(body_at..len) {
        Some(body) => Head::Other { len, first, body },
        None => Head::Short,
    }
}

#[inline]
fn delivery(bytes: &[u8], first: u8, body_at: usize, len: usize, is_v5: bool) -> Head<'_> {
    let qos = first >> 1 & 3;
    let u16_at = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let Some(topic_len) = u16_at(body_at) else { return Head::Short };
    let mut at = body_at + 2 + usize::from(topic_len);
    let mut packet_id = 0;
    if qos > 0 {
        let Some(id) = u16_at(at) else { return Head::Short };
        packet_id = id;
        at += 2;
    }
    if is_v5 {
        let Some((properties_len, end)) = variable(bytes, at) else {
            return if bytes.len() > at + 4 { Head::Broken } else { Head::Short };
        };
        at = end + properties_len;
    }
    if at + STAMP_BYTES > len {
        return Head::Broken;
    }
    match bytes.get(at..).and_then(Stamp::read) {
        Some(stamp) => Head::Delivery { len, qos, packet_id, stamp },
        None => Head::Short,
    }
}

/// A variable byte integer, and where it ends; `None` if it is cut off or no such integer.
#[inline]
fn variable(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut value = 0;
    for place in 0..4 {
        let byte = *bytes.get(at + place)?;
        value |= usize::from(byte & 127) << (7 * place);
        if byte < 128 {
            return Some((value, at + place + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::plan::{Death, Pace, Stop, Workload};
    use crate::protocol::Version;

    fn plan(version: Version, qos: QoS, payload_bytes: usize, properties: bool) -> Plan {
        Plan {
            workload: Workload::FanIn,
            qos,
            version,
            properties,
            payload_bytes,
            clients: 1,
            death: Death::Close,
            has_wills: false,
            pace: Pace::Window(10),
            stop: Stop::Count(1),
            warm_up: Stop::Duration(Duration::ZERO),
            threads: 1,
        }
    }

    /// What was patched in is what the reader finds, whatever the packet looks like, and never before
    /// it is there.
    #[test]
    fn a_patched_packet_is_read_as_it_was_meant() {
        for version in [Version::V311, Version::V5] {
            for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
                for (payload_bytes, properties) in [(16, false), (64, true), (200, true)] {
                    let plan = plan(version, qos, payload_bytes, properties);
                    let mut batch = Batch::new(&plan, "lwb/1/2", 7, 3).unwrap();
                    assert_eq!(batch.len(), 3);
                    batch.patch(1, 0x0102_0304, 99, 0x0506);
                    let len = batch.bytes(1).len();
                    let packet = &batch.bytes(2)[len..];
                    let stamp = Stamp { publisher: 7, sequence: 0x0102_0304, nanos: 99 };
                    let packet_id = if qos == QoS::AtMostOnce { 0 } else { 0x0506 };
                    let wanted = Head::Delivery { len, qos: qos as u8, packet_id, stamp };
                    assert_eq!(head(packet, version.is_v5()), wanted);
                    let needed = len - payload_bytes + STAMP_BYTES;
                    assert_eq!(head(&packet[..needed], version.is_v5()), wanted);
                    for cut in 0..needed {
                        assert_eq!(head(&packet[..cut], version.is_v5()), Head::Short, "{cut}");
                    }
                }
            }
        }
    }

    #[test]
    fn numbered_topics_are_equally_long() {
        let plan = plan(Version::V5, QoS::AtLeastOnce, 16, true);
        let mut batch = Batch::numbered(&plan, "lwb/x", true, 0).unwrap();
        batch.patch_topic(1, 1_234_567);
        batch.patch_id(1, 0x4142);
        let packet = &batch.bytes(2)[batch.bytes(1).len()..];
        let topic = b"lwb/x/01234567AB";
        assert!(packet.windows(topic.len()).any(|window| window == topic), "{packet:x?}");
        assert_eq!(packet[0] & 1, 1);
        let first = batch.bytes(1);
        assert!(first.windows(8).any(|window| window == b"00000000"));
    }

    #[test]
    fn other_packets_are_read_whole() {
        let puback = [0x40, 2, 0, 9, 0xD0];
        let wanted = Head::Other { len: 4, first: 0x40, body: &[0, 9] };
        assert_eq!(head(&puback, false), wanted);
        assert_eq!(head(&puback[..3], false), Head::Short);
        assert_eq!(head(&[0xD0, 0], true), Head::Other { len: 2, first: 0xD0, body: &[] });
    }

    #[test]
    fn what_is_no_packet_of_ours_is_broken() {
        // A PUBLISH that is too short for a stamp, a length that never ends, a huge PINGRESP.
        assert_eq!(head(&[0x30, 5, 0, 1, b'a', 1, 2], false), Head::Broken);
        assert_eq!(head(&[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], false), Head::Broken);
        assert_eq!(head(&[0xD0, 0xFF, 0xFF, 0x7F], false), Head::Broken);
    }

    #[test]
    fn a_packet_that_mqtt_cannot_carry_is_refused() {
        let error = Batch::new(&plan(Version::V311, QoS::AtMostOnce, 16, false), "a/#", 0, 1);
        assert!(error.is_err());
    }
}
