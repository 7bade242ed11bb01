//! Topic Aliases of one direction of one connection (section 3.3.2.3.4): what the receiver
//! remembers, and what the sender remembers.

use std::collections::HashMap;

use crate::topic::AliasTopic;
use crate::{TopicName, Violation};

/// The receiver's side: alias to topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReceivedAliases {
    max: u16,
    /// Absent until the first: most connections never have one.
    known: Option<Box<Known>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    /// Alias `n` is at `n - 1`.
    topics: Vec<Option<AliasTopic>>,
}

impl ReceivedAliases {
    pub(crate) const fn new(max: u16) -> Self {
        ReceivedAliases { max, known: None }
    }

    /// Whether there is any.
    pub(crate) const fn are_known(&self) -> bool {
        self.known.is_some()
    }

    /// The place of an alias in the table.
    fn place(&self, alias: u16) -> Result<usize, Violation> {
        match alias.checked_sub(1) {
            None => Err(Violation::TopicAliasZero),
            Some(_) if alias > self.max => {
                Err(Violation::TopicAliasAboveMaximum { alias, max: self.max })
            }
            Some(place) => Ok(usize::from(place)),
        }
    }

    /// From now on the alias stands for this topic.
    pub(crate) fn set(&mut self, alias: u16, name: TopicName<'_>) -> Result<(), Violation> {
        let place = self.place(alias)?;
        let topics = &mut self.known.get_or_insert_default().topics;
        if place >= topics.len() {
            topics.resize(place + 1, None);
        }
        let entry = &mut topics[place];
        let is_known = entry.as_ref().is_some_and(|topic| &**topic.shared() == name.as_str());
        if !is_known {
            *entry = Some(AliasTopic::new(name));
        }
        Ok(())
    }

    /// What the alias stands for.
    pub(crate) fn topic(&self, alias: u16) -> Result<AliasTopic, Violation> {
        let place = self.place(alias)?;
        let entry = self.known.as_ref().and_then(|known| known.topics.get(place)?.as_ref());
        entry.cloned().ok_or(Violation::TopicAliasUnknown(alias))
    }
}

/// How a PUBLISH names its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// By the topic alone.
    Topic,
    /// By topic and alias, which stands for it from then on.
    Introduce(u16),
    /// By the alias alone.
    Alias(u16),
}

/// The sender's side: topic to alias.
#[derive(Debug, Default)]
pub(crate) struct SentAliases {
    max: u16,
    /// Absent until the first: most connections never have one.
    given: Option<Box<Given>>,
}

#[derive(Debug, Default)]
struct Given {
    aliases: HashMap<Box<str>, u16>,
    /// The application chooses aliases itself, so none is chosen for it any more.
    is_chosen_outside: bool,
}

impl SentAliases {
    /// How many aliases the peer allows and we want.
    pub(crate) const fn set_max(&mut self, max: u16) {
        self.max = max;
    }

    /// Whether any alias is or may be used.
    pub(crate) const fn are_used(&self) -> bool {
        self.max > 0
    }

    /// How to name a topic. `chosen` is the application's own choice; above the peer's maximum it
    /// is not used [MQTT-3.3.2-9]. Without a choice aliases go to topics first come, first served.
    pub(crate) fn naming(&self, topic: &str, chosen: Option<u16>) -> Naming {
        if self.max == 0 {
            return Naming::Topic;
        }
        let known = self.given.as_ref().and_then(|given| given.aliases.get(topic).copied());
        match (chosen, known) {
            (Some(alias), Some(known)) if alias == known => Naming::Alias(alias),
            (Some(alias), _) if (1..=self.max).contains(&alias) => Naming::Introduce(alias),
            (Some(_), _) => Naming::Topic,
            (None, Some(known)) => Naming::Alias(known),
            (None, None) => self.next().map_or(Naming::Topic, Naming::Introduce),
        }
    }

    fn next(&self) -> Option<u16> {
        let Some(given) = &self.given else { return Some(1) };
        let used = u16::try_from(given.aliases.len()).unwrap_or(u16::MAX);
        (used < self.max && !given.is_chosen_outside).then_some(used + 1)
    }

    /// A PUBLISH was written that introduces an alias.
    pub(crate) fn introduced(&mut self, topic: &str, alias: u16, chosen: bool) {
        let given = self.given.get_or_insert_default();
        if chosen {
            given.is_chosen_outside = true;
            given.aliases.retain(|_, known| *known != alias);
        }
        given.aliases.insert(Box::from(topic), alias);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_given_first_come_first_served() {
        let mut aliases = SentAliases::default();
        assert_eq!(aliases.naming("a", None), Naming::Topic);
        aliases.set_max(1);
        assert_eq!(aliases.naming("a", None), Naming::Introduce(1));
        aliases.introduced("a", 1, false);
        assert_eq!(aliases.naming("a", None), Naming::Alias(1));
        assert_eq!(aliases.naming("b", None), Naming::Topic);
    }

    #[test]
    fn an_application_may_move_its_alias() {
        let mut aliases = SentAliases::default();
        aliases.set_max(3);
        assert_eq!(aliases.naming("a", Some(2)), Naming::Introduce(2));
        aliases.introduced("a", 2, true);
        assert_eq!(aliases.naming("a", Some(2)), Naming::Alias(2));
        assert_eq!(aliases.naming("b", Some(2)), Naming::Introduce(2));
        aliases.introduced("b", 2, true);
        assert_eq!(aliases.naming("a", Some(2)), Naming::Introduce(2));
        assert_eq!(aliases.naming("a", Some(4)), Naming::Topic);
        assert_eq!(aliases.naming("c", None), Naming::Topic);
    }

    #[test]
    fn mqtt_3_3_2_12_every_alias_up_to_the_maximum_is_accepted() {
        let mut aliases = ReceivedAliases::new(u16::MAX);
        let name = TopicName::new("a").unwrap();
        for alias in [1, 2, 1000, u16::MAX] {
            aliases.set(alias, name).unwrap();
            assert_eq!(&**aliases.topic(alias).unwrap().shared(), "a");
        }
        assert_eq!(aliases.topic(3), Err(Violation::TopicAliasUnknown(3)));
        assert_eq!(aliases.topic(0), Err(Violation::TopicAliasZero));
        let none = ReceivedAliases::new(0);
        let above = Violation::TopicAliasAboveMaximum { alias: 1, max: 0 };
        assert_eq!(none.topic(1), Err(above));
    }
}
