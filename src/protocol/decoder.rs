//! Bytes to packets: incremental, bounded, borrowed.

mod alike;

use crate::alias::ReceivedAliases;
use crate::packet::connect;
use crate::primitive::{Reader, remaining_length};
use crate::property::Sender;
use crate::{
    Ack, Auth, ConnAck, Connect, DecodeError, Disconnect, Malformed, Packet, PacketId, PacketKind,
    Properties, PropertyPlace, Publish, SubAck, Subscribe, UnsubAck, Unsubscribe, Version,
    Violation,
};

/// Largest SUBSCRIBE, UNSUBSCRIBE or AUTH that a client may send, in bytes, as in mosquitto.
const REQUEST_SIZE_MAX: u32 = 100_000;

/// Largest packet of any other type but CONNECT and PUBLISH that a client may send, in bytes, as
/// in mosquitto.
const SMALL_SIZE_MAX: u32 = 10_000;

/// Bytes of an acknowledgement that has neither reason code nor properties.
const PLAIN_ACK_SIZE: usize = 4;

/// What this side accepts. Part of what it announces in CONNECT or CONNACK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Largest packet in bytes, fixed header included.
    pub packet_size_max: u32,
    /// Largest CONNECT in bytes: what a stranger may send.
    pub connect_size_max: u32,
    /// Topic Alias Maximum of this side; 0 accepts none.
    pub topic_alias_max: u16,
    /// Whether Will QoS and Will Retain must be 0 when Will Flag is 0 [MQTT-3.1.2-11],
    /// [MQTT-3.1.2-13]. MQTT 3.1 is never strict.
    pub strict_connect_flags: bool,
}

/// The outcome of one attempt to decode.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// A whole packet, and how many bytes it took.
    Packet(Packet<'a>, usize),
    /// More bytes are needed.
    Incomplete {
        /// Length of the whole packet once the fixed header is there: it has passed the limits, so
        /// a buffer of that size may be allocated.
        total: Option<usize>,
    },
}

/// Whose bytes they are: what the packets need to know to read themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) version: Version,
    pub(crate) sender: Sender,
    takes_unlisted: bool,
}

impl Origin {
    /// Whether this reason code may stand in the packet though the standard does not list it there.
    pub(crate) fn forgives(self, kind: PacketKind, number: u8) -> bool {
        let is_answer = matches!(
            kind,
            PacketKind::PubAck
                | PacketKind::PubRec
                | PacketKind::PubComp
                | PacketKind::SubAck
                | PacketKind::UnsubAck
        );
        self.takes_unlisted && is_answer && number >= 0x80
    }

    pub(crate) fn is_client(self) -> bool {
        self.sender == Sender::Client
    }

    pub(crate) const fn is_v5(self) -> bool {
        self.version.is_v5()
    }

    /// The properties of a packet; version 3 has none.
    pub(crate) fn properties<'a>(
        self,
        kind: PacketKind,
        reader: &mut Reader<'a>,
    ) -> Result<Properties<'a>, DecodeError> {
        if !self.is_v5() {
            return Ok(Properties::EMPTY);
        }
        Properties::read(reader, PropertyPlace::Packet(kind), self.sender)
    }

    /// The properties of a packet that may end before them (sections 3.4.2.2, 3.14.2.2, 3.15.2.2).
    pub(crate) fn optional_properties<'a>(
        self,
        kind: PacketKind,
        reader: &mut Reader<'a>,
    ) -> Result<Properties<'a>, DecodeError> {
        if reader.is_empty() { Ok(Properties::EMPTY) } else { self.properties(kind, reader) }
    }
}

/// The decoder of one direction of one Network Connection: its version, limits and topic aliases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoder {
    limits: DecodeLimits,
    sender: Sender,
    version: Option<Version>,
    aliases: ReceivedAliases,
    takes_pings: bool,
    takes_unlisted: bool,
}

impl Decoder {
    /// Decodes what a client sends: CONNECT first, which sets the version.
    ///
    /// Beside `limits`, what a client has no reason to send is refused as mosquitto does:
    /// SUBSCRIBE, UNSUBSCRIBE and AUTH above 100,000 bytes, acknowledgements, PINGREQ and
    /// DISCONNECT above 10,000.
    pub fn of_client(limits: DecodeLimits) -> Self {
        Decoder::new(Sender::Client, None, limits)
    }

    /// Decodes what a server sends on a connection that was opened with `version`.
    pub fn of_server(version: Version, limits: DecodeLimits) -> Self {
        Decoder::new(Sender::Server, Some(version), limits)
    }

    fn new(sender: Sender, version: Option<Version>, limits: DecodeLimits) -> Self {
        let aliases = ReceivedAliases::new(limits.topic_alias_max);
        let (takes_pings, takes_unlisted) = (false, false);
        Decoder { limits, sender, version, aliases, takes_pings, takes_unlisted }
    }

    /// From now on a PINGREQ from a server is none of its mistakes: brokers that are bridged ping
    /// each other.
    pub fn take_pings(&mut self) {
        self.takes_pings = true;
    }

    /// From now on a server may refuse a message or a subscription with any code from 0x80 up, in
    /// version 3 as well: that something was refused is plain. [`ReasonCode::Unlisted`] stands for
    /// those that have no name. Of no use with what a client sends, which stays as it is.
    ///
    /// [`ReasonCode::Unlisted`]: crate::ReasonCode::Unlisted
    pub fn take_unlisted_refusals(&mut self) {
        self.takes_unlisted = self.sender == Sender::Server;
    }

    /// Whether a topic was given an alias.
    pub const fn knows_aliases(&self) -> bool {
        self.aliases.are_known()
    }

    /// The version of the connection, known once a CONNECT was read as far as its level, even if
    /// the rest of it was refused.
    ///
    /// For a level that does not exist it is 5.0 with the name `MQTT`, so that the refusal has the
    /// form of 5.0, and a version 3 when name and level do not fit. With any other name it stays
    /// `None`.
    pub const fn version(&self) -> Option<Version> {
        self.version
    }

    /// Decodes the packet at the head of `input`. After an error the connection is over.
    ///
    /// # Errors
    /// The first broken rule in the order of the bytes: packet type and header flags as soon as
    /// the first byte is there, the size as soon as the fixed header is there, everything else
    /// when the packet is whole. The same bytes give the same error, however they are split. Of a
    /// CONNECT that is too large, name and level are awaited, so that [`Decoder::version`] is
    /// known.
    pub fn decode<'a>(&mut self, input: &'a [u8]) -> Result<Decoded<'a>, DecodeError> {
        if let Some(packet) = self.plain_ack(input) {
            return Ok(Decoded::Packet(packet, PLAIN_ACK_SIZE));
        }
        let Some((&first, rest)) = input.split_first() else {
            return Ok(Decoded::Incomplete { total: None });
        };
        let kind = self.admit(first)?;
        let Some((length, length_bytes)) = remaining_length(rest)? else {
            return Ok(Decoded::Incomplete { total: None });
        };
        let head = 1 + length_bytes;
        let size = head as u32 + length;
        let max = self.size_max(kind);
        if size > max {
            let is_whole = input.len() >= size as usize;
            if kind == PacketKind::Connect && !self.may_refuse_connect(&input[head..], is_whole) {
                return Ok(Decoded::Incomplete { total: None });
            }
            return Err(DecodeError::TooLarge { size, max });
        }
        let total = size as usize;
        let Some(body) = input.get(head..total) else {
            return Ok(Decoded::Incomplete { total: Some(total) });
        };
        let packet = match self.version {
            Some(version) => {
                let takes_unlisted = self.takes_unlisted;
                let origin = Origin { version, sender: self.sender, takes_unlisted };
                self.packet(kind, first & 0x0F, body, origin)?
            }
            None => Packet::Connect(Box::new(self.connect(body)?)),
        };
        Ok(Decoded::Packet(packet, total))
    }

    /// An acknowledgement that is nothing but its identifier, as nearly all are. Both sides may send
    /// every kind.
    #[inline]
    fn plain_ack<'a>(&self, input: &[u8]) -> Option<Packet<'a>> {
        let &[first, 2, high, low, ..] = input else { return None };
        let is_expected = self.version.is_some()
            && self.limits.packet_size_max as usize >= PLAIN_ACK_SIZE
            && matches!(first, 0x40 | 0x50 | 0x62 | 0x70);
        let packet_id = PacketId::new(u16::from_be_bytes([high, low])).filter(|_| is_expected)?;
        let ack = Ack::success(packet_id);
        Some(match first {
            0x40 => Packet::PubAck(ack),
            0x50 => Packet::PubRec(ack),
            0x62 => Packet::PubRel(ack),
            _ => Packet::PubComp(ack),
        })
    }

    /// What the first byte tells: type, direction, flags.
    fn admit(&self, first: u8) -> Result<PacketKind, DecodeError> {
        let number = first >> 4;
        let kind = PacketKind::from_u8(number).ok_or(Malformed::PacketType(number))?;
        let Some(version) = self.version else {
            return match (kind, first & 0x0F) {
                (PacketKind::Connect, 0) => Ok(kind),
                (PacketKind::Connect, _) => Err(Malformed::HeaderFlags(kind).into()),
                _ => Err(Violation::FirstPacketNotConnect.into()),
            };
        };
        if kind == PacketKind::Auth && !version.is_v5() {
            return Err(Malformed::PacketType(number).into());
        }
        self.check_direction(kind, version)?;
        check_flags(kind, first & 0x0F, version)?;
        Ok(kind)
    }

    fn check_direction(&self, kind: PacketKind, version: Version) -> Result<(), Violation> {
        match (self.sender, kind) {
            (Sender::Client, PacketKind::Connect) => Err(Violation::SecondConnect),
            (
                Sender::Client,
                PacketKind::ConnAck
                | PacketKind::SubAck
                | PacketKind::UnsubAck
                | PacketKind::PingResp,
            ) => Err(Violation::FromClient(kind)),
            (Sender::Server, PacketKind::PingReq) if self.takes_pings => Ok(()),
            (
                Sender::Server,
                PacketKind::Connect
                | PacketKind::Subscribe
                | PacketKind::Unsubscribe
                | PacketKind::PingReq,
            ) => Err(Violation::FromServer(kind)),
            (Sender::Server, PacketKind::Disconnect) if !version.is_v5() => {
                Err(Violation::FromServer(kind))
            }
            _ => Ok(()),
        }
    }

    fn size_max(&self, kind: PacketKind) -> u32 {
        let of_kind = match (self.sender, kind) {
            (Sender::Server, _) | (_, PacketKind::Publish) => u32::MAX,
            (_, PacketKind::Connect) => self.limits.connect_size_max,
            (_, PacketKind::Subscribe | PacketKind::Unsubscribe | PacketKind::Auth) => {
                REQUEST_SIZE_MAX
            }
            _ => SMALL_SIZE_MAX,
        };
        self.limits.packet_size_max.min(of_kind)
    }

    /// A CONNECT is too large: reads its version, so that the refusal has the right form. False
    /// while name and level are not there yet.
    fn may_refuse_connect(&mut self, body: &[u8], is_whole: bool) -> bool {
        if body.len() < connect::PROTOCOL_LEN_MAX && !is_whole {
            return false;
        }
        if let Ok(protocol) = connect::Protocol::read(&mut Reader::new(body)) {
            self.version = protocol.version();
        }
        true
    }

    fn connect<'a>(&mut self, body: &'a [u8]) -> Result<Connect<'a>, DecodeError> {
        let mut reader = Reader::new(body);
        let protocol = connect::Protocol::read(&mut reader)?;
        self.version = protocol.version();
        let connect = protocol.check()?.read(&mut reader, self.limits.strict_connect_flags)?;
        end_of(PacketKind::Connect, reader)?;
        Ok(connect)
    }

    fn packet<'a>(
        &mut self,
        kind: PacketKind,
        flags: u8,
        body: &'a [u8],
        origin: Origin,
    ) -> Result<Packet<'a>, DecodeError> {
        let mut reader = Reader::new(body);
        let packet = match kind {
            PacketKind::Publish => {
                // The payload is the rest of the packet, so there is nothing behind it.
                let publish = Publish::read(flags, reader, origin, &mut self.aliases)?;
                return Ok(Packet::Publish(publish));
            }
            PacketKind::PubAck => Packet::PubAck(Ack::read(kind, &mut reader, origin)?),
            PacketKind::PubRec => Packet::PubRec(Ack::read(kind, &mut reader, origin)?),
            PacketKind::PubRel => Packet::PubRel(Ack::read(kind, &mut reader, origin)?),
            PacketKind::PubComp => Packet::PubComp(Ack::read(kind, &mut reader, origin)?),
            PacketKind::Connect => return Err(Violation::SecondConnect.into()),
            PacketKind::ConnAck => Packet::ConnAck(ConnAck::read(&mut reader, origin)?),
            PacketKind::Subscribe => Packet::Subscribe(Subscribe::read(&mut reader, origin)?),
            PacketKind::SubAck => Packet::SubAck(SubAck::read(&mut reader, origin)?),
            PacketKind::Unsubscribe => Packet::Unsubscribe(Unsubscribe::read(&mut reader, origin)?),
            PacketKind::UnsubAck => Packet::UnsubAck(UnsubAck::read(&mut reader, origin)?),
            PacketKind::PingReq => Packet::PingReq,
            PacketKind::PingResp => Packet::PingResp,
            PacketKind::Disconnect => Packet::Disconnect(Disconnect::read(&mut reader, origin)?),
            PacketKind::Auth => Packet::Auth(Auth::read(&mut reader, origin)?),
        };
        end_of(kind, reader)?;
        Ok(packet)
    }
}

/// Header flags (section 2.1.3). MQTT 3.1 has DUP and QoS bits in PUBREL, SUBSCRIBE and
/// UNSUBSCRIBE, which are not looked at.
fn check_flags(kind: PacketKind, flags: u8, version: Version) -> Result<(), DecodeError> {
    match kind {
        PacketKind::Publish if flags & 0b0110 == 0b0110 => Err(Malformed::PublishQoS.into()),
        PacketKind::Publish if flags & 0b1110 == 0b1000 => Err(Malformed::DupAtQoS0.into()),
        PacketKind::Publish => Ok(()),
        PacketKind::PubRel | PacketKind::Subscribe | PacketKind::Unsubscribe => {
            if flags == 0b0010 || version == Version::V31 {
                Ok(())
            } else {
                Err(Malformed::HeaderFlags(kind).into())
            }
        }
        _ if flags != 0 => Err(Malformed::HeaderFlags(kind).into()),
        _ => Ok(()),
    }
}

fn end_of(kind: PacketKind, reader: Reader<'_>) -> Result<(), Malformed> {
    if reader.is_empty() { Ok(()) } else { Err(Malformed::TrailingBytes(kind)) }
}
