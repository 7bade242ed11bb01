//! Filters of rules as a tree of levels: asking costs the levels of the topic, however many rules
//! there are.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::acl::{Grant, Use};

/// The node above all first levels. It is nobody's child, so its number also stands for no child.
const ROOT: u32 = 0;
const NONE: u32 = ROOT;

/// Most levels of a rule.
pub const LEVELS_MAX: usize = 201;

/// What the rules of one subject say about filters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RuleTree {
    nodes: Vec<Node>,
}

/// One level of one or more rules.
#[derive(Clone, Debug, Default, PartialEq)]
struct Node {
    literal: HashMap<Box<str>, u32, FixedState>,
    /// The child `+`.
    single: u32,
    /// The child `%c`.
    client_id: u32,
    /// The child `%u`.
    username: u32,
    /// Rules that end here …
    here: Grants,
    /// … and those that end with a `#` behind: they hold here and for everything below.
    below: Grants,
}

/// What the rules of one filter say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Grants {
    /// The line of the first `deny`; 0 is none.
    denied_at: u32,
    read: bool,
    write: bool,
}

/// Which texts stand for `%c` and `%u`, where they are substituted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub client_id: &'a str,
    pub username: Option<&'a str>,
}

/// What the matching rules say about a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The line of a `deny`.
    pub denied_at: Option<u32>,
    /// Some rule grants the access.
    pub is_granted: bool,
}

impl Default for RuleTree {
    fn default() -> Self {
        RuleTree { nodes: vec![Node::default()] }
    }
}

impl RuleTree {
    /// Adds a rule. In a tree of patterns `%c` and `%u` stand for names where they fill a level.
    pub fn add(&mut self, filter: &str, is_pattern: bool, grant: Grant, line: u32) {
        let mut at = ROOT as usize;
        let mut is_below = false;
        for level in filter.split('/') {
            if level == "#" {
                is_below = true;
                break;
            }
            at = self.child(at, level, is_pattern);
        }
        let node = &mut self.nodes[at];
        let grants = if is_below { &mut node.below } else { &mut node.here };
        match grant {
            Grant::Deny if grants.denied_at == 0 => grants.denied_at = line.max(1),
            Grant::Deny => {}
            Grant::Read => grants.read = true,
            Grant::Write => grants.write = true,
            Grant::ReadWrite => (grants.read, grants.write) = (true, true),
        }
    }

    fn child(&mut self, at: usize, level: &str, is_pattern: bool) -> usize {
        // A file of 2^32 rules does not fit into memory.
        let new = self.nodes.len() as u32;
        let node = &mut self.nodes[at];
        let child = match level {
            "+" => &mut node.single,
            "%c" if is_pattern => &mut node.client_id,
            "%u" if is_pattern => &mut node.username,
            _ => match node.literal.get_mut(level) {
                Some(child) => child,
                None => node.literal.entry(level.into()).or_insert(NONE),
            },
        };
        if *child == NONE {
            *child = new;
            self.nodes.push(Node::default());
            return new as usize;
        }
        *child as usize
    }

    /// What the rules say about a topic.
    pub fn find(&self, topic: &str, usage: Use, names: Names<'_>) -> Found {
        let mut found = Found::default();
        let asked = Asked { usage, names };
        if topic.starts_with('$') {
            // Only rules that begin with `$` themselves speak of it [MQTT-4.7.2-1].
            let (level, rest) = split(topic);
            if let Some(child) = self.nodes[ROOT as usize].literal.get(level) {
                self.walk(*child, rest, asked, &mut found);
            }
        } else {
            self.walk(ROOT, Some(topic), asked, &mut found);
        }
        found
    }

    /// `rest` is what of the topic lies below the node; `None` is nothing. As deep as the rules
    /// are.
    fn walk(&self, node: u32, rest: Option<&str>, asked: Asked<'_>, found: &mut Found) {
        let node = &self.nodes[node as usize];
        found.take(node.below, asked.usage);
        let Some(rest) = rest else { return found.take(node.here, asked.usage) };
        if found.denied_at.is_some() {
            return;
        }
        let (level, below) = split(rest);
        if let Some(child) = node.literal.get(level) {
            self.walk(*child, below, asked, found);
        }
        if node.single != NONE {
            self.walk(node.single, below, asked, found);
        }
        let Names { client_id, username } = asked.names;
        for (child, name) in [(node.client_id, Some(client_id)), (node.username, username)] {
            if let (true, Some(name)) = (child != NONE, name)
                && let Some(below) = behind(rest, name)
            {
                self.walk(child, below, asked, found);
            }
        }
    }
}

/// What a walk is about.
#[derive(Clone, Copy)]
struct Asked<'a> {
    usage: Use,
    names: Names<'a>,
}

impl Found {
    fn take(&mut self, grants: Grants, usage: Use) {
        if grants.denied_at != 0 && self.denied_at.is_none() {
            self.denied_at = Some(grants.denied_at);
        }
        self.is_granted |= match usage {
            Use::Read => grants.read,
            Use::Write => grants.write,
        };
    }
}

/// The first level, and what lies below it.
fn split(topic: &str) -> (&str, Option<&str>) {
    match topic.split_once('/') {
        Some((level, rest)) => (level, Some(rest)),
        None => (topic, None),
    }
}

/// What lies below a name that the topic begins with. The name may have several levels.
fn behind<'a>(topic: &'a str, name: &str) -> Option<Option<&'a str>> {
    let rest = topic.strip_prefix(name)?;
    match rest.strip_prefix('/') {
        Some(below) => Some(Some(below)),
        None => rest.is_empty().then_some(None),
    }
}
