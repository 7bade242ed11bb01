//! `topic PATTERN [out|in|both [QOS [LOCAL-PREFIX REMOTE-PREFIX]]]`.

use crate::config::options::Wrong;
use crate::protocol::{QoS, TopicFilter};

/// Which way messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From here to the remote broker.
    Out,
    /// From the remote broker to here.
    In,
    /// Both ways.
    Both,
}

impl Direction {
    /// Whether messages go to the remote broker.
    pub const fn is_out(self) -> bool {
        matches!(self, Direction::Out | Direction::Both)
    }

    /// Whether messages come from the remote broker.
    pub const fn is_in(self) -> bool {
        matches!(self, Direction::In | Direction::Both)
    }
}

/// Topics that a bridge carries. A topic is called `local_prefix` and what matches `pattern` here,
/// `remote_prefix` and the same at the remote broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeTopic {
    /// A topic filter; empty maps the one topic `local_prefix` to the one topic `remote_prefix`.
    pub pattern: String,
    /// Which way.
    pub direction: Direction,
    /// Highest quality of service, of the subscriptions on both sides.
    pub qos: QoS,
    /// May be empty.
    pub local_prefix: String,
    /// May be empty.
    pub remote_prefix: String,
}

impl BridgeTopic {
    /// What is subscribed to here.
    pub fn local_filter(&self) -> String {
        format!("{}{}", self.local_prefix, self.pattern)
    }

    /// What is subscribed to at the remote broker.
    pub fn remote_filter(&self) -> String {
        format!("{}{}", self.remote_prefix, self.pattern)
    }

    fn has_mapping_of(&self, other: &BridgeTopic) -> bool {
        (&self.pattern, &self.local_prefix, &self.remote_prefix)
            == (&other.pattern, &other.local_prefix, &other.remote_prefix)
    }
}

/// Adds a topic. The same mapping again only widens it: both directions, the higher QoS.
pub(super) fn add(topics: &mut Vec<BridgeTopic>, topic: BridgeTopic) {
    match topics.iter_mut().find(|old| old.has_mapping_of(&topic)) {
        Some(old) => {
            if old.direction != topic.direction {
                old.direction = Direction::Both;
            }
            old.qos = old.qos.max(topic.qos);
        }
        None => topics.push(topic),
    }
}

/// Reads the value of `topic`.
pub(super) fn parse(text: &str) -> Result<BridgeTopic, Wrong> {
    let (pattern, rest) = first(text)?;
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    let direction = match words.next() {
        None | Some("out") => Direction::Out,
        Some("in") => Direction::In,
        Some("both") => Direction::Both,
        Some(_) => return Err(Wrong::Expected("out, in or both behind the pattern")),
    };
    let qos = match words.next() {
        None | Some("0") => QoS::AtMostOnce,
        Some("1") => QoS::AtLeastOnce,
        Some("2") => QoS::ExactlyOnce,
        Some(_) => return Err(Wrong::Expected("a QoS of 0, 1 or 2 behind the direction")),
    };
    let local_prefix = prefix(words.next())?;
    let remote_prefix = prefix(words.next())?;
    let topic = BridgeTopic { pattern, direction, qos, local_prefix, remote_prefix };
    check(&topic)?;
    Ok(topic)
}

/// The pattern, which may be quoted to hold blanks, and what follows it.
fn first(text: &str) -> Result<(String, &str), Wrong> {
    let (pattern, rest) = match text.strip_prefix('"') {
        Some(quoted) => quoted
            .split_once('"')
            .ok_or(Wrong::Expected("a quotation mark at the end of the pattern too"))?,
        None => text.split_once(' ').unwrap_or((text, "")),
    };
    if !rest.is_empty() && text.starts_with('"') && !rest.starts_with(' ') {
        return Err(Wrong::Expected("a blank behind the quoted pattern"));
    }
    Ok((pattern.to_owned(), rest))
}

/// `""` is no prefix.
fn prefix(word: Option<&str>) -> Result<String, Wrong> {
    let text = word.filter(|word| *word != "\"\"").unwrap_or("");
    if text.contains(['+', '#']) {
        return Err(Wrong::Expected("prefixes without '+' and '#'"));
    }
    Ok(text.to_owned())
}

fn check(topic: &BridgeTopic) -> Result<(), Wrong> {
    let lacks_prefix = topic.local_prefix.is_empty() || topic.remote_prefix.is_empty();
    if topic.pattern.is_empty() && lacks_prefix {
        return Err(Wrong::Expected("a local and a remote prefix with the pattern \"\""));
    }
    let filters = [topic.local_filter(), topic.remote_filter()];
    if filters.iter().any(|filter| TopicFilter::new(filter).is_err()) {
        return Err(Wrong::Expected("a topic filter as pattern, also with the prefixes before it"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(text: &str) -> String {
        match parse(text) {
            Ok(it) => format!(
                "{} {:?} {} '{}' '{}'",
                it.pattern, it.direction, it.qos as u8, it.local_prefix, it.remote_prefix
            ),
            Err(Wrong::Expected(what)) => format!("expected {what}"),
            Err(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn a_topic_has_up_to_five_parts() {
        for (text, expected) in [
            ("#", "# Out 0 '' ''"),
            ("a/# in", "a/# In 0 '' ''"),
            ("a/+ both 2", "a/+ Both 2 '' ''"),
            ("# out 1 l/", "# Out 1 'l/' ''"),
            ("#  both  1  l/  r/", "# Both 1 'l/' 'r/'"),
            ("# in 0 \"\" r/", "# In 0 '' 'r/'"),
            ("\"\" in 1 l r", " In 1 'l' 'r'"),
            ("\"a b/#\" out 2", "a b/# Out 2 '' ''"),
        ] {
            assert_eq!(topic(text), expected, "{text}");
        }
    }

    #[test]
    fn each_wrong_part_is_told() {
        for (text, expected) in [
            ("# up", "out, in or both behind the pattern"),
            ("# out 3", "a QoS of 0, 1 or 2 behind the direction"),
            ("# out 1 l/# r/", "prefixes without '+' and '#'"),
            ("# out 1 l/ r+", "prefixes without '+' and '#'"),
            ("\"a out", "a quotation mark at the end of the pattern too"),
            ("\"a\"out", "a blank behind the quoted pattern"),
            ("\"\" out 1 l", "a local and a remote prefix with the pattern \"\""),
            ("\"\"", "a local and a remote prefix with the pattern \"\""),
            ("a# out", "a topic filter as pattern, also with the prefixes before it"),
            ("# out 0 l r/", "a topic filter as pattern, also with the prefixes before it"),
        ] {
            assert_eq!(topic(text), format!("expected {expected}"), "{text}");
        }
    }

    #[test]
    fn the_same_mapping_again_widens_it() {
        let mut topics = Vec::new();
        for text in ["a out 1", "a out 1", "a in 2", "a out 0 x/ y/", "b both 0"] {
            add(&mut topics, parse(text).unwrap());
        }
        let shown: Vec<_> =
            topics.iter().map(|it| (&*it.pattern, it.direction, it.qos as u8)).collect();
        let expected =
            [("a", Direction::Both, 2), ("a", Direction::Out, 0), ("b", Direction::Both, 0)];
        assert_eq!(shown, expected);
    }
}
