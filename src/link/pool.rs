//! Spare output buffers of one thread, so that a connection owns one only while it has something
//! to send.

use crate::link::outbox::Filled;

/// Most bytes that wait here. A broker with many receivers takes a buffer for each in every turn.
const BYTES_MAX: usize = 4 << 20;
/// A buffer that grew past this many bytes is given back to the system.
const CAPACITY_MAX: usize = 256 << 10;
/// Capacity in bytes of a fresh buffer.
const CAPACITY_FRESH: usize = 4 << 10;

/// Spare buffers, each with what belongs to it in an outbox.
#[derive(Debug, Default)]
pub struct Pool {
    #[expect(clippy::vec_box, reason = "the boxes themselves move between pool and outboxes")]
    spare: Vec<Box<Filled>>,
    /// How many bytes these have room for.
    bytes: usize,
}

impl Pool {
    /// An empty buffer with room.
    pub(super) fn take(&mut self) -> Box<Filled> {
        let Some(filled) = self.spare.pop() else {
            let mut filled: Box<Filled> = Box::default();
            filled.bytes.reserve_exact(CAPACITY_FRESH);
            return filled;
        };
        self.bytes -= filled.bytes.capacity();
        filled
    }

    /// Takes back a buffer that is not needed any more.
    pub(super) fn put(&mut self, mut filled: Box<Filled>) {
        let capacity = filled.bytes.capacity();
        if capacity > 0 && capacity <= CAPACITY_MAX && self.bytes + capacity <= BYTES_MAX {
            filled.reset();
            self.bytes += capacity;
            self.spare.push(filled);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_empty_and_large_ones_do_not() {
        let mut pool = Pool::default();
        let mut filled = pool.take();
        filled.bytes.extend_from_slice(b"left over");
        let at = filled.bytes.as_ptr();
        pool.put(filled);
        let mut again = pool.take();
        assert_eq!((again.bytes.len(), again.bytes.as_ptr()), (0, at));
        again.bytes.reserve(CAPACITY_MAX + 1);
        pool.put(again);
        assert!(pool.take().bytes.capacity() <= CAPACITY_MAX);
    }
}
