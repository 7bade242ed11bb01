//! The connections of one thread, as their output sees them: stream, unsent bytes, who to wake.

use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot;

use crate::broker::event::ConnId;
use crate::link::{Outbox, Pool, SLICES_MAX};
use crate::protocol::{Frames, Message};
use crate::server::accept::Place;
use crate::server::spread::Spread;
use crate::server::stats::Counters;
use crate::transport::Stream;

/// What other threads may know about a connection's output.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    /// Unsent bytes as of the last flush.
    pub(super) backlog: AtomicUsize,
    /// The core was told that there is no room, and waits to hear that there is.
    pub(super) is_full: AtomicBool,
}

/// The sending side of a connection.
#[derive(Debug)]
pub(super) struct Output {
    serial: u32,
    /// Given back at the end.
    _place: Place,
    /// The stream; the connection's task reads from it.
    pub(super) stream: Stream,
    /// What is not written yet.
    pub(super) outbox: Outbox,
    /// Shared with the core.
    pub(super) gauge: Arc<Gauge>,
    /// The connection's task.
    pub(super) waker: Waker,
    /// The system's buffer is full; the task waits until it is not.
    pub(super) is_blocked: bool,
    /// The core has closed the connection.
    pub(super) is_closing: bool,
    /// Writing failed: output is thrown away from now on, reading goes on.
    pub(super) write_error: Option<io::ErrorKind>,
    /// Told when there is nothing more to read for now.
    pub(super) when_idle: Option<oneshot::Sender<()>>,
    is_touched: bool,
    /// Packets appended since there was last nothing unsent …
    packets: usize,
    /// … and how many of them are counted for all connections.
    packets_told: usize,
}

impl Output {
    /// Writes what the system takes. The task of the connection is woken when it takes more, so
    /// `cx` is that task's.
    pub(super) fn flush(&mut self, cx: &mut Context<'_>, pool: &mut Pool, counters: &Counters) {
        self.is_blocked = false;
        self.write(cx, pool, counters);
        if !self.is_blocked && self.write_error.is_none() && self.stream.holds_back() {
            self.flush_layers(cx, pool);
        }
        self.note_backlog(counters);
    }

    /// Sends what the layers have taken and not sent yet.
    fn flush_layers(&mut self, cx: &mut Context<'_>, pool: &mut Pool) {
        match self.stream.poll_flush(cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => self.fail(&error, pool),
            Poll::Pending => self.is_blocked = true,
        }
    }

    fn fail(&mut self, error: &io::Error, pool: &mut Pool) {
        self.write_error = Some(error.kind());
        self.outbox.clear(pool);
    }

    fn write(&mut self, cx: &mut Context<'_>, pool: &mut Pool, counters: &Counters) {
        while self.outbox.sendable() > 0 {
            match self.poll_write(cx) {
                Poll::Ready(Ok(written)) => {
                    counters.add_sent(written);
                    self.outbox.advance(written, pool);
                }
                Poll::Ready(Err(error)) => self.fail(&error, pool),
                Poll::Pending => {
                    self.is_blocked = true;
                    break;
                }
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let written = if let Some(bytes) = self.outbox.plain() {
            self.stream.poll_write_vectored(cx, &[IoSlice::new(bytes)])
        } else {
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let count = self.outbox.slices(&mut slices);
            self.stream.poll_write_vectored(cx, &slices[..count])
        };
        match written {
            Poll::Ready(Ok(0)) => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            written => written,
        }
    }

    fn note_backlog(&mut self, counters: &Counters) {
        let (before, now) = (self.gauge.backlog.load(Ordering::Relaxed), self.outbox.len());
        if now == 0 {
            self.packets = 0;
        }
        if self.packets != self.packets_told {
            counters.move_packets(self.packets_told, self.packets);
            self.packets_told = self.packets;
        }
        if before != now {
            self.gauge.backlog.store(now, Ordering::Relaxed);
            counters.move_backlog(before, now);
        }
    }

    /// Sees to it that the next flush comes here.
    fn touch(&mut self, index: usize, touched: &mut Vec<u32>) {
        if !std::mem::replace(&mut self.is_touched, true) {
            // As many as there are connections.
            touched.push(index as u32);
        }
    }

    /// Whether the core waits for room and there is some again.
    pub(super) fn is_drained(&self, output_bytes_max: usize) -> bool {
        self.outbox.len() <= output_bytes_max / 2 && self.gauge.is_full.load(Ordering::Relaxed)
    }
}

/// The outputs of one thread.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    table: Vec<Option<Box<Output>>>,
    serials: Vec<u32>,
    free: Vec<u32>,
    touched: Vec<u32>,
    /// Outputs some bytes of which wait for changes to be on disk.
    waiting: Vec<u32>,
    /// Changes up to this batch are on disk, as far as this thread knows.
    durable: u64,
    /// Spare buffers.
    pub(super) pool: Pool,
    /// The PUBLISH that was written last, for others who get the same.
    pub(super) frames: Frames,
    /// Which slots are of this thread.
    pub(super) spread: Spread,
}

impl Outputs {
    /// An empty table.
    pub(super) fn new(threads: usize) -> Self {
        Outputs { spread: Spread::over(threads), ..Outputs::default() }
    }

    /// Takes in a connection of thread `thread`.
    pub(super) fn insert(&mut self, thread: usize, stream: Stream, place: Place) -> ConnId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.table.push(None);
            self.serials.push(0);
            self.table.len() as u32 - 1
        });
        let serial = &mut self.serials[index as usize];
        *serial = serial.wrapping_add(1);
        self.table[index as usize] = Some(Box::new(Output {
            serial: *serial,
            _place: place,
            stream,
            outbox: Outbox::default(),
            gauge: Arc::default(),
            waker: Waker::noop().clone(),
            is_blocked: false,
            is_closing: false,
            write_error: None,
            when_idle: None,
            is_touched: false,
            packets: 0,
            packets_told: 0,
        }));
        ConnId { slot: self.spread.slot(index, thread), serial: *serial }
    }

    /// Forgets a connection; its slot may be used again.
    pub(super) fn remove(&mut self, conn: ConnId, counters: &Counters) {
        let index = self.spread.index(conn.slot);
        if let Some(mut output) = self.table[index].take() {
            output.outbox.clear(&mut self.pool);
            output.note_backlog(counters);
            // It came from there.
            self.free.push(index as u32);
        }
    }

    /// A connection that is still there.
    pub(super) fn find(&mut self, conn: ConnId) -> Option<&mut Output> {
        self.find_with_pool(conn).map(|(output, _)| output)
    }

    /// A connection that is still there, and the spare buffers.
    pub(super) fn find_with_pool(&mut self, conn: ConnId) -> Option<(&mut Output, &mut Pool)> {
        let output = self.table.get_mut(self.spread.index(conn.slot))?.as_deref_mut()?;
        (output.serial == conn.serial).then_some((output, &mut self.pool))
    }

    /// How many connections there are room for.
    pub(super) fn capacity(&self) -> usize {
        self.table.len()
    }

    /// Lets `write` append to a connection's output, unless it is gone, closing or cannot be
    /// written to any more. Also gives how many bytes are unsent then.
    pub(super) fn append<R>(
        &mut self,
        conn: ConnId,
        write: impl FnOnce(&mut Vec<u8>) -> R,
    ) -> Option<(R, usize)> {
        let index = self.spread.index(conn.slot);
        let output = self.table.get_mut(index)?.as_deref_mut()?;
        if output.serial != conn.serial || output.is_closing || output.write_error.is_some() {
            return None;
        }
        let result = output.outbox.append(&mut self.pool, write);
        output.packets += 1;
        output.touch(index, &mut self.touched);
        Some((result, output.outbox.len()))
    }

    /// What is appended to a connection from here on waits for a batch of changes; 0 is none.
    pub(super) fn wait_for(&mut self, conn: ConnId, batch: u64) {
        if batch <= self.durable {
            return;
        }
        let Some((output, pool)) = self.find_with_pool(conn) else { return };
        let was_waiting = output.outbox.is_waiting();
        output.outbox.wait_for(pool, batch);
        if !was_waiting {
            self.waiting.push(self.spread.index(conn.slot) as u32);
        }
    }

    /// Changes up to this batch are on disk: what waited for them is to be written.
    pub(super) fn release(&mut self, batch: u64) {
        self.durable = batch;
        let Outputs { table, waiting, touched, .. } = self;
        waiting.retain(|index| {
            let Some(output) = &mut table[*index as usize] else { return false };
            output.outbox.release(batch);
            output.touch(*index as usize, touched);
            output.outbox.is_waiting()
        });
    }

    /// Appends a payload without copying it, behind the frame that was appended for it.
    pub(super) fn append_payload(&mut self, conn: ConnId, message: Message) {
        if let Some((output, pool)) = self.find_with_pool(conn)
            && !output.is_closing
            && output.write_error.is_none()
        {
            output.outbox.append_payload(pool, message);
        }
    }

    /// Marks a connection to be closed behind what is unsent.
    pub(super) fn close(&mut self, conn: ConnId) {
        let index = self.spread.index(conn.slot);
        if let Some(Some(output)) = self.table.get_mut(index)
            && output.serial == conn.serial
        {
            output.is_closing = true;
            output.touch(index, &mut self.touched);
        }
    }

    /// Whether a flush has something to do.
    pub(super) fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Writes each touched output once. `drained` gets the connections that have room again.
    pub(super) fn flush(
        &mut self,
        counters: &Counters,
        output_bytes_max: usize,
        thread: usize,
        drained: &mut Vec<ConnId>,
    ) {
        for index in self.touched.drain(..) {
            let Some(output) = &mut self.table[index as usize] else { continue };
            output.is_touched = false;
            if !output.is_blocked {
                // Moved out and back: a clone would count references, at every write.
                let waker = std::mem::replace(&mut output.waker, Waker::noop().clone());
                output.flush(&mut Context::from_waker(&waker), &mut self.pool, counters);
                output.waker = waker;
            }
            if output.is_closing || output.write_error.is_some() {
                output.waker.wake_by_ref();
            } else if output.is_drained(output_bytes_max) {
                let slot = self.spread.slot(index, thread);
                drained.push(ConnId { slot, serial: output.serial });
            }
        }
    }

    /// Wakes the task of every connection.
    pub(super) fn wake_all(&self) {
        for output in self.table.iter().flatten() {
            output.waker.wake_by_ref();
        }
    }
}
