//! Packets that came together. A fast client sends many that are alike: those are handled as one run,
//! receiver by receiver instead of message by message, so that what is asked about a receiver is
//! asked once, and what it gets is written in one piece. Whoever receives cannot tell the difference;
//! where there would be one, each packet is handled alone.

use std::sync::Arc;

use crate::broker::block::Block;
use crate::broker::connection::TopicMemo;
use crate::broker::deliver::{Courier, Manner};
use crate::broker::event::{ConnId, Room, Run, Sink};
use crate::broker::in_flight::InFlight;
use crate::broker::publish::{Publication, SHARED_PAYLOAD_MIN};
use crate::broker::queue::{Pending, SubscriptionIds};
use crate::broker::router::{Route, SessionKey};
use crate::broker::session::{Link, Session, Stored};
use crate::broker::{Broker, Step};
use crate::protocol::{
    Message, MessageRef, Packet, PacketId, Publish, QoS, ReasonCode, TopicName, Version,
    publish_len,
};
use crate::time::Timestamp;

/// Fewer packets than these are handled one by one.
const RUN_MIN: usize = 4;

/// PUBLISH packets on their way: alike, but for payload and properties.
pub(super) struct Batch<'a> {
    packets: &'a [Packet<'a>],
    /// The topic with mount point.
    topic: TopicName<'a>,
    topic_shared: &'a Arc<str>,
    publisher: SessionKey,
    route_version: u64,
    now: Timestamp,
    /// The messages, those that somebody had to keep: empty if nobody had to, or nobody else will.
    kept: Vec<Option<Message>>,
    has_many: bool,
    /// [`Batch::blocks`], once somebody has asked.
    blocks: Option<Vec<Arc<Block>>>,
    /// QoS of the last run that was sent.
    sent_as: Option<QoS>,
    /// [`Batch::largest`], once somebody has asked.
    largest: Option<usize>,
}

impl<'a> Batch<'a> {
    /// The `n`th message.
    fn message(&self, n: usize) -> MessageRef<'a> {
        MessageRef { topic: self.topic, ..publish_at(self.packets, n).message() }
    }

    /// How many messages there are.
    pub const fn len(&self) -> usize {
        self.packets.len()
    }

    /// The `n`th message, as if it had come alone.
    fn publication(&self, n: usize) -> Publication<'a> {
        let (message, topic) = (self.message(n), Some(self.topic_shared));
        let kept = self.kept.get(n).cloned().flatten();
        let mut publication = Publication::of_ref(message, topic, self.now, Some(self.publisher));
        publication.route_version = Some(self.route_version);
        publication.with_kept(kept)
    }

    /// Takes note that the `n`th message is kept.
    fn note_kept(&mut self, n: usize, publication: &Publication<'_>) {
        if let Some(message) = publication.kept() {
            self.keep(n, message);
        }
    }

    fn keep(&mut self, n: usize, message: &Message) {
        if self.has_many {
            if self.kept.is_empty() {
                self.kept.resize(self.packets.len(), None);
            }
            self.kept[n].get_or_insert_with(|| message.clone());
        }
    }

    /// Bytes of the largest packet that anybody may get.
    fn largest(&mut self) -> usize {
        *self.largest.get_or_insert_with(|| {
            let qos = QoS::AtLeastOnce;
            let run = Run::of_packets(self.topic, qos, self.packets);
            let packets = (0..self.packets.len()).map(|n| run.outgoing(n, None));
            packets.map(|it| publish_len(Version::V5, &it)).max().unwrap_or(0)
        })
    }

    /// The `n`th message on its way to a session.
    pub fn pending(&mut self, n: usize, qos: QoS) -> Pending {
        let message = self.kept.get(n).cloned().flatten().unwrap_or_else(|| {
            let topic = Some(Arc::clone(self.topic_shared));
            let message = Message::copy_of(self.message(n), topic);
            self.keep(n, &message);
            message
        });
        let subscription_ids = SubscriptionIds::None;
        let expires_at = message.expiry_secs().map(|secs| self.now.plus_secs(secs));
        let (retain, group) = (false, None);
        Pending { message, qos, retain, expires_at, subscription_ids, group }
    }

    /// The first `len` messages, to be sent with this QoS.
    fn run(&mut self, len: usize, qos: QoS) -> Run<'a> {
        let repeats = self.sent_as.replace(qos) == Some(qos);
        let mut run = Run::of_packets(self.topic, qos, &self.packets[..len]);
        (run.repeats, run.is_alone) = (repeats, !self.has_many);
        run
    }

    /// All messages, kept together. None, if they expire at different moments or have expired.
    pub fn blocks(&mut self) -> &[Arc<Block>] {
        let (packets, topic, shared) = (self.packets, self.topic, self.topic_shared);
        let now = self.now;
        self.blocks.get_or_insert_with(|| {
            let first = publish_at(packets, 0);
            let expiry_secs = first.properties.message_expiry();
            let differs = |it: &Publish<'_>| it.properties.message_expiry() != expiry_secs;
            if expiry_secs == Some(0) || publishes(packets).any(differs) {
                return Vec::new();
            }
            let messages = (0..packets.len()).map(|n| {
                let publish = publish_at(packets, n);
                (publish.properties, publish.payload)
            });
            let expires_at = expiry_secs.map(|secs| now.plus_secs(secs));
            Block::copies_of(topic, shared, first.qos, messages, expires_at)
        })
    }
}

/// What packets of a run have together, in bytes.
#[derive(Default)]
struct Extent {
    payloads: usize,
    payload_max: usize,
    properties: usize,
}

impl Extent {
    fn of(packets: &[Packet<'_>]) -> Self {
        let mut all = Extent::default();
        for publish in publishes(packets) {
            let len = publish.payload.len();
            all.payloads += len;
            all.payload_max = all.payload_max.max(len);
            all.properties += publish.properties.as_bytes().len();
        }
        all
    }
}

impl Broker {
    /// Packets that came together from one client.
    pub(super) fn on_packets(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        packets: &[Packet<'_>],
    ) {
        let mut rest = packets;
        while !rest.is_empty() {
            let alike = if rest.len() < RUN_MIN { rest.len() } else { alike(rest) };
            let (run, behind) = rest.split_at(alike);
            let handled = if alike < RUN_MIN { 0 } else { self.on_run(step, conn, run) };
            if handled > 0 {
                rest = &rest[handled..];
                continue;
            }
            for packet in run {
                step.out.begin_step();
                self.on_packet(step, conn, packet);
                self.finish(step);
            }
            rest = behind;
        }
    }

    /// Handles packets that are alike as one, from the first one on; how many. With 0 nothing was done:
    /// it would make a difference. Apart from the path of a single packet, which it would slow down.
    #[inline(never)]
    fn on_run(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        packets: &[Packet<'_>],
    ) -> usize {
        if self.policy.trace {
            return 0;
        }
        step.out.begin_step();
        let Some(connection) = self.connections.find(conn) else { return 0 };
        let Some(key) = connection.session() else { return 0 };
        match &packets[0] {
            Packet::Publish(first) => {
                // The first that ends the connection or came before is handled alone.
                let is_good = |it: &&Publish<'_>| !self.is_false_text(it);
                let mut good = publishes(packets).take_while(is_good).count();
                if first.qos == QoS::ExactlyOnce {
                    good = self.count_new(key, &packets[..good]);
                }
                let packets = &packets[..good];
                match good >= RUN_MIN && self.on_publish_run(step, conn, key, packets, first) {
                    true => good,
                    false => 0,
                }
            }
            _ => self.on_ack_run(step, conn, key, packets),
        }
    }

    fn on_publish_run(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        key: SessionKey,
        packets: &[Packet<'_>],
        first: &Publish<'_>,
    ) -> bool {
        let extent = Extent::of(packets);
        let (size_max, limit) = (extent.payload_max, self.policy.message_size_max as usize);
        let is_small = size_max <= SHARED_PAYLOAD_MIN && (limit == 0 || size_max <= limit);
        // Below the Receive Maximum it is the same verdict for all.
        let link = self.sessions.at(key).and_then(|session| session.link.as_ref());
        let is_refused = link.is_none_or(|link| self.receive_room(link) == 0)
            || self.violation_of(conn, key, first).is_some();
        if !is_small || is_refused {
            return false;
        }
        let Some(mut memo) = self.memo_of(conn, &first.topic) else { return false };
        let is_done = self.refusal_of(key, &mut memo, first).is_none()
            && self.publish_run(step, key, packets, &extent, &memo);
        if let Some(connection) = self.connections.find(conn) {
            connection.memo = Some(memo);
            if is_done {
                connection.last_seen = step.now;
                self.stats.packets_received += packets.len() as u64;
                self.stats.publish_received += packets.len() as u64;
                self.stats.publish_received_bytes += extent.payloads as u64;
            }
        }
        is_done
    }

    fn publish_run(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        key: SessionKey,
        packets: &[Packet<'_>],
        extent: &Extent,
        memo: &TopicMemo,
    ) -> bool {
        let first = publish_at(packets, 0);
        let Some(topic) = memo.name(&first.topic) else { return false };
        let route = Arc::clone(self.router.at(memo.route));
        let topics = packets.len() * topic.as_str().len();
        let bytes = topics + extent.properties + extent.payloads;
        if !self.may_run(key, first.qos, bytes, &route) {
            return false;
        }
        let batch = &mut Batch {
            packets,
            topic,
            topic_shared: &memo.topic,
            publisher: key,
            route_version: route.version(),
            now: step.now,
            kept: Vec::new(),
            has_many: route.targets().nth(1).is_some(),
            blocks: None,
            sent_as: None,
            largest: None,
        };
        let reached = self.deliver_batch(step, batch, &route);
        let reason = match (reached, first.qos) {
            (_, QoS::AtMostOnce) => return true,
            (0, QoS::AtLeastOnce) => ReasonCode::NoMatchingSubscribers,
            // As alone: PUBREC does not say so.
            _ => ReasonCode::Success,
        };
        if first.qos == QoS::ExactlyOnce {
            self.note_received(step, key, packets);
        }
        self.answer_run(step, key, packets, reason);
        true
    }

    /// Whether the order among receivers makes no difference: nobody takes turns, the publisher gets
    /// no message between its PUBACKs, and the queues of all together are far from their limit.
    fn may_run(&self, key: SessionKey, qos: QoS, bytes: usize, route: &Route) -> bool {
        let is_acknowledged = qos > QoS::AtMostOnce;
        let limit = self.policy.queue_bytes_total_max;
        let most = self.stats.queued_bytes + bytes * route.targets().count();
        route.groups().is_empty()
            && (limit == 0 || most <= limit)
            && !(is_acknowledged && route.targets().any(|target| target.session == key))
            && !(self.policy.one_copy_per_subscription
                && route.targets().any(|target| target.matched.len() > 1))
    }

    /// To every session with a matching subscription. To how many.
    fn deliver_batch(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        batch: &mut Batch<'_>,
        route: &Route,
    ) -> usize {
        let Broker { sessions, policy, router, stats, subscription_ids, .. } = self;
        let mut courier = Courier { policy, router, stats, step };
        let message = batch.message(0);
        let mut reached = 0;
        for target in route.targets() {
            let Some(session) = sessions.at_mut(target.session) else { continue };
            if session.is_ending {
                continue;
            }
            reached += 1;
            let own = batch.publisher == target.session;
            let Some(options) = target.single_copy(own) else { continue };
            subscription_ids.clear();
            subscription_ids.extend(target.subscription_ids(own));
            let manner = courier.manner(&message, options, subscription_ids);
            courier.deliver_batch(session, batch, manner);
        }
        reached
    }
}

impl<S: Sink> Courier<'_, '_, S> {
    /// [`Courier::deliver`] for each message of a batch.
    fn deliver_batch(&mut self, session: &mut Session, batch: &mut Batch<'_>, manner: Manner<'_>) {
        if !session.may_read(batch.topic, Some(batch.route_version)) {
            return;
        }
        // What is kept on disk is told message by message.
        let is_plain = manner.subscription_ids.is_empty()
            && self.policy.inflight_bytes_max == 0
            && session.stored != Stored::Whole;
        let is_acknowledged = manner.qos > QoS::AtMostOnce;
        let is_like = session.link.as_ref().map_or(is_acknowledged, |link| link.takes_batch(batch));
        if !is_plain || !is_like {
            return self.deliver_singly(session, batch, manner);
        }
        if is_acknowledged {
            // Those behind them find the window closed.
            let sent = self.send_acknowledged(session, batch, manner.qos);
            self.keep_batch(session, batch, manner.qos, sent);
        } else {
            self.send_unacknowledged(session, batch);
        }
    }

    /// Delivers the messages of a batch, each as if it had come alone.
    fn deliver_singly(&mut self, session: &mut Session, batch: &mut Batch<'_>, manner: Manner<'_>) {
        for n in 0..batch.packets.len() {
            let mut publication = batch.publication(n);
            self.deliver(session, &mut publication, manner);
            batch.note_kept(n, &publication);
        }
    }

    fn send_unacknowledged(&mut self, session: &mut Session, batch: &mut Batch<'_>) {
        let Some(link) = &session.link else { return };
        let len = batch.packets.len();
        let mut sent = 0;
        if !link.is_full && !session.queue.has_at_most_once() {
            let run = batch.run(len, QoS::AtMostOnce);
            sent = self.send_run(session, &run, None);
        }
        for _ in sent..len {
            self.drop_slow(session);
        }
    }

    /// Sends as many messages of a batch as may be on their way at once; how many. They are to be put in
    /// flight.
    fn send_acknowledged(
        &mut self,
        session: &mut Session,
        batch: &mut Batch<'_>,
        qos: QoS,
    ) -> usize {
        if session.queue.acknowledged_len() > 0 || !session.has_window(0) {
            return 0;
        }
        let Some(link) = &session.link else { return 0 };
        let in_flight: &mut InFlight = session.in_flight.get_or_insert_default();
        let len = in_flight.window(link.window.into()).min(batch.packets.len());
        let first = in_flight.next_id();
        self.send_run(session, &batch.run(len, qos), Some(first))
    }

    /// Sends a run, as far as there is room; how many packets.
    pub fn send_run(
        &mut self,
        session: &mut Session,
        run: &Run<'_>,
        first: Option<PacketId>,
    ) -> usize {
        let Some(link) = &mut session.link else { return 0 };
        let (sent, room) = self.step.out.deliver_run(link.conn, run, first);
        link.is_full |= room == Room::Full;
        self.stats.packets_sent += sent as u64;
        self.stats.publish_sent += sent as u64;
        self.stats.publish_sent_bytes += run.payload_bytes(sent) as u64;
        sent
    }
}

impl Link {
    /// Whether what it gets is the same as what others get.
    fn takes_batch(&self, batch: &mut Batch<'_>) -> bool {
        self.mount_point.is_none()
            && (self.packet_size_max == u32::MAX
                || batch.largest() <= self.packet_size_max as usize)
    }
}

/// How many packets from the first one on are alike, as far as it makes sense to handle them as one.
fn alike(packets: &[Packet<'_>]) -> usize {
    let behind = packets[1..].iter();
    1 + match &packets[0] {
        Packet::Publish(first) if !first.retain => {
            let topic = first.topic.name();
            let is_like = |it: &Publish<'_>| {
                let name = it.topic.name();
                // The decoder gives packets that begin alike the same slice.
                let has_topic = std::ptr::eq(name.as_str(), topic.as_str()) || name == topic;
                it.qos == first.qos && !it.retain && has_topic
            };
            behind.take_while(|it| matches!(it, Packet::Publish(it) if is_like(it))).count()
        }
        first
        @ (Packet::PubAck(_) | Packet::PubRec(_) | Packet::PubRel(_) | Packet::PubComp(_)) => {
            behind.take_while(|it| it.kind() == first.kind()).count()
        }
        _ => 0,
    }
}

fn publishes<'a>(packets: &'a [Packet<'a>]) -> impl Iterator<Item = &'a Publish<'a>> {
    packets.iter().filter_map(|packet| match packet {
        Packet::Publish(publish) => Some(publish),
        _ => None,
    })
}

fn publish_at<'a>(packets: &'a [Packet<'a>], n: usize) -> &'a Publish<'a> {
    match &packets[n] {
        Packet::Publish(publish) => publish,
        other => unreachable!("only PUBLISH packets make a run: {other:?}"),
    }
}
