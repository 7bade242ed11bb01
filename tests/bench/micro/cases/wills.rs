//! Wills: one is settled among many that are armed or wait, or all at once.

use super::{Family, Law, Prepared};
use crate::broker::event::{ConnId, Input};
use crate::protocol::{QoS, Version};
use crate::world::{Hello, World};

const CLIENTS: &[usize] = &[100, 10_000];
const MANY: &[usize] = &[1_000_000];

/// Wills of one run.
const TIMES: usize = 100;

/// How long wills wait, in seconds.
const DELAY_SECS: u32 = 60;

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new("will/settle", Law::Constant, CLIENTS, MANY, settle),
        Family::new("will/delay", Law::Logarithmic, CLIENTS, MANY, delay),
        Family::new("will/come-back", Law::Logarithmic, CLIENTS, MANY, come_back),
        Family::new("will/storm", Law::Constant, CLIENTS, MANY, storm),
        Family::new("will/due", Law::Logarithmic, CLIENTS, MANY, due),
    ]
}

/// Somebody who reads all wills, and `count` clients that have one.
fn world(count: usize, delay_secs: u32) -> (World, Vec<ConnId>) {
    let mut world = World::new();
    let reader = world.connect(Hello::of("reader"));
    world.subscribe(reader, "status/#", QoS::AtMostOnce);
    let conns = (0..count)
        .map(|i| {
            let (client_id, topic) = (format!("client-{i}"), format!("status/{i}"));
            world.connect(Hello {
                version: Version::V5,
                session_expiry_secs: if delay_secs > 0 { 3600 } else { 0 },
                will: Some((&topic, delay_secs)),
                ..Hello::of(&client_id)
            })
        })
        .collect();
    (world, conns)
}

/// A few of many die.
fn settle(count: usize) -> Prepared {
    let (mut world, conns) = world(count, 0);
    let dying: Vec<ConnId> = conns.into_iter().step_by(count / TIMES).take(TIMES).collect();
    Prepared::once(TIMES, move || {
        dying.iter().for_each(|conn| world.close(*conn));
        assert_eq!(world.delivered(), TIMES);
    })
}

/// A few die while the wills of all others wait.
fn delay(count: usize) -> Prepared {
    let (mut world, mut conns) = world(count, DELAY_SECS);
    let dying = conns.split_off(count - TIMES / 2);
    conns.into_iter().for_each(|conn| world.close(conn));
    Prepared::once(TIMES / 2, move || {
        dying.iter().for_each(|conn| world.close(*conn));
        assert_eq!((world.delivered(), world.broker.waiting_wills()), (0, count));
    })
}

/// All wills wait, and a few clients come back in time.
fn come_back(count: usize) -> Prepared {
    let (mut world, conns) = world(count, DELAY_SECS);
    conns.into_iter().for_each(|conn| world.close(conn));
    let names: Vec<String> =
        (0..TIMES).map(|i| format!("client-{}", i * (count / TIMES))).collect();
    Prepared::once(TIMES, move || {
        for client_id in &names {
            world.connect(Hello {
                version: Version::V5,
                clean_start: false,
                session_expiry_secs: 3600,
                ..Hello::of(client_id)
            });
        }
        assert_eq!((world.delivered(), world.broker.waiting_wills()), (0, count - TIMES));
    })
}

/// All die, one after the other: one will is an operation.
fn storm(count: usize) -> Prepared {
    let (mut world, conns) = world(count, 0);
    Prepared::once(count, move || {
        conns.iter().for_each(|conn| world.close(*conn));
        assert_eq!(world.delivered(), count);
    })
}

/// All wills wait, and become due at once.
fn due(count: usize) -> Prepared {
    let (mut world, conns) = world(count, DELAY_SECS);
    conns.into_iter().for_each(|conn| world.close(conn));
    world.now = world.now.plus_secs(DELAY_SECS);
    Prepared::once(count, move || {
        world.handle(Input::Timeout);
        assert_eq!((world.delivered(), world.broker.waiting_wills()), (count, 0));
    })
}
