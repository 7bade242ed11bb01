//! What was said, by whom, and about what: for `lastwill config explain`, and for a reload that has
//! to tell what needs a restart.

use std::collections::BTreeMap;

use crate::config::options::{self, Kind, OptionRow, Reload};
use crate::config::{Place, parse};

/// What a setting belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The whole broker.
    Broker,
    /// The listener that the `listener` line with this number opened.
    Listener(usize),
    /// The listener of options before any `listener` line.
    DefaultListener,
    /// Every listener: `--set` without a listener of its own.
    EveryListener,
    /// The bridge that the `connection` line with this number opened.
    Bridge(usize),
}

/// A setting as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The option; of several names for the same the one that is not an alias.
    pub option: &'static str,
    /// What it belongs to.
    pub owner: Owner,
    /// Its value, as one would write it.
    pub value: String,
    /// Where it was given.
    pub place: Place,
}

/// Names with the option that they are another name of.
const ALIASES: &[(&str, &str)] = &[
    ("maximum_qos", "max_qos"),
    ("retained_persistence", "persistence"),
    ("packet_buffer_size", "websockets_headers_size"),
    ("addresses", "address"),
    ("clientid", "remote_clientid"),
    ("username", "remote_username"),
    ("password", "remote_password"),
];

/// Options whose values add up instead of replacing each other.
const ADDING: &[&str] = &["log_dest", "log_type", "deny_subscribe", "websockets_origin", "topic"];

/// Options of a listener that need or exclude each other.
const COMBINING: &[&str] = &[
    "certfile",
    "keyfile",
    "cafile",
    "capath",
    "psk_hint",
    "use_subject_as_username",
    "enable_proxy_protocol",
];

/// Whether an option of a listener needs or excludes others.
pub(super) fn combines(name: &str) -> bool {
    COMBINING.contains(&name)
}

/// The option that a name is another name of, or the name itself.
pub fn canonical(name: &'static str) -> &'static str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, option)| *option)
}

/// Whether several values of an option hold together.
pub fn adds_up(name: &str) -> bool {
    ADDING.contains(&name)
}

/// Whether the value of an option is shown to nobody.
pub fn is_secret(name: &str) -> bool {
    name == "password" || name.ends_with("_password") || name.ends_with("_psk")
}

impl Given {
    /// A value that the option has taken.
    pub(super) fn new(row: &OptionRow, owner: Owner, value: &str, place: Place) -> Self {
        Given { option: canonical(row.name), owner, value: written(row.kind(), value), place }
    }
}

/// The value, the same however it was written.
fn written(kind: Kind, value: &str) -> String {
    let word = parse::word(value);
    match kind {
        Kind::Bool => parse::boolean(word).map_or_else(String::new, |on| on.to_string()),
        Kind::Int(..) => parse::integer(word).map_or_else(|_| String::new(), |n| n.to_string()),
        Kind::Word => word.to_owned(),
        Kind::Text | Kind::Listener | Kind::Folder | Kind::Anything => value.trim().to_owned(),
    }
}

/// The options whose value has changed although only a restart changes them.
pub fn needing_restart(old: &[Given], new: &[Given]) -> Vec<&'static str> {
    let fixed = options::all().filter(|row| {
        row.reload == Reload::No && !matches!(row.kind(), Kind::Anything | Kind::Listener)
    });
    let changed = fixed.filter(|row| values(row, old) != values(row, new));
    changed.map(|row| row.name).collect()
}

/// What holds of an option, owner by owner, where it is not the default.
fn values<'a>(row: &OptionRow, given: &'a [Given]) -> BTreeMap<Owner, &'a str> {
    let ours = given.iter().filter(|given| given.option == row.name);
    let mut values: BTreeMap<Owner, &str> =
        ours.map(|given| (given.owner, given.value.as_str())).collect();
    values.retain(|_, value| *value != row.default);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(option: &'static str, owner: Owner, value: &str) -> Given {
        let row = options::find(option).unwrap();
        Given::new(row, owner, value, Place::Nowhere)
    }

    #[test]
    fn what_is_the_same_is_the_same_however_it_is_written() {
        let value = |option, value: &str| given(option, Owner::Broker, value).value;
        assert_eq!(value("persistence", "1 # yes"), "true");
        assert_eq!(value("max_keepalive", "0x10 "), "16");
        assert_eq!(value("log_type", "all the rest"), "all");
        assert_eq!(value("persistence_location", " /a b "), "/a b");
        assert_eq!(given("maximum_qos", Owner::Broker, "1").option, "max_qos");
    }

    #[test]
    fn only_options_that_need_a_restart_and_have_changed_are_named() {
        let threads = |value| given("threads", Owner::Broker, value);
        let alive = |value| given("max_keepalive", Owner::Broker, value);
        assert_eq!(needing_restart(&[threads("2")], &[threads("02")]), Vec::<&str>::new());
        assert_eq!(needing_restart(&[alive("1")], &[alive("2")]), Vec::<&str>::new());
        assert_eq!(needing_restart(&[threads("2"), alive("1")], &[threads("3")]), ["threads"]);
        assert_eq!(needing_restart(&[], &[threads("3")]), ["threads"]);
        let off = given("persistence", Owner::Broker, "false");
        assert_eq!(needing_restart(&[off], &[]), Vec::<&str>::new());
        let family = |index, value| given("socket_domain", Owner::Listener(index), value);
        assert_eq!(needing_restart(&[family(0, "ipv4")], &[family(1, "ipv4")]), ["socket_domain"]);
    }

    #[test]
    fn aliases_and_sums_are_options() {
        for name in ALIASES
            .iter()
            .flat_map(|(alias, option)| [alias, option])
            .chain(ADDING)
            .chain(COMBINING)
        {
            assert!(options::find(name).is_some(), "{name}");
        }
        assert!(is_secret("remote_password") && is_secret("bridge_psk") && is_secret("password"));
        assert!(!is_secret("password_file") && !is_secret("psk_file"));
    }
}
