//! What help says about ends, presence and the tools around them.

use super::Section;
use crate::cli::table::Tool;

const ENDS: &str = "  normal          DISCONNECT: the broker drops the will
  will            DISCONNECT with reason 0x04: the broker publishes it (MQTT 5)
  drop            close the connection without DISCONNECT
  reset           reset the connection (TCP RST)
  stall           stay connected and say nothing more, acknowledge nothing: the broker closes when
                  1.5 times the keep-alive (-k) has passed
  malformed       send a PUBLISH of QoS 3, which is no packet
  second-connect  send CONNECT again, which is not allowed
  oversize        send a PUBLISH larger than the broker takes
  After the last four the client waits for the broker to close, and says how it did.
";

/// Adds the section about `--end`, above the examples.
pub fn extend(sections: &mut Vec<Section>, tool: Tool) {
    if !matches!(tool, Tool::Watch | Tool::Wills) {
        let place = sections.iter().position(|section| section.heading == "Examples");
        let ends = Section { heading: "Ways to end (--end)", text: ENDS.to_owned() };
        sections.insert(place.unwrap_or(sections.len()), ends);
    }
}

/// The examples of `conn`.
pub fn conn_examples(name: &str) -> Section {
    let text = format!(
        "  Hold a will until killed; the first line says when it is armed, and by which process:
    {name} -i sub --will-topic test --will-payload die --will-qos 2
    connected pid=4711 client-id=sub session=new
  See what a broker does with the will of a client that goes silent:
    {name} -k 5 --will-topic test --will-payload silent --end stall --end-after 1s
  A will that waits ten seconds for the client to come back:
    {name} -i A -x 60 --will-topic A/status --will-payload offline --will-delay 10s --end drop \\
        --end-after 1s
  A topic that always says whether this process lives:
    {name} -i A --presence A/status
"
    );
    Section { heading: "Examples", text }
}

/// The examples of `watch`.
pub fn watch_examples(name: &str) -> Section {
    let text = format!(
        "  A live table of everything below +/status:
    {name} '+/status'
  A line for each change, for a script:
    {name} '+/status' | while read -r time state topic; do ...; done
  The same as JSON:
    {name} --json '+/status'
"
    );
    Section { heading: "Examples", text }
}

/// The examples of `wills`.
pub fn wills_examples(name: &str) -> Section {
    let text = format!(
        "  Which wills are armed, which wait, and until when:
    {name} -p 1883
    CLIENT  TOPIC     QOS  RETAIN    BYTES  STATE
    A       A/status  1    yes           7  waiting, due in 2.5 s
  The same as JSON, for a script:
    {name} --json | jq '.wills[] | select(.state == \"waiting\")'
"
    );
    Section { heading: "Examples", text }
}
