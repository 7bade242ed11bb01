//! The client ends the connection: W44 to W65.

use std::collections::BTreeSet;

use super::{ALL, BOTH, Row, V4, V5};
use crate::check::found::{Found, Step};
use crate::check::lab::Lab;
use crate::check::probe::{Got, Probe};
use crate::check::wire::{self, Publish};
use crate::protocol::{PacketKind, Property, ReasonCode};

pub const ROWS: &[Row] = &[
    Row::new("W44", ALL, "closed without DISCONNECT: published", "MQTT-3.1.2-8", |lab| {
        Box::pin(dies(lab, Death::Cut(&[])))
    }),
    Row::new("W45", ALL, "reset: published", "MQTT-3.1.2-8", |lab| {
        Box::pin(dies(lab, Death::Reset))
    }),
    Row::new(
        "W46",
        ALL,
        "the client ends its sending side and goes on reading: published, closed",
        "MQTT-3.1.2-8",
        |lab| Box::pin(w46(lab)),
    ),
    Row::new(
        "W51",
        V5,
        "DISCONNECT 0x00 in each of its forms: discarded",
        "MQTT-3.14.4-3, section 3.14.2.1",
        |lab| Box::pin(w51(lab)),
    ),
    Row::new("W52", V5, "DISCONNECT 0x04: published", "section 3.14.2.1", |lab| {
        Box::pin(dies(lab, Death::Cut(&[0xE0, 1, 4])))
    }),
    Row::new(
        "W53",
        V5,
        "DISCONNECT 0x80 to 0x83, 0x90, 0x93 to 0x99: published",
        "MQTT-3.1.2-8, MQTT-3.1.2-10: only 0x00 discards",
        |lab| Box::pin(reasons(lab, true)),
    ),
    Row::new(
        "W54",
        V5,
        "DISCONNECT with a reason that a client cannot send: 0x82, closed, published",
        "MQTT-3.14.2-1",
        |lab| Box::pin(reasons(lab, false)),
    ),
    Row::new(
        "W55",
        BOTH,
        "DISCONNECT with header flags is none: closed, published",
        "MQTT-3.14.1-1",
        |lab| Box::pin(dies(lab, Death::Wrong(&[0xE1, 0], &[0x81]))),
    ),
    Row::new(
        "W56",
        V4,
        "3.1.1: DISCONNECT with a body is malformed: closed, published",
        "3.1.1 section 3.14.1",
        |lab| Box::pin(dies(lab, Death::Wrong(&[0xE0, 1, 0], &[]))),
    ),
    Row::new(
        "W57",
        V5,
        "DISCONNECT 0x00 that raises the Session Expiry Interval from 0: 0x82, published",
        "section 3.14.2.2.2",
        |lab| Box::pin(dies(lab, Death::Wrong(&[0xE0, 7, 0, 5, 0x11, 0, 0, 0, 60], &[0x82]))),
    ),
    Row::new(
        "W58",
        V5,
        "DISCONNECT 0x00 with a property twice: 0x82, published",
        "section 3.14.2.2",
        |lab| {
            const TWICE: &[u8] = &[0xE0, 12, 0, 10, 0x11, 0, 0, 0, 0, 0x11, 0, 0, 0, 0];
            Box::pin(dies(lab, Death::Wrong(TWICE, &[0x82, 0x81])))
        },
    ),
    Row::new(
        "W59",
        V5,
        "DISCONNECT 0x00 that ends the session: discarded, the session is gone",
        "MQTT-3.14.4-3",
        |lab| Box::pin(w59(lab)),
    ),
    Row::new("W60", ALL, "bytes behind a DISCONNECT are ignored", "MQTT-3.14.4-1", |lab| {
        Box::pin(discards(lab, &[0xE0, 0, 0xFF, 0xFF]))
    }),
    Row::new(
        "W61",
        ALL,
        "DISCONNECT and a reset right behind it: no will (20 times)",
        "MQTT-3.14.4-3: it was sent before",
        |lab| Box::pin(w61(lab)),
    ),
    Row::new("W62", ALL, "half a DISCONNECT, then the end: published", "MQTT-3.1.2-8", |lab| {
        Box::pin(dies(lab, Death::Cut(&[0xE0])))
    }),
    Row::new(
        "W63",
        ALL,
        "CONNECT and DISCONNECT in one segment: no will",
        "MQTT-3.14.4-3",
        |lab| Box::pin(w63(lab)),
    ),
    Row::new(
        "W64",
        ALL,
        "CONNECT, PUBLISH and the end in one segment: the message, then the will",
        "MQTT-4.6.0-5",
        |lab| Box::pin(w64(lab)),
    ),
    Row::new(
        "W65",
        ALL,
        "the end in the middle of a PUBLISH: the fragment is dropped, the will published",
        "MQTT-3.1.2-8",
        |lab| Box::pin(w65(lab)),
    ),
];

/// How a client with a will dies.
enum Death {
    /// Sends these bytes and closes.
    Cut(&'static [u8]),
    /// Closes with RST.
    Reset,
    /// Sends these bytes, which make the broker close; in version 5 with one of these codes.
    Wrong(&'static [u8], &'static [u8]),
}

async fn dies(lab: Lab, death: Death) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut client = lab.mortal("c", lab.will("x")).await?;
    let closed = match death {
        Death::Cut(bytes) => {
            client.send(bytes).await;
            client.cut().await;
            Found::pass("published")
        }
        Death::Reset => {
            client.reset();
            Found::pass("published")
        }
        Death::Wrong(bytes, codes) => {
            client.send(bytes).await;
            closed(&lab, &mut client, codes).await
        }
    };
    lab.expect(&mut watcher, "x").await?;
    lab.expect_quiet(&mut watcher).await?;
    Ok(closed)
}

/// Whether the broker closed, and in version 5 with which code: without one, or with another than
/// these, is a choice.
pub async fn closed(lab: &Lab, client: &mut Probe, codes: &[u8]) -> Found {
    let (said, end) = client.last_words(lab.soon()).await;
    if matches!(end, Got::Nothing) {
        return Found::differs("the connection stays open");
    }
    match said {
        _ if !lab.is_v5() => Found::pass("closed"),
        Some(Got::Disconnect(code)) if codes.contains(&code) => {
            Found::pass(format!("DISCONNECT 0x{code:02X}, closed"))
        }
        Some(Got::Disconnect(code)) => {
            Found::choice(format!("DISCONNECT 0x{code:02X} instead of {codes:02X?}, closed"))
        }
        Some(other @ Got::Broken(_)) => Found::differs(other.describe()),
        _ => Found::choice("closed without DISCONNECT, which the standard only advises"),
    }
}

async fn w46(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut client = lab.mortal("c", lab.will("x")).await?;
    client.finish().await;
    lab.expect(&mut watcher, "x").await?;
    match client.last_words(lab.soon()).await {
        (_, Got::End) => Ok(Found::pass("published, closed")),
        _ => Err(Found::differs("published, but the connection stays open")),
    }
}

/// After these bytes nothing is published.
async fn discards(lab: Lab, bytes: &[u8]) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut client = lab.mortal("c", lab.will("x")).await?;
    client.send(bytes).await;
    let (_, end) = client.last_words(lab.soon()).await;
    drop(client);
    lab.expect_quiet(&mut watcher).await?;
    Ok(match end {
        Got::Nothing => Found::choice("no will; the broker waits for the client to close"),
        _ => Found::pass("no will"),
    })
}

async fn w51(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let forms: [&[u8]; 3] = [&[0xE0, 0], &[0xE0, 1, 0], &[0xE0, 2, 0, 0]];
    for form in forms {
        let mut client = lab.mortal("c", lab.will("x")).await?;
        client.send(form).await;
        client.last_words(lab.soon()).await;
    }
    lab.expect_quiet(&mut watcher).await?;
    Ok(Found::pass("no will"))
}

/// The codes from 0x01 that a client may send (but 0x04, which W52 has), or those that it may not.
fn codes(may_send: bool) -> impl Iterator<Item = u8> {
    (0x01..=0xFF).filter(move |code| {
        let known = ReasonCode::from_u8(*code);
        let is_client = known.is_some_and(|code| code.is_allowed_in(PacketKind::Disconnect, true));
        *code != 0x04 && is_client == may_send
    })
}

/// Most connections that stay open before the row gives up.
const OPEN_MAX: usize = 3;

async fn reasons(lab: Lab, may_send: bool) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut silent = 0;
    let mut others = Vec::new();
    let mut open = 0;
    let mut expected = BTreeSet::new();
    for code in codes(may_send) {
        let word = format!("{code:02X}");
        let mut client = lab.mortal("c", lab.will(&word)).await?;
        client.send(&[0xE0, 1, code]).await;
        expected.insert(word);
        if may_send {
            client.cut().await;
            continue;
        }
        match client.last_words(lab.soon()).await {
            (_, Got::Nothing) if open == OPEN_MAX => break,
            (_, Got::Nothing) => open += 1,
            (Some(Got::Disconnect(0x82)), _) => {}
            (Some(Got::Disconnect(answer)), _) => {
                others.push(format!("{code:02X}: DISCONNECT 0x{answer:02X}"));
            }
            _ => silent += 1,
        }
    }
    while let Got::Message(message) = watcher.message(lab.soon()).await {
        expected.remove(&message.text());
    }
    let lost: Vec<String> = expected.into_iter().collect();
    match (lost.as_slice(), open, others.as_slice(), silent) {
        ([], 0, [], 0) => Ok(Found::pass("published")),
        ([], 0, [], _) => {
            Ok(Found::choice("published; closed without DISCONNECT, which is only advised"))
        }
        ([], 0, [first, ..], _) => {
            Ok(Found::choice(format!("published; {first}; {} such", others.len())))
        }
        ([], ..) => Err(Found::differs("published, but connections stay open")),
        ([first, .., last], ..) if lost.len() > 20 => {
            Err(Found::differs(format!("lost for {} codes from 0x{first} to 0x{last}", lost.len())))
        }
        _ => Err(Found::differs(format!("lost for {}", lost.join(" ")))),
    }
}

async fn w59(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let connect = lab.client("c").lasting(60).will(lab.will("x"));
    let mut client = lab.connect(&connect).await?;
    client.send(&wire::disconnect(lab.version, 0, &[Property::SessionExpiryInterval(0)])).await;
    client.last_words(lab.soon()).await;
    lab.expect_quiet(&mut watcher).await?;
    let (back, welcome) = lab.welcome(&lab.client("c").lasting(60)).await?;
    lab.leave(back).await;
    match welcome.session_present {
        true => Err(Found::differs("no will, but the session is still there")),
        false => Ok(Found::pass("no will, no session")),
    }
}

async fn w61(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    const TIMES: usize = 20;
    for _ in 0..TIMES {
        let mut client = lab.mortal("c", lab.will("x")).await?;
        client.send(&[0xE0, 0]).await;
        client.reset();
    }
    let mut spurious = 0;
    while let Got::Message(_) = watcher.message(lab.quiet()).await {
        spurious += 1;
    }
    match spurious {
        0 => Ok(Found::pass(format!("no will in {TIMES} times"))),
        _ => Err(Found::differs(format!("the will was published {spurious} of {TIMES} times"))),
    }
}

async fn w63(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut client = lab.dial().await?;
    let connect = lab.client("c").will(lab.will("x")).bytes();
    client.send(&[&connect[..], &[0xE0, 0]].concat()).await;
    let got = client.next(lab.soon()).await;
    if !matches!(&got, Got::ConnAck(welcome) if welcome.reason == ReasonCode::Success) {
        return Err(Found::differs(format!("CONNECT was answered by {}", got.describe())));
    }
    client.last_words(lab.soon()).await;
    lab.expect_quiet(&mut watcher).await?;
    Ok(Found::pass("accepted, no will"))
}

async fn w64(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut client = lab.dial().await?;
    let connect = lab.client("c").will(lab.will("will")).bytes();
    let publish = Publish::new(lab.topic("will"), "message").bytes(lab.version);
    client.send(&[connect, publish].concat()).await;
    client.cut().await;
    lab.expect(&mut watcher, "message").await?;
    lab.expect(&mut watcher, "will").await?;
    Ok(Found::pass("the message, then the will"))
}

async fn w65(lab: Lab) -> Step<Found> {
    let mut watcher = lab.watcher().await?;
    let mut client = lab.mortal("c", lab.will("will")).await?;
    let publish = Publish::new(lab.topic("will"), "message").bytes(lab.version);
    client.send(&publish[..publish.len() - 1]).await;
    client.cut().await;
    lab.expect(&mut watcher, "will").await?;
    lab.expect_quiet(&mut watcher).await?;
    Ok(Found::pass("only the will"))
}
