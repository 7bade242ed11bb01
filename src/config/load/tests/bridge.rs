//! The blocks of bridges.

use super::*;
use crate::config::Bridge;
use crate::config::bridge::Protection;
use crate::config::options::{self, OptionRow, Scope};

/// The least that a bridge needs.
pub(super) const LEAST: &str = "connection c\naddress h\ntopic #\n";

pub(super) fn is_of_bridge(row: &OptionRow) -> bool {
    row.scope() == Scope::Bridge || row.name == "connection"
}

fn bridge(text: &str) -> Result<Bridge, String> {
    let mut bridges = from_file(&format!("{LEAST}{text}"))?.bridges;
    assert_eq!(bridges.len(), 1);
    Ok(bridges.remove(0))
}

/// Each option with a value that differs from what holds without it, and what must stand beside it.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("start_type", "lazy", ""),
    ("idle_timeout", "7", ""),
    ("threshold", "3", ""),
    ("restart_timeout", "1 2 3", ""),
    ("round_robin", "true", ""),
    ("keepalive_interval", "10", ""),
    ("bridge_protocol_version", "mqttv50", ""),
    ("try_private", "false", ""),
    ("cleansession", "true", ""),
    ("local_cleansession", "true", ""),
    ("notifications", "false", ""),
    ("notifications_local_only", "true", ""),
    ("notification_topic", "a/state", ""),
    ("bridge_attempt_unsubscribe", "false", ""),
    ("bridge_bind_address", "127.0.0.2", ""),
    ("bridge_max_packet_size", "100", ""),
    ("bridge_max_topic_alias", "3", ""),
    ("bridge_outgoing_retain", "false", ""),
    ("bridge_receive_maximum", "9", ""),
    ("bridge_reload_type", "immediate", ""),
    ("bridge_session_expiry_interval", "4294967295", ""),
    ("bridge_tcp_keepalive", "1 2 3", ""),
    ("bridge_tcp_user_timeout", "1000", ""),
    ("remote_clientid", "me", ""),
    ("clientid", "me", ""),
    ("local_clientid", "me", ""),
    ("remote_username", "me", ""),
    ("username", "me", ""),
    ("remote_password", "s", "remote_username me\n"),
    ("password", "s", "remote_username me\n"),
    ("local_username", "me", ""),
    ("local_password", "s", ""),
    ("bridge_cafile", "ca", ""),
    ("bridge_capath", "ca", ""),
    ("bridge_tls_use_os_certs", "true", ""),
    ("bridge_certfile", "c", "bridge_cafile ca\nbridge_keyfile k\n"),
    ("bridge_keyfile", "k", "bridge_cafile ca\nbridge_certfile c\n"),
    ("bridge_insecure", "true", "bridge_cafile ca\n"),
    ("bridge_tls_version", "tlsv1.3", "bridge_cafile ca\n"),
    ("bridge_alpn", "mqtt", "bridge_cafile ca\n"),
    ("bridge_ciphers", "a", "bridge_cafile ca\n"),
    ("bridge_ciphers_tls1.3", "a", "bridge_cafile ca\n"),
    ("bridge_will_topic", "w", "notifications false\n"),
    ("bridge_will_payload", "p", "notifications false\nbridge_will_topic w\n"),
    ("bridge_will_qos", "1", "notifications false\nbridge_will_topic w\n"),
    ("bridge_will_retain", "true", "notifications false\nbridge_will_topic w\n"),
];

/// What has tests of its own here.
const ELSEWHERE: &[&str] = &[
    "connection",
    "address",
    "addresses",
    "topic",
    "bridge_identity",
    "bridge_psk",
    "bridge_require_ocsp",
];

#[test]
fn every_option_of_a_bridge_changes_it() {
    let rows = options::all().filter(|row| is_of_bridge(row)).map(|row| row.name);
    let expected: Vec<&str> = rows.filter(|name| !ELSEWHERE.contains(name)).collect();
    let names: Vec<&str> = EXAMPLES.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, expected);
    for (name, value, beside) in EXAMPLES {
        let with = bridge(&format!("{beside}{name} {value}\n")).unwrap();
        // Its partner alone is no bridge, so it is compared with other words.
        let partner = ["bridge_certfile", "bridge_keyfile"].contains(name);
        let without = match partner {
            true => bridge(&format!("{beside}{name} another\n")),
            false => bridge(beside),
        };
        assert_ne!(with, without.unwrap(), "{name}");
    }
}

#[test]
fn what_is_shown_of_a_bridge_has_no_secrets() {
    let text = "remote_username u\nremote_password hidden1\nlocal_password hidden2\n";
    let shown = format!("{:?}", bridge(text).unwrap());
    assert!(!shown.contains("hidden"), "{shown}");
}

#[test]
fn names_follow_from_the_machine_and_the_bridge() {
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let plain = bridge("").unwrap();
    assert_eq!(plain.remote_client_id, format!("{machine}.c"));
    assert_eq!(plain.local_client_id, format!("local.{machine}.c"));
    assert_eq!(plain.notification_topic, format!("$SYS/broker/connection/{machine}.c/state"));
    let named = bridge("remote_clientid me\n").unwrap();
    assert_eq!(named.local_client_id, "local.me");
    assert_eq!(named.notification_topic, "$SYS/broker/connection/me/state");
    assert_eq!(bridge("keepalive_interval 1\n").unwrap().keep_alive_secs, 5);
}

#[test]
fn addresses_have_a_host_and_perhaps_a_port() {
    let text = "connection c\ntopic #\naddress a b:1 ::1:2 [::2]:3  10.0.0.1\n";
    let bridges = from_file(text).unwrap().bridges;
    let shown: Vec<String> = bridges[0].addresses.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["a:1883", "b:1", "::1:2", "::2:3", "10.0.0.1:1883"]);
}

#[test]
fn blocks_stay_open_until_the_next_of_their_kind() {
    let text = "connection a\naddress x\nlistener 1884\ntopic t1\nconnection b\naddress y\n\
                max_connections 5\ntopic t2 in\n";
    let config = from_file(text).unwrap();
    let shown: Vec<_> =
        config.bridges.iter().map(|it| (&*it.name, &*it.topics[0].pattern)).collect();
    assert_eq!(shown, [("a", "t1"), ("b", "t2")]);
    assert_eq!(config.listeners[0].connections_max, Some(5));
}

#[test]
fn set_reaches_every_bridge_or_the_one_that_it_opened() {
    let error = from_sets(&["keepalive_interval=10"]).unwrap_err();
    let needs = "Error: The 'keepalive_interval' option requires a bridge to be defined first.";
    assert!(error.starts_with(needs), "{error}");
    let sets = ["connection=a", "address=h", "topic=# both 1 l/ r/", "keepalive_interval=10"];
    let sets = sets.iter().map(|set| (*set).to_owned()).collect();
    let config = load(&Sources { sets, ..Sources::default() }).unwrap();
    assert_eq!(config.bridges[0].keep_alive_secs, 10);
}

/// Lines, and the message for them.
const ERRORS: &[(&str, &str)] = &[
    ("topic #\n", "The 'topic' option requires a bridge to be defined first."),
    ("notifications true\n", "The 'notifications' option requires a bridge to be defined first."),
    ("connection\n", "Empty 'connection' value in configuration."),
    (
        "connection a/b\naddress h\ntopic #\n",
        "Invalid 'connection' value (a/b). Expected a name without '/', '+' and '#'.",
    ),
    ("connection c\ntopic #\n", "Invalid bridge configuration: no remote addresses defined."),
    ("connection c\naddress h\n", "Invalid bridge configuration: no topics defined."),
    (
        "connection c\naddress h\naddresses g\ntopic #\n",
        "Duplicate 'addresses' value in configuration.",
    ),
    (
        "connection c\naddress h:0\ntopic #\n",
        "Invalid 'address' value (h:0). Expected HOST or HOST:PORT, with a port from 1 to 65535.",
    ),
    (
        "connection c\naddress h\ntopic # sideways\ntopic a\n",
        "Invalid 'topic' value (# sideways). Expected out, in or both behind the pattern.",
    ),
];

#[test]
fn mistakes_in_blocks_are_told() {
    for (text, message) in ERRORS {
        let error = from_file(text).unwrap_err();
        assert!(error.starts_with(&format!("Error: {message}\n")), "{text}: {error}");
        assert!(error.contains("Error found at broker.conf:"), "{error}");
    }
    let twice = format!("{LEAST}{LEAST}");
    assert!(from_file(&twice).unwrap_err().starts_with("Error: Duplicate bridge name 'c'.\n"));
    let shared =
        format!("{LEAST}local_clientid x\nconnection d\naddress h\ntopic #\nlocal_clientid x\n");
    let error = from_file(&shared).unwrap_err();
    assert_eq!(
        error,
        "Error: Bridges cannot share the local client id 'x'.\nError found at broker.conf:5."
    );
}

/// Lines behind the least of a bridge, and what is wrong with it then.
const INCOMPLETE: &[(&str, &str)] = &[
    ("start_type manual", "Invalid 'start_type' value (manual)."),
    ("bridge_require_ocsp true", "'bridge_require_ocsp true' is not supported"),
    ("bridge_psk 00", "Invalid bridge configuration: missing bridge_identity."),
    ("bridge_identity i", "Invalid bridge configuration: missing bridge_psk."),
    (
        "bridge_identity i\nbridge_psk 00\nbridge_cafile ca",
        "Invalid bridge configuration: cannot use both certificate and psk encryption",
    ),
    (
        "bridge_cafile ca\nbridge_certfile c",
        "Invalid bridge configuration: both bridge_certfile and bridge_keyfile are needed",
    ),
    ("bridge_insecure true", "Invalid bridge configuration: TLS options without bridge_cafile"),
    ("bridge_will_topic w", "Invalid bridge configuration: bridge_will_topic needs"),
    ("bridge_will_qos 1", "Invalid bridge configuration: a will without bridge_will_topic."),
    ("bridge_will_topic w/#", "Invalid 'bridge_will_topic' value (w/#). Expected a topic name."),
    ("remote_clientid a#", "Invalid bridge configuration: the notification topic"),
    ("restart_timeout 0", "Invalid 'restart_timeout' value (0)."),
    ("restart_timeout 5 3", "Invalid 'restart_timeout' value (5 3)."),
    ("restart_timeout 1 2 3 4", "Invalid 'restart_timeout' value (1 2 3 4)."),
    ("restart_timeout 3601", "Invalid 'restart_timeout' value (3601)."),
    ("bridge_tcp_keepalive 1 2", "Invalid 'bridge_tcp_keepalive' value (1 2)."),
    ("bridge_tcp_keepalive 0 1 1", "Invalid 'bridge_tcp_keepalive' value (0 1 1)."),
    ("username a\nremote_username b", "Duplicate 'remote_username' value in configuration."),
    ("bridge_receive_maximum 0", "Invalid 'bridge_receive_maximum' value (0)."),
    ("threshold 0", "Invalid 'threshold' value (0)."),
];

#[test]
fn what_does_not_go_together_is_told() {
    for (text, message) in INCOMPLETE {
        let error = bridge(text).unwrap_err();
        assert!(error.starts_with(&format!("Error: {message}")), "{text}: {error}");
    }
}

#[test]
fn a_key_that_is_none_is_not_shown() {
    let result = bridge("bridge_identity i\nbridge_psk secret!\n");
    assert!(!result.unwrap_err().contains("secret"));
    let result = bridge("bridge_identity i\nbridge_psk 00ff\n");
    match cfg!(feature = "psk") {
        true => assert!(matches!(result.unwrap().protection, Protection::Psk(_))),
        false => {
            assert!(result.unwrap_err().contains("this build of lastwill has no TLS with pre"))
        }
    }
}
