use super::*;

/// Feeds the bytes in pieces of `size`; the payloads, and the deframer behind them.
fn strip(bytes: &[u8], size: usize) -> (Result<Vec<u8>, Breach>, Deframer) {
    strip_at(End::Client, bytes, size)
}

fn strip_at(end: End, bytes: &[u8], size: usize) -> (Result<Vec<u8>, Breach>, Deframer) {
    let mut deframer = Deframer::new(end);
    let mut payloads = Vec::new();
    for piece in bytes.chunks(size) {
        let mut piece = piece.to_vec();
        match deframer.strip(&mut piece) {
            Ok(count) => payloads.extend_from_slice(&piece[..count]),
            Err(breach) => return (Err(breach), deframer),
        }
    }
    (Ok(payloads), deframer)
}

#[test]
fn payloads_come_out_of_frames_however_they_are_cut() {
    let mut bytes = b"\x02\x02ab\x89\x01p\x00\x00\x80\x01c\x82\x00\x82\x7e\x01\x00".to_vec();
    bytes.extend([7; 256]);
    bytes.extend(*b"\x8a\x00\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00");
    bytes.extend([8; 65_536]);
    bytes.extend(*b"\x88\x02\x03\xe8 nothing follows a close");
    let wanted = [b"abc".as_slice(), &[7; 256], &[8; 65_536]].concat();
    for size in [1, 2, 3, 5, 7, 64, 1000, bytes.len()] {
        let (payloads, mut deframer) = strip(&bytes, size);
        assert_eq!(payloads, Ok(wanted.clone()), "in pieces of {size}");
        assert_eq!(deframer.take_ping(), Some(b"p".to_vec()));
        assert_eq!(deframer.take_ping(), None);
        assert_eq!(deframer.close(), Some(1000));
    }
}

#[test]
fn breaches_are_named() {
    for (bytes, breach) in [
        (b"\xc2\x00".as_slice(), Breach::Reserved),
        (b"\x83\x00", Breach::Opcode),
        (b"\x8b\x00", Breach::Opcode),
        (b"\x82\x80", Breach::Masked),
        (b"\x81\x00", Breach::Text),
        (b"\x80\x00", Breach::Fragments),
        (b"\x02\x00\x82\x00", Breach::Fragments),
        (b"\x09\x00", Breach::Control),
        (b"\x89\x7e\x00\x7e", Breach::Control),
        (b"\x88\x01\x03", Breach::Control),
        (b"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", Breach::Length),
    ] {
        for size in [1, bytes.len()] {
            let (outcome, _) = strip(bytes, size);
            assert_eq!(outcome, Err(breach), "{bytes:02x?}");
        }
        assert!(breach.to_string().contains("WebSocket"));
    }
    assert_eq!(strip(b"\x88\x00", 2).1.close(), Some(NO_STATUS));
}

#[test]
fn frames_are_masked_and_carry_what_fits() {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let mut out = Vec::new();
    let slices = [IoSlice::new(b"Hel"), IoSlice::new(b"lo, more")];
    assert_eq!(append(&mut out, Opcode::Binary, Some(mask), &slices, 5), 5);
    assert_eq!(out, b"\x82\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    for (length, head) in [
        (125, b"\x82\xfd".as_slice()),
        (126, b"\x82\xfe\x00\x7e"),
        (65_535, b"\x82\xfe\xff\xff"),
        (65_536, b"\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00"),
    ] {
        let mut out = Vec::new();
        let payload = vec![0; length];
        append(&mut out, Opcode::Binary, Some(mask), &[IoSlice::new(&payload)], usize::MAX);
        assert_eq!(&out[..head.len()], head);
        assert_eq!(out.len(), head.len() + 4 + length);
        let masked = &out[head.len() + 4..];
        assert!(masked.iter().zip(mask.iter().cycle()).all(|(byte, mask)| byte == mask));
    }
}

#[test]
fn a_server_takes_masks_off_however_the_frames_are_cut() {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let mut bytes = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58".to_vec();
    bytes[0] = 0x82;
    append(&mut bytes, Opcode::Ping, Some(mask), &[IoSlice::new(b"are you there?")], 125);
    append(&mut bytes, Opcode::Binary, Some([0; 4]), &[IoSlice::new(&[7; 300])], 300);
    append(&mut bytes, Opcode::Binary, Some(mask), &[IoSlice::new(&[8; 70_000])], 70_000);
    append(&mut bytes, Opcode::Close, Some(mask), &[IoSlice::new(b"\x03\xe9bye")], 125);
    let wanted = [b"Hello".as_slice(), &[7; 300], &[8; 70_000]].concat();
    for size in [1, 2, 3, 5, 7, 64, 1000, bytes.len()] {
        let (payloads, mut deframer) = strip_at(End::Server, &bytes, size);
        assert_eq!(payloads, Ok(wanted.clone()), "in pieces of {size}");
        assert_eq!(deframer.take_ping(), Some(b"are you there?".to_vec()));
        assert_eq!(deframer.close(), Some(1001));
    }
    assert_eq!(strip_at(End::Server, b"\x82\x00", 2).0, Err(Breach::Unmasked));
    let mut text = Vec::new();
    append(&mut text, Opcode::Text, Some(mask), &[], 0);
    assert_eq!(strip_at(End::Server, &text, 1).0, Err(Breach::Text));
    assert_eq!((Breach::Text.close_code(), Breach::Unmasked.close_code()), (1003, 1002));
}

#[test]
fn a_server_does_not_mask() {
    let mut out = Vec::new();
    append(&mut out, Opcode::Binary, None, &[IoSlice::new(b"ab")], 9);
    assert_eq!(out, b"\x82\x02ab");
}
