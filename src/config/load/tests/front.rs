//! Unix sockets, WebSocket, the PROXY protocol: what goes together and what does not.

use super::*;
use crate::config::ProxyHeader;

#[test]
fn port_0_and_a_path_are_a_unix_socket() {
    let config = from_file("listener 0 /run/mqtt.sock # not 1883\nmax_connections 3\n").unwrap();
    let listener = &config.listeners[0];
    assert_eq!(listener.bind, Bind::Path("/run/mqtt.sock".into()));
    assert_eq!(
        (listener.to_string().as_str(), listener.connections_max),
        ("/run/mqtt.sock", Some(3))
    );
    let longest = format!("/{}", "x".repeat(106));
    assert!(from_file(&format!("listener 0 {longest}\n")).is_ok());
    let error = from_file(&format!("listener 0 {longest}x\n")).unwrap_err();
    assert!(error.contains("Expected the path of a socket of at most 107 bytes."), "{error}");
}

#[test]
fn options_of_the_front_belong_to_their_listener() {
    let text = "listener 1\nprotocol websockets\nwebsockets_origin a\nwebsockets_origin b\n\
                listener 2\nenable_proxy_protocol 2\nproxy_protocol_v2_require_tls true\n\
                require_certificate true\nlistener 3\nprotocol mqtt\nenable_proxy_protocol 1\n";
    let config = from_file(text).unwrap();
    let [first, second, third] = &config.listeners[..] else { panic!("three listeners") };
    assert!(first.front.is_websocket && !second.front.is_websocket && !third.front.is_websocket);
    assert_eq!(first.front.websocket.origins, ["a", "b"]);
    assert_eq!(second.front.proxy, Some(ProxyHeader::V2));
    assert!(second.front.proxy_requires_tls && second.front.proxy_requires_certificate);
    assert_eq!(third.front.proxy, Some(ProxyHeader::V1));
    assert!(config.notices.is_empty(), "{:?}", config.notices);
}

#[test]
fn websockets_headers_size_0_is_the_default() {
    for (value, bytes) in [(0, 4096), (1, 1), (65_535, 65_535)] {
        let text = format!("websockets_headers_size {value}\nlistener 1\n");
        let config = from_file(&text).unwrap();
        assert_eq!(config.listeners[0].front.websocket.head_bytes_max, bytes);
    }
}

#[test]
fn what_a_proxys_header_excludes_is_refused() {
    for (more, message) in [
        ("enable_proxy_protocol 0\n", "enable_proxy_protocol must be 1 or 2."),
        ("enable_proxy_protocol 3\n", "enable_proxy_protocol must be 1 or 2."),
        (
            "enable_proxy_protocol 2\nuse_subject_as_username true\n",
            "use_subject_as_username cannot be used with `enable_proxy_protocol 2`.",
        ),
        (
            "enable_proxy_protocol 2\ncertfile a\nkeyfile b\n",
            "certfile and keyfile cannot be used with `enable_proxy_protocol 2`.",
        ),
    ] {
        let error = from_file(&format!("listener 1884\n{more}")).unwrap_err();
        assert!(error.starts_with(&format!("Error: {message}\nError found ")), "{error}");
    }
    // Version 1 says nothing about TLS, so there may be TLS behind it.
    assert!(from_file("listener 1\nenable_proxy_protocol 1\ncertfile a\nkeyfile b\n").is_ok());
}

#[test]
fn what_has_no_effect_is_told_by_name() {
    for (text, option) in [
        (
            "enable_proxy_protocol 1\nproxy_protocol_v2_require_tls true\n",
            "proxy_protocol_v2_require_tls",
        ),
        ("websockets_origin a\n", "websockets_origin"),
    ] {
        let config = from_file(&format!("listener 1\n{text}")).unwrap();
        let [ServerEvent::WithoutEffect { option: told, .. }] = config.notices[..] else {
            panic!("{:?}", config.notices)
        };
        assert_eq!(told, option);
    }
    let config = from_file("listener 0 /s\nbind_interface lo\nsocket_domain ipv4\n").unwrap();
    assert_eq!(config.notices.len(), 2, "{:?}", config.notices);
    let config = from_file("websockets_log_level 1\n").unwrap();
    assert!(matches!(config.notices[0], ServerEvent::Obsolete { option: "websockets_log_level" }));
}
