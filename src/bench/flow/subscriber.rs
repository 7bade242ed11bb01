//! A subscriber: takes in deliveries, checks each, acknowledges them.

use std::io;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use super::thread::Local;
use super::wire::{Wire, acknowledge};
use crate::bench::dial::dismissed;
use crate::bench::frame::{Head, PINGREQ, Stamp};
use crate::bench::ledger::{Arrival, Ledger};

/// Reads in a row before others have their turn.
const READS_MAX: usize = 4;

pub(super) struct Subscriber {
    local: Rc<Local>,
    wire: Wire,
    first_publisher: u32,
    /// Its place in the progress of its publishers.
    place: usize,
    ledgers: Vec<Ledger>,
    /// Publishers whose progress has changed in this turn.
    touched: Vec<u32>,
}

/// What one read brought.
#[derive(Default)]
struct Turn {
    fresh: u64,
    doubled: u64,
    reordered: u64,
    /// Latencies that are equal in a row are recorded at once.
    sent_nanos: u64,
    run: u64,
}

impl Subscriber {
    pub(super) fn new(local: Rc<Local>, wire: Wire, number: u32) -> Subscriber {
        let (_, first_publisher, count) = local.common.filter(number);
        let place = local.common.place(number);
        let ledgers = (0..count).map(|_| Ledger::default()).collect();
        Subscriber { local, wire, first_publisher, place, ledgers, touched: Vec::new() }
    }

    /// Works until the connection is lost, or everybody leaves. Sends PINGREQ where it is due.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, is_ping_due: bool) -> Poll<io::Result<()>> {
        if is_ping_due {
            self.wire.append(&PINGREQ);
        }
        for _ in 0..READS_MAX {
            if !self.wire.write(cx)? {
                // Whoever does not take acknowledgements gets no more of them.
                return Poll::Pending;
            }
            let local = Rc::clone(&self.local);
            let mut scratch = local.scratch.borrow_mut();
            match self.wire.read(cx, &mut scratch) {
                Poll::Ready(Ok(received)) => {
                    let now = local.common.clock.elapsed_nanos();
                    let mut turn = Turn::default();
                    let (ledgers, touched) = (&mut self.ledgers, &mut self.touched);
                    let first = self.first_publisher;
                    self.wire.packets(&scratch, &received, |packet, small| {
                        let mut books = Books { ledgers, touched, first };
                        take(packet, small, &mut turn, &mut books, &local, now)
                    })?;
                    self.book(&turn, now);
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Says goodbye; whether it is out.
    pub(super) fn leave(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.wire.leave(cx)
    }

    /// How many deliveries have not come.
    pub(super) fn missing(&self) -> u64 {
        let gates = &self.local.common.publishers[self.first_publisher as usize..];
        let pairs = self.ledgers.iter().zip(gates);
        pairs.map(|(ledger, gate)| ledger.missing(gate.sent.load(Ordering::Acquire))).sum()
    }

    /// Books a turn, and tells publishers about it.
    fn book(&mut self, turn: &Turn, now: u64) {
        let local = &self.local;
        local.latency(turn.sent_nanos, turn.run, now);
        local.book(turn.fresh, turn.doubled, turn.reordered, now);
        for publisher in self.touched.drain(..) {
            let gate = &local.common.publishers[publisher as usize];
            let next = self.ledgers[(publisher - self.first_publisher) as usize].next();
            gate.progress[self.place].store(next, Ordering::Release);
            gate.wake();
        }
    }
}

struct Books<'a> {
    ledgers: &'a mut [Ledger],
    touched: &'a mut Vec<u32>,
    first: u32,
}

#[inline]
fn take(
    packet: Head<'_>,
    small: &mut Vec<u8>,
    turn: &mut Turn,
    books: &mut Books<'_>,
    local: &Local,
    now: u64,
) -> io::Result<()> {
    match packet {
        Head::Delivery { .. } | Head::Other { first: 0x62, body: [_, _, ..], .. } => {
            match acknowledge(&packet, small) {
                Some(stamp) => count(stamp, turn, books, local, now),
                None => Ok(()),
            }
        }
        // PINGRESP.
        Head::Other { first: 0xD0, .. } => Ok(()),
        Head::Other { first: 0xE0, body, .. } => Err(dismissed(body)),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[inline]
fn count(
    stamp: Stamp,
    turn: &mut Turn,
    books: &mut Books<'_>,
    local: &Local,
    now: u64,
) -> io::Result<()> {
    let place = stamp.publisher.wrapping_sub(books.first) as usize;
    let sent = || local.common.publishers[stamp.publisher as usize].sent.load(Ordering::Acquire);
    let taken = books.ledgers.get_mut(place).and_then(|it| it.take(stamp.sequence, sent));
    let Some(arrival) = taken else { return Err(io::ErrorKind::InvalidData.into()) };
    if books.touched.last() != Some(&stamp.publisher) && !books.touched.contains(&stamp.publisher) {
        books.touched.push(stamp.publisher);
    }
    match arrival {
        Arrival::New => turn.fresh += 1,
        Arrival::Late => {
            turn.fresh += 1;
            turn.reordered += 1;
        }
        Arrival::Again => {
            turn.doubled += 1;
            return Ok(());
        }
    }
    if stamp.nanos != turn.sent_nanos {
        local.latency(turn.sent_nanos, turn.run, now);
        turn.sent_nanos = stamp.nanos;
        turn.run = 0;
    }
    turn.run += 1;
    Ok(())
}
