use super::*;

#[test]
fn scripts_find_the_lines_they_wait_for() {
    let version = env!("CARGO_PKG_VERSION");
    let tcp = |address: &str| Endpoint::Tcp(address.parse().unwrap());
    let unix = Endpoint::Unix("/run/mqtt.sock".into());
    let endpoints = [tcp("127.0.0.1:1883"), tcp("[::1]:1883"), unix.clone()];
    let error = io::Error::from(io::ErrorKind::AddrInUse);
    let golden = [
        (ServerEvent::Starting, format!("lastwill version {version} starting")),
        (
            ServerEvent::ConfigLoaded { path: Path::new("/etc/x.conf") },
            "Config loaded from /etc/x.conf.".to_owned(),
        ),
        (ServerEvent::DefaultConfig, "Using default config.".to_owned()),
        (
            ServerEvent::Feature { name: "Bridge", is_there: true },
            "Bridge support available.".to_owned(),
        ),
        (
            ServerEvent::Feature { name: "TLS-PSK", is_there: false },
            "TLS-PSK support NOT available.".to_owned(),
        ),
        (
            ServerEvent::Opening { endpoint: &endpoints[1] },
            "Opening ipv6 listen socket on port 1883.".to_owned(),
        ),
        (
            ServerEvent::Opening { endpoint: &unix },
            "Opening unix listen socket on path /run/mqtt.sock.".to_owned(),
        ),
        (ServerEvent::Running, format!("lastwill version {version} running")),
        (
            ServerEvent::Listening { endpoints: &endpoints },
            "listening on 127.0.0.1:1883, [::1]:1883, /run/mqtt.sock".to_owned(),
        ),
        (
            ServerEvent::ListenFailed { address: "127.0.0.1:1883", error: &error },
            "Error: address in use\n\tcannot listen on 127.0.0.1:1883".to_owned(),
        ),
        (
            ServerEvent::Accepted { peer: "127.0.0.1:5000", endpoint: &endpoints[0] },
            "New connection from 127.0.0.1:5000 on port 1883.".to_owned(),
        ),
        (
            ServerEvent::Accepted { peer: "pid 7", endpoint: &unix },
            "New connection from pid 7 on socket /run/mqtt.sock.".to_owned(),
        ),
        (
            ServerEvent::Denied { host: "127.0.0.1", limit: "max_connections" },
            "Client connection from 127.0.0.1 denied: max_connections exceeded.".to_owned(),
        ),
        (
            ServerEvent::ProxiedTls { client: "192.0.2.5:6275", version: "TLSv1.3", cipher: "C" },
            "Connection from 192.0.2.5:6275 negotiated TLSv1.3 cipher C".to_owned(),
        ),
        (
            ServerEvent::ProxyHeaderWrong {
                client: None,
                proxy: "127.0.0.1:9",
                why: "it is so",
                is_missing: false,
            },
            "Connection rejected, corrupt PROXY header. From 127.0.0.1:9: it is so.".to_owned(),
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
        ServerEvent::AcceptFailed { endpoint: &Endpoint::Unix("/s".into()), error: &error },
        ServerEvent::LogFileFailed { path: Path::new("/x"), error: &error },
    ];
    for event in failed {
        assert_eq!(kind_of(&event), LogType::Error);
        let text = text_of(&event);
        assert!(text.starts_with("Error: ") && text.contains("permission denied"), "{text}");
    }
    let failed = ServerEvent::ReloadFailed { error: "Error: x" };
    assert_eq!(
        text_of(&failed),
        "Error: x\nError: the configuration is not reloaded, the old one stays."
    );
}
