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
    /// So many were sent, as far as is known.
    sent: u32,
}

impl Ledger {
    /// Above everything that came: the progress of this pair.
    pub(super) const fn next(&self) -> u32 {
        self.next
    }

    /// Takes in one delivery. `sent` is asked how many were sent where that has to be known anew; `None`
    /// if this one was not.
    #[inline]
    pub(super) fn take(&mut self, sequence: u32, sent: impl FnOnce() -> u32) -> Option<Arrival> {
        if sequence >= self.sent {
            self.sent = sent();
            if sequence >= self.sent {
                return None;
            }
        }
        if sequence == self.next {
            self.next += 1;
            return Some(Arrival::New);
        }
        Some(self.take_odd(sequence))
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

    /// Of so many that were sent, how many have not come.
    pub(super) fn missing(&self, sent: u32) -> u64 {
        self.missing_count + u64::from(sent.saturating_sub(self.next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sequences: &[u32]) -> (Ledger, Vec<Arrival>) {
        let mut ledger = Ledger::default();
        let arrivals = sequences.iter().map(|it| ledger.take(*it, || u32::MAX).unwrap()).collect();
        (ledger, arrivals)
    }

    #[test]
    fn what_comes_in_order_is_new() {
        let (ledger, arrivals) = of(&[0, 1, 2]);
        assert_eq!(arrivals, [Arrival::New; 3]);
        assert_eq!(ledger.missing(3), 0);
        assert_eq!(ledger.missing(5), 2);
    }

    #[test]
    fn what_fills_a_gap_is_late_and_what_was_here_comes_again() {
        let (ledger, arrivals) = of(&[0, 5, 2, 2, 5, 1, 4, 0]);
        use Arrival::{Again, Late, New};
        assert_eq!(arrivals, [New, New, Late, Again, Again, Late, Late, Again]);
        assert_eq!(ledger.missing(8), 3, "3, 6 and 7");
    }

    #[test]
    fn what_was_not_sent_cannot_come() {
        let mut ledger = Ledger::default();
        let mut take = |sequence, sent| ledger.take(sequence, || sent);
        assert_eq!(take(0, 0), None);
        assert_eq!(take(0, 2), Some(Arrival::New));
        assert_eq!(take(u32::MAX, 2), None);
        assert_eq!(take(2, 2), None);
        assert_eq!(take(1, 0), Some(Arrival::New), "it is known");
        assert_eq!(take(2, 4), Some(Arrival::New));
        assert_eq!(ledger.missing(4), 1);
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
                let arrival = ledger.take(sequence, || 12);
                assert_eq!(arrival, Some(expected), "{seen:?} then {sequence}");
                seen.push(sequence);
            }
            let lost = (0..12).filter(|sequence| !seen.contains(sequence)).count();
            assert_eq!(ledger.missing(12), lost as u64);
        }
    }
}
