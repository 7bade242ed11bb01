//! Messages sent and not acknowledged, by packet identifier. Messages that were sent one by one lie in
//! a ring, so that no acknowledgement needs a search. Those that were sent together stay together
//! as long as they are acknowledged in the order in which they were sent; out of order, they are
//! taken apart once. So nothing that a client does costs more than the logarithm of what it has
//! in flight, beside what each message costs once.

mod ids;
mod resend;
mod segment;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::broker::block::Piece;
use crate::broker::change::packet_id_of;
use crate::broker::queue::Pending;
use crate::protocol::{Packet, PacketId, PacketKind, QoS};
pub(super) use ids::PacketIdSet;
pub(super) use resend::Resend;
use segment::{Kind, Segment, Slot, Standing, Unacknowledged};

/// How far the newest identifier may be from the oldest unacknowledged one. Bounds what is kept of a
/// client that never acknowledges one message and all others at once.
const SPAN_MAX: usize = 4096;

/// So many messages may be in flight whatever their size, if the window allows them …
const LARGE_MESSAGES_MAX: usize = 100;

/// … and more only while their payloads have fewer bytes than this together: a client that never
/// acknowledges holds little, however large its window is.
const SMALL_BYTES_MAX: usize = 1 << 20;

/// What an acknowledgement meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acked {
    /// It ended the delivery of the message of this number.
    Ended(u64),
    /// It moved the delivery of the message of this number on: PUBREL is next.
    Moved(u64),
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
    /// The identifier of the oldest message.
    first: PacketId,
    /// How many messages were sent before it: `first` follows from it.
    before: u64,
    /// From the oldest message to the newest, those between them that are acknowledged included.
    len: usize,
    /// All of them. The first is not acknowledged. None is empty but one of loose slots that is alone:
    /// it stays for the messages to come.
    segments: VecDeque<Segment>,
    /// The number of the first message that was not sent on this connection; the next number when
    /// all were. Until then there is one segment.
    resend: u64,
    /// Messages that were sent on this connection and are not acknowledged.
    outstanding: usize,
    /// Payload bytes of the messages that await PUBACK or PUBREC.
    bytes: usize,
}

impl Default for InFlight {
    fn default() -> Self {
        InFlight {
            first: PacketId::FIRST,
            before: 0,
            len: 0,
            // Most never have more.
            segments: VecDeque::with_capacity(1),
            resend: 0,
            outstanding: 0,
            bytes: 0,
        }
    }
}

impl InFlight {
    /// Whether nothing waits to be sent again and one more message may go out.
    pub fn has_window(&self, messages_max: usize, bytes_max: usize) -> bool {
        self.are_all_sent()
            && self.outstanding < self.bound(messages_max)
            && self.len < SPAN_MAX.max(messages_max).min(65_534)
            && (bytes_max == 0 || self.outstanding == 0 || self.bytes < bytes_max)
    }

    /// How many more messages may go out now, if [`InFlight::has_window`]. `max_inflight_bytes` must be
    /// off. None of them is large, so all may go out as soon as one may.
    pub fn window(&self, messages_max: usize) -> usize {
        let span = SPAN_MAX.max(messages_max).min(65_534);
        let bound = self.bound(messages_max);
        bound.saturating_sub(self.outstanding).min(span.saturating_sub(self.len))
    }

    /// How many messages may be in flight, with those that are there.
    const fn bound(&self, messages_max: usize) -> usize {
        match self.bytes < SMALL_BYTES_MAX || messages_max < LARGE_MESSAGES_MAX {
            true => messages_max,
            false => LARGE_MESSAGES_MAX,
        }
    }

    /// Whether nothing waits to be sent again.
    pub fn are_all_sent(&self) -> bool {
        self.resend == self.next_order()
    }

    /// How many messages are unacknowledged.
    pub fn unacknowledged_len(&self) -> usize {
        self.segments.iter().map(Segment::unacknowledged_len).sum()
    }

    /// Gives memory back when nothing is on its way.
    pub fn shrink(&mut self) {
        if self.len > 0 {
            return;
        }
        let slots = match self.segments.front() {
            Some(Segment { kind: Kind::Loose(slots), .. }) => slots.capacity(),
            _ => 0,
        };
        if slots > 64 || self.segments.capacity() > 64 {
            self.segments = VecDeque::with_capacity(1);
        }
    }

    /// Takes the next identifier for a message that is sent now. Only with
    /// [`InFlight::has_window`].
    pub fn push(&mut self, pending: Pending) -> PacketId {
        // The length stays below 65535: has_window.
        let packet_id = self.next_id();
        self.bytes += pending.message.payload().len();
        self.push_slot(Slot::Publish(pending));
        self.resend = self.next_order();
        self.outstanding += 1;
        packet_id
    }

    /// Takes the next identifiers for messages that are sent now. Only for as many as
    /// [`InFlight::window`] says.
    pub fn push_piece(&mut self, piece: Piece) {
        let (start, len) = (self.next_order(), piece.len());
        self.bytes += piece.payload_bytes(len);
        if self.len == 0 {
            self.segments.clear();
        }
        let is_joined = match self.segments.back_mut() {
            Some(Segment { kind: Kind::Piece(last), .. }) => last.join(&piece),
            _ => false,
        };
        if !is_joined {
            self.segments.push_back(Segment { start, kind: Kind::Piece(piece) });
        }
        self.len += len;
        self.resend = self.next_order();
        self.outstanding += len;
    }

    /// A message was dropped that waited for its turn. As in mosquitto, its identifier was its own
    /// from the time that it was queued, and no other message gets it.
    pub fn skip(&mut self) {
        let are_all_sent = self.are_all_sent();
        if self.len == 0 {
            self.first = self.first.advanced(1);
            self.before += 1;
            self.begin();
        } else if self.len < SPAN_MAX {
            self.push_slot(Slot::Free);
        }
        if are_all_sent {
            self.resend = self.next_order();
        }
    }

    /// The slots that wait for messages begin where these will.
    fn begin(&mut self) {
        if let Some(segment) = self.segments.front_mut() {
            segment.start = self.before;
        }
    }

    #[inline(always)]
    fn push_slot(&mut self, slot: Slot) {
        if let Some(Segment { kind: Kind::Loose(slots), .. }) = self.segments.back_mut() {
            slots.push_back(slot);
        } else {
            let (start, kind) = (self.next_order(), Kind::Loose(VecDeque::from([slot])));
            self.segments.push_back(Segment { start, kind });
        }
        self.len += 1;
    }

    /// The identifier that [`InFlight::push`] gives next.
    pub fn next_id(&self) -> PacketId {
        self.first.advanced(self.len as u16)
    }

    /// The number of the message that [`InFlight::push`] takes next.
    pub fn next_order(&self) -> u64 {
        self.before + self.len as u64
    }

    /// All that is unacknowledged, by number, oldest first; `None` where PUBCOMP is awaited.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Unacknowledged<'_>)> {
        self.segments.iter().flat_map(Segment::unacknowledged)
    }

    /// Puts back what was unacknowledged; `None` where PUBCOMP is awaited. Whether it fits: numbers
    /// ascend, and lie near each other.
    pub fn restore(&mut self, order: u64, pending: Option<Pending>) -> bool {
        if self.len == 0 {
            self.before = order;
            self.first = packet_id_of(order);
            self.begin();
        }
        let Some(index) = order.checked_sub(self.before) else { return false };
        if index < self.len as u64 || index >= 65_534 {
            return false;
        }
        while (self.len as u64) < index {
            self.push_slot(Slot::Free);
        }
        self.bytes += pending.as_ref().map_or(0, |it| it.message.payload().len());
        self.push_slot(pending.map_or(Slot::Release, Slot::Publish));
        true
    }

    /// The message of an identifier, if it is in flight for itself.
    pub fn sent_alone(&self, packet_id: PacketId) -> Option<&Pending> {
        let (segment, n) = self.place(packet_id)?;
        self.segments[segment].alone(n)
    }

    /// PUBACK, PUBREC or PUBCOMP; any other packet means nothing.
    #[inline(always)]
    pub fn on_ack(&mut self, packet: &Packet<'_>) -> Acked {
        match packet {
            Packet::PubAck(ack) => self.on_puback(ack.packet_id),
            Packet::PubRec(ack) => self.on_pubrec(ack.packet_id, ack.reason.is_error()),
            Packet::PubComp(ack) => self.on_pubcomp(ack.packet_id),
            _ => Acked::Unknown,
        }
    }

    /// PUBACK.
    pub fn on_puback(&mut self, packet_id: PacketId) -> Acked {
        let Some(place) = self.place(packet_id) else { return Acked::Unknown };
        match self.standing(place) {
            Standing::Publish(QoS::AtLeastOnce) => Acked::Ended(self.turn(place, Standing::Free)),
            Standing::Publish(_) | Standing::Release => Acked::WrongStep,
            Standing::Free => Acked::Unknown,
        }
    }

    /// PUBREC; with an error the delivery is over [MQTT-4.4.0-2].
    pub fn on_pubrec(&mut self, packet_id: PacketId, is_error: bool) -> Acked {
        let Some(place) = self.place(packet_id) else { return Acked::Unknown };
        match self.standing(place) {
            Standing::Publish(QoS::AtLeastOnce) => Acked::WrongStep,
            Standing::Free => Acked::Unknown,
            _ if is_error => Acked::Ended(self.turn(place, Standing::Free)),
            Standing::Publish(_) => Acked::Moved(self.turn(place, Standing::Release)),
            Standing::Release => Acked::Again,
        }
    }

    /// PUBCOMP.
    pub fn on_pubcomp(&mut self, packet_id: PacketId) -> Acked {
        let Some(place) = self.place(packet_id) else { return Acked::Unknown };
        match self.standing(place) {
            Standing::Release => Acked::Ended(self.turn(place, Standing::Free)),
            Standing::Publish(_) => Acked::WrongStep,
            Standing::Free => Acked::Unknown,
        }
    }

    /// Acknowledgements of one kind that came together: how many of them, from the first one on, moved
    /// on what was sent together, in its order. With 0 nothing was done.
    pub fn on_acks(
        &mut self,
        kind: PacketKind,
        mut packet_ids: impl Iterator<Item = PacketId>,
    ) -> usize {
        let Some(first) = packet_ids.next() else { return 0 };
        let Some((segment, 0)) = self.place(first) else { return 0 };
        let (len, to) = match (&self.segments[segment].kind, kind) {
            (Kind::Piece(piece), PacketKind::PubAck) if piece.qos() == QoS::AtLeastOnce => {
                (piece.len(), Standing::Free)
            }
            (Kind::Piece(piece), PacketKind::PubRec) if piece.qos() == QoS::ExactlyOnce => {
                (piece.len(), Standing::Release)
            }
            (Kind::Release(len), PacketKind::PubComp) => (*len, Standing::Free),
            _ => return 0,
        };
        let mut last = first;
        let is_next = |packet_id: &PacketId| {
            last = last.advanced(1);
            *packet_id == last
        };
        let moved = 1 + packet_ids.take(len - 1).take_while(is_next).count();
        if self.turn_first(segment, moved, to) { moved } else { 0 }
    }

    /// The QoS 1 messages that nobody has acknowledged and that came by a shared subscription, oldest
    /// first: another member may get them. QoS 2 goes to nobody else [MQTT-4.8.2-5].
    pub fn into_unacknowledged(self) -> impl Iterator<Item = Pending> {
        let loose = self.segments.into_iter().filter_map(|segment| match segment.kind {
            Kind::Loose(slots) => Some(slots),
            Kind::Piece(_) | Kind::Release(_) | Kind::Free(_) => None,
        });
        loose.flatten().filter_map(|slot| match slot {
            Slot::Publish(pending) if pending.qos == QoS::AtLeastOnce => Some(pending),
            _ => None,
        })
    }

    /// The segment of an identifier, and the place in it.
    #[inline(always)]
    fn place(&self, packet_id: PacketId) -> Option<(usize, usize)> {
        let index = usize::from(packet_id.distance_from(self.first));
        match self.segments.front() {
            Some(segment) if index < segment.len() => Some((0, index)),
            _ if index < self.len => Some(self.place_behind(index)),
            _ => None,
        }
    }

    /// The segment and the place of a message that is not in the first one.
    fn place_behind(&self, index: usize) -> (usize, usize) {
        let order = self.before + index as u64;
        let segment = self.segments.partition_point(|segment| segment.start <= order) - 1;
        (segment, (order - self.segments[segment].start) as usize)
    }

    #[inline(always)]
    fn standing(&self, (segment, n): (usize, usize)) -> Standing {
        self.segments[segment].standing(n)
    }

    /// Lets one message stand differently; its number.
    #[inline(always)]
    fn turn(&mut self, (segment, n): (usize, usize), to: Standing) -> u64 {
        let place = &mut self.segments[segment];
        let order = place.start + n as u64;
        let Kind::Loose(slots) = &mut place.kind else {
            return self.turn_together((segment, n), to);
        };
        if let Slot::Publish(pending) = &slots[n] {
            self.bytes -= pending.message.payload().len();
        }
        if to == Standing::Release {
            slots[n] = Slot::Release;
            return order;
        }
        if (segment, n) == (0, 0) {
            slots.pop_front();
            place.start += 1;
            let is_next = match slots.front() {
                Some(slot) => matches!(slot, Slot::Free),
                None => self.len > 1,
            };
            self.on_free(order, 1);
            self.pass(1);
            if is_next {
                self.trim();
            }
        } else {
            slots[n] = Slot::Free;
            self.on_free(order, 1);
        }
        order
    }

    /// The same for a message that was sent together with others.
    fn turn_together(&mut self, (segment, n): (usize, usize), to: Standing) -> u64 {
        let order = self.segments[segment].start + n as u64;
        if n > 0 || !self.turn_first(segment, 1, to) {
            self.take_apart(segment);
            self.turn((segment, n), to);
        }
        order
    }

    /// Lets the first `len` messages of a segment stand differently; whether that can be done without
    /// taking it apart. Not for loose ones.
    fn turn_first(&mut self, segment: usize, len: usize, to: Standing) -> bool {
        let start = self.segments[segment].start;
        let is_passed = segment == 0 && to == Standing::Free;
        let mut turned = segment;
        if !is_passed && !self.lengthen(segment, len, to) {
            // Near the end of the queue that is cheap, and nearly all clients get no further.
            if segment > 1 {
                return false;
            }
            let kind = if to == Standing::Release { Kind::Release(len) } else { Kind::Free(len) };
            self.segments.insert(segment, Segment { start, kind });
            turned += 1;
        }
        let place = &mut self.segments[turned];
        if let Kind::Piece(piece) = &place.kind {
            self.bytes -= piece.payload_bytes(len);
        }
        place.skip(len);
        if place.len() == 0 {
            self.segments.remove(turned);
        }
        if to == Standing::Free {
            self.on_free(start, len);
        }
        if is_passed {
            self.pass(len);
            self.trim();
        }
        true
    }

    /// Adds to the segment before this one, if all of it stands like that.
    fn lengthen(&mut self, segment: usize, by: usize, to: Standing) -> bool {
        let before = segment.checked_sub(1).and_then(|before| self.segments.get_mut(before));
        match (before.map(|segment| &mut segment.kind), to) {
            (Some(Kind::Release(len)), Standing::Release)
            | (Some(Kind::Free(len)), Standing::Free) => {
                *len += by;
                true
            }
            _ => false,
        }
    }

    /// Makes slots of a segment.
    fn take_apart(&mut self, segment: usize) {
        let place = &mut self.segments[segment];
        let start = place.start;
        let whole = std::mem::replace(place, Segment { start, kind: Kind::Free(0) });
        place.kind = Kind::Loose(whole.into_slots());
    }

    /// Messages from this number on are acknowledged. They stand together: all of them were sent on
    /// this connection, or none.
    fn on_free(&mut self, order: u64, len: usize) {
        if order < self.resend {
            self.outstanding -= len;
        }
    }

    /// The oldest messages are acknowledged, and gone.
    fn pass(&mut self, len: usize) {
        // As many as there may be identifiers.
        self.first = self.first.advanced(len as u16);
        self.before += len as u64;
        self.len -= len;
        self.resend = self.resend.max(self.before);
    }

    /// Gives up what is acknowledged, up to the oldest message that is not.
    fn trim(&mut self) {
        while let Some(Segment { start, kind }) = self.segments.front_mut() {
            let (passed, is_over, stays) = match kind {
                Kind::Free(len) => (*len, true, false),
                Kind::Loose(slots) => {
                    let mut passed = 0;
                    while let Some(Slot::Free) = slots.front() {
                        slots.pop_front();
                        passed += 1;
                    }
                    *start += passed as u64;
                    (passed, slots.is_empty(), passed == self.len)
                }
                Kind::Piece(_) | Kind::Release(_) => return,
            };
            self.pass(passed);
            if !is_over || stays {
                return;
            }
            self.segments.pop_front();
        }
    }
}
