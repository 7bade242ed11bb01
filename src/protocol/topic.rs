//! Topic Names and Topic Filters: valid by construction, matched level by level.

use std::fmt;
use std::sync::Arc;

use crate::text::contains_any;

/// A topic may have at most this many bytes [MQTT-4.7.3-3].
pub const TOPIC_BYTES_MAX: usize = 65_535;

/// Why a string is no topic name or no topic filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicError {
    /// No character at all [MQTT-4.7.3-1].
    Empty,
    /// More than 65535 bytes [MQTT-4.7.3-3].
    TooLong,
    /// U+0000 [MQTT-4.7.3-2].
    Null,
    /// `+` or `#` in a topic name [MQTT-4.7.0-1].
    Wildcard,
    /// `#` that is not the last character, alone in its level [MQTT-4.7.1-1].
    MultiLevelPlace,
    /// `+` that does not fill its level [MQTT-4.7.1-2].
    SingleLevelPlace,
    /// `$share/` without a share name, with a wildcard in it, or without a filter behind it
    /// [MQTT-4.8.2-1], [MQTT-4.8.2-2].
    ShareName,
}

impl fmt::Display for TopicError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TopicError::Empty => "it is empty",
            TopicError::TooLong => "it is longer than 65535 bytes",
            TopicError::Null => "it contains U+0000",
            TopicError::Wildcard => "it contains '+' or '#'",
            TopicError::MultiLevelPlace => "'#' must be the last level and stand alone",
            TopicError::SingleLevelPlace => "'+' must stand alone in its level",
            TopicError::ShareName => "$share/ needs a share name without wildcards and a filter",
        })
    }
}

impl std::error::Error for TopicError {}

/// A valid Topic Name: what a message is published to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName<'a>(&'a str);

impl<'a> TopicName<'a> {
    /// Checks the rules of section 4.7.
    pub fn new(text: &'a str) -> Result<Self, TopicError> {
        if text.is_empty() {
            return Err(TopicError::Empty);
        }
        if text.len() > TOPIC_BYTES_MAX {
            return Err(TopicError::TooLong);
        }
        if !contains_any(text.as_bytes(), [0, b'+', b'#']) {
            return Ok(TopicName(text));
        }
        let has_null = text.as_bytes().contains(&0);
        Err(if has_null { TopicError::Null } else { TopicError::Wildcard })
    }

    /// A name that was checked before, such as the topic of a stored [`crate::Message`].
    pub(crate) const fn trusted(text: &'a str) -> Self {
        TopicName(text)
    }

    /// The text.
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// Whether it begins with `$`: no leading wildcard matches it [MQTT-4.7.2-1].
    pub fn is_dollar(self) -> bool {
        self.0.starts_with('$')
    }
}

impl fmt::Display for TopicName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The topic of a PUBLISH: a slice of the read buffer, or, when it came as a Topic Alias, the
/// string that the alias stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic<'a> {
    /// Named in the packet.
    Slice(TopicName<'a>),
    /// Named by an alias of this connection. Holds a valid topic name.
    Alias(AliasTopic),
}

/// The string behind a Topic Alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasTopic(Arc<str>);

impl AliasTopic {
    pub(crate) fn new(name: TopicName<'_>) -> Self {
        AliasTopic(Arc::from(name.as_str()))
    }

    /// The shared string.
    pub const fn shared(&self) -> &Arc<str> {
        &self.0
    }
}

impl Topic<'_> {
    /// The topic name.
    pub fn name(&self) -> TopicName<'_> {
        match self {
            Topic::Slice(name) => *name,
            Topic::Alias(alias) => TopicName::trusted(&alias.0),
        }
    }

    /// The shared string, when the topic came as an alias.
    pub const fn shared(&self) -> Option<&Arc<str>> {
        match self {
            Topic::Slice(_) => None,
            Topic::Alias(alias) => Some(alias.shared()),
        }
    }
}

/// A valid Topic Filter: what a client subscribes to. May be a shared subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicFilter<'a>(&'a str);

/// The two parts of `$share/NAME/FILTER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedFilter<'a> {
    /// The share name.
    pub share: &'a str,
    /// The filter that topics are matched against.
    pub filter: TopicFilter<'a>,
}

impl<'a> TopicFilter<'a> {
    /// Checks the rules of sections 4.7 and 4.8.2.
    pub fn new(text: &'a str) -> Result<Self, TopicError> {
        if text.is_empty() {
            return Err(TopicError::Empty);
        }
        if text.len() > TOPIC_BYTES_MAX {
            return Err(TopicError::TooLong);
        }
        if contains_any(text.as_bytes(), [0]) {
            return Err(TopicError::Null);
        }
        let levels = match text.strip_prefix(SHARE_PREFIX) {
            None => text,
            Some(shared) => inner_filter(shared).ok_or(TopicError::ShareName)?,
        };
        check_wildcards(levels)?;
        Ok(TopicFilter(text))
    }

    /// The text as the client wrote it, `$share/` included.
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// The parts of a shared subscription; `None` for any other filter.
    pub fn shared(self) -> Option<SharedFilter<'a>> {
        let (share, filter) = self.0.strip_prefix(SHARE_PREFIX)?.split_once('/')?;
        Some(SharedFilter { share, filter: TopicFilter(filter) })
    }

    /// Whether it contains `+` or `#`.
    pub fn has_wildcard(self) -> bool {
        contains_any(self.0.as_bytes(), [b'+', b'#'])
    }

    /// Whether a topic name matches. A shared filter matches by its inner filter.
    pub fn matches(self, name: TopicName<'_>) -> bool {
        let filter = self.shared().map_or(self.0, |shared| shared.filter.0);
        let begins_with_wildcard = filter.starts_with(['+', '#']);
        if begins_with_wildcard && name.is_dollar() {
            return false;
        }
        let mut levels = name.0.split('/');
        for wanted in filter.split('/') {
            if wanted == "#" {
                return true; // `a/#` also matches `a`
            }
            match levels.next() {
                Some(level) if wanted == "+" || wanted == level => {}
                _ => return false,
            }
        }
        levels.next().is_none()
    }
}

/// What marks a shared subscription (section 4.8.2).
const SHARE_PREFIX: &str = "$share/";

/// The filter in `NAME/FILTER`; `None` when one of the two is missing or the share name has a
/// wildcard [MQTT-4.8.2-1], [MQTT-4.8.2-2].
fn inner_filter(shared: &str) -> Option<&str> {
    let (share, filter) = shared.split_once('/')?;
    let is_valid = !share.is_empty() && !share.contains(['+', '#']) && !filter.is_empty();
    is_valid.then_some(filter)
}

/// Wildcards stand alone in their level, `#` in the last one [MQTT-4.7.1-1], [MQTT-4.7.1-2].
fn check_wildcards(filter: &str) -> Result<(), TopicError> {
    if !contains_any(filter.as_bytes(), [b'+', b'#']) {
        return Ok(());
    }
    let mut levels = filter.split('/').peekable();
    while let Some(level) = levels.next() {
        let is_last = levels.peek().is_none();
        if contains_any(level.as_bytes(), [b'#']) && !(level == "#" && is_last) {
            return Err(TopicError::MultiLevelPlace);
        }
        if contains_any(level.as_bytes(), [b'+']) && level != "+" {
            return Err(TopicError::SingleLevelPlace);
        }
    }
    Ok(())
}

impl fmt::Display for TopicFilter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests;
