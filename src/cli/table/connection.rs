//! Options of every tool: where to connect, as whom, for how long.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::{Group, NOT_RR, RR, Row, SUB_PUB_RR, Takes, Tool, Typed, names};
use crate::cli::compat::Compat;
use crate::cli::draft::Draft;
use crate::cli::errors::{Problem, Stop};
use crate::cli::number::whole;
use crate::cli::options::Called;
use crate::cli::secret::Password;
use crate::cli::url::{Scheme, Url};
use crate::protocol::packet::connect::SESSION_EXPIRY_NEVER;
use crate::protocol::{QoS, Version};

/// Connection and session.
pub const ROWS: &[Row] = &[
    names(Some('h'), Some("host"))
        .takes("HOST", "host")
        .within(Group::Connection, "Host name or address of the broker [default: localhost]")
        .does(super::transport::set_host),
    names(Some('p'), Some("port"))
        .takes("PORT", "port")
        .within(
            Group::Connection,
            "Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS",
        )
        .does(port),
    names(Some('L'), Some("url"))
        .takes("URL", "URL")
        .within(Group::Connection, "Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket")
        .does(url),
    names(Some('u'), Some("username"))
        .takes("NAME", "username")
        .within(Group::Connection, "User name")
        .does(|draft, typed| {
            draft.connection.username = Some(typed.bytes()?.to_vec());
            Ok(())
        }),
    names(Some('P'), Some("pw"))
        .takes("PASSWORD", "password")
        .within(Group::Connection, "Password")
        .value_optional()
        .keyed("password")
        .does(password),
    names(Some('A'), None)
        .takes("ADDRESS", "address")
        .within(Group::Connection, "Local address to connect from")
        .keyed("bind-address")
        .does(|draft, typed| {
            draft.connection.bind_address = Some(typed.text()?);
            Ok(())
        }),
    names(None, Some("nodelay"))
        .within(Group::Connection, "Send small packets at once (TCP_NODELAY)")
        .does(|draft, _| {
            draft.connection.nodelay = true;
            Ok(())
        }),
    names(Some('V'), Some("protocol-version"))
        .of(NOT_RR)
        .takes("VERSION", "version")
        .within(
            Group::Connection,
            "Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]",
        )
        .does(version),
    names(Some('V'), Some("protocol-version"))
        .of(RR)
        .takes("VERSION", "version")
        .within(
            Group::Connection,
            "Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv5]",
        )
        .does(version),
    names(Some('k'), Some("keepalive"))
        .takes("SECONDS", "keepalive")
        .within(Group::Session, "Keep Alive, 5 to 65535 seconds [default: 60]")
        .does(keep_alive),
    names(Some('i'), Some("id"))
        .takes("ID", "id")
        .within(Group::Session, "Client identifier [default: the broker assigns one]")
        .does(client_id),
    names(Some('I'), Some("id-prefix"))
        .takes("PREFIX", "id prefix")
        .within(Group::Session, "Client identifier made of this and the process id")
        .does(id_prefix),
    names(Some('c'), Some("disable-clean-session"))
        .within(Group::Session, "Keep the session when the connection ends; needs -i")
        .does(|draft, _| {
            draft.connection.keep_session = true;
            Ok(())
        }),
    names(Some('x'), None)
        .takes("SECONDS", "session expiry interval")
        .within(
            Group::Session,
            "How long the session outlives the connection, -1 for ever; uses MQTT 5",
        )
        .keyed("session-expiry")
        .does(session_expiry),
    names(Some('q'), Some("qos"))
        .of(SUB_PUB_RR)
        .takes("QOS", "QoS")
        .within(Group::Session, "Quality of service: 0, 1 or 2 [default: 0]")
        .does(qos),
    names(Some('M'), None)
        .of(SUB_PUB_RR)
        .takes("COUNT", "max_inflight")
        .within(Group::Session, "Most QoS 1 and 2 messages on their way at a time [default: 20]")
        .keyed("max-inflight")
        .does(inflight_max),
    Row { takes: Takes::Property, ..names(Some('D'), Some("property")) }
        .within(Group::Session, "An MQTT 5 property of a packet; may be repeated; see below")
        .does(property),
];

/// Options about the program itself.
pub const GENERAL: &[Row] = &[
    names(Some('o'), None)
        .takes("FILE", "options file")
        .within(Group::General, "Read options from this file first, one a line")
        .since_21()
        .does(|_, typed| {
            typed.value()?;
            Ok(())
        }),
    names(None, Some("compat"))
        .takes("VERSION", "version")
        .within(
            Group::General,
            "Follow this version of mosquitto's clients where they differ: 2.0 or 2.1; \
             LASTWILL_COMPAT says the same for links [default: 2.1]",
        )
        .does(|draft, typed| {
            draft.compat = Compat::parse(typed.value()?, "--compat")?;
            Ok(())
        }),
    names(Some('d'), Some("debug"))
        .within(Group::General, "Print every packet sent and received")
        .does(|draft, _| {
            draft.connection.debug = true;
            Ok(())
        }),
    names(None, Some("quiet")).within(Group::General, "Print no errors while running").does(
        |draft, _| {
            draft.connection.quiet = true;
            Ok(())
        },
    ),
    names(None, Some("help"))
        .within(Group::General, "Print this help")
        .does(|_, _| Err(Stop::Help)),
    names(None, Some("version"))
        .within(Group::General, "Print the version")
        .does(|_, _| Err(Stop::Version)),
];

fn port(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let number = typed.number()?;
    let port = u16::try_from(number)
        .map_err(|_| Problem::usage(format!("Error: Invalid port given: {number}")))?;
    draft.connection.port = Some(port);
    Ok(())
}

/// Without a value, which only our own name allows, it is asked for.
fn password(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let is_asked_for = typed.words.is_empty() && draft.called == Called::Lastwill;
    draft.connection.password = Some(match is_asked_for {
        true => Password::Prompt,
        false => Password::Given(typed.bytes()?.to_vec()),
    });
    Ok(())
}

fn url(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let mut text = typed.bytes()?.to_vec();
    // Under our own name the topic may be missing: it can come from -t.
    let may_lack_topic = draft.called == Called::Lastwill;
    if may_lack_topic && text.iter().filter(|byte| **byte == b'/').count() == 2 {
        text.push(b'/');
    }
    let url = Url::parse(&text, draft.compat)?;
    match draft.tool {
        _ if may_lack_topic && url.topic.is_empty() => {}
        Tool::Conn | Tool::Wills | Tool::Check => {}
        Tool::Sub | Tool::Watch | Tool::Retained => {
            let filter = draft.topic_filter(url.topic, "-L topic", "subscription")?;
            draft.sub.filters.push(filter);
        }
        Tool::Pub | Tool::Rr => {
            draft.publish.topic = Some(draft.topic_name(url.topic, "-L topic", "publish")?);
        }
    }
    let port = u16::try_from(url.port)
        .map_err(|_| Problem::usage(format!("Error: Invalid port given: {}", url.port)))?;
    draft.tls.uses_system |= matches!(url.scheme, Scheme::Mqtts | Scheme::Wss);
    draft.transport.websocket |= matches!(url.scheme, Scheme::Ws | Scheme::Wss);
    draft.transport.path = Some(OsStr::from_bytes(url.host).to_owned());
    let connection = &mut draft.connection;
    connection.host = Some(String::from_utf8_lossy(url.host).into_owned());
    connection.port = Some(port);
    if let Some(username) = url.username {
        connection.username = Some(username.to_vec());
    }
    if let Some(password) = url.password {
        connection.password = Some(Password::Given(password.to_vec()));
    }
    Ok(())
}

fn version(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    draft.connection.version = match typed.bytes()? {
        b"mqttv31" | b"31" => Version::V31,
        b"mqttv311" | b"311" => Version::V311,
        b"mqttv5" | b"5" => Version::V5,
        _ => return Err(Problem::option("Error: Invalid protocol version argument given.").into()),
    };
    Ok(())
}

fn keep_alive(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let secs = u16::try_from(typed.number()?).ok().filter(|secs| *secs >= 5);
    draft.connection.keep_alive_secs = secs.ok_or_else(|| {
        Problem::option("Error: Invalid keepalive given, it must be between 5 and 65535 inclusive.")
    })?;
    Ok(())
}

fn client_id(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    forget_inherited_id(draft);
    if draft.connection.id_prefix.is_some() {
        return Err(both_ids().into());
    }
    draft.connection.client_id = Some(typed.bytes()?.to_vec());
    Ok(())
}

fn id_prefix(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    forget_inherited_id(draft);
    if draft.connection.client_id.is_some() {
        return Err(both_ids().into());
    }
    draft.connection.id_prefix = Some(typed.bytes()?.to_vec());
    Ok(())
}

/// What a file, the environment or a profile said about the id gives way to the command line.
fn forget_inherited_id(draft: &mut Draft) {
    if std::mem::take(&mut draft.connection.is_id_inherited) {
        draft.connection.client_id = None;
        draft.connection.id_prefix = None;
    }
}

fn both_ids() -> Problem {
    Problem::option("Error: -i and -I argument cannot be used together.")
}

fn session_expiry(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let word = typed.bytes()?;
    let secs = if word == "∞".as_bytes() {
        SESSION_EXPIRY_NEVER
    } else {
        let number = whole(word)
            .ok_or_else(|| Problem::option("Error: session-expiry-interval not a number."))?;
        match number {
            -1 => SESSION_EXPIRY_NEVER,
            _ => u32::try_from(number)
                .map_err(|_| Problem::option("Error: session-expiry-interval out of range."))?,
        }
    };
    draft.connection.session_expiry_secs = Some(secs);
    // In version 2.0 it has no effect unless something else asks for MQTT 5.
    if !draft.compat.is_20() {
        draft.connection.version = Version::V5;
    }
    Ok(())
}

fn qos(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let number = typed.number()?;
    let qos = u8::try_from(number).ok().and_then(QoS::from_u8);
    draft.qos =
        Some(qos.ok_or_else(|| Problem::usage(format!("Error: Invalid QoS given: {number}")))?);
    Ok(())
}

fn inflight_max(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let number = typed.number()?;
    if number < 1 {
        return Err(
            Problem::option("Error: Maximum inflight messages must be greater than 0.").into()
        );
    }
    draft.connection.inflight_max = u16::try_from(number).unwrap_or(u16::MAX);
    Ok(())
}

fn property(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    draft.properties.add(typed.words, draft.compat)?;
    draft.connection.version = Version::V5;
    Ok(())
}
