//! Messages that an application carries from one session to another: one exchange of QoS 2 from end
//! to end.
//!
//! Both sessions use identifiers that belong together, and each packet of the exchange waits for its
//! like on the other side. So an application that forgets everything and begins anew goes on where
//! the two servers say that the exchange stands: neither loses a message nor doubles one.

use super::Session;
use super::event::Sink;
use super::outbound::{Carried, Pending};
use crate::protocol::{Ack, Message, Packet, PacketId, QoS};
use crate::time::Timestamp;

impl Session {
    pub(super) fn on_carry(
        &mut self,
        now: Timestamp,
        message: Message,
        carried: Carried,
        out: &mut impl Sink,
    ) {
        let token = u64::from(carried.packet_id.value());
        self.outbound.push(Pending { token, message, topic_alias: None, carried: Some(carried) });
        self.pump(now, out);
    }

    /// Sends a message that has just been given its identifier; at QoS 2 PUBREL goes before it
    /// where the server may hold something else under that.
    pub(super) fn send_first(
        &mut self,
        now: Timestamp,
        packet_id: PacketId,
        pending: Pending,
        out: &mut impl Sink,
    ) {
        self.outbound.sent(packet_id, pending.clone());
        let Some(carried) = pending.carried else {
            return self.send_publish(now, packet_id, &pending, false, out);
        };
        if carried.is_doubtful && pending.message.qos() == QoS::ExactlyOnce {
            return self.send(now, Packet::PubRel(Ack::success(packet_id)), out);
        }
        self.send_publish(now, packet_id, &pending, carried.dup, out);
    }

    /// The server holds nothing under the identifier any more. A message that cannot be sent makes
    /// room for those that wait.
    pub(super) fn send_cleared(
        &mut self,
        now: Timestamp,
        packet_id: PacketId,
        out: &mut impl Sink,
    ) {
        if let Some(pending) = self.outbound.cleared(packet_id) {
            self.send_publish(now, packet_id, &pending, false, out);
        }
        self.pump(now, out);
    }

    pub(super) fn on_release(&mut self, now: Timestamp, packet_id: PacketId, out: &mut impl Sink) {
        if self.outbound.release(packet_id, self.is_connected()) {
            self.send(now, Packet::PubRel(Ack::success(packet_id)), out);
        }
    }

    pub(super) fn on_orphan(&mut self, now: Timestamp, out: &mut impl Sink) {
        for packet_id in self.outbound.orphan(self.is_connected()) {
            self.send(now, Packet::PubRel(Ack::success(packet_id)), out);
        }
    }

    /// Takes an identifier that the application has chosen.
    pub(super) fn take_id(&mut self, packet_id: PacketId) -> PacketId {
        self.last_id = Some(packet_id);
        packet_id
    }
}
