//! Frames and requests under random input: never a panic, and any split of the bytes gives the
//! same.

use super::frames::{self, Breach, Deframer, End, Opcode};
use super::server::{self, Rules};
use super::*;

const INPUTS: usize = 20_000;

/// What comes out of a stream that arrives in pieces of `size`.
#[derive(Debug, PartialEq)]
struct Outcome {
    payload: Vec<u8>,
    breach: Option<Breach>,
    close: Option<u16>,
}

fn outcome(end: End, bytes: &[u8], size: usize) -> Outcome {
    let mut deframer = Deframer::new(end);
    let mut payload = Vec::new();
    let mut breach = None;
    for piece in bytes.chunks(size.max(1)) {
        let mut piece = piece.to_vec();
        match deframer.strip(&mut piece) {
            Ok(count) => payload.extend_from_slice(&piece[..count]),
            Err(found) => {
                breach = Some(found);
                break;
            }
        }
    }
    Outcome { payload, breach, close: deframer.close() }
}

/// The same however it is cut. What stood before a breach in the same piece is lost with it.
fn check(end: End, bytes: &[u8], size: u8) {
    let (at_once, in_pieces) =
        (outcome(end, bytes, bytes.len()), outcome(end, bytes, usize::from(size)));
    assert_eq!(at_once.breach, in_pieces.breach);
    if at_once.breach.is_none() {
        assert_eq!(at_once, in_pieces);
    }
}

#[test]
fn random_frames() {
    bolero::check!().with_iterations(INPUTS).with_type::<(Vec<u8>, u8)>().for_each(
        |(bytes, size)| {
            check(End::Server, bytes, *size);
            check(End::Client, bytes, *size);
        },
    );
}

/// What is sent in frames of any kind, mask and length arrives.
#[test]
fn frames_of_all_kinds() {
    const OPCODES: [Opcode; 4] = [Opcode::Binary, Opcode::Ping, Opcode::Pong, Opcode::Close];
    type Frame = (u8, Option<[u8; 4]>, u16, u8);
    bolero::check!().with_iterations(INPUTS / 4).with_type::<(Vec<Frame>, u8)>().for_each(
        |(all, size)| {
            let (mut bytes, mut wanted) = (Vec::new(), Vec::new());
            let mut is_closed = false;
            for (kind, mask, length, fill) in all.iter().take(8) {
                let opcode = OPCODES[usize::from(*kind) % OPCODES.len()];
                let is_data = opcode == Opcode::Binary;
                let length = usize::from(*length) % if is_data { 70_000 } else { 126 };
                let payload = vec![*fill; if opcode == Opcode::Close { 2 } else { length }];
                let mask = Some(mask.unwrap_or_default());
                frames::append(&mut bytes, opcode, mask, &[IoSlice::new(&payload)], payload.len());
                is_closed |= opcode == Opcode::Close;
                if is_data && !is_closed {
                    wanted.extend_from_slice(&payload);
                }
            }
            let got = outcome(End::Server, &bytes, usize::from(*size));
            assert_eq!((got.breach, got.close.is_some()), (None, is_closed));
            assert_eq!(got.payload, wanted);
            check(End::Client, &bytes, *size);
        },
    );
}

#[test]
fn random_requests() {
    const PARTS: [&str; 14] = [
        "GET / HTTP/1.1\r\n",
        "Upgrade: websocket\r\n",
        "Connection: upgrade\r\n",
        "Sec-WebSocket-Version: 13\r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "Sec-WebSocket-Protocol: mqtt\r\n",
        "Origin: http://a\r\n",
        "\r\n",
        ":",
        ",",
        " ",
        "\0",
        "\u{e9}",
        "HEAD /",
    ];
    let origins = ["http://a".to_owned()];
    let rules = Rules { head_bytes_max: 4096, origins: &origins };
    bolero::check!().with_iterations(INPUTS).with_type::<(Vec<u8>, Vec<u8>)>().for_each(
        |(picks, noise)| {
            let parts = picks.iter().map(|pick| PARTS[usize::from(*pick) % PARTS.len()]);
            let text = parts.collect::<String>();
            for head in [text.as_bytes(), noise] {
                let may_be = server::may_be_http(head);
                let whole = handshake::head_len(head);
                assert!(whole.is_none_or(|len| len <= head.len()));
                if let Ok(answer) = server::judge(head, &rules) {
                    assert!(may_be && answer.starts_with("HTTP/1.1 101 "));
                    assert_eq!(handshake::head_len(answer.as_bytes()), Some(answer.len()));
                }
            }
        },
    );
}
