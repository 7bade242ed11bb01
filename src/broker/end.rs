//! A connection ends, a session ends: every way there is.

use std::sync::Arc;

use crate::broker::connection::Phase;
use crate::broker::deliver::Courier;
use crate::broker::event::{ConnId, Effect, End, Event, Lost, Refusal, Sink};
use crate::broker::publish::{Publication, choose};
use crate::broker::router::SessionKey;
use crate::broker::session::{Session, Stored};
use crate::broker::will::ArmedWill;
use crate::broker::{Broker, Step};
use crate::protocol::{
    ConnAck, DecodeError, Disconnect, Packet, ReasonCode, Unsupported, Version, Violation,
};

impl Broker {
    /// The broker ends a connection: DISCONNECT (MQTT 5), close, and all that follows from it.
    pub(super) fn close(&mut self, step: &mut Step<'_, impl Sink>, conn: ConnId, end: End) {
        let Some(connection) = self.connections.find(conn) else { return };
        let Phase::Open(key) = connection.phase else { return };
        match self.policy.sides_with_mosquitto && is_silent_there(end) {
            true => _ = step.out.effect(Effect::Close { conn }),
            false => self.say_goodbye(step, conn, key, reason_of(end)),
        }
        self.end_connection(step, conn, key, end);
    }

    /// DISCONNECT where the version has it, then Close behind it.
    pub(super) fn say_goodbye(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        key: SessionKey,
        reason: ReasonCode,
    ) {
        let link = self.sessions.at(key).and_then(|session| session.link.as_ref());
        if link.is_some_and(|link| link.version.is_v5()) {
            let disconnect = Disconnect { reason, properties: Default::default() };
            self.send(step, key, Packet::Disconnect(disconnect));
        }
        step.out.effect(Effect::Close { conn });
    }

    /// Parts a session from its connection.
    pub(super) fn unlink(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        key: SessionKey,
        cause: End,
    ) {
        let Some(connection) = self.connections.find(conn) else { return };
        connection.phase = Phase::Ended;
        if let Some(ends_at) = connection.ends_at.take() {
            self.connection_ends.remove(ends_at, conn);
        }
        let Some(session) = self.sessions.at_mut(key) else { return };
        let Some(mut link) = session.link.take() else { return };
        self.router.set_present(key, false);
        session.received_before.absorb(&mut link.received);
        self.stats.connected -= 1;
        let (client_id, peer) = (&*session.client_id, &*connection.peer);
        step.report(Event::Disconnected { client_id, peer, cause });
        let client_id = Arc::clone(&session.client_id);
        self.close_account(step.now, conn, &client_id);
    }

    /// A connection has ended: the session goes on, or ends with it, and the will is settled.
    pub(super) fn end_connection(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        key: SessionKey,
        cause: End,
    ) {
        self.unlink(step, conn, key, cause);
        let Some(session) = self.sessions.at_mut(key) else { return };
        match session.expiry_secs {
            0 => return self.end_session(step, key, cause),
            u32::MAX => {}
            secs => {
                let expires_at = step.now.plus_secs(secs);
                session.set_expires_at(Some(expires_at));
                self.session_expiry.insert(expires_at, key);
            }
        }
        if session.stored == Stored::Whole {
            session.persist(step);
        }
        self.settle_will(step, key, cause);
    }

    fn end_session(&mut self, step: &mut Step<'_, impl Sink>, key: SessionKey, cause: End) {
        self.mark_ending(key);
        self.settle_will(step, key, cause);
    }

    /// From here on the session is nobody's target; it is removed at the end of the step, behind
    /// the wills.
    pub(super) fn mark_ending(&mut self, key: SessionKey) {
        self.sessions.mark_ending(key);
        self.ending.push(key);
    }

    /// Removes the sessions that end in this step, once the wills are out.
    pub(super) fn remove_ended(&mut self, step: &mut Step<'_, impl Sink>) {
        while let Some(key) = self.ending.pop() {
            let Some(session) = self.sessions.remove(key) else { continue };
            self.stats.queued -= session.queue.len();
            self.stats.queued_bytes -= session.queue.bytes();
            session.persist_end(step, &self.router);
            self.router.remove_session(key);
            self.hand_over(step, session);
        }
    }

    /// What a session got by shared subscriptions and did not acknowledge goes to other members
    /// (section 4.8.2); QoS 2 that was sent once goes to nobody [MQTT-4.8.2-5].
    fn hand_over(&mut self, step: &mut Step<'_, impl Sink>, session: Session) {
        let Session { in_flight, queue, .. } = session;
        let unacknowledged = in_flight.into_iter().flat_map(|it| it.into_unacknowledged());
        for pending in unacknowledged.chain(queue.into_acknowledged()) {
            let Some(group) = pending.group else { continue };
            if pending.is_expired(step.now) {
                continue;
            }
            let topic = pending.message.topic();
            let (router, sessions) = (&self.router, &mut self.sessions);
            let Some(member) = choose(router, group, sessions, topic, None, true) else {
                continue;
            };
            self.router.on_served(group, member.session);
            let Some(session) = self.sessions.at_mut(member.session) else { continue };
            let mut courier = Courier {
                policy: &self.policy,
                router: &self.router,
                stats: &mut self.stats,
                step,
            };
            let message = &pending.message;
            let ids = member.options.subscription_id;
            let mut manner = courier.manner(&message.as_ref(), member.options, ids.as_slice());
            manner.group = Some(group);
            let now = courier.step.now;
            let mut publication = Publication::of_pending(message, pending.expires_at, now);
            courier.deliver(session, &mut publication, manner);
        }
    }

    /// DISCONNECT from a client.
    pub(super) fn on_disconnect(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        key: SessionKey,
        disconnect: &Disconnect<'_>,
    ) {
        let Some(session) = self.sessions.at_mut(key) else { return };
        let asked = disconnect.properties.session_expiry();
        let expiry_secs = asked.map(|secs| self.policy.session_expiry(secs));
        // Section 3.14.2.2.2: then it does not count as a DISCONNECT. Reason codes that are not a
        // client's to send (D3) never get here: the decoder knows them.
        if session.expiry_secs == 0 && expiry_secs.is_some_and(|it| it > 0) {
            return self.close(step, conn, End::Server(ReasonCode::ProtocolError));
        }
        session.expiry_secs = expiry_secs.unwrap_or(session.expiry_secs);
        step.out.effect(Effect::Close { conn });
        self.end_connection(step, conn, key, End::Disconnect(disconnect.reason));
    }

    /// Bytes that are no packet.
    pub(super) fn on_broken(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        error: DecodeError,
        version: Option<Version>,
    ) {
        let Some(connection) = self.connections.find(conn) else { return };
        match connection.phase {
            Phase::Ended => {}
            Phase::Open(_) => self.close(step, conn, End::Broken(error)),
            Phase::Waiting => {
                connection.phase = Phase::Ended;
                let why = Refusal::Broken(error);
                step.report(Event::Refused { peer: &connection.peer, client_id: None, why });
                self.stats.connects_refused += 1;
                if is_answered(error, version) {
                    let reason = error.reason_code();
                    let connack =
                        ConnAck { session_present: false, reason, properties: Default::default() };
                    self.stats.packets_sent += 1;
                    step.out.effect(Effect::Send { conn, packet: Packet::ConnAck(connack) });
                }
                step.out.effect(Effect::Close { conn });
            }
        }
    }

    /// The Network Connection is gone.
    pub(super) fn on_closed(&mut self, step: &mut Step<'_, impl Sink>, conn: ConnId, cause: Lost) {
        let Some(connection) = self.connections.find(conn) else { return };
        match connection.phase {
            Phase::Ended => {}
            Phase::Open(key) => self.end_connection(step, conn, key, End::Lost(cause)),
            Phase::Waiting => {
                let why = Refusal::Lost(cause);
                step.report(Event::Refused { peer: &connection.peer, client_id: None, why });
            }
        }
        self.stats.sockets -= 1;
        self.connections.remove(conn);
    }

    /// The administrator ends a connection (D11).
    pub(super) fn on_revoke(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        reason: ReasonCode,
        with_will: bool,
    ) {
        let Some(connection) = self.connections.find(conn) else { return };
        let Phase::Open(key) = connection.phase else { return };
        if let Some(will) = self.sessions.at_mut(key).and_then(|it| it.will.as_mut()) {
            will.is_withheld = !with_will;
        }
        self.close(step, conn, End::Revoked(reason));
    }

    /// The administrator deletes a session: it ends now, and so does its connection. A will that is
    /// armed or waits goes out now, unless it is withheld (W148).
    pub(super) fn on_delete(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        client_id: &str,
        with_will: bool,
    ) {
        let Some(key) = self.sessions.find(client_id) else { return };
        let Some(session) = self.sessions.at_mut(key) else { return };
        if let Some(will) = &mut session.will {
            will.is_withheld = !with_will;
        }
        step.report(Event::SessionDeleted { client_id });
        if let Some(conn) = session.link.as_ref().map(|link| link.conn) {
            session.expiry_secs = 0;
            return self.close(step, conn, End::Revoked(ReasonCode::AdministrativeAction));
        }
        if let Some(expires_at) = session.set_expires_at(None) {
            self.session_expiry.remove(expires_at, key);
        }
        self.end_session(step, key, End::Deleted);
    }

    /// Orderly stop (D9): wills are out before any connection closes. Where nothing survives the
    /// process, sessions end with it, and wills that wait go out as well; otherwise those keep their
    /// moment.
    pub(super) fn on_shutdown(&mut self, step: &mut Step<'_, impl Sink>) {
        self.is_stopping = true;
        let keys: Vec<SessionKey> = self.sessions.keys().collect();
        for key in keys {
            let is_waiting = |will: &ArmedWill| will.due_at.is_some();
            let will = self.sessions.at(key).and_then(|session| session.will.as_deref());
            let goes_anyway = !self.persists || self.policy.sides_with_mosquitto;
            if goes_anyway || !will.is_some_and(is_waiting) {
                self.settle_will(step, key, End::Shutdown);
            }
        }
        self.finish(step);
        let live: Vec<(ConnId, Phase)> =
            self.connections.live().map(|(conn, connection)| (conn, connection.phase)).collect();
        for (conn, phase) in live {
            match phase {
                Phase::Open(_) => self.close(step, conn, End::Shutdown),
                Phase::Waiting | Phase::Ended => {
                    self.give_up(step, conn, Refusal::Reason(ReasonCode::ServerShuttingDown));
                }
            }
        }
    }

    /// Ends a connection that has not sent its CONNECT.
    pub(super) fn give_up(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        why: Refusal<'_>,
    ) {
        let Some(connection) = self.connections.find(conn) else { return };
        connection.phase = Phase::Ended;
        step.report(Event::Refused { peer: &connection.peer, client_id: None, why });
        step.out.effect(Effect::Close { conn });
    }
}

/// What the client is told about the end of its connection.
const fn reason_of(end: End) -> ReasonCode {
    match end {
        End::KeepAlive(_) => ReasonCode::KeepAliveTimeout,
        End::Broken(error) => error.reason_code(),
        End::Server(reason) | End::Revoked(reason) => reason,
        End::TakenOver { .. } => ReasonCode::SessionTakenOver,
        End::Shutdown => ReasonCode::ServerShuttingDown,
        // The broker does not close for these.
        End::Disconnect(_)
        | End::Lost(_)
        | End::Deleted
        | End::SessionExpired
        | End::CleanStart
        | End::Resumed
        | End::DelayOver
        | End::Restart => ReasonCode::UnspecifiedError,
    }
}

/// Ends that mosquitto does not announce with a DISCONNECT.
const fn is_silent_there(end: End) -> bool {
    matches!(
        end,
        End::KeepAlive(_)
            | End::Shutdown
            | End::Broken(DecodeError::Violation(Violation::SecondConnect))
    )
}

/// Whether a broken CONNECT gets a CONNACK: MQTT 5 where it is one, and whoever asks for a version
/// that we do not speak. Version 3 is closed without [MQTT-3.1.4-1].
fn is_answered(error: DecodeError, version: Option<Version>) -> bool {
    match error {
        DecodeError::Unsupported(Unsupported::ProtocolLevel(_)) => true,
        DecodeError::Unsupported(Unsupported::ProtocolName) => false,
        _ => version == Some(Version::V5),
    }
}
