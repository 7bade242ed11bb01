//! The store in a file: one table of one embedded database.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Advice, fadvise};

use crate::store::backend::{Counted, Counts, Untouched};
use crate::store::database::Records;
use crate::store::record::FORMAT;
use crate::store::{Batch, Each, Store, StoreError};

/// The name of the file where nothing else is said.
pub const FILE_NAME: &str = "lastwill.db";
/// The name of mosquitto's.
const MOSQUITTO_NAME: &str = "mosquitto.db";
/// How a database of mosquitto begins.
const MOSQUITTO_MAGIC: &[u8] = b"\x00\xB5\x00mosquitto db";
/// How ours begins.
const OUR_MAGIC: &[u8] = b"redb\x1A\x0A\xA9\x0D\x0A";

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

/// A store in a file, locked for as long as it is open.
pub struct FileStore {
    path: PathBuf,
    /// Holds the lock, also while the database is closed after an error.
    lock: File,
    records: Option<Records>,
    counts: Arc<Counts>,
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
        if !path.exists() {
            create(path)?;
        }
        FileStore::open_existing(path)
    }

    /// Opens a store that must be there.
    ///
    /// # Errors
    /// As [`FileStore::open`], and where there is none.
    pub fn open_existing(path: &Path) -> Result<FileStore, StoreError> {
        let lock = open_file(path)?;
        lock_file(&lock, path)?;
        check_magic(path)?;
        let looked_at = Untouched::new(open_file(path)?).map_err(io_error(path))?;
        Records::look_at(path, looked_at)?;
        let mut store =
            FileStore { path: path.to_owned(), lock, records: None, counts: Arc::default() };
        store.reopen()?;
        Ok(store)
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
        let file_bytes = self.lock.metadata().map_err(io_error(&self.path))?.len();
        Ok(Info { format: FORMAT, records, file_bytes })
    }

    fn reopen(&mut self) -> Result<(), StoreError> {
        let file = open_file(&self.path)?;
        let backend = Counted::new(file, Arc::clone(&self.counts));
        self.records = Some(Records::open(&self.path, backend)?);
        Ok(())
    }

    /// After an error the database is closed: what it has in memory may differ from the disk, and
    /// so may what the system has in its cache.
    fn close_after_error(&mut self) {
        self.records = None;
        // If the system keeps its cache, the checksums still tell.
        let _ = fadvise(&self.lock, 0, None, Advice::DontNeed);
    }
}

impl Store for FileStore {
    fn load(&mut self, each: &mut Each<'_>) -> Result<(), StoreError> {
        match &mut self.records {
            Some(records) => records.load(each),
            None => Err(StoreError::Io(self.path.clone(), "closed after an error".to_owned())),
        }
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        if self.records.is_none() {
            self.reopen()?;
        }
        let result = self.records.as_mut().map_or(Ok(()), |records| records.commit(batch));
        if result.is_err() {
            self.close_after_error();
        }
        result
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

/// Makes an empty store, under another name until it is complete.
fn create(path: &Path) -> Result<(), StoreError> {
    check_neighbour(path)?;
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
    drop(Records::create(&unfinished, backend)?);
    file.sync_all().map_err(io_error(&unfinished))?;
    fs::rename(&unfinished, path).map_err(io_error(path))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new("."))).map_err(io_error(path))?;
    folder.sync_all().map_err(io_error(path))
}

fn open_file(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new().read(true).write(true).open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => StoreError::Missing(path.to_owned()),
        _ => io_error(path)(error),
    })
}

fn lock_file(file: &File, path: &Path) -> Result<(), StoreError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(io_error(path)(error)),
    }
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
