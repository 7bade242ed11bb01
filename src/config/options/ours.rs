//! Options that mosquitto does not know. None of them is needed for a sane default.

use std::sync::Arc;

use super::Reload::{No, Yes};
use super::Set::{Bool, Int, Text, Word};
use super::{Apply, OptionRow, Times, Wrong, row};

/// Most threads that can be asked for.
const THREADS_MAX: i64 = 256;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "compat",
        "(none)",
        Yes,
        "Take mosquitto's side where we differ on purpose. Unless an option says otherwise: \
         strict_connect_flags true, will_on_takeover false, will_on_revoke false, \
         check_will_at_connect false, check_retain_source false, allow_duplicate_messages true, \
         its queue limits, and no limit for wills. And without an option of their own: no will after a DISCONNECT with any \
         reason but 0x04, after a second CONNECT, and none that waits when its session ends by \
         Clean Start; all that wait at an orderly stop; wills to $SYS and $share taken and then not \
         published; no DISCONNECT when silence or the stop ends a connection; nothing said when \
         a client sends more than Receive Maximum or text that is none; 0x95 for a payload above \
         message_size_limit.",
        Apply::Global(Word("mosquitto", |d, word| match word {
            "mosquitto" => {
                d.compat_mosquitto = true;
                Ok(())
            }
            _ => Err(Wrong::Expected("mosquitto")),
        })),
    ),
    row(
        "strict_connect_flags",
        "false",
        Yes,
        "Whether a CONNECT without a will is refused when its will QoS or will retain flag is set, \
         instead of ignoring these flags.",
        Apply::Global(Bool(|d, on| d.strict_connect_flags = on)),
    ),
    row(
        "will_on_takeover",
        "true",
        Yes,
        "Whether the will of a client is published when another connection with its client id \
         continues its session.",
        Apply::Global(Bool(|d, on| d.policy.will_on_takeover = on)),
    ),
    row(
        "will_on_revoke",
        "true",
        Yes,
        "Whether the will of a client is published when a reload ends its connection because it \
         would not be let in any more. Access rules as they are then apply.",
        Apply::Global(Bool(|d, on| d.will_on_revoke = on)),
    ),
    row(
        "check_will_at_connect",
        "true",
        Yes,
        "Whether a client is refused that leaves a will to a topic it may not write to, instead of \
         dropping the will when it is due.",
        Apply::Global(Bool(|d, on| d.policy.check_will_at_connect = on)),
    ),
    row(
        "sys_wills",
        "true",
        Yes,
        "Whether $SYS/broker/wills/list and $SYS/broker/wills/event name clients and the topics of \
         their wills to whoever may subscribe to them; needs a sys_interval above 0.",
        Apply::Global(Bool(|d, on| d.sys_wills = on)),
    ),
    row(
        "deny_subscribe",
        "(none)",
        Yes,
        "Refuse subscriptions to exactly this filter (SUBACK 0x80), to test what clients do then. \
         May be given several times.",
        Apply::Global(Text("FILTER", Times::Many, |d, text| {
            d.policy.denied_filters.push(Arc::from(text));
            Ok(())
        })),
    ),
    row(
        "password_cache_seconds",
        "900",
        Yes,
        "How many seconds a password that was right need not be hashed again, so that many clients \
         can come back at once; 0 hashes every time.",
        Apply::Global(Int(0, i32::MAX as i64, |d, n| d.password_cache_secs = n as u32)),
    ),
    row(
        "connect_timeout",
        "30",
        Yes,
        "How many seconds a new connection may take to send its CONNECT.",
        Apply::Global(Int(1, 65_535, |d, n| d.policy.connect_timeout_secs = n as u16)),
    ),
    row(
        "max_subscriptions",
        "100000",
        Yes,
        "Most subscriptions of one session.",
        Apply::Global(Int(1, i32::MAX as i64, |d, n| d.policy.subscriptions_max = n as usize)),
    ),
    row(
        "max_queued_bytes_total",
        "1073741824",
        Yes,
        "Most bytes that wait in all sessions together; 0 is no limit.",
        Apply::Global(Int(0, i64::MAX, |d, n| d.policy.queue_bytes_total_max = n as usize)),
    ),
    row(
        "memory_limit",
        "0",
        Yes,
        "Bytes of memory above which no new work is taken: connections are closed at once, nothing \
         is added to what is retained (0x97) or waits in sessions; 0 is no limit. Work goes on when \
         less than nine tenths of it are in use. mosquitto has it as a limit of allocations.",
        Apply::Global(Int(0, i64::MAX, |d, n| {
            d.memory_max = u64::try_from(n).ok().filter(|n| *n > 0)
        })),
    ),
    row(
        "max_output_bytes",
        "1048576",
        Yes,
        "Bytes that wait for one connection to take them, at least 1024. Above it QoS 0 is dropped \
         for that client, QoS 1 and 2 wait in its session.",
        Apply::Global(Int(1024, i32::MAX as i64, |d, n| d.output_bytes_max = n as usize)),
    ),
    row(
        "threads",
        "(half of the processors, at most 8)",
        No,
        "How many threads serve connections.",
        Apply::Global(Int(1, THREADS_MAX, |d, n| d.threads = Some(n as usize))),
    ),
];
