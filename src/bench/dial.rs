//! Opening connections to the broker: everything up to CONNACK and SUBACK, which is not hot.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::protocol::{
    Connect, DecodeLimits, Decoded, Decoder, Encoder, Packet, PacketId, Properties, Property,
    PropertyBuf, QoS, ReasonCode, Subscribe, Subscription, SubscriptionOptions, TopicFilter,
    Version, Will,
};
use crate::transport::Stream;
use crate::transport::connect::{ConnectError, Endpoint, Target as Far, open};

use super::figures::BenchError;
use super::plan::Target;

/// How long the broker may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Connections that come from one address.
const PORTS_OF_ADDRESS: u32 = 20_000;
/// How long saying goodbye may take.
pub(super) const GOODBYE: Duration = Duration::from_secs(2);
/// Largest answer.
const ANSWER_BYTES_MAX: u32 = 64 << 10;

/// What a CONNECT asks for.
#[derive(Clone, Debug)]
pub(super) struct Request<'a> {
    pub(super) version: Version,
    pub(super) client_id: &'a str,
    /// How many others came before: decides from which address of this machine it comes.
    pub(super) number: u32,
    pub(super) clean_start: bool,
    pub(super) session_expiry_secs: u32,
    pub(super) keep_alive_secs: u16,
    pub(super) will: Option<Will<'a>>,
}

/// A connection that the broker has accepted.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) stream: Stream,
    /// What was read behind the last answer.
    pub(super) rest: Vec<u8>,
    /// How many unacknowledged messages of ours the broker takes.
    pub(super) receive_maximum: u16,
    /// How long the broker stands silence, in seconds: Server Keep Alive, or what was asked for;
    /// 0 is for ever.
    pub(super) keep_alive_secs: u16,
    version: Version,
}

/// Connects, and waits for CONNACK.
///
/// # Errors
/// There is nobody, or it refuses.
pub(super) async fn dial(target: &Target, request: &Request<'_>) -> Result<Opened, BenchError> {
    let late = || BenchError::Lost(format!("{} took a connection and says nothing", target.name));
    let opening = async {
        let endpoint = endpoint(target, request.number);
        let stream = open(&endpoint).await.map_err(|error| unreachable(target, error))?;
        shake_hands(stream, target, request).await
    };
    timeout(PATIENCE, opening).await.map_err(|_| late())?
}

/// The broker as seen from this machine. An address has some 28,000 ports for connections to one
/// broker, so others of the loopback network take their turns.
fn endpoint(target: &Target, number: u32) -> Cow<'_, Endpoint> {
    let place = number / PORTS_OF_ADDRESS;
    let is_loopback = match &target.endpoint.target {
        Far::Tcp { host, .. } => host == "localhost" || host.starts_with("127."),
        _ => false,
    };
    if place == 0 || !is_loopback || target.endpoint.bind.is_some() {
        return Cow::Borrowed(&target.endpoint);
    }
    let bind = Some(format!("127.0.{}.{}", place / 200 % 200, 2 + place % 200));
    Cow::Owned(Endpoint { bind, ..target.endpoint.clone() })
}

async fn shake_hands(
    stream: Stream,
    target: &Target,
    request: &Request<'_>,
) -> Result<Opened, BenchError> {
    let version = request.version;
    let mut opened = Opened {
        stream,
        rest: Vec::new(),
        receive_maximum: u16::MAX,
        keep_alive_secs: request.keep_alive_secs,
        version,
    };
    let mut properties = PropertyBuf::default();
    if version.is_v5() && request.session_expiry_secs > 0 {
        properties.push(Property::SessionExpiryInterval(request.session_expiry_secs));
    }
    let connect = Connect {
        version,
        bridge: false,
        clean_start: request.clean_start,
        keep_alive_secs: request.keep_alive_secs,
        session_expiry_secs: request.session_expiry_secs,
        client_id: request.client_id,
        will: request.will,
        username: target.username.as_deref(),
        password: target.password.as_deref(),
        properties: properties.as_properties(),
    };
    opened.send(&Packet::Connect(Box::new(connect))).await?;
    let answered = opened
        .answer("CONNECT", |packet| match packet {
            Packet::ConnAck(ack) => Some((
                ack.reason,
                ack.properties.receive_maximum(),
                ack.properties.server_keep_alive(),
            )),
            _ => None,
        })
        .await;
    let (reason, receive_maximum, keep_alive_secs) = answered.map_err(|error| match error {
        BenchError::Lost(why) => BenchError::Lost(format!(
            "{}: {why}; perhaps it takes no more connections, or no such version or will",
            target.name
        )),
        error => error,
    })?;
    if reason != ReasonCode::Success {
        return Err(refused(target, version, reason));
    }
    opened.receive_maximum = receive_maximum.unwrap_or(u16::MAX);
    opened.keep_alive_secs = keep_alive_secs.unwrap_or(request.keep_alive_secs);
    Ok(opened)
}

/// The broker does not want us.
fn refused(target: &Target, version: Version, reason: ReasonCode) -> BenchError {
    let code = match version.is_v5() {
        true => reason as u8,
        false => reason.connack_v3().unwrap_or(reason as u8),
    };
    let is_about_who =
        matches!(reason, ReasonCode::NotAuthorized | ReasonCode::BadUserNameOrPassword);
    let hint = match (&target.username, is_about_who) {
        (None, true) => "; -u and -P say who connects",
        _ => "",
    };
    let why = format!("{} refuses connections: {reason} ({code}){hint}", target.name);
    BenchError::Refused(code, why)
}

impl Opened {
    /// Subscribes, and waits until the broker has granted the QoS.
    pub(super) async fn subscribe(&mut self, filter: &str, qos: QoS) -> Result<(), BenchError> {
        let filters = [filter.to_owned()];
        self.write(&subscribe_bytes(self.version, &filters, qos)?).await?;
        let answer = self.answer("SUBSCRIBE", |packet| match packet {
            Packet::SubAck(ack) => Some(ack.reasons.first().copied()),
            _ => None,
        });
        let granted = timeout(PATIENCE, answer)
            .await
            .map_err(|_| BenchError::Lost("the broker does not answer SUBSCRIBE".to_owned()))??;
        match granted {
            Some(reason) => check_granted(reason as u8, qos),
            None => Err(BenchError::Protocol("the broker sent an empty SUBACK".to_owned())),
        }
    }

    async fn send(&mut self, packet: &Packet<'_>) -> Result<(), BenchError> {
        self.write(&encoded(self.version, packet)?).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), BenchError> {
        let lost = |error| BenchError::Lost(format!("a connection was lost: {error}"));
        self.stream.write_all(bytes).await.map_err(lost)?;
        self.stream.flush().await.map_err(lost)
    }

    /// Says DISCONNECT and waits until the broker closes the connection, so that it is the broker
    /// who remembers the port.
    pub(super) async fn goodbye(mut self) {
        let closing = async {
            self.write(&[0xE0, 0]).await?;
            while self.stream.read(&mut [0; 64]).await.is_ok_and(|count| count > 0) {}
            Ok::<(), BenchError>(())
        };
        // A broker that does not close it loses the connection.
        let _ = timeout(GOODBYE, closing).await;
    }

    /// Reads packets until one is the answer to `what`. Others are not expected yet.
    async fn answer<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&Packet<'_>) -> Option<T>,
    ) -> Result<T, BenchError> {
        let limits = DecodeLimits {
            packet_size_max: ANSWER_BYTES_MAX,
            connect_size_max: ANSWER_BYTES_MAX,
            topic_alias_max: 0,
            strict_connect_flags: false,
        };
        let mut decoder = Decoder::of_server(self.version, limits);
        let mut buffer = [0; 4096];
        loop {
            match decoder.decode(&self.rest) {
                Ok(Decoded::Packet(packet, len)) => {
                    let Some(answer) = pick(&packet) else {
                        let why = format!("{what} was answered by {:?}", packet.kind());
                        return Err(BenchError::Protocol(why));
                    };
                    self.rest.drain(..len);
                    return Ok(answer);
                }
                Ok(Decoded::Incomplete { .. }) => {}
                Err(error) => {
                    // What TLS answers to whoever speaks without it is an alert.
                    let why = match self.rest.starts_with(&[0x15, 0x03]) {
                        true => {
                            format!("{what} was answered by TLS: does it take mqtts:// or wss://?")
                        }
                        false => format!("{what} was answered by what is no MQTT: {error}"),
                    };
                    return Err(BenchError::Protocol(why));
                }
            }
            let lost = |why: &str| BenchError::Lost(format!("{what} was not answered: {why}"));
            match self.stream.read(&mut buffer).await {
                Ok(0) => return Err(lost("the broker closed the connection")),
                Ok(count) => self.rest.extend_from_slice(&buffer[..count]),
                Err(error) => return Err(lost(&error.to_string())),
            }
        }
    }
}

/// Whether a reason code of SUBACK grants the QoS that was asked for.
///
/// # Errors
/// It does not.
pub(super) fn check_granted(reason: u8, qos: QoS) -> Result<(), BenchError> {
    let qos = qos as u8;
    match reason {
        granted if granted == qos => Ok(()),
        granted if granted < qos => {
            let why =
                format!("the broker grants QoS {granted} at most, not {qos}: try -q {granted}");
            Err(BenchError::Plan(why))
        }
        refused => {
            let why = format!("the broker refuses a subscription below lwb/: {}", named(refused));
            Err(BenchError::Plan(why))
        }
    }
}

/// The broker has ended a connection by DISCONNECT (version 5).
pub(super) fn dismissed(body: &[u8]) -> io::Error {
    let reason = body.first().map_or_else(|| "no reason".to_owned(), |reason| named(*reason));
    io::Error::new(io::ErrorKind::ConnectionAborted, format!("the broker ended it: {reason}"))
}

/// A reason code in words.
pub(super) fn named(reason: u8) -> String {
    match ReasonCode::from_u8(reason) {
        Some(name) => format!("{name} ({reason})"),
        None => format!("reason {reason}"),
    }
}

/// A SUBSCRIBE to all these filters.
///
/// # Errors
/// One is no filter, or they are too many for one packet.
pub(super) fn subscribe_bytes(
    version: Version,
    filters: &[String],
    qos: QoS,
) -> Result<Vec<u8>, BenchError> {
    let subscriptions = filters.iter().map(|filter| {
        Ok(Subscription {
            filter: TopicFilter::new(filter)
                .map_err(|error| BenchError::Plan(format!("{filter} is no filter: {error:?}")))?,
            options: SubscriptionOptions { qos, ..SubscriptionOptions::default() },
        })
    });
    let subscribe = Subscribe {
        packet_id: PacketId::FIRST,
        properties: Properties::EMPTY,
        subscriptions: subscriptions.collect::<Result<_, BenchError>>()?,
    };
    encoded(version, &Packet::Subscribe(subscribe))
}

fn encoded(version: Version, packet: &Packet<'_>) -> Result<Vec<u8>, BenchError> {
    let mut bytes = Vec::new();
    Encoder::new(version)
        .encode(packet, &mut bytes)
        .map_err(|error| BenchError::Plan(error.to_string()))?;
    Ok(bytes)
}

/// There is no connection.
fn unreachable(target: &Target, error: ConnectError) -> BenchError {
    BenchError::Unreachable(format!("no connection to {}", target.name), Arc::new(error))
}
