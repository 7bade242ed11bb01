//! Numbered statements about CONNECT and CONNACK.

use super::offence::closes;
use super::refusal::{Version3, refused};
use super::{BOTH, Row, V4, V5};
use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::check::probe::{Got, Welcome};
use crate::check::wire::{self, Connect, Publish};
use crate::protocol::{Property, ReasonCode, Version};

pub const ROWS: &[Row] = &[
    Row::new(
        "MQTT-3.1.0-1",
        BOTH,
        "a first packet other than CONNECT: closed",
        "MQTT-3.1.0-1",
        |lab| Box::pin(first_packet(lab)),
    ),
    Row::new(
        "MQTT-3.1.2-1",
        BOTH,
        "another protocol name than MQTT is refused",
        "MQTT-3.1.2-1",
        |lab| {
            Box::pin(async move {
                let connect =
                    Connect { protocol: Some(("MQTX", lab.version.level())), ..lab.client("c") };
                refused(lab, vec![("MQTX", connect)], &[0x84, 0x81], Version3::MayAnswer).await
            })
        },
    ),
    Row::new(
        "MQTT-3.1.2-2",
        BOTH,
        "a level that the broker does not speak is refused",
        "MQTT-3.1.2-2",
        |lab| {
            Box::pin(async move {
                let connect = Connect { protocol: Some(("MQTT", 9)), ..lab.client("c") };
                refused(lab, vec![("level 9", connect)], &[0x84], Version3::MayAnswer).await
            })
        },
    ),
    Row::new(
        "MQTT-3.1.2-3",
        BOTH,
        "the reserved connect flag set: refused",
        "MQTT-3.1.2-3",
        |lab| {
            Box::pin(async move {
                let connect = Connect { flags_turned: 1, ..lab.client("c") };
                refused(lab, vec![("reserved flag", connect)], &[0x81], Version3::Closes).await
            })
        },
    ),
    Row::new(
        "MQTT-3.1.2-4",
        BOTH,
        "Clean Start ends the session that was there: Session Present 0",
        "MQTT-3.1.2-4, MQTT-3.2.2-2 (3.1.1: 3.1.2-6, 3.2.2-1)",
        |lab| Box::pin(sessions(lab, true)),
    ),
    Row::new(
        "MQTT-3.1.2-5",
        BOTH,
        "without Clean Start the session goes on: Session Present 0, then 1",
        "MQTT-3.1.2-5, MQTT-3.1.2-6, MQTT-3.2.2-3 (3.1.1: 3.1.2-4, 3.2.2-2)",
        |lab| Box::pin(sessions(lab, false)),
    ),
    Row::new(
        "MQTT-3.1.2-23",
        V5,
        "Session Expiry Interval 1: there at once, gone after 2.5 s",
        "MQTT-3.1.2-23, MQTT-4.1.0-2",
        |lab| Box::pin(session_expiry(lab)),
    )
    .waits(3),
    Row::new(
        "MQTT-3.1.2-27",
        V5,
        "without Topic Alias Maximum the broker sends no alias",
        "MQTT-3.1.2-26, MQTT-3.1.2-27",
        |lab| Box::pin(no_alias(lab)),
    ),
    Row::new(
        "MQTT-3.1.3-5",
        BOTH,
        "client identifiers of 1 to 23 letters and digits are accepted",
        "MQTT-3.1.3-5",
        |lab| Box::pin(plain_ids(lab)),
    ),
    Row::new(
        "MQTT-3.1.3-7",
        V5,
        "an empty identifier may be accepted; then CONNACK names the one that was assigned",
        "MQTT-3.1.3-6, MQTT-3.1.3-7, MQTT-3.2.2-16",
        |lab| Box::pin(assigned_id(lab)),
    ),
    Row::new(
        "MQTT4-3.1.3-8",
        V4,
        "3.1.1: an empty identifier without Clean Session: CONNACK 2, closed",
        "3.1.1: 3.1.3-8",
        |lab| Box::pin(empty_lasting(lab)),
    ),
    Row::new(
        "MQTT-3.1.4-1",
        BOTH,
        "a CONNECT that is cut or has surplus bytes is refused",
        "MQTT-3.1.4-1",
        |lab| Box::pin(misshapen(lab)),
    ),
    Row::new(
        "MQTT-3.1.4-3",
        BOTH,
        "the same identifier again: the old connection is closed, 5.0 with DISCONNECT 0x8E",
        "MQTT-3.1.4-3 (3.1.1: 3.1.4-2)",
        |lab| Box::pin(taken_over(lab)),
    ),
    Row::new(
        "MQTT-3.1.4-6",
        BOTH,
        "nothing behind a refused CONNECT is processed",
        "MQTT-3.1.4-6 (3.1.1: 3.1.4-5)",
        |lab| Box::pin(behind_refused(lab)),
    ),
    Row::new(
        "MQTT-3.2.0-1",
        BOTH,
        "CONNACK comes before anything else, also when the session has messages waiting",
        "MQTT-3.2.0-1, MQTT-3.1.4-5",
        |lab| Box::pin(connack_first(lab)),
    ),
    Row::new(
        "MQTT-3.2.2-6",
        BOTH,
        "a refusing CONNACK has Session Present 0, and the connection is closed",
        "MQTT-3.2.2-6, MQTT-3.2.2-7 (3.1.1: 3.2.2-4, 3.2.2-5)",
        |lab| Box::pin(refusing_connack(lab)),
    ),
    Row::new(
        "MQTT-4.12.0-1",
        V5,
        "an authentication method that the broker does not know: refused, 0x8C or 0x87",
        "MQTT-4.12.0-1",
        |lab| {
            Box::pin(async move {
                let method = [Property::AuthenticationMethod("lastwill-check")];
                let connect = lab.client("c").with(&method);
                refused(lab, vec![("method", connect)], &[0x8C, 0x87], Version3::Closes).await
            })
        },
    ),
    Row::new(
        "MQTT-4.12.0-6",
        V5,
        "without a method the broker sends none in CONNACK",
        "MQTT-4.12.0-6",
        |lab| Box::pin(no_method(lab)),
    ),
    Row::new(
        "MQTT-3.15.1-1",
        V5,
        "AUTH with header flags is malformed: closed",
        "MQTT-3.15.1-1",
        |lab| Box::pin(async move { closes(&lab, &[0xF1, 0], &[0x81, 0x82]).await }),
    ),
];

async fn first_packet(lab: Lab) -> Step<Found> {
    let topic = lab.topic("t");
    let packets = [
        ("PINGREQ", wire::PINGREQ.to_vec()),
        ("PUBLISH", Publish::new(topic.as_str(), "x").bytes(lab.version)),
        ("SUBSCRIBE", wire::subscribe(lab.version, 1, &[(&topic, 0)], &[])),
        ("DISCONNECT", vec![0xE0, 0]),
    ];
    let mut found = Vec::new();
    for (name, packet) in packets {
        let mut probe = lab.dial().await?;
        probe.send(&packet).await;
        let result = match probe.last_words(lab.soon()).await {
            (_, Got::Nothing) => Found::differs("the connection stays open"),
            (None, _) => Found::pass("closed"),
            (Some(got), _) => Found::choice(format!("{}, closed", got.describe())),
        };
        found.push((name.to_owned(), result));
    }
    Ok(Found::all(found, "closed"))
}

fn present(welcome: &Welcome, expected: bool) -> Step<()> {
    match welcome.session_present == expected {
        true => Ok(()),
        false => Err(Found::differs(format!(
            "Session Present {} instead of {}",
            u8::from(welcome.session_present),
            u8::from(expected)
        ))),
    }
}

async fn sessions(lab: Lab, cleans: bool) -> Step<Found> {
    let lasting = lab.client("c").lasting(60);
    let (mut probe, welcome) = lab.welcome(&lasting).await?;
    present(&welcome, false)?;
    lab.subscribe(&mut probe, &lab.topic("t"), 1).await?;
    lab.leave(probe).await;
    let next = Connect { clean: cleans, ..lasting };
    let (mut probe, welcome) = lab.welcome(&next).await?;
    present(&welcome, !cleans)?;
    let mut other = lab.connect(&lab.client("o")).await?;
    other.publish(&Publish::new(lab.topic("t"), "x").at(1, 1)).await;
    let got = match cleans {
        true => lab.expect_quiet(&mut probe).await,
        false => lab.expect(&mut probe, "x").await.map(|_| ()),
    };
    lab.leave(probe).await;
    got?;
    Ok(Found::pass(match cleans {
        true => "Session Present 0, the subscription is gone",
        false => "Session Present 0, then 1, the subscription goes on",
    }))
}

async fn session_expiry(lab: Lab) -> Step<Found> {
    let connect = lab.client("c").lasting(1);
    let probe = lab.connect(&connect).await?;
    lab.leave(probe).await;
    let (probe, welcome) = lab.welcome(&connect).await?;
    present(&welcome, true)?;
    lab.leave(probe).await;
    let left = lab.now();
    lab.wait_until(left, 2500).await;
    let (probe, welcome) = lab.welcome(&connect).await?;
    lab.leave(probe).await;
    present(&welcome, false)?;
    Ok(Found::pass("there, then gone"))
}

async fn no_alias(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut other = lab.connect(&lab.client("o")).await?;
    for word in ["1", "2", "3"] {
        other.publish(&Publish::new(lab.topic("will"), word)).await;
        let got = lab.expect(&mut watcher, word).await?;
        if got.properties.as_properties().topic_alias().is_some() {
            return Err(Found::differs("an alias was sent"));
        }
    }
    Ok(Found::pass("no alias in three messages"))
}

async fn plain_ids(lab: Lab) -> Step<Found> {
    let long = lab.id("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    // One letter is whose it is on a broker that others use: the run's name keeps it apart.
    for id in [lab.id("a"), long[..23].to_owned()] {
        let probe = lab.connect(&Connect { id: id.into_bytes(), ..lab.client("") }).await?;
        lab.leave(probe).await;
    }
    Ok(Found::pass("accepted"))
}

async fn assigned_id(lab: Lab) -> Step<Found> {
    let connect = Connect { id: Vec::new(), ..lab.client("") };
    let mut names = Vec::new();
    for _ in 0..2 {
        let (probe, got) = lab.try_connect(&connect).await?;
        match got {
            Got::ConnAck(welcome) if welcome.reason == ReasonCode::Success => {
                let properties = welcome.properties.as_properties();
                let name = properties.assigned_client_id().map(str::to_owned);
                names.push(name.ok_or_else(|| Found::differs("accepted, but no name was given"))?);
            }
            other => return Ok(Found::choice(format!("refused: {}", other.describe()))),
        }
        lab.leave(probe).await;
    }
    match names[0] == names[1] {
        true => Err(Found::differs("the same name twice")),
        false => Ok(Found::pass("a name of its own each time")),
    }
}

async fn empty_lasting(lab: Lab) -> Step<Found> {
    let connect = Connect { id: Vec::new(), clean: false, ..lab.client("") };
    let (mut probe, got) = lab.try_connect(&connect).await?;
    match (got, probe.last_words(lab.soon()).await) {
        (Got::ConnAck(welcome), (_, Got::End))
            if welcome.reason == ReasonCode::ClientIdentifierNotValid =>
        {
            Ok(Found::pass("CONNACK 2, closed"))
        }
        (got, (_, end)) => Err(Found::differs(format!("{}, {}", got.describe(), end.describe()))),
    }
}

async fn misshapen(lab: Lab) -> Step<Found> {
    let bare = || Connect { username: None, password: None, ..lab.client("c") };
    let cases = vec![
        ("cut", Connect { cut: 1, ..bare() }),
        ("surplus", Connect { surplus: vec![0], ..bare() }),
        ("user name flag without user name", Connect { flags_turned: 0x80, ..bare() }),
    ];
    refused(lab.clone(), cases, &[0x81, 0x82], Version3::Closes).await
}

async fn taken_over(lab: Lab) -> Step<Found> {
    let mut old = lab.connect(&lab.client("c")).await?;
    let new = lab.connect(&lab.client("c")).await?;
    let words = old.last_words(lab.soon()).await;
    lab.leave(new).await;
    match words {
        (_, Got::Nothing) => Err(Found::differs("the old connection stays open")),
        (Some(Got::Disconnect(0x8E)), _) => Ok(Found::pass("DISCONNECT 0x8E, closed")),
        (Some(got), _) => Err(Found::differs(format!("the old connection got {}", got.describe()))),
        (None, _) if lab.is_v5() => Err(Found::differs("closed without DISCONNECT 0x8E")),
        (None, _) => Ok(Found::pass("closed")),
    }
}

async fn behind_refused(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut probe = lab.dial().await?;
    let connect = Connect { protocol: Some(("MQTT", 9)), ..lab.client("c") }.bytes();
    let publish = Publish::new(lab.topic("will"), "x").bytes(lab.version);
    probe.send(&[connect, publish].concat()).await;
    lab.expect_quiet(&mut watcher).await?;
    Ok(Found::pass("the PUBLISH behind it was ignored"))
}

async fn connack_first(lab: Lab) -> Step<Found> {
    let connect = lab.client("c").lasting(60);
    let mut probe = lab.connect(&connect).await?;
    lab.subscribe(&mut probe, &lab.topic("t"), 1).await?;
    lab.leave(probe).await;
    let mut other = lab.connect(&lab.client("o")).await?;
    for id in 1..=10 {
        other.publish(&Publish::new(lab.topic("t"), id.to_string()).at(1, id)).await;
    }
    other.round_trip(lab.soon()).await?;
    let mut back = lab.connect(&connect).await?;
    for id in 1..=10 {
        lab.expect(&mut back, &id.to_string()).await?;
    }
    lab.leave(back).await;
    Ok(Found::pass("CONNACK, then 10 messages in order"))
}

async fn refusing_connack(lab: Lab) -> Step<Found> {
    let lasting = lab.client("c").lasting(60);
    let probe = lab.connect(&lasting).await?;
    lab.leave(probe).await;
    let level = Connect { protocol: Some(("MQTT", 9)), ..lasting.clone() };
    let (mut probe, got) = lab.try_connect(&level).await?;
    let (_, end) = probe.last_words(lab.soon()).await;
    match (got, end) {
        (_, Got::Nothing) => Err(Found::differs("the connection stays open")),
        (Got::ConnAck(welcome), _) if welcome.session_present => {
            Err(Found::differs("Session Present 1"))
        }
        (Got::ConnAck(welcome), _) if welcome.reason.is_error() => {
            Ok(Found::pass(format!("CONNACK 0x{:02X}, closed", welcome.reason as u8)))
        }
        (Got::End, _) if lab.version == Version::V5 => {
            Ok(Found::choice("closed without CONNACK, which is optional"))
        }
        (got, _) => Err(Found::differs(format!("CONNECT was answered by {}", got.describe()))),
    }
}

async fn no_method(lab: Lab) -> Step<Found> {
    let (probe, welcome) = lab.welcome(&lab.client("c")).await?;
    lab.leave(probe).await;
    match welcome.properties.as_properties().authentication_method() {
        None => Ok(Found::pass("none")),
        Some(method) => Err(Found::differs(format!("it sent '{method}'"))),
    }
}
