//! Time as the pure machines see it: a number that somebody hands them. Reads no clock.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// A moment: wall-clock milliseconds since the Unix epoch at the start of the process plus
/// monotonic time since, so that it never runs backwards while the process lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Later than anything that will happen.
    pub const NEVER: Timestamp = Timestamp(u64::MAX);

    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Timestamp(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// This moment plus a number of seconds.
    pub const fn plus_secs(self, secs: u32) -> Self {
        self.plus_millis(secs as u64 * 1000)
    }

    /// This moment plus a number of milliseconds.
    pub const fn plus_millis(self, millis: u64) -> Self {
        Timestamp(self.0.saturating_add(millis))
    }

    /// How long after `earlier` this moment is; zero if it is not after it.
    pub const fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// Things that are due at some moment, each with a key. Insertion and removal are O(log n); at
/// equal moments the smaller key comes first.
#[derive(Clone, Debug)]
pub struct Deadlines<K> {
    due: BTreeSet<(Timestamp, K)>,
}

impl<K: Ord + Copy> Default for Deadlines<K> {
    fn default() -> Self {
        Deadlines { due: BTreeSet::new() }
    }
}

impl<K: Ord + Copy> Deadlines<K> {
    /// Adds a deadline. The caller remembers `at`, because [`Deadlines::remove`] needs it.
    pub fn insert(&mut self, at: Timestamp, key: K) {
        self.due.insert((at, key));
    }

    /// Removes a deadline; whether it was there.
    pub fn remove(&mut self, at: Timestamp, key: K) -> bool {
        self.due.remove(&(at, key))
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes the earliest key whose moment has come.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<K> {
        let (at, key) = *self.due.first()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        Some(key)
    }

    /// How many deadlines there are.
    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_come_in_order_of_time_then_key() {
        let mut deadlines = Deadlines::default();
        let at = Timestamp::from_millis(5);
        deadlines.insert(at, 2);
        deadlines.insert(at, 1);
        deadlines.insert(Timestamp::from_millis(9), 0);
        assert_eq!(deadlines.next(), Some(at));
        assert_eq!(deadlines.pop_due(Timestamp::from_millis(4)), None);
        assert_eq!(deadlines.pop_due(at), Some(1));
        assert!(deadlines.remove(at, 2));
        assert_eq!(deadlines.pop_due(at), None);
        assert_eq!(deadlines.len(), 1);
    }

    #[test]
    fn a_moment_before_another_is_zero_after_it() {
        let early = Timestamp::from_millis(1);
        assert_eq!(early.since(Timestamp::from_millis(7)), Duration::ZERO);
        assert_eq!(Timestamp::NEVER.plus_secs(u32::MAX), Timestamp::NEVER);
    }
}
