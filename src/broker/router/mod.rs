//! Who gets a message: the subscriptions of all sessions, and the sessions that a topic leads to.
//!
//! A subscription hangs on the node of its filter in a topic tree (`tree`), sorted by session
//! (`table`). Routes are remembered by topic (`cache`). Nothing here depends on the order of a hash
//! map.

mod cache;
mod group;
mod route;
mod table;
#[cfg(test)]
mod tests;
mod tree;

use std::cmp::Reverse;
use std::sync::Arc;

use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;

use crate::broker::slab::Slab;
use crate::protocol::{TopicFilter, TopicName};

use cache::Cache;
pub use cache::RouteId;
use group::Group;
pub use route::{GroupKey, Matched, Options, Route, SessionKey, Target};
use table::Table;
use tree::{Attached, LevelId, NONE, NodeId, Tree};

/// A session's filters may have this many levels together. A level costs some 50 bytes, a filter of
/// 65535 slashes more than 3 MB.
pub const SESSION_LEVELS_MAX: usize = 1 << 20;

/// Nodes of the topic tree, over all sessions.
pub const NODES_MAX: usize = 1 << 27;

/// Where a subscription hangs: the node of its filter, and its share name or [`NONE`].
type Place = (NodeId, LevelId);

/// The subscriptions of one session.
#[derive(Debug, Default)]
struct Held {
    places: Table<Place, ()>,
    /// How many of them are shared.
    shared: usize,
    /// Levels of their filters together.
    levels: usize,
}

/// The subscriptions of all sessions.
#[derive(Debug)]
pub struct Router {
    tree: Tree,
    /// Subscriptions that are not shared, one table for each filter.
    direct: Slab<Table<SessionKey, Options>>,
    /// Shared subscriptions by share name, one table for each filter.
    shares: Slab<Table<LevelId, GroupKey>>,
    groups: Slab<Group>,
    /// Serial of the group made last.
    group_serial: u32,
    /// What each session holds, by its key.
    sessions: Vec<Held>,
    subscriptions: usize,
    cache: Cache,
    hasher: SeedableRandomState,
}

impl Router {
    /// No subscriptions. `seed` feeds the hashers.
    pub fn new(seed: u64) -> Self {
        let hasher = SeedableRandomState::with_seed(seed, SharedSeed::global_fixed());
        Router {
            tree: Tree::new(hasher.clone()),
            direct: Slab::default(),
            shares: Slab::default(),
            groups: Slab::default(),
            group_serial: 0,
            sessions: Vec::new(),
            subscriptions: 0,
            cache: Cache::new(hasher.clone()),
            hasher,
        }
    }

    /// Whether there is room for this subscription: [`SESSION_LEVELS_MAX`], [`NODES_MAX`]. Where
    /// there is not, the answer is 0x97 (Quota exceeded). A replacement always fits.
    pub fn has_room(&self, filter: TopicFilter<'_>, session: SessionKey) -> bool {
        let levels = filter.as_str().split('/').count();
        let held = self.sessions.get(session.0 as usize).map_or(0, |held| held.levels);
        let fits = held + levels <= SESSION_LEVELS_MAX && self.nodes() + levels <= NODES_MAX;
        fits || self.options(filter, session).is_some()
    }

    /// Makes a subscription, or replaces the options of an existing one [MQTT-3.8.4-3]. Whether it
    /// is new: Retain Handling asks.
    pub fn subscribe(
        &mut self,
        filter: TopicFilter<'_>,
        session: SessionKey,
        options: Options,
    ) -> bool {
        let (place, has_changed) = match filter.shared() {
            None => self.insert_direct(filter.as_str(), session, options),
            Some(shared) => {
                self.insert_member(shared.share, shared.filter.as_str(), session, options)
            }
        };
        if has_changed {
            self.cache.on_changed(unshared(filter).as_str());
        }
        let index = session.0 as usize;
        if self.sessions.len() <= index {
            self.sessions.resize_with(index + 1, Held::default);
        }
        let held = &mut self.sessions[index];
        let is_new = held.places.insert(place, ()).is_none();
        if is_new {
            held.levels += unshared(filter).as_str().split('/').count();
            held.shared += usize::from(place.1 != NONE);
            self.subscriptions += 1;
        }
        is_new
    }

    /// Ends a subscription; whether there was one [MQTT-3.10.4-1].
    pub fn unsubscribe(&mut self, filter: TopicFilter<'_>, session: SessionKey) -> bool {
        let Some(place) = self.place(filter) else { return false };
        let Some(held) = self.sessions.get_mut(session.0 as usize) else { return false };
        if held.places.remove(place).is_none() {
            return false;
        }
        let filter = unshared(filter).as_str();
        held.levels -= filter.split('/').count();
        held.shared -= usize::from(place.1 != NONE);
        if self.remove_place(place, session) {
            self.cache.on_changed(filter);
        }
        self.tree.prune(place.0);
        self.subscriptions -= 1;
        self.give_back();
        true
    }

    /// Ends all subscriptions of a session. The router keeps the list, the core need not. How many
    /// there were.
    pub fn remove_session(&mut self, session: SessionKey) -> usize {
        let Some(held) = self.sessions.get_mut(session.0 as usize) else { return 0 };
        let places = std::mem::take(held).places;
        for (place, ()) in places.iter() {
            if self.remove_place(place, session) {
                self.cache.on_changed(&self.tree.filter(place.0));
            }
            self.tree.prune(place.0);
        }
        self.subscriptions -= places.len();
        self.give_back();
        places.len()
    }

    /// The options of a subscription, if there is one.
    pub fn options(&self, filter: TopicFilter<'_>, session: SessionKey) -> Option<Options> {
        self.options_at(self.place(filter)?, session)
    }

    /// How many subscriptions a session has.
    pub fn session_len(&self, session: SessionKey) -> usize {
        self.sessions.get(session.0 as usize).map_or(0, |held| held.places.len())
    }

    /// All subscriptions of a session, filters as the client wrote them, in a fixed order.
    pub fn session_subscriptions(
        &self,
        session: SessionKey,
    ) -> impl Iterator<Item = (String, Options)> {
        let held = self.sessions.get(session.0 as usize);
        held.into_iter().flat_map(|held| held.places.iter()).filter_map(move |(place, ())| {
            let filter = self.tree.filter(place.0);
            let text = match place.1 {
                NONE => filter,
                name => format!("$share/{}/{filter}", self.tree.name(name)),
            };
            Some((text, self.options_at(place, session)?))
        })
    }

    /// The route of a topic, up to date until the next (un)subscribe. Costs one hash of the topic
    /// where the route is known already.
    pub fn route(&mut self, topic: TopicName<'_>) -> RouteId {
        if let Some(id) = self.cache.find(topic.as_str())
            && self.renew(id)
        {
            return id;
        }
        if self.cache.is_full() {
            self.cache.forget();
        }
        let id = self.cache.insert(topic.as_str());
        self.make(id);
        id
    }

    /// Brings a remembered route up to date, without hashing. `false`: it is forgotten, ask
    /// [`Router::route`].
    pub fn renew(&mut self, id: RouteId) -> bool {
        if !self.cache.is_known(id) {
            return false;
        }
        if self.cache.is_in_force(id) {
            return true;
        }
        if self.cache.is_heavy() {
            self.cache.forget();
            return false;
        }
        self.make(id);
        true
    }

    /// A route that [`Router::route`] or [`Router::renew`] has just brought up to date. A clone
    /// stays as it is whatever happens to the router.
    ///
    /// # Panics
    /// If another call of `route`, `renew` or an unsubscribe came between: routes may be forgotten
    /// there.
    pub fn at(&self, id: RouteId) -> &Arc<Route> {
        self.cache.at(id)
    }

    /// The topic of a route, to be shared by the message that is kept.
    ///
    /// # Panics
    /// As [`Router::at`].
    pub fn topic(&self, id: RouteId) -> &Arc<str> {
        self.cache.topic(id)
    }

    /// How many subscriptions there are, shared ones included.
    pub fn len(&self) -> usize {
        self.subscriptions
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.subscriptions == 0
    }

    /// How many shared subscriptions (share name and filter) have members.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Nodes of the topic tree, the root not counted: 0 without subscriptions.
    pub fn nodes(&self) -> usize {
        self.tree.len()
    }

    /// How many routes are remembered: a bounded number, 0 when the last subscription ends.
    pub fn routes(&self) -> usize {
        self.cache.len()
    }

    /// Inserts or replaces; whether the route of a topic is another now.
    fn insert_direct(
        &mut self,
        filter: &str,
        session: SessionKey,
        options: Options,
    ) -> (Place, bool) {
        let node = self.tree.insert(filter);
        let attached = self.tree.attached_mut(node);
        if attached.direct == NONE {
            attached.direct = self.direct.insert(Table::default());
        }
        let before = self.direct.at_mut(attached.direct).insert(session, options);
        ((node, NONE), before != Some(options))
    }

    /// Inserts or replaces; whether the route of a topic is another now: it names groups, not
    /// members.
    fn insert_member(
        &mut self,
        share: &str,
        filter: &str,
        session: SessionKey,
        options: Options,
    ) -> (Place, bool) {
        let node = self.tree.insert(filter);
        let attached = self.tree.attached_mut(node);
        if attached.shares == NONE {
            attached.shares = self.shares.insert(Table::default());
        }
        let shares = self.shares.at_mut(attached.shares);
        let known = self.tree.find_name(share).and_then(|name| Some((name, shares.find(name)?)));
        let (name, group) = known.unwrap_or_else(|| {
            // Wraps after four thousand million groups: nobody remembers so long.
            self.group_serial = self.group_serial.checked_add(1).unwrap_or(1);
            let serial = self.group_serial;
            let filter = format!("$share/{share}/{filter}").into_boxed_str();
            let slot = self.groups.insert(Group { serial, filter, ..Group::default() });
            let group = GroupKey { slot, serial };
            let name = self.tree.acquire_name(share);
            shares.insert(name, group);
            (name, group)
        });
        self.groups.at_mut(group.slot).insert(session, options);
        ((node, name), known.is_none())
    }

    /// Takes a subscription off its node, which may have to be pruned; whether the route of a topic
    /// is another now.
    fn remove_place(&mut self, (node, name): Place, session: SessionKey) -> bool {
        let Attached { direct, shares } = self.tree.attached(node);
        if name == NONE {
            let table = self.direct.at_mut(direct);
            table.remove(session);
            if table.is_empty() {
                self.direct.remove(direct);
                self.tree.attached_mut(node).direct = NONE;
            }
            return true;
        }
        let table = self.shares.at_mut(shares);
        let group = table.find(name).expect("a held place has its group");
        if !self.groups.at_mut(group.slot).remove(session) {
            return false;
        }
        self.groups.remove(group.slot);
        table.remove(name);
        self.tree.release_name(name);
        if table.is_empty() {
            self.shares.remove(shares);
            self.tree.attached_mut(node).shares = NONE;
        }
        true
    }

    /// Gives memory back that nothing needs: sessions at the end that hold nothing, and everything
    /// when no subscription is left.
    fn give_back(&mut self) {
        while self.sessions.last().is_some_and(|held| held.places.is_empty()) {
            self.sessions.pop();
        }
        if self.subscriptions > 0 {
            return;
        }
        self.tree = Tree::new(self.hasher.clone());
        self.direct = Slab::default();
        self.shares = Slab::default();
        self.groups = Slab::default();
        self.sessions = Vec::new();
        self.cache.forget();
    }

    fn place(&self, filter: TopicFilter<'_>) -> Option<Place> {
        let name = match filter.shared() {
            None => NONE,
            Some(shared) => self.tree.find_name(shared.share)?,
        };
        Some((self.tree.find(unshared(filter).as_str())?, name))
    }

    fn options_at(&self, (node, name): Place, session: SessionKey) -> Option<Options> {
        let Attached { direct, shares } = self.tree.attached(node);
        if name == NONE {
            return (direct != NONE).then(|| self.direct.at(direct).find(session))?;
        }
        let group = (shares != NONE).then(|| self.shares.at(shares).find(name))??;
        self.groups.at(group.slot).members.find(session)
    }

    fn make(&mut self, id: RouteId) {
        let Router { tree, direct, shares, cache, .. } = self;
        cache.make(id, |topic, matched, groups| {
            tree.walk(topic, |attached| {
                if attached.direct != NONE {
                    let table = direct.at(attached.direct);
                    matched.reserve(table.len());
                    let each = table.iter().map(|(session, options)| Matched { session, options });
                    matched.extend(each);
                }
                if attached.shares != NONE {
                    groups.extend(shares.at(attached.shares).iter().map(|(_, group)| group));
                }
            });
            // Stable: within a session and QoS the order of the walk stays.
            matched.sort_by_key(|it| (it.session, Reverse(it.options.qos)));
        });
    }
}

/// The filter that topics are matched against.
fn unshared(filter: TopicFilter<'_>) -> TopicFilter<'_> {
    filter.shared().map_or(filter, |shared| shared.filter)
}
