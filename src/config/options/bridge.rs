//! Options of bridges.

use super::Reload::Yes;
use super::Set::{Bool, Int, Text, Word};
use super::{Apply, OptionRow, Times, Wrong, row};
use crate::config::bridge::draft::BridgeDraft;
use crate::config::bridge::{Login, ReloadType, Secret, StartType};
use crate::protocol::{QoS, TopicName, Version};

const INT_MAX: i64 = i32::MAX as i64;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "connection",
        "(none)",
        Yes,
        "Begin a bridge to another broker with this name. Opens a block: options of bridges up to \
         the next connection belong to it.",
        Apply::Connection,
    ),
    row(
        "address",
        "(none)",
        Yes,
        "Where the remote broker is; the port is 1883 where none is given. Several are tried one \
         after another. An IPv6 address needs its port.",
        Apply::Bridge(Text("HOST[:PORT] ...", Times::Once, BridgeDraft::set_addresses)),
    ),
    row(
        "addresses",
        "(none)",
        Yes,
        "Another name of address.",
        Apply::Bridge(Text("HOST[:PORT] ...", Times::Once, BridgeDraft::set_addresses)),
    ),
    row(
        "topic",
        "(none)",
        Yes,
        "Carry what matches the pattern out, in or both ways, with at most this QoS. Here a topic \
         has the local prefix, at the remote broker the remote one; \"\" is none. A pattern with \
         blanks stands in quotation marks; the pattern \"\" carries exactly one topic.",
        Apply::Bridge(Text(
            "PATTERN [out|in|both [QOS [LOCAL-PREFIX REMOTE-PREFIX]]]",
            Times::Many,
            BridgeDraft::add_topic,
        )),
    ),
    row(
        "start_type",
        "automatic",
        Yes,
        "When to connect: always; lazy, when threshold messages wait, until none has passed for \
         idle_timeout; or once, and never again after a loss.",
        Apply::Bridge(Word("automatic|lazy|once", set_start)),
    ),
    row(
        "idle_timeout",
        "60",
        Yes,
        "After how many seconds without a message a lazy bridge disconnects.",
        Apply::Bridge(Int(1, INT_MAX, |b, n| b.bridge.idle_timeout_secs = n as u32)),
    ),
    row(
        "threshold",
        "10",
        Yes,
        "How many messages must wait before a lazy bridge connects.",
        Apply::Bridge(Int(1, INT_MAX, |b, n| b.bridge.threshold = n as usize)),
    ),
    row(
        "restart_timeout",
        "5 30",
        Yes,
        "How many seconds to wait before connecting again: always the same, or a random time from \
         the base to three times the last wait, at most the cap. A connection that lasted the \
         stable time makes the next wait a short one again.",
        Apply::Bridge(Text("SECONDS | BASE CAP [STABLE]", Times::Many, BridgeDraft::set_restart)),
    ),
    row(
        "round_robin",
        "false",
        Yes,
        "Whether all addresses are equal and tried in turn. Otherwise the first is the primary \
         one, which is tried every 5 seconds while another is in use.",
        Apply::Bridge(Bool(|b, on| b.bridge.round_robin = on)),
    ),
    row(
        "keepalive_interval",
        "60",
        Yes,
        "Keep-alive towards the remote broker in seconds; less than 5 is 5.",
        Apply::Bridge(Int(0, 65_535, BridgeDraft::set_keep_alive)),
    ),
    row(
        "bridge_protocol_version",
        "mqttv311",
        Yes,
        "The version of MQTT to speak. A remote broker that refuses 5.0 is spoken to in 3.1.1.",
        Apply::Bridge(Word("mqttv31|mqttv311|mqttv50", set_version)),
    ),
    row(
        "try_private",
        "true",
        Yes,
        "Whether to announce a bridge to the remote broker in the way of mosquitto (3.1 and 3.1.1), \
         so that it sends nothing back. A broker that refuses that is connected to without.",
        Apply::Bridge(Bool(|b, on| b.bridge.try_private = on)),
    ),
    row(
        "cleansession",
        "false",
        Yes,
        "Whether the remote broker forgets the bridge when it disconnects.",
        Apply::Bridge(Bool(|b, on| b.bridge.clean_start = on)),
    ),
    row(
        "local_cleansession",
        "(as cleansession)",
        Yes,
        "Whether messages are dropped while the remote broker is away, instead of waiting for it.",
        Apply::Bridge(Bool(|b, on| b.local_clean_start = Some(on))),
    ),
    row(
        "notifications",
        "true",
        Yes,
        "Whether a retained message says on both sides whether the bridge is connected: 1 or 0.",
        Apply::Bridge(Bool(|b, on| b.bridge.notifications = on)),
    ),
    row(
        "notifications_local_only",
        "false",
        Yes,
        "Whether only this broker says so.",
        Apply::Bridge(Bool(|b, on| b.bridge.notifications_local_only = on)),
    ),
    row(
        "notification_topic",
        "($SYS/broker/connection/ID/state, with the remote client id)",
        Yes,
        "Where they say so.",
        Apply::Bridge(Text("TOPIC", Times::Once, |b, text| {
            TopicName::new(text).map_err(|_| Wrong::Expected("a topic name"))?;
            b.notification_topic = Some(text.to_owned());
            Ok(())
        })),
    ),
    row(
        "bridge_attempt_unsubscribe",
        "true",
        Yes,
        "Whether to unsubscribe at the remote broker from topics that only go out.",
        Apply::Bridge(Bool(|b, on| b.bridge.attempts_unsubscribe = on)),
    ),
    row(
        "bridge_bind_address",
        "(any)",
        Yes,
        "The local address to connect from.",
        Apply::Bridge(Text("ADDRESS", Times::Once, |b, text| {
            b.bridge.bind_address = Some(text.to_owned());
            Ok(())
        })),
    ),
    row(
        "bridge_max_packet_size",
        "0",
        Yes,
        "Largest packet in bytes that is sent to the remote broker; 0 is what it takes.",
        Apply::Bridge(Int(0, 268_435_460, |b, n| {
            b.bridge.packet_size_max = u32::try_from(n).ok().filter(|n| *n > 0);
        })),
    ),
    row(
        "bridge_max_topic_alias",
        "10",
        Yes,
        "How many topic aliases the remote broker may use (5.0).",
        Apply::Bridge(Int(0, 65_535, |b, n| b.bridge.topic_alias_max = n as u16)),
    ),
    row(
        "bridge_outgoing_retain",
        "true",
        Yes,
        "Whether messages keep their retain flag on the way out.",
        Apply::Bridge(Bool(|b, on| b.bridge.outgoing_retain = on)),
    ),
    row(
        "bridge_receive_maximum",
        "(none)",
        Yes,
        "How many messages the remote broker may send before one is acknowledged (5.0).",
        Apply::Bridge(Int(1, 65_535, |b, n| b.bridge.receive_maximum = Some(n as u16))),
    ),
    row(
        "bridge_reload_type",
        "lazy",
        Yes,
        "When the settings of a bridge hold that a reload has changed: with its next connection, \
         or immediately, for which it connects anew.",
        Apply::Bridge(Word("lazy|immediate", |b, word| {
            b.bridge.reload = match word {
                "lazy" => ReloadType::Lazy,
                "immediate" => ReloadType::Immediate,
                _ => return Err(Wrong::Expected("lazy or immediate")),
            };
            Ok(())
        })),
    ),
    row(
        "bridge_session_expiry_interval",
        "0",
        Yes,
        "For how many seconds the remote broker keeps the session of the bridge when it is away \
         (5.0); 4294967295 is for ever.",
        Apply::Bridge(Int(0, u32::MAX as i64, |b, n| b.bridge.session_expiry_secs = n as u32)),
    ),
    row(
        "bridge_tcp_keepalive",
        "(off)",
        Yes,
        "TCP keep-alive: seconds of quiet before the first probe, seconds between probes, and how \
         many without an answer end the connection.",
        Apply::Bridge(Text("IDLE INTERVAL COUNT", Times::Many, BridgeDraft::set_tcp_probes)),
    ),
    row(
        "bridge_tcp_user_timeout",
        "0",
        Yes,
        "TCP_USER_TIMEOUT: for how many milliseconds sent data may stay unacknowledged by the \
         remote machine; 0 leaves it to the system.",
        Apply::Bridge(Int(0, INT_MAX, |b, n| {
            b.bridge.tcp_user_timeout_millis = u32::try_from(n).ok().filter(|n| *n > 0);
        })),
    ),
];

/// Who the bridge is, on both sides.
pub(super) const IDENTITY: &[OptionRow] = &[
    row(
        "remote_clientid",
        "(HOST.NAME, with the names of this machine and the bridge)",
        Yes,
        "The client id at the remote broker.",
        Apply::Bridge(Text("ID", Times::Once, set_remote_client_id)),
    ),
    row(
        "clientid",
        "(as remote_clientid)",
        Yes,
        "Another name of remote_clientid.",
        Apply::Bridge(Text("ID", Times::Once, set_remote_client_id)),
    ),
    row(
        "local_clientid",
        "(local.ID, with the remote client id)",
        Yes,
        "The client id at this broker.",
        Apply::Bridge(Text("ID", Times::Once, |b, text| {
            once(&mut b.local_client_id, text.to_owned())
        })),
    ),
    row(
        "remote_username",
        "(none)",
        Yes,
        "The user name at the remote broker.",
        Apply::Bridge(Text("NAME", Times::Once, |b, text| {
            set_username(&mut b.bridge.remote_login, text)
        })),
    ),
    row(
        "username",
        "(none)",
        Yes,
        "Another name of remote_username.",
        Apply::Bridge(Text("NAME", Times::Once, |b, text| {
            set_username(&mut b.bridge.remote_login, text)
        })),
    ),
    row(
        "remote_password",
        "(none)",
        Yes,
        "The password at the remote broker.",
        Apply::Bridge(Text("PASSWORD", Times::Once, |b, text| {
            set_password(&mut b.bridge.remote_login, text)
        })),
    ),
    row(
        "password",
        "(none)",
        Yes,
        "Another name of remote_password.",
        Apply::Bridge(Text("PASSWORD", Times::Once, |b, text| {
            set_password(&mut b.bridge.remote_login, text)
        })),
    ),
    row(
        "local_username",
        "(none)",
        Yes,
        "The user name at this broker, for the log: access rules do not bind a bridge.",
        Apply::Bridge(Text("NAME", Times::Once, |b, text| {
            set_username(&mut b.bridge.local_login, text)
        })),
    ),
    row(
        "local_password",
        "(none)",
        Yes,
        "Accepted and not used: a bridge is believed without a password.",
        Apply::Bridge(Text("PASSWORD", Times::Once, |b, text| {
            set_password(&mut b.bridge.local_login, text)
        })),
    ),
];

/// The will of the administrator's own, which mosquitto's bridges do not have.
pub(super) const OURS: &[OptionRow] = &[
    row(
        "bridge_will_topic",
        "(none)",
        Yes,
        "A will that the bridge leaves at the remote broker, where notifications do not take its \
         place.",
        Apply::Bridge(Text("TOPIC", Times::Once, |b, text| {
            TopicName::new(text).map_err(|_| Wrong::Expected("a topic name"))?;
            b.will.topic = Some(text.to_owned());
            Ok(())
        })),
    ),
    row(
        "bridge_will_payload",
        "(empty)",
        Yes,
        "Its payload.",
        Apply::Bridge(Text("TEXT", Times::Once, |b, text| {
            b.will.payload = Some(text.to_owned());
            Ok(())
        })),
    ),
    row(
        "bridge_will_qos",
        "0",
        Yes,
        "Its QoS.",
        Apply::Bridge(Int(0, 2, |b, n| {
            b.will.qos = QoS::from_u8(n as u8).unwrap_or_default();
        })),
    ),
    row(
        "bridge_will_retain",
        "false",
        Yes,
        "Whether it is retained.",
        Apply::Bridge(Bool(|b, on| b.will.retain = on)),
    ),
];

fn set_start(draft: &mut BridgeDraft, word: &str) -> Result<(), Wrong> {
    draft.bridge.start = match word {
        "automatic" => StartType::Automatic,
        "lazy" => StartType::Lazy,
        "once" => StartType::Once,
        _ => return Err(Wrong::Expected("automatic, lazy or once")),
    };
    Ok(())
}

fn set_version(draft: &mut BridgeDraft, word: &str) -> Result<(), Wrong> {
    draft.bridge.version = match word {
        "mqttv31" => Version::V31,
        "mqttv311" => Version::V311,
        "mqttv50" => Version::V5,
        _ => return Err(Wrong::Expected("mqttv31, mqttv311 or mqttv50")),
    };
    Ok(())
}

/// Sets what two names of an option may set once together.
fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Wrong> {
    match place.replace(value) {
        Some(_) => Err(Wrong::Duplicate),
        None => Ok(()),
    }
}

fn set_remote_client_id(draft: &mut BridgeDraft, text: &str) -> Result<(), Wrong> {
    once(&mut draft.remote_client_id, text.to_owned())
}

fn set_username(login: &mut Login, text: &str) -> Result<(), Wrong> {
    once(&mut login.username, text.to_owned())
}

fn set_password(login: &mut Login, text: &str) -> Result<(), Wrong> {
    once(&mut login.password, Secret(text.to_owned()))
}
