//! What help says about messages in JSON.

use super::Section;
use crate::cli::table::Tool;

/// The form of the lines, which is the same both ways.
const FORM: &str = "  One object a line:
  {\"time\":\"2026-01-31T12:00:00.123456Z\",\"topic\":\"a/b\",\"qos\":1,\"retain\":false,\"packet_id\":7,
   \"properties\":{\"content-type\":\"text/plain\"},\"encoding\":\"utf8\",\"payload\":\"hello\"}
  payload      text if it is UTF-8, otherwise base64; encoding says which: utf8 or base64
  properties   payload-format-indicator message-expiry-interval topic-alias content-type
               response-topic correlation-data (base64) subscription-identifiers (an array)
               user-properties (an array of objects of one member, in their order)
  dup          is there when it is true, packet_id above QoS 0, properties when there are any
";

/// What a command of `--exec` finds.
const COMMANDS: &str =
    "  The payload is the command's standard input. The environment says the rest:
  MQTT_TOPIC MQTT_QOS MQTT_RETAIN MQTT_DUP MQTT_PAYLOAD_LENGTH, and where the message has them
  MQTT_PAYLOAD (text of at most 120000 bytes without NUL) MQTT_PACKET_ID MQTT_CONTENT_TYPE
  MQTT_RESPONSE_TOPIC MQTT_CORRELATION_DATA (base64) MQTT_MESSAGE_EXPIRY_INTERVAL
  MQTT_PAYLOAD_FORMAT_INDICATOR MQTT_SUBSCRIPTION_IDENTIFIERS MQTT_TOPIC_ALIAS
  MQTT_USER_PROPERTIES (JSON) and MQTT_USER_name for each name of letters, digits and '_'
  Commands start in the order of the messages. While all --exec-jobs are busy nothing is read, so
  the broker keeps what comes. -C counts messages; all commands are waited for at the end. A
  command that fails is named on standard error.
";

/// What `pub` does with them.
const READING: &str =
    "  Only payload is needed, and topic unless -t is given; without encoding it is text. A payload
  that is no string is published as the JSON that it is, null as an empty payload.
  Not copied: time, dup, packet_id, topic-alias and subscription-identifiers. retain says what the
  subscriber saw; with sub --retain-as-published it is what the publisher said.
  A member of another name makes a line bad.
  A bad line ends the reading: what stands before it is published, the exit status is 1.
";

/// Adds what is lastwill's own to the sections of a tool that is invoked as `name`.
pub(super) fn extend(sections: &mut Vec<Section>, tool: Tool, name: &str) {
    let (reading, more) = match tool {
        Tool::Sub => ("", sub_examples(name)),
        Tool::Pub => (READING, pub_examples(name)),
        Tool::Rr | Tool::Conn | Tool::Watch | Tool::Wills | Tool::Retained | Tool::Check => return,
    };
    let json = Section { heading: "Messages in JSON (--json)", text: format!("{FORM}{reading}") };
    let place = sections.iter().position(|section| section.heading == "Examples");
    let place = place.unwrap_or(sections.len());
    sections.insert(place, json);
    if tool == Tool::Sub {
        let commands = Section { heading: "Commands (--exec)", text: COMMANDS.to_owned() };
        sections.insert(place, commands);
    }
    if let Some(examples) = sections.last_mut().filter(|section| section.heading == "Examples") {
        examples.text.push_str(&more);
    }
}

fn sub_examples(name: &str) -> String {
    format!(
        "  Copy messages to another broker, whatever is in them:
    {name} --json -t 'a/#' -q 2 | lastwill pub --json -h other
  Run a command for each message, at most four at a time:
    {name} -t 'jobs/#' --exec 'handle \"$MQTT_TOPIC\"' --exec-jobs 4
  Record now, replay later at double speed:
    {name} -t 'a/#' --record run.ndjson && lastwill pub --replay run.ndjson --speed 2
"
    )
}

fn pub_examples(name: &str) -> String {
    format!(
        "  Each line its own topic:
    printf 'a/b hello\\nc/d world\\n' | {name} -l --topic-separator ' '
  Every message of a topic again, with payloads of any bytes:
    lastwill sub -0 -t a | {name} -l -0 -t b
"
    )
}
