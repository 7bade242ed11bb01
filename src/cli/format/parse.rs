//! Reads the argument of `-F`.

use super::{Conversion, Piece, Spec};
use crate::cli::compat::Compat;

/// Widest padding and finest precision: a typing error must not fill the memory.
const COLUMNS_MAX: usize = 1_000_000;

/// Why a text is no format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// It ends within a conversion.
    Incomplete,
    /// This byte is no conversion.
    Invalid(u8),
    /// It ends with a backslash.
    IncompleteEscape,
    /// This byte can't be escaped.
    InvalidEscape(u8),
    /// A width or precision over a million.
    TooWide,
}

impl FormatError {
    /// The complaint. Bytes, because it quotes a byte that need not be a character.
    pub fn message(self) -> Vec<u8> {
        let quoting = |what: &str, byte: u8| {
            let mut message = format!("Error: Invalid {what} specifier '").into_bytes();
            message.push(byte);
            message.extend_from_slice(b"'.");
            message
        };
        match self {
            FormatError::Incomplete => b"Error: Incomplete format specifier.".to_vec(),
            FormatError::IncompleteEscape => b"Error: Incomplete escape specifier.".to_vec(),
            FormatError::Invalid(byte) => quoting("format", byte),
            FormatError::InvalidEscape(byte) => quoting("escape", byte),
            FormatError::TooWide => {
                b"Error: Format width and precision must not exceed 1000000.".to_vec()
            }
        }
    }
}

/// The pieces of a format.
pub fn pieces(text: &[u8], compat: Compat) -> Result<Vec<Piece>, FormatError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let [byte, following @ ..] = rest {
        rest = following;
        match byte {
            b'%' => {
                let (spec, letter) = spec(&mut rest, compat)?;
                match letter {
                    b'%' => push_text(&mut pieces, b'%'),
                    b'f' | b'd' if compat.is_20() => return Err(FormatError::Invalid(letter)),
                    _ => pieces.push(Piece::Conversion(spec, conversion(letter)?)),
                }
            }
            b'@' => match take(&mut rest).ok_or(FormatError::Incomplete)? {
                b'@' => push_text(&mut pieces, b'@'),
                b'N' => pieces.push(Piece::Nanoseconds),
                letter => pieces.push(Piece::Time(letter)),
            },
            b'\\' => {
                let letter = take(&mut rest).ok_or(FormatError::IncompleteEscape)?;
                push_text(&mut pieces, escaped(letter)?);
            }
            other => push_text(&mut pieces, *other),
        }
    }
    Ok(pieces)
}

fn take(rest: &mut &[u8]) -> Option<u8> {
    let (byte, following) = rest.split_first()?;
    *rest = following;
    Some(*byte)
}

fn push_text(pieces: &mut Vec<Piece>, byte: u8) {
    match pieces.last_mut() {
        Some(Piece::Text(text)) => text.push(byte),
        _ => pieces.push(Piece::Text(vec![byte])),
    }
}

/// `[-][0][width][.precision][separator]` and the letter; version 2.0 knows no separator.
fn spec(rest: &mut &[u8], compat: Compat) -> Result<(Spec, u8), FormatError> {
    let left = take_if(rest, |byte| byte == b'-').is_some();
    let zero = take_if(rest, |byte| byte == b'0').is_some();
    let width = number(rest)?;
    let precision = match take_if(rest, |byte| byte == b'.') {
        Some(_) => Some(number(rest)?),
        None => None,
    };
    let is_separator = |byte: u8| byte == b' ' || byte.is_ascii_punctuation() && byte != b'%';
    let separator = match compat {
        Compat::V20 => None,
        Compat::V21 => take_if(rest, is_separator),
    };
    let letter = match (take(rest), separator) {
        (Some(letter), _) => letter,
        (None, Some(_)) => return Err(FormatError::Invalid(0)),
        (None, None) => return Err(FormatError::Incomplete),
    };
    let separator = separator.unwrap_or(b' ');
    Ok((Spec { left, zero, width, precision, separator }, letter))
}

fn take_if(rest: &mut &[u8], wanted: impl Fn(u8) -> bool) -> Option<u8> {
    match rest.first() {
        Some(byte) if wanted(*byte) => take(rest),
        _ => None,
    }
}

fn number(rest: &mut &[u8]) -> Result<usize, FormatError> {
    let mut value = 0usize;
    while let Some(digit) = take_if(rest, |byte| byte.is_ascii_digit()) {
        value = value * 10 + usize::from(digit - b'0');
        if value > COLUMNS_MAX {
            return Err(FormatError::TooWide);
        }
    }
    Ok(value)
}

fn conversion(letter: u8) -> Result<Conversion, FormatError> {
    Ok(match letter {
        b't' => Conversion::Topic,
        b'p' => Conversion::Payload,
        b'x' => Conversion::HexLower,
        b'X' => Conversion::HexUpper,
        b'l' => Conversion::PayloadLen,
        b'q' => Conversion::QoS,
        b'r' => Conversion::Retain,
        b'm' => Conversion::PacketId,
        b'j' => Conversion::Json,
        b'J' => Conversion::JsonPayload,
        b'I' => Conversion::LocalTime,
        b'U' => Conversion::UnixTime,
        b'A' => Conversion::TopicAlias,
        b'C' => Conversion::ContentType,
        b'D' => Conversion::CorrelationData,
        b'E' => Conversion::MessageExpiry,
        b'F' => Conversion::FormatIndicator,
        b'P' => Conversion::UserProperties,
        b'R' => Conversion::ResponseTopic,
        b'S' => Conversion::SubscriptionIdentifier,
        b'f' => Conversion::Float,
        b'd' => Conversion::Double,
        other => return Err(FormatError::Invalid(other)),
    })
}

fn escaped(letter: u8) -> Result<u8, FormatError> {
    Ok(match letter {
        b'\\' => b'\\',
        b'0' => 0,
        b'a' => 0x07,
        b'e' => 0x1B,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0B,
        other => return Err(FormatError::InvalidEscape(other)),
    })
}
