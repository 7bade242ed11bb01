//! One connection of the examiner: it sends any bytes, says what came, and dies in any way.

use std::future::poll_fn;
use std::io::IoSlice;
use std::time::Duration;

use tokio::time::timeout;

use crate::check::found::{Found, Step};
use crate::check::wire;
use crate::clock::Clock;
use crate::protocol::{
    ConnAck, DecodeError, DecodeLimits, Decoded, Decoder, Packet, PacketKind, PropertyBuf, Publish,
    ReasonCode, Version, Violation,
};
use crate::time::Timestamp;
use crate::transport::Stream;

/// Largest packet that is taken from a broker, in bytes.
const PACKET_SIZE_MAX: u32 = 1 << 20;
/// Topic aliases that a broker may use where CONNECT allows it.
const TOPIC_ALIAS_MAX: u16 = 10;
/// Bytes taken per read.
const READ_SIZE: usize = 16 * 1024;

/// An Application Message as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its topic; a Topic Alias is resolved.
    pub topic: String,
    /// Its payload.
    pub payload: Vec<u8>,
    /// QoS of the packet.
    pub qos: u8,
    /// RETAIN of the packet.
    pub retain: bool,
    /// DUP of the packet.
    pub dup: bool,
    /// Packet Identifier, 0 at QoS 0.
    pub packet_id: u16,
    /// Properties of the packet.
    pub properties: PropertyBuf,
    /// When it was taken from the connection.
    pub at: Timestamp,
}

impl Received {
    fn of(publish: &Publish<'_>, at: Timestamp) -> Received {
        let mut properties = PropertyBuf::new();
        properties.extend_from(publish.properties);
        Received {
            topic: publish.topic.name().as_str().to_owned(),
            payload: publish.payload.to_vec(),
            qos: publish.qos as u8,
            retain: publish.retain,
            dup: publish.dup,
            packet_id: publish.packet_id.map_or(0, |id| id.value()),
            properties,
            at,
        }
    }

    /// The payload for people.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }
}

/// What a CONNACK said.
#[derive(Clone, Debug)]
pub struct Welcome {
    /// Session Present.
    pub session_present: bool,
    /// The reason; version 3 return codes are mapped.
    pub reason: ReasonCode,
    /// Its properties.
    pub properties: PropertyBuf,
}

impl Welcome {
    /// A level that is refused in the form of another version than the CONNECT's.
    fn wrong_version() -> Welcome {
        Welcome {
            session_present: false,
            reason: ReasonCode::UnsupportedProtocolVersion,
            properties: PropertyBuf::new(),
        }
    }

    fn of(connack: &ConnAck<'_>) -> Welcome {
        let mut properties = PropertyBuf::new();
        properties.extend_from(connack.properties);
        Welcome { session_present: connack.session_present, reason: connack.reason, properties }
    }
}

/// What came next on a connection.
#[derive(Clone, Debug)]
pub enum Got {
    /// CONNACK.
    ConnAck(Welcome),
    /// PUBLISH.
    Message(Box<Received>),
    /// An acknowledgement: its first byte, Packet Identifier, reason code.
    Ack(u8, u16, u8),
    /// SUBACK: Packet Identifier and reason codes.
    SubAck(u16, Vec<u8>),
    /// UNSUBACK: Packet Identifier and reason codes (none in version 3).
    UnsubAck(u16, Vec<u8>),
    /// PINGRESP.
    Pong,
    /// DISCONNECT with this reason code.
    Disconnect(u8),
    /// AUTH with this reason code.
    Auth(u8),
    /// The end of the connection, in order or by a reset.
    End,
    /// Bytes that break the rules of the protocol, in words.
    Broken(String),
    /// Nothing within the time.
    Nothing,
}

impl Got {
    /// What it is, for a report.
    pub fn describe(&self) -> String {
        match self {
            Got::ConnAck(welcome) if welcome.reason == ReasonCode::Success => {
                "CONNACK: accepted".to_owned()
            }
            Got::ConnAck(welcome) => {
                format!("CONNACK 0x{:02X} ({})", welcome.reason as u8, welcome.reason)
            }
            Got::Message(message) => format!(
                "PUBLISH '{}' QoS {} RETAIN {}",
                shorten(&message.text()),
                message.qos,
                u8::from(message.retain)
            ),
            Got::Ack(first, id, 0) => format!("packet 0x{first:02X} for id {id}"),
            Got::Ack(first, id, reason) => {
                format!("packet 0x{first:02X} for id {id} with reason 0x{reason:02X}")
            }
            Got::SubAck(_, codes) => format!("SUBACK {codes:02X?}"),
            Got::UnsubAck(_, codes) => format!("UNSUBACK {codes:02X?}"),
            Got::Pong => "PINGRESP".to_owned(),
            Got::Disconnect(reason) => format!("DISCONNECT 0x{reason:02X}"),
            Got::Auth(reason) => format!("AUTH 0x{reason:02X}"),
            Got::End => "connection closed".to_owned(),
            Got::Broken(why) => format!("a packet that breaks the protocol: {why}"),
            Got::Nothing => "nothing, and the connection stays open".to_owned(),
        }
    }
}

/// At most 40 characters of a text.
pub fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// One connection.
#[derive(Debug)]
pub struct Probe {
    stream: Stream,
    decoder: Decoder,
    version: Version,
    clock: Clock,
    held: Vec<u8>,
    is_over: bool,
    /// Whether received QoS 1 and 2 messages are acknowledged by [`Probe::message`].
    pub acknowledges: bool,
}

impl Probe {
    /// A connection that has said nothing yet.
    pub fn new(stream: Stream, version: Version, clock: Clock) -> Probe {
        let limits = DecodeLimits {
            packet_size_max: PACKET_SIZE_MAX,
            connect_size_max: PACKET_SIZE_MAX,
            topic_alias_max: TOPIC_ALIAS_MAX,
            strict_connect_flags: false,
        };
        let decoder = Decoder::of_server(version, limits);
        Probe {
            stream,
            decoder,
            version,
            clock,
            held: Vec::new(),
            is_over: false,
            acknowledges: true,
        }
    }

    /// The version that its CONNECT names.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Sends bytes. A broker that has hung up is no failure: what counts is what it said.
    pub async fn send(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let stream = &mut self.stream;
            let slice = [IoSlice::new(rest)];
            match poll_fn(|cx| stream.poll_write_vectored(cx, &slice)).await {
                Ok(count) if count > 0 => rest = &rest[count..],
                _ => return,
            }
        }
    }

    /// Sends a PUBLISH.
    pub async fn publish(&mut self, publish: &wire::Publish) {
        let bytes = publish.bytes(self.version);
        self.send(&bytes).await;
    }

    /// The next packet, or what else happened within the time.
    pub async fn next(&mut self, within: Duration) -> Got {
        let until = self.clock.now().plus_millis(within.as_millis() as u64);
        loop {
            if let Some(got) = self.take() {
                return got;
            }
            if self.is_over {
                return Got::End;
            }
            let left = until.since(self.clock.now());
            if timeout(left, self.fill()).await.is_err() {
                return Got::Nothing;
            }
        }
    }

    /// A whole packet from what was read.
    fn take(&mut self) -> Option<Got> {
        let (got, used) = match self.decoder.decode(&self.held) {
            Ok(Decoded::Packet(packet, used)) => (got(&packet, self.clock.now()), used),
            Ok(Decoded::Incomplete { .. }) => return None,
            // A refused level may be answered in the form of another version.
            Err(
                DecodeError::Unsupported(_)
                | DecodeError::Violation(Violation::ReasonCode(PacketKind::ConnAck, 0x84)),
            ) => {
                self.is_over = true;
                (Got::ConnAck(Welcome::wrong_version()), self.held.len())
            }
            Err(error) => {
                self.is_over = true;
                (Got::Broken(error.to_string()), self.held.len())
            }
        };
        self.held.drain(..used);
        Some(got)
    }

    async fn fill(&mut self) {
        let mut scratch = [0; READ_SIZE];
        let stream = &mut self.stream;
        match poll_fn(|cx| stream.poll_read(cx, &mut scratch)).await {
            Ok(count) if count > 0 => self.held.extend_from_slice(&scratch[..count]),
            _ => self.is_over = true,
        }
    }

    /// The next message within the time; acknowledgements are sent and taken on the way, anything
    /// else is what it is.
    pub async fn message(&mut self, within: Duration) -> Got {
        let until = self.clock.now().plus_millis(within.as_millis() as u64);
        loop {
            let left = until.since(self.clock.now());
            match self.next(left).await {
                Got::Message(message) => {
                    if self.acknowledges && message.qos > 0 {
                        let first = if message.qos == 1 { 0x40 } else { 0x50 };
                        self.send(&wire::ack(first, message.packet_id)).await;
                    }
                    return Got::Message(message);
                }
                Got::Ack(0x60, id, _) => self.send(&wire::ack(0x70, id)).await,
                Got::Ack(0x50, id, code) if code < 0x80 => self.send(&wire::ack(0x62, id)).await,
                Got::Ack(..) | Got::Pong => {}
                other => return other,
            }
        }
    }

    /// A round trip: everything sent before has been taken in by the broker. Messages that come
    /// meanwhile are returned.
    pub async fn round_trip(&mut self, within: Duration) -> Step<Vec<Received>> {
        self.send(&wire::PINGREQ).await;
        let mut messages = Vec::new();
        loop {
            match self.next(within).await {
                Got::Pong => return Ok(messages),
                Got::Message(message) => messages.push(*message),
                Got::Ack(..) => {}
                other => {
                    return Err(Found::differs(format!(
                        "PINGREQ was answered by {}",
                        other.describe()
                    )));
                }
            }
        }
    }

    /// Waits for the broker to close; what it said last, or [`Got::Nothing`] if it stays open.
    pub async fn last_words(&mut self, within: Duration) -> (Option<Got>, Got) {
        let until = self.clock.now().plus_millis(within.as_millis() as u64);
        let mut said = None;
        loop {
            let left = until.since(self.clock.now());
            match self.next(left).await {
                end @ (Got::End | Got::Nothing) => return (said, end),
                got => said = Some(got),
            }
        }
    }

    /// Closes without DISCONNECT: FIN, unless unread bytes make the system send RST.
    pub async fn cut(mut self) {
        self.finish().await;
    }

    /// Ends the sending side and goes on reading.
    pub async fn finish(&mut self) {
        let stream = &mut self.stream;
        // A broker that has hung up already is no failure.
        let _ = poll_fn(|cx| stream.poll_shutdown(cx)).await;
    }

    /// Closes with RST.
    pub fn reset(self) {
        self.stream.reset_on_close();
    }
}

fn got(packet: &Packet<'_>, at: Timestamp) -> Got {
    let codes = |reasons: &[ReasonCode]| reasons.iter().map(|reason| *reason as u8).collect();
    match packet {
        Packet::ConnAck(connack) => Got::ConnAck(Welcome::of(connack)),
        Packet::Publish(publish) => Got::Message(Box::new(Received::of(publish, at))),
        Packet::PubAck(ack) => Got::Ack(0x40, ack.packet_id.value(), ack.reason as u8),
        Packet::PubRec(ack) => Got::Ack(0x50, ack.packet_id.value(), ack.reason as u8),
        Packet::PubRel(ack) => Got::Ack(0x60, ack.packet_id.value(), ack.reason as u8),
        Packet::PubComp(ack) => Got::Ack(0x70, ack.packet_id.value(), ack.reason as u8),
        Packet::SubAck(suback) => Got::SubAck(suback.packet_id.value(), codes(&suback.reasons)),
        Packet::UnsubAck(ack) => Got::UnsubAck(ack.packet_id.value(), codes(&ack.reasons)),
        Packet::PingResp => Got::Pong,
        Packet::Disconnect(disconnect) => Got::Disconnect(disconnect.reason as u8),
        Packet::Auth(auth) => Got::Auth(auth.reason as u8),
        other => Got::Broken(format!("{} from a broker", other.kind())),
    }
}
