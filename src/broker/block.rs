//! Messages that came together and are kept together: copied once for everybody who must keep them,
//! counted and acknowledged each for itself.

use std::sync::Arc;

use crate::broker::queue::{Pending, SubscriptionIds};
use crate::protocol::{Message, MessageRef, Properties, QoS, TopicName};

/// Payload bytes of a block, unless one message has more. The last message of a block holds all of
/// it, and its session is charged for the message alone: as a session holds part of a block only
/// where it has had the rest, that is at most so much for what is oldest in flight.
const BLOCK_BYTES_MAX: usize = 16 * 1024;

/// Messages of a block.
const BLOCK_MESSAGES_MAX: usize = 256;

/// Messages that differ in their payload alone: one topic, not retained, no properties.
#[derive(Debug)]
pub(super) struct Block {
    /// One with all their payloads, one behind the other.
    all: Message,
    /// Where each payload ends.
    ends: Box<[u32]>,
}

impl Block {
    /// Copies messages into as few blocks as they fit. `topic_shared` equals `topic`.
    pub fn copies_of(
        topic: TopicName<'_>,
        topic_shared: &Arc<str>,
        qos: QoS,
        payloads: &[&[u8]],
    ) -> Vec<Arc<Block>> {
        let mut blocks = Vec::new();
        let mut rest = payloads;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |payload: &&&[u8]| {
                bytes += payload.len();
                bytes <= BLOCK_BYTES_MAX
            };
            let len = rest.iter().take(BLOCK_MESSAGES_MAX).take_while(fits).count().max(1);
            let (here, behind) = rest.split_at(len);
            blocks.push(Arc::new(Block::copy_of(topic, topic_shared, qos, here)));
            rest = behind;
        }
        blocks
    }

    fn copy_of(
        topic: TopicName<'_>,
        topic_shared: &Arc<str>,
        qos: QoS,
        payloads: &[&[u8]],
    ) -> Self {
        let mut end = 0;
        let end_of = |payload: &&[u8]| {
            // A packet has less than 2^28 bytes, and more than one of them have far less.
            end += payload.len() as u32;
            end
        };
        let ends = payloads.iter().map(end_of).collect();
        let (retain, properties, payload) = (false, Properties::EMPTY, &payloads.concat());
        let all = MessageRef { topic, qos, retain, properties, payload };
        let all = Message::copy_of(all, Some(Arc::clone(topic_shared)));
        Block { all, ends }
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

    /// Their topic.
    pub fn topic(&self) -> TopicName<'_> {
        self.block.all.topic()
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
        self.len() * self.topic().as_str().len() + self.payload_bytes(self.len())
    }

    /// Payload of the largest message of the block, in bytes.
    pub fn payload_max(&self) -> usize {
        (0..self.len()).map(|n| self.payload(n).len()).max().unwrap_or(0)
    }

    /// The `n`th payload.
    pub fn payload(&self, n: usize) -> &[u8] {
        let n = self.from as usize + n;
        &self.block.all.payload()[self.block.start(n)..self.block.start(n + 1)]
    }

    /// The `n`th message alone.
    pub fn pending(&self, n: usize) -> Pending {
        let all = &self.block.all;
        let message = MessageRef { payload: self.payload(n), ..all.as_ref() };
        Pending {
            message: Message::copy_of(message, Some(Arc::clone(all.topic_shared()))),
            qos: self.qos,
            retain: false,
            expires_at: None,
            subscription_ids: SubscriptionIds::None,
            group: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(sizes: &[usize]) -> Vec<Arc<Block>> {
        let payloads: Vec<Vec<u8>> = sizes.iter().map(|size| vec![b'x'; *size]).collect();
        let payloads: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
        let topic = TopicName::new("a/b").unwrap();
        Block::copies_of(topic, &Arc::from("a/b"), QoS::AtLeastOnce, &payloads)
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
        assert_eq!((piece.len(), piece.size(), piece.payload_max()), (4, 19, 4));
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
}
