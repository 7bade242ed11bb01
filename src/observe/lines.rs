//! Events of the core in words: mosquitto's where operators look for them, plain ones for wills.
//!
//! No line holds a payload or a password. Everything that a client wrote is escaped.

use std::fmt::{self, Write};

use crate::broker::event::{Connected, Dropped, End, Event, Refusal};
use crate::observe::escape::{Bounded, Escaped};
use crate::observe::settings::LogType;
use crate::observe::stamp::StampFormat;
use crate::observe::{access_lines, causes, trace, will_lines};
use crate::protocol::{DecodeError, Version};
use crate::time::Timestamp;

/// Longest text of one event, in bytes. A topic alone may have 65535.
const TEXT_BYTES_MAX: usize = 2000;

/// The type of line that an event becomes.
pub const fn kind_of(event: &Event<'_>) -> LogType {
    match event {
        Event::WillDoubtful { .. } => LogType::Warning,
        Event::Connected(_)
        | Event::Refused { .. }
        | Event::DangerousName { .. }
        | Event::Disconnected { .. }
        | Event::Will { .. }
        | Event::SessionExpired { .. }
        | Event::SessionDeleted { .. }
        | Event::Slowed { .. }
        | Event::Dropping { .. } => LogType::Notice,
        Event::Subscribed { .. } => LogType::Subscribe,
        Event::Unsubscribed { .. } => LogType::Unsubscribe,
        Event::WillArmed { .. }
        | Event::SubscribeRefused { .. }
        | Event::PublishRefused { .. }
        | Event::Received { .. }
        | Event::Sent { .. }
        | Event::Delivered { .. } => LogType::Debug,
    }
}

/// Whether `connection_messages false` silences it: clients that come and go. The fate of a will is
/// told in any case.
pub const fn is_connection(event: &Event<'_>) -> bool {
    matches!(event, Event::Connected(_) | Event::Refused { .. } | Event::Disconnected { .. })
}

/// The words for an event that happened at `at`. `stamp` is how the log writes moments.
pub fn text_of(at: Timestamp, event: &Event<'_>, stamp: &StampFormat) -> String {
    let mut text = Bounded::new(TEXT_BYTES_MAX);
    // Writing into memory cannot fail.
    let _ = write_event(&mut text, at, event, stamp);
    text.finish()
}

fn write_event(
    out: &mut Bounded,
    at: Timestamp,
    event: &Event<'_>,
    stamp: &StampFormat,
) -> fmt::Result {
    match *event {
        Event::Connected(ref connected) => write_connected(out, connected),
        Event::Refused { peer, client_id, why } => write_refused(out, peer, client_id, why),
        Event::Disconnected { client_id, peer, cause } => {
            write_disconnected(out, client_id, peer, cause)
        }
        Event::WillArmed { topic, size, qos, retain, delay_secs, .. } => {
            write!(out, "Will message specified ({size} bytes) (r{}, q{qos}", u8::from(retain))?;
            if delay_secs > 0 {
                write!(out, ", delay {delay_secs} s")?;
            }
            write!(out, ").\n\t{}", Escaped(topic.as_str()))
        }
        Event::Will { client_id, topic, fate, cause, .. } => {
            let will = will_lines::Settled { client_id, topic: topic.as_str(), fate, cause };
            will_lines::write_will(out, &will, at, stamp)
        }
        Event::SessionExpired { client_id }
        | Event::SessionDeleted { client_id }
        | Event::Slowed { client_id } => write_of_client(out, event, client_id),
        Event::Dropping { client_id, why } => write_dropping(out, client_id, why),
        Event::Subscribed { client_id, filter, qos } => {
            write!(out, "{} {qos} {}", Escaped(client_id), Escaped(filter))
        }
        Event::Unsubscribed { client_id, filter } => {
            write!(out, "{} {}", Escaped(client_id), Escaped(filter))
        }
        Event::SubscribeRefused { client_id, filter, reason } => {
            let (id, filter, why) = (Escaped(client_id), Escaped(filter), causes::words(reason));
            write!(out, "Denied SUBSCRIBE from {id} ('{filter}'): {why}")
        }
        Event::PublishRefused { client_id, publish, reason } => {
            trace::write_denied(out, client_id, publish)?;
            write!(out, ": {}", causes::words(reason))
        }
        Event::WillDoubtful { client_id, topic, denied } => {
            access_lines::write_doubtful(out, client_id, topic.as_str(), denied)
        }
        Event::DangerousName { name } => {
            let name = Escaped(name);
            write!(out, "ACL denying access to client with dangerous username \"{name}\"")
        }
        Event::Received { client_id, packet } => trace::write_received(out, client_id, packet),
        Event::Sent { client_id, packet } => trace::write_sent(out, client_id, packet),
        Event::Delivered { client_id, publish } => trace::write_delivered(out, client_id, publish),
    }
}

/// What happened to a client, and no more is to be said about it.
fn write_of_client(out: &mut Bounded, event: &Event<'_>, client_id: &str) -> fmt::Result {
    let id = Escaped(client_id);
    match event {
        Event::SessionDeleted { .. } => write!(out, "The session of client {id} was deleted."),
        Event::Slowed { .. } => write!(
            out,
            "Client {id} is slowed: it sends more than max_message_rate or max_byte_rate."
        ),
        _ => write!(out, "Expiring client {id} due to timeout."),
    }
}

fn write_connected(out: &mut Bounded, connected: &Connected<'_>) -> fmt::Result {
    write!(
        out,
        "New {} connected from {} as {} (p{}, c{}, k{}",
        if connected.is_bridge { "bridge" } else { "client" },
        connected.peer,
        Escaped(connected.client_id),
        Version::level(connected.version),
        u8::from(connected.clean_start),
        connected.keep_alive_secs
    )?;
    if let Some(name) = connected.username {
        write!(out, ", u'{}'", Escaped(name))?;
    }
    out.write_str(").")
}

fn write_refused(
    out: &mut Bounded,
    peer: &str,
    client_id: Option<&str>,
    why: Refusal<'_>,
) -> fmt::Result {
    let id = Escaped(client_id.unwrap_or("<unknown>"));
    write!(out, "Client {id} [{peer}] disconnected: ")?;
    match why {
        Refusal::Reason(reason) => write!(out, "{}.", causes::words(reason)),
        Refusal::Broken(error) => write_broken(out, error),
        Refusal::Timeout => out.write_str("exceeded timeout.\n\tno CONNECT in time"),
        Refusal::Lost(lost) => out.write_str(&causes::lost(lost)),
        Refusal::WillDenied { topic, denied } => {
            out.write_str("not authorised.\n\t")?;
            access_lines::write_will_denied(out, topic, denied)
        }
        Refusal::Will { topic, reason, rule } => {
            let topic = Escaped(topic);
            write!(out, "{}.\n\tits will to '{topic}' is refused: {rule}", causes::words(reason))
        }
    }
}

fn write_disconnected(out: &mut Bounded, client_id: &str, peer: &str, cause: End) -> fmt::Result {
    write!(out, "Client {} [{peer}] disconnected", Escaped(client_id))?;
    match cause {
        End::Disconnect(reason) if !reason.is_error() => out.write_str("."),
        End::Disconnect(reason) => write!(out, ": {}.", causes::words(reason)),
        End::Lost(lost) => write!(out, ": {}", causes::lost(lost)),
        End::KeepAlive(_) => out.write_str(": exceeded timeout."),
        End::Broken(error) => {
            out.write_str(": ")?;
            write_broken(out, error)
        }
        End::Server(reason) => write!(out, ": {}.", causes::words(reason)),
        End::TakenOver { .. } => out.write_str(": session taken over."),
        End::Revoked(reason) => write!(out, ": {}.", causes::words(reason)),
        End::Shutdown => out.write_str(": server shutting down."),
        End::Deleted
        | End::SessionExpired
        | End::CleanStart
        | End::Resumed
        | End::DelayOver
        | End::Restart => write!(out, ": {}.", will_lines::Cause(cause)),
    }
}

/// mosquitto's word for the kind of error, and on a line of its own what exactly was wrong.
fn write_broken(out: &mut Bounded, error: DecodeError) -> fmt::Result {
    write!(out, "{}.\n\t{error}", causes::words(error.reason_code()))
}

fn write_dropping(out: &mut Bounded, client_id: &str, why: Dropped) -> fmt::Result {
    let id = Escaped(client_id);
    match why {
        Dropped::QueueFull => write!(out, "Outgoing messages are being dropped for client {id}."),
        Dropped::SlowReader => write!(
            out,
            "Outgoing messages are being dropped for client {id}. It reads too slowly for QoS 0."
        ),
        Dropped::TooLarge => write!(
            out,
            "Outgoing messages are being dropped for client {id}. They are larger than its Maximum \
             Packet Size."
        ),
    }
}

#[cfg(test)]
mod tests;
