//! Options of listeners.

use std::sync::Arc;

use super::Reload::{No, Yes};
use super::Set::{Bool, Int, Text, Word};
use super::{Apply, OptionRow, Times, Wrong, deprecated, row};
use crate::config::draft::ListenerDraft;
use crate::config::listener::Family;
use crate::protocol::{QoS, Version};

/// A prefix of assigned client ids has at most this many characters.
const PREFIX_CHARS_MAX: usize = 50;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "listener",
        "(127.0.0.1 and ::1, port 1883)",
        No,
        "Listen on this port, on all addresses of HOST or of the machine; with port 0, on the Unix \
         socket PATH. Opens a block: listener options up to the next listener belong to it.",
        Apply::Open,
    ),
    deprecated(
        "Please use 'listener' instead.",
        row(
            "port",
            "1883",
            No,
            "The port of the default listener.",
            Apply::Default(Int(1, 65_535, |l, n| l.port = n as u16)),
        ),
    ),
    deprecated(
        "Please use 'listener' instead.",
        row(
            "bind_address",
            "(all)",
            No,
            "The address or host name of the default listener.",
            Apply::Default(Text("HOST", Times::Once, |l, text| {
                l.host = Some(text.to_owned());
                Ok(())
            })),
        ),
    ),
    row(
        "socket_domain",
        "(both)",
        No,
        "Listen on addresses of this family only.",
        Apply::Listener(Word("ipv4|ipv6", set_socket_domain)),
    ),
    row(
        "listener_allow_anonymous",
        "(as allow_anonymous)",
        Yes,
        "Whether clients without a user name may connect to this listener.",
        Apply::Block(Bool(|l, on| l.allow_anonymous = Some(on))),
    ),
    row(
        "max_connections",
        "-1",
        Yes,
        "Most connections at the same time; -1 is no limit. One more is closed at once.",
        Apply::Listener(Int(i32::MIN as i64, i32::MAX as i64, |l, n| {
            l.connections_max = usize::try_from(n).ok();
        })),
    ),
    row(
        "accept_protocol_versions",
        "3,4,5",
        Yes,
        "The versions that are spoken, separated by commas: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0.",
        Apply::Block(Text("3,4,5", Times::Many, set_versions)),
    ),
    row(
        "max_qos",
        "2",
        Yes,
        "Highest QoS of messages and wills from clients, and of what they are granted.",
        Apply::Listener(Int(0, 2, set_qos_max)),
    ),
    row(
        "maximum_qos",
        "2",
        Yes,
        "Another name of max_qos.",
        Apply::Listener(Int(0, 2, set_qos_max)),
    ),
    row(
        "max_topic_alias",
        "10",
        Yes,
        "How many topic aliases a client may use.",
        Apply::Block(Int(0, 65_535, |l, n| l.policy.topic_alias_max = n as u16)),
    ),
    row(
        "max_topic_alias_broker",
        "10",
        Yes,
        "How many topic aliases the broker uses towards a client that accepts them.",
        Apply::Block(Int(0, 65_535, |l, n| l.policy.topic_alias_out_max = n as u16)),
    ),
    row(
        "mount_point",
        "(none)",
        Yes,
        "Put before every topic and filter of this listener's clients, and taken off again on \
         delivery.",
        Apply::Block(Text("PREFIX", Times::Many, set_mount_point)),
    ),
    row(
        "use_username_as_clientid",
        "false",
        Yes,
        "The user name is taken as the client id; clients without one are refused.",
        Apply::Listener(Bool(|l, on| l.policy.username_as_client_id = on)),
    ),
    row(
        "listener_auto_id_prefix",
        "(as auto_id_prefix)",
        Yes,
        "What the client ids begin with that this listener assigns; at most 50 characters.",
        Apply::Block(Text("TEXT", Times::Once, |l, text| {
            l.assigned_id_prefix = Some(id_prefix(text)?);
            Ok(())
        })),
    ),
];

fn set_socket_domain(listener: &mut ListenerDraft, word: &str) -> Result<(), Wrong> {
    listener.family = match word {
        "ipv4" => Family::V4,
        "ipv6" => Family::V6,
        _ => return Err(Wrong::Expected("ipv4 or ipv6")),
    };
    Ok(())
}

fn set_qos_max(listener: &mut ListenerDraft, number: i64) {
    listener.policy.qos_max = match number {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        _ => QoS::ExactlyOnce,
    };
}

/// Words that name no version are passed over, as in mosquitto; a list without any version would
/// refuse every client.
fn set_versions(listener: &mut ListenerDraft, text: &str) -> Result<(), Wrong> {
    let words: Vec<&str> = text.split([',', ' ', '\t']).collect();
    let known = [("3", Version::V31), ("4", Version::V311), ("5", Version::V5)];
    let named = known.into_iter().filter(|(word, _)| words.contains(word));
    let versions: Vec<Version> = named.map(|(_, version)| version).collect();
    if versions.is_empty() {
        return Err(Wrong::Expected("some of 3, 4 and 5"));
    }
    listener.policy.versions = versions;
    Ok(())
}

fn set_mount_point(listener: &mut ListenerDraft, text: &str) -> Result<(), Wrong> {
    if text.contains(['+', '#']) {
        return Err(Wrong::Wildcard);
    }
    listener.policy.mount_point = Some(Arc::from(text));
    Ok(())
}

/// A prefix of assigned client ids.
pub(super) fn id_prefix(text: &str) -> Result<Arc<str>, Wrong> {
    if text.chars().count() > PREFIX_CHARS_MAX {
        return Err(Wrong::TooLong(PREFIX_CHARS_MAX));
    }
    Ok(Arc::from(text))
}
