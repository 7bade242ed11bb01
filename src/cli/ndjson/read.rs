//! From a line to a message.

use base64::Engine;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny};
use serde_json::value::RawValue;

use super::pairs::Pairs;
use super::{BASE64, Encoding};
use crate::protocol::{Property, PropertyBuf, QoS, TopicName, text};

/// Longest string of the protocol in bytes.
const STRING_BYTES_MAX: usize = 65_535;

/// A message as a line tells it. What the line leaves out is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// A valid topic name.
    pub topic: Option<String>,
    /// Quality of service.
    pub qos: Option<QoS>,
    /// Retain bit.
    pub retain: Option<bool>,
    /// Payload.
    pub payload: Vec<u8>,
    /// The properties that travel end to end.
    pub properties: PropertyBuf,
    /// When it was received.
    pub moment: Option<Moment>,
}

/// When a message was received.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    /// In seconds since the start of the recording (`at`).
    At(f64),
    /// By the clock (`time`).
    Time(jiff::Timestamp),
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it was found, in bytes from the start of the line, the first being 1.
    pub column: usize,
    /// What it is.
    pub what: String,
}

/// The members. Those without a use here are known, so that any other name is a mistake: of
/// ours, and of `%j`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    topic: Option<Topic>,
    qos: Option<Level>,
    retain: Option<Flag>,
    encoding: Option<Encoding>,
    #[serde(borrow)]
    payload: &'a RawValue,
    properties: Option<Members>,
    at: Option<f64>,
    time: Option<Time>,
    #[serde(rename = "tst")]
    _tst: Option<IgnoredAny>,
    #[serde(rename = "dup")]
    _dup: Option<IgnoredAny>,
    #[serde(rename = "packet_id", alias = "mid")]
    _packet_id: Option<IgnoredAny>,
    #[serde(rename = "payloadlen")]
    _payload_len: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Members {
    payload_format_indicator: Option<Indicator>,
    message_expiry_interval: Option<u32>,
    content_type: Option<Text>,
    response_topic: Option<Topic>,
    correlation_data: Option<Data>,
    user_properties: Option<UserProperties>,
    #[serde(rename = "topic-alias")]
    _topic_alias: Option<IgnoredAny>,
    #[serde(rename = "subscription-identifiers", alias = "subscription-identifier")]
    _subscription_identifiers: Option<IgnoredAny>,
}

/// Quality of service.
struct Level(QoS);

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let qos = u8::deserialize(deserializer).map(QoS::from_u8)?;
        qos.map(Level).ok_or_else(|| D::Error::custom("`qos` must be 0, 1 or 2"))
    }
}

/// `true` and `false`, also as 1 and 0.
struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Bool(value) => Ok(Flag(value)),
            serde_json::Value::Number(number) if number.as_u64() == Some(0) => Ok(Flag(false)),
            serde_json::Value::Number(number) if number.as_u64() == Some(1) => Ok(Flag(true)),
            _ => Err(D::Error::custom("`retain` must be true or false")),
        }
    }
}

/// Payload Format Indicator.
struct Indicator(u8);

impl<'de> Deserialize<'de> for Indicator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            value @ 0..=1 => Ok(Indicator(value)),
            _ => Err(D::Error::custom("`payload-format-indicator` must be 0 or 1")),
        }
    }
}

/// A topic name.
struct Topic(String);

impl<'de> Deserialize<'de> for Topic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let topic = String::deserialize(deserializer)?;
        match TopicName::new(&topic) {
            Ok(_) => Ok(Topic(topic)),
            Err(why) => Err(D::Error::custom(format!("no valid topic to publish to: {why}"))),
        }
    }
}

/// A string of the protocol.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        check_text::<D>(&text)?;
        Ok(Text(text))
    }
}

fn check_text<'de, D: Deserializer<'de>>(text: &str) -> Result<(), D::Error> {
    if text.len() > STRING_BYTES_MAX {
        return Err(D::Error::custom("a property may have at most 65535 bytes"));
    }
    match text::from_bytes(text.as_bytes()) {
        Ok(_) => Ok(()),
        Err(_) => Err(D::Error::custom("a property may not contain U+0000")),
    }
}

/// User properties.
struct UserProperties(Pairs);

impl<'de> Deserialize<'de> for UserProperties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Pairs(pairs) = Pairs::deserialize(deserializer)?;
        for (name, value) in &pairs {
            check_text::<D>(name)?;
            check_text::<D>(value)?;
        }
        Ok(UserProperties(Pairs(pairs)))
    }
}

/// Bytes in base64.
struct Data(Vec<u8>);

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64
            .decode(text)
            .map_err(|why| D::Error::custom(format!("`correlation-data` is no base64: {why}")))?;
        match bytes.len() {
            0..=STRING_BYTES_MAX => Ok(Data(bytes)),
            _ => Err(D::Error::custom("a property may have at most 65535 bytes")),
        }
    }
}

/// A moment in RFC 3339.
struct Time(jiff::Timestamp);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map(Time)
            .map_err(|_| D::Error::custom("`time` must look like \"2026-01-31T12:00:00.123456Z\""))
    }
}

/// Reads a line, with or without its end.
///
/// # Errors
/// When it is no JSON object, has a member that no message has, or a value that the member can't
/// have.
pub fn read(line: &[u8]) -> Result<Record, Problem> {
    let blanks = line.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    if line.get(blanks) != Some(&b'{') {
        let what = "a message must be a JSON object on one line".to_owned();
        return Err(Problem { column: blanks + 1, what });
    }
    let parsed: Line<'_> = serde_json::from_slice(line).map_err(|error| problem(&error, 0))?;
    let payload = payload(line, parsed.payload, parsed.encoding)?;
    let moment = match (parsed.at, parsed.time) {
        (Some(at), _) => Some(Moment::At(at)),
        (None, time) => time.map(|Time(time)| Moment::Time(time)),
    };
    Ok(Record {
        topic: parsed.topic.map(|Topic(topic)| topic),
        qos: parsed.qos.map(|Level(qos)| qos),
        retain: parsed.retain.map(|Flag(retain)| retain),
        payload,
        properties: parsed.properties.map(properties).unwrap_or_default(),
        moment,
    })
}

/// A string is decoded, null is empty; any other JSON is published as it stands.
fn payload(line: &[u8], raw: &RawValue, encoding: Option<Encoding>) -> Result<Vec<u8>, Problem> {
    let raw = raw.get();
    let is_string = raw.starts_with('"');
    if raw == "null" {
        return Ok(Vec::new());
    }
    let start = raw.as_ptr() as usize - line.as_ptr() as usize;
    if !is_string && encoding.is_some() {
        let what = "with `encoding`, `payload` must be a string".to_owned();
        return Err(Problem { column: start + 1, what });
    }
    if !is_string {
        return Ok(raw.as_bytes().to_vec());
    }
    let text: String = serde_json::from_str(raw).map_err(|error| problem(&error, start))?;
    if encoding != Some(Encoding::Base64) {
        return Ok(text.into_bytes());
    }
    BASE64.decode(text).map_err(|why| Problem {
        column: start + 1,
        what: format!("`payload` is no base64: {why}"),
    })
}

fn properties(members: Members) -> PropertyBuf {
    let mut built = PropertyBuf::new();
    if let Some(Indicator(value)) = members.payload_format_indicator {
        built.push(Property::PayloadFormatIndicator(value));
    }
    if let Some(secs) = members.message_expiry_interval {
        built.push(Property::MessageExpiryInterval(secs));
    }
    if let Some(Text(text)) = members.content_type {
        built.push(Property::ContentType(&text));
    }
    if let Some(Topic(topic)) = members.response_topic {
        built.push(Property::ResponseTopic(&topic));
    }
    if let Some(Data(data)) = members.correlation_data {
        built.push(Property::CorrelationData(&data));
    }
    if let Some(UserProperties(Pairs(pairs))) = members.user_properties {
        built.extend(pairs.iter().map(|(name, value)| Property::UserProperty(name, value)));
    }
    built
}

/// The error behind `start` bytes of the line; the message says the place in a line of its own.
fn problem(error: &serde_json::Error, start: usize) -> Problem {
    let text = error.to_string();
    let what = match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    };
    Problem { column: start + error.column().max(1), what }
}
