//! A queue that is fair to addresses: they take turns, and when it is full the one that fills most
//! of it loses its newest item.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

/// Bytes that an item weighs besides its own.
const ITEM_BYTES: usize = 1024;

/// Where somebody comes from, as far as fairness is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::server) enum Origin {
    /// An IPv4 address.
    V4(u32),
    /// The network of an IPv6 address: whoever has one address of it has all of them.
    V6(u64),
    /// This machine, by another way.
    Local,
}

impl Origin {
    /// Of an address and port as the log prints them.
    pub(in crate::server) fn of(peer: &str) -> Self {
        match peer.parse::<SocketAddr>().map(|address| address.ip().to_canonical()) {
            Ok(IpAddr::V4(address)) => Origin::V4(address.to_bits()),
            Ok(IpAddr::V6(address)) => Origin::V6((address.to_bits() >> 64) as u64),
            Err(_) => Origin::Local,
        }
    }
}

/// The items of one origin, and what they weigh.
#[derive(Debug)]
struct Lane<T> {
    items: VecDeque<(usize, T)>,
    weight: usize,
}

/// Items of many origins.
#[derive(Debug)]
pub(super) struct FairQueue<T> {
    lanes: HashMap<Origin, Lane<T>>,
    /// Origins that have something, in the order of their turns.
    turns: VecDeque<Origin>,
    /// The same by weight.
    by_weight: BTreeSet<(usize, Origin)>,
    weight: usize,
    weight_max: usize,
}

impl<T> FairQueue<T> {
    /// An empty queue that holds so many bytes at most.
    pub(super) fn new(weight_max: usize) -> Self {
        FairQueue {
            lanes: HashMap::new(),
            turns: VecDeque::new(),
            by_weight: BTreeSet::new(),
            weight: 0,
            weight_max,
        }
    }

    /// Adds an item that holds so many bytes. What had to go for it is answered: the newest items of
    /// whoever fills most, and that may be this one.
    pub(super) fn push(&mut self, origin: Origin, bytes: usize, item: T) -> Vec<T> {
        let weight = ITEM_BYTES + bytes;
        let lane = self.lanes.entry(origin).or_insert_with(|| {
            self.turns.push_back(origin);
            Lane { items: VecDeque::new(), weight: 0 }
        });
        self.by_weight.remove(&(lane.weight, origin));
        lane.weight += weight;
        lane.items.push_back((weight, item));
        self.by_weight.insert((lane.weight, origin));
        self.weight += weight;
        let mut gone = Vec::new();
        while self.weight > self.weight_max {
            let Some(&(_, heaviest)) = self.by_weight.last() else { break };
            gone.extend(self.take(heaviest, VecDeque::pop_back));
            if !self.lanes.contains_key(&heaviest) {
                self.turns.retain(|origin| *origin != heaviest);
            }
        }
        gone
    }

    /// Takes the oldest item of the origin whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let origin = self.turns.pop_front()?;
        let item = self.take(origin, VecDeque::pop_front);
        if self.lanes.contains_key(&origin) {
            self.turns.push_back(origin);
        }
        item
    }

    fn take(
        &mut self,
        origin: Origin,
        end: impl FnOnce(&mut VecDeque<(usize, T)>) -> Option<(usize, T)>,
    ) -> Option<T> {
        let lane = self.lanes.get_mut(&origin)?;
        self.by_weight.remove(&(lane.weight, origin));
        let (weight, item) = end(&mut lane.items)?;
        lane.weight -= weight;
        self.weight -= weight;
        if lane.items.is_empty() {
            self.lanes.remove(&origin);
        } else {
            self.by_weight.insert((lane.weight, origin));
        }
        Some(item)
    }

    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Origin = Origin::V4(1);
    const B: Origin = Origin::V4(2);
    const C: Origin = Origin::V4(3);

    fn drain(queue: &mut FairQueue<u32>) -> Vec<u32> {
        let items = std::iter::from_fn(|| queue.pop()).collect();
        assert!(queue.is_empty() && queue.weight == 0 && queue.by_weight.is_empty());
        assert!(queue.turns.is_empty());
        items
    }

    #[test]
    fn origins_take_turns_and_each_keeps_its_order() {
        let mut queue = FairQueue::new(usize::MAX);
        for (origin, item) in [(A, 1), (A, 2), (A, 3), (A, 4), (B, 10), (B, 11), (C, 20)] {
            assert!(queue.push(origin, 0, item).is_empty());
        }
        assert_eq!(drain(&mut queue), [1, 10, 20, 2, 11, 3, 4]);
    }

    #[test]
    fn whoever_fills_it_most_makes_room() {
        let mut queue = FairQueue::new(4 * ITEM_BYTES);
        for item in 0..4 {
            assert!(queue.push(A, 0, item).is_empty());
        }
        assert_eq!(queue.push(B, 0, 10), [3], "the newest of the others");
        assert_eq!(queue.push(A, 0, 4), [4], "who has most gets nothing more");
        assert_eq!(queue.push(C, 0, 20), [2]);
        assert_eq!(queue.push(B, 0, 11).len(), 1);
        let left = drain(&mut queue);
        assert_eq!(left.len(), 4);
        assert!(left.contains(&20) && left.contains(&10) && left.contains(&0), "{left:?}");
    }

    #[test]
    fn large_items_count_for_what_they_hold() {
        let mut queue = FairQueue::new(10 * ITEM_BYTES);
        assert!(queue.push(A, 5 * ITEM_BYTES, 1).is_empty());
        assert!(queue.push(B, 0, 10).is_empty());
        assert!(queue.push(B, 0, 11).is_empty());
        assert!(queue.push(B, 0, 12).is_empty());
        assert_eq!(queue.push(B, ITEM_BYTES, 13), [1]);
        assert_eq!(queue.push(C, 20 * ITEM_BYTES, 20), [20], "larger than the queue");
        assert_eq!(drain(&mut queue), [10, 11, 12, 13]);
    }

    #[test]
    fn origins_are_addresses_or_networks() {
        assert_eq!(Origin::of("127.0.0.1:5"), Origin::of("127.0.0.1:6"));
        assert_eq!(Origin::of("127.0.0.1:5"), Origin::of("[::ffff:127.0.0.1]:6"));
        assert_ne!(Origin::of("127.0.0.1:5"), Origin::of("127.0.0.2:5"));
        assert_eq!(Origin::of("[2001:db8::1]:5"), Origin::of("[2001:db8::2]:5"));
        assert_ne!(Origin::of("[2001:db8::1]:5"), Origin::of("[2001:db8:0:1::1]:5"));
        assert_eq!(Origin::of("a socket"), Origin::Local);
    }
}
