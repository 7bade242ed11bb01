//! `--exec`: a command for every message.
//!
//! Commands start in the order of the messages, at most so many at a time. While all are busy and
//! a message waits, nothing is read from the connection: the broker keeps the rest.

use std::collections::VecDeque;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::cli::errors::system_text;
use crate::cli::options::Exec;
use crate::protocol::{PacketId, Property, Publish};

/// Longest value of an environment variable, in bytes: the system takes 128 KiB with the name.
const VALUE_BYTES_MAX: usize = 120_000;

/// Variables that are not set for every message; those of an outer command must not shine through.
const OPTIONAL: [&str; 10] = [
    "MQTT_PAYLOAD",
    "MQTT_PACKET_ID",
    "MQTT_PAYLOAD_FORMAT_INDICATOR",
    "MQTT_MESSAGE_EXPIRY_INTERVAL",
    "MQTT_TOPIC_ALIAS",
    "MQTT_CONTENT_TYPE",
    "MQTT_RESPONSE_TOPIC",
    "MQTT_CORRELATION_DATA",
    "MQTT_SUBSCRIPTION_IDENTIFIERS",
    "MQTT_USER_PROPERTIES",
];

/// A message that waits for its command.
pub(super) struct Job {
    topic: String,
    variables: Vec<(String, String)>,
    payload: Vec<u8>,
}

impl Job {
    /// Keeps a message.
    pub fn new(publish: &Publish<'_>) -> Job {
        Job {
            topic: publish.topic.name().as_str().to_owned(),
            variables: variables(publish),
            payload: publish.payload.to_vec(),
        }
    }
}

/// What became of a command; the error is a line for stderr.
pub(super) type Outcome = Result<(), String>;

/// The commands of one `sub` that run.
pub(super) struct Runner<'o> {
    exec: &'o Exec,
    running: JoinSet<Outcome>,
}

impl<'o> Runner<'o> {
    pub fn new(exec: &'o Exec) -> Self {
        Runner { exec, running: JoinSet::new() }
    }

    /// Whether none runs.
    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Starts as many commands as may run. The first that cannot be started ends this, as one that
    /// failed.
    pub fn start(&mut self, jobs: &mut VecDeque<Job>) -> Outcome {
        while self.running.len() < self.exec.jobs_max
            && let Some(job) = jobs.pop_front()
        {
            let child = self.spawn(&job).map_err(|error| {
                let why = system_text(&error);
                format!("Warning: The command for '{}' cannot start: {why}.", job.topic)
            })?;
            self.running.spawn(finish(child, job.topic, job.payload));
        }
        Ok(())
    }

    fn spawn(&self, job: &Job) -> io::Result<Child> {
        let mut command = Command::new("sh");
        command.arg("-c").arg(&self.exec.command).stdin(Stdio::piped());
        OPTIONAL.iter().for_each(|name| {
            command.env_remove(name);
        });
        command.envs(job.variables.iter().map(|(name, value)| (name, value)));
        command.spawn()
    }
}

/// Waits for the end of a command; for ever when none runs. Cancelling it loses nothing.
pub(super) async fn next(runner: &mut Option<Runner<'_>>) -> Outcome {
    let Some(runner) = runner else { return std::future::pending().await };
    match runner.running.join_next().await {
        Some(Ok(outcome)) => outcome,
        Some(Err(error)) => Err(format!("Warning: A command was lost: {error}.")),
        None => std::future::pending().await,
    }
}

/// Feeds a command and waits for its end. One that does not read its input is not to blame.
async fn finish(mut child: Child, topic: String, payload: Vec<u8>) -> Outcome {
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            let _ = stdin.write_all(&payload).await;
        }
    };
    let (status, ()) = tokio::join!(child.wait(), feed);
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("Warning: The command for '{topic}' {}.", describe(status))),
        Err(error) => {
            Err(format!("Warning: The command for '{topic}' was lost: {}.", system_text(&error)))
        }
    }
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended in an unknown way".to_owned(),
    }
}

/// What the environment says about a message.
fn variables(publish: &Publish<'_>) -> Vec<(String, String)> {
    let mut found = vec![
        ("MQTT_TOPIC".to_owned(), publish.topic.name().as_str().to_owned()),
        ("MQTT_QOS".to_owned(), (publish.qos as u8).to_string()),
        ("MQTT_RETAIN".to_owned(), u8::from(publish.retain).to_string()),
        ("MQTT_DUP".to_owned(), u8::from(publish.dup).to_string()),
        ("MQTT_PAYLOAD_LENGTH".to_owned(), publish.payload.len().to_string()),
    ];
    let mut set = |name: &str, value: String| {
        if value.len() <= VALUE_BYTES_MAX && !value.contains('\0') {
            found.push((name.to_owned(), value));
        }
    };
    if let Ok(payload) = std::str::from_utf8(publish.payload) {
        set("MQTT_PAYLOAD", payload.to_owned());
    }
    if let Some(id) = publish.packet_id.map(PacketId::value) {
        set("MQTT_PACKET_ID", id.to_string());
    }
    let ids = publish.properties.subscription_identifiers();
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    if !ids.is_empty() {
        set("MQTT_SUBSCRIPTION_IDENTIFIERS", ids.join(" "));
    }
    for property in publish.properties.iter() {
        property_variable(property, &mut set);
    }
    let pairs: Vec<_> = publish
        .properties
        .user_properties()
        .map(|(name, value)| serde_json::json!({ name: value }))
        .collect();
    if !pairs.is_empty() {
        set("MQTT_USER_PROPERTIES", serde_json::Value::from(pairs).to_string());
    }
    found
}

/// The variable of one property. A user property has one if its name may stand in a variable's;
/// the last of several counts.
fn property_variable(property: Property<'_>, set: &mut impl FnMut(&str, String)) {
    match property {
        Property::PayloadFormatIndicator(value) => {
            set("MQTT_PAYLOAD_FORMAT_INDICATOR", value.to_string());
        }
        Property::MessageExpiryInterval(secs) => {
            set("MQTT_MESSAGE_EXPIRY_INTERVAL", secs.to_string());
        }
        Property::TopicAlias(alias) => set("MQTT_TOPIC_ALIAS", alias.to_string()),
        Property::ContentType(text) => set("MQTT_CONTENT_TYPE", text.to_owned()),
        Property::ResponseTopic(topic) => set("MQTT_RESPONSE_TOPIC", topic.to_owned()),
        Property::CorrelationData(data) => set("MQTT_CORRELATION_DATA", BASE64.encode(data)),
        Property::UserProperty(name, value) => {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if !name.is_empty() && name.bytes().all(is_plain) {
                set(&format!("MQTT_USER_{name}"), value.to_owned());
            }
        }
        _ => {}
    }
}
