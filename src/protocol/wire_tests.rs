//! The wire from outside: golden packets, broken input, splits, round trips, the corpus.

use crate::*;

mod catalogue;
mod corpus;
mod encoding;
mod golden;
mod golden_v3;
mod golden_v5;
mod refusals;
mod roundtrip;
mod splits;

/// Generous limits; a Topic Alias Maximum of 20.
const LIMITS: DecodeLimits = DecodeLimits {
    packet_size_max: 1_000_000,
    connect_size_max: 100_000,
    topic_alias_max: 20,
    strict_connect_flags: false,
};

/// Whose bytes a test decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// A client that has not sent CONNECT yet.
    Stranger,
    Client(Version),
    Server(Version),
}

const VERSIONS: [Version; 3] = [Version::V31, Version::V311, Version::V5];

/// Every side there is.
fn sides() -> impl Iterator<Item = Side> {
    let clients = VERSIONS.into_iter().map(Side::Client);
    [Side::Stranger].into_iter().chain(clients).chain(VERSIONS.into_iter().map(Side::Server))
}

impl Side {
    /// A decoder that is ready for the next packet of this side.
    fn decoder(self) -> Decoder {
        self.decoder_with(LIMITS)
    }

    fn decoder_with(self, limits: DecodeLimits) -> Decoder {
        let connect = match self {
            Side::Stranger => return Decoder::of_client(limits),
            Side::Server(version) => return Decoder::of_server(version, limits),
            Side::Client(Version::V31) => "10 0E 0006 4D5149736470 03 02 0000 0000",
            Side::Client(Version::V311) => "10 0C 0004 4D515454 04 02 0000 0000",
            Side::Client(Version::V5) => "10 0D 0004 4D515454 05 02 0000 00 0000",
        };
        let mut decoder = Decoder::of_client(limits);
        let connect = hex(connect);
        decoder.decode(&connect).unwrap();
        decoder
    }
}

/// Bytes written as hexadecimal digits, spaces for the eye.
fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pairs = digits.chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Appends a packet by a fresh encoder that chooses no alias itself.
fn encode(version: Version, packet: &Packet<'_>, out: &mut Vec<u8>) {
    let is_aliased = matches!(packet, Packet::Publish(publish)
        if publish.properties.has(PropertyId::TopicAlias));
    let alias_max = if is_aliased { LIMITS.topic_alias_max } else { 0 };
    let mut encoder = Encoder::new(version);
    encoder.set_peer(u32::MAX, alias_max, true);
    encoder.encode(packet, out).unwrap();
}

/// Properties for the life of the test run.
fn properties(list: &[Property<'static>]) -> Properties<'static> {
    let buf: PropertyBuf = list.iter().copied().collect();
    let buf: &'static PropertyBuf = Box::leak(Box::new(buf));
    buf.as_properties()
}

fn id(value: u16) -> PacketId {
    PacketId::new(value).unwrap()
}

fn name(text: &'static str) -> TopicName<'static> {
    TopicName::new(text).unwrap()
}

fn filter(text: &'static str) -> TopicFilter<'static> {
    TopicFilter::new(text).unwrap()
}
