//! What we publish: waiting, in flight, acknowledged. QoS 1 and 2 outlive a connection.

use std::collections::{BTreeMap, VecDeque};

use crate::protocol::{Message, Outgoing, PacketId, QoS};

/// The token of a message that nobody wants to hear of any more.
pub(super) const ORPHAN: u64 = u64::MAX - 2;

/// A message that the application handed in.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub token: u64,
    pub message: Message,
    pub topic_alias: Option<u16>,
    pub carried: Option<Carried>,
}

/// What a message brings along that the application carries from another session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carried {
    /// The identifier that it goes out under.
    pub packet_id: PacketId,
    /// It may have gone out before this session began.
    pub dup: bool,
    /// The server may hold another message under this identifier, that nobody remembers.
    pub is_doubtful: bool,
}

impl Pending {
    /// The PUBLISH of this message.
    pub fn outgoing(&self, packet_id: Option<PacketId>, dup: bool, retain: bool) -> Outgoing<'_> {
        Outgoing {
            message: self.message.as_ref(),
            dup,
            qos: self.message.qos(),
            retain,
            packet_id,
            expiry_secs: self.message.expiry_secs(),
            subscription_ids: &[],
            topic_alias: self.topic_alias,
        }
    }
}

/// How far the exchange for a message has come: what is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// PUBCOMP, after a PUBREL for whatever the server holds under the identifier; PUBLISH then.
    Cleared,
    /// PUBACK, after PUBLISH of QoS 1.
    Acknowledgement,
    /// PUBREC, after PUBLISH of QoS 2.
    Received,
    /// The word of the application, after PUBREC for a message that it carries.
    Release,
    /// PUBCOMP, after PUBREL.
    Complete,
}

/// A message with a Packet Identifier.
#[derive(Debug)]
struct InFlight {
    /// Order of the first sending.
    order: u64,
    token: u64,
    /// Nothing where only PUBREL is left to be sent.
    pending: Option<Pending>,
    step: Step,
    /// Whether a server may have seen it: DUP on the next sending.
    seen: bool,
    /// Whether the application tells when to send PUBREL, and has not done so yet.
    is_held: bool,
}

/// What to send again on a new connection, or for the first time.
pub(super) enum Next {
    Publish { packet_id: PacketId, pending: Pending, dup: bool },
    Release(PacketId),
}

/// What an acknowledgement means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acked {
    /// The message with this token is done.
    Done(u64),
    /// A message that nobody wants to hear of is done.
    Quiet,
    /// Tell the application that the server has the message.
    Taken,
    /// The identifier is free: send the message.
    Cleared,
    /// Send PUBREL.
    Release,
    /// Nothing is known about this identifier.
    Unknown,
    /// The server acknowledges with the wrong packet.
    Wrong,
}

#[derive(Debug, Default)]
pub(super) struct Outbound {
    queue: VecDeque<Pending>,
    queue_bytes: usize,
    in_flight: BTreeMap<PacketId, InFlight>,
    /// What is in flight but was not sent on this connection, oldest first.
    unsent: VecDeque<PacketId>,
    sent_count: u64,
}

impl Outbound {
    /// Puts a QoS 1 or 2 message behind those that wait.
    pub fn push(&mut self, pending: Pending) {
        self.queue_bytes += pending.message.size();
        self.queue.push_back(pending);
    }

    /// Messages that wait or are in flight.
    pub fn len(&self) -> usize {
        self.queue.len() + self.in_flight.len()
    }

    /// Bytes of the messages that wait.
    pub fn queue_bytes(&self) -> usize {
        self.queue_bytes
    }

    pub fn is_used(&self, id: PacketId) -> bool {
        self.in_flight.contains_key(&id)
    }

    /// The next message that waits.
    pub fn front(&self) -> Option<&Pending> {
        self.queue.front()
    }

    /// Takes the next message that waits.
    pub fn pop(&mut self) -> Option<Pending> {
        let pending = self.queue.pop_front()?;
        self.queue_bytes -= pending.message.size();
        Some(pending)
    }

    /// Whether another PUBLISH fits into a window.
    pub fn has_room(&self, window: u16) -> bool {
        self.in_flight.len() - self.unsent.len() < usize::from(window)
    }

    /// Remembers that a message goes out under an identifier.
    pub fn sent(&mut self, packet_id: PacketId, pending: Pending) {
        let is_doubtful = pending.carried.is_some_and(|carried| carried.is_doubtful);
        let step = match pending.message.qos() {
            QoS::ExactlyOnce if is_doubtful => Step::Cleared,
            QoS::ExactlyOnce => Step::Received,
            QoS::AtMostOnce | QoS::AtLeastOnce => Step::Acknowledgement,
        };
        let token = pending.token;
        let is_held = pending.carried.is_some() && token != ORPHAN;
        self.sent_count += 1;
        let order = self.sent_count;
        let pending = Some(pending);
        let seen = step != Step::Cleared;
        let entry = InFlight { order, token, pending, step, seen, is_held };
        self.in_flight.insert(packet_id, entry);
    }

    /// The application lets PUBREL go: whether it is to be sent now. Of an identifier that means
    /// nothing here only that is left: an earlier run had the rest.
    pub fn release(&mut self, packet_id: PacketId, is_connected: bool) -> bool {
        let Some(entry) = self.in_flight.get_mut(&packet_id) else {
            self.sent_count += 1;
            let (order, token) = (self.sent_count, u64::from(packet_id.value()));
            let step = Step::Complete;
            let entry = InFlight { order, token, pending: None, step, seen: true, is_held: false };
            self.in_flight.insert(packet_id, entry);
            return is_connected;
        };
        entry.is_held = false;
        if entry.step != Step::Release {
            return false;
        }
        entry.step = Step::Complete;
        is_connected
    }

    /// Nobody wants to hear of what the application carries any more. Which PUBREL to send now.
    pub fn orphan(&mut self, is_connected: bool) -> Vec<PacketId> {
        let mut held = Vec::new();
        for pending in &mut self.queue {
            pending.token = pending.carried.map_or(pending.token, |_| ORPHAN);
        }
        for (id, entry) in &mut self.in_flight {
            let is_carried = |pending: &Pending| pending.carried.is_some();
            if !entry.pending.as_ref().is_none_or(is_carried) {
                continue;
            }
            (entry.token, entry.is_held) = (ORPHAN, false);
            if entry.step == Step::Release {
                entry.step = Step::Complete;
                held.push(*id);
            }
        }
        if is_connected { held } else { Vec::new() }
    }

    /// The identifier that the next message must have, and whether it is free.
    pub fn next_carried(&self) -> Option<(PacketId, bool)> {
        let carried = self.queue.front()?.carried?;
        Some((carried.packet_id, !self.is_used(carried.packet_id)))
    }

    /// The message that waited for its identifier to be free: from now on it is awaited.
    pub fn cleared(&mut self, packet_id: PacketId) -> Option<Pending> {
        let entry = self.in_flight.get_mut(&packet_id)?;
        (entry.step, entry.seen) = (Step::Received, true);
        entry.pending.clone()
    }

    /// A new connection. With the session still there everything in flight goes on where it
    /// stopped; without it every message is sent as a new one, also one that the old session had
    /// received (PUBREC): rather twice than never. A led session does not doubt what the server
    /// has acknowledged once.
    pub fn resume(&mut self, session_present: bool, is_led: bool) {
        for entry in self.in_flight.values_mut().filter(|_| !session_present) {
            match entry.step {
                // Not released: it cannot have gone on from there.
                Step::Release | Step::Cleared => entry.step = Step::Received,
                Step::Complete if !is_led => entry.step = Step::Received,
                Step::Complete | Step::Acknowledgement | Step::Received => {}
            }
            entry.seen &= is_led;
        }
        let mut order: Vec<(u64, PacketId)> = self
            .in_flight
            .iter()
            .filter(|(_, entry)| entry.step != Step::Release)
            .map(|(id, entry)| (entry.order, *id))
            .collect();
        order.sort_unstable();
        self.unsent = order.into_iter().map(|(_, id)| id).collect();
    }

    /// The next thing to send again; a PUBLISH only if the window has room for it. PUBREL needs none
    /// [MQTT-4.9.0-3]: one that waited would come behind those that are released after it
    /// [MQTT-4.6.0-4].
    pub fn next_unsent(&mut self, window: u16) -> Option<Next> {
        let has_room = self.has_room(window);
        let packet_id = *self.unsent.front()?;
        let entry = self.in_flight.get_mut(&packet_id)?;
        let next = match (&entry.pending, entry.step) {
            (Some(_), Step::Acknowledgement | Step::Received) if !has_room => return None,
            (Some(pending), Step::Acknowledgement | Step::Received) => {
                let dup = std::mem::replace(&mut entry.seen, true);
                Next::Publish { packet_id, pending: pending.clone(), dup }
            }
            _ => Next::Release(packet_id),
        };
        self.unsent.pop_front();
        Some(next)
    }

    /// Gives up what has one of these tokens.
    pub fn drop_tokens(&mut self, is_one: fn(u64) -> bool) {
        self.in_flight.retain(|_, entry| !is_one(entry.token));
        let Outbound { unsent, in_flight, .. } = self;
        unsent.retain(|id| in_flight.contains_key(id));
        self.queue.retain(|pending| !is_one(pending.token));
        self.queue_bytes = self.queue.iter().map(|pending| pending.message.size()).sum();
    }

    /// Gives up a message that cannot be sent on this connection.
    /// Its token.
    pub fn forget(&mut self, packet_id: PacketId) -> Option<u64> {
        self.in_flight.remove(&packet_id).map(|entry| entry.token)
    }

    pub fn on_puback(&mut self, id: PacketId) -> Acked {
        self.finish(id, Step::Acknowledgement)
    }

    pub fn on_pubcomp(&mut self, id: PacketId) -> Acked {
        match self.sent_entry(id).map(|entry| entry.step) {
            Some(Step::Cleared) => Acked::Cleared,
            _ => self.finish(id, Step::Complete),
        }
    }

    /// PUBREC; with an error code the exchange is over.
    pub fn on_pubrec(&mut self, id: PacketId, is_error: bool) -> Acked {
        match self.sent_entry(id).map(|entry| entry.step) {
            None => Acked::Unknown,
            Some(Step::Acknowledgement | Step::Cleared) => Acked::Wrong,
            Some(step) if is_error => self.finish(id, step),
            Some(_) => {
                let Some(entry) = self.in_flight.get_mut(&id) else { return Acked::Unknown };
                let is_held = entry.is_held;
                entry.step = if is_held { Step::Release } else { Step::Complete };
                if is_held { Acked::Taken } else { Acked::Release }
            }
        }
    }

    fn finish(&mut self, id: PacketId, step: Step) -> Acked {
        match self.sent_entry(id) {
            None => Acked::Unknown,
            Some(entry) if entry.step != step => Acked::Wrong,
            Some(entry) => {
                let token = entry.token;
                self.in_flight.remove(&id);
                if token == ORPHAN { Acked::Quiet } else { Acked::Done(token) }
            }
        }
    }

    /// What is in flight under an identifier and was sent on this connection.
    fn sent_entry(&self, id: PacketId) -> Option<&InFlight> {
        self.in_flight.get(&id).filter(|_| !self.unsent.contains(&id))
    }
}
