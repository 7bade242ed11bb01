//! Changes of the broker become writes: the batch that is being filled, and the messages that are
//! stored once however many sessions they wait for.

use std::collections::HashMap;

use crate::broker::change::{Change, Entry};
use crate::broker::router::SessionKey;
use crate::protocol::{Message, QoS};
use crate::store::Batch;
use crate::store::record::{Kind, Writer, key, session_key};

/// What tells one message in memory from all others: its bytes and topic lie at one place, for as
/// long as somebody holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Identity {
    payload: usize,
    topic: usize,
    qos: QoS,
    retain: bool,
    expiry_secs: Option<u32>,
}

impl Identity {
    fn of(message: &Message) -> Self {
        Identity {
            payload: message.payload().as_ptr().addr(),
            topic: message.topic_shared().as_ptr().addr(),
            qos: message.qos(),
            retain: message.retain(),
            expiry_secs: message.expiry_secs(),
        }
    }
}

/// A message that is stored.
#[derive(Debug)]
struct Held {
    id: u64,
    /// How many deliveries refer to it.
    references: u64,
    /// Keeps its identity from being another's.
    _message: Message,
}

/// The changes since the last batch was taken.
#[derive(Debug, Default)]
pub struct Journal {
    batch: Batch,
    messages: HashMap<Identity, Held>,
    next_message: u64,
}

impl Journal {
    /// Goes on behind what was loaded: a message with its identifier and how often it is referred
    /// to.
    pub(super) fn adopt(&mut self, id: u64, message: Message, references: u64) {
        self.next_message = self.next_message.max(id + 1);
        if references == 0 {
            self.batch.remove(key(Kind::Message, &id.to_be_bytes()));
            return;
        }
        let held = Held { id, references, _message: message.clone() };
        self.messages.insert(Identity::of(&message), held);
    }

    /// The batch that is being filled.
    pub const fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Takes the batch, and begins the next one in `empty`.
    pub fn take(&mut self, empty: Batch) -> Batch {
        std::mem::replace(&mut self.batch, empty)
    }

    /// How many messages are stored for sessions.
    pub fn messages(&self) -> usize {
        self.messages.len()
    }

    /// Takes down one change.
    pub fn record(&mut self, change: &Change<'_>) {
        match *change {
            Change::Session { session, state } => {
                let value = |out: &mut Writer<'_>| out.session(&state);
                self.batch.put(session_key(Kind::Session, session, &[]), value);
            }
            Change::Subscription { session, filter, options } => {
                let value = |out: &mut Writer<'_>| out.options(options);
                let key = session_key(Kind::Subscription, session, filter.as_bytes());
                self.batch.put(key, value);
            }
            Change::Queued { session, order, entry } => {
                self.put_entry(Kind::Queued, session, order, &entry);
            }
            Change::Sent { session, order, entry } => {
                self.put_entry(Kind::Sent, session, order, &entry);
            }
            Change::Released { session, order, message } => {
                message.into_iter().for_each(|message| self.let_go(message));
                let name = order.to_be_bytes();
                self.batch.put(session_key(Kind::Sent, session, &name), |out| out.u8(1));
            }
            Change::Received { session, packet_id } => {
                let name = packet_id.value().to_be_bytes();
                self.batch.put(session_key(Kind::Received, session, &name), |_| ());
            }
            Change::Scan { session, n, scan } => {
                let value = |out: &mut Writer<'_>| out.scan(&scan);
                self.batch.put(session_key(Kind::Scan, session, &n.to_be_bytes()), value);
            }
            Change::Will { session, message, delay_secs, due_at } => {
                let value = |out: &mut Writer<'_>| {
                    out.u32(delay_secs);
                    out.optional_moment(due_at);
                    out.message(message);
                };
                self.batch.put(session_key(Kind::Will, session, &[]), value);
            }
            Change::Retained { message, expires_at, publisher } => {
                let value = |out: &mut Writer<'_>| {
                    out.optional_moment(expires_at);
                    out.origin(publisher);
                    out.message(message);
                };
                let topic = message.topic().as_str().as_bytes();
                self.batch.put(key(Kind::Retained, topic), value);
            }
            _ => self.record_gone(change),
        }
    }

    fn record_gone(&mut self, change: &Change<'_>) {
        let mut remove =
            |kind, session, name: &[u8]| self.batch.remove(session_key(kind, session, name));
        match *change {
            Change::SessionGone { session } => remove(Kind::Session, session, &[]),
            Change::SubscriptionGone { session, filter } => {
                remove(Kind::Subscription, session, filter.as_bytes());
            }
            Change::QueuedGone { session, order, message } => {
                remove(Kind::Queued, session, &order.to_be_bytes());
                self.let_go(message);
            }
            Change::SentGone { session, order, message } => {
                remove(Kind::Sent, session, &order.to_be_bytes());
                message.into_iter().for_each(|message| self.let_go(message));
            }
            Change::ReceivedGone { session, packet_id } => {
                remove(Kind::Received, session, &packet_id.value().to_be_bytes());
            }
            Change::ScanGone { session, n } => remove(Kind::Scan, session, &n.to_be_bytes()),
            Change::WillGone { session } => remove(Kind::Will, session, &[]),
            Change::RetainedGone { topic } => {
                self.batch.remove(key(Kind::Retained, topic.as_bytes()));
            }
            Change::Session { .. }
            | Change::Subscription { .. }
            | Change::Queued { .. }
            | Change::Sent { .. }
            | Change::Released { .. }
            | Change::Received { .. }
            | Change::Scan { .. }
            | Change::Will { .. }
            | Change::Retained { .. } => {}
        }
    }

    fn put_entry(&mut self, kind: Kind, session: SessionKey, order: u64, entry: &Entry<'_>) {
        let id = self.hold(entry.message);
        let name = order.to_be_bytes();
        self.batch.put(session_key(kind, session, &name), |out| {
            if kind == Kind::Sent {
                out.u8(0);
            }
            out.entry(entry, id);
        });
    }

    /// One more delivery of a message: it is stored with the first. Its identifier.
    fn hold(&mut self, message: &Message) -> u64 {
        let Journal { batch, messages, next_message } = self;
        let held = messages.entry(Identity::of(message)).or_insert_with(|| {
            let id = *next_message;
            *next_message += 1;
            batch.put(key(Kind::Message, &id.to_be_bytes()), |out| out.message(message));
            Held { id, references: 0, _message: message.clone() }
        });
        held.references += 1;
        held.id
    }

    /// One delivery less: with the last one the message goes.
    fn let_go(&mut self, message: &Message) {
        let identity = Identity::of(message);
        let Some(held) = self.messages.get_mut(&identity) else { return };
        held.references -= 1;
        if held.references == 0 {
            let id = held.id;
            self.messages.remove(&identity);
            self.batch.remove(key(Kind::Message, &id.to_be_bytes()));
        }
    }
}
