//! WebSocket frames as a client sends and receives them [RFC 6455 section 5]: a byte stream in
//! binary frames, wherever the frames begin and end.
//!
//! Payloads are taken out of the bytes where they were read: nothing is held back until a frame is
//! whole, so a frame of any size costs no memory.

use std::fmt;
use std::io::IoSlice;

/// The longest header of a frame that is not masked.
const HEADER_BYTES_MAX: usize = 10;
/// The longest payload of a control frame.
const CONTROL_BYTES_MAX: usize = 125;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    const fn from_bits(bits: u8) -> Option<Opcode> {
        Some(match bits {
            0x0 => Opcode::Continuation,
            0x1 => Opcode::Text,
            0x2 => Opcode::Binary,
            0x8 => Opcode::Close,
            0x9 => Opcode::Ping,
            0xA => Opcode::Pong,
            _ => return None,
        })
    }

    const fn bits(self) -> u8 {
        match self {
            Opcode::Continuation => 0x0,
            Opcode::Text => 0x1,
            Opcode::Binary => 0x2,
            Opcode::Close => 0x8,
            Opcode::Ping => 0x9,
            Opcode::Pong => 0xA,
        }
    }

    const fn is_control(self) -> bool {
        self.bits() & 0x8 != 0
    }
}

/// What a server does that it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// A bit is set that belongs to an extension; none was agreed on.
    Reserved,
    /// An opcode without a meaning.
    Opcode,
    /// A server does not mask.
    Masked,
    /// MQTT travels in binary frames [MQTT-6.0.0-1].
    Text,
    /// A message begins within another, or goes on that has not begun.
    Fragments,
    /// A control frame that is too long or in pieces.
    Control,
    /// A length of 2^63 and more.
    Length,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Breach::Reserved => "a WebSocket frame with reserved bits",
            Breach::Opcode => "a WebSocket frame of an unknown kind",
            Breach::Masked => "a masked WebSocket frame from a server",
            Breach::Text => "a WebSocket text frame instead of a binary one",
            Breach::Fragments => "WebSocket fragments out of order",
            Breach::Control => "a WebSocket control frame that is too long or in pieces",
            Breach::Length => "a WebSocket frame longer than can be",
        })
    }
}

impl std::error::Error for Breach {}

/// Where in the frames the stream stands.
#[derive(Clone, Copy, Debug, Default)]
enum Place {
    #[default]
    Header,
    /// So many bytes of data are to come.
    Data(u64),
    /// So many bytes of a control frame are to come.
    Control(Opcode, usize),
}

/// Takes payloads out of frames.
#[derive(Debug, Default)]
pub(super) struct Deframer {
    place: Place,
    header: [u8; HEADER_BYTES_MAX],
    header_len: usize,
    /// Whether the last data frame is to be continued.
    in_message: bool,
    control: Vec<u8>,
    ping: Option<Vec<u8>>,
    close: Option<u16>,
}

/// A close frame without a status code.
pub(super) const NO_STATUS: u16 = 1005;

impl Deframer {
    /// Moves the payloads to the front of `bytes`, the next ones of the stream; how many bytes
    /// they are. What follows a close frame is dropped.
    pub(super) fn strip(&mut self, bytes: &mut [u8]) -> Result<usize, Breach> {
        let (mut from, mut to) = (0, 0);
        while from < bytes.len() && self.close.is_none() {
            let there = bytes.len() - from;
            match self.place {
                Place::Header => from += self.read_header(&bytes[from..])?,
                Place::Data(left) => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(there);
                    bytes.copy_within(from..from + count, to);
                    from += count;
                    to += count;
                    self.place = data(left - count as u64);
                }
                Place::Control(opcode, left) => {
                    let count = left.min(there);
                    self.control.extend_from_slice(&bytes[from..from + count]);
                    from += count;
                    self.place = Place::Control(opcode, left - count);
                    self.end_control()?;
                }
            }
        }
        Ok(to)
    }

    /// The payload of the last ping that has not been asked for; earlier ones need no answer.
    pub(super) fn take_ping(&mut self) -> Option<Vec<u8>> {
        self.ping.take()
    }

    /// The status code of the close frame, once it has come.
    pub(super) fn close(&self) -> Option<u16> {
        self.close
    }

    /// Adds to the header what belongs to it; how many bytes that are.
    fn read_header(&mut self, bytes: &[u8]) -> Result<usize, Breach> {
        let wanted = match self.header[1] & 0x7F {
            _ if self.header_len < 2 => 2,
            126 => 4,
            127 => 10,
            _ => 2,
        };
        let count = (wanted - self.header_len).min(bytes.len());
        self.header[self.header_len..][..count].copy_from_slice(&bytes[..count]);
        self.header_len += count;
        let is_whole = match self.header[1] & 0x7F {
            _ if self.header_len < 2 => false,
            126 => self.header_len == 4,
            127 => self.header_len == 10,
            _ => true,
        };
        if is_whole {
            self.header_len = 0;
            self.begin()?;
        }
        Ok(count)
    }

    /// Begins the frame whose header is complete.
    fn begin(&mut self) -> Result<(), Breach> {
        let [first, second, extended @ ..] = self.header;
        let is_last = first & 0x80 != 0;
        if first & 0x70 != 0 {
            return Err(Breach::Reserved);
        }
        if second & 0x80 != 0 {
            return Err(Breach::Masked);
        }
        let length = match second {
            126 => u64::from(u16::from_be_bytes([extended[0], extended[1]])),
            127 => u64::from_be_bytes(extended),
            short => u64::from(short),
        };
        if length >> 63 != 0 {
            return Err(Breach::Length);
        }
        let opcode = Opcode::from_bits(first & 0x0F).ok_or(Breach::Opcode)?;
        if opcode.is_control() {
            let length = usize::from(second);
            if !is_last || length > CONTROL_BYTES_MAX {
                return Err(Breach::Control);
            }
            self.control.clear();
            self.place = Place::Control(opcode, length);
            return self.end_control();
        }
        match opcode {
            Opcode::Text => return Err(Breach::Text),
            Opcode::Continuation if !self.in_message => return Err(Breach::Fragments),
            Opcode::Binary if self.in_message => return Err(Breach::Fragments),
            _ => {}
        }
        self.in_message = !is_last;
        self.place = data(length);
        Ok(())
    }

    /// Deals with a control frame if it is whole.
    fn end_control(&mut self) -> Result<(), Breach> {
        let Place::Control(opcode, 0) = self.place else { return Ok(()) };
        self.place = Place::Header;
        let payload = std::mem::take(&mut self.control);
        match opcode {
            Opcode::Ping => self.ping = Some(payload),
            Opcode::Close => {
                self.close = Some(match payload.as_slice() {
                    [] => NO_STATUS,
                    [high, low, ..] => u16::from_be_bytes([*high, *low]),
                    [_] => return Err(Breach::Control),
                });
            }
            _ => {}
        }
        Ok(())
    }
}

const fn data(left: u64) -> Place {
    match left {
        0 => Place::Header,
        left => Place::Data(left),
    }
}

/// Appends one whole frame that carries the slices, at most `bytes_max` bytes of them; how many
/// bytes of them it carries.
pub(super) fn append(
    out: &mut Vec<u8>,
    opcode: Opcode,
    mask: [u8; 4],
    slices: &[IoSlice<'_>],
    bytes_max: usize,
) -> usize {
    let length = slices.iter().map(|slice| slice.len()).sum::<usize>().min(bytes_max);
    out.push(0x80 | opcode.bits());
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => out.push(0x80 | short),
        (_, Ok(medium)) => {
            out.push(0x80 | 126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    let begin = out.len();
    let mut left = length;
    for slice in slices {
        let count = slice.len().min(left);
        out.extend_from_slice(&slice[..count]);
        left -= count;
    }
    apply(mask, &mut out[begin..]);
    length
}

/// Masks or unmasks [RFC 6455 section 5.3].
fn apply(mask: [u8; 4], payload: &mut [u8]) {
    let wide = u64::from_ne_bytes([
        mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3],
    ]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the bytes in pieces of `size`; the payloads, and the deframer behind them.
    fn strip(bytes: &[u8], size: usize) -> (Result<Vec<u8>, Breach>, Deframer) {
        let mut deframer = Deframer::default();
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
        assert_eq!(append(&mut out, Opcode::Binary, mask, &slices, 5), 5);
        assert_eq!(out, b"\x82\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
        for (length, head) in [
            (125, b"\x82\xfd".as_slice()),
            (126, b"\x82\xfe\x00\x7e"),
            (65_535, b"\x82\xfe\xff\xff"),
            (65_536, b"\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00"),
        ] {
            let mut out = Vec::new();
            let payload = vec![0; length];
            append(&mut out, Opcode::Binary, mask, &[IoSlice::new(&payload)], usize::MAX);
            assert_eq!(&out[..head.len()], head);
            assert_eq!(out.len(), head.len() + 4 + length);
            let masked = &out[head.len() + 4..];
            assert!(masked.iter().zip(mask.iter().cycle()).all(|(byte, mask)| byte == mask));
        }
    }
}
