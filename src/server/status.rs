//! How the server is, for those who watch it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::observe::metrics::{Snapshot, StoreState};
use crate::server::memory;
use crate::server::shared::{Command, Shared};
use crate::store::Counts;

const NANOS_PER_SEC: f64 = 1e9;

/// A view of the server that needs none of its threads.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) shared: Arc<Shared>,
    /// What is written to the store, if there is one.
    pub(super) counts: Option<Arc<Counts>>,
}

impl View {
    /// All counters. Takes the core's lock for a moment.
    pub(super) fn snapshot(&self) -> Snapshot {
        let shared = &self.shared;
        let (core, wills_waiting) = {
            let core = shared.core();
            (core.broker.stats(), core.broker.waiting_wills())
        };
        let now = shared.clock.elapsed_nanos();
        let (stats, network) = (shared.counters.read(now), shared.counters.network());
        Snapshot {
            core,
            wills_waiting,
            bytes_received: network.received,
            bytes_sent: network.sent,
            backlog_bytes: stats.backlog_bytes,
            parked: stats.parked,
            uptime_secs: now as f64 / NANOS_PER_SEC,
            lock_busy_secs: stats.lock_busy_nanos as f64 / NANOS_PER_SEC,
            lock_turns: stats.turns,
            log_lines_lost: shared.log.lost(),
            resident_bytes: memory::resident_bytes().unwrap_or(0),
            store: self.counts.as_ref().map(|counts| StoreState {
                written_bytes: counts.written.load(Ordering::Relaxed),
                syncs: counts.syncs.load(Ordering::Relaxed),
                batches: shared.durable.committed(),
                lag_secs: shared.durable.lag_nanos(now) as f64 / NANOS_PER_SEC,
                works: !shared.durable.is_paused(),
            }),
        }
    }

    /// Whether every thread of the broker does what it is asked within the time.
    pub(super) async fn answers(&self, bound: Duration) -> bool {
        self.shared.answers(bound).await
    }

    /// Why no client should come now, if so.
    pub(super) fn not_ready(&self) -> Option<&'static str> {
        if self.shared.is_stopping() {
            return Some("the broker is stopping");
        }
        self.shared.durable.is_paused().then_some("the store does not keep up")
    }
}

impl Shared {
    /// Whether every thread does what it is asked within the time.
    pub(super) async fn answers(&self, bound: Duration) -> bool {
        let asked = self.gates.iter().map(|gate| {
            let (done, is_done) = oneshot::channel();
            gate.send(Command::Answer { done });
            is_done
        });
        let asked: Vec<_> = asked.collect();
        let all = async {
            for is_done in asked {
                if is_done.await.is_err() {
                    return false;
                }
            }
            true
        };
        timeout(bound, all).await.unwrap_or(false)
    }
}
