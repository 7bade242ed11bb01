//! The shapes of printed messages that are lastwill's own.

mod dump;
mod json;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::cli::format::{self, JsonStyle, Received, RenderProblem};
use crate::cli::ndjson;
use crate::cli::options::Output;
use crate::protocol::{PacketId, Publish};

/// What a message is printed as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// As mosquitto prints it: the payload as it is, or `-F`.
    #[default]
    Plain,
    /// A line of JSON that loses nothing (`--json`).
    Json,
    /// The payload in another form (`--as`).
    As(As),
}

/// Forms of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum As {
    /// Hexadecimal.
    Hex,
    /// Base64 with padding.
    Base64,
    /// Laid out anew, if it is JSON.
    Json,
    /// A line about the message, then hexadecimal and text side by side.
    Dump,
}

impl Shape {
    /// The option that asks for it.
    pub const fn option(self) -> &'static str {
        match self {
            Shape::Plain => "-F",
            Shape::Json => "--json",
            Shape::As(_) => "--as",
        }
    }
}

/// How `sub` prints under its own name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pipes {
    /// What a message is printed as.
    pub shape: Shape,
    /// NUL ends a message (`-0`).
    pub zero_terminated: bool,
}

impl Pipes {
    /// Appends a message with its end.
    ///
    /// # Errors
    /// As [`format::Format::render`].
    pub fn print(
        &self,
        output: &Output,
        publish: &Publish<'_>,
        now: &jiff::Zoned,
        out: &mut Vec<u8>,
    ) -> Result<(), RenderProblem> {
        let received = received(publish);
        let result = match self.shape {
            Shape::Plain if !self.zero_terminated => {
                return format::print(output, &received, now, out);
            }
            Shape::Plain => plain(output, &received, now, out),
            Shape::Json => {
                ndjson::write(publish, now.timestamp(), None, out);
                Ok(())
            }
            Shape::As(form) => {
                payload_as(form, output, &received, out)?;
                Ok(())
            }
        };
        match self.zero_terminated {
            true => out.push(0),
            false if output.no_eol => {}
            false => out.push(b'\n'),
        }
        result
    }
}

/// A message as `-F` sees it.
pub fn received<'a>(publish: &'a Publish<'_>) -> Received<'a> {
    Received {
        topic: publish.topic.name().as_str(),
        payload: publish.payload,
        qos: publish.qos,
        retain: publish.retain,
        packet_id: publish.packet_id.map_or(0, PacketId::value),
        properties: publish.properties,
    }
}

/// Appends a message without its end. Where NUL ends it, an empty payload is printed as what it is:
/// whoever reads the pipe counts the ends.
fn plain(
    output: &Output,
    received: &Received<'_>,
    now: &jiff::Zoned,
    out: &mut Vec<u8>,
) -> Result<(), RenderProblem> {
    if let Some(format) = &output.format {
        return format.render(received, output.json_style, now, out);
    }
    if output.verbose {
        out.extend_from_slice(received.topic.as_bytes());
        out.push(b' ');
    }
    out.extend_from_slice(received.payload);
    Ok(())
}

/// Appends a payload in another form without its end, behind the topic where that is asked for.
/// What is no JSON prints nothing.
fn payload_as(
    form: As,
    output: &Output,
    received: &Received<'_>,
    out: &mut Vec<u8>,
) -> Result<(), RenderProblem> {
    let start = out.len();
    if output.verbose && form != As::Dump {
        out.extend_from_slice(received.topic.as_bytes());
        out.push(b' ');
    }
    match form {
        As::Hex => dump::hex(received.payload, out),
        As::Base64 => out.extend_from_slice(BASE64.encode(received.payload).as_bytes()),
        As::Json => {
            let is_pretty = output.json_style == JsonStyle::Pretty;
            if json::lay_out(received.payload, is_pretty, out).is_none() {
                out.truncate(start);
                return Err(RenderProblem::NotJson);
            }
        }
        As::Dump => dump::dump(received, out),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
