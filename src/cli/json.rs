//! JSON as `%j` and `%J` print it: a small tree, its parser, and mosquitto's two layouts.
//!
//! Strings are bytes: what is no UTF-8 passes through, and a string ends at its first NUL, because
//! programs that read mosquitto's output have seen nothing else.

mod parse;

use std::borrow::Cow;

use crate::cli::compat::Compat;
use crate::cli::format::Received;
use crate::cli::moment;
use crate::protocol::Property;

pub use parse::parse;

/// The two layouts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JsonStyle {
    /// On one line, without blanks.
    #[default]
    Compact,
    /// Indented by tabs (`--pretty`).
    Pretty,
}

/// A JSON value. Members of objects keep their order, and duplicates.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names are those of JSON")]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, [u8]>),
    Array(Vec<Value<'a>>),
    Object(Vec<Member<'a>>),
}

/// A member of an object.
pub type Member<'a> = (Cow<'a, [u8]>, Value<'a>);

/// How the payload stands in the JSON of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadAs {
    /// As a string (`%j`).
    Text,
    /// As the JSON value that it is (`%J`).
    Value,
}

/// The payload of a message is no JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJson;

/// A message that is to be a JSON object.
pub struct JsonMessage<'a> {
    /// The message.
    pub received: &'a Received<'a>,
    /// How its payload stands in it.
    pub payload: PayloadAs,
    /// Version 2.0 has other values of `tst`, `retain` and `user-properties`.
    pub compat: Compat,
}

impl JsonMessage<'_> {
    /// Appends it. On error nothing is appended.
    pub fn write(
        &self,
        style: JsonStyle,
        now: &jiff::Zoned,
        out: &mut Vec<u8>,
    ) -> Result<(), NotJson> {
        let received = self.received;
        let is_20 = self.compat.is_20();
        let payload = match self.payload {
            _ if received.payload.is_empty() => Value::Null,
            PayloadAs::Text => text(received.payload),
            PayloadAs::Value => parse(received.payload).ok_or(NotJson)?,
        };
        let digits = if is_20 { moment::Digits::MicrosZ } else { moment::Digits::Micros };
        let mut time = Vec::new();
        moment::write_local(now, digits, &mut time);
        let retain = match is_20 {
            true => Value::Number(f64::from(u8::from(received.retain))),
            false => Value::Bool(received.retain),
        };
        let mut members = vec![
            member("tst", Value::Text(Cow::Owned(time))),
            member("topic", text(received.topic.as_bytes())),
            member("qos", Value::Number(f64::from(received.qos as u8))),
            member("retain", retain),
            member("payloadlen", Value::Number(received.payload.len() as f64)),
        ];
        if received.packet_id != 0 {
            members.push(member("mid", Value::Number(f64::from(received.packet_id))));
        }
        if !received.properties.is_empty() {
            members.push(member("properties", self.properties()));
        }
        members.push(member("payload", payload));
        write(&Value::Object(members), style, out);
        Ok(())
    }

    /// The properties in the order of the packet; all user properties stand where the first one
    /// stood: an array of objects, in version 2.0 one object.
    fn properties(&self) -> Value<'_> {
        let mut members: Vec<Member<'_>> = Vec::new();
        let mut user_properties_at = None;
        for property in self.received.properties.iter() {
            let Property::UserProperty(name, value) = property else {
                members.extend(single(property));
                continue;
            };
            let pair = (Cow::Borrowed(name.as_bytes()), text(value.as_bytes()));
            let at = *user_properties_at.get_or_insert_with(|| {
                let none = match self.compat {
                    Compat::V20 => Value::Object(Vec::new()),
                    Compat::V21 => Value::Array(Vec::new()),
                };
                members.push(member("user-properties", none));
                members.len() - 1
            });
            match &mut members[at].1 {
                Value::Array(pairs) => pairs.push(Value::Object(vec![pair])),
                Value::Object(pairs) => pairs.push(pair),
                _ => {}
            }
        }
        Value::Object(members)
    }
}

/// A property of PUBLISH that occurs once; `None` for those of other packets.
fn single(property: Property<'_>) -> Option<Member<'_>> {
    let number = |value: u32| Value::Number(f64::from(value));
    Some(match property {
        Property::PayloadFormatIndicator(value) => {
            member("payload-format-indicator", number(value.into()))
        }
        Property::MessageExpiryInterval(value) => member("message-expiry-interval", number(value)),
        Property::ContentType(value) => member("content-type", text(value.as_bytes())),
        Property::ResponseTopic(value) => member("response-topic", text(value.as_bytes())),
        Property::CorrelationData(value) => member("correlation-data", text(value)),
        Property::SubscriptionIdentifier(value) => member("subscription-identifier", number(value)),
        Property::TopicAlias(value) => member("topic-alias", number(value.into())),
        _ => return None,
    })
}

fn member<'a>(name: &'static str, value: Value<'a>) -> Member<'a> {
    (Cow::Borrowed(name.as_bytes()), value)
}

fn text(bytes: &[u8]) -> Value<'_> {
    Value::Text(Cow::Borrowed(bytes))
}

/// Appends a value.
pub fn write(value: &Value<'_>, style: JsonStyle, out: &mut Vec<u8>) {
    Writer { style, out }.value(value, 0);
}

struct Writer<'a> {
    style: JsonStyle,
    out: &'a mut Vec<u8>,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value<'_>, depth: usize) {
        match value {
            Value::Null => self.out.extend_from_slice(b"null"),
            Value::Bool(true) => self.out.extend_from_slice(b"true"),
            Value::Bool(false) => self.out.extend_from_slice(b"false"),
            Value::Number(number) => write_number(*number, self.out),
            Value::Text(text) => write_text(text, self.out),
            Value::Array(items) => self.array(items, depth + 1),
            Value::Object(members) => self.object(members, depth + 1),
        }
    }

    fn array(&mut self, items: &[Value<'_>], depth: usize) {
        self.out.push(b'[');
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
                self.pretty(b" ");
            }
            self.value(item, depth);
        }
        self.out.push(b']');
    }

    fn object(&mut self, members: &[Member<'_>], depth: usize) {
        self.out.push(b'{');
        self.pretty(b"\n");
        for (place, (name, value)) in members.iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
                self.pretty(b"\n");
            }
            self.indent(depth);
            write_text(name, self.out);
            self.out.push(b':');
            self.pretty(b"\t");
            self.value(value, depth);
        }
        if !members.is_empty() {
            self.pretty(b"\n");
        }
        self.indent(depth - 1);
        self.out.push(b'}');
    }

    fn indent(&mut self, depth: usize) {
        for _ in 0..depth {
            self.pretty(b"\t");
        }
    }

    fn pretty(&mut self, blank: &[u8]) {
        if self.style == JsonStyle::Pretty {
            self.out.extend_from_slice(blank);
        }
    }
}

/// Appends a string up to its first NUL, in quotes.
fn write_text(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.iter().take_while(|byte| **byte != 0) {
        let short = match byte {
            b'"' | b'\\' => *byte,
            0x08 => b'b',
            0x0C => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x00..=0x1F => {
                out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                continue;
            }
            _ => {
                out.push(*byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
    out.push(b'"');
}

/// Appends a number with 15 significant digits, or 17 where those lose something.
fn write_number(number: f64, out: &mut Vec<u8>) {
    if !number.is_finite() {
        out.extend_from_slice(b"null");
        return;
    }
    let short = significant(number, 15);
    let back: f64 = short.parse().unwrap_or(f64::NAN);
    let tolerance = number.abs().max(back.abs()) * f64::EPSILON;
    let text = if (back - number).abs() <= tolerance { short } else { significant(number, 17) };
    out.extend_from_slice(text.as_bytes());
}

/// C's `%.{digits}g`.
fn significant(number: f64, digits: usize) -> String {
    let scientific = format!("{number:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.abs());
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    without_zeros(&format!("{number:.decimals$}")).to_owned()
}

fn without_zeros(number: &str) -> &str {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    }
}

#[cfg(test)]
mod tests;
