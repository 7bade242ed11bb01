//! Acknowledgements that came together, and those of PUBLISH packets that did.

use crate::broker::event::{ConnId, Room, Sink, ids_of};
use crate::broker::in_flight::Acked;
use crate::broker::router::SessionKey;
use crate::broker::session::Stored;
use crate::broker::{Broker, Step};
use crate::protocol::{Packet, PacketId, ReasonCode};

impl Broker {
    /// How many QoS 2 PUBLISH packets, from the first one on, are no repeats, and are within the
    /// Receive Maximum.
    pub(super) fn count_new(&self, key: SessionKey, packets: &[Packet<'_>]) -> usize {
        let Some(session) = self.sessions.at(key) else { return 0 };
        let Some(link) = &session.link else { return 0 };
        let mut ids = ids_of(packets).peekable();
        let Some(&first) = ids.peek() else { return 0 };
        // What ascends has nothing twice.
        let mut next = 0;
        let is_new = |id: &PacketId| {
            let distance = id.distance_from(first);
            let ascends = distance >= next;
            next = distance.saturating_add(1);
            ascends && !link.received.contains(*id) && !session.received_before.contains(*id)
        };
        ids.take(self.receive_room(link)).take_while(is_new).count()
    }

    /// QoS 2 PUBLISH packets were passed on: repeats of them are not.
    pub(super) fn note_received(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        key: SessionKey,
        packets: &[Packet<'_>],
    ) {
        let Some(session) = self.sessions.at_mut(key) else { return };
        ids_of(packets).for_each(|packet_id| session.on_received(step, packet_id));
    }

    /// Answers each packet with this reason; version 3 has no codes.
    pub(super) fn answer_run(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        key: SessionKey,
        packets: &[Packet<'_>],
        reason: ReasonCode,
    ) {
        let link = self.sessions.at_mut(key).and_then(|session| session.link.as_mut());
        let Some(link) = link else { return };
        let reason = if link.version.is_v5() { reason } else { ReasonCode::Success };
        self.stats.packets_sent += packets.len() as u64;
        link.is_full |= step.out.acknowledge_run(link.conn, packets, reason) == Room::Full;
    }

    /// Acknowledgements of one kind, up to the first that is to be handled alone; how many.
    pub(super) fn on_ack_run(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        key: SessionKey,
        packets: &[Packet<'_>],
    ) -> usize {
        let handled = match &packets[0] {
            Packet::PubRel(_) => self.release_run(step, key, packets),
            _ => self.end_run(key, packets),
        };
        if handled == 0 {
            return 0;
        }
        self.stats.packets_received += handled as u64;
        if let Some(connection) = self.connections.find(conn) {
            connection.last_seen = step.now;
        }
        if matches!(packets[0], Packet::PubRec(_) | Packet::PubRel(_)) {
            self.answer_run(step, key, &packets[..handled], ReasonCode::Success);
        }
        if !matches!(packets[0], Packet::PubRel(_)) {
            self.pump(step, key);
        }
        handled
    }

    /// PUBREL packets, for something or for nothing: all of them.
    fn release_run(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        key: SessionKey,
        packets: &[Packet<'_>],
    ) -> usize {
        let Some(session) = self.sessions.at_mut(key) else { return 0 };
        if session.link.is_none() {
            return 0;
        }
        ids_of(packets).for_each(|packet_id| session.on_released(step, packet_id));
        packets.len()
    }

    /// PUBACK, PUBREC or PUBCOMP packets: room is made for all of them before more is sent. Up to the
    /// first that does not move its delivery on; how many.
    fn end_run(&mut self, key: SessionKey, packets: &[Packet<'_>]) -> usize {
        let has_bytes_max = self.policy.inflight_bytes_max > 0;
        let Some(session) = self.sessions.at_mut(key) else { return 0 };
        let Some(in_flight) = &mut session.in_flight else { return 0 };
        let has_more = !session.scans.is_empty() || session.queue.has_at_most_once();
        // What is kept on disk is told message by message.
        let is_kept = session.stored == Stored::Whole;
        if has_more || is_kept || !in_flight.are_all_sent() {
            return 0;
        }
        // With `max_inflight_bytes` a PUBREC makes room.
        let is_simple = |packet: &&Packet<'_>| match packet {
            Packet::PubRec(ack) => !ack.reason.is_error() && !has_bytes_max,
            _ => true,
        };
        let simple = packets.iter().take_while(is_simple).count();
        let (packets, mut done) = (&packets[..simple], 0);
        while let Some(packet) = packets.get(done) {
            done += match in_flight.on_acks(packet.kind(), ids_of(&packets[done..])) {
                // It may have come by a shared subscription: that is kept.
                0 if session.stored == Stored::Part => break,
                0 => match in_flight.on_ack(packet) {
                    Acked::Ended(_) | Acked::Moved(_) => 1,
                    Acked::Again | Acked::Unknown | Acked::WrongStep => break,
                },
                together => together,
            };
        }
        done
    }
}
