//! PUBLISH packets one behind the other, written once for all who get the same.

use bytes::Bytes;

use super::{Encoder, TooLarge, packet_id_place};
use crate::packet::Outgoing;
use crate::{PacketId, Version};

/// A run of PUBLISH packets as it was written last: once for version 5, once for the versions before,
/// which write it alike.
#[derive(Debug, Default)]
pub struct Blocks {
    written: [Block; 2],
}

/// Packets of one version.
#[derive(Debug, Default)]
struct Block {
    bytes: Vec<u8>,
    /// The same once it was shared.
    shared: Bytes,
    /// Where each packet ends, and where its Packet Identifier stands.
    ends: Vec<(u32, u32)>,
    /// Bytes of the largest packet.
    largest: usize,
    /// What the last packet began with.
    head: Option<Head>,
}

/// What stands before the payload of a packet. It is the same, but for the identifier, in all packets of
/// a run that have the same properties and payloads of the same length.
#[derive(Clone, Copy, Debug)]
struct Head {
    start: usize,
    len: usize,
    /// Where the identifier stands in it.
    place: usize,
}

impl Block {
    fn clear(&mut self) {
        self.bytes.clear();
        self.shared = Bytes::new();
        self.ends.clear();
        self.largest = 0;
        self.head = None;
    }

    /// Writes the next packet by what the last one began with.
    fn repeat(&mut self, head: Head, payload: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_within(head.start..head.start + head.len);
        self.bytes.extend_from_slice(payload);
        self.note(start + head.place);
    }

    /// A packet was written, and its identifier stands there.
    fn note(&mut self, place: usize) {
        // A run comes out of one read, or of a packet more.
        self.ends.push((self.bytes.len() as u32, place as u32));
    }
}

/// Whether two packets of a run begin alike, but for the identifier.
#[inline]
fn are_alike(one: &Outgoing<'_>, other: &Outgoing<'_>) -> bool {
    let [(properties, ids), (others, other_ids)] =
        [one, other].map(|it| (it.message.properties, it.subscription_ids));
    // To compare nothing may cost a hundred times as much as to compare something: processors with
    // AVX-512 take long to find out that they need not read where an empty slice points to.
    let are_same = match properties.is_empty() {
        true => others.is_empty(),
        false => properties.as_bytes() == others.as_bytes(),
    };
    are_same
        && one.message.payload.len() == other.message.payload.len()
        && one.expiry_secs == other.expiry_secs
        && ids.is_empty()
        && other_ids.is_empty()
}

impl Blocks {
    /// Another run is next.
    pub fn clear(&mut self) {
        self.written.iter_mut().for_each(Block::clear);
    }

    fn of(&mut self, version: Version) -> &mut Block {
        &mut self.written[usize::from(version.is_v5())]
    }

    /// How many packets of the run there is room for: all of `len`, or those up to the first behind
    /// which more than `room` bytes are written. They must be written.
    pub fn fit(&mut self, version: Version, len: usize, room: usize) -> usize {
        let ends = &self.of(version).ends[..len];
        match ends.last() {
            Some((end, _)) if *end as usize > room => {
                (ends.partition_point(|(end, _)| *end as usize <= room) + 1).min(len)
            }
            _ => len,
        }
    }

    /// How many bytes the first `len` packets have. They must be written.
    pub fn size(&mut self, version: Version, len: usize) -> usize {
        let last = len.checked_sub(1).map(|last| self.of(version).ends[last]);
        last.map_or(0, |(end, _)| end as usize)
    }

    /// The first `len` packets, shared: no others are written behind them any more.
    pub fn share(&mut self, version: Version, len: usize) -> Bytes {
        let size = self.size(version, len);
        let block = self.of(version);
        if block.shared.is_empty() {
            block.shared = Bytes::from(std::mem::take(&mut block.bytes));
        }
        block.shared.slice(..size)
    }

    /// Appends the first `len` packets with identifiers that count from `first`. They must be written.
    pub fn copy(
        &mut self,
        version: Version,
        len: usize,
        first: Option<PacketId>,
        out: &mut Vec<u8>,
    ) {
        let size = self.size(version, len);
        let block = self.of(version);
        let start = out.len();
        let written = if block.shared.is_empty() { &block.bytes } else { &*block.shared };
        out.extend_from_slice(&written[..size]);
        number(&mut out[start..], &block.ends[..len], first);
    }

    /// The same for the only one who gets them: into `out` without a copy, if that is empty. They must
    /// be written, and are not any more.
    pub fn hand_over(
        &mut self,
        version: Version,
        len: usize,
        first: Option<PacketId>,
        out: &mut Vec<u8>,
    ) {
        let size = self.size(version, len);
        let block = self.of(version);
        if !out.is_empty() || !block.shared.is_empty() {
            return self.copy(version, len, first, out);
        }
        block.bytes.truncate(size);
        number(&mut block.bytes, &block.ends[..len], first);
        std::mem::swap(&mut block.bytes, out);
        block.clear();
    }
}

/// Puts identifiers that count from `first` into packets that end, and have their place for it, there.
fn number(packets: &mut [u8], ends: &[(u32, u32)], first: Option<PacketId>) {
    let Some(first) = first else { return };
    for (n, (_, place)) in (0..).zip(ends) {
        let place = *place as usize;
        packets[place..place + 2].copy_from_slice(&first.advanced(n).value().to_be_bytes());
    }
}

impl Encoder {
    /// Whether it writes a PUBLISH as every other of its version does, where it writes it.
    pub fn is_plain(&self) -> bool {
        !(self.version.is_v5() && self.aliases.are_used())
    }

    /// Writes the first `len` packets of a run, as far as they are not there. Only an encoder that
    /// [`Encoder::is_plain`].
    ///
    /// # Errors
    /// A packet is larger than the peer accepts, or than the wire can express: none may be copied.
    pub fn encode_run<'a>(
        &mut self,
        blocks: &mut Blocks,
        len: usize,
        outgoing: impl Fn(usize) -> Outgoing<'a>,
    ) -> Result<(), TooLarge> {
        let block = blocks.of(self.version);
        if block.largest > self.packet_size_max as usize {
            return Err(TooLarge);
        }
        let written = block.ends.len();
        if written >= len {
            return Ok(());
        }
        let mut before = written.checked_sub(1).map(&outgoing);
        for n in written..len {
            let publish = outgoing(n);
            if n == 0 {
                // All of a run have nearly the same length.
                let message = &publish.message;
                let each = message.topic.as_str().len() + message.payload.len();
                let properties = message.properties.as_bytes().len();
                block.bytes.reserve(len * (each + properties + 16));
            }
            if let Some(head) = block.head
                && before.is_some_and(|before| are_alike(&before, &publish))
            {
                block.repeat(head, publish.message.payload);
                continue;
            }
            let start = block.bytes.len();
            self.encode_publish(&publish, &mut block.bytes)?;
            let size = block.bytes.len() - start;
            block.largest = block.largest.max(size);
            let place = match publish.packet_id {
                Some(_) => packet_id_place(&block.bytes[start..]),
                None => 0,
            };
            let len = size - publish.message.payload.len();
            block.head = Some(Head { start, len, place });
            block.note(start + place);
            before = Some(publish);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MessageRef, Properties, Property, PropertyBuf, QoS, TopicName};

    /// What some messages carry: Topic Alias and Message Expiry Interval are of the hop before, the
    /// others are as long as each other.
    fn properties() -> [PropertyBuf; 3] {
        let of_hop = [
            Property::TopicAlias(9),
            Property::ContentType("text"),
            Property::MessageExpiryInterval(60),
            Property::UserProperty("a", "1"),
        ];
        let user = |value| [Property::UserProperty("a", value)].into_iter().collect();
        [of_hop.into_iter().collect(), user("1"), user("2")]
    }

    fn outgoing(
        n: usize,
        qos: QoS,
        first: Option<PacketId>,
        properties: &[PropertyBuf; 3],
    ) -> Outgoing<'_> {
        const PAYLOAD: [u8; 300] = [7; 300];
        let [of_hop, one, other] = properties;
        let properties = match n % 12 {
            4 | 5 | 10 | 11 => of_hop.as_properties(),
            1 | 2 | 7 => one.as_properties(),
            8 => other.as_properties(),
            _ => Properties::EMPTY,
        };
        let topic = TopicName::new("a/b").unwrap();
        // Some have two bytes of Remaining Length, and some are as long as the one before.
        let payload = &PAYLOAD[..n / 3 * 30 % 300];
        let message = MessageRef { topic, qos, retain: false, properties, payload };
        let packet_id = first.map(|first| first.advanced(n as u16));
        let (dup, retain, topic_alias) = (false, false, None);
        // What is left of it.
        let expiry_secs = properties.message_expiry().map(|secs| secs - n as u32);
        let subscription_ids = &[];
        Outgoing {
            message,
            dup,
            qos,
            retain,
            packet_id,
            expiry_secs,
            subscription_ids,
            topic_alias,
        }
    }

    fn singly(version: Version, len: usize, qos: QoS, first: Option<PacketId>) -> Vec<u8> {
        let (mut encoder, mut out) = (Encoder::new(version), Vec::new());
        let properties = properties();
        for n in 0..len {
            encoder.encode_publish(&outgoing(n, qos, first, &properties), &mut out).unwrap();
        }
        out
    }

    #[test]
    fn a_copied_run_is_what_was_written_one_by_one() {
        let id = |id| PacketId::new(id).unwrap();
        for version in [Version::V31, Version::V311, Version::V5] {
            for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
                let mut blocks = Blocks::default();
                // More and fewer than before, and identifiers that begin anew.
                for (len, first) in [(3, id(1)), (40, id(65_530)), (1, id(9)), (0, id(5))] {
                    let first = (qos > QoS::AtMostOnce).then_some(first);
                    let mut encoder = Encoder::new(version);
                    let properties = properties();
                    let outgoing = |n| {
                        assert!(n < len, "the run has {len} packets");
                        outgoing(n, qos, first, &properties)
                    };
                    encoder.encode_run(&mut blocks, len, outgoing).unwrap();
                    let mut out = b"before".to_vec();
                    blocks.copy(version, len, first, &mut out);
                    let expected = singly(version, len, qos, first);
                    assert!(out[6..] == expected, "{version:?} {qos:?} {len}");
                    assert_eq!(blocks.size(version, len), expected.len());
                }
            }
        }
    }

    #[test]
    fn a_shared_run_can_still_be_copied() {
        let (version, qos, mut blocks) = (Version::V5, QoS::AtMostOnce, Blocks::default());
        let properties = properties();
        let outgoing = |n| outgoing(n, qos, None, &properties);
        Encoder::new(version).encode_run(&mut blocks, 10, outgoing).unwrap();
        let shared = blocks.share(version, 10);
        assert_eq!(shared, singly(version, 10, qos, None));
        assert_eq!(blocks.share(version, 10).as_ptr(), shared.as_ptr());
        let mut out = Vec::new();
        blocks.copy(version, 4, None, &mut out);
        assert_eq!(out, singly(version, 4, qos, None));
        blocks.clear();
        assert_eq!(shared.len(), singly(version, 10, qos, None).len());
    }

    #[test]
    fn a_run_that_is_handed_over_is_what_was_written_one_by_one() {
        let (version, qos, mut blocks) = (Version::V5, QoS::AtLeastOnce, Blocks::default());
        let (properties, first) = (properties(), PacketId::new(65_530));
        let mut encoder = Encoder::new(version);
        for (len, before) in [(20, &b""[..]), (7, b""), (9, b"before"), (0, b"")] {
            let outgoing = |n| outgoing(n, qos, PacketId::new(1), &properties);
            encoder.encode_run(&mut blocks, 20, outgoing).unwrap();
            let mut out = before.to_vec();
            blocks.hand_over(version, len, first, &mut out);
            assert_eq!(out, [before, &singly(version, len, qos, first)].concat());
            blocks.clear();
        }
        // What was shared stays with those who have it.
        let outgoing = |n| outgoing(n, QoS::AtMostOnce, None, &properties);
        encoder.encode_run(&mut blocks, 3, outgoing).unwrap();
        let (shared, mut out) = (blocks.share(version, 3), Vec::new());
        blocks.hand_over(version, 2, None, &mut out);
        assert_eq!(out, shared[..out.len()]);
        assert_eq!(out, singly(version, 2, QoS::AtMostOnce, None));
    }

    #[test]
    fn a_run_ends_behind_the_packet_that_fills_the_room() {
        let (version, qos, mut blocks) = (Version::V311, QoS::AtMostOnce, Blocks::default());
        let properties = properties();
        let outgoing = |n| outgoing(n, qos, None, &properties);
        Encoder::new(version).encode_run(&mut blocks, 5, outgoing).unwrap();
        let sizes = [1, 2, 3, 4, 5].map(|len| blocks.size(version, len));
        assert_eq!(blocks.fit(version, 5, sizes[4]), 5);
        assert_eq!(blocks.fit(version, 5, sizes[4] - 1), 5);
        assert_eq!(blocks.fit(version, 5, sizes[3] - 1), 4);
        assert_eq!(blocks.fit(version, 5, sizes[2]), 4);
        assert_eq!(blocks.fit(version, 5, 0), 1);
        assert_eq!(blocks.fit(version, 0, 0), 0);
    }

    #[test]
    fn a_run_with_a_packet_above_the_limit_is_not_for_the_peer() {
        let (version, qos, properties) = (Version::V5, QoS::AtMostOnce, properties());
        let outgoing = |n| outgoing(n, qos, None, &properties);
        let largest = singly(version, 11, qos, None).len() - singly(version, 10, qos, None).len();
        let mut small = Encoder::new(version);
        small.set_peer(largest as u32 - 1, 0, true);
        let mut enough = Encoder::new(version);
        enough.set_peer(largest as u32, 0, true);
        // Whoever writes it, and whoever would copy it.
        let mut blocks = Blocks::default();
        assert_eq!(small.encode_run(&mut blocks, 11, outgoing), Err(TooLarge));
        enough.encode_run(&mut blocks, 11, outgoing).unwrap();
        assert_eq!(small.encode_run(&mut blocks, 11, outgoing), Err(TooLarge));
        let mut out = Vec::new();
        blocks.copy(version, 11, None, &mut out);
        assert_eq!(out, singly(version, 11, qos, None));
        blocks.clear();
        small.encode_run(&mut blocks, 10, outgoing).unwrap();
    }

    #[test]
    fn whoever_has_aliases_is_not_plain() {
        let mut encoder = Encoder::new(Version::V5);
        assert!(encoder.is_plain());
        encoder.set_peer(100, 0, true);
        assert!(encoder.is_plain());
        encoder.set_peer(u32::MAX, 5, true);
        assert!(!encoder.is_plain());
    }
}
