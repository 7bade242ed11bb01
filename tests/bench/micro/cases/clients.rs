//! Clients among many others: they come, go, ping, fall silent.

use super::{Family, Law, Prepared};
use crate::broker::event::Input;
use crate::protocol::{Packet, QoS, Version};
use crate::world::{Hello, World};

const CLIENTS: &[usize] = &[10, 1_000, 10_000];
const MANY: &[usize] = &[100_000];

/// Operations of one run.
const TIMES: usize = 100;

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new("connect", Law::Constant, CLIENTS, MANY, connect),
        Family::new("connect-subscribe", Law::Constant, CLIENTS, MANY, subscribe),
        Family::new("connect-kept", Law::Logarithmic, CLIENTS, MANY, kept),
        Family::new("ping", Law::Constant, CLIENTS, MANY, ping),
        Family::new("silence", Law::Logarithmic, CLIENTS, MANY, silence),
    ]
}

/// One more client comes and goes, with Clean Session.
fn connect(count: usize) -> Prepared {
    let mut world = World::new();
    world.crowd("client", count);
    Prepared::repeating(TIMES, move || {
        for _ in 0..TIMES {
            let conn = world.connect(Hello { keep_alive_secs: 60, ..Hello::of("another") });
            world.leave(conn);
        }
    })
}

/// One more client comes, subscribes, and goes.
fn subscribe(count: usize) -> Prepared {
    let mut world = World::new();
    for (i, conn) in world.crowd("client", count).into_iter().enumerate() {
        world.subscribe(conn, &format!("client/{i}/#"), QoS::AtLeastOnce);
    }
    Prepared::repeating(TIMES, move || {
        for _ in 0..TIMES {
            let conn = world.connect(Hello::of("another"));
            world.subscribe(conn, "client/another/#", QoS::AtLeastOnce);
            world.leave(conn);
        }
    })
}

/// A client comes back to its session and goes; it expires in an hour, as those of the others.
fn kept(count: usize) -> Prepared {
    let mut world = World::new();
    let hour = Hello {
        version: Version::V5,
        clean_start: false,
        session_expiry_secs: 3600,
        ..Hello::of("another")
    };
    for i in 0..count {
        let conn = world.connect(Hello { client_id: &format!("client-{i}"), ..hour });
        world.leave(conn);
    }
    Prepared::repeating(TIMES, move || {
        for _ in 0..TIMES {
            let conn = world.connect(hour);
            world.leave(conn);
        }
    })
}

/// Everybody pings once: one PINGREQ is an operation.
fn ping(count: usize) -> Prepared {
    let mut world = World::new();
    let conns: Vec<_> = (0..count)
        .map(|i| world.connect(Hello { keep_alive_secs: 60, ..Hello::of(&format!("client-{i}")) }))
        .collect();
    let times = TIMES.div_ceil(count);
    Prepared::repeating(times * count, move || {
        for _ in 0..times {
            for conn in &conns {
                world.handle(Input::Packets { conn: *conn, packets: &[Packet::PingReq] });
            }
        }
    })
}

/// All timers of a minute in which everybody pings each ten seconds: one client is an operation.
fn silence(count: usize) -> Prepared {
    let mut world = World::new();
    let conns: Vec<_> = (0..count)
        .map(|i| world.connect(Hello { keep_alive_secs: 20, ..Hello::of(&format!("client-{i}")) }))
        .collect();
    let mut run = move || {
        for _ in 0..6 {
            world.now = world.now.plus_secs(10);
            for conn in &conns {
                world.handle(Input::Packets { conn: *conn, packets: &[Packet::PingReq] });
            }
            while world.broker.deadline().is_some_and(|(at, _)| at <= world.now) {
                world.handle(Input::Timeout);
            }
        }
        assert_eq!(world.broker.stats().connected, count);
    };
    run();
    Prepared::repeating(count, run)
}
