//! A connection as its output sees it: unsent bytes, the stream, who to wake.

use std::io::{self, IoSlice};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use rustix::io::{Errno, writev};
use rustix::net::{SendFlags, send};
use tokio::sync::oneshot;

use crate::link::{Outbox, Pool, SLICES_MAX};
use crate::server::accept::Place;
use crate::server::parking::{Manner, Stirred};
use crate::server::stats::Counters;
use crate::transport::Stream;

/// The sending side of a connection. There is one for each, so it is small: most connections are
/// quiet.
#[derive(Debug)]
pub(super) struct Output {
    /// What is not written yet.
    pub(super) outbox: Outbox,
    /// Who looks after the connection.
    pub(super) keeper: Keeper,
    /// The core has closed the connection.
    pub(super) is_closing: bool,
    /// The core was told that there is no room, and waits to hear that there is.
    pub(super) is_full: bool,
    /// Writing failed: output is thrown away from now on, reading goes on.
    pub(super) write_error: Option<io::ErrorKind>,
    /// The next flush comes here.
    pub(super) is_touched: bool,
    /// It stands in the list of those that may become quiet.
    pub(super) is_listed: bool,
}

/// Who looks after a connection.
#[derive(Debug)]
pub(super) enum Keeper {
    /// A task of its own.
    Task(Box<Open>),
    /// The one that looks after all quiet connections of the thread.
    Parking(Parked),
    /// Nobody: the system did not let its stream change hands.
    Nobody,
}

/// What a connection with a task has.
#[derive(Debug)]
pub(super) struct Open {
    /// Given back at the end.
    pub(super) place: Place,
    /// The stream; the connection's task reads from it.
    pub(super) stream: Stream,
    /// The connection's task.
    pub(super) waker: Waker,
    /// The system's buffer is full; the task waits until it is not.
    pub(super) is_blocked: bool,
    /// How long nothing has happened.
    pub(super) quiet: Quiet,
    /// For how many looks that must be so before it is parked.
    patience: u8,
    /// Told when there is nothing more to read for now.
    pub(super) when_idle: Option<oneshot::Sender<()>>,
    /// Unsent bytes as of the last flush …
    pub(super) backlog: usize,
    /// … which the core does not know yet.
    pub(super) is_untold: bool,
    /// Unsent packets, as they are counted for all connections.
    packets_told: usize,
}

/// What a quiet connection has. Its stream belongs to no runtime.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) manner: Rc<Manner>,
    pub(super) socket: OwnedFd,
    /// How often it was read from lately.
    pub(super) stirred: Stirred,
}

/// How quiet a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quiet {
    /// It is to be looked at so many times more, and then asked.
    Still(u8),
    /// Its task was asked to let itself be parked, if it can.
    Asked,
}

impl Open {
    /// Before the first byte has come.
    pub(super) fn new(stream: Stream, place: Place, patience: u8) -> Self {
        Open {
            place,
            stream,
            waker: Waker::noop().clone(),
            is_blocked: false,
            quiet: Quiet::Still(patience),
            patience,
            when_idle: None,
            backlog: 0,
            is_untold: false,
            packets_told: 0,
        }
    }

    /// Something has come or gone.
    pub(super) const fn stir(&mut self) {
        self.quiet = Quiet::Still(self.patience);
    }

    /// Counts what is unsent now; whether that is more or less than before.
    fn note_backlog(&mut self, outbox: &Outbox, counters: &Counters) -> bool {
        let (before, now) = (self.backlog, outbox.len());
        let packets = outbox.packets();
        if packets != self.packets_told {
            counters.move_packets(self.packets_told, packets);
            self.packets_told = packets;
        }
        if before == now {
            return false;
        }
        self.backlog = now;
        counters.move_backlog(before, now);
        true
    }
}

impl Output {
    /// Of a new connection.
    pub(super) fn new(keeper: Keeper) -> Self {
        Output {
            outbox: Outbox::default(),
            keeper,
            is_closing: false,
            is_full: false,
            write_error: None,
            is_touched: false,
            is_listed: false,
        }
    }

    /// What it has if a task looks after it.
    pub(super) fn open(&mut self) -> Option<&mut Open> {
        match &mut self.keeper {
            Keeper::Task(open) => Some(open),
            _ => None,
        }
    }

    /// What it has if it is parked.
    pub(super) fn parked(&mut self) -> Option<&mut Parked> {
        match &mut self.keeper {
            Keeper::Parking(parked) => Some(parked),
            _ => None,
        }
    }

    /// Whether it takes more bytes.
    pub(super) const fn takes_more(&self) -> bool {
        !self.is_closing && self.write_error.is_none()
    }

    /// Whether a task could not do more than the parking does.
    pub(super) fn is_at_rest(&self) -> bool {
        self.takes_more() && self.outbox.is_empty() && !self.is_full
    }

    /// Whether the core waits for room and there is some again.
    pub(super) fn is_drained(&self, output_bytes_max: usize) -> bool {
        self.is_full && self.outbox.len() <= output_bytes_max / 2
    }

    /// Writes what the system takes. The task of the connection is woken when it takes more, so
    /// `cx` is that task's. Of a parked connection, what is not written then waits for a task.
    ///
    /// Whether the backlog is another than the core knows.
    pub(super) fn flush(
        &mut self,
        cx: &mut Context<'_>,
        pool: &mut Pool,
        counters: &Counters,
    ) -> bool {
        let (outbox, write_error) = (&mut self.outbox, &mut self.write_error);
        match &mut self.keeper {
            Keeper::Task(open) => {
                let blocked = flush(outbox, &mut open.stream, cx, pool, counters);
                open.is_blocked = settle(blocked, outbox, write_error, pool);
                open.note_backlog(outbox, counters)
            }
            Keeper::Parking(parked) => {
                let blocked =
                    write(outbox, pool, counters, |slices| write_now(&parked.socket, slices));
                settle(blocked, outbox, write_error, pool);
                false
            }
            Keeper::Nobody => false,
        }
    }

    /// As [`Output::flush`], for the task that flushes; that of the connection is woken if it has to
    /// do something itself.
    pub(super) fn flush_touched(&mut self, pool: &mut Pool, counters: &Counters) -> bool {
        self.is_touched = false;
        let Keeper::Task(open) = &mut self.keeper else {
            return self.flush(&mut Context::from_waker(Waker::noop()), pool, counters);
        };
        open.stir();
        let mut is_news = false;
        if !open.is_blocked {
            // Moved out and back: a clone would count references, at every write.
            let waker = std::mem::replace(&mut open.waker, Waker::noop().clone());
            is_news = self.flush(&mut Context::from_waker(&waker), pool, counters);
            if let Keeper::Task(open) = &mut self.keeper {
                open.waker = waker;
            }
        }
        if !self.takes_more()
            && let Keeper::Task(open) = &self.keeper
        {
            open.waker.wake_by_ref();
        }
        is_news
    }

    /// Whether it is parked and something is to be done that only a task does: to close it, or to
    /// wait until more can be written.
    pub(super) fn needs_task(&self) -> bool {
        let is_parked = matches!(self.keeper, Keeper::Parking(_));
        is_parked && (!self.takes_more() || !self.outbox.is_empty())
    }

    /// Drops what is unsent.
    pub(super) fn clear(&mut self, pool: &mut Pool, counters: &Counters) {
        self.outbox.clear(pool);
        if let Keeper::Task(open) = &mut self.keeper {
            open.note_backlog(&self.outbox, counters);
        }
    }
}

/// Keeps an error of writing, which makes what is unsent worthless; whether the system's buffer is
/// full.
fn settle(
    flushed: Poll<io::Result<()>>,
    outbox: &mut Outbox,
    write_error: &mut Option<io::ErrorKind>,
    pool: &mut Pool,
) -> bool {
    match flushed {
        Poll::Ready(Ok(())) => false,
        Poll::Ready(Err(error)) => {
            *write_error = Some(error.kind());
            outbox.clear(pool);
            false
        }
        Poll::Pending => true,
    }
}

/// Writes, and sends what the layers of the stream have taken and not sent yet.
fn flush(
    outbox: &mut Outbox,
    stream: &mut Stream,
    cx: &mut Context<'_>,
    pool: &mut Pool,
    counters: &Counters,
) -> Poll<io::Result<()>> {
    let written = write(outbox, pool, counters, |slices| stream.poll_write_vectored(cx, slices));
    match written {
        Poll::Ready(Ok(())) if stream.holds_back() => stream.poll_flush(cx),
        written => written,
    }
}

/// Writes what may leave, by `put`, until that takes no more.
fn write(
    outbox: &mut Outbox,
    pool: &mut Pool,
    counters: &Counters,
    mut put: impl FnMut(&[IoSlice<'_>]) -> Poll<io::Result<usize>>,
) -> Poll<io::Result<()>> {
    while outbox.sendable() > 0 {
        let written = if let Some(bytes) = outbox.plain() {
            put(&[IoSlice::new(bytes)])
        } else {
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let count = outbox.slices(&mut slices);
            put(&slices[..count])
        };
        match written {
            Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(written)) => {
                counters.add_sent(written);
                outbox.advance(written, pool);
            }
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => return Poll::Pending,
        }
    }
    Poll::Ready(Ok(()))
}

/// Writes to a socket that belongs to no runtime.
fn write_now(socket: &OwnedFd, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
    loop {
        let written = match slices {
            [slice] => send(socket, slice, SendFlags::NOSIGNAL),
            slices => writev(socket, slices),
        };
        match written {
            Err(Errno::AGAIN) => return Poll::Pending,
            Err(Errno::INTR) => {}
            written => return Poll::Ready(Ok(written?)),
        }
    }
}
