//! What is written in one transaction: keys with their new values, or without any.

use std::ops::Range;

use crate::store::crc::crc32;
use crate::store::record::Writer;

/// One write.
#[derive(Clone, Debug)]
struct Op {
    key: Range<u32>,
    /// `None` removes the key.
    value: Option<Range<u32>>,
}

/// Writes that become durable together. Everything lies in one buffer. Where a key is written more
/// than once, the last write counts.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    ops: Vec<Op>,
}

impl Batch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// How many writes there are, those that do not count included.
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Bytes of all keys and values.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Empties it for another use; large buffers are given back.
    pub fn clear(&mut self) {
        const KEPT_BYTES_MAX: usize = 1 << 20;
        self.ops.clear();
        self.bytes.clear();
        if self.bytes.capacity() > KEPT_BYTES_MAX {
            *self = Batch::default();
        }
    }

    /// Writes a value. `key` and `value` append to what they are given; a checksum over both goes
    /// behind the value.
    pub(super) fn put(
        &mut self,
        key: impl FnOnce(&mut Vec<u8>),
        value: impl FnOnce(&mut Writer<'_>),
    ) {
        let start = self.bytes.len();
        key(&mut self.bytes);
        let middle = self.bytes.len();
        value(&mut Writer(&mut self.bytes));
        let sum = crc32(&[&self.bytes[start..]]);
        self.bytes.extend_from_slice(&sum.to_be_bytes());
        self.ops
            .push(Op { key: range(start, middle), value: Some(range(middle, self.bytes.len())) });
    }

    /// Removes a key.
    pub(super) fn remove(&mut self, key: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        key(&mut self.bytes);
        self.ops.push(Op { key: range(start, self.bytes.len()), value: None });
    }

    /// The writes that count, by ascending key.
    pub fn writes(&self) -> Vec<(&[u8], Option<&[u8]>)> {
        let slice = |range: &Range<u32>| &self.bytes[range.start as usize..range.end as usize];
        let mut writes: Vec<_> =
            self.ops.iter().map(|op| (slice(&op.key), op.value.as_ref().map(slice))).collect();
        // Stable: the last write of a key stays behind the others.
        writes.sort_by_key(|write| write.0);
        let mut counting: Vec<(&[u8], Option<&[u8]>)> = Vec::with_capacity(writes.len());
        for write in writes {
            match counting.last_mut() {
                Some(last) if last.0 == write.0 => *last = write,
                _ => counting.push(write),
            }
        }
        counting
    }
}

/// A batch is bounded far below 4 GiB: reading stops long before.
fn range(start: usize, end: usize) -> Range<u32> {
    let index = |at| u32::try_from(at).expect("a batch has less than 4 GiB");
    index(start)..index(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_write_of_a_key_counts() {
        let mut batch = Batch::default();
        let put = |batch: &mut Batch, key: &str, value: u8| {
            batch.put(|out| out.extend_from_slice(key.as_bytes()), |out| out.u8(value));
        };
        put(&mut batch, "b", 1);
        put(&mut batch, "a", 2);
        batch.remove(|out| out.extend_from_slice(b"b"));
        put(&mut batch, "c", 3);
        put(&mut batch, "c", 4);
        let writes: Vec<_> =
            batch.writes().iter().map(|(key, value)| (*key, value.map(|value| value[0]))).collect();
        assert_eq!(writes, [(&b"a"[..], Some(2)), (b"b", None), (b"c", Some(4))]);
        batch.clear();
        assert!(batch.is_empty() && batch.writes().is_empty());
    }
}
