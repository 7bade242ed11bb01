//! What help says about requests and their responses.

use super::Section;
use crate::cli::options::Called;
use crate::cli::table::Tool;

const RESPONSES: &str = "  Without -e, responses are awaited on a topic that nobody else uses:
  lastwill/reply/ and 22 random letters and digits. In MQTT 5 the responder learns it by the
  property Response Topic; in MQTT 3 it takes the place of %R in the topic and the payload.
  In MQTT 5 the request carries Correlation Data: that of -D, or 22 random letters and digits. A
  message with other Correlation Data is no response and is ignored, with one warning. A message
  without any is a response, since simple responders pass none on; --strict-correlation ignores
  it, too. A message that comes before the request went out is no response.
";

/// Adds the section about responses, above the examples.
pub fn extend(sections: &mut Vec<Section>, tool: Tool) {
    if tool == Tool::Rr {
        let place = sections.iter().position(|section| section.heading == "Examples");
        let responses = Section { heading: "Responses", text: RESPONSES.to_owned() };
        sections.insert(place.unwrap_or(sections.len()), responses);
    }
}

/// The examples of `rr`.
pub fn examples(name: &str, called: Called) -> Section {
    let mut text = format!(
        "  Ask, and wait no longer than 5 seconds for the response (exit status 27 then):
    {name} -t light/get -e light/state -m state -W 5
  A file is the request:
    {name} -t convert -e converted -f picture.png -N > picture.webp
"
    );
    if called == Called::Lastwill {
        text.push_str(&format!(
            "  Ask everybody, and print the responses of the first three:
    {name} -t who -m '' -C 3 -W 5
  A responder in a shell, for MQTT 5:
    lastwill sub -V 5 -t who -F '%R %D' | while read -r topic data; do
        lastwill pub -t \"$topic\" -m \"$HOSTNAME\" -D publish correlation-data \"$data\"
    done
  MQTT 3.1.1, with the response topic in the payload:
    {name} -V 311 -t ask -m '{{\"reply_to\":\"%R\"}}' -W 5
"
        ));
    }
    Section { heading: "Examples", text }
}
