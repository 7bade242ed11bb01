//! Retained wills: W156 to W160.

use std::time::Duration;

use tokio::time::sleep;

use super::{BOTH, Row, V5};
use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::check::wire::{AS_PUBLISHED, Publish, Will};
use crate::protocol::Property;

pub const ROWS: &[Row] = &[
    Row::new(
        "W156",
        V5,
        "a retained will with expiry 2 is no longer retained after it",
        "section 3.3.2.3.3",
        |lab| Box::pin(w156(lab)),
    )
    .waits(3),
    Row::new(
        "W158",
        BOTH,
        "a retained will is stored and replaces; RETAIN as Retain As Published says",
        "MQTT-3.3.1-5, -12, -13 (3.1.1: 3.3.1-9)",
        |lab| Box::pin(w158(lab)),
    ),
    Row::new(
        "W159",
        BOTH,
        "an empty retained will is delivered and removes the retained message",
        "MQTT-3.3.1-6, MQTT-3.3.1-7 (3.1.1: 3.3.1-10, -11)",
        |lab| Box::pin(w159(lab)),
    ),
    Row::new(
        "W160",
        BOTH,
        "a will that is not retained leaves the retained message alone",
        "MQTT-3.3.1-8 (3.1.1: 3.3.1-12)",
        |lab| Box::pin(w160(lab)),
    ),
];

async fn w156(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().retain, "retained messages")?;
    let will = Will { retain: true, ..lab.will("x") };
    let will = will.with(&[Property::MessageExpiryInterval(2)]);
    lab.mortal("c", will).await?.cut().await;
    sleep(Duration::from_millis(300)).await;
    let before = lab.retained("r1", &lab.topic("will")).await?;
    sleep(Duration::from_millis(3200)).await;
    let after = lab.retained("r2", &lab.topic("will")).await?;
    match (before, after) {
        (Some(_), None) => Ok(Found::pass("retained, then gone")),
        (None, _) => Err(Found::differs("it was not retained at all")),
        (_, Some(_)) => Err(Found::differs("still delivered after 3.5 s")),
    }
}

async fn retain_first(lab: &Lab, payload: &str) -> Step<()> {
    lab.needs(lab.abilities().retain, "retained messages")?;
    let mut probe = lab.connect(&lab.client("first")).await?;
    lab.publish(&mut probe, &Publish::new(lab.topic("will"), payload).retained()).await;
    probe.round_trip(lab.soon()).await?;
    lab.leave(probe).await;
    Ok(())
}

async fn w158(lab: Lab) -> Step<Found> {
    retain_first(&lab, "before").await?;
    let topic = lab.topic("will");
    let mut plain = lab.subscriber("s1", &topic, 0).await?;
    let mut as_published = lab.subscriber("s2", &topic, AS_PUBLISHED).await?;
    // What was retained before comes first, perhaps before the SUBACK.
    for probe in [&mut plain, &mut as_published] {
        probe.message(lab.soon()).await;
    }
    lab.mortal("c", Will { retain: true, ..lab.will("x") }).await?.cut().await;
    let (one, two) =
        (lab.expect(&mut plain, "x").await?, lab.expect(&mut as_published, "x").await?);
    if one.retain || two.retain != lab.is_v5() {
        return Err(Found::differs(format!(
            "RETAIN {} without and {} with Retain As Published",
            u8::from(one.retain),
            u8::from(two.retain)
        )));
    }
    match lab.retained("r", &topic).await? {
        Some(got) if got.payload == b"x" => Ok(Found::pass("stored, replaced, flags right")),
        other => Err(Found::differs(format!("retained: {:?}", other.map(|got| got.text())))),
    }
}

async fn w159(lab: Lab) -> Step<Found> {
    retain_first(&lab, "before").await?;
    let mut watcher = lab.watcher().await?;
    watcher.message(lab.soon()).await;
    lab.mortal("c", Will { retain: true, ..lab.will("") }).await?.cut().await;
    lab.expect(&mut watcher, "").await?;
    match lab.retained("r", &lab.topic("will")).await? {
        None => Ok(Found::pass("delivered, nothing is retained")),
        Some(got) => Err(Found::differs(format!("'{}' is retained", got.text()))),
    }
}

async fn w160(lab: Lab) -> Step<Found> {
    retain_first(&lab, "before").await?;
    let mut watcher = lab.watcher().await?;
    watcher.message(lab.soon()).await;
    lab.mortal("c", lab.will("x")).await?.cut().await;
    lab.expect(&mut watcher, "x").await?;
    match lab.retained("r", &lab.topic("will")).await? {
        Some(got) if got.payload == b"before" => Ok(Found::pass("it stays")),
        other => Err(Found::differs(format!("retained: {:?}", other.map(|got| got.text())))),
    }
}
