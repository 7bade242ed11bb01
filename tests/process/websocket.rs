//! WebSocket listeners: requests of all kinds, frames of all kinds, wills.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::broker::Broker;
use crate::support::packet::{Connect, VERSIONS, Version, Will, publish, subscribe};
use crate::support::program::Program;
use crate::support::ws::{self, BINARY, CLOSE, PING, PONG, TEXT, Ws};

fn broker(options: &[&str]) -> Broker {
    Broker::start_with(&[&["--set", "protocol=websockets"], options].concat())
}

/// A client that sees the wills.
fn watcher(broker: &Broker) -> Ws {
    let mut watcher = Ws::client(broker.port, &Connect { id: "watcher", ..Connect::default() });
    watcher.send(&subscribe(Version::V4, "w/#", 0));
    assert_eq!(watcher.packet()[0], 0x90);
    watcher
}

fn mortal(broker: &Broker, version: Version) -> Ws {
    let will = Some(Will::new("w/mortal", "gone"));
    Ws::client(broker.port, &Connect { version, id: "mortal", will, ..Connect::default() })
}

fn expect_will(watcher: &mut Ws) {
    watcher.expect(&publish(Version::V4, "w/mortal", "gone", 0, 0));
}

#[test]
fn the_answer_names_the_sub_protocol() {
    let broker = broker(&[]);
    for (asked, chosen) in [("mqtt", "mqtt"), ("mqttv3.1", "mqttv3.1"), ("x, mqtt", "mqtt")] {
        let mut ws = Ws::dial(broker.port);
        let head = ws.upgrade(&[&format!("Sec-WebSocket-Protocol: {asked}")]);
        assert!(head.contains(&format!("Sec-WebSocket-Protocol: {chosen}\r\n")), "{head}");
        ws.send(&Connect { id: asked, ..Connect::default() }.bytes());
        assert_eq!(ws.packet()[0], 0x20);
        ws.ping();
    }
}

/// The client need not wait for the answer, and nothing of the request need come in one piece.
#[test]
fn request_and_frames_may_come_in_any_pieces() {
    let broker = broker(&[]);
    let connect = Connect::default().bytes();
    let mut at_once = Ws::dial(broker.port);
    at_once.send_raw(&[ws::request(&[]).as_bytes(), &ws::frame(BINARY, &connect)].concat());
    assert!(at_once.head().starts_with("HTTP/1.1 101 "));
    assert_eq!(at_once.packet()[0], 0x20);
    at_once.ping();
    let mut slow = Ws::dial(broker.port);
    for byte in ws::request(&[]).as_bytes() {
        slow.send_raw(&[*byte]);
    }
    assert!(slow.head().starts_with("HTTP/1.1 101 "));
    for byte in ws::frame(BINARY, &connect) {
        slow.send_raw(&[byte]);
    }
    assert_eq!(slow.packet()[0], 0x20);
}

#[test]
fn wrong_requests_are_answered_and_told() {
    let broker = broker(&[]);
    for (changed, status, line) in [
        (&["upgrade"][..], "426 ", "an HTTP request without upgrade to WebSocket"),
        (&["Sec-WebSocket-Version: 8"], "426 ", "another WebSocket version than 13"),
        (&["Sec-WebSocket-Key: x"], "400 ", "no valid Sec-WebSocket-Key"),
        (
            &["Sec-WebSocket-Protocol: chat"],
            "400 ",
            "the WebSocket sub-protocol 'chat' instead of 'mqtt'",
        ),
        (&["sec-websocket-protocol"], "400 ", "no WebSocket sub-protocol instead of 'mqtt'"),
    ] {
        let mut ws = Ws::dial(broker.port);
        ws.send_raw(ws::request(changed).as_bytes());
        let answer = ws.rest();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{changed:?}: {answer}");
        broker.program.stderr.line_with(&format!("disconnected: {line}."));
    }
    let mut page = Ws::dial(broker.port);
    page.send_raw(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(page.rest().contains("This is an MQTT broker"));
}

#[test]
fn only_pages_of_websockets_origin_may_connect() {
    let origin = "websockets_origin=https://a.example";
    let broker = broker(&["--set", origin, "--set", "websockets_origin=http://localhost"]);
    for origin in [&["Origin: https://a.example"][..], &["Origin: http://localhost"], &[]] {
        Ws::dial(broker.port).upgrade(origin);
    }
    let mut ws = Ws::dial(broker.port);
    ws.send_raw(ws::request(&["Origin: https://b.example"]).as_bytes());
    assert_eq!(ws.rest(), "");
    broker.program.stderr.line_with("non-matching http origin 'https://b.example'.");
}

#[test]
fn what_is_no_http_is_hung_up_on() {
    let broker = broker(&[]);
    for bytes in [Connect::default().bytes(), b"\x16\x03\x01\x02\x00\x01\x00".to_vec()] {
        let mut ws = Ws::dial(broker.port);
        ws.send_raw(&bytes);
        assert_eq!(ws.rest(), "");
    }
    broker.program.stderr.line_with("disconnected: no HTTP request on a WebSocket listener.");
}

#[test]
fn a_request_is_bounded_by_websockets_headers_size() {
    let broker = broker(&["--set", "websockets_headers_size=600"]);
    let cookie = |length: usize| format!("Cookie: {}", "c".repeat(length));
    Ws::dial(broker.port).upgrade(&[&cookie(300)]);
    let mut ws = Ws::dial(broker.port);
    ws.send_raw(ws::request(&[&cookie(600)]).as_bytes());
    assert!(ws.rest().starts_with("HTTP/1.1 431 "));
    broker.program.stderr.line_with("more than 600 bytes (websockets_headers_size)");
}

#[test]
fn a_request_that_does_not_come_has_a_deadline() {
    let broker = broker(&["--set", "connect_timeout=1"]);
    let mut silent = Ws::dial(broker.port);
    let mut slow = Ws::dial(broker.port);
    slow.send_raw(b"GET /mqtt HTTP/1.1\r\nHost:");
    let mut open = Ws::open(broker.port);
    assert_eq!((silent.rest(), slow.rest()), (String::new(), String::new()));
    open.expect_close(1000);
    broker.program.stderr.line_with("disconnected: it took too long.");
}

#[test]
fn a_ping_is_answered_and_fragments_are_one_stream() {
    let broker = broker(&[]);
    let mut ws = Ws::open(broker.port);
    let connect = Connect::default().bytes();
    let (begin, end) = connect.split_at(5);
    ws.send_frame(0x02, begin);
    ws.send_frame(PING, b"between");
    ws.send_frame(0x00, &[]);
    ws.send_frame(0x80, end);
    assert_eq!(ws.frame(), Some((PONG, b"between".to_vec())));
    assert_eq!(ws.packet()[0], 0x20);
    ws.send_frame(PONG, b"unasked");
    // Several packets in one frame, and one that begins in it.
    ws.send(&[0xC0, 0, 0xC0, 0, 0xC0]);
    ws.expect(&[0xD0, 0]);
    ws.expect(&[0xD0, 0]);
    ws.send(&[0]);
    ws.expect(&[0xD0, 0]);
}

#[test]
fn w207_the_will_comes_when_the_connection_is_closed_or_reset() {
    let broker = broker(&[]);
    let mut watcher = watcher(&broker);
    for version in VERSIONS {
        drop(mortal(&broker, version));
        expect_will(&mut watcher);
        mortal(&broker, version).reset();
        expect_will(&mut watcher);
        let mut half = mortal(&broker, version);
        half.shut_down();
        expect_will(&mut watcher);
        half.expect_close(1000);
    }
}

#[test]
fn w208_a_close_frame_without_disconnect_publishes_the_will() {
    let broker = broker(&[]);
    let mut watcher = watcher(&broker);
    for version in VERSIONS {
        for code in [1000_u16, 1001] {
            let mut tab = mortal(&broker, version);
            tab.send_frame(CLOSE, &code.to_be_bytes());
            assert_eq!(tab.frame(), Some((CLOSE, code.to_be_bytes().to_vec())));
            assert_eq!(tab.frame(), None, "the server hangs up first");
            expect_will(&mut watcher);
        }
        let mut tab = mortal(&broker, version);
        tab.send_frame(CLOSE, &[]);
        assert_eq!(tab.frame(), Some((CLOSE, Vec::new())));
        expect_will(&mut watcher);
    }
}

#[test]
fn w209_a_disconnect_in_a_frame_discards_the_will() {
    let broker = broker(&[]);
    let mut watcher = watcher(&broker);
    for version in VERSIONS {
        let mut polite = mortal(&broker, version);
        polite.send(&[0xE0, 0]);
        polite.expect_close(1000);
        let mut quick = mortal(&broker, version);
        quick.send(&[0xE0, 0]);
        quick.send_frame(CLOSE, &1000_u16.to_be_bytes());
        assert!(quick.frame().is_none_or(|(first, _)| first == CLOSE));
    }
    watcher.ping();
}

#[test]
fn w105_w210_broken_frames_close_and_publish_the_will() {
    let broker = broker(&[]);
    let mut watcher = watcher(&broker);
    for version in VERSIONS {
        for (bytes, code) in [
            (ws::frame(TEXT, b"\xC0\0"), 1003),
            (vec![BINARY, 2, 0xC0, 0], 1002),
            (ws::frame(0xC2, b""), 1002),
            (ws::frame(0x83, b""), 1002),
            (ws::frame(0x80, b"no beginning"), 1002),
            (ws::frame(0x09, b"ping in pieces"), 1002),
            (ws::frame(PING, &[0; 126]), 1002),
            (vec![BINARY, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1002),
        ] {
            let mut hostile = mortal(&broker, version);
            hostile.send_raw(&bytes);
            hostile.expect_close(code);
            expect_will(&mut watcher);
        }
    }
}

/// A frame that announces more than a packet may have costs nothing until a packet is too large.
#[test]
fn w210_a_packet_that_is_too_large_closes_in_order() {
    let broker = broker(&["--set", "max_packet_size=1000"]);
    let mut watcher = watcher(&broker);
    let mut hostile = mortal(&broker, Version::V5);
    hostile.send(&[&[0x30, 0xFF, 0x7F][..], &[0; 2000]].concat());
    assert_eq!(hostile.packet(), [0xE0, 1, 0x95]);
    expect_will(&mut watcher);
}

#[test]
fn w211_packets_are_a_stream_whatever_the_frames() {
    let broker = broker(&[]);
    let mut watcher = watcher(&broker);
    for version in VERSIONS {
        let mut split = mortal(&broker, version);
        split.send(&[0xE0]);
        split.send(&[0]);
        split.expect_close(1000);
        let mut joined = mortal(&broker, version);
        let last = publish(version, "w/last", "word", 0, 0);
        joined.send(&[&last[..], &[0xE0, 0]].concat());
        watcher.expect(&publish(Version::V4, "w/last", "word", 0, 0));
        joined.expect_close(1000);
    }
    watcher.ping();
}

#[test]
fn w212_websocket_pings_do_not_count_as_a_sign_of_life() {
    let broker = broker(&[]);
    let mut watcher = watcher(&broker);
    let will = Some(Will::new("w/mortal", "gone"));
    let connect = Connect { id: "mortal", keep_alive_secs: 1, will, ..Connect::default() };
    let mut pinging = Ws::client(broker.port, &connect);
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        assert!(Instant::now() < end, "keep alive fires");
        pinging.send_frame(PING, b"warm");
        match pinging.frame() {
            Some((PONG, _)) => std::thread::park_timeout(Duration::from_millis(100)),
            // The farewell.
            _ => break,
        }
    }
    expect_will(&mut watcher);
}

#[test]
fn who_is_taken_over_gets_its_reason_and_a_close_frame() {
    let broker = broker(&[]);
    let connect = Connect { version: Version::V5, id: "twin", ..Connect::default() };
    let mut first = Ws::client(broker.port, &connect);
    let _second = Ws::client(broker.port, &connect);
    assert_eq!(first.packet(), [0xE0, 1, 0x8E]);
    first.expect_close(1000);
}

/// Opens connections that begin a request and never end it, says so, and holds them.
const HOLD: &str = r#"
ulimit -n "$(ulimit -Hn)"
for ((i = 0; i < $2; i++)); do
    exec {fd}<>/dev/tcp/127.0.0.1/$1 || exit 1
    printf 'GET /mqtt HTTP/1.1\r\nHost: x\r\n' >&"$fd"
done
echo held
read -r -u "$fd"
"#;

/// What one half-open handshake may cost the broker.
const BYTES_EACH_MAX: usize = 8 * 1024;
const HALF_OPEN: usize = 10_000;

#[test]
fn ten_thousand_half_open_handshakes_disturb_nobody() {
    let broker = broker(&["--set", "connect_timeout=600", "--set", "log_type=error"]);
    let connect = |id| Connect { id, ..Connect::default() };
    let mut reader = Ws::client(broker.port, &connect("reader"));
    let mut writer = Ws::client(broker.port, &connect("writer"));
    reader.send(&subscribe(Version::V4, "t", 0));
    assert_eq!(reader.packet()[0], 0x90);
    let before = broker.program.resident_bytes();
    let half = (HALF_OPEN / 2).to_string();
    let hold = || {
        let port = broker.port_text();
        Program::start_command(Command::new("bash").args(["-c", HOLD, "hold", &port, &half]))
    };
    let holders = [hold(), hold()];
    for holder in &holders {
        holder.stdout.line_with("held");
    }
    let mut newcomer = Ws::client(broker.port, &connect("newcomer"));
    newcomer.ping();
    let message = publish(Version::V4, "t", "hello", 0, 0);
    writer.send(&message);
    reader.expect(&message);
    let each = broker.program.resident_bytes().saturating_sub(before) / HALF_OPEN;
    assert!(each <= BYTES_EACH_MAX, "{each} bytes for each half-open handshake");
    drop(holders);
    writer.ping();
    let again = hold();
    again.stdout.line_with("held");
    let after = broker.program.resident_bytes().saturating_sub(before) / HALF_OPEN;
    assert!(after <= BYTES_EACH_MAX, "{after} bytes each: what left was not freed");
    newcomer.ping();
}
