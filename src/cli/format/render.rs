//! Renders the pieces of a format, with the padding rules of C's printf.

use std::iter::repeat_n;

use jiff::Zoned;

use super::{Conversion, JsonStyle, Piece, Received, RenderProblem, Spec};
use crate::cli::compat::Compat;
use crate::cli::json::{self, PayloadAs};
use crate::cli::moment::{self, Digits};
use crate::protocol::Property;

/// More decimals than a double has.
const DECIMALS_MAX: usize = 1100;

/// What every piece is rendered from.
pub struct Rendering<'a> {
    /// The message.
    pub received: &'a Received<'a>,
    /// How JSON is laid out.
    pub style: JsonStyle,
    /// The one moment of all times in the message.
    pub now: &'a Zoned,
    /// Which version's rules hold.
    pub compat: Compat,
}

impl Rendering<'_> {
    /// Appends one piece.
    pub fn piece(&self, piece: &Piece, out: &mut Vec<u8>) -> Result<(), RenderProblem> {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text),
            Piece::Time(letter) => moment::write_strftime(self.now, *letter, out),
            Piece::Nanoseconds => {
                let nanos = self.now.time().subsec_nanosecond();
                out.extend_from_slice(format!("{nanos:09}").as_bytes());
            }
            Piece::Conversion(_, Conversion::Json) => return self.json(PayloadAs::Text, out),
            Piece::Conversion(_, Conversion::JsonPayload) => {
                return self.json(PayloadAs::Value, out);
            }
            Piece::Conversion(spec, Conversion::LocalTime) => {
                let mut text = Vec::new();
                moment::write_local(self.now, Digits::Seconds, &mut text);
                string(spec, &text, out);
            }
            Piece::Conversion(_, Conversion::UnixTime) => moment::write_unix(self.now, out),
            Piece::Conversion(spec, conversion) => return self.field(spec, *conversion, out),
        }
        Ok(())
    }

    fn json(&self, payload: PayloadAs, out: &mut Vec<u8>) -> Result<(), RenderProblem> {
        let message = json::JsonMessage { received: self.received, payload, compat: self.compat };
        message.write(self.style, self.now, out).map_err(|json::NotJson| RenderProblem::NotJson)
    }

    /// What depends on the message alone.
    fn field(
        &self,
        spec: &Spec,
        conversion: Conversion,
        out: &mut Vec<u8>,
    ) -> Result<(), RenderProblem> {
        let received = self.received;
        match conversion {
            Conversion::Topic => string(spec, received.topic.as_bytes(), out),
            Conversion::Payload => payload(spec, received.payload, out),
            Conversion::HexLower => self.hex(spec, b"0123456789abcdef", out),
            Conversion::HexUpper => self.hex(spec, b"0123456789ABCDEF", out),
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
            other => self.property(spec, other, out),
        }
        Ok(())
    }

    fn property(&self, spec: &Spec, conversion: Conversion, out: &mut Vec<u8>) {
        if conversion == Conversion::UserProperties {
            return user_properties(self.received, out);
        }
        for property in self.received.properties.iter() {
            if write_property(spec, conversion, property, out) {
                return;
            }
        }
        let is_padded =
            !matches!(conversion, Conversion::CorrelationData | Conversion::ResponseTopic);
        // Zeros pad an absent text since version 2.1 only.
        let is_text = conversion == Conversion::ContentType;
        let pad = if spec.zero && !(is_text && self.compat.is_20()) { b'0' } else { b' ' };
        if is_padded {
            out.extend(repeat_n(pad, spec.width));
        }
    }

    /// Two digits a byte, in groups of `precision` digits that are counted from the first sign of
    /// the padding. Version 2.0 has no groups, and with a width shows half of the
    /// bytes.
    fn hex(&self, spec: &Spec, digits: &[u8; 16], out: &mut Vec<u8>) {
        let is_20 = self.compat.is_20();
        let len = self.received.payload.len();
        let shown = match spec.width {
            0 => len,
            width if is_20 => len.min(width) / 2,
            width => len.min(width),
        };
        let payload = &self.received.payload[..shown];
        let pad = spec.width.saturating_sub(2 * payload.len());
        let left_pad = if spec.left { 0 } else { pad };
        let pad_sign = if spec.zero { b'0' } else { b' ' };
        let nibbles = payload.iter().flat_map(|byte| [byte >> 4, byte & 0xF]);
        let signs = nibbles.map(|nibble| digits[usize::from(nibble)]);
        let group = spec.precision.filter(|_| !is_20).unwrap_or(0);
        for (place, sign) in repeat_n(pad_sign, left_pad).chain(signs).enumerate() {
            if group > 0 && place > 0 && place % group == 0 {
                out.push(spec.separator);
            }
            out.push(sign);
        }
        out.extend(repeat_n(b' ', pad - left_pad));
    }
}

/// Appends a property if it is the one that is asked for, and tells whether it is.
fn write_property(
    spec: &Spec,
    conversion: Conversion,
    property: Property<'_>,
    out: &mut Vec<u8>,
) -> bool {
    match (conversion, property) {
        (Conversion::TopicAlias, Property::TopicAlias(value)) => integer(spec, value.into(), out),
        (Conversion::ContentType, Property::ContentType(value))
        | (Conversion::ResponseTopic, Property::ResponseTopic(value)) => {
            string(spec, value.as_bytes(), out);
        }
        (Conversion::CorrelationData, Property::CorrelationData(value)) => {
            out.extend_from_slice(value);
        }
        // The signed 32 bits are mosquitto's.
        (Conversion::MessageExpiry, Property::MessageExpiryInterval(value)) => {
            integer(spec, (value as i32).into(), out);
        }
        (Conversion::FormatIndicator, Property::PayloadFormatIndicator(value)) => {
            integer(spec, value.into(), out);
        }
        (Conversion::SubscriptionIdentifier, Property::SubscriptionIdentifier(value)) => {
            integer(spec, value.into(), out);
        }
        _ => return false,
    }
    true
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
    let shown = match spec.width {
        0 => payload.len(),
        width => payload.len().min(width),
    };
    padded(*spec, &payload[..shown], out);
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
