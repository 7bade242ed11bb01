//! How the broker stops: in order, and at once when it is told twice.

use crate::support::broker::Broker;
use crate::support::packet::{Connect, VERSIONS, Version, Will};

/// Every will goes out, to everyone, before any connection ends.
fn stops_in_order(signal: &str) {
    let broker = Broker::start();
    let mut watchers: Vec<_> =
        VERSIONS.into_iter().map(|version| (version, broker.dial())).collect();
    for (version, watcher) in &mut watchers {
        let id = format!("watcher{version:?}");
        watcher.send(&Connect { version: *version, id: &id, ..Connect::default() }.bytes());
        assert_eq!(watcher.receive_connack(), 0);
        watcher.subscribe(*version, "w/#", 0);
    }
    let will = Some(Will::new("w/owner", "stopped"));
    let mut owner = broker.client_with(&Connect { id: "owner", will, ..Connect::default() });
    let delay = &[0x18, 0, 0, 0x0E, 0x10];
    let late = Will { properties: delay, ..Will::new("w/late", "stopped") };
    let mut late = broker.client_with(&Connect {
        id: "late",
        version: Version::V5,
        properties: &[0x11, 0, 0, 0x0E, 0x10],
        will: Some(late),
        ..Connect::default()
    });
    broker.program.signal(signal);
    for (version, watcher) in &mut watchers {
        let mut topics = [watcher.receive(), watcher.receive()].map(|packet| packet[4..].to_vec());
        topics.sort();
        assert!(topics[0].starts_with(b"w/late"), "{topics:?}");
        assert!(topics[1].starts_with(b"w/owner"), "{topics:?}");
        watcher.expect_kicked(*version, 0x8B);
    }
    owner.expect_closed();
    late.expect_kicked(Version::V5, 0x8B);
    let ended = broker.program.end();
    assert_eq!(ended.code, Some(0), "{:?}", ended.stderr);
    assert!(ended.stderr.iter().any(|line| line.contains("will of 'owner' published")));
}

#[test]
fn sigterm_stops_in_order() {
    stops_in_order("TERM");
}

#[test]
fn sigint_stops_in_order() {
    stops_in_order("INT");
}

#[test]
fn a_second_signal_ends_at_once() {
    let broker = Broker::start();
    let mut stuck = broker.client(Version::V5, "stuck");
    stuck.ping();
    broker.program.signal("TERM");
    broker.program.signal("TERM");
    assert_eq!(broker.program.end().code, Some(0));
}
