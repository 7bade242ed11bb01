//! Packets that are like the one before them. A fast client sends many, and what is known of the one
//! need not be found out again of the next.

use super::{Decoder, PLAIN_ACK_SIZE};
use crate::primitive::{Reader, remaining_length};
use crate::{
    Ack, Packet, PacketId, PacketKind, Properties, PropertyId, PropertyPlace, Publish, QoS, Topic,
    TopicName, Version,
};

impl Decoder {
    /// Decodes what follows at the head of `input` as long as it is like the last of `packets`, which
    /// this decoder has decoded just before: a PUBLISH with the same topic and flags, or an
    /// acknowledgement of its kind that is nothing but its identifier. Until there are `packets_max`.
    /// How many bytes that took.
    ///
    /// It gives what [`Decoder::decode`] would give, sooner. Whatever is unlike, not whole or wrong is
    /// left to that.
    pub fn decode_alike<'a>(
        &self,
        packets: &mut Vec<Packet<'a>>,
        input: &'a [u8],
        packets_max: usize,
    ) -> usize {
        let Some(version) = self.version else { return 0 };
        match packets.last() {
            Some(Packet::Publish(before)) => match Pattern::of(self, before, version) {
                Some(pattern) => pattern.read_all(packets, input, packets_max),
                None => 0,
            },
            Some(Packet::PubAck(_)) => {
                self.acks_alike(0x40, Packet::PubAck, packets, input, packets_max)
            }
            Some(Packet::PubRec(_)) => {
                self.acks_alike(0x50, Packet::PubRec, packets, input, packets_max)
            }
            Some(Packet::PubRel(_)) => {
                self.acks_alike(0x62, Packet::PubRel, packets, input, packets_max)
            }
            Some(Packet::PubComp(_)) => {
                self.acks_alike(0x70, Packet::PubComp, packets, input, packets_max)
            }
            _ => 0,
        }
    }

    fn acks_alike<'a>(
        &self,
        first_byte: u8,
        packet: impl Fn(Ack<'a>) -> Packet<'a>,
        packets: &mut Vec<Packet<'a>>,
        input: &[u8],
        packets_max: usize,
    ) -> usize {
        if (self.limits.packet_size_max as usize) < PLAIN_ACK_SIZE {
            return 0;
        }
        let room = packets_max.saturating_sub(packets.len());
        let (chunks, _) = input.as_chunks::<PLAIN_ACK_SIZE>();
        let ids = chunks.iter().map_while(|chunk| match *chunk {
            [first, 2, high, low] if first == first_byte => {
                PacketId::new(u16::from_be_bytes([high, low]))
            }
            _ => None,
        });
        let before = packets.len();
        packets.extend(ids.take(room).map(|id| packet(Ack::success(id))));
        (packets.len() - before) * PLAIN_ACK_SIZE
    }
}

/// What is known of a PUBLISH that is like the one before it.
struct Pattern<'d, 'a> {
    decoder: &'d Decoder,
    first_byte: u8,
    topic_len: [u8; 2],
    topic: TopicName<'a>,
    qos: QoS,
    retain: bool,
    properties: Properties<'a>,
    version: Version,
}

impl<'d, 'a> Pattern<'d, 'a> {
    /// `None`: nothing can be like it.
    fn of(decoder: &'d Decoder, before: &Publish<'a>, version: Version) -> Option<Self> {
        let Topic::Slice(topic) = before.topic else { return None };
        let Publish { dup, qos, retain, properties, .. } = *before;
        // A topic that was read fits.
        let topic_len = (topic.as_str().len() as u16).to_be_bytes();
        let first_byte = (PacketKind::Publish as u8) << 4 | (qos as u8) << 1 | u8::from(retain);
        // Repeats are rare.
        (!dup).then_some(Pattern {
            decoder,
            first_byte,
            topic_len,
            topic,
            qos,
            retain,
            properties,
            version,
        })
    }

    fn read_all(
        &self,
        packets: &mut Vec<Packet<'a>>,
        input: &'a [u8],
        packets_max: usize,
    ) -> usize {
        let mut rest = input;
        let mut properties = self.properties;
        while packets.len() < packets_max {
            let Some((publish, behind)) = self.read(rest, properties) else { break };
            properties = publish.properties;
            packets.push(Packet::Publish(publish));
            rest = behind;
        }
        input.len() - rest.len()
    }

    /// The PUBLISH at the head of `input`, behind one with these properties, and what follows it.
    #[inline(always)]
    fn read(&self, input: &'a [u8], before: Properties<'a>) -> Option<(Publish<'a>, &'a [u8])> {
        let behind_first = input.strip_prefix(&[self.first_byte])?;
        let (length, length_bytes) = remaining_length(behind_first).ok()??;
        let size = 1 + length_bytes as u32 + length;
        if size > self.decoder.limits.packet_size_max {
            return None;
        }
        let (body, behind) = behind_first[length_bytes..].split_at_checked(length as usize)?;
        let body =
            body.strip_prefix(&self.topic_len)?.strip_prefix(self.topic.as_str().as_bytes())?;
        let mut reader = Reader::new(body);
        let packet_id = match self.qos {
            QoS::AtMostOnce => None,
            _ => Some(reader.packet_id().ok()?),
        };
        let properties = match self.version.is_v5() {
            true => self.properties(&mut reader, before)?,
            false => Properties::EMPTY,
        };
        let publish = Publish {
            dup: false,
            qos: self.qos,
            retain: self.retain,
            topic: Topic::Slice(self.topic),
            packet_id,
            properties,
            payload: reader.rest(),
        };
        Some((publish, behind))
    }

    /// A section that is the same as the one before it was checked there, and what its Topic Alias
    /// stands for is known.
    fn properties(
        &self,
        reader: &mut Reader<'a>,
        before: Properties<'a>,
    ) -> Option<Properties<'a>> {
        let section = before.as_bytes();
        if section.is_empty()
            && let Some(payload) = reader.rest().strip_prefix(&[0])
        {
            *reader = Reader::new(payload);
            return Some(before);
        }
        // Up to here the length has one byte.
        if section.len() < 0x80
            && let Some(behind) = reader.rest().strip_prefix(&[section.len() as u8])
            && let Some(payload) = behind.strip_prefix(section)
        {
            *reader = Reader::new(payload);
            return Some(before);
        }
        let place = PropertyPlace::Packet(PacketKind::Publish);
        let properties = Properties::read(reader, place, self.decoder.sender).ok()?;
        (!properties.has_any(PropertyId::TopicAlias.bit())).then_some(properties)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        DecodeError, DecodeLimits, Decoded, Encoder, MessageRef, Outgoing, Property, PropertyBuf,
        TopicName,
    };

    const LIMITS: DecodeLimits = DecodeLimits {
        packet_size_max: 100,
        connect_size_max: 100,
        topic_alias_max: 3,
        strict_connect_flags: true,
    };

    /// What came out of a stream, printed, and the error that ended it.
    type Read = (Vec<String>, Option<DecodeError>);

    fn read(version: Version, bytes: &[u8], packets_max: Option<usize>) -> Read {
        let mut decoder = Decoder::of_client(LIMITS);
        decoder.version = Some(version);
        let (mut rest, mut packets) = (bytes, Vec::new());
        let error = loop {
            match decoder.decode(rest) {
                Ok(Decoded::Packet(packet, length)) => {
                    packets.push(packet);
                    rest = &rest[length..];
                }
                Ok(Decoded::Incomplete { .. }) => break None,
                Err(error) => break Some(error),
            }
            if let Some(max) = packets_max {
                let taken = decoder.decode_alike(&mut packets, rest, max);
                rest = &rest[taken..];
            }
        };
        (packets.iter().map(|packet| format!("{packet:?}")).collect(), error)
    }

    /// One packet of a stream: mostly the same ones, now and then something else, or something wrong.
    fn packet(version: Version, number: u8, id: u16) -> Vec<u8> {
        let [high, low] = id.to_be_bytes();
        let mut out = Vec::new();
        let list: &[Property<'_>] = match number {
            3 => &[Property::UserProperty("a", "1")],
            4 => &[Property::UserProperty("a", "2"), Property::CorrelationData(b"12")],
            5 => &[Property::TopicAlias(1)],
            6 => &[Property::TopicAlias(2)],
            7 => &[Property::TopicAlias(4)],
            _ => &[],
        };
        let properties: PropertyBuf = list.iter().copied().collect();
        let topic = TopicName::new(if number == 1 { "a/c" } else { "a/b" }).unwrap();
        let qos = [QoS::AtLeastOnce, QoS::AtMostOnce, QoS::ExactlyOnce][usize::from(id % 7 / 3)];
        let payload = &[b'x'; 130][..if number == 2 { 90 } else { usize::from(id % 40) }];
        let retain = number == 8;
        let properties = properties.as_properties();
        let message = MessageRef { topic, qos, retain, properties, payload };
        match number {
            10 => return vec![0x40, 2, high, low],
            11 => return vec![0x50, 2, high, low],
            12 => return vec![0x62, 2, high, low],
            13 => return vec![0x70, 2, high, low],
            14 => return vec![0x40, 0x82, 0, high, low],
            15 => return vec![0xC0, 0],
            16 => return vec![0x31, 6, 0, 3, b'a', b'/', b'b', 0x26],
            18 => return vec![0x30, 7, 0, 0, 3, 0x23, 0, 1, b'x'],
            17 => return vec![0x32, 0x87, 0x00, 0, 3, b'a', b'/', b'b', high, low],
            _ => {}
        }
        let alias = message.properties.topic_alias();
        let outgoing = Outgoing {
            message,
            dup: number == 9 && qos > QoS::AtMostOnce,
            qos,
            retain,
            packet_id: (qos > QoS::AtMostOnce).then(|| PacketId::new(id.max(1)).unwrap()),
            expiry_secs: None,
            subscription_ids: &[],
            topic_alias: alias,
        };
        Encoder::new(version).encode_publish(&outgoing, &mut out).unwrap();
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_alike_is_read_as_one_by_one(
            numbers in proptest::collection::vec((0u8..19, 1usize..6, 0u16..100), 0..8),
            cut in 0usize..30,
            packets_max in 0usize..40,
        ) {
            for version in [Version::V31, Version::V311, Version::V5] {
                let mut stream = Vec::new();
                for (number, times, id) in &numbers {
                    for _ in 0..*times {
                        stream.extend(packet(version, *number, *id));
                    }
                }
                stream.truncate(stream.len() - cut.min(stream.len()));
                let singly = read(version, &stream, None);
                prop_assert_eq!(read(version, &stream, Some(packets_max)), singly);
            }
        }
    }

    #[test]
    fn a_stream_of_like_packets_is_read_at_once() {
        for (version, number) in
            [(Version::V311, 0), (Version::V5, 0), (Version::V5, 3), (Version::V5, 5)]
        {
            let stream: Vec<u8> = (0..20).flat_map(|_| packet(version, number, 1)).collect();
            let mut decoder = Decoder::of_client(LIMITS);
            decoder.version = Some(version);
            let Ok(Decoded::Packet(first, length)) = decoder.decode(&stream) else { panic!() };
            let mut packets = vec![first];
            let rest = &stream[length..];
            assert_eq!(decoder.decode_alike(&mut packets, rest, 5), 4 * length);
            assert_eq!(packets.len(), 5);
            assert_eq!(decoder.decode_alike(&mut packets, &rest[4 * length..], 99), 15 * length);
            let ids = packets.iter().filter(|packet| **packet == packets[0]).count();
            assert_eq!(ids, 20, "{version:?} {number}");
        }
    }

    #[test]
    fn nothing_is_alike_before_connect() {
        let decoder = Decoder::of_client(LIMITS);
        let mut packets = vec![Packet::PubAck(Ack::success(PacketId::FIRST))];
        assert_eq!(decoder.decode_alike(&mut packets, &[0x40, 2, 0, 1], 9), 0);
    }
}
