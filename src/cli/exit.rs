//! Exit codes: every way a subcommand ends, in one place.

use std::process::ExitCode;

use crate::cli::errors::text;
use crate::protocol::ReasonCode;

/// How a subcommand ended. The numbers are mosquitto's, so that scripts need no change; with
/// `--strict` some ends that share a number have one of their own, which stands second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done. Also SIGINT and SIGTERM after CONNACK.
    Success,
    /// 0, 41: the broker denied all subscriptions; with `--strict` one is enough.
    SubscriptionDenied,
    /// 0, 42: the broker refused a message with a reason code.
    MessageRefused,
    /// 0, 43: ended by a signal, by a closed stdout or by `--retained-only` before all messages of
    /// `-C` had come.
    Incomplete,
    /// 1: wrong usage, unreadable input: anything before the network. Also `--help` and `--version`
    /// of the tools called by mosquitto's names.
    Failure,
    /// 1, 40: the host is unknown, or no address of it takes the connection.
    Unreachable,
    /// 2, 45: the broker broke the protocol.
    Protocol,
    /// 3: `broker` only: a wrong option or configuration.
    Configuration,
    /// 4, 46: the broker ended the connection with DISCONNECT.
    Disconnected,
    /// 0, 46: `rr` only: the same.
    DisconnectedUnanswered,
    /// 4, 40: the proxy cannot reach the broker.
    ProxyUnreachable,
    /// 7: the connection was lost before the work was done.
    ConnectionLost,
    /// 7, 42: the broker does not take such a message: its QoS is too high, or it is too large.
    MessageNotTaken,
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
    /// 24, 42: `rr` only: the broker does not take this QoS.
    QoSNotSupported,
    /// 25, 42: `rr` only: the request is larger than the broker takes.
    PacketTooLarge,
    /// 27: `-W` elapsed after CONNACK.
    TimedOut,
    /// 28: `retained get` only: there is no such message.
    NothingThere,
    /// 30: `check` only: something differs from what is expected.
    Differs,
    /// 31: `bench` only: the broker broke the promise of a QoS.
    PromiseBroken,
    /// 255: ended by a signal before CONNACK; `bench`: before anything was measured.
    NotConnected,
    /// 255, 27: `-W` elapsed before CONNACK.
    TimedOutUnconnected,
    /// `broker --exec` only: the exit code of the command, or 128 and the number of the signal that
    /// ended it.
    Command(u8),
    /// The code of a CONNACK that refused: 1 to 5 in version 3, 128 to 162 in version 5. With
    /// `--strict` 1 is 132, which says the same in version 5.
    Refused(u8),
}

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Success
            | Exit::SubscriptionDenied
            | Exit::MessageRefused
            | Exit::DisconnectedUnanswered
            | Exit::Incomplete => 0,
            Exit::Failure | Exit::Unreachable => 1,
            Exit::Protocol => 2,
            Exit::Configuration => 3,
            Exit::Disconnected | Exit::ProxyUnreachable => 4,
            Exit::ConnectionLost | Exit::MessageNotTaken => 7,
            Exit::Tls => 8,
            Exit::ProxyAuthentication => 11,
            Exit::System => 14,
            Exit::Proxy => 16,
            Exit::KeepAlive => 19,
            Exit::Malformed => 21,
            Exit::QoSNotSupported => 24,
            Exit::PacketTooLarge => 25,
            Exit::TimedOut => 27,
            Exit::NothingThere => 28,
            Exit::Differs => 30,
            Exit::PromiseBroken => 31,
            Exit::NotConnected | Exit::TimedOutUnconnected => 255,
            Exit::Refused(code) | Exit::Command(code) => code,
        }
    }

    /// The number that the shell sees with `--strict`: no two kinds of end share one.
    pub const fn strict_code(self) -> u8 {
        match self {
            Exit::Unreachable | Exit::ProxyUnreachable => 40,
            Exit::SubscriptionDenied => 41,
            Exit::MessageRefused
            | Exit::MessageNotTaken
            | Exit::QoSNotSupported
            | Exit::PacketTooLarge => 42,
            Exit::Incomplete => 43,
            Exit::Protocol => 45,
            Exit::Disconnected | Exit::DisconnectedUnanswered => 46,
            Exit::TimedOutUnconnected => Exit::TimedOut.code(),
            Exit::Refused(1) => ReasonCode::UnsupportedProtocolVersion as u8,
            exit => exit.code(),
        }
    }

    /// The text that follows `Error: ` on stderr when a run ended this way; `None` where another
    /// text, or none, belongs. That of [`Exit::System`] is the system's own: see [`crate::cli::errors::system_text`].
    pub const fn error_text(self) -> Option<&'static str> {
        Some(match self {
            Exit::Protocol => text::PROTOCOL,
            Exit::Disconnected | Exit::ProxyUnreachable => "The client is not currently connected",
            Exit::ConnectionLost | Exit::MessageNotTaken => text::CONNECTION_LOST,
            Exit::Tls => "A TLS error occurred",
            Exit::ProxyAuthentication => "Authorisation failed",
            Exit::Proxy => "Proxy error",
            Exit::KeepAlive => text::KEEP_ALIVE,
            Exit::Malformed => text::MALFORMED,
            Exit::QoSNotSupported => "Requested QoS not supported on server",
            Exit::PacketTooLarge => "Packet larger than supported by the server",
            Exit::Success
            | Exit::SubscriptionDenied
            | Exit::MessageRefused
            | Exit::DisconnectedUnanswered
            | Exit::Incomplete
            | Exit::Failure
            | Exit::Unreachable
            | Exit::TimedOutUnconnected
            | Exit::Configuration
            | Exit::System
            | Exit::TimedOut
            | Exit::Differs
            | Exit::PromiseBroken
            | Exit::NothingThere
            | Exit::NotConnected
            | Exit::Command(_)
            | Exit::Refused(_) => return None,
        })
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// What the numbers mean with `--strict`, as help and man pages say it.
pub const STRICT: &str = "  0          everything was done that was asked for
  1          the command line is wrong, or input or a file cannot be read
  2-5        the broker refuses the connection, MQTT 3: 2 the client id, 3 it is unavailable, 4 bad
             user name or password, 5 not authorised
  128-162    the broker refuses the connection with this reason code: 132 the protocol version (MQTT
             3 too), 133 the client id, 134 bad user name or password, 135 not authorized, 136 it is
             unavailable, ...
  7          the connection was lost
  11         the proxy refuses the user, or its rules do not allow the connection
  16         the proxy failed
  19         the broker did not answer in time
  21         the broker sent something unreadable
  27         the time of -W was over, connected or not
  40         unreachable: the host is unknown, or nobody takes the connection there
  41         a subscription was denied; one of several is enough
  42         the broker refused a message, or takes none so large or of such a QoS
  43         it ended before all messages of -C had come: by a signal, --retained-only, or because
             nobody reads standard output
  45         the broker broke the protocol
  46         the broker ended the connection (MQTT 5)
  255        a signal came before the broker had accepted the connection
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strictly_no_two_kinds_of_end_share_a_number() {
        let ends = [
            Exit::Success,
            Exit::SubscriptionDenied,
            Exit::MessageRefused,
            Exit::Incomplete,
            Exit::Failure,
            Exit::Unreachable,
            Exit::Protocol,
            Exit::Configuration,
            Exit::Disconnected,
            Exit::ConnectionLost,
            Exit::Tls,
            Exit::ProxyAuthentication,
            Exit::System,
            Exit::Proxy,
            Exit::KeepAlive,
            Exit::Malformed,
            Exit::TimedOut,
            Exit::NothingThere,
            Exit::NotConnected,
            Exit::Refused(2),
            Exit::Refused(4),
            Exit::Refused(5),
            Exit::Refused(132),
            Exit::Refused(135),
        ];
        let mut codes: Vec<u8> = ends.iter().map(|exit| exit.strict_code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ends.len(), "{codes:?}");
    }
}
