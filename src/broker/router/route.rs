//! Where a topic leads, as the core reads it.

use crate::protocol::QoS;

/// A session: dense index, given out and reused by the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey(pub u32);

/// A shared subscription that somebody holds: share name and filter. Once the last member has gone
/// it stands for nothing, and never for another group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    pub(super) slot: u32,
    /// Which group in this slot it is.
    pub(super) serial: u32,
}

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

/// Where a topic leads.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// Sorted by session, then highest QoS first.
    pub(super) matched: Vec<Matched>,
    pub(super) groups: Vec<GroupKey>,
    pub(super) version: u64,
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
