//! What the lives of the client tools have in common: from options to a running client, from the
//! end of a session to a message and an exit code.

use std::future::Future;
use std::pin::Pin;

use tokio::time::Sleep;

use crate::cli::compat::Compat;
use crate::cli::console::Console;
use crate::cli::errors::{connack_v3_text, system_text};
use crate::cli::exit::Exit;
use crate::cli::options::{Called, Connection, WillOptions};
use crate::cli::unreachable::complain_unreachable;
use crate::client::{Cause, Client, Event, Presence, ReconnectDelay, Settings, StoredWill};
use crate::protocol::{ConnAck, ReasonCode, TopicName, Version};
use crate::transport::connect::{Endpoint, Target};
use crate::transport::tuning::Tuning;

/// Delay before every attempt to connect again, in milliseconds, unless --retry asks for another.
const RECONNECT_MILLIS: u64 = 1000;

/// The settings of the session of a tool that stays: it connects again after a loss.
pub fn lasting(connection: &Connection) -> Settings {
    let mut settings = settings(connection);
    connection.own.apply(&mut settings, Some(ReconnectDelay::every_millis(RECONNECT_MILLIS)));
    settings
}

/// The settings of the session that these options ask for; it does not connect again unless that
/// was asked for.
pub fn settings(connection: &Connection) -> Settings {
    let mut settings = Settings::new(connection.version, &*connection.client_id);
    settings.clean_start = connection.clean_start;
    settings.keep_alive_secs = connection.keep_alive_secs;
    settings.username.clone_from(&connection.username);
    settings.password.clone_from(&connection.password);
    let will = connection.will.as_ref().and_then(WillOptions::as_will);
    settings.will = will.map(|will| StoredWill::copy_of(&will));
    settings.properties = connection.connect_properties.clone();
    settings.inflight_messages_max = connection.inflight_max;
    settings.ends_with_the_server = connection.compat.is_20();
    settings.ending = connection.ending.clone();
    settings.presence = connection.presence.as_ref().and_then(|own| {
        let topic = TopicName::new(&own.topic).ok()?;
        Some(Presence::new(topic, &own.online, &own.offline))
    });
    connection.own.apply(&mut settings, None);
    settings
}

/// Where these options want to connect.
pub fn endpoint(connection: &Connection) -> Endpoint {
    let target = match &connection.unix {
        Some(path) => Target::Unix(path.clone()),
        #[cfg(feature = "srv")]
        None if connection.srv => Target::Domain(connection.host.clone()),
        None => Target::Tcp { host: connection.host.clone(), port: connection.port },
    };
    Endpoint {
        target,
        bind: connection.bind_address.clone(),
        nodelay: connection.nodelay,
        tuning: Tuning::default(),
        tls: connection.tls.clone(),
        psk: connection.psk.clone(),
        proxy: connection.proxy.clone(),
        websocket: connection.websocket,
    }
}

/// Runs a tool to its end on a runtime of its own. What still waits then (a name lookup) is left
/// behind.
pub fn block_on<F: Future<Output = Exit>>(console: &Console, future: F) -> Exit {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => {
            let exit = runtime.block_on(future);
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            console.complain(&format!("Error: {}", system_text(&error)));
            Exit::Failure
        }
    }
}

/// Says that the server refused the CONNECT; `advice` stands behind the words about a version that
/// it does not speak.
pub fn complain_refused(
    console: &Console,
    connection: &Connection,
    connack: &ConnAck<'_>,
    advice: &str,
) {
    let version = connection.version;
    let why = match refusal_code(version, connack.reason) {
        code if !version.is_v5() => connection.compat.sentence(connack_v3_text(code)).into_owned(),
        _ if connack.reason == ReasonCode::UnsupportedProtocolVersion => {
            format!("{}{advice}", connack.reason)
        }
        _ => connack.reason.to_string(),
    };
    console.complain(&format!("Connection error: {why}"));
}

/// The number of a refusing CONNACK as the version has it.
fn refusal_code(version: Version, reason: ReasonCode) -> u8 {
    match version {
        Version::V5 => reason as u8,
        Version::V31 | Version::V311 => reason.connack_v3().unwrap_or(reason as u8),
    }
}

/// Says that the server refused the CONNECT with a code that the standard does not list.
fn complain_refused_oddly(console: &Console, connection: &Connection, code: u8) {
    let why = match connection.version {
        Version::V5 => "Unknown reason".into(),
        Version::V31 | Version::V311 => connection.compat.sentence(connack_v3_text(code)),
    };
    console.complain(&format!("Connection error: {why}"));
}

/// How a tool ends when its session did. [`Cause::Requested`] is [`Exit::Success`].
fn exit_of(connection: &Connection, cause: Cause) -> Exit {
    let version = connection.version;
    match cause {
        // Version 2.0 has no code for malformed packets.
        Cause::Broken(_) if connection.compat.is_20() => Exit::Protocol,
        Cause::RefusedOddly(code) => Exit::Refused(code),
        Cause::Requested => Exit::Success,
        Cause::OpenFailed => Exit::Unreachable,
        Cause::Refused(reason) => Exit::Refused(refusal_code(version, reason)),
        Cause::TlsFailed => Exit::Tls,
        Cause::Lost | Cause::Unanswered => Exit::ConnectionLost,
        Cause::Disconnected(_) => Exit::Disconnected,
        Cause::Silent => Exit::KeepAlive,
        Cause::Broken(_) | Cause::Violation(_) if cause.is_breach() => Exit::Protocol,
        Cause::Broken(_) | Cause::Violation(_) => Exit::Malformed,
    }
}

/// Says how a run ended, where that has a text of its own.
pub fn complain_exit(console: &Console, compat: Compat, exit: Exit) {
    if let Some(text) = exit.error_text() {
        console.complain(&format!("Error: {}", compat.sentence(text)));
    }
}

/// Says why a session ended that was not to end yet, and how the tool ends because of it.
pub fn complain_ended(
    console: &Console,
    connection: &Connection,
    client: &Client,
    cause: Cause,
) -> Exit {
    let exit = exit_of(connection, cause);
    match cause {
        Cause::OpenFailed | Cause::TlsFailed => {
            return complain_unreachable(console, connection, client);
        }
        Cause::RefusedOddly(code) => complain_refused_oddly(console, connection, code),
        Cause::Unanswered if connection.called != Called::Mosquitto => {
            console.complain(&format!("Error: {}", unanswered(connection)));
        }
        _ => complain_exit(console, connection.compat, exit),
    }
    exit
}

/// Says that a server closed the connection instead of answering CONNECT, and what is likely: some
/// take no will with QoS 2, or none that is retained.
pub fn unanswered(connection: &Connection) -> String {
    let what = "The broker closed the connection without an answer to CONNECT";
    match &connection.will {
        Some(_) => format!(
            "{what}. It may not take the will: try another --will-topic, --will-qos 0, or \
             --will-retain left out."
        ),
        None => format!("{what}."),
    }
}

/// Tells what is worth knowing about presence and about an end that was provoked.
pub fn tell(console: &Console, event: &Event<'_>) {
    let line = match event {
        Event::Presence { online, reason } if reason.is_error() => {
            let word = if *online { "online" } else { "offline" };
            format!("Warning: The broker did not take the presence message \"{word}\": {reason}.")
        }
        Event::Left { closed: true, elapsed, answer } => {
            let answer = match answer {
                Some(reason) => format!(" with DISCONNECT {:#04x}, {reason}", *reason as u8),
                None => " without a word".to_owned(),
            };
            format!(
                "The broker closed the connection{answer}, after {:.1} s.",
                elapsed.as_secs_f64()
            )
        }
        Event::Left { closed: false, elapsed, .. } => format!(
            "Warning: The broker did not close the connection within {:.0} s; we did.",
            elapsed.as_secs_f64()
        ),
        _ => return,
    };
    console.complain(&line);
}

/// Waits for an alarm that may not be set. Cancelling it loses nothing.
pub async fn elapsed(alarm: &mut Option<Pin<Box<Sleep>>>) {
    match alarm {
        Some(alarm) => alarm.as_mut().await,
        None => std::future::pending().await,
    }
}
