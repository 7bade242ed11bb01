use std::fs;

use tempfile::TempDir;

use super::*;
use crate::broker::policy::{ListenerPolicy, Policy};
use crate::config::{Bind, Family, Front, Listener, UsernameFrom, WebSocketFront};
use crate::observe::{Destination, LogType, StampFormat};
use crate::protocol::{QoS, Version};

fn from_file(text: &str) -> Result<Config, String> {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("broker.conf");
    fs::write(&file, text).unwrap();
    let sources = Sources { file: Some(file), ..Sources::default() };
    load(&sources).map_err(|error| shown(&error, &dir))
}

/// The text of the error, with the directory left out.
fn shown(error: &ConfigError, dir: &TempDir) -> String {
    error.to_string().replace(&format!("{}/", dir.path().display()), "")
}

fn from_sets(sets: &[&str]) -> Result<Config, String> {
    let sets = sets.iter().map(|set| (*set).to_owned()).collect();
    load(&Sources { sets, ..Sources::default() }).map_err(|error| error.to_string())
}

/// The configuration as text, without what was told about it.
fn state(config: &Config) -> String {
    let config = Config { notices: Vec::new(), given: Vec::new(), file: None, ..config.clone() };
    format!("{config:?}")
}

fn front() -> Front {
    let websocket = WebSocketFront { origins: Vec::new(), head_bytes_max: 4096 };
    Front { websocket, ..Front::default() }
}

#[test]
fn without_any_configuration_only_this_machine_can_connect() {
    let config = load(&Sources::default()).unwrap();
    let listener = Listener {
        bind: Bind::Loopback,
        port: 1883,
        family: Family::Both,
        interface: None,
        front: front(),
        connections_max: None,
        allow_anonymous: true,
        password_file: None,
        acl_file: None,
        tls: None,
        username_from: UsernameFrom::Connect,
    };
    assert_eq!(config.listeners, [listener]);
    assert!(config.local_only);
    assert!(config.tcp_nodelay);
    // What is on its way to a client is bounded apart from the Receive Maximum.
    assert_eq!(config.policy, Policy { window_default: Some(1000), ..Policy::default() });
    assert!(config.notices.is_empty(), "{:?}", config.notices);
}

#[test]
fn a_file_without_a_listener_is_local_only_and_says_so() {
    let config = from_file("max_keepalive 60\nmax_connections -1\n").unwrap();
    assert!(config.local_only);
    assert_eq!(config.listeners.len(), 1);
    assert_eq!(config.listeners[0].bind, Bind::Loopback);
    assert!(config.listeners[0].allow_anonymous);
    assert!(matches!(config.notices[..], [ServerEvent::LocalOnly]), "{:?}", config.notices);
}

#[test]
fn a_listener_without_host_is_open_to_all_but_not_anonymous() {
    let config = from_file("listener 1884\nlistener 1885 127.0.0.1 # why\n").unwrap();
    let binds: Vec<_> = config.listeners.iter().map(|one| (one.port, one.bind.clone())).collect();
    assert_eq!(binds, [(1884, Bind::Any), (1885, Bind::Host("127.0.0.1".to_owned()))]);
    assert!(!config.local_only);
    assert!(config.listeners.iter().all(|one| !one.allow_anonymous));
    assert_eq!(config.policy.listeners.len(), 2);
}

#[test]
fn a_block_is_current_until_the_next_listener() {
    let text = "allow_anonymous true\nlistener 1884\nmax_qos 0\nlistener_allow_anonymous false\n\
                max_queued_messages 5\nmax_topic_alias 3\nlistener 1885\nmax_qos 1\n";
    let config = from_file(text).unwrap();
    let qos: Vec<_> = config.policy.listeners.iter().map(|one| one.qos_max).collect();
    assert_eq!(qos, [QoS::AtMostOnce, QoS::AtLeastOnce]);
    let anonymous: Vec<_> = config.listeners.iter().map(|one| one.allow_anonymous).collect();
    assert_eq!(anonymous, [false, true]);
    assert_eq!(config.policy.listeners[0].topic_alias_max, 3);
    assert_eq!(config.policy.listeners[1].topic_alias_max, 10);
    assert_eq!(config.policy.queue_messages_max, 5);
}

#[test]
fn listener_options_before_any_listener_open_the_default_listener_beside_others() {
    let config = from_file("max_qos 1\n").unwrap();
    assert_eq!(config.listeners[0].bind, Bind::Loopback);
    assert!(config.local_only && config.listeners[0].allow_anonymous);
    assert_eq!(config.policy.listeners[0].qos_max, QoS::AtLeastOnce);
    let config = from_file("max_qos 1\nlistener 1884\n").unwrap();
    let ports: Vec<_> = config.listeners.iter().map(|one| (one.port, one.bind.clone())).collect();
    assert_eq!(ports, [(1884, Bind::Any), (1883, Bind::Any)]);
    assert_eq!(config.policy.listeners[0].qos_max, QoS::ExactlyOnce);
    assert_eq!(config.policy.listeners[1].qos_max, QoS::AtLeastOnce);
    assert!(matches!(config.notices[..], [ServerEvent::DefaultListener { port: 1883 }]));
}

#[test]
fn port_and_bind_address_make_the_default_listener() {
    let config = from_file("port 1999\nbind_address 127.0.0.1\nsocket_domain ipv4\n").unwrap();
    assert!(!config.local_only);
    let listener = &config.listeners[0];
    assert_eq!((listener.port, listener.family), (1999, Family::V4));
    assert_eq!(listener.bind, Bind::Host("127.0.0.1".to_owned()));
    let deprecated: Vec<_> = config
        .notices
        .iter()
        .filter_map(|notice| match notice {
            ServerEvent::Deprecated { option, .. } => Some(*option),
            _ => None,
        })
        .collect();
    assert_eq!(deprecated, ["port", "bind_address"]);
}

#[test]
fn ports_of_the_command_line_count_only_without_a_listener() {
    let sources = Sources { ports: vec![0, 1999], ..Sources::default() };
    let config = load(&sources).unwrap();
    let ports: Vec<_> = config.listeners.iter().map(|one| one.port).collect();
    assert_eq!(ports, [0, 1999]);
    assert!(config.listeners.iter().all(|one| one.bind == Bind::Loopback && one.allow_anonymous));

    let sets = vec!["listener=1884".to_owned()];
    let config = load(&Sources { sets, ports: vec![7], ..Sources::default() }).unwrap();
    assert_eq!(config.listeners.len(), 1);
    assert!(matches!(config.notices[..], [ServerEvent::PortIgnored { port: 7 }]));

    let error = load(&Sources { ports: vec![0; 11], ..Sources::default() }).unwrap_err();
    assert_eq!(error.to_string(), "Error: Only 10 ports can be specified on the command line.");
}

#[test]
fn set_wins_over_the_file_and_reaches_every_listener() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("broker.conf");
    fs::write(&file, "listener 1884\nmax_qos 0\nlistener 1885\nlog_timestamp_format %Y\n").unwrap();
    let sets = ["max_qos=1", "max_topic_alias=4", "log_timestamp_format=%H:%M"];
    let sets = sets.map(str::to_owned).to_vec();
    let config = load(&Sources { file: Some(file), sets, ..Sources::default() }).unwrap();
    let qos: Vec<_> = config.policy.listeners.iter().map(|one| one.qos_max).collect();
    assert_eq!(qos, [QoS::AtLeastOnce, QoS::AtLeastOnce]);
    assert!(config.policy.listeners.iter().all(|one| one.topic_alias_max == 4));
    assert_eq!(config.log.stamp, StampFormat::Strftime("%H:%M".to_owned()));
    assert_eq!(config.listeners.len(), 2, "no default listener appears");
}

#[test]
fn set_without_a_listener_reaches_the_local_one() {
    let config = from_sets(&["mount_point=home/", "max_connections=3"]).unwrap();
    assert!(config.local_only);
    assert_eq!(config.policy.listeners[0].mount_point.as_deref(), Some("home/"));
    assert_eq!(config.listeners[0].connections_max, Some(3));
    let config =
        from_sets(&["max_qos=2", "listener=1884 ::1", "max_qos=0", "listener=1885"]).unwrap();
    let qos: Vec<_> = config.policy.listeners.iter().map(|one| one.qos_max).collect();
    assert_eq!(qos, [QoS::AtMostOnce, QoS::ExactlyOnce]);
    assert_eq!(config.listeners[0].bind, Bind::Host("::1".to_owned()));
}

#[test]
fn compat_takes_the_other_side_unless_an_option_says_otherwise() {
    let plain = load(&Sources::default()).unwrap();
    let compat = load(&Sources { compat_mosquitto: true, ..Sources::default() }).unwrap();
    assert!(compat.strict_connect_flags && !plain.strict_connect_flags);
    assert!(!compat.policy.will_on_takeover && plain.policy.will_on_takeover);
    assert!(!compat.policy.check_will_at_connect && plain.policy.check_will_at_connect);
    assert!(compat.policy.one_copy_per_subscription);
    assert!(compat.policy.sides_with_mosquitto && !plain.policy.sides_with_mosquitto);
    let limits = (compat.policy.queue_messages_max, compat.policy.queue_bytes_max);
    assert_eq!(limits, (1000, 0));
    let windows =
        |config: &Config| (config.policy.receive_maximum(), config.policy.bridge_receive_maximum());
    assert_eq!((windows(&plain), windows(&compat)), ((1000, 20), (20, 20)));
    assert_eq!(windows(&from_file("max_inflight_messages 7\n").unwrap()), (7, 7));
    let text = "max_queued_messages 7\ncompat mosquitto\nwill_on_takeover true\n";
    let mixed = from_file(text).unwrap();
    assert_eq!(mixed.policy.queue_messages_max, 7);
    assert!(mixed.policy.will_on_takeover);
    assert!(mixed.strict_connect_flags);
    for (name, value) in COMPAT_MOSQUITTO {
        let row = options::find(name).unwrap();
        assert!(matches!(row.apply, Apply::Global(_)), "{name}");
        assert_ne!(row.default, *value, "{name} is not different");
        from_sets(&[&format!("{name}={value}")]).unwrap();
    }
}

#[test]
fn verbose_and_quiet_decide_what_is_logged() {
    let loud = load(&Sources { verbose: true, ..Sources::default() }).unwrap();
    assert_eq!(loud.log.types, LogTypes::ALL);
    assert!(loud.policy.trace);
    let quiet = load(&Sources { verbose: true, quiet: true, ..Sources::default() }).unwrap();
    assert_eq!(quiet.log.types, LogTypes::NONE);
    assert!(!quiet.policy.trace);
}

#[test]
fn log_options_add_up_and_clear_their_defaults() {
    let config = from_file("log_type error\nlog_type debug\nlog_dest stdout\n").unwrap();
    assert_eq!(config.log.types, LogTypes::NONE.with(LogType::Error).with(LogType::Debug));
    assert_eq!(config.log.destinations, [Destination::Stdout]);
    assert!(config.policy.trace);
    let text = "log_dest stderr\nlog_dest none\nlog_dest file /tmp/a b.log \nlog_type all\n";
    let config = from_file(text).unwrap();
    assert_eq!(config.log.destinations, [Destination::File("/tmp/a b.log".into())]);
    let config = from_file("log_dest none\nlog_type all").unwrap();
    assert_eq!(config.log.destinations, []);
    assert!(!config.policy.trace, "nobody reads it");
    let config = from_file("log_type all\nlog_type none\nlog_timestamp false").unwrap();
    assert_eq!(config.log.types, LogTypes::NONE);
    assert_eq!(config.log.stamp, StampFormat::None);
}

#[test]
fn included_files_are_read_in_order_and_share_no_block() {
    let dir = TempDir::new().unwrap();
    let sub = dir.path().join("conf.d");
    fs::create_dir(&sub).unwrap();
    fs::write(sub.join("b.conf"), "listener 3\n").unwrap();
    fs::write(sub.join("A.conf"), "listener 1\nmax_qos 0\n").unwrap();
    fs::write(sub.join("a.conf"), "listener 2\n").unwrap();
    fs::write(sub.join("z.txt"), "nonsense\n").unwrap();
    let file = dir.path().join("broker.conf");
    let text = format!("listener 9\ninclude_dir {}\nmax_qos 1\n", sub.display());
    fs::write(&file, text).unwrap();
    let sources = Sources { file: Some(file.clone()), ..Sources::default() };
    let config = load(&sources).unwrap();
    let found: Vec<_> = config.listeners.iter().map(|one| one.port).collect();
    assert_eq!(found, [9, 1, 2, 3]);
    let qos: Vec<_> = config.policy.listeners.iter().map(|one| one.qos_max as u8).collect();
    assert_eq!(qos, [1, 0, 2, 2]);

    fs::write(sub.join("b.conf"), "\nbad 1\ninclude_dir x\nmax_topic_alias 3\n").unwrap();
    let error = shown(&load(&sources).unwrap_err(), &dir);
    let expected = "\
Error: Unknown configuration variable 'bad'.
Error found at conf.d/b.conf:2.
Error: The 'include_dir' option is allowed in the main configuration file only.
Error found at conf.d/b.conf:3.
Error: The 'max_topic_alias' option requires a listener to be defined first.
Error found at conf.d/b.conf:4.";
    assert_eq!(error, expected);
}

#[test]
fn what_cannot_be_read_is_named() {
    let dir = TempDir::new().unwrap();
    let load_file = |path: PathBuf| {
        let error = load(&Sources { file: Some(path), ..Sources::default() }).unwrap_err();
        shown(&error, &dir)
    };
    assert_eq!(
        load_file(dir.path().join("missing")),
        "Error: Unable to open config file 'missing'.\n\
         The reason: No such file or directory (os error 2)."
    );
    let here = load_file(dir.path().to_owned());
    assert!(here.ends_with(": not a regular file."), "{here}");
    let error = from_file("include_dir /no/such/dir\n").unwrap_err();
    assert_eq!(
        error,
        "Error: Unable to open include_dir /no/such/dir: No such file or directory (os error 2).\n\
         Error found at broker.conf:1."
    );
}

#[test]
fn protocol_versions_are_a_list() {
    let versions = |list: &str| {
        let text = format!("listener 1\naccept_protocol_versions {list}\n");
        from_file(&text).map(|config| config.policy.listeners[0].versions.clone())
    };
    assert_eq!(versions("5, 4").unwrap(), [Version::V311, Version::V5]);
    assert_eq!(versions("3 x").unwrap(), [Version::V31]);
    assert!(versions("six").unwrap_err().contains("Expected some of 3, 4 and 5."));
}

#[test]
fn session_expiry_has_units() {
    let secs = |value: &str| {
        from_sets(&[&format!("persistent_client_expiration={value}")])
            .map(|config| config.policy.session_expiry_max_secs.unwrap())
    };
    let good = ["7s", "2h", "3d", "2w", "1m", "1y", "1000y"].map(|value| secs(value).unwrap());
    let expected = [7, 7200, 259_200, 1_209_600, 2_592_000, 31_536_000, u32::MAX - 1];
    assert_eq!(good, expected);
    for value in ["7", "0d", "-1d", "d", "1q", "\u{e4}", "1 d"] {
        let error = secs(value).unwrap_err();
        assert!(
            error.starts_with("Error: Invalid 'persistent_client_expiration' value"),
            "{error}"
        );
    }
}

#[test]
fn mosquittos_special_numbers_mean_what_they_mean_there() {
    let config = from_sets(&["max_inflight_messages=0"]).unwrap();
    assert_eq!(config.policy.inflight_messages_max, u16::MAX);
    let config = from_sets(&["global_max_clients=-1", "max_connections=-5"]).unwrap();
    assert_eq!((config.policy.sessions_max, config.listeners[0].connections_max), (None, None));
    let config = from_sets(&["global_max_connections=0x10", "retain_expiry_interval=2"]).unwrap();
    assert_eq!(config.connections_max, Some(16));
    assert_eq!(config.policy.retain_expiry_secs, Some(120));
    let config = from_file("listener 1\nlistener_auto_id_prefix x\nlistener 2\n").unwrap();
    let prefixes: Vec<_> =
        config.policy.listeners.iter().map(|one| one.assigned_id_prefix.to_string()).collect();
    assert_eq!(prefixes, ["x", &*ListenerPolicy::default().assigned_id_prefix]);
}

mod bridge;
mod front;
mod security;
mod table;
mod tls;
