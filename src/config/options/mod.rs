//! The one table of options: parser, `--set`, help and man page are made from it.

mod bridge;
mod bridge_tls;
mod front;
mod keep;
mod legacy;
mod limits;
mod listener;
mod log;
mod ours;
mod process;
mod refused;
mod rules;
mod tls;
mod unsupported;
mod words;

use crate::config::Problem;
use crate::config::bridge::draft::BridgeDraft;
use crate::config::draft::{Draft, ListenerDraft};
use crate::config::parse::{self, NotInteger, TEXT_BYTES_MAX};

pub use refused::refused;
pub use unsupported::is_unsupported;

/// One option.
#[derive(Debug)]
pub struct OptionRow {
    /// Its name.
    pub name: &'static str,
    /// What holds where it is not given, as one would write it, or in words in parentheses.
    pub default: &'static str,
    /// Whether a reload of the configuration changes it.
    pub reload: Reload,
    /// What it does, in one or two sentences.
    pub help: &'static str,
    /// What to use instead, for an option that is deprecated.
    pub deprecated: Option<&'static str>,
    pub(super) apply: Apply,
}

/// Whether a reload changes an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// At once.
    Yes,
    /// At the next start only.
    No,
}

/// Where an option belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// To the whole broker.
    Global,
    /// To the listener whose block it stands in; outside of a block to the default listener.
    Listener,
    /// To the listener whose block it stands in, and only there.
    ListenerBlock,
    /// To the bridge whose block it stands in, and only there.
    Bridge,
}

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true`, `false`, `1` or `0`.
    Bool,
    /// An integer within these bounds, both included.
    Int(i64, i64),
    /// One word.
    Word,
    /// The rest of the line.
    Text,
    /// `listener`.
    Listener,
    /// `include_dir`.
    Folder,
    /// Anything: it has no effect, and that is told.
    Anything,
}

/// How an option is carried out.
#[derive(Debug)]
pub(super) enum Apply {
    /// Sets something of the whole broker.
    Global(Set<Draft>),
    /// A security option: sets something of the whole broker or, with `per_listener_settings true`, of
    /// a listener that must have been opened before.
    Security(Set<Draft>, Set<ListenerDraft>),
    /// Sets something of a listener, or else of the default listener.
    Listener(Set<ListenerDraft>),
    /// Sets something of a listener that must have been opened before.
    Block(Set<ListenerDraft>),
    /// `port` and `bind_address`: sets and opens the default listener.
    Default(Set<ListenerDraft>),
    /// `listener`: opens a block.
    Open,
    /// Sets something of a bridge that must have been opened before.
    Bridge(Set<BridgeDraft>),
    /// `connection`: opens the block of a bridge.
    Connection,
    /// `include_dir`: reads more files.
    Include,
    /// Accepted and told to be without effect, as in mosquitto.
    Obsolete,
    /// Checked, accepted and told to be without effect here, with the reason.
    Ignored(Kind, &'static str),
}

/// A value of a certain kind and what to do with it.
#[derive(Debug)]
pub(super) enum Set<T: 'static> {
    Bool(fn(&mut T, bool)),
    /// With the smallest and the largest value.
    Int(i64, i64, fn(&mut T, i64)),
    /// One word, with the words to show for it; what follows is ignored.
    Word(&'static str, fn(&mut T, &str) -> Result<(), Wrong>),
    /// The rest of the line, with the words to show for it.
    Text(&'static str, Times, fn(&mut T, &str) -> Result<(), Wrong>),
}

/// How often a string may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    /// A second one is an error.
    Once,
    /// The last one wins, or they add up.
    Many,
}

/// What is wrong with a value.
#[derive(Debug)]
pub(super) enum Wrong {
    /// It should have been this.
    Expected(&'static str),
    /// It is right, but we do not have it yet; with what to do instead.
    Unsupported(&'static str),
    /// A topic with a wildcard where none may be.
    Wildcard,
    /// More characters than this.
    TooLong(usize),
    /// This, in mosquitto's words.
    Said(&'static str),
    /// It may be given once.
    Duplicate,
    /// Something is missing.
    Empty,
    /// `per_listener_settings` behind security options.
    TooLate,
}

const fn row(
    name: &'static str,
    default: &'static str,
    reload: Reload,
    help: &'static str,
    apply: Apply,
) -> OptionRow {
    OptionRow { name, default, reload, help, deprecated: None, apply }
}

const fn deprecated(instead: &'static str, row: OptionRow) -> OptionRow {
    OptionRow { deprecated: Some(instead), ..row }
}

/// The headings and their options.
pub const GROUPS: &[(&str, &[OptionRow])] = &[
    ("Listeners", listener::ROWS),
    ("Listeners with TLS", tls::ROWS),
    ("WebSocket and PROXY protocol", front::ROWS),
    ("Clients and limits", rules::CLIENTS),
    ("Messages and sessions", rules::MESSAGES),
    ("Bridges", bridge::ROWS),
    ("Who a bridge is", bridge::IDENTITY),
    ("TLS of bridges", bridge_tls::ROWS),
    ("Persistence", keep::ROWS),
    ("Process", process::PROCESS),
    ("Log", log::ROWS),
    ("Log of the system", process::SYSLOG),
    ("Files", log::FILES),
    ("Options that mosquitto does not know", ours::ROWS),
    ("Limits that mosquitto does not know", limits::ROWS),
    ("Persistence that mosquitto does not know", keep::OURS),
    ("Bridges: what mosquitto does not know", bridge::OURS),
    ("Log and metrics that mosquitto does not know", process::OURS),
    ("Options without effect", legacy::ROWS),
];

/// All options.
pub fn all() -> impl Iterator<Item = &'static OptionRow> {
    GROUPS.iter().flat_map(|(_, rows)| rows.iter())
}

/// The option with this name.
pub fn find(name: &str) -> Option<&'static OptionRow> {
    all().find(|row| row.name == name)
}

/// The option whose name is nearest to what was written, if it is near.
pub fn similar(name: &str) -> Option<&'static str> {
    let (distance, nearest) = all().map(|row| (distance(row.name, name), row.name)).min()?;
    (distance <= 2 && distance * 3 < name.len()).then_some(nearest)
}

/// What `compat mosquitto` sets where nothing else is said: mosquitto's side wherever ours differs.
pub(super) const COMPAT_MOSQUITTO: &[(&str, &str)] = &[
    ("strict_connect_flags", "true"),
    ("will_on_takeover", "false"),
    ("will_on_revoke", "false"),
    ("check_will_at_connect", "false"),
    ("check_retain_source", "false"),
    ("allow_duplicate_messages", "true"),
    ("max_inflight_messages", "20"),
    ("max_queued_messages", "1000"),
    ("max_queued_bytes", "0"),
    ("max_queued_bytes_total", "0"),
    ("max_will_bytes_total", "0"),
];

impl OptionRow {
    /// Where it belongs.
    pub const fn scope(&self) -> Scope {
        match self.apply {
            Apply::Global(_)
            | Apply::Security(..)
            | Apply::Open
            | Apply::Connection
            | Apply::Include
            | Apply::Obsolete
            | Apply::Ignored(..) => Scope::Global,
            Apply::Listener(_) | Apply::Default(_) => Scope::Listener,
            Apply::Block(_) => Scope::ListenerBlock,
            Apply::Bridge(_) => Scope::Bridge,
        }
    }

    /// Its argument, for help and man page.
    pub fn argument(&self) -> String {
        match &self.apply {
            Apply::Global(set) | Apply::Security(set, _) => set.argument(),
            Apply::Listener(set) | Apply::Block(set) | Apply::Default(set) => set.argument(),
            Apply::Bridge(set) => set.argument(),
            Apply::Connection => "NAME".to_owned(),
            Apply::Open => "PORT [HOST] | 0 PATH".to_owned(),
            Apply::Include => "DIR".to_owned(),
            Apply::Obsolete | Apply::Ignored(..) => "...".to_owned(),
        }
    }

    /// Whether `per_listener_settings true` makes it an option of listeners.
    pub const fn is_security(&self) -> bool {
        matches!(self.apply, Apply::Security(..))
    }

    /// Whether it opens the block of a bridge.
    pub(super) const fn is_connection(&self) -> bool {
        matches!(self.apply, Apply::Connection)
    }

    /// The default without the parentheses that mark words.
    pub fn default_text(&self) -> &'static str {
        let inner = self.default.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        inner.unwrap_or(self.default)
    }

    /// What it takes.
    pub const fn kind(&self) -> Kind {
        match &self.apply {
            Apply::Global(set) | Apply::Security(set, _) => set.kind(),
            Apply::Listener(set) | Apply::Block(set) | Apply::Default(set) => set.kind(),
            Apply::Bridge(set) => set.kind(),
            Apply::Connection => Kind::Word,
            Apply::Open => Kind::Listener,
            Apply::Include => Kind::Folder,
            Apply::Ignored(kind, _) => *kind,
            Apply::Obsolete => Kind::Anything,
        }
    }

    /// Whether it may be given more than once: the last one wins, or they add up.
    pub const fn may_repeat(&self) -> bool {
        match &self.apply {
            Apply::Global(set) | Apply::Security(set, _) => set.may_repeat(),
            Apply::Listener(set) | Apply::Block(set) | Apply::Default(set) => set.may_repeat(),
            Apply::Bridge(set) => set.may_repeat(),
            Apply::Open
            | Apply::Connection
            | Apply::Include
            | Apply::Obsolete
            | Apply::Ignored(..) => true,
        }
    }
}

impl<T> Set<T> {
    fn argument(&self) -> String {
        match self {
            Set::Bool(_) => "true|false".to_owned(),
            Set::Int(..) => "N".to_owned(),
            Set::Word(shown, _) | Set::Text(shown, _, _) => (*shown).to_owned(),
        }
    }

    const fn kind(&self) -> Kind {
        match self {
            Set::Bool(_) => Kind::Bool,
            Set::Int(min, max, _) => Kind::Int(*min, *max),
            Set::Word(..) => Kind::Word,
            Set::Text(..) => Kind::Text,
        }
    }

    const fn may_repeat(&self) -> bool {
        !matches!(self, Set::Text(_, Times::Once, _))
    }

    /// Parses the value and carries it out on `target`.
    pub fn apply(&self, target: &mut T, name: &'static str, value: &str) -> Result<(), Problem> {
        let word = parse::word(value);
        if word.is_empty() {
            return Err(Problem::Empty(name));
        }
        match self {
            Set::Bool(set) => {
                let value =
                    parse::boolean(word).ok_or_else(|| invalid(name, word, "true or false"))?;
                set(target, value);
                Ok(())
            }
            Set::Int(min, max, set) => {
                set(target, parse_int(name, word, *min, *max)?);
                Ok(())
            }
            Set::Word(_, set) => set(target, word).map_err(|wrong| wrong.with(name, word)),
            Set::Text(_, _, set) => {
                let text = value.trim();
                if text.len() > TEXT_BYTES_MAX {
                    return Err(Problem::TooLong(name));
                }
                set(target, text).map_err(|wrong| wrong.with(name, text))
            }
        }
    }
}

impl Kind {
    /// Whether a value is of this kind, for an option that does nothing with it.
    pub(super) fn check(self, name: &'static str, value: &str) -> Result<(), Problem> {
        fn ignore<T>(_: &mut (), _: T) {}
        match self {
            Kind::Bool => Set::Bool(ignore).apply(&mut (), name, value),
            Kind::Int(min, max) => Set::Int(min, max, ignore).apply(&mut (), name, value),
            _ => Ok(()),
        }
    }
}

impl Wrong {
    fn with(self, name: &'static str, value: &str) -> Problem {
        match self {
            Wrong::Expected(expected) => invalid(name, value, expected),
            Wrong::Unsupported(instead) => {
                Problem::UnsupportedValue { name, value: value.to_owned(), instead }
            }
            Wrong::Wildcard => Problem::Wildcard { name, value: value.to_owned() },
            Wrong::TooLong(max) => Problem::TooManyChars { name, max },
            Wrong::Said(text) => Problem::Combination(text),
            Wrong::Duplicate => Problem::Duplicate(name),
            Wrong::Empty => Problem::Empty(name),
            Wrong::TooLate => Problem::TooLate(name),
        }
    }
}

pub(super) fn invalid(name: &'static str, value: &str, expected: &str) -> Problem {
    Problem::Invalid { name, value: value.to_owned(), expected: expected.to_owned() }
}

/// An integer between bounds. mosquitto's options are 32 bits wide, and it tells a number that does
/// not fit into those apart from one that makes no sense.
fn parse_int(name: &'static str, word: &str, min: i64, max: i64) -> Result<i64, Problem> {
    let value = match parse::integer(word) {
        Ok(value) => value,
        Err(NotInteger::NotANumber) => return Err(Problem::NotANumber(name)),
        Err(NotInteger::TooLarge) => return Err(Problem::OutOfRange { name, min, max }),
    };
    if (min..=max).contains(&value) {
        return Ok(value);
    }
    if let Some(sentence) = words::out_of_bounds(name) {
        return Err(Problem::Worded(sentence));
    }
    if i32::try_from(value).is_err() {
        return Err(Problem::OutOfRange { name, min, max });
    }
    let expected = match max {
        i64::MAX => format!("an integer of at least {min}"),
        max => format!("an integer from {min} to {max}"),
    };
    Err(invalid(name, word, &expected))
}

/// How many characters must be inserted, removed or replaced to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
