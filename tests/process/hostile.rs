//! Clients that take as much as they are given: the others notice nothing, and memory returns.

use std::fs;

use crate::support::await_that;
use crate::support::broker::Broker;
use crate::support::packet::{self, Connect, Version};
use crate::support::raw::Raw;

/// Filters of one bomb, each with levels of its own.
const FILTERS: usize = 20_000;
/// Filters of one SUBSCRIBE.
const FILTERS_EACH: usize = 500;
/// Sessions of one bomb.
const SESSIONS: usize = 5_000;
/// How much more memory a second bomb may take than the first: what the allocator keeps.
const GROWTH_BYTES_MAX: usize = 8 << 20;

fn resident_bytes(broker: &Broker) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", broker.program.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// A reader and a writer that must notice nothing.
struct Healthy {
    reader: Raw,
    writer: Raw,
    told: usize,
}

impl Healthy {
    fn connect(broker: &Broker) -> Self {
        let mut reader = broker.client(Version::V4, "healthy-reader");
        reader.subscribe(Version::V4, "healthy", 0);
        Healthy { reader, writer: broker.client(Version::V4, "healthy-writer"), told: 0 }
    }

    fn check(&mut self) {
        self.told += 1;
        let payload = self.told.to_string();
        self.writer.send(&packet::publish(Version::V4, "healthy", &payload, 0, 0));
        self.reader.expect_message(Version::V4, "healthy", &payload);
    }
}

/// SUBSCRIBE with many filters of many levels.
fn subscribe_to_many(version: Version, from: usize) -> Vec<u8> {
    let mut body = if version == Version::V5 { vec![0, 1, 0] } else { vec![0, 1] };
    for index in from..from + FILTERS_EACH {
        body.extend(packet::text(&format!("bomb/{index}/+/a{index}/b{index}/c{index}/#")));
        body.push(1);
    }
    packet::frame(0x82, &body)
}

fn subscription_bomb(broker: &Broker, healthy: &mut Healthy) -> usize {
    let mut bomber = broker.client(Version::V4, "bomber");
    for from in (0..FILTERS).step_by(FILTERS_EACH) {
        bomber.send(&subscribe_to_many(Version::V4, from));
        assert_eq!(bomber.receive()[0], 0x90);
        healthy.check();
    }
    let peak = resident_bytes(broker);
    bomber.close();
    broker.program.stderr.line_that("the end of the bomber", |line| {
        line.starts_with("Client bomber ") || line.contains(": Client bomber ")
    });
    healthy.check();
    peak
}

#[test]
fn subscription_bombs_hurt_nobody_and_leave_nothing() {
    let broker = Broker::start();
    let mut healthy = Healthy::connect(&broker);
    let first = subscription_bomb(&broker, &mut healthy);
    for _ in 0..3 {
        let peak = subscription_bomb(&broker, &mut healthy);
        assert!(peak <= first + GROWTH_BYTES_MAX, "{first} bytes, then {peak}");
    }
}

#[test]
fn a_session_has_so_many_subscriptions_and_no_more() {
    let broker = Broker::start_with(&["--set", "max_subscriptions=700"]);
    let mut healthy = Healthy::connect(&broker);
    let mut bomber = broker.client(Version::V5, "bomber");
    let mut granted = 0;
    for from in [0, FILTERS_EACH] {
        bomber.send(&subscribe_to_many(Version::V5, from));
        let suback = bomber.receive();
        let reasons = &suback[suback.len() - FILTERS_EACH..];
        granted += reasons.iter().filter(|reason| **reason == 1).count();
        assert!(reasons.iter().all(|reason| [0x01, 0x97].contains(reason)));
    }
    assert_eq!(granted, 700);
    healthy.check();
    bomber.ping();
}

/// Clients that leave sessions behind which live for a second.
fn session_bomb(broker: &Broker, healthy: &mut Healthy) -> usize {
    for index in 0..SESSIONS {
        let id = format!("session-{index}");
        let properties = [0x11, 0, 0, 0, 1];
        let connect = Connect {
            version: Version::V5,
            id: &id,
            properties: &properties,
            ..Connect::default()
        };
        let mut bomber = broker.client_with(&connect);
        bomber.subscribe(Version::V5, &id, 1);
        bomber.close();
        if index % 500 == 0 {
            healthy.check();
        }
    }
    resident_bytes(broker)
}

#[test]
fn session_bombs_hurt_nobody_and_leave_nothing() {
    let broker = Broker::start_with(&["--set", "sys_interval=1"]);
    let mut healthy = Healthy::connect(&broker);
    let mut watcher = broker.client(Version::V4, "watcher");
    watcher.subscribe(Version::V4, "$SYS/broker/clients/total", 0);
    let first = session_bomb(&broker, &mut healthy);
    let second = session_bomb(&broker, &mut healthy);
    assert!(second <= first + GROWTH_BYTES_MAX, "{first} bytes, then {second}");
    await_that("the sessions to be gone", || {
        let told = watcher.receive();
        told.ends_with(b"/total3")
    });
    healthy.check();
}

#[test]
fn no_more_sessions_than_are_allowed() {
    let broker = Broker::start_with(&["--set", "global_max_clients=10"]);
    let mut healthy = Healthy::connect(&broker);
    let properties = [0x11, 0, 0, 0, 60];
    let mut accepted = 0;
    for index in 0..50 {
        let id = format!("session-{index}");
        let connect = Connect {
            version: Version::V5,
            id: &id,
            properties: &properties,
            ..Connect::default()
        };
        let mut bomber = broker.dial();
        bomber.send(&connect.bytes());
        match bomber.receive_connack() {
            0 => accepted += 1,
            reason => assert_eq!(reason, 0x89),
        }
    }
    assert_eq!(accepted, 8);
    healthy.check();
}
