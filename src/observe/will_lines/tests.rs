use std::io::ErrorKind;

use super::*;
use crate::protocol::{Malformed, Violation};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_250);

fn line(fate: WillFate, cause: End) -> String {
    let mut out = Bounded::new(1000);
    let will = Settled { client_id: "sub", topic: "test", fate, cause };
    write_will(&mut out, &will, NOW, &StampFormat::EpochSeconds).unwrap();
    out.finish()
}

const OFFLINE: End = End::Lost(Lost::PeerClosed);
const MALFORMED: End = End::Broken(DecodeError::Malformed(Malformed::RemainingLength));
const VIOLATION: End = End::Broken(DecodeError::Violation(Violation::FirstPacketNotConnect));

/// What is published, in words: every way that a will can become due.
#[test]
fn published_says_why() {
    let golden = [
        (End::Disconnect(ReasonCode::DisconnectWithWill), "DISCONNECT asked for the will (0x04)"),
        (
            End::Disconnect(ReasonCode::ProtocolError),
            "DISCONNECT with an error (0x82, protocol error)",
        ),
        (OFFLINE, "connection closed without DISCONNECT"),
        (End::Lost(Lost::PeerReset), "connection reset without DISCONNECT"),
        (
            End::Lost(Lost::ReadError(ErrorKind::TimedOut)),
            "network failure: the client's machine does not answer (timed out)",
        ),
        (
            End::Lost(Lost::WriteError(ErrorKind::BrokenPipe)),
            "connection lost without DISCONNECT (writing: broken pipe)",
        ),
        (
            End::Lost(Lost::ReadError(ErrorKind::InvalidData)),
            "connection lost without DISCONNECT (reading: invalid data)",
        ),
        (End::Lost(Lost::ByServer), "closed by the broker"),
        (End::KeepAlive(5), "silent for 7.5 s, 1.5 times its keep-alive of 5 s"),
        (End::KeepAlive(60), "silent for 90 s, 1.5 times its keep-alive of 60 s"),
        (End::Server(ReasonCode::QuotaExceeded), "closed by the broker (0x97, quota exceeded)"),
        (
            End::TakenOver { session_continues: true },
            "another connection with the same client id took the session over",
        ),
        (
            End::TakenOver { session_continues: false },
            "another connection with the same client id ended the session",
        ),
        (End::Deleted, "an administrator deleted the session"),
        (End::SessionExpired, "the session expired"),
        (End::CleanStart, "the client came back with Clean Start"),
        (End::DelayOver, "the client did not come back within the will delay"),
        (End::Revoked(ReasonCode::AdministrativeAction), "an administrator ended the connection"),
        (End::Shutdown, "the broker stops"),
    ];
    for (cause, words) in golden {
        let expected = format!("will of 'sub' published to 'test': {words}");
        assert_eq!(line(WillFate::Published, cause), expected);
    }
}

#[test]
fn broken_bytes_are_named_by_kind_and_rule() {
    let malformed = line(WillFate::Published, MALFORMED);
    let start = "will of 'sub' published to 'test': malformed packet from the client (";
    assert!(malformed.starts_with(start) && malformed.len() > start.len() + 5, "{malformed}");
    let violation = line(WillFate::Published, VIOLATION);
    assert!(violation.contains(": protocol error from the client ("), "{violation}");
    let large = DecodeError::TooLarge { size: 70, max: 20 };
    let large = line(WillFate::Published, End::Broken(large));
    assert!(large.contains(": oversize packet from the client ("), "{large}");
}

#[test]
fn the_other_fates() {
    let golden = [
        (
            WillFate::Discarded,
            End::Disconnect(ReasonCode::Success),
            "will of 'sub' discarded: normal DISCONNECT",
        ),
        (
            WillFate::Discarded,
            End::Revoked(ReasonCode::AdministrativeAction),
            "will of 'sub' discarded: an administrator ended the connection",
        ),
        (
            WillFate::Waiting(NOW.plus_secs(4)),
            OFFLINE,
            "will of 'sub' to 'test' waits until 1700000004 (4 s) for the client to come back: \
             connection closed without DISCONNECT",
        ),
        (
            WillFate::Waiting(NOW.plus_millis(1_050)),
            End::Shutdown,
            "will of 'sub' to 'test' waits until 1700000001 (1.05 s) for the client to come back: \
             the broker stops",
        ),
        (
            WillFate::Cancelled,
            End::Resumed,
            "will of 'sub' to 'test' cancelled: the client came back in time",
        ),
        (
            WillFate::Cancelled,
            End::TakenOver { session_continues: true },
            "will of 'sub' to 'test' cancelled: another connection with the same client id took \
             the session over",
        ),
        (
            WillFate::Refused,
            End::DelayOver,
            "will of 'sub' not published: the client may not write to 'test' (it was due: the \
             client did not come back within the will delay)",
        ),
    ];
    for (fate, cause, expected) in golden {
        assert_eq!(line(fate, cause), expected);
    }
}

#[test]
fn every_fate_with_every_cause_is_one_line_of_plain_text() {
    let causes = [
        End::Disconnect(ReasonCode::Success),
        End::Disconnect(ReasonCode::DisconnectWithWill),
        End::Disconnect(ReasonCode::MessageRateTooHigh),
        OFFLINE,
        End::Lost(Lost::PeerReset),
        End::Lost(Lost::ReadError(ErrorKind::Other)),
        End::Lost(Lost::WriteError(ErrorKind::Other)),
        End::Lost(Lost::ByServer),
        End::KeepAlive(u16::MAX),
        MALFORMED,
        VIOLATION,
        End::Server(ReasonCode::ServerShuttingDown),
        End::TakenOver { session_continues: true },
        End::TakenOver { session_continues: false },
        End::Deleted,
        End::SessionExpired,
        End::CleanStart,
        End::Resumed,
        End::DelayOver,
        End::Revoked(ReasonCode::AdministrativeAction),
        End::Shutdown,
    ];
    let fates = [
        WillFate::Published,
        WillFate::Waiting(Timestamp::NEVER),
        WillFate::Discarded,
        WillFate::Cancelled,
        WillFate::Refused,
    ];
    let mut seen = std::collections::BTreeSet::new();
    for fate in fates {
        for cause in causes {
            let text = line(fate, cause);
            assert!(text.starts_with("will of 'sub' "), "{text}");
            assert!(!text.contains(char::is_control) && !text.ends_with('.'), "{text}");
            assert!(!text.contains("[cut]"), "{text}");
            assert!(seen.insert(text.clone()), "said twice: {text}");
        }
    }
}

#[test]
fn names_cannot_forge_a_line() {
    let mut out = Bounded::new(1000);
    let (client_id, topic) = ("a\nwill of 'b' discarded", "t\u{1b}[2J");
    let will = Settled { client_id, topic, fate: WillFate::Published, cause: OFFLINE };
    write_will(&mut out, &will, NOW, &StampFormat::None).unwrap();
    assert_eq!(
        out.finish(),
        r"will of 'a\nwill of 'b' discarded' published to 't\x1b[2J': connection closed without DISCONNECT"
    );
}
