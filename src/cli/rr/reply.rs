//! How a responder of MQTT 3 learns the response topic: `%R` in the topic or in the payload of the
//! request stands for it.

use crate::cli::options::{Placeholder, RrOptions};

/// What stands for the response topic.
pub const MARK: &str = "%R";

/// The payload with the response topic in it.
///
/// # Errors
/// What to complain when nothing tells the responder.
pub(super) fn fill(options: &RrOptions, payload: Vec<u8>) -> Result<Vec<u8>, &'static str> {
    if options.placeholder == Placeholder::Off {
        return Ok(payload);
    }
    let (filled, count) = replace(&payload, options.response_topic.as_bytes());
    if count == 0 && options.placeholder == Placeholder::Required {
        return Err("Error: In MQTT 3 the responder cannot know the response topic: write %R in \
                    the topic or the payload, or name one with -e.");
    }
    Ok(filled)
}

/// Replaces every mark; also how many there were.
fn replace(payload: &[u8], topic: &[u8]) -> (Vec<u8>, usize) {
    let mark = MARK.as_bytes();
    let mut filled = Vec::with_capacity(payload.len());
    let (mut rest, mut count) = (payload, 0);
    while let Some(place) = rest.windows(mark.len()).position(|window| window == mark) {
        filled.extend_from_slice(&rest[..place]);
        filled.extend_from_slice(topic);
        rest = &rest[place + mark.len()..];
        count += 1;
    }
    filled.extend_from_slice(rest);
    (filled, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_replaced_in_any_bytes() {
        assert_eq!(replace(b"%R", b"a/b"), (b"a/b".to_vec(), 1));
        assert_eq!(replace(b"\xff%R%R%", b"t"), (b"\xfftt%".to_vec(), 2));
        assert_eq!(replace(b"%%r", b"t"), (b"%%r".to_vec(), 0));
        assert_eq!(replace(b"", b"t"), (Vec::new(), 0));
    }
}
