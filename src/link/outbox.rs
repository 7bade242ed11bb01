//! What is encoded and not written yet.
//!
//! Small frames lie in one buffer, large payloads are shared with whoever else holds the message
//! and are written from where they are. Order is the order of appending.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::Bytes;

use crate::link::Pool;
use crate::link::marks::Marks;
use crate::protocol::Message;

/// Most slices that one write takes.
pub const SLICES_MAX: usize = 64;

/// Written bytes are cut off the front of the buffer once they are this many and half of it.
const COMPACT_BYTES: usize = 16 << 10;

/// The unsent bytes of one connection. While there are none it owns nothing.
#[derive(Debug, Default)]
pub struct Outbox {
    filled: Option<Box<Filled>>,
}

/// What an outbox holds while it holds something.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// Frames, without the payloads that are shared.
    pub(super) bytes: Vec<u8>,
    /// How many of `bytes` are written.
    at: usize,
    /// What belongs between the bytes, in order.
    shared: VecDeque<Shared>,
    /// How much of the first of these is written.
    shared_at: usize,
    /// Unsent bytes, payloads included.
    len: usize,
    /// Packets that were appended since the outbox was empty.
    packets: usize,
    /// Bytes that were written since the outbox was empty.
    written: u64,
    /// What may not leave yet.
    marks: Marks,
}

/// Something shared that stands in front of `bytes[before..]`.
#[derive(Debug)]
struct Shared {
    before: usize,
    piece: Piece,
}

#[derive(Debug)]
enum Piece {
    /// The payload of a message.
    Payload(Message),
    /// Whole packets.
    Block(Bytes),
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        match self {
            Piece::Payload(message) => message.payload(),
            Piece::Block(block) => block,
        }
    }
}

impl Outbox {
    /// Unsent bytes.
    pub fn len(&self) -> usize {
        self.filled.as_ref().map_or(0, |filled| filled.len)
    }

    /// How many packets were appended since everything was written last.
    pub fn packets(&self) -> usize {
        self.filled.as_ref().map_or(0, |filled| filled.packets)
    }

    /// Whether everything is written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is appended from here on leaves only when everything up to `batch` is on disk.
    pub fn wait_for(&mut self, pool: &mut Pool, batch: u64) {
        let filled = self.filled(pool);
        filled.marks.push(filled.written + filled.len as u64, batch);
    }

    /// Everything up to `batch` is on disk.
    pub fn release(&mut self, batch: u64) {
        if let Some(filled) = &mut self.filled {
            filled.marks.release(batch);
        }
    }

    /// Whether some of it may not leave yet.
    pub fn is_waiting(&self) -> bool {
        self.filled.as_ref().is_some_and(|filled| !filled.marks.is_empty())
    }

    /// How many of the unsent bytes may leave now.
    pub fn sendable(&self) -> usize {
        self.filled.as_ref().map_or(0, |filled| filled.sendable())
    }

    /// Lets `write` append the bytes of a packet. A buffer comes from the pool when there is none.
    pub fn append<R>(&mut self, pool: &mut Pool, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        self.append_many(pool, 1, write)
    }

    /// The same for so many packets.
    pub fn append_many<R>(
        &mut self,
        pool: &mut Pool,
        packets: usize,
        write: impl FnOnce(&mut Vec<u8>) -> R,
    ) -> R {
        let filled = self.filled(pool);
        let before = filled.bytes.len();
        let result = write(&mut filled.bytes);
        filled.len += filled.bytes.len() - before;
        filled.packets += packets;
        result
    }

    /// Appends the payload of a message without copying it.
    pub fn append_payload(&mut self, pool: &mut Pool, message: Message) {
        self.append_piece(pool, Piece::Payload(message));
    }

    /// Appends so many packets that are encoded already without copying them.
    pub fn append_block(&mut self, pool: &mut Pool, packets: usize, block: Bytes) {
        self.append_piece(pool, Piece::Block(block));
        self.filled(pool).packets += packets;
    }

    fn append_piece(&mut self, pool: &mut Pool, piece: Piece) {
        let filled = self.filled(pool);
        filled.len += piece.bytes().len();
        filled.shared.push_back(Shared { before: filled.bytes.len(), piece });
    }

    /// The bytes that may leave, where they lie in one piece: no payload is shared.
    pub fn plain(&self) -> Option<&[u8]> {
        let Some(filled) = &self.filled else { return Some(&[]) };
        let end = filled.at + filled.sendable();
        filled.shared.is_empty().then(|| &filled.bytes[filled.at..end])
    }

    /// The bytes that may leave, in order, as far as `slices` reaches; how many slices there are.
    pub fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>; SLICES_MAX]) -> usize {
        let Some(filled) = &self.filled else { return 0 };
        let mut pieces = Pieces { filled, at: filled.at, next: 0, in_payload: false };
        let mut count = 0;
        let mut left = filled.sendable();
        while count < SLICES_MAX && left > 0 {
            let Some(piece) = pieces.next_piece() else { break };
            let piece = &piece[..piece.len().min(left)];
            left -= piece.len();
            if !piece.is_empty() {
                slices[count] = IoSlice::new(piece);
                count += 1;
            }
        }
        count
    }

    /// Counts `written` bytes as sent. Buffers go back when everything is.
    pub fn advance(&mut self, written: usize, pool: &mut Pool) {
        let Some(filled) = &mut self.filled else { return };
        filled.len -= written;
        if filled.len == 0 {
            return self.clear(pool);
        }
        filled.written += written as u64;
        filled.cut(written);
        filled.compact();
    }

    /// Drops what is unsent.
    pub fn clear(&mut self, pool: &mut Pool) {
        if let Some(filled) = self.filled.take() {
            pool.put(filled);
        }
    }

    /// What the outbox holds; from the pool when it holds nothing yet.
    fn filled(&mut self, pool: &mut Pool) -> &mut Filled {
        self.filled.get_or_insert_with(|| pool.take())
    }
}

impl Filled {
    fn sendable(&self) -> usize {
        // What was written lies before every mark.
        self.marks.first().map_or(self.len, |first| (first - self.written) as usize)
    }

    /// Empty again; the buffer of bytes stays.
    pub(super) fn reset(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        *self = Filled { bytes, ..Filled::default() };
    }

    /// Moves over bytes and payloads that are written.
    fn cut(&mut self, written: usize) {
        let mut left = written;
        loop {
            let until = self.shared.front().map_or(self.bytes.len(), |shared| shared.before);
            let step = left.min(until - self.at);
            self.at += step;
            left -= step;
            let Some(shared) = self.shared.front() else { break };
            if self.at < shared.before {
                break;
            }
            let rest = shared.piece.bytes().len() - self.shared_at;
            if left < rest {
                self.shared_at += left;
                break;
            }
            left -= rest;
            self.shared_at = 0;
            self.shared.pop_front();
        }
    }

    /// Cuts off what is written when that is half of the buffer or more, so that a connection that
    /// is never quite drained does not keep everything it ever sent.
    fn compact(&mut self) {
        if self.at < COMPACT_BYTES || self.at * 2 < self.bytes.len() {
            return;
        }
        self.bytes.drain(..self.at);
        for shared in &mut self.shared {
            shared.before -= self.at;
        }
        self.at = 0;
    }
}

/// Walks over bytes and payloads in turn.
struct Pieces<'a> {
    filled: &'a Filled,
    at: usize,
    next: usize,
    in_payload: bool,
}

impl<'a> Pieces<'a> {
    fn next_piece(&mut self) -> Option<&'a [u8]> {
        let shared = self.filled.shared.get(self.next);
        if !self.in_payload {
            let until = shared.map_or(self.filled.bytes.len(), |shared| shared.before);
            let piece = &self.filled.bytes[self.at..until];
            self.at = until;
            self.in_payload = true;
            return Some(piece);
        }
        let payload = shared?.piece.bytes();
        let from = if self.next == 0 { self.filled.shared_at } else { 0 };
        self.next += 1;
        self.in_payload = false;
        Some(&payload[from..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{MessageRef, Properties, QoS, TopicName};

    fn message(payload: &[u8]) -> Message {
        let topic = TopicName::new("t").unwrap();
        let (qos, properties) = (QoS::AtMostOnce, Properties::EMPTY);
        Message::copy_of(MessageRef { topic, qos, retain: false, properties, payload }, None)
    }

    /// Writes at most `step` bytes at a time until nothing is left.
    fn written(outbox: &mut Outbox, pool: &mut Pool, step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while !outbox.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let count = outbox.slices(&mut slices);
            assert!(count > 0);
            let before = out.len();
            for slice in &slices[..count] {
                let room = step - (out.len() - before);
                out.extend_from_slice(&slice[..slice.len().min(room)]);
            }
            let n = out.len() - before;
            outbox.advance(n, pool);
        }
        out
    }

    fn filled(pool: &mut Pool) -> (Outbox, Vec<u8>) {
        let (mut outbox, mut all) = (Outbox::default(), Vec::new());
        for round in 0..100u8 {
            outbox.append(pool, |bytes| bytes.extend_from_slice(&[round; 3]));
            all.extend_from_slice(&[round; 3]);
            if round % 3 == 0 {
                outbox.append_payload(pool, message(&[round; 50]));
                all.extend_from_slice(&[round; 50]);
            }
            if round % 9 == 0 {
                outbox.append_payload(pool, message(b"twice"));
                all.extend_from_slice(b"twice");
            }
            if round % 7 == 0 {
                outbox.append_block(pool, 1, Bytes::from(vec![round; 20]).slice(5..));
                all.extend_from_slice(&[round; 15]);
            }
        }
        (outbox, all)
    }

    #[test]
    fn bytes_and_payloads_leave_in_order_however_little_each_write_takes() {
        let mut pool = Pool::default();
        for step in [1, 2, 3, 7, 52, 53, 54, 1000, 100_000] {
            let (mut outbox, all) = filled(&mut pool);
            assert_eq!(outbox.len(), all.len());
            assert!(written(&mut outbox, &mut pool, step) == all, "in writes of {step}");
        }
    }

    #[test]
    fn what_waits_for_a_batch_stays_and_what_is_before_it_leaves() {
        let mut pool = Pool::default();
        let mut outbox = Outbox::default();
        outbox.append(&mut pool, |bytes| bytes.extend_from_slice(b"free"));
        outbox.wait_for(&mut pool, 1);
        outbox.append(&mut pool, |bytes| bytes.extend_from_slice(b"first"));
        outbox.append_payload(&mut pool, message(b"payload"));
        outbox.wait_for(&mut pool, 2);
        outbox.append(&mut pool, |bytes| bytes.extend_from_slice(b"second"));
        for (released, expected) in [(0, "free"), (1, "firstpayload"), (2, "second")] {
            outbox.release(released);
            let mut left = Vec::new();
            while outbox.sendable() > 0 {
                let mut slices = [IoSlice::new(&[]); SLICES_MAX];
                let count = outbox.slices(&mut slices);
                let taken: Vec<u8> = slices[..count]
                    .iter()
                    .flat_map(|slice| slice.iter().copied())
                    .take(5)
                    .collect();
                outbox.advance(taken.len(), &mut pool);
                left.extend(taken);
            }
            assert_eq!(left, expected.as_bytes());
        }
        assert!(!outbox.is_waiting());
    }

    #[test]
    fn a_payload_is_shared_and_not_copied() {
        let mut pool = Pool::default();
        let mut outbox = Outbox::default();
        let message = message(&[7; 5000]);
        outbox.append(&mut pool, |bytes| bytes.push(1));
        outbox.append_payload(&mut pool, message.clone());
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        assert_eq!(outbox.slices(&mut slices), 2);
        assert_eq!(slices[1].as_ptr(), message.payload().as_ptr());
    }

    #[test]
    fn marks_do_not_cost_a_buffer_of_their_own() {
        let mut pool = Pool::default();
        let spare = pool.take();
        let at = spare.bytes.as_ptr();
        pool.put(spare);
        let mut outbox = Outbox::default();
        outbox.wait_for(&mut pool, 1);
        outbox.append(&mut pool, |bytes| bytes.push(1));
        outbox.release(1);
        assert_eq!(outbox.plain().map(<[u8]>::as_ptr), Some(at));
        outbox.advance(1, &mut pool);
        assert_eq!(pool.take().bytes.as_ptr(), at, "the buffer is back");
    }

    #[test]
    fn a_drained_outbox_owns_nothing() {
        let mut pool = Pool::default();
        let (mut outbox, all) = filled(&mut pool);
        outbox.advance(all.len(), &mut pool);
        assert!(outbox.filled.is_none());
    }

    #[test]
    fn an_outbox_that_is_never_drained_does_not_grow() {
        let mut pool = Pool::default();
        let mut outbox = Outbox::default();
        outbox.append(&mut pool, |bytes| bytes.extend_from_slice(&[0; 1000]));
        for _ in 0..1000 {
            outbox.append(&mut pool, |bytes| bytes.extend_from_slice(&[0; 1000]));
            outbox.append_payload(&mut pool, message(&[1; 10]));
            outbox.advance(1010, &mut pool);
        }
        assert_eq!(outbox.len(), 1000);
        let capacity = outbox.filled.map_or(0, |filled| filled.bytes.capacity());
        assert!((1000..4 * COMPACT_BYTES).contains(&capacity));
    }
}
