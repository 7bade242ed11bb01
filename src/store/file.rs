//! The store in a file: locked, and checked before it is written.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{Access, access};

use crate::store::backend::{Counted, Counts, Untouched};
use crate::store::database::Records;
use crate::store::files::{Folder, Part, sync_folder};
use crate::store::logged::{Logged, Sizes, find_log, random};
use crate::store::record::FORMAT;
use crate::store::{Batch, Each, Progress, Store, StoreError, Watch, unwatched};

/// The name of the file where nothing else is said.
pub const FILE_NAME: &str = "lastwill.db";
/// The name of mosquitto's.
const MOSQUITTO_NAME: &str = "mosquitto.db";
/// How a database of mosquitto begins.
const MOSQUITTO_MAGIC: &[u8] = b"\x00\xB5\x00mosquitto db";
/// How ours begins.
const OUR_MAGIC: &[u8] = b"redb\x1A\x0A\xA9\x0D\x0A";

/// How often the lock is asked for, and the pause between.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(25);
/// How many records are read between two words about it.
const RECORDS_PER_WORD: u64 = 1024;

/// What is known about a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// The version of its format.
    pub format: u64,
    /// Records in it.
    pub records: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
}

/// What a compaction has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Bytes of the file before …
    pub before: u64,
    /// … and after it.
    pub after: u64,
}

/// A file below this many bytes is not worth the work.
const COMPACT_BYTES_MIN: u64 = 8 << 20;

/// A store in a file, locked for as long as it is open.
pub struct FileStore {
    path: PathBuf,
    /// Holds the lock, also while the database is closed after an error.
    lock: File,
    logged: Logged<Folder>,
    counts: Arc<Counts>,
    watch: Watch,
    /// Bytes of all records when they were read.
    read_bytes: u64,
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore").field("path", &self.path).finish()
    }
}

impl FileStore {
    /// Opens a store, or creates it where there is none. Every page is checked before anything is
    /// written; what is refused is left as it is.
    ///
    /// # Errors
    /// It is in use, of another program, of a newer version, or damaged.
    pub fn open(path: &Path) -> Result<FileStore, StoreError> {
        FileStore::open_watched(path, unwatched())
    }

    /// The same; `watch` hears how far it is, here and while it is read.
    ///
    /// # Errors
    /// As [`FileStore::open`], and where its log could not be made, which is needed only later.
    pub fn open_watched(path: &Path, watch: Watch) -> Result<FileStore, StoreError> {
        if !path.exists() {
            create(path)?;
        }
        check_folder(path)?;
        FileStore::open_existing(path, watch)
    }

    /// Opens a store that must be there.
    ///
    /// # Errors
    /// As [`FileStore::open`], and where there is none.
    pub fn open_existing(path: &Path, watch: Watch) -> Result<FileStore, StoreError> {
        let lock = open_file(path)?;
        lock_file(&lock, path)?;
        check_magic(path)?;
        let looked_at = Untouched::new(open_file(path)?, Arc::clone(&watch));
        let about = Records::look_at(path, looked_at.map_err(io_error(path))?)?;
        let counts: Arc<Counts> = Arc::default();
        let files = Folder { main: path.to_owned(), counts: Arc::clone(&counts) };
        find_log(path, &files, about)?;
        let logged = Logged::open(path, files, Sizes::NORMAL)?;
        Ok(FileStore { path: path.to_owned(), lock, logged, counts, watch, read_bytes: 0 })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was written since it was opened.
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// What is known about it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn info(&mut self) -> Result<Info, StoreError> {
        let mut records = 0;
        self.load(&mut |_, _| {
            records += 1;
            Ok(())
        })?;
        Ok(Info { format: FORMAT, records, file_bytes: self.file_bytes()? })
    }

    fn file_bytes(&self) -> Result<u64, StoreError> {
        Ok(self.lock.metadata().map_err(io_error(&self.path))?.len())
    }

    /// Whether more than half of a file that is not small is free, so that a compaction pays. To
    /// be asked when the records were read: where they fill the file, its pages are not counted.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn is_half_empty(&mut self) -> Result<bool, StoreError> {
        let bytes = self.file_bytes()?;
        let may_be = bytes > COMPACT_BYTES_MIN && self.read_bytes < bytes / 2;
        Ok(may_be && self.logged.settled()?.used_bytes()? < bytes / 2)
    }

    /// Makes the file as small as what is in it allows. It may end at any moment, or fail, with
    /// nothing lost; it needs next to no room on the disk. Nothing can be committed meanwhile.
    ///
    /// # Errors
    /// It cannot be written. The store goes on as it is.
    pub fn compact(&mut self) -> Result<Compacted, StoreError> {
        (self.watch)(Progress::Compacting);
        let before = self.file_bytes()?;
        self.logged.compact()?;
        Ok(Compacted { before, after: self.file_bytes()? })
    }

    /// Puts everything into the one file, and removes the log.
    ///
    /// # Errors
    /// It cannot be written. Nothing is lost: the log stays.
    pub fn close(&mut self) -> Result<(), StoreError> {
        self.logged.close()
    }
}

impl Store for FileStore {
    fn load(&mut self, each: &mut Each<'_>) -> Result<(), StoreError> {
        let watch = Arc::clone(&self.watch);
        let records = self.logged.settled()?;
        let (mut done, mut bytes, total) = (0, 0, records.len()?);
        records.load(&mut |key, value| {
            done += 1;
            bytes += (key.len() + value.len()) as u64;
            if done % RECORDS_PER_WORD == 0 {
                watch(Progress::Reading(done, total));
            }
            each(key, value)
        })?;
        self.read_bytes = bytes;
        Ok(())
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.logged.commit(batch)
    }
}

/// The store of a directory: its file, unless a database of mosquitto is there and none of ours.
///
/// # Errors
/// There is a database of mosquitto.
pub(super) fn check_neighbour(path: &Path) -> Result<(), StoreError> {
    let neighbour = path.with_file_name(MOSQUITTO_NAME);
    if !path.exists() && has_magic(&neighbour, MOSQUITTO_MAGIC) {
        return Err(StoreError::Mosquitto(neighbour));
    }
    Ok(())
}

/// A log whose database is missing is not passed over: it has what was acknowledged last.
///
/// # Errors
/// There is one.
pub fn check_no_log(path: &Path) -> Result<(), StoreError> {
    match Part::LOGS.map(|part| part.path(path)).into_iter().find(|log| log.exists()) {
        None => Ok(()),
        Some(log) => {
            let what = format!("it is missing, but its log {} is there", log.display());
            Err(StoreError::Damaged(path.to_owned(), what))
        }
    }
}

/// Makes an empty store, under another name until it is complete.
fn create(path: &Path) -> Result<(), StoreError> {
    check_neighbour(path)?;
    check_no_log(path)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let unfinished = path.with_file_name(name);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&unfinished)
        .map_err(io_error(&unfinished))?;
    lock_file(&file, &unfinished)?;
    file.set_len(0).map_err(io_error(&unfinished))?;
    let backend = Counted::new(file.try_clone().map_err(io_error(&unfinished))?, Arc::default());
    drop(Records::create(&unfinished, backend, random(&unfinished)?)?);
    file.sync_all().map_err(io_error(&unfinished))?;
    fs::rename(&unfinished, path).map_err(io_error(path))?;
    sync_folder(path).map_err(io_error(path))
}

/// Whether files can be made beside a store: the log comes with the first batch, and somebody waits
/// for its acknowledgement then.
fn check_folder(path: &Path) -> Result<(), StoreError> {
    let log = Part::Log(false).path(path);
    let folder = log.parent().filter(|folder| !folder.as_os_str().is_empty());
    let wanted = Access::WRITE_OK | Access::EXEC_OK;
    access(folder.unwrap_or(Path::new(".")), wanted).map_err(|error| io_error(&log)(error.into()))
}

fn open_file(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new().read(true).write(true).open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => StoreError::Missing(path.to_owned()),
        _ => io_error(path)(error),
    })
}

/// Takes the lock. A program that was killed a moment ago, or a child that has not become another
/// program yet, may hold it a little longer, so this asks more than once.
fn lock_file(file: &File, path: &Path) -> Result<(), StoreError> {
    for left in (0..LOCK_TRIES).rev() {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if left > 0 => sleep(LOCK_PAUSE),
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(error)) => return Err(io_error(path)(error)),
        }
    }
    Err(StoreError::InUse(path.to_owned()))
}

fn check_magic(path: &Path) -> Result<(), StoreError> {
    if has_magic(path, OUR_MAGIC) {
        return Ok(());
    }
    Err(match has_magic(path, MOSQUITTO_MAGIC) {
        true => StoreError::Mosquitto(path.to_owned()),
        false => StoreError::Foreign(path.to_owned()),
    })
}

/// Whether a file begins with these bytes. What cannot be read does not.
fn has_magic(path: &Path, magic: &[u8]) -> bool {
    let mut head = vec![0; magic.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == magic
}

fn io_error(path: &Path) -> impl Fn(std::io::Error) -> StoreError + '_ {
    move |error| StoreError::Io(path.to_owned(), error.to_string())
}
