//! Messages on their way in: a PUBLISH is checked, retained, routed and acknowledged.

use std::sync::Arc;

use crate::broker::change::{Change, is_kept_topic};
use crate::broker::connection::TopicMemo;
use crate::broker::deliver::{Courier, Manner};
use crate::broker::event::{ConnId, End, Event};
use crate::broker::policy::ListenerId;
use crate::broker::queue::secs_until;
use crate::broker::retained::Retained;
use crate::broker::router::{GroupKey, Matched, Route, RouteId, Router, SessionKey};
use crate::broker::session::Sessions;
use crate::broker::{Broker, Sink, Step};
use crate::protocol::{
    Ack, Message, MessageRef, Packet, PacketId, Publish, QoS, ReasonCode, Topic, TopicName,
};
use crate::time::Timestamp;

/// Payloads above this size, in bytes, are copied once for all receivers instead of once for each.
pub(super) const SHARED_PAYLOAD_MIN: usize = 4096;

/// A message being published: borrowed, and kept as soon as somebody must keep it.
#[derive(Debug)]
pub(super) struct Publication<'a> {
    /// The message, topic with mount point.
    pub message: MessageRef<'a>,
    /// The session that publishes it; `None` is the server itself.
    pub publisher: Option<SessionKey>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// Message Expiry Interval as published, in seconds.
    pub expiry_secs: Option<u32>,
    /// The version of the route by which it goes out; `None` if it goes to one session only.
    pub route_version: Option<u64>,
    topic: Option<&'a Arc<str>>,
    kept: Option<Message>,
    /// QoS and RETAIN of the last delivery; `None` if it had anything else of its own.
    sent_as: Option<(QoS, bool)>,
}

impl<'a> Publication<'a> {
    /// A message in a read buffer. `topic` is its topic, shared, where the caller has it.
    pub fn of_ref(
        message: MessageRef<'a>,
        topic: Option<&'a Arc<str>>,
        now: Timestamp,
        publisher: Option<SessionKey>,
    ) -> Self {
        let expiry_secs = message.properties.message_expiry();
        let expires_at = expiry_secs.map(|secs| now.plus_secs(secs));
        Publication {
            message,
            publisher,
            expires_at,
            expiry_secs,
            route_version: None,
            topic,
            kept: None,
            sent_as: None,
        }
    }

    /// A message that is kept already.
    pub fn of_kept(message: &'a Message, now: Timestamp, publisher: Option<SessionKey>) -> Self {
        let expiry_secs = message.expiry_secs();
        Publication {
            message: message.as_ref(),
            publisher,
            expires_at: expiry_secs.map(|secs| now.plus_secs(secs)),
            expiry_secs,
            route_version: None,
            topic: None,
            kept: Some(message.clone()),
            sent_as: None,
        }
    }

    /// A message that waited: what is left of its expiry goes with it.
    pub fn of_pending(message: &'a Message, expires_at: Option<Timestamp>, now: Timestamp) -> Self {
        Publication {
            message: message.as_ref(),
            publisher: None,
            expires_at,
            expiry_secs: expires_at.map(|at| secs_until(at, now)),
            route_version: None,
            topic: None,
            kept: Some(message.clone()),
            sent_as: None,
        }
    }

    /// The message as it can be kept: copied when first asked for, shared from then on.
    pub fn keep(&mut self) -> &Message {
        self.kept.get_or_insert_with(|| Message::copy_of(self.message, self.topic.cloned()))
    }

    /// Whether a delivery is the same packet as the one before it, Packet Identifier aside. `manner`
    /// is its QoS and RETAIN; `None` if it differs in anything else from what was published. It is
    /// remembered for the next one.
    pub fn repeats(&mut self, manner: Option<(QoS, bool)>) -> bool {
        let before = std::mem::replace(&mut self.sent_as, manner);
        manner.is_some() && before == manner
    }

    /// The same message, kept before.
    pub fn with_kept(self, kept: Option<Message>) -> Self {
        Publication { kept, ..self }
    }

    /// The kept form, if there is one by now.
    pub const fn kept(&self) -> Option<&Message> {
        self.kept.as_ref()
    }
}

impl Broker {
    /// PUBLISH from a client.
    pub(super) fn on_publish(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        key: SessionKey,
        publish: &Publish<'_>,
    ) {
        self.stats.publish_received += 1;
        self.stats.publish_received_bytes += publish.payload.len() as u64;
        if let Some(reason) = self.violation_of(conn, key, publish) {
            self.stats.publish_refused += 1;
            return self.close(step, conn, End::Server(reason));
        }
        if publish.qos == QoS::ExactlyOnce && self.is_repeat(key, publish.packet_id) {
            // [MQTT-4.3.3-10]: it was passed on before.
            return self.acknowledge(step, key, publish, ReasonCode::Success);
        }
        let Some(mut memo) = self.memo_of(conn, &publish.topic) else {
            return self.refuse_publish(step, key, publish, ReasonCode::TopicNameInvalid);
        };
        match self.refusal_of(key, &mut memo, publish) {
            Some(reason) => self.refuse_publish(step, key, publish, reason),
            None => self.accept_publish(step, key, publish, &memo),
        }
        if let Some(connection) = self.connections.find(conn) {
            connection.memo = Some(memo);
        }
    }

    /// Topic and route of a PUBLISH: remembered from the last one, or looked up. `None`: with the
    /// mount point it is no topic name.
    #[inline(always)]
    pub(super) fn memo_of(&mut self, conn: ConnId, topic: &Topic<'_>) -> Option<Box<TopicMemo>> {
        let connection = self.connections.find(conn)?;
        let listener = connection.listener;
        let name = topic.name();
        let before = match connection.memo.take() {
            Some(mut memo) if *memo.written == *name.as_str() => {
                if !self.router.renew(memo.route) {
                    memo.route = self.router.route(memo.name(topic)?);
                }
                return Some(memo);
            }
            before => before,
        };
        let memo = self.new_memo(listener, name)?;
        // A client that goes from topic to topic does not make a box for each.
        let Some(mut place) = before else { return Some(Box::new(memo)) };
        *place = memo;
        Some(place)
    }

    fn new_memo(&mut self, listener: ListenerId, name: TopicName<'_>) -> Option<TopicMemo> {
        let Some(mount_point) = &self.policy.listener(listener).mount_point else {
            let route = self.router.route(name);
            let topic = Arc::clone(self.router.topic(route));
            let (written, is_mounted) = (Arc::clone(&topic), false);
            return Some(TopicMemo { written, topic, route, is_mounted, is_writable: None });
        };
        let mounted = format!("{mount_point}{name}");
        let route = self.router.route(TopicName::new(&mounted).ok()?);
        let topic = Arc::clone(self.router.topic(route));
        let written = Arc::from(name.as_str());
        Some(TopicMemo { written, topic, route, is_mounted: true, is_writable: None })
    }

    fn accept_publish(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        key: SessionKey,
        publish: &Publish<'_>,
        memo: &TopicMemo,
    ) {
        let Some(topic) = memo.name(&publish.topic) else { return };
        let message = MessageRef { topic, ..publish.message() };
        let mut publication = Publication::of_ref(message, Some(&memo.topic), step.now, Some(key));
        let reached = self.publish(step, &mut publication, Some(memo.route));
        // As in mosquitto, PUBREC does not say so.
        let reason = match (reached, publish.qos) {
            (0, QoS::AtLeastOnce) => ReasonCode::NoMatchingSubscribers,
            _ => ReasonCode::Success,
        };
        self.acknowledge(step, key, publish, reason);
    }

    fn refuse_publish(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        key: SessionKey,
        publish: &Publish<'_>,
        reason: ReasonCode,
    ) {
        self.stats.publish_refused += 1;
        if let Some(session) = self.sessions.at(key) {
            step.report(Event::PublishRefused { client_id: &session.client_id, publish, reason });
        }
        self.acknowledge(step, key, publish, reason);
    }

    /// PUBACK or PUBREC. Version 3 has no codes: a message that goes nowhere is acknowledged as any
    /// other.
    fn acknowledge(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        key: SessionKey,
        publish: &Publish<'_>,
        reason: ReasonCode,
    ) {
        let Some(packet_id) = publish.packet_id else { return };
        let Some(session) = self.sessions.at_mut(key) else { return };
        let Some(is_v5) = session.link.as_ref().map(|link| link.version.is_v5()) else { return };
        let ack = Ack {
            reason: if is_v5 { reason } else { ReasonCode::Success },
            ..Ack::success(packet_id)
        };
        if publish.qos == QoS::AtLeastOnce {
            return self.send(step, key, Packet::PubAck(ack));
        }
        if !ack.reason.is_error() {
            // With an error the identifier is free again [MQTT-4.3.3-9].
            session.on_received(step, packet_id);
        }
        self.send(step, key, Packet::PubRec(ack));
    }

    /// PUBREL from a client.
    pub(super) fn on_pubrel(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        key: SessionKey,
        packet_id: PacketId,
    ) {
        let Some(session) = self.sessions.at_mut(key) else { return };
        session.on_released(step, packet_id);
        // One that is not known was released before, so that is no error.
        self.send(step, key, Packet::PubComp(Ack::success(packet_id)));
    }

    /// Retains a message if it asks for it, and gives it to everybody with a matching subscription.
    /// How many sessions it was for.
    pub(super) fn publish(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        publication: &mut Publication<'_>,
        route: Option<RouteId>,
    ) -> usize {
        if publication.message.retain {
            self.retain(step, publication);
        }
        let route = route.unwrap_or_else(|| self.router.route(publication.message.topic));
        let route = Arc::clone(self.router.at(route));
        publication.route_version = Some(route.version());
        if publication.message.payload.len() > SHARED_PAYLOAD_MIN && !route.is_empty() {
            publication.keep();
        }
        self.deliver_direct(step, publication, &route)
            + self.deliver_shared(step, publication, &route)
    }

    /// To every session with a matching subscription that is not shared: one copy, or one for each
    /// subscription where the policy says so. To how many sessions.
    fn deliver_direct(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        publication: &mut Publication<'_>,
        route: &Route,
    ) -> usize {
        let Broker { sessions, policy, router, stats, subscription_ids, .. } = self;
        let mut courier = Courier { policy, router, stats, step };
        let mut reached = 0;
        for target in route.targets() {
            let Some(session) = sessions.at_mut(target.session) else { continue };
            let own = publication.publisher == Some(target.session);
            if session.is_ending {
                continue;
            }
            // Its own message, which No Local keeps from it, was for it all the same.
            reached += 1;
            if let [one] = target.matched {
                // By far the most.
                if !(own && one.options.no_local) {
                    let ids = one.options.subscription_id;
                    let manner = courier.manner(&publication.message, one.options, ids.as_slice());
                    courier.deliver(session, publication, manner);
                }
                continue;
            }
            // A single copy exists exactly where a subscription counts.
            let Some(single) = target.single_copy(own) else { continue };
            if !courier.policy.one_copy_per_subscription {
                subscription_ids.clear();
                subscription_ids.extend(target.subscription_ids(own));
                let manner = courier.manner(&publication.message, single, subscription_ids);
                courier.deliver(session, publication, manner);
                continue;
            }
            for matched in target.counted(own) {
                let ids = matched.options.subscription_id;
                let manner = courier.manner(&publication.message, matched.options, ids.as_slice());
                courier.deliver(session, publication, manner);
            }
        }
        reached
    }

    /// To one member of every matching shared subscription. To how many.
    fn deliver_shared(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        publication: &mut Publication<'_>,
        route: &Route,
    ) -> usize {
        let Broker { router, sessions, policy, stats, .. } = self;
        let has_offline_queue = publication.message.qos > QoS::AtMostOnce || policy.queue_qos0;
        let mut reached = 0;
        for group in route.groups() {
            let (topic, version) = (publication.message.topic, publication.route_version);
            let chosen = choose(router, *group, sessions, topic, version, has_offline_queue);
            let Some(member) = chosen else { continue };
            router.on_served(*group, member.session);
            let Some(session) = sessions.at_mut(member.session) else { continue };
            let mut courier = Courier { policy, router, stats, step };
            let ids = member.options.subscription_id;
            let manner = courier.manner(&publication.message, member.options, ids.as_slice());
            courier.deliver(session, publication, Manner { group: Some(*group), ..manner });
            reached += 1;
        }
        reached
    }

    /// Keeps or removes the retained message of a topic [MQTT-3.3.1-5], [MQTT-3.3.1-6]. One that
    /// expires at once is not kept, but it takes the place of the one before (D14).
    fn retain(&mut self, step: &mut Step<'_, impl Sink>, publication: &mut Publication<'_>) {
        let topic = publication.message.topic;
        let is_kept = step.persists && is_kept_topic(topic.as_str());
        if publication.message.payload.is_empty() || publication.expiry_secs == Some(0) {
            let was_there = self.retained.remove(topic);
            if was_there && is_kept {
                step.persist(Change::RetainedGone { topic: topic.as_str() });
            }
            return;
        }
        let by_policy = self.policy.retain_expiry_secs.map(|secs| step.now.plus_secs(secs));
        let expires_at = publication.expires_at.or(by_policy);
        let publisher = publication.publisher.and_then(|key| self.sessions.at_mut(key));
        let publisher = publisher.map(|session| session.origin());
        let message = publication.keep().clone();
        let retained = Retained { message, expires_at, publisher };
        if is_kept {
            step.persist(retained.change());
        }
        self.retained.insert(retained);
    }
}

/// The member of a shared subscription that gets the next message: by turns among those that are
/// connected and take more, then among the connected, then, if it can be queued, among the others.
/// Whoever may not read the topic is passed over. `route_version` as in
/// [`crate::broker::session::Session::may_read`].
pub(super) fn choose(
    router: &Router,
    group: GroupKey,
    sessions: &mut Sessions,
    topic: TopicName<'_>,
    route_version: Option<u64>,
    has_offline_queue: bool,
) -> Option<Matched> {
    let mut full = None;
    for member in router.present(group) {
        let Some(session) = sessions.at_mut(member.session) else { continue };
        if session.is_ending || !session.may_read(topic, route_version) {
            continue;
        }
        if session.open_link().is_some() {
            return Some(member);
        }
        full.get_or_insert(member);
    }
    if full.is_some() || !has_offline_queue {
        return full;
    }
    let may_queue = |member: &Matched| {
        sessions.at_mut(member.session).is_some_and(|session| {
            session.link.is_none() && !session.is_ending && session.may_read(topic, route_version)
        })
    };
    router.members(group).find(may_queue)
}
