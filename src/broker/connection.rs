//! Network Connections: what the broker knows about each, by slot.

use std::sync::Arc;

use crate::broker::event::ConnId;
use crate::broker::policy::ListenerId;
use crate::broker::rate::Pace;
use crate::broker::router::{RouteId, SessionKey};
use crate::protocol::{Topic, TopicName};
use crate::time::Timestamp;

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its CONNECT has not come.
    Waiting,
    /// Its CONNECT was accepted.
    Open(SessionKey),
    /// Its end was decided; only its slot is held until the server says Closed.
    Ended,
}

/// One Network Connection.
#[derive(Debug)]
pub(super) struct Connection {
    serial: u32,
    /// Where it came in.
    pub listener: ListenerId,
    /// Its address, for reports.
    pub peer: Arc<str>,
    /// How far it has come.
    pub phase: Phase,
    /// When its last whole packet came; when it was accepted, before the first.
    pub last_seen: Timestamp,
    /// Keep Alive in force, in seconds; 0 is off.
    pub keep_alive_secs: u16,
    /// The bucket it stands in: [`crate::broker::keep_alive`].
    pub armed_until: Timestamp,
    /// When `max_connection_time` ends it.
    pub ends_at: Option<Timestamp>,
    /// The rates of its client, where there are any.
    pub pace: Option<Box<Pace>>,
    /// The topic it published to last. In a box, since most connections only listen.
    pub memo: Option<Box<TopicMemo>>,
}

/// A topic that was checked and routed before. The next PUBLISH is likely to have the same.
#[derive(Clone, Debug)]
pub(super) struct TopicMemo {
    /// The topic as the client writes it.
    pub written: Arc<str>,
    /// The topic with the mount point of the listener; the same string where there is none.
    pub topic: Arc<str>,
    /// Where it leads, as long as the router remembers.
    pub route: RouteId,
    /// Whether there is a mount point.
    pub is_mounted: bool,
    /// Whether its client may publish to it, once that was asked. Forgotten when the rules change.
    pub is_writable: Option<bool>,
}

impl TopicMemo {
    /// The topic with the mount point. `written` is what the memo was made of.
    pub fn name<'a>(&'a self, written: &'a Topic<'_>) -> Option<TopicName<'a>> {
        match self.is_mounted {
            true => TopicName::new(&self.topic).ok(),
            false => Some(written.name()),
        }
    }
}

impl Connection {
    pub fn new(serial: u32, listener: ListenerId, peer: Arc<str>, now: Timestamp) -> Self {
        Connection {
            serial,
            listener,
            peer,
            phase: Phase::Waiting,
            last_seen: now,
            keep_alive_secs: 0,
            armed_until: Timestamp::NEVER,
            ends_at: None,
            pace: None,
            memo: None,
        }
    }

    /// The session of an open connection.
    pub const fn session(&self) -> Option<SessionKey> {
        match self.phase {
            Phase::Open(key) => Some(key),
            Phase::Waiting | Phase::Ended => None,
        }
    }

    /// When it has been silent for 1.5 times its Keep Alive [MQTT-3.1.2-22]. While it is slowed
    /// nobody listens, so that does not count as silence.
    pub fn silent_at(&self) -> Option<Timestamp> {
        let slowed_until = self.pace.as_ref().map_or(self.last_seen, |pace| pace.slowed_until);
        match self.keep_alive_secs {
            0 => None,
            secs => Some(self.last_seen.max(slowed_until).plus_millis(u64::from(secs) * 1500)),
        }
    }
}

/// All connections, by slot.
#[derive(Debug, Default)]
pub(super) struct Connections {
    slots: Vec<Option<Connection>>,
    /// How many of them are in use.
    used: usize,
}

impl Connections {
    /// Takes a slot into use.
    pub fn insert(&mut self, conn: ConnId, connection: Connection) {
        let slot = conn.slot as usize;
        if self.slots.len() <= slot {
            self.slots.resize_with(slot + 1, || None);
        }
        self.used += usize::from(self.slots[slot].is_none());
        self.slots[slot] = Some(connection);
    }

    /// The connection, unless the slot is another's by now.
    pub fn find(&mut self, conn: ConnId) -> Option<&mut Connection> {
        let connection = self.slots.get_mut(conn.slot as usize)?.as_mut()?;
        (connection.serial == conn.serial).then_some(connection)
    }

    /// Frees the slot.
    pub fn remove(&mut self, conn: ConnId) {
        if self.find(conn).is_some() {
            self.slots[conn.slot as usize] = None;
            self.used -= 1;
        }
        if self.used == 0 {
            self.slots = Vec::new();
        }
    }

    /// All connections, to change them.
    pub fn live_mut(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.slots.iter_mut().flatten()
    }

    /// Those that are waiting or open, by slot.
    pub fn live(&self) -> impl Iterator<Item = (ConnId, &Connection)> {
        self.slots.iter().enumerate().filter_map(|(slot, connection)| {
            let connection = connection.as_ref().filter(|it| it.phase != Phase::Ended)?;
            // Slots are u32 by their type.
            Some((ConnId { slot: slot as u32, serial: connection.serial }, connection))
        })
    }
}
