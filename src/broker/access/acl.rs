//! The rules of one `acl_file`, and what they say: `user`, `topic` and `pattern` lines.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::tree::{Found, LEVELS_MAX, Names, RuleTree};
use crate::protocol::{TopicFilter, TopicName};

/// Whose a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// Clients without a user name: `topic` lines before the first `user` line.
    Anonymous,
    /// Clients with this user name: `topic` lines behind its `user` line.
    User(&'a str),
    /// All clients: `pattern` lines.
    Everybody,
}

/// What a rule grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// `read`
    Read,
    /// `write`
    Write,
    /// `readwrite`
    ReadWrite,
    /// `deny`: neither, whatever other rules of the same group say.
    Deny,
}

/// What a topic is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// To get its messages.
    Read,
    /// To publish to it.
    Write,
}

/// Why an access is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// Nobody may: the broker's own rules.
    BuiltIn,
    /// No rule grants it.
    NoRule,
    /// A `deny` in this line.
    Line(u32),
    /// There are patterns, and the client id or user name has a `+` or `#` in it.
    DangerousName,
    /// It is not known by which listener the client came, and they have different rules.
    UnknownListener,
}

/// A rule with more levels than any topic may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyLevels;

/// The rules of one file. What no rule grants is denied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Acl {
    file: Arc<str>,
    anonymous: RuleTree,
    users: HashMap<Box<str>, u32, FixedState>,
    of_users: Vec<RuleTree>,
    patterns: RuleTree,
    has_patterns: bool,
}

impl Acl {
    /// No rule yet. `file` is the name that messages give it.
    pub fn new(file: &str) -> Self {
        Acl { file: Arc::from(file), ..Acl::default() }
    }

    /// The name of the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Adds a rule from this line of the file.
    ///
    /// # Errors
    /// More levels than a topic may have.
    pub fn add(
        &mut self,
        subject: Subject<'_>,
        grant: Grant,
        filter: TopicFilter<'_>,
        line: u32,
    ) -> Result<(), TooManyLevels> {
        if filter.as_str().split('/').nth(LEVELS_MAX).is_some() {
            return Err(TooManyLevels);
        }
        let is_pattern = subject == Subject::Everybody;
        let tree = match subject {
            Subject::Anonymous => &mut self.anonymous,
            Subject::User(name) => {
                let slot = match self.users.get(name) {
                    Some(slot) => *slot,
                    None => {
                        self.of_users.push(RuleTree::default());
                        // As many as the file has lines.
                        let slot = self.of_users.len() as u32 - 1;
                        self.users.insert(name.into(), slot);
                        slot
                    }
                };
                &mut self.of_users[slot as usize]
            }
            Subject::Everybody => {
                self.has_patterns = true;
                &mut self.patterns
            }
        };
        tree.add(filter.as_str(), is_pattern, grant, line);
        Ok(())
    }

    /// Whether a client may read or write a topic, by these rules alone.
    ///
    /// # Errors
    /// Why not.
    pub fn ask(
        &self,
        username: Option<&str>,
        client_id: &str,
        usage: Use,
        topic: TopicName<'_>,
    ) -> Result<(), Denial> {
        self.judge(self.user(username), Names { client_id, username }, usage, topic)
    }

    /// Where the rules of a user stand, so that the name is looked up once; `None` for a user
    /// without rules, and for the anonymous.
    pub(super) fn user(&self, username: Option<&str>) -> Option<u32> {
        self.users.get(username?).copied()
    }

    /// Whether patterns are of no use to a client of this name: it would match more than its own
    /// place.
    pub(super) fn is_dangerous(&self, name: &str) -> bool {
        self.has_patterns && name.contains(['+', '#'])
    }

    /// The verdict: a `deny` of the user's own rules, then their grants, then the same of the
    /// patterns. `user` is what [`Acl::user`] answered for the user name.
    pub(super) fn judge(
        &self,
        user: Option<u32>,
        names: Names<'_>,
        usage: Use,
        topic: TopicName<'_>,
    ) -> Result<(), Denial> {
        let own = match (user, names.username) {
            (Some(slot), _) => self.of_users.get(slot as usize),
            (None, None) => Some(&self.anonymous),
            (None, Some(_)) => None,
        };
        if let Some(verdict) = own.and_then(|own| own.find(topic.as_str(), usage, names).verdict())
        {
            return verdict;
        }
        if !self.has_patterns {
            return Err(Denial::NoRule);
        }
        let mut all_names = [Some(names.client_id), names.username].into_iter().flatten();
        if all_names.any(|name| self.is_dangerous(name)) {
            return Err(Denial::DangerousName);
        }
        let found = self.patterns.find(topic.as_str(), usage, names);
        found.verdict().unwrap_or(Err(Denial::NoRule))
    }
}

impl Found {
    /// What follows from the rules of one group, if anything does.
    fn verdict(self) -> Option<Result<(), Denial>> {
        match self.denied_at {
            Some(line) => Some(Err(Denial::Line(line))),
            None => self.is_granted.then_some(Ok(())),
        }
    }
}
