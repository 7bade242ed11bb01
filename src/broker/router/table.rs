//! A sorted map that is small while it holds little: most filters have one subscriber, some have a
//! million.

use std::collections::BTreeMap;
use std::ops::Bound;

/// A vector longer than this becomes a tree: from here on moving entries costs more.
const VEC_LEN_MAX: usize = 64;

/// A tree smaller than this becomes a vector again. Far enough below [`VEC_LEN_MAX`] that a map at
/// the limit is not converted back and forth.
const TREE_LEN_MIN: usize = 32;

/// Entries in the order of their keys.
#[derive(Debug)]
pub(super) enum Table<K, V> {
    /// Sorted by key.
    Few(Vec<(K, V)>),
    /// More than a few.
    Many(BTreeMap<K, V>),
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Table::Few(Vec::new())
    }
}

impl<K: Ord + Copy, V: Copy> Table<K, V> {
    /// Inserts or replaces; the value before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let entries = match self {
            Table::Many(tree) => return tree.insert(key, value),
            Table::Few(entries) => entries,
        };
        match entries.binary_search_by_key(&key, |entry| entry.0) {
            Ok(at) => return Some(std::mem::replace(&mut entries[at].1, value)),
            Err(at) => {
                if entries.len() == entries.capacity() {
                    // Exactly one for the first: a table is usually alone with it.
                    entries.reserve_exact(entries.len().max(1));
                }
                entries.insert(at, (key, value));
            }
        }
        if entries.len() > VEC_LEN_MAX {
            *self = Table::Many(std::mem::take(entries).into_iter().collect());
        }
        None
    }

    /// Removes; the value that was there.
    pub fn remove(&mut self, key: K) -> Option<V> {
        let tree = match self {
            Table::Few(entries) => {
                let at = entries.binary_search_by_key(&key, |entry| entry.0).ok()?;
                return Some(entries.remove(at).1);
            }
            Table::Many(tree) => tree,
        };
        let removed = tree.remove(&key);
        if tree.len() < TREE_LEN_MIN {
            *self = Table::Few(std::mem::take(tree).into_iter().collect());
        }
        removed
    }

    /// The value of a key.
    pub fn find(&self, key: K) -> Option<V> {
        match self {
            Table::Few(entries) => {
                let at = entries.binary_search_by_key(&key, |entry| entry.0).ok()?;
                Some(entries[at].1)
            }
            Table::Many(tree) => tree.get(&key).copied(),
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        match self {
            Table::Few(entries) => entries.len(),
            Table::Many(tree) => tree.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All entries by ascending key.
    pub fn iter(&self) -> impl Iterator<Item = (K, V)> {
        self.within((Bound::Unbounded, Bound::Unbounded))
    }

    /// All entries in a circle that begins behind `last`, whether or not that is still there.
    pub fn circle(&self, last: Option<K>) -> impl Iterator<Item = (K, V)> {
        // Without a last one the second half is empty: nothing is both before and after it.
        let (behind, before) = match last {
            None => (self.within((Bound::Unbounded, Bound::Unbounded)), None),
            Some(last) => (
                self.within((Bound::Excluded(last), Bound::Unbounded)),
                Some(self.within((Bound::Unbounded, Bound::Included(last)))),
            ),
        };
        behind.chain(before.into_iter().flatten())
    }

    fn within(&self, bounds: (Bound<K>, Bound<K>)) -> impl Iterator<Item = (K, V)> {
        let (few, many) = match self {
            Table::Few(entries) => {
                let start = match bounds.0 {
                    Bound::Excluded(key) => entries.partition_point(|entry| entry.0 <= key),
                    _ => 0,
                };
                let end = match bounds.1 {
                    Bound::Included(key) => entries.partition_point(|entry| entry.0 <= key),
                    _ => entries.len(),
                };
                (Some(entries[start..end].iter().copied()), None)
            }
            Table::Many(tree) => {
                (None, Some(tree.range(bounds).map(|(key, value)| (*key, *value))))
            }
        };
        few.into_iter().flatten().chain(many.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both forms, and the way between them in both directions.
    #[test]
    fn grows_into_a_tree_and_back_in_order() {
        let mut table = Table::default();
        for key in (0..200_u32).rev() {
            assert_eq!(table.insert(key, key * 2), None);
        }
        assert!(matches!(table, Table::Many(_)));
        assert_eq!(table.insert(7, 1), Some(14));
        assert_eq!(table.len(), 200);
        assert!(table.iter().map(|(key, _)| key).eq(0..200));
        for key in 20..200 {
            assert_eq!(table.remove(key), Some(key * 2));
            assert_eq!(table.remove(key), None);
        }
        assert!(matches!(table, Table::Few(_)));
        assert_eq!((table.find(7), table.find(20), table.len()), (Some(1), None, 20));
        assert!(table.iter().map(|(key, _)| key).eq(0..20));
    }

    #[test]
    fn the_circle_begins_behind_the_last_one_even_if_it_has_gone() {
        for len in [5, 500_u32] {
            let mut table = Table::default();
            for key in 0..len {
                table.insert(key, ());
            }
            let keys = |table: &Table<u32, ()>, last| -> Vec<u32> {
                table.circle(last).map(|(key, ())| key).collect()
            };
            assert_eq!(keys(&table, None), (0..len).collect::<Vec<_>>());
            let turned: Vec<u32> = (3..len).chain(0..3).collect();
            assert_eq!(keys(&table, Some(2)), turned);
            table.remove(2);
            let turned: Vec<u32> = (3..len).chain(0..2).collect();
            assert_eq!(keys(&table, Some(2)), turned);
            assert_eq!(keys(&table, Some(len))[0], 0);
        }
    }
}
