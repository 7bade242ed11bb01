//! The first steps of a connection, up to the answer to CONNECT.

use super::event::{Cause, Effect, Sink};
use super::keep_alive::KeepAlive;
use super::{After, Phase, Session};
use crate::protocol::Packet;
use crate::time::Timestamp;

impl Session {
    pub(super) fn on_start(&mut self, out: &mut impl Sink) {
        if matches!(self.phase, Phase::New) {
            self.phase = Phase::Opening;
            out.effect(Effect::Open);
        }
    }

    pub(super) fn on_opened(&mut self, now: Timestamp, out: &mut impl Sink) {
        if !matches!(self.phase, Phase::Opening) {
            return;
        }
        self.was_open = true;
        self.keep_alive = KeepAlive::new(self.settings.keep_alive_secs, now);
        self.phase = Phase::Connecting { deadline: self.connack_deadline(now) };
        let connect = self.settings.connect(&self.client_id);
        out.effect(Effect::Send(Packet::Connect(Box::new(connect))));
    }

    /// CONNACK has as long as a PINGRESP; without keep-alive there is no bound.
    fn connack_deadline(&self, now: Timestamp) -> Timestamp {
        match self.settings.keep_alive_secs {
            0 => Timestamp::NEVER,
            secs => now.plus_secs(u32::from(secs)),
        }
    }

    /// The server has refused the CONNECT.
    pub(super) fn close_refused(&mut self, cause: Cause, out: &mut impl Sink) {
        let may_retry = self.may_retry(cause);
        self.phase =
            Phase::Closing(if may_retry { After::Retry(cause) } else { After::End(cause) });
        out.effect(Effect::Close);
    }
}
