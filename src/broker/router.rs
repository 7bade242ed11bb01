//! Who gets a message: the subscriptions of all sessions, and the sessions that a topic leads to.

use std::collections::HashMap;

use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;

use crate::protocol::{QoS, TopicFilter, TopicName};

/// A session: dense index, given out and reused by the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey(pub u32);

/// A shared subscription that somebody holds: share name and filter. Valid until the next
/// (un)subscribe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey(u32);

/// How one subscription wants its messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Options {
    /// Granted QoS: no message is sent with a higher one.
    pub qos: QoS,
    /// No message that the session published itself.
    pub no_local: bool,
    /// RETAIN is passed on as published.
    pub retain_as_published: bool,
    /// Subscription Identifier, if one was given.
    pub subscription_id: Option<u32>,
}

/// A subscription that matches a topic, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The subscriber.
    pub session: SessionKey,
    /// How it wants the message.
    pub options: Options,
}

/// A topic's place among the cached routes. Copy it and remember it: [`Router::renew`] says
/// whether it still stands for the topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteId {
    slot: u32,
    epoch: u32,
}

/// Where a topic leads.
#[derive(Clone, Debug, Default)]
pub struct Route {
    matched: Vec<Matched>,
    groups: Vec<GroupKey>,
    version: u64,
}

/// One session that a topic leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The subscriber.
    pub session: SessionKey,
    /// Its matching subscriptions that are not shared: at least one, highest QoS first.
    pub matched: &'a [Matched],
}

impl<'a> Target<'a> {
    /// What a single copy for this session is sent with: the highest QoS [MQTT-3.3.4-2], Retain As
    /// Published if any of its subscriptions asks for it. `own` says that the session published
    /// the message itself: subscriptions with No Local then do not count [MQTT-3.8.3-3], and
    /// `None` means that no other is left.
    pub fn single_copy(self, own: bool) -> Option<Options> {
        let mut counted = self.counted(own);
        let mut options = counted.next()?.options;
        options.retain_as_published |= counted.any(|matched| matched.options.retain_as_published);
        Some(options)
    }

    /// The Subscription Identifiers that a single copy carries [MQTT-3.3.4-3]. `own` as in
    /// [`Target::single_copy`].
    pub fn subscription_ids(self, own: bool) -> impl Iterator<Item = u32> + use<'a> {
        self.counted(own).filter_map(|matched| matched.options.subscription_id)
    }

    /// The subscriptions that count: each gets a copy of its own where the policy says so.
    pub fn counted(self, own: bool) -> impl Iterator<Item = &'a Matched> + use<'a> {
        self.matched.iter().filter(move |matched| !(own && matched.options.no_local))
    }
}

impl Route {
    /// The sessions with a matching subscription that is not shared, by ascending key.
    pub fn targets(&self) -> impl Iterator<Item = Target<'_>> {
        self.matched
            .chunk_by(|one, next| one.session == next.session)
            .map(|matched| Target { session: matched[0].session, matched })
    }

    /// The matching shared subscriptions: each delivers to one of its members.
    pub fn groups(&self) -> &[GroupKey] {
        &self.groups
    }

    /// Whether nobody gets the message.
    pub fn is_empty(&self) -> bool {
        self.matched.is_empty() && self.groups.is_empty()
    }

    /// Differs from the version of every route before it, of this topic or another: whoever
    /// remembers something about a route compares it.
    pub const fn version(&self) -> u64 {
        self.version
    }
}

/// The subscriptions of all sessions.
#[derive(Debug)]
pub struct Router {
    subscriptions: Vec<(String, SessionKey, Options)>,
    groups: Vec<(String, Option<SessionKey>)>,
    routes: Vec<(String, Route)>,
    by_topic: HashMap<String, u32, SeedableRandomState>,
    generation: u64,
}

impl Router {
    /// No subscriptions. `seed` feeds the hashers.
    pub fn new(seed: u64) -> Self {
        let hasher = SeedableRandomState::with_seed(seed, SharedSeed::global_fixed());
        Router {
            subscriptions: Vec::new(),
            groups: Vec::new(),
            routes: Vec::new(),
            by_topic: HashMap::with_hasher(hasher),
            generation: 0,
        }
    }

    /// Makes a subscription, or replaces the options of an existing one [MQTT-3.8.4-3]. Whether it
    /// is new: Retain Handling asks.
    pub fn subscribe(
        &mut self,
        filter: TopicFilter<'_>,
        session: SessionKey,
        options: Options,
    ) -> bool {
        self.generation += 1;
        let found =
            self.subscriptions.iter_mut().find(|(f, s, _)| f == filter.as_str() && *s == session);
        if let Some(found) = found {
            found.2 = options;
            return false;
        }
        self.subscriptions.push((filter.as_str().to_owned(), session, options));
        true
    }

    /// Ends a subscription; whether there was one [MQTT-3.10.4-1].
    pub fn unsubscribe(&mut self, filter: TopicFilter<'_>, session: SessionKey) -> bool {
        self.generation += 1;
        let before = self.subscriptions.len();
        self.subscriptions.retain(|(f, s, _)| !(f == filter.as_str() && *s == session));
        self.subscriptions.len() < before
    }

    /// Ends all subscriptions of a session. The router keeps the list, the core need not. How many
    /// there were.
    pub fn remove_session(&mut self, session: SessionKey) -> usize {
        self.generation += 1;
        let before = self.subscriptions.len();
        self.subscriptions.retain(|(_, s, _)| *s != session);
        before - self.subscriptions.len()
    }

    /// The options of a subscription, if there is one.
    pub fn options(&self, filter: TopicFilter<'_>, session: SessionKey) -> Option<Options> {
        self.subscriptions
            .iter()
            .find(|(f, s, _)| f == filter.as_str() && *s == session)
            .map(|(_, _, options)| *options)
    }

    /// How many subscriptions a session has.
    pub fn session_len(&self, session: SessionKey) -> usize {
        self.subscriptions.iter().filter(|(_, s, _)| *s == session).count()
    }

    /// All subscriptions of a session, filters as the client wrote them, in a fixed order.
    pub fn session_subscriptions(
        &self,
        session: SessionKey,
    ) -> impl Iterator<Item = (String, Options)> {
        self.subscriptions
            .iter()
            .filter(move |(_, s, _)| *s == session)
            .map(|(filter, _, options)| (filter.clone(), *options))
    }

    /// The route of a topic, up to date until the next (un)subscribe. Costs one hash of the topic
    /// where the route is known already.
    pub fn route(&mut self, topic: TopicName<'_>) -> RouteId {
        let slot = match self.by_topic.get(topic.as_str()) {
            Some(slot) => *slot,
            None => {
                self.by_topic.insert(topic.as_str().to_owned(), self.routes.len() as u32);
                self.routes.push((topic.as_str().to_owned(), Route::default()));
                self.routes.len() as u32 - 1
            }
        };
        let id = RouteId { slot, epoch: 0 };
        self.renew(id);
        id
    }

    /// Brings a remembered route up to date, without hashing. `false`: it is forgotten, ask
    /// [`Router::route`].
    pub fn renew(&mut self, id: RouteId) -> bool {
        let Some((topic, route)) = self.routes.get_mut(id.slot as usize) else { return false };
        if route.version == self.generation && self.generation > 0 {
            return true;
        }
        route.version = self.generation;
        route.matched.clear();
        route.groups.clear();
        for (text, session, options) in &self.subscriptions {
            let Ok(filter) = TopicFilter::new(text) else { continue };
            if !filter.matches(TopicName::new(topic).expect("checked before")) {
                continue;
            }
            if filter.shared().is_none() {
                route.matched.push(Matched { session: *session, options: *options });
                continue;
            }
            let known = self.groups.iter().position(|(group, _)| group == text);
            let group = GroupKey(known.unwrap_or(self.groups.len()) as u32);
            if known.is_none() {
                self.groups.push((text.clone(), None));
            }
            if !route.groups.contains(&group) {
                route.groups.push(group);
            }
        }
        let key = |matched: &Matched| (matched.session, std::cmp::Reverse(matched.options.qos));
        route.matched.sort_by_key(key);
        true
    }

    /// A route that [`Router::route`] or [`Router::renew`] has just brought up to date.
    ///
    /// # Panics
    /// If the route was forgotten since.
    pub fn at(&self, id: RouteId) -> &Route {
        &self.routes[id.slot as usize].1
    }

    /// The members of a shared subscription in the order of their turns: the one after the one
    /// last served comes first.
    pub fn members(&self, group: GroupKey) -> impl Iterator<Item = Matched> {
        let (text, last) = &self.groups[group.0 as usize];
        let mut members: Vec<Matched> = self
            .subscriptions
            .iter()
            .filter(|(filter, ..)| filter == text)
            .map(|(_, session, options)| Matched { session: *session, options: *options })
            .collect();
        members.sort_by_key(|member| (Some(member.session) <= *last, member.session));
        members.into_iter()
    }

    /// Notes that a member was served: the next one has the next turn.
    pub fn on_served(&mut self, group: GroupKey, member: SessionKey) {
        self.groups[group.0 as usize].1 = Some(member);
    }

    /// How many subscriptions there are, shared ones included.
    pub fn len(&self) -> usize {
        self.subscriptions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.subscriptions.is_empty()
    }

    /// How many shared subscriptions (share name and filter) have members.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Nodes of the topic tree, the root not counted: 0 without subscriptions.
    pub fn nodes(&self) -> usize {
        self.subscriptions.len()
    }
}
