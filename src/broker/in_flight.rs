//! Messages sent and not acknowledged: a ring indexed by packet identifier, so that no
//! acknowledgement needs a search.

use std::collections::VecDeque;

use crate::broker::change::packet_id_of;
use crate::broker::queue::Pending;
use crate::protocol::{PacketId, QoS};

/// How far the newest identifier may be from the oldest unacknowledged one. Bounds the ring of a
/// client that never acknowledges one message and all others at once.
const SPAN_MAX: usize = 4096;

/// Where the handshake of one packet identifier stands.
#[derive(Clone, Debug)]
enum Slot {
    /// Acknowledged; waits until all before it are.
    Free,
    /// PUBLISH sent, PUBACK or PUBREC awaited.
    Publish(Pending),
    /// PUBREL sent, PUBCOMP awaited.
    Release,
}

/// What is to be sent again first on a resumed session.
#[derive(Debug)]
pub(super) enum Resend<'a> {
    /// PUBLISH, with DUP.
    Publish(PacketId, &'a Pending),
    /// PUBREL.
    Release(PacketId),
}

/// What an acknowledgement meant.
#[derive(Debug)]
pub(super) enum Acked {
    /// It ended the delivery of this message, and of what was left of it.
    Ended(u64, Option<Pending>),
    /// It moved the delivery of this message on: PUBREL is next.
    Moved(u64, Pending),
    /// It was said before.
    Again,
    /// Nothing is in flight under this identifier.
    Unknown,
    /// The identifier is in flight, but at another step: a protocol error.
    WrongStep,
}

/// The QoS 1 and 2 messages that are on their way to one client.
#[derive(Debug)]
pub(super) struct InFlight {
    /// The identifier of `ring[0]`.
    first: PacketId,
    /// How many messages were sent before the one of `ring[0]`: `first` follows from it.
    before: u64,
    ring: VecDeque<Slot>,
    /// Index of the first slot that was not sent on this connection; the length of the ring when
    /// all were.
    resend: usize,
    /// Slots that were sent on this connection and are not acknowledged.
    outstanding: usize,
    /// Payload bytes of the messages in the ring.
    bytes: usize,
}

impl Default for InFlight {
    fn default() -> Self {
        InFlight {
            first: PacketId::FIRST,
            before: 0,
            ring: VecDeque::new(),
            resend: 0,
            outstanding: 0,
            bytes: 0,
        }
    }
}

impl InFlight {
    /// A new connection resumes the session: everything is to be sent again.
    pub fn restart(&mut self) {
        self.resend = 0;
        self.outstanding = 0;
    }

    /// Whether nothing waits to be sent again and one more message may go out.
    pub fn has_window(&self, messages_max: usize, bytes_max: usize) -> bool {
        self.resend == self.ring.len()
            && self.outstanding < messages_max
            && self.ring.len() < SPAN_MAX.max(messages_max).min(65_534)
            && (bytes_max == 0 || self.outstanding == 0 || self.bytes < bytes_max)
    }

    /// How many more messages may go out now, if [`InFlight::has_window`]. `max_inflight_bytes` must be
    /// off.
    pub fn window(&self, messages_max: usize) -> usize {
        let span = SPAN_MAX.max(messages_max).min(65_534);
        messages_max.saturating_sub(self.outstanding).min(span.saturating_sub(self.ring.len()))
    }

    /// Whether nothing waits to be sent again.
    pub fn are_all_sent(&self) -> bool {
        self.resend == self.ring.len()
    }

    /// Gives memory back when nothing is on its way.
    pub fn shrink(&mut self) {
        if self.ring.is_empty() && self.ring.capacity() > 64 {
            self.ring = VecDeque::new();
        }
    }

    /// Takes the next identifier for a message that is sent now. Only with
    /// [`InFlight::has_window`].
    pub fn push(&mut self, pending: Pending) -> PacketId {
        // The length stays below 65535: has_window.
        let packet_id = self.next_id();
        self.bytes += pending.message.payload().len();
        self.ring.push_back(Slot::Publish(pending));
        self.resend = self.ring.len();
        self.outstanding += 1;
        packet_id
    }

    /// A message was dropped that waited for its turn. As in mosquitto, its identifier was its own
    /// from the time that it was queued, and no other message gets it.
    pub fn skip(&mut self) {
        if self.ring.is_empty() {
            self.first = self.first.advanced(1);
            self.before += 1;
        } else if self.ring.len() < SPAN_MAX {
            let are_all_sent = self.resend == self.ring.len();
            self.ring.push_back(Slot::Free);
            if are_all_sent {
                self.resend = self.ring.len();
            }
        }
    }

    /// The identifier that [`InFlight::push`] gives next.
    pub fn next_id(&self) -> PacketId {
        self.first.advanced(self.ring.len() as u16)
    }

    /// The next thing to send again, if the window allows it. [`InFlight::on_resent`] follows.
    pub fn next_resend(&mut self, messages_max: usize) -> Option<Resend<'_>> {
        while matches!(self.ring.get(self.resend), Some(Slot::Free)) {
            self.resend += 1;
        }
        let packet_id = self.first.advanced(self.resend as u16);
        match self.ring.get(self.resend)? {
            Slot::Publish(_) if self.outstanding >= messages_max => None,
            Slot::Publish(pending) => Some(Resend::Publish(packet_id, pending)),
            Slot::Release => Some(Resend::Release(packet_id)),
            Slot::Free => None,
        }
    }

    /// What [`InFlight::next_resend`] named was sent.
    pub fn on_resent(&mut self) {
        self.resend += 1;
        self.outstanding += 1;
    }

    /// What [`InFlight::next_resend`] named cannot be sent to this client: it counts as delivered.
    pub fn skip_resend(&mut self) -> (u64, Option<Pending>) {
        self.free(self.resend)
    }

    /// The number of the message that [`InFlight::push`] takes next.
    pub fn next_order(&self) -> u64 {
        self.before + self.ring.len() as u64
    }

    /// All that is unacknowledged, by number, oldest first; `None` where PUBCOMP is awaited.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Option<&Pending>)> {
        (self.before..).zip(&self.ring).filter_map(|(order, slot)| match slot {
            Slot::Free => None,
            Slot::Publish(pending) => Some((order, Some(pending))),
            Slot::Release => Some((order, None)),
        })
    }

    /// Puts back what was unacknowledged; `None` where PUBCOMP is awaited. Whether it fits: numbers
    /// ascend, and lie near each other.
    pub fn restore(&mut self, order: u64, pending: Option<Pending>) -> bool {
        if self.ring.is_empty() {
            self.before = order;
            self.first = packet_id_of(order);
        }
        let Some(index) = order.checked_sub(self.before) else { return false };
        if index < self.ring.len() as u64 || index >= 65_534 {
            return false;
        }
        // Below 65534, see above.
        self.ring.resize_with(index as usize, || Slot::Free);
        self.bytes += pending.as_ref().map_or(0, |it| it.message.payload().len());
        self.ring.push_back(pending.map_or(Slot::Release, Slot::Publish));
        true
    }

    /// PUBACK.
    pub fn on_puback(&mut self, packet_id: PacketId) -> Acked {
        let index = self.index(packet_id);
        match self.ring.get(index) {
            Some(Slot::Publish(pending)) if pending.qos == QoS::AtLeastOnce => self.end(index),
            Some(Slot::Publish(_) | Slot::Release) => Acked::WrongStep,
            Some(Slot::Free) | None => Acked::Unknown,
        }
    }

    /// PUBREC; with an error the delivery is over [MQTT-4.4.0-2].
    pub fn on_pubrec(&mut self, packet_id: PacketId, is_error: bool) -> Acked {
        let index = self.index(packet_id);
        match self.ring.get_mut(index) {
            Some(Slot::Publish(pending)) if pending.qos == QoS::AtLeastOnce => Acked::WrongStep,
            Some(Slot::Publish(_) | Slot::Release) if is_error => self.end(index),
            Some(slot) => match std::mem::replace(slot, Slot::Release) {
                Slot::Publish(pending) => {
                    self.bytes -= pending.message.payload().len();
                    Acked::Moved(self.before + index as u64, pending)
                }
                Slot::Release => Acked::Again,
                Slot::Free => {
                    *slot = Slot::Free;
                    Acked::Unknown
                }
            },
            None => Acked::Unknown,
        }
    }

    /// PUBCOMP.
    pub fn on_pubcomp(&mut self, packet_id: PacketId) -> Acked {
        let index = self.index(packet_id);
        match self.ring.get(index) {
            Some(Slot::Release) => self.end(index),
            Some(Slot::Publish(_)) => Acked::WrongStep,
            Some(Slot::Free) | None => Acked::Unknown,
        }
    }

    /// The QoS 1 messages that nobody has acknowledged, oldest first: another member of a shared
    /// subscription may get them. QoS 2 goes to nobody else [MQTT-4.8.2-5].
    pub fn into_unacknowledged(self) -> impl Iterator<Item = Pending> {
        self.ring.into_iter().filter_map(|slot| match slot {
            Slot::Publish(pending) if pending.qos == QoS::AtLeastOnce => Some(pending),
            _ => None,
        })
    }

    fn index(&self, packet_id: PacketId) -> usize {
        packet_id.distance_from(self.first) as usize
    }

    fn end(&mut self, index: usize) -> Acked {
        let (order, pending) = self.free(index);
        Acked::Ended(order, pending)
    }

    fn free(&mut self, index: usize) -> (u64, Option<Pending>) {
        let order = self.before + index as u64;
        let freed = match std::mem::replace(&mut self.ring[index], Slot::Free) {
            Slot::Publish(pending) => {
                self.bytes -= pending.message.payload().len();
                Some(pending)
            }
            Slot::Release | Slot::Free => None,
        };
        if index < self.resend {
            self.outstanding -= 1;
        }
        while let Some(Slot::Free) = self.ring.front() {
            self.ring.pop_front();
            self.first = self.first.advanced(1);
            self.before += 1;
            self.resend = self.resend.saturating_sub(1);
        }
        (order, freed)
    }
}

/// Packet identifiers, compact: sorted, two bytes each. They mostly come in ascending order.
#[derive(Debug, Default)]
pub(super) struct PacketIdSet {
    #[expect(clippy::box_collection, reason = "most sets stay empty, and each session has two")]
    sorted: Option<Box<Vec<u16>>>,
}

impl PacketIdSet {
    /// Adds one; whether it was new.
    pub fn insert(&mut self, packet_id: PacketId) -> bool {
        let sorted = self.sorted.get_or_insert_default();
        match sorted.binary_search(&packet_id.value()) {
            Ok(_) => false,
            Err(place) => {
                sorted.insert(place, packet_id.value());
                true
            }
        }
    }

    /// Removes one; whether it was there.
    pub fn remove(&mut self, packet_id: PacketId) -> bool {
        let Some(sorted) = &mut self.sorted else { return false };
        match sorted.binary_search(&packet_id.value()) {
            Ok(place) => {
                sorted.remove(place);
                true
            }
            Err(_) => false,
        }
    }

    /// Whether it is there.
    pub fn contains(&self, packet_id: PacketId) -> bool {
        self.as_slice().binary_search(&packet_id.value()).is_ok()
    }

    /// Moves everything out of `other` into this set.
    pub fn absorb(&mut self, other: &mut PacketIdSet) {
        let Some(others) = other.sorted.take().filter(|others| !others.is_empty()) else { return };
        let sorted = self.sorted.get_or_insert_default();
        for value in *others {
            if let Err(place) = sorted.binary_search(&value) {
                sorted.insert(place, value);
            }
        }
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = PacketId> {
        self.as_slice().iter().filter_map(|value| PacketId::new(*value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn as_slice(&self) -> &[u16] {
        self.sorted.as_ref().map_or(&[], |sorted| sorted.as_slice())
    }
}
