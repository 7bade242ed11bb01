//! What is delivered: W151 to W177, but for retained wills.

use std::time::Duration;

use tokio::time::sleep;

use super::{ALL, BOTH, Row, V5};
use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::check::probe::{Got, Received};
use crate::check::wire::{self, Connect, NO_LOCAL, Publish, Will};
use crate::protocol::{Property, Version};

pub const ROWS: &[Row] = &[
    Row::new(
        "W151",
        V5,
        "every will property arrives unaltered, user properties in order, Will Delay not at all",
        "MQTT-3.1.3-10, MQTT-3.3.2-4, -15 to -20",
        |lab| Box::pin(w151(lab)),
    ),
    Row::new(
        "W152",
        V5,
        "a version 3 subscriber gets the will without properties",
        "MQTT-4.5.0-1",
        |lab| Box::pin(w152(lab)),
    ),
    Row::new(
        "W153",
        V5,
        "delay 1, expiry 10: the expiry counts from the publication",
        "section 3.1.3.2.4",
        |lab| Box::pin(w153(lab)),
    )
    .waits(2)
    .in_turn(),
    Row::new("W154", V5, "delay 2, expiry 1: published", "section 3.1.3.2.4", |lab| {
        Box::pin(w154(lab))
    })
    .waits(3)
    .in_turn(),
    Row::new(
        "W155",
        V5,
        "expiry 2: gone for a subscriber who was away 3.2 s, not for one who was away 1 s",
        "MQTT-3.3.2-5, MQTT-3.3.2-6",
        |lab| Box::pin(w155(lab)),
    )
    .waits(5),
    Row::new(
        "W161",
        ALL,
        "QoS of the delivery is the smaller of will and subscription, all 9 cells",
        "MQTT-3.8.4-8 (3.1.1: 3.8.4-6)",
        |lab| Box::pin(w161(lab)),
    ),
    Row::new(
        "W162",
        BOTH,
        "wills at QoS 1 and 2 wait for a subscriber whose session goes on",
        "MQTT-4.5.0-1 (3.1.1: 3.1.2-5)",
        |lab| Box::pin(w162(lab)),
    ),
    Row::new(
        "W163",
        V5,
        "Receive Maximum 1 and one message open: the will comes after the acknowledgement",
        "MQTT-3.3.4-9",
        |lab| Box::pin(w163(lab)),
    ),
    Row::new(
        "W165",
        V5,
        "a will above a subscriber's Maximum Packet Size is not sent to it, others get it",
        "MQTT-3.1.2-24, MQTT-3.1.2-25",
        |lab| Box::pin(w165(lab)),
    ),
    Row::new(
        "W166",
        V5,
        "a subscriber that allows topic aliases gets the will with its topic",
        "MQTT-3.3.2-11",
        |lab| Box::pin(w166(lab)),
    ),
    Row::new(
        "W167",
        BOTH,
        "overlapping subscriptions: one copy at the highest QoS, or one for each",
        "MQTT-3.3.4-2 (3.1.1: 3.3.5-1)",
        |lab| Box::pin(w167(lab)),
    ),
    Row::new(
        "W169",
        BOTH,
        "a client that comes back gets its own will from its own subscription",
        "MQTT-4.5.0-1",
        |lab| Box::pin(own(lab, 1)),
    ),
    Row::new("W170", V5, "the same with No Local: not delivered", "MQTT-3.8.3-3", |lab| {
        Box::pin(own(lab, 1 | NO_LOCAL))
    }),
    Row::new("W171", V5, "No Local of another client: delivered", "MQTT-3.8.3-3", |lab| {
        Box::pin(w171(lab))
    }),
    Row::new(
        "W172",
        V5,
        "a shared subscription of two: exactly one gets the will (10 times)",
        "section 4.8.2",
        |lab| Box::pin(w172(lab)),
    ),
    Row::new(
        "W173",
        V5,
        "a group that contains the dying client itself: the other gets the will (10 times)",
        "section 4.8.2, section 3.1.4",
        |lab| Box::pin(w173(lab)),
    ),
    Row::new(
        "W177",
        BOTH,
        "a will at QoS 2: the whole handshake, once",
        "MQTT-4.3.3-1 to -13",
        |lab| Box::pin(w177(lab)),
    ),
];

const EVERYTHING: &[Property<'static>] = &[
    Property::PayloadFormatIndicator(1),
    Property::MessageExpiryInterval(600),
    Property::ContentType("text/plain"),
    Property::ResponseTopic("answer/here"),
    Property::CorrelationData(b"\x00\xFF1"),
    Property::UserProperty("a", "1"),
    Property::UserProperty("b", "2"),
    Property::UserProperty("a", "3"),
];

async fn w151(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let delay = [Property::WillDelayInterval(0)];
    let will = lab.will("x").with(&[EVERYTHING, &delay].concat());
    lab.mortal("c", will).await?.cut().await;
    let got = lab.expect(&mut watcher, "x").await?;
    let got = got.properties.as_properties();
    let mut wrong = Vec::new();
    let mut check = |is_right: bool, what: &'static str| {
        if !is_right {
            wrong.push(what);
        }
    };
    check(got.payload_format() == Some(1), "Payload Format Indicator");
    check(got.message_expiry().is_some_and(|secs| (590..=600).contains(&secs)), "Message Expiry");
    check(got.content_type() == Some("text/plain"), "Content Type");
    check(got.response_topic() == Some("answer/here"), "Response Topic");
    check(got.correlation_data() == Some(b"\x00\xFF1"), "Correlation Data");
    let users: Vec<(&str, &str)> = got.user_properties().collect();
    check(users == [("a", "1"), ("b", "2"), ("a", "3")], "User Property");
    check(got.will_delay().is_none(), "Will Delay Interval, which was delivered");
    match wrong.is_empty() {
        true => Ok(Found::pass("all of them")),
        false => Err(Found::differs(format!("altered or missing: {}", wrong.join(", ")))),
    }
}

async fn w152(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().versions.contains(&Version::V311), "MQTT 3.1.1")?;
    let mut watcher = lab.connect(&lab.client_of(Version::V311, "s")).await?;
    lab.subscribe(&mut watcher, &lab.topic("will"), 2).await?;
    lab.mortal("c", lab.will("x").with(EVERYTHING)).await?.cut().await;
    lab.expect(&mut watcher, "x").await?;
    Ok(Found::pass("delivered"))
}

/// A client (session 60) with this will, dead.
async fn dead(lab: &Lab, will: Will) -> Step<()> {
    lab.connect(&lab.client("c").lasting(60).will(will)).await?.cut().await;
    Ok(())
}

async fn w153(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let properties = [Property::WillDelayInterval(1), Property::MessageExpiryInterval(10)];
    dead(&lab, lab.will("x").with(&properties)).await?;
    let got = lab.expect_within(&mut watcher, "x", Duration::from_secs(5)).await?;
    match got.properties.as_properties().message_expiry() {
        Some(10) => Ok(Found::pass("delivered with 10 s")),
        // A broker may count a second that has begun.
        Some(9) => Ok(Found::pass("delivered with 9 s")),
        other => Err(Found::differs(format!("delivered with expiry {other:?}"))),
    }
}

async fn w154(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let properties = [Property::WillDelayInterval(2), Property::MessageExpiryInterval(1)];
    dead(&lab, lab.will("x").with(&properties)).await?;
    lab.expect_within(&mut watcher, "x", Duration::from_secs(6)).await?;
    Ok(Found::pass("published"))
}

/// A client `name` with a session, subscribed to the row's will topic, gone.
async fn away(lab: &Lab, name: &str, options: u8) -> Step<Connect> {
    let connect = lab.client(name).lasting(60);
    let mut probe = lab.connect(&connect).await?;
    lab.subscribe(&mut probe, &lab.topic("will"), options).await?;
    lab.leave(probe).await;
    Ok(connect)
}

async fn w155(lab: Lab) -> Step<Found> {
    let short = away(&lab, "short", 1).await?;
    let long = away(&lab, "long", 1).await?;
    let will = Will { qos: 1, ..lab.will("x") };
    let will = will.with(&[Property::MessageExpiryInterval(2)]);
    lab.mortal("c", will).await?.cut().await;
    sleep(Duration::from_millis(1000)).await;
    let mut back = lab.connect(&short).await?;
    let got = lab.expect(&mut back, "x").await?;
    let left = got.properties.as_properties().message_expiry();
    lab.leave(back).await;
    sleep(Duration::from_millis(2200)).await;
    let mut back = lab.connect(&long).await?;
    lab.expect_quiet(&mut back).await?;
    lab.leave(back).await;
    match left {
        Some(1) => Ok(Found::pass("delivered with 1 s left; later removed")),
        Some(2) => Ok(Found::differs("delivered with 2 s left after 1 s [MQTT-3.3.2-6]")),
        other => Err(Found::differs(format!("delivered with expiry {other:?}"))),
    }
}

async fn w161(lab: Lab) -> Step<Found> {
    let mut wrong = Vec::new();
    let mut watchers = Vec::new();
    for granted in 0..=2 {
        watchers.push(lab.subscriber(&format!("s{granted}"), &lab.topic("will"), granted).await?);
    }
    for qos in 0..=lab.abilities().qos_max {
        lab.mortal("c", Will { qos, ..lab.will("x") }).await?.cut().await;
        for (granted, watcher) in (0..).zip(&mut watchers) {
            let got = lab.expect(watcher, "x").await?;
            if got.qos != qos.min(granted) {
                wrong.push(format!("{qos} for a grant of {granted} came at {}", got.qos));
            }
        }
    }
    match wrong.is_empty() {
        true => Ok(Found::pass("the smaller of both")),
        false => Err(Found::differs(wrong.join(", "))),
    }
}

async fn w162(lab: Lab) -> Step<Found> {
    let connect = away(&lab, "s", 2).await?;
    for qos in [1, 2] {
        lab.mortal("c", Will { qos, ..lab.will(&format!("q{qos}")) }).await?.cut().await;
        sleep(lab.quiet() / 2).await;
    }
    let mut back = lab.connect(&connect).await?;
    lab.expect(&mut back, "q1").await?;
    lab.expect(&mut back, "q2").await?;
    lab.leave(back).await;
    Ok(Found::pass("both were delivered"))
}

async fn w163(lab: Lab) -> Step<Found> {
    let connect = lab.client("s").with(&[Property::ReceiveMaximum(1)]);
    let mut watcher = lab.connect(&connect).await?;
    lab.subscribe(&mut watcher, &lab.topic("will"), 1).await?;
    watcher.acknowledges = false;
    let mut other = lab.connect(&lab.client("o")).await?;
    other.publish(&Publish::new(lab.topic("will"), "open").at(1, 1)).await;
    let open = lab.expect(&mut watcher, "open").await?;
    lab.mortal("c", Will { qos: 1, ..lab.will("x") }).await?.cut().await;
    lab.expect_quiet(&mut watcher).await?;
    watcher.send(&wire::ack(0x40, open.packet_id)).await;
    lab.expect(&mut watcher, "x").await?;
    Ok(Found::pass("after the acknowledgement"))
}

async fn w165(lab: Lab) -> Step<Found> {
    let connect = lab.client("small").with(&[Property::MaximumPacketSize(200)]);
    let mut small = lab.connect(&connect).await?;
    lab.subscribe(&mut small, &lab.topic("will"), 1).await?;
    let mut watcher = lab.watcher().await?;
    let large = "x".repeat(300);
    lab.mortal("c", Will { qos: 1, ..lab.will(&large) }).await?.cut().await;
    lab.expect(&mut watcher, &large).await?;
    lab.expect_quiet(&mut small).await?;
    small.round_trip(lab.soon()).await?;
    Ok(Found::pass("skipped for one, delivered to the other"))
}

async fn w166(lab: Lab) -> Step<Found> {
    let connect = lab.client("s").with(&[Property::TopicAliasMaximum(10)]);
    let mut watcher = lab.connect(&connect).await?;
    lab.subscribe(&mut watcher, &lab.topic("will"), 0).await?;
    for word in ["1", "2"] {
        lab.mortal("c", lab.will(word)).await?.cut().await;
        let got = lab.expect(&mut watcher, word).await?;
        if got.topic != lab.topic("will") {
            return Err(Found::differs(format!("the topic is '{}'", got.topic)));
        }
    }
    Ok(Found::pass("delivered twice"))
}

async fn w167(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().wildcards, "wildcard subscriptions")?;
    let mut watcher = lab.connect(&lab.client("s")).await?;
    lab.subscribe(&mut watcher, &lab.topic("#"), 0).await?;
    lab.subscribe(&mut watcher, &lab.topic("+"), 2).await?;
    lab.mortal("c", Will { qos: 2, ..lab.will("x") }).await?.cut().await;
    let mut got: Vec<Received> = vec![lab.expect(&mut watcher, "x").await?];
    while let Got::Message(message) = watcher.message(lab.quiet()).await {
        got.push(*message);
    }
    let qos: Vec<u8> = got.iter().map(|message| message.qos).collect();
    match qos.iter().max() {
        Some(2) if qos.len() <= 2 => Ok(Found::pass(format!("{} copies, QoS {qos:?}", qos.len()))),
        _ => Err(Found::differs(format!("{} copies, QoS {qos:?}", qos.len()))),
    }
}

/// A client that is subscribed to its own will topic dies and comes back.
async fn own(lab: Lab, options: u8) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let connect = lab.client("c").lasting(60);
    let will = Will { qos: 1, ..lab.will("own") };
    let mut probe = lab.connect(&connect.clone().will(will)).await?;
    lab.subscribe(&mut probe, &lab.topic("will"), options).await?;
    probe.cut().await;
    lab.expect(&mut watcher, "own").await?;
    let mut back = lab.connect(&connect).await?;
    let is_local = options & NO_LOCAL > 0;
    let got = back.message(if is_local { lab.quiet() } else { lab.soon() }).await;
    lab.leave(back).await;
    match (is_local, got) {
        (false, Got::Message(_)) => Ok(Found::pass("delivered when it is back")),
        (true, Got::Nothing) => Ok(Found::pass("not delivered")),
        (_, got) => Err(Found::differs(format!("when it was back: {}", got.describe()))),
    }
}

async fn w171(lab: Lab) -> Step<Found> {
    let mut watcher = lab.subscriber("s", &lab.topic("will"), 1 | NO_LOCAL).await?;
    lab.mortal("c", lab.will("x")).await?.cut().await;
    lab.expect(&mut watcher, "x").await?;
    Ok(Found::pass("delivered"))
}

async fn w172(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().shared, "shared subscriptions")?;
    let filter = format!("$share/g/{}", lab.topic("will"));
    let mut members =
        [lab.subscriber("s1", &filter, 1).await?, lab.subscriber("s2", &filter, 1).await?];
    let mut wrong = Vec::new();
    for time in 1..=10 {
        lab.mortal("c", Will { qos: 1, ..lab.will("x") }).await?.cut().await;
        let started = lab.now();
        let mut copies = 0;
        while copies == 0 && lab.now().since(started) < lab.soon() {
            for member in &mut members {
                while let Got::Message(_) = member.message(Duration::from_millis(50)).await {
                    copies += 1;
                }
            }
        }
        if copies != 1 {
            wrong.push(format!("time {time}: {copies} copies"));
        }
    }
    match wrong.is_empty() {
        true => Ok(Found::pass("one copy each time")),
        false => Err(Found::differs(wrong.join(", "))),
    }
}

async fn w173(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().shared, "shared subscriptions")?;
    const TIMES: usize = 10;
    let filter = format!("$share/g/{}", lab.topic("will"));
    let mut other = lab.subscriber("o", &filter, 1).await?;
    for _ in 0..TIMES {
        let mut dying = lab.mortal("c", Will { qos: 1, ..lab.will("x") }).await?;
        lab.subscribe(&mut dying, &filter, 1).await?;
        dying.cut().await;
    }
    let mut got = 0;
    while got < TIMES && matches!(other.message(lab.soon()).await, Got::Message(_)) {
        got += 1;
    }
    match got {
        TIMES => Ok(Found::pass(format!("{TIMES} of {TIMES}"))),
        _ => Err(Found::differs(format!("{got} of {TIMES}, the others went to the dead"))),
    }
}

async fn w177(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().qos_max == 2, "QoS 2")?;
    let mut watcher = lab.watcher().await?;
    lab.mortal("c", Will { qos: 2, ..lab.will("x") }).await?.cut().await;
    let got = lab.expect(&mut watcher, "x").await?;
    if got.qos != 2 || got.packet_id == 0 {
        return Err(Found::differs(format!("it came at QoS {}", got.qos)));
    }
    // The message was answered with PUBREC.
    match watcher.next(lab.soon()).await {
        Got::Ack(0x60, id, _) if id == got.packet_id => {}
        other => return Err(Found::differs(format!("{} instead of PUBREL", other.describe()))),
    }
    watcher.send(&wire::ack(0x70, got.packet_id)).await;
    lab.expect_quiet(&mut watcher).await?;
    Ok(Found::pass("PUBLISH, PUBREC, PUBREL, PUBCOMP"))
}
