//! Which packet identifiers are in use.

use crate::protocol::PacketId;

/// Packet identifiers, compact: sorted, two bytes each. They mostly come in ascending order.
#[derive(Debug, Default)]
pub(crate) struct PacketIdSet {
    #[expect(clippy::box_collection, reason = "most sets stay empty, and each session has two")]
    sorted: Option<Box<Vec<u16>>>,
}

impl PacketIdSet {
    /// Adds one; whether it was new.
    pub fn insert(&mut self, packet_id: PacketId) -> bool {
        let sorted = self.sorted.get_or_insert_default();
        match sorted.binary_search(&packet_id.value()) {
            Ok(_) => false,
            Err(place) => {
                sorted.insert(place, packet_id.value());
                true
            }
        }
    }

    /// Removes one; whether it was there.
    pub fn remove(&mut self, packet_id: PacketId) -> bool {
        let Some(sorted) = &mut self.sorted else { return false };
        match sorted.binary_search(&packet_id.value()) {
            Ok(place) => {
                sorted.remove(place);
                true
            }
            Err(_) => false,
        }
    }

    /// Whether it is there.
    pub fn contains(&self, packet_id: PacketId) -> bool {
        self.as_slice().binary_search(&packet_id.value()).is_ok()
    }

    /// Moves everything out of `other` into this set.
    pub fn absorb(&mut self, other: &mut PacketIdSet) {
        let Some(others) = other.sorted.take().filter(|others| !others.is_empty()) else { return };
        let sorted = self.sorted.get_or_insert_default();
        for value in *others {
            if let Err(place) = sorted.binary_search(&value) {
                sorted.insert(place, value);
            }
        }
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = PacketId> {
        self.as_slice().iter().filter_map(|value| PacketId::new(*value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn as_slice(&self) -> &[u16] {
        self.sorted.as_ref().map_or(&[], |sorted| sorted.as_slice())
    }
}
