//! Topics and strings as mosquitto's tools accept them.

use crate::cli::errors::Problem;
use crate::protocol::{TopicFilter, TopicName};

/// Longest string of the protocol in bytes.
pub const STRING_BYTES_MAX: usize = 65_535;

/// A topic may have at most this many level separators.
const SEPARATORS_MAX: usize = 200;

/// The text, if every character may stand in an MQTT string. Stricter than UTF-8: no control
/// characters, no non-characters.
pub fn utf8(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.chars().all(is_allowed).then_some(text)
}

fn is_allowed(character: char) -> bool {
    let code = character as u32;
    !character.is_control() && !(0xFDD0..=0xFDEF).contains(&code) && code & 0xFFFE != 0xFFFE
}

/// A topic to publish to: valid text without wildcards. `option` is the name in the message about
/// bad text, `what` the word in the message about a bad topic.
pub fn topic_name(bytes: &[u8], option: &str, what: &str) -> Result<String, Problem> {
    let text = utf8(bytes).ok_or_else(|| malformed(option))?;
    if separators_fit(text) && TopicName::new(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err(Problem::usage(format!(
        "Error: Invalid {what} topic '{text}', does it contain '+' or '#'?"
    )))
}

/// A topic filter; arguments as for [`topic_name`].
pub fn topic_filter(bytes: &[u8], option: &str, what: &str) -> Result<String, Problem> {
    let text = utf8(bytes).ok_or_else(|| malformed(option))?;
    if separators_fit(text) && TopicFilter::new(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err(Problem::usage(format!(
        "Error: Invalid {what} topic '{text}', are all '+' and '#' wildcards correct?"
    )))
}

fn malformed(option: &str) -> Problem {
    Problem::option(format!("Error: Malformed UTF-8 in {option} argument."))
}

fn separators_fit(topic: &str) -> bool {
    topic.bytes().filter(|byte| *byte == b'/').count() <= SEPARATORS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_excludes_control_and_non_characters() {
        for bad in ["\u{1}", "a\u{7f}", "\u{9f}", "\u{fdd0}", "\u{fffe}", "\u{1ffff}", "\0"] {
            assert_eq!(utf8(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(utf8(b"\xff"), None);
        assert_eq!(utf8("\u{a0}é漢😀\u{fffd}".as_bytes()), Some("\u{a0}é漢😀\u{fffd}"));
    }

    #[test]
    fn a_topic_has_at_most_200_separators() {
        let topic = "/".repeat(200);
        assert_eq!(topic_name(topic.as_bytes(), "-t", "publish").as_ref(), Ok(&topic));
        let longer = "/".repeat(201);
        assert!(topic_name(longer.as_bytes(), "-t", "publish").is_err());
        assert!(topic_filter(longer.as_bytes(), "-t", "subscription").is_err());
    }
}
