//! Exit codes: every way a subcommand ends, in one place.

use std::process::ExitCode;

use crate::cli::errors::text;

/// How a subcommand ended. The numbers are mosquitto's, so that scripts need no change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done. Also SIGINT and SIGTERM after CONNACK, all subscriptions denied, and a publish that
    /// the broker refused with a reason code.
    Success,
    /// 1: wrong usage, unreadable input, no connection: anything before the network loop. Also
    /// `--help` and `--version` of the tools called by mosquitto's names.
    Failure,
    /// 2: the broker broke the protocol.
    Protocol,
    /// 3: `broker` only: a wrong option or configuration.
    Configuration,
    /// 4: the broker ended the connection with DISCONNECT.
    Disconnected,
    /// 7: the connection was lost before the work was done.
    ConnectionLost,
    /// 8: TLS failed after the connection was made.
    Tls,
    /// 11: the proxy refused the user.
    ProxyAuthentication,
    /// 14: the operating system refused something in the network loop.
    System,
    /// 16: the proxy failed.
    Proxy,
    /// 19: no PINGRESP in time.
    KeepAlive,
    /// 21: the broker sent a malformed packet.
    Malformed,
    /// 27: `-W` elapsed after CONNACK.
    TimedOut,
    /// 28: `retained get` only: there is no such message.
    NothingThere,
    /// 255: ended by a signal or by `-W` before CONNACK.
    NotConnected,
    /// The code of a CONNACK that refused: 1 to 5 in version 3, 128 to 162 in version 5.
    Refused(u8),
}

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Protocol => 2,
            Exit::Configuration => 3,
            Exit::Disconnected => 4,
            Exit::ConnectionLost => 7,
            Exit::Tls => 8,
            Exit::ProxyAuthentication => 11,
            Exit::System => 14,
            Exit::Proxy => 16,
            Exit::KeepAlive => 19,
            Exit::Malformed => 21,
            Exit::TimedOut => 27,
            Exit::NothingThere => 28,
            Exit::NotConnected => 255,
            Exit::Refused(code) => code,
        }
    }

    /// The text that follows `Error: ` on stderr when a run ended this way; `None` where another
    /// text, or none, belongs. That of [`Exit::System`] is the system's own: see [`crate::cli::errors::system_text`].
    pub const fn error_text(self) -> Option<&'static str> {
        Some(match self {
            Exit::Protocol => text::PROTOCOL,
            Exit::Disconnected => "The client is not currently connected",
            Exit::ConnectionLost => text::CONNECTION_LOST,
            Exit::Tls => "A TLS error occurred",
            Exit::ProxyAuthentication => "Authorisation failed",
            Exit::Proxy => "Proxy error",
            Exit::KeepAlive => text::KEEP_ALIVE,
            Exit::Malformed => text::MALFORMED,
            Exit::Success
            | Exit::Failure
            | Exit::Configuration
            | Exit::System
            | Exit::TimedOut
            | Exit::NothingThere
            | Exit::NotConnected
            | Exit::Refused(_) => return None,
        })
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
