//! The effective configuration: every option with its value and where it came from.

use std::fmt::Write;

use crate::config::given::{self, Given, Owner};
use crate::config::options::{self, Kind, OptionRow, Scope};
use crate::config::{Config, Place};

/// What is shown instead of a secret.
const HIDDEN: &str = "(not shown)";
/// How wide the columns of names and values are, in characters.
const NAME_WIDTH: usize = 32;
const VALUE_WIDTH: usize = 28;

/// One option that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// The option.
    pub name: &'static str,
    /// Its value, as one would write it, or in words.
    pub value: String,
    /// Where that came from.
    pub origin: String,
}

/// What holds for one thing that is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// `broker`, or a line such as `listener 1883`.
    pub title: String,
    /// Where it was opened; the broker was not.
    pub origin: Option<String>,
    /// Every option that belongs to it.
    pub options: Vec<Effective>,
}

/// The effective configuration: the broker first, then its listeners and its bridges in order.
pub fn sections(config: &Config) -> Vec<Section> {
    let is_per_listener =
        config.given.iter().any(|it| it.option == "per_listener_settings" && it.value == "true");
    let is_meant =
        |row: &OptionRow| row.scope() == Scope::Global && !(is_per_listener && row.is_security());
    let broker = Section {
        title: "broker".to_owned(),
        origin: None,
        options: effective(config, &[Owner::Broker], is_meant),
    };
    let bridges = (0..config.bridges.len()).map(|index| bridge(config, index));
    let listeners = (0..config.listeners.len()).map(|index| listener(config, index));
    std::iter::once(broker).chain(listeners).chain(bridges).collect()
}

/// The same as text, one option a line.
pub fn text(config: &Config) -> String {
    let mut text = String::new();
    for section in sections(config) {
        match &section.origin {
            Some(origin) => _ = writeln!(text, "\n{} ({origin})", section.title),
            None => _ = writeln!(text, "{}", section.title),
        }
        for Effective { name, value, origin } in &section.options {
            let _ = writeln!(text, "  {name:NAME_WIDTH$} {value:VALUE_WIDTH$} {origin}");
        }
    }
    text
}

fn listener(config: &Config, index: usize) -> Section {
    let lines: Vec<&Given> = config.given.iter().filter(|it| it.option == "listener").collect();
    let (title, origin, owner) = match lines.get(index) {
        Some(line) => {
            let title = format!("listener {}", line.value);
            (title, line.place.origin(), Owner::Listener(index))
        }
        None if config.local_only => {
            let origin = "local only: no listener is configured".to_owned();
            (format!("listener on {}", config.listeners[index]), origin, Owner::DefaultListener)
        }
        None => {
            let origin = "the default listener".to_owned();
            (format!("listener on {}", config.listeners[index]), origin, Owner::DefaultListener)
        }
    };
    let is_meant = |row: &OptionRow| {
        matches!(row.scope(), Scope::Listener | Scope::ListenerBlock)
            && SECURITY_OF_LISTENER.iter().all(|(own, _)| *own != row.name)
    };
    let owners = [owner, Owner::EveryListener];
    let mut options = effective(config, &owners, is_meant);
    let security = options::all().filter(|row| row.is_security());
    options.extend(security.filter_map(|row| security_of(config, &owners, row)));
    Section { title, origin: Some(origin), options }
}

/// Options of a listener by which it differs from a security option of the broker.
const SECURITY_OF_LISTENER: &[(&str, &str)] = &[
    ("listener_allow_anonymous", "allow_anonymous"),
    ("listener_auto_id_prefix", "auto_id_prefix"),
];

/// What really holds of a security option on a listener: what it says itself, or else what the
/// broker says.
fn security_of(config: &Config, owners: &[Owner], row: &'static OptionRow) -> Option<Effective> {
    let is_meant = |it: &&Given| {
        it.option == row.name || SECURITY_OF_LISTENER.contains(&(it.option, row.name))
    };
    let said: Vec<&Given> = config.given.iter().filter(is_meant).collect();
    let own = said.iter().rfind(|it| owners.contains(&it.owner));
    match own.or_else(|| said.iter().rfind(|it| it.owner == Owner::Broker)) {
        Some(it) => {
            let origin = match it.option == row.name {
                true => it.place.origin(),
                false => format!("{} ({})", it.place.origin(), it.option),
            };
            Some(Effective { name: row.name, value: it.value.clone(), origin })
        }
        None => unsaid(config, row),
    }
}

fn bridge(config: &Config, index: usize) -> Section {
    let owner = Owner::Bridge(index);
    let line = config.given.iter().find(|it| it.option == "connection" && it.owner == owner);
    Section {
        title: format!("connection {}", config.bridges[index].name),
        origin: line.map(|line| line.place.origin()),
        options: effective(config, &[owner], |row| row.scope() == Scope::Bridge),
    }
}

/// The options of a scope, with what the owners were told, the last of them winning.
fn effective(
    config: &Config,
    owners: &[Owner],
    is_meant: impl Fn(&OptionRow) -> bool,
) -> Vec<Effective> {
    let rows = options::all().filter(|row| is_meant(row) && given::canonical(row.name) == row.name);
    rows.flat_map(|row| of_row(config, owners, row)).collect()
}

fn of_row(config: &Config, owners: &[Owner], row: &'static OptionRow) -> Vec<Effective> {
    let said = config.given.iter();
    let mut said: Vec<&Given> =
        said.filter(|it| it.option == row.name && owners.contains(&it.owner)).collect();
    if !given::adds_up(row.name) {
        said.drain(..said.len().saturating_sub(1));
    }
    if said.is_empty() {
        return unsaid(config, row).into_iter().collect();
    }
    let shown = said.into_iter().map(|it| Effective {
        name: row.name,
        value: if given::is_secret(row.name) { HIDDEN.to_owned() } else { it.value.clone() },
        origin: it.place.origin(),
    });
    shown.collect()
}

/// What holds of an option that nobody has given; nothing where that says nothing.
fn unsaid(config: &Config, row: &'static OptionRow) -> Option<Effective> {
    let is_empty = matches!(row.kind(), Kind::Anything | Kind::Folder | Kind::Listener)
        || matches!(row.name, "port" | "bind_address" | "connection");
    if is_empty {
        return None;
    }
    let (value, origin) = match (row.name, config.local_only) {
        ("allow_anonymous", true) => ("true", "local only: no listener is configured"),
        ("allow_anonymous", false) => ("false", "default"),
        _ => (row.default_text(), "default"),
    };
    Some(Effective { name: row.name, value: value.to_owned(), origin: origin.to_owned() })
}

impl Place {
    /// Where something came from, in words for `lastwill config explain`.
    pub fn origin(&self) -> String {
        match self {
            Place::Line { file, line } => format!("{}:{line}", file.display()),
            Place::Set(argument) => {
                format!("--set {}", argument.split('=').next().unwrap_or_default())
            }
            Place::Argument(argument) => (*argument).to_owned(),
            Place::Nowhere => "default".to_owned(),
        }
    }
}
