//! The table of options walked from end to end, and every error text.

use super::*;
use crate::config::options::Scope;

/// A value for each option that changes something, in any order.
const EXAMPLES: &[(&str, &str)] = &[
    ("listener", "1884"),
    ("port", "1999"),
    ("bind_address", "127.0.0.1"),
    ("socket_domain", "ipv6"),
    ("listener_allow_anonymous", "true"),
    ("max_connections", "3"),
    ("accept_protocol_versions", "5"),
    ("max_qos", "1"),
    ("maximum_qos", "1"),
    ("max_topic_alias", "11"),
    ("max_topic_alias_broker", "11"),
    ("mount_point", "home/"),
    ("use_username_as_clientid", "true"),
    ("listener_auto_id_prefix", "c-"),
    ("certfile", "b.crt"),
    ("keyfile", "b.key"),
    ("cafile", "b.crt"),
    ("capath", "b"),
    ("crlfile", "b.crl"),
    ("require_certificate", "true"),
    ("use_identity_as_username", "true"),
    ("use_subject_as_username", "true"),
    ("tls_version", "tlsv1.3"),
    ("ciphers", "HIGH"),
    ("ciphers_tls1.3", "TLS_AES_128_GCM_SHA256"),
    ("disable_client_cert_date_checks", "true"),
    #[cfg(feature = "psk")]
    ("psk_hint", "any"),
    #[cfg(feature = "psk")]
    ("psk_file", "b.psk"),
    ("protocol", "websockets"),
    ("websockets_origin", "https://a.example"),
    ("websockets_headers_size", "8000"),
    ("packet_buffer_size", "8000"),
    ("enable_proxy_protocol", "1"),
    ("proxy_protocol_v2_require_tls", "true"),
    ("bind_interface", "eth0"),
    ("allow_anonymous", "true"),
    ("password_file", "/etc/p"),
    ("acl_file", "/etc/acl"),
    ("allow_zero_length_clientid", "false"),
    ("auto_id_prefix", "c-"),
    ("clientid_prefixes", "c-"),
    ("global_max_clients", "9"),
    ("global_max_connections", "9"),
    ("max_keepalive", "60"),
    ("max_packet_size", "20"),
    ("message_size_limit", "100"),
    ("set_tcp_nodelay", "false"),
    ("sys_interval", "30"),
    ("allow_duplicate_messages", "true"),
    ("max_inflight_messages", "21"),
    ("max_inflight_bytes", "1"),
    ("max_queued_messages", "1"),
    ("max_queued_bytes", "5000000000"),
    ("queue_qos0_messages", "true"),
    ("upgrade_outgoing_qos", "true"),
    ("persistent_client_expiration", "1d"),
    ("retain_available", "false"),
    ("check_retain_source", "false"),
    ("retain_expiry_interval", "1"),
    ("persistence", "true"),
    ("persistence_location", "/var/lib/x"),
    ("persistence_file", "x.db"),
    ("retained_persistence", "true"),
    ("user", "root"),
    ("pid_file", "/run/x.pid"),
    ("log_dest", "stdout"),
    ("log_type", "debug"),
    ("log_timestamp", "false"),
    ("log_timestamp_format", "%H"),
    ("connection_messages", "false"),
    ("log_facility", "1"),
    ("compat", "mosquitto"),
    ("strict_connect_flags", "true"),
    ("will_on_takeover", "false"),
    ("will_on_revoke", "false"),
    ("check_will_at_connect", "false"),
    ("sys_wills", "false"),
    ("deny_subscribe", "a/#"),
    ("password_cache_seconds", "60"),
    ("connect_timeout", "5"),
    ("max_subscriptions", "5"),
    ("max_queued_bytes_total", "5"),
    ("memory_limit", "1000000000"),
    ("max_output_bytes", "2048"),
    ("threads", "2"),
    ("max_message_rate", "5"),
    ("max_byte_rate", "5000"),
    ("listener_max_message_rate", "5"),
    ("listener_max_byte_rate", "5000"),
    ("rate_action", "disconnect"),
    ("max_connect_rate", "5"),
    ("max_connection_time", "5"),
    ("max_will_bytes_total", "5"),
    ("tcp_keepalive", "1 2 3"),
    ("tcp_user_timeout", "1000"),
    ("persistence_sync", "second"),
    ("log_format", "json"),
    ("log_syslog_ident", "x"),
    ("log_syslog_socket", "/run/x"),
    ("metrics_listener", "9100"),
];

/// Options that change nothing by themselves; each has a test of its own.
const WITHOUT_EFFECT: &[&str] = &[
    "per_listener_settings",
    "include_dir",
    "autosave_interval",
    "autosave_on_changes",
    "enable_control_api",
    "dhparamfile",
    "retry_interval",
    "websockets_log_level",
    #[cfg(not(feature = "psk"))]
    "psk_hint",
    #[cfg(not(feature = "psk"))]
    "psk_file",
];

/// The options that one of TLS needs beside it.
fn base_of_tls(name: &str) -> Option<Vec<&'static str>> {
    let group = options::GROUPS.iter().find(|(heading, _)| *heading == "Listeners with TLS")?;
    group.1.iter().find(|row| row.name == name)?;
    match name {
        "psk_hint" => return Some(vec!["listener 1884"]),
        "psk_file" => return Some(vec!["listener 1884", "psk_hint any"]),
        _ => {}
    }
    Some(vec!["listener 1884", "certfile a.crt", "keyfile a.key"])
}

/// A configuration with one option, and the same without it.
fn with_and_without(name: &str, value: &str, scope: Scope) -> (Config, Config) {
    let before = match scope {
        Scope::Global | Scope::Listener => "",
        Scope::ListenerBlock => "listener 1884\n",
        Scope::Bridge => super::bridge::LEAST,
    };
    // The default of `allow_anonymous` depends on there being a listener.
    let before = if name == "allow_anonymous" { "listener 1884\n" } else { before };
    // What is about TLS needs it.
    let before = match base_of_tls(name) {
        Some(base) => base.join("\n") + "\n",
        None => before.to_owned(),
    };
    // What is about the store needs one.
    let before = match name.starts_with("persistence_") {
        true => "persistence true\n".to_owned(),
        false => before,
    };
    let with = from_file(&format!("{before}{name} {value}\n"));
    (with.unwrap_or_else(|error| panic!("{name}: {error}")), from_file(&before).unwrap())
}

#[test]
fn every_option_changes_something_or_is_known_not_to() {
    let has_example = |name: &str| EXAMPLES.iter().any(|(known, _)| *known == name);
    // The options of bridges have a list of their own.
    for row in options::all().filter(|row| !super::bridge::is_of_bridge(row)) {
        let is_known = has_example(row.name) != WITHOUT_EFFECT.contains(&row.name);
        assert!(is_known, "{}: give it a value in EXAMPLES that changes something", row.name);
    }
    for (name, value) in EXAMPLES {
        let (with, without) = with_and_without(name, value, options::find(name).unwrap().scope());
        assert_ne!(state(&with), state(&without), "{name} {value} changes nothing");
    }
}

#[test]
fn the_defaults_of_the_table_are_the_defaults() {
    let spelled_out = |row: &&OptionRow| {
        let default = row.default;
        !default.starts_with('(') && row.name != "port"
    };
    let mut checked = 0;
    for row in options::all().filter(spelled_out) {
        let (with, without) = with_and_without(row.name, row.default, row.scope());
        assert_eq!(state(&with), state(&without), "{} {}", row.name, row.default);
        checked += 1;
    }
    assert!(checked > 30, "{checked}");
}

#[test]
fn set_takes_the_same_names_as_the_file() {
    for (name, value) in EXAMPLES {
        let base = base_of_tls(name).unwrap_or_default();
        let mut sets: Vec<String> =
            base.iter().skip(1).map(|line| line.replace(' ', "=")).collect();
        sets.push(format!("{name}={value}"));
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        if let Err(error) = from_sets(&sets) {
            panic!("--set {name}={value}: {error}");
        }
    }
}

#[test]
fn names_are_unique_and_texts_are_sentences() {
    let mut names: Vec<&str> = options::all().map(|row| row.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    for row in options::all() {
        assert!(row.help.ends_with('.'), "{}: {}", row.name, row.help);
        assert!(!row.default.is_empty(), "{}", row.name);
        assert!(row.deprecated.is_none_or(|text| text.ends_with('.')), "{}", row.name);
    }
}

#[test]
fn obsolete_options_are_told_to_be_without_effect() {
    let config = from_file("retry_interval 20\ndhparamfile /etc/x\n").unwrap();
    let told: Vec<_> = config
        .notices
        .iter()
        .filter_map(|notice| match notice {
            ServerEvent::Obsolete { option } => Some(*option),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["retry_interval", "dhparamfile"]);
}

/// A line, and the message for it.
const ERRORS: &[(&str, &str)] = &[
    ("bogus 1", "Unknown configuration variable 'bogus'."),
    (
        "max_conections 1",
        "Unknown configuration variable 'max_conections'. Did you mean 'max_connections'?",
    ),
    (
        "allow_anonymous\ttrue",
        "Unknown configuration variable 'allow_anonymous\\ttrue'. Name and value are separated by \
         a space, not by a tab.",
    ),
    (" #comment", "Unknown configuration variable '#comment'."),
    ("allow_anonymous yes", "Invalid 'allow_anonymous' value (yes). Expected true or false."),
    ("allow_anonymous True", "Invalid 'allow_anonymous' value (True). Expected true or false."),
    ("allow_anonymous", "Empty 'allow_anonymous' value in configuration."),
    ("max_keepalive", "Empty 'max_keepalive' value in configuration."),
    ("clientid_prefixes  ", "Empty 'clientid_prefixes' value in configuration."),
    ("max_keepalive ten", "'max_keepalive' value not a number."),
    ("max_keepalive 10s", "'max_keepalive' value not a number."),
    (
        "max_keepalive 65536",
        "Invalid 'max_keepalive' value (65536). Expected an integer from 0 to 65535.",
    ),
    (
        "max_keepalive 4294967296",
        "'max_keepalive' value out of range. Expected an integer from 0 to 65535.",
    ),
    ("max_packet_size 19", "'max_packet_size' must be >= 20."),
    (
        "max_queued_bytes -1",
        "Invalid 'max_queued_bytes' value (-1). Expected an integer of at least 0.",
    ),
    ("max_qos 3", "'max_qos' must be between 0 and 2 inclusive."),
    ("port 0", "Invalid 'port' value (0). Expected an integer from 1 to 65535."),
    ("socket_domain unix", "Invalid 'socket_domain' value (unix). Expected ipv4 or ipv6."),
    ("listener", "Empty 'listener port' value in configuration."),
    ("listener mqtt", "'listener port' value not a number."),
    ("listener 65536", "Invalid 'port' value (65536). Expected a port from 1 to 65535."),
    ("listener 0", "A listener with port 0 must provide a Unix socket path."),
    (
        "protocol http_api",
        "'protocol http_api' is not supported by this version of lastwill. What runs is told in \
         $SYS topics and in the log.",
    ),
    ("protocol mqtts", "Invalid 'protocol' value (mqtts). Expected mqtt or websockets."),
    (
        "bind_interface eth0/1",
        "Invalid 'bind_interface' value (eth0/1). Expected the name of a network interface, such \
         as eth0.",
    ),
    (
        "enable_proxy_protocol 1",
        "The 'enable_proxy_protocol' option requires a listener to be defined first.",
    ),
    ("max_topic_alias 3", "The 'max_topic_alias' option requires a listener to be defined first."),
    (
        "log_dest dlt",
        "'log_dest dlt' is not supported by this version of lastwill. Use syslog, stderr, stdout or \
         file PATH.",
    ),
    (
        "log_dest paper",
        "Invalid 'log_dest' value (paper). Expected stderr, stdout, file PATH, syslog, topic or none.",
    ),
    ("log_dest file", "Empty 'log_dest' value in configuration."),
    (
        "log_type loud",
        "Invalid 'log_type' value (loud). Expected debug, error, warning, notice, information, \
         subscribe, unsubscribe, websockets, internal, none or all.",
    ),
    (
        "per_listener_settings yes",
        "Invalid 'per_listener_settings' value (yes). Expected true or false.",
    ),
    ("compat hivemq", "Invalid 'compat' value (hivemq). Expected mosquitto."),
    ("memory_limit -1", "Invalid 'memory_limit' value (-1). Expected an integer of at least 0."),
    ("autosave_interval soon", "'autosave_interval' value not a number."),
    (
        "plugin_opt_x y",
        "The 'plugin_opt_x' option requires plugin/global_plugin/plugin_load to be defined first.",
    ),
    (
        "plugin /x",
        "The 'plugin' option is not supported. Plugins are shared objects for mosquitto and cannot be \
         loaded. Use 'password_file' and 'acl_file' instead; for dynamic security, write its clients \
         and roles into these files.",
    ),
    ("include_dir", "Empty 'include_dir' value in configuration."),
];

#[test]
fn every_error_names_what_is_wrong_and_where() {
    for (line, message) in ERRORS {
        let error = from_file(&format!("# head\r\n\r\n{line}\r\n")).unwrap_err();
        assert_eq!(error, format!("Error: {message}\nError found at broker.conf:3."), "{line}");
    }
}

#[test]
fn all_errors_of_a_file_are_reported() {
    let text = "a 1\nlistener 0\nmax_topic_alias 1\nb 2\nauto_id_prefix x\nauto_id_prefix y\n";
    let expected = "\
Error: Unknown configuration variable 'a'.
Error found at broker.conf:1.
Error: A listener with port 0 must provide a Unix socket path.
Error found at broker.conf:2.
Error: Unknown configuration variable 'b'.
Error found at broker.conf:4.
Error: Duplicate 'auto_id_prefix' value in configuration.
Error found at broker.conf:6.";
    assert_eq!(from_file(text).unwrap_err(), expected);
}

#[test]
fn strings_that_may_be_given_once_are() {
    for name in ["bind_address", "auto_id_prefix", "log_timestamp_format"] {
        let error = from_file(&format!("{name} a\n{name} b\n")).unwrap_err();
        let message = format!("Error: Duplicate '{name}' value in configuration.");
        assert!(error.starts_with(&message), "{error}");
    }
    let block = "listener 1\nlistener_auto_id_prefix a\n";
    assert!(from_file(&format!("{block}listener 2\nlistener_auto_id_prefix b\n")).is_ok());
    let error = from_file(&format!("{block}listener_auto_id_prefix b\n")).unwrap_err();
    assert!(error.ends_with("Error found at broker.conf:3."), "{error}");
    let error = from_file("log_dest file /tmp/a\nlog_dest file /tmp/b\n").unwrap_err();
    assert!(error.starts_with("Error: Duplicate 'log_dest' value"), "{error}");
    let config = from_file("clientid_prefixes a\nclientid_prefixes b\n").unwrap();
    assert_eq!(config.policy.client_id_prefix.as_deref(), Some("b"));
}

#[test]
fn long_and_broken_strings_are_refused() {
    let error = from_file(&format!("auto_id_prefix {}\n", "x".repeat(51))).unwrap_err();
    assert!(error.contains("'auto_id_prefix' length must be <= 50."), "{error}");
    let error = from_file(&format!("clientid_prefixes {}\n", "x".repeat(65_536))).unwrap_err();
    assert!(error.starts_with("Error: The 'clientid_prefixes' value is longer"), "{error}");
    assert!(from_file(&format!("clientid_prefixes {}\n", "x".repeat(65_535))).is_ok());
    let error = from_file("listener 1\nmount_point a/+\n").unwrap_err();
    assert!(
        error.contains("Invalid 'mount_point' value (a/+). Does it contain a wildcard"),
        "{error}"
    );
    let error = from_file("clientid_prefixes a\0b\n").unwrap_err();
    assert_eq!(error, "Error: Malformed UTF-8 in configuration.\nError found at broker.conf:1.");
}

#[test]
fn errors_of_set_name_the_argument() {
    for (argument, message) in [
        ("bogus=1", "Unknown configuration variable 'bogus'."),
        ("max_qos=3", "'max_qos' must be between 0 and 2 inclusive."),
        ("max_qos=", "Empty 'max_qos' value in configuration."),
        ("max_qos", "--set takes NAME=VALUE."),
        ("=1", "--set takes NAME=VALUE."),
        ("tls_keyform=x", "The 'tls_keyform' option is not supported by this version of lastwill."),
        (
            "include_dir=/etc",
            "The 'include_dir' option is allowed in the main configuration file only.",
        ),
    ] {
        let error = from_sets(&[argument]).unwrap_err();
        assert_eq!(error, format!("Error: {message}\nError found at --set {argument}."));
    }
}

/// Typical files, and the options in them that this version refuses by name.
const CORPUS: &[(&str, &str, &[&str])] = &[
    ("container quick start", "listener 1883\nallow_anonymous true\n", &[]),
    (
        "distribution default",
        "pid_file /run/m/m.pid\npersistence true\npersistence_location /var/lib/m/\n\
         log_dest file /var/log/m/m.log\n",
        &[],
    ),
    (
        "password and ACL",
        "per_listener_settings false\nallow_anonymous false\npassword_file /etc/p\nacl_file /etc/a\n",
        &[],
    ),
    (
        "TLS and WebSocket",
        "listener 8883\ncafile ca\ncertfile c\nkeyfile k\nrequire_certificate true\n\
         tls_version tlsv1.2\nlistener 9001\nprotocol websockets\n",
        &[],
    ),
    (
        "bridge",
        "connection c\naddress h:1\ntopic # both 0 l/ r/\nremote_username u\ntry_private false\n\
         bridge_protocol_version mqttv311\n",
        &[],
    ),
    (
        "old style",
        "port 1883\nbind_address 127.0.0.1\nmax_queued_messages 100\nqueue_qos0_messages true\n\
         retry_interval 20\n",
        &[],
    ),
];

#[test]
fn typical_files_load_or_name_each_option_that_is_missing() {
    for (case, text, missing) in CORPUS {
        let refused: Vec<String> = match from_file(text) {
            Ok(_) => Vec::new(),
            Err(error) => error
                .lines()
                .filter(|line| line.starts_with("Error: "))
                .map(str::to_owned)
                .collect(),
        };
        let expected: Vec<String> = missing
            .iter()
            .map(|name| {
                format!("Error: The '{name}' option is not supported by this version of lastwill.")
            })
            .collect();
        assert_eq!(refused, expected, "{case}");
    }
}
