//! Messages that wait to be sent to one session.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::broker::block::Piece;
use crate::broker::router::GroupKey;
use crate::protocol::{Message, QoS};
use crate::time::Timestamp;

/// A message on its way to one session. The message itself is shared with all others who get it.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    /// What was published.
    pub message: Message,
    /// QoS of this delivery.
    pub qos: QoS,
    /// RETAIN of this delivery.
    pub retain: bool,
    /// Not sent any more from this moment on, unless it was sent once [MQTT-3.3.2-5].
    pub expires_at: Option<Timestamp>,
    /// Subscription Identifiers of the subscriptions that matched.
    pub subscription_ids: SubscriptionIds,
    /// The shared subscription that it came by: another member gets it if this session ends.
    pub group: Option<GroupKey>,
}

/// Subscription Identifiers of one delivery. Nearly always none or one.
#[derive(Clone, Debug, Default)]
pub(super) enum SubscriptionIds {
    /// No matching subscription had one.
    #[default]
    None,
    /// One.
    One([u32; 1]),
    /// Several subscriptions matched.
    Many(Box<[u32]>),
}

impl SubscriptionIds {
    /// A copy of what was collected for a delivery.
    pub fn copy_of(ids: &[u32]) -> Self {
        match ids {
            [] => SubscriptionIds::None,
            [one] => SubscriptionIds::One([*one]),
            many => SubscriptionIds::Many(many.into()),
        }
    }

    /// As [`crate::protocol::Outgoing`] takes them.
    pub fn as_slice(&self) -> &[u32] {
        match self {
            SubscriptionIds::None => &[],
            SubscriptionIds::One(one) => one,
            SubscriptionIds::Many(many) => many,
        }
    }
}

impl Pending {
    /// Whether it may not be sent any more.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// Message Expiry Interval to send: what is left, in seconds, rounded up [MQTT-3.3.2-6].
    pub fn expiry_secs(&self, now: Timestamp) -> Option<u32> {
        self.expires_at.map(|at| secs_until(at, now))
    }
}

/// Whole seconds from `now` to `at`, rounded up.
pub(super) fn secs_until(at: Timestamp, now: Timestamp) -> u32 {
    u32::try_from(at.since(now).as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}

/// What waits for one session: most sessions keep up, and own no more than this.
#[derive(Debug, Default)]
pub(super) struct Queue {
    lanes: Option<Box<Lanes>>,
}

/// What stands in the queue under one number, or under so many from that one on.
#[derive(Debug)]
enum Entry {
    One(Pending),
    Piece(Piece),
}

impl Entry {
    fn len(&self) -> usize {
        match self {
            Entry::One(_) => 1,
            Entry::Piece(piece) => piece.len(),
        }
    }

    /// From when on none of it is sent any more.
    fn expires_at(&self) -> Timestamp {
        let at = match self {
            Entry::One(pending) => pending.expires_at,
            Entry::Piece(piece) => piece.expires_at(),
        };
        at.unwrap_or(Timestamp::NEVER)
    }

    /// The `n`th message.
    fn pending(&self, n: usize) -> Cow<'_, Pending> {
        match self {
            Entry::One(pending) => Cow::Borrowed(pending),
            Entry::Piece(piece) => Cow::Owned(piece.pending(n)),
        }
    }
}

/// QoS 0 stands apart: it is not held back by a closed window [MQTT-3.3.4-10].
#[derive(Debug)]
struct Lanes {
    acknowledged: VecDeque<(u64, Entry)>,
    /// Messages in it.
    acknowledged_len: usize,
    at_most_once: VecDeque<(u64, Pending)>,
    /// Counts what was pushed: the order among the lanes.
    pushed: u64,
    /// Messages from this number on were judged by the present rights of the client.
    judged_from: u64,
    bytes: usize,
    /// Nothing expires before this moment: a full queue is not searched in vain at every message.
    expires_from: Timestamp,
}

impl Default for Lanes {
    fn default() -> Self {
        Lanes {
            acknowledged: VecDeque::new(),
            acknowledged_len: 0,
            at_most_once: VecDeque::new(),
            pushed: 0,
            judged_from: 0,
            bytes: 0,
            expires_from: Timestamp::NEVER,
        }
    }
}

impl Lanes {
    /// Something was appended that expires at this moment.
    fn note_expiry(&mut self, at: Option<Timestamp>) {
        self.expires_from = self.expires_from.min(at.unwrap_or(Timestamp::NEVER));
    }

    /// Whether the oldest message is one of QoS 1 or 2.
    fn is_acknowledged_next(&self) -> bool {
        let Some((order, _)) = self.acknowledged.front() else { return false };
        self.at_most_once.front().is_none_or(|(other, _)| order < other)
    }

    fn pop_acknowledged(&mut self) -> Option<(u64, Pending)> {
        let popped = match self.acknowledged.front_mut()? {
            (order, Entry::Piece(piece)) if piece.len() > 1 => {
                let popped = (*order, piece.pending(0));
                *order += 1;
                piece.skip(1);
                popped
            }
            _ => {
                let (order, entry) = self.acknowledged.pop_front()?;
                give_back(&mut self.acknowledged);
                let pending = match entry {
                    Entry::One(pending) => pending,
                    Entry::Piece(piece) => piece.pending(0),
                };
                (order, pending)
            }
        };
        self.acknowledged_len -= 1;
        Some(popped)
    }
}

/// Gives memory back where nothing waits.
fn give_back<T>(lane: &mut VecDeque<T>) {
    if lane.is_empty() && lane.capacity() > 64 {
        *lane = VecDeque::new();
    }
}

impl Queue {
    /// Appends a message.
    pub fn push(&mut self, pending: Pending) {
        let lanes = self.lanes.get_or_insert_default();
        lanes.bytes += pending.message.size();
        lanes.note_expiry(pending.expires_at);
        lanes.pushed += 1;
        if pending.qos == QoS::AtMostOnce {
            lanes.at_most_once.push_back((lanes.pushed, pending));
        } else {
            lanes.acknowledged_len += 1;
            lanes.acknowledged.push_back((lanes.pushed, Entry::One(pending)));
        }
    }

    /// Appends messages of QoS 1 or 2 that are kept together.
    pub fn push_piece(&mut self, piece: Piece) {
        let lanes = self.lanes.get_or_insert_default();
        let len = piece.len();
        lanes.bytes += piece.size();
        lanes.note_expiry(piece.expires_at());
        lanes.acknowledged_len += len;
        lanes.acknowledged.push_back((lanes.pushed + 1, Entry::Piece(piece)));
        lanes.pushed += len as u64;
    }

    /// Puts a message back that had this number; numbers ascend.
    pub fn restore(&mut self, order: u64, pending: Pending) {
        let lanes = self.lanes.get_or_insert_default();
        let after = lanes.pushed.max(order);
        lanes.pushed = order.saturating_sub(1);
        self.push(pending);
        self.lanes.get_or_insert_default().pushed = after;
    }

    /// The number that [`Queue::push`] gives next.
    pub fn next_order(&self) -> u64 {
        self.lanes.as_ref().map_or(1, |lanes| lanes.pushed + 1)
    }

    /// The rights of the client are others from now on: what waits was judged by those before.
    pub fn on_rights_changed(&mut self) {
        if let Some(lanes) = &mut self.lanes {
            lanes.judged_from = lanes.pushed + 1;
        }
    }

    /// Whether the message of this number was judged by the present rights.
    pub fn is_judged(&self, order: u64) -> bool {
        self.lanes.as_ref().is_none_or(|lanes| order >= lanes.judged_from)
    }

    /// All messages by number, those of QoS 1 and 2 first, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Cow<'_, Pending>)> {
        self.lanes.iter().flat_map(|lanes| {
            let acknowledged = lanes.acknowledged.iter().flat_map(|(order, entry)| {
                (0..entry.len()).map(move |n| (order + n as u64, entry.pending(n)))
            });
            let at_most_once = lanes.at_most_once.iter();
            acknowledged.chain(at_most_once.map(|(order, it)| (*order, Cow::Borrowed(it))))
        })
    }

    /// Takes the oldest message; with a closed window the oldest of QoS 0.
    pub fn pop(&mut self, has_window: bool) -> Option<(u64, Pending)> {
        let lanes = self.lanes.as_mut()?;
        let (order, pending) = match has_window && lanes.is_acknowledged_next() {
            true => lanes.pop_acknowledged()?,
            false => {
                let popped = lanes.at_most_once.pop_front()?;
                give_back(&mut lanes.at_most_once);
                popped
            }
        };
        lanes.bytes -= pending.message.size();
        Some((order, pending))
    }

    /// The oldest messages, if it is their turn and they are kept together, and the number of the
    /// first.
    pub fn next_piece(&self) -> Option<(u64, &Piece)> {
        let lanes = self.lanes.as_ref()?;
        match lanes.acknowledged.front()? {
            (order, Entry::Piece(piece)) if lanes.is_acknowledged_next() => Some((*order, piece)),
            _ => None,
        }
    }

    /// Takes the first `len` messages of what [`Queue::next_piece`] said.
    pub fn skip_piece(&mut self, len: usize) {
        let Some(lanes) = &mut self.lanes else { return };
        let Some((order, Entry::Piece(piece))) = lanes.acknowledged.front_mut() else { return };
        lanes.bytes -= piece.first(len).size();
        lanes.acknowledged_len -= len;
        *order += len as u64;
        piece.skip(len);
        if piece.len() == 0 {
            lanes.acknowledged.pop_front();
            give_back(&mut lanes.acknowledged);
        }
    }

    /// Drops what has expired; how many messages. `on_dropped` is told each by number.
    pub fn drop_expired(
        &mut self,
        now: Timestamp,
        mut on_dropped: impl FnMut(u64, &Pending),
    ) -> usize {
        let before = self.len();
        let Some(lanes) = self.lanes.as_mut().filter(|lanes| now >= lanes.expires_from) else {
            return 0;
        };
        let mut expires_from = Timestamp::NEVER;
        let Lanes { acknowledged, acknowledged_len, at_most_once, bytes, .. } = &mut **lanes;
        let mut is_kept = |at: Timestamp| {
            if at > now {
                expires_from = expires_from.min(at);
            }
            at > now
        };
        let mut drop_one = |order: u64, pending: &Pending| {
            on_dropped(order, pending);
            *bytes -= pending.message.size();
        };
        acknowledged.retain(|(order, entry)| {
            let is_kept = is_kept(entry.expires_at());
            if !is_kept {
                (0..entry.len()).for_each(|n| drop_one(order + n as u64, &entry.pending(n)));
                *acknowledged_len -= entry.len();
            }
            is_kept
        });
        at_most_once.retain(|(order, pending)| {
            let is_kept = is_kept(pending.expires_at.unwrap_or(Timestamp::NEVER));
            if !is_kept {
                drop_one(*order, pending);
            }
            is_kept
        });
        lanes.expires_from = expires_from;
        before - self.len()
    }

    /// The messages of QoS 1 and 2 that may have come by a shared subscription, oldest first, when the
    /// session ends.
    pub fn into_acknowledged(self) -> impl Iterator<Item = Pending> {
        let entries = self.lanes.into_iter().flat_map(|lanes| lanes.acknowledged);
        entries.filter_map(|(_, entry)| match entry {
            Entry::One(pending) => Some(pending),
            Entry::Piece(_) => None,
        })
    }

    /// How many messages wait.
    pub fn len(&self) -> usize {
        self.lanes.as_ref().map_or(0, |it| it.acknowledged_len + it.at_most_once.len())
    }

    /// How many messages of QoS 1 and 2 wait.
    pub fn acknowledged_len(&self) -> usize {
        self.lanes.as_ref().map_or(0, |lanes| lanes.acknowledged_len)
    }

    /// Whether messages of QoS 0 wait: new ones must not overtake them.
    pub fn has_at_most_once(&self) -> bool {
        self.lanes.as_ref().is_some_and(|lanes| !lanes.at_most_once.is_empty())
    }

    /// Their size together, as [`Message::size`] counts it.
    pub fn bytes(&self) -> usize {
        self.lanes.as_ref().map_or(0, |lanes| lanes.bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::broker::block::Block;
    use crate::protocol::{MessageRef, Properties, TopicName};

    fn pending(expires_at: Option<u64>) -> Pending {
        let topic = TopicName::new("t").unwrap();
        let (qos, properties) = (QoS::AtLeastOnce, Properties::EMPTY);
        let message = MessageRef { topic, qos, retain: false, properties, payload: b"x" };
        Pending {
            message: Message::copy_of(message, None),
            qos,
            retain: false,
            expires_at: expires_at.map(Timestamp::from_millis),
            subscription_ids: SubscriptionIds::None,
            group: None,
        }
    }

    fn dropped(queue: &mut Queue, millis: u64) -> Vec<u64> {
        let mut orders = Vec::new();
        queue.drop_expired(Timestamp::from_millis(millis), |order, _| orders.push(order));
        orders
    }

    #[test]
    fn what_is_kept_together_expires_together() {
        let (topic, qos, at) = ("t", QoS::AtLeastOnce, Timestamp::from_millis(10));
        let messages = [b"a", b"b"].iter().map(|it| (Properties::EMPTY, &it[..]));
        let name = TopicName::new(topic).unwrap();
        let blocks = Block::copies_of(name, &Arc::from(topic), qos, messages, Some(at));
        let mut queue = Queue::default();
        queue.push(pending(Some(20)));
        queue.push_piece(Piece::of(&blocks[0], qos));
        assert_eq!(dropped(&mut queue, 9), [0; 0]);
        assert_eq!(dropped(&mut queue, 10), [2, 3]);
        assert_eq!((queue.len(), queue.acknowledged_len(), queue.bytes()), (1, 1, 2));
    }

    #[test]
    fn what_expires_is_found_at_its_moment_and_not_before() {
        let mut queue = Queue::default();
        for at in [None, Some(20), None, Some(10), Some(30)] {
            queue.push(pending(at));
        }
        assert_eq!(dropped(&mut queue, 9), [0; 0]);
        assert_eq!(dropped(&mut queue, 10), [4]);
        assert_eq!(dropped(&mut queue, 19), [0; 0]);
        assert_eq!(dropped(&mut queue, 40), [2, 5]);
        assert_eq!(dropped(&mut queue, u64::MAX - 1), [0; 0]);
        assert_eq!((queue.len(), queue.bytes()), (2, 4));
        let orders: Vec<u64> = queue.iter().map(|(order, _)| order).collect();
        assert_eq!(orders, [1, 3]);
    }
}
