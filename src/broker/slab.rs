//! Values at dense indices that are reused.

use std::mem;

/// Values at dense indices. Of the free indices the one freed last is used first.
#[derive(Debug, Default)]
pub(super) struct Slab<T> {
    items: Vec<T>,
    free: Vec<u32>,
}

impl<T: Default> Slab<T> {
    /// Stores a value; its index.
    pub fn insert(&mut self, item: T) -> u32 {
        if let Some(index) = self.free.pop() {
            self.items[index as usize] = item;
            return index;
        }
        let index = u32::try_from(self.items.len()).expect("callers stay far below 2^32 items");
        self.items.push(item);
        index
    }

    /// Takes a value out. The index must be in use.
    pub fn remove(&mut self, index: u32) -> T {
        self.free.push(index);
        mem::take(&mut self.items[index as usize])
    }

    /// The value at an index that is in use.
    pub fn at(&self, index: u32) -> &T {
        &self.items[index as usize]
    }

    /// The value at an index that is in use, to change it.
    pub fn at_mut(&mut self, index: u32) -> &mut T {
        &mut self.items[index as usize]
    }

    /// The value at an index that was in use once: whoever keeps an index for long looks at the
    /// value whether it is still the one meant.
    pub fn find(&self, index: u32) -> Option<&T> {
        self.items.get(index as usize)
    }

    /// The same, to change it.
    pub fn find_mut(&mut self, index: u32) -> Option<&mut T> {
        self.items.get_mut(index as usize)
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.items.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freed_index_is_used_again() {
        let mut slab = Slab::default();
        let (a, b) = (slab.insert("a"), slab.insert("b"));
        assert_eq!((a, b, slab.len()), (0, 1, 2));
        assert_eq!(slab.remove(a), "a");
        assert_eq!(slab.len(), 1);
        assert_eq!(slab.insert("c"), 0);
        *slab.at_mut(0) = "d";
        assert_eq!((*slab.at(0), *slab.at(1)), ("d", "b"));
        assert_eq!((slab.find(1), slab.find(2)), (Some(&"b"), None));
        assert_eq!(slab.find_mut(2), None);
    }
}
