//! The rates of a client: what it sends beyond them stays where it is, in our hands as far as it was
//! read and in the system's for the rest, until there is room.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::waiting::{Stashed, Wait};
use super::{Connection, Read};
use crate::broker::event::Input;
use crate::broker::rate::{Rates, Spent};
use crate::protocol::{Connect, Packet};
use crate::time::Timestamp;

/// The shortest pause, in milliseconds: what may be sent meanwhile is handed in at once then.
const PAUSE_MILLIS_MIN: u64 = 50;
/// A pause whose end the clock cannot name; it is looked at again then.
const LONG: Duration = Duration::from_secs(3600);

/// What the client of a connection may send, and has sent.
#[derive(Debug)]
pub(super) struct Pace {
    rates: Rates,
    spent: Spent,
    /// Somebody waits for it to be read to the end, so everything counts, but nothing waits.
    is_hurried: bool,
}

impl Connection {
    /// Looks whether the rates of the client are limited. Before CONNECT is
    /// applied it is not known whose rates count.
    pub(super) fn look_at_rates(&mut self) {
        let rates = self.local.rates(self.listener);
        if rates.is_off() || !self.has_connected() {
            self.pace = None;
            return;
        }
        let is_hurried = self.is_hurried();
        if let Some(pace) = &mut self.pace {
            (pace.rates, pace.is_hurried) = (rates, is_hurried);
            return;
        }
        let spent = self.local.shared.core().broker.spent(self.id).unwrap_or_default();
        self.pace = Some(Box::new(Pace { rates, spent, is_hurried }));
    }

    fn is_hurried(&self) -> bool {
        let mut outputs = self.local.outputs.borrow_mut();
        let when_idle = outputs.find_open(self.id).and_then(|open| open.when_idle.as_ref());
        when_idle.is_some_and(|done| !done.is_closed())
    }

    /// Counts a packet. Where there is no room for it, it is not counted, and the answer is when to
    /// try again.
    pub(super) fn charge(&mut self, packet: &Packet<'_>, length: usize) -> Option<Timestamp> {
        let pace = self.pace.as_deref_mut()?;
        let now = self.local.shared.clock.now();
        let messages = u64::from(matches!(packet, Packet::Publish(_)));
        let bytes = length as u64;
        let room_at = pace.spent.room_at(now, pace.rates, messages, bytes);
        if room_at > now && !pace.is_hurried {
            return Some(room_at.max(now.plus_millis(PAUSE_MILLIS_MIN)));
        }
        pace.spent.add(now, pace.rates, messages, bytes);
        None
    }

    /// What the client has used, for the core to know. `None` without rates.
    pub(super) fn pace_used(&self) -> Option<Input<'static>> {
        let spent = self.pace.as_deref()?.spent;
        Some(Input::Paced { conn: self.id, spent, slowed_until: None })
    }

    /// Tells the core when the client is slowed, or has it disconnected instead. What waits then, if
    /// anything does.
    pub(super) fn tell_pace(&mut self, stashed: Option<Box<Stashed>>) -> Option<Box<Stashed>> {
        let Some(Pace { spent, .. }) = self.pace.as_deref() else { return stashed };
        let Wait::Room(until) = stashed.as_ref()?.why else { return stashed };
        let (conn, spent) = (self.id, *spent);
        let is_too_fast = self.local.settings().rate_disconnects;
        self.local.turn(|turn| match is_too_fast {
            true => turn.handle(Input::TooFast { conn }),
            false => turn.handle(Input::Paced { conn, spent, slowed_until: Some(until) }),
        });
        stashed.filter(|_| !is_too_fast)
    }

    /// When there is room for the will of a CONNECT, if not now (W220).
    pub(super) fn will_room(&self, connect: &Connect<'_>) -> Option<Timestamp> {
        let will = connect.will.as_ref()?;
        if self.local.rates(self.listener).is_off() {
            return None;
        }
        let settings = self.local.settings();
        let shown = &self.entering.as_deref()?.shown;
        let client_id = settings.client_id(self.listener, connect, shown)?;
        let now = self.local.shared.clock.now();
        let bytes = will.topic.as_str().len() + will.payload.len();
        let mut core = self.local.shared.core();
        let room_at = core.broker.will_room_at(now, self.listener, client_id, bytes);
        (room_at > now).then_some(room_at)
    }

    /// Waits for room; whether the connection goes on. What is to be sent is sent meanwhile.
    pub(super) async fn rest(&mut self, until: Timestamp) -> bool {
        let mut pause = pin!(match self.local.shared.clock.instant_of(until) {
            Some(instant) => sleep_until(Instant::from_std(instant)),
            None => sleep(LONG),
        });
        loop {
            match std::future::poll_fn(|cx| self.poll_rest(cx, pause.as_mut())).await {
                Some(Read::Drained) => self.local.turn(|turn| turn.on_drained(self.id)),
                Some(_) => return false,
                None => return true,
            }
        }
    }

    /// `None` when the rest is over.
    fn poll_rest(&self, cx: &mut Context<'_>, pause: Pin<&mut Sleep>) -> Poll<Option<Read>> {
        let read = {
            let mut outputs = self.local.outputs.borrow_mut();
            self.look_at_output(&mut outputs, cx)
        };
        if read.is_some() {
            return Poll::Ready(read);
        }
        if self.is_hurried() {
            return Poll::Ready(None);
        }
        pause.poll(cx).map(|()| None)
    }
}
