//! The system's log, as the C library speaks to it: a datagram for each line, in the form of
//! RFC 3164, to a Unix socket.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process;
use std::time::Duration;

use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::observe::settings::{LogType, SyslogSettings};
use crate::time::Timestamp;

/// How long a socket may be full before a line is given up.
const PATIENCE: Duration = Duration::from_millis(250);

/// Where lines are sent. The socket is found anew for each line, so that a daemon that was
/// restarted gets them too.
#[derive(Debug)]
pub(super) struct Syslog {
    socket: Option<UnixDatagram>,
    settings: SyslogSettings,
}

impl Syslog {
    /// Nothing is sent yet.
    pub(super) fn new(settings: SyslogSettings) -> Self {
        Syslog { socket: None, settings }
    }

    /// Sends one line.
    pub(super) fn send(&mut self, at: Timestamp, kind: LogType, words: &str) -> io::Result<()> {
        let socket = match &mut self.socket {
            Some(socket) => socket,
            empty => empty.insert(open()?),
        };
        let text = packet(&self.settings, at, kind, words, &TimeZone::system());
        socket.send_to(text.as_bytes(), Path::new(&self.settings.socket)).map(drop)
    }
}

fn open() -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

/// `<PRI>Mmm dd hh:mm:ss IDENT[PID]: WORDS`, in local time.
fn packet(
    settings: &SyslogSettings,
    at: Timestamp,
    kind: LogType,
    words: &str,
    zone: &TimeZone,
) -> String {
    let priority = u32::from(settings.facility) * 8 + severity(kind);
    let millis = i64::try_from(at.millis()).unwrap_or_default();
    let moment = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    let moment = moment.to_zoned(zone.clone());
    let stamp = strtime::format("%b %e %H:%M:%S", &moment).unwrap_or_default();
    format!("<{priority}>{stamp} {}[{}]: {words}", settings.ident, process::id())
}

/// mosquitto's severities.
const fn severity(kind: LogType) -> u32 {
    match kind {
        LogType::Error => 3,
        LogType::Warning => 4,
        LogType::Notice | LogType::Subscribe | LogType::Unsubscribe => 5,
        LogType::Information => 6,
        LogType::Debug | LogType::Websockets | LogType::Internal => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_699_000_000_987);

    #[test]
    fn a_line_has_priority_stamp_ident_and_pid() {
        let default = SyslogSettings::default();
        let pid = process::id();
        let line = |settings, kind| packet(settings, AT, kind, "words", &TimeZone::UTC);
        assert_eq!(
            line(&default, LogType::Error),
            format!("<27>Nov  3 08:26:40 mosquitto[{pid}]: words")
        );
        let local = SyslogSettings { facility: 16 + 5, ident: "x".to_owned(), ..default.clone() };
        assert_eq!(line(&local, LogType::Debug), format!("<175>Nov  3 08:26:40 x[{pid}]: words"));
    }

    #[test]
    fn a_socket_that_comes_back_gets_lines_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let settings = SyslogSettings { socket: path.clone(), ..SyslogSettings::default() };
        let mut syslog = Syslog::new(settings);
        assert!(syslog.send(AT, LogType::Notice, "nobody is there").is_err());
        for round in 0..2 {
            let socket = UnixDatagram::bind(&path).unwrap();
            syslog.send(AT, LogType::Notice, &format!("round {round}")).unwrap();
            let mut bytes = [0; 200];
            let len = socket.recv(&mut bytes).unwrap();
            let text = String::from_utf8_lossy(&bytes[..len]).into_owned();
            assert!(text.starts_with("<29>"), "{text}");
            assert!(text.ends_with(&format!("]: round {round}")), "{text}");
            std::fs::remove_file(&path).unwrap();
        }
    }
}
