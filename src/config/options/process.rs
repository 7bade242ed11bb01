//! Options of the process, of the system's log, and of what watches the broker.

use std::path::PathBuf;

use super::Reload::{No, Yes};
use super::Set::{Int, Text, Word};
use super::{Apply, OptionRow, Times, Wrong, row};
use crate::config::draft::Draft;
use crate::config::parse;
use crate::config::process::Metrics;
use crate::observe::LogFormat;

/// The number of the facility LOCAL0.
const LOCAL0: i64 = 16;

pub(super) const PROCESS: &[OptionRow] = &[
    row(
        "user",
        "(mosquitto)",
        No,
        "Who the broker becomes when root starts it: before it listens, and before it reads keys, \
         passwords and the store. Where nothing is said and there is no user 'mosquitto', it becomes \
         'nobody'. 'root' keeps it as it is. Without effect where somebody else starts it.",
        Apply::Global(Text("NAME", Times::Many, |d, text| {
            d.process.user = Some(text.to_owned());
            Ok(())
        })),
    ),
    row(
        "pid_file",
        "(none)",
        No,
        "A file that holds the process id while the broker runs.",
        Apply::Global(Text("PATH", Times::Once, |d, text| {
            d.process.pid_file = Some(PathBuf::from(text));
            Ok(())
        })),
    ),
];

pub(super) const SYSLOG: &[OptionRow] = &[row(
    "log_facility",
    "(daemon)",
    Yes,
    "The facility of 'log_dest syslog': 0 to 7 is LOCAL0 to LOCAL7.",
    Apply::Global(Int(0, 7, |d, n| d.syslog.facility = (LOCAL0 + n) as u8)),
)];

pub(super) const OURS: &[OptionRow] = &[
    row(
        "log_format",
        "text",
        Yes,
        "How lines look on stderr, on stdout and in a file: 'json' makes each an object with time, \
         type and text.",
        Apply::Global(Word("text|json", |d, word| {
            d.log_format = match word {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return Err(Wrong::Expected("text or json")),
            };
            Ok(())
        })),
    ),
    row(
        "log_syslog_ident",
        "mosquitto",
        Yes,
        "The name that lines of 'log_dest syslog' carry; mosquitto's, so that filters go on working.",
        Apply::Global(Word("NAME", |d, word| {
            word.clone_into(&mut d.syslog.ident);
            Ok(())
        })),
    ),
    row(
        "log_syslog_socket",
        "/dev/log",
        Yes,
        "The Unix socket of 'log_dest syslog'.",
        Apply::Global(Text("PATH", Times::Once, |d, text| {
            d.syslog.socket = PathBuf::from(text);
            Ok(())
        })),
    ),
    row(
        "metrics_listener",
        "(none)",
        No,
        "Serve /metrics (for Prometheus), /healthz and /readyz over HTTP on this port, on 127.0.0.1 \
         or the named host. There is no login: keep it from strangers.",
        Apply::Global(Text("PORT [HOST]", Times::Once, set_metrics)),
    ),
];

fn set_metrics(draft: &mut Draft, text: &str) -> Result<(), Wrong> {
    let expected = Wrong::Expected("a port from 0 to 65535 (0 is any free one) and perhaps a host");
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    let port = words.next().and_then(|word| parse::integer(word).ok());
    let Some(Ok(port)) = port.map(u16::try_from) else { return Err(expected) };
    let host = words.next().filter(|word| !word.starts_with('#')).unwrap_or("127.0.0.1");
    draft.metrics = Some(Metrics { host: host.to_owned(), port });
    Ok(())
}
