//! The running server, started in this process and spoken to over real sockets.

mod lifecycle;
mod newcomers;
mod output;
mod parked;
mod wills;

use lastwill::config::{Config, Sources};
use lastwill::observe::Log;
use lastwill::server::Server;

use crate::support::packet::{Connect, Version, Will, subscribe};
use crate::support::raw::Raw;

/// One thread, and two: then connections talk to each other through mailboxes.
const THREADS: [&str; 2] = ["threads=1", "threads=2"];

/// The settings of a server on any free port.
fn config(sets: &[&str]) -> Config {
    let sets = sets.iter().map(|set| (*set).to_owned()).collect();
    let sources = Sources { sets, ports: vec![0], quiet: true, ..Sources::default() };
    Config::load(&sources).expect("settings that are right")
}

/// A server on any free port.
fn start(sets: &[&str]) -> Server {
    let config = config(sets);
    Server::start(&config, Log::start(config.log.clone())).expect("a free port")
}

fn dial(server: &Server) -> Raw {
    let address = server.endpoints()[0].tcp().expect("TCP");
    Raw::dial(address.port())
}

/// A client whose CONNECT was accepted.
fn connect(server: &Server, connect: &Connect<'_>) -> Raw {
    let mut raw = dial(server);
    raw.send(&connect.bytes());
    assert_eq!(raw.receive_connack(), 0);
    raw
}

/// A client of version 3.1.1.
fn client(server: &Server, id: &str) -> Raw {
    connect(server, &Connect { id, ..Connect::default() })
}

/// A client of version 3.1.1 with the will `gone` on `will/ID`.
fn mortal(server: &Server, id: &str) -> Raw {
    connect(server, &mortal_connect(id, &format!("will/{id}")))
}

fn mortal_connect<'a>(id: &'a str, topic: &'a str) -> Connect<'a> {
    Connect { id, will: Some(Will::new(topic, "gone")), ..Connect::default() }
}

/// A client of version 3.1.1 that has subscribed with QoS 0.
fn watcher(server: &Server, filter: &str) -> Raw {
    let mut watcher = client(server, "watcher");
    watcher.subscribe(Version::V4, filter, 0);
    watcher
}

/// Waits until only so many connections are left; `keeper` is one of them and gives the server time.
fn await_connections(server: &Server, keeper: &mut Raw, count: usize) {
    for _ in 0..100_000 {
        if server.stats().connections == count {
            return;
        }
        keeper.ping();
    }
    panic!("{:?}", server.stats());
}

/// A SUBSCRIBE and its grant, where retained messages may follow at once.
fn subscribe_only(raw: &mut Raw, filter: &str) {
    raw.send(&subscribe(Version::V4, filter, 0));
    raw.expect_hex("90 03 00 01 00");
}
