//! What survives a restart: the broker's changes as records in a file. Knows no rule of the broker.
//!
//! `README.md` beside this file describes the format.

mod backend;
mod batch;
mod crc;
mod database;
mod file;
mod files;
mod journal;
mod json;
mod ledger;
mod loader;
mod logged;
mod memory;
mod record;
mod segment;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

pub use backend::{Counted, Counts};
pub use batch::Batch;
pub use file::{Compacted, FILE_NAME, FileStore, Info, check_no_log};
pub use journal::Journal;
pub use json::{Messages, NotJson, from_json, to_json};
pub use ledger::Ledger;
pub use loader::Loader;
pub use memory::MemoryStore;
use record::FORMAT_LOGGED;
pub use record::{FORMAT, FORMAT_OLDEST};

/// Takes in one record, key and value, or says what is wrong with it.
pub type Each<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), String> + 'a;

/// How far something is that takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Every page is checked: bytes so far, bytes in all.
    Checking(u64, u64),
    /// Records are read: so many so far, and in all.
    Reading(u64, u64),
    /// What is stored is moved together.
    Compacting,
}

/// Hears how far a store is; called often.
pub type Watch = Arc<dyn Fn(Progress) + Send + Sync>;

/// A watch that hears nothing.
pub fn unwatched() -> Watch {
    Arc::new(|_| ())
}

/// Keeps records by key, across a crash.
pub trait Store: Send {
    /// Hands all records to `each`, by ascending key.
    ///
    /// # Errors
    /// The store cannot be read, or `each` finds a record damaged.
    fn load(&mut self, each: &mut Each<'_>) -> Result<(), StoreError>;

    /// Makes a batch durable as a whole. After an error the same batch may be committed again,
    /// whether or not it has reached the disk.
    ///
    /// # Errors
    /// Nothing is promised about the batch; what was committed before is still there.
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError>;
}

/// What is wrong with a store.
#[derive(Debug)]
pub enum StoreError {
    /// Another process has it open.
    InUse(PathBuf),
    /// It is a database of mosquitto.
    Mosquitto(PathBuf),
    /// It is no store of ours.
    Foreign(PathBuf),
    /// A newer version has written it, in this format.
    Newer(PathBuf, u64),
    /// It is damaged.
    Damaged(PathBuf, String),
    /// There is none.
    Missing(PathBuf),
    /// The system refused something.
    Io(PathBuf, String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::InUse(path) => write!(
                f,
                "the store {} is in use by another process; stop that one first, or choose another \
                 persistence_location",
                path.display()
            ),
            StoreError::Mosquitto(path) => write!(
                f,
                "{} is a database of mosquitto, which this broker cannot read; move it away, or \
                 choose another persistence_location",
                path.display()
            ),
            StoreError::Foreign(path) => write!(
                f,
                "{} is not a store of lastwill; it was left as it is. Move it away, or choose \
                 another persistence_file",
                path.display()
            ),
            StoreError::Newer(path, format) => write!(
                f,
                "the store {} was written by a newer lastwill (format {format}, this one knows up \
                 to {FORMAT_LOGGED}); use that version, or move the file away",
                path.display()
            ),
            StoreError::Damaged(path, what) => write!(
                f,
                "the store {} is damaged ({what}); it was left as it is. Put a copy back, or move \
                 it away to start without it",
                path.display()
            ),
            StoreError::Missing(path) => write!(f, "there is no store {}", path.display()),
            StoreError::Io(path, error) => write!(f, "the store {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for StoreError {}
