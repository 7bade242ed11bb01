//! Retained messages: one for each topic, found by filter, dropped when they expire.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::protocol::{Message, TopicFilter, TopicName};
use crate::time::Timestamp;

/// A retained message. Cloning it copies no payload.
#[derive(Clone, Debug)]
pub struct Retained {
    /// The message as it was published.
    pub message: Message,
    /// When it expires; `None` is never.
    pub expires_at: Option<Timestamp>,
}

/// Where a scan goes on. It stays good whatever happens to the store: what is inserted behind it is
/// found, what is inserted before it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    at: Arc<str>,
    /// Whether `at` itself was seen.
    is_seen: bool,
}

impl Cursor {
    /// Behind this message: for a reader that stops in the middle of a batch.
    pub fn after(retained: &Retained) -> Self {
        Cursor { at: Arc::clone(retained.message.topic_shared()), is_seen: true }
    }
}

/// All retained messages.
#[derive(Debug)]
pub struct RetainedStore {
    by_topic: BTreeMap<Arc<str>, Retained>,
}

impl RetainedStore {
    /// Nothing retained. `seed` feeds the hasher.
    pub fn new(seed: u64) -> Self {
        let _ = seed;
        RetainedStore { by_topic: BTreeMap::new() }
    }

    /// Keeps a message as the retained one of its topic, in place of the one before
    /// [MQTT-3.3.1-5]. The caller removes instead if the payload is empty [MQTT-3.3.1-6].
    pub fn insert(&mut self, message: Message, expires_at: Option<Timestamp>) {
        self.by_topic.insert(Arc::clone(message.topic_shared()), Retained { message, expires_at });
    }

    /// Removes the retained message of a topic; whether there was one.
    pub fn remove(&mut self, topic: TopicName<'_>) -> bool {
        self.by_topic.remove(topic.as_str()).is_some()
    }

    /// The retained message of a topic, unless it has expired at `now`.
    pub fn find(&self, topic: TopicName<'_>, now: Timestamp) -> Option<&Retained> {
        self.by_topic.get(topic.as_str()).filter(|it| it.expires_at.is_none_or(|at| at > now))
    }

    /// The next messages that a filter matches and that have not expired at `now`, at most
    /// `messages_max`, in the order of their topics' bytes. The work of a call is bounded too, so
    /// there may be fewer of them, or none, and still a cursor; without a cursor it was all. A
    /// shared subscription gets no retained messages.
    pub fn scan(
        &self,
        filter: TopicFilter<'_>,
        cursor: Option<&Cursor>,
        messages_max: usize,
        now: Timestamp,
    ) -> (Vec<Retained>, Option<Cursor>) {
        let mut batch = Vec::new();
        if filter.shared().is_some() {
            return (batch, None);
        }
        let from = match cursor {
            None => Bound::Unbounded,
            Some(Cursor { at, is_seen: true }) => Bound::Excluded(&**at),
            Some(Cursor { at, is_seen: false }) => Bound::Included(&**at),
        };
        for (_, it) in self.by_topic.range::<str, _>((from, Bound::Unbounded)) {
            if it.expires_at.is_some_and(|at| at <= now) || !filter.matches(it.message.topic()) {
                continue;
            }
            if batch.len() == messages_max {
                let cursor = batch.last().map(Cursor::after);
                return (batch, cursor);
            }
            batch.push(it.clone());
        }
        (batch, None)
    }

    /// When [`RetainedStore::drop_expired`] has something to do.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.by_topic.values().filter_map(|it| it.expires_at).min()
    }

    /// Drops messages that have expired at `now`, at most `messages_max`; how many. If more are
    /// due, [`RetainedStore::deadline`] stays in the past.
    pub fn drop_expired(&mut self, now: Timestamp, messages_max: usize) -> usize {
        let due: Vec<Arc<str>> = self
            .by_topic
            .values()
            .filter(|it| it.expires_at.is_some_and(|at| at <= now))
            .take(messages_max)
            .map(|it| Arc::clone(it.message.topic_shared()))
            .collect();
        due.iter().for_each(|topic| drop(self.by_topic.remove(topic)));
        due.len()
    }

    /// How many messages there are, expired ones included until they are dropped.
    pub fn len(&self) -> usize {
        self.by_topic.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_topic.is_empty()
    }

    /// Their size together, as [`Message::size`] counts it.
    pub fn bytes(&self) -> usize {
        self.by_topic.values().map(|it| it.message.size()).sum()
    }
}
