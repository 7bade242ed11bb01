//! The client's side of MQTT as a pure machine: inputs and time in, effects out.
//!
//! Life: `Start` opens a connection, CONNECT goes out when it is open, CONNACK makes it accepted.
//! After a loss the session waits as [`ReconnectDelay`](crate::client::ReconnectDelay) says and
//! opens the next one, unless the first transport never came to be, TLS failed, the server refused
//! the CONNECT, or it broke the rules: then the session ends. [`retry::Retry`] asks for more
//! attempts. `End` ends it with DISCONNECT.
//!
//! Deliberately absent: subscriptions are not remembered; the application subscribes on every
//! [`Event::Connected`], unless the session is [`led`].

mod carry;
pub mod ending;
pub mod event;
mod flow;
mod in_hand;
mod inbound;
mod keep_alive;
pub mod led;
mod opening;
mod outbound;
pub mod presence;
pub mod retry;
pub mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::protocol::{
    Ack, ConnAck, DecodeError, Disconnect, Packet, PacketId, Properties, Property, QoS, ReasonCode,
    Subscribe, Subscription, TopicFilter, Unsubscribe, Version,
};
use crate::time::Timestamp;
use event::{Cause, Effect, Event, Input, PeerLimits, Sink, Timer};
use in_hand::InHand;
use inbound::Inbound;
use keep_alive::{Due, KeepAlive};
use outbound::{Acked, Carried, Outbound, Pending};
use settings::Settings;

/// Bytes of QoS 1 and 2 messages that wait before [`Session::has_room`] turns false.
const QUEUE_BYTES_MAX: usize = 16 << 20;
/// Messages that wait or are in flight before [`Session::has_room`] turns false.
const QUEUE_MESSAGES_MAX: usize = 100_000;

/// Where the session stands.
#[derive(Clone, Copy, Debug)]
enum Phase {
    New,
    Opening,
    Connecting {
        deadline: Timestamp,
    },
    Connected,
    /// We wait for the server to close the connection, but not for ever.
    Leaving {
        since: Timestamp,
        until: Timestamp,
    },
    /// [`Effect::Close`] or [`Effect::Abort`] was given; what follows its answer.
    Closing(After),
    Waiting {
        until: Timestamp,
    },
    Ended,
}

#[derive(Clone, Copy, Debug)]
enum After {
    /// Connect again if the rules allow, else end.
    Retry(Cause),
    End(Cause),
}

/// What CONNACK granted; the values of the standard where it says nothing.
#[derive(Clone, Copy, Debug)]
struct Granted {
    receive_maximum: u16,
    packet_size_max: u32,
    qos_max: QoS,
    retain_available: bool,
}

impl Default for Granted {
    fn default() -> Self {
        Granted {
            receive_maximum: u16::MAX,
            packet_size_max: u32::MAX,
            qos_max: QoS::ExactlyOnce,
            retain_available: true,
        }
    }
}

/// The session of one client across its connections. Knows no clock, socket or random source.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    phase: Phase,
    client_id: String,
    granted: Granted,
    keep_alive: KeepAlive,
    outbound: Outbound,
    inbound: Inbound,
    /// Messages that the application has and has not acknowledged.
    in_hand: InHand,
    /// Identifiers of SUBSCRIBE and UNSUBSCRIBE without an answer yet.
    requests: BTreeSet<PacketId>,
    last_id: Option<PacketId>,
    /// Attempts since the last accepted CONNECT that came to nothing.
    failures: u32,
    /// Whether a transport was ever connected.
    was_open: bool,
    progress: ending::Progress,
    /// The end that waits for our last presence message to be acknowledged.
    goodbye: Option<presence::Goodbye>,
}

impl Session {
    /// A session that has not begun: [`Input::Start`] begins it.
    pub fn new(settings: Settings) -> Self {
        Session {
            client_id: settings.client_id.clone(),
            settings,
            phase: Phase::New,
            granted: Granted::default(),
            keep_alive: KeepAlive::default(),
            outbound: Outbound::default(),
            inbound: Inbound::default(),
            in_hand: InHand::default(),
            requests: BTreeSet::new(),
            last_id: None,
            failures: 0,
            was_open: false,
            progress: ending::Progress::default(),
            goodbye: None,
        }
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the server has accepted the present connection.
    pub fn is_connected(&self) -> bool {
        matches!(self.phase, Phase::Connected)
    }

    /// Whether the session has ended for good.
    pub fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    /// Whether it takes more messages without holding too much. [`Input::Publish`] is accepted
    /// either way; an application with an endless source asks first.
    pub fn has_room(&self) -> bool {
        self.outbound.queue_bytes() < QUEUE_BYTES_MAX && self.outbound.len() < QUEUE_MESSAGES_MAX
    }

    /// QoS 1 and 2 messages that are not settled yet.
    pub fn unsettled(&self) -> usize {
        self.outbound.len()
    }

    /// When to call [`Session::handle`] with [`Input::Timeout`], and why.
    pub fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let phase = match self.phase {
            Phase::Connecting { deadline } => Some((deadline, Timer::ConnAck)),
            Phase::Connected => self.keep_alive.deadline(),
            Phase::Waiting { until } => Some((until, Timer::Reconnect)),
            Phase::Leaving { until, .. } => return Some((until, Timer::Left)),
            Phase::New | Phase::Opening => None,
            Phase::Closing(_) | Phase::Ended => return None,
        };
        let end = match &self.goodbye {
            Some(goodbye) => Some((goodbye.until, Timer::Goodbye)),
            None => self.progress.due.map(|due| (due, Timer::End)),
        };
        [phase, end].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Deals with one input. Never fails; what does not fit the moment is ignored.
    pub fn handle(&mut self, now: Timestamp, input: Input<'_>, out: &mut impl Sink) {
        match input {
            Input::Start => self.on_start(out),
            Input::Opened => self.on_opened(now, out),
            Input::OpenFailed => self.on_closed(now, Cause::OpenFailed, out),
            Input::TlsFailed => self.on_closed(now, Cause::TlsFailed, out),
            Input::Packet(packet) => self.on_packet(now, packet, out),
            Input::Broken(error) => self.on_broken(now, error, out),
            Input::Closed => self.on_closed(now, Cause::Lost, out),
            Input::Subscribe { subscriptions, properties } => {
                self.on_subscribe(now, subscriptions, properties, out);
            }
            Input::Unsubscribe { filters, properties } => {
                self.on_unsubscribe(now, filters, properties, out);
            }
            Input::Publish { token, message, topic_alias } => {
                let pending = Pending { token, message, topic_alias, carried: None };
                self.on_publish(now, pending, out);
            }
            Input::Carry { packet_id, message, dup, is_doubtful } => {
                let carried = Carried { packet_id, dup, is_doubtful };
                self.on_carry(now, message, carried, out);
            }
            Input::Release { packet_id } => self.on_release(now, packet_id, out),
            Input::Complete { packet_id } => self.on_complete(now, packet_id, out),
            Input::Orphan => self.on_orphan(now, out),
            Input::Acknowledge { packet_id } => self.on_acknowledge(now, packet_id, out),
            Input::Reconnect(settings) => self.on_reconnect(*settings, out),
            Input::Interrupt => self.on_interrupt(now, out),
            Input::End { reason, properties } => self.on_end(now, reason, properties, out),
            Input::Timeout => self.on_timeout(now, out),
        }
    }

    fn on_packet(&mut self, now: Timestamp, packet: Packet<'_>, out: &mut impl Sink) {
        self.keep_alive.on_received(now);
        match (self.phase, packet) {
            (Phase::Connecting { .. }, Packet::ConnAck(connack)) => {
                self.on_connack(now, &connack, out);
            }
            (Phase::Connecting { .. } | Phase::Connected, Packet::Disconnect(disconnect)) => {
                self.abandon(Cause::Disconnected(disconnect.reason), out);
            }
            (Phase::Leaving { .. }, Packet::Disconnect(disconnect)) => {
                self.progress.answer = Some(disconnect.reason);
            }
            (Phase::Connecting { .. }, _) => self.on_violation(now, out),
            (Phase::Connected, packet) => self.on_packet_connected(now, packet, out),
            _ => {}
        }
    }

    fn on_packet_connected(&mut self, now: Timestamp, packet: Packet<'_>, out: &mut impl Sink) {
        match packet {
            Packet::Publish(publish) => self.on_message(now, &publish, out),
            Packet::PubAck(ack) => {
                let acked = self.outbound.on_puback(ack.packet_id);
                self.on_acked(now, &ack, acked, out);
            }
            Packet::PubRec(ack) => {
                let acked = self.outbound.on_pubrec(ack.packet_id, ack.reason.is_error());
                if acked == Acked::Unknown && !ack.reason.is_error() {
                    let pubrel = Ack { reason: self.unknown(), ..Ack::success(ack.packet_id) };
                    return self.send(now, Packet::PubRel(pubrel), out);
                }
                self.on_acked(now, &ack, acked, out);
            }
            Packet::PubComp(ack) => {
                let acked = self.outbound.on_pubcomp(ack.packet_id);
                self.on_acked(now, &ack, acked, out);
            }
            Packet::PubRel(ack) => self.on_pubrel(now, ack.packet_id, out),
            Packet::SubAck(suback) if self.requests.remove(&suback.packet_id) => {
                out.effect(Effect::Report(Event::Subscribed(&suback)));
                self.pump(now, out);
            }
            Packet::UnsubAck(unsuback) if self.requests.remove(&unsuback.packet_id) => {
                out.effect(Effect::Report(Event::Unsubscribed(&unsuback)));
                self.pump(now, out);
            }
            Packet::SubAck(_) | Packet::UnsubAck(_) => {}
            Packet::PingResp => self.keep_alive.on_pingresp(),
            Packet::PingReq if self.settings.is_led => self.send(now, Packet::PingResp, out),
            Packet::ConnAck(_)
            | Packet::Auth(_)
            | Packet::Connect(_)
            | Packet::Subscribe(_)
            | Packet::Unsubscribe(_)
            | Packet::PingReq
            | Packet::Disconnect(_) => self.on_violation(now, out),
        }
    }

    fn on_connack(&mut self, now: Timestamp, connack: &ConnAck<'_>, out: &mut impl Sink) {
        if connack.reason != ReasonCode::Success {
            out.effect(Effect::Report(Event::Refused { connack }));
            return self.close_refused(Cause::Refused(connack.reason), out);
        }
        self.phase = Phase::Connected;
        self.failures = 0;
        self.requests.clear();
        let packet_size_max = self.settings.sent_packet_size_max;
        self.granted = Granted { packet_size_max, ..Granted::default() };
        let mut limits = PeerLimits { packet_size_max, topic_alias_max: 0 };
        for property in connack.properties.iter() {
            self.on_granted(property, &mut limits);
        }
        out.effect(Effect::Limit(limits));
        // MQTT 3.1 cannot say whether the session is there; it is if we did not ask for a new one.
        let is_v31 = self.settings.version == Version::V31;
        let resumed = connack.session_present || (is_v31 && !self.settings.clean_start);
        if !resumed {
            self.inbound.clear();
        }
        self.in_hand.resume(resumed);
        self.outbound.resume(resumed, self.settings.is_led);
        let client_id = &self.client_id;
        out.effect(Effect::Report(Event::Connected { connack, client_id, resumed }));
        self.start_ending(now);
        self.greet(now, out);
        self.pump(now, out);
    }

    fn on_granted(&mut self, property: Property<'_>, limits: &mut PeerLimits) {
        match property {
            Property::ReceiveMaximum(max) => self.granted.receive_maximum = max,
            Property::MaximumPacketSize(max) => {
                self.granted.packet_size_max = max.min(self.settings.sent_packet_size_max);
                limits.packet_size_max = self.granted.packet_size_max;
            }
            Property::TopicAliasMaximum(max) => limits.topic_alias_max = max,
            Property::MaximumQoS(max) => {
                self.granted.qos_max = QoS::from_u8(max).unwrap_or(QoS::ExactlyOnce);
            }
            Property::RetainAvailable(available) => self.granted.retain_available = available,
            Property::ServerKeepAlive(secs) => self.keep_alive.set_secs(secs),
            Property::AssignedClientIdentifier(id) => self.client_id = id.to_owned(),
            _ => {}
        }
    }

    fn on_subscribe(
        &mut self,
        now: Timestamp,
        subscriptions: &[Subscription<'_>],
        properties: Properties<'_>,
        out: &mut impl Sink,
    ) {
        if !self.is_connected() {
            return;
        }
        let packet_id = self.next_id();
        self.requests.insert(packet_id);
        let subscriptions = subscriptions.to_vec();
        let subscribe = Subscribe { packet_id, properties, subscriptions };
        self.send(now, Packet::Subscribe(subscribe), out);
    }

    fn on_unsubscribe(
        &mut self,
        now: Timestamp,
        filters: &[TopicFilter<'_>],
        properties: Properties<'_>,
        out: &mut impl Sink,
    ) {
        if !self.is_connected() {
            return;
        }
        let packet_id = self.next_id();
        self.requests.insert(packet_id);
        let unsubscribe = Unsubscribe { packet_id, properties, filters: filters.to_vec() };
        self.send(now, Packet::Unsubscribe(unsubscribe), out);
    }

    fn on_end(
        &mut self,
        now: Timestamp,
        reason: ReasonCode,
        properties: Properties<'_>,
        out: &mut impl Sink,
    ) {
        let after = After::End(Cause::Requested);
        match self.phase {
            Phase::New | Phase::Waiting { .. } => self.end(Cause::Requested, out),
            Phase::Opening => {
                self.phase = Phase::Closing(after);
                out.effect(Effect::Abort);
            }
            Phase::Connecting { .. } => self.leave_early(now, reason, properties, out),
            Phase::Connected if self.leaves_normally(reason) && self.goodbye.is_none() => {
                self.say_goodbye(now, properties, out);
            }
            Phase::Connected => self.leave(now, reason, properties, out),
            Phase::Closing(After::Retry(_)) => self.phase = Phase::Closing(after),
            Phase::Leaving { .. } | Phase::Closing(After::End(_)) | Phase::Ended => {}
        }
    }

    fn on_timeout(&mut self, now: Timestamp, out: &mut impl Sink) {
        match self.deadline() {
            Some((at, Timer::End)) if at <= now => return self.on_end_due(now, out),
            Some((at, Timer::Goodbye)) if at <= now => return self.finish_goodbye(now, out),
            _ => {}
        }
        match self.phase {
            Phase::Leaving { since, until } if until <= now => {
                self.on_left(now, since, false, out);
            }
            Phase::Connecting { deadline } if deadline <= now => self.abandon(Cause::Silent, out),
            Phase::Waiting { until } if until <= now => {
                self.phase = Phase::Opening;
                out.effect(Effect::Open);
            }
            Phase::Connected => match self.keep_alive.due(now) {
                Due::Ping => {
                    self.send(now, Packet::PingReq, out);
                    self.keep_alive.on_ping_sent(now);
                }
                Due::Silent => self.abandon(Cause::Silent, out),
                Due::Nothing => {}
            },
            _ => {}
        }
    }

    fn on_broken(&mut self, now: Timestamp, error: DecodeError, out: &mut impl Sink) {
        if matches!(self.phase, Phase::Leaving { .. }) {
            return out.effect(Effect::Close);
        }
        let is_connecting = matches!(self.phase, Phase::Connecting { .. });
        if is_connecting && matches!(error, DecodeError::Unsupported(_)) {
            // A server of version 3 refuses version 5 in words of its own.
            let (reason, properties) = (error.reason_code(), Properties::EMPTY);
            let connack = ConnAck { session_present: false, reason, properties };
            return self.on_connack(now, &connack, out);
        }
        if let Some(code) = error.unlisted_connack().filter(|_| is_connecting) {
            return self.close_refused(Cause::RefusedOddly(code), out);
        }
        self.refuse(now, error.reason_code(), Cause::Broken(error), out);
    }

    /// A packet that is not allowed now.
    fn on_violation(&mut self, now: Timestamp, out: &mut impl Sink) {
        let reason = ReasonCode::ProtocolError;
        self.refuse(now, reason, Cause::Violation(reason), out);
    }

    /// Far more messages than our Receive Maximum [MQTT-3.3.4-9].
    fn on_overrun(&mut self, now: Timestamp, out: &mut impl Sink) {
        let reason = ReasonCode::ReceiveMaximumExceeded;
        self.refuse(now, reason, Cause::Violation(reason), out);
    }

    /// Closes because of what the server did, and tells it why where the version can.
    fn refuse(&mut self, now: Timestamp, reason: ReasonCode, cause: Cause, out: &mut impl Sink) {
        let is_open = matches!(self.phase, Phase::Connecting { .. } | Phase::Connected);
        let says_nothing = self.settings.ends_with_the_server || self.settings.is_led;
        let may_tell = self.settings.version.is_v5() && !says_nothing;
        if is_open && may_tell {
            let disconnect = Disconnect { reason, properties: Properties::EMPTY };
            self.send(now, Packet::Disconnect(disconnect), out);
        }
        self.abandon(cause, out);
    }

    /// Closes the connection without ending the session.
    fn abandon(&mut self, cause: Cause, out: &mut impl Sink) {
        if matches!(self.phase, Phase::Connecting { .. } | Phase::Connected) {
            self.phase = Phase::Closing(After::Retry(cause));
            let is_silent = cause == Cause::Silent;
            out.effect(if is_silent { Effect::Abort } else { Effect::Close });
        }
    }

    fn on_closed(&mut self, now: Timestamp, cause: Cause, out: &mut impl Sink) {
        let cause = match self.phase {
            Phase::New | Phase::Waiting { .. } | Phase::Ended => return,
            Phase::Closing(After::End(cause)) => return self.end(cause, out),
            Phase::Closing(After::Retry(cause)) => cause,
            Phase::Leaving { since, .. } => return self.on_left(now, since, true, out),
            Phase::Connected if self.goodbye.is_some() => return self.end(Cause::Requested, out),
            Phase::Connecting { .. } if cause == Cause::Lost => Cause::Unanswered,
            Phase::Opening | Phase::Connecting { .. } | Phase::Connected => cause,
        };
        self.wait_or_end(now, cause, out);
    }

    fn end(&mut self, cause: Cause, out: &mut impl Sink) {
        self.phase = Phase::Ended;
        out.effect(Effect::Report(Event::Ended(cause)));
    }

    fn send(&mut self, now: Timestamp, packet: Packet<'_>, out: &mut impl Sink) {
        self.keep_alive.on_sent(now);
        out.effect(Effect::Send(packet));
    }

    /// The next number that nothing in flight uses.
    fn next_id(&mut self) -> PacketId {
        let mut id = self.last_id.map_or(PacketId::FIRST, |id| id.advanced(1));
        while self.outbound.is_used(id) || self.requests.contains(&id) {
            id = id.advanced(1);
        }
        self.last_id = Some(id);
        id
    }
}
