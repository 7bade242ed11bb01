//! Every wrong use of every option, made from the table: given twice, out of its bounds, of another
//! type, in the wrong place, without its partner. In this process: one file is read, and all that is
//! wrong with it is told with its place.

use lastwill::config::options::{self, Kind, OptionRow, Scope};
use lastwill::config::{Config, Sources};

use super::lab::Folder;
use crate::support::free_port;

/// What is wrong with a configuration; `Ok` if nothing is.
fn load(text: impl AsRef<[u8]>) -> Result<Config, String> {
    let folder = Folder::with(text);
    let sources = Sources { file: Some(folder.file.clone()), ..Sources::default() };
    Config::load(&sources).map_err(|error| error.to_string().replace(folder.path(), "FILE"))
}

/// What is told about this text.
#[track_caller]
fn error(text: impl AsRef<[u8]>) -> String {
    let shown = String::from_utf8_lossy(text.as_ref()).into_owned();
    load(text).map_or_else(|error| error, |_| panic!("no error in:\n{shown}"))
}

/// Lines above an option, so that it is wrong in nothing but what is meant.
fn above(row: &OptionRow) -> &'static str {
    match (row.name, row.scope()) {
        ("persistence_sync", _) => "persistence true\n",
        (_, Scope::ListenerBlock) => "listener 1884\n",
        (_, Scope::Bridge) => "connection c\n",
        _ => "",
    }
}

/// Lines below a bridge that make it whole.
fn below(row: &OptionRow) -> &'static str {
    match (row.scope(), row.name) {
        (Scope::Bridge, "address" | "addresses") => "topic #\n",
        (Scope::Bridge, "topic") => "address h\n",
        (Scope::Bridge, "bridge_will_qos" | "bridge_will_retain") => {
            "address h\ntopic #\nnotifications false\nbridge_will_topic w\n"
        }
        (Scope::Bridge, _) => "address h\ntopic #\n",
        _ => "",
    }
}

/// The number of the line behind these.
fn next_line(text: &str) -> usize {
    text.lines().count() + 1
}

/// Strings of mosquitto that may be given once; the strings of bridges besides.
const ONCE: &[&str] = &[
    "bind_address",
    "bind_interface",
    "auto_id_prefix",
    "listener_auto_id_prefix",
    "persistence_file",
    "persistence_location",
    "pid_file",
    "log_timestamp_format",
    "psk_hint",
    "tls_version",
    // Ours.
    "log_syslog_socket",
    "metrics_listener",
];

/// Strings of bridges that may be given again.
const AGAIN: &[&str] = &["bridge_keyfile", "topic", "restart_timeout", "bridge_tcp_keepalive"];

/// A value for each option that takes a string of a certain form.
fn a_string(row: &OptionRow) -> &'static str {
    match row.name {
        "accept_protocol_versions" => "5",
        "tls_version" | "bridge_tls_version" => "tlsv1.3",
        "log_dest" => "stderr",
        "metrics_listener" => "9641",
        "restart_timeout" => "5",
        "bridge_tcp_keepalive" | "tcp_keepalive" => "1 2 3",
        _ => "a",
    }
}

/// Which strings are counted: those of the table that are there in this build.
fn strings() -> impl Iterator<Item = &'static OptionRow> {
    let is_there = |row: &&OptionRow| row.name != "psk_hint" || cfg!(feature = "psk");
    options::all().filter(|row| row.kind() == Kind::Text).filter(is_there)
}

#[test]
fn a_string_given_twice_is_a_mistake_or_the_last_one_wins() {
    let mut duplicates = 0;
    for row in strings() {
        let (name, value) = (row.name, a_string(row));
        let is_counted = match row.scope() {
            Scope::Bridge => !AGAIN.contains(&name),
            _ => ONCE.contains(&name),
        };
        assert_eq!(row.may_repeat(), !is_counted, "{name}");
        let head = format!("{}{name} {value}\n", above(row));
        let text = format!("{head}# between\n{name} {value}\n{}", below(row));
        let expected = format!(
            "Error: Duplicate '{name}' value in configuration.\nError found at FILE:{}.",
            next_line(&head) + 1
        );
        match is_counted {
            true => {
                let said = error(&text);
                let has = said == expected || said.starts_with(&format!("{expected}\n"));
                assert!(has, "{name}: {said}");
                duplicates += 1;
            }
            false => {
                let is_told = load(&text).is_err_and(|error| error.contains("Duplicate"));
                assert!(!is_told, "{name}");
            }
        }
    }
    assert!(duplicates > 25, "{duplicates}");
}

#[test]
fn numbers_and_switches_may_be_given_again_and_the_last_one_wins() {
    for row in options::all() {
        let values = match row.kind() {
            Kind::Bool => ["true".to_owned(), "false".to_owned()],
            Kind::Int(min, _) => [min + 1, min + 2].map(|value| value.to_string()),
            _ => continue,
        };
        let [first, last] = values.map(|value| format!("{} {value}\n", row.name));
        let with = |lines: &str| {
            let config = load(format!("{}{lines}{}", above(row), below(row)));
            let config = config.unwrap_or_else(|error| panic!("{}: {error}", row.name));
            let nothing = Config { given: vec![], notices: vec![], file: None, ..config };
            format!("{nothing:?}")
        };
        assert_eq!(with(&format!("{first}{last}")), with(&last), "{}", row.name);
    }
}

/// The sentences that mosquitto has of its own for a number beyond its bounds.
fn own_sentence(name: &str) -> Option<&'static str> {
    Some(match name {
        "max_qos" | "maximum_qos" => "'max_qos' must be between 0 and 2 inclusive.",
        "max_inflight_messages" => "'max_inflight_messages' must be <= 65535.",
        "max_packet_size" => "'max_packet_size' must be >= 20.",
        "websockets_headers_size" | "packet_buffer_size" => {
            "Packet buffer size must be between 0 and 65535 inclusive."
        }
        "max_topic_alias" => {
            "Invalid 'max_topic_alias' value in configuration. Expected an integer from 0 to 65535."
        }
        "max_topic_alias_broker" => {
            "Invalid 'max_topic_alias_broker' value in configuration. Expected an integer from 0 \
             to 65535."
        }
        _ => return None,
    })
}

/// What is said about a number outside of these bounds.
fn out_of_bounds(name: &str, value: i128, (min, max): (i64, i64)) -> String {
    let is_64_bits = i64::try_from(value).is_ok();
    if let (Some(sentence), true) = (own_sentence(name), is_64_bits) {
        return sentence.to_owned();
    }
    if !is_64_bits || i32::try_from(value).is_err() {
        return format!("'{name}' value out of range. Expected an integer from {min} to {max}.");
    }
    let expected = match max {
        i64::MAX => format!("an integer of at least {min}"),
        _ => format!("an integer from {min} to {max}"),
    };
    format!("Invalid '{name}' value ({value}). Expected {expected}.")
}

#[test]
fn a_number_beyond_its_bounds_is_told_and_the_bounds_are_not() {
    let mut rows = 0;
    for row in options::all() {
        let Kind::Int(min, max) = row.kind() else { continue };
        let (name, head) = (row.name, above(row));
        let (low, high) = (i128::from(min), i128::from(max));
        for value in [low - 1, high + 1, 1 << 40, 99_999_999_999_999_999_999] {
            if (low..=high).contains(&value) {
                continue;
            }
            let said = error(format!("{head}{name} {value}\n{}", below(row)));
            let message = out_of_bounds(name, value, (min, max));
            let line = next_line(head);
            assert_eq!(said, format!("Error: {message}\nError found at FILE:{line}."), "{name}");
        }
        for value in [min, max] {
            for written in [value.to_string(), format!("{value} # so it is")] {
                let text = format!("{head}{name} {written}\n{}", below(row));
                let loaded = load(text).map(|_| ());
                assert_eq!(loaded.map_err(|error| format!("{name} {value}: {error}")), Ok(()));
            }
        }
        if min >= 0 {
            // As in C, also with another base.
            assert!(load(format!("{head}{name} 0x{min:X}\n{}", below(row))).is_ok(), "{name}");
            assert!(load(format!("{head}{name} 0{min:o}\n{}", below(row))).is_ok(), "{name}");
        }
        rows += 1;
    }
    assert!(rows > 30, "{rows}");
}

/// Words that may be anything.
const ANY_WORD: &[&str] = &["connection", "log_syslog_ident"];
/// Words that have a sentence of mosquitto's own.
const OWN_WORDS: &[(&str, &str)] =
    &[("enable_proxy_protocol", "enable_proxy_protocol must be 1 or 2.")];

#[test]
fn another_type_is_told() {
    for row in options::all() {
        let (name, head) = (row.name, above(row));
        let line = next_line(head);
        for value in ["maybe", "TRUE", "1.5", "10k", "0x", "--1"] {
            let message = match row.kind() {
                Kind::Bool => format!("Invalid '{name}' value ({value}). Expected true or false."),
                Kind::Int(..) => format!("'{name}' value not a number."),
                Kind::Listener => "'listener port' value not a number.".to_owned(),
                _ => continue,
            };
            let said = error(format!("{head}{name} {value}\n{}", below(row)));
            assert_eq!(said, format!("Error: {message}\nError found at FILE:{line}."), "{name}");
        }
        if row.kind() != Kind::Word || ANY_WORD.contains(&name) {
            continue;
        }
        let own = OWN_WORDS.iter().find(|(own, _)| *own == name);
        let said = error(format!("{head}{name} nonsense\n{}", below(row)));
        let begin = match own {
            Some((_, sentence)) => format!("Error: {sentence}\n"),
            None => format!("Error: Invalid '{name}' value (nonsense). Expected "),
        };
        assert!(said.starts_with(&begin), "{said}");
        assert!(said.ends_with(&format!("\nError found at FILE:{line}.")), "{said}");
    }
}

#[test]
fn a_string_that_is_no_text_or_too_long_is_told() {
    for row in options::all().filter(|row| row.kind() == Kind::Text) {
        let (name, head) = (row.name, above(row));
        let line = next_line(head);
        let begin = format!("{head}{name} a");
        let said = error([begin.as_bytes(), b"\xff\n", below(row).as_bytes()].concat());
        let expected =
            format!("Error: Malformed UTF-8 in configuration.\nError found at FILE:{line}.");
        assert!(said.starts_with(&expected), "{name}: {said}");
        let long = "x".repeat(65_536);
        let said = error(format!("{head}{name} {long}\n{}", below(row)));
        let expected = format!("Error: The '{name}' value is longer than 65535 bytes.\n");
        assert!(said.starts_with(&expected), "{name}: {}", &said[..said.len().min(200)]);
    }
}

/// Options that have no effect are taken anywhere.
fn has_effect(row: &&OptionRow) -> bool {
    row.kind() != Kind::Anything
}

/// A value that is right, or wrong in a way that is judged later than the place.
fn any_value(row: &OptionRow) -> String {
    match row.kind() {
        Kind::Bool => "true".to_owned(),
        Kind::Int(min, _) => min.max(1).to_string(),
        _ => a_string(row).to_owned(),
    }
}

#[test]
fn an_option_in_the_wrong_place_is_told() {
    for row in options::all().filter(has_effect) {
        let (name, value) = (row.name, any_value(row));
        let needs = |what: &str, line: usize| {
            format!(
                "Error: The '{name}' option requires a {what} to be defined first.\n\
                 Error found at FILE:{line}."
            )
        };
        match row.scope() {
            Scope::ListenerBlock => {
                // A bridge is no listener.
                let text = format!("connection c\naddress h\ntopic #\n{name} {value}\n");
                assert_eq!(error(text), needs("listener", 4), "{name}");
            }
            Scope::Bridge => {
                let text = format!("listener 1884\n{name} {value}\n");
                assert_eq!(error(text), needs("bridge", 2), "{name}");
            }
            Scope::Listener => {
                let said = load(format!("{name} {value}\n")).err().unwrap_or_default();
                assert!(!said.contains("requires a"), "{name}: {said}");
            }
            Scope::Global if row.is_security() => {
                let text = format!("per_listener_settings true\n{name} {value}\n");
                assert_eq!(error(text), needs("listener", 2), "{name}");
                let late = format!("{name} {value}\nper_listener_settings true\n");
                let said = "Error: per_listener_settings must be set before any other security \
                            settings.\nError found at FILE:2.";
                assert_eq!(error(late), said, "{name}");
            }
            Scope::Global => {
                // Anywhere, also in the block of a listener or bridge.
                let text =
                    format!("listener 1884\nconnection d\naddress h\ntopic #\n{name} {value}\n");
                let said = load(text).err().unwrap_or_default();
                assert!(!said.contains("requires a"), "{name}: {said}");
            }
        }
    }
}

#[test]
fn a_block_does_not_reach_into_an_included_file_nor_out_of_it() {
    let folder = Folder::with("");
    let inner = folder.dir.path().join("conf.d");
    std::fs::create_dir(&inner).unwrap();
    for row in options::all() {
        let (name, value) = (row.name, any_value(row));
        let (open, what) = match row.scope() {
            Scope::ListenerBlock => ("listener 1884\n", "listener"),
            Scope::Bridge => ("connection c\naddress h\ntopic #\n", "bridge"),
            _ => continue,
        };
        let needs = format!("Error: The '{name}' option requires a {what} to be defined first.\n");
        let told = |outer: String, inside: String, place: &str| {
            std::fs::write(inner.join("a.conf"), inside).unwrap();
            folder.write(outer);
            let sources = Sources { file: Some(folder.file.clone()), ..Sources::default() };
            let said = Config::load(&sources).unwrap_err().to_string();
            assert!(said.starts_with(&needs) && said.contains(place), "{name}: {said}");
        };
        let include = format!("include_dir {}\n", inner.display());
        told(format!("{open}{include}"), format!("{name} {value}\n"), "a.conf:1.");
        told(format!("{include}{name} {value}\n"), open.to_owned(), "broker.conf:2.");
    }
}

const HALVES: &str = "Both certfile and keyfile must be provided to enable a TLS listener.";
#[cfg(feature = "psk")]
const TWO_KINDS: &str = "Cannot use both certificate and psk encryption in a single listener.";

/// Lines, what is wrong with them, and in which line.
const WITHOUT_PARTNER: &[(&str, &str, usize)] = &[
    ("listener 1\ncertfile a\n", HALVES, 2),
    ("listener 1\nmax_qos 1\nkeyfile a\nmax_qos 2\n", HALVES, 3),
    ("certfile a\n", HALVES, 1),
    ("listener 1\nlistener 2\ncafile a\n", "cafile specified without certfile and keyfile.", 3),
    ("listener 1\ncapath a\nlistener 2\n", "capath specified without certfile and keyfile.", 2),
    (
        "listener 1\nenable_proxy_protocol 2\ncertfile a\nkeyfile b\n",
        "certfile and keyfile cannot be used with `enable_proxy_protocol 2`.",
        4,
    ),
    (
        "listener 1\nuse_subject_as_username true\nenable_proxy_protocol 2\n",
        "use_subject_as_username cannot be used with `enable_proxy_protocol 2`.",
        3,
    ),
    #[cfg(feature = "psk")]
    ("listener 1\npsk_hint a\ncertfile a\n", TWO_KINDS, 3),
    #[cfg(feature = "psk")]
    ("listener 1\ncapath a\npsk_hint a\n", TWO_KINDS, 3),
    (
        "# a\nconnection c\ntopic #\n",
        "Invalid bridge configuration: no remote addresses defined.",
        2,
    ),
    ("connection c\naddress h\n", "Invalid bridge configuration: no topics defined.", 1),
    (
        "\nconnection c\naddress h\ntopic #\nbridge_cafile a\nbridge_keyfile k\n",
        "Invalid bridge configuration: both bridge_certfile and bridge_keyfile are needed, or \
         neither.",
        2,
    ),
    (
        "connection c\naddress h\ntopic #\nbridge_identity i\n",
        "Invalid bridge configuration: missing bridge_psk.",
        1,
    ),
    (
        "connection c\naddress h\ntopic #\nbridge_psk 00\n",
        "Invalid bridge configuration: missing bridge_identity.",
        1,
    ),
    (
        "connection c\naddress h\ntopic #\nbridge_will_payload x\n",
        "Invalid bridge configuration: a will without bridge_will_topic.",
        1,
    ),
    ("listener 0\n", "A listener with port 0 must provide a Unix socket path.", 1),
];

#[test]
fn an_option_without_its_partner_is_told() {
    for (text, message, line) in WITHOUT_PARTNER {
        let said = error(text);
        assert_eq!(said, format!("Error: {message}\nError found at FILE:{line}."), "{text}");
    }
}

#[test]
fn a_wrong_file_starts_nothing() {
    let port = free_port();
    for wrong in ["max_qos 3", "listener 1885\ncertfile a", "bogus 1", "connection c", "topic #"] {
        let folder = Folder::with("");
        let place = folder.dir.path().display();
        let right = format!(
            "pid_file {place}/pid\nlog_dest file {place}/log\npersistence true\n\
             persistence_location {place}\nmetrics_listener {}\nlistener {port} 127.0.0.1\n",
            free_port()
        );
        folder.write(format!("{right}{wrong}\n"));
        let ended = folder.run(&["--ready-json"]);
        assert_eq!(ended.code, Some(3), "{wrong}: {ended:?}");
        assert!(ended.stdout.is_empty(), "{wrong}: {ended:?}");
        assert!(ended.stderr.iter().all(|line| line.starts_with("Error")), "{wrong}: {ended:?}");
        let files: Vec<_> = std::fs::read_dir(folder.dir.path()).unwrap().collect();
        assert_eq!(files.len(), 1, "{wrong}: {files:?}");
    }
}
