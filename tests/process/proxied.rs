//! Listeners behind a proxy: headers of both versions, right and wrong.

use std::time::{Duration, Instant};

use crate::support::broker::Broker;
use crate::support::packet::{Connect, VERSIONS, Version, Will};
use crate::support::raw::Raw;
use crate::support::ws::{self, BINARY};

const LINE: &[u8] = b"PROXY TCP4 192.0.2.5 127.0.0.1 6275 1883\r\n";
const V4: &[u8] = b"\xc0\x00\x02\x05\x7f\x00\x00\x01\x18\x83\x07\x5b";

fn broker(options: &[&str]) -> Broker {
    let sets = options.iter().flat_map(|option| ["--set", option]).collect::<Vec<_>>();
    Broker::start_with(&sets)
}

/// A header of version 2.
fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n".as_slice(), &[command, family], &length, rest].concat()
}

fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&[kind], &length[..], value].concat()
}

/// What a proxy adds about a client that has shown a certificate.
fn tls(client: u8) -> Vec<u8> {
    let inner = [tlv(0x21, b"TLSv1.3"), tlv(0x22, b"device-7"), tlv(0x23, b"AES")].concat();
    [V4, &tlv(0x20, &[&[client, 0, 0, 0, 0][..], &inner].concat())].concat()
}

fn client(broker: &Broker, header: &[u8], connect: &Connect<'_>) -> Raw {
    let mut raw = broker.dial();
    raw.send(&[header, &connect.bytes()].concat());
    assert_eq!(raw.receive_connack(), 0);
    raw
}

#[test]
fn the_log_names_the_client_behind_the_proxy() {
    let headers = [
        ("enable_proxy_protocol=1", LINE.to_vec()),
        ("enable_proxy_protocol=2", v2(0x21, 0x11, V4)),
    ];
    for (option, header) in headers {
        let broker = broker(&[option]);
        // Byte by byte, with the CONNECT behind it.
        let mut raw = broker.dial();
        for byte in [&header[..], &Connect { id: "far", ..Connect::default() }.bytes()].concat() {
            raw.send(&[byte]);
        }
        assert_eq!(raw.receive_connack(), 0);
        raw.ping();
        raw.close();
        let log = &broker.program.stderr;
        log.line_with(&format!("New connection from 192.0.2.5:6275 on port {}.", broker.port));
        log.line_with("New client connected from 192.0.2.5:6275 as far ");
        log.line_with("Client far [192.0.2.5:6275] disconnected");
        let of_proxy = |line: &String| line.contains("New connection from 127.0.0.1:");
        assert!(!log.so_far().iter().any(of_proxy));
    }
}

#[test]
fn a_missing_or_wrong_header_is_one_line_and_the_end() {
    let text = "PROXY TCP4 192.0.2.5 127.0.0.1 6275 0\r\n";
    for (option, bytes, line) in [
        ("enable_proxy_protocol=1", Connect::default().bytes(), "rejected, missing PROXY header."),
        ("enable_proxy_protocol=1", text.into(), "Connection rejected, corrupt PROXY header."),
        ("enable_proxy_protocol=1", vec![b'x'; 300], "rejected, missing PROXY header."),
        ("enable_proxy_protocol=2", LINE.to_vec(), "rejected, missing PROXY header."),
        ("enable_proxy_protocol=2", v2(0x31, 0x11, V4), "the header is not of version 2."),
        (
            "enable_proxy_protocol=2",
            v2(0x21, 0x11, &[V4, b"\x20"].concat()),
            "Connection from 192.0.2.5:6275 rejected, corrupt PROXY header.",
        ),
    ] {
        let broker = broker(&[option]);
        let mut raw = broker.dial();
        raw.send(&bytes);
        raw.expect_closed();
        let said = broker.program.stderr.line_with(line);
        assert!(said.contains("From 127.0.0.1:"), "who sent it: {said}");
        let lines = broker.program.stderr.so_far();
        assert_eq!(lines.iter().filter(|line| line.contains("PROXY header")).count(), 1);
    }
}

#[test]
fn a_header_that_does_not_come_has_a_deadline() {
    let broker = broker(&["enable_proxy_protocol=2", "connect_timeout=1"]);
    let mut silent = broker.dial();
    let mut slow = broker.dial();
    slow.send(&v2(0x21, 0x11, V4)[..20]);
    silent.expect_closed();
    slow.expect_closed();
    broker.program.stderr.line_with("disconnected: it took too long.");
}

/// What a proxy does to see whether we live: with a CONNECT it is served, without it is let go.
#[test]
fn a_proxys_own_connection_is_served_and_may_not_stay_silent() {
    for (option, header) in [
        ("enable_proxy_protocol=1", b"PROXY UNKNOWN\r\n".to_vec()),
        ("enable_proxy_protocol=2", v2(0x20, 0x00, b"")),
    ] {
        let broker = broker(&[option]);
        let mut check = client(&broker, &header, &Connect { id: "check", ..Connect::default() });
        check.ping();
        broker.program.stderr.line_with("New client connected from 127.0.0.1:");
        let began = Instant::now();
        let mut silent = broker.dial();
        silent.send(&header);
        silent.expect_closed();
        assert!(began.elapsed() < Duration::from_secs(20), "long before connect_timeout");
        check.ping();
    }
}

#[test]
fn tls_before_the_proxy_is_told_and_can_be_demanded() {
    let broker = broker(&["enable_proxy_protocol=2", "proxy_protocol_v2_require_tls=true"]);
    client(&broker, &v2(0x21, 0x11, &tls(5)), &Connect::default()).ping();
    let log = &broker.program.stderr;
    log.line_with("Connection from 192.0.2.5:6275 negotiated TLSv1.3 cipher AES");
    for header in [v2(0x21, 0x11, V4), v2(0x21, 0x11, &tls(0)), v2(0x20, 0x00, b"")] {
        let mut plain = broker.dial();
        plain.send(&[&header[..], &Connect::default().bytes()].concat());
        plain.expect_closed();
    }
    log.line_with("Connection from 192.0.2.5:6275 rejected, client did not connect using TLS.");
}

/// The certificate that the client showed the proxy is who it is; the user name in CONNECT is not
/// looked at.
#[test]
fn the_certificate_before_the_proxy_is_the_identity() {
    let broker = broker(&[
        "enable_proxy_protocol=2",
        "require_certificate=true",
        "use_identity_as_username=true",
    ]);
    client(&broker, &v2(0x21, 0x11, &tls(5)), &Connect { id: "a", ..Connect::default() }).ping();
    let log = &broker.program.stderr;
    log.line_with("New client connected from 192.0.2.5:6275 as a (p4, c1, k0, u'device-7').");
    for header in [v2(0x21, 0x11, &tls(1)), v2(0x21, 0x11, V4), v2(0x20, 0x00, b"")] {
        let mut without = broker.dial();
        without.send(&[&header[..], &Connect::default().bytes()].concat());
        without.expect_closed();
    }
    log.line_with("Connection from 192.0.2.5:6275 rejected, client did not provide a certificate.");
}

/// Without a name in the certificate nobody gets in.
#[test]
fn an_identity_that_the_proxy_does_not_tell_is_refused() {
    let broker = broker(&["enable_proxy_protocol=2", "use_identity_as_username=true"]);
    let unnamed = [V4, &tlv(0x20, &[5, 0, 0, 0, 0])].concat();
    let unverified = tls(1);
    for rest in [&unnamed[..], &unverified, V4] {
        for (version, code) in [(Version::V4, 4), (Version::V5, 0x86)] {
            let mut raw = broker.dial();
            let connect = Connect { version, ..Connect::default() }.bytes();
            raw.send(&[&v2(0x21, 0x11, rest), &connect[..]].concat());
            assert_eq!(raw.receive_connack(), code);
        }
    }
}

#[test]
fn a_websocket_opens_behind_the_header() {
    let broker = broker(&["enable_proxy_protocol=1", "protocol=websockets"]);
    let mut raw = broker.dial();
    let connect = ws::frame(BINARY, &Connect { id: "far", ..Connect::default() }.bytes());
    raw.send(&[LINE, ws::request(&[]).as_bytes(), &connect].concat());
    broker.program.stderr.line_with("New client connected from 192.0.2.5:6275 as far ");
    let mut wrong = broker.dial();
    wrong.send(&[LINE, b"GET / HTTP/1.1\r\n\r\n"].concat());
    broker.program.stderr.line_with("Client 192.0.2.5:6275 disconnected: an HTTP request without");
}

#[test]
fn w213_a_proxy_that_hangs_up_ends_the_connection_and_publishes_the_will() {
    let broker = broker(&["enable_proxy_protocol=2"]);
    let header = v2(0x21, 0x11, V4);
    let mut watcher = client(&broker, &header, &Connect { id: "watcher", ..Connect::default() });
    watcher.subscribe(Version::V4, "w/#", 0);
    for version in VERSIONS {
        let will = Some(Will::new("w/gone", "gone"));
        let mortal = Connect { version, id: "mortal", will, ..Connect::default() };
        let mut raw = client(&broker, &header, &mortal);
        raw.shut_down();
        watcher.expect_message(Version::V4, "w/gone", "gone");
        raw.expect_closed();
        client(&broker, &header, &mortal).reset();
        watcher.expect_message(Version::V4, "w/gone", "gone");
        let mut polite = client(&broker, &header, &mortal);
        polite.send_hex("E0 00");
        polite.expect_closed();
    }
    watcher.ping();
}
