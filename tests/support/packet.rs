//! Packets by hand: independent of the codec under test.

/// The version of the protocol: its level in CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// MQTT 3.1.
    V3 = 3,
    /// MQTT 3.1.1.
    V4 = 4,
    /// MQTT 5.0.
    V5 = 5,
}

/// All of them.
pub const VERSIONS: [Version; 3] = [Version::V3, Version::V4, Version::V5];

/// A will, as it stands in CONNECT.
#[derive(Clone, Copy)]
pub struct Will<'a> {
    pub topic: &'a str,
    pub payload: &'a [u8],
    pub qos: u8,
    pub retain: bool,
    /// Encoded properties without their length (version 5).
    pub properties: &'a [u8],
}

impl<'a> Will<'a> {
    /// QoS 0, not retained.
    pub fn new(topic: &'a str, payload: &'a str) -> Self {
        Will { topic, payload: payload.as_bytes(), qos: 0, retain: false, properties: &[] }
    }
}

/// A CONNECT.
#[derive(Clone, Copy)]
pub struct Connect<'a> {
    pub version: Version,
    pub id: &'a str,
    pub clean: bool,
    pub keep_alive_secs: u16,
    /// Encoded properties without their length (version 5).
    pub properties: &'a [u8],
    pub will: Option<Will<'a>>,
    pub username: Option<&'a str>,
    pub password: Option<&'a str>,
}

impl Default for Connect<'_> {
    fn default() -> Self {
        Connect {
            version: Version::V4,
            id: "c",
            clean: true,
            keep_alive_secs: 0,
            properties: &[],
            will: None,
            username: None,
            password: None,
        }
    }
}

impl Connect<'_> {
    /// The packet.
    pub fn bytes(&self) -> Vec<u8> {
        let will_flags =
            self.will.map_or(0, |will| 0x04 | will.qos << 3 | u8::from(will.retain) << 5);
        let name = if self.version == Version::V3 { "MQIsdp" } else { "MQTT" };
        let mut body = text(name);
        body.push(self.version as u8);
        let login_flags =
            u8::from(self.username.is_some()) << 7 | u8::from(self.password.is_some()) << 6;
        body.push(u8::from(self.clean) << 1 | will_flags | login_flags);
        body.extend(self.keep_alive_secs.to_be_bytes());
        body.extend(properties(self.version, self.properties));
        body.extend(text(self.id));
        if let Some(will) = self.will {
            body.extend(properties(self.version, will.properties));
            body.extend(text(will.topic));
            body.extend(binary(will.payload));
        }
        for part in [self.username, self.password].into_iter().flatten() {
            body.extend(text(part));
        }
        frame(0x10, &body)
    }
}

/// A PUBLISH without properties. `packet_id` counts for QoS 1 and 2.
pub fn publish(version: Version, topic: &str, payload: &str, first: u8, packet_id: u16) -> Vec<u8> {
    let mut body = text(topic);
    if first & 0x06 != 0 {
        body.extend(packet_id.to_be_bytes());
    }
    body.extend(properties(version, &[]));
    body.extend(payload.as_bytes());
    frame(0x30 | first, &body)
}

/// A SUBSCRIBE with packet id 1.
pub fn subscribe(version: Version, filter: &str, options: u8) -> Vec<u8> {
    let mut body = vec![0, 1];
    body.extend(properties(version, &[]));
    body.extend(text(filter));
    body.push(options);
    frame(0x82, &body)
}

/// A fixed header and what follows.
pub fn frame(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut left = body.len();
    loop {
        let more = left >= 0x80;
        bytes.push((left & 0x7F) as u8 | if more { 0x80 } else { 0 });
        left >>= 7;
        if !more {
            break;
        }
    }
    bytes.extend(body);
    bytes
}

/// A string with its length.
pub fn text(text: &str) -> Vec<u8> {
    binary(text.as_bytes())
}

fn binary(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    [&length.to_be_bytes(), bytes].concat()
}

/// Short properties with their length; nothing before version 5.
fn properties(version: Version, bytes: &[u8]) -> Vec<u8> {
    assert!(bytes.len() < 0x80);
    if version == Version::V5 { [&[bytes.len() as u8], bytes].concat() } else { Vec::new() }
}

/// `"E0 00"` → bytes.
pub fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

/// Bytes → `"E0 00"`.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn packets_by_hand_are_right() {
    let will = Some(Will::new("w/t", "off"));
    let v4 = Connect { will, ..Connect::default() }.bytes();
    assert_eq!(
        v4,
        hex("10 17 00 04 4D 51 54 54 04 06 00 00 00 01 63 00 03 77 2F 74 00 03 6F 66 66")
    );
    let v5 = Connect { will, version: Version::V5, ..Connect::default() }.bytes();
    assert_eq!(
        v5,
        hex("10 19 00 04 4D 51 54 54 05 06 00 00 00 00 01 63 00 00 03 77 2F 74 00 03 6F 66 66")
    );
    assert_eq!(frame(0x30, &[0; 321])[..3], [0x30, 0xC1, 0x02]);
    assert_eq!(publish(Version::V5, "w/q", "x", 4, 1), hex("34 09 00 03 77 2F 71 00 01 00 78"));
}
