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

/// What `pub` does with them.
const READING: &str =
    "  Only payload is needed, and topic unless -t is given; without encoding it is text. A payload
  that is no string is published as the JSON that it is, null as an empty payload.
  Not copied: time, dup, packet_id, topic-alias and subscription-identifiers. retain says what the
  subscriber saw; with sub --retain-as-published it is what the publisher said.
  A bad line ends the reading: what stands before it is published, the exit status is 1.
";

/// Adds what is lastwill's own to the sections of a tool that is invoked as `name`.
pub(super) fn extend(sections: &mut Vec<Section>, tool: Tool, name: &str) {
    let (reading, more) = match tool {
        Tool::Sub => ("", sub_examples(name)),
        Tool::Pub => (READING, pub_examples(name)),
        Tool::Rr | Tool::Conn | Tool::Watch | Tool::Wills | Tool::Retained => return,
    };
    let json = Section { heading: "Messages in JSON (--json)", text: format!("{FORM}{reading}") };
    let place = sections.iter().position(|section| section.heading == "Examples");
    sections.insert(place.unwrap_or(sections.len()), json);
    if let Some(examples) = sections.last_mut().filter(|section| section.heading == "Examples") {
        examples.text.push_str(&more);
    }
}

fn sub_examples(name: &str) -> String {
    format!(
        "  Copy messages to another broker, whatever is in them:
    {name} --json -t 'a/#' -q 2 | lastwill pub --json -h other
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
