//! Acknowledgements of what was sent.

use crate::broker::change::Change;
use crate::broker::event::Sink;
use crate::broker::in_flight::Acked;
use crate::broker::queue::Pending;
use crate::broker::router::SessionKey;
use crate::broker::session::Stored;
use crate::broker::{Broker, Step};
use crate::protocol::{Ack, Packet, ReasonCode};

impl Broker {
    /// PUBACK, PUBREC or PUBCOMP from a client.
    pub(super) fn on_ack(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        key: SessionKey,
        packet: &Packet<'_>,
    ) -> Result<(), ReasonCode> {
        let Some(session) = self.sessions.at_mut(key) else { return Ok(()) };
        let Some(is_v5) = session.link.as_ref().map(|link| link.version.is_v5()) else {
            return Ok(());
        };
        let is_refused = matches!(packet, Packet::PubRec(ack) if ack.reason.is_error());
        // What must survive was sent alone.
        let message = match (&session.in_flight, packet) {
            (Some(in_flight), Packet::PubAck(ack) | Packet::PubRec(ack)) if self.persists => {
                in_flight.sent_alone(ack.packet_id).cloned()
            }
            _ => None,
        };
        let in_flight = session.in_flight.as_mut();
        let acked = in_flight.map_or(Acked::Unknown, |in_flight| in_flight.on_ack(packet));
        if self.persists {
            self.persist_ack(step, key, acked, message.as_ref());
        }
        if let Packet::PubRec(ack) = packet
            && !is_refused
            && !matches!(acked, Acked::WrongStep)
        {
            let reason = match acked {
                Acked::Unknown if is_v5 => ReasonCode::PacketIdentifierNotFound,
                _ => ReasonCode::Success,
            };
            self.send(step, key, Packet::PubRel(Ack { reason, ..Ack::success(ack.packet_id) }));
        }
        match acked {
            Acked::WrongStep => Err(ReasonCode::ProtocolError),
            Acked::Unknown => Ok(()),
            Acked::Ended(..) | Acked::Moved(..) | Acked::Again => {
                self.pump(step, key);
                Ok(())
            }
        }
    }

    /// Tells how far a delivery has come, of this message unless it was released before.
    fn persist_ack(
        &self,
        step: &mut Step<'_, impl Sink>,
        session: SessionKey,
        acked: Acked,
        pending: Option<&Pending>,
    ) {
        let Some(it) = self.sessions.at(session) else { return };
        let message = pending.map(|pending| &pending.message);
        match acked {
            Acked::Moved(order) if it.stored == Stored::Whole => {
                step.persist(Change::Released { session, order, message });
            }
            // Nobody else gets what has been received once [MQTT-4.8.2-5].
            Acked::Ended(order) | Acked::Moved(order) if it.keeps_sent(pending) => {
                step.persist(Change::SentGone { session, order, message });
            }
            _ => {}
        }
    }
}
