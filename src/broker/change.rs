//! What must survive a restart: the vocabulary of changes, the picture of everything that is kept,
//! and the way back.
//!
//! Every change of lasting state is told with [`crate::broker::event::Effect::Persist`], inside the
//! step that makes it, so that all changes of one step can be made durable together. The same
//! vocabulary describes the whole: [`Broker::snapshot`] tells everything that is there, and
//! [`Broker::restore`] takes it in again. What comes and goes with a connection is not kept: a
//! session without expiry leaves only its will and the messages that another member of a shared
//! subscription would get.

use crate::broker::access::OriginState;
use crate::broker::event::{Effect, End, Sink};
use crate::broker::in_flight::InFlight;
use crate::broker::policy::Identity;
use crate::broker::queue::{Pending, SubscriptionIds};
use crate::broker::retained::{Cursor, Retained};
use crate::broker::router::{Options, Router, SessionKey};
use crate::broker::session::{Session, Stored};
use crate::broker::subscribe::Scan;
use crate::broker::will::ArmedWill;
use crate::broker::{Broker, Step};
use crate::protocol::{Message, PacketId, QoS, TopicFilter};
use crate::time::Timestamp;

use std::sync::Arc;

/// One change of what must survive. A session is named by its key, which stays the same across a
/// restart; `order` counts the messages of a session.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "fields are named after what they hold")]
pub enum Change<'a> {
    /// A session is there, like this.
    Session { session: SessionKey, state: SessionState<'a> },
    /// It is no more. What belonged to it was told to be gone before.
    SessionGone { session: SessionKey },
    /// A subscription, filter with mount point.
    Subscription { session: SessionKey, filter: &'a str, options: Options },
    /// It is no more.
    SubscriptionGone { session: SessionKey, filter: &'a str },
    /// A message waits to be sent.
    Queued { session: SessionKey, order: u64, entry: Entry<'a> },
    /// It waits no more.
    QueuedGone { session: SessionKey, order: u64, message: &'a Message },
    /// A message is sent. Its Packet Identifier follows from `order`: see [`packet_id_of`].
    Sent { session: SessionKey, order: u64, entry: Entry<'a> },
    /// PUBREC came for it: PUBREL is sent, and the message is not needed any more.
    Released { session: SessionKey, order: u64, message: Option<&'a Message> },
    /// It is acknowledged. `message` unless it was released before.
    SentGone { session: SessionKey, order: u64, message: Option<&'a Message> },
    /// A QoS 2 message with this identifier was received …
    Received { session: SessionKey, packet_id: PacketId },
    /// … and released.
    ReceivedGone { session: SessionKey, packet_id: PacketId },
    /// Retained messages still to be sent for a subscription: `n`th of the session.
    Scan { session: SessionKey, n: u32, scan: ScanState<'a> },
    /// There is no `n`th any more.
    ScanGone { session: SessionKey, n: u32 },
    /// A will: armed, or waiting if `due_at` is set.
    Will { session: SessionKey, message: &'a Message, delay_secs: u32, due_at: Option<Timestamp> },
    /// It is settled.
    WillGone { session: SessionKey },
    /// The retained message of its topic; `publisher` unless that is the server.
    Retained {
        message: &'a Message,
        expires_at: Option<Timestamp>,
        publisher: Option<OriginState<'a>>,
    },
    /// There is none any more.
    RetainedGone { topic: &'a str },
}

/// What is kept of a session besides its messages and subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionState<'a> {
    /// Client Identifier.
    pub client_id: &'a str,
    /// User name as of the last CONNECT.
    pub username: Option<&'a str>,
    /// It was one of the broker's own bridges.
    pub is_own_bridge: bool,
    /// By which listener the CONNECT came; `None` if an older version kept the session.
    pub listener: Option<&'a str>,
    /// Session Expiry Interval in seconds. With 0 the session ends with its connection, and that
    /// ends with the broker.
    pub expiry_secs: u32,
    /// When it expires; `None` while it is connected, or for ever.
    pub expires_at: Option<Timestamp>,
    /// Everything about it is kept; otherwise only its will and its shared messages.
    pub is_whole: bool,
}

/// A message on its way to one session.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The message, shared with all others who get it.
    pub message: &'a Message,
    /// QoS of this delivery.
    pub qos: QoS,
    /// RETAIN of this delivery.
    pub retain: bool,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// Subscription Identifiers of the subscriptions that matched.
    pub subscription_ids: &'a [u32],
    /// The shared subscription that it came by, as a filter.
    pub group: Option<&'a str>,
}

/// Retained messages still to be sent for one subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanState<'a> {
    /// The filter, with mount point.
    pub filter: &'a str,
    /// Options of the subscription.
    pub options: Options,
    /// Where it goes on: at this topic, or behind it.
    pub from: Option<(&'a str, bool)>,
}

/// The Packet Identifier of the message that was sent as number `order` (from 0) of its session.
pub const fn packet_id_of(order: u64) -> PacketId {
    // The remainder fits.
    PacketId::FIRST.advanced((order % 65_535) as u16)
}

/// How [`Broker::restore`] answers what cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It belongs to a session that is not there.
    NoSession(SessionKey),
    /// Something is there twice, or in the wrong order.
    Twice(SessionKey),
    /// A filter or topic that is none.
    Topic,
    /// It tells that something is gone.
    Gone,
}

impl<S: Sink> Step<'_, S> {
    /// Tells a change, where changes are wanted.
    pub(super) fn persist(&mut self, change: Change<'_>) {
        self.out.effect(Effect::Persist(change));
    }
}

impl Pending {
    /// As it is kept.
    pub(super) fn entry<'a>(&'a self, router: &'a Router) -> Entry<'a> {
        Entry {
            message: &self.message,
            qos: self.qos,
            retain: self.retain,
            expires_at: self.expires_at,
            subscription_ids: self.subscription_ids.as_slice(),
            group: self.group.and_then(|group| router.group_filter(group)),
        }
    }
}

impl Session {
    /// As it is kept.
    pub(super) fn state(&self) -> SessionState<'_> {
        SessionState {
            client_id: &self.client_id,
            username: self.client.identity.username.as_deref(),
            is_own_bridge: self.client.identity.is_own_bridge,
            listener: self.client.listener.as_deref(),
            expiry_secs: self.expiry_secs,
            expires_at: self.expires_at(),
            is_whole: self.stored == Stored::Whole,
        }
    }

    /// Whether a message on its way to it is kept: all of them, or those that others would get.
    pub(super) fn keeps(&self, pending: &Pending) -> bool {
        match self.stored {
            Stored::No => false,
            Stored::Part => pending.group.is_some() && pending.qos > QoS::AtMostOnce,
            Stored::Whole => true,
        }
    }

    /// Whether a delivery under way is kept; `None` is one that was released.
    pub(super) fn keeps_sent(&self, pending: Option<&Pending>) -> bool {
        pending.map_or(self.stored == Stored::Whole, |pending| self.keeps(pending))
    }

    /// Tells the session as it is.
    pub(super) fn persist(&self, step: &mut Step<'_, impl Sink>) {
        step.persist(Change::Session { session: self.key, state: self.state() });
    }

    /// Sees to it that there is a session in the store for what hangs on it.
    pub(super) fn persist_part(&mut self, step: &mut Step<'_, impl Sink>) {
        if self.stored == Stored::No {
            self.stored = Stored::Part;
            self.persist(step);
        }
    }

    /// Tells its will.
    pub(super) fn persist_will(&self, step: &mut Step<'_, impl Sink>) {
        if self.stored != Stored::No
            && let Some(change) = self.will_change()
        {
            step.persist(change);
        }
    }

    fn will_change(&self) -> Option<Change<'_>> {
        let ArmedWill { message, delay_secs, due_at, .. } = self.will.as_deref()?;
        let (delay_secs, due_at) = (*delay_secs, *due_at);
        Some(Change::Will { session: self.key, message, delay_secs, due_at })
    }

    /// Tells which retained messages are still to be sent, where that may have changed.
    pub(super) fn persist_scans(&mut self, step: &mut Step<'_, impl Sink>) {
        if self.stored != Stored::Whole {
            return;
        }
        for (n, scan) in (0..).zip(&self.scans) {
            step.persist(Change::Scan { session: self.key, n, scan: scan.state() });
        }
        // A subscription costs far more than 2^32 of them would leave room for.
        let count = self.scans.len() as u32;
        for n in count..self.scans_stored {
            step.persist(Change::ScanGone { session: self.key, n });
        }
        self.scans_stored = count;
    }

    /// Everything that is kept of its messages, in order.
    fn tell_messages(&self, router: &Router, tell: &mut impl FnMut(Change<'_>)) {
        let session = self.key;
        for (order, pending) in self.queue.iter().filter(|(_, it)| self.keeps(it)) {
            tell(Change::Queued { session, order, entry: pending.entry(router) });
        }
        for (order, pending) in self.in_flight.iter().flat_map(|it| it.iter()) {
            if self.keeps_sent(pending.as_deref()) {
                tell(match &pending {
                    Some(pending) => Change::Sent { session, order, entry: pending.entry(router) },
                    None => Change::Released { session, order, message: None },
                });
            }
        }
    }

    /// Tells that everything that is kept of it is gone.
    pub(super) fn persist_end(&self, step: &mut Step<'_, impl Sink>, router: &Router) {
        if self.stored == Stored::No {
            return;
        }
        let session = self.key;
        for (order, pending) in self.queue.iter().filter(|(_, it)| self.keeps(it)) {
            step.persist(Change::QueuedGone { session, order, message: &pending.message });
        }
        for (order, pending) in self.in_flight.iter().flat_map(|it| it.iter()) {
            let message = pending.as_deref().map(|pending| &pending.message);
            if self.keeps_sent(pending.as_deref()) {
                step.persist(Change::SentGone { session, order, message });
            }
        }
        if self.stored == Stored::Whole {
            let link = self.link.as_ref().map(|link| link.received.iter());
            for packet_id in self.received_before.iter().chain(link.into_iter().flatten()) {
                step.persist(Change::ReceivedGone { session, packet_id });
            }
            for n in 0..self.scans_stored {
                step.persist(Change::ScanGone { session, n });
            }
            for (filter, _) in router.session_subscriptions(session) {
                step.persist(Change::SubscriptionGone { session, filter: &filter });
            }
        }
        step.persist(Change::SessionGone { session });
    }
}

/// Topics of the server's own are made anew at each start.
pub(super) fn is_kept_topic(topic: &str) -> bool {
    !topic.starts_with("$SYS/")
}

impl Retained {
    /// As it is kept.
    pub(super) fn change(&self) -> Change<'_> {
        Change::Retained {
            message: &self.message,
            expires_at: self.expires_at,
            publisher: self.publisher.as_ref().map(|publisher| publisher.state()),
        }
    }
}

impl Broker {
    /// A broker whose lasting state is told with [`Effect::Persist`], and can be restored.
    pub fn persistent(policy: crate::broker::policy::Policy, seed: u64) -> Self {
        Broker { persists: true, ..Broker::new(policy, seed) }
    }

    /// Tells everything that must survive, in an order that [`Broker::restore`] takes.
    pub fn snapshot(&self, tell: &mut impl FnMut(Change<'_>)) {
        let stored = || self.sessions.iter().filter(|it| it.stored != Stored::No);
        for session in stored() {
            tell(Change::Session { session: session.key, state: session.state() });
        }
        for session in stored().filter(|it| it.stored == Stored::Whole) {
            for (filter, options) in self.router.session_subscriptions(session.key) {
                tell(Change::Subscription { session: session.key, filter: &filter, options });
            }
        }
        for it in stored() {
            let session = it.key;
            it.tell_messages(&self.router, tell);
            if it.stored == Stored::Whole {
                let link = it.link.as_ref().map(|link| link.received.iter());
                for packet_id in it.received_before.iter().chain(link.into_iter().flatten()) {
                    tell(Change::Received { session, packet_id });
                }
                for (n, scan) in (0..).zip(&it.scans) {
                    tell(Change::Scan { session, n, scan: scan.state() });
                }
            }
            if let Some(change) = it.will_change() {
                tell(change);
            }
        }
        for retained in self.retained.iter() {
            if is_kept_topic(retained.message.topic().as_str()) {
                tell(retained.change());
            }
        }
    }

    /// Takes in one thing that was kept. Sessions come before what belongs to them, subscriptions
    /// before messages, messages by ascending order; [`Broker::resume`] ends it.
    ///
    /// # Errors
    /// What does not fit to what came before is left out.
    pub fn restore(&mut self, change: Change<'_>) -> Result<(), Misfit> {
        match change {
            Change::Session { session, state } => self.restore_session(session, state),
            Change::Subscription { session, filter, options } => {
                self.session_of(session)?;
                let filter = TopicFilter::new(filter).map_err(|_| Misfit::Topic)?;
                self.router.subscribe(filter, session, options);
                Ok(())
            }
            Change::Queued { .. } | Change::Sent { .. } | Change::Released { .. } => {
                self.restore_message(change)
            }
            Change::Received { session, packet_id } => {
                self.session_of(session)?.received_before.insert(packet_id);
                Ok(())
            }
            Change::Scan { session, scan, .. } => {
                let it = self.session_of(session)?;
                it.scans.push_back(Scan::of_state(scan));
                it.scans_stored += 1;
                Ok(())
            }
            Change::Will { session, message, delay_secs, due_at } => {
                let will =
                    ArmedWill { message: message.clone(), delay_secs, due_at, is_withheld: false };
                self.session_of(session)?;
                self.count_will(Some(&will));
                self.session_of(session)?.will = Some(Box::new(will));
                Ok(())
            }
            Change::Retained { message, expires_at, publisher } => {
                let message = message.clone();
                let publisher = publisher.map(|state| self.origin_of(state));
                self.retained.insert(Retained { message, expires_at, publisher });
                Ok(())
            }
            Change::SessionGone { .. }
            | Change::SubscriptionGone { .. }
            | Change::QueuedGone { .. }
            | Change::SentGone { .. }
            | Change::ReceivedGone { .. }
            | Change::ScanGone { .. }
            | Change::WillGone { .. }
            | Change::RetainedGone { .. } => Err(Misfit::Gone),
        }
    }

    fn restore_message(&mut self, change: Change<'_>) -> Result<(), Misfit> {
        match change {
            Change::Queued { session, order, entry } => {
                let pending = self.pending_of(entry)?;
                self.stats.queued += 1;
                self.stats.queued_bytes += pending.message.size();
                self.session_of(session)?.queue.restore(order, pending);
                Ok(())
            }
            Change::Sent { session, order, entry } => {
                let pending = self.pending_of(entry)?;
                let is_fit = self.in_flight_of(session)?.restore(order, Some(pending));
                is_fit.then_some(()).ok_or(Misfit::Twice(session))
            }
            Change::Released { session, order, .. } => {
                let is_fit = self.in_flight_of(session)?.restore(order, None);
                is_fit.then_some(()).ok_or(Misfit::Twice(session))
            }
            _ => Err(Misfit::Gone),
        }
    }

    fn restore_session(&mut self, key: SessionKey, state: SessionState<'_>) -> Result<(), Misfit> {
        let (username, is_own_bridge) = (state.username.map(Arc::from), state.is_own_bridge);
        let identity = Identity { username, is_own_bridge };
        let listener = state.listener.map(Arc::from);
        let client = self.clients.client(&self.policy, listener.as_ref(), identity);
        let mut session = Session::new(Arc::from(state.client_id), client);
        session.expiry_secs = state.expiry_secs;
        session.set_expires_at(state.expires_at);
        session.stored = if state.is_whole { Stored::Whole } else { Stored::Part };
        self.sessions.restore(key, session).then_some(()).ok_or(Misfit::Twice(key))
    }

    fn session_of(&mut self, key: SessionKey) -> Result<&mut Session, Misfit> {
        self.sessions.at_mut(key).ok_or(Misfit::NoSession(key))
    }

    fn in_flight_of(&mut self, key: SessionKey) -> Result<&mut InFlight, Misfit> {
        Ok(self.session_of(key)?.in_flight.get_or_insert_default())
    }

    fn pending_of(&self, entry: Entry<'_>) -> Result<Pending, Misfit> {
        let group = entry.group.map(TopicFilter::new).transpose().map_err(|_| Misfit::Topic)?;
        Ok(Pending {
            message: entry.message.clone(),
            qos: entry.qos,
            retain: entry.retain,
            expires_at: entry.expires_at,
            subscription_ids: SubscriptionIds::copy_of(entry.subscription_ids),
            group: group.and_then(|group| self.router.group(group)),
        })
    }

    /// Goes on after everything was restored (D10). What was connected has ended with the broker:
    /// sessions without expiry end now, the others live as long as they were promised from now on,
    /// and so do delays of wills. What was waiting before keeps its moment; what is overdue happens
    /// now.
    pub fn resume(&mut self, now: Timestamp, out: &mut impl Sink) {
        let step = &mut Step { now, out, persists: self.persists };
        self.sessions.end_restore();
        self.origins.clear();
        self.origins.shrink_to_fit();
        let keys: Vec<SessionKey> = self.sessions.keys().collect();
        for key in keys {
            self.resume_session(step, key);
        }
        self.on_due(step);
        self.finish(step);
    }

    fn resume_session(&mut self, step: &mut Step<'_, impl Sink>, key: SessionKey) {
        let Some(session) = self.sessions.at_mut(key) else { return };
        match (session.expiry_secs, session.expires_at()) {
            (0, _) => self.mark_ending(key),
            (u32::MAX, _) => {}
            (_, Some(expires_at)) => self.session_expiry.insert(expires_at, key),
            (secs, None) => {
                let expires_at = step.now.plus_secs(secs);
                session.set_expires_at(Some(expires_at));
                session.persist(step);
                self.session_expiry.insert(expires_at, key);
            }
        }
        let Some(will) = self.sessions.at(key).and_then(|session| session.will.as_ref()) else {
            return;
        };
        match will.due_at {
            Some(due_at) => self.waiting_wills.insert(due_at, key),
            None => self.settle_will(step, key, End::Restart),
        }
    }
}

impl Scan {
    fn state(&self) -> ScanState<'_> {
        let from = self.cursor.as_ref().map(Cursor::parts);
        ScanState { filter: &self.filter, options: self.options, from }
    }

    fn of_state(state: ScanState<'_>) -> Self {
        let cursor = state.from.map(|(at, is_behind)| Cursor::of_parts(at, is_behind));
        Scan { filter: state.filter.into(), options: state.options, cursor }
    }
}
