//! The packets, one file each: struct, decoding, encoding, tests.

use std::fmt;

pub mod ack;
pub mod auth;
pub mod connack;
pub mod connect;
pub mod disconnect;
pub mod publish;
pub mod suback;
pub mod subscribe;
pub mod unsuback;
pub mod unsubscribe;

pub use ack::Ack;
pub use auth::Auth;
pub use connack::ConnAck;
pub use connect::Connect;
pub use disconnect::Disconnect;
pub use publish::{Outgoing, Publish};
pub use suback::SubAck;
pub use subscribe::{RetainHandling, Subscribe, Subscription, SubscriptionOptions};
pub use unsuback::UnsubAck;
pub use unsubscribe::Unsubscribe;

use crate::decoder::Origin;
use crate::primitive::Reader;
use crate::{DecodeError, ReasonCode, Topic, Violation};

/// Any control packet, borrowed from the read buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the standard's own")]
pub enum Packet<'a> {
    Connect(Box<Connect<'a>>),
    ConnAck(ConnAck<'a>),
    Publish(Publish<'a>),
    PubAck(Ack<'a>),
    PubRec(Ack<'a>),
    PubRel(Ack<'a>),
    PubComp(Ack<'a>),
    Subscribe(Subscribe<'a>),
    SubAck(SubAck<'a>),
    Unsubscribe(Unsubscribe<'a>),
    UnsubAck(UnsubAck<'a>),
    PingReq,
    PingResp,
    Disconnect(Disconnect<'a>),
    Auth(Auth<'a>),
}

/// Control packet type (section 2.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the standard's own")]
pub enum PacketKind {
    Connect = 1,
    ConnAck = 2,
    Publish = 3,
    PubAck = 4,
    PubRec = 5,
    PubRel = 6,
    PubComp = 7,
    Subscribe = 8,
    SubAck = 9,
    Unsubscribe = 10,
    UnsubAck = 11,
    PingReq = 12,
    PingResp = 13,
    Disconnect = 14,
    Auth = 15,
}

impl PacketKind {
    /// The type with this number; `None` for 0 and above 15.
    pub const fn from_u8(value: u8) -> Option<PacketKind> {
        match value {
            1 => Some(PacketKind::Connect),
            2 => Some(PacketKind::ConnAck),
            3 => Some(PacketKind::Publish),
            4 => Some(PacketKind::PubAck),
            5 => Some(PacketKind::PubRec),
            6 => Some(PacketKind::PubRel),
            7 => Some(PacketKind::PubComp),
            8 => Some(PacketKind::Subscribe),
            9 => Some(PacketKind::SubAck),
            10 => Some(PacketKind::Unsubscribe),
            11 => Some(PacketKind::UnsubAck),
            12 => Some(PacketKind::PingReq),
            13 => Some(PacketKind::PingResp),
            14 => Some(PacketKind::Disconnect),
            15 => Some(PacketKind::Auth),
            _ => None,
        }
    }

    /// The standard's name, such as `SUBSCRIBE`.
    pub const fn name(self) -> &'static str {
        match self {
            PacketKind::Connect => "CONNECT",
            PacketKind::ConnAck => "CONNACK",
            PacketKind::Publish => "PUBLISH",
            PacketKind::PubAck => "PUBACK",
            PacketKind::PubRec => "PUBREC",
            PacketKind::PubRel => "PUBREL",
            PacketKind::PubComp => "PUBCOMP",
            PacketKind::Subscribe => "SUBSCRIBE",
            PacketKind::SubAck => "SUBACK",
            PacketKind::Unsubscribe => "UNSUBSCRIBE",
            PacketKind::UnsubAck => "UNSUBACK",
            PacketKind::PingReq => "PINGREQ",
            PacketKind::PingResp => "PINGRESP",
            PacketKind::Disconnect => "DISCONNECT",
            PacketKind::Auth => "AUTH",
        }
    }
}

impl fmt::Display for PacketKind {
    /// [`PacketKind::name`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Packet<'_> {
    /// Its type.
    pub const fn kind(&self) -> PacketKind {
        match self {
            Packet::Connect(_) => PacketKind::Connect,
            Packet::ConnAck(_) => PacketKind::ConnAck,
            Packet::Publish(_) => PacketKind::Publish,
            Packet::PubAck(_) => PacketKind::PubAck,
            Packet::PubRec(_) => PacketKind::PubRec,
            Packet::PubRel(_) => PacketKind::PubRel,
            Packet::PubComp(_) => PacketKind::PubComp,
            Packet::Subscribe(_) => PacketKind::Subscribe,
            Packet::SubAck(_) => PacketKind::SubAck,
            Packet::Unsubscribe(_) => PacketKind::Unsubscribe,
            Packet::UnsubAck(_) => PacketKind::UnsubAck,
            Packet::PingReq => PacketKind::PingReq,
            Packet::PingResp => PacketKind::PingResp,
            Packet::Disconnect(_) => PacketKind::Disconnect,
            Packet::Auth(_) => PacketKind::Auth,
        }
    }

    /// Whether it owns nothing, as nearly all packets of a fast client.
    const fn is_borrowed(&self) -> bool {
        matches!(
            self,
            Packet::Publish(Publish { topic: Topic::Slice(_), .. })
                | Packet::PubAck(_)
                | Packet::PubRec(_)
                | Packet::PubRel(_)
                | Packet::PubComp(_)
        )
    }

    /// Empties a vector of packets. Those that own nothing are not dropped one by one, which takes time
    /// that shows.
    pub fn clear(packets: &mut Vec<Packet<'_>>) {
        for packet in packets.drain(..) {
            if packet.is_borrowed() {
                std::mem::forget(packet);
            }
        }
    }
}

/// A reason code that the standard lists for the packet and its sender, or one that is forgiven.
fn read_reason(
    kind: PacketKind,
    reader: &mut Reader<'_>,
    origin: Origin,
) -> Result<ReasonCode, DecodeError> {
    let number = reader.u8()?;
    match ReasonCode::from_u8(number) {
        Some(code) if code.is_allowed_in(kind, origin.is_client()) => Ok(code),
        code if origin.forgives(kind, number) => Ok(code.unwrap_or(ReasonCode::Unlisted)),
        _ => Err(Violation::ReasonCode(kind, number).into()),
    }
}

/// The reason codes that fill the rest of a SUBACK or UNSUBACK.
fn read_reasons(
    kind: PacketKind,
    reader: &mut Reader<'_>,
    origin: Origin,
) -> Result<Vec<ReasonCode>, DecodeError> {
    if reader.is_empty() {
        return Err(Violation::ReasonMissing(kind).into());
    }
    let mut reasons = Vec::with_capacity(reader.rest().len());
    while !reader.is_empty() {
        reasons.push(read_reason(kind, reader, origin)?);
    }
    Ok(reasons)
}
