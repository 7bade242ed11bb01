//! Messages through the rules: fan-out, fan-in, the handshakes, queues. What is sent is encoded.

use super::{Family, Law, Prepared};
use crate::broker::event::ConnId;
use crate::broker::policy::Policy;
use crate::protocol::{Properties, Property, PropertyBuf, QoS, Version};
use crate::world::{Hello, World};

/// Receivers of one PUBLISH.
const RECEIVERS: &[usize] = &[1, 100, 10_000];
const CLIENTS: &[usize] = &[10, 1_000, 10_000];
// Below the number of routes that are remembered; beyond it, topics in turn are looked up anew.
const MANY_CLIENTS: &[usize] = &[50_000];

/// Deliveries of one run, at least.
const DELIVERIES: usize = 1_000;

const TOPIC: &str = "plant/7/line/3/temperature";

/// Properties of version 5.
const USUAL: &[Property<'_>] = &[
    Property::MessageExpiryInterval(60),
    Property::ContentType("application/json"),
    Property::ResponseTopic("answers/to/client-17"),
    Property::UserProperty("unit", "celsius"),
];

const QUALITIES: [(QoS, &str); 3] =
    [(QoS::AtMostOnce, "0"), (QoS::AtLeastOnce, "1"), (QoS::ExactlyOnce, "2")];

pub(super) fn families() -> Vec<Family> {
    let mut families = Vec::new();
    for (qos, name) in QUALITIES {
        let out = move |n| fan_out(n, qos, Version::V311);
        let name_of = |what: &str| format!("{what}-{name}");
        families.push(Family::new(&name_of("fan-out"), Law::Constant, RECEIVERS, &[], out));
        let round = move |n| pairs(n, qos);
        let (sizes, large) = (CLIENTS, MANY_CLIENTS);
        families.push(Family::new(&name_of("round"), Law::Constant, sizes, large, round));
        let into = move |n| fan_in(n, qos);
        families.push(Family::new(&name_of("fan-in"), Law::Constant, &[10, 1_000], &[], into));
    }
    for (qos, name) in &QUALITIES {
        let run = |n| together(n, *qos, Version::V311, &[]);
        families.push(Family::new(&format!("together-{name}"), Law::Constant, &[1, 100], &[], run));
    }
    let run = |n| together(n, QoS::AtLeastOnce, Version::V5, &USUAL[1..]);
    families.push(Family::new("together-1-properties", Law::Constant, &[1, 100], &[], run));
    let run = |n| together(n, QoS::AtLeastOnce, Version::V5, USUAL);
    families.push(Family::new("together-1-expiring", Law::Constant, &[1, 100], &[], run));
    families.push(Family::new("together-1-wide", Law::Constant, &[1, 100], &[], together_wide));
    let v5 = |n| fan_out(n, QoS::AtMostOnce, Version::V5);
    families.push(Family::new("fan-out-0-v5", Law::Constant, RECEIVERS, &[], v5));
    families.push(Family::new("round-1-properties", Law::Constant, &[1], &[], properties));
    families.push(Family::new("topics", Law::Constant, &[10, 1_000, 10_000], &[], topics));
    families.push(Family::new("shared", Law::Constant, &[10, 1_000], &[10_000], |n| shared(n, 0)));
    let absent = |n: usize| shared(n, n - 5);
    families.push(Family::new("shared-absent", Law::Constant, &[10, 1_000], &[10_000], absent));
    families.push(Family::new("enqueue", Law::Constant, &[10, 1_000], &[10_000], enqueue));
    families.push(Family::new("resume", Law::Constant, &[100, 10_000], &[100_000], resume));
    let backwards_alone = |n| backwards(n, 1);
    let sizes = (&[10, 1_000], &[60_000]);
    families.push(Family::new("acks-backwards", Law::Constant, sizes.0, sizes.1, backwards_alone));
    let backwards_run = |n| backwards(n, n.min(100));
    let name = "acks-backwards-together";
    families.push(Family::new(name, Law::Constant, sizes.0, sizes.1, backwards_run));
    families.push(Family::new(
        "resume-together",
        Law::Constant,
        &[100, 10_000],
        &[100_000],
        resume_together,
    ));
    families
}

/// Clients that do not hold the others up: their window is as large as can be.
fn wide() -> World {
    World::with(Policy {
        inflight_messages_max: 0,
        queue_messages_max: 0,
        queue_bytes_max: 0,
        queue_bytes_total_max: 0,
        ..Policy::default()
    })
}

/// One PUBLISH to `count` subscribers and all that follows from it: one receiver is an operation.
fn fan_out(count: usize, qos: QoS, version: Version) -> Prepared {
    let mut world = World::new();
    for i in 0..count {
        let client_id = format!("subscriber-{i}");
        let hello = Hello { version, ..Hello::of(&client_id) };
        let conn = world.connect(hello);
        world.subscribe(conn, TOPIC, qos);
    }
    let publisher = world.connect(Hello { version, ..Hello::of("publisher") });
    let times = DELIVERIES.div_ceil(count);
    Prepared::repeating(times * count, move || {
        let before = world.delivered();
        for _ in 0..times {
            world.publish(publisher, TOPIC, qos, false);
            world.pay();
        }
        assert_eq!(world.delivered() - before, times * count);
    })
}

/// A hundred PUBLISH that came together to `count` subscribers, and their acknowledgements likewise:
/// one receiver of one of them is an operation. Four of five wait behind a window of 20.
fn together(count: usize, qos: QoS, version: Version, properties: &[Property<'_>]) -> Prepared {
    runs(World::new(), count, qos, version, properties)
}

/// The same where none of them waits: the window has room for all.
fn together_wide(count: usize) -> Prepared {
    let world = World::with(Policy { window_default: Some(100), ..Policy::default() });
    runs(world, count, QoS::AtLeastOnce, Version::V311, &[])
}

fn runs(
    mut world: World,
    count: usize,
    qos: QoS,
    version: Version,
    properties: &[Property<'_>],
) -> Prepared {
    const RUN: usize = 100;
    for conn in world.crowd_of(version, "subscriber", count) {
        world.subscribe(conn, TOPIC, qos);
    }
    let publisher = world.connect(Hello { version, ..Hello::of("publisher") });
    let properties: PropertyBuf = properties.iter().copied().collect();
    let times = DELIVERIES.div_ceil(RUN * count);
    Prepared::repeating(times * RUN * count, move || {
        let before = world.delivered();
        for _ in 0..times {
            world.publish_run(publisher, TOPIC, qos, properties.as_properties(), RUN);
            world.pay_together();
        }
        assert_eq!(world.delivered() - before, times * RUN * count);
    })
}

/// `count` publishers, each with a subscriber of its own; all of them in turn.
fn pairs(count: usize, qos: QoS) -> Prepared {
    let mut world = World::new();
    let topics: Vec<String> = (0..count).map(|i| format!("pair/{i}")).collect();
    let publishers = world.crowd("publisher", count);
    for (conn, topic) in world.crowd("subscriber", count).into_iter().zip(&topics) {
        world.subscribe(conn, topic, qos);
    }
    let times = DELIVERIES.div_ceil(count);
    let mut run = move || {
        for _ in 0..times {
            for (publisher, topic) in publishers.iter().zip(&topics) {
                world.publish(*publisher, topic, qos, false);
                world.pay();
            }
        }
    };
    run();
    Prepared::repeating(times * count, run)
}

/// `count` publishers with topics of their own and one subscriber of `#`.
fn fan_in(count: usize, qos: QoS) -> Prepared {
    let mut world = World::new();
    let subscriber = world.connect(Hello::of("subscriber"));
    world.subscribe(subscriber, "#", qos);
    let publishers: Vec<(ConnId, String)> = world
        .crowd("publisher", count)
        .into_iter()
        .enumerate()
        .map(|(i, conn)| (conn, format!("plant/{i}")))
        .collect();
    let times = DELIVERIES.div_ceil(count);
    Prepared::repeating(times * count, move || {
        for _ in 0..times {
            for (publisher, topic) in &publishers {
                world.publish(*publisher, topic, qos, false);
                world.pay();
            }
        }
    })
}

/// Version 5 with properties, QoS 1, one subscriber with a Subscription Identifier's worth of work.
fn properties(_: usize) -> Prepared {
    let mut world = World::new();
    let version = Version::V5;
    let subscriber = world.connect(Hello { version, ..Hello::of("subscriber") });
    world.subscribe(subscriber, "plant/+/line/#", QoS::AtLeastOnce);
    let publisher = world.connect(Hello { version, ..Hello::of("publisher") });
    let properties: PropertyBuf = USUAL.iter().copied().collect();
    Prepared::repeating(DELIVERIES, move || {
        for _ in 0..DELIVERIES {
            let properties = properties.as_properties();
            world.publish_with(publisher, TOPIC, QoS::AtLeastOnce, false, properties);
            world.pay();
        }
    })
}

/// One publisher that goes through `count` topics, so that none is the same as the last.
fn topics(count: usize) -> Prepared {
    let mut world = World::new();
    let subscriber = world.connect(Hello::of("subscriber"));
    world.subscribe(subscriber, "plant/#", QoS::AtMostOnce);
    let publisher = world.connect(Hello::of("publisher"));
    let topics: Vec<String> = (0..count).map(|i| format!("plant/{i}/temperature")).collect();
    let times = DELIVERIES.div_ceil(count);
    Prepared::repeating(times * count, move || {
        for _ in 0..times {
            for topic in &topics {
                world.publish(publisher, topic, QoS::AtMostOnce, false);
            }
        }
    })
}

/// A shared subscription of `count` members, `absent` of which are offline.
fn shared(count: usize, absent: usize) -> Prepared {
    let mut world = wide();
    for i in 0..count {
        let client_id = format!("member-{i}");
        let session = Hello { clean_start: false, session_expiry_secs: u32::MAX, ..Hello::of("") };
        let conn = world.connect(Hello { client_id: &client_id, ..session });
        world.subscribe(conn, &format!("$share/group/{TOPIC}"), QoS::AtLeastOnce);
        if i >= count - absent {
            world.close(conn);
        }
    }
    let publisher = world.connect(Hello::of("publisher"));
    Prepared::repeating(DELIVERIES, move || {
        let before = world.delivered();
        for _ in 0..DELIVERIES {
            world.publish(publisher, TOPIC, QoS::AtLeastOnce, false);
            world.pay();
        }
        assert_eq!(world.delivered() - before, DELIVERIES);
    })
}

/// A session that is kept and has subscribed; its connection is lost.
fn absentee(world: &mut World, client_id: &str) {
    let hello = Hello { clean_start: false, session_expiry_secs: u32::MAX, ..Hello::of(client_id) };
    let conn = world.connect(hello);
    world.subscribe(conn, TOPIC, QoS::AtLeastOnce);
    world.close(conn);
}

/// A message to `count` sessions that are offline: one session is an operation.
fn enqueue(count: usize) -> Prepared {
    let mut world = wide();
    (0..count).for_each(|i| absentee(&mut world, &format!("absent-{i}")));
    let publisher = world.connect(Hello::of("publisher"));
    let times = DELIVERIES.div_ceil(count);
    let mut run = move || {
        for _ in 0..times {
            world.publish(publisher, TOPIC, QoS::AtLeastOnce, false);
        }
    };
    run();
    Prepared::once(times * count, run)
}

/// A client comes back to `count` messages and acknowledges each: one message is an operation.
fn resume(count: usize) -> Prepared {
    resume_from(count, 1, World::pay)
}

/// The same with messages that came by the hundred, and acknowledgements that come together.
fn resume_together(count: usize) -> Prepared {
    resume_from(count, 100, World::pay_together)
}

fn resume_from(count: usize, run: usize, pay: fn(&mut World)) -> Prepared {
    let mut world =
        World::with(Policy { queue_messages_max: 0, queue_bytes_max: 0, ..Policy::default() });
    absentee(&mut world, "absent");
    let publisher = world.connect(Hello::of("publisher"));
    for _ in 0..count / run {
        world.publish_run(publisher, TOPIC, QoS::AtLeastOnce, Properties::EMPTY, run);
    }
    Prepared::once(count, move || {
        world.connect(Hello {
            clean_start: false,
            session_expiry_secs: u32::MAX,
            ..Hello::of("absent")
        });
        pay(&mut world);
        assert_eq!(world.delivered(), count);
    })
}

/// A client gets `count` messages, `run` of them at once, and acknowledges them from the last to the
/// first.
fn backwards(count: usize, run: usize) -> Prepared {
    let mut world = wide();
    let subscriber = world.connect(Hello::of("subscriber"));
    world.subscribe(subscriber, TOPIC, QoS::AtLeastOnce);
    let publisher = world.connect(Hello::of("publisher"));
    for _ in 0..count / run {
        world.publish_run(publisher, TOPIC, QoS::AtLeastOnce, Properties::EMPTY, run);
    }
    world.reverse_owed();
    Prepared::once(count, move || world.pay())
}
