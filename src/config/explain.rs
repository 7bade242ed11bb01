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
    let broker = Section {
        title: "broker".to_owned(),
        origin: None,
        options: effective(config, &[Owner::Broker], |scope| scope == Scope::Global),
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
    let is_meant = |scope| matches!(scope, Scope::Listener | Scope::ListenerBlock);
    let options = effective(config, &[owner, Owner::EveryListener], is_meant);
    Section { title, origin: Some(origin), options }
}

fn bridge(config: &Config, index: usize) -> Section {
    let owner = Owner::Bridge(index);
    let line = config.given.iter().find(|it| it.option == "connection" && it.owner == owner);
    Section {
        title: format!("connection {}", config.bridges[index].name),
        origin: line.map(|line| line.place.origin()),
        options: effective(config, &[owner], |scope| scope == Scope::Bridge),
    }
}

/// The options of a scope, with what the owners were told, the last of them winning.
fn effective(
    config: &Config,
    owners: &[Owner],
    is_meant: impl Fn(Scope) -> bool,
) -> Vec<Effective> {
    let rows = options::all()
        .filter(|row| is_meant(row.scope()) && given::canonical(row.name) == row.name);
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
            Place::Listener(name) => format!("listener {name}"),
            Place::Nowhere => "default".to_owned(),
        }
    }
}
