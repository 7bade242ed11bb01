//! Records in one table of an embedded database, over whatever stands for a file.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use redb::{
    Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, ReadableTableMetadata,
    StorageBackend, StorageError, TableDefinition, TableError,
};

use crate::store::backend::Untouched;
use crate::store::batch::Write;
use crate::store::record::{FORMAT, FORMAT_LOGGED, FORMAT_OLDEST};
use crate::store::{Each, StoreError};

/// All records.
const STATE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("state");
/// About the store itself.
const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("lastwill");
/// The version of the format, in `ABOUT`.
const FORMAT_KEY: &str = "format";
/// The last file of the log whose batches are all in the table, in `ABOUT`.
const FILED_KEY: &str = "filed";

/// Bytes of the database that are kept in memory.
const CACHE_BYTES: usize = 16 << 20;

/// The number of the store, in `ABOUT`.
const ID_KEY: &str = "id";

/// How the database and the log hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct About {
    /// No other store has this number; a log names the store that it belongs to. 0 where none was
    /// given yet.
    pub(super) id: u64,
    /// What was committed lately is in the log only: the format is [`FORMAT_LOGGED`].
    pub(super) has_log: bool,
    /// The last file of the log whose batches are all here.
    pub(super) filed: u64,
}

/// An open database. After an error it is of no more use.
#[derive(Debug)]
pub(super) struct Records {
    /// What errors name.
    path: PathBuf,
    database: Database,
}

impl Records {
    /// Makes an empty store with a number of its own.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn create(
        path: &Path,
        backend: impl StorageBackend,
        id: u64,
    ) -> Result<Records, StoreError> {
        let records = Records::open(path, backend)?;
        records.file(&[], About { id, has_log: false, filed: 0 })?;
        Ok(records)
    }

    /// Opens a store; what was not committed to its end is undone.
    ///
    /// # Errors
    /// It cannot be read, or is damaged.
    pub(super) fn open(path: &Path, backend: impl StorageBackend) -> Result<Records, StoreError> {
        let database = open_database(path, backend, false)?;
        Ok(Records { path: path.to_owned(), database })
    }

    /// Checks every page, without a trace: whether it is ours, whole, and of a version we know.
    pub(super) fn look_at(path: &Path, backend: Untouched) -> Result<About, StoreError> {
        about(path, &open_database(path, backend, true)?)
    }

    /// How it hangs together with the log.
    pub(super) fn about(&self) -> Result<About, StoreError> {
        about(&self.path, &self.database)
    }

    /// Makes writes durable, sorted by key, together with how it hangs together with the log now.
    ///
    /// # Errors
    /// It cannot be written. It is of no more use.
    pub(super) fn file(&self, writes: &[Write<'_>], about: About) -> Result<(), StoreError> {
        self.write(writes, about).map_err(|error| self.failed(&error))
    }

    fn write(&self, writes: &[Write<'_>], about: About) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(STATE)?;
            for (key, value) in writes {
                match value {
                    Some(value) => drop(table.insert(*key, *value)?),
                    None => drop(table.remove(*key)?),
                }
            }
            let mut table = transaction.open_table(ABOUT)?;
            table.insert(FORMAT_KEY, if about.has_log { FORMAT_LOGGED } else { FORMAT })?;
            table.insert(FILED_KEY, about.filed)?;
            table.insert(ID_KEY, about.id)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Hands all records to `each`, by ascending key.
    ///
    /// # Errors
    /// It cannot be read, or `each` finds a record damaged.
    pub(super) fn load(&self, each: &mut Each<'_>) -> Result<(), StoreError> {
        let damaged = |error: &dyn fmt::Display| damaged(&self.path, error);
        let transaction = self.database.begin_read().map_err(|error| damaged(&error))?;
        let table = transaction.open_table(STATE).map_err(|error| damaged(&error))?;
        for record in table.iter().map_err(|error| damaged(&error))? {
            let (key, value) = record.map_err(|error| damaged(&error))?;
            each(key.value(), value.value()).map_err(|what| damaged(&what))?;
        }
        Ok(())
    }

    /// How many records there are.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn len(&self) -> Result<u64, StoreError> {
        let damaged = |error: &dyn fmt::Display| damaged(&self.path, error);
        let transaction = self.database.begin_read().map_err(|error| damaged(&error))?;
        let table = transaction.open_table(STATE).map_err(|error| damaged(&error))?;
        table.len().map_err(|error| damaged(&error))
    }

    /// Bytes of the file that hold something. Reads every page.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn used_bytes(&self) -> Result<u64, StoreError> {
        let used = || -> Result<u64, redb::Error> {
            let transaction = self.database.begin_write()?;
            let stats = transaction.stats()?;
            transaction.abort()?;
            Ok(stats.allocated_pages() * stats.page_size() as u64)
        };
        used().map_err(|error| self.failed(&error))
    }

    /// Moves everything to the beginning of the file and cuts off the rest. Each step is a
    /// transaction: whenever it ends, everything is there.
    ///
    /// # Errors
    /// It cannot be written; nothing is lost.
    pub(super) fn compact(&mut self) -> Result<(), StoreError> {
        // One pass frees what the next one fills.
        while self.database.compact().map_err(|error| self.failed(&error))? {}
        Ok(())
    }

    fn failed(&self, error: &dyn fmt::Display) -> StoreError {
        StoreError::Io(self.path.clone(), error.to_string())
    }
}

/// Reads what a database says about itself.
fn about(path: &Path, database: &Database) -> Result<About, StoreError> {
    let transaction = database.begin_read().map_err(|error| damaged(path, &error))?;
    let table = match transaction.open_table(ABOUT) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Err(StoreError::Foreign(path.to_owned())),
        Err(error) => return Err(damaged(path, &error)),
    };
    let number = |key| {
        let found = table.get(key).map_err(|error| damaged(path, &error))?;
        Ok(found.map(|found| found.value()))
    };
    let (id, filed) = (number(ID_KEY)?.unwrap_or(0), number(FILED_KEY)?.unwrap_or(0));
    match number(FORMAT_KEY)? {
        Some(FORMAT_OLDEST..=FORMAT) => Ok(About { id, has_log: false, filed }),
        Some(FORMAT_LOGGED) => Ok(About { id, has_log: true, filed }),
        Some(newer) if newer > FORMAT_LOGGED => Err(StoreError::Newer(path.to_owned(), newer)),
        _ => Err(damaged(path, &"it names no format")),
    }
}

fn open_database(
    path: &Path,
    backend: impl StorageBackend,
    is_checked: bool,
) -> Result<Database, StoreError> {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(is_checked);
    builder.create_with_backend(backend).map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse(path.to_owned()),
        DatabaseError::UpgradeRequired(version) => {
            StoreError::Newer(path.to_owned(), version.into())
        }
        DatabaseError::Storage(StorageError::Io(error))
            if error.kind() != ErrorKind::UnexpectedEof
                && error.kind() != ErrorKind::InvalidData =>
        {
            StoreError::Io(path.to_owned(), error.to_string())
        }
        error => damaged(path, &error),
    })
}

pub(super) fn damaged(path: &Path, error: &dyn fmt::Display) -> StoreError {
    StoreError::Damaged(path.to_owned(), error.to_string())
}
