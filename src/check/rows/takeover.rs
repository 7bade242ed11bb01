//! Takeover: the same client id connects again, W106 to W127.

use super::{ALL, BOTH, Row, V5};
use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::check::probe::{Got, Probe};
use crate::check::wire::{self, Connect, Publish, Will};
use crate::protocol::Version;

pub const ROWS: &[Row] = &[
    Row::new(
        "W106",
        ALL_3,
        "takeover, clean by clean: the old will is published",
        TAKEOVER_4,
        |lab| Box::pin(taken(lab.clone(), (true, 0, 0), true, true)),
    ),
    Row::new(
        "W107",
        ALL_3,
        "takeover, clean by lasting: the old will is published",
        TAKEOVER_4,
        |lab| Box::pin(taken(lab.clone(), (true, 0, 0), false, true)),
    ),
    Row::new(
        "W108",
        ALL_3,
        "takeover, lasting by clean: the old will is published",
        TAKEOVER_4,
        |lab| Box::pin(taken(lab.clone(), (false, 0, 0), true, true)),
    ),
    Row::new(
        "W109",
        ALL_3,
        "takeover, lasting by lasting: the old will is published",
        TAKEOVER_4,
        |lab| Box::pin(taken(lab.clone(), (false, 0, 0), false, true)),
    ),
    Row::new(
        "W110",
        V5,
        "takeover of a session that ends with its connection: published at once",
        TAKEOVER_5,
        |lab| {
            Box::pin(async move {
                taken(lab.clone(), (true, 0, 0), true, true).await?;
                taken(lab, (true, 0, 0), false, true).await
            })
        },
    ),
    Row::new(
        "W111",
        V5,
        "the same with a Will Delay: published at once, since the session ended",
        "section 3.1.3.2.2",
        |lab| {
            Box::pin(async move {
                taken(lab.clone(), (true, 0, 4), true, true).await?;
                taken(lab, (true, 0, 4), false, true).await
            })
        },
    )
    .in_turn(),
    Row::new(
        "W112",
        V5,
        "takeover of a session that goes on, no delay: published at once",
        TAKEOVER_5,
        |lab| Box::pin(taken(lab, (false, 60, 0), false, true)),
    ),
    Row::new(
        "W113",
        V5,
        "takeover of a lasting session by Clean Start, no delay: published at once",
        TAKEOVER_5,
        |lab| Box::pin(taken(lab, (false, 60, 0), true, true)),
    ),
    Row::new(
        "W114",
        V5,
        "takeover of a session that goes on within the delay: never published",
        "MQTT-3.1.3-9",
        |lab| Box::pin(taken(lab, (false, 60, 1), false, false)),
    )
    .waits(2)
    .in_turn(),
    Row::new(
        "W115",
        V5,
        "takeover by Clean Start within the delay: published at once, since the session ends",
        "section 3.1.4, section 3.1.3.2.2",
        |lab| Box::pin(taken(lab, (false, 60, 4), true, true)),
    )
    .in_turn(),
    Row::new(
        "W116",
        V5,
        "takeover by a 3.1.1 client: lasting suppresses a delayed will, clean publishes it",
        "MQTT-3.1.3-9",
        |lab| Box::pin(w116(lab)),
    )
    .waits(2)
    .in_turn(),
    Row::new(
        "W117",
        ALL,
        "each will once: the old one at the takeover, the new one at the later death",
        TAKEOVER_5,
        |lab| Box::pin(w117(lab)),
    ),
    Row::new(
        "W118",
        ALL,
        "the new CONNECT has no will: the old one is published, later none",
        "MQTT-3.1.2-7",
        |lab| Box::pin(w118(lab)),
    ),
    Row::new(
        "W119",
        BOTH,
        "a new CONNECT that is refused leaves the old connection alone",
        "MQTT-3.1.4-2, before MQTT-3.1.4-3",
        |lab| Box::pin(w119(lab)),
    ),
    Row::new(
        "W121",
        BOTH,
        "birth race: 'offline' of the old, then 'online' of the new connection (20 times)",
        "section 3.1.4: the old will comes before the new CONNACK",
        |lab| Box::pin(w121(lab)),
    ),
    Row::new(
        "W122",
        BOTH,
        "a session that goes on and is subscribed to its will topic gets the old will",
        "section 3.1.4",
        |lab| Box::pin(w122(lab)),
    ),
    Row::new(
        "W126",
        ALL,
        "DISCONNECT and at once a new CONNECT of the same id: no will (20 times)",
        "MQTT-3.14.4-3",
        |lab| Box::pin(w126(lab)),
    ),
    Row::new("W127", ALL, "takeovers in a row: each will once, in order", TAKEOVER_5, |lab| {
        Box::pin(w127(lab))
    }),
];

const ALL_3: &[Version] = &[Version::V31, Version::V311];
const TAKEOVER_4: &str = "3.1.1: 3.1.4-2, 3.1.2-8";
const TAKEOVER_5: &str = "MQTT-3.1.4-3, section 3.1.4";

/// A client whose session lasts so many seconds (in version 3: for ever) unless 0.
fn client(lab: &Lab, is_clean: bool, secs: u32, will: Option<Will>) -> Connect {
    let connect = lab.client("c");
    let connect = match (lab.is_v5(), secs, is_clean) {
        (true, 0, _) => Connect { clean: is_clean, ..connect },
        (true, ..) => Connect { clean: is_clean, ..connect.lasting(secs) },
        (false, _, false) => connect.lasting(0),
        (false, _, true) => connect,
    };
    Connect { will, ..connect }
}

/// A client (clean, session expiry, will delay) is taken over by another (clean or not): its will
/// is published, or is not.
async fn taken(
    lab: Lab,
    (is_clean, expiry, delay): (bool, u32, u32),
    by_clean: bool,
    is_published: bool,
) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let will = if delay > 0 { lab.will("old").delayed(delay) } else { lab.will("old") };
    let mut old = lab.connect(&client(&lab, is_clean, expiry, Some(will))).await?;
    let new = lab.connect(&client(&lab, by_clean, expiry, None)).await?;
    let result = if is_published {
        lab.expect(&mut watcher, "old").await.map(|_| ())
    } else {
        let millis = u64::from(delay) * 1000 + 500;
        lab.expect_quiet_for(&mut watcher, std::time::Duration::from_millis(millis)).await
    };
    let told = told(&lab, &mut old).await;
    lab.leave(new).await;
    result?;
    let done = if is_published { "published at once" } else { "not published" };
    Ok(Found { happened: format!("{done}; {}", told.happened), ..told })
}

/// What the old connection was told; whether that is right is a row of its own.
async fn told(lab: &Lab, old: &mut Probe) -> Found {
    match old.last_words(lab.soon()).await {
        (_, Got::Nothing) => Found::differs("the old connection stays open"),
        (Some(said), _) => Found::pass(format!("the old connection got {}", said.describe())),
        _ => Found::pass("the old connection was closed"),
    }
}

async fn w116(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().versions.contains(&Version::V311), "MQTT 3.1.1")?;
    let mut watcher = lab.watcher().await?;
    let mut found = Vec::new();
    for (word, is_clean) in [("lasting", false), ("clean", true)] {
        let will = lab.will(word).delayed(1);
        let _old = lab.connect(&client(&lab, false, 60, Some(will))).await?;
        let new = Connect { clean: is_clean, ..lab.client_of(Version::V311, "c") };
        let new = lab.connect(&new).await?;
        let result = if is_clean {
            lab.expect(&mut watcher, word).await.map(|_| Found::pass("published"))
        } else {
            let time = std::time::Duration::from_millis(1500);
            lab.expect_quiet_for(&mut watcher, time).await.map(|()| Found::pass("suppressed"))
        };
        lab.leave(new).await;
        found.push((word.to_owned(), crate::check::found::settled(result)));
    }
    Ok(Found::all(found, "lasting: suppressed; clean: published"))
}

async fn w117(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let _old = lab.mortal("c", lab.will("old")).await?;
    let new = lab.mortal("c", lab.will("new")).await?;
    lab.expect(&mut watcher, "old").await?;
    lab.expect_quiet(&mut watcher).await?;
    new.cut().await;
    lab.expect(&mut watcher, "new").await?;
    lab.expect_quiet(&mut watcher).await?;
    Ok(Found::pass("'old', later 'new'"))
}

async fn w118(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let _old = lab.mortal("c", lab.will("old")).await?;
    let new = lab.connect(&lab.client("c")).await?;
    lab.expect(&mut watcher, "old").await?;
    new.cut().await;
    lab.expect_quiet(&mut watcher).await?;
    Ok(Found::pass("'old', later nothing"))
}

async fn w119(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut old = lab.mortal("c", lab.will("old")).await?;
    let mut found = Vec::new();
    let bad = Will { qos: 3, ..lab.will("new") };
    let level = Connect { protocol: Some(("MQTT", 9)), ..lab.client("c") };
    for (name, connect) in [("malformed", lab.client("c").will(bad)), ("level 9", level)] {
        let (_, got) = lab.try_connect(&connect).await?;
        let is_refused = matches!(&got, Got::End)
            || matches!(&got, Got::ConnAck(welcome) if welcome.reason.is_error());
        if !is_refused {
            let why = format!("CONNECT was answered by {}", got.describe());
            found.push((name.to_owned(), Found::differs(why)));
        }
    }
    lab.expect_quiet(&mut watcher).await?;
    old.round_trip(lab.soon()).await?;
    lab.leave(old).await;
    Ok(Found::all(found, "the old connection goes on, no will"))
}

async fn w121(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().retain, "retained messages")?;
    const TIMES: usize = 20;
    let mut watcher = lab.watcher().await?;
    let topic = lab.topic("will");
    let connect = lab.client("c").will(Will { retain: true, ..lab.will("offline") });
    let online = Publish::new(topic.clone(), "online").retained();
    let mut old = lab.connect(&connect).await?;
    lab.publish(&mut old, &online).await;
    lab.expect(&mut watcher, "online").await?;
    for time in 1..=TIMES {
        let mut new = lab.dial().await?;
        new.send(&[connect.bytes(), online.bytes(lab.version)].concat()).await;
        for word in ["offline", "online"] {
            let got = lab.expect(&mut watcher, word).await;
            got.map_err(|found| Found {
                happened: format!("time {time}: {}", found.happened),
                ..found
            })?;
        }
        old = new;
    }
    let kept = lab.retained("r", &topic).await?.map(|message| message.text());
    lab.leave(old).await;
    match kept.as_deref() {
        Some("online") => Ok(Found::pass(format!("'offline', 'online' in {TIMES} times"))),
        kept => Err(Found::differs(format!("the retained message is {kept:?}"))),
    }
}

async fn w122(lab: Lab) -> Step<Found> {
    let will = Will { qos: 1, ..lab.will("old") };
    let mut old = lab.connect(&client(&lab, false, 60, Some(will))).await?;
    lab.subscribe(&mut old, &lab.topic("will"), 1).await?;
    let mut new = lab.connect(&client(&lab, false, 60, None)).await?;
    lab.expect(&mut new, "old").await?;
    lab.leave(new).await;
    Ok(Found::pass("it gets 'old'"))
}

async fn w126(lab: Lab) -> Step<Found> {
    const TIMES: usize = 20;
    let mut watcher = lab.watcher().await?;
    for _ in 0..TIMES {
        let mut old = lab.mortal("c", lab.will("old")).await?;
        let mut new = lab.dial().await?;
        old.send(&wire::disconnect(lab.version, 0, &[])).await;
        new.send(&lab.client("c").bytes()).await;
        new.next(lab.soon()).await;
        lab.leave(new).await;
    }
    let mut spurious = 0;
    while let Got::Message(_) = watcher.message(lab.quiet()).await {
        spurious += 1;
    }
    match spurious {
        0 => Ok(Found::pass(format!("no will in {TIMES} times"))),
        _ => Err(Found::differs(format!("the will was published {spurious} of {TIMES} times"))),
    }
}

async fn w127(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut probes = Vec::new();
    for word in ["1", "2", "3"] {
        probes.push(lab.mortal("c", lab.will(word)).await?);
    }
    for word in ["1", "2"] {
        lab.expect(&mut watcher, word).await?;
    }
    lab.expect_quiet(&mut watcher).await?;
    drop(probes);
    lab.expect(&mut watcher, "3").await?;
    Ok(Found::pass("'1', '2', then '3'"))
}
