//! A simulated client: what it says, in bytes, and what it answers.

use std::collections::BTreeSet;

use lastwill::protocol::{
    Ack, Connect, DecodeLimits, Decoded, Decoder, Disconnect, Encoder, Packet, PacketId,
    Properties, Property, PropertyBuf, Publish, QoS, ReasonCode, RetainHandling, Subscribe,
    Subscription, SubscriptionOptions, Topic, TopicFilter, TopicName, Version, Will,
};

use super::rng::Rng;

/// Limits of a decoder that refuses nothing here.
pub const LIMITS: DecodeLimits = DecodeLimits {
    packet_size_max: 1 << 20,
    connect_size_max: 1 << 20,
    topic_alias_max: 0,
    strict_connect_flags: false,
};

/// What a client got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub qos: QoS,
    pub topic: String,
    pub payload: String,
    pub retain: bool,
}

/// How a connection is opened.
#[derive(Clone, Debug)]
pub struct Opening {
    pub version: Version,
    pub clean_start: bool,
    pub expiry_secs: u32,
    pub keep_alive_secs: u16,
    pub will: Option<LastWords>,
}

impl Opening {
    /// How a roamer comes, the first time or again: its session must go on whatever happens.
    pub fn of_roamer(clean_start: bool) -> Self {
        let version = Version::V5;
        Opening { version, clean_start, expiry_secs: 3_600, keep_alive_secs: 3, will: None }
    }
}

/// A will, before it is encoded.
#[derive(Clone, Debug)]
pub struct LastWords {
    pub payload: String,
    pub delay_secs: u32,
    pub retain: bool,
}

/// A client. It always has the same id, version and QoS.
#[derive(Debug)]
pub struct Client {
    pub name: String,
    pub version: Version,
    pub qos: QoS,
    /// How many connections it has opened.
    pub connections: u32,
    /// How many messages it has published on the present one.
    messages: u32,
    packet_id: PacketId,
    /// QoS 2 messages that it has and whose PUBREL it has not: session state.
    half_received: BTreeSet<PacketId>,
    /// Its latest CONNECT.
    pub connect_bytes: Vec<u8>,
    decoder: Decoder,
    unread: Vec<u8>,
    pub received: Vec<Received>,
}

impl Client {
    pub fn new(name: &str, version: Version, qos: QoS) -> Self {
        Client {
            name: name.to_owned(),
            version,
            qos,
            connections: 0,
            messages: 0,
            packet_id: PacketId::FIRST,
            half_received: BTreeSet::new(),
            connect_bytes: Vec::new(),
            decoder: Decoder::of_server(version, LIMITS),
            unread: Vec::new(),
            received: Vec::new(),
        }
    }

    /// Where it publishes, and its will.
    pub fn topic(&self) -> String {
        format!("t/{}", self.name)
    }

    /// How it comes next time.
    pub fn choose_opening(&self, rng: &mut Rng) -> Opening {
        let clean_start = rng.chance(40);
        let expiry_secs = match (self.version, clean_start) {
            (Version::V5, _) => rng.one_of(&[0, 0, 1, 3, 8, 20]),
            (_, true) => 0,
            (_, false) => u32::MAX,
        };
        let delay_secs = if self.version.is_v5() { rng.one_of(&[0, 0, 1, 4, 10]) } else { 0 };
        let will = rng.chance(85).then(|| LastWords {
            payload: format!("{} {} will", self.name, self.connections),
            delay_secs,
            retain: rng.chance(50),
        });
        let keep_alive_secs = rng.one_of(&[0, 2, 3, 5]);
        Opening { version: self.version, clean_start, expiry_secs, keep_alive_secs, will }
    }

    /// Opens a connection: its CONNECT.
    pub fn connect(&mut self, opening: &Opening) -> Vec<u8> {
        self.connections += 1;
        self.messages = 0;
        self.decoder = Decoder::of_server(self.version, LIMITS);
        self.unread.clear();
        if opening.clean_start {
            self.half_received.clear();
        }
        let mut properties = PropertyBuf::new();
        let mut will_properties = PropertyBuf::new();
        if self.version.is_v5() {
            properties.push(Property::SessionExpiryInterval(opening.expiry_secs));
            let delay_secs = opening.will.as_ref().map_or(0, |will| will.delay_secs);
            will_properties.push(Property::WillDelayInterval(delay_secs));
        }
        let topic = self.topic();
        let will = opening.will.as_ref().map(|will| Will {
            topic: TopicName::new(&topic).expect("a valid topic"),
            payload: will.payload.as_bytes(),
            qos: self.qos,
            retain: will.retain,
            delay_secs: will.delay_secs,
            properties: will_properties.as_properties(),
        });
        let bytes = self.encode(&Packet::Connect(Box::new(Connect {
            version: self.version,
            bridge: false,
            clean_start: opening.clean_start,
            keep_alive_secs: opening.keep_alive_secs,
            session_expiry_secs: opening.expiry_secs,
            client_id: &self.name,
            will,
            username: None,
            password: None,
            properties: properties.as_properties(),
        })));
        self.connect_bytes.clone_from(&bytes);
        bytes
    }

    /// Its next message: which one it is stands in the payload.
    pub fn publish(&mut self, retain: bool) -> Vec<u8> {
        self.messages += 1;
        self.packet_id = self.packet_id.advanced(1);
        let payload = format!("{} {} {}", self.name, self.connections - 1, self.messages);
        let topic = self.topic();
        self.encode(&Packet::Publish(Publish {
            dup: false,
            qos: self.qos,
            retain,
            topic: Topic::Slice(TopicName::new(&topic).expect("a valid topic")),
            packet_id: (self.qos > QoS::AtMostOnce).then_some(self.packet_id),
            properties: Properties::EMPTY,
            payload: payload.as_bytes(),
        }))
    }

    /// Subscribes to everything that clients publish.
    pub fn subscribe(&mut self) -> Vec<u8> {
        self.packet_id = self.packet_id.advanced(1);
        self.encode(&Packet::Subscribe(Subscribe {
            packet_id: self.packet_id,
            properties: Properties::EMPTY,
            subscriptions: vec![Subscription {
                filter: TopicFilter::new("t/#").expect("a valid filter"),
                options: SubscriptionOptions {
                    qos: self.qos,
                    no_local: false,
                    retain_as_published: true,
                    retain_handling: RetainHandling::Always,
                },
            }],
        }))
    }

    /// Leaves with a DISCONNECT; `expiry_secs` replaces the Session Expiry Interval.
    pub fn disconnect(&self, reason: ReasonCode, expiry_secs: Option<u32>) -> Vec<u8> {
        let mut properties = PropertyBuf::new();
        if let Some(secs) = expiry_secs {
            properties.push(Property::SessionExpiryInterval(secs));
        }
        let properties = properties.as_properties();
        self.encode(&Packet::Disconnect(Disconnect { reason, properties }))
    }

    pub fn ping(&self) -> Vec<u8> {
        self.encode(&Packet::PingReq)
    }

    /// Reads what came from the broker; its answers.
    pub fn on_bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.unread.extend_from_slice(bytes);
        let unread = std::mem::take(&mut self.unread);
        let (mut at, mut answers) = (0, Vec::new());
        while let Decoded::Packet(packet, len) =
            self.decoder.decode(&unread[at..]).expect("the broker sends valid packets")
        {
            at += len;
            answers.extend(self.on_packet(&packet));
        }
        self.unread = unread[at..].to_vec();
        answers
    }

    fn on_packet(&mut self, packet: &Packet<'_>) -> Vec<u8> {
        let answer = match packet {
            Packet::Publish(publish) => match (publish.qos, publish.packet_id) {
                (QoS::ExactlyOnce, Some(id)) => {
                    if self.half_received.insert(id) {
                        self.receive(publish);
                    } else {
                        assert!(publish.dup, "{}: {id} is in use", self.name);
                    }
                    Packet::PubRec(Ack::success(id))
                }
                (_, id) => {
                    self.receive(publish);
                    match id {
                        Some(id) => Packet::PubAck(Ack::success(id)),
                        None => return Vec::new(),
                    }
                }
            },
            Packet::PubRec(ack) => Packet::PubRel(Ack::success(ack.packet_id)),
            Packet::PubRel(ack) => {
                self.half_received.remove(&ack.packet_id);
                Packet::PubComp(Ack::success(ack.packet_id))
            }
            _ => return Vec::new(),
        };
        self.encode(&answer)
    }

    fn receive(&mut self, publish: &Publish<'_>) {
        self.received.push(Received {
            qos: publish.qos,
            topic: publish.topic.name().as_str().to_owned(),
            payload: String::from_utf8_lossy(publish.payload).into_owned(),
            retain: publish.retain,
        });
    }

    fn encode(&self, packet: &Packet<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        Encoder::new(self.version).encode(packet, &mut out).expect("there is no limit");
        out
    }
}
