//! SUBSCRIBE and UNSUBSCRIBE, and the retained messages that a subscription brings.

use std::collections::VecDeque;

use crate::broker::change::Change;
use crate::broker::deliver::{Courier, Manner};
use crate::broker::depth::is_too_deep;
use crate::broker::event::{ConnId, End, Event, Sink};
use crate::broker::publish::Publication;
use crate::broker::retained::{Cursor, Retained, RetainedStore};
use crate::broker::router::{Options, SessionKey};
use crate::broker::session::{Session, Stored};
use crate::broker::{Broker, Step, access};
use crate::protocol::{
    Packet, QoS, ReasonCode, RetainHandling, SubAck, Subscribe, Subscription, TopicFilter,
    UnsubAck, Unsubscribe, Version,
};

/// How many retained messages are looked up at once.
const SCAN_BATCH: usize = 64;

/// A scan stops while this many messages wait for acknowledgements, and goes on behind them.
const SCAN_QUEUE_MAX: usize = 256;

/// Retained messages still to be sent for one subscription. Bounded by the number of
/// subscriptions, however many messages match.
#[derive(Debug)]
pub(super) struct Scan {
    /// The filter, with mount point.
    pub filter: Box<str>,
    pub options: Options,
    /// Where it goes on.
    pub cursor: Option<Cursor>,
}

impl Broker {
    /// SUBSCRIBE from a client.
    pub(super) fn on_subscribe(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        key: SessionKey,
        subscribe: &Subscribe<'_>,
    ) {
        if subscribe.subscriptions.iter().any(|it| is_too_deep(it.filter.as_str())) {
            return self.close(step, conn, End::Server(ReasonCode::MalformedPacket));
        }
        let subscription_id = subscribe.properties.subscription_identifiers().next();
        let mut scans = Vec::new();
        let mut reasons = Vec::with_capacity(subscribe.subscriptions.len());
        for subscription in &subscribe.subscriptions {
            let made = self.subscribe_one(step, conn, key, subscription, subscription_id);
            let client_id = self.sessions.at(key).map_or("", |session| &session.client_id);
            let filter = subscription.filter.as_str();
            match made {
                Ok((qos, scan)) => {
                    step.report(Event::Subscribed { client_id, filter, qos });
                    scans.extend(scan);
                    reasons.push(granted(qos));
                }
                Err(reason) => {
                    step.report(Event::SubscribeRefused { client_id, filter, reason });
                    reasons.push(self.suback_reason(key, subscription, reason));
                }
            }
        }
        let suback =
            SubAck { packet_id: subscribe.packet_id, properties: Default::default(), reasons };
        self.send(step, key, Packet::SubAck(suback));
        if let Some(session) = self.sessions.at_mut(key) {
            session.scans.retain(|old| scans.iter().all(|new| new.filter != old.filter));
            match session.scans.is_empty() {
                true => session.scans = scans.into(),
                false => session.scans.extend(scans),
            }
            if session.scans.is_empty() {
                session.persist_scans(step);
            }
        }
        self.pump(step, key);
    }

    /// Makes one subscription: the QoS granted, and the retained messages to send.
    fn subscribe_one(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        key: SessionKey,
        subscription: &Subscription<'_>,
        subscription_id: Option<u32>,
    ) -> Result<(QoS, Option<Scan>), ReasonCode> {
        let asked_filter = subscription.filter.as_str();
        if self.policy.denied_filters.iter().any(|denied| **denied == *asked_filter) {
            return Err(ReasonCode::UnspecifiedError);
        }
        let session = self.sessions.at(key).ok_or(ReasonCode::UnspecifiedError)?;
        let link = session.link.as_ref().ok_or(ReasonCode::UnspecifiedError)?;
        let listener = self.connections.find(conn).ok_or(ReasonCode::UnspecifiedError)?.listener;
        let mounted = mounted(link.mount_point(), subscription.filter);
        let text = mounted.as_deref().unwrap_or(subscription.filter.as_str());
        let filter = TopicFilter::new(text).map_err(|_| ReasonCode::TopicFilterInvalid)?;
        if !access::may_subscribe(filter) {
            return Err(ReasonCode::NotAuthorized);
        }
        let is_known = self.router.options(filter, key).is_some();
        let is_full = self.router.session_len(key) >= self.policy.subscriptions_max;
        if (is_full && !is_known) || !self.router.has_room(filter, key) {
            return Err(ReasonCode::QuotaExceeded);
        }
        let asked = subscription.options;
        let options = Options {
            qos: asked.qos.min(self.policy.listener(listener).qos_max),
            no_local: asked.no_local || link.is_bridge,
            retain_as_published: asked.retain_as_published || link.is_bridge,
            subscription_id,
        };
        let is_new = self.router.subscribe(filter, key, options);
        if filter.shared().is_some() {
            self.router.join_present(filter, key);
        }
        if self.is_whole(key) {
            let filter = filter.as_str();
            step.persist(Change::Subscription { session: key, filter, options });
        }
        let wants_retained = match asked.retain_handling {
            RetainHandling::Always => true,
            RetainHandling::IfNew => is_new,
            RetainHandling::Never => false,
        };
        let scan = (wants_retained && filter.shared().is_none()).then(|| Scan {
            filter: filter.as_str().into(),
            options,
            cursor: None,
        });
        Ok((options.qos, scan))
    }

    fn is_whole(&self, key: SessionKey) -> bool {
        self.sessions.at(key).is_some_and(|session| session.stored == Stored::Whole)
    }

    /// How a refusal is said in the version of the client: 3.1.1 has one code, 3.1 none.
    fn suback_reason(
        &self,
        key: SessionKey,
        subscription: &Subscription<'_>,
        reason: ReasonCode,
    ) -> ReasonCode {
        let link = self.sessions.at(key).and_then(|session| session.link.as_ref());
        match link.map(|link| link.version) {
            Some(Version::V31) => granted(subscription.options.qos),
            Some(Version::V311) => ReasonCode::UnspecifiedError,
            _ => reason,
        }
    }

    /// UNSUBSCRIBE from a client.
    pub(super) fn on_unsubscribe(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        key: SessionKey,
        unsubscribe: &Unsubscribe<'_>,
    ) {
        let Some(session) = self.sessions.at_mut(key) else { return };
        let Some(link) = &session.link else { return };
        let mut reasons = Vec::with_capacity(unsubscribe.filters.len());
        for written in &unsubscribe.filters {
            let mounted = mounted(link.mount_point(), *written);
            let filter = mounted.as_deref().map_or(Ok(*written), TopicFilter::new);
            let was_there = filter.is_ok_and(|filter| {
                session.scans.retain(|scan| *scan.filter != *filter.as_str());
                let was_there = self.router.unsubscribe(filter, key);
                if was_there && session.stored == Stored::Whole {
                    let filter = filter.as_str();
                    step.persist(Change::SubscriptionGone { session: key, filter });
                }
                was_there
            });
            let (client_id, filter) = (&*session.client_id, written.as_str());
            step.report(Event::Unsubscribed { client_id, filter });
            reasons.push(match was_there {
                true => ReasonCode::Success,
                false => ReasonCode::NoSubscriptionExisted,
            });
        }
        session.persist_scans(step);
        let packet_id = unsubscribe.packet_id;
        let unsuback = UnsubAck { packet_id, properties: Default::default(), reasons };
        self.send(step, key, Packet::UnsubAck(unsuback));
    }
}

impl<S: Sink> Courier<'_, '_, S> {
    /// Sends retained messages for new subscriptions, as far as the connection takes them; the rest
    /// when it takes more.
    pub(super) fn scan(&mut self, session: &mut Session, retained: &RetainedStore) {
        while let Some(mut scan) = session.scans.pop_front() {
            let Ok(filter) = TopicFilter::new(&scan.filter) else { continue };
            let now = self.step.now;
            let (batch, next) = retained.scan(filter, scan.cursor.as_ref(), SCAN_BATCH, now);
            let sent = batch.iter().take_while(|it| self.send_retained(session, &scan, it)).count();
            let is_stopped = sent < batch.len();
            scan.cursor = match is_stopped {
                true => sent.checked_sub(1).map(|last| Cursor::after(&batch[last])).or(scan.cursor),
                false => next,
            };
            if scan.cursor.is_some() || is_stopped {
                session.scans.push_front(scan);
            }
            if is_stopped {
                return;
            }
        }
        session.scans = VecDeque::new();
    }

    /// Sends or queues one retained message; `false` if that has to wait.
    fn send_retained(&mut self, session: &mut Session, scan: &Scan, retained: &Retained) -> bool {
        if session.open_link().is_none() {
            return false;
        }
        let message = &retained.message;
        if let Some(publisher) = &retained.publisher {
            let is_own = publisher.client_id == session.client_id;
            let is_withdrawn = self.policy.check_retain_source
                && !publisher.may_write(self.policy, message.topic());
            if (is_own && scan.options.no_local) || is_withdrawn {
                return true;
            }
        }
        let ids = scan.options.subscription_id;
        let manner = self.manner(&message.as_ref(), scan.options, ids.as_slice());
        let has_window = session.queue.acknowledged_len() == 0
            && session.has_window(self.policy.inflight_bytes_max);
        let has_queue_room =
            session.queue.len() < SCAN_QUEUE_MAX && self.has_queue_room(session, 1, message.size());
        if manner.qos > QoS::AtMostOnce && !has_window && !has_queue_room {
            return false;
        }
        // The expiry of `retain_expiry_interval` is not the message's own.
        let expires_at = message.expiry_secs().and(retained.expires_at);
        let mut publication = Publication::of_pending(message, expires_at, self.step.now);
        self.deliver(session, &mut publication, Manner { retain: true, ..manner });
        true
    }
}

fn mounted(mount_point: Option<&str>, filter: TopicFilter<'_>) -> Option<String> {
    let mount_point = mount_point?;
    Some(match filter.shared() {
        Some(shared) => format!("$share/{}/{mount_point}{}", shared.share, shared.filter),
        None => format!("{mount_point}{filter}"),
    })
}

const fn granted(qos: QoS) -> ReasonCode {
    match qos {
        QoS::AtMostOnce => ReasonCode::Success,
        QoS::AtLeastOnce => ReasonCode::GrantedQoS1,
        QoS::ExactlyOnce => ReasonCode::GrantedQoS2,
    }
}
