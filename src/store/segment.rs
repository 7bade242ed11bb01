//! One file of the log: batches as they were committed, one behind the other.
//!
//! Whoever reads it finds out where it ends: each frame names the file's secret mark, which nobody
//! outside knows, and has a checksum over its place. What is invalid at the end was never
//! acknowledged; what is invalid before the end is damage.

use std::io;
use std::ops::Range;

use redb::StorageBackend;

use crate::store::crc::crc32;

/// How a file begins.
const MAGIC: &[u8; 8] = b"lwlog\x1A\x0A\x01";
/// The head is written apart from what is behind it: a disk tears between, but not within it.
const HEAD_BYTES: u64 = 512;
/// Bytes before a batch: mark, length, checksum.
const FRAME_HEAD: usize = 16;
/// A larger buffer is given back.
const SCRATCH_MAX: usize = 1 << 20;

/// What tells one file of the log from the others, and from what was in it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The store that it belongs to.
    pub(super) store: u64,
    /// Files are numbered as they follow each other.
    pub(super) number: u64,
    /// Begins every frame. Nobody outside knows it, so no message can look like a frame.
    pub(super) mark: u64,
}

impl Head {
    fn encode(self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let fields = [self.store, self.number, self.mark].map(u64::to_be_bytes);
        bytes.extend_from_slice(fields.as_flattened());
        bytes.extend_from_slice(&crc32(&[&bytes]).to_be_bytes());
        bytes.resize(HEAD_BYTES as usize, 0);
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Head> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (store, rest) = rest.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (mark, rest) = rest.split_first_chunk()?;
        let (sum, rest) = rest.split_first_chunk()?;
        let summed = bytes.len() - rest.len() - sum.len();
        let is_whole = u32::from_be_bytes(*sum) == crc32(&[&bytes[..summed]]);
        let is_bare = bytes.get(summed + sum.len()..HEAD_BYTES as usize)?.iter().all(|it| *it == 0);
        let [store, number, mark] = [*store, *number, *mark].map(u64::from_be_bytes);
        (is_whole && is_bare).then_some(Head { store, number, mark })
    }

    /// The checksum of a frame at a place.
    fn sum(self, at: u64, payload: &[u8]) -> u32 {
        let place = [self.number, self.mark, at, payload.len() as u64].map(u64::to_be_bytes);
        crc32(&[place.as_flattened(), payload])
    }
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Segment<B> {
    backend: B,
    head: Head,
    /// Where the next frame goes.
    at: u64,
    /// Bytes that the file has.
    len: u64,
    /// It grows by so many bytes at once: while it grows a sync costs more.
    growth: u64,
    scratch: Vec<u8>,
}

impl<B: StorageBackend> Segment<B> {
    /// Begins a file anew, whatever was in it.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn begin(backend: B, head: Head, growth: u64) -> io::Result<Self> {
        backend.write(0, &head.encode())?;
        backend.sync_data()?;
        let (len, scratch) = (backend.len()?, Vec::new());
        Ok(Segment { backend, head, at: HEAD_BYTES, len, growth, scratch })
    }

    /// Its number.
    pub(super) const fn number(&self) -> u64 {
        self.head.number
    }

    /// Bytes that are in use.
    pub(super) const fn bytes(&self) -> u64 {
        self.at
    }

    /// The file itself.
    pub(super) const fn backend(&self) -> &B {
        &self.backend
    }

    /// Makes a batch durable. After an error the same batch may be appended again: it takes the
    /// same place.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn append(&mut self, payload: &[u8]) -> io::Result<()> {
        let Segment { backend, head, at, len, growth, scratch } = self;
        scratch.clear();
        scratch.extend_from_slice(&head.mark.to_be_bytes());
        // A batch has less than 4 GiB: reading stops long before.
        scratch.extend_from_slice(&(payload.len() as u32).to_be_bytes());
        scratch.extend_from_slice(&head.sum(*at, payload).to_be_bytes());
        scratch.extend_from_slice(payload);
        let end = *at + scratch.len() as u64;
        if end > *len {
            let grown = end.next_multiple_of(*growth);
            backend.write(*len, &vec![0; (grown - *len) as usize])?;
            *len = grown;
        }
        backend.write(*at, scratch)?;
        backend.sync_data()?;
        *at = end;
        if scratch.capacity() > SCRATCH_MAX {
            *scratch = Vec::new();
        }
        Ok(())
    }

    /// Says that the log goes on in the next file: a batch of nothing.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.append(&[])
    }
}

/// What was found in a file.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) head: Head,
    bytes: Vec<u8>,
    frames: Vec<Range<usize>>,
    /// The log goes on in the next file.
    pub(super) has_ended: bool,
    /// Something valid stands behind something that is not.
    pub(super) is_damaged: bool,
}

impl Found {
    /// Reads a file; `None` if it does not begin as one.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn read(backend: &impl StorageBackend) -> io::Result<Option<Found>> {
        let mut bytes = vec![0; usize::try_from(backend.len()?).unwrap_or(usize::MAX)];
        backend.read(0, &mut bytes)?;
        let Some(head) = Head::decode(&bytes) else { return Ok(None) };
        let (mut frames, mut at, mut has_ended) = (Vec::new(), HEAD_BYTES as usize, false);
        while !has_ended && let Some(frame) = frame_at(head, &bytes, at) {
            at = frame.end;
            has_ended = frame.is_empty();
            frames.push(frame);
        }
        let is_damaged = !has_ended && has_frame_behind(head, &bytes, at + 1);
        Ok(Some(Found { head, bytes, frames, has_ended, is_damaged }))
    }

    /// Whether it is this file of this store.
    pub(super) const fn is(&self, store: u64, number: u64) -> bool {
        self.head.store == store && self.head.number == number
    }

    /// The batches in it.
    pub(super) fn batches(&self) -> impl Iterator<Item = &[u8]> {
        self.frames.iter().map(|frame| &self.bytes[frame.clone()])
    }

    /// Whether any batch is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }
}

/// The payload of the frame at a place, if there is a whole one.
fn frame_at(head: Head, bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let (mark, rest) = bytes.get(at..)?.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (sum, rest) = rest.split_first_chunk()?;
    let payload = rest.get(..u32::from_be_bytes(*length) as usize)?;
    let is_whole = u64::from_be_bytes(*mark) == head.mark
        && u32::from_be_bytes(*sum) == head.sum(at as u64, payload);
    let start = at + FRAME_HEAD;
    is_whole.then_some(start..start + payload.len())
}

/// Whether a whole frame begins anywhere behind a place. Most of what is there is zero.
fn has_frame_behind(head: Head, bytes: &[u8], from: usize) -> bool {
    const BLOCK: usize = 4096;
    let mark = head.mark.to_be_bytes();
    (from..bytes.len()).step_by(BLOCK).any(|start| {
        // A mark may begin in this block and end in the next.
        let block = &bytes[start..bytes.len().min(start + BLOCK + mark.len() - 1)];
        *block != [0; BLOCK + 7][..block.len()]
            && block.windows(mark.len()).enumerate().any(|(index, window)| {
                *window == mark && frame_at(head, bytes, start + index).is_some()
            })
    })
}
