//! The output language of `-F`: parsed once at the start, rendered per message.
//!
//! Literal text, `%` conversions of the message, `@` conversions of the time, `\` escapes.

mod parse;
mod render;

use crate::cli::compat::Compat;
use crate::cli::options::Output;
use crate::protocol::{Properties, QoS};

pub use crate::cli::json::JsonStyle;
pub use parse::FormatError;
use render::Rendering;

/// A parsed format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    pieces: Vec<Piece>,
    compat: Compat,
}

/// A received message as far as printing is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Topic name.
    pub topic: &'a str,
    /// Payload.
    pub payload: &'a [u8],
    /// QoS of the delivery.
    pub qos: QoS,
    /// The retain bit of the PUBLISH.
    pub retain: bool,
    /// Packet Identifier, 0 for QoS 0.
    pub packet_id: u16,
    /// Properties; empty in version 3.
    pub properties: Properties<'a>,
}

/// Why a part of a format printed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenderProblem {
    /// `%J`: the payload is no JSON value.
    NotJson,
    /// `%f`: the payload has not four bytes.
    NotFloat,
    /// `%d`: the payload has not eight bytes.
    NotDouble,
}

impl RenderProblem {
    /// What goes to stderr about it.
    pub fn message(self, topic: &str) -> String {
        match self {
            RenderProblem::NotJson => {
                format!("Error: Message payload is not valid JSON on topic {topic}.\n")
            }
            RenderProblem::NotFloat => {
                "requested float printing, but non-float data received".to_owned()
            }
            RenderProblem::NotDouble => {
                "requested double printing, but non-double data received".to_owned()
            }
        }
    }
}

/// A piece of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Conversion(Spec, Conversion),
    /// `@` and one letter.
    Time(u8),
    /// `@N`: nine digits of the second.
    Nanoseconds,
}

/// What stands between `%` and the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spec {
    /// `-`: padding goes to the right.
    left: bool,
    /// `0`: padding with zeros where that makes sense.
    zero: bool,
    /// Minimum width; for payloads the maximum, too. 0 when absent.
    width: usize,
    precision: Option<usize>,
    /// Between groups of hexadecimal digits.
    separator: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conversion {
    Topic,
    Payload,
    HexLower,
    HexUpper,
    PayloadLen,
    QoS,
    Retain,
    PacketId,
    Json,
    JsonPayload,
    LocalTime,
    UnixTime,
    TopicAlias,
    ContentType,
    CorrelationData,
    MessageExpiry,
    FormatIndicator,
    UserProperties,
    ResponseTopic,
    SubscriptionIdentifier,
    Float,
    Double,
}

impl Format {
    /// Parses the argument of `-F` as the version 2.1 of mosquitto's clients does.
    pub fn parse(text: &[u8]) -> Result<Format, FormatError> {
        Format::parse_for(text, Compat::V21)
    }

    /// Parses the argument of `-F`.
    pub fn parse_for(text: &[u8], compat: Compat) -> Result<Format, FormatError> {
        parse::pieces(text, compat).map(|pieces| Format { pieces, compat })
    }

    /// Appends a message, without an end of line. All times in it are `now`.
    ///
    /// A part that cannot be rendered prints nothing; the rest is rendered all the same, and the
    /// first such problem is the error.
    pub fn render(
        &self,
        received: &Received<'_>,
        style: JsonStyle,
        now: &jiff::Zoned,
        out: &mut Vec<u8>,
    ) -> Result<(), RenderProblem> {
        let mut first = Ok(());
        let rendering = Rendering { received, style, now, compat: self.compat };
        for piece in &self.pieces {
            let result = rendering.piece(piece, out);
            first = first.and(result);
        }
        first
    }
}

/// Appends a message as the options say, end of line included. Without a format an empty payload
/// prints nothing, or `(null)` behind the topic.
///
/// # Errors
/// As [`Format::render`].
pub fn print(
    output: &Output,
    received: &Received<'_>,
    now: &jiff::Zoned,
    out: &mut Vec<u8>,
) -> Result<(), RenderProblem> {
    let is_empty = received.payload.is_empty();
    let mut result = Ok(());
    match &output.format {
        Some(format) => result = format.render(received, output.json_style, now, out),
        None if is_empty && (output.no_eol || !output.verbose) => return Ok(()),
        None => {
            if output.verbose {
                out.extend_from_slice(received.topic.as_bytes());
                out.push(b' ');
            }
            out.extend_from_slice(if is_empty { b"(null)" } else { received.payload });
        }
    }
    if !output.no_eol {
        out.push(b'\n');
    }
    result
}

#[cfg(test)]
mod tests;
