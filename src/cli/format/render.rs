//! Renders the pieces of a format, with the padding rules of C's printf.

use std::iter::repeat_n;

use jiff::Zoned;

use super::{Conversion, JsonStyle, Piece, Received, RenderProblem, Spec};
use crate::cli::json::{self, PayloadAs};
use crate::cli::moment::{self, Digits};
use crate::protocol::Property;

/// More decimals than a double has.
const DECIMALS_MAX: usize = 1100;

/// Appends one piece.
pub fn piece(
    piece: &Piece,
    received: &Received<'_>,
    style: JsonStyle,
    now: &Zoned,
    out: &mut Vec<u8>,
) -> Result<(), RenderProblem> {
    match piece {
        Piece::Text(text) => out.extend_from_slice(text),
        Piece::Time(letter) => moment::write_strftime(now, *letter, out),
        Piece::Nanoseconds => {
            let nanos = now.time().subsec_nanosecond();
            out.extend_from_slice(format!("{nanos:09}").as_bytes());
        }
        Piece::Conversion(_, Conversion::Json) => {
            return json(received, PayloadAs::Text, style, now, out);
        }
        Piece::Conversion(_, Conversion::JsonPayload) => {
            return json(received, PayloadAs::Value, style, now, out);
        }
        Piece::Conversion(spec, Conversion::LocalTime) => {
            let mut text = Vec::new();
            moment::write_local(now, Digits::Seconds, &mut text);
            string(spec, &text, out);
        }
        Piece::Conversion(_, Conversion::UnixTime) => moment::write_unix(now, out),
        Piece::Conversion(spec, conversion) => return field(spec, *conversion, received, out),
    }
    Ok(())
}

fn json(
    received: &Received<'_>,
    payload: PayloadAs,
    style: JsonStyle,
    now: &Zoned,
    out: &mut Vec<u8>,
) -> Result<(), RenderProblem> {
    json::write_message(received, payload, style, now, out)
        .map_err(|json::NotJson| RenderProblem::NotJson)
}

/// What depends on the message alone.
fn field(
    spec: &Spec,
    conversion: Conversion,
    received: &Received<'_>,
    out: &mut Vec<u8>,
) -> Result<(), RenderProblem> {
    match conversion {
        Conversion::Topic => string(spec, received.topic.as_bytes(), out),
        Conversion::Payload => payload(spec, received.payload, out),
        Conversion::HexLower => hex(spec, received.payload, b"0123456789abcdef", out),
        Conversion::HexUpper => hex(spec, received.payload, b"0123456789ABCDEF", out),
        Conversion::PayloadLen => integer(spec, received.payload.len() as i64, out),
        Conversion::QoS => out.push(b'0' + received.qos as u8),
        Conversion::Retain => out.push(b'0' + u8::from(received.retain)),
        Conversion::PacketId => integer(spec, received.packet_id.into(), out),
        Conversion::Float => {
            let bytes = received.payload.try_into().map_err(|_| RenderProblem::NotFloat)?;
            float(spec, f32::from_ne_bytes(bytes).into(), out);
        }
        Conversion::Double => {
            let bytes = received.payload.try_into().map_err(|_| RenderProblem::NotDouble)?;
            float(spec, f64::from_ne_bytes(bytes), out);
        }
        other => property(spec, other, received, out),
    }
    Ok(())
}

fn property(spec: &Spec, conversion: Conversion, received: &Received<'_>, out: &mut Vec<u8>) {
    if conversion == Conversion::UserProperties {
        return user_properties(received, out);
    }
    for property in received.properties.iter() {
        match (conversion, property) {
            (Conversion::TopicAlias, Property::TopicAlias(value)) => {
                return integer(spec, value.into(), out);
            }
            (Conversion::ContentType, Property::ContentType(value))
            | (Conversion::ResponseTopic, Property::ResponseTopic(value)) => {
                return string(spec, value.as_bytes(), out);
            }
            (Conversion::CorrelationData, Property::CorrelationData(value)) => {
                return out.extend_from_slice(value);
            }
            // The signed 32 bits are mosquitto's.
            (Conversion::MessageExpiry, Property::MessageExpiryInterval(value)) => {
                return integer(spec, (value as i32).into(), out);
            }
            (Conversion::FormatIndicator, Property::PayloadFormatIndicator(value)) => {
                return integer(spec, value.into(), out);
            }
            (Conversion::SubscriptionIdentifier, Property::SubscriptionIdentifier(value)) => {
                return integer(spec, value.into(), out);
            }
            _ => {}
        }
    }
    let is_padded = !matches!(conversion, Conversion::CorrelationData | Conversion::ResponseTopic);
    if is_padded {
        out.extend(repeat_n(if spec.zero { b'0' } else { b' ' }, spec.width));
    }
}

fn user_properties(received: &Received<'_>, out: &mut Vec<u8>) {
    let mut is_first = true;
    for property in received.properties.iter() {
        if let Property::UserProperty(name, value) = property {
            if !is_first {
                out.push(b' ');
            }
            is_first = false;
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
            out.extend_from_slice(value.as_bytes());
        }
    }
}

/// C's `%*.*s`: zeros never pad.
fn string(spec: &Spec, text: &[u8], out: &mut Vec<u8>) {
    let len = spec.precision.map_or(text.len(), |max| text.len().min(max));
    padded(Spec { zero: false, ..*spec }, &text[..len], out);
}

/// The width is minimum and maximum.
fn payload(spec: &Spec, payload: &[u8], out: &mut Vec<u8>) {
    padded(*spec, &payload[..shown_len(spec, payload)], out);
}

fn shown_len(spec: &Spec, payload: &[u8]) -> usize {
    match spec.width {
        0 => payload.len(),
        width => payload.len().min(width),
    }
}

fn padded(spec: Spec, text: &[u8], out: &mut Vec<u8>) {
    let pad = spec.width.saturating_sub(text.len());
    if spec.left {
        out.extend_from_slice(text);
        out.extend(repeat_n(b' ', pad));
    } else {
        out.extend(repeat_n(if spec.zero { b'0' } else { b' ' }, pad));
        out.extend_from_slice(text);
    }
}

/// Two digits a byte, in groups of `precision` digits that are counted from the first sign of the
/// padding.
fn hex(spec: &Spec, payload: &[u8], digits: &[u8; 16], out: &mut Vec<u8>) {
    let payload = &payload[..shown_len(spec, payload)];
    let pad = spec.width.saturating_sub(2 * payload.len());
    let left_pad = if spec.left { 0 } else { pad };
    let pad_sign = if spec.zero { b'0' } else { b' ' };
    let nibbles = payload.iter().flat_map(|byte| [byte >> 4, byte & 0xF]);
    let signs = nibbles.map(|nibble| digits[usize::from(nibble)]);
    let group = spec.precision.unwrap_or(0);
    for (place, sign) in repeat_n(pad_sign, left_pad).chain(signs).enumerate() {
        if group > 0 && place > 0 && place % group == 0 {
            out.push(spec.separator);
        }
        out.push(sign);
    }
    out.extend(repeat_n(b' ', pad - left_pad));
}

/// C's `%*d`.
fn integer(spec: &Spec, value: i64, out: &mut Vec<u8>) {
    number(spec, &value.to_string(), out);
}

/// C's `%*.*f`.
fn float(spec: &Spec, value: f64, out: &mut Vec<u8>) {
    if !value.is_finite() {
        let sign = if value.is_sign_negative() { "-" } else { "" };
        let text = format!("{sign}{}", if value.is_nan() { "nan" } else { "inf" });
        return padded(Spec { zero: false, ..*spec }, text.as_bytes(), out);
    }
    let wanted = spec.precision.unwrap_or(6);
    let decimals = wanted.min(DECIMALS_MAX);
    let mut text = format!("{value:.decimals$}");
    text.extend(repeat_n('0', wanted - decimals));
    number(spec, &text, out);
}

/// Zeros go between the sign and the digits.
fn number(spec: &Spec, text: &str, out: &mut Vec<u8>) {
    match text.strip_prefix('-') {
        Some(digits) if spec.zero && !spec.left => {
            out.push(b'-');
            let width = spec.width.saturating_sub(1);
            padded(Spec { width, ..*spec }, digits.as_bytes(), out);
        }
        _ => padded(*spec, text.as_bytes(), out),
    }
}
