//! Refusals that the standard does not list, where they are forgiven.

use super::*;

/// The reason codes of the answer of a server, of which a decoder takes any refusal.
fn reasons(version: Version, bytes: &str) -> Result<Vec<ReasonCode>, DecodeError> {
    let mut decoder = Decoder::of_server(version, LIMITS);
    decoder.take_unlisted_refusals();
    let bytes = hex(bytes);
    match decoder.decode(&bytes)? {
        Decoded::Packet(Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubComp(ack), _) => {
            Ok(vec![ack.reason])
        }
        Decoded::Packet(Packet::SubAck(suback), _) => Ok(suback.reasons),
        Decoded::Packet(Packet::UnsubAck(unsuback), _) => Ok(unsuback.reasons),
        decoded => panic!("{decoded:?}"),
    }
}

#[test]
fn a_refusal_has_its_name_or_none() {
    let (unlisted, elsewhere) = (ReasonCode::Unlisted, ReasonCode::PacketIdentifierNotFound);
    for (version, bytes, wanted) in [
        (Version::V5, "40 03 0001 C8", &[unlisted][..]),
        (Version::V5, "40 04 0001 92 00", &[elsewhere]),
        (Version::V5, "50 03 0001 FF", &[unlisted]),
        (Version::V5, "70 03 0001 A3", &[unlisted]),
        (Version::V5, "90 06 0001 00 C8 01 92", &[unlisted, ReasonCode::GrantedQoS1, elsewhere]),
        (Version::V5, "B0 04 0001 00 C8", &[unlisted]),
        (
            Version::V311,
            "90 05 0001 02 87 C8",
            &[ReasonCode::GrantedQoS2, ReasonCode::NotAuthorized, unlisted],
        ),
        (Version::V31, "90 03 0001 80", &[ReasonCode::UnspecifiedError]),
    ] {
        assert_eq!(reasons(version, bytes).as_deref(), Ok(wanted), "{bytes}");
    }
}

#[test]
fn what_grants_is_still_looked_at() {
    for (version, bytes, kind, code) in [
        (Version::V5, "40 03 0001 03", PacketKind::PubAck, 0x03),
        (Version::V5, "90 04 0001 00 11", PacketKind::SubAck, 0x11),
        (Version::V5, "90 04 0001 00 7F", PacketKind::SubAck, 0x7F),
        (Version::V311, "90 03 0001 03", PacketKind::SubAck, 0x03),
        (Version::V5, "62 03 0001 C8", PacketKind::PubRel, 0xC8),
        (Version::V5, "20 03 00 C8 00", PacketKind::ConnAck, 0xC8),
        (Version::V5, "E0 01 C8", PacketKind::Disconnect, 0xC8),
    ] {
        let violation = Violation::ReasonCode(kind, code);
        assert_eq!(reasons(version, bytes), Err(violation.into()), "{bytes}");
    }
}

#[test]
fn a_client_is_forgiven_nothing() {
    for row in catalogue::rows() {
        let Side::Client(_) = row.side else { continue };
        let mut decoder = row.side.decoder();
        decoder.take_unlisted_refusals();
        let decoded = decoder.decode(&row.bytes).map(|decoded| format!("{decoded:?}"));
        assert_eq!(decoded, Err(row.error), "{:02x?}", row.bytes);
    }
}
