//! Presence: a retained topic that always says whether a client is online.
//!
//! Three messages on one topic: the will, which the server publishes when the client vanishes; a
//! retained message after each accepted CONNECT; and one before a normal DISCONNECT, after which
//! the server drops the will.

use super::Session;
use super::event::{Effect, Event, Sink};
use super::outbound::Pending;
use crate::protocol::{Message, MessageRef, Properties, PropertyBuf, QoS, ReasonCode, TopicName};
use crate::time::Timestamp;

/// The tokens of our own messages, which no application uses.
pub(super) const ONLINE: u64 = u64::MAX;
const OFFLINE: u64 = u64::MAX - 1;

/// How long the server may take to acknowledge the last message, in seconds.
const GOODBYE_SECS_MAX: u32 = 10;

/// Whether a message is one of ours.
pub(super) const fn is_own(token: u64) -> bool {
    token == ONLINE || token == OFFLINE
}

/// The two messages of one topic: retained, QoS 1.
#[derive(Clone, Debug)]
pub struct Presence {
    online: Message,
    offline: Message,
}

impl Presence {
    /// Presence on `topic` with these payloads.
    pub fn new(topic: TopicName<'_>, online: &[u8], offline: &[u8]) -> Self {
        Presence { online: retained(topic, online), offline: retained(topic, offline) }
    }

    /// What is said after an accepted CONNECT.
    pub(super) fn online(&self) -> &Message {
        &self.online
    }
}

fn retained(topic: TopicName<'_>, payload: &[u8]) -> Message {
    let (qos, properties) = (QoS::AtLeastOnce, Properties::EMPTY);
    Message::copy_of(MessageRef { topic, qos, retain: true, properties, payload }, None)
}

/// An end that waits for the last message to arrive.
#[derive(Debug)]
pub(super) struct Goodbye {
    /// When waiting is over.
    pub until: Timestamp,
    /// The properties of DISCONNECT.
    properties: PropertyBuf,
}

impl Session {
    /// After an accepted CONNECT.
    pub(super) fn say_online(&mut self, now: Timestamp, out: &mut impl Sink) {
        if let Some(message) = self.settings.presence.as_ref().map(|own| own.online.clone()) {
            self.announce(now, ONLINE, message, out);
        }
    }

    /// Before a normal DISCONNECT, which goes out when the message is with the server.
    pub(super) fn say_goodbye(
        &mut self,
        now: Timestamp,
        properties: Properties<'_>,
        out: &mut impl Sink,
    ) {
        let Some(message) = self.settings.presence.as_ref().map(|own| own.offline.clone()) else {
            return self.leave(now, ReasonCode::Success, properties, out);
        };
        let mut kept = PropertyBuf::new();
        kept.extend_from(properties);
        let until = now.plus_secs(GOODBYE_SECS_MAX);
        self.goodbye = Some(Goodbye { until, properties: kept });
        self.announce(now, OFFLINE, message, out);
    }

    /// Publishes a message of ours with QoS 1, or what the server has instead.
    fn announce(&mut self, now: Timestamp, token: u64, message: Message, out: &mut impl Sink) {
        if self.granted.qos_max >= QoS::AtLeastOnce {
            self.outbound.push(Pending { token, message, topic_alias: None, carried: None });
            return self.pump(now, out);
        }
        self.announce_unacknowledged(now, token, message, out);
    }

    /// The same ahead of everything that waits, whatever the window allows.
    pub(super) fn announce_at_once(
        &mut self,
        now: Timestamp,
        token: u64,
        message: Message,
        out: &mut impl Sink,
    ) {
        if self.granted.qos_max < QoS::AtLeastOnce {
            return self.announce_unacknowledged(now, token, message, out);
        }
        let pending = Pending { token, message, topic_alias: None, carried: None };
        let packet_id = self.next_id();
        self.outbound.sent(packet_id, pending.clone());
        self.send_publish(now, packet_id, &pending, false, out);
    }

    fn announce_unacknowledged(
        &mut self,
        now: Timestamp,
        token: u64,
        message: Message,
        out: &mut impl Sink,
    ) {
        let message =
            Message::copy_of(MessageRef { qos: QoS::AtMostOnce, ..message.as_ref() }, None);
        let pending = Pending { token, message, topic_alias: None, carried: None };
        let number = self.next_id();
        let publish = pending.outgoing(None, false, self.granted.retain_available);
        self.keep_alive.on_sent(now);
        out.effect(Effect::Publish { publish, number });
        self.on_presence(now, token, ReasonCode::Success, out);
    }

    /// A message of ours is settled.
    pub(super) fn on_presence(
        &mut self,
        now: Timestamp,
        token: u64,
        reason: ReasonCode,
        out: &mut impl Sink,
    ) {
        out.effect(Effect::Report(Event::Presence { online: token == ONLINE, reason }));
        if token == OFFLINE {
            self.finish_goodbye(now, out);
        }
    }

    /// The last message has arrived, or never will.
    pub(super) fn finish_goodbye(&mut self, now: Timestamp, out: &mut impl Sink) {
        if let Some(goodbye) = self.goodbye.take() {
            let properties = goodbye.properties.as_properties();
            self.leave(now, ReasonCode::Success, properties, out);
        }
    }
}
