//! A round that is running, seen from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::sleep;

/// How often those who wait look whether they are to end.
const LOOK: Duration = Duration::from_millis(50);

/// How far a round is, and whether it is to end. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    stops: AtomicU32,
    done: AtomicU64,
    total: AtomicU64,
}

impl Watch {
    /// Ends the round in order: figures are what there is so far. The second time, nothing is
    /// waited for any more.
    pub fn stop(&self) {
        self.0.stops.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the round is to end.
    pub fn is_stopped(&self) -> bool {
        self.0.stops.load(Ordering::Relaxed) > 0
    }

    /// Whether it is to end at once, without figures.
    pub fn is_abandoned(&self) -> bool {
        self.0.stops.load(Ordering::Relaxed) > 1
    }

    /// How far the measurement is, and of how much; 0 of 0 before it.
    pub fn progress(&self) -> (u64, u64) {
        (self.0.done.load(Ordering::Relaxed), self.0.total.load(Ordering::Relaxed))
    }

    pub(super) fn set(&self, done: u64, total: u64) {
        self.0.done.store(done, Ordering::Relaxed);
        self.0.total.store(total, Ordering::Relaxed);
    }

    /// Waits until the round is to end.
    pub(super) async fn stopped(&self) {
        while !self.is_stopped() {
            sleep(LOOK).await;
        }
    }

    /// Waits until the round was to end so long ago.
    pub(super) async fn overdue(&self, grace: Duration) {
        self.stopped().await;
        sleep(grace).await;
    }
}
