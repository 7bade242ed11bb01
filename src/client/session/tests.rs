//! The session in virtual time. Effects are told as lines of text.

mod carry;
mod conformance;
mod ending;
mod exchange;
mod in_hand;
mod leaving;
mod led;
mod life;
mod presence;
mod retry;

use super::Session;
use super::event::{Effect, Event, Input, Sink};
use super::settings::{ReconnectDelay, Settings};
use crate::protocol::{
    Ack, ConnAck, Message, MessageRef, Packet, PacketId, Properties, Property, PropertyBuf,
    Publish, QoS, ReasonCode, Topic, TopicName, Version,
};
use crate::time::Timestamp;

/// Effects as text.
#[derive(Default)]
struct Told(Vec<String>);

impl Sink for Told {
    fn effect(&mut self, effect: Effect<'_>) {
        self.0.push(match effect {
            Effect::Open => "open".to_owned(),
            Effect::Close => "close".to_owned(),
            Effect::Abort => "abort".to_owned(),
            Effect::Reset => "reset".to_owned(),
            Effect::SendRaw(bytes) => {
                let shown: String =
                    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
                format!("raw {shown} ({} bytes)", bytes.len())
            }
            Effect::Limit(limits) => format!("limit {}", limits.packet_size_max),
            Effect::Send(packet) => sent(&packet),
            Effect::Publish { publish, number } => format!(
                "publish {} {}{}{}",
                number,
                String::from_utf8_lossy(publish.message.payload),
                if publish.dup { " dup" } else { "" },
                if publish.retain { " retain" } else { "" },
            ),
            Effect::Report(event) => told(&event),
        });
    }
}

fn sent(packet: &Packet<'_>) -> String {
    match packet {
        Packet::Connect(connect) => format!("connect '{}'", connect.client_id),
        Packet::PubAck(ack) => acked("puback", ack),
        Packet::PubRec(ack) => acked("pubrec", ack),
        Packet::PubRel(ack) => acked("pubrel", ack),
        Packet::PubComp(ack) => acked("pubcomp", ack),
        Packet::Disconnect(disconnect) => format!("disconnect {:#04x}", disconnect.reason as u8),
        Packet::Subscribe(subscribe) => format!("subscribe {}", subscribe.packet_id),
        Packet::Unsubscribe(unsubscribe) => format!("unsubscribe {}", unsubscribe.packet_id),
        packet => format!("{:?}", packet.kind()).to_lowercase(),
    }
}

fn acked(name: &str, ack: &Ack<'_>) -> String {
    format!("{name} {} {:#04x}", ack.packet_id, ack.reason as u8)
}

fn told(event: &Event<'_>) -> String {
    match event {
        Event::Connected { client_id, .. } => format!("connected as '{client_id}'"),
        Event::Refused { connack } => format!("refused {:#04x}", connack.reason as u8),
        Event::Message(publish) => {
            format!("message {}", String::from_utf8_lossy(publish.payload))
        }
        Event::Published { token, reason, .. } => {
            format!("published {token} {:#04x}", *reason as u8)
        }
        Event::NotPublished { token, why } => format!("not published {token} {why:?}"),
        Event::Waiting { cause, until } => format!("waiting {cause:?} until {}", until.millis()),
        Event::Ended(cause) => format!("ended {cause:?}"),
        Event::Taken { packet_id } => format!("taken {packet_id}"),
        Event::Released { packet_id } => format!("released {packet_id}"),
        Event::Subscribed(suback) => format!("subscribed {}", suback.packet_id),
        event => format!("{event:?}"),
    }
}

/// A session, and what it has done since it was last asked.
struct Test {
    session: Session,
    now: Timestamp,
    told: Told,
}

/// A client with version 5 and a keep-alive of 10 s that connects again after 1 s, 2 s, 3 s.
fn settings() -> Settings {
    let mut settings = Settings::new(Version::V5, "c");
    settings.keep_alive_secs = 10;
    settings.clean_start = false;
    settings.reconnect = Some(ReconnectDelay { first_millis: 1000, delay_millis_max: 3000 });
    settings
}

impl Test {
    fn new(settings: Settings) -> Self {
        let now = Timestamp::from_millis(0);
        Test { session: Session::new(settings), now, told: Told::default() }
    }

    /// A session whose CONNECT was accepted.
    fn connected(settings: Settings) -> Self {
        let mut test = Test::new(settings);
        test.input(Input::Start);
        test.open(false, &[]);
        test.told.0.clear();
        test
    }

    fn input(&mut self, input: Input<'_>) -> &mut Self {
        self.session.handle(self.now, input, &mut self.told);
        self
    }

    fn packet(&mut self, packet: Packet<'_>) -> &mut Self {
        self.input(Input::Packet(packet))
    }

    /// The transport connects and the server accepts.
    fn open(&mut self, session_present: bool, properties: &[Property<'_>]) -> &mut Self {
        self.input(Input::Opened);
        self.connack(session_present, ReasonCode::Success, properties)
    }

    fn connack(
        &mut self,
        session_present: bool,
        reason: ReasonCode,
        properties: &[Property<'_>],
    ) -> &mut Self {
        let mut section = PropertyBuf::new();
        properties.iter().for_each(|property| section.push(*property));
        let properties = section.as_properties();
        self.packet(Packet::ConnAck(ConnAck { session_present, reason, properties }))
    }

    fn publish(&mut self, token: u64, qos: u8) -> &mut Self {
        let payload = format!("p{token}");
        let message = message(&payload, qos, false);
        self.input(Input::Publish { token, message, topic_alias: None })
    }

    /// A PUBLISH from the server.
    fn receive(&mut self, payload: &str, qos: u8, id: u16) -> &mut Self {
        self.receive_dup(payload, qos, id, false)
    }

    fn receive_dup(&mut self, payload: &str, qos: u8, id: u16, dup: bool) -> &mut Self {
        let publish = Publish {
            dup,
            qos: QoS::from_u8(qos).unwrap(),
            retain: false,
            topic: Topic::Slice(TopicName::new("t").unwrap()),
            packet_id: PacketId::new(id),
            properties: Properties::EMPTY,
            payload: payload.as_bytes(),
        };
        self.packet(Packet::Publish(publish))
    }

    /// Moves time on and lets every deadline on the way come.
    fn at(&mut self, secs: u32) -> &mut Self {
        let until = Timestamp::from_millis(0).plus_secs(secs);
        while let Some((due, _)) = self.session.deadline().filter(|(due, _)| *due <= until) {
            self.now = self.now.max(due);
            self.input(Input::Timeout);
        }
        self.now = until;
        self
    }

    /// Everything done since the last time.
    #[track_caller]
    fn expect(&mut self, lines: &[&str]) -> &mut Self {
        assert_eq!(std::mem::take(&mut self.told.0), lines);
        self
    }
}

fn message(payload: &str, qos: u8, retain: bool) -> Message {
    let message = MessageRef {
        topic: TopicName::new("t").unwrap(),
        qos: QoS::from_u8(qos).unwrap(),
        retain,
        properties: Properties::EMPTY,
        payload: payload.as_bytes(),
    };
    Message::copy_of(message, None)
}

fn ack(id: u16) -> Ack<'static> {
    Ack::success(PacketId::new(id).unwrap())
}

fn failed(id: u16, reason: ReasonCode) -> Ack<'static> {
    Ack { reason, ..ack(id) }
}
