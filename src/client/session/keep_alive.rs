//! Keep-alive from the client's side.
//!
//! PINGREQ is due when nothing was sent, or nothing was received, for the whole interval: the
//! first keeps the server from closing [MQTT-3.1.2-20], the second finds a server that is gone
//! while we publish. If nothing at all comes for another interval, the connection is given up;
//! a PINGRESP that is stuck behind other traffic only makes us ask again.

use super::Session;
use super::event::Timer;
use crate::time::Timestamp;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeepAlive {
    secs: u16,
    last_received: Timestamp,
    last_sent: Timestamp,
    ping_sent: Option<Timestamp>,
}

/// What the timer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Ping,
    Silent,
}

impl KeepAlive {
    /// Begins with a new connection. `secs` 0 is off.
    pub fn new(secs: u16, now: Timestamp) -> Self {
        KeepAlive { secs, last_received: now, last_sent: now, ping_sent: None }
    }

    /// The interval in seconds; 0 is off.
    pub fn secs(&self) -> u16 {
        self.secs
    }

    /// Server Keep Alive [MQTT-3.2.2-21].
    pub fn set_secs(&mut self, secs: u16) {
        self.secs = secs;
    }

    pub fn on_sent(&mut self, now: Timestamp) {
        self.last_sent = now;
    }

    pub fn on_received(&mut self, now: Timestamp) {
        self.last_received = now;
    }

    pub fn on_ping_sent(&mut self, now: Timestamp) {
        self.ping_sent = Some(now);
    }

    pub fn on_pingresp(&mut self) {
        self.ping_sent = None;
    }

    pub fn deadline(&self) -> Option<(Timestamp, Timer)> {
        if self.secs == 0 {
            return None;
        }
        let secs = u32::from(self.secs);
        Some(match self.ping_sent {
            Some(at) => (at.plus_secs(secs), Timer::PingResp),
            None => (self.last_sent.min(self.last_received).plus_secs(secs), Timer::Ping),
        })
    }

    pub fn due(&self, now: Timestamp) -> Due {
        match self.deadline() {
            Some((at, Timer::PingResp)) if at <= now && !self.is_heard() => Due::Silent,
            Some((at, _)) if at <= now => Due::Ping,
            _ => Due::Nothing,
        }
    }

    /// Whether anything came since PINGREQ was sent.
    fn is_heard(&self) -> bool {
        self.ping_sent.is_none_or(|at| self.last_received > at)
    }
}

impl Session {
    /// Nothing was read on purpose until now: that nothing came does not mean that the server is
    /// gone.
    pub fn excuse_silence(&mut self, now: Timestamp) {
        self.keep_alive.on_received(now);
    }
}
