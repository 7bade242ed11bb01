//! One direction of a bridge: the messages with an identifier that are on the way.

use std::collections::{BTreeMap, BTreeSet};

use super::{Side, Step};
use crate::protocol::{Message, PacketId, QoS};

/// Where a message stands.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// The QoS that it came with.
    qos: QoS,
    /// The target has it, and waits for its release.
    is_taken: bool,
}

#[derive(Debug)]
pub(super) struct Lane {
    /// Where its messages come from.
    origin: Side,
    /// How far the identifier of a message at the target is behind the one at the origin.
    shift: u16,
    /// By the identifier at the origin.
    ways: BTreeMap<PacketId, Way>,
    /// Messages of QoS 2 that the origin has yet to release, and the target knows nothing of.
    settled_here: BTreeSet<PacketId>,
    doubt: Doubt,
}

/// Whether the target may keep messages of an earlier run under identifiers that the origin, which
/// has forgotten that, uses for others.
#[derive(Debug, Default)]
struct Doubt {
    /// The target had a session before this run.
    is_target_old: Option<bool>,
    has_origin_forgotten: bool,
    /// Identifiers that are clear.
    known: BTreeSet<PacketId>,
}

impl Doubt {
    /// Whether an identifier is to be cleared before it is used.
    fn is_about(&mut self, packet_id: PacketId) -> bool {
        let is_old = self.is_target_old == Some(true);
        is_old && self.known.insert(packet_id) && self.has_origin_forgotten
    }
}

impl Lane {
    /// `shift`: how many identifiers the bridge uses at the target before it carries anything, 0 or 1.
    pub fn new(origin: Side, shift: u16) -> Self {
        Lane {
            origin,
            shift,
            ways: BTreeMap::new(),
            settled_here: BTreeSet::new(),
            doubt: Doubt::default(),
        }
    }

    /// What a message is called on the other side: always the same, so that it need not be
    /// remembered.
    fn across(&self, packet_id: PacketId) -> PacketId {
        packet_id.advanced(self.shift)
    }

    /// The reverse of [`Lane::across`].
    fn back(&self, packet_id: PacketId) -> PacketId {
        packet_id.advanced(u16::MAX - self.shift)
    }

    /// A message goes over, if need be with a lower QoS than the one that it came with.
    pub fn carry(
        &mut self,
        message: Message,
        packet_id: Option<PacketId>,
        qos: QoS,
        dup: bool,
        out: &mut Vec<Step>,
    ) {
        let side = self.origin.other();
        let Some(packet_id) = packet_id else { return out.push(Step::Publish(side, message)) };
        if message.qos() == QoS::AtMostOnce {
            out.push(Step::Publish(side, message));
            return self.refuse(Some(packet_id), qos, out);
        }
        self.ways.insert(packet_id, Way { qos, is_taken: false });
        self.settled_here.remove(&packet_id);
        let is_doubtful = self.doubt.is_about(packet_id);
        let packet_id = self.across(packet_id);
        out.push(Step::Carry { side, packet_id, message, dup, is_doubtful });
    }

    /// A message does not go over.
    pub fn refuse(&mut self, packet_id: Option<PacketId>, qos: QoS, out: &mut Vec<Step>) {
        let Some(packet_id) = packet_id else { return };
        if qos == QoS::ExactlyOnce {
            self.settled_here.insert(packet_id);
        }
        out.push(Step::Acknowledge(self.origin, packet_id));
    }

    pub fn on_taken(&mut self, packet_id: PacketId, out: &mut Vec<Step>) {
        let packet_id = self.back(packet_id);
        if let Some(way) = self.ways.get_mut(&packet_id) {
            way.is_taken = true;
            out.push(Step::Acknowledge(self.origin, packet_id));
        }
    }

    /// Whether an identifier waits for nothing but its release by the origin.
    pub fn has_settled(&self, packet_id: PacketId) -> bool {
        self.settled_here.contains(&packet_id)
    }

    /// `is_possible`: the target takes QoS 2 at all.
    pub fn on_released(&mut self, packet_id: PacketId, is_possible: bool, out: &mut Vec<Step>) {
        if self.settled_here.remove(&packet_id) || !is_possible {
            self.ways.remove(&packet_id);
            return out.push(Step::Complete(self.origin, packet_id));
        }
        // Also for one of an earlier run: the target knows about it, or says that it does not.
        out.push(Step::Release(self.origin.other(), self.across(packet_id)));
    }

    pub fn on_settled(&mut self, packet_id: PacketId, out: &mut Vec<Step>) {
        let packet_id = self.back(packet_id);
        match self.ways.remove(&packet_id) {
            Some(Way { qos, is_taken: false }) => self.refuse(Some(packet_id), qos, out),
            Some(_) | None => out.push(Step::Complete(self.origin, packet_id)),
        }
    }

    /// The origin is connected. Without its session, what came from it is not its any more.
    pub fn on_origin(&mut self, session_present: bool, out: &mut Vec<Step>) {
        if !session_present {
            self.ways.clear();
            self.settled_here.clear();
            self.doubt.has_origin_forgotten = true;
            out.push(Step::Orphan(self.origin.other()));
        }
    }

    /// The target is connected: without a session it keeps nothing.
    pub fn on_target(&mut self, session_present: bool) {
        match session_present {
            true => self.doubt.is_target_old = self.doubt.is_target_old.or(Some(true)),
            false => self.doubt.is_target_old = Some(false),
        }
    }
}
