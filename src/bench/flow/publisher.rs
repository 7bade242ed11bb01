//! A publisher: sends as its pace allows, takes acknowledgements.

use std::io;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use super::thread::Local;
use super::wire::Wire;
use crate::bench::dial::{dismissed, named};
use crate::bench::frame::{Head, PINGREQ};
use crate::bench::plan::{Pace, WINDOW_MAX};
use crate::protocol::QoS;

pub(super) struct Publisher {
    local: Rc<Local>,
    wire: Wire,
    number: u32,
    /// Sequence number of the next message, which is how many there were.
    next: u32,
    /// Below this number everything is acknowledged.
    acked: u32,
    /// At QoS 1 and 2: which messages are acknowledged, by packet identifier minus one. A message
    /// has the identifier of its number within the length of this.
    acks: Vec<bool>,
    /// Most messages that may be unfinished.
    window: u32,
    /// Below this number nothing is waited for, although it has not come.
    forgiven: u32,
    /// What it has taken up: the number of the last forgiveness, and that of the phase.
    forgiveness: u64,
    phase: u64,
    /// How many messages the phase asks for, if a number ends it, and how many were sent.
    quota: Option<u32>,
    sent: u32,
    /// Whether it has sent what the phase asks for.
    is_done: bool,
}

impl Publisher {
    /// `receive_maximum` is how many unacknowledged messages the broker takes.
    pub(super) fn new(
        local: Rc<Local>,
        wire: Wire,
        number: u32,
        receive_maximum: u16,
    ) -> Publisher {
        let plan = &local.common.plan;
        let window = match plan.pace {
            Pace::Window(window) => window,
            Pace::Rate(_) => WINDOW_MAX,
        };
        let is_acknowledged = plan.qos != QoS::AtMostOnce;
        let window = if is_acknowledged { window.min(receive_maximum.into()) } else { window };
        let acks = if is_acknowledged { vec![false; window as usize] } else { Vec::new() };
        Publisher {
            local,
            wire,
            number,
            next: 0,
            acked: 0,
            acks,
            window,
            forgiven: 0,
            forgiveness: 0,
            phase: 0,
            quota: None,
            sent: 0,
            is_done: true,
        }
    }

    /// Works until the connection is lost. Sends PINGREQ where it is due.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, is_ping_due: bool) -> Poll<io::Result<()>> {
        if is_ping_due {
            self.wire.append(&PINGREQ);
        }
        self.local.common.publishers[self.number as usize].register(cx.waker());
        self.follow();
        self.take_answers(cx)?;
        while self.wire.write(cx)? && !self.is_done {
            let count = self.allowed();
            if count > 0 {
                self.fill(count);
                continue;
            }
            if self.is_over() {
                self.is_done = true;
                self.local.publisher_is_done();
            }
            break;
        }
        Poll::Pending
    }

    /// Says goodbye; whether it is out.
    pub(super) fn leave(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.wire.leave(cx)
    }

    /// Takes up what the thread was told.
    fn follow(&mut self) {
        let local = &self.local;
        if self.phase != local.phase.get().number {
            self.phase = local.phase.get().number;
            self.sent = 0;
            self.is_done = false;
            let publishers = u64::from(local.common.plan.publishers());
            self.quota = local.phase.get().count.map(|count| {
                let extra = u64::from(u64::from(self.number) < count % publishers);
                (count / publishers + extra) as u32
            });
        }
        if self.forgiveness != local.forgiveness.get() {
            self.forgiveness = local.forgiveness.get();
            self.forgiven = self.next;
        }
    }

    /// Whether the phase asks for nothing more.
    fn is_over(&self) -> bool {
        self.local.is_halted.get() || self.quota.is_some_and(|quota| self.sent >= quota)
    }

    /// How many messages may leave now.
    fn allowed(&self) -> u32 {
        if self.is_over() {
            return 0;
        }
        let left = self.quota.unwrap_or(u32::MAX) - self.sent;
        // Numbers end before they repeat.
        let left = left.min(u32::MAX - 1 - self.next);
        let acked = if self.acks.is_empty() { self.next } else { self.acked };
        match self.local.common.plan.pace {
            Pace::Window(_) => {
                let gate = &self.local.common.publishers[self.number as usize];
                let finished = acked.min(gate.slowest().max(self.forgiven));
                let room = self.window.saturating_sub(self.next - finished);
                // A few at a time cost both sides more than many.
                let is_worth_it = room >= left || room >= self.window.div_ceil(4);
                if is_worth_it { room.min(left) } else { 0 }
            }
            Pace::Rate(_) => {
                let room = self.window.saturating_sub(self.next - acked);
                self.local.due(self.number).saturating_sub(self.sent).min(room).min(left)
            }
        }
    }

    /// Makes at most so many messages ready to be written.
    fn fill(&mut self, count: u32) {
        let local = &self.local;
        let now = local.common.clock.elapsed_nanos();
        let Some(batch) = self.wire.free_batch() else { return };
        let count = count.min(batch.len() as u32);
        let ids = self.acks.len().max(1) as u32;
        for place in 0..count {
            let sequence = self.next + place;
            let nanos = local.moment(self.number, self.sent + place).unwrap_or(now);
            if nanos != now {
                local.delay(now.saturating_sub(nanos));
            }
            batch.patch(place as usize, sequence, nanos, (sequence % ids + 1) as u16);
        }
        self.wire.send_batch(count as usize);
        self.next += count;
        self.sent += count;
        local.common.publishers[self.number as usize].sent.store(self.next, Ordering::Release);
        let meter = local.meter();
        meter.sent.fetch_add(count.into(), Ordering::Relaxed);
        if self.acks.is_empty() {
            meter.acked.fetch_add(count.into(), Ordering::Relaxed);
        }
    }

    /// Takes acknowledgements.
    fn take_answers(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let local = Rc::clone(&self.local);
        let mut scratch = local.scratch.borrow_mut();
        while let Poll::Ready(received) = self.wire.read(cx, &mut scratch) {
            let mut open =
                Open { acks: &mut self.acks, first: self.acked, end: self.next, fresh: 0 };
            self.wire
                .packets(&scratch, &received?, |packet, small| take(packet, small, &mut open))?;
            local.meter().acked.fetch_add(open.fresh, Ordering::Relaxed);
            while self.acked < self.next {
                let place = self.acked as usize % self.acks.len().max(1);
                match self.acks.get_mut(place) {
                    Some(ack) if *ack => *ack = false,
                    _ => break,
                }
                self.acked += 1;
            }
        }
        Ok(())
    }
}

/// Messages that were sent: the acknowledgement of which was taken, by packet identifier minus one.
struct Open<'a> {
    acks: &'a mut [bool],
    /// Below this number everything is acknowledged.
    first: u32,
    /// Behind the last one.
    end: u32,
    /// How many acknowledgements were the first of their message.
    fresh: u64,
}

impl Open<'_> {
    /// Takes an acknowledgement; `None` for an identifier that no message has. One that comes again is
    /// none.
    fn take(&mut self, packet_id: u16) -> Option<()> {
        let place = usize::from(packet_id).checked_sub(1)?;
        let ids = self.acks.len();
        let ack = self.acks.get_mut(place)?;
        let behind = (place + ids - self.first as usize % ids) % ids;
        if behind < (self.end - self.first) as usize && !*ack {
            *ack = true;
            self.fresh += 1;
        }
        Some(())
    }
}

/// Takes one packet of the broker.
fn take(packet: Head<'_>, small: &mut Vec<u8>, open: &mut Open<'_>) -> io::Result<()> {
    let broken = || io::Error::from(io::ErrorKind::InvalidData);
    let Head::Other { first, body, .. } = packet else { return Err(broken()) };
    match (first, body) {
        (0x40 | 0x50 | 0x70, [_, _, reason, ..]) if *reason >= 0x80 => {
            Err(io::Error::other(format!("the broker refuses a message: {}", named(*reason))))
        }
        (0x50, [high, low, ..]) => {
            small.extend_from_slice(&[0x62, 2, *high, *low]);
            Ok(())
        }
        (0x40 | 0x70, [high, low, ..]) => {
            open.take(u16::from_be_bytes([*high, *low])).ok_or_else(broken)
        }
        // PINGRESP.
        (0xD0, []) => Ok(()),
        (0xE0, body) => Err(dismissed(body)),
        _ => Err(broken()),
    }
}
