//! Integers, strings and binary data on the wire (section 1.5).

use crate::encoder::TooLarge;
use crate::{DecodeError, Malformed, PacketId, Violation, text};

/// The largest value of a Variable Byte Integer.
pub(crate) const VARIABLE_MAX: usize = 268_435_455;

/// What is still to be read of a packet or of a property section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Everything that is left.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        let (&byte, rest) = self.rest.split_first().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(u16::from_be_bytes(*bytes))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(u32::from_be_bytes(*bytes))
    }

    /// A Variable Byte Integer in its shortest form [MQTT-1.5.5-1].
    pub(crate) fn variable(&mut self) -> Result<u32, Malformed> {
        let first = self.u8()?;
        if first < 0x80 {
            return Ok(u32::from(first));
        }
        let mut value = u32::from(first & 0x7F);
        for shift in [7, 14, 21] {
            let byte = self.u8()?;
            value |= u32::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                let is_shortest = byte != 0;
                return if is_shortest { Ok(value) } else { Err(Malformed::VariableByteInteger) };
            }
        }
        Err(Malformed::VariableByteInteger)
    }

    /// Binary data: two bytes of length, then the data.
    pub(crate) fn binary(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Malformed> {
        text::from_bytes(self.binary()?)
    }

    /// A Packet Identifier, which is never 0 [MQTT-2.2.1-3].
    pub(crate) fn packet_id(&mut self) -> Result<PacketId, DecodeError> {
        PacketId::new(self.u16()?).ok_or(DecodeError::Violation(Violation::PacketIdZero))
    }
}

/// The Remaining Length at the head of `bytes` and how many bytes it takes; `None` when more bytes
/// are needed. Longer forms than necessary are accepted here: small clients reserve a fixed number
/// of bytes for it.
pub(crate) fn remaining_length(bytes: &[u8]) -> Result<Option<(u32, usize)>, Malformed> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7F) << (7 * index);
        if byte < 0x80 {
            return Ok(Some((value, index + 1)));
        }
    }
    if bytes.len() < 4 { Ok(None) } else { Err(Malformed::RemainingLength) }
}

/// How many bytes a Variable Byte Integer takes.
pub(crate) const fn variable_len(value: usize) -> usize {
    match value {
        0..=0x7F => 1,
        0x80..=0x3FFF => 2,
        0x4000..=0x1F_FFFF => 3,
        _ => 4,
    }
}

/// Appends a Variable Byte Integer of at most [`VARIABLE_MAX`].
pub(crate) fn put_variable(out: &mut Vec<u8>, value: usize) {
    let mut rest = value;
    while rest > 0x7F {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Appends binary data or a string. More than 65535 bytes cannot be expressed.
pub(crate) fn put_binary(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), TooLarge> {
    let length = u16::try_from(bytes.len()).map_err(|_| TooLarge)?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_byte_integers_have_the_lengths_of_the_standard() {
        for (value, bytes) in [
            (0, &[0x00][..]),
            (127, &[0x7F]),
            (128, &[0x80, 0x01]),
            (16_383, &[0xFF, 0x7F]),
            (16_384, &[0x80, 0x80, 0x01]),
            (2_097_151, &[0xFF, 0xFF, 0x7F]),
            (2_097_152, &[0x80, 0x80, 0x80, 0x01]),
            (VARIABLE_MAX, &[0xFF, 0xFF, 0xFF, 0x7F]),
        ] {
            let mut out = Vec::new();
            put_variable(&mut out, value);
            assert_eq!(out, bytes);
            assert_eq!(variable_len(value), bytes.len());
            assert_eq!(Reader::new(bytes).variable(), Ok(value as u32));
            assert_eq!(remaining_length(bytes), Ok(Some((value as u32, bytes.len()))));
            assert_eq!(remaining_length(&bytes[..bytes.len() - 1]), Ok(None));
        }
    }

    #[test]
    fn mqtt_1_5_5_1_longer_forms_are_refused_inside_packets_only() {
        for bytes in [&[0x80, 0x00][..], &[0xFF, 0x80, 0x00], &[0x80, 0x80, 0x80, 0x00]] {
            assert_eq!(Reader::new(bytes).variable(), Err(Malformed::VariableByteInteger));
            assert!(matches!(remaining_length(bytes), Ok(Some(_))));
        }
        let five = [0x80, 0x80, 0x80, 0x80, 0x01];
        assert_eq!(Reader::new(&five).variable(), Err(Malformed::VariableByteInteger));
        assert_eq!(remaining_length(&five), Err(Malformed::RemainingLength));
    }
}
