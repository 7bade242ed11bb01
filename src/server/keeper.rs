//! The thread that makes changes durable: while one batch is written the next is filled, so that
//! nobody waits alone.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::observe::ServerEvent;
use crate::server::compaction;
use crate::server::shared::{Command, Shared};
use crate::store::{Batch, FileStore, Store, StoreError};

/// Pause before a batch that failed is written again.
const RETRY: Duration = Duration::from_millis(200);
/// How often changes are written in the relaxed mode.
const RELAXED: Duration = Duration::from_secs(1);
/// How long the end waits for a store that fails.
const LAST_TRIES: Duration = Duration::from_secs(5);

/// What the threads know about the store.
#[derive(Debug, Default)]
pub(super) struct Durable {
    /// All batches up to this one are on disk.
    committed: AtomicU64,
    /// The store fails at present, or is so far behind that nothing more may come in.
    is_paused: AtomicBool,
    /// Nanoseconds of the server's clock at which the oldest change came that is not taken into a
    /// batch …
    asked_at: AtomicU64,
    /// … and that is not on disk; 0 is none.
    oldest_at: AtomicU64,
    state: Mutex<Wanted>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Wanted {
    has_changes: bool,
    /// Whoever waits to gather changes is to write them now.
    is_urgent: bool,
    wants_compaction: bool,
    is_ending: bool,
}

impl Durable {
    /// The last batch that is on disk.
    pub(super) fn committed(&self) -> u64 {
        self.committed.load(Ordering::Acquire)
    }

    /// Whether nothing is read from connections.
    pub(super) fn is_paused(&self) -> bool {
        self.is_paused.load(Ordering::Relaxed)
    }

    /// For how long the oldest change has waited, at `now`, that is not on disk.
    pub(super) fn lag_nanos(&self, now: u64) -> u64 {
        let times = [&self.oldest_at, &self.asked_at].map(|at| at.load(Ordering::Relaxed));
        let oldest = times.into_iter().find(|at| *at != 0);
        oldest.map_or(0, |at| now.saturating_sub(at))
    }

    /// Writes what was gathered without waiting for more.
    pub(super) fn hurry(&self) {
        self.state().is_urgent = true;
        self.wake.notify_one();
    }

    /// There are changes to make durable, at `now` of the server's clock.
    pub(super) fn ask(&self, is_overfull: bool, now: u64) {
        if is_overfull {
            self.is_paused.store(true, Ordering::Relaxed);
        }
        let mut state = self.state();
        if !std::mem::replace(&mut state.has_changes, true) {
            self.asked_at.store(now.max(1), Ordering::Relaxed);
            self.wake.notify_one();
        }
    }

    /// What is free in the file is to be given back.
    pub(super) fn ask_for_compaction(&self) {
        self.state().wants_compaction = true;
        self.wake.notify_one();
    }

    /// Nothing more will change: the keeper ends when everything is durable.
    pub(super) fn end(&self) {
        self.state().is_ending = true;
        self.wake.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, Wanted> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for changes; whether the end has come. In the relaxed mode they are gathered for a
    /// while.
    fn wait(&self, is_relaxed: bool) -> bool {
        let mut state = self.state();
        while !state.has_changes && !state.is_ending && !state.wants_compaction {
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if is_relaxed && !state.is_ending {
            let is_early = |state: &mut Wanted| !state.is_ending && !state.is_urgent;
            let waited = self.wake.wait_timeout_while(state, RELAXED, is_early);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        (state.has_changes, state.is_urgent) = (false, false);
        self.oldest_at.store(self.asked_at.swap(0, Ordering::Relaxed), Ordering::Relaxed);
        state.is_ending
    }
}

/// Writes batch after batch until the end.
pub(super) struct Keeper {
    pub(super) shared: Arc<Shared>,
    pub(super) store: FileStore,
    pub(super) clock: Clock,
    pub(super) is_relaxed: bool,
}

impl Keeper {
    /// Runs until [`Durable::end`].
    ///
    /// # Errors
    /// The last changes could not be made durable. Nobody was told that they were.
    pub(super) fn run(mut self) -> Result<(), StoreError> {
        let mut spare = Batch::default();
        loop {
            let is_ending = self.shared.durable.wait(self.is_relaxed);
            if std::mem::take(&mut self.shared.durable.state().wants_compaction) {
                compaction::run(&mut self.store, self.clock, &self.shared.log);
            }
            let taken = self.shared.core().take_changes(std::mem::take(&mut spare));
            let Some((number, mut batch)) = taken else {
                if is_ending {
                    // Where that fails the log stays, and everything is in it.
                    let _ = self.store.close();
                    return Ok(());
                }
                continue;
            };
            self.commit(&batch)?;
            self.shared.durable.committed.store(number, Ordering::Release);
            self.shared.durable.oldest_at.store(0, Ordering::Relaxed);
            self.go_on();
            batch.clear();
            spare = batch;
        }
    }

    /// Writes a batch, however often it takes.
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let Err(error) = self.store.commit(batch) else { return Ok(()) };
        let failed_at = self.clock.elapsed_nanos();
        let error = error.to_string();
        self.shared.report(&ServerEvent::StoreFailed { error: &error });
        self.shared.durable.is_paused.store(true, Ordering::Relaxed);
        self.shared.gates[0].send(Command::Store { works: false });
        let mut ending_since = None;
        loop {
            self.pause();
            let Err(error) = self.store.commit(batch) else { break };
            if self.shared.durable.state().is_ending {
                let now = self.clock.elapsed_nanos();
                let since = *ending_since.get_or_insert(now);
                if u128::from(now - since) > LAST_TRIES.as_nanos() {
                    return Err(error);
                }
            }
        }
        let nanos = self.clock.elapsed_nanos() - failed_at;
        self.shared.durable.is_paused.store(false, Ordering::Relaxed);
        self.shared.gates.iter().for_each(|gate| gate.send(Command::Store { works: true }));
        self.shared.report(&ServerEvent::StoreRecovered { millis: nanos / 1_000_000 });
        Ok(())
    }

    fn pause(&self) {
        let state = self.shared.durable.state();
        let is_going_on = |_: &mut Wanted| true;
        // Nothing but time ends this wait: whoever asks for more waits as well.
        let waited = self.shared.durable.wake.wait_timeout_while(state, RETRY, is_going_on);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Lets go of what waited for the batch.
    fn go_on(&self) {
        let was_paused = self.shared.durable.is_paused.swap(false, Ordering::Relaxed);
        for gate in &self.shared.gates {
            if was_paused {
                gate.send(Command::Store { works: true });
            }
            gate.has_commit.store(true, Ordering::SeqCst);
            gate.wake.notify_one();
        }
    }
}
