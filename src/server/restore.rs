//! The start: what was kept is read, and goes on.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::broker::Broker;
use crate::broker::event::{Effect, Room, Sink};
use crate::broker::policy::Policy;
use crate::clock::Clock;
use crate::config::Persistence;
use crate::observe::{Line, Log, ServerEvent};
use crate::server::compaction;
use crate::store::{Batch, FileStore, Journal, Ledger, Loader, Progress, Store, StoreError, Watch};
use crate::time::Timestamp;

/// How often a long start says how far it is, in nanoseconds.
const PROGRESS_NANOS: u64 = 1_000_000_000;

/// A broker with its past.
pub(super) struct Restored {
    pub(super) broker: Broker,
    pub(super) ledger: Ledger,
    pub(super) store: FileStore,
}

/// Opens the store, restores the broker and settles what the time since then has brought. All of
/// that is durable before anybody connects. `watch` hears how far it is; otherwise the log tells.
pub(super) fn restore(
    persistence: &Persistence,
    policy: Policy,
    seed: u64,
    clock: Clock,
    log: &Log,
    watch: Option<Watch>,
) -> Result<Restored, StoreError> {
    let began = clock.elapsed_nanos();
    let path = persistence.path();
    let tell = |event: &ServerEvent<'_>| log.report(clock.now(), event);
    tell(&ServerEvent::StoreOpening { path: &path });
    let watch = watch.unwrap_or_else(|| logged(path.clone(), clock, log.clone()));
    let mut store = FileStore::open_watched(&path, watch)?;
    let mut broker = Broker::persistent(policy, seed);
    let mut loader = Loader::default();
    store.load(&mut |key, value| loader.load(key, value, &mut |change| broker.restore(change)))?;
    let records = loader.records();
    let mut journal = loader.finish();
    let mut opening = Opening { now: clock.now(), journal: &mut journal, lines: Vec::new(), log };
    broker.resume(clock.now(), &mut opening);
    let mut lines = opening.lines;
    let batch = journal.take(Batch::default());
    if !batch.is_empty() {
        store.commit(&batch)?;
    }
    log.write(&mut lines);
    let stats = broker.stats();
    tell(&ServerEvent::StoreLoaded {
        path: &path,
        records,
        sessions: stats.sessions,
        retained: stats.retained,
        millis: (clock.elapsed_nanos() - began) / 1_000_000,
    });
    if store.is_half_empty()? {
        compaction::run(&mut store, clock, log);
    }
    let ledger = Ledger::new(journal, persistence.is_relaxed);
    Ok(Restored { broker, ledger, store })
}

/// Tells in the log how far a long start is.
fn logged(path: PathBuf, clock: Clock, log: Log) -> Watch {
    let told = AtomicU64::new(clock.elapsed_nanos());
    Arc::new(move |progress| {
        let now = clock.elapsed_nanos();
        if now - told.load(Ordering::Relaxed) < PROGRESS_NANOS {
            return;
        }
        told.store(now, Ordering::Relaxed);
        let path = &path;
        let event = match progress {
            Progress::Checking(done, total) => ServerEvent::StoreChecking { path, done, total },
            Progress::Reading(records, total) => ServerEvent::StoreLoading { path, records, total },
            // Told whether it takes long or not.
            Progress::Compacting => return,
        };
        log.report(clock.now(), &event);
    })
}

/// Takes the effects of the start: nobody is connected.
struct Opening<'a> {
    now: Timestamp,
    journal: &'a mut Journal,
    lines: Vec<Line>,
    log: &'a Log,
}

impl Sink for Opening<'_> {
    fn effect(&mut self, effect: Effect<'_>) -> Room {
        match effect {
            Effect::Persist(change) => self.journal.record(&change),
            Effect::Report(event) => self.lines.extend(self.log.render(self.now, &event)),
            // There is no connection yet.
            Effect::Send { .. } | Effect::Deliver { .. } | Effect::Close { .. } => {}
        }
        Room::Ok
    }
}
