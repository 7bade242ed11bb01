//! Records in one table of an embedded database, over whatever stands for a file.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use redb::{
    Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, ReadableTableMetadata,
    StorageBackend, StorageError, TableDefinition, TableError,
};

use crate::store::backend::Untouched;
use crate::store::record::{FORMAT, FORMAT_OLDEST};
use crate::store::{Batch, Each, Store, StoreError};

/// All records.
const STATE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("state");
/// About the store itself.
const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("lastwill");
/// The version of the format, in `ABOUT`.
const FORMAT_KEY: &str = "format";

/// Bytes of the database that are kept in memory.
const CACHE_BYTES: usize = 16 << 20;

/// An open database. After an error it is of no more use.
#[derive(Debug)]
pub struct Records {
    /// What errors name.
    path: PathBuf,
    database: Database,
    /// The file says by now that it is of our version.
    is_current: bool,
}

impl Records {
    /// Makes an empty store.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(path: &Path, backend: impl StorageBackend) -> Result<Records, StoreError> {
        let mut records = Records::open(path, backend)?;
        records.begin().map_err(|error| records.failed(&error))?;
        Ok(records)
    }

    /// Opens a store; what was not committed to its end is undone.
    ///
    /// # Errors
    /// It cannot be read, or is damaged.
    pub fn open(path: &Path, backend: impl StorageBackend) -> Result<Records, StoreError> {
        let database = open_database(path, backend, false)?;
        Ok(Records { path: path.to_owned(), database, is_current: false })
    }

    /// Checks every page, without a trace: whether it is ours, whole, and of a version we know.
    pub(super) fn look_at(path: &Path, backend: Untouched) -> Result<(), StoreError> {
        let database = open_database(path, backend, true)?;
        let transaction = database.begin_read().map_err(|error| damaged(path, &error))?;
        let about = match transaction.open_table(ABOUT) {
            Ok(about) => about,
            Err(TableError::TableDoesNotExist(_)) => {
                return Err(StoreError::Foreign(path.to_owned()));
            }
            Err(error) => return Err(damaged(path, &error)),
        };
        let format = about.get(FORMAT_KEY).map_err(|error| damaged(path, &error))?;
        match format.map(|format| format.value()) {
            Some(FORMAT_OLDEST..=FORMAT) => Ok(()),
            Some(newer) if newer > FORMAT => Err(StoreError::Newer(path.to_owned(), newer)),
            _ => Err(damaged(path, &"it names no format")),
        }
    }

    fn begin(&mut self) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        transaction.open_table(STATE)?;
        transaction.open_table(ABOUT)?.insert(FORMAT_KEY, FORMAT)?;
        transaction.commit()?;
        self.is_current = true;
        Ok(())
    }

    /// With the first records of ours, a file of an older version becomes one of ours.
    fn write(&mut self, batch: &Batch) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        if !self.is_current {
            transaction.open_table(ABOUT)?.insert(FORMAT_KEY, FORMAT)?;
        }
        {
            let mut table = transaction.open_table(STATE)?;
            for (key, value) in batch.writes() {
                match value {
                    Some(value) => drop(table.insert(key, value)?),
                    None => drop(table.remove(key)?),
                }
            }
        }
        transaction.commit()?;
        self.is_current = true;
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
    pub fn compact(&mut self) -> Result<(), StoreError> {
        // One pass frees what the next one fills.
        while self.database.compact().map_err(|error| self.failed(&error))? {}
        Ok(())
    }

    fn failed(&self, error: &dyn fmt::Display) -> StoreError {
        StoreError::Io(self.path.clone(), error.to_string())
    }
}

impl Store for Records {
    fn load(&mut self, each: &mut Each<'_>) -> Result<(), StoreError> {
        let damaged = |error: &dyn fmt::Display| damaged(&self.path, error);
        let transaction = self.database.begin_read().map_err(|error| damaged(&error))?;
        let table = transaction.open_table(STATE).map_err(|error| damaged(&error))?;
        for record in table.iter().map_err(|error| damaged(&error))? {
            let (key, value) = record.map_err(|error| damaged(&error))?;
            each(key.value(), value.value()).map_err(|what| damaged(&what))?;
        }
        Ok(())
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.write(batch).map_err(|error| self.failed(&error))
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

fn damaged(path: &Path, error: &dyn fmt::Display) -> StoreError {
    StoreError::Damaged(path.to_owned(), error.to_string())
}
