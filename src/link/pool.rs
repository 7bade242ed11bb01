//! Spare output buffers of one thread, so that a connection owns one only while it has something
//! to send.

/// Most buffers that wait here.
const BUFFERS_MAX: usize = 64;
/// A buffer that grew past this many bytes is given back to the system.
const CAPACITY_MAX: usize = 256 << 10;
/// Capacity in bytes of a fresh buffer.
const CAPACITY_FRESH: usize = 4 << 10;

/// Spare buffers.
#[derive(Debug, Default)]
pub struct Pool {
    buffers: Vec<Vec<u8>>,
}

impl Pool {
    /// An empty buffer with room.
    pub fn take(&mut self) -> Vec<u8> {
        self.buffers.pop().unwrap_or_else(|| Vec::with_capacity(CAPACITY_FRESH))
    }

    /// Takes back a buffer that is not needed any more.
    pub fn put(&mut self, mut buffer: Vec<u8>) {
        let capacity = buffer.capacity();
        if capacity > 0 && capacity <= CAPACITY_MAX && self.buffers.len() < BUFFERS_MAX {
            buffer.clear();
            self.buffers.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_empty_and_large_ones_do_not() {
        let mut pool = Pool::default();
        let mut buffer = pool.take();
        buffer.extend_from_slice(b"left over");
        let at = buffer.as_ptr();
        pool.put(buffer);
        let again = pool.take();
        assert_eq!((again.len(), again.as_ptr()), (0, at));
        pool.put(Vec::with_capacity(CAPACITY_MAX + 1));
        assert!(pool.take().capacity() <= CAPACITY_MAX);
    }
}
