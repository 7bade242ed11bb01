//! Options that say what clients may do and what becomes of their messages.

use std::path::PathBuf;
use std::sync::Arc;

use super::Reload::Yes;
use super::Set::{Bool, Int, Text, Word};
use super::listener::id_prefix;
use super::{Apply, OptionRow, Times, Wrong, deprecated, row};
use crate::config::draft::Draft;
use crate::config::parse;

/// Largest integer of mosquitto's options.
const INT_MAX: i64 = i32::MAX as i64;
/// Smallest integer of mosquitto's options.
const INT_MIN: i64 = i32::MIN as i64;
/// Largest payload that MQTT can carry, in bytes.
const PAYLOAD_BYTES_MAX: i64 = 268_435_455;

pub(super) const CLIENTS: &[OptionRow] = &[
    row(
        "allow_anonymous",
        "(true without a configured listener, otherwise false)",
        Yes,
        "Whether clients without a user name may connect.",
        Apply::Security(
            Bool(|d, on| d.allow_anonymous = Some(on)),
            Bool(|l, on| l.allow_anonymous = Some(on)),
        ),
    ),
    row(
        "password_file",
        "(none)",
        Yes,
        "Users and the hashes of their passwords, one NAME:HASH a line, as lastwill passwd and \
         mosquitto_passwd write them. Without it a client with a user name is let in if one \
         without is.",
        Apply::Security(
            Text("FILE", Times::Many, |d, text| {
                d.password_file = Some(PathBuf::from(text));
                Ok(())
            }),
            Text("FILE", Times::Many, |l, text| {
                l.password_file = Some(PathBuf::from(text));
                Ok(())
            }),
        ),
    ),
    deprecated(
        "Please use 'listener_allow_anonymous' and 'listener_auto_id_prefix' where listeners differ.",
        row(
            "per_listener_settings",
            "false",
            Yes,
            "Whether acl_file, allow_anonymous, allow_zero_length_clientid, auto_id_prefix, \
             password_file and psk_file belong to the listener whose block they stand in. Must come \
             before them; once it is true it stays so.",
            Apply::Global(Word("true|false", set_per_listener)),
        ),
    ),
    row(
        "acl_file",
        "(none: everything is allowed)",
        Yes,
        "Who may read and write which topics: a file of 'user', 'topic' and 'pattern' lines. What no \
         line allows is denied.",
        Apply::Security(
            Text("FILE", Times::Many, |d, text| {
                d.acl_file = Some(PathBuf::from(text));
                Ok(())
            }),
            Text("FILE", Times::Many, |l, text| {
                l.acl_file = Some(PathBuf::from(text));
                Ok(())
            }),
        ),
    ),
    row(
        "allow_zero_length_clientid",
        "true",
        Yes,
        "Whether clients may leave their client id to the broker.",
        Apply::Security(
            Bool(|d, on| d.allow_empty_client_id = on),
            Bool(|l, on| l.allow_empty_client_id = Some(on)),
        ),
    ),
    deprecated(
        "Please use 'listener_auto_id_prefix' instead.",
        row(
            "auto_id_prefix",
            "auto-",
            Yes,
            "What the client ids begin with that the broker assigns; at most 50 characters.",
            Apply::Security(
                Text("TEXT", Times::Once, |d, text| {
                    d.assigned_id_prefix = Some(id_prefix(text)?);
                    Ok(())
                }),
                Text("TEXT", Times::Once, |l, text| {
                    l.assigned_id_prefix = Some(id_prefix(text)?);
                    Ok(())
                }),
            ),
        ),
    ),
    deprecated(
        "Please give each client a user name of its own instead.",
        row(
            "clientid_prefixes",
            "(none)",
            Yes,
            "Client ids must begin with this text.",
            Apply::Global(Text("TEXT", Times::Many, |d, text| {
                d.policy.client_id_prefix = Some(Arc::from(text));
                Ok(())
            })),
        ),
    ),
    row(
        "global_max_clients",
        "-1",
        Yes,
        "Most sessions, those of absent clients included; -1 is no limit.",
        Apply::Global(Int(INT_MIN, INT_MAX, |d, n| {
            d.policy.sessions_max = usize::try_from(n).ok()
        })),
    ),
    row(
        "global_max_connections",
        "-1",
        Yes,
        "Most connections on all listeners together; -1 is no limit. One more is closed at once.",
        Apply::Global(Int(INT_MIN, INT_MAX, |d, n| d.connections_max = usize::try_from(n).ok())),
    ),
    row(
        "max_keepalive",
        "0",
        Yes,
        "Longest keep-alive in seconds; 0 is no limit. MQTT 5 clients are told to use it, others \
         that want more are refused.",
        Apply::Global(Int(0, 65_535, |d, n| d.policy.keep_alive_max_secs = n as u16)),
    ),
    row(
        "max_packet_size",
        "2000000",
        Yes,
        "Largest packet in bytes that is accepted, at least 20.",
        Apply::Global(Int(20, INT_MAX, |d, n| d.policy.packet_size_max = n as u32)),
    ),
    row(
        "message_size_limit",
        "0",
        Yes,
        "Largest payload in bytes that is accepted; 0 is no limit.",
        Apply::Global(Int(0, PAYLOAD_BYTES_MAX, |d, n| d.policy.message_size_max = n as u32)),
    ),
    row(
        "set_tcp_nodelay",
        "true",
        Yes,
        "Whether TCP_NODELAY is set on connections: small packets leave at once.",
        Apply::Global(Bool(|d, on| d.tcp_nodelay = on)),
    ),
    row(
        "sys_interval",
        "10",
        Yes,
        "How often the $SYS topics are published, in seconds, each when its value has changed; 0 \
         publishes nothing there.",
        Apply::Global(Int(0, 65_535, |d, n| d.sys_interval_secs = n as u16)),
    ),
];

pub(super) const MESSAGES: &[OptionRow] = &[
    deprecated(
        "Please rely on the default instead.",
        row(
            "allow_duplicate_messages",
            "false",
            Yes,
            "Whether a client with several matching subscriptions gets one copy for each of them, \
             instead of one copy with the highest QoS and all subscription identifiers.",
            Apply::Global(Bool(|d, on| d.policy.one_copy_per_subscription = on)),
        ),
    ),
    row(
        "max_inflight_messages",
        "(1000, but 20 for bridges)",
        Yes,
        "Most QoS 1 and 2 messages on their way to one client without acknowledgement, and on \
         their way from it; 0 is no limit, 1 keeps strict order. More than 100 are on their way \
         only while they have less than 1 MiB of payload together.",
        Apply::Global(Int(0, 65_535, |d, n| {
            d.policy.inflight_messages_max = if n == 0 { u16::MAX } else { n as u16 };
            d.policy.window_default = None;
        })),
    ),
    row(
        "max_inflight_bytes",
        "0",
        Yes,
        "Most payload bytes of the same; 0 is no limit. One message is always allowed.",
        Apply::Global(Int(0, i64::MAX, |d, n| d.policy.inflight_bytes_max = n as usize)),
    ),
    row(
        "max_queued_messages",
        "100000",
        Yes,
        "Most messages that wait in one session behind those on their way; 0 is no limit.",
        Apply::Global(Int(0, INT_MAX, |d, n| d.policy.queue_messages_max = n as usize)),
    ),
    row(
        "max_queued_bytes",
        "67108864",
        Yes,
        "Most bytes of the same; 0 is no limit. Both limits hold.",
        Apply::Global(Int(0, i64::MAX, |d, n| d.policy.queue_bytes_max = n as usize)),
    ),
    row(
        "queue_qos0_messages",
        "false",
        Yes,
        "Whether QoS 0 messages wait for absent clients too.",
        Apply::Global(Bool(|d, on| d.policy.queue_qos0 = on)),
    ),
    row(
        "upgrade_outgoing_qos",
        "false",
        Yes,
        "Whether messages are delivered with the QoS of the subscription even if they were \
         published with a lower one.",
        Apply::Global(Bool(|d, on| d.policy.upgrade_outgoing_qos = on)),
    ),
    row(
        "persistent_client_expiration",
        "(never)",
        Yes,
        "How long the session of an absent client is kept at most: a number and s, h, d, w, m (30 \
         days) or y (365 days), such as 14d.",
        Apply::Global(Word("Ns|Nh|Nd|Nw|Nm|Ny", set_session_expiry)),
    ),
    row(
        "retain_available",
        "true",
        Yes,
        "Whether messages may be retained.",
        Apply::Global(Bool(|d, on| d.policy.retain_available = on)),
    ),
    row(
        "check_retain_source",
        "true",
        Yes,
        "Whether a retained message is delivered only while its publisher may still write to its \
         topic.",
        Apply::Global(Bool(|d, on| d.policy.check_retain_source = on)),
    ),
    row(
        "retain_expiry_interval",
        "(never)",
        Yes,
        "Retained messages without an expiry of their own are dropped after this many minutes.",
        Apply::Global(Int(1, 10_000_000, |d, n| d.policy.retain_expiry_secs = Some(n as u32 * 60))),
    ),
];

fn set_per_listener(draft: &mut Draft, word: &str) -> Result<(), Wrong> {
    match parse::boolean(word) {
        Some(true) if !draft.is_per_listener && draft.has_security => Err(Wrong::TooLate),
        // As in mosquitto, false behind true has no effect.
        Some(is_on) => {
            draft.is_per_listener |= is_on;
            Ok(())
        }
        None => Err(Wrong::Expected("true or false")),
    }
}

fn set_session_expiry(draft: &mut Draft, word: &str) -> Result<(), Wrong> {
    const EXPECTED: Wrong = Wrong::Expected("a number from 1 and one of s, h, d, w, m, y");
    let unit_at = word.len().saturating_sub(1);
    let (Some(number), Some(unit)) = (word.get(..unit_at), word.get(unit_at..)) else {
        return Err(EXPECTED);
    };
    let unit_secs: u64 = match unit {
        "s" => 1,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        "m" => 30 * 86_400,
        "y" => 365 * 86_400,
        _ => return Err(EXPECTED),
    };
    let number: u64 = number.parse().map_err(|_| EXPECTED)?;
    // The largest value means never in the protocol.
    let secs = number.saturating_mul(unit_secs).min(u64::from(u32::MAX - 1)) as u32;
    if secs == 0 {
        return Err(EXPECTED);
    }
    draft.policy.session_expiry_max_secs = Some(secs);
    Ok(())
}
