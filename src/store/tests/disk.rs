//! A disk in memory that loses power: what was synced stays, of what was not each part may be there
//! or not, in any order, whole or torn. It also fails, writes short, and is full.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use redb::StorageBackend;

use crate::broker::change::Change;
use crate::store::tests::message;
use crate::store::{Batch, Journal, Loader, Records, Store};

/// What a disk tears: parts of this size are written whole or not at all.
const SECTOR: usize = 512;

#[derive(Clone, Debug)]
enum Write {
    Bytes(u64, Vec<u8>),
    Len(u64),
}

#[derive(Debug, Default)]
pub(super) struct Images {
    /// What reads see.
    pub(super) live: Vec<u8>,
    /// What is there after a loss of power.
    durable: Vec<u8>,
    /// Since the last sync.
    unsynced: Vec<Write>,
    /// So many operations until the power is lost in the middle of one.
    pub(super) fuse: Option<u64>,
    /// Writing fails.
    pub(super) is_failing: bool,
    /// Largest size of the file.
    pub(super) capacity: u64,
    seed: u64,
}

/// The disk, shared with whoever watches it.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<Mutex<Images>>);

fn apply(image: &mut Vec<u8>, write: &Write) {
    match write {
        Write::Len(len) => image.resize(*len as usize, 0),
        Write::Bytes(at, bytes) => {
            let end = *at as usize + bytes.len();
            if image.len() < end {
                image.resize(end, 0);
            }
            image[*at as usize..end].copy_from_slice(bytes);
        }
    }
}

impl Images {
    pub(super) fn below(&mut self, end: u64) -> u64 {
        let step = 6_364_136_223_846_793_005;
        self.seed = self.seed.wrapping_mul(step).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % end.max(1)
    }

    /// One more operation; whether it is carried out.
    fn step(&mut self) -> io::Result<()> {
        match &mut self.fuse {
            Some(0) => Err(io::Error::other("the power is lost")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn write(&mut self, write: Write) -> io::Result<()> {
        if self.is_failing {
            return Err(io::Error::other("the disk fails"));
        }
        let end = match &write {
            Write::Len(len) => *len,
            Write::Bytes(at, bytes) => at + bytes.len() as u64,
        };
        if end > self.capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if let Err(error) = self.step() {
            // The last write was under way: a part of it may have reached the disk.
            if let Write::Bytes(at, bytes) = write {
                let part = self.below(bytes.len() as u64 + 1) as usize;
                self.unsynced.push(Write::Bytes(at, bytes[..part].to_vec()));
            }
            return Err(error);
        }
        apply(&mut self.live, &write);
        self.unsynced.push(write);
        Ok(())
    }

    /// Of what was not synced, any sectors are there.
    pub(super) fn lose_power(&mut self) {
        for write in std::mem::take(&mut self.unsynced) {
            match write {
                Write::Len(_) if self.below(2) == 0 => apply(&mut self.durable, &write),
                Write::Len(_) => {}
                Write::Bytes(at, bytes) => {
                    for (index, sector) in bytes.chunks(SECTOR).enumerate() {
                        if self.below(3) > 0 {
                            let at = at + (index * SECTOR) as u64;
                            apply(&mut self.durable, &Write::Bytes(at, sector.to_vec()));
                        }
                    }
                }
            }
        }
        self.live = self.durable.clone();
        self.fuse = None;
    }
}

impl Disk {
    pub(super) fn new(seed: u64) -> Self {
        let images = Images { seed, capacity: u64::MAX, ..Images::default() };
        Disk(Arc::new(Mutex::new(images)))
    }

    pub(super) fn images(&self) -> MutexGuard<'_, Images> {
        self.0.lock().unwrap()
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.images().live.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let images = self.images();
        let at = offset as usize;
        let bytes = images.live.get(at..at + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.images().write(Write::Len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut images = self.images();
        if images.is_failing {
            return Err(io::Error::other("the disk fails"));
        }
        images.step()?;
        for write in std::mem::take(&mut images.unsynced) {
            apply(&mut images.durable, &write);
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.images().write(Write::Bytes(offset, data.to_vec()))
    }
}

/// What should be in the store: topics with payloads.
pub(super) type Model = BTreeMap<String, String>;

/// A random batch, and what the model is with it.
fn change(disk: &Disk, journal: &mut Journal, model: &Model, round: u64) -> Model {
    let mut after = model.clone();
    let count = 1 + disk.images().below(20);
    for _ in 0..count {
        let topic = format!("t/{}", disk.images().below(60));
        if disk.images().below(3) == 0 {
            after.remove(&topic);
            journal.record(&Change::RetainedGone { topic: &topic });
            continue;
        }
        let size = disk.images().below(1500) as usize;
        let payload = format!("{round} {}", "x".repeat(size));
        let message = message(&topic, payload.as_bytes());
        journal.record(&Change::Retained { message: &message, expires_at: None, publisher: None });
        after.insert(topic, payload);
    }
    after
}

pub(super) fn open(disk: &Disk) -> Records {
    Records::open(Path::new("disk"), disk.clone()).unwrap()
}

pub(super) fn content(records: &mut Records) -> Model {
    let (mut loader, mut model) = (Loader::default(), Model::new());
    let load = &mut |key: &[u8], value: &[u8]| {
        loader.load(key, value, &mut |change| {
            let Change::Retained { message, .. } = change else { panic!("{change:?}") };
            let payload = String::from_utf8(message.payload().to_vec()).unwrap();
            model.insert(message.topic().as_str().to_owned(), payload);
            Ok(())
        })
    };
    records.load(load).unwrap();
    model
}

/// A store on a new disk that never fails while it is made.
pub(super) fn made(seed: u64) -> (Disk, Records) {
    let disk = Disk::new(seed);
    let records = Records::create(Path::new("disk"), disk.clone()).unwrap();
    (disk, records)
}

#[test]
fn what_was_committed_survives_a_loss_of_power_at_any_step() {
    let mut losses = 0;
    for seed in 0..50 {
        let (disk, mut records) = made(seed);
        let (mut journal, mut model) = (Journal::default(), Model::new());
        for round in 0..40 {
            let fuse = disk.images().below(60);
            if round % 3 == 0 {
                disk.images().fuse = Some(fuse);
            }
            let after = change(&disk, &mut journal, &model, round);
            let batch = journal.take(Batch::default());
            if records.commit(&batch).is_ok() {
                model = after;
                disk.images().fuse = None;
                continue;
            }
            losses += 1;
            drop(records);
            disk.images().lose_power();
            records = open(&disk);
            let found = content(&mut records);
            assert!(found == model || found == after, "seed {seed}, round {round}");
            // What was not acknowledged is written again, whether or not it was there.
            records.commit(&batch).unwrap();
            model = after;
            assert!(content(&mut records) == model, "seed {seed}, round {round}");
        }
    }
    assert!(losses > 100, "{losses}");
}

#[test]
fn a_disk_that_fails_or_is_full_loses_nothing_and_goes_on_when_it_works() {
    for seed in 0..15 {
        let (disk, mut records) = made(seed);
        let (mut journal, mut model) = (Journal::default(), Model::new());
        let mut failures = 0;
        for round in 0..40 {
            let after = change(&disk, &mut journal, &model, round);
            let batch = journal.take(Batch::default());
            match round % 4 {
                1 => disk.images().is_failing = true,
                3 => {
                    let mut images = disk.images();
                    images.capacity = images.live.len() as u64;
                }
                _ => {}
            }
            let mut is_done = records.commit(&batch).is_ok();
            for _ in 0..3 {
                if is_done {
                    break;
                }
                failures += 1;
                // Closed, and opened as far as the disk lets it be.
                drop(records);
                {
                    let mut images = disk.images();
                    images.is_failing = false;
                    images.capacity = u64::MAX;
                }
                records = open(&disk);
                let found = content(&mut records);
                assert!(found == model || found == after, "seed {seed}, round {round}");
                is_done = records.commit(&batch).is_ok();
            }
            assert!(is_done);
            let mut images = disk.images();
            images.is_failing = false;
            images.capacity = u64::MAX;
            drop(images);
            model = after;
            assert!(content(&mut records) == model, "seed {seed}, round {round}");
        }
        assert!(failures >= 5, "seed {seed}: {failures}");
    }
}
