//! Counters of the running server, apart from what the core counts.

use crate::server::sys::Network;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// One in this many turns measures how long it holds the lock.
const SAMPLE: u64 = 16;

/// What is counted while it happens.
#[derive(Debug, Default)]
pub(super) struct Counters {
    turns: AtomicU64,
    lock_nanos: AtomicU64,
    /// When the last turn was measured.
    sampled_at: AtomicU64,
    accepted: AtomicU64,
    connections: AtomicUsize,
    parked: AtomicUsize,
    backlog_bytes: AtomicUsize,
    backlog_packets: AtomicUsize,
    bytes_received: AtomicU64,
    bytes_sent: AtomicU64,
}

/// A reading of the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// How often the core's lock was taken.
    pub turns: u64,
    /// Nanoseconds that the lock was held, estimated from a sample of the turns. Against the
    /// uptime this is how busy the lock is.
    pub lock_busy_nanos: u64,
    /// Nanoseconds since the server was started.
    pub uptime_nanos: u64,
    /// Connections accepted so far.
    pub accepted: u64,
    /// Connections that are open.
    pub connections: usize,
    /// Those of them that are quiet and cost little more than an entry in a table.
    pub parked: usize,
    /// Bytes that were sent to connections whose system buffers are full.
    pub backlog_bytes: usize,
}

impl Counters {
    /// Counts a turn; whether it is one that measures.
    pub(super) fn begin_turn(&self) -> bool {
        self.turns.fetch_add(1, Ordering::Relaxed).is_multiple_of(SAMPLE)
    }

    /// Adds what a measured turn took, in nanoseconds since the start: it stands for all turns since
    /// the one before, which held the lock for no longer than the time that has passed.
    pub(super) fn add_sample(&self, from: u64, to: u64) {
        let passed = to.saturating_sub(self.sampled_at.swap(to, Ordering::Relaxed));
        let busy = to.saturating_sub(from).saturating_mul(SAMPLE);
        self.lock_nanos.fetch_add(busy.min(passed), Ordering::Relaxed);
    }

    /// Counts a connection that was accepted; how many are open now.
    pub(super) fn open(&self) -> usize {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.connections.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Counts a connection that is gone; how many are open now.
    pub(super) fn close(&self) -> usize {
        self.connections.fetch_sub(1, Ordering::SeqCst) - 1
    }

    /// Open connections.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// So many connections more, or fewer, are parked.
    pub(super) fn move_parked(&self, by: isize) {
        // Wraps to the right sum.
        self.parked.fetch_add(by as usize, Ordering::Relaxed);
    }

    /// Connections that are quiet and need no task.
    pub(super) fn parked(&self) -> usize {
        self.parked.load(Ordering::Relaxed)
    }

    /// Bytes were read from a socket.
    pub(super) fn add_received(&self, bytes: usize) {
        self.bytes_received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Bytes were written to a socket.
    pub(super) fn add_sent(&self, bytes: usize) {
        self.bytes_sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Bytes over all sockets so far.
    pub(super) fn network(&self) -> Network {
        Network {
            received: self.bytes_received.load(Ordering::Relaxed),
            sent: self.bytes_sent.load(Ordering::Relaxed),
        }
    }

    /// The backlog of one connection has changed.
    pub(super) fn move_backlog(&self, from: usize, to: usize) {
        if to > from {
            self.backlog_bytes.fetch_add(to - from, Ordering::Relaxed);
        } else {
            self.backlog_bytes.fetch_sub(from - to, Ordering::Relaxed);
        }
    }

    /// The number of unsent packets of one connection has changed.
    pub(super) fn move_packets(&self, from: usize, to: usize) {
        if to > from {
            self.backlog_packets.fetch_add(to - from, Ordering::Relaxed);
        } else {
            self.backlog_packets.fetch_sub(from - to, Ordering::Relaxed);
        }
    }

    /// Unsent packets of all connections: those since an output was last empty.
    pub(super) fn backlog_packets(&self) -> usize {
        self.backlog_packets.load(Ordering::Relaxed)
    }

    /// Unsent bytes of all connections.
    pub(super) fn backlog_bytes(&self) -> usize {
        self.backlog_bytes.load(Ordering::Relaxed)
    }

    /// All of it.
    pub(super) fn read(&self, uptime_nanos: u64) -> Stats {
        Stats {
            turns: self.turns.load(Ordering::Relaxed),
            lock_busy_nanos: self.lock_nanos.load(Ordering::Relaxed),
            uptime_nanos,
            accepted: self.accepted.load(Ordering::Relaxed),
            connections: self.connections(),
            parked: self.parked(),
            backlog_bytes: self.backlog_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_that_was_preempted_makes_the_lock_no_busier_than_the_time_that_passed() {
        let counters = Counters::default();
        counters.add_sample(1_000, 1_010);
        counters.add_sample(2_000, 2_020);
        assert_eq!(counters.read(2_020).lock_busy_nanos, (10 + 20) * SAMPLE);
        counters.add_sample(2_100, 9_100);
        assert_eq!(counters.read(9_200).lock_busy_nanos, (10 + 20) * SAMPLE + 7_080);
        // Another thread was measured later and told earlier.
        counters.add_sample(9_000, 9_050);
        assert!(counters.read(9_200).lock_busy_nanos < 9_200);
    }
}
