//! Which messages of one publisher have come to one subscriber.

use std::collections::BTreeMap;

/// What a delivery turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The next one, or one behind a gap.
    New,
    /// A missing one, after a later one.
    Late,
    /// One that was here before.
    Again,
}

/// Deliveries by sequence number: exact, however they come. Without gaps it is a single number.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Above everything that came.
    next: u32,
    /// What did not come below `next`: first of a range, and the one behind its last.
    missing: BTreeMap<u32, u32>,
    /// How many those are.
    missing_count: u64,
}

impl Ledger {
    /// Above everything that came: the progress of this pair.
    pub(super) const fn next(&self) -> u32 {
        self.next
    }

    /// Takes in one delivery.
    #[inline]
    pub(super) fn take(&mut self, sequence: u32) -> Arrival {
        if sequence == self.next {
            self.next += 1;
            return Arrival::New;
        }
        self.take_odd(sequence)
    }

    #[cold]
    fn take_odd(&mut self, sequence: u32) -> Arrival {
        if sequence > self.next {
            self.miss(sequence);
            self.next = sequence + 1;
            return Arrival::New;
        }
        let range = self.missing.range(..=sequence).next_back();
        match range.map(|(first, end)| (*first, *end)) {
            Some((first, end)) if sequence < end => {
                self.missing.remove(&first);
                if first < sequence {
                    self.missing.insert(first, sequence);
                }
                if sequence + 1 < end {
                    self.missing.insert(sequence + 1, end);
                }
                self.missing_count -= 1;
                Arrival::Late
            }
            _ => Arrival::Again,
        }
    }

    /// All from `next` up to `end`, without it, are missing.
    fn miss(&mut self, end: u32) {
        self.missing.insert(self.next, end);
        self.missing_count += u64::from(end - self.next);
    }

    /// Closes the books: so many were sent. Answers how many never came, and forgets them.
    pub(super) fn settle(&mut self, sent: u32) -> u64 {
        if sent > self.next {
            self.miss(sent);
            self.next = sent;
        }
        self.missing.clear();
        std::mem::take(&mut self.missing_count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sequences: &[u32]) -> (Ledger, Vec<Arrival>) {
        let mut ledger = Ledger::default();
        let arrivals = sequences.iter().map(|sequence| ledger.take(*sequence)).collect();
        (ledger, arrivals)
    }

    #[test]
    fn what_comes_in_order_is_new() {
        let (mut ledger, arrivals) = of(&[0, 1, 2]);
        assert_eq!(arrivals, [Arrival::New; 3]);
        assert_eq!(ledger.settle(3), 0);
        assert_eq!(ledger.settle(5), 2);
        assert_eq!(ledger.take(5), Arrival::New);
    }

    #[test]
    fn what_fills_a_gap_is_late_and_what_was_here_comes_again() {
        let (mut ledger, arrivals) = of(&[0, 5, 2, 2, 5, 1, 4, 0]);
        use Arrival::{Again, Late, New};
        assert_eq!(arrivals, [New, New, Late, Again, Again, Late, Late, Again]);
        assert_eq!(ledger.settle(8), 3, "3, 6 and 7");
    }

    /// Against a plain list, for every order of a few numbers with repeats.
    #[test]
    fn it_agrees_with_a_list() {
        let mut random = 12345u32;
        for _ in 0..2000 {
            let mut ledger = Ledger::default();
            let mut seen: Vec<u32> = Vec::new();
            for _ in 0..20 {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let sequence = (random >> 16) % 12;
                let expected = if seen.contains(&sequence) {
                    Arrival::Again
                } else if seen.iter().any(|other| *other > sequence) {
                    Arrival::Late
                } else {
                    Arrival::New
                };
                assert_eq!(ledger.take(sequence), expected, "{seen:?} then {sequence}");
                seen.push(sequence);
            }
            let lost = (0..12).filter(|sequence| !seen.contains(sequence)).count();
            assert_eq!(ledger.settle(12), lost as u64);
        }
    }
}
