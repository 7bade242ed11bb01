//! The file of the store gives back what is free in it, and the log tells.

use crate::clock::Clock;
use crate::observe::{Log, ServerEvent};
use crate::store::FileStore;

/// Makes the file as small as it can be. Where that fails everything is still there, and the broker
/// goes on.
pub(super) fn run(store: &mut FileStore, clock: Clock, log: &Log) {
    let path = store.path().to_owned();
    let tell = |event: &ServerEvent<'_>| log.report(clock.now(), event);
    tell(&ServerEvent::StoreCompacting { path: &path });
    let began = clock.elapsed_nanos();
    match store.compact() {
        Ok(done) => {
            let millis = (clock.elapsed_nanos() - began) / 1_000_000;
            let (before, after) = (done.before, done.after);
            tell(&ServerEvent::StoreCompacted { path: &path, before, after, millis });
        }
        Err(error) => tell(&ServerEvent::StoreNotCompacted { error: &error.to_string() }),
    }
}
