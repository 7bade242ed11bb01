//! The life of a will: [`admit`] (CONNECT), arm (accepted), [`settle`] (every end of a network
//! connection), due (its timer). Everybody else only calls these.

use std::sync::Arc;
use std::time::Duration;

use crate::broker::access;
use crate::broker::change::Change;
use crate::broker::depth::is_too_deep;
use crate::broker::event::{End, Event, WillFate};
use crate::broker::policy::{ListenerPolicy, Policy};
use crate::broker::publish::Publication;
use crate::broker::router::SessionKey;
use crate::broker::session::{Session, Stored};
use crate::broker::{Broker, Sink, Step};
use crate::protocol::{
    DecodeError, Message, MessageRef, PacketKind, ReasonCode, TopicName, Violation, Will,
};
use crate::time::Timestamp;

/// A will that was accepted with its CONNECT. It belongs to that connection.
#[derive(Clone, Debug)]
pub(super) struct ArmedWill {
    /// What is published, topic with mount point, without Will Delay Interval.
    pub message: Message,
    /// Will Delay Interval in seconds.
    pub delay_secs: u32,
    /// When it is due: set once its connection has ended.
    pub due_at: Option<Timestamp>,
    /// The administrator said that it does not go out (D11).
    pub is_withheld: bool,
}

/// A will whose moment has come, in the queue of this step.
#[derive(Debug)]
pub(super) struct DueWill {
    /// Whose it is: for access and No Local.
    pub owner: SessionKey,
    /// What is published.
    pub message: Message,
    /// Why now.
    pub cause: End,
    /// How long its client has been dead.
    pub dead_for: Duration,
}

/// Why a will may not be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inadmissible {
    /// The code for the CONNACK.
    pub reason: ReasonCode,
    /// The rule in words.
    pub rule: &'static str,
}

/// What is to happen to a will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Publish it now.
    Publish,
    /// Keep it until then.
    Wait(Timestamp),
    /// Never publish it.
    Discard,
    /// The session goes on in time: never publish it.
    Cancel,
}

/// What the decision depends on besides the cause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    /// The present moment.
    pub now: Timestamp,
    /// Will Delay Interval in seconds.
    pub delay_secs: u32,
    /// When the session ends unless it is resumed.
    pub session_ends_at: Timestamp,
    /// `will_on_takeover` (D4).
    pub will_on_takeover: bool,
    /// The administrator said that it does not go out (D11).
    pub is_withheld: bool,
    /// Sessions and wills survive the end of the broker.
    pub persists: bool,
    /// `compat mosquitto`.
    pub sides_with_mosquitto: bool,
}

/// The decision about a will when its connection ends, or when something happens while it waits.
pub(super) fn settle(cause: End, at: Circumstances) -> Verdict {
    if at.sides_with_mosquitto && is_forgotten_there(cause, at.delay_secs) {
        return Verdict::Discard;
    }
    match cause {
        End::Disconnect(ReasonCode::Success) => Verdict::Discard,
        End::Revoked(_) | End::Deleted if at.is_withheld => Verdict::Discard,
        End::Resumed => Verdict::Cancel,
        End::TakenOver { session_continues: true } if at.delay_secs > 0 => Verdict::Cancel,
        End::TakenOver { session_continues: true } if !at.will_on_takeover => Verdict::Discard,
        End::Shutdown if !at.persists || at.sides_with_mosquitto => Verdict::Publish,
        End::TakenOver { .. }
        | End::CleanStart
        | End::Deleted
        | End::SessionExpired
        | End::DelayOver => Verdict::Publish,
        End::Disconnect(_)
        | End::Lost(_)
        | End::KeepAlive(_)
        | End::Broken(_)
        | End::Server(_)
        | End::Revoked(_)
        | End::Shutdown
        | End::Restart => {
            let due = at.now.plus_secs(at.delay_secs).min(at.session_ends_at);
            if due <= at.now { Verdict::Publish } else { Verdict::Wait(due) }
        }
    }
}

/// Wills that mosquitto never publishes, against the standard: of a DISCONNECT with any reason but
/// 0x04 (D2, D3), of a second CONNECT, and delayed ones of sessions that a Clean Start ends.
const fn is_forgotten_there(cause: End, delay_secs: u32) -> bool {
    match cause {
        End::Disconnect(reason) => !matches!(reason, ReasonCode::DisconnectWithWill),
        End::Broken(DecodeError::Violation(violation)) => matches!(
            violation,
            Violation::SecondConnect | Violation::ReasonCode(PacketKind::Disconnect, _)
        ),
        End::CleanStart => true,
        End::TakenOver { session_continues: false } => delay_secs > 0,
        _ => false,
    }
}

/// Whether a will may be stored, and its stored form. Access control is asked apart: it needs to
/// know who the client is.
pub(super) fn admit(
    will: &Will<'_>,
    policy: &Policy,
    listener: &ListenerPolicy,
) -> Result<ArmedWill, Inadmissible> {
    let refuse = |reason, rule| Err(Inadmissible { reason, rule });
    if will.retain && !policy.retain_available {
        return refuse(ReasonCode::RetainNotSupported, "retain_available is false");
    }
    if will.qos > listener.qos_max {
        return refuse(ReasonCode::QoSNotSupported, "its QoS is above max_qos");
    }
    if policy.message_size_max > 0 && will.payload.len() > policy.message_size_max as usize {
        return refuse(ReasonCode::PacketTooLarge, "it is larger than message_size_limit");
    }
    if is_too_deep(will.topic.as_str()) {
        return refuse(ReasonCode::MalformedPacket, "its topic has more than 200 levels");
    }
    let mounted = listener.mount_point.as_ref().map(|mount| format!("{mount}{}", will.topic));
    let text = mounted.as_deref().unwrap_or(will.topic.as_str());
    let Ok(topic) = TopicName::new(text) else {
        return refuse(ReasonCode::TopicNameInvalid, "its topic with the mount point is no topic");
    };
    // D6; what mosquitto takes is refused when it is due.
    let is_taken = policy.sides_with_mosquitto && !access::is_control(topic);
    if !is_taken && !access::is_writable(topic) {
        return refuse(ReasonCode::TopicNameInvalid, "nobody may write to this topic");
    }
    let message = MessageRef {
        topic,
        qos: will.qos,
        retain: will.retain,
        properties: will.properties,
        payload: will.payload,
    };
    let message = Message::copy_of(message, Some(Arc::from(text)));
    Ok(ArmedWill { message, delay_secs: will.delay_secs, due_at: None, is_withheld: false })
}

impl Broker {
    /// Whether there is room for a will: all that are armed or wait are bounded together (W221).
    /// The one that the client has left before goes out or is cancelled first.
    pub(super) fn check_will_bytes(
        &self,
        client_id: &str,
        will: Option<&ArmedWill>,
    ) -> Result<(), Inadmissible> {
        let (Some(will), max) = (will, self.policy.will_bytes_total_max) else { return Ok(()) };
        let before = self.sessions.find(client_id).and_then(|key| self.sessions.at(key));
        let before = before.and_then(|session| session.will.as_ref());
        let others = self.stats.will_bytes - before.map_or(0, |will| will.message.size());
        if max > 0 && others + will.message.size() > max {
            let rule = "all wills together would be larger than max_will_bytes_total";
            return Err(Inadmissible { reason: ReasonCode::QuotaExceeded, rule });
        }
        Ok(())
    }

    /// Counts a will that is armed from now on.
    pub(super) fn count_will(&mut self, will: Option<&ArmedWill>) {
        if let Some(will) = will {
            self.stats.wills += 1;
            self.stats.will_bytes += will.message.size();
        }
    }

    /// Decides about the will of a session, if it has one, and carries the decision out as far as
    /// this step allows: what is to be published goes to the queue of the step.
    pub(super) fn settle_will(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        key: SessionKey,
        cause: End,
    ) {
        let Some(session) = self.sessions.at_mut(key) else { return };
        let Some(mut will) = session.will.take() else { return };
        let mut dead_for = silence(cause);
        if let Some(due_at) = will.due_at.take() {
            self.waiting_wills.remove(due_at, key);
            let waited_secs = will.delay_secs.min(session.expiry_secs);
            let ended_at = due_at.millis().saturating_sub(u64::from(waited_secs) * 1000);
            dead_for = step.now.since(Timestamp::from_millis(ended_at));
        }
        let circumstances = Circumstances {
            now: step.now,
            delay_secs: will.delay_secs,
            session_ends_at: session.ends_at(step.now),
            will_on_takeover: self.policy.will_on_takeover,
            is_withheld: will.is_withheld,
            persists: step.persists,
            sides_with_mosquitto: self.policy.sides_with_mosquitto,
        };
        let fate = match settle(cause, circumstances) {
            Verdict::Publish => {
                persist_gone(step, session);
                let message = will.message;
                self.due_wills.push_back(DueWill { owner: key, message, cause, dead_for });
                return;
            }
            Verdict::Wait(due_at) => {
                self.waiting_wills.insert(due_at, key);
                let fate = WillFate::Waiting(due_at);
                report_will(step, &session.client_id, &will.message, fate, cause, dead_for);
                will.due_at = Some(due_at);
                session.will = Some(will);
                session.persist_will(step);
                return;
            }
            Verdict::Discard => {
                self.stats.wills_discarded += 1;
                WillFate::Discarded
            }
            Verdict::Cancel => {
                self.stats.wills_cancelled += 1;
                WillFate::Cancelled
            }
        };
        self.stats.wills -= 1;
        self.stats.will_bytes -= will.message.size();
        persist_gone(step, session);
        report_will(step, &session.client_id, &will.message, fate, cause, dead_for);
    }

    /// Publishes what is due in this step, in order, one after the other: what one of them causes
    /// joins the end of the queue (W185, W186).
    pub(super) fn publish_due_wills(&mut self, step: &mut Step<'_, impl Sink>) {
        while let Some(DueWill { owner, message, cause, dead_for }) = self.due_wills.pop_front() {
            self.stats.wills -= 1;
            self.stats.will_bytes -= message.size();
            let Some(session) = self.sessions.at(owner) else { continue };
            let client_id = Arc::clone(&session.client_id);
            // D12: judged by the rules as they are now.
            if session.judge_write(message.topic()).is_err() {
                self.stats.wills_refused += 1;
                report_will(step, &client_id, &message, WillFate::Refused, cause, dead_for);
                continue;
            }
            self.stats.wills_published += 1;
            report_will(step, &client_id, &message, WillFate::Published, cause, dead_for);
            let mut publication = Publication::of_kept(&message, step.now, Some(owner));
            self.publish(step, &mut publication, None);
        }
    }
}

/// How long a client had been silent when its connection ended.
fn silence(cause: End) -> Duration {
    match cause {
        End::KeepAlive(secs) => Duration::from_millis(u64::from(secs) * 1500),
        _ => Duration::ZERO,
    }
}

/// Tells that the will of a session is settled.
fn persist_gone(step: &mut Step<'_, impl Sink>, session: &Session) {
    if session.stored != Stored::No {
        step.persist(Change::WillGone { session: session.key });
    }
}

fn report_will(
    step: &mut Step<'_, impl Sink>,
    client_id: &str,
    message: &Message,
    fate: WillFate,
    cause: End,
    dead_for: Duration,
) {
    step.report(Event::Will { client_id, topic: message.topic(), fate, cause, dead_for });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::event::Lost;
    use crate::protocol::{DecodeError, Malformed};

    const NOW: Timestamp = Timestamp::from_millis(5_000);

    fn at(delay_secs: u32, session_secs: u32) -> Circumstances {
        Circumstances {
            now: NOW,
            delay_secs,
            session_ends_at: NOW.plus_secs(session_secs),
            will_on_takeover: true,
            is_withheld: false,
            persists: false,
            sides_with_mosquitto: false,
        }
    }

    /// Ends of a connection that the session may outlive.
    fn ends() -> Vec<End> {
        let broken = End::Broken(DecodeError::Malformed(Malformed::Truncated));
        let mut ends = vec![
            End::Lost(Lost::PeerClosed),
            End::Lost(Lost::ByServer),
            End::KeepAlive(5),
            broken,
            End::Revoked(ReasonCode::AdministrativeAction),
        ];
        for reason in ReasonCode::all() {
            // D8: also a 0x00 that the server sends publishes.
            ends.push(End::Server(reason));
            if reason != ReasonCode::Success {
                ends.push(End::Disconnect(reason));
            }
        }
        ends
    }

    #[test]
    fn one_reason_code_discards_and_every_other_end_publishes_when_due() {
        assert_eq!(settle(End::Disconnect(ReasonCode::Success), at(0, 60)), Verdict::Discard);
        for end in ends() {
            let cases = [
                (0, 60, Verdict::Publish),
                (4, 0, Verdict::Publish),
                (4, 60, Verdict::Wait(NOW.plus_secs(4))),
                (20, 2, Verdict::Wait(NOW.plus_secs(2))),
                (u32::MAX, 3, Verdict::Wait(NOW.plus_secs(3))),
            ];
            for (delay, session, verdict) in cases {
                assert_eq!(settle(end, at(delay, session)), verdict, "{end:?} {delay} {session}");
            }
        }
    }

    #[test]
    fn takeover_cancels_in_one_cell_only() {
        let of = |session_continues, delay, will_on_takeover| {
            let circumstances = Circumstances { will_on_takeover, ..at(delay, 60) };
            settle(End::TakenOver { session_continues }, circumstances)
        };
        assert_eq!(of(true, 4, true), Verdict::Cancel);
        assert_eq!(of(true, 0, true), Verdict::Publish);
        assert_eq!(of(false, 0, true), Verdict::Publish);
        assert_eq!(of(false, 4, true), Verdict::Publish);
        // D4, mosquitto's side.
        assert_eq!(of(true, 0, false), Verdict::Discard);
        assert_eq!(of(true, 4, false), Verdict::Cancel);
        assert_eq!(of(false, 4, false), Verdict::Publish);
    }

    #[test]
    fn what_settles_a_will_that_waits() {
        for (cause, verdict) in [
            (End::DelayOver, Verdict::Publish),
            (End::SessionExpired, Verdict::Publish),
            (End::CleanStart, Verdict::Publish),
            (End::Shutdown, Verdict::Publish),
            (End::Resumed, Verdict::Cancel),
        ] {
            assert_eq!(settle(cause, at(4, 60)), verdict, "{cause:?}");
        }
    }

    #[test]
    fn where_wills_survive_the_stop_delays_their_moment_stays() {
        for end in [End::Shutdown, End::Restart] {
            let of = |delay, session| {
                settle(end, Circumstances { persists: true, ..at(delay, session) })
            };
            assert_eq!(of(0, 60), Verdict::Publish);
            assert_eq!(of(4, 0), Verdict::Publish);
            assert_eq!(of(4, 60), Verdict::Wait(NOW.plus_secs(4)));
            assert_eq!(of(20, 2), Verdict::Wait(NOW.plus_secs(2)));
        }
    }

    #[test]
    fn administrator_may_withhold_it() {
        let withheld = Circumstances { is_withheld: true, ..at(0, 60) };
        assert_eq!(settle(End::Revoked(ReasonCode::Banned), withheld), Verdict::Discard);
    }
}
