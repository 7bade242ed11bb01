//! From a message to its line.

use base64::Engine;
use serde::Serialize;

use super::pairs::Pair;
use super::{BASE64, Encoding};
use crate::protocol::{PacketId, Properties, Property, Publish};

/// The members in their order.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<f64>,
    time: String,
    topic: &'a str,
    qos: u8,
    retain: bool,
    #[serde(skip_serializing_if = "is_false")]
    dup: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_id: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Members<'a>>,
    encoding: Encoding,
    payload: &'a str,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Members<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_format_indicator: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_expiry_interval: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_alias: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_topic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_data: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subscription_identifiers: Vec<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user_properties: Vec<Pair<'a>>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Appends the line of a message that came at `time`, without an end of line. `at` is in seconds
/// since the start of a recording.
pub fn write(publish: &Publish<'_>, time: jiff::Timestamp, at: Option<f64>, out: &mut Vec<u8>) {
    let encoded;
    let (encoding, payload) = match std::str::from_utf8(publish.payload) {
        Ok(text) => (Encoding::Utf8, text),
        Err(_) => {
            encoded = BASE64.encode(publish.payload);
            (Encoding::Base64, encoded.as_str())
        }
    };
    let line = Line {
        at,
        time: format!("{time:.6}"),
        topic: publish.topic.name().as_str(),
        qos: publish.qos as u8,
        retain: publish.retain,
        dup: publish.dup,
        packet_id: publish.packet_id.map(PacketId::value),
        properties: members(publish.properties),
        encoding,
        payload,
    };
    serde_json::to_writer(out, &line).expect("memory takes every write, and all keys are strings");
}

fn members(properties: Properties<'_>) -> Option<Members<'_>> {
    if properties.is_empty() {
        return None;
    }
    let mut members = Members::default();
    for property in properties.iter() {
        match property {
            Property::PayloadFormatIndicator(value) => {
                members.payload_format_indicator = Some(value);
            }
            Property::MessageExpiryInterval(secs) => members.message_expiry_interval = Some(secs),
            Property::TopicAlias(alias) => members.topic_alias = Some(alias),
            Property::ContentType(text) => members.content_type = Some(text),
            Property::ResponseTopic(topic) => members.response_topic = Some(topic),
            Property::CorrelationData(data) => {
                members.correlation_data = Some(BASE64.encode(data));
            }
            Property::SubscriptionIdentifier(id) => members.subscription_identifiers.push(id),
            Property::UserProperty(name, value) => members.user_properties.push(Pair(name, value)),
            // No other property may stand in PUBLISH [MQTT-2.2.2.2].
            _ => {}
        }
    }
    Some(members)
}
