//! What is logged, where to, and how a line begins. Values are made by `config/`.

use std::path::PathBuf;

use crate::observe::stamp::StampFormat;

/// The type of a log line: what `log_type` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LogType {
    /// The protocol trace.
    Debug,
    /// Something failed.
    Error,
    /// Something is wrong, but goes on.
    Warning,
    /// Connections and the fate of wills.
    Notice,
    /// Start and stop.
    Information,
    /// Subscriptions made.
    Subscribe,
    /// Subscriptions ended.
    Unsubscribe,
    /// The WebSocket layer.
    Websockets,
    /// The broker's own workings.
    Internal,
}

impl LogType {
    /// Every type, in mosquitto's order.
    pub const ALL: [LogType; 9] = [
        LogType::Debug,
        LogType::Error,
        LogType::Warning,
        LogType::Notice,
        LogType::Information,
        LogType::Subscribe,
        LogType::Unsubscribe,
        LogType::Websockets,
        LogType::Internal,
    ];

    /// The word after `log_type`.
    pub const fn word(self) -> &'static str {
        match self {
            LogType::Debug => "debug",
            LogType::Error => "error",
            LogType::Warning => "warning",
            LogType::Notice => "notice",
            LogType::Information => "information",
            LogType::Subscribe => "subscribe",
            LogType::Unsubscribe => "unsubscribe",
            LogType::Websockets => "websockets",
            LogType::Internal => "internal",
        }
    }
}

/// A set of types of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogTypes(u16);

impl LogTypes {
    /// No line at all.
    pub const NONE: LogTypes = LogTypes(0);
    /// Every line.
    pub const ALL: LogTypes = LogTypes((1 << LogType::ALL.len()) - 1);

    /// This set and one type more.
    pub const fn with(self, kind: LogType) -> LogTypes {
        LogTypes(self.0 | 1 << kind as u8)
    }

    /// Whether lines of this type are wanted.
    pub const fn has(self, kind: LogType) -> bool {
        self.0 & (1 << kind as u8) != 0
    }
}

impl Default for LogTypes {
    /// Errors, warnings, notices and information, as in mosquitto.
    fn default() -> Self {
        LogTypes::NONE
            .with(LogType::Error)
            .with(LogType::Warning)
            .with(LogType::Notice)
            .with(LogType::Information)
    }
}

/// Where lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Standard error.
    Stderr,
    /// Standard output.
    Stdout,
    /// The end of a file.
    File(PathBuf),
    /// The system's log.
    Syslog,
    /// Messages below `$SYS/broker/log/`, of QoS 2, that expire after 20 seconds.
    Topic,
}

/// How lines look on standard error, on standard output and in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// The stamp and the words.
    #[default]
    Text,
    /// An object of JSON in each line: `time`, `type`, `text`.
    Json,
}

/// How the system's log is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogSettings {
    /// The number of the facility: 3 is daemon, 16 is local0.
    pub facility: u8,
    /// What each line begins with, before the process id.
    pub ident: String,
    /// The socket that takes the lines.
    pub socket: PathBuf,
}

impl Default for SyslogSettings {
    /// As the C library does it, under mosquitto's name: filters that operators have go on working.
    fn default() -> Self {
        SyslogSettings {
            facility: 3,
            ident: "mosquitto".to_owned(),
            socket: PathBuf::from("/dev/log"),
        }
    }
}

/// The log options together.
#[derive(Clone, Debug, PartialEq)]
pub struct LogSettings {
    /// `log_type`.
    pub types: LogTypes,
    /// `log_dest`; empty is no log.
    pub destinations: Vec<Destination>,
    /// `log_timestamp` and `log_timestamp_format`.
    pub stamp: StampFormat,
    /// `log_format`.
    pub format: LogFormat,
    /// `log_facility` and what belongs to it.
    pub syslog: SyslogSettings,
    /// `connection_messages`: whether clients that come and go are told.
    pub connection_messages: bool,
}

impl Default for LogSettings {
    fn default() -> Self {
        LogSettings {
            types: LogTypes::default(),
            destinations: vec![Destination::Stderr],
            stamp: StampFormat::EpochSeconds,
            format: LogFormat::Text,
            syslog: SyslogSettings::default(),
            connection_messages: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_types_holds_what_was_put_in() {
        let default = LogTypes::default();
        let on: Vec<_> = LogType::ALL.into_iter().filter(|kind| default.has(*kind)).collect();
        use LogType::*;
        assert_eq!(on, [Error, Warning, Notice, Information]);
        assert!(LogType::ALL.into_iter().all(|kind| LogTypes::ALL.has(kind)));
        assert!(!LogType::ALL.into_iter().any(|kind| LogTypes::NONE.has(kind)));
    }
}
