//! Retained messages: one for each topic, found by filter, dropped when they expire.
//!
//! A filter with wildcards is answered from an index that is sorted by the bytes of the topics.
//! There the topics below a prefix lie together, so that whole branches that can't match are skipped
//! with one search (`seek`), and a reader's place is a topic: it stays good whatever happens to the
//! store.

mod seek;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;

use crate::broker::access::Origin;
use crate::broker::slab::Slab;
use crate::protocol::{Message, TopicFilter, TopicName};
use crate::time::{Deadlines, Timestamp};

use seek::{Seek, seek};

/// How much one call of [`RetainedStore::scan`] looks at beyond the messages that it returns: a
/// topic counts one, and one more for each 64 bytes. About a millisecond.
const SCAN_WORK_MAX: usize = 1024;

/// A retained message. Cloning it copies no payload.
#[derive(Clone, Debug)]
pub struct Retained {
    /// The message as it was published.
    pub message: Message,
    /// When it expires; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// Who published it; `None` is the server. No Local asks [MQTT-3.8.3-3], and
    /// `check_retain_source`.
    pub publisher: Option<Arc<Origin>>,
}

impl Retained {
    fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// Where a scan goes on. It stays good whatever happens to the store: what is inserted behind it is
/// found, what is inserted before it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    at: Arc<str>,
    /// Whether the scan is behind `at`, or has `at` still before it.
    is_behind: bool,
}

impl Cursor {
    /// Behind this message: for a reader that stops in the middle of a batch.
    pub fn after(retained: &Retained) -> Self {
        Cursor { at: Arc::clone(retained.message.topic_shared()), is_behind: true }
    }

    /// The topic where it goes on, and whether that lies behind it.
    pub(in crate::broker) fn parts(&self) -> (&str, bool) {
        (&self.at, self.is_behind)
    }

    /// From what [`Cursor::parts`] gave.
    pub(in crate::broker) fn of_parts(at: &str, is_behind: bool) -> Self {
        Cursor { at: Arc::from(at), is_behind }
    }

    fn bound(&self) -> Bound<&str> {
        if self.is_behind { Bound::Excluded(&self.at) } else { Bound::Included(&self.at) }
    }
}

/// All retained messages.
#[derive(Debug)]
pub struct RetainedStore {
    slots: Slab<Option<Retained>>,
    by_topic: HashMap<Arc<str>, u32, SeedableRandomState>,
    in_order: BTreeMap<Arc<str>, u32>,
    expiry: Deadlines<u32>,
    bytes: usize,
}

impl RetainedStore {
    /// Nothing retained. `seed` feeds the hasher.
    pub fn new(seed: u64) -> Self {
        let hasher = SeedableRandomState::with_seed(seed, SharedSeed::global_fixed());
        RetainedStore {
            slots: Slab::default(),
            by_topic: HashMap::with_hasher(hasher),
            in_order: BTreeMap::new(),
            expiry: Deadlines::default(),
            bytes: 0,
        }
    }

    /// Keeps a message as the retained one of its topic, in place of the one before
    /// [MQTT-3.3.1-5]. The caller removes instead if the payload is empty [MQTT-3.3.1-6], and
    /// saves a copy of the topic by building the message with [`RetainedStore::topic`].
    pub fn insert(&mut self, retained: Retained) {
        let expires_at = retained.expires_at;
        self.bytes += retained.message.size();
        let topic = Arc::clone(retained.message.topic_shared());
        let retained = Some(retained);
        let slot = match self.by_topic.get(&topic) {
            Some(slot) => {
                let slot = *slot;
                let before = std::mem::replace(self.slots.at_mut(slot), retained);
                self.on_gone(slot, &before);
                slot
            }
            None => {
                let slot = self.slots.insert(retained);
                self.by_topic.insert(Arc::clone(&topic), slot);
                self.in_order.insert(topic, slot);
                slot
            }
        };
        if let Some(at) = expires_at {
            self.expiry.insert(at, slot);
        }
    }

    /// Removes the retained message of a topic; whether there was one.
    pub fn remove(&mut self, topic: TopicName<'_>) -> bool {
        let Some(slot) = self.by_topic.remove(topic.as_str()) else { return false };
        self.in_order.remove(topic.as_str());
        let before = self.slots.remove(slot);
        self.on_gone(slot, &before);
        if self.is_empty() {
            self.give_back();
        }
        true
    }

    /// The retained message of a topic, unless it has expired at `now`.
    pub fn find(&self, topic: TopicName<'_>, now: Timestamp) -> Option<&Retained> {
        let retained = self.slots.at(*self.by_topic.get(topic.as_str())?).as_ref();
        retained.filter(|retained| !retained.is_expired(now))
    }

    /// The topic as it is kept, to be shared by the message that takes the place.
    pub fn topic(&self, topic: TopicName<'_>) -> Option<&Arc<str>> {
        self.by_topic.get_key_value(topic.as_str()).map(|(topic, _)| topic)
    }

    /// The next messages that a filter matches and that have not expired at `now`, at most
    /// `messages_max` (at least 1), in the order of their topics' bytes. The work of a call is
    /// bounded too, so there may be fewer of them, or none, and still a cursor; without a cursor it
    /// was all. A shared subscription gets no retained messages (section 3.3.1.3).
    pub fn scan(
        &self,
        filter: TopicFilter<'_>,
        cursor: Option<&Cursor>,
        messages_max: usize,
        now: Timestamp,
    ) -> (Vec<Retained>, Option<Cursor>) {
        if filter.shared().is_some() {
            return (Vec::new(), None);
        }
        if !filter.has_wildcard() {
            return (self.scan_one(filter.as_str(), cursor, now), None);
        }
        let mut found = Vec::new();
        let mut work = messages_max.max(1).saturating_add(SCAN_WORK_MAX);
        let from = cursor.map_or(Bound::Unbounded, Cursor::bound);
        let mut ahead = self.in_order.range::<str, _>((from, Bound::Unbounded));
        while let Some((topic, slot)) = ahead.next() {
            if work == 0 || found.len() >= messages_max.max(1) {
                return (found, Some(Cursor { at: Arc::clone(topic), is_behind: false }));
            }
            work = work.saturating_sub(1 + topic.len() / 64);
            match seek(filter.as_str(), topic) {
                Seek::Match => {
                    let retained = self.slots.at(*slot).as_ref();
                    found.extend(retained.filter(|it| !it.is_expired(now)).cloned());
                }
                Seek::Next => {}
                Seek::From(text) => {
                    let from = Bound::Included(text.as_str());
                    ahead = self.in_order.range::<str, _>((from, Bound::Unbounded));
                }
                Seek::End => break,
            }
        }
        (found, None)
    }

    /// When [`RetainedStore::drop_expired`] has something to do.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.expiry.next()
    }

    /// Drops messages that have expired at `now`, at most `messages_max`; how many. If more are
    /// due, [`RetainedStore::deadline`] stays in the past.
    /// `on_dropped` is told each topic.
    pub fn drop_expired(
        &mut self,
        now: Timestamp,
        messages_max: usize,
        mut on_dropped: impl FnMut(&str),
    ) -> usize {
        let mut dropped = 0;
        while dropped < messages_max
            && let Some(slot) = self.expiry.pop_due(now)
        {
            let Some(retained) = self.slots.remove(slot) else { continue };
            let topic = retained.message.topic().as_str();
            self.by_topic.remove(topic);
            self.in_order.remove(topic);
            self.bytes -= retained.message.size();
            on_dropped(topic);
            dropped += 1;
        }
        if self.is_empty() {
            self.give_back();
        }
        dropped
    }

    /// All messages, in the order of their topics' bytes, expired ones included.
    pub fn iter(&self) -> impl Iterator<Item = &Retained> {
        self.in_order.values().filter_map(|slot| self.slots.at(*slot).as_ref())
    }

    /// How many messages there are, expired ones included until they are dropped.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their size together, as [`Message::size`] counts it.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The answer to a filter without wildcards.
    fn scan_one(&self, topic: &str, cursor: Option<&Cursor>, now: Timestamp) -> Vec<Retained> {
        let is_behind = cursor.is_some_and(|cursor| match cursor.bound() {
            Bound::Excluded(at) => topic <= at,
            Bound::Included(at) => topic < at,
            Bound::Unbounded => false,
        });
        let slot = self.by_topic.get(topic).filter(|_| !is_behind);
        let retained = slot.and_then(|slot| self.slots.at(*slot).as_ref());
        retained.filter(|retained| !retained.is_expired(now)).cloned().into_iter().collect()
    }

    /// Takes a message out of the accounts.
    fn on_gone(&mut self, slot: u32, before: &Option<Retained>) {
        let Some(before) = before else { return };
        self.bytes -= before.message.size();
        if let Some(at) = before.expires_at {
            self.expiry.remove(at, slot);
        }
    }

    /// Gives the memory of an empty store back.
    fn give_back(&mut self) {
        self.slots = Slab::default();
        self.by_topic.shrink_to_fit();
    }
}
