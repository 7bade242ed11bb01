//! The broker keeps everything, and crashes: what was connected ends with it, what was kept goes on.

use lastwill::broker::Broker;
use lastwill::broker::policy::Policy;
use lastwill::store::{Batch, Journal, Loader, MemoryStore, Store};

use super::client::Opening;
use super::oracle::HowEnded;
use super::world::{READER, ROAMERS, WATCHER, World};

/// What survives a crash.
#[derive(Debug, Default)]
pub struct Kept {
    /// What was told and is not in the store yet.
    pub journal: Journal,
    store: MemoryStore,
}

impl World {
    /// A world whose broker keeps everything.
    pub fn kept(seed: u64, clients: usize) -> World {
        let mut world =
            World::with_broker(seed, clients, Broker::persistent(Policy::default(), seed));
        world.kept = Some(Kept::default());
        world.begin();
        world
    }

    /// The broker ends without warning between two steps, and starts again in the same moment.
    pub fn crash(&mut self, seed: u64) {
        let kept = self.kept.as_mut().expect("a world that keeps");
        let batch = kept.journal.take(Batch::default());
        kept.store.commit(&batch).expect("memory");
        for link in self.links.iter_mut().filter(|link| !link.is_closed) {
            link.is_closed = true;
            link.is_closing = true;
            if let Some(told) = link.told {
                self.oracle.on_end(told, self.now, HowEnded::Abnormal);
            }
        }
        self.by_conn.clear();
        self.free_slots.clear();
        self.speaking.fill(None);
        let mut broker = Broker::persistent(Policy::default(), seed);
        let mut loader = Loader::default();
        let load = &mut |key: &[u8], value: &[u8]| {
            loader.load(key, value, &mut |change| broker.restore(change))
        };
        kept.store.load(load).expect("what was kept fits");
        kept.journal = loader.finish();
        self.broker = broker;
        let now = self.now;
        self.carry_out(|broker, out| broker.resume(now, out));
        *self.happened.entry("crash".to_owned()).or_default() += 1;
        [WATCHER, READER].into_iter().for_each(|observer| self.observe(observer));
        // Their sessions are kept: a Clean Start that is overtaken by their next CONNECT would end
        // what they are in the middle of.
        ROAMERS.into_iter().for_each(|roamer| self.open(roamer, &Opening::of_roamer(false)));
    }
}
