//! Messages that came together and are kept together: copied once for everybody who must keep them,
//! counted and acknowledged each for itself.

use std::sync::Arc;

use crate::broker::queue::{Pending, SubscriptionIds};
use crate::protocol::{Message, MessageRef, Properties, PropertySections, QoS, TopicName};
use crate::time::Timestamp;

/// Bytes of properties and payloads of a block, unless one message has more. The last message of a
/// block holds all of it, and its session is charged for the message alone: as a session holds part
/// of a block only where it has had the rest, that is at most so much for what is oldest in flight.
const BLOCK_BYTES_MAX: usize = 16 * 1024;

/// Messages of a block.
const BLOCK_MESSAGES_MAX: usize = 256;

/// Messages that differ in payload and properties alone: one topic, not retained, and they expire
/// together.
#[derive(Debug)]
pub(super) struct Block {
    /// What they have in common: a message without payload and properties.
    common: Message,
    /// All their payloads, one behind the other.
    payloads: Vec<u8>,
    /// Where each of them ends.
    ends: Box<[u32]>,
    /// Their properties, if any has some.
    properties: Option<PropertySections>,
    /// None of them is sent for the first time from this moment on.
    expires_at: Option<Timestamp>,
}

/// How many messages of these sizes are for one block, from the first one on.
fn fitting(sizes: impl Iterator<Item = usize>) -> usize {
    let mut bytes = 0;
    let fits = |size: &usize| {
        bytes += size;
        bytes <= BLOCK_BYTES_MAX
    };
    sizes.take(BLOCK_MESSAGES_MAX).take_while(fits).count().max(1)
}

impl Block {
    /// Copies messages, each its properties and payload, into as few blocks as they fit. `topic_shared`
    /// equals `topic`. All expire at `expires_at`.
    pub fn copies_of<'p>(
        topic: TopicName<'_>,
        topic_shared: &Arc<str>,
        qos: QoS,
        mut messages: impl ExactSizeIterator<Item = (Properties<'p>, &'p [u8])> + Clone,
        expires_at: Option<Timestamp>,
    ) -> Vec<Arc<Block>> {
        let mut blocks = Vec::new();
        while messages.len() > 0 {
            let sizes = messages.clone();
            let len = fitting(sizes.map(|(properties, it)| properties.end_to_end_len() + it.len()));
            let here = messages.clone().take(len);
            blocks.push(Arc::new(Block::copy_of(topic, topic_shared, qos, here, expires_at)));
            messages.nth(len - 1);
        }
        blocks
    }

    fn copy_of<'p>(
        topic: TopicName<'_>,
        topic_shared: &Arc<str>,
        qos: QoS,
        messages: impl Iterator<Item = (Properties<'p>, &'p [u8])> + Clone,
        expires_at: Option<Timestamp>,
    ) -> Self {
        let pieces = messages.clone().map(|(_, payload)| payload);
        let mut payloads = Vec::with_capacity(pieces.clone().map(<[u8]>::len).sum());
        let put = |payload: &[u8]| {
            payloads.extend_from_slice(payload);
            // A packet has less than 2^28 bytes, and more than one of them have far less.
            payloads.len() as u32
        };
        let ends = pieces.map(put).collect();
        let (retain, properties, payload) = (false, Properties::EMPTY, &[][..]);
        let common = MessageRef { topic, qos, retain, properties, payload };
        let common = Message::copy_of(common, Some(Arc::clone(topic_shared)));
        let sections = messages.map(|(properties, _)| properties);
        let properties = match sections.clone().all(Properties::is_empty) {
            true => None,
            false => PropertySections::copy_of(&sections.collect::<Vec<_>>()),
        };
        Block { common, payloads, ends, properties, expires_at }
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Where the `n`th payload begins.
    fn start(&self, n: usize) -> usize {
        n.checked_sub(1).map_or(0, |before| self.ends[before] as usize)
    }
}

/// Messages of a block one behind the other, on their way to one session. A message that came by a
/// shared subscription or has anything else of its own is no part of one.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    block: Arc<Block>,
    from: u32,
    to: u32,
    /// QoS of the deliveries.
    qos: QoS,
}

impl Piece {
    /// All of a block.
    pub fn of(block: &Arc<Block>, qos: QoS) -> Self {
        // At most [`BLOCK_MESSAGES_MAX`].
        Piece { block: Arc::clone(block), from: 0, to: block.len() as u32, qos }
    }

    /// How many messages there are.
    pub const fn len(&self) -> usize {
        (self.to - self.from) as usize
    }

    /// QoS of the deliveries.
    pub const fn qos(&self) -> QoS {
        self.qos
    }

    /// The moment from which on none of them is sent, unless it was sent once [MQTT-3.3.2-5].
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.block.expires_at
    }

    /// Whether none may be sent any more.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at().is_some_and(|at| at <= now)
    }

    /// Their topic.
    pub fn topic(&self) -> TopicName<'_> {
        self.block.common.topic()
    }

    /// The first `n` messages, or all if there are fewer.
    pub fn first(&self, n: usize) -> Piece {
        Piece { to: self.from + n.min(self.len()) as u32, ..self.clone() }
    }

    /// Gives the first `n` messages up, or all if there are fewer.
    pub fn skip(&mut self, n: usize) {
        self.from += n.min(self.len()) as u32;
    }

    /// Appends what follows in the same block; whether `next` is that.
    pub fn join(&mut self, next: &Piece) -> bool {
        let is_next =
            Arc::ptr_eq(&self.block, &next.block) && self.to == next.from && self.qos == next.qos;
        if is_next {
            self.to = next.to;
        }
        is_next
    }

    /// Payload bytes of the first `n` messages.
    pub fn payload_bytes(&self, n: usize) -> usize {
        let from = self.from as usize;
        self.block.start(from + n) - self.block.start(from)
    }

    /// Their size together, as [`Message::size`] counts it.
    pub fn size(&self) -> usize {
        let (from, to) = (self.from as usize, self.to as usize);
        let properties = self.block.properties.as_ref();
        let properties = properties.map_or(0, |all| all.start(to) - all.start(from));
        self.len() * self.topic().as_str().len() + properties + self.payload_bytes(self.len())
    }

    /// Properties and payload of the largest message, in bytes.
    pub fn body_max(&self) -> usize {
        let body = |n| self.properties(n).as_bytes().len() + self.payload(n).len();
        (0..self.len()).map(body).max().unwrap_or(0)
    }

    /// The properties of the `n`th message.
    pub fn properties(&self, n: usize) -> Properties<'_> {
        let all = self.block.properties.as_ref();
        all.map_or(Properties::EMPTY, |all| all.at(self.from as usize + n))
    }

    /// The `n`th payload.
    pub fn payload(&self, n: usize) -> &[u8] {
        let n = self.from as usize + n;
        &self.block.payloads[self.block.start(n)..self.block.start(n + 1)]
    }

    /// The `n`th message alone.
    pub fn pending(&self, n: usize) -> Pending {
        let common = &self.block.common;
        let (properties, payload) = (self.properties(n), self.payload(n));
        let message = MessageRef { properties, payload, ..common.as_ref() };
        Pending {
            message: Message::copy_of(message, Some(Arc::clone(common.topic_shared()))),
            qos: self.qos,
            retain: false,
            expires_at: self.expires_at(),
            subscription_ids: SubscriptionIds::None,
            group: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Property, PropertyBuf};

    fn blocks(sizes: &[usize]) -> Vec<Arc<Block>> {
        let payloads: Vec<Vec<u8>> = sizes.iter().map(|size| vec![b'x'; *size]).collect();
        let payloads: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
        blocks_with(&payloads, &[])
    }

    fn blocks_with(payloads: &[&[u8]], properties: &[Properties<'_>]) -> Vec<Arc<Block>> {
        let topic = TopicName::new("a/b").unwrap();
        let properties = |n: usize| properties.get(n).copied().unwrap_or(Properties::EMPTY);
        let messages = (0..payloads.len()).map(|n| (properties(n), payloads[n]));
        Block::copies_of(topic, &Arc::from("a/b"), QoS::AtLeastOnce, messages, None)
    }

    #[test]
    fn blocks_are_bounded_in_bytes_and_messages() {
        let lens = |sizes: &[usize]| blocks(sizes).iter().map(|it| it.len()).collect::<Vec<_>>();
        assert_eq!(lens(&[]), [0; 0]);
        assert_eq!(lens(&[0; 600]), [256, 256, 88]);
        assert_eq!(lens(&[4096; 9]), [4, 4, 1]);
        assert_eq!(lens(&[1, 20_000, 2]), [1, 1, 1]);
    }

    #[test]
    fn a_piece_counts_and_gives_each_message() {
        let mut piece = Piece::of(&blocks(&[1, 2, 0, 4])[0], QoS::ExactlyOnce);
        assert_eq!((piece.len(), piece.size(), piece.body_max()), (4, 19, 4));
        let first = piece.first(1);
        piece.skip(1);
        assert_eq!((first.len(), first.size()), (1, 4));
        assert_eq!((piece.len(), piece.size(), piece.payload_bytes(2)), (3, 15, 2));
        assert_eq!(piece.payload(0), b"xx");
        let pending = piece.pending(2);
        assert_eq!((pending.message.payload(), pending.qos), (&b"xxxx"[..], QoS::ExactlyOnce));
        assert_eq!((pending.message.qos(), pending.message.size()), (QoS::AtLeastOnce, 7));
        let mut joined = first.clone();
        assert!(!joined.join(&first) && joined.join(&piece));
        assert_eq!(joined.len(), 4);
        piece.skip(9);
        assert_eq!((piece.len(), piece.size()), (0, 0));
    }

    #[test]
    fn properties_count_as_they_do_alone() {
        let text: PropertyBuf = [Property::ContentType("text")].into_iter().collect();
        let large = "x".repeat(10_000);
        let large: PropertyBuf =
            [Property::TopicAlias(1), Property::ContentType(&large)].into_iter().collect();
        let properties =
            [text.as_properties(), Properties::EMPTY, large.as_properties(), large.as_properties()];
        let blocks = blocks_with(&[b"a", b"bb", b"", b""], &properties);
        assert_eq!(blocks.iter().map(|it| it.len()).collect::<Vec<_>>(), [3, 1]);
        let mut piece = Piece::of(&blocks[0], QoS::AtLeastOnce);
        let alone = |piece: &Piece| -> usize {
            (0..piece.len()).map(|n| piece.pending(n).message.size()).sum()
        };
        assert_eq!((piece.size(), piece.body_max()), (alone(&piece), 10_003));
        assert_eq!(piece.first(2).size(), 4 + 7 + 5);
        assert_eq!((piece.properties(0), piece.payload_bytes(3)), (properties[0], 3));
        assert_eq!(piece.pending(0).message.as_ref().properties, properties[0]);
        piece.skip(1);
        assert_eq!((piece.size(), piece.first(1).size()), (alone(&piece), 5));
        assert_eq!(piece.properties(0), Properties::EMPTY);
        assert_eq!(piece.properties(1).iter().count(), 1);
    }
}
