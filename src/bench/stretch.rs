//! How far a stretch of publishing is, and whether it is over: all is there, or nothing comes any
//! more.

use std::time::Duration;

use crate::protocol::QoS;

use super::figures::BenchError;
use super::plan::{Pace, Plan, Stop};

/// Without any delivery for so long, what is missing at QoS 0 counts as lost.
const QUIET: Duration = Duration::from_secs(1);
/// The same where the broker has promised to deliver.
const QUIET_PROMISED: Duration = Duration::from_secs(5);
/// A stretch in which nothing moves for so long has no end.
pub(super) const STUCK: Duration = Duration::from_secs(30);

/// What all threads have done since their connections are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Messages published.
    pub(super) sent: u64,
    /// Messages finished with the broker: at QoS 0 written, otherwise acknowledged.
    pub(super) acked: u64,
    /// Different deliveries.
    pub(super) delivered: u64,
}

impl Counts {
    /// What was done since `before`.
    pub(super) const fn since(self, before: Counts) -> Counts {
        Counts {
            sent: self.sent - before.sent,
            acked: self.acked - before.acked,
            delivered: self.delivered - before.delivered,
        }
    }
}

/// A stretch of publishing. Moments are nanoseconds of one clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    qos: QoS,
    copies: u64,
    start_nanos: u64,
    deadline: Option<u64>,
    /// How many messages end it, if a number does.
    pub(super) count: Option<u64>,
    before: Counts,
    counts: Counts,
    /// When these last changed.
    moved_nanos: u64,
    /// When they last changed by more than by sending what windows were forgiven.
    heard_nanos: u64,
    is_forgiven: bool,
    is_halted: bool,
    /// Whether all publishers have sent everything.
    pub(super) has_sent: bool,
}

impl Stretch {
    /// One that begins now.
    pub(super) fn new(plan: &Plan, stop: Stop, before: Counts, now: u64) -> Stretch {
        let count = match (stop, plan.pace) {
            (Stop::Count(count), _) => Some(count),
            (Stop::Duration(time), Pace::Rate(rate)) => {
                Some((time.as_secs_f64() * f64::from(rate)).ceil() as u64)
            }
            (Stop::Duration(_), Pace::Window(_)) => None,
        };
        let deadline = match stop {
            Stop::Count(_) => None,
            Stop::Duration(time) => Some(now + time.as_nanos() as u64),
        };
        Stretch {
            qos: plan.qos,
            copies: plan.copies().into(),
            start_nanos: now,
            deadline,
            count,
            before,
            counts: before,
            moved_nanos: now,
            heard_nanos: now,
            is_forgiven: false,
            is_halted: false,
            has_sent: false,
        }
    }

    /// Takes in how far the threads are.
    pub(super) fn note(&mut self, counts: Counts, now: u64) {
        if counts == self.counts {
            return;
        }
        let is_acked = self.qos != QoS::AtMostOnce && counts.acked != self.counts.acked;
        let is_answered = is_acked || counts.delivered != self.counts.delivered;
        if is_answered || !self.is_forgiven {
            self.heard_nanos = now;
        }
        self.is_forgiven &= !is_answered;
        self.counts = counts;
        self.moved_nanos = now;
    }

    /// What was done in this stretch.
    pub(super) const fn done(&self) -> Counts {
        self.counts.since(self.before)
    }

    /// Messages without an acknowledgement, of all since the connections are open.
    pub(super) const fn unacknowledged(&self) -> u64 {
        self.counts.sent.saturating_sub(self.counts.acked)
    }

    /// How long it is until publishing has to stop, if a time says so and it has not stopped.
    pub(super) fn left(&self, now: u64) -> Option<Duration> {
        let deadline = self.deadline.filter(|_| !self.is_halted)?;
        Some(Duration::from_nanos(deadline.saturating_sub(now)))
    }

    /// Whether publishing has to stop now; answers `true` once.
    pub(super) fn halts(&mut self, now: u64, is_stopped: bool) -> bool {
        let is_late = self.deadline.is_some_and(|deadline| now >= deadline);
        let halts = !self.is_halted && (is_late || is_stopped);
        self.is_halted |= halts;
        halts
    }

    /// Whether publishers wait for deliveries that will not come; answers `true` once in a while.
    pub(super) fn forgives(&mut self, now: u64) -> bool {
        let forgives = !self.has_sent && self.is_quiet(now);
        if forgives {
            self.moved_nanos = now;
            self.is_forgiven = true;
        }
        forgives
    }

    /// Whether nothing has come for so long that what is missing will not come.
    fn is_quiet(&self, now: u64) -> bool {
        let quiet = match self.qos {
            QoS::AtMostOnce => QUIET,
            _ => QUIET_PROMISED,
        };
        now.saturating_sub(self.moved_nanos) > quiet.as_nanos() as u64
    }

    /// Whether everything is there, or will not come. A publisher whose writing is blocked does not
    /// keep a stretch open that was halted.
    ///
    /// # Errors
    /// Nothing moves, so that it will never be over.
    pub(super) fn is_over(&self, now: u64, is_stopped: bool) -> Result<bool, BenchError> {
        let done = self.done();
        let has_ended = self.has_sent || self.is_halted;
        if self.has_sent && self.is_settled() {
            return Ok(true);
        }
        // Where nothing was sent since windows were full before, nothing was measured either.
        if has_ended && self.is_quiet(now) && (done.sent > 0 || is_stopped) {
            return Ok(true);
        }
        if now.saturating_sub(self.heard_nanos) > STUCK.as_nanos() as u64 {
            return Err(self.stuck());
        }
        Ok(false)
    }

    /// Whether nothing of any stretch is missing.
    const fn is_settled(&self) -> bool {
        let Counts { sent, acked, delivered } = self.counts;
        acked >= sent && delivered >= sent * self.copies
    }

    fn stuck(&self) -> BenchError {
        let Counts { sent, acked, delivered } = self.counts;
        let acked = match self.qos {
            QoS::AtMostOnce => String::new(),
            _ => format!("{acked} are acknowledged, "),
        };
        BenchError::Lost(format!(
            "nothing has moved for {} s: {sent} messages were sent, {acked}{delivered} delivered",
            STUCK.as_secs()
        ))
    }

    /// How far it is, and of how much.
    pub(super) fn progress(&self, now: u64) -> (u64, u64) {
        match (self.count, self.deadline) {
            (Some(count), _) => (self.done().sent, count),
            (None, Some(deadline)) => {
                let total = deadline - self.start_nanos;
                ((now - self.start_nanos).min(total), total)
            }
            (None, None) => (0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::plan::{Death, Workload};
    use crate::protocol::Version;

    const SECOND: u64 = 1_000_000_000;

    fn stretch(qos: QoS, stop: Stop, before: Counts) -> Stretch {
        let plan = Plan {
            workload: Workload::FanIn,
            qos,
            version: Version::V311,
            properties: false,
            payload_bytes: 16,
            clients: 1,
            death: Death::Close,
            has_wills: false,
            pace: Pace::Window(10),
            stop,
            warm_up: Stop::Count(0),
            threads: 1,
        };
        Stretch::new(&plan, stop, before, 0)
    }

    fn counts(sent: u64, acked: u64, delivered: u64) -> Counts {
        Counts { sent, acked, delivered }
    }

    #[test]
    fn it_is_over_when_all_is_there() {
        let mut stretch = stretch(QoS::AtLeastOnce, Stop::Count(20), counts(5, 5, 4));
        // The one that was late has come.
        stretch.note(counts(25, 25, 24), SECOND);
        assert!(!stretch.is_over(SECOND, false).unwrap(), "not all sent");
        stretch.has_sent = true;
        assert!(!stretch.is_over(SECOND, false).unwrap(), "one is missing");
        stretch.note(counts(25, 25, 25), SECOND);
        assert!(stretch.is_over(SECOND, false).unwrap());
    }

    #[test]
    fn what_does_not_come_in_time_is_lost() {
        for (qos, late) in [(QoS::AtMostOnce, 1), (QoS::ExactlyOnce, 5)] {
            let mut stretch = stretch(qos, Stop::Count(20), Counts::default());
            stretch.note(counts(20, 20, 17), SECOND);
            stretch.has_sent = true;
            assert!(!stretch.is_over(SECOND * (late + 1), false).unwrap(), "{qos:?}");
            assert!(stretch.is_over(SECOND * (late + 1) + 1, false).unwrap(), "{qos:?}");
        }
    }

    /// Forgiving opens windows; that messages leave into nothing is no sign of life.
    #[test]
    fn a_broker_that_takes_messages_and_does_nothing_is_told() {
        let mut stretch = stretch(QoS::AtMostOnce, Stop::Count(1000), Counts::default());
        stretch.note(counts(10, 10, 0), SECOND);
        for second in 3..31 {
            assert!(stretch.forgives(second * SECOND + second));
            stretch.note(counts(second * 10, second * 10, 0), second * SECOND + second);
            assert!(!stretch.is_over(second * SECOND + second, false).unwrap());
        }
        let error = stretch.is_over(31 * SECOND + 1, false).unwrap_err().to_string();
        let told = "nothing has moved for 30 s: 300 messages were sent, 0 delivered";
        assert_eq!(error, told);
    }

    #[test]
    fn a_broker_that_acknowledges_nothing_is_told() {
        let mut stretch = stretch(QoS::AtLeastOnce, Stop::Count(1000), Counts::default());
        stretch.note(counts(10, 3, 2), SECOND);
        assert!(stretch.forgives(7 * SECOND), "it waits for deliveries");
        assert!(!stretch.is_over(31 * SECOND, false).unwrap());
        let error = stretch.is_over(31 * SECOND + 1, false).unwrap_err().to_string();
        assert!(
            error.ends_with("10 messages were sent, 3 are acknowledged, 2 delivered"),
            "{error}"
        );
    }

    /// A delivery after forgiving shows that the broker lives.
    #[test]
    fn any_answer_counts_as_movement() {
        let mut stretch = stretch(QoS::AtMostOnce, Stop::Count(1000), Counts::default());
        stretch.note(counts(10, 10, 0), SECOND);
        assert!(stretch.forgives(20 * SECOND));
        stretch.note(counts(20, 20, 1), 20 * SECOND);
        stretch.note(counts(30, 30, 1), 21 * SECOND);
        assert!(!stretch.is_over(51 * SECOND, false).unwrap());
        assert!(stretch.is_over(51 * SECOND + 1, false).is_err());
    }

    #[test]
    fn a_deadline_ends_it_although_a_publisher_cannot_write() {
        let time = Stop::Duration(Duration::from_secs(2));
        let mut stretch = stretch(QoS::AtLeastOnce, time, Counts::default());
        assert_eq!(stretch.left(SECOND), Some(Duration::from_secs(1)));
        stretch.note(counts(10, 3, 2), SECOND);
        assert!(!stretch.halts(SECOND, false));
        assert!(stretch.halts(2 * SECOND, false) && !stretch.halts(2 * SECOND, false));
        assert_eq!(stretch.left(2 * SECOND), None);
        assert!(!stretch.is_over(6 * SECOND, false).unwrap());
        assert!(stretch.is_over(6 * SECOND + 1, false).unwrap());
        assert_eq!(stretch.done(), counts(10, 3, 2));
    }

    /// Windows that the stretch before has filled let nothing leave: there is nothing to report.
    #[test]
    fn nothing_sent_is_no_result_unless_it_was_stopped() {
        let time = Stop::Duration(Duration::from_secs(2));
        let mut stretch = stretch(QoS::AtLeastOnce, time, counts(10, 3, 2));
        assert!(stretch.halts(2 * SECOND, false));
        stretch.has_sent = true;
        assert!(!stretch.is_over(30 * SECOND, false).unwrap());
        assert!(stretch.is_over(30 * SECOND, true).unwrap());
        assert!(stretch.is_over(30 * SECOND + 1, false).is_err());
    }
}
