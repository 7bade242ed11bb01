//! What is written in one transaction: keys with their new values, or without any.

use crate::store::crc::crc32;
use crate::store::record::Writer;

/// Bytes before a key: the length of it and of the value behind it.
const HEAD_BYTES: usize = 8;
/// Stands for the length of a value that is none: the key is removed.
const REMOVED: u32 = u32::MAX;

/// A key with its new value; `None` removes it.
pub type Write<'a> = (&'a [u8], Option<&'a [u8]>);

/// Writes that become durable together, in the form that the log has. Where a key is written more
/// than once, the last write counts.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    len: usize,
}

impl Batch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many writes there are, those that do not count included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Bytes of all keys and values, and their lengths.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// All writes as the log has them.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Empties it for another use; large buffers are given back.
    pub fn clear(&mut self) {
        const KEPT_BYTES_MAX: usize = 1 << 20;
        self.len = 0;
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
        let (start, middle) = self.begin(key);
        value(&mut Writer(&mut self.bytes));
        let sum = crc32(&[&self.bytes[start..]]);
        self.bytes.extend_from_slice(&sum.to_be_bytes());
        let value_len = length(self.bytes.len() - middle);
        self.set_lengths(start, length(middle - start), value_len);
    }

    /// Removes a key.
    pub(super) fn remove(&mut self, key: impl FnOnce(&mut Vec<u8>)) {
        let (start, middle) = self.begin(key);
        self.set_lengths(start, length(middle - start), REMOVED);
    }

    /// Where the key begins and ends.
    fn begin(&mut self, key: impl FnOnce(&mut Vec<u8>)) -> (usize, usize) {
        self.len += 1;
        self.bytes.extend_from_slice(&[0; HEAD_BYTES]);
        let start = self.bytes.len();
        key(&mut self.bytes);
        (start, self.bytes.len())
    }

    fn set_lengths(&mut self, start: usize, key: u32, value: u32) {
        let lengths = u64::from(key) << 32 | u64::from(value);
        self.bytes[start - HEAD_BYTES..start].copy_from_slice(&lengths.to_be_bytes());
    }

    /// The writes that count, by ascending key.
    pub fn writes(&self) -> Vec<Write<'_>> {
        let mut writes = Vec::with_capacity(self.len);
        // What is written above can be read.
        let _ = read_writes(&self.bytes, &mut writes);
        counting(writes)
    }
}

/// Reads writes in the form of the log; whether they are whole.
pub(super) fn read_writes<'a>(mut bytes: &'a [u8], writes: &mut Vec<Write<'a>>) -> bool {
    while let Some((lengths, rest)) = bytes.split_first_chunk() {
        let lengths = u64::from_be_bytes(*lengths);
        let (key_len, value_len) = ((lengths >> 32) as usize, lengths as u32);
        let Some((key, rest)) = rest.split_at_checked(key_len) else { return false };
        bytes = rest;
        if value_len == REMOVED {
            writes.push((key, None));
            continue;
        }
        let Some((value, rest)) = rest.split_at_checked(value_len as usize) else { return false };
        bytes = rest;
        writes.push((key, Some(value)));
    }
    bytes.is_empty()
}

/// Of all writes those that count, by ascending key.
pub(super) fn counting(mut writes: Vec<Write<'_>>) -> Vec<Write<'_>> {
    // Stable: the last write of a key stays behind the others.
    writes.sort_by_key(|write| write.0);
    let mut counting: Vec<Write<'_>> = Vec::with_capacity(writes.len());
    for write in writes {
        match counting.last_mut() {
            Some(last) if last.0 == write.0 => *last = write,
            _ => counting.push(write),
        }
    }
    counting
}

/// A batch is bounded far below 4 GiB: reading stops long before.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a batch has less than 4 GiB")
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
        let mut again = Vec::new();
        assert!(read_writes(batch.as_bytes(), &mut again) && again.len() == batch.len());
        assert!(!read_writes(&batch.as_bytes()[..batch.bytes() - 1], &mut Vec::new()));
        batch.clear();
        assert!(batch.is_empty() && batch.writes().is_empty());
    }
}
