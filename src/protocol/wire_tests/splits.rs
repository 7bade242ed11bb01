//! The same bytes give the same packets and errors, however they are split.

use super::*;

/// Reads `bytes` in portions of `portion` and gives what came, debug-printed, and the error.
fn read_in_portions(
    side: Side,
    bytes: &[u8],
    portion: usize,
) -> (Vec<String>, Option<DecodeError>) {
    let mut decoder = side.decoder();
    let mut packets = Vec::new();
    let mut start = 0;
    let mut end = 0;
    loop {
        match decoder.decode(&bytes[start..end]) {
            Ok(Decoded::Packet(packet, length)) => {
                packets.push(format!("{packet:?}"));
                start += length;
            }
            Ok(Decoded::Incomplete { .. }) if end == bytes.len() => return (packets, None),
            Ok(Decoded::Incomplete { .. }) => end = (end + portion).min(bytes.len()),
            Err(error) => return (packets, Some(error)),
        }
    }
}

#[test]
fn golden_packets_wait_until_they_are_whole() {
    for golden in golden::all() {
        for length in 0..golden.bytes.len() {
            let mut decoder = golden.side.decoder();
            let total = (length >= 2).then_some(golden.bytes.len());
            let decoded = decoder.decode(&golden.bytes[..length]);
            assert_eq!(decoded, Ok(Decoded::Incomplete { total }), "{}", golden.name);
        }
    }
}

#[test]
fn streams_of_packets_are_the_same_in_any_portions() {
    let list = golden::all();
    for side in sides().filter(|side| *side != Side::Stranger) {
        let of_side: Vec<_> = list.iter().filter(|golden| golden.side == side).collect();
        let stream: Vec<u8> = of_side.iter().flat_map(|golden| golden.bytes.clone()).collect();
        let whole = read_in_portions(side, &stream, stream.len());
        assert_eq!((whole.0.len(), whole.1), (of_side.len(), None));
        for portion in 1..stream.len() {
            assert_eq!(read_in_portions(side, &stream, portion), whole);
        }
    }
}

#[test]
fn errors_are_the_same_in_any_portions() {
    for row in catalogue::rows() {
        for portion in 1..=row.bytes.len() {
            let (_, error) = read_in_portions(row.side, &row.bytes, portion);
            assert_eq!(error, Some(row.error), "{:02x?}", row.bytes);
        }
    }
}

#[test]
fn the_size_is_judged_by_the_fixed_header() {
    let limits = DecodeLimits { packet_size_max: 200, connect_size_max: 100, ..LIMITS };
    let client = || Side::Client(Version::V5).decoder_with(limits);
    let large = DecodeError::TooLarge { size: 201, max: 200 };
    assert_eq!(client().decode(&[0x30, 0xC6, 0x01]), Err(large));
    let fits = Decoded::Incomplete { total: Some(200) };
    assert_eq!(client().decode(&[0x30, 0xC5, 0x01]), Ok(fits));
    assert_eq!(large.reason_code(), ReasonCode::PacketTooLarge);

    let wide = DecodeLimits { packet_size_max: u32::MAX, ..LIMITS };
    for (head, size, max) in [
        ("82 9F8D06", 100_003, 100_000),
        ("A2 9F8D06", 100_003, 100_000),
        ("F0 9F8D06", 100_003, 100_000),
        ("40 8E4E", 10_001, 10_000),
        ("E0 8E4E", 10_001, 10_000),
    ] {
        let mut decoder = Side::Client(Version::V5).decoder_with(wide);
        assert_eq!(decoder.decode(&hex(head)), Err(DecodeError::TooLarge { size, max }), "{head}");
        let mut decoder = Side::Server(Version::V5).decoder_with(wide);
        let head = hex(head);
        let from_server = decoder.decode(&head);
        assert!(!matches!(from_server, Err(DecodeError::TooLarge { .. })), "{head:02x?}");
    }
}

#[test]
fn a_connect_that_is_too_large_still_tells_its_version() {
    let limits = DecodeLimits { connect_size_max: 100, ..LIMITS };
    for (head, version) in [
        ("10 FF01 0004 4D515454 05 02 00", Some(Version::V5)),
        ("10 FF01 0004 4D515454 04 02 00", Some(Version::V311)),
        ("10 FF01 0006 4D5149736470 03", Some(Version::V31)),
        ("10 FF01 FFFF 4D5149736470 03", None),
    ] {
        let bytes = hex(head);
        let mut decoder = Decoder::of_client(limits);
        for length in 0..12 {
            let decoded = decoder.decode(&bytes[..length]);
            assert_eq!(decoded, Ok(Decoded::Incomplete { total: None }));
        }
        let large = DecodeError::TooLarge { size: 258, max: 100 };
        assert_eq!(decoder.decode(&bytes[..12]), Err(large));
        assert_eq!(decoder.version(), version);
    }
    let tiny = DecodeLimits { connect_size_max: 4, ..LIMITS };
    let large = DecodeError::TooLarge { size: 5, max: 4 };
    assert_eq!(Decoder::of_client(tiny).decode(&[0x10, 3, 0, 4, 0x4D]), Err(large));
}

#[test]
fn aliases_are_resolved_and_can_be_moved() {
    let mut decoder = Side::Client(Version::V5).decoder();
    let mut topics = Vec::new();
    for bytes in [
        "30 09 0001 61 03 23 0001 78 78", // a is 1
        "30 08 0000 03 23 0001 78 78",
        "30 09 0001 62 03 23 0001 78 78", // b is 1
        "30 08 0000 03 23 0001 78 78",
    ] {
        let bytes = hex(bytes);
        let Ok(Decoded::Packet(Packet::Publish(publish), _)) = decoder.decode(&bytes) else {
            panic!("{bytes:02x?} is a PUBLISH");
        };
        topics.push((publish.topic.name().as_str().to_owned(), publish.topic.shared().is_some()));
    }
    let expected = [("a", false), ("a", true), ("b", false), ("b", true)];
    assert_eq!(topics, expected.map(|(topic, shared)| (topic.to_owned(), shared)));
}
