//! Limits of our own: how fast clients may be, how long they may stay, what their wills may take.

use super::Reload::Yes;
use super::Set::{Int, Text, Word};
use super::{Apply, OptionRow, Times, Wrong, row};
use crate::config::draft::{Draft, ListenerDraft};
use crate::config::limits::tcp_probes;

/// Largest integer of mosquitto's options.
const INT_MAX: i64 = i32::MAX as i64;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "max_message_rate",
        "0",
        Yes,
        "How many messages each client may publish in a second; 0 is no limit. It may have a burst \
         of one second; then it is read more slowly, nothing is lost, and it does not count as \
         silent meanwhile. A will counts when CONNECT leaves it: a client that connects and dies \
         faster than that waits for its CONNACK. What is used is remembered by client id.",
        Apply::Global(Int(0, INT_MAX, |d, n| d.rates.messages = n as u32)),
    ),
    row(
        "max_byte_rate",
        "0",
        Yes,
        "How many bytes each client may send in a second, packets of all kinds; 0 is no limit. As \
         with max_message_rate. A packet larger than that passes, and what follows waits for it.",
        Apply::Global(Int(0, INT_MAX, |d, n| d.rates.bytes = n as u32)),
    ),
    row(
        "listener_max_message_rate",
        "(as max_message_rate)",
        Yes,
        "max_message_rate for the clients of this listener.",
        Apply::Block(Int(0, INT_MAX, |l: &mut ListenerDraft, n| l.message_rate = Some(n as u32))),
    ),
    row(
        "listener_max_byte_rate",
        "(as max_byte_rate)",
        Yes,
        "max_byte_rate for the clients of this listener.",
        Apply::Block(Int(0, INT_MAX, |l: &mut ListenerDraft, n| l.byte_rate = Some(n as u32))),
    ),
    row(
        "rate_action",
        "slow",
        Yes,
        "What becomes of a client that sends more than max_message_rate or max_byte_rate: it is \
         slowed, or disconnected (0x96) with its will published; a CONNECT with a will is refused \
         (0x9F, return code 3) instead of waiting.",
        Apply::Global(Word("slow|disconnect", set_rate_action)),
    ),
    row(
        "max_connect_rate",
        "0",
        Yes,
        "How many connections each address may open in a second, with a burst of one second; 0 is \
         no limit. IPv6 addresses count by their first 64 bits, clients behind a proxy by the \
         address that it tells, Unix sockets not at all. One more gets 0x9F or return code 3; it is \
         closed at once on a listener with TLS, or if there are twice as many.",
        Apply::Global(Int(0, INT_MAX, |d, n| d.limits.connect_rate = n as u32)),
    ),
    row(
        "max_connection_time",
        "0",
        Yes,
        "How many seconds a connection may last after its CONNECT; then it is ended (0xA0) with its \
         will published. 0 is for ever. For connections that come from now on.",
        Apply::Global(Int(0, INT_MAX, |d, n| d.policy.connection_secs_max = n as u32)),
    ),
    row(
        "max_will_bytes_total",
        "268435456",
        Yes,
        "Most bytes of all wills together that are armed or wait for their delay: topics, \
         properties and payloads. A CONNECT with one more is refused (0x97, return code 3). 0 is no \
         limit.",
        Apply::Global(Int(0, i64::MAX, |d, n| d.policy.will_bytes_total_max = n as usize)),
    ),
    row(
        "tcp_keepalive",
        "(off)",
        Yes,
        "TCP keep-alive for connections of clients: seconds of quiet before the first probe, seconds \
         between probes, and how many without an answer end the connection, and so publish the \
         will. While something that was sent to the client is unacknowledged no probes are sent: \
         tcp_user_timeout is for that. For connections that come from now on.",
        Apply::Global(Text("IDLE INTERVAL COUNT", Times::Many, |d, text| {
            let [idle_secs, interval_secs, count] = tcp_probes(text)?;
            d.limits.set_probes(idle_secs, interval_secs, count);
            Ok(())
        })),
    ),
    row(
        "tcp_user_timeout",
        "0",
        Yes,
        "TCP_USER_TIMEOUT for connections of clients: for how many milliseconds sent data may stay \
         unacknowledged by the client's machine before the connection ends; 0 leaves it to the \
         system. For connections that come from now on.",
        Apply::Global(Int(0, INT_MAX, |d, n| d.limits.set_user_timeout(n as u32))),
    ),
];

fn set_rate_action(draft: &mut Draft, word: &str) -> Result<(), Wrong> {
    draft.limits.rate_disconnects = match word {
        "slow" => false,
        "disconnect" => true,
        _ => return Err(Wrong::Expected("slow or disconnect")),
    };
    Ok(())
}
