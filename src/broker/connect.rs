//! A connection begins: CONNECT is vetted, takes over what was there, and is answered.

use std::sync::Arc;

use crate::broker::access::{Client, Denial, Rights, Use};
use crate::broker::connection::{Connection, Phase};
use crate::broker::event::{ConnId, Connected, Denied, Effect, End, Event, Refusal, Sink};
use crate::broker::policy::{Identity, ListenerId, ListenerPolicy};
use crate::broker::router::SessionKey;
use crate::broker::session::{Link, MountPoint, Session, Stored};
use crate::broker::will::{self, ArmedWill, Inadmissible};
use crate::broker::{Broker, Step};
use crate::protocol::{
    ConnAck, Connect, Packet, Property, PropertyBuf, PropertyId, QoS, ReasonCode, Version,
};
use crate::time::Timestamp;

/// A CONNECT that will be accepted.
struct Vetted {
    client_id: Arc<str>,
    is_assigned: bool,
    identity: Identity,
    will: Option<ArmedWill>,
    /// Why the will could not be published as things stand.
    will_denied: Option<Denial>,
    keep_alive_secs: u16,
}

/// Why a CONNECT is refused.
#[derive(Clone, Debug)]
enum Refused {
    Reason(ReasonCode),
    Will(Inadmissible),
    /// It may not write to the topic of its will.
    WillDenied {
        username: Option<Arc<str>>,
        file: Option<Arc<str>>,
        why: Denial,
    },
}

impl From<ReasonCode> for Refused {
    fn from(reason: ReasonCode) -> Self {
        Refused::Reason(reason)
    }
}

impl Broker {
    /// A client has opened a Network Connection.
    pub(super) fn on_accepted(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        listener: ListenerId,
        peer: Arc<str>,
    ) {
        self.stats.sockets += 1;
        self.stats.sockets_accepted += 1;
        let mut connection = Connection::new(conn.serial, listener, peer, step.now);
        let timeout_at = step.now.plus_secs(self.policy.connect_timeout_secs.into());
        connection.armed_until = self.connect_timeouts.insert(step.now, timeout_at, conn);
        self.connections.insert(conn, connection);
    }

    /// CONNECT, with the verdict of authentication.
    pub(super) fn on_connect(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        connect: &Connect<'_>,
        identity: Result<Identity, ReasonCode>,
    ) {
        let Some(connection) = self.connections.find(conn) else { return };
        connection.last_seen = step.now;
        let listener = connection.listener;
        match connection.phase {
            Phase::Waiting => {}
            // [MQTT-3.1.0-2]
            Phase::Open(_) => {
                return self.close(step, conn, End::Server(ReasonCode::ProtocolError));
            }
            Phase::Ended => return,
        }
        self.stats.packets_received += 1;
        // What was due before this moment comes first, however late the timer is (W138).
        self.on_due(step);
        self.finish(step);
        match self.vet(listener, connect, identity) {
            Ok(vetted) => self.accept(step, conn, connect, vetted),
            Err(refused) => self.refuse(step, conn, connect, refused),
        }
    }

    /// All checks of a CONNECT, in mosquitto's order. Nothing is changed: a refused CONNECT disturbs
    /// nobody [MQTT-3.1.4-2].
    fn vet(
        &mut self,
        listener: ListenerId,
        connect: &Connect<'_>,
        identity: Result<Identity, ReasonCode>,
    ) -> Result<Vetted, Refused> {
        let limits = self.policy.listener(listener);
        if self.is_store_failed {
            return Err(ReasonCode::QuotaExceeded.into());
        }
        if self.is_stopping {
            return Err(ReasonCode::ServerUnavailable.into());
        }
        if !limits.versions.contains(&connect.version) {
            return Err(ReasonCode::UnsupportedProtocolVersion.into());
        }
        if !self.knows_method(connect.properties.authentication_method()) {
            return Err(ReasonCode::BadAuthenticationMethod.into());
        }
        let will = connect.will.as_ref().map(|will| will::admit(will, &self.policy, limits));
        let will = will.transpose().map_err(Refused::Will)?;
        let (chosen, identity) = identify(connect, limits, identity)?;
        let prefix = limits.assigned_id_prefix.clone();
        let is_assigned = chosen.is_empty();
        let client_id = match is_assigned {
            true => self.assign_client_id(&prefix),
            false => chosen,
        };
        if self.policy.client_id_prefix.as_ref().is_some_and(|it| !client_id.starts_with(&**it)) {
            return Err(ReasonCode::NotAuthorized.into());
        }
        let will_denied = self.check_will_access(listener, &identity, &client_id, will.as_ref())?;
        self.check_will_bytes(&client_id, will.as_ref()).map_err(Refused::Will)?;
        let is_known = self.sessions.find(&client_id).is_some();
        if !is_known && self.policy.sessions_max.is_some_and(|max| self.sessions.len() >= max) {
            return Err(ReasonCode::ServerBusy.into());
        }
        let keep_alive_secs = self.keep_alive_of(connect)?;
        Ok(Vetted { client_id, is_assigned, identity, will, will_denied, keep_alive_secs })
    }

    /// Whether a packet names the method of enhanced authentication that is offered, or none.
    pub(super) fn knows_method(&self, method: Option<&str>) -> bool {
        method.is_none() || method == self.policy.authentication_method.as_deref()
    }

    /// Keep Alive within `max_keepalive`. Version 3 cannot be told another value.
    fn keep_alive_of(&self, connect: &Connect<'_>) -> Result<u16, Refused> {
        let (asked, max) = (connect.keep_alive_secs, self.policy.keep_alive_max_secs);
        match max > 0 && (asked == 0 || asked > max) {
            false => Ok(asked),
            true if connect.version.is_v5() => Ok(max),
            true => Err(ReasonCode::ClientIdentifierNotValid.into()),
        }
    }

    /// D5: a promise that can't be kept is not made. Where it is made all the same
    /// (`check_will_at_connect false`), why it could not be kept.
    fn check_will_access(
        &self,
        listener: ListenerId,
        identity: &Identity,
        client_id: &str,
        will: Option<&ArmedWill>,
    ) -> Result<Option<Denial>, Refused> {
        let Some(will) = will else { return Ok(None) };
        let listener = &self.policy.listener(listener).name;
        let rights = Rights::of(&self.policy, Some(listener), identity);
        match rights.judge(client_id, identity, Use::Write, will.message.topic()) {
            Err(why) if self.policy.check_will_at_connect => {
                let (username, file) = (identity.username.clone(), rights.file().map(Arc::from));
                Err(Refused::WillDenied { username, file, why })
            }
            verdict => Ok(verdict.err()),
        }
    }

    fn assign_client_id(&mut self, prefix: &str) -> Arc<str> {
        loop {
            let client_id = format!("{prefix}{}", self.random.uuid());
            if self.sessions.find(&client_id).is_none() {
                return client_id.into();
            }
        }
    }

    fn refuse(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        connect: &Connect<'_>,
        refused: Refused,
    ) {
        self.stats.connects_refused += 1;
        let Some(connection) = self.connections.find(conn) else { return };
        connection.phase = Phase::Ended;
        let topic = connect.will.as_ref().map_or("", |will| will.topic.as_str());
        let (reason, why) = match &refused {
            Refused::Reason(reason) => (*reason, Refusal::Reason(*reason)),
            Refused::Will(Inadmissible { reason, rule }) => {
                (*reason, Refusal::Will { topic, reason: *reason, rule })
            }
            Refused::WillDenied { username, file, why } => {
                let (username, file) = (username.as_deref(), file.as_deref());
                let denied = Denied { username, file, why: *why };
                (ReasonCode::NotAuthorized, Refusal::WillDenied { topic, denied })
            }
        };
        let client_id = Some(connect.client_id);
        step.report(Event::Refused { peer: &connection.peer, client_id, why });
        // Version 3 has few codes; where none fits there is no answer [MQTT-3.2.2-6].
        if connect.version.is_v5() || reason.connack_v3().is_some() {
            let connack =
                ConnAck { session_present: false, reason, properties: Default::default() };
            self.stats.packets_sent += 1;
            step.out.effect(Effect::Send { conn, packet: Packet::ConnAck(connack) });
        }
        step.out.effect(Effect::Close { conn });
    }

    /// An accepted CONNECT: takeover, then Clean Start, then CONNACK, then the rest (section 3.1.4).
    fn accept(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        connect: &Connect<'_>,
        vetted: Vetted,
    ) {
        let resumed = self.take_over(step, &vetted.client_id, connect.clean_start);
        let listener = self.listener_name(conn);
        let identity = vetted.identity.clone();
        let client = self.clients.client(&self.policy, listener.as_ref(), identity);
        let key = resumed.unwrap_or_else(|| {
            let client_id = Arc::clone(&vetted.client_id);
            self.sessions.insert(Session::new(client_id, Arc::clone(&client)))
        });
        self.stats.connects_accepted += 1;
        self.stats.connected += 1;
        self.stats.sessions_peak = self.stats.sessions_peak.max(self.sessions.len());
        self.count_will(vetted.will.as_ref());
        self.open_connection(step.now, conn, key, &vetted);
        self.open_account(step.now, conn, &vetted.client_id, vetted.will.as_ref());
        let link = self.link_of(conn, connect);
        let expiry_secs = self.policy.session_expiry(connect.session_expiry_secs);
        let connack = self.connack_properties(conn, connect, &vetted, expiry_secs);
        let Some(session) = self.sessions.at_mut(key) else { return };
        session.origin = None;
        session.set_client(client);
        session.expiry_secs = expiry_secs;
        session.link = Some(link);
        self.router.set_present(key, true);
        session.will = vetted.will.map(Box::new);
        session.in_flight.iter_mut().for_each(|it| it.restart());
        if step.persists {
            persist_accepted(step, session);
        }
        let session_present = resumed.is_some() && connect.version != Version::V31;
        let reason = ReasonCode::Success;
        let properties = connack.as_properties();
        self.send(step, key, Packet::ConnAck(ConnAck { session_present, reason, properties }));
        self.report_connected(step, conn, key, connect, resumed.is_some());
        self.report_access(step, key, vetted.will_denied);
        self.pump(step, key);
    }

    /// Deals with whoever had this Client Identifier before: the old connection ends, its will or
    /// the waiting one is settled and out before anything of the new connection. The session, if it
    /// goes on.
    fn take_over(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        client_id: &str,
        clean_start: bool,
    ) -> Option<SessionKey> {
        let key = self.sessions.find(client_id)?;
        let session = self.sessions.at_mut(key)?;
        let session_continues = !clean_start && session.expiry_secs > 0;
        let old = session.link.as_ref().map(|link| link.conn);
        if let Some(expires_at) = session.set_expires_at(None) {
            self.session_expiry.remove(expires_at, key);
        }
        if let Some(old) = old {
            self.say_goodbye(step, old, key, ReasonCode::SessionTakenOver);
            self.unlink(step, old, key, End::TakenOver { session_continues });
        }
        if !session_continues {
            self.mark_ending(key);
        }
        let cause = match (old, session_continues) {
            (Some(_), session_continues) => End::TakenOver { session_continues },
            (None, true) => End::Resumed,
            (None, false) => End::CleanStart,
        };
        self.settle_will(step, key, cause);
        self.finish(step);
        session_continues.then_some(key)
    }

    fn open_connection(&mut self, now: Timestamp, conn: ConnId, key: SessionKey, vetted: &Vetted) {
        let Some(connection) = self.connections.find(conn) else { return };
        connection.phase = Phase::Open(key);
        connection.keep_alive_secs = vetted.keep_alive_secs;
        if let Some(silent_at) = connection.silent_at() {
            connection.armed_until = self.keep_alives.insert(now, silent_at, conn);
        }
        if self.policy.connection_secs_max > 0 {
            let ends_at = now.plus_secs(self.policy.connection_secs_max);
            connection.ends_at = Some(ends_at);
            self.connection_ends.insert(ends_at, conn);
        }
    }

    fn link_of(&mut self, conn: ConnId, connect: &Connect<'_>) -> Link {
        let receive_maximum = connect.properties.receive_maximum().unwrap_or(u16::MAX);
        let listener = self.connections.find(conn).map(|connection| connection.listener);
        let mount_point = listener.and_then(|it| self.policy.listener(it).mount_point.as_ref());
        Link {
            conn,
            version: connect.version,
            is_authenticated: connect.properties.has(PropertyId::AuthenticationMethod),
            is_bridge: connect.bridge,
            packet_size_max: connect.properties.maximum_packet_size().unwrap_or(u32::MAX),
            window: receive_maximum.min(self.policy.receive_maximum()),
            is_full: false,
            is_slow: false,
            is_too_small: false,
            mount_point: mount_point.map(|it| Box::new(MountPoint(Arc::clone(it)))),
            received: Default::default(),
        }
    }

    fn listener_name(&mut self, conn: ConnId) -> Option<Arc<str>> {
        let listener = self.connections.find(conn)?.listener;
        Some(Arc::clone(&self.policy.listener(listener).name))
    }

    /// What CONNACK grants (section 3.2.2.3); what is at its default is left out.
    fn connack_properties(
        &mut self,
        conn: ConnId,
        connect: &Connect<'_>,
        vetted: &Vetted,
        expiry_secs: u32,
    ) -> PropertyBuf {
        let mut properties = PropertyBuf::new();
        let Some(connection) = self.connections.find(conn) else { return properties };
        if !connect.version.is_v5() {
            return properties;
        }
        let (policy, listener) = (&self.policy, self.policy.listener(connection.listener));
        let mut push_if = |is_wanted: bool, property: Property<'_>| {
            if is_wanted {
                properties.push(property);
            }
        };
        let keep_alive = vetted.keep_alive_secs;
        push_if(keep_alive != connect.keep_alive_secs, Property::ServerKeepAlive(keep_alive));
        let aliases = listener.topic_alias_max;
        push_if(aliases > 0, Property::TopicAliasMaximum(aliases));
        // The same method in CONNACK [MQTT-4.12.0-5].
        let method = connect.properties.authentication_method();
        push_if(method.is_some(), Property::AuthenticationMethod(method.unwrap_or_default()));
        let client_id = Property::AssignedClientIdentifier(&vetted.client_id);
        push_if(vetted.is_assigned, client_id);
        push_if(!policy.retain_available, Property::RetainAvailable(false));
        push_if(policy.packet_size_max > 0, Property::MaximumPacketSize(policy.packet_size_max));
        let receive_maximum = policy.receive_maximum();
        push_if(receive_maximum < u16::MAX, Property::ReceiveMaximum(receive_maximum));
        let qos_max = listener.qos_max;
        push_if(qos_max < QoS::ExactlyOnce, Property::MaximumQoS(qos_max as u8));
        let is_shortened = expiry_secs != connect.session_expiry_secs;
        push_if(is_shortened, Property::SessionExpiryInterval(expiry_secs));
        properties
    }

    fn report_connected(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        key: SessionKey,
        connect: &Connect<'_>,
        session_present: bool,
    ) {
        let Some(connection) = self.connections.find(conn) else { return };
        let Some(session) = self.sessions.at(key) else { return };
        let client_id = &*session.client_id;
        step.report(Event::Connected(Connected {
            client_id,
            peer: &connection.peer,
            listener: connection.listener,
            version: connect.version,
            clean_start: connect.clean_start,
            keep_alive_secs: connection.keep_alive_secs,
            username: session.client.identity.username.as_deref(),
            session_present,
            is_bridge: connect.bridge,
        }));
        let Some(will) = &session.will else {
            if self.policy.trace {
                // Its line says that there is no will.
                let packet = &Packet::Connect(Box::new(connect.clone()));
                step.report(Event::Received { client_id, packet });
            }
            return;
        };
        step.report(Event::WillArmed {
            client_id,
            topic: will.message.topic(),
            size: will.message.payload().len(),
            qos: will.message.qos(),
            retain: will.message.retain(),
            delay_secs: will.delay_secs,
        });
    }
}

impl Broker {
    /// What an administrator should know about the rights of a new connection.
    fn report_access(
        &self,
        step: &mut Step<'_, impl Sink>,
        key: SessionKey,
        will_denied: Option<Denial>,
    ) {
        let Some(session) = self.sessions.at(key) else { return };
        let (client_id, client) = (&*session.client_id, &session.client);
        let Client { identity, rights, .. } = &**client;
        if let Some(name) = rights.dangerous_name(client_id, identity) {
            step.report(Event::DangerousName { name });
        }
        if let (Some(why), Some(will)) = (will_denied, &session.will) {
            let (username, file) = (identity.username.as_deref(), rights.file());
            let (topic, denied) = (will.message.topic(), Denied { username, file, why });
            step.report(Event::WillDoubtful { client_id, topic, denied });
        }
    }
}

/// Tells what survives of a session with a new connection.
fn persist_accepted(step: &mut Step<'_, impl Sink>, session: &mut Session) {
    if session.expiry_secs > 0 {
        session.stored = Stored::Whole;
    }
    if session.stored == Stored::Whole {
        session.persist(step);
    }
    if session.will.is_some() {
        session.persist_part(step);
        session.persist_will(step);
    }
}

/// The Client Identifier that a CONNECT asks for, empty if one is to be assigned, and who it is.
fn identify(
    connect: &Connect<'_>,
    limits: &ListenerPolicy,
    identity: Result<Identity, ReasonCode>,
) -> Result<(Arc<str>, Identity), ReasonCode> {
    let username = identity.as_ref().ok().and_then(|identity| identity.username.clone());
    if limits.username_as_client_id {
        let identity = identity?;
        let client_id = username.ok_or(ReasonCode::NotAuthorized)?;
        return Ok((client_id, identity));
    }
    if connect.client_id.is_empty() {
        let is_v31 = connect.version == Version::V31;
        let is_v5 = connect.version.is_v5();
        if is_v31 || (!is_v5 && !connect.clean_start) {
            return Err(ReasonCode::ClientIdentifierNotValid);
        }
        if !limits.allow_empty_client_id {
            return Err(match is_v5 {
                true => ReasonCode::UnspecifiedError,
                false => ReasonCode::ClientIdentifierNotValid,
            });
        }
    }
    Ok((Arc::from(connect.client_id), identity?))
}
