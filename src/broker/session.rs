//! Session State: what the broker keeps for a Client Identifier, connected or not.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;
use hashbrown::HashTable;

use crate::broker::Step;
use crate::broker::access::{Client, Origin};
use crate::broker::change::Change;
use crate::broker::event::{ConnId, Sink};
use crate::broker::in_flight::{InFlight, PacketIdSet};
use crate::broker::queue::Queue;
use crate::broker::subscribe::Scan;
use crate::broker::will::ArmedWill;
use crate::protocol::{PacketId, Version};
use crate::time::Timestamp;

pub use crate::broker::router::SessionKey;

/// How much of a session survives a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// Nothing: it has no expiry, or nothing survives at all.
    No,
    /// Its will and what others would get: it has no expiry.
    Part,
    /// Everything.
    Whole,
}

/// The state of one session (section 4.1). Most clients are quiet: what only some need lies in boxes
/// that are made on first use.
#[derive(Debug)]
pub(super) struct Session {
    /// Its key.
    pub key: SessionKey,
    /// Its Client Identifier.
    pub client_id: Arc<str>,
    /// How much of it survives a restart.
    pub stored: Stored,
    /// How many of `scans` were told to survive.
    pub scans_stored: u32,
    /// Who its client is, as of the last CONNECT, and what it may do.
    pub client: Arc<Client>,
    /// Only the broker's own rules bind it ([`Client::is_free`]): asked at every delivery.
    pub is_free: bool,
    /// Twice the version of the last route by which it was to get a message, plus one if it may read
    /// that topic; 0 before that.
    pub read_memo: u64,
    /// Who it is, shared by the retained messages that it published.
    pub origin: Option<Arc<Origin>>,
    /// Session Expiry Interval in seconds, bounded by the policy.
    pub expiry_secs: u32,
    /// When it expires; [`Timestamp::NEVER`] unless it is offline and ends by time.
    expires_at: Timestamp,
    /// It is about to be removed: nobody's target any more.
    pub is_ending: bool,
    /// Its Network Connection.
    pub link: Option<Link>,
    /// The will of the present connection, or of the last one while it waits.
    pub will: Option<Box<ArmedWill>>,
    /// Sent and not acknowledged, once there was something.
    pub in_flight: Option<Box<InFlight>>,
    /// Waiting to be sent.
    pub queue: Queue,
    /// Retained messages still to be sent for subscriptions.
    pub scans: VecDeque<Scan>,
    /// Identifiers of QoS 2 messages received on earlier connections and not released.
    pub received_before: PacketIdSet,
    /// Whether it was reported that its queue overflows; until the queue has emptied.
    pub is_overflowing: bool,
}

/// The Network Connection of a session, as far as sending is concerned.
#[derive(Debug)]
pub(super) struct Link {
    /// Which connection.
    pub conn: ConnId,
    /// Its protocol version.
    pub version: Version,
    /// Its CONNECT named the method of enhanced authentication.
    pub is_authenticated: bool,
    /// A mosquitto bridge that speaks version 3.
    pub is_bridge: bool,
    /// Maximum Packet Size of the client; `u32::MAX` is none.
    pub packet_size_max: u32,
    /// How many QoS 1 and 2 messages may be unacknowledged: the smaller of its Receive Maximum and
    /// ours.
    pub window: u16,
    /// It answered [`crate::broker::event::Room::Full`] and was not drained since.
    pub is_full: bool,
    /// Whether it was reported that QoS 0 is dropped; until it is drained.
    pub is_slow: bool,
    /// Whether it was reported that messages are too large for it.
    pub is_too_small: bool,
    /// Put before its topics; taken off what it gets.
    pub mount_point: Option<Box<MountPoint>>,
    /// Identifiers of QoS 2 messages received on this connection and not released: what our
    /// Receive Maximum bounds.
    pub received: PacketIdSet,
}

/// What is put before the topics of a client. Few have one: in a box it takes little of the others.
#[derive(Debug)]
pub(super) struct MountPoint(pub Arc<str>);

impl Session {
    pub fn new(client_id: Arc<str>, client: Arc<Client>) -> Self {
        Session {
            key: SessionKey(0),
            client_id,
            stored: Stored::No,
            scans_stored: 0,
            is_free: client.is_free(),
            client,
            read_memo: 0,
            origin: None,
            expiry_secs: 0,
            expires_at: Timestamp::NEVER,
            is_ending: false,
            link: None,
            will: None,
            in_flight: None,
            queue: Queue::default(),
            scans: VecDeque::new(),
            received_before: PacketIdSet::default(),
            is_overflowing: false,
        }
    }

    /// When it ends, seen from the end of its connection.
    pub fn ends_at(&self, now: Timestamp) -> Timestamp {
        match self.expiry_secs {
            _ if self.is_ending => now,
            u32::MAX => Timestamp::NEVER,
            secs => self.expires_at().unwrap_or(now.plus_secs(secs)),
        }
    }

    /// When it expires: set while it is offline and ends by time.
    pub fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at).filter(|at| *at != Timestamp::NEVER)
    }

    /// Sets that; what it was before.
    pub fn set_expires_at(&mut self, at: Option<Timestamp>) -> Option<Timestamp> {
        let before = self.expires_at();
        self.expires_at = at.unwrap_or(Timestamp::NEVER);
        before
    }

    /// The link, unless it takes no more at present.
    pub fn open_link(&self) -> Option<&Link> {
        self.link.as_ref().filter(|link| !link.is_full)
    }

    /// Whether a QoS 1 or 2 message may go out now.
    pub fn has_window(&self, inflight_bytes_max: usize) -> bool {
        let Some(link) = self.open_link() else { return false };
        match &self.in_flight {
            Some(in_flight) => in_flight.has_window(link.window.into(), inflight_bytes_max),
            None => link.window > 0,
        }
    }

    /// A QoS 2 message with this identifier was passed on: a repeat of it is not.
    pub fn on_received(&mut self, step: &mut Step<'_, impl Sink>, packet_id: PacketId) {
        let Some(link) = &mut self.link else { return };
        let is_new = link.received.insert(packet_id);
        if is_new && self.stored == Stored::Whole {
            step.persist(Change::Received { session: self.key, packet_id });
        }
    }

    /// It was released.
    pub fn on_released(&mut self, step: &mut Step<'_, impl Sink>, packet_id: PacketId) {
        let Some(link) = &mut self.link else { return };
        let is_known = link.received.remove(packet_id) | self.received_before.remove(packet_id);
        if is_known && self.stored == Stored::Whole {
            step.persist(Change::ReceivedGone { session: self.key, packet_id });
        }
    }
}

/// All sessions: dense, and by Client Identifier.
#[derive(Debug)]
pub(super) struct Sessions {
    slots: Vec<Option<Session>>,
    free: Vec<u32>,
    /// By the hash of the Client Identifier, which stands in the session.
    by_client_id: HashTable<SessionKey>,
    hasher: SeedableRandomState,
}

impl Sessions {
    pub fn new(seed: u64) -> Self {
        let hasher = SeedableRandomState::with_seed(seed, SharedSeed::global_fixed());
        Sessions { slots: Vec::new(), free: Vec::new(), by_client_id: HashTable::new(), hasher }
    }

    /// The session of a Client Identifier, unless it is ending.
    pub fn find(&self, client_id: &str) -> Option<SessionKey> {
        let is_it = |key: &SessionKey| self.at(*key).is_some_and(|it| *it.client_id == *client_id);
        self.by_client_id.find(self.hasher.hash_one(client_id), is_it).copied()
    }

    /// A new session. The Client Identifier must be free.
    pub fn insert(&mut self, mut session: Session) -> SessionKey {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            // There are never as many as 2^32: each takes hundreds of bytes.
            self.slots.len() as u32 - 1
        });
        let key = SessionKey(slot);
        session.key = key;
        self.slots[slot as usize] = Some(session);
        self.enter(key);
        key
    }

    /// Puts a session back to the key that it had. Whether that fits: keys come in ascending order,
    /// and no Client Identifier twice.
    pub fn restore(&mut self, key: SessionKey, mut session: Session) -> bool {
        let slot = key.0 as usize;
        if slot < self.slots.len() || self.find(&session.client_id).is_some() {
            return false;
        }
        self.slots.resize_with(slot, || None);
        session.key = key;
        self.slots.push(Some(session));
        self.enter(key);
        true
    }

    /// Lets a session be found by its Client Identifier.
    fn enter(&mut self, key: SessionKey) {
        let Sessions { slots, by_client_id, hasher, .. } = self;
        let hash_of = |key: &SessionKey| {
            let session = slots[key.0 as usize].as_ref();
            hasher.hash_one(session.map_or("", |session| &session.client_id))
        };
        by_client_id.insert_unique(hash_of(&key), key, hash_of);
    }

    /// All sessions are restored: the keys between them are free.
    pub fn end_restore(&mut self) {
        let slots = self.slots.iter().enumerate().rev();
        // As in `insert`.
        self.free = slots.filter(|(_, it)| it.is_none()).map(|(slot, _)| slot as u32).collect();
    }

    /// All sessions, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Session> {
        self.slots.iter().flatten()
    }

    /// Marks a session as ending: it is found by nobody any more, but still there.
    pub fn mark_ending(&mut self, key: SessionKey) {
        let Some(Some(session)) = self.slots.get_mut(key.0 as usize) else { return };
        session.is_ending = true;
        let hash = self.hasher.hash_one(&*session.client_id);
        if let Ok(entry) = self.by_client_id.find_entry(hash, |it| *it == key) {
            entry.remove();
        }
    }

    /// Takes out a session that was marked as ending.
    pub fn remove(&mut self, key: SessionKey) -> Option<Session> {
        let session = self.slots.get_mut(key.0 as usize)?.take()?;
        self.free.push(key.0);
        if self.by_client_id.is_empty() && self.free.len() == self.slots.len() {
            self.slots = Vec::new();
            self.free = Vec::new();
            self.by_client_id = HashTable::new();
        }
        Some(session)
    }

    /// The session of a key.
    pub fn at(&self, key: SessionKey) -> Option<&Session> {
        self.slots.get(key.0 as usize)?.as_ref()
    }

    /// The session of a key, to change it.
    pub fn at_mut(&mut self, key: SessionKey) -> Option<&mut Session> {
        self.slots.get_mut(key.0 as usize)?.as_mut()
    }

    /// All keys in use, ascending.
    pub fn keys(&self) -> impl Iterator<Item = SessionKey> + use<'_> {
        let slots = self.slots.iter().enumerate();
        // As in `insert`.
        slots.filter(|(_, it)| it.is_some()).map(|(slot, _)| SessionKey(slot as u32))
    }

    /// How many sessions there are, those that are ending not counted.
    pub fn len(&self) -> usize {
        self.by_client_id.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_takes_little() {
        // Times as many as there are clients: whatever is added should be needed by most of them.
        let size = size_of::<Option<Session>>();
        assert!(size <= 176, "{size} bytes");
    }
}
