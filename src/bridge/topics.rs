//! What a topic is called on the other side.

use crate::config::bridge::BridgeTopic;
use crate::protocol::{TopicFilter, TopicName};

/// One mapping in one direction.
#[derive(Clone, Debug)]
struct Rule {
    /// The prefix and the pattern together.
    filter: String,
    prefix: String,
    other_prefix: String,
}

impl Rule {
    fn map(&self, topic: &str) -> Option<String> {
        let filter = TopicFilter::new(&self.filter).ok()?;
        if !filter.matches(TopicName::new(topic).ok()?) {
            return None;
        }
        let mapped = format!("{}{}", self.other_prefix, topic.strip_prefix(&*self.prefix)?);
        TopicName::new(&mapped).is_ok().then_some(mapped)
    }
}

/// The topics of a bridge, both ways. Where several match, the first one counts.
#[derive(Clone, Debug, Default)]
pub(super) struct TopicMap {
    outward: Vec<Rule>,
    inward: Vec<Rule>,
}

impl TopicMap {
    pub fn new(topics: &[BridgeTopic]) -> Self {
        let mut map = TopicMap::default();
        for topic in topics {
            let (local, remote) = (&topic.local_prefix, &topic.remote_prefix);
            if topic.direction.is_out() {
                map.outward.push(Rule {
                    filter: topic.local_filter(),
                    prefix: local.clone(),
                    other_prefix: remote.clone(),
                });
            }
            if topic.direction.is_in() {
                map.inward.push(Rule {
                    filter: topic.remote_filter(),
                    prefix: remote.clone(),
                    other_prefix: local.clone(),
                });
            }
        }
        map
    }

    /// What a topic of this broker is called at the remote one; `None` if it does not go there.
    pub fn outward(&self, topic: &str) -> Option<String> {
        self.outward.iter().find_map(|rule| rule.map(topic))
    }

    /// What a topic of the remote broker is called here; `None` if it does not come here.
    pub fn inward(&self, topic: &str) -> Option<String> {
        self.inward.iter().find_map(|rule| rule.map(topic))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::bridge::Direction;
    use crate::protocol::QoS;

    fn topic(pattern: &str, direction: Direction, local: &str, remote: &str) -> BridgeTopic {
        BridgeTopic {
            pattern: pattern.to_owned(),
            direction,
            qos: QoS::AtMostOnce,
            local_prefix: local.to_owned(),
            remote_prefix: remote.to_owned(),
        }
    }

    #[test]
    fn prefixes_are_put_on_and_taken_off() {
        let map = TopicMap::new(&[topic("a/#", Direction::Both, "here/", "there/x/")]);
        assert_eq!(map.outward("here/a/b"), Some("there/x/a/b".to_owned()));
        assert_eq!(map.inward("there/x/a/b"), Some("here/a/b".to_owned()));
        for topic in ["a/b", "there/x/a/b", "here/b", "here"] {
            assert_eq!(map.outward(topic), None, "{topic}");
        }
        assert_eq!(map.inward("here/a/b"), None);
    }

    #[test]
    fn directions_are_apart() {
        let topics = [topic("o", Direction::Out, "", "r/"), topic("i", Direction::In, "l/", "")];
        let map = TopicMap::new(&topics);
        assert_eq!(map.outward("o"), Some("r/o".to_owned()));
        assert_eq!((map.outward("i"), map.outward("l/i")), (None, None));
        assert_eq!(map.inward("i"), Some("l/i".to_owned()));
        assert_eq!((map.inward("o"), map.inward("r/o")), (None, None));
    }

    #[test]
    fn an_empty_pattern_maps_one_topic() {
        let map = TopicMap::new(&[topic("", Direction::Both, "this/one", "that")]);
        assert_eq!(map.outward("this/one"), Some("that".to_owned()));
        assert_eq!(map.inward("that"), Some("this/one".to_owned()));
        assert_eq!(map.outward("this/one/more"), None);
    }

    #[test]
    fn prefixes_are_only_put_together() {
        let map = TopicMap::new(&[topic("x", Direction::Out, "a", "b/")]);
        assert_eq!(map.outward("ax"), Some("b/x".to_owned()));
    }

    #[test]
    fn the_first_of_several_counts_and_dollar_topics_need_their_name() {
        let topics = [
            topic("a/#", Direction::Out, "", "1/"),
            topic("#", Direction::Out, "", "2/"),
            topic("$SYS/#", Direction::Out, "", "sys/"),
        ];
        let map = TopicMap::new(&topics);
        assert_eq!(map.outward("a/b"), Some("1/a/b".to_owned()));
        assert_eq!(map.outward("b"), Some("2/b".to_owned()));
        assert_eq!(map.outward("$SYS/x"), Some("sys/$SYS/x".to_owned()));
    }

    #[test]
    fn a_topic_that_is_none_on_the_other_side_does_not_go_there() {
        let map = TopicMap::new(&[topic("#", Direction::Out, "l/", "")]);
        assert_eq!(map.outward("l/"), None);
        assert_eq!(map.outward("l"), None);
    }

    proptest! {
        #[test]
        fn out_and_in_are_inverse(
            local in "([ab]{0,2}/){0,2}",
            remote in "([cd]{0,2}/){0,2}",
            pattern in "([a-c+]{1}/){0,2}[a-c#]{1}",
            rest in "([a-c]{1}/){0,3}[a-c]{1}",
        ) {
            let map = TopicMap::new(&[topic(&pattern, Direction::Both, &local, &remote)]);
            let here = format!("{local}{rest}");
            if let Some(there) = map.outward(&here) {
                prop_assert!(there.starts_with(&*remote));
                prop_assert_eq!(map.inward(&there), Some(here));
            }
        }
    }
}
