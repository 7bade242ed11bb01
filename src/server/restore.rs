//! The start: what was kept is read, and goes on.

use crate::broker::Broker;
use crate::broker::event::{Effect, Room, Sink};
use crate::broker::policy::Policy;
use crate::clock::Clock;
use crate::config::Persistence;
use crate::observe::{Line, Log, ServerEvent};
use crate::store::{Batch, FileStore, Journal, Ledger, Loader, Store, StoreError};
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
/// that is durable before anybody connects.
pub(super) fn restore(
    persistence: &Persistence,
    policy: Policy,
    seed: u64,
    clock: Clock,
    log: &Log,
) -> Result<Restored, StoreError> {
    let began = clock.elapsed_nanos();
    let path = persistence.path();
    let tell = |event: &ServerEvent<'_>| log.report(clock.now(), event);
    tell(&ServerEvent::StoreOpening { path: &path });
    let mut store = FileStore::open(&path)?;
    let mut broker = Broker::persistent(policy, seed);
    let mut loader = Loader::default();
    let mut told = clock.elapsed_nanos();
    store.load(&mut |key, value| {
        let records = loader.records();
        if records % 1024 == 0 && clock.elapsed_nanos() - told > PROGRESS_NANOS {
            told = clock.elapsed_nanos();
            tell(&ServerEvent::StoreLoading { path: &path, records });
        }
        loader.load(key, value, &mut |change| broker.restore(change))
    })?;
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
    let ledger = Ledger::new(journal, persistence.is_relaxed);
    Ok(Restored { broker, ledger, store })
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
