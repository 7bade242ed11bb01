//! Will Delay and the end of the session: W128 to W150, MQTT 5.

use std::time::Duration;

use tokio::time::sleep;

use super::{Row, V5};
use crate::check::found::{Found, Step, settled};
use crate::check::lab::Lab;
use crate::check::probe::Got;
use crate::check::wire::{self, Connect, Will};
use crate::protocol::Property;
use crate::time::Timestamp;

/// How late a will may come before the row calls it a difference.
const LATE_MILLIS: u64 = 1800;
/// What clocks and networks may take off a span.
const EARLY_MILLIS: u64 = 80;

pub const ROWS: &[Row] = &[
    Row::new("W128", V5, "delay 2, session 60: after 2 s, not before", "MQTT-3.1.2-8", |lab| {
        Box::pin(delayed(lab, 60, 2, End::Cut, 2))
    })
    .waits(3)
    .in_turn(),
    Row::new("W129", V5, "delay 4, session 0: at once", "section 3.1.3.2.2", |lab| {
        Box::pin(delayed(lab, 0, 4, End::Cut, 0))
    })
    .in_turn(),
    Row::new(
        "W130",
        V5,
        "delay 20, session 1: after 1 s, when the session ends",
        "section 3.1.3.2.2",
        |lab| Box::pin(delayed(lab, 1, 20, End::Cut, 1)),
    )
    .waits(4)
    .in_turn(),
    Row::new("W131", V5, "delay 1, session 1: once, after 1 s", "section 3.1.3.2.2", |lab| {
        Box::pin(delayed(lab, 1, 1, End::Cut, 1))
    })
    .waits(4)
    .in_turn(),
    Row::new(
        "W132",
        V5,
        "back with Clean Start 0 within the delay: never published",
        "MQTT-3.1.3-9",
        |lab| Box::pin(w132(lab)),
    )
    .waits(4)
    .in_turn(),
    Row::new(
        "W133",
        V5,
        "back with Clean Start 1 within the delay: published then, since the session ends",
        "section 3.1.3.2.2",
        |lab| Box::pin(w133(lab)),
    )
    .waits(2)
    .in_turn(),
    Row::new(
        "W134",
        V5,
        "a refused CONNECT within the delay changes nothing: after 1 s",
        "MQTT-3.1.3-9",
        |lab| Box::pin(w134(lab)),
    )
    .waits(3)
    .in_turn(),
    Row::new(
        "W135",
        V5,
        "back without a will, then dead: nothing is published",
        "MQTT-3.1.2-7, MQTT-3.1.3-9",
        |lab| Box::pin(returns(lab, None, End::Cut, None)),
    )
    .waits(5)
    .in_turn(),
    Row::new(
        "W136",
        V5,
        "back with the will, then DISCONNECT: nothing is published",
        "MQTT-3.14.4-3",
        |lab| Box::pin(returns(lab, Some("new"), End::Disconnect(0, None), None)),
    )
    .waits(5)
    .in_turn(),
    Row::new(
        "W137",
        V5,
        "back with the will, then dead: the new delay counts from there",
        "MQTT-3.1.2-8",
        |lab| Box::pin(returns(lab, Some("new"), End::Cut, Some("new"))),
    )
    .waits(5)
    .in_turn(),
    Row::new(
        "W139",
        V5,
        "DISCONNECT 0x04 that sets the session to 0: at once",
        "section 3.14.2.2.2",
        |lab| Box::pin(delayed(lab, 60, 4, End::Disconnect(4, Some(0)), 0)),
    )
    .in_turn(),
    Row::new(
        "W140",
        V5,
        "DISCONNECT 0x04 that sets the session to 1, delay 20: after 1 s",
        "section 3.14.2.2.2",
        |lab| Box::pin(delayed(lab, 60, 20, End::Disconnect(4, Some(1)), 1)),
    )
    .waits(4)
    .in_turn(),
    Row::new(
        "W141",
        V5,
        "DISCONNECT 0x04 that raises the session from 1 to 60, delay 2: after 2 s",
        "section 3.14.2.2.2",
        |lab| Box::pin(delayed(lab, 1, 2, End::Disconnect(4, Some(60)), 2)),
    )
    .waits(4)
    .in_turn(),
    Row::new(
        "W142",
        V5,
        "DISCONNECT 0x04, delay above the session's 1 s: the will tells that the session ended",
        "section 3.1.2.5",
        |lab| Box::pin(delayed(lab, 1, 60, End::Disconnect(4, None), 1)),
    )
    .waits(4)
    .in_turn(),
    Row::new(
        "W144",
        V5,
        "delay 1, a session that never ends: after 1 s",
        "section 3.1.2.11.2",
        |lab| Box::pin(delayed(lab, u32::MAX, 1, End::Cut, 1)),
    )
    .waits(3)
    .in_turn(),
    Row::new("W145", V5, "a will with delay 0xFFFFFFFF holds up no other", "MQTT-3.1.2-8", |lab| {
        Box::pin(w145(lab))
    })
    .waits(3)
    .in_turn(),
    Row::new(
        "W146",
        V5,
        "A (delay 4) dies, B (delay 3) dies 3 s later: A after 4 s, B after 6 s",
        "MQTT-3.1.2-8",
        |lab| Box::pin(w146(lab)),
    )
    .waits(5)
    .in_turn(),
    Row::new(
        "W150",
        V5,
        "a session waits with its will: other messages are kept, and its own will too",
        "section 3.1.2.5, MQTT-4.5.0-1",
        |lab| Box::pin(w150(lab)),
    )
    .waits(3)
    .in_turn(),
];

/// How a client ends.
#[derive(Clone, Copy)]
enum End {
    /// Without DISCONNECT.
    Cut,
    /// DISCONNECT with a reason and perhaps a Session Expiry Interval.
    Disconnect(u8, Option<u32>),
}

async fn end(lab: &Lab, mut probe: crate::check::probe::Probe, end: End) -> Timestamp {
    match end {
        End::Cut => probe.cut().await,
        End::Disconnect(reason, expiry) => {
            let expiry = expiry.map(Property::SessionExpiryInterval);
            let bytes = wire::disconnect(lab.version, reason, expiry.as_slice());
            probe.send(&bytes).await;
            probe.cut().await;
        }
    }
    lab.now()
}

fn client(lab: &Lab, expiry: u32, will: Will) -> Connect {
    lab.client("c").lasting(expiry).will(will)
}

/// The next message comes so many seconds after `from`.
fn timed(at: Timestamp, from: Timestamp, secs: u64) -> Step<Found> {
    let took = at.since(from).as_millis() as u64;
    let told = format!("published after {:.1} s", took as f64 / 1000.0);
    let (earliest, latest) =
        ((secs * 1000).saturating_sub(EARLY_MILLIS), secs * 1000 + LATE_MILLIS);
    match took {
        took if took < earliest => Err(Found::differs(format!("{told}, too early"))),
        took if took > latest => Err(Found::differs(format!("{told}, too late"))),
        _ => Ok(Found::pass(told)),
    }
}

/// A client (session expiry, will delay) ends; its will comes so many seconds later, once.
async fn delayed(lab: Lab, expiry: u32, delay: u32, how: End, secs: u64) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let probe = lab.connect(&client(&lab, expiry, lab.will("x").delayed(delay))).await?;
    let ended = end(&lab, probe, how).await;
    let patience = Duration::from_secs(secs + 3);
    let got = lab.expect_within(&mut watcher, "x", patience).await?;
    let found = timed(got.at, ended, secs)?;
    lab.expect_quiet(&mut watcher).await?;
    Ok(found)
}

async fn w132(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let connect = client(&lab, 60, lab.will("x").delayed(1));
    lab.connect(&connect).await?.cut().await;
    lab.expect_quiet_for(&mut watcher, Duration::from_millis(300)).await?;
    let back = lab.connect(&connect).await?;
    lab.expect_quiet_for(&mut watcher, Duration::from_millis(1500)).await?;
    lab.leave(back).await;
    Ok(Found::pass("not published"))
}

async fn w133(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let connect = client(&lab, 60, lab.will("x").delayed(10));
    lab.connect(&connect).await?.cut().await;
    lab.expect_quiet_for(&mut watcher, Duration::from_millis(500)).await?;
    let back = lab.connect(&Connect { clean: true, will: None, ..connect }).await?;
    lab.expect(&mut watcher, "x").await?;
    lab.leave(back).await;
    Ok(Found::pass("published when the client came back"))
}

async fn w134(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let connect = client(&lab, 60, lab.will("x").delayed(1));
    let probe = lab.connect(&connect).await?;
    let ended = end(&lab, probe, End::Cut).await;
    lab.expect_quiet_for(&mut watcher, Duration::from_millis(300)).await?;
    let bad = Connect { protocol: Some(("MQTT", 9)), ..connect };
    let (_, got) = lab.try_connect(&bad).await?;
    if matches!(&got, Got::ConnAck(welcome) if !welcome.reason.is_error()) {
        return Err(Found::differs("a CONNECT of level 9 was accepted"));
    }
    let got = lab.expect_within(&mut watcher, "x", Duration::from_secs(4)).await?;
    timed(got.at, ended, 1)
}

/// A client with delay 1 dies, is back (with another will or none) 0.3 s later and ends 1 s later;
/// then this is published 1 s later, or nothing.
async fn returns(lab: Lab, will: Option<&str>, how: End, published: Option<&str>) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let connect = client(&lab, 60, lab.will("old").delayed(1));
    lab.connect(&connect).await?.cut().await;
    lab.expect_quiet_for(&mut watcher, Duration::from_millis(300)).await?;
    let will = will.map(|payload| lab.will(payload).delayed(1));
    let back = lab.connect(&Connect { will, ..connect }).await?;
    lab.expect_quiet_for(&mut watcher, Duration::from_millis(1000)).await?;
    let ended = end(&lab, back, how).await;
    match published {
        Some(word) => {
            let got = lab.expect_within(&mut watcher, word, Duration::from_secs(5)).await?;
            timed(got.at, ended, 1)
        }
        None => {
            lab.expect_quiet_for(&mut watcher, Duration::from_millis(1500)).await?;
            Ok(Found::pass("nothing was published"))
        }
    }
}

async fn w145(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let never = lab.will("never").delayed(u32::MAX);
    let never = Connect { id: lab.id("n").into(), ..client(&lab, u32::MAX, never) };
    lab.connect(&never).await?.cut().await;
    let probe = lab.connect(&client(&lab, 60, lab.will("x").delayed(1))).await?;
    let ended = end(&lab, probe, End::Cut).await;
    let got = lab.expect_within(&mut watcher, "x", Duration::from_secs(4)).await;
    // The will that waits for ever is taken back.
    let back = lab.connect(&Connect { will: None, ..never }).await?;
    lab.leave(back).await;
    timed(got?.at, ended, 1)
}

async fn w146(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let named = |name: &str, delay| Connect {
        id: lab.id(name).into(),
        ..client(&lab, 60, lab.will(name).delayed(delay))
    };
    let a = lab.connect(&named("A", 4)).await?;
    let b = lab.connect(&named("B", 3)).await?;
    let a_ended = end(&lab, a, End::Cut).await;
    sleep(Duration::from_millis(3000)).await;
    let b_ended = end(&lab, b, End::Cut).await;
    let mut found = Vec::new();
    for _ in 0..2 {
        let Got::Message(got) = watcher.message(Duration::from_secs(6)).await else {
            return Err(Found::differs("a will was not published within 6 s"));
        };
        let (from, secs) = if got.payload == b"A" { (a_ended, 4) } else { (b_ended, 3) };
        found.push((got.text(), settled(timed(got.at, from, secs))));
    }
    Ok(Found::all(found, "each at its moment"))
}

async fn w150(lab: Lab) -> Step<Found> {
    let connect = client(&lab, 60, Will { qos: 1, ..lab.will("will").delayed(1) });
    let mut probe = lab.connect(&connect).await?;
    lab.subscribe(&mut probe, &lab.topic("will"), 1).await?;
    probe.cut().await;
    let mut other = lab.connect(&lab.client("o")).await?;
    let publish = wire::Publish::new(lab.topic("will"), "message").at(1, 1);
    lab.publish(&mut other, &publish).await;
    other.round_trip(lab.soon()).await?;
    sleep(Duration::from_millis(2500)).await;
    let mut back = lab.connect(&Connect { will: None, ..connect }).await?;
    lab.expect(&mut back, "message").await?;
    lab.expect(&mut back, "will").await?;
    lab.leave(back).await;
    lab.leave(other).await;
    Ok(Found::pass("the message, then its own will"))
}
