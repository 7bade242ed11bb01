//! Routes that were found before, and how to tell that they still hold.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::quality::SeedableRandomState;

use super::route::{GroupKey, Matched, Route};

/// At most this many routes are remembered.
pub(super) const ROUTES_MAX: usize = 65_536;

/// When remembered routes occupy this many bytes, all are forgotten before another one is made.
const ROUTE_BYTES_MAX: usize = 64 << 20;

/// What a route costs beside its topic and targets: its slot, its share of the hash table, the
/// heads of its allocations. An estimate.
const ROUTE_BYTES: usize = 200;

/// Changes of filters with wildcards are told apart by their first level, in this many classes.
const CLASSES: usize = 256;

/// A stamp that no route in force has.
const STALE: u64 = u64::MAX;

/// A topic's place among the remembered routes. Copy it and keep it:
/// [`super::Router::renew`] says whether it still stands for the topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteId {
    slot: u32,
    /// How often everything was forgotten before.
    epoch: u32,
}

#[derive(Debug)]
struct Slot {
    topic: Arc<str>,
    class: u8,
    /// The state of the filters that it was made from, see [`Cache::stamp`].
    stamp: u64,
    route: Arc<Route>,
}

/// Routes by topic.
///
/// A route is in force while nothing that may match its topic has changed. An exact filter concerns
/// one topic, whose route is marked. A filter with wildcards concerns all topics with its first
/// level (its class), or, beginning with a wildcard, all topics: those are only counted, and a route
/// whose count differs is made anew when it is asked for.
#[derive(Debug)]
pub(super) struct Cache {
    by_topic: HashMap<Arc<str>, u32, SeedableRandomState>,
    slots: Vec<Slot>,
    bytes: usize,
    epoch: u32,
    /// Changes of filters that begin with a wildcard.
    changes: u64,
    /// Changes of filters with wildcards behind their first level, by its class.
    class_changes: Box<[u64; CLASSES]>,
    /// How many routes were made.
    version: u64,
}

impl Cache {
    pub fn new(hasher: SeedableRandomState) -> Self {
        Cache {
            by_topic: HashMap::with_hasher(hasher),
            slots: Vec::new(),
            bytes: 0,
            epoch: 0,
            changes: 0,
            class_changes: Box::new([0; CLASSES]),
            version: 0,
        }
    }

    /// The place of a topic.
    pub fn find(&self, topic: &str) -> Option<RouteId> {
        self.by_topic.get(topic).map(|slot| RouteId { slot: *slot, epoch: self.epoch })
    }

    /// A place for a topic that has none; its route is still to be made.
    pub fn insert(&mut self, topic: &str) -> RouteId {
        let slot = u32::try_from(self.slots.len()).expect("at most ROUTES_MAX");
        let topic: Arc<str> = Arc::from(topic);
        let class = self.class(&topic);
        self.bytes += ROUTE_BYTES + topic.len();
        self.by_topic.insert(Arc::clone(&topic), slot);
        self.slots.push(Slot { topic, class, stamp: STALE, route: Arc::default() });
        RouteId { slot, epoch: self.epoch }
    }

    /// Whether the place is still that of its topic.
    pub fn is_known(&self, id: RouteId) -> bool {
        id.epoch == self.epoch
    }

    /// Whether the route still holds.
    pub fn is_in_force(&self, id: RouteId) -> bool {
        let slot = &self.slots[id.slot as usize];
        slot.stamp == self.stamp(slot.class)
    }

    /// Whether everything has to be forgotten before a route is made.
    pub fn is_full(&self) -> bool {
        self.slots.len() >= ROUTES_MAX || self.is_heavy()
    }

    /// The same for a route that has its place already.
    pub fn is_heavy(&self) -> bool {
        self.bytes >= ROUTE_BYTES_MAX
    }

    /// Forgets all routes and gives their memory back.
    pub fn forget(&mut self) {
        self.by_topic = HashMap::with_hasher(self.by_topic.hasher().clone());
        self.slots = Vec::new();
        self.bytes = 0;
        // Wraps after four thousand million times 65,536 topics: nobody remembers so long.
        self.epoch = self.epoch.wrapping_add(1);
    }

    /// Makes a route: `fill` gets its topic and two empty lists.
    pub fn make(
        &mut self,
        id: RouteId,
        fill: impl FnOnce(&str, &mut Vec<Matched>, &mut Vec<GroupKey>),
    ) {
        self.version += 1;
        let slot = &self.slots[id.slot as usize];
        let stamp = self.stamp(slot.class);
        let slot = &mut self.slots[id.slot as usize];
        let bytes_before = bytes(&slot.route);
        // Whoever still holds the route before keeps it as it was.
        let mut route = Route::default();
        if let Some(before) = Arc::get_mut(&mut slot.route) {
            route = std::mem::take(before);
            route.matched.clear();
            route.groups.clear();
        }
        route.version = self.version;
        fill(&slot.topic, &mut route.matched, &mut route.groups);
        route.matched.shrink_to(2 * route.matched.len());
        route.groups.shrink_to(2 * route.groups.len());
        self.bytes = self.bytes - bytes_before + bytes(&route);
        slot.route = Arc::new(route);
        slot.stamp = stamp;
    }

    /// A route. The place must be known.
    pub fn at(&self, id: RouteId) -> &Arc<Route> {
        assert!(self.is_known(id), "a forgotten route was asked for");
        &self.slots[id.slot as usize].route
    }

    /// The topic of a route. The place must be known.
    pub fn topic(&self, id: RouteId) -> &Arc<str> {
        assert!(self.is_known(id), "a forgotten route was asked for");
        &self.slots[id.slot as usize].topic
    }

    /// Takes note that something changed for the topics that a filter, not shared, matches.
    pub fn on_changed(&mut self, filter: &str) {
        let first = first_level(filter);
        if first == "+" || first == "#" {
            self.changes += 1;
        } else if filter.contains(['+', '#']) {
            let class = self.class(filter);
            self.class_changes[class as usize] += 1;
        } else if let Some(slot) = self.by_topic.get(filter) {
            self.slots[*slot as usize].stamp = STALE;
        }
    }

    /// How many routes are remembered.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    fn stamp(&self, class: u8) -> u64 {
        self.changes + self.class_changes[class as usize]
    }

    fn class(&self, text: &str) -> u8 {
        // The remainder fits.
        (self.by_topic.hasher().hash_one(first_level(text)) % CLASSES as u64) as u8
    }
}

fn bytes(route: &Route) -> usize {
    route.matched.capacity() * size_of::<Matched>()
        + route.groups.capacity() * size_of::<GroupKey>()
}

fn first_level(text: &str) -> &str {
    text.split_once('/').map_or(text, |(first, _)| first)
}
