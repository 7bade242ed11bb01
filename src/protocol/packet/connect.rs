//! CONNECT (section 3.1).

use crate::primitive::Reader;
use crate::property::Sender;
use crate::{
    DecodeError, Malformed, PacketKind, Properties, PropertyId, PropertyPlace, QoS, TopicName,
    Unsupported, Version, Violation, Will,
};

/// Session Expiry Interval that means never, in seconds.
pub const SESSION_EXPIRY_NEVER: u32 = u32::MAX;

/// A client's request for a Network Connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect<'a> {
    /// Protocol version.
    pub version: Version,
    /// Version 3 only: bit 7 of the protocol level, by which mosquitto's bridges announce
    /// themselves.
    pub bridge: bool,
    /// Clean Start; Clean Session in version 3.
    pub clean_start: bool,
    /// Keep Alive in seconds, 0 is off.
    pub keep_alive_secs: u16,
    /// Session Expiry Interval in seconds. Version 3: 0 with Clean Session, otherwise
    /// [`SESSION_EXPIRY_NEVER`].
    pub session_expiry_secs: u32,
    /// Client Identifier, may be empty.
    pub client_id: &'a str,
    /// The Will Message.
    pub will: Option<Will<'a>>,
    /// User Name.
    pub username: Option<&'a str>,
    /// Password.
    pub password: Option<&'a [u8]>,
    /// Properties of CONNECT itself, Session Expiry Interval included.
    pub properties: Properties<'a>,
}

/// Connect flags (section 3.1.2.3), from bit 7 down.
pub(crate) mod flag {
    pub(crate) const USER_NAME: u8 = 0x80;
    pub(crate) const PASSWORD: u8 = 0x40;
    pub(crate) const WILL_RETAIN: u8 = 0x20;
    pub(crate) const WILL_QOS_SHIFT: u8 = 3;
    pub(crate) const WILL: u8 = 0x04;
    pub(crate) const CLEAN_START: u8 = 0x02;
    pub(crate) const RESERVED: u8 = 0x01;
}

/// Bit 7 of the level: a bridge of mosquitto.
pub(crate) const BRIDGE: u8 = 0x80;

/// Name and level take at most this many bytes when they are known ones.
pub(crate) const PROTOCOL_LEN_MAX: usize = 9;

/// Name and level of a CONNECT.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Protocol<'a> {
    name: &'a [u8],
    level: u8,
}

impl<'a> Protocol<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(Protocol { name: reader.binary()?, level: reader.u8()? })
    }

    /// The version, or the one in whose form to refuse; see [`crate::Decoder::version`].
    pub(crate) fn version(self) -> Option<Version> {
        match (self.name, self.level & !BRIDGE) {
            (b"MQTT", 3 | 4) => Some(Version::V311),
            (b"MQTT", _) => Some(Version::V5),
            (b"MQIsdp", _) => Some(Version::V31),
            _ => None,
        }
    }

    /// What to read behind it, if we speak it.
    pub(crate) fn check(self) -> Result<Spoken, DecodeError> {
        let bridge = self.level & BRIDGE != 0;
        let version = match (self.name, self.level) {
            (b"MQTT", 5) => Version::V5,
            (b"MQTT", 4 | 0x84) => Version::V311,
            (b"MQIsdp", 3 | 0x83) => Version::V31,
            (b"MQTT" | b"MQIsdp", level) => {
                return Err(DecodeError::Unsupported(Unsupported::ProtocolLevel(level)));
            }
            _ => return Err(DecodeError::Unsupported(Unsupported::ProtocolName)),
        };
        Ok(Spoken { version, bridge })
    }
}

/// A version that we speak, and bit 7 of its level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spoken {
    version: Version,
    bridge: bool,
}

impl Spoken {
    /// Reads what is behind the level.
    pub(crate) fn read<'a>(
        self,
        reader: &mut Reader<'a>,
        strict: bool,
    ) -> Result<Connect<'a>, DecodeError> {
        let Spoken { version, bridge } = self;
        let flags = reader.u8()?;
        let will_qos = check_flags(flags, version, strict)?;
        let keep_alive_secs = reader.u16()?;
        let properties = self.properties(reader, PropertyPlace::Packet(PacketKind::Connect))?;
        check_authentication(properties)?;
        let clean_start = flags & flag::CLEAN_START != 0;
        let client_id = reader.text().map_err(of_client_id)?;
        let has = |bit: u8| flags & bit != 0;
        let retain = has(flag::WILL_RETAIN);
        let will = if has(flag::WILL) { Some(self.will(reader, will_qos, retain)?) } else { None };
        let username = if has(flag::USER_NAME) { Some(reader.text()?) } else { None };
        let password = if has(flag::PASSWORD) { Some(reader.binary()?) } else { None };
        let session_expiry_secs = match version {
            Version::V5 => properties.session_expiry().unwrap_or(0),
            Version::V31 | Version::V311 if clean_start => 0,
            Version::V31 | Version::V311 => SESSION_EXPIRY_NEVER,
        };
        Ok(Connect {
            version,
            bridge,
            clean_start,
            keep_alive_secs,
            session_expiry_secs,
            client_id,
            will,
            username,
            password,
            properties,
        })
    }

    fn properties<'a>(
        self,
        reader: &mut Reader<'a>,
        place: PropertyPlace,
    ) -> Result<Properties<'a>, DecodeError> {
        if !self.version.is_v5() {
            return Ok(Properties::EMPTY);
        }
        Properties::read(reader, place, Sender::Client)
    }

    fn will<'a>(
        self,
        reader: &mut Reader<'a>,
        qos: QoS,
        retain: bool,
    ) -> Result<Will<'a>, DecodeError> {
        let properties = self.properties(reader, PropertyPlace::Will)?;
        let topic = TopicName::new(reader.text()?).map_err(Violation::WillTopic)?;
        let payload = reader.binary()?;
        if properties.payload_format() == Some(1) && std::str::from_utf8(payload).is_err() {
            return Err(Violation::WillPayloadNotUtf8.into());
        }
        let delay_secs = properties.will_delay().unwrap_or(0);
        Ok(Will { topic, payload, qos, retain, delay_secs, properties })
    }
}

/// A Client Identifier that is no text.
const fn of_client_id(error: Malformed) -> Malformed {
    match error {
        Malformed::Utf8 | Malformed::NullCharacter => Malformed::ClientId,
        other => other,
    }
}

/// Checks the flags byte and gives the Will QoS in it.
fn check_flags(flags: u8, version: Version, strict: bool) -> Result<QoS, Malformed> {
    let is_v31 = version == Version::V31;
    if flags & flag::RESERVED != 0 && !is_v31 {
        return Err(Malformed::ConnectReservedFlag);
    }
    let will_qos = QoS::from_u8(flags >> flag::WILL_QOS_SHIFT & 0b11).ok_or(Malformed::WillQoS)?;
    if strict && !is_v31 && flags & flag::WILL == 0 {
        if will_qos != QoS::AtMostOnce {
            return Err(Malformed::WillQoSWithoutWill);
        }
        if flags & flag::WILL_RETAIN != 0 {
            return Err(Malformed::WillRetainWithoutWill);
        }
    }
    let has_password_alone = flags & (flag::USER_NAME | flag::PASSWORD) == flag::PASSWORD;
    if has_password_alone && !version.is_v5() {
        return Err(Malformed::PasswordWithoutUserName);
    }
    Ok(will_qos)
}

fn check_authentication(properties: Properties<'_>) -> Result<(), Violation> {
    let has_data = properties.has(PropertyId::AuthenticationData);
    if has_data && !properties.has(PropertyId::AuthenticationMethod) {
        return Err(Violation::AuthenticationDataAlone);
    }
    Ok(())
}
