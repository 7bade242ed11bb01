//! Packets byte for byte, both ways. The list is also the corpus.

use super::*;

/// A packet and its bytes.
pub(super) struct Golden {
    /// Unique; also the name of its file in the corpus.
    pub(super) name: &'static str,
    pub(super) side: Side,
    pub(super) bytes: Vec<u8>,
    pub(super) packet: Packet<'static>,
}

/// Every golden packet.
pub(super) fn all() -> Vec<Golden> {
    let mut list = golden_v3::packets();
    list.extend(golden_v5::packets());
    list
}

impl Golden {
    pub(super) fn new(
        name: &'static str,
        side: Side,
        bytes: &str,
        packet: Packet<'static>,
    ) -> Golden {
        Golden { name, side, bytes: hex(bytes), packet }
    }

    /// The version to encode it with.
    pub(super) fn version(&self) -> Version {
        match (&self.packet, self.side) {
            (Packet::Connect(connect), _) => connect.version,
            (_, Side::Client(version) | Side::Server(version)) => version,
            (_, Side::Stranger) => panic!("{} is no CONNECT", self.name),
        }
    }
}

#[test]
fn bytes_become_packets() {
    for golden in all() {
        let mut decoder = golden.side.decoder();
        let decoded = decoder.decode(&golden.bytes);
        let expected = Decoded::Packet(golden.packet.clone(), golden.bytes.len());
        assert_eq!(decoded, Ok(expected), "{}", golden.name);
        assert_eq!(decoder.version(), Some(golden.version()), "{}", golden.name);
    }
}

#[test]
fn packets_become_bytes() {
    for golden in all() {
        let mut out = b"before".to_vec();
        encode(golden.version(), &golden.packet, &mut out);
        assert_eq!(&out[6..], golden.bytes, "{}", golden.name);
    }
}

#[test]
fn every_type_is_there_in_every_version_that_has_it() {
    let list = all();
    for version in VERSIONS {
        for kind in (1..=15).filter_map(PacketKind::from_u8) {
            let is_there = list
                .iter()
                .any(|golden| golden.version() == version && golden.packet.kind() == kind);
            let exists = kind != PacketKind::Auth || version.is_v5();
            assert_eq!(is_there, exists, "{kind} of MQTT {version}");
        }
    }
}
