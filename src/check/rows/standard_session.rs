//! Numbered statements about SUBSCRIBE, UNSUBSCRIBE, PINGREQ and DISCONNECT.

use super::offence::closes;
use super::{BOTH, Row, V5};
use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::check::probe::{Got, Probe};
use crate::check::wire::{self, NO_LOCAL, Publish};
use crate::protocol::Property;

pub const ROWS: &[Row] = &[
    Row::new("MQTT-3.8.1-1", BOTH, "SUBSCRIBE with wrong flags: closed", "MQTT-3.8.1-1", |lab| {
        Box::pin(async move {
            let mut packet = wire::subscribe(lab.version, 1, &[(&lab.topic("t"), 0)], &[]);
            packet[0] = 0x80;
            closes(&lab, &packet, &[0x81, 0x82]).await
        })
    }),
    Row::new(
        "MQTT-3.8.3-3",
        V5,
        "No Local: own messages are not delivered",
        "MQTT-3.8.3-3",
        |lab| Box::pin(no_local(lab)),
    ),
    Row::new(
        "MQTT-3.8.3-4",
        V5,
        "No Local on a shared subscription: closed",
        "MQTT-3.8.3-4",
        |lab| {
            Box::pin(async move {
                lab.needs(lab.abilities().shared, "shared subscriptions")?;
                let filter = format!("$share/g/{}", lab.topic("t"));
                let packet = wire::subscribe(lab.version, 1, &[(&filter, NO_LOCAL)], &[]);
                closes(&lab, &packet, &[0x82]).await
            })
        },
    ),
    Row::new(
        "MQTT-3.8.3-5",
        V5,
        "reserved bits in the subscription options: closed",
        "MQTT-3.8.3-5",
        |lab| {
            Box::pin(async move {
                let packet = wire::subscribe(lab.version, 1, &[(&lab.topic("t"), 0xC0)], &[]);
                closes(&lab, &packet, &[0x81, 0x82]).await
            })
        },
    ),
    Row::new(
        "MQTT-3.8.4-2",
        BOTH,
        "SUBACK repeats the packet id and answers every filter in order",
        "MQTT-3.8.4-1, -2, -5, -6, MQTT-3.9.3-1",
        |lab| Box::pin(suback(lab)),
    ),
    Row::new(
        "MQTT-3.8.4-3",
        BOTH,
        "the same filter again replaces the subscription: one copy, the new QoS",
        "MQTT-3.8.4-3",
        |lab| Box::pin(replaced(lab)),
    ),
    Row::new(
        "MQTT-3.3.4-3",
        V5,
        "deliveries carry the Subscription Identifiers of the subscriptions that match",
        "MQTT-3.3.4-3 to -5",
        |lab| Box::pin(identifiers(lab)),
    ),
    Row::new(
        "MQTT-3.10.1-1",
        BOTH,
        "UNSUBSCRIBE with wrong flags: closed",
        "MQTT-3.10.1-1",
        |lab| {
            Box::pin(async move {
                let mut packet = wire::unsubscribe(lab.version, 1, &[&lab.topic("t")]);
                packet[0] = 0xA0;
                closes(&lab, &packet, &[0x81, 0x82]).await
            })
        },
    ),
    Row::new(
        "MQTT-3.10.4-1",
        BOTH,
        "UNSUBSCRIBE compares exactly; UNSUBACK comes also when nothing was deleted",
        "MQTT-3.10.4-1, -2, -4, -5",
        |lab| Box::pin(unsubscribe(lab)),
    ),
    Row::new("MQTT-3.12.4-1", BOTH, "PINGREQ is answered by PINGRESP", "MQTT-3.12.4-1", |lab| {
        Box::pin(async move {
            let mut probe = lab.connect(&lab.client("c")).await?;
            probe.round_trip(lab.soon()).await?;
            Ok(Found::pass("PINGRESP"))
        })
    }),
    Row::new(
        "MQTT-3.14.4-3",
        BOTH,
        "after DISCONNECT the broker closes if the client does not",
        "section 3.14.4",
        |lab| Box::pin(closes_after(lab)),
    ),
    Row::new(
        "MQTT-4.5.0-1",
        BOTH,
        "messages at QoS 1 and 2 wait for a session that is away",
        "MQTT-4.5.0-1 (3.1.1: 3.1.2-5)",
        |lab| Box::pin(waiting(lab)),
    ),
    Row::new(
        "MQTT-4.8.2-1",
        V5,
        "a shared subscription without a name, or with a wildcard in it: refused",
        "MQTT-4.8.2-1, MQTT-4.8.2-2",
        |lab| Box::pin(share_names(lab)),
    ),
    Row::new(
        "MQTT-4.7.1-3",
        BOTH,
        "filters with misplaced wildcards are refused",
        "MQTT-4.7.1-1, MQTT-4.7.1-2 (3.1.1: 4.7.1-2, 4.7.1-3)",
        |lab| Box::pin(bad_filters(lab)),
    ),
];

/// What a SUBSCRIBE is answered with.
async fn granted(lab: &Lab, probe: &mut Probe, filters: &[(&str, u8)], id: u16) -> Step<Vec<u8>> {
    probe.send(&wire::subscribe(lab.version, id, filters, &[])).await;
    match probe.next(lab.soon()).await {
        Got::SubAck(got, codes) if got == id => Ok(codes),
        other => Err(Found::differs(format!("SUBSCRIBE was answered by {}", other.describe()))),
    }
}

async fn no_local(lab: Lab) -> Step<Found> {
    let mut probe = lab.connect(&lab.client("c")).await?;
    lab.subscribe(&mut probe, &lab.topic("t"), NO_LOCAL).await?;
    probe.publish(&Publish::new(lab.topic("t"), "x")).await;
    match probe.round_trip(lab.soon()).await?.is_empty() {
        true => Ok(Found::pass("not delivered")),
        false => Err(Found::differs("delivered")),
    }
}

async fn suback(lab: Lab) -> Step<Found> {
    let mut probe = lab.connect(&lab.client("c")).await?;
    let topics = ["a", "b", "c"].map(|name| lab.topic(name));
    let filters = [(topics[0].as_str(), 2), (&topics[1], 0), (&topics[2], 1)];
    let codes = granted(&lab, &mut probe, &filters, 65_535).await?;
    match codes.as_slice() {
        [2, 0, 1] => Ok(Found::pass("id 65535, codes 2 0 1")),
        [_, _, _] => Ok(Found::choice(format!("granted {codes:02X?} for 2, 0, 1"))),
        _ => Err(Found::differs(format!("{codes:02X?} for three filters"))),
    }
}

async fn replaced(lab: Lab) -> Step<Found> {
    let mut probe = lab.connect(&lab.client("c")).await?;
    let topic = lab.topic("t");
    for options in [0, 1] {
        granted(&lab, &mut probe, &[(&topic, options)], 1).await?;
    }
    let mut other = lab.connect(&lab.client("o")).await?;
    other.publish(&Publish::new(topic, "x").at(1, 1)).await;
    let got = lab.expect(&mut probe, "x").await?;
    lab.expect_quiet(&mut probe).await?;
    match got.qos {
        1 => Ok(Found::pass("one copy at QoS 1")),
        qos => Err(Found::differs(format!("one copy at QoS {qos}"))),
    }
}

async fn identifiers(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().subscription_ids && lab.abilities().wildcards, "identifiers")?;
    let mut probe = lab.connect(&lab.client("c")).await?;
    for (id, filter) in [(5, lab.topic("t")), (268_435_455, lab.topic("+"))] {
        let property = [Property::SubscriptionIdentifier(id)];
        probe.send(&wire::subscribe(lab.version, 1, &[(&filter, 0)], &property)).await;
        let got = probe.next(lab.soon()).await;
        if !matches!(got, Got::SubAck(..)) {
            return Err(Found::differs(format!("SUBSCRIBE was answered by {}", got.describe())));
        }
    }
    let mut other = lab.connect(&lab.client("o")).await?;
    other.publish(&Publish::new(lab.topic("t"), "x")).await;
    let mut ids = Vec::new();
    let mut copies = 0;
    while let Got::Message(message) =
        probe.message(if copies == 0 { lab.soon() } else { lab.quiet() }).await
    {
        copies += 1;
        ids.extend(message.properties.as_properties().subscription_identifiers());
    }
    ids.sort_unstable();
    match ids.as_slice() {
        [5, 268_435_455] => Ok(Found::pass(format!("both, in {copies} copies"))),
        _ => Err(Found::differs(format!("identifiers {ids:?} in {copies} copies"))),
    }
}

async fn unsubscribe(lab: Lab) -> Step<Found> {
    let mut probe = lab.connect(&lab.client("c")).await?;
    let topic = lab.topic("t");
    lab.subscribe(&mut probe, &topic, 0).await?;
    let mut answers = Vec::new();
    for (id, filter) in [(2, lab.topic("+")), (3, topic.clone())] {
        probe.send(&wire::unsubscribe(lab.version, id, &[&filter])).await;
        match probe.next(lab.soon()).await {
            Got::UnsubAck(got, codes) if got == id => answers.extend(codes),
            other => {
                let why = format!("UNSUBSCRIBE was answered by {}", other.describe());
                return Err(Found::differs(why));
            }
        }
        probe.publish(&Publish::new(topic.as_str(), id.to_string())).await;
        let came = probe.round_trip(lab.soon()).await?.len();
        if came != usize::from(id == 2) {
            return Err(Found::differs(format!("{came} messages after UNSUBSCRIBE {filter}")));
        }
    }
    match answers.as_slice() {
        [] | [0x11, 0] => Ok(Found::pass("UNSUBACK twice, deleted by the exact filter only")),
        _ => Ok(Found::choice(format!("reasons {answers:02X?} instead of [11, 00]"))),
    }
}

async fn closes_after(lab: Lab) -> Step<Found> {
    let mut probe = lab.connect(&lab.client("c")).await?;
    probe.send(&wire::disconnect(lab.version, 0, &[])).await;
    match probe.last_words(lab.soon()).await {
        (None, Got::End) => Ok(Found::pass("closed")),
        (_, Got::Nothing) => {
            Ok(Found::choice("it waits for the client, which the standard allows"))
        }
        (Some(said), _) => Err(Found::differs(format!("{} before the end", said.describe()))),
        (None, _) => Err(Found::differs("neither the end nor silence")),
    }
}

async fn waiting(lab: Lab) -> Step<Found> {
    let connect = lab.client("s").lasting(60);
    let mut probe = lab.connect(&connect).await?;
    lab.subscribe(&mut probe, &lab.topic("t"), 2).await?;
    lab.leave(probe).await;
    let mut other = lab.connect(&lab.client("o")).await?;
    let qos_max = lab.abilities().qos_max;
    for qos in 1..=qos_max {
        let publish = Publish::new(lab.topic("t"), qos.to_string()).at(qos, qos.into());
        other.publish(&publish).await;
        match other.message(lab.quiet()).await {
            Got::Nothing => {}
            got => return Err(Found::differs(got.describe())),
        }
    }
    let mut back = lab.connect(&connect).await?;
    for qos in 1..=qos_max {
        lab.expect(&mut back, &qos.to_string()).await?;
    }
    lab.leave(back).await;
    Ok(Found::pass("delivered when it is back"))
}

/// Filters that must not be granted.
async fn not_granted(lab: &Lab, filters: &[String]) -> Step<Found> {
    let mut found = Vec::new();
    for filter in filters {
        let mut probe = lab.connect(&lab.client("c")).await?;
        probe.send(&wire::subscribe(lab.version, 1, &[(filter, 0)], &[])).await;
        let result = match probe.next(lab.soon()).await {
            Got::SubAck(_, codes) if codes.iter().all(|code| *code >= 0x80) => {
                Found::pass("refused in SUBACK")
            }
            Got::End | Got::Disconnect(_) => Found::pass("closed"),
            other => Found::differs(other.describe()),
        };
        found.push((format!("'{filter}'"), result));
    }
    Ok(Found::all(found, "refused"))
}

async fn share_names(lab: Lab) -> Step<Found> {
    lab.needs(lab.abilities().shared, "shared subscriptions")?;
    let topic = lab.topic("t");
    let filters = [format!("$share//{topic}"), format!("$share/g+/{topic}"), "$share/g".to_owned()];
    not_granted(&lab, &filters).await
}

async fn bad_filters(lab: Lab) -> Step<Found> {
    let filters = ["a#", "#/a", "a+", "+a/b"].map(|end| lab.topic(end));
    not_granted(&lab, &filters).await
}
