//! What we publish: waiting, in flight, acknowledged. QoS 1 and 2 outlive a connection.

use std::collections::{BTreeMap, VecDeque};

use crate::protocol::{Message, Outgoing, PacketId, QoS};

/// A message that the application handed in.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub token: u64,
    pub message: Message,
    pub topic_alias: Option<u16>,
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
    /// PUBACK, after PUBLISH of QoS 1.
    Acknowledgement,
    /// PUBREC, after PUBLISH of QoS 2.
    Received,
    /// PUBCOMP, after PUBREL.
    Complete,
}

/// A message with a Packet Identifier.
#[derive(Debug)]
struct InFlight {
    /// Order of the first sending.
    order: u64,
    pending: Pending,
    step: Step,
    /// Whether a server may have seen it: DUP on the next sending.
    seen: bool,
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
        let step = match pending.message.qos() {
            QoS::ExactlyOnce => Step::Received,
            QoS::AtMostOnce | QoS::AtLeastOnce => Step::Acknowledgement,
        };
        self.sent_count += 1;
        let order = self.sent_count;
        self.in_flight.insert(packet_id, InFlight { order, pending, step, seen: true });
    }

    /// A new connection. With the session still there everything in flight goes on where it
    /// stopped; without it every message is sent as a new one, also one that the old session had
    /// received (PUBREC): rather twice than never.
    pub fn resume(&mut self, session_present: bool) {
        let mut order: Vec<(u64, PacketId)> =
            self.in_flight.iter().map(|(id, entry)| (entry.order, *id)).collect();
        order.sort_unstable();
        self.unsent = order.into_iter().map(|(_, id)| id).collect();
        if session_present {
            return;
        }
        for entry in self.in_flight.values_mut() {
            entry.seen = false;
            if entry.step == Step::Complete {
                entry.step = Step::Received;
            }
        }
    }

    /// The next thing to send again, if the window has room for it.
    pub fn next_unsent(&mut self, window: u16) -> Option<Next> {
        let packet_id = *self.unsent.front()?;
        if !self.has_room(window) {
            return None;
        }
        self.unsent.pop_front();
        let entry = self.in_flight.get_mut(&packet_id)?;
        if entry.step == Step::Complete {
            return Some(Next::Release(packet_id));
        }
        let dup = entry.seen;
        entry.seen = true;
        Some(Next::Publish { packet_id, pending: entry.pending.clone(), dup })
    }

    /// Gives up what has one of these tokens.
    pub fn drop_tokens(&mut self, is_one: fn(u64) -> bool) {
        self.in_flight.retain(|_, entry| !is_one(entry.pending.token));
        let Outbound { unsent, in_flight, .. } = self;
        unsent.retain(|id| in_flight.contains_key(id));
        self.queue.retain(|pending| !is_one(pending.token));
        self.queue_bytes = self.queue.iter().map(|pending| pending.message.size()).sum();
    }

    /// Gives up a message that cannot be sent on this connection.
    pub fn forget(&mut self, packet_id: PacketId) {
        self.in_flight.remove(&packet_id);
    }

    pub fn on_puback(&mut self, id: PacketId) -> Acked {
        self.finish(id, Step::Acknowledgement)
    }

    pub fn on_pubcomp(&mut self, id: PacketId) -> Acked {
        self.finish(id, Step::Complete)
    }

    /// PUBREC; with an error code the exchange is over.
    pub fn on_pubrec(&mut self, id: PacketId, is_error: bool) -> Acked {
        match self.sent_entry(id).map(|entry| entry.step) {
            None => Acked::Unknown,
            Some(Step::Acknowledgement) => Acked::Wrong,
            Some(step) if is_error => self.finish(id, step),
            Some(_) => {
                if let Some(entry) = self.in_flight.get_mut(&id) {
                    entry.step = Step::Complete;
                }
                Acked::Release
            }
        }
    }

    fn finish(&mut self, id: PacketId, step: Step) -> Acked {
        match self.sent_entry(id) {
            None => Acked::Unknown,
            Some(entry) if entry.step != step => Acked::Wrong,
            Some(entry) => {
                let token = entry.pending.token;
                self.in_flight.remove(&id);
                Acked::Done(token)
            }
        }
    }

    /// What is in flight under an identifier and was sent on this connection.
    fn sent_entry(&self, id: PacketId) -> Option<&InFlight> {
        self.in_flight.get(&id).filter(|_| !self.unsent.contains(&id))
    }
}
