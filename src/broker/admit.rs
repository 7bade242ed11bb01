//! What a PUBLISH from a client is judged by before it goes anywhere.

use std::str;

use crate::broker::Broker;
use crate::broker::connection::TopicMemo;
use crate::broker::depth::is_too_deep;
use crate::broker::event::ConnId;
use crate::broker::router::SessionKey;
use crate::broker::session::Link;
use crate::protocol::{PacketId, Publish, ReasonCode};

impl Broker {
    /// What ends the connection of whoever sent this.
    #[inline(always)]
    pub(super) fn violation_of(
        &mut self,
        conn: ConnId,
        key: SessionKey,
        publish: &Publish<'_>,
    ) -> Option<ReasonCode> {
        let listener = self.connections.find(conn)?.listener;
        if publish.qos > self.policy.listener(listener).qos_max {
            return Some(ReasonCode::QoSNotSupported);
        }
        if publish.retain && !self.policy.retain_available {
            return Some(ReasonCode::RetainNotSupported);
        }
        if let Some(packet_id) = publish.packet_id
            && self.exceeds_receive_maximum(key, packet_id)
        {
            return Some(ReasonCode::ReceiveMaximumExceeded);
        }
        if is_too_deep(publish.topic.name().as_str()) {
            return Some(ReasonCode::MalformedPacket);
        }
        self.is_false_text(publish).then_some(ReasonCode::PayloadFormatInvalid)
    }

    /// Whether the payload is not the UTF-8 that it claims to be.
    #[inline]
    pub(super) fn is_false_text(&self, publish: &Publish<'_>) -> bool {
        publish.properties.payload_format() == Some(1)
            && !self.policy.sides_with_mosquitto
            && str::from_utf8(publish.payload).is_err()
    }

    /// How many more QoS 2 messages a client may send before it releases one. Version 3 knows no
    /// limit.
    pub(super) fn receive_room(&self, link: &Link) -> usize {
        if !link.version.is_v5() || self.policy.sides_with_mosquitto {
            return usize::MAX;
        }
        usize::from(self.policy.receive_maximum()).saturating_sub(link.received.len())
    }

    /// QoS 1 is acknowledged in the step that receives it, so only QoS 2 counts.
    fn exceeds_receive_maximum(&self, key: SessionKey, packet_id: PacketId) -> bool {
        let link = self.sessions.at(key).and_then(|session| session.link.as_ref());
        link.is_some_and(|link| self.receive_room(link) == 0 && !link.received.contains(packet_id))
    }

    /// Whether a QoS 2 PUBLISH was received before and not released, on this connection or before.
    pub(super) fn is_repeat(&mut self, key: SessionKey, packet_id: Option<PacketId>) -> bool {
        let (Some(session), Some(packet_id)) = (self.sessions.at_mut(key), packet_id) else {
            return false;
        };
        let Some(link) = &mut session.link else { return false };
        if session.received_before.remove(packet_id) {
            link.received.insert(packet_id);
        }
        link.received.contains(packet_id)
    }

    /// What keeps a PUBLISH from being passed on: the reason for its acknowledgement.
    #[inline(always)]
    pub(super) fn refusal_of(
        &self,
        key: SessionKey,
        memo: &mut TopicMemo,
        publish: &Publish<'_>,
    ) -> Option<ReasonCode> {
        let session = self.sessions.at(key)?;
        let size_max = self.policy.message_size_max as usize;
        let adds_retained = publish.retain && !publish.payload.is_empty();
        let is_too_large = size_max > 0 && publish.payload.len() > size_max;
        if is_too_large && self.policy.sides_with_mosquitto {
            return Some(ReasonCode::PacketTooLarge);
        }
        if is_too_large || (self.stats.is_memory_short && adds_retained) {
            // 0x95 is not among the codes of PUBACK and PUBREC [MQTT-3.4.2-1].
            return Some(ReasonCode::QuotaExceeded);
        }
        let is_writable = match memo.is_writable {
            Some(known) => known,
            None => session.judge_write(memo.name(&publish.topic)?).is_ok(),
        };
        memo.is_writable = Some(is_writable);
        (!is_writable).then_some(ReasonCode::NotAuthorized)
    }
}
