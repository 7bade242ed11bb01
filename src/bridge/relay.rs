//! What happens to a message between the two sides: pure, without clients and without time.
//!
//! A message stays with the side that it came from until the other side has it. The two exchanges of
//! QoS 2 are one from end to end: each acknowledgement waits for its like on the other side, and the
//! identifiers belong together ([`across`]). So whatever dies in between, a message goes over once: a
//! bridge that begins anew is told by both brokers where they stand.

mod lane;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::topics::TopicMap;
use crate::config::Bridge;
use crate::protocol::{Message, MessageRef, PacketId, QoS, TopicName};
use lane::Lane;

/// Most bytes of QoS 0 messages that wait for the remote broker.
const HELD_BYTES_MAX: usize = 4 << 20;

/// One of the two brokers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// This one.
    Local,
    /// The other one.
    Remote,
}

impl Side {
    fn other(self) -> Side {
        match self {
            Side::Local => Side::Remote,
            Side::Remote => Side::Local,
        }
    }
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Step {
    /// Publish there, at QoS 0.
    Publish(Side, Message),
    /// Publish there under this identifier. `dup`: it may have been before. `is_doubtful`: something
    /// else may be kept there under the identifier.
    Carry { side: Side, packet_id: PacketId, message: Message, dup: bool, is_doubtful: bool },
    /// Send PUBREL there.
    Release(Side, PacketId),
    /// Acknowledge a message that came from there.
    Acknowledge(Side, PacketId),
    /// Send PUBCOMP there.
    Complete(Side, PacketId),
    /// What is on the way there is nobody's any more.
    Orphan(Side),
}

/// A message as it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival<'a> {
    pub message: MessageRef<'a>,
    pub packet_id: Option<PacketId>,
    pub dup: bool,
}

/// A message for the remote broker while that is away.
#[derive(Debug)]
struct Held {
    message: Message,
    packet_id: Option<PacketId>,
    dup: bool,
}

#[derive(Debug)]
pub(super) struct Relay {
    map: TopicMap,
    keeps_retain: bool,
    /// Messages are dropped while the remote broker is away.
    drops_while_away: bool,
    /// QoS 0 waits for it too.
    holds_qos0: bool,
    /// Highest QoS that the remote broker takes, while it is there.
    remote_qos_max: Option<QoS>,
    /// A connection to it has begun and is not lost: QoS 0 waits for its answer.
    is_remote_called: bool,
    held: VecDeque<Held>,
    held_qos0: usize,
    held_qos0_bytes: usize,
    /// Identifiers that this broker has released, of messages of an earlier run.
    held_releases: Vec<PacketId>,
    outward: Lane,
    inward: Lane,
}

impl Relay {
    /// `holds_qos0`: QoS 0 waits while the remote broker is away.
    pub fn new(bridge: &Bridge, holds_qos0: bool) -> Self {
        // A bridge that subscribes or unsubscribes first has used an identifier for that.
        let subscribes = bridge.topics.iter().any(|topic| topic.direction.is_in());
        let shift = u16::from(subscribes || bridge.attempts_unsubscribe);
        Relay {
            map: TopicMap::new(&bridge.topics),
            keeps_retain: bridge.outgoing_retain,
            drops_while_away: bridge.local_clean_start,
            holds_qos0,
            remote_qos_max: None,
            is_remote_called: false,
            held: VecDeque::new(),
            held_qos0: 0,
            held_qos0_bytes: 0,
            held_releases: Vec::new(),
            outward: Lane::new(Side::Local, shift),
            inward: Lane::new(Side::Remote, 1),
        }
    }

    /// How many messages of QoS 0 wait: this broker does not count them any more.
    pub fn held_qos0(&self) -> usize {
        self.held_qos0
    }

    /// A message came from this broker.
    pub fn on_local(&mut self, arrival: Arrival<'_>, out: &mut Vec<Step>) {
        let Arrival { message, packet_id, dup } = arrival;
        let qos = message.qos;
        let topic = self.map.outward(message.topic.as_str());
        let retain = message.retain && self.keeps_retain;
        let message = topic.and_then(|it| renamed(MessageRef { retain, ..message }, &it));
        let Some(message) = message else { return self.outward.refuse(packet_id, qos, out) };
        let held = Held { message, packet_id, dup };
        match (self.remote_qos_max, packet_id) {
            (Some(qos_max), _) => self.send_out(held, qos_max, out),
            (None, Some(_)) if self.drops_while_away => {
                self.outward.refuse(packet_id, qos, out);
            }
            (None, Some(_)) => self.held.push_back(held),
            (None, None) => self.hold_qos0(held),
        }
    }

    fn hold_qos0(&mut self, held: Held) {
        let bytes = self.held_qos0_bytes + held.message.size();
        let waits = (self.holds_qos0 || self.is_remote_called) && !self.drops_while_away;
        if waits && bytes <= HELD_BYTES_MAX {
            self.held_qos0 += 1;
            self.held_qos0_bytes = bytes;
            self.held.push_back(held);
        }
    }

    fn send_out(&mut self, held: Held, qos_max: QoS, out: &mut Vec<Step>) {
        let Held { message, packet_id, dup } = held;
        let qos = message.qos();
        let message = if qos > qos_max { message.with_qos(qos_max) } else { message };
        self.outward.carry(message, packet_id, qos, dup, out);
    }

    /// A message came from the remote broker.
    pub fn on_remote(&mut self, arrival: Arrival<'_>, out: &mut Vec<Step>) {
        let Arrival { message, packet_id, dup } = arrival;
        let qos = message.qos;
        let topic = self.map.inward(message.topic.as_str());
        match topic.and_then(|topic| renamed(message, &topic)) {
            Some(message) => self.inward.carry(message, packet_id, qos, dup, out),
            None => self.inward.refuse(packet_id, qos, out),
        }
    }

    /// The lane of what is published on a side.
    fn lane_to(&mut self, side: Side) -> &mut Lane {
        match side {
            Side::Remote => &mut self.outward,
            Side::Local => &mut self.inward,
        }
    }

    /// A side has a message of QoS 2, and waits for its release.
    pub fn on_taken(&mut self, side: Side, packet_id: PacketId, out: &mut Vec<Step>) {
        self.lane_to(side).on_taken(packet_id, out);
    }

    /// A side has released a message that came from it.
    pub fn on_released(&mut self, side: Side, packet_id: PacketId, out: &mut Vec<Step>) {
        match (side, self.remote_qos_max) {
            (Side::Remote, _) => self.inward.on_released(packet_id, true, out),
            (Side::Local, None) if !self.outward.has_settled(packet_id) => {
                self.held_releases.push(packet_id);
            }
            (Side::Local, qos_max) => {
                let takes_qos2 = qos_max == Some(QoS::ExactlyOnce);
                self.outward.on_released(packet_id, takes_qos2, out);
            }
        }
    }

    /// A message that was published on a side is settled there.
    pub fn on_settled(&mut self, side: Side, token: u64, out: &mut Vec<Step>) {
        let packet_id = u16::try_from(token).ok().and_then(PacketId::new);
        if let Some(packet_id) = packet_id {
            self.lane_to(side).on_settled(packet_id, out);
        }
    }

    /// A side has accepted a connection, with the session of the one before or without.
    pub fn on_connected(&mut self, side: Side, session_present: bool, out: &mut Vec<Step>) {
        if side == Side::Local {
            // This broker says again what it has released, in the same order.
            self.held_releases.clear();
            if !session_present {
                self.held.retain(|held| held.packet_id.is_none());
            }
        }
        self.lane_to(side.other()).on_origin(session_present, out);
        self.lane_to(side).on_target(session_present);
    }

    /// A connection to the remote broker begins. It may take it at any moment, and nobody here knows
    /// when it has: what is published from now on goes to it too, as with mosquitto.
    pub fn on_remote_called(&mut self) {
        self.is_remote_called = true;
    }

    /// The remote broker is there, and takes this QoS: what has waited goes out.
    pub fn on_remote_up(&mut self, qos_max: QoS, out: &mut Vec<Step>) {
        self.remote_qos_max = Some(qos_max);
        (self.held_qos0, self.held_qos0_bytes) = (0, 0);
        for packet_id in std::mem::take(&mut self.held_releases) {
            self.outward.on_released(packet_id, qos_max == QoS::ExactlyOnce, out);
        }
        for held in std::mem::take(&mut self.held) {
            self.send_out(held, qos_max, out);
        }
    }

    /// The remote broker is away, or the attempt to reach it has failed.
    pub fn on_remote_down(&mut self) {
        (self.remote_qos_max, self.is_remote_called) = (None, false);
        if !self.holds_qos0 {
            self.held.retain(|held| held.packet_id.is_some());
            (self.held_qos0, self.held_qos0_bytes) = (0, 0);
        }
    }
}

fn renamed(message: MessageRef<'_>, topic: &str) -> Option<Message> {
    let topic = TopicName::new(topic).ok()?;
    Some(Message::copy_of(MessageRef { topic, ..message }, None))
}
