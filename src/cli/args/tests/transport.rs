//! Where a command line wants to connect, and through what.

use std::path::Path;

use super::{complaint, hint, pub_of, sub_of};
use crate::cli::options::{Called, Connection};

#[track_caller]
fn connection(line: &str) -> Connection {
    for called in [Called::Lastwill, Called::Mosquitto] {
        let publisher = pub_of(called, &format!("-n {line} -t a")).expect(line);
        let subscriber = sub_of(called, &format!("{line} -t a")).expect(line);
        assert_eq!(publisher.connection.unix, subscriber.connection.unix, "{line}");
    }
    sub_of(Called::Mosquitto, &format!("{line} -t a")).expect(line).connection
}

/// Host and port of a TCP connection.
#[track_caller]
fn address(line: &str) -> (String, u16) {
    let connection = connection(line);
    assert_eq!(connection.unix, None, "{line}");
    (connection.host, connection.port)
}

#[track_caller]
fn path(line: &str) -> String {
    let unix = connection(line).unix.expect(line);
    unix.to_str().expect(line).to_owned()
}

#[test]
fn port_0_makes_a_path_of_the_host() {
    assert_eq!(path("--unix /run/m.sock"), "/run/m.sock");
    assert_eq!(path("-p 0 -h /run/m.sock"), "/run/m.sock");
    assert_eq!(path("-h h -p 1 --unix /run/m.sock"), "/run/m.sock");
    assert_eq!(path("--unix /a -h /b"), "/b", "-h overrides the path");
    assert_eq!(path("-p 0"), "localhost");
    assert_eq!(address("--unix /a -h h -p 1884"), ("h".to_owned(), 1884));
    assert_eq!(address("--unix /a -p 1884"), ("/a".to_owned(), 1884), "-p overrides the port");
    assert_eq!(address("--unix /a -L mqtt://h/t"), ("h".to_owned(), 1883));
    assert_eq!(path("-L mqtt://h/t --unix /a"), "/a");
}

#[test]
fn a_path_need_not_be_text() {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let words = [b"--unix".to_vec(), b"/\xff".to_vec(), b"-t".to_vec(), b"a".to_vec()];
    let words = words.map(std::ffi::OsString::from_vec);
    let options = crate::cli::args::sub(Called::Lastwill, &words, &super::Places::default());
    let unix = options.expect("options").connection.unix.expect("a path");
    assert_eq!(unix, Path::new(std::ffi::OsStr::from_bytes(b"/\xff")));
}

#[test]
fn later_parts_of_an_address_win() {
    assert_eq!(address("-p 5 -L mqtt://h/t"), ("h".to_owned(), 1883), "a URL sets the port");
    assert_eq!(address("-L mqtt://h:7/t -p 5"), ("h".to_owned(), 5));
    assert_eq!(address("-L mqtt://h:7/t -h i"), ("i".to_owned(), 7));
    assert_eq!(address("-L mqtt://[::1]:7/t"), ("::1".to_owned(), 7));
    assert_eq!(address("-L ws://h/t"), ("h".to_owned(), 1883));
}

#[test]
fn websocket_is_asked_for_in_two_ways() {
    assert!(!connection("-L mqtt://h/t").websocket);
    assert!(connection("--ws").websocket);
    assert_eq!(connection("--ws").port, 1883);
    assert!(connection("-L ws://h/t").websocket);
    assert!(connection("--ws -L mqtt://h/t").websocket, "a URL does not take it back");
}

#[test]
fn a_proxy_is_for_tcp() {
    let proxy = connection("--proxy socks5h://me:x@p:9").proxy.expect("a proxy");
    assert_eq!((proxy.host.as_str(), proxy.port), ("p", 9));
    for (line, message) in [
        ("--proxy http://p -t a", "Error: Unsupported proxy protocol: http://p"),
        ("--proxy socks5h://p:0 -t a", "Error: Invalid proxy port 0"),
        (
            "--proxy socks5h://p --unix /s -t a",
            "Error: --proxy and a Unix domain socket (--unix, -p 0) cannot be used together.",
        ),
    ] {
        assert_eq!(complaint(line, sub_of(Called::Mosquitto, line)), hint(message), "{line}");
    }
}
