//! A broker whose clients are numbers: what is sent to them is encoded and forgotten, what they owe
//! is paid when a measurement says so.

use std::sync::Arc;

use crate::broker::Broker;
use crate::broker::event::{
    ConnId, Effect, Input, Lost, Room, Run, Sink, acks_of, answer_to, ids_of,
};
use crate::broker::policy::{Identity, ListenerId, Policy};
use crate::protocol::{
    Ack, Blocks, Connect, Disconnect, Encoder, Frames, Packet, PacketId, Properties, Property,
    PropertyBuf, Publish, QoS, ReasonCode, Subscribe, Subscription, SubscriptionOptions, Topic,
    TopicFilter, TopicName, Version, Will,
};
use crate::time::Timestamp;

/// What a client answers to something it got.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Ack(PacketId),
    Received(PacketId),
    Release(PacketId),
    Complete(PacketId),
}

impl Answer {
    /// The answer to a packet, if there is one.
    fn to(packet: &Packet<'_>) -> Option<Answer> {
        match packet {
            Packet::PubRec(ack) => Some(Answer::Release(ack.packet_id)),
            Packet::PubRel(ack) => Some(Answer::Complete(ack.packet_id)),
            _ => None,
        }
    }

    fn packet(self) -> Packet<'static> {
        match self {
            Answer::Ack(id) => Packet::PubAck(Ack::success(id)),
            Answer::Received(id) => Packet::PubRec(Ack::success(id)),
            Answer::Release(id) => Packet::PubRel(Ack::success(id)),
            Answer::Complete(id) => Packet::PubComp(Ack::success(id)),
        }
    }
}

/// Where effects go: each connection has an encoder, all write to one buffer.
#[derive(Debug, Default)]
struct Wire {
    encoders: Vec<Encoder>,
    frames: Frames,
    blocks: Blocks,
    out: Vec<u8>,
    owed: Vec<(ConnId, Answer)>,
    delivered: usize,
    changes: usize,
}

impl Sink for Wire {
    fn deliver_run(
        &mut self,
        conn: ConnId,
        run: &Run<'_>,
        first: Option<PacketId>,
    ) -> (usize, Room) {
        let encoder = &mut self.encoders[conn.slot as usize];
        let (version, len) = (encoder.version(), run.count());
        if !run.repeats {
            self.blocks.clear();
        }
        encoder.encode_run(&mut self.blocks, len, |n| run.outgoing(n, first)).unwrap();
        self.delivered += len;
        match first {
            Some(first) => {
                self.blocks.copy(version, len, Some(first), &mut self.out);
                let ids = (0..len as u16).map(|n| first.advanced(n));
                let answer = match run.qos {
                    QoS::ExactlyOnce => Answer::Received,
                    _ => Answer::Ack,
                };
                self.owed.extend(ids.map(|id| (conn, answer(id))));
            }
            None => drop(self.blocks.share(version, len)),
        }
        (len, Room::Ok)
    }

    fn acknowledge_run(
        &mut self,
        conn: ConnId,
        packets: &[Packet<'_>],
        reason: ReasonCode,
    ) -> Room {
        let encoder = &mut self.encoders[conn.slot as usize];
        encoder.encode_acks(answer_to(packets), reason, ids_of(packets), &mut self.out);
        let answers = acks_of(packets, reason).filter_map(|ack| Answer::to(&ack));
        self.owed.extend(answers.map(|answer| (conn, answer)));
        Room::Ok
    }

    fn effect(&mut self, effect: Effect<'_>) -> Room {
        match effect {
            Effect::Deliver { conn, publish, repeats, .. } => {
                self.delivered += 1;
                let encoder = &mut self.encoders[conn.slot as usize];
                let written = if repeats {
                    encoder.encode_publish_again(publish, &mut self.frames, &mut self.out)
                } else {
                    self.frames.clear();
                    encoder.encode_publish(publish, &mut self.out)
                };
                written.unwrap();
                let answer = match publish.qos {
                    QoS::AtMostOnce => None,
                    QoS::AtLeastOnce => publish.packet_id.map(Answer::Ack),
                    QoS::ExactlyOnce => publish.packet_id.map(Answer::Received),
                };
                self.owed.extend(answer.map(|answer| (conn, answer)));
            }
            Effect::Send { conn, packet } => {
                self.encoders[conn.slot as usize].encode(&packet, &mut self.out).unwrap();
                self.owed.extend(Answer::to(&packet).map(|answer| (conn, answer)));
            }
            Effect::Persist(_) => self.changes += 1,
            Effect::Close { .. } | Effect::Report(_) => {}
        }
        Room::Ok
    }
}

/// How a client connects.
#[derive(Clone, Copy, Debug)]
pub struct Hello<'a> {
    /// Its Client Identifier.
    pub client_id: &'a str,
    /// Its protocol version.
    pub version: Version,
    /// Clean Start.
    pub clean_start: bool,
    /// Session Expiry Interval in seconds.
    pub session_expiry_secs: u32,
    /// Keep Alive in seconds.
    pub keep_alive_secs: u16,
    /// Topic and Will Delay Interval in seconds of a will of 20 bytes at QoS 0.
    pub will: Option<(&'a str, u32)>,
}

impl<'a> Hello<'a> {
    /// Version 3.1.1, Clean Session, nothing else.
    pub const fn of(client_id: &'a str) -> Self {
        Hello {
            client_id,
            version: Version::V311,
            clean_start: true,
            session_expiry_secs: 0,
            keep_alive_secs: 0,
            will: None,
        }
    }
}

/// A broker and its clients.
#[derive(Debug)]
pub struct World {
    /// The broker.
    pub broker: Broker,
    /// The present moment.
    pub now: Timestamp,
    wire: Wire,
    serials: Vec<u32>,
    free: Vec<u32>,
    paying: Vec<(ConnId, Answer)>,
}

impl World {
    /// A broker with these settings.
    pub fn with(policy: Policy) -> Self {
        World {
            broker: Broker::new(policy, 7),
            now: Timestamp::from_millis(1_000_000),
            wire: Wire::default(),
            serials: Vec::new(),
            free: Vec::new(),
            paying: Vec::new(),
        }
    }

    /// A broker with the settings that hold where nothing is configured.
    pub fn new() -> Self {
        World::with(Policy::default())
    }

    /// Hands something in; what is sent is encoded and forgotten.
    pub fn handle(&mut self, input: Input<'_>) {
        self.wire.out.clear();
        self.broker.handle(self.now, input, &mut self.wire);
    }

    /// A client connects.
    pub fn connect(&mut self, hello: Hello<'_>) -> ConnId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.serials.push(0);
            self.wire.encoders.push(Encoder::new(hello.version));
            self.serials.len() as u32 - 1
        });
        self.serials[slot as usize] += 1;
        self.wire.encoders[slot as usize] = Encoder::new(hello.version);
        let conn = ConnId { slot, serial: self.serials[slot as usize] };
        let peer = Arc::from("192.0.2.1:1883");
        self.handle(Input::Accepted { conn, listener: ListenerId(0), peer });
        let mut properties = PropertyBuf::new();
        if hello.version.is_v5() {
            properties.push(Property::SessionExpiryInterval(hello.session_expiry_secs));
            properties.push(Property::ReceiveMaximum(u16::MAX));
        }
        let will = hello.will.map(|(topic, delay_secs)| Will {
            topic: TopicName::new(topic).unwrap(),
            payload: b"twenty bytes of last",
            qos: QoS::AtMostOnce,
            retain: false,
            delay_secs,
            properties: Properties::EMPTY,
        });
        let connect = Connect {
            version: hello.version,
            bridge: false,
            clean_start: hello.clean_start,
            keep_alive_secs: hello.keep_alive_secs,
            session_expiry_secs: hello.session_expiry_secs,
            client_id: hello.client_id,
            will,
            username: None,
            password: None,
            properties: properties.as_properties(),
        };
        let identity = Ok(Identity::default());
        self.handle(Input::Connect { conn, connect: &connect, identity });
        conn
    }

    /// Clients with Clean Session by number, named `PREFIX-NUMBER`.
    pub fn crowd(&mut self, prefix: &str, count: usize) -> Vec<ConnId> {
        self.crowd_of(Version::V311, prefix, count)
    }

    /// The same in some version.
    pub fn crowd_of(&mut self, version: Version, prefix: &str, count: usize) -> Vec<ConnId> {
        let name = |n| format!("{prefix}-{n}");
        (0..count).map(|n| self.connect(Hello { version, ..Hello::of(&name(n)) })).collect()
    }

    /// A client subscribes.
    pub fn subscribe(&mut self, conn: ConnId, filter: &str, qos: QoS) {
        let options = SubscriptionOptions { qos, ..SubscriptionOptions::default() };
        let filter = TopicFilter::new(filter).unwrap();
        let packet = Packet::Subscribe(Subscribe {
            packet_id: PacketId::FIRST,
            properties: Properties::EMPTY,
            subscriptions: vec![Subscription { filter, options }],
        });
        self.handle(Input::Packets { conn, packets: &[packet] });
    }

    /// A client publishes 64 bytes.
    pub fn publish(&mut self, conn: ConnId, topic: &str, qos: QoS, retain: bool) {
        self.publish_with(conn, topic, qos, retain, Properties::EMPTY);
    }

    /// A client publishes 64 bytes so often that they come together.
    pub fn publish_run(
        &mut self,
        conn: ConnId,
        topic: &str,
        qos: QoS,
        properties: Properties<'_>,
        count: usize,
    ) {
        let topic = TopicName::new(topic).unwrap();
        let packets: Vec<Packet<'_>> = (0..count)
            .map(|n| {
                Packet::Publish(Publish {
                    dup: false,
                    qos,
                    retain: false,
                    topic: Topic::Slice(topic),
                    packet_id: (qos > QoS::AtMostOnce).then(|| PacketId::FIRST.advanced(n as u16)),
                    properties,
                    payload: &[b'x'; 64],
                })
            })
            .collect();
        self.handle(Input::Packets { conn, packets: &packets });
    }

    /// [`World::pay`], all that a client owes together.
    pub fn pay_together(&mut self) {
        while !self.wire.owed.is_empty() {
            let owed = std::mem::take(&mut self.wire.owed);
            for owed in owed.chunk_by(|(one, _), (next, _)| one == next) {
                let packets: Vec<Packet<'_>> = owed.iter().map(|(_, it)| it.packet()).collect();
                self.handle(Input::Packets { conn: owed[0].0, packets: &packets });
            }
        }
    }

    /// The same as [`World::publish`] with properties.
    pub fn publish_with(
        &mut self,
        conn: ConnId,
        topic: &str,
        qos: QoS,
        retain: bool,
        properties: Properties<'_>,
    ) {
        let packet_id = (qos > QoS::AtMostOnce).then_some(PacketId::FIRST);
        let topic = Topic::Slice(TopicName::new(topic).unwrap());
        let payload = &[b'x'; 64];
        let publish = Publish { dup: false, qos, retain, topic, packet_id, properties, payload };
        self.handle(Input::Packets { conn, packets: &[Packet::Publish(publish)] });
    }

    /// Clients answer what they got, and what that brings, until nobody owes anything.
    pub fn pay(&mut self) {
        while !self.wire.owed.is_empty() {
            let mut paying =
                std::mem::replace(&mut self.wire.owed, std::mem::take(&mut self.paying));
            for (conn, answer) in paying.drain(..) {
                self.handle(Input::Packets { conn, packets: &[answer.packet()] });
            }
            self.paying = paying;
        }
    }

    /// What was got last is answered first.
    pub fn reverse_owed(&mut self) {
        self.wire.owed.reverse();
    }

    /// A client says goodbye.
    pub fn leave(&mut self, conn: ConnId) {
        let packet = Packet::Disconnect(Disconnect::NORMAL);
        self.handle(Input::Packets { conn, packets: &[packet] });
        self.close(conn);
    }

    /// A connection is lost.
    pub fn close(&mut self, conn: ConnId) {
        self.handle(Input::Closed { conn, cause: Lost::PeerClosed });
        self.free.push(conn.slot);
    }

    /// How many deliveries there were.
    pub const fn delivered(&self) -> usize {
        self.wire.delivered
    }
}

impl Default for World {
    fn default() -> Self {
        World::new()
    }
}
