//! CONNECT: which wills are stored, which are refused: W10 to W42.

use super::refusal::{Version3, refused};
use super::{ALL, BOTH, Row, V3, V5};
use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::check::probe::Got;
use crate::check::wire::{self, Connect, Will};
use crate::protocol::{Property, ReasonCode};

pub const ROWS: &[Row] = &[
    Row::new(
        "W10",
        BOTH,
        "a CONNECT that is refused (level 9) leaves no will",
        "MQTT-3.1.4-6 (3.1.1: 3.1.2-8)",
        |lab| Box::pin(w10(lab)),
    ),
    Row::new(
        "W11",
        V5,
        "a CONNECT that ends before its authentication does leaves no will",
        "section 4.12",
        |lab| Box::pin(w11(lab)),
    ),
    Row::new(
        "W13",
        ALL,
        "CONNECT accepted, closed at once, CONNACK never read: the will is published",
        "MQTT-3.1.2-7 (3.1.1: 3.1.2-8)",
        |lab| Box::pin(w13(lab)),
    ),
    Row::new("W14", ALL, "Will QoS 3 is malformed: refused", "MQTT-3.1.2-12", |lab| {
        Box::pin(async move {
            let will = Will { qos: 3, ..lab.will("x") };
            let connect = lab.client("c").will(will);
            refused(lab, vec![("QoS 3", connect)], &[0x81], Version3::Closes).await
        })
    }),
    Row::new(
        "W15",
        BOTH,
        "Will Flag 0 with Will QoS: refused as the standard says, or ignored",
        "MQTT-3.1.2-11 binds the client; MQTT-3.1.4-1",
        |lab| Box::pin(bits_without_will(lab, 0x08)),
    ),
    Row::new(
        "W16",
        BOTH,
        "Will Flag 0 with Will Retain: refused as the standard says, or ignored",
        "MQTT-3.1.2-13 binds the client; MQTT-3.1.4-1",
        |lab| Box::pin(bits_without_will(lab, 0x20)),
    ),
    Row::new(
        "W17",
        V3,
        "3.1: Will Flag 0 with Will QoS or Retain: accepted, bits ignored",
        "MQTT 3.1",
        |lab| Box::pin(w17(lab)),
    ),
    Row::new(
        "W18",
        ALL,
        "Will Flag 0 with will fields: surplus bytes, refused",
        "MQTT-3.1.4-1 (3.1.1: 3.1.2-11)",
        |lab| Box::pin(w18(lab)),
    ),
    Row::new(
        "W19",
        ALL,
        "Will Flag 1 with topic or payload missing or cut: refused",
        "MQTT-3.1.2-9",
        |lab| Box::pin(w19(lab)),
    ),
    Row::new("W20", ALL, "an empty will payload is legal", "section 3.1.3.4", |lab| {
        Box::pin(carried(lab, Vec::new()))
    }),
    Row::new(
        "W21",
        ALL,
        "a will payload of 65535 bytes is published whole",
        "section 1.5.6",
        |lab| Box::pin(carried(lab, (0..u16::MAX).map(|byte| (byte % 251) as u8).collect())),
    ),
    Row::new("W22", ALL, "an empty will topic is refused", "MQTT-4.7.3-1", |lab| {
        Box::pin(async move {
            let connect = topic_of(&lab, b"");
            refused(lab, vec![("empty topic", connect)], &[0x82, 0x90], Version3::Closes).await
        })
    }),
    Row::new(
        "W23",
        ALL,
        "a wildcard in the will topic is refused",
        "MQTT-4.7.0-1 (3.1.1: 4.7.1-1)",
        |lab| Box::pin(w23(lab)),
    ),
    Row::new(
        "W24",
        ALL,
        "U+0000, ill-formed UTF-8 and surrogates in the will topic are refused",
        "MQTT-1.5.4-1, MQTT-1.5.4-2 (3.1.1: 1.5.3-1, 1.5.3-2)",
        |lab| Box::pin(w24(lab)),
    ),
    Row::new(
        "W25",
        ALL,
        "U+FEFF in the will topic is kept as data",
        "MQTT-1.5.4-3 (3.1.1: 1.5.3-3)",
        |lab| Box::pin(w25(lab)),
    ),
    Row::new("W26", ALL, "any bytes may be a will payload", "section 3.1.3.4", |lab| {
        Box::pin(carried(lab, vec![0, 0xFF, 0xFE, b'x']))
    }),
    Row::new(
        "W27",
        ALL,
        "a will to $share/… or $CONTROL/…: refused, or never delivered",
        "section 4.7.2; a will that nobody could get",
        |lab| Box::pin(w27(lab)),
    ),
    Row::new(
        "W28",
        ALL,
        "a will to $SYS/broker/connection/NAME/state, as bridges have it, is accepted",
        "bridges of mosquitto",
        |lab| Box::pin(w28(lab)),
    ),
    Row::new(
        "W30",
        BOTH,
        "Will Retain while retained messages are off: 0x9A, never published otherwise",
        "MQTT-3.2.2-13",
        |lab| Box::pin(w30(lab)),
    ),
    Row::new(
        "W31",
        BOTH,
        "Will QoS above the maximum: 0x9B, never downgraded",
        "MQTT-3.2.2-12",
        |lab| Box::pin(w31(lab)),
    ),
    Row::new(
        "W32",
        V5,
        "a CONNECT above the announced Maximum Packet Size is refused",
        "section 3.1.4",
        |lab| Box::pin(w32(lab)),
    ),
    Row::new(
        "W33",
        V5,
        "Payload Format Indicator 1 with a payload that is no UTF-8: may be refused with 0x99",
        "section 3.1.3.2.3",
        |lab| Box::pin(w33(lab)),
    ),
    Row::new("W34", V5, "Payload Format Indicator 2 is refused", "section 3.1.3.2.3", |lab| {
        Box::pin(async move {
            let connect = with_raw(&lab, &[0x01, 2]);
            refused(lab, vec![("indicator 2", connect)], &[0x82], Version3::Closes).await
        })
    }),
    Row::new("W35", V5, "a will property twice is refused", "section 3.1.3.2", |lab| {
        Box::pin(w35(lab))
    }),
    Row::new(
        "W37",
        V5,
        "a property that a will cannot have is refused",
        "section 2.2.2.2",
        |lab| Box::pin(w37(lab)),
    ),
    Row::new("W38", V5, "an unknown property is refused", "section 2.2.2.2", |lab| {
        Box::pin(async move {
            let connect = with_raw(&lab, &[0x7F, 0]);
            refused(lab, vec![("property 0x7F", connect)], &[0x81], Version3::Closes).await
        })
    }),
    Row::new(
        "W39",
        V5,
        "a wildcard in the Response Topic, ill-formed strings in will properties: refused",
        "MQTT-3.3.2-13, MQTT-3.3.2-14, MQTT-3.3.2-19",
        |lab| Box::pin(w39(lab)),
    ),
    Row::new("W40", V5, "Will Delay 0 is no delay", "section 3.1.3.2.2", |lab| Box::pin(w40(lab))),
    Row::new(
        "W42",
        BOTH,
        "a will of a client whose identifier the server assigned works as any other",
        "MQTT-3.1.3-6",
        |lab| Box::pin(w42(lab)),
    ),
];

/// A client with a will to this topic.
fn topic_of(lab: &Lab, topic: &[u8]) -> Connect {
    lab.client("c").will(Will { topic: topic.to_vec(), ..lab.will("x") })
}

/// A client whose will has these encoded properties.
fn with_raw(lab: &Lab, properties: &[u8]) -> Connect {
    lab.client("c").will(Will { properties: properties.to_vec(), ..lab.will("x") })
}

async fn w10(lab: Lab) -> Step<Found> {
    let connect = Connect { protocol: Some(("MQTT", 9)), ..lab.client("c").will(lab.will("x")) };
    refused(lab, vec![("level 9", connect)], &[0x84], Version3::MayAnswer).await
}

async fn w11(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let properties = [Property::AuthenticationMethod("lastwill-check")];
    let connect = lab.client("c").will(lab.will("x")).with(&properties);
    let (probe, got) = lab.try_connect(&connect).await?;
    probe.cut().await;
    if let Got::ConnAck(welcome) = &got
        && welcome.reason == ReasonCode::Success
    {
        return Err(Found::differs("a CONNECT with an unknown method was accepted"));
    }
    lab.expect_quiet(&mut watcher).await?;
    Ok(Found::pass(format!("{}, and no will", got.describe())))
}

async fn w13(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut probe = lab.dial().await?;
    probe.send(&lab.client("c").will(lab.will("x")).bytes()).await;
    drop(probe);
    lab.expect(&mut watcher, "x").await?;
    Ok(Found::pass("published"))
}

async fn bits_without_will(lab: Lab, bits: u8) -> Step<Found> {
    let connect = Connect { flags_turned: bits, ..lab.client("c") };
    let (probe, got) = lab.try_connect(&connect).await?;
    match got {
        Got::ConnAck(welcome) if welcome.reason == ReasonCode::Success => {
            lab.leave(probe).await;
            Ok(Found::choice("accepted, the bits are ignored"))
        }
        Got::ConnAck(_) | Got::End => Ok(Found::choice("refused, as the standard says")),
        other => Err(Found::differs(format!("CONNECT was answered by {}", other.describe()))),
    }
}

async fn w17(lab: Lab) -> Step<Found> {
    for bits in [0x08, 0x20] {
        let connect = Connect { flags_turned: bits, ..lab.client("c") };
        let probe = lab.connect(&connect).await?;
        lab.leave(probe).await;
    }
    Ok(Found::pass("accepted"))
}

async fn w18(lab: Lab) -> Step<Found> {
    let surplus = [wire::text(lab.topic("will")), wire::text("x")].concat();
    let connect = Connect { surplus, ..lab.client("c") };
    let connect = Connect { username: None, password: None, ..connect };
    refused(lab, vec![("will fields", connect)], &[0x81, 0x82], Version3::Closes).await
}

async fn w19(lab: Lab) -> Step<Found> {
    let bare =
        || Connect { username: None, password: None, ..lab.client("c").will(lab.will("off")) };
    let whole = 2 + lab.topic("will").len() + 2 + "off".len();
    let cases = vec![
        ("payload cut", Connect { cut: 2, ..bare() }),
        ("no payload", Connect { cut: 5, ..bare() }),
        ("no topic", Connect { cut: whole, ..bare() }),
    ];
    refused(lab.clone(), cases, &[0x81, 0x82], Version3::Closes).await
}

/// A will with this payload arrives as it is.
async fn carried(lab: Lab, payload: Vec<u8>) -> Step<Found> {
    if lab.abilities().packet_size_max.is_some_and(|max| payload.len() + 500 > max as usize) {
        return Err(Found::unsupported("above the broker's Maximum Packet Size"));
    }
    let mut watcher = lab.watcher().await?;
    let will = Will { payload: payload.clone(), ..lab.will("") };
    let (probe, got) = lab.try_connect(&lab.client("c").will(will)).await?;
    match got {
        Got::ConnAck(welcome) if welcome.reason == ReasonCode::Success => probe.cut().await,
        other => {
            return Err(Found::differs(format!("CONNECT was answered by {}", other.describe())));
        }
    }
    match watcher.message(lab.soon()).await {
        Got::Message(message) if message.payload == payload => {
            Ok(Found::pass(format!("{} bytes, as they were", payload.len())))
        }
        Got::Message(message) => Err(Found::differs(format!(
            "{} bytes were published, not the {} of the will",
            message.payload.len(),
            payload.len()
        ))),
        _ => Err(Found::differs("not published")),
    }
}

async fn w23(lab: Lab) -> Step<Found> {
    let plus = topic_of(&lab, lab.topic("+/x").as_bytes());
    let hash = topic_of(&lab, lab.topic("#").as_bytes());
    refused(lab, vec![("+", plus), ("#", hash)], &[0x82, 0x81, 0x90], Version3::Closes).await
}

async fn w24(lab: Lab) -> Step<Found> {
    let bad: [(&str, &[u8]); 3] =
        [("U+0000", b"a\0b"), ("0xFF", b"a\xFFb"), ("surrogate", b"a\xED\xA0\x80")];
    let cases =
        bad.map(|(name, end)| (name, topic_of(&lab, &[lab.topic("").as_bytes(), end].concat())));
    refused(lab.clone(), cases.to_vec(), &[0x81, 0x82, 0x90], Version3::Closes).await
}

async fn w25(lab: Lab) -> Step<Found> {
    let topic = lab.topic("\u{feff}a");
    let mut watcher = lab.subscriber("s", &topic, 0).await?;
    let will = Will { topic: topic.clone().into_bytes(), ..lab.will("x") };
    lab.mortal("c", will).await?.cut().await;
    let got = lab.expect(&mut watcher, "x").await?;
    match got.topic == topic {
        true => Ok(Found::pass("kept")),
        false => Err(Found::differs(format!("the topic became '{}'", got.topic))),
    }
}

async fn w27(lab: Lab) -> Step<Found> {
    let mut answers = Vec::new();
    for topic in [format!("$share/g/{}", lab.topic("t")), format!("$CONTROL/{}", lab.topic("t"))] {
        let (probe, got) = lab.try_connect(&topic_of(&lab, topic.as_bytes())).await?;
        let name = topic.split('/').next().unwrap_or_default();
        answers.push(format!("{name}: {}", got.describe()));
        probe.cut().await;
    }
    Ok(Found::choice(answers.join(", ")))
}

async fn w28(lab: Lab) -> Step<Found> {
    let topic = format!("$SYS/broker/connection/{}/state", lab.id("b"));
    let mut watcher = lab.subscriber("s", &topic, 1).await?;
    let (probe, got) = lab.try_connect(&topic_of(&lab, topic.as_bytes())).await?;
    match got {
        Got::ConnAck(welcome) if welcome.reason == ReasonCode::Success => {}
        other => {
            return Ok(Found::choice(format!("refused: {}", other.describe())));
        }
    }
    probe.cut().await;
    match watcher.message(lab.soon()).await {
        Got::Message(_) => Ok(Found::pass("accepted and published")),
        _ => Ok(Found::choice("accepted, but not published")),
    }
}

async fn w30(lab: Lab) -> Step<Found> {
    if lab.abilities().retain {
        return Err(Found::unsupported("the broker keeps retained messages: nothing to refuse"));
    }
    let connect = lab.client("c").will(Will { retain: true, ..lab.will("x") });
    refused(lab, vec![("Will Retain", connect)], &[0x9A], Version3::Closes).await
}

async fn w31(lab: Lab) -> Step<Found> {
    let max = lab.abilities().qos_max;
    if max >= 2 {
        return Err(Found::unsupported("the broker takes every QoS: nothing to refuse"));
    }
    let connect = lab.client("c").will(Will { qos: max + 1, ..lab.will("x") });
    refused(lab, vec![("Will QoS", connect)], &[0x9B], Version3::Closes).await
}

async fn w32(lab: Lab) -> Step<Found> {
    let max = lab.abilities().packet_size_max.filter(|max| *max < 65_000);
    let Some(max) = max else {
        return Err(Found::unsupported("no Maximum Packet Size that a will could exceed"));
    };
    let connect = lab.client("c").will(Will { payload: vec![b'x'; max as usize], ..lab.will("") });
    refused(lab, vec![("size", connect)], &[0x95], Version3::Closes).await
}

async fn w33(lab: Lab) -> Step<Found> {
    let will = Will { payload: vec![0xFF], ..lab.will("") };
    let will = will.with(&[Property::PayloadFormatIndicator(1)]);
    let (_, got) = lab.try_connect(&lab.client("c").will(will)).await?;
    Ok(match got {
        Got::ConnAck(welcome) if welcome.reason == ReasonCode::Success => {
            Found::choice("accepted: the payload is not checked")
        }
        Got::ConnAck(welcome) if welcome.reason == ReasonCode::PayloadFormatInvalid => {
            Found::choice("checked, refused with 0x99")
        }
        Got::ConnAck(_) | Got::End => Found::choice(format!("refused: {}", got.describe())),
        other => Found::differs(format!("CONNECT was answered by {}", other.describe())),
    })
}

async fn w35(lab: Lab) -> Step<Found> {
    let twice = |property| wire::encoded(&[property, property]);
    let cases = [
        ("delay", twice(Property::WillDelayInterval(1))),
        ("payload format", twice(Property::PayloadFormatIndicator(0))),
        ("expiry", twice(Property::MessageExpiryInterval(1))),
        ("content type", twice(Property::ContentType("a"))),
        ("response topic", twice(Property::ResponseTopic("a"))),
        ("correlation data", twice(Property::CorrelationData(b"a"))),
    ];
    let cases = cases.map(|(name, properties)| (name, with_raw(&lab, &properties)));
    refused(lab.clone(), cases.to_vec(), &[0x82], Version3::Closes).await
}

async fn w37(lab: Lab) -> Step<Found> {
    let cases = [
        ("topic alias", wire::encoded(&[Property::TopicAlias(1)])),
        ("subscription identifier", wire::encoded(&[Property::SubscriptionIdentifier(1)])),
        ("session expiry", wire::encoded(&[Property::SessionExpiryInterval(1)])),
        ("reason string", wire::encoded(&[Property::ReasonString("a")])),
    ];
    let cases = cases.map(|(name, properties)| (name, with_raw(&lab, &properties)));
    refused(lab.clone(), cases.to_vec(), &[0x81, 0x82], Version3::Closes).await
}

async fn w39(lab: Lab) -> Step<Found> {
    let string = |id: u8, bytes: &[u8]| [&[id][..], &wire::text(bytes)].concat();
    let cases = [
        ("wildcard in response topic", string(0x08, b"a/#")),
        ("ill-formed response topic", string(0x08, b"a\xFF")),
        ("ill-formed content type", string(0x03, b"a\xFF")),
        ("ill-formed user property", [string(0x26, b"a\xFF"), wire::text("b")].concat()),
    ];
    let cases = cases.map(|(name, properties)| (name, with_raw(&lab, &properties)));
    refused(lab.clone(), cases.to_vec(), &[0x81, 0x82], Version3::Closes).await
}

async fn w40(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let connect = lab.client("c").lasting(60).will(lab.will("x").delayed(0));
    lab.connect(&connect).await?.cut().await;
    lab.expect(&mut watcher, "x").await?;
    Ok(Found::pass("published at once"))
}

async fn w42(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let connect = Connect { id: Vec::new(), ..lab.client("c").will(lab.will("x")) };
    let (probe, got) = lab.try_connect(&connect).await?;
    match got {
        Got::ConnAck(welcome) if welcome.reason == ReasonCode::Success => probe.cut().await,
        _ => return Err(Found::unsupported(format!("an empty identifier: {}", got.describe()))),
    }
    lab.expect(&mut watcher, "x").await?;
    Ok(Found::pass("published"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Version;

    #[test]
    fn rows_of_will_properties_are_for_version_5() {
        for row in ROWS.iter().filter(|row| row.expected.contains("propert")) {
            assert_eq!(row.over, [Version::V5], "{}", row.id);
        }
    }
}
