//! The broker ends the connection of a client that breaks a rule: W83 to W90.

use super::end::closed;
use super::{BOTH, Row, V5};
use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::check::probe::Got;
use crate::check::wire::Publish;
use crate::protocol::{Property, Version};

pub const ROWS: &[Row] = &[
    Row::new(
        "W83",
        BOTH,
        "malformed packets: closed, published",
        "MQTT-4.13.1-1 (3.1.1: 4.8.0-1)",
        |lab| Box::pin(offend(lab, MALFORMED)),
    ),
    Row::new(
        "W84",
        BOTH,
        "a second CONNECT: closed, the first will published once",
        "MQTT-3.1.0-2",
        |lab| Box::pin(w84(lab)),
    ),
    Row::new(
        "W85",
        BOTH,
        "protocol errors: closed, published",
        "section 4.13 (3.1.1: 4.8.0-1)",
        |lab| Box::pin(offend(lab, VIOLATIONS)),
    ),
    Row::new(
        "W86",
        V5,
        "topic alias 0 or above the maximum: 0x94, published",
        "MQTT-3.3.2-8, MQTT-3.3.2-9",
        |lab| Box::pin(w86(lab)),
    ),
    Row::new("W87", V5, "Receive Maximum exceeded: 0x93, published", "section 3.3.4", |lab| {
        Box::pin(w87(lab))
    }),
    Row::new(
        "W88",
        V5,
        "a packet above Maximum Packet Size: 0x95, published",
        "MQTT-3.2.2-15",
        |lab| Box::pin(w88(lab)),
    ),
    Row::new(
        "W89",
        BOTH,
        "PUBLISH with a wildcard in its topic: closed, published",
        "MQTT-3.3.2-2",
        |lab| Box::pin(w89(lab)),
    ),
    Row::new(
        "W90",
        V5,
        "PUBLISH above Maximum QoS, or retained where that is off: 0x9B, 0x9A, published",
        "MQTT-3.2.2-11, MQTT-3.2.2-14",
        |lab| Box::pin(w90(lab)),
    ),
];

/// A broken rule: its name, the version (none: both), the bytes, the codes that fit.
struct Offence {
    name: &'static str,
    version: Option<Version>,
    bytes: &'static [u8],
    codes: &'static [u8],
}

const fn offence(
    name: &'static str,
    version: Option<Version>,
    bytes: &'static [u8],
    codes: &'static [u8],
) -> Offence {
    Offence { name, version, bytes, codes }
}

const ONLY_4: Option<Version> = Some(Version::V311);
const ONLY_5: Option<Version> = Some(Version::V5);

const MALFORMED: &[Offence] = &[
    offence("packet type 0", None, &[0, 0], &[0x81, 0x82]),
    offence("length of 5 bytes", None, &[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], &[0x81, 0x82]),
    offence("QoS 3", ONLY_4, b"\x36\x08\0\x03w/x\0\x01x", &[]),
    offence("QoS 3", ONLY_5, b"\x36\x09\0\x03w/x\0\x01\0x", &[0x81]),
    offence("flags of SUBSCRIBE", ONLY_4, b"\x80\x08\0\x01\0\x03w/x\0", &[]),
    offence("flags of SUBSCRIBE", ONLY_5, b"\x80\x09\0\x01\0\0\x03w/x\0", &[0x81]),
    offence("flags of PUBREL", None, &[0x60, 2, 0, 1], &[0x81]),
    offence("flags of UNSUBSCRIBE", ONLY_5, b"\xA0\x08\0\x01\0\0\x03w/x", &[0x81]),
    offence("U+0000 in a topic", ONLY_4, b"\x30\x06\0\x03a\0bx", &[]),
    offence("U+0000 in a topic", ONLY_5, b"\x30\x07\0\x03a\0b\0x", &[0x81, 0x90]),
    offence("ill-formed topic", ONLY_4, b"\x30\x06\0\x03a\xFFbx", &[]),
    offence("ill-formed topic", ONLY_5, b"\x30\x07\0\x03a\xFFb\0x", &[0x81, 0x90]),
    offence("topic cut off", ONLY_4, b"\x30\x04\0\x09w/", &[]),
    offence("unknown property", ONLY_5, b"\x30\x09\0\x03w/x\x02\x7E\0x", &[0x81]),
];

const VIOLATIONS: &[Offence] = &[
    offence("PINGRESP", None, &[0xD0, 0], &[0x82, 0x81]),
    offence("SUBSCRIBE of nothing", ONLY_4, &[0x82, 2, 0, 1], &[]),
    offence("SUBSCRIBE of nothing", ONLY_5, &[0x82, 3, 0, 1, 0], &[0x82, 0x81]),
    offence("UNSUBSCRIBE of nothing", ONLY_4, &[0xA2, 2, 0, 1], &[]),
    offence("UNSUBSCRIBE of nothing", ONLY_5, &[0xA2, 3, 0, 1, 0], &[0x82, 0x81]),
    offence("packet id 0", ONLY_4, b"\x32\x07\0\x03w/x\0\0", &[]),
    offence("packet id 0", ONLY_5, b"\x32\x08\0\x03w/x\0\0\0", &[0x82, 0x81]),
    offence("subscription QoS 3", ONLY_4, b"\x82\x08\0\x01\0\x03w/x\x03", &[]),
    offence(
        "subscription identifier 0",
        ONLY_5,
        b"\x82\x09\0\x01\x02\x0B\0\0\x01x\0",
        &[0x82, 0x81],
    ),
    offence("AUTH without method", ONLY_5, &[0xF0, 0], &[0x82]),
    offence("AUTH", ONLY_4, &[0xF0, 0], &[]),
];

async fn offend(lab: Lab, offences: &[Offence]) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut found = Vec::new();
    let concerned =
        |offence: &&Offence| offence.version.is_none_or(|version| version == lab.version);
    for offence in offences.iter().filter(concerned) {
        let mut client = lab.mortal("c", lab.will(offence.name)).await?;
        client.send(offence.bytes).await;
        let mut result = closed(&lab, &mut client, offence.codes).await;
        drop(client);
        if let Err(lost) = lab.expect(&mut watcher, offence.name).await {
            result = Found::differs(format!("{}; {}", result.happened, lost.happened));
        }
        found.push((offence.name.to_owned(), result));
    }
    Ok(Found::all(found, "closed, published"))
}

async fn w84(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut client = lab.mortal("c", lab.will("first")).await?;
    client.send(&lab.client("c").will(lab.will("second")).bytes()).await;
    let result = closed(&lab, &mut client, &[0x82]).await;
    drop(client);
    lab.expect(&mut watcher, "first").await?;
    lab.expect_quiet(&mut watcher).await?;
    Ok(result)
}

/// Sends what breaks a rule of this broker, and expects one of these codes.
async fn breaks(lab: &Lab, name: &str, packets: &[Vec<u8>], codes: &[u8]) -> Step<Found> {
    let mut watcher = lab.subscriber(&format!("s{name}"), &lab.topic("will"), 2).await?;
    let mut client = lab.mortal(name, lab.will(name)).await?;
    for packet in packets {
        client.send(packet).await;
    }
    let result = closed(lab, &mut client, codes).await;
    drop(client);
    lab.expect(&mut watcher, name).await?;
    Ok(result)
}

async fn w86(lab: Lab) -> Step<Found> {
    let alias = |alias| {
        let publish = Publish::new(lab.topic("t"), "x").with(&[Property::TopicAlias(alias)]);
        publish.bytes(lab.version)
    };
    let mut found = vec![("alias 0".to_owned(), breaks(&lab, "zero", &[alias(0)], &[0x94]).await?)];
    let max = lab.abilities().topic_alias_max;
    if max < u16::MAX {
        let above = breaks(&lab, "above", &[alias(max + 1)], &[0x94]).await?;
        found.push((format!("alias {}", max + 1), above));
    }
    Ok(Found::all(found, "DISCONNECT 0x94, published"))
}

async fn w87(lab: Lab) -> Step<Found> {
    let max = lab.abilities().receive_maximum;
    lab.needs(max <= 2000 && lab.abilities().qos_max == 2, "a Receive Maximum up to 2000")?;
    let packets: Vec<Vec<u8>> = (1..=max + 1)
        .map(|id| Publish::new(lab.topic("t"), "x").at(2, id).bytes(lab.version))
        .collect();
    let mut watcher = lab.watcher().await?;
    let mut client = lab.mortal("c", lab.will("gone")).await?;
    client.send(&packets.concat()).await;
    match closed(&lab, &mut client, &[0x93]).await {
        found if found.happened.contains("stays open") => {
            Ok(Found::choice("one more than Receive Maximum was taken"))
        }
        found => {
            lab.expect(&mut watcher, "gone").await?;
            Ok(found)
        }
    }
}

async fn w88(lab: Lab) -> Step<Found> {
    let max = lab.abilities().packet_size_max.filter(|max| *max <= 4 << 20);
    let Some(max) = max else {
        return Err(Found::unsupported("no Maximum Packet Size up to 4 MiB is announced"));
    };
    let publish = Publish::new(lab.topic("t"), vec![b'x'; max as usize]).bytes(lab.version);
    breaks(&lab, "large", &[publish], &[0x95]).await
}

async fn w89(lab: Lab) -> Step<Found> {
    let publish = Publish::new(lab.topic("#"), "x").bytes(lab.version);
    breaks(&lab, "wild", &[publish], &[0x82, 0x81, 0x90]).await
}

async fn w90(lab: Lab) -> Step<Found> {
    let abilities = lab.abilities();
    let mut found = Vec::new();
    if abilities.qos_max < 2 {
        let publish = Publish::new(lab.topic("t"), "x").at(abilities.qos_max + 1, 1);
        let result = breaks(&lab, "qos", &[publish.bytes(lab.version)], &[0x9B]).await?;
        found.push(("QoS".to_owned(), result));
    }
    if !abilities.retain {
        let publish = Publish::new(lab.topic("t"), "x").retained();
        let result = breaks(&lab, "retain", &[publish.bytes(lab.version)], &[0x9A]).await?;
        found.push(("RETAIN".to_owned(), result));
    }
    match found.is_empty() {
        true => Err(Found::unsupported("the broker takes every QoS and retained messages")),
        false => Ok(Found::all(found, "closed, published")),
    }
}

/// A client that sends these bytes is closed, in version 5 with one of these codes.
pub async fn closes(lab: &Lab, bytes: &[u8], codes: &[u8]) -> Step<Found> {
    let mut client = lab.connect(&lab.client("c")).await?;
    client.send(bytes).await;
    let (said, end) = client.last_words(lab.soon()).await;
    if matches!(end, Got::Nothing) {
        return Ok(Found::differs("the connection stays open"));
    }
    Ok(match said {
        Some(Got::Disconnect(code)) if lab.is_v5() && !codes.contains(&code) => {
            Found::choice(format!("DISCONNECT 0x{code:02X} instead of {codes:02X?}, closed"))
        }
        Some(Got::Disconnect(_)) => Found::pass("DISCONNECT, closed"),
        Some(other) => Found::differs(format!("{}, then closed", other.describe())),
        None if lab.is_v5() => Found::choice("closed without DISCONNECT, which is only advised"),
        None => Found::pass("closed"),
    })
}
