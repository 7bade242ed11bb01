//! Numbered statements about PUBLISH, its acknowledgements, and the text in topics.

use super::offence::closes;
use super::{BOTH, Row, V5};
use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::check::probe::{Got, Probe};
use crate::check::wire::{self, AS_PUBLISHED, Publish, frame};
use crate::protocol::Property;

pub const ROWS: &[Row] = &[
    Row::new(
        "MQTT-1.5.4-3",
        BOTH,
        "U+FEFF in a topic is data",
        "MQTT-1.5.4-3, MQTT-4.7.3-4 (3.1.1: 1.5.3-3)",
        |lab| Box::pin(delivered(lab, "\u{feff}x", "\u{feff}x")),
    ),
    Row::new(
        "MQTT-4.7.1-1",
        BOTH,
        "'#' matches its parent level and everything below it",
        "section 4.7.1.2",
        |lab| Box::pin(delivered(lab, "a", "a/#")),
    ),
    Row::new(
        "MQTT-4.7.1-2",
        BOTH,
        "'+' matches one level, an empty one too",
        "MQTT-4.7.1-2",
        |lab| Box::pin(delivered(lab, "a//b", "a/+/b")),
    ),
    Row::new(
        "MQTT-4.7.2-1",
        BOTH,
        "a filter that begins with a wildcard does not match a topic that begins with $",
        "MQTT-4.7.2-1",
        |lab| Box::pin(dollar(lab)),
    ),
    Row::new(
        "MQTT-3.3.1-1",
        BOTH,
        "an unacknowledged message is sent again with DUP 1 when the session goes on",
        "MQTT-3.3.1-1, MQTT-4.4.0-1",
        |lab| Box::pin(redelivery(lab)),
    ),
    Row::new(
        "MQTT-3.3.1-3",
        BOTH,
        "DUP of the publisher is not passed on",
        "MQTT-3.3.1-3",
        |lab| Box::pin(dup_not_passed(lab)),
    ),
    Row::new("MQTT-3.3.1-9", V5, "Retain Handling 0, 1 and 2", "MQTT-3.3.1-9, -10, -11", |lab| {
        Box::pin(retain_handling(lab))
    }),
    Row::new(
        "MQTT-3.3.2-3",
        BOTH,
        "topics differ by case, blanks and a leading slash",
        "MQTT-3.3.2-3, MQTT-4.7.3-4",
        |lab| Box::pin(exact_topics(lab)),
    ),
    Row::new(
        "MQTT-3.3.2-12",
        V5,
        "topic aliases up to the broker's maximum are resolved",
        "MQTT-3.3.2-12",
        |lab| Box::pin(aliases(lab)),
    ),
    Row::new(
        "MQTT-3.3.2-17",
        V5,
        "properties of a message arrive unaltered, user properties in order",
        "MQTT-3.3.2-4, -15 to -20",
        |lab| Box::pin(properties(lab)),
    ),
    Row::new(
        "MQTT-3.3.4-1",
        BOTH,
        "QoS 1 is answered by PUBACK, QoS 2 by PUBREC",
        "MQTT-3.3.4-1",
        |lab| Box::pin(answers(lab)),
    ),
    Row::new(
        "MQTT-3.3.4-6",
        V5,
        "a Subscription Identifier in a client's PUBLISH: closed",
        "MQTT-3.3.4-6",
        |lab| {
            Box::pin(async move {
                let id = [Property::SubscriptionIdentifier(1)];
                let publish = Publish::new(lab.topic("t"), "x").with(&id).bytes(lab.version);
                closes(&lab, &publish, &[0x82, 0x81]).await
            })
        },
    ),
    Row::new("MQTT-3.6.1-1", BOTH, "PUBREL with wrong flags: closed", "MQTT-3.6.1-1", |lab| {
        Box::pin(async move { closes(&lab, &wire::ack(0x60, 1), &[0x81, 0x82]).await })
    }),
    Row::new(
        "MQTT-1.5.5-1",
        BOTH,
        "a Remaining Length of more bytes than it needs: refused",
        "MQTT-1.5.5-1; 3.1.1 has no such rule",
        |lab| Box::pin(long_length(lab)),
    ),
    Row::new(
        "MQTT-4.3.2-5",
        BOTH,
        "a packet id is new again after PUBACK, whatever DUP says",
        "MQTT-4.3.2-5 (3.1.1: 4.3.2-2)",
        |lab| Box::pin(id_again(lab)),
    ),
    Row::new(
        "MQTT-4.3.3-10",
        BOTH,
        "a repeated QoS 2 PUBLISH before PUBREL is not delivered twice",
        "MQTT-4.3.3-10 (3.1.1: 4.3.3-2)",
        |lab| Box::pin(repeated(lab)),
    ),
    Row::new(
        "MQTT-4.3.3-11",
        BOTH,
        "PUBREL is answered by PUBCOMP, also for an id that is not there",
        "MQTT-4.3.3-11 (3.1.1: 4.3.3-2)",
        |lab| Box::pin(pubrel(lab)),
    ),
    Row::new(
        "MQTT-4.6.0-5",
        BOTH,
        "messages of one client to one topic at one QoS arrive in order",
        "MQTT-4.6.0-5 (3.1.1: 4.6.0-6)",
        |lab| Box::pin(in_order(lab)),
    ),
    Row::new(
        "MQTT-3.3.4-9",
        V5,
        "no more unacknowledged messages than the subscriber's Receive Maximum",
        "MQTT-3.3.4-9",
        |lab| Box::pin(window(lab)),
    ),
    Row::new(
        "MQTT-2.1.3-1",
        BOTH,
        "PINGREQ and PUBACK with wrong flags: closed",
        "MQTT-2.1.3-1 (3.1.1: 2.2.2-1, 2.2.2-2)",
        |lab| {
            Box::pin(async move {
                let ping = closes(&lab, &frame(0xC1, &[]), &[0x81, 0x82]).await?;
                let ack = closes(&lab, &wire::ack(0x41, 1), &[0x81, 0x82]).await?;
                let found = vec![("PINGREQ".to_owned(), ping), ("PUBACK".to_owned(), ack)];
                Ok(Found::all(found, "closed"))
            })
        },
    ),
];

/// A message to a topic arrives at a subscriber of a filter.
async fn delivered(lab: Lab, topic: &str, filter: &str) -> Step<Found> {
    let (topic, filter) = (lab.topic(topic), lab.topic(filter));
    let mut watcher = lab.subscriber("s", &filter, 0).await?;
    let mut other = lab.connect(&lab.client("o")).await?;
    other.publish(&Publish::new(topic.as_str(), "x")).await;
    let got = lab.expect(&mut watcher, "x").await?;
    match got.topic == topic {
        true => Ok(Found::pass("delivered")),
        false => Err(Found::differs(format!("the topic became '{}'", got.topic))),
    }
}

async fn dollar(lab: Lab) -> Step<Found> {
    let mut watcher = lab.connect(&lab.client("s")).await?;
    for filter in ["+/broker/uptime", "+/broker/version"] {
        lab.subscribe(&mut watcher, filter, 0).await?;
    }
    match watcher.message(lab.quiet() * 2).await {
        Got::Message(message) if message.topic.starts_with('$') => {
            Err(Found::differs(format!("'{}' was delivered", message.topic)))
        }
        _ => Ok(Found::pass("nothing of $SYS was delivered")),
    }
}

async fn redelivery(lab: Lab) -> Step<Found> {
    let connect = lab.client("s").lasting(60);
    let mut probe = lab.connect(&connect).await?;
    lab.subscribe(&mut probe, &lab.topic("t"), 1).await?;
    probe.acknowledges = false;
    let mut other = lab.connect(&lab.client("o")).await?;
    other.publish(&Publish::new(lab.topic("t"), "x").at(1, 1)).await;
    let first = lab.expect(&mut probe, "x").await?;
    probe.cut().await;
    let mut back = lab.connect(&connect).await?;
    let second = lab.expect(&mut back, "x").await?;
    lab.leave(back).await;
    match (first.dup, second.dup, first.packet_id == second.packet_id) {
        (false, true, true) => Ok(Found::pass("DUP 0, then 1 with the same id")),
        (first, second, same) => Err(Found::differs(format!(
            "DUP {}, then {}; {} id",
            u8::from(first),
            u8::from(second),
            if same { "the same" } else { "another" }
        ))),
    }
}

async fn dup_not_passed(lab: Lab) -> Step<Found> {
    let mut watcher = lab.subscriber("s", &lab.topic("t"), 1).await?;
    let mut other = lab.connect(&lab.client("o")).await?;
    let publish = Publish { dup: true, ..Publish::new(lab.topic("t"), "x").at(1, 1) };
    other.publish(&publish).await;
    match lab.expect(&mut watcher, "x").await?.dup {
        false => Ok(Found::pass("DUP 0")),
        true => Err(Found::differs("DUP 1")),
    }
}

async fn retain_handling(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().retain, "retained messages")?;
    let topic = lab.topic("t");
    let mut probe = lab.connect(&lab.client("s")).await?;
    lab.publish(&mut probe, &Publish::new(topic.as_str(), "x").retained()).await;
    let mut wrong = Vec::new();
    // Retain Handling, and whether a subscription that is there gets the message.
    for (handling, expected) in [(2, false), (1, false), (0, true), (0, true)] {
        let options = handling << 4 | AS_PUBLISHED;
        probe.send(&wire::subscribe(lab.version, 1, &[(&topic, options)], &[])).await;
        if sent_retained(&lab, &mut probe).await != expected {
            wrong.push(format!("{handling} for an existing subscription"));
        }
    }
    probe.send(&wire::unsubscribe(lab.version, 2, &[&topic])).await;
    probe.round_trip(lab.soon()).await.ok();
    probe.send(&wire::subscribe(lab.version, 1, &[(&topic, 1 << 4)], &[])).await;
    if !sent_retained(&lab, &mut probe).await {
        wrong.push("1 for a new subscription".to_owned());
    }
    match wrong.is_empty() {
        true => Ok(Found::pass("as they should")),
        false => Err(Found::differs(wrong.join(", "))),
    }
}

/// Whether a retained message comes around a SUBACK.
async fn sent_retained(lab: &Lab, probe: &mut Probe) -> bool {
    probe.send(&wire::PINGREQ).await;
    let mut patience = lab.soon();
    let mut has_come = false;
    loop {
        match probe.next(patience).await {
            Got::Message(_) => has_come = true,
            Got::Pong => patience = lab.quiet() / 2,
            Got::SubAck(..) | Got::UnsubAck(..) => {}
            _ => return has_come,
        }
    }
}

async fn exact_topics(lab: Lab) -> Step<Found> {
    let mut watcher = lab.subscriber("s", &lab.topic("a b"), 0).await?;
    let mut other = lab.connect(&lab.client("o")).await?;
    for topic in [lab.topic("A b"), lab.topic("ab"), format!("/{}", lab.topic("a b"))] {
        other.publish(&Publish::new(topic, "wrong")).await;
    }
    other.publish(&Publish::new(lab.topic("a b"), "right")).await;
    lab.expect(&mut watcher, "right").await?;
    Ok(Found::pass("only the exact one"))
}

async fn aliases(lab: Lab) -> Step<Found> {
    let max = lab.abilities().topic_alias_max;
    lab.needs(max > 0, "topic aliases")?;
    let mut watcher = lab.subscriber("s", &lab.topic("#"), 0).await?;
    let mut other = lab.connect(&lab.client("o")).await?;
    for alias in [1, max] {
        let property = [Property::TopicAlias(alias)];
        other.publish(&Publish::new(lab.topic("t"), "1").with(&property)).await;
        other.publish(&Publish::new("", "2").with(&property)).await;
        for word in ["1", "2"] {
            let got = lab.expect(&mut watcher, word).await?;
            if got.topic != lab.topic("t") {
                return Err(Found::differs(format!("alias {alias} became '{}'", got.topic)));
            }
        }
    }
    Ok(Found::pass(format!("1 and {max}")))
}

async fn properties(lab: Lab) -> Step<Found> {
    let mut watcher = lab.subscriber("s", &lab.topic("t"), 0).await?;
    let mut other = lab.connect(&lab.client("o")).await?;
    let sent = [
        Property::PayloadFormatIndicator(1),
        Property::ContentType("text/plain"),
        Property::ResponseTopic("answer"),
        Property::CorrelationData(b"\0\xFF"),
        Property::UserProperty("z", "1"),
        Property::UserProperty("a", "2"),
        Property::UserProperty("z", "3"),
    ];
    other.publish(&Publish::new(lab.topic("t"), "x").with(&sent)).await;
    let got = lab.expect(&mut watcher, "x").await?;
    let got = got.properties.as_properties();
    let users: Vec<(&str, &str)> = got.user_properties().collect();
    let is_same = got.payload_format() == Some(1)
        && got.content_type() == Some("text/plain")
        && got.response_topic() == Some("answer")
        && got.correlation_data() == Some(b"\0\xFF")
        && users == [("z", "1"), ("a", "2"), ("z", "3")];
    match is_same {
        true => Ok(Found::pass("all of them")),
        false => Err(Found::differs("some were altered or are missing")),
    }
}

/// The next packet of an exchange is this acknowledgement.
async fn answer(lab: &Lab, probe: &mut Probe, first: u8, id: u16) -> Step<()> {
    match probe.next(lab.soon()).await {
        Got::Ack(got, got_id, code) if got == first && got_id == id && code < 0x80 => Ok(()),
        other => Err(Found::differs(format!(
            "{} instead of packet 0x{first:02X} for id {id}",
            other.describe()
        ))),
    }
}

async fn answers(lab: Lab) -> Step<Found> {
    let mut probe = lab.connect(&lab.client("c")).await?;
    probe.publish(&Publish::new(lab.topic("t"), "x").at(1, 7)).await;
    answer(&lab, &mut probe, 0x40, 7).await?;
    lab.needs(lab.abilities().qos_max == 2, "QoS 2")?;
    probe.publish(&Publish::new(lab.topic("t"), "x").at(2, 65_535)).await;
    answer(&lab, &mut probe, 0x50, 65_535).await?;
    probe.send(&wire::ack(0x62, 65_535)).await;
    answer(&lab, &mut probe, 0x70, 65_535).await?;
    Ok(Found::pass("PUBACK; PUBREC, PUBCOMP"))
}

async fn long_length(lab: Lab) -> Step<Found> {
    let mut probe = lab.connect(&lab.client("c")).await?;
    probe.send(&[0xC0, 0x80, 0x00]).await;
    Ok(match probe.next(lab.soon()).await {
        Got::Pong if lab.is_v5() => Found::choice("taken as PINGREQ: the sender is the one bound"),
        Got::Pong => Found::choice("taken as PINGREQ"),
        Got::Disconnect(_) | Got::End => Found::choice("refused"),
        other => Found::differs(other.describe()),
    })
}

async fn id_again(lab: Lab) -> Step<Found> {
    let mut watcher = lab.subscriber("s", &lab.topic("t"), 1).await?;
    let mut probe = lab.connect(&lab.client("c")).await?;
    for (word, dup) in [("1", false), ("2", true)] {
        let publish = Publish { dup, ..Publish::new(lab.topic("t"), word).at(1, 5) };
        probe.publish(&publish).await;
        answer(&lab, &mut probe, 0x40, 5).await?;
        lab.expect(&mut watcher, word).await?;
    }
    Ok(Found::pass("both were delivered"))
}

async fn repeated(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().qos_max == 2, "QoS 2")?;
    let mut watcher = lab.subscriber("s", &lab.topic("t"), 0).await?;
    let mut probe = lab.connect(&lab.client("c")).await?;
    for dup in [false, true] {
        let publish = Publish { dup, ..Publish::new(lab.topic("t"), "x").at(2, 5) };
        probe.publish(&publish).await;
        answer(&lab, &mut probe, 0x50, 5).await?;
    }
    probe.send(&wire::ack(0x62, 5)).await;
    answer(&lab, &mut probe, 0x70, 5).await?;
    lab.expect(&mut watcher, "x").await?;
    lab.expect_quiet(&mut watcher).await?;
    Ok(Found::pass("PUBREC twice, delivered once"))
}

async fn pubrel(lab: Lab) -> Step<Found> {
    let mut probe = lab.connect(&lab.client("c")).await?;
    probe.send(&wire::ack(0x62, 99)).await;
    match probe.next(lab.soon()).await {
        Got::Ack(0x70, 99, code) => Ok(Found::pass(format!("PUBCOMP, reason 0x{code:02X}"))),
        other => Err(Found::differs(format!("{} instead of PUBCOMP", other.describe()))),
    }
}

async fn in_order(lab: Lab) -> Step<Found> {
    const COUNT: u16 = 100;
    for qos in 0..=lab.abilities().qos_max {
        let topic = lab.topic(&format!("q{qos}"));
        let mut watcher = lab.subscriber(&format!("s{qos}"), &topic, qos).await?;
        let mut probe = lab.connect(&lab.client(&format!("c{qos}"))).await?;
        for number in 1..=COUNT {
            let publish = Publish::new(topic.as_str(), number.to_string()).at(qos, number);
            probe.publish(&publish).await;
            if qos > 0 {
                answer(&lab, &mut probe, if qos == 1 { 0x40 } else { 0x50 }, number).await?;
            }
            if qos == 2 {
                probe.send(&wire::ack(0x62, number)).await;
                answer(&lab, &mut probe, 0x70, number).await?;
            }
        }
        for number in 1..=COUNT {
            lab.expect(&mut watcher, &number.to_string()).await?;
        }
    }
    Ok(Found::pass(format!("{COUNT} at each QoS")))
}

async fn window(lab: Lab) -> Step<Found> {
    let connect = lab.client("s").with(&[Property::ReceiveMaximum(3)]);
    let mut probe = lab.connect(&connect).await?;
    lab.subscribe(&mut probe, &lab.topic("t"), 1).await?;
    probe.acknowledges = false;
    let mut other = lab.connect(&lab.client("o")).await?;
    for id in 1..=6 {
        other.publish(&Publish::new(lab.topic("t"), id.to_string()).at(1, id)).await;
    }
    let mut open = Vec::new();
    while let Got::Message(message) = probe.message(lab.soon() / 2).await {
        open.push(message.packet_id);
    }
    if open.len() != 3 {
        return Err(Found::differs(format!("{} messages with Receive Maximum 3", open.len())));
    }
    probe.acknowledges = true;
    for id in open {
        probe.send(&wire::ack(0x40, id)).await;
    }
    for id in 4..=6 {
        lab.expect(&mut probe, &id.to_string()).await?;
    }
    Ok(Found::pass("3, then the rest"))
}
