//! The options of the client tools: one table gives the parser, the help, the man pages and the
//! completions.
//!
//! clap renders help, completions and man pages from it, but does not parse these tools' command
//! lines: in mosquitto's grammar the first wrong word decides the message, values may begin with a
//! dash, a later option undoes an earlier one, and the arity of `-D` depends on its second word.

mod check;
mod connection;
mod lab;
mod later;
mod own;
mod pipes;
mod publish;
mod request;
mod retained;
mod secret;
mod subscribe;
mod tls;
mod transport;
mod watch;
mod will;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::cli::compat::Compat;
use crate::cli::draft::Draft;
use crate::cli::errors::{Problem, Stop};
use crate::cli::options::Called;

pub use later::unavailable;
pub use transport::TransportDraft;

/// The client tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `lastwill sub`, `mosquitto_sub`.
    Sub,
    /// `lastwill pub`, `mosquitto_pub`.
    Pub,
    /// `lastwill rr`, `mosquitto_rr`.
    Rr,
    /// `lastwill retained`: retained messages by hand.
    Retained,
    /// `lastwill conn`: connect and hold a will.
    Conn,
    /// `lastwill watch`: who is online.
    Watch,
    /// `lastwill wills`: which wills the broker holds.
    Wills,
    /// `lastwill check`.
    Check,
}

impl Tool {
    /// Its name as a subcommand.
    pub const fn name(self) -> &'static str {
        match self {
            Tool::Sub => "sub",
            Tool::Pub => "pub",
            Tool::Rr => "rr",
            Tool::Retained => "retained",
            Tool::Conn => "conn",
            Tool::Watch => "watch",
            Tool::Wills => "wills",
            Tool::Check => "check",
        }
    }

    /// The name under which mosquitto installs it, and that of its options file. Tools that mosquitto
    /// lacks have a name of the same form for the file.
    pub const fn mosquitto_name(self) -> &'static str {
        match self {
            Tool::Sub => "mosquitto_sub",
            Tool::Pub => "mosquitto_pub",
            Tool::Rr => "mosquitto_rr",
            Tool::Retained => "lastwill_retained",
            Tool::Conn => "lastwill_conn",
            Tool::Watch => "lastwill_watch",
            Tool::Wills => "lastwill_wills",
            Tool::Check => "lastwill_check",
        }
    }
}

/// Which words follow an option.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// None.
    Nothing,
    /// One.
    One {
        /// How help calls it.
        placeholder: &'static str,
        /// How the message about its absence calls it.
        noun: &'static str,
    },
    /// `-D`: command, property, and one word, or two for a user property.
    Property,
    /// None, or one that is joined to it: `--option=VALUE`.
    Joined {
        /// How help calls it.
        placeholder: &'static str,
    },
}

/// The heading under which help shows an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Where to connect and as whom.
    Connection,
    /// Encryption, and who is who.
    Tls,
    /// The life of the session.
    Session,
    /// What is subscribed to, and when to stop.
    Subscription,
    /// How messages are printed.
    Output,
    /// What else is done with messages.
    Handling,
    /// What is published, and how often.
    Publishing,
    /// Where responses are awaited, and how many.
    Response,
    /// What the broker publishes when the client dies.
    Will,
    /// How the client ends.
    Ending,
    /// A topic that says whether the client is online.
    Presence,
    /// What is examined.
    Examination,
    /// Everything else.
    General,
}

impl Group {
    /// Whether its options say where to connect, as whom, and how: those can stand in the
    /// environment and in a profile.
    const fn is_about_connection(self) -> bool {
        matches!(self, Group::Connection | Group::Session)
    }

    /// The heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Group::Connection => "Connection",
            Group::Tls => "TLS",
            Group::Session => "Session",
            Group::Subscription => "Subscription",
            Group::Output => "Output",
            Group::Handling => "Handling",
            Group::Publishing => "Message",
            Group::Response => "Response",
            Group::Will => "Last Will",
            Group::Ending => "The end",
            Group::Presence => "Presence",
            Group::Examination => "Examination",
            Group::General => "General",
        }
    }
}

/// Does what an option asks for.
pub type Apply = fn(&mut Draft, &Typed<'_>) -> Result<(), Stop>;

/// One option.
#[derive(Debug)]
pub struct Row {
    /// `-t`.
    pub short: Option<char>,
    /// `--topic`, without the dashes.
    pub long: Option<&'static str>,
    /// What follows it.
    pub takes: Takes,
    /// Which tools know it.
    pub tools: &'static [Tool],
    /// Where help shows it; `None` hides it: it is recognised to be refused.
    pub group: Option<Group>,
    /// One sentence for help.
    pub help: &'static str,
    /// What it does.
    pub apply: Apply,
    /// Whether version 2.0 of mosquitto's clients does not know it.
    pub is_new: bool,
    /// Whether it is our own: then it exists under our own name only.
    pub own: bool,
    /// Whether its one value may be left out under lastwill's own name: at the end of the words, or
    /// where another option follows.
    pub is_value_optional: bool,
    /// Its name in the environment and in profiles where that is not the long one.
    pub other_key: Option<&'static str>,
}

impl Row {
    /// The option as messages name it: in its short form if it has one.
    pub fn shown(&self) -> String {
        match (self.short, self.long) {
            (Some(short), _) => format!("-{short}"),
            (None, long) => format!("--{}", long.unwrap_or_default()),
        }
    }

    /// Whether the version that is followed knows it.
    pub fn is_in(&self, compat: Compat) -> bool {
        !(self.is_new && compat.is_20())
    }

    /// Its name in a profile, and in capitals behind `LASTWILL_` in the environment; `None` if it
    /// is for the command line only.
    pub fn key(&self) -> Option<&'static str> {
        let is_known = self.group.is_some_and(Group::is_about_connection)
            && !matches!(self.takes, Takes::Property);
        if is_known { self.other_key.or(self.long) } else { None }
    }

    /// Whether its value is a secret as a whole.
    pub fn is_secret(&self) -> bool {
        self.key().is_some_and(Row::is_secret_key)
    }

    /// Whether the option with this key has a secret as its value.
    pub fn is_secret_key(key: &str) -> bool {
        matches!(key, "password" | "psk")
    }

    /// Whether its value is a URL, which may hold a password.
    pub fn is_url(&self) -> bool {
        matches!(self.takes, Takes::One { placeholder: "URL", .. })
    }

    /// Whether its value is a whole number.
    pub fn is_number(&self) -> bool {
        matches!(self.takes, Takes::One { placeholder: "PORT" | "SECONDS" | "COUNT" | "QOS", .. })
    }

    /// How many of the words in `rest` belong to the option.
    pub fn count(&self, tool: Tool, called: Called, rest: &[OsString]) -> usize {
        let is_next_option = || rest.first().is_none_or(|next| find(tool, called, next).is_some());
        let may_lack = self.is_value_optional && called == Called::Lastwill;
        if may_lack && is_next_option() { 0 } else { self.takes.count(rest) }
    }

    /// The message for a missing value.
    fn missing(&self) -> Problem {
        match (self.takes, self.short) {
            (Takes::Property, _) => Problem::option(
                "Error: --property argument given but not enough arguments specified.",
            ),
            (_, Some('V')) => Problem::option(
                "Error: --protocol-version argument given but no version specified.",
            ),
            (_, Some('M')) => {
                Problem::option("Error: -M argument given but max_inflight not specified.")
            }
            (Takes::One { noun, .. }, _) => Problem::option(format!(
                "Error: {} argument given but no {noun} specified.",
                self.shown()
            )),
            (Takes::Nothing | Takes::Joined { .. }, _) => Problem::option(format!(
                "Error: {} argument given but no value specified.",
                self.shown()
            )),
        }
    }
}

/// An option as it was typed.
pub struct Typed<'a> {
    /// Which one.
    pub row: &'static Row,
    /// The words that follow it, as many as it takes or as there are.
    pub words: &'a [OsString],
}

impl<'a> Typed<'a> {
    /// The value; a [`Problem`] that names the option when it is missing.
    pub fn value(&self) -> Result<&'a OsStr, Problem> {
        self.words.first().map(OsString::as_os_str).ok_or_else(|| self.row.missing())
    }

    /// The value as bytes.
    pub fn bytes(&self) -> Result<&'a [u8], Problem> {
        self.value().map(OsStr::as_bytes)
    }

    /// The value as text; what is no UTF-8 becomes U+FFFD.
    pub fn text(&self) -> Result<String, Problem> {
        Ok(self.value()?.to_string_lossy().into_owned())
    }

    /// The value as C's `atoi` reads it.
    pub fn number(&self) -> Result<i32, Problem> {
        self.bytes().map(crate::cli::number::atoi)
    }
}

/// How many words `-D` takes when `rest` follows it: its property decides.
fn property_words(rest: &[OsString]) -> usize {
    let is_pair = rest.get(1).is_some_and(|word| word.eq_ignore_ascii_case("user-property"));
    if is_pair { 4 } else { 3 }
}

impl Takes {
    /// How many of the words in `rest` belong to the option.
    pub fn count(self, rest: &[OsString]) -> usize {
        let wanted = match self {
            Takes::Nothing | Takes::Joined { .. } => 0,
            Takes::One { .. } => 1,
            Takes::Property => property_words(rest),
        };
        wanted.min(rest.len())
    }
}

/// The options of one tool under one of its names, in the order of help.
pub fn rows(tool: Tool, called: Called) -> impl Iterator<Item = &'static Row> {
    [
        connection::ROWS,
        transport::ROWS,
        secret::ROWS,
        tls::ROWS,
        own::ROWS,
        subscribe::ROWS,
        publish::ROWS,
        request::ROWS,
        retained::ROWS,
        pipes::ROWS,
        will::ROWS,
        lab::WILL,
        lab::ROWS,
        watch::ROWS,
        check::ROWS,
        connection::GENERAL,
        secret::GENERAL,
        own::GENERAL,
        later::ROWS,
    ]
    .into_iter()
    .flatten()
    .filter(move |row| row.tools.contains(&tool) || tool == Tool::Check && check::takes(row))
    .filter(move |row| !row.own || called == Called::Lastwill)
}

/// The option that a word names; long and short names are never abbreviated.
pub fn find(tool: Tool, called: Called, word: &OsStr) -> Option<&'static Row> {
    let word = word.to_str()?;
    match word.strip_prefix("--") {
        Some(long) => rows(tool, called).find(|row| row.long == Some(long)),
        None => {
            let mut letters = word.strip_prefix('-')?.chars();
            let (letter, rest) = (letters.next()?, letters.next());
            rows(tool, called).find(|row| rest.is_none() && row.short == Some(letter))
        }
    }
}

/// The value of the last option of this name; a word that is the value of another option is none.
pub fn last_value<'a>(
    tool: Tool,
    called: Called,
    words: &'a [OsString],
    name: &str,
) -> Option<&'a OsStr> {
    let mut value = None;
    let mut rest = words;
    while let [word, following @ ..] = rest {
        let joined = word.as_bytes().strip_prefix(name.as_bytes());
        if let Some(joined) = joined.and_then(|rest| rest.strip_prefix(b"=")) {
            value = Some(OsStr::from_bytes(joined));
        } else if word == name {
            value = following.first().map(OsString::as_os_str).or(value);
        }
        let count = find(tool, called, word).map_or(0, |row| row.count(tool, called, following));
        rest = &following[count..];
    }
    value
}

/// The message for `-o` without a file.
pub fn missing_options_file() -> Problem {
    Problem::option("Error: -o argument given but no options file specified.")
}

const ALL: &[Tool] =
    &[Tool::Sub, Tool::Pub, Tool::Rr, Tool::Conn, Tool::Watch, Tool::Wills, Tool::Retained];
const SUB_PUB_RR: &[Tool] = &[Tool::Sub, Tool::Pub, Tool::Rr];
const CONN: &[Tool] = &[Tool::Conn];
const WILLS: &[Tool] = &[Tool::Wills];
const WATCH: &[Tool] = &[Tool::Watch];
const SUB: &[Tool] = &[Tool::Sub];
const PUB: &[Tool] = &[Tool::Pub];
const RETAINED: &[Tool] = &[Tool::Retained];
const CHECK: &[Tool] = &[Tool::Check];
const RR: &[Tool] = &[Tool::Rr];
const NOT_RR: &[Tool] =
    &[Tool::Sub, Tool::Pub, Tool::Conn, Tool::Watch, Tool::Wills, Tool::Retained];
const SUB_RR: &[Tool] = &[Tool::Sub, Tool::Rr];
/// Tools that print messages.
const PRINTING: &[Tool] = &[Tool::Sub, Tool::Rr, Tool::Retained];
const SUB_RETAINED: &[Tool] = &[Tool::Sub, Tool::Retained];
const PUB_RR: &[Tool] = &[Tool::Pub, Tool::Rr];

/// The names of an option: short, long or both.
const fn names(short: Option<char>, long: Option<&'static str>) -> Row {
    Row {
        short,
        long,
        takes: Takes::Nothing,
        tools: ALL,
        group: Some(Group::General),
        help: "",
        apply: |_, _| Ok(()),
        is_new: false,
        own: false,
        is_value_optional: false,
        other_key: None,
    }
}

impl Row {
    const fn takes(mut self, placeholder: &'static str, noun: &'static str) -> Row {
        self.takes = Takes::One { placeholder, noun };
        self
    }

    const fn joined(mut self, placeholder: &'static str) -> Row {
        self.takes = Takes::Joined { placeholder };
        self
    }

    const fn within(mut self, group: Group, help: &'static str) -> Row {
        self.group = Some(group);
        self.help = help;
        self
    }

    const fn of(mut self, tools: &'static [Tool]) -> Row {
        self.tools = tools;
        self
    }

    const fn does(mut self, apply: Apply) -> Row {
        self.apply = apply;
        self
    }

    /// The value may be left out under lastwill's own name.
    const fn value_optional(mut self) -> Row {
        self.is_value_optional = true;
        self
    }

    /// Has this name in the environment and in profiles.
    const fn keyed(mut self, key: &'static str) -> Row {
        self.other_key = Some(key);
        self
    }

    /// New in version 2.1 of mosquitto's clients.
    const fn since_21(mut self) -> Row {
        self.is_new = true;
        self
    }

    /// Our own: `mosquitto_*` do not know it.
    const fn own(mut self) -> Row {
        self.own = true;
        self
    }
}
