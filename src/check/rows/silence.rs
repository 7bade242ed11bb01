//! Silence: keep-alive, W70 to W81.

use std::time::Duration;

use super::{ALL, BOTH, Row, V5};
use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::check::probe::Got;
use crate::check::wire::{self, Connect, Publish};

/// How late a silent client may be noticed before the row calls it a difference.
const LATE: Duration = Duration::from_millis(1500);
/// What clocks and networks may take off a span.
const EARLY: Duration = Duration::from_millis(80);

pub const ROWS: &[Row] = &[
    Row::new(
        "W70",
        ALL,
        "Keep Alive 2 s and silence: closed and published after 3 s, 1.5 times",
        "MQTT-3.1.2-22 (3.1.1: 3.1.2-24)",
        |lab| Box::pin(silent(lab, 2)),
    )
    .waits(4),
    Row::new(
        "W73",
        BOTH,
        "Keep Alive 0: silence alone never ends a connection",
        "section 3.1.2.10",
        |lab| Box::pin(w73(lab)),
    )
    .waits(5),
    Row::new(
        "W74",
        V5,
        "Server Keep Alive counts instead of the client's value",
        "MQTT-3.1.2-21, MQTT-3.2.2-21",
        |lab| Box::pin(w74(lab)),
    )
    .waits(8),
    Row::new(
        "W75",
        BOTH,
        "bytes that complete no packet do not keep a connection alive",
        "MQTT-3.1.2-22 (3.1.1: 3.1.2-24)",
        |lab| Box::pin(w75(lab)),
    )
    .waits(4),
    Row::new(
        "W77",
        BOTH,
        "any packet keeps a connection alive, a PUBLISH at QoS 0 too",
        "MQTT-3.1.2-22 (3.1.1: 3.1.2-24)",
        |lab| Box::pin(w77(lab)),
    )
    .waits(6),
    Row::new(
        "W81",
        BOTH,
        "Keep Alive 1 s: after 1.5 s, not rounded to whole seconds",
        "MQTT-3.1.2-22 (3.1.1: 3.1.2-24)",
        |lab| Box::pin(silent(lab, 1)),
    )
    .waits(3),
];

/// A keep-alive of so many seconds may be asked for.
fn check_override(lab: &Lab, secs: u16) -> Step<()> {
    match lab.abilities().server_keep_alive {
        Some(server) if server != secs => {
            Err(Found::unsupported(format!("the broker sets Server Keep Alive {server} s")))
        }
        _ => Ok(()),
    }
}

/// The will of a client that falls silent comes after 1.5 times this keep-alive.
async fn silent(lab: Lab, secs: u16) -> Step<Found> {
    check_override(&lab, secs)?;
    let mut watcher = lab.watcher().await?;
    let connect = Connect { keep_alive_secs: secs, ..lab.client("c").will(lab.will("x")) };
    let started = lab.now();
    let mut client = lab.connect(&connect).await?;
    let due = Duration::from_millis(u64::from(secs) * 1500);
    let got = match watcher.message(due + LATE + lab.soon() + due).await {
        Got::Message(got) => got.at.since(started),
        _ => {
            return Err(Found::differs(format!(
                "not published within {:.1} s",
                3.0 * f64::from(secs) + 3.5
            )));
        }
    };
    let told = format!("published after {:.1} s", got.as_secs_f32());
    if got + EARLY < due || got > due + LATE {
        return Err(Found::differs(format!("{told}, not {:.1} s", due.as_secs_f32())));
    }
    Ok(match client.last_words(lab.soon()).await {
        (_, Got::Nothing) => Found::differs(format!("{told}, but the connection stays open")),
        (Some(Got::Disconnect(0x8D)), _) => Found::pass(format!("{told}, DISCONNECT 0x8D")),
        _ => Found::pass(told),
    })
}

async fn w73(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let (mut client, got) = lab.try_connect(&lab.client("c").will(lab.will("x"))).await?;
    if !matches!(got, Got::ConnAck(_)) {
        return Err(Found::unsupported(format!("Keep Alive 0: {}", got.describe())));
    }
    lab.expect_quiet_for(&mut watcher, Duration::from_secs(4)).await?;
    client.round_trip(lab.soon()).await?;
    lab.leave(client).await;
    Ok(Found::pass("still connected after 4 s"))
}

async fn w74(lab: Lab) -> Step<Found> {
    let secs = lab.abilities().server_keep_alive;
    let Some(secs) = secs.filter(|secs| (1..=10).contains(secs)) else {
        return Err(Found::unsupported("no Server Keep Alive up to 10 s is announced"));
    };
    let connect = Connect { keep_alive_secs: 60, ..lab.client("c").will(lab.will("x")) };
    let mut watcher = lab.watcher().await?;
    let started = lab.now();
    let _client = lab.connect(&connect).await?;
    let due = Duration::from_millis(u64::from(secs) * 1500);
    // The watcher is under the same rule.
    let until = started.plus_millis((due + LATE).as_millis() as u64);
    loop {
        watcher.send(&wire::PINGREQ).await;
        match watcher.message(Duration::from_millis(500)).await {
            Got::Message(_) => break,
            Got::Nothing if lab.now() < until => {}
            other => return Err(Found::differs(format!("not published: {}", other.describe()))),
        }
    }
    match lab.now().since(started) + EARLY < due {
        true => Err(Found::differs("published too early")),
        false => Ok(Found::pass(format!("published 1.5 times {secs} s later"))),
    }
}

async fn w75(lab: Lab) -> Step<Found> {
    check_override(&lab, 1)?;
    let mut watcher = lab.watcher().await?;
    let connect = Connect { keep_alive_secs: 1, ..lab.client("c").will(lab.will("x")) };
    let started = lab.now();
    let mut client = lab.connect(&connect).await?;
    let publish = Publish::new(lab.topic("other"), vec![b'x'; 60]).bytes(lab.version);
    for byte in publish.chunks(1).take(16) {
        client.send(byte).await;
        match watcher.message(Duration::from_millis(250)).await {
            Got::Message(got) => {
                let after = got.at.since(started);
                return Ok(Found::pass(format!("published after {:.1} s", after.as_secs_f32())));
            }
            Got::Nothing => {}
            other => return Err(Found::differs(other.describe())),
        }
    }
    Err(Found::differs("still connected after 4 s of single bytes"))
}

async fn w77(lab: Lab) -> Step<Found> {
    check_override(&lab, 1)?;
    let mut watcher = lab.watcher().await?;
    let connect = Connect { keep_alive_secs: 1, ..lab.client("c").will(lab.will("x")) };
    let mut client = lab.connect(&connect).await?;
    for step in 0..8u64 {
        let started = lab.now();
        if step < 4 {
            client.publish(&Publish::new(lab.topic("other"), "x")).await;
        } else {
            client.send(&wire::PINGREQ).await;
        }
        lab.expect_quiet_for(&mut watcher, Duration::from_millis(500)).await?;
        lab.wait_until(started, 500).await;
    }
    lab.leave(client).await;
    Ok(Found::pass("connected for 4 s with Keep Alive 1 s"))
}
