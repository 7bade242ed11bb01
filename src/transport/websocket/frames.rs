//! WebSocket frames [RFC 6455 section 5], of either end: a byte stream in binary frames, wherever
//! the frames begin and end. A client masks what it sends, a server does not.
//!
//! Payloads are taken out of the bytes where they were read: nothing is held back until a frame is
//! whole, so a frame of any size costs no memory.

use std::fmt;
use std::io::IoSlice;

/// The longest header of a frame: two bytes, a length of eight, a mask of four.
const HEADER_BYTES_MAX: usize = 14;
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

/// What the other end does that it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// A bit is set that belongs to an extension; none was agreed on.
    Reserved,
    /// An opcode without a meaning.
    Opcode,
    /// A server does not mask.
    Masked,
    /// A client does.
    Unmasked,
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
            Breach::Unmasked => "a WebSocket frame from a client that is not masked",
            Breach::Text => "a WebSocket text frame instead of a binary one",
            Breach::Fragments => "WebSocket fragments out of order",
            Breach::Control => "a WebSocket control frame that is too long or in pieces",
            Breach::Length => "a WebSocket frame longer than can be",
        })
    }
}

impl std::error::Error for Breach {}

impl Breach {
    /// The status code of the close frame that answers it [RFC 6455 section 7.4.1].
    pub(super) const fn close_code(self) -> u16 {
        match self {
            Breach::Text => 1003,
            _ => 1002,
        }
    }
}

/// Which end of the WebSocket we are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum End {
    #[default]
    Client,
    Server,
}

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
    /// Our end; the other one masks if this is the server.
    end: End,
    place: Place,
    header: [u8; HEADER_BYTES_MAX],
    header_len: usize,
    /// The mask of the frame whose payload comes; zeros for none. Turned, so that the first byte
    /// masks the next one of the payload.
    mask: [u8; 4],
    /// Whether the last data frame is to be continued.
    in_message: bool,
    control: Vec<u8>,
    ping: Option<Vec<u8>>,
    close: Option<u16>,
}

/// A close frame without a status code.
pub(super) const NO_STATUS: u16 = 1005;

impl Deframer {
    /// At the beginning of a stream.
    pub(super) fn new(end: End) -> Self {
        Deframer { end, ..Deframer::default() }
    }

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
                    self.unmask(&mut bytes[to..to + count]);
                    from += count;
                    to += count;
                    self.place = data(left - count as u64);
                }
                Place::Control(opcode, left) => {
                    let count = left.min(there);
                    self.unmask(&mut bytes[from..from + count]);
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

    /// Takes the mask off the next bytes of a payload.
    fn unmask(&mut self, payload: &mut [u8]) {
        if self.mask != [0; 4] {
            apply(self.mask, payload);
            self.mask.rotate_left(payload.len() % 4);
        }
    }

    /// How long the header is, as far as its beginning tells.
    const fn header_wanted(&self) -> usize {
        if self.header_len < 2 {
            return 2;
        }
        // A mask where none may be is not waited for.
        let has_mask = self.header[1] & 0x80 != 0 && matches!(self.end, End::Server);
        let mask = if has_mask { 4 } else { 0 };
        mask + match self.header[1] & 0x7F {
            126 => 4,
            127 => 10,
            _ => 2,
        }
    }

    /// Adds to the header what belongs to it; how many bytes that are.
    fn read_header(&mut self, bytes: &[u8]) -> Result<usize, Breach> {
        let count = (self.header_wanted() - self.header_len).min(bytes.len());
        self.header[self.header_len..][..count].copy_from_slice(&bytes[..count]);
        self.header_len += count;
        let is_whole = self.header_len >= 2 && self.header_len == self.header_wanted();
        if is_whole {
            self.header_len = 0;
            self.begin()?;
        }
        Ok(count)
    }

    /// Begins the frame whose header is complete.
    fn begin(&mut self) -> Result<(), Breach> {
        let [first, second, extended @ ..] = self.header;
        let is_masked = second & 0x80 != 0;
        let second = second & 0x7F;
        let is_last = first & 0x80 != 0;
        if first & 0x70 != 0 {
            return Err(Breach::Reserved);
        }
        match (self.end, is_masked) {
            (End::Client, true) => return Err(Breach::Masked),
            (End::Server, false) => return Err(Breach::Unmasked),
            _ => {}
        }
        let (length_bytes, length) = match second {
            126 => (2, u64::from(u16::from_be_bytes([extended[0], extended[1]]))),
            127 => (8, u64::from_be_bytes(std::array::from_fn(|at| extended[at]))),
            short => (0, u64::from(short)),
        };
        if is_masked {
            self.mask = std::array::from_fn(|at| extended[length_bytes + at]);
        }
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
/// bytes of them it carries. A server has no mask.
pub(super) fn append(
    out: &mut Vec<u8>,
    opcode: Opcode,
    mask: Option<[u8; 4]>,
    slices: &[IoSlice<'_>],
    bytes_max: usize,
) -> usize {
    let length = slices.iter().map(|slice| slice.len()).sum::<usize>().min(bytes_max);
    let masked = if mask.is_some() { 0x80 } else { 0 };
    out.push(0x80 | opcode.bits());
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => out.push(masked | short),
        (_, Ok(medium)) => {
            out.push(masked | 126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(mask.as_ref().map_or(&[], |mask| &mask[..]));
    let begin = out.len();
    let mut left = length;
    for slice in slices {
        let count = slice.len().min(left);
        out.extend_from_slice(&slice[..count]);
        left -= count;
    }
    if let Some(mask) = mask {
        apply(mask, &mut out[begin..]);
    }
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
mod tests;
