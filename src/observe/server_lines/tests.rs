use super::*;

#[test]
fn scripts_find_the_lines_they_wait_for() {
    let version = env!("CARGO_PKG_VERSION");
    let addresses = ["127.0.0.1:1883".parse().unwrap(), "[::1]:1883".parse().unwrap()];
    let error = io::Error::from(io::ErrorKind::AddrInUse);
    let peer = "127.0.0.1:5000".parse().unwrap();
    let golden = [
        (ServerEvent::Starting, format!("lastwill version {version} starting")),
        (
            ServerEvent::ConfigLoaded { path: Path::new("/etc/x.conf") },
            "Config loaded from /etc/x.conf.".to_owned(),
        ),
        (ServerEvent::DefaultConfig, "Using default config.".to_owned()),
        (
            ServerEvent::Opening { address: addresses[1] },
            "Opening ipv6 listen socket on port 1883.".to_owned(),
        ),
        (ServerEvent::Running, format!("lastwill version {version} running")),
        (
            ServerEvent::Listening { addresses: &addresses },
            "listening on 127.0.0.1:1883, [::1]:1883".to_owned(),
        ),
        (
            ServerEvent::ListenFailed { address: "127.0.0.1:1883", error: &error },
            "Error: address in use\n\tcannot listen on 127.0.0.1:1883".to_owned(),
        ),
        (
            ServerEvent::Accepted { peer, port: 1883 },
            "New connection from 127.0.0.1:5000 on port 1883.".to_owned(),
        ),
        (
            ServerEvent::Denied { peer, limit: "max_connections" },
            "Client connection from 127.0.0.1 denied: max_connections exceeded.".to_owned(),
        ),
        (ServerEvent::Reloading, "Reloading config.".to_owned()),
        (ServerEvent::Terminating, format!("lastwill version {version} terminating")),
    ];
    for (event, expected) in golden {
        assert_eq!(text_of(&event), expected);
    }
}

#[test]
fn local_only_mode_warns_in_mosquittos_words() {
    let text = text_of(&ServerEvent::LocalOnly);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[0],
        "Starting in local only mode. Connections will only be possible from clients running on \
         this machine."
    );
    assert_eq!(lines.len(), 3);
    assert_eq!(kind_of(&ServerEvent::LocalOnly), LogType::Warning);
}

#[test]
fn a_deprecated_option_is_told_with_what_to_use_instead() {
    let event =
        ServerEvent::Deprecated { option: "port", instead: "Please use 'listener' instead." };
    assert_eq!(kind_of(&event), LogType::Notice);
    assert_eq!(
        text_of(&event),
        "The 'port' option is now deprecated and will be removed in version 3.0 of mosquitto. \
         Please use 'listener' instead."
    );
}

#[test]
fn what_fails_is_an_error_and_names_it() {
    let error = io::Error::from(io::ErrorKind::PermissionDenied);
    let failed = [
        ServerEvent::ListenFailed { address: "h:1", error: &error },
        ServerEvent::AcceptFailed { port: 1, error: &error },
        ServerEvent::LogFileFailed { path: Path::new("/x"), error: &error },
    ];
    for event in failed {
        assert_eq!(kind_of(&event), LogType::Error);
        let text = text_of(&event);
        assert!(text.starts_with("Error: ") && text.ends_with("permission denied"), "{text}");
    }
    let failed = ServerEvent::ReloadFailed { error: "Error: x" };
    assert_eq!(
        text_of(&failed),
        "Error: x\nError: the configuration is not reloaded, the old one stays."
    );
}
