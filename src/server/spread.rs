//! How connections are spread over threads: which thread a slot belongs to, and where it stands
//! there.

/// The thread is in the lowest bits of a slot, so that no delivery has to divide. With a number of
/// threads that is no power of two some slots are never used.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spread {
    bits: u32,
}

impl Spread {
    /// Over so many threads.
    pub(super) const fn over(threads: usize) -> Self {
        Spread { bits: threads.next_power_of_two().trailing_zeros() }
    }

    /// Whether there is one thread only.
    pub(super) const fn is_single(self) -> bool {
        self.bits == 0
    }

    /// The slot of what is `index`-th on a thread.
    pub(super) const fn slot(self, index: u32, thread: usize) -> u32 {
        index << self.bits | thread as u32
    }

    /// Where a slot stands on its thread.
    pub(super) const fn index(self, slot: u32) -> usize {
        (slot >> self.bits) as usize
    }

    /// The thread of a slot.
    pub(super) const fn thread(self, slot: u32) -> usize {
        (slot & ((1 << self.bits) - 1)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn slots_differ_and_lead_back_to_thread_and_place() {
        for threads in 1..=9 {
            let spread = Spread::over(threads);
            let mut slots = HashSet::new();
            for (index, thread) in (0..20).flat_map(|it| (0..threads).map(move |t| (it, t))) {
                let slot = spread.slot(index, thread);
                assert!(slots.insert(slot));
                assert_eq!((spread.index(slot), spread.thread(slot)), (index as usize, thread));
            }
            let most = 20 * threads.next_power_of_two() as u32;
            assert!(slots.iter().all(|slot| *slot < most));
        }
    }
}
