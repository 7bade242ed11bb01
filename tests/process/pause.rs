//! The broker's process is stopped for longer than a client may be silent (W78).

use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version, Will};

#[test]
fn what_was_said_while_the_broker_slept_counts() {
    let broker = Broker::start();
    let mut watcher = broker.client(Version::V4, "watcher");
    watcher.subscribe(Version::V4, "w/+", 0);
    let connect = |id, topic, keep_alive_secs| Connect {
        id,
        keep_alive_secs,
        will: Some(Will::new(topic, "gone")),
        ..Connect::default()
    };
    let mut alive = broker.client_with(&connect("alive", "w/alive", 1));
    let _mute = broker.client_with(&connect("mute", "w/mute", 1));
    broker.program.signal("STOP");
    // A broker that runs tells when three seconds have passed.
    let clock = Broker::start();
    let mut bell = clock.client(Version::V4, "bell");
    bell.subscribe(Version::V4, "w/+", 0);
    let _ticking = clock.client_with(&connect("ticking", "w/clock", 2));
    bell.expect_message(Version::V4, "w/clock", "gone");
    alive.send_hex("C0 00");
    broker.program.signal("CONT");
    // The silent one is judged, the other one was heard in time.
    watcher.expect_message(Version::V4, "w/mute", "gone");
    alive.expect_hex("D0 00");
    watcher.ping();
}
