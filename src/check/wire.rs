//! Packets as the examiner sends them: right ones, and wrong ones on purpose.
//!
//! [`crate::protocol::Encoder`] writes right packets only, so these are put together by hand.

use crate::protocol::{Property, PropertyBuf, Version};

/// A will as CONNECT carries it.
#[derive(Clone, Debug, Default)]
pub struct Will {
    /// The topic, which need not be a legal one.
    pub topic: Vec<u8>,
    /// The payload.
    pub payload: Vec<u8>,
    /// Will QoS.
    pub qos: u8,
    /// Will Retain.
    pub retain: bool,
    /// Encoded properties without their length (version 5).
    pub properties: Vec<u8>,
}

impl Will {
    /// The same will with these properties.
    pub fn with(self, properties: &[Property<'_>]) -> Will {
        Will { properties: encoded(properties), ..self }
    }

    /// The same will with a Will Delay Interval in seconds.
    pub fn delayed(self, secs: u32) -> Will {
        self.with(&[Property::WillDelayInterval(secs)])
    }
}

/// A CONNECT.
#[derive(Clone, Debug)]
pub struct Connect {
    /// The version, which gives name and level.
    pub version: Version,
    /// Another name and level than the version's.
    pub protocol: Option<(&'static str, u8)>,
    /// Client Identifier.
    pub id: Vec<u8>,
    /// Clean Start.
    pub clean: bool,
    /// Keep Alive in seconds.
    pub keep_alive_secs: u16,
    /// Encoded properties without their length (version 5).
    pub properties: Vec<u8>,
    /// The will.
    pub will: Option<Will>,
    /// User Name.
    pub username: Option<String>,
    /// Password.
    pub password: Option<Vec<u8>>,
    /// Bits of the flags byte to turn over.
    pub flags_turned: u8,
    /// How many bytes the payload lacks at its end.
    pub cut: usize,
    /// Bytes behind the payload.
    pub surplus: Vec<u8>,
}

impl Connect {
    /// A clean session without Keep Alive.
    pub fn new(version: Version, id: impl Into<Vec<u8>>) -> Connect {
        Connect {
            version,
            protocol: None,
            id: id.into(),
            clean: true,
            keep_alive_secs: 0,
            properties: Vec::new(),
            will: None,
            username: None,
            password: None,
            flags_turned: 0,
            cut: 0,
            surplus: Vec::new(),
        }
    }

    /// The same with a will.
    pub fn will(self, will: Will) -> Connect {
        Connect { will: Some(will), ..self }
    }

    /// The same with these properties.
    pub fn with(self, properties: &[Property<'_>]) -> Connect {
        Connect { properties: encoded(properties), ..self }
    }

    /// The same with a session that outlives the connection by so many seconds (version 5), or for
    /// ever (version 3), and goes on from an earlier connection.
    pub fn lasting(self, secs: u32) -> Connect {
        let properties = encoded(&[Property::SessionExpiryInterval(secs)]);
        Connect { clean: false, properties, ..self }
    }

    /// Whether the session outlives the connection.
    pub fn is_lasting(&self) -> bool {
        if self.version.is_v5() { self.properties.contains(&0x11) } else { !self.clean }
    }

    /// The packet.
    pub fn bytes(&self) -> Vec<u8> {
        let (name, level) = self.protocol.unwrap_or(match self.version {
            Version::V31 => ("MQIsdp", 3),
            Version::V311 => ("MQTT", 4),
            Version::V5 => ("MQTT", 5),
        });
        let mut body = text(name);
        body.push(level);
        body.push(self.flags() ^ self.flags_turned);
        body.extend(self.keep_alive_secs.to_be_bytes());
        body.extend(section(self.version, &self.properties));
        body.extend(text(&self.id));
        if let Some(will) = &self.will {
            body.extend(section(self.version, &will.properties));
            body.extend(text(&will.topic));
            body.extend(text(&will.payload));
        }
        if let Some(username) = &self.username {
            body.extend(text(username));
        }
        if let Some(password) = &self.password {
            body.extend(text(password));
        }
        body.truncate(body.len() - self.cut);
        body.extend(&self.surplus);
        frame(0x10, &body)
    }

    fn flags(&self) -> u8 {
        let will = self.will.as_ref();
        let will = will.map_or(0, |will| 0x04 | will.qos << 3 | u8::from(will.retain) << 5);
        u8::from(self.clean) << 1
            | will
            | u8::from(self.username.is_some()) << 7
            | u8::from(self.password.is_some()) << 6
    }
}

/// A PUBLISH.
#[derive(Clone, Debug, Default)]
pub struct Publish {
    /// The topic.
    pub topic: Vec<u8>,
    /// The payload.
    pub payload: Vec<u8>,
    /// QoS, which may be 3.
    pub qos: u8,
    /// RETAIN.
    pub retain: bool,
    /// DUP.
    pub dup: bool,
    /// Packet Identifier, written above QoS 0.
    pub packet_id: u16,
    /// Encoded properties without their length (version 5).
    pub properties: Vec<u8>,
}

impl Publish {
    /// QoS 0, not retained.
    pub fn new(topic: impl Into<Vec<u8>>, payload: impl Into<Vec<u8>>) -> Publish {
        Publish { topic: topic.into(), payload: payload.into(), ..Publish::default() }
    }

    /// The same at another QoS.
    pub fn at(self, qos: u8, packet_id: u16) -> Publish {
        Publish { qos, packet_id, ..self }
    }

    /// The same, retained.
    pub fn retained(self) -> Publish {
        Publish { retain: true, ..self }
    }

    /// The same with these properties.
    pub fn with(self, properties: &[Property<'_>]) -> Publish {
        Publish { properties: encoded(properties), ..self }
    }

    /// The packet.
    pub fn bytes(&self, version: Version) -> Vec<u8> {
        let mut body = text(&self.topic);
        if self.qos > 0 {
            body.extend(self.packet_id.to_be_bytes());
        }
        body.extend(section(version, &self.properties));
        body.extend(&self.payload);
        frame(0x30 | u8::from(self.dup) << 3 | self.qos << 1 | u8::from(self.retain), &body)
    }
}

/// Subscription Options of version 5: No Local.
pub const NO_LOCAL: u8 = 0x04;
/// Subscription Options of version 5: Retain As Published.
pub const AS_PUBLISHED: u8 = 0x08;

/// A SUBSCRIBE. Version 3 takes the QoS of the options only.
pub fn subscribe(
    version: Version,
    packet_id: u16,
    filters: &[(&str, u8)],
    properties: &[Property<'_>],
) -> Vec<u8> {
    let mut body = packet_id.to_be_bytes().to_vec();
    body.extend(section(version, &encoded(properties)));
    for (filter, options) in filters {
        body.extend(text(filter));
        body.push(if version.is_v5() { *options } else { options & 0b11 });
    }
    frame(0x82, &body)
}

/// An UNSUBSCRIBE.
pub fn unsubscribe(version: Version, packet_id: u16, filters: &[&str]) -> Vec<u8> {
    let mut body = packet_id.to_be_bytes().to_vec();
    body.extend(section(version, &[]));
    filters.iter().for_each(|filter| body.extend(text(filter)));
    frame(0xA2, &body)
}

/// PUBACK (0x40), PUBREC (0x50), PUBREL (0x62) or PUBCOMP (0x70) in its short form.
pub fn ack(first: u8, packet_id: u16) -> Vec<u8> {
    frame(first, &packet_id.to_be_bytes())
}

/// DISCONNECT with a reason code and properties; version 3 has neither.
pub fn disconnect(version: Version, reason: u8, properties: &[Property<'_>]) -> Vec<u8> {
    match version {
        Version::V5 if properties.is_empty() => frame(0xE0, &[reason]),
        Version::V5 => {
            let mut body = vec![reason];
            body.extend(section(version, &encoded(properties)));
            frame(0xE0, &body)
        }
        Version::V31 | Version::V311 => frame(0xE0, &[]),
    }
}

/// PINGREQ.
pub const PINGREQ: [u8; 2] = [0xC0, 0];

/// Properties without their length.
pub fn encoded(properties: &[Property<'_>]) -> Vec<u8> {
    let properties: PropertyBuf = properties.iter().copied().collect();
    properties.as_properties().as_bytes().to_vec()
}

/// Two bytes of length, then the bytes.
pub fn text(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    let length = u16::try_from(bytes.len()).expect("no test string is longer than 65535 bytes");
    [&length.to_be_bytes()[..], bytes].concat()
}

/// A property section of version 5; nothing in version 3.
pub fn section(version: Version, properties: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    if version.is_v5() {
        variable(properties.len(), &mut bytes);
        bytes.extend(properties);
    }
    bytes
}

/// A fixed header and what follows it.
pub fn frame(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    variable(body.len(), &mut bytes);
    bytes.extend(body);
    bytes
}

fn variable(mut left: usize, bytes: &mut Vec<u8>) {
    loop {
        let more = if left >= 0x80 { 0x80 } else { 0 };
        bytes.push((left & 0x7F) as u8 | more);
        left >>= 7;
        if left == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{DecodeLimits, Decoded, Decoder, Packet};

    fn limits() -> DecodeLimits {
        DecodeLimits {
            packet_size_max: 200_000,
            connect_size_max: 200_000,
            topic_alias_max: 0,
            strict_connect_flags: true,
        }
    }

    #[test]
    fn right_packets_are_what_the_decoder_reads() {
        for version in [Version::V31, Version::V311, Version::V5] {
            let will = Will {
                topic: b"w/t".to_vec(),
                payload: vec![b'x'; 300],
                qos: 2,
                retain: true,
                properties: Vec::new(),
            };
            let connect = Connect {
                username: Some("me".to_owned()),
                password: Some(b"pw".to_vec()),
                ..Connect::new(version, "id").lasting(60).will(will.delayed(4))
            };
            let bytes = connect.bytes();
            let mut decoder = Decoder::of_client(limits());
            let Ok(Decoded::Packet(Packet::Connect(read), _)) = decoder.decode(&bytes) else {
                panic!("{version}");
            };
            let will = read.will.unwrap();
            assert_eq!((will.topic.as_str(), will.payload.len()), ("w/t", 300));
            assert_eq!(will.delay_secs, if version.is_v5() { 4 } else { 0 });
            assert!(!read.clean_start && read.session_expiry_secs > 0);
            for bytes in [
                Publish::new("a", "b").at(1, 7).retained().bytes(version),
                subscribe(version, 1, &[("a/#", 2), ("b", 1 | NO_LOCAL)], &[]),
                unsubscribe(version, 2, &["a/#"]),
                ack(0x62, 1),
                disconnect(version, 4, &[Property::SessionExpiryInterval(1)]),
                PINGREQ.to_vec(),
            ] {
                assert!(
                    matches!(decoder.decode(&bytes), Ok(Decoded::Packet(_, used)) if used == bytes.len())
                );
            }
        }
    }
}
