//! Start, limits, reload, stop.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use lastwill::server::StartError;

use super::*;
use crate::support::packet::publish;

#[test]
fn both_families_share_a_free_port() {
    let server = start(&[]);
    let addresses: Vec<_> = server.endpoints().iter().filter_map(|end| end.tcp()).collect();
    let port = addresses[0].port();
    assert!(port != 0 && addresses.iter().all(|address| address.port() == port));
    assert!(addresses.iter().all(|address| address.ip().is_loopback()));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let sources = Sources { ports: vec![address.port()], quiet: true, ..Sources::default() };
    let config = Config::load(&sources).unwrap();
    let error = Server::start(&config, Log::start(config.log.clone())).unwrap_err();
    assert!(matches!(&error, StartError::Listen { .. }));
    let text = error.to_string();
    assert!(text.contains(&address.to_string()) && text.contains("in use"), "{text}");
}

#[test]
fn the_stop_sends_wills_then_farewells() {
    for threads in THREADS {
        let server = start(&[threads]);
        let v5 = Version::V5;
        let mut watcher =
            connect(&server, &Connect { version: v5, id: "watcher", ..Connect::default() });
        watcher.subscribe(v5, "will/+", 0);
        let mut mortal = mortal(&server, "m");
        let mut silent = dial(&server);
        let since = Instant::now();
        server.shutdown();
        watcher.expect_message(v5, "will/m", "gone");
        watcher.expect_kicked(v5, 0x8B);
        mortal.expect_closed();
        silent.expect_closed();
        server.wait().unwrap();
        assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
    }
}

#[test]
fn a_stop_does_not_wait_for_a_reader_that_never_reads() {
    let server = start(&[]);
    let mut stuck = client(&server, "stuck");
    stuck.subscribe(Version::V4, "t", 0);
    let mut sender = client(&server, "sender");
    for _ in 0..100 {
        sender.send(&publish(Version::V4, "t", &"x".repeat(100_000), 0, 0));
    }
    sender.ping();
    let since = Instant::now();
    server.shutdown();
    server.wait().unwrap();
    assert!(since.elapsed() < Duration::from_secs(7), "{:?}", since.elapsed());
}

#[test]
fn one_connection_too_many_is_closed_at_once() {
    let server = start(&["global_max_connections=2"]);
    let mut first = client(&server, "first");
    let second = client(&server, "second");
    dial(&server).expect_closed();
    second.close();
    // The place is free when the server has seen the end.
    await_connections(&server, &mut first, 1);
    client(&server, "third").ping();
    first.ping();
}

#[test]
fn new_settings_hold_for_new_connections() {
    let server = start(&[]);
    let mut before = client(&server, "before");
    server.reload(&config(&["allow_anonymous=false", "max_packet_size=1000"])).unwrap();
    // Whoever may not connect any more is disconnected.
    before.expect_closed();
    let refusal = |id: &str| {
        let mut raw = dial(&server);
        raw.send(&Connect { id, ..Connect::default() }.bytes());
        raw.receive_connack()
    };
    assert_eq!(refusal("after"), 5);
    let mut other = config(&[]);
    other.listeners[0].port = 1;
    assert!(server.reload(&other).unwrap_err().contains("add/remove listeners"));
    assert_eq!(refusal("after"), 5);
}
