//! The records of standard input that `pub` publishes: what one holds, and the message in it.

use crate::cli::ndjson;
use crate::cli::options::PubOptions;
use crate::protocol::{
    Message, MessageRef, Properties, Property, PropertyBuf, PropertyId, QoS, TopicName,
};

/// What a record holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Holds {
    /// A payload (`-l`).
    #[default]
    Payload,
    /// A topic, this separator, a payload (`--topic-separator`).
    TopicAndPayload(Vec<u8>),
    /// A message in JSON (`--json`, `--replay`).
    Json,
}

/// How records are told apart, and what is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Records {
    /// The byte behind each record: a line feed, or NUL (`-0`).
    pub ends_with: u8,
    /// What they hold.
    pub holds: Holds,
    /// The QoS that was asked for and goes before that of the record (`-q`).
    pub qos: Option<QoS>,
}

impl Default for Records {
    fn default() -> Self {
        Records { ends_with: b'\n', holds: Holds::default(), qos: None }
    }
}

impl Records {
    /// Whether each record says where it goes.
    pub fn have_topics(&self) -> bool {
        self.holds != Holds::Payload
    }
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRecord {
    /// Where, in bytes from the start of the record, the first being 1.
    pub column: usize,
    /// What, without a full stop.
    pub what: String,
}

impl BadRecord {
    fn new(column: usize, what: impl Into<String>) -> BadRecord {
        BadRecord { column, what: what.into() }
    }
}

/// The message in a record; `None` for a blank line between messages in JSON.
///
/// # Errors
/// When the record is not what the options say, or its message cannot be published.
pub fn message(options: &PubOptions, record: &[u8]) -> Result<Option<Message>, BadRecord> {
    match &options.records.holds {
        Holds::Payload => {
            let topic = options.topic.as_deref().unwrap_or_default();
            with_topic(options, topic, record).map(Some)
        }
        Holds::TopicAndPayload(separator) => split(options, separator, record).map(Some),
        Holds::Json => {
            let is_blank = record.iter().all(u8::is_ascii_whitespace);
            if is_blank {
                return Ok(None);
            }
            let parsed = ndjson::read(record)
                .map_err(|problem| BadRecord::new(problem.column, problem.what))?;
            of_json(options, &parsed).map(Some)
        }
    }
}

/// A message of the options' own, but for topic and payload.
fn with_topic(options: &PubOptions, topic: &str, payload: &[u8]) -> Result<Message, BadRecord> {
    let message = MessageRef {
        topic: topic_name(topic)?,
        qos: options.qos,
        retain: options.retain,
        properties: options.properties.as_properties(),
        payload,
    };
    Ok(Message::copy_of(message, None))
}

fn topic_name(topic: &str) -> Result<TopicName<'_>, BadRecord> {
    TopicName::new(topic).map_err(|why| {
        BadRecord::new(1, format!("'{topic}' is no valid topic to publish to: {why}"))
    })
}

fn split(options: &PubOptions, separator: &[u8], record: &[u8]) -> Result<Message, BadRecord> {
    let place = record.windows(separator.len()).position(|part| part == separator);
    let Some(place) = place else {
        let separator = String::from_utf8_lossy(separator);
        let what = format!("no '{}' between topic and payload", separator.escape_debug());
        return Err(BadRecord::new(record.len() + 1, what));
    };
    let topic = std::str::from_utf8(&record[..place])
        .map_err(|error| BadRecord::new(error.valid_up_to() + 1, "the topic is no valid UTF-8"))?;
    with_topic(options, topic, &record[place + separator.len()..])
}

/// The message of a line in JSON: what the options say goes before what the line says.
pub fn of_json(options: &PubOptions, record: &ndjson::Record) -> Result<Message, BadRecord> {
    let topic = options.topic.as_deref().or(record.topic.as_deref());
    let Some(topic) = topic else {
        return Err(BadRecord::new(1, "it has no `topic`, and there is no -t"));
    };
    if !options.connection.version.is_v5() && !record.properties.is_empty() {
        return Err(BadRecord::new(1, "it has `properties`, which need MQTT 5 (-V 5)"));
    }
    let properties = merged(options.properties.as_properties(), record.properties.as_properties());
    let message = MessageRef {
        topic: topic_name(topic)?,
        qos: options.records.qos.or(record.qos).unwrap_or_default(),
        retain: options.retain || record.retain.unwrap_or_default(),
        properties: properties.as_properties(),
        payload: &record.payload,
    };
    Ok(Message::copy_of(message, None))
}

/// The properties of `-D`, and those of the record that they leave: user properties are added, any
/// other one may occur once.
fn merged(given: Properties<'_>, recorded: Properties<'_>) -> PropertyBuf {
    let taken: Vec<PropertyId> = given.iter().map(|property| property.id()).collect();
    let is_left = |property: &Property<'_>| {
        let id = property.id();
        id == PropertyId::UserProperty || !taken.contains(&id)
    };
    recorded.iter().filter(is_left).chain(given.iter()).collect()
}

#[cfg(test)]
mod tests;
