//! The packet that has not arrived completely.
//!
//! Reads go into a scratch buffer that connections share. What is left of it behind the last whole
//! packet moves here: once, into a buffer of the packet's own length, and the next read continues
//! in that buffer and goes on in the scratch buffer behind it. A connection without such a packet
//! owns no buffer.

use std::io::IoSliceMut;

/// The beginning of a packet, if there is one.
#[derive(Debug, Default)]
pub struct Partial {
    /// As long as the packet will be, or, while that is unknown, as long as what is there.
    bytes: Vec<u8>,
    filled: usize,
}

impl Partial {
    /// Whether the next read has to fill a packet of known length first; [`Partial::spare`] then
    /// gives two buffers.
    pub fn has_rest(&self) -> bool {
        self.filled < self.bytes.len()
    }

    /// How many bytes are held.
    pub fn len(&self) -> usize {
        self.filled
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Where the next bytes go: the rest of the packet, then the scratch buffer. A head whose
    /// length is still unknown (at most four bytes) is put in front of them instead, and the first
    /// buffer is empty.
    pub fn spare<'a>(&'a mut self, scratch: &'a mut [u8]) -> [IoSliceMut<'a>; 2] {
        if self.has_rest() {
            return [IoSliceMut::new(&mut self.bytes[self.filled..]), IoSliceMut::new(scratch)];
        }
        scratch[..self.filled].copy_from_slice(&self.bytes);
        [IoSliceMut::new(&mut []), IoSliceMut::new(&mut scratch[self.filled..])]
    }

    /// Counts `read` bytes that were read into [`Partial::spare`] and gives what there is to
    /// decode: the packet that is whole now, or nothing; then what lies in the scratch buffer.
    pub fn received<'a>(&'a mut self, scratch: &'a [u8], read: usize) -> [&'a [u8]; 2] {
        if !self.has_rest() {
            return [&[], &scratch[..self.filled + read]];
        }
        let rest = self.bytes.len() - self.filled;
        self.filled += read.min(rest);
        if self.has_rest() {
            return [&[], &[]];
        }
        [&self.bytes, &scratch[..read - rest]]
    }

    /// Begins with what is left over behind the last packet. `total` is the length of the whole
    /// packet where it is known; it has passed the limits.
    pub fn begin(tail: &[u8], total: Option<usize>) -> Self {
        let mut bytes = vec![0; total.unwrap_or(0).max(tail.len())];
        bytes[..tail.len()].copy_from_slice(tail);
        Partial { bytes, filled: tail.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame is a length byte and that many bytes, as a stand-in for packets.
    fn frames(input: &[u8], out: &mut Vec<Vec<u8>>) -> Partial {
        let mut at = 0;
        while at < input.len() {
            let total = 1 + input[at] as usize;
            if at + total > input.len() {
                // A single byte stands for a header that is not complete.
                let known = input.len() - at > 1;
                return Partial::begin(&input[at..], known.then_some(total));
            }
            out.push(input[at..at + total].to_vec());
            at += total;
        }
        Partial::default()
    }

    /// Feeds `stream` in reads of at most `step` bytes.
    fn feed(stream: &[u8], step: usize) -> Vec<Vec<u8>> {
        let (mut partial, mut scratch, mut out) = (Partial::default(), [0; 64], Vec::new());
        let mut at = 0;
        while at < stream.len() {
            let mut read = 0;
            for mut spare in partial.spare(&mut scratch) {
                let n = spare.len().min(step - read).min(stream.len() - at);
                spare[..n].copy_from_slice(&stream[at..at + n]);
                at += n;
                read += n;
            }
            let was_waiting = partial.has_rest();
            let mut taken = std::mem::take(&mut partial);
            let [whole, rest] = taken.received(&scratch, read);
            assert!(whole.is_empty() || was_waiting);
            frames(whole, &mut out);
            let next = frames(rest, &mut out);
            let stays = taken.has_rest();
            partial = if stays { taken } else { next };
        }
        assert!(partial.is_empty());
        out
    }

    #[test]
    fn every_split_gives_the_same_frames() {
        let mut stream = Vec::new();
        for (length, fill) in [(3u8, 1u8), (0, 0), (60, 2), (200, 3), (1, 4), (90, 5)] {
            stream.push(length);
            stream.extend(std::iter::repeat_n(fill, length as usize));
        }
        let whole = feed(&stream, 64);
        assert_eq!(whole.len(), 6);
        assert_eq!(whole[3].len(), 201);
        for step in 1..64 {
            assert_eq!(feed(&stream, step), whole, "in reads of {step}");
        }
    }

    #[test]
    fn a_packet_is_collected_in_one_buffer_of_its_own_length() {
        let mut partial = Partial::begin(&[9, 9], Some(1000));
        let mut scratch = [0; 16];
        let at = partial.spare(&mut scratch)[0].as_ptr();
        assert_eq!(partial.received(&scratch, 500), [&[] as &[u8], &[]]);
        let next = &partial.spare(&mut scratch)[0];
        assert_eq!((next.len(), next.as_ptr()), (498, at.wrapping_add(500)));
        let [whole, rest] = partial.received(&scratch, 500);
        assert_eq!((whole.len(), rest.len()), (1000, 2));
    }
}
