//! The vocabulary of the tests: clients by name, virtual time, effects as text. Packets go through
//! the real codec, so that a test can also send raw bytes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod knock;
mod log;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::broker::Broker;
use crate::broker::change::Change;
use crate::broker::event::{ConnId, Input, Lost};
use crate::broker::policy::{Identity, ListenerId, Policy};
use crate::protocol::{
    Ack, DecodeLimits, Decoded, Decoder, Disconnect, Encoder, Packet, PacketId, Properties,
    Property, PropertyBuf, Publish, QoS, ReasonCode, RetainHandling, Subscribe, Subscription,
    SubscriptionOptions, Topic, TopicFilter, TopicName, Unsubscribe, Version,
};
use crate::time::Timestamp;
pub(crate) use knock::Knock;
use log::{Hook, Log};

/// Short names for the three qualities of service.
pub(crate) const Q0: QoS = QoS::AtMostOnce;
pub(crate) const Q1: QoS = QoS::AtLeastOnce;
pub(crate) const Q2: QoS = QoS::ExactlyOnce;

/// One side of a test: a client as far as the broker sees it.
#[derive(Debug)]
struct Peer {
    conn: ConnId,
    version: Version,
    decoder: Decoder,
    next_id: PacketId,
}

/// A broker in virtual time, and its clients by name. The clock starts at 1000 s.
#[derive(Debug)]
pub(crate) struct Bench {
    pub broker: Broker,
    pub now: Timestamp,
    log: Log,
    peers: BTreeMap<String, Peer>,
    next_conn: u32,
    free_slots: Vec<u32>,
    serials: BTreeMap<u32, u32>,
}

/// When a bench begins.
const START: Timestamp = Timestamp::from_millis(1_000_000);

impl Bench {
    pub fn new() -> Self {
        Bench::with(|_| {})
    }

    /// With other settings.
    pub fn with(change: impl FnOnce(&mut Policy)) -> Self {
        let mut policy = Policy::default();
        change(&mut policy);
        Bench {
            broker: Broker::new(policy, 7),
            now: START,
            log: Log::default(),
            peers: BTreeMap::new(),
            next_conn: 0,
            free_slots: Vec::new(),
            serials: BTreeMap::new(),
        }
    }

    /// A broker whose lasting changes go to `on_change`.
    pub fn persistent(policy: Policy, on_change: impl FnMut(&Change<'_>) + 'static) -> Self {
        let mut t = Bench::new();
        t.broker = Broker::persistent(policy, 7);
        t.log.on_change = Some(Hook(Box::new(on_change)));
        t
    }

    /// The broker has crashed and `restored` is what was left of it: everybody is disconnected.
    pub fn restart(&mut self, restored: Broker) {
        self.broker = restored;
        self.peers.clear();
        self.free_slots.clear();
        self.next_conn = 0;
        self.broker.resume(self.now, &mut self.log);
    }

    pub fn handle(&mut self, input: Input<'_>) {
        self.broker.handle(self.now, input, &mut self.log);
    }

    /// Moves the clock to this many seconds after the start; the broker's timers run when they are
    /// due.
    pub fn at(&mut self, secs: f64) {
        self.at_millis((secs * 1000.0).round() as u64);
    }

    pub fn at_millis(&mut self, millis: u64) {
        let target = START.plus_millis(millis);
        while let Some((due, _)) = self.broker.deadline().filter(|(due, _)| *due <= target) {
            self.now = self.now.max(due);
            self.handle(Input::Timeout);
        }
        self.now = self.now.max(target);
    }

    /// Opens a connection without a word.
    pub fn open(&mut self, name: &str, version: Version) -> ConnId {
        let slot = self.free_slots.pop().unwrap_or_else(|| {
            self.next_conn += 1;
            self.next_conn - 1
        });
        let serial = self.serials.entry(slot).or_default();
        *serial += 1;
        let conn = ConnId { slot, serial: *serial };
        let policy = self.broker.policy();
        let decoder = Decoder::of_client(DecodeLimits {
            packet_size_max: policy.packet_size_max,
            connect_size_max: 100_000,
            topic_alias_max: policy.listeners[0].topic_alias_max,
            strict_connect_flags: false,
        });
        let next_id = PacketId::FIRST;
        self.peers.insert(name.to_owned(), Peer { conn, version, decoder, next_id });
        self.log.names.insert(conn, name.to_owned());
        let peer = Arc::from(format!("{name}:1"));
        self.handle(Input::Accepted { conn, listener: ListenerId(0), peer });
        conn
    }

    /// A CONNECT to be sent by [`Knock::go`]: MQTT 5, Clean Start, client id as the name.
    pub fn connect<'t>(&'t mut self, name: &str) -> Knock<'t> {
        Knock::new(self, name)
    }

    /// A connected MQTT 5 subscriber, everything so far forgotten.
    pub fn watch(&mut self, name: &str, filter: &str) {
        self.connect(name).go();
        let options =
            SubscriptionOptions { qos: Q2, retain_as_published: true, ..Default::default() };
        self.subscribe_with(name, &[(filter, options)], None);
        self.lines();
    }

    /// Sends bytes, written in hex; blanks are free.
    pub fn raw(&mut self, name: &str, text: &str) {
        let digits: String = text.split_whitespace().collect();
        let bytes: Vec<u8> = (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
            .collect();
        self.feed(name, &bytes, Ok(Identity::default()));
    }

    fn feed(&mut self, name: &str, mut bytes: &[u8], identity: Result<Identity, ReasonCode>) {
        let Bench { broker, now, log, peers, .. } = self;
        let Peer { conn, decoder, .. } = peers.get_mut(name).unwrap();
        let conn = *conn;
        while !bytes.is_empty() {
            match decoder.decode(bytes) {
                Ok(Decoded::Incomplete { .. }) => return,
                Ok(Decoded::Packet(Packet::Connect(connect), len)) => {
                    bytes = &bytes[len..];
                    let identity = identity.clone();
                    broker.handle(*now, Input::Connect { conn, connect: &connect, identity }, log);
                }
                Ok(Decoded::Packet(packet, len)) => {
                    bytes = &bytes[len..];
                    let packets = &[packet];
                    broker.handle(*now, Input::Packets { conn, packets }, log);
                }
                Err(error) => {
                    let version = decoder.version();
                    return broker.handle(*now, Input::Broken { conn, error, version }, log);
                }
            }
        }
    }

    /// Sends a packet, through encoder and decoder.
    pub fn send(&mut self, name: &str, packet: &Packet<'_>) {
        self.send_as(name, packet, Ok(Identity::default()));
    }

    pub(super) fn send_as(
        &mut self,
        name: &str,
        packet: &Packet<'_>,
        who: Result<Identity, ReasonCode>,
    ) {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(self.peers[name].version);
        encoder.encode(packet, &mut bytes).unwrap();
        assert!(!bytes.is_empty(), "the version has no such packet: {packet:?}");
        self.feed(name, &bytes, who);
    }

    /// Sends packets in one go, through encoder and decoder, with so many Topic Aliases: handed in
    /// together, or one by one.
    pub fn send_all(
        &mut self,
        name: &str,
        packets: &[Packet<'_>],
        aliases_max: u16,
        is_together: bool,
    ) {
        let Bench { broker, now, log, peers, .. } = self;
        let Peer { conn, version, decoder, .. } = peers.get_mut(name).unwrap();
        let (mut bytes, mut encoder) = (Vec::new(), Encoder::new(*version));
        encoder.set_peer(u32::MAX, aliases_max, true);
        packets.iter().for_each(|packet| encoder.encode(packet, &mut bytes).unwrap());
        let (mut rest, mut decoded) = (bytes.as_slice(), Vec::new());
        while let Ok(Decoded::Packet(packet, len)) = decoder.decode(rest) {
            decoded.push(packet);
            rest = &rest[len..];
        }
        assert_eq!(decoded.len(), packets.len());
        let conn = *conn;
        if is_together {
            return broker.handle(*now, Input::Packets { conn, packets: &decoded }, log);
        }
        for packet in decoded {
            let packets = &[packet];
            broker.handle(*now, Input::Packets { conn, packets }, log);
        }
    }

    /// Whether somebody of this name is connected, as far as the test knows.
    pub fn is_there(&self, name: &str) -> bool {
        self.peers.contains_key(name)
    }

    /// How many deliveries came as a run.
    pub fn runs(&self) -> usize {
        self.log.runs
    }

    fn next_id(&mut self, name: &str) -> PacketId {
        let peer = self.peers.get_mut(name).unwrap();
        let packet_id = peer.next_id;
        peer.next_id = packet_id.advanced(1);
        packet_id
    }

    /// Publishes; the packet id where there is one.
    pub fn publish(
        &mut self,
        name: &str,
        topic: &str,
        payload: &str,
        qos: QoS,
    ) -> Option<PacketId> {
        self.publish_with(name, topic, payload, qos, false, &[])
    }

    /// Publishes with RETAIN at QoS 0.
    pub fn retain(&mut self, name: &str, topic: &str, payload: &str) {
        self.publish_with(name, topic, payload, Q0, true, &[]);
    }

    pub fn publish_with(
        &mut self,
        name: &str,
        topic: &str,
        payload: &str,
        qos: QoS,
        retain: bool,
        properties: &[Property<'_>],
    ) -> Option<PacketId> {
        let packet_id = (qos > Q0).then(|| self.next_id(name));
        let properties = buf(properties);
        let publish = Publish {
            dup: false,
            qos,
            retain,
            topic: Topic::Slice(TopicName::new(topic).unwrap()),
            packet_id,
            properties: properties.as_properties(),
            payload: payload.as_bytes(),
        };
        self.send(name, &Packet::Publish(publish));
        packet_id
    }

    /// Subscribes without options.
    pub fn subscribe(&mut self, name: &str, filter: &str, qos: QoS) {
        let options = SubscriptionOptions { qos, ..Default::default() };
        self.subscribe_with(name, &[(filter, options)], None);
    }

    pub fn subscribe_with(
        &mut self,
        name: &str,
        filters: &[(&str, SubscriptionOptions)],
        id: Option<u32>,
    ) {
        let packet_id = self.next_id(name);
        let properties =
            buf(&id.map(Property::SubscriptionIdentifier).into_iter().collect::<Vec<_>>());
        let subscriptions = filters
            .iter()
            .map(|(filter, options)| Subscription {
                filter: TopicFilter::new(filter).unwrap(),
                options: *options,
            })
            .collect();
        let properties = properties.as_properties();
        self.send(name, &Packet::Subscribe(Subscribe { packet_id, properties, subscriptions }));
    }

    pub fn unsubscribe(&mut self, name: &str, filters: &[&str]) {
        let packet_id = self.next_id(name);
        let filters = filters.iter().map(|filter| TopicFilter::new(filter).unwrap()).collect();
        let properties = Properties::EMPTY;
        self.send(name, &Packet::Unsubscribe(Unsubscribe { packet_id, properties, filters }));
    }

    pub fn puback(&mut self, name: &str, id: u16) {
        self.send(name, &Packet::PubAck(Ack::success(packet_id(id))));
    }

    pub fn pubrec(&mut self, name: &str, id: u16) {
        self.send(name, &Packet::PubRec(Ack::success(packet_id(id))));
    }

    pub fn pubrel(&mut self, name: &str, id: u16) {
        self.send(name, &Packet::PubRel(Ack::success(packet_id(id))));
    }

    pub fn pubcomp(&mut self, name: &str, id: u16) {
        self.send(name, &Packet::PubComp(Ack::success(packet_id(id))));
    }

    /// Loses the connection without DISCONNECT.
    pub fn cut(&mut self, name: &str) {
        self.lose(name, Lost::PeerClosed);
    }

    pub fn lose(&mut self, name: &str, cause: Lost) {
        let peer = self.peers.remove(name).unwrap();
        self.handle(Input::Closed { conn: peer.conn, cause });
        self.free_slots.push(peer.conn.slot);
    }

    /// DISCONNECT with this reason, and what it may carry; then the socket is gone.
    pub fn leave(&mut self, name: &str, reason: ReasonCode) {
        self.leave_with(name, reason, &[]);
    }

    pub fn leave_with(&mut self, name: &str, reason: ReasonCode, properties: &[Property<'_>]) {
        let properties = buf(properties);
        let properties = properties.as_properties();
        self.send(name, &Packet::Disconnect(Disconnect { reason, properties }));
        self.lose(name, Lost::ByServer);
    }

    pub fn conn(&self, name: &str) -> ConnId {
        self.peers[name].conn
    }

    /// The connection takes `packets` more and then answers Full to everything.
    pub fn fill(&mut self, name: &str, packets: usize) {
        let conn = self.conn(name);
        match packets {
            0 => drop(self.log.full.insert(conn)),
            _ => drop(self.log.room.insert(conn, packets)),
        }
    }

    /// The connection has room again, for `packets` more; 0 is without end.
    pub fn drain(&mut self, name: &str, packets: usize) {
        let conn = self.conn(name);
        self.log.full.remove(&conn);
        self.log.room.remove(&conn);
        if packets > 0 {
            self.log.room.insert(conn, packets);
        }
        self.handle(Input::Drained { conn });
    }

    /// Everything that happened since the last call of this kind.
    pub fn lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log.lines)
    }

    /// Everything but reports.
    pub fn sent(&mut self) -> Vec<String> {
        self.lines().into_iter().filter(|line| !line.starts_with('!')).collect()
    }

    /// What one client got, without its name; everything else since the last call is forgotten.
    pub fn got(&mut self, name: &str) -> Vec<String> {
        let head = format!("{name} ");
        let lines = self.lines();
        let own = lines.iter().filter_map(|line| line.strip_prefix(&head));
        own.map(|line| line.trim_start_matches("< ").to_owned()).collect()
    }

    /// What was told about wills, without `will`.
    pub fn fates(&mut self) -> Vec<String> {
        let lines = self.lines();
        lines.iter().filter_map(|line| line.strip_prefix("! will ")).map(str::to_owned).collect()
    }
}

/// Properties put together.
pub(crate) fn buf(properties: &[Property<'_>]) -> PropertyBuf {
    let mut buf = PropertyBuf::new();
    properties.iter().for_each(|it| buf.push(*it));
    buf
}

fn packet_id(id: u16) -> PacketId {
    PacketId::new(id).unwrap()
}

/// A subscription's options in one word each.
pub(crate) fn options(qos: QoS) -> SubscriptionOptions {
    SubscriptionOptions { qos, ..Default::default() }
}

/// No Local.
pub(crate) fn no_local(qos: QoS) -> SubscriptionOptions {
    SubscriptionOptions { no_local: true, ..options(qos) }
}

/// Retain Handling.
pub(crate) fn handling(retain_handling: RetainHandling) -> SubscriptionOptions {
    SubscriptionOptions { retain_handling, ..options(Q1) }
}
