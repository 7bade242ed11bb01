//! A store that survives nothing but its owner: for tests, and to look at what would be kept.

use std::collections::BTreeMap;

use crate::store::{Batch, Each, Store, StoreError};

/// Records in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryStore {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryStore {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

impl Store for MemoryStore {
    fn load(&mut self, each: &mut Each<'_>) -> Result<(), StoreError> {
        let damaged = |what| StoreError::Damaged("(memory)".into(), what);
        self.records.iter().try_for_each(|(key, value)| each(key, value)).map_err(damaged)
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        for (key, value) in batch.writes() {
            match value {
                Some(value) => drop(self.records.insert(key.to_vec(), value.to_vec())),
                None => drop(self.records.remove(key)),
            }
        }
        Ok(())
    }
}
