//! The file under the database: counted, and, while a store is only looked at, left as it is.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use crate::store::{Progress, Watch};

/// What was asked of a file.
#[derive(Debug, Default)]
pub struct Counts {
    /// Bytes written.
    pub written: AtomicU64,
    /// How often it was synced.
    pub syncs: AtomicU64,
}

/// A file whose writes are counted.
#[derive(Debug)]
pub struct Counted {
    file: File,
    counts: Arc<Counts>,
}

impl Counted {
    /// Over an open file.
    pub fn new(file: File, counts: Arc<Counts>) -> Self {
        Counted { file, counts }
    }
}

impl StorageBackend for Counted {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.counts.syncs.fetch_add(1, Ordering::Relaxed);
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.counts.written.fetch_add(data.len() as u64, Ordering::Relaxed);
        self.file.write_all_at(data, offset)
    }
}

/// Bytes of a file that are held back together.
const BLOCK: u64 = 4096;

/// A file to be looked at: what is written, be it to repair it, stays in memory.
pub(super) struct Untouched {
    file: File,
    held: Mutex<Held>,
    /// Bytes that were read.
    read: AtomicU64,
    watch: Watch,
}

impl fmt::Debug for Untouched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Untouched").field("file", &self.file).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Held {
    len: u64,
    blocks: BTreeMap<u64, Vec<u8>>,
}

impl Untouched {
    /// `watch` hears how much of the file was read.
    pub(super) fn new(file: File, watch: Watch) -> io::Result<Self> {
        let len = file.metadata()?.len();
        let held = Mutex::new(Held { len, blocks: BTreeMap::new() });
        Ok(Untouched { file, held, read: AtomicU64::new(0), watch })
    }

    /// Tells of so many bytes more. A page that is read twice counts twice: the end comes no
    /// earlier than it is told, and no more than everything is told.
    fn tell(&self, bytes: usize, len: u64) {
        let read = self.read.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        (self.watch)(Progress::Checking(read.min(len), len));
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A block as it would be: what lies behind the end of the file is zero.
    fn block(&self, held: &Held, index: u64) -> io::Result<Vec<u8>> {
        if let Some(block) = held.blocks.get(&index) {
            return Ok(block.clone());
        }
        let mut block = vec![0; BLOCK as usize];
        let mut filled = 0;
        while filled < block.len() {
            match self.file.read_at(&mut block[filled..], index * BLOCK + filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(block)
    }
}

/// The blocks that a range lies in: index, place within the block, length there.
fn blocks_of(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let end = offset + len as u64;
    let mut at = offset;
    std::iter::from_fn(move || {
        if at == end {
            return None;
        }
        let (index, start) = (at / BLOCK, at % BLOCK);
        let length = (BLOCK - start).min(end - at);
        at += length;
        Some((index, start as usize, length as usize))
    })
}

impl StorageBackend for Untouched {
    fn len(&self) -> io::Result<u64> {
        Ok(self.held().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let held = self.held();
        if offset + out.len() as u64 > held.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.tell(out.len(), held.len);
        if held.blocks.is_empty() {
            return self.file.read_exact_at(out, offset);
        }
        let mut rest = out;
        for (index, start, length) in blocks_of(offset, rest.len()) {
            let (part, behind) = rest.split_at_mut(length);
            match held.blocks.get(&index) {
                Some(block) => part.copy_from_slice(&block[start..start + length]),
                None => part.copy_from_slice(&self.block(&held, index)?[start..start + length]),
            }
            rest = behind;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.held().len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut held = self.held();
        let mut rest = data;
        for (index, start, length) in blocks_of(offset, data.len()) {
            let (part, behind) = rest.split_at(length);
            let mut block = self.block(&held, index)?;
            block[start..start + length].copy_from_slice(part);
            held.blocks.insert(index, block);
            rest = behind;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::unwatched;

    #[test]
    fn a_file_that_is_looked_at_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        std::fs::write(&path, vec![7; 10_000]).unwrap();
        let backend = Untouched::new(File::open(&path).unwrap(), unwatched()).unwrap();
        backend.write(4090, &[1; 5000]).unwrap();
        backend.set_len(12_000).unwrap();
        backend.write(11_000, &[2; 3]).unwrap();
        let mut out = vec![0; 12_000];
        backend.read(0, &mut out).unwrap();
        let mut expected = vec![7; 10_000];
        expected[4090..9090].fill(1);
        expected.resize(12_000, 0);
        expected[11_000..11_003].fill(2);
        assert!(out == expected);
        assert!(backend.read(11_999, &mut [0; 2]).is_err());
        assert!(std::fs::read(&path).unwrap() == vec![7; 10_000]);
    }
}
