//! The walkthrough and presence: W01 to W08.

use super::{ALL, BOTH, Row};
use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::check::wire::{Publish, Will};

pub const ROWS: &[Row] = &[
    Row::new(
        "W01",
        ALL,
        "a subscriber gets the will of a client whose connection closes without DISCONNECT, at \
         once, RETAIN 0, DUP 0",
        "MQTT-3.1.2-8",
        |lab| Box::pin(w01(lab)),
    ),
    Row::new("W02", ALL, "after DISCONNECT nothing is published", "MQTT-3.14.4-3", |lab| {
        Box::pin(w02(lab))
    }),
    Row::new(
        "W03",
        BOTH,
        "presence: subscribers see 'online', 'offline'; 'offline' is retained",
        "MQTT-3.1.2-15, MQTT-3.3.1-5 (3.1.1: 3.1.2-17)",
        |lab| Box::pin(w03(lab)),
    ),
    Row::new(
        "W04",
        BOTH,
        "a new subscriber gets the retained will with RETAIN 1",
        "section 3.3.1.3 (3.1.1: 3.3.1-8)",
        |lab| Box::pin(w04(lab)),
    ),
    Row::new(
        "W05",
        BOTH,
        "after a quick reconnect that publishes 'online', no late 'offline' of the old connection",
        "MQTT-3.1.2-10",
        |lab| Box::pin(w05(lab)),
    ),
    Row::new(
        "W06",
        BOTH,
        "presence with a normal DISCONNECT: the will is discarded, 'online' stays retained",
        "MQTT-3.14.4-3",
        |lab| Box::pin(w06(lab)),
    ),
    Row::new(
        "W08",
        ALL,
        "without a will nothing is published",
        "MQTT-3.1.2-8 (3.1.1: 3.1.2-12)",
        |lab| Box::pin(w08(lab)),
    ),
];

async fn w01(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    lab.mortal("c", lab.will("bye")).await?.cut().await;
    let got = lab.expect(&mut watcher, "bye").await?;
    if got.retain || got.dup || got.qos != 0 {
        return Err(Found::differs(format!(
            "published with QoS {}, RETAIN {}, DUP {}",
            got.qos,
            u8::from(got.retain),
            u8::from(got.dup)
        )));
    }
    lab.expect_quiet(&mut watcher).await?;
    Ok(Found::pass("published once"))
}

async fn w02(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let client = lab.mortal("c", lab.will("bye")).await?;
    lab.leave(client).await;
    lab.expect_quiet(&mut watcher).await?;
    Ok(Found::pass("nothing was published"))
}

/// A client with a retained will "offline" that has published "online".
async fn present(lab: &Lab) -> Step<crate::check::probe::Probe> {
    lab.needs(lab.abilities().retain, "retained messages")?;
    let will = Will { retain: true, ..lab.will("offline") };
    let mut client = lab.mortal("c", will).await?;
    let topic = lab.topic("will");
    lab.publish(&mut client, &Publish::new(topic, "online").retained()).await;
    client.round_trip(lab.soon()).await?;
    Ok(client)
}

async fn retained_is(lab: &Lab, wanted: &str) -> Step<()> {
    match lab.retained("r", &lab.topic("will")).await? {
        Some(got) if got.payload == wanted.as_bytes() && got.retain => Ok(()),
        Some(got) => Err(Found::differs(format!(
            "the retained message is '{}', RETAIN {}",
            got.text(),
            u8::from(got.retain)
        ))),
        None => Err(Found::differs("no message is retained")),
    }
}

async fn w03(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let client = present(&lab).await?;
    lab.expect(&mut watcher, "online").await?;
    client.cut().await;
    lab.expect(&mut watcher, "offline").await?;
    retained_is(&lab, "offline").await?;
    Ok(Found::pass("'online', 'offline'; 'offline' is retained"))
}

async fn w04(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    present(&lab).await?.cut().await;
    lab.expect(&mut watcher, "online").await?;
    lab.expect(&mut watcher, "offline").await?;
    retained_is(&lab, "offline").await?;
    Ok(Found::pass("'offline' with RETAIN 1"))
}

async fn w05(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    present(&lab).await?.cut().await;
    let back = present(&lab).await?;
    for word in ["online", "offline", "online"] {
        lab.expect(&mut watcher, word).await?;
    }
    lab.expect_quiet(&mut watcher).await?;
    retained_is(&lab, "online").await?;
    lab.leave(back).await;
    Ok(Found::pass("'online', 'offline', 'online', and nothing more"))
}

async fn w06(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let client = present(&lab).await?;
    lab.expect(&mut watcher, "online").await?;
    lab.leave(client).await;
    lab.expect_quiet(&mut watcher).await?;
    retained_is(&lab, "online").await?;
    Ok(Found::pass("nothing was published, 'online' is retained"))
}

async fn w08(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    lab.connect(&lab.client("c")).await?.cut().await;
    lab.expect_quiet(&mut watcher).await?;
    Ok(Found::pass("nothing was published"))
}
