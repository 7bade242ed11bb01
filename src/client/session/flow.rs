//! Messages both ways: the exchanges of QoS 1 and 2, and what fits into the server's window.

use super::Session;
use super::event::{Effect, Event, NotSent, Sink};
use super::outbound::{Acked, Next, ORPHAN, Pending};
use super::presence;
use crate::protocol::{
    Ack, Outgoing, Packet, PacketId, Properties, Publish, QoS, ReasonCode, publish_len,
};
use crate::time::Timestamp;

/// Payload bytes of messages beyond our Receive Maximum that are taken.
const INBOUND_BYTES_MAX: usize = 16 << 20;

impl Session {
    pub(super) fn on_message(
        &mut self,
        now: Timestamp,
        publish: &Publish<'_>,
        out: &mut impl Sink,
    ) {
        let Some(packet_id) = publish.packet_id else {
            return self.hand_on(now, publish, out);
        };
        if self.settings.acknowledges_by_hand {
            return self.on_message_in_hand(now, packet_id, publish, out);
        }
        let is_known = publish.qos == QoS::ExactlyOnce && self.inbound.has(packet_id);
        if !is_known && self.is_overrun(self.inbound.len(), self.inbound.bytes(), publish) {
            return self.on_overrun(now, out);
        }
        let ack = Ack::success(packet_id);
        if publish.qos != QoS::ExactlyOnce {
            self.send(now, Packet::PubAck(ack), out);
            return self.hand_on(now, publish, out);
        }
        if !is_known {
            self.inbound.keep(packet_id, publish);
        }
        self.send(now, Packet::PubRec(ack), out);
    }

    /// Whether a message is too much beside `count` others of `bytes` that are received and not
    /// released. More than our Receive Maximum is forgiven while it fits into memory: mosquitto 2.0
    /// sends what a resumed session had in flight beside a whole new window, and its window of QoS 2
    /// grows with every exchange.
    pub(super) fn is_overrun(&self, count: usize, bytes: usize, publish: &Publish<'_>) -> bool {
        let count_max = usize::from(self.settings.receive_maximum()) * 2;
        count >= count_max && bytes + publish.payload.len() > INBOUND_BYTES_MAX
    }

    pub(super) fn on_pubrel(&mut self, now: Timestamp, packet_id: PacketId, out: &mut impl Sink) {
        if self.settings.acknowledges_by_hand {
            return self.on_pubrel_in_hand(packet_id, out);
        }
        let kept = self.inbound.release(packet_id);
        let mut ack = Ack::success(packet_id);
        if kept.is_none() {
            ack.reason = self.unknown();
        }
        self.send(now, Packet::PubComp(ack), out);
        if let Some(kept) = kept {
            self.hand_on(now, &kept.as_publish(), out);
        }
    }

    /// What the server is told about an identifier that means nothing: a led session, which may
    /// have begun after the server's, finds that all right.
    pub(super) fn unknown(&self) -> ReasonCode {
        match self.settings.is_led {
            true => ReasonCode::Success,
            false => ReasonCode::PacketIdentifierNotFound,
        }
    }

    /// A message for the application.
    pub(super) fn hand_on(&mut self, now: Timestamp, publish: &Publish<'_>, out: &mut impl Sink) {
        out.effect(Effect::Report(Event::Message(publish)));
        self.count_message(now, out);
    }

    pub(super) fn on_acked(
        &mut self,
        now: Timestamp,
        ack: &Ack<'_>,
        acked: Acked,
        out: &mut impl Sink,
    ) {
        match acked {
            Acked::Done(token) if presence::is_own(token) => {
                self.on_presence(now, token, ack.reason, out);
                self.pump(now, out);
            }
            Acked::Done(token) => {
                out.effect(Effect::Report(Event::Published {
                    token,
                    packet_id: Some(ack.packet_id),
                    reason: ack.reason,
                    properties: ack.properties,
                }));
                self.count_message(now, out);
                self.pump(now, out);
            }
            Acked::Release => {
                self.send(now, Packet::PubRel(Ack::success(ack.packet_id)), out);
            }
            Acked::Quiet => self.pump(now, out),
            Acked::Taken => {
                let packet_id = ack.packet_id;
                out.effect(Effect::Report(Event::Taken { packet_id }));
            }
            Acked::Cleared => self.send_cleared(now, ack.packet_id, out),
            Acked::Wrong => self.on_violation(now, out),
            Acked::Unknown => {}
        }
    }

    pub(super) fn on_publish(&mut self, now: Timestamp, pending: Pending, out: &mut impl Sink) {
        if pending.message.qos() != QoS::AtMostOnce {
            self.outbound.push(pending);
            self.pump(now, out);
            return;
        }
        let token = pending.token;
        if !self.is_connected() {
            let why = NotSent::Offline;
            out.effect(Effect::Report(Event::NotPublished { token, why }));
            return;
        }
        if let Some(why) = self.refusal(&pending) {
            out.effect(Effect::Report(Event::NotPublished { token, why }));
            return;
        }
        let number = self.next_id();
        let outgoing = pending.outgoing(None, false, self.may_retain(&pending));
        self.keep_alive.on_sent(now);
        out.effect(Effect::Publish { publish: outgoing, number });
        out.effect(Effect::Report(Event::Published {
            token,
            packet_id: None,
            reason: ReasonCode::Success,
            properties: Properties::EMPTY,
        }));
        self.count_message(now, out);
    }

    /// Sends what the window allows: first what an earlier connection left, then what waits.
    pub(super) fn pump(&mut self, now: Timestamp, out: &mut impl Sink) {
        if !self.is_connected() {
            return;
        }
        let window = self.settings.inflight_messages_max.min(self.granted.receive_maximum).max(1);
        while let Some(next) = self.outbound.next_unsent(window) {
            match next {
                Next::Release(id) => self.send(now, Packet::PubRel(Ack::success(id)), out),
                Next::Publish { packet_id, pending, dup } => {
                    self.send_publish(now, packet_id, &pending, dup, out);
                }
            }
        }
        while self.outbound.has_room(window) && self.outbound.front().is_some() {
            let packet_id = match self.outbound.next_carried() {
                None => self.next_id(),
                Some((id, true)) if !self.requests.contains(&id) => self.take_id(id),
                // The pump runs again when the identifier is free.
                Some(_) => return,
            };
            let Some(pending) = self.outbound.pop() else { return };
            self.send_first(now, packet_id, pending, out);
        }
    }

    pub(super) fn send_publish(
        &mut self,
        now: Timestamp,
        packet_id: PacketId,
        pending: &Pending,
        dup: bool,
        out: &mut impl Sink,
    ) {
        if let Some(why) = self.refusal(pending) {
            let token = self.outbound.forget(packet_id).unwrap_or(pending.token);
            if presence::is_own(token) {
                return self.on_presence(now, token, ReasonCode::PacketTooLarge, out);
            }
            if token != ORPHAN {
                out.effect(Effect::Report(Event::NotPublished { token, why }));
            }
            return;
        }
        let publish = pending.outgoing(Some(packet_id), dup, self.may_retain(pending));
        self.keep_alive.on_sent(now);
        out.effect(Effect::Publish { publish, number: packet_id });
    }

    /// Why the server would not take this message.
    fn refusal(&self, pending: &Pending) -> Option<NotSent> {
        if pending.message.qos() > self.granted.qos_max {
            return Some(NotSent::QoS(self.granted.qos_max));
        }
        let packet_id = (pending.message.qos() != QoS::AtMostOnce).then_some(PacketId::FIRST);
        let publish: Outgoing<'_> = pending.outgoing(packet_id, false, false);
        let size = publish_len(self.settings.version, &publish);
        (size as u64 > u64::from(self.granted.packet_size_max)).then_some(NotSent::TooLarge)
    }

    /// RETAIN of this message, unless the server keeps none.
    fn may_retain(&self, pending: &Pending) -> bool {
        pending.message.retain() && self.granted.retain_available
    }
}
