//! The fate of a will, and why, in words that a person understands.

use std::fmt::{self, Write};
use std::io::ErrorKind;

use crate::broker::event::{End, Lost, WillFate};
use crate::observe::causes;
use crate::observe::escape::{Bounded, Escaped};
use crate::observe::stamp::StampFormat;
use crate::protocol::{DecodeError, ReasonCode};
use crate::time::Timestamp;

/// What became of one will.
#[derive(Clone, Copy, Debug)]
pub struct Settled<'a> {
    /// Whose will it is.
    pub client_id: &'a str,
    /// Where it goes.
    pub topic: &'a str,
    /// What became of it …
    pub fate: WillFate,
    /// … and why.
    pub cause: End,
}

/// Writes the line. `at` is the present moment; `stamp` is how the log writes moments.
pub fn write_will(
    out: &mut Bounded,
    will: &Settled<'_>,
    at: Timestamp,
    stamp: &StampFormat,
) -> fmt::Result {
    let (id, topic, cause) = (Escaped(will.client_id), Escaped(will.topic), Cause(will.cause));
    match will.fate {
        WillFate::Published => write!(out, "will of '{id}' published to '{topic}': {cause}"),
        WillFate::Waiting(due) => write!(
            out,
            "will of '{id}' to '{topic}' waits until {} ({}) for the client to come back: {cause}",
            stamp.moment(due),
            Span { millis: due.since(at).as_millis() }
        ),
        WillFate::Discarded => write!(out, "will of '{id}' discarded: {cause}"),
        WillFate::Cancelled => write!(out, "will of '{id}' to '{topic}' cancelled: {cause}"),
        WillFate::Refused => write!(
            out,
            "will of '{id}' not published: the client may not write to '{topic}' (it was due: \
             {cause})"
        ),
    }
}

/// Why a connection or a wait ended, as one phrase without a final dot.
#[derive(Clone, Copy, Debug)]
pub struct Cause(pub End);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            End::Disconnect(ReasonCode::Success) => f.write_str("normal DISCONNECT"),
            End::Disconnect(ReasonCode::DisconnectWithWill) => {
                f.write_str("DISCONNECT asked for the will (0x04)")
            }
            End::Disconnect(reason) => {
                write!(f, "DISCONNECT with an error ({:#04x}, {})", reason as u8, words(reason))
            }
            End::Lost(lost) => write_lost(f, lost),
            End::KeepAlive(secs) => {
                let silent = Span { millis: u128::from(secs) * 1500 };
                write!(f, "silent for {silent}, 1.5 times its keep-alive of {secs} s")
            }
            End::Broken(error) => {
                write!(f, "{} from the client ({error})", fault(error))
            }
            End::Server(reason) => {
                write!(f, "closed by the broker ({:#04x}, {})", reason as u8, words(reason))
            }
            End::TakenOver { session_continues: true } => {
                f.write_str("another connection with the same client id took the session over")
            }
            End::TakenOver { session_continues: false } => {
                f.write_str("another connection with the same client id ended the session")
            }
            End::Deleted => f.write_str("an administrator deleted the session"),
            End::SessionExpired => f.write_str("the session expired"),
            End::CleanStart => f.write_str("the client came back with Clean Start"),
            End::Resumed => f.write_str("the client came back in time"),
            End::DelayOver => f.write_str("the client did not come back within the will delay"),
            End::Revoked(ReasonCode::NotAuthorized) => {
                f.write_str("the client would not be let in any more")
            }
            End::Revoked(_) => f.write_str("an administrator ended the connection"),
            End::Shutdown => f.write_str("the broker stops"),
            End::Restart => f.write_str("the broker ended without warning and has started again"),
        }
    }
}

fn write_lost(f: &mut fmt::Formatter<'_>, lost: Lost) -> fmt::Result {
    match lost {
        Lost::PeerClosed => f.write_str("connection closed without DISCONNECT"),
        Lost::PeerReset => f.write_str("connection reset without DISCONNECT"),
        Lost::ReadError(kind) | Lost::WriteError(kind) if is_of_network(kind) => {
            write!(
                f,
                "network failure: the client's machine does not answer ({})",
                causes::io_words(kind)
            )
        }
        Lost::ReadError(kind) => {
            write!(f, "connection lost without DISCONNECT (reading: {})", causes::io_words(kind))
        }
        Lost::WriteError(kind) => {
            write!(f, "connection lost without DISCONNECT (writing: {})", causes::io_words(kind))
        }
        Lost::ByServer => f.write_str("closed by the broker"),
    }
}

/// Whether the system has given a connection up: nobody answered TCP's probes, or acknowledged what
/// was sent, or there is no way there any more (W214).
const fn is_of_network(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TimedOut
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
    )
}

fn words(reason: ReasonCode) -> String {
    causes::words(reason)
}

/// The kind of mistake in the bytes of a client.
fn fault(error: DecodeError) -> &'static str {
    match error {
        DecodeError::Malformed(_) => "malformed packet",
        DecodeError::Violation(_) => "protocol error",
        DecodeError::TooLarge { .. } => "oversize packet",
        DecodeError::Unsupported(_) => "unsupported protocol",
    }
}

/// A span of time, in seconds with as many decimals as it has.
struct Span {
    millis: u128,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, millis) = (self.millis / 1000, self.millis % 1000);
        write!(f, "{secs}")?;
        if millis > 0 {
            let decimals = format!("{millis:03}");
            write!(f, ".{}", decimals.trim_end_matches('0'))?;
        }
        f.write_str(" s")
    }
}

#[cfg(test)]
mod tests;
