//! How deep topics may be: every level costs a step in the tree of subscriptions.

/// Most separators in a topic or filter, as in mosquitto.
const SEPARATORS_MAX: usize = 200;

/// Whether a topic name or filter has more levels than are accepted.
pub(super) fn is_too_deep(text: &str) -> bool {
    // Nearly every topic is shorter than that.
    text.len() > SEPARATORS_MAX
        && text.bytes().filter(|byte| *byte == b'/').count() > SEPARATORS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hundred_separators_are_the_most() {
        assert!(!is_too_deep(&"/".repeat(200)));
        assert!(!is_too_deep(&format!("{}d", "abc/".repeat(199))));
        assert!(!is_too_deep(&"a".repeat(65_535)));
        assert!(is_too_deep(&"/".repeat(201)));
    }
}
