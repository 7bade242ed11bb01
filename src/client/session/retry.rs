//! Connecting again where somebody asked for it: which ends are worth another attempt, how many
//! there are, and when the next one comes.

use super::event::{Cause, Effect, Event, Sink};
use super::{Phase, Session};
use crate::protocol::ReasonCode;
use crate::time::Timestamp;

/// Asks for more attempts than the plain rule of [`super::settings::Settings::reconnect`] makes:
/// also when the first connection does not come to be, and when the server refuses it for the
/// moment only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in a row that follow one that failed; `None` is no bound.
    pub attempts_max: Option<u32>,
    /// Shortens every delay by up to a quarter, so that many clients do not come back at once; the
    /// same seed always in the same way. 0 leaves the delays as they are.
    pub jitter_seed: u64,
}

impl Retry {
    /// Whether another attempt may go better.
    fn is_worth(self, cause: Cause) -> bool {
        match cause {
            Cause::Refused(reason) => is_temporary(reason),
            // Whoever took our place would lose it again: both would go on for ever.
            Cause::Disconnected(ReasonCode::SessionTakenOver) => false,
            Cause::Disconnected(reason) if is_final(reason) => false,
            _ => cause.may_retry(false),
        }
    }

    /// The delay in milliseconds before the attempt that follows this many failures.
    fn delay_millis(self, exact: u64, failures: u32) -> u64 {
        if self.jitter_seed == 0 {
            return exact;
        }
        let lot = mixed(self.jitter_seed.wrapping_add(u64::from(failures))) % 1024;
        exact - exact / 4 * lot / 1024
    }
}

/// Whether a server that refuses with this reason may accept the same CONNECT later.
pub const fn is_temporary(reason: ReasonCode) -> bool {
    matches!(
        reason,
        ReasonCode::ServerUnavailable
            | ReasonCode::ServerBusy
            | ReasonCode::QuotaExceeded
            | ReasonCode::ConnectionRateExceeded
    )
}

/// Whether a server that disconnects with this reason does not want us back.
const fn is_final(reason: ReasonCode) -> bool {
    matches!(
        reason,
        ReasonCode::NotAuthorized
            | ReasonCode::Banned
            | ReasonCode::BadAuthenticationMethod
            | ReasonCode::ServerMoved
    )
}

/// A number that looks random (the finalizer of splitmix64).
const fn mixed(seed: u64) -> u64 {
    let mut bits = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

impl Session {
    /// Whether the end of a connection is not the end of the session.
    pub(super) fn may_retry(&self, cause: Cause) -> bool {
        if self.settings.is_led {
            return true;
        }
        match self.settings.retry {
            None => self.was_open && cause.may_retry(self.settings.ends_with_the_server),
            Some(retry) => retry.is_worth(cause),
        }
    }

    /// A connection has failed or ended: waits for the next one, or ends.
    pub(super) fn wait_or_end(&mut self, now: Timestamp, cause: Cause, out: &mut impl Sink) {
        if self.settings.is_led {
            return self.wait_to_be_led(cause, out);
        }
        self.failures = self.failures.saturating_add(1);
        let retry = self.settings.retry.unwrap_or_default();
        let is_exhausted = retry.attempts_max.is_some_and(|max| self.failures > max);
        match self.settings.reconnect {
            Some(delay) if self.may_retry(cause) && !is_exhausted => {
                let millis = retry.delay_millis(delay.after(self.failures), self.failures);
                let until = now.plus_millis(millis);
                self.phase = Phase::Waiting { until };
                out.effect(Effect::Report(Event::Waiting { cause, until }));
            }
            _ => self.end(cause, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_shortened_by_a_quarter_at_most() {
        let retry = Retry { attempts_max: None, jitter_seed: 42 };
        let delays: Vec<u64> =
            (1..=200).map(|failures| retry.delay_millis(1000, failures)).collect();
        assert!(delays.iter().all(|delay| (750..=1000).contains(delay)), "{delays:?}");
        assert!(delays.iter().any(|delay| *delay < 800), "{delays:?}");
        assert!(delays.iter().any(|delay| *delay > 950), "{delays:?}");
        assert_eq!(retry.delay_millis(1000, 1), delays[0], "the same seed, the same delay");
        assert_eq!(Retry::default().delay_millis(1000, 1), 1000);
        assert_eq!(retry.delay_millis(0, 1), 0);
    }

    #[test]
    fn what_will_not_change_is_not_tried_again() {
        let retry = Retry::default();
        for (cause, is_worth) in [
            (Cause::OpenFailed, true),
            (Cause::Lost, true),
            (Cause::Silent, true),
            (Cause::Disconnected(ReasonCode::ServerShuttingDown), true),
            (Cause::Disconnected(ReasonCode::SessionTakenOver), false),
            (Cause::Disconnected(ReasonCode::NotAuthorized), false),
            (Cause::Refused(ReasonCode::ServerUnavailable), true),
            (Cause::Refused(ReasonCode::ServerBusy), true),
            (Cause::Refused(ReasonCode::NotAuthorized), false),
            (Cause::Refused(ReasonCode::BadUserNameOrPassword), false),
            (Cause::Violation(ReasonCode::ProtocolError), false),
            (Cause::Requested, false),
        ] {
            assert_eq!(retry.is_worth(cause), is_worth, "{cause:?}");
        }
    }
}
