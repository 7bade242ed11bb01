//! Order and concurrency: W179 to W186.

use tokio::time::sleep;

use super::{BOTH, Row, V5};
use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::check::probe::{Got, Probe};
use crate::check::wire::{self, Connect, Publish, Will};
use crate::protocol::Property;

pub const ROWS: &[Row] = &[
    Row::new(
        "W179",
        BOTH,
        "500 messages at QoS 0, then the end: all of them, then the will",
        "MQTT-4.6.0-5",
        |lab| Box::pin(flood(lab, 0, 500)),
    ),
    Row::new(
        "W180",
        BOTH,
        "200 messages at QoS 1 of a client that reads no answer: all of them, then the will",
        "MQTT-4.6.0-5; what arrived complete was received",
        |lab| Box::pin(flood(lab, 1, 200)),
    ),
    Row::new(
        "W181",
        BOTH,
        "a message at QoS 2 without PUBREL, then the end: the message, then the will",
        "MQTT-4.3.3-8, MQTT-4.6.0-5",
        |lab| Box::pin(w181(lab)),
    ),
    Row::new(
        "W182",
        V5,
        "the same with a session that goes on, PUBREL after it: PUBCOMP, no second delivery",
        "MQTT-4.3.3-10, MQTT-4.3.3-11",
        |lab| Box::pin(w182(lab)),
    ),
    Row::new(
        "W183",
        V5,
        "a message by topic alias just before the end: delivered before the will",
        "MQTT-3.3.2-12, MQTT-4.6.0-5",
        |lab| Box::pin(w183(lab)),
    ),
    Row::new(
        "W184",
        BOTH,
        "retained 'online' and the end in one segment: 'offline' stays retained",
        "MQTT-3.1.2-15, MQTT-4.6.0-5",
        |lab| Box::pin(w184(lab)),
    ),
    Row::new(
        "W185",
        BOTH,
        "two clients, each subscribed to the other's will topic, die: both wills, no deadlock",
        "MQTT-3.1.2-8",
        |lab| Box::pin(w185(lab)),
    ),
    Row::new(
        "W187",
        BOTH,
        "100 clients die at once: all wills, each once, to a subscriber at QoS 1",
        "MQTT-3.1.2-8",
        |lab| Box::pin(w187(lab)),
    ),
];

async fn flood(lab: Lab, qos: u8, count: u16) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    // Messages of another QoS may overtake.
    let mut client = lab.mortal("c", Will { qos, ..lab.will("will") }).await?;
    let packets: Vec<Vec<u8>> = (1..=count)
        .map(|number| {
            let publish = Publish::new(lab.topic("will"), number.to_string());
            publish.at(qos, number).bytes(lab.version)
        })
        .collect();
    client.send(&packets.concat()).await;
    if qos > 0 {
        // Answers are there that nobody reads: the end becomes a reset.
        sleep(lab.quiet() / 2).await;
    }
    client.cut().await;
    let mut next = 1;
    loop {
        let Got::Message(got) = watcher.message(lab.soon()).await else {
            return Err(Found::differs(format!("the will is missing after {} messages", next - 1)));
        };
        match got.text() {
            text if text == next.to_string() => next += 1,
            text if text == "will" && next > count => break,
            text if text == "will" => {
                return Err(Found::differs(format!("the will came after {} messages", next - 1)));
            }
            text => return Err(Found::differs(format!("'{text}' came instead of '{next}'"))),
        }
    }
    Ok(Found::pass(format!("{count} messages, then the will")))
}

async fn w181(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut client = lab.mortal("c", lab.will("will")).await?;
    client.publish(&Publish::new(lab.topic("will"), "message").at(2, 1)).await;
    match client.next(lab.soon()).await {
        Got::Ack(0x50, 1, code) if code < 0x80 => {}
        other => return Err(Found::differs(format!("{} instead of PUBREC", other.describe()))),
    }
    client.cut().await;
    let mut came = Vec::new();
    while let Got::Message(got) = watcher.message(lab.soon() / 2).await {
        came.push(got.text());
        if came.len() == 2 {
            break;
        }
    }
    match came.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["message", "will"] => Ok(Found::pass("the message, then the will")),
        ["will", "message"] => Err(Found::differs("the will came before the message")),
        ["will"] => Err(Found::differs("PUBREC was sent, and the message is lost")),
        _ => Err(Found::differs(format!("{came:?}"))),
    }
}

async fn w182(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let connect = lab.client("c").lasting(60);
    let mut client = lab.connect(&connect).await?;
    client.publish(&Publish::new(lab.topic("will"), "message").at(2, 1)).await;
    let answer = client.next(lab.soon()).await;
    if !matches!(answer, Got::Ack(0x50, 1, code) if code < 0x80) {
        return Err(Found::differs(format!("{} instead of PUBREC", answer.describe())));
    }
    client.cut().await;
    let mut back = lab.connect(&connect).await?;
    back.send(&wire::ack(0x62, 1)).await;
    match back.next(lab.soon()).await {
        Got::Ack(0x70, 1, code) if code < 0x80 => {}
        other => {
            return Err(Found::differs(format!("PUBREL was answered by {}", other.describe())));
        }
    }
    lab.leave(back).await;
    lab.expect(&mut watcher, "message").await?;
    lab.expect_quiet(&mut watcher).await?;
    Ok(Found::pass("PUBCOMP, delivered once"))
}

async fn w183(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().topic_alias_max > 0, "topic aliases")?;
    let mut watcher = lab.watcher().await?;
    let mut client = lab.mortal("c", lab.will("will")).await?;
    let alias = [Property::TopicAlias(1)];
    let first = Publish::new(lab.topic("will"), "1").with(&alias).bytes(lab.version);
    let second = Publish::new("", "2").with(&alias).bytes(lab.version);
    client.send(&[first, second].concat()).await;
    client.cut().await;
    for word in ["1", "2", "will"] {
        lab.expect(&mut watcher, word).await?;
    }
    Ok(Found::pass("both messages, then the will"))
}

async fn w184(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().retain, "retained messages")?;
    let mut watcher = lab.watcher().await?;
    let will = Will { retain: true, ..lab.will("offline") };
    let mut client = lab.mortal("c", will).await?;
    lab.publish(&mut client, &Publish::new(lab.topic("will"), "online").retained()).await;
    client.cut().await;
    lab.expect(&mut watcher, "online").await?;
    lab.expect(&mut watcher, "offline").await?;
    match lab.retained("r", &lab.topic("will")).await? {
        Some(got) if got.payload == b"offline" => Ok(Found::pass("'offline' is retained")),
        other => Err(Found::differs(format!("retained: {:?}", other.map(|got| got.text())))),
    }
}

async fn w185(lab: Lab) -> Step<Found> {
    let mut watcher = lab.subscriber("s", &lab.topic("#"), 1).await?;
    let mut pair: Vec<Probe> = Vec::new();
    for (own, other) in [("a", "b"), ("b", "a")] {
        let topic = lab.topic(own).into_bytes();
        let mut probe = lab.mortal(own, Will { topic, ..lab.will(own) }).await?;
        lab.subscribe(&mut probe, &lab.topic(other), 1).await?;
        pair.push(probe);
    }
    drop(pair);
    let mut came = Vec::new();
    while let Got::Message(got) = watcher.message(lab.soon() / 2).await {
        came.push(got.text());
    }
    came.sort();
    match came.as_slice() {
        [a, b] if a == "a" && b == "b" => Ok(Found::pass("both")),
        _ => Err(Found::differs(format!("{came:?}"))),
    }
}

async fn w187(lab: Lab) -> Step<Found> {
    const COUNT: usize = 100;
    let mut watcher = lab.watcher().await?;
    let mut clients = Vec::new();
    for number in 0..COUNT {
        let connect = Connect { id: lab.id(&format!("x{number}")).into(), ..lab.client("x") };
        let will = Will { qos: 1, ..lab.will(&number.to_string()) };
        clients.push(lab.connect(&connect.will(will)).await?);
    }
    drop(clients);
    let mut came = Vec::new();
    while let Got::Message(got) = watcher.message(lab.soon() / 2).await {
        came.push(got.text());
    }
    let total = came.len();
    came.sort();
    came.dedup();
    match (total, came.len()) {
        (COUNT, COUNT) => Ok(Found::pass(format!("{COUNT}, each once"))),
        (total, different) => {
            Err(Found::differs(format!("{total}, {different} of them different")))
        }
    }
}
