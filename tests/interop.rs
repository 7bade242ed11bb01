//! Real peers: other people's clients on our broker, and our clients on Debian's broker.
//!
//! `tests/all.sh` installs the peers. One that is missing is a failure, never a skip.

mod access;
pub mod bridges;
mod browser;
mod haproxy;
pub mod mosquitto;
mod passwords;
#[cfg(feature = "psk")]
mod psk;
mod rumqttc;
pub mod scripts;
mod wire;

use crate::support::broker::Broker;
use crate::support::packet::Version;
use crate::support::raw::Raw;

/// What each peer publishes, after it has received `hello` from us: topic, payload.
const FROM_PEER: [(&str, &str); 4] =
    [("peer/q0", "zero"), ("peer/q1", "one"), ("peer/q2", "two"), ("peer/will", "die")];

/// A socket of our own that sees what the broker makes of it all.
fn watcher(broker: &Broker) -> Raw {
    let mut watcher = broker.client(Version::V4, "watcher");
    watcher.subscribe(Version::V4, "peer/#", 0);
    watcher
}

/// The watcher has seen `hello`, then everything from the peer, and nothing else.
fn expect_all_seen(watcher: &mut Raw) {
    watcher.expect_message(Version::V4, "peer/from-us", "hello");
    for (topic, payload) in FROM_PEER {
        watcher.expect_message(Version::V4, topic, payload);
    }
    watcher.ping();
}

/// Publishes with our own client.
fn say_hello(broker: &Broker) {
    let ended = broker.run("pub", &["-t", "peer/from-us", "-m", "hello", "-q", "1"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
