//! Messages on their way out: one session at a time, within its window, limits and queue.

use crate::broker::access::Use;
use crate::broker::change::Change;
use crate::broker::event::{Dropped, Effect, Event, Room, Sink};
use crate::broker::in_flight::Resend;
use crate::broker::policy::Policy;
use crate::broker::publish::Publication;
use crate::broker::queue::{Pending, SubscriptionIds};
use crate::broker::router::{GroupKey, Options, Router, SessionKey};
use crate::broker::session::{Link, Session};
use crate::broker::stats::Stats;
use crate::broker::{Broker, Step};
use crate::protocol::{
    Ack, Message, MessageRef, Outgoing, Packet, PacketId, QoS, TopicName, publish_len,
};

/// How one delivery differs from what was published.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner<'a> {
    /// QoS of this delivery.
    pub qos: QoS,
    /// RETAIN of this delivery.
    pub retain: bool,
    /// Subscription Identifiers of the subscriptions that matched.
    pub subscription_ids: &'a [u32],
    /// The shared subscription that it comes by.
    pub group: Option<GroupKey>,
}

/// Brings messages to sessions: what it needs beside the session itself.
pub(super) struct Courier<'a, 's, S> {
    pub policy: &'a Policy,
    pub router: &'a Router,
    pub stats: &'a mut Stats,
    pub step: &'a mut Step<'s, S>,
}

impl<S: Sink> Courier<'_, '_, S> {
    /// How a message goes out by subscriptions with these options.
    pub fn manner<'i>(
        &self,
        message: &MessageRef<'_>,
        options: Options,
        subscription_ids: &'i [u32],
    ) -> Manner<'i> {
        let qos = match self.policy.upgrade_outgoing_qos {
            true => options.qos,
            false => message.qos.min(options.qos),
        };
        let retain = options.retain_as_published && message.retain;
        Manner { qos, retain, subscription_ids, group: None }
    }

    /// Sends a message to a session now, or queues it, or drops and counts it.
    pub fn deliver(
        &mut self,
        session: &mut Session,
        publication: &mut Publication<'_>,
        manner: Manner<'_>,
    ) {
        if !session.may_read(publication.message.topic, publication.route_version) {
            return;
        }
        let Some(link) = &session.link else {
            if manner.qos > QoS::AtMostOnce || self.policy.queue_qos0 {
                self.enqueue(session, publication, manner);
            }
            return;
        };
        let Some(message) = link.without_mount_point(publication.message) else { return };
        let is_acknowledged = manner.qos > QoS::AtMostOnce;
        let mut outgoing = Outgoing {
            message,
            dup: false,
            qos: manner.qos,
            retain: manner.retain,
            packet_id: is_acknowledged.then_some(PacketId::FIRST),
            expiry_secs: publication.expiry_secs,
            subscription_ids: manner.subscription_ids,
            topic_alias: None,
        };
        if link.is_too_large(&outgoing) {
            return self.drop_too_large(session);
        }
        let is_plain = link.mount_point.is_none() && manner.subscription_ids.is_empty();
        let alike = is_plain.then_some((manner.qos, manner.retain));
        if !is_acknowledged {
            if link.is_full || session.queue.has_at_most_once() {
                return self.drop_slow(session);
            }
            let repeats = publication.repeats(alike);
            return self.send_publish(session, &outgoing, publication.kept(), repeats);
        }
        let is_next = session.queue.acknowledged_len() == 0;
        if !is_next || !session.has_window(self.policy.inflight_bytes_max) {
            return self.enqueue(session, publication, manner);
        }
        let pending = pending_of(publication, manner);
        outgoing.packet_id = Some(self.take_off(session, pending));
        let repeats = publication.repeats(alike);
        self.send_publish(session, &outgoing, publication.kept(), repeats);
    }

    /// Goes on with whatever waits for a session, as far as its connection takes it: first what was
    /// sent before and not acknowledged, then the queue.
    pub fn pump(&mut self, session: &mut Session) {
        while session.open_link().is_some() && self.resend_next(session) {}
        while session.queue.len() > 0 && session.open_link().is_some() {
            if self.send_piece(session) {
                continue;
            }
            let has_window = session.has_window(self.policy.inflight_bytes_max);
            let Some((order, pending)) = session.queue.pop(has_window) else { break };
            self.persist_unqueued(session, order, &pending);
            self.stats.queued -= 1;
            self.stats.queued_bytes -= pending.message.size();
            // Whatever was queued by other rules is judged by those of now.
            if !session.queue.is_judged(order) && !session.may_read(pending.message.topic(), None) {
                continue;
            }
            self.send_pending(session, pending);
        }
        if session.queue.len() == 0 {
            session.is_overflowing = false;
            session.in_flight.iter_mut().for_each(|it| it.shrink());
        }
    }

    /// Sends one thing again on a resumed session; whether there was one. [MQTT-4.4.0-1]
    fn resend_next(&mut self, session: &mut Session) -> bool {
        let Session { link: Some(link), in_flight: Some(in_flight), client_id, client, .. } =
            session
        else {
            return false;
        };
        let (packet_id, pending) = match in_flight.next_resend(link.window.into()) {
            None => return false,
            Some(Resend::Release(packet_id)) => {
                in_flight.on_resent();
                self.send(session, Packet::PubRel(Ack::success(packet_id)));
                return true;
            }
            Some(Resend::Publish(packet_id, pending)) => (packet_id, pending.clone()),
        };
        let topic = pending.message.topic();
        if client.judge(client_id, Use::Read, topic).is_err() {
            let order = in_flight.skip_resend();
            self.persist_acknowledged(session, order, &pending);
            return true;
        }
        let message = link.without_mount_point(pending.message.as_ref());
        let outgoing = message.map(|message| Outgoing {
            dup: true,
            packet_id: Some(packet_id),
            ..self.outgoing_of(&pending, message, pending.subscription_ids.as_slice())
        });
        match outgoing {
            Some(outgoing) if !link.is_too_large(&outgoing) => {
                in_flight.on_resent();
                self.send_publish(session, &outgoing, Some(&pending.message), false);
            }
            _ => {
                let order = in_flight.skip_resend();
                self.persist_acknowledged(session, order, &pending);
                self.drop_too_large(session);
            }
        }
        true
    }

    /// Sends a message from the queue: judged again, since time has passed and the client may have
    /// come back with other limits.
    fn send_pending(&mut self, session: &mut Session, pending: Pending) {
        let Some(link) = &session.link else { return };
        if pending.is_expired(self.step.now) {
            self.stats.publish_expired += 1;
            if pending.qos > QoS::AtMostOnce {
                session.in_flight.get_or_insert_default().skip();
            }
            return;
        }
        let Some(content) = link.without_mount_point(pending.message.as_ref()) else { return };
        let ids = pending.subscription_ids.as_slice();
        let mut outgoing = self.outgoing_of(&pending, content, ids);
        if link.is_too_large(&outgoing) {
            return self.drop_too_large(session);
        }
        if pending.qos == QoS::AtMostOnce {
            return self.send_publish(session, &outgoing, Some(&pending.message), false);
        }
        outgoing.packet_id = Some(self.prepare_take_off(session, &pending));
        self.send_publish(session, &outgoing, Some(&pending.message), false);
        session.in_flight.get_or_insert_default().push(pending);
    }

    fn outgoing_of<'m>(
        &self,
        pending: &Pending,
        message: MessageRef<'m>,
        subscription_ids: &'m [u32],
    ) -> Outgoing<'m> {
        Outgoing {
            message,
            dup: false,
            qos: pending.qos,
            retain: pending.retain,
            packet_id: (pending.qos > QoS::AtMostOnce).then_some(PacketId::FIRST),
            expiry_secs: pending.expiry_secs(self.step.now),
            subscription_ids,
            topic_alias: None,
        }
    }

    /// Queues a message, within the limits of the session and of the broker.
    pub fn enqueue(
        &mut self,
        session: &mut Session,
        publication: &mut Publication<'_>,
        manner: Manner<'_>,
    ) {
        if publication.expires_at.is_some_and(|at| at <= self.step.now) {
            self.stats.publish_expired += 1;
            return;
        }
        self.enqueue_pending(session, pending_of(publication, manner));
    }

    /// Queues a message that is kept already.
    pub fn enqueue_pending(&mut self, session: &mut Session, pending: Pending) {
        let size = pending.message.size();
        if !self.has_queue_room(session, 1, size) {
            self.drop_expired(session);
        }
        if !self.has_queue_room(session, 1, size) {
            self.stats.publish_dropped += 1;
            if !session.is_overflowing {
                session.is_overflowing = true;
                self.report_dropping(session, Dropped::QueueFull);
            }
            return;
        }
        self.stats.queued += 1;
        self.stats.queued_bytes += size;
        if self.is_kept(session, &pending) {
            let (order, entry) = (session.queue.next_order(), pending.entry(self.router));
            self.step.persist(Change::Queued { session: session.key, order, entry });
        }
        session.queue.push(pending);
    }

    /// Puts a message in flight: it is sent now.
    fn take_off(&mut self, session: &mut Session, pending: Pending) -> PacketId {
        self.prepare_take_off(session, &pending);
        session.in_flight.get_or_insert_default().push(pending)
    }

    /// Tells that a message is in flight, which is put there next; its identifier.
    fn prepare_take_off(&mut self, session: &mut Session, pending: &Pending) -> PacketId {
        let is_kept = self.is_kept(session, pending);
        let in_flight = session.in_flight.get_or_insert_default();
        if is_kept {
            let (order, entry) = (in_flight.next_order(), pending.entry(self.router));
            self.step.persist(Change::Sent { session: session.key, order, entry });
        }
        in_flight.next_id()
    }

    /// Whether a message for this session survives a restart. A session without expiry leaves what
    /// others would get.
    fn is_kept(&mut self, session: &mut Session, pending: &Pending) -> bool {
        if !self.step.persists {
            return false;
        }
        if pending.group.is_some() && pending.qos > QoS::AtMostOnce {
            session.persist_part(self.step);
        }
        session.keeps(pending)
    }

    fn persist_unqueued(&mut self, session: &Session, order: u64, pending: &Pending) {
        if session.keeps(pending) {
            let message = &pending.message;
            self.step.persist(Change::QueuedGone { session: session.key, order, message });
        }
    }

    fn persist_acknowledged(&mut self, session: &Session, order: u64, pending: &Pending) {
        if session.keeps(pending) {
            let message = Some(&pending.message);
            self.step.persist(Change::SentGone { session: session.key, order, message });
        }
    }

    /// Whether so many more messages may wait, of this size together.
    pub fn has_queue_room(&self, session: &Session, messages: usize, size: usize) -> bool {
        let is_within = |max: usize, wanted: usize| max == 0 || wanted <= max;
        !self.stats.is_memory_short
            && is_within(self.policy.queue_messages_max, session.queue.len() + messages)
            && is_within(self.policy.queue_bytes_max, session.queue.bytes() + size)
            && is_within(self.policy.queue_bytes_total_max, self.stats.queued_bytes + size)
    }

    fn drop_expired(&mut self, session: &mut Session) {
        let bytes = session.queue.bytes();
        let mut queue = std::mem::take(&mut session.queue);
        let dropped = queue.drop_expired(self.step.now, |order, pending| {
            self.persist_unqueued(session, order, pending);
        });
        session.queue = queue;
        self.stats.publish_expired += dropped as u64;
        self.stats.queued -= dropped;
        self.stats.queued_bytes -= bytes - session.queue.bytes();
    }

    /// Too large for the client: dropped, and it counts as delivered [MQTT-3.1.2-25].
    fn drop_too_large(&mut self, session: &mut Session) {
        self.stats.publish_dropped += 1;
        let is_told =
            session.link.as_mut().map(|link| std::mem::replace(&mut link.is_too_small, true));
        if is_told == Some(false) {
            self.report_dropping(session, Dropped::TooLarge);
        }
    }

    pub fn drop_slow(&mut self, session: &mut Session) {
        self.stats.publish_dropped += 1;
        let is_told = session.link.as_mut().map(|link| std::mem::replace(&mut link.is_slow, true));
        if is_told == Some(false) {
            self.report_dropping(session, Dropped::SlowReader);
        }
    }

    fn report_dropping(&mut self, session: &Session, why: Dropped) {
        self.step.report(Event::Dropping { client_id: &session.client_id, why });
    }

    fn send_publish(
        &mut self,
        session: &mut Session,
        outgoing: &Outgoing<'_>,
        kept: Option<&Message>,
        repeats: bool,
    ) {
        let Some(link) = &mut session.link else { return };
        self.stats.packets_sent += 1;
        self.stats.publish_sent += 1;
        self.stats.publish_sent_bytes += outgoing.message.payload.len() as u64;
        if self.policy.trace {
            let client_id = &*session.client_id;
            self.step.report(Event::Delivered { client_id, publish: outgoing });
        }
        let effect = Effect::Deliver { conn: link.conn, publish: outgoing, kept, repeats };
        if self.step.out.effect(effect) == Room::Full {
            link.is_full = true;
        }
    }

    /// Sends a packet that is not a PUBLISH.
    pub fn send(&mut self, session: &mut Session, packet: Packet<'_>) {
        let Some(link) = &mut session.link else { return };
        self.stats.packets_sent += 1;
        if self.policy.trace {
            self.step.report(Event::Sent { client_id: &session.client_id, packet: &packet });
        }
        if self.step.out.effect(Effect::Send { conn: link.conn, packet }) == Room::Full {
            link.is_full = true;
        }
    }
}

fn pending_of(publication: &mut Publication<'_>, manner: Manner<'_>) -> Pending {
    Pending {
        qos: manner.qos,
        retain: manner.retain,
        expires_at: publication.expires_at,
        subscription_ids: SubscriptionIds::copy_of(manner.subscription_ids),
        group: manner.group,
        message: publication.keep().clone(),
    }
}

impl Link {
    /// What is put before its topics.
    pub fn mount_point(&self) -> Option<&str> {
        self.mount_point.as_ref().map(|mount_point| &*mount_point.0)
    }

    /// A message as this connection sees it: without the mount point. `None` if the topic does not
    /// lie below it.
    pub fn without_mount_point<'m>(&self, message: MessageRef<'m>) -> Option<MessageRef<'m>> {
        let Some(mount_point) = &self.mount_point else { return Some(message) };
        let rest = message.topic.as_str().strip_prefix(&*mount_point.0)?;
        Some(MessageRef { topic: TopicName::new(rest).ok()?, ..message })
    }

    /// Whether a PUBLISH is above the Maximum Packet Size of the client [MQTT-3.1.2-24].
    pub fn is_too_large(&self, outgoing: &Outgoing<'_>) -> bool {
        self.packet_size_max != u32::MAX
            && publish_len(self.version, outgoing) > self.packet_size_max as usize
    }
}

impl Broker {
    /// Sends a packet that is not a PUBLISH to a session.
    pub(super) fn send(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        key: SessionKey,
        packet: Packet<'_>,
    ) {
        let Some(session) = self.sessions.at_mut(key) else { return };
        let mut courier =
            Courier { policy: &self.policy, router: &self.router, stats: &mut self.stats, step };
        courier.send(session, packet);
    }

    /// Goes on with whatever waits for a session.
    pub(super) fn pump(&mut self, step: &mut Step<'_, impl Sink>, key: SessionKey) {
        let Some(session) = self.sessions.at_mut(key) else { return };
        let mut courier =
            Courier { policy: &self.policy, router: &self.router, stats: &mut self.stats, step };
        courier.pump(session);
        if !session.scans.is_empty() {
            courier.scan(session, &self.retained);
            session.persist_scans(step);
        }
    }
}
