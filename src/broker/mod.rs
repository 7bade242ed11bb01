//! Every rule of the broker, as one pure machine: inputs and time in, effects out.
//!
//! It never fails, never blocks, and knows no clock, socket, file, thread, log or random source.
//! `README.md` beside this file says what lives where.

pub mod access;
mod ack_run;
mod acked;
mod admit;
mod asked;
mod backlog;
mod block;
pub mod change;
mod connect;
mod connection;
mod deliver;
mod depth;
mod end;
pub mod event;
mod held;
mod in_flight;
mod keep_alive;
mod outgoing;
pub mod policy;
mod publish;
mod queue;
mod random;
pub mod rate;
pub mod retained;
pub mod router;
mod run;
mod session;
mod slab;
pub mod stats;
mod subscribe;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod will;

pub use asked::Absent;
pub use held::HeldWill;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;

use crate::protocol::{Auth, MessageRef, Packet, ReasonCode};
use crate::time::{Deadlines, Timestamp};
use access::{Client, Clients, Origin};
use change::{Change, is_kept_topic};
use connection::{Connections, Phase};
use event::{ConnId, Effect, End, Event, Input, Refusal, Sink, Timer};
use keep_alive::Buckets;
use policy::Policy;
use publish::Publication;
use random::Random;
use rate::Accounts;
use retained::RetainedStore;
use router::{Router, SessionKey};
use session::Sessions;
use stats::Stats;
use will::DueWill;

/// Retained messages that one timer call drops at most: a bound on the time of a step.
const EXPIRED_PER_STEP: usize = 10_000;

/// The state of the broker.
#[derive(Debug)]
pub struct Broker {
    policy: Policy,
    random: Random,
    connections: Connections,
    sessions: Sessions,
    /// Who came last.
    clients: Clients,
    router: Router,
    retained: RetainedStore,
    stats: Stats,
    /// Wills that wait for their delay or the end of their session.
    waiting_wills: Deadlines<SessionKey>,
    /// Sessions that are offline and end by time.
    session_expiry: Deadlines<SessionKey>,
    keep_alives: Buckets,
    connect_timeouts: Buckets,
    /// Connections that end by `max_connection_time`.
    connection_ends: Deadlines<ConnId>,
    /// What clients have used of their rates.
    accounts: Accounts,
    /// Wills to publish in this step, in order.
    due_wills: VecDeque<DueWill>,
    /// Sessions to remove in this step, once the wills are out.
    ending: Vec<SessionKey>,
    /// Scratch: the Subscription Identifiers of one delivery.
    subscription_ids: Vec<u32>,
    /// While what was kept is taken in: who published retained messages, each once.
    origins: HashSet<Arc<Origin>, SeedableRandomState>,
    is_stopping: bool,
    /// Changes that must survive are told.
    persists: bool,
    /// The store does not work at present.
    is_store_failed: bool,
}

/// One call of [`Broker::handle`]: its moment, and where its effects go.
struct Step<'a, S> {
    now: Timestamp,
    /// Whether changes that must survive are told.
    persists: bool,
    out: &'a mut S,
}

impl<S: Sink> Step<'_, S> {
    fn report(&mut self, event: Event<'_>) {
        self.out.effect(Effect::Report(event));
    }
}

fn hasher(seed: u64) -> SeedableRandomState {
    SeedableRandomState::with_seed(seed, SharedSeed::global_fixed())
}

impl Broker {
    /// An empty broker. `seed` feeds the hashers and the assigned client ids.
    pub fn new(policy: Policy, seed: u64) -> Self {
        let mut random = Random::new(seed);
        Broker {
            policy,
            connections: Connections::default(),
            sessions: Sessions::new(random.next()),
            clients: Clients::default(),
            router: Router::new(random.next()),
            retained: RetainedStore::new(random.next()),
            origins: HashSet::with_hasher(hasher(random.next())),
            accounts: Accounts::new(random.next()),
            random,
            stats: Stats::default(),
            waiting_wills: Deadlines::default(),
            session_expiry: Deadlines::default(),
            keep_alives: Buckets::default(),
            connect_timeouts: Buckets::default(),
            connection_ends: Deadlines::default(),
            due_wills: VecDeque::new(),
            ending: Vec::new(),
            subscription_ids: Vec::new(),
            is_stopping: false,
            persists: false,
            is_store_failed: false,
        }
    }

    /// Takes in one thing that happened at `now` and carries out what follows from it. Inputs for a
    /// connection whose end was decided, or whose serial is not the present one, do nothing.
    pub fn handle(&mut self, now: Timestamp, input: Input<'_>, out: &mut impl Sink) {
        let step = &mut Step { now, persists: self.persists, out };
        match input {
            // Each is a step of its own, which ends there.
            Input::Packets { conn, packets } => return self.on_packets(step, conn, packets),
            Input::Drained { conn } => self.on_drained(step, conn),
            Input::Accepted { conn, listener, peer } => {
                self.on_accepted(step, conn, listener, peer)
            }
            Input::Connect { conn, connect, identity } => {
                self.on_connect(step, conn, connect, identity);
            }
            Input::Broken { conn, error, version } => self.on_broken(step, conn, error, version),
            Input::Closed { conn, cause } => self.on_closed(step, conn, cause),
            Input::Revoke { conn, reason, with_will } => {
                self.on_revoke(step, conn, reason, with_will);
            }
            Input::Delete { client_id, with_will } => self.on_delete(step, client_id, with_will),
            Input::Paced { conn, spent, slowed_until } => {
                self.on_paced(step, conn, spent, slowed_until);
            }
            Input::TooFast { conn } => self.on_too_fast(step, conn),
            Input::Publish { topic, payload, qos, retain, properties } => {
                self.on_own_publish(step, MessageRef { topic, qos, retain, properties, payload });
            }
            Input::Reload(policy) => self.on_reload(*policy),
            Input::Store { works } => self.on_store(step, works),
            Input::Memory { is_short } => self.stats.is_memory_short = is_short,
            Input::Timeout => self.on_timeout(step),
            Input::Shutdown => self.on_shutdown(step),
        }
        self.finish(step);
    }

    /// When to call [`Broker::handle`] with [`Input::Timeout`], and why. Calling it earlier or more
    /// often does no harm; later, things happen later, but wills and session ends that were due are
    /// put before the next CONNECT.
    ///
    /// Silence is judged in [`Input::Timeout`] alone (D16): a server that wakes up from a pause
    /// first hands in everything that its sockets hold, and only then calls it.
    pub fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let deadlines = [
            (self.waiting_wills.next(), Timer::Will),
            (self.session_expiry.next(), Timer::SessionExpiry),
            (self.keep_alives.next(), Timer::KeepAlive),
            (self.connect_timeouts.next(), Timer::ConnectTimeout),
            (self.retained.deadline(), Timer::MessageExpiry),
            (self.connection_ends.next(), Timer::ConnectionEnd),
            (self.accounts.next(), Timer::Account),
        ];
        let known = deadlines.into_iter().filter_map(|(at, timer)| Some((at?, timer)));
        known.min_by_key(|(at, _)| *at)
    }

    /// The connection that a Client Identifier has now. The server reads its socket to the end
    /// before it hands in a CONNECT with the same one (D15).
    pub fn online(&self, client_id: &str) -> Option<ConnId> {
        let key = self.sessions.find(client_id)?;
        Some(self.sessions.at(key)?.link.as_ref()?.conn)
    }

    /// The address of a connection, as it was told when it was accepted.
    pub fn peer(&mut self, conn: ConnId) -> Option<Arc<str>> {
        self.connections.find(conn).map(|connection| Arc::clone(&connection.peer))
    }

    /// What was counted so far, and what there is now.
    pub fn stats(&self) -> Stats {
        Stats {
            sessions: self.sessions.len(),
            subscriptions: self.router.len(),
            shared_subscriptions: self.router.groups(),
            retained: self.retained.len(),
            retained_bytes: self.retained.bytes(),
            ..self.stats
        }
    }

    /// How many wills wait for their delay to pass.
    pub fn waiting_wills(&self) -> usize {
        self.waiting_wills.len()
    }

    /// The settings in force.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    #[inline(always)]
    fn on_packet(&mut self, step: &mut Step<'_, impl Sink>, conn: ConnId, packet: &Packet<'_>) {
        let Some(connection) = self.connections.find(conn) else { return };
        connection.last_seen = step.now;
        let key = match connection.phase {
            Phase::Open(key) => key,
            Phase::Ended => return,
            Phase::Waiting => {
                return self.give_up(step, conn, Refusal::Reason(ReasonCode::ProtocolError));
            }
        };
        self.stats.packets_received += 1;
        if self.policy.trace
            && let Some(session) = self.sessions.at(key)
        {
            step.report(Event::Received { client_id: &session.client_id, packet });
        }
        let result = match packet {
            Packet::Publish(publish) => return self.on_publish(step, conn, key, publish),
            Packet::PubAck(_) | Packet::PubRec(_) | Packet::PubComp(_) => {
                self.on_ack(step, key, packet)
            }
            Packet::PubRel(ack) => return self.on_pubrel(step, key, ack.packet_id),
            Packet::Subscribe(subscribe) => return self.on_subscribe(step, conn, key, subscribe),
            Packet::Unsubscribe(unsubscribe) => return self.on_unsubscribe(step, key, unsubscribe),
            Packet::PingReq => return self.send(step, key, Packet::PingResp),
            Packet::Disconnect(disconnect) => {
                return self.on_disconnect(step, conn, key, disconnect);
            }
            // The server goes on with it.
            Packet::Auth(auth) if self.is_reauthentication(key, auth) => Ok(()),
            // Whoever named no method in CONNECT may not speak of one [MQTT-4.12.0-7]; the others are
            // not a client's to send.
            Packet::Auth(_)
            | Packet::Connect(_)
            | Packet::ConnAck(_)
            | Packet::SubAck(_)
            | Packet::UnsubAck(_)
            | Packet::PingResp => Err(ReasonCode::ProtocolError),
        };
        if let Err(reason) = result {
            self.close(step, conn, End::Server(reason));
        }
    }

    /// Whether AUTH begins or goes on with a re-authentication by the method of the CONNECT.
    fn is_reauthentication(&self, key: SessionKey, auth: &Auth<'_>) -> bool {
        let link = self.sessions.at(key).and_then(|session| session.link.as_ref());
        let method = auth.properties.authentication_method();
        link.is_some_and(|link| link.is_authenticated)
            && method.is_some()
            && self.knows_method(method)
    }

    fn on_drained(&mut self, step: &mut Step<'_, impl Sink>, conn: ConnId) {
        let Some(connection) = self.connections.find(conn) else { return };
        let Phase::Open(key) = connection.phase else { return };
        let Some(session) = self.sessions.at_mut(key) else { return };
        let Some(link) = &mut session.link else { return };
        link.is_full = false;
        link.is_slow = false;
        self.pump(step, key);
    }

    fn on_own_publish(&mut self, step: &mut Step<'_, impl Sink>, message: MessageRef<'_>) {
        let mut publication = Publication::of_ref(message, None, step.now, None);
        self.publish(step, &mut publication, None);
    }

    fn on_timeout(&mut self, step: &mut Step<'_, impl Sink>) {
        self.on_due(step);
        while let Some((end, conns)) = self.connect_timeouts.pop_due(step.now) {
            for conn in conns {
                self.judge_dawdling(step, conn, end);
            }
        }
        while let Some((end, conns)) = self.keep_alives.pop_due(step.now) {
            for conn in conns {
                self.judge_silence(step, conn, end);
            }
        }
        while let Some(conn) = self.connection_ends.pop_due(step.now) {
            self.close(step, conn, End::Server(ReasonCode::MaximumConnectTime));
        }
        self.accounts.drop_empty(step.now);
        let persists = self.persists;
        self.retained.drop_expired(step.now, EXPIRED_PER_STEP, |topic| {
            if persists && is_kept_topic(topic) {
                step.persist(Change::RetainedGone { topic });
            }
        });
    }

    /// A connection whose bucket has ended: it still owes its CONNECT, or not.
    fn judge_dawdling(&mut self, step: &mut Step<'_, impl Sink>, conn: ConnId, end: Timestamp) {
        let secs = self.policy.connect_timeout_secs;
        let Some(connection) = self.connections.find(conn) else { return };
        if connection.phase != Phase::Waiting || connection.armed_until != end {
            return;
        }
        let timeout_at = connection.last_seen.plus_secs(secs.into());
        if timeout_at > step.now {
            connection.armed_until = self.connect_timeouts.insert(step.now, timeout_at, conn);
            return;
        }
        self.give_up(step, conn, Refusal::Timeout);
    }

    /// A connection whose bucket has ended: silent for too long, or put into a later bucket.
    fn judge_silence(&mut self, step: &mut Step<'_, impl Sink>, conn: ConnId, end: Timestamp) {
        let Some(connection) = self.connections.find(conn) else { return };
        let is_armed = matches!(connection.phase, Phase::Open(_)) && connection.armed_until == end;
        let Some(silent_at) = connection.silent_at().filter(|_| is_armed) else { return };
        if self.is_store_failed {
            // Nothing is read, so nobody can be heard.
            let again_at = step.now.plus_secs(1);
            connection.armed_until = self.keep_alives.insert(step.now, again_at, conn);
            return;
        }
        if silent_at > step.now {
            connection.armed_until = self.keep_alives.insert(step.now, silent_at, conn);
            return;
        }
        let secs = connection.keep_alive_secs;
        self.close(step, conn, End::KeepAlive(secs));
    }

    /// Other settings. What clients may do is found out anew: it holds from the next PUBLISH and the
    /// next delivery on.
    fn on_reload(&mut self, policy: Policy) {
        self.policy = policy;
        self.clients.clear();
        let keys: Vec<SessionKey> = self.sessions.keys().collect();
        for key in keys {
            if let Some(session) = self.sessions.at_mut(key) {
                let Client { identity, listener, .. } = &*session.client;
                let (identity, listener) = (identity.clone(), listener.as_ref());
                let client = self.clients.client(&self.policy, listener, identity);
                session.set_client(client);
            }
        }
        self.connections.live_mut().for_each(|connection| connection.memo = None);
    }

    /// The store works or does not. Once it works again everybody has a whole keep-alive to be heard.
    fn on_store(&mut self, step: &mut Step<'_, impl Sink>, works: bool) {
        self.is_store_failed = !works;
        if works {
            self.connections.live_mut().for_each(|connection| connection.last_seen = step.now);
        }
    }

    /// Wills and sessions whose moment has come, in the order of their moments. All of them are
    /// decided before the first will is published, so that none goes to a session that has ended.
    fn on_due(&mut self, step: &mut Step<'_, impl Sink>) {
        loop {
            let will_at = self.waiting_wills.next().unwrap_or(Timestamp::NEVER);
            let session_at = self.session_expiry.next().unwrap_or(Timestamp::NEVER);
            if session_at <= will_at {
                // At the same moment the end of the session comes first, and takes the will along.
                let Some(key) = self.session_expiry.pop_due(step.now) else { return };
                self.on_session_expired(step, key);
            } else {
                let Some(key) = self.waiting_wills.pop_due(step.now) else { return };
                self.settle_will(step, key, End::DelayOver);
            }
        }
    }

    fn on_session_expired(&mut self, step: &mut Step<'_, impl Sink>, key: SessionKey) {
        self.mark_ending(key);
        self.stats.sessions_expired += 1;
        self.settle_will(step, key, End::SessionExpired);
        if let Some(session) = self.sessions.at(key) {
            step.report(Event::SessionExpired { client_id: &session.client_id });
        }
    }

    /// The end of a step: wills that became due are published, then the sessions that end are
    /// removed.
    #[inline(always)]
    fn finish(&mut self, step: &mut Step<'_, impl Sink>) {
        // Nearly every step has neither.
        if !self.due_wills.is_empty() || !self.ending.is_empty() {
            self.finish_all(step);
        }
    }

    fn finish_all(&mut self, step: &mut Step<'_, impl Sink>) {
        self.publish_due_wills(step);
        self.remove_ended(step);
    }
}
