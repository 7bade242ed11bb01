//! A disk in memory that loses power: what was synced stays, of what was not each part may be there
//! or not, in any order, whole or torn. It also fails, writes short, and is full.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use redb::StorageBackend;

use crate::broker::change::Change;
use crate::store::database::Records;
use crate::store::files::{Files, Part};
use crate::store::logged::{Logged, Sizes};
use crate::store::tests::message;
use crate::store::{Batch, Journal, Loader};

/// What a disk tears: parts of this size are written whole or not at all.
const SECTOR: usize = 512;

#[derive(Clone, Debug)]
enum Write {
    Bytes(u64, Vec<u8>),
    Len(u64),
}

/// One file.
#[derive(Clone, Debug, Default)]
pub(super) struct Image {
    is_there: bool,
    /// What reads see.
    pub(super) live: Vec<u8>,
    /// What is there after a loss of power.
    durable: Vec<u8>,
}

#[derive(Debug, Default)]
pub(super) struct Images {
    /// The database, and the two files of the log.
    pub(super) files: [Image; 3],
    /// Since the last sync, by file.
    unsynced: Vec<(usize, Write)>,
    /// So many operations until the power is lost in the middle of one.
    pub(super) fuse: Option<u64>,
    /// Writing fails.
    pub(super) is_failing: bool,
    /// Largest size of all files.
    pub(super) capacity: u64,
    seed: u64,
}

/// The disk, shared with whoever watches it.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    images: Arc<Mutex<Images>>,
    /// The file that is open.
    file: usize,
}

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

    /// Bytes of all files.
    pub(super) fn size(&self) -> u64 {
        self.files.iter().map(|file| file.live.len() as u64).sum()
    }

    fn write(&mut self, file: usize, write: Write) -> io::Result<()> {
        if self.is_failing {
            return Err(io::Error::other("the disk fails"));
        }
        let end = match &write {
            Write::Len(len) => *len,
            Write::Bytes(at, bytes) => at + bytes.len() as u64,
        };
        let growth = end.saturating_sub(self.files[file].live.len() as u64);
        if growth > 0 && self.size() + growth > self.capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if let Err(error) = self.step() {
            // The last write was under way: a part of it may have reached the disk.
            if let Write::Bytes(at, bytes) = write {
                let part = self.below(bytes.len() as u64 + 1) as usize;
                self.unsynced.push((file, Write::Bytes(at, bytes[..part].to_vec())));
            }
            return Err(error);
        }
        apply(&mut self.files[file].live, &write);
        self.unsynced.push((file, write));
        Ok(())
    }

    /// Of what was not synced, any sectors are there.
    pub(super) fn lose_power(&mut self) {
        for (file, write) in std::mem::take(&mut self.unsynced) {
            match write {
                Write::Len(_) if self.below(2) == 0 => {
                    apply(&mut self.files[file].durable, &write);
                }
                Write::Len(_) => {}
                Write::Bytes(at, bytes) => {
                    for (index, sector) in bytes.chunks(SECTOR).enumerate() {
                        if self.below(3) > 0 {
                            let at = at + (index * SECTOR) as u64;
                            let sector = Write::Bytes(at, sector.to_vec());
                            apply(&mut self.files[file].durable, &sector);
                        }
                    }
                }
            }
        }
        self.files.iter_mut().for_each(|file| file.live.clone_from(&file.durable));
        self.fuse = None;
    }
}

impl Disk {
    fn new(seed: u64) -> Self {
        let images = Images { seed, capacity: u64::MAX, ..Images::default() };
        Disk { images: Arc::new(Mutex::new(images)), file: 0 }
    }

    pub(super) fn images(&self) -> MutexGuard<'_, Images> {
        self.images.lock().unwrap()
    }

    fn at(&self, part: Part) -> Disk {
        let file = match part {
            Part::Main => 0,
            Part::Log(is_odd) => 1 + usize::from(is_odd),
        };
        Disk { images: Arc::clone(&self.images), file }
    }
}

impl Files for Disk {
    type File = Disk;

    fn open(&self, part: Part) -> io::Result<Disk> {
        let disk = self.at(part);
        let is_there = part == Part::Main || self.images().files[disk.file].is_there;
        is_there.then_some(disk).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn create(&self, part: Part) -> io::Result<Disk> {
        let disk = self.at(part);
        let mut images = self.images();
        images.step()?;
        images.files[disk.file].is_there = true;
        drop(images);
        Ok(disk)
    }

    fn forget(&self, _: Part) {}

    fn remove(&self, part: Part) -> io::Result<()> {
        let file = self.at(part).file;
        let mut images = self.images();
        images.step()?;
        images.files[file] = Image::default();
        images.unsynced.retain(|(of, _)| *of != file);
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.images().files[self.file].live.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let images = self.images();
        let (live, at) = (&images.files[self.file].live, offset as usize);
        out.copy_from_slice(live.get(at..at + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.images().write(self.file, Write::Len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut images = self.images();
        if images.is_failing {
            return Err(io::Error::other("the disk fails"));
        }
        images.step()?;
        let unsynced = std::mem::take(&mut images.unsynced);
        for (file, write) in unsynced {
            if file == self.file {
                apply(&mut images.files[file].durable, &write);
            } else {
                images.unsynced.push((file, write));
            }
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.images().write(self.file, Write::Bytes(offset, data.to_vec()))
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

pub(super) type Kept = Logged<Disk>;

/// Files of the log are small, so that they are often filed: of several sizes, by seed.
pub(super) fn open(disk: &Disk) -> Kept {
    let segment = [4 << 10, 20 << 10, 100 << 10][disk.images().seed as usize % 3];
    let sizes = Sizes { segment, growth: 1 << 10, is_threaded: false };
    Logged::open(Path::new("disk"), disk.clone(), sizes).unwrap()
}

pub(super) fn content(kept: &mut Kept) -> Model {
    let (mut loader, mut model) = (Loader::default(), Model::new());
    let load = &mut |key: &[u8], value: &[u8]| {
        loader.load(key, value, &mut |change| {
            let Change::Retained { message, .. } = change else { panic!("{change:?}") };
            let payload = String::from_utf8(message.payload().to_vec()).unwrap();
            model.insert(message.topic().as_str().to_owned(), payload);
            Ok(())
        })
    };
    kept.settled().unwrap().load(load).unwrap();
    model
}

/// A store on a new disk that never fails while it is made.
pub(super) fn made(seed: u64) -> (Disk, Kept) {
    let disk = Disk::new(seed);
    drop(Records::create(Path::new("disk"), disk.clone(), seed + 1).unwrap());
    let kept = open(&disk);
    (disk, kept)
}

#[test]
fn what_was_committed_survives_a_loss_of_power_at_any_step() {
    let mut losses = 0;
    for seed in 0..60 {
        let (disk, mut records) = made(seed);
        let (mut journal, mut model) = (Journal::default(), Model::new());
        for round in 0..40 {
            // A commit to the log has a few steps; filing has many.
            let fuse = disk.images().below(if round % 2 == 0 { 6 } else { 60 });
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
            if disk.images().below(2) == 0 {
                assert!(content(&mut records) == model, "seed {seed}, round {round}");
            }
        }
    }
    assert!(losses > 100, "{losses}");
}

/// Errors at any step of anything, and the same store goes on; now and then the power is lost.
#[test]
fn errors_at_any_step_lose_nothing_whether_or_not_it_is_opened_again() {
    let (mut errors, mut losses) = (0, 0);
    for seed in 0..60 {
        let (disk, mut records) = made(seed);
        let (mut journal, mut model) = (Journal::default(), Model::new());
        for round in 0..40 {
            let fuse = disk.images().below(40);
            let what = disk.images().below(7);
            disk.images().fuse = (round % 2 == 0).then_some(fuse);
            let is_done = match what {
                0 => records.settled().is_ok(),
                1 => records.compact().is_ok(),
                2 => records.close().is_ok(),
                _ => {
                    let after = change(&disk, &mut journal, &model, round);
                    let batch = journal.take(Batch::default());
                    let is_done = records.commit(&batch).is_ok();
                    if !is_done && disk.images().below(3) == 0 {
                        losses += 1;
                        drop(records);
                        disk.images().lose_power();
                        records = open(&disk);
                        let found = content(&mut records);
                        assert!(found == model || found == after, "seed {seed}, round {round}");
                    }
                    disk.images().fuse = None;
                    records.commit(&batch).unwrap();
                    model = after;
                    is_done
                }
            };
            errors += u32::from(!is_done);
            if disk.images().below(6) == 0 {
                drop(records);
                disk.images().lose_power();
                records = open(&disk);
                assert!(content(&mut records) == model, "seed {seed}, round {round}");
            }
        }
    }
    assert!(errors > 150 && losses > 25, "{errors} errors, {losses} losses");
}

/// A store that is closed is one file of the first format, whatever happens on the way.
#[test]
fn a_loss_of_power_while_a_store_is_closed_loses_nothing() {
    let mut losses = 0;
    for seed in 0..60 {
        let (disk, mut records) = made(seed);
        let (mut journal, mut model) = (Journal::default(), Model::new());
        for round in 0..10 {
            model = change(&disk, &mut journal, &model, round);
            records.commit(&journal.take(Batch::default())).unwrap();
        }
        let fuse = disk.images().below(25);
        disk.images().fuse = Some(fuse);
        let is_closed = records.close().is_ok();
        losses += u32::from(!is_closed);
        drop(records);
        disk.images().lose_power();
        assert!(content(&mut open(&disk)) == model, "seed {seed}");
        if is_closed {
            assert!(!disk.images().files[1..].iter().any(|file| file.is_there));
        }
    }
    assert!(losses > 10, "{losses}");
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
                    images.capacity = images.size();
                }
                _ => {}
            }
            let mut is_done = records.commit(&batch).is_ok();
            for _ in 0..3 {
                if is_done {
                    break;
                }
                failures += 1;
                {
                    let mut images = disk.images();
                    images.is_failing = false;
                    images.capacity = u64::MAX;
                }
                // It goes on as it is, or is closed and opened again.
                if round % 8 < 4 {
                    drop(records);
                    records = open(&disk);
                    let found = content(&mut records);
                    assert!(found == model || found == after, "seed {seed}, round {round}");
                }
                is_done = records.commit(&batch).is_ok();
            }
            assert!(is_done);
            let mut images = disk.images();
            images.is_failing = false;
            images.capacity = u64::MAX;
            drop(images);
            model = after;
            if round % 5 == 0 {
                assert!(content(&mut records) == model, "seed {seed}, round {round}");
            }
        }
        assert!(content(&mut records) == model, "seed {seed}");
        drop(records);
        disk.images().lose_power();
        assert!(content(&mut open(&disk)) == model, "seed {seed}");
        assert!(failures >= 5, "seed {seed}: {failures}");
    }
}
