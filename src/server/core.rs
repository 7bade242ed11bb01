//! What lies under the one lock: the broker, and what any thread needs to send to any connection.

use std::sync::Arc;

use crate::broker::Broker;
use crate::broker::event::{ConnId, Input, Lost};
use crate::broker::policy::{Identity, ListenerId};
use crate::observe::{Line, wills};
use crate::protocol::{
    Connect, DecodeError, Encoder, Packet, Properties, QoS, ReasonCode, TopicName, Version,
};
use crate::server::login::Login;
use crate::server::mail::Mail;
use crate::server::outlet::Outlet;
use crate::store::{Batch, Ledger};
use crate::time::Timestamp;

/// The state under the lock.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) broker: Broker,
    /// By [`ConnId::slot`].
    pub(super) slots: Vec<Slot>,
    /// One for each thread.
    pub(super) mail: Vec<Mail>,
    /// Log lines of this turn.
    pub(super) lines: Vec<Line>,
    /// What `$SYS` is to tell about wills.
    pub(super) notices: Notices,
    /// When the timer will call; it is woken for anything earlier.
    pub(super) armed: Timestamp,
    /// Where changes are taken down, if anything is kept.
    pub(super) ledger: Option<Ledger>,
}

/// What `$SYS` is to tell about wills when a step is over.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// Settlements as JSON, in order.
    pub(super) settled: Vec<String>,
    /// Somebody has subscribed to the list.
    pub(super) is_list_wanted: bool,
}

impl Notices {
    fn is_empty(&self) -> bool {
        self.settled.is_empty() && !self.is_list_wanted
    }
}

/// What sending to a connection needs. There is one for each, so it is small.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) serial: u32,
    /// Bytes that wait in a mailbox.
    mailed: u32,
    /// Bytes that its thread could not write, as it has told last. Kept of connections of other
    /// threads only, where there are any.
    backlog: u32,
    /// Absent before CONNECT.
    pub(super) encoder: Option<Encoder>,
    /// What its client was let in by; absent before that.
    pub(super) login: Option<Login>,
}

impl Slot {
    /// Of a new connection.
    pub(super) fn new(serial: u32) -> Self {
        Slot { serial, ..Slot::default() }
    }

    /// So many bytes more wait in a mailbox.
    pub(super) fn add_mailed(&mut self, bytes: usize) {
        self.mailed = self.mailed.saturating_add(capped(bytes));
    }

    /// The mailbox was emptied.
    pub(super) const fn take_mailed(&mut self) {
        self.mailed = 0;
    }

    /// Its thread has told how many bytes it could not write.
    pub(super) fn set_backlog(&mut self, bytes: usize) {
        self.backlog = capped(bytes);
    }

    /// Unsent bytes as far as another thread knows.
    pub(super) const fn unsent(&self) -> usize {
        self.mailed as usize + self.backlog as usize
    }
}

/// More than any bound of unsent bytes is enough to know.
fn capped(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

impl Core {
    /// Nothing is connected yet.
    pub(super) fn new(broker: Broker, ledger: Option<Ledger>, threads: usize) -> Self {
        Core {
            broker,
            slots: Vec::new(),
            mail: std::iter::repeat_with(Mail::default).take(threads).collect(),
            lines: Vec::new(),
            notices: Notices::default(),
            armed: Timestamp::NEVER,
            ledger,
        }
    }

    /// Takes the changes since the last batch, with the number of this one.
    pub(super) fn take_changes(&mut self, empty: Batch) -> Option<(u64, Batch)> {
        self.ledger.as_mut().filter(|ledger| ledger.has_changes()).map(|it| it.take(empty))
    }
}

/// One critical section: the broker, and where its effects go.
pub(super) struct Turn<'a> {
    pub(super) now: Timestamp,
    pub(super) broker: &'a mut Broker,
    pub(super) outlet: Outlet<'a>,
}

impl Turn<'_> {
    /// Hands one input to the broker.
    pub(super) fn handle(&mut self, input: Input<'_>) {
        if let Some(ledger) = &mut self.outlet.ledger {
            ledger.begin_step();
        }
        self.broker.handle(self.now, input, &mut self.outlet);
        if !self.outlet.notices.is_empty() {
            self.tell_about_wills();
        }
    }

    /// Publishes what happened to wills, and the list of them to whoever has just asked for it.
    fn tell_about_wills(&mut self) {
        let notices = std::mem::take(&mut *self.outlet.notices);
        for text in &notices.settled {
            self.publish(wills::EVENT_TOPIC, text);
        }
        if notices.is_list_wanted {
            let list = wills::list(self.broker.wills(), self.now);
            self.publish(wills::LIST_TOPIC, &list);
        }
    }

    fn publish(&mut self, topic: &str, text: &str) {
        let Ok(topic) = TopicName::new(topic) else { return };
        let (payload, qos) = (text.as_bytes(), QoS::AtLeastOnce);
        let properties = Properties::EMPTY;
        let input = Input::Publish { topic, payload, qos, retain: false, properties };
        self.broker.handle(self.now, input, &mut self.outlet);
    }

    /// A connection was accepted.
    pub(super) fn on_accepted(&mut self, conn: ConnId, listener: ListenerId, peer: Arc<str>) {
        self.outlet.open_slot(conn);
        self.handle(Input::Accepted { conn, listener, peer });
    }

    /// Its CONNECT: from now on the encoder knows the version and the client's limits.
    pub(super) fn on_connect(
        &mut self,
        conn: ConnId,
        connect: &Connect<'_>,
        identity: Result<Identity, ReasonCode>,
        topic_alias_out_max: u16,
    ) {
        self.outlet.set_encoder(conn, encoder_of(connect, topic_alias_out_max));
        self.handle(Input::Connect { conn, connect, identity });
    }

    /// Any later packets.
    pub(super) fn on_packets(&mut self, conn: ConnId, packets: &[Packet<'_>]) {
        for packets in packets.chunk_by(are_alike) {
            self.handle(Input::Packets { conn, packets });
        }
    }

    /// Bytes that are no packet. Where they are all that came, the answer is in the version that
    /// they ask for, as far as that is known.
    pub(super) fn on_broken(&mut self, conn: ConnId, error: DecodeError, version: Option<Version>) {
        if !self.outlet.has_encoder(conn) {
            self.outlet.set_encoder(conn, Encoder::new(version.unwrap_or(Version::V311)));
        }
        self.handle(Input::Broken { conn, error, version });
    }

    /// The connection is gone.
    pub(super) fn on_closed(&mut self, conn: ConnId, cause: Lost) {
        self.handle(Input::Closed { conn, cause });
        self.outlet.close_slot(conn);
    }

    /// There is room again, unless more has come in the meantime.
    pub(super) fn on_drained(&mut self, conn: ConnId) {
        let bytes_max = self.outlet.output_bytes_max;
        let Some(output) = self.outlet.outputs.find(conn) else { return };
        if output.is_drained(bytes_max) {
            output.is_full = false;
            self.handle(Input::Drained { conn });
        }
    }
}

/// The encoder for a client, within what its CONNECT allows.
fn encoder_of(connect: &Connect<'_>, topic_alias_out_max: u16) -> Encoder {
    let properties = connect.properties;
    let mut encoder = Encoder::new(connect.version);
    encoder.set_peer(
        properties.maximum_packet_size().unwrap_or(u32::MAX),
        properties.topic_alias_maximum().unwrap_or(0).min(topic_alias_out_max),
        properties.request_problem_information().unwrap_or(true),
    );
    encoder
}

/// Whether packets may be handed in together: whatever `$SYS` is to tell about one is told before the
/// next, and these tell nothing.
fn are_alike(one: &Packet<'_>, next: &Packet<'_>) -> bool {
    matches!(
        (one, next),
        (Packet::Publish(_), Packet::Publish(_))
            | (Packet::PubAck(_), Packet::PubAck(_))
            | (Packet::PubRec(_), Packet::PubRec(_))
            | (Packet::PubRel(_), Packet::PubRel(_))
            | (Packet::PubComp(_), Packet::PubComp(_))
    )
}
