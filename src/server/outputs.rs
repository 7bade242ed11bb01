//! The connections of one thread, as their output sees them.

use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Context;

use crate::broker::event::ConnId;
use crate::link::{Outbox, Pool};
use crate::protocol::{Blocks, Frames, Message};
use crate::server::accept::Place;
use crate::server::output::{Keeper, Open, Output, Parked, Quiet};
use crate::server::parking::{Manner, PATIENCE_NEW, PATIENCE_ROUSED, Parking, Stage, Stirred};
use crate::server::shared::Shared;
use crate::server::spread::Spread;
use crate::server::stats::Counters;
use crate::transport::{Bare, Stream};

/// The outputs of one thread.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    table: Vec<Option<Output>>,
    /// Of whoever has a place in the table, or had it last.
    serials: Vec<u32>,
    free: Vec<u32>,
    touched: Vec<u32>,
    /// Outputs some bytes of which wait for changes to be on disk.
    waiting: Vec<u32>,
    /// Outputs with a backlog that the core does not know. Only other threads ask for it.
    untold: Vec<u32>,
    /// Connections with a task that could do without one, when they are quiet.
    listed: Vec<ConnId>,
    /// Connections without a task.
    parked: usize,
    /// Changes up to this batch are on disk, as far as this thread knows.
    durable: u64,
    /// Spare buffers.
    pub(super) pool: Pool,
    /// The PUBLISH that was written last, for others who get the same …
    pub(super) frames: Frames,
    /// … and the run of them.
    pub(super) blocks: Blocks,
    /// Which slots are of this thread.
    pub(super) spread: Spread,
}

/// What a flush has found beside what could be written.
#[derive(Debug, Default)]
pub(super) struct Flushed {
    /// Connections that have room again.
    pub(super) drained: Vec<ConnId>,
    /// Parked ones that need a task now.
    pub(super) roused: Vec<ConnId>,
}

/// What a look at a connection that may become quiet has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swept {
    /// It has no task any more.
    Gone,
    /// It has one.
    Stays,
    /// Its task was asked to have it parked.
    Asked,
}

impl Outputs {
    /// An empty table.
    pub(super) fn new(threads: usize) -> Self {
        Outputs { spread: Spread::over(threads), ..Outputs::default() }
    }

    /// Takes in a connection of thread `thread` that has a task.
    pub(super) fn insert(&mut self, thread: usize, stream: Stream, place: Place) -> ConnId {
        let may_be_parked = stream.socket_kind().is_some();
        let open = Open::new(stream, place, PATIENCE_NEW);
        let conn = self.enter(thread, Keeper::Task(Box::new(open)));
        if may_be_parked && let Some(output) = self.find(conn) {
            output.is_listed = true;
            self.listed.push(conn);
        }
        conn
    }

    /// Takes in a connection of thread `thread` that begins parked. Its place is left taken. If the
    /// system does not allow that, the socket comes back.
    pub(super) fn insert_parked(
        &mut self,
        thread: usize,
        socket: OwnedFd,
        manner: Rc<Manner>,
        parking: &Parking,
        shared: &Arc<Shared>,
    ) -> Result<ConnId, OwnedFd> {
        let conn = self.enter(thread, Keeper::Nobody);
        let Some(output) = self.find(conn) else { return Err(socket) };
        if parking.watch(&socket, conn).is_err() {
            self.remove(conn, shared);
            return Err(socket);
        }
        output.keeper = Keeper::Parking(Parked { manner, socket, stirred: Stirred::default() });
        self.parked += 1;
        shared.counters.move_parked(1);
        Ok(conn)
    }

    fn enter(&mut self, thread: usize, keeper: Keeper) -> ConnId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.table.push(None);
            self.serials.push(0);
            self.table.len() as u32 - 1
        });
        let serial = &mut self.serials[index as usize];
        *serial = serial.wrapping_add(1);
        self.table[index as usize] = Some(Output::new(keeper));
        ConnId { slot: self.spread.slot(index, thread), serial: *serial }
    }

    /// Forgets a connection; its slot may be used again.
    pub(super) fn remove(&mut self, conn: ConnId, shared: &Arc<Shared>) {
        let index = self.spread.index(conn.slot);
        if let Some(mut output) = self.table[index].take() {
            output.clear(&mut self.pool, &shared.counters);
            if let Keeper::Parking(parked) = output.keeper {
                self.parked -= 1;
                shared.counters.move_parked(-1);
                drop(Place::taken(shared, parked.manner.listener));
            }
            // It came from there.
            self.free.push(index as u32);
        }
    }

    /// Takes a connection away from its task, which needs it no more; whether the system allows that.
    ///
    /// # Errors
    /// The stream is lost.
    pub(super) fn park(
        &mut self,
        conn: ConnId,
        parking: &Parking,
        manner: Rc<Manner>,
        counters: &Counters,
    ) -> io::Result<bool> {
        let Some(output) = self.find(conn) else { return Ok(false) };
        let open = match std::mem::replace(&mut output.keeper, Keeper::Nobody) {
            Keeper::Task(open) => *open,
            other => {
                output.keeper = other;
                return Ok(false);
            }
        };
        let Ok((kind, socket)) = Bare::detach(open.stream)?.into_socket() else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        if parking.watch(&socket, conn).is_err() {
            let stream = Bare::of_socket(kind, socket).attach()?;
            output.keeper = Keeper::Task(Box::new(Open::new(stream, open.place, PATIENCE_ROUSED)));
            return Ok(false);
        }
        open.place.leave_taken();
        output.keeper = Keeper::Parking(Parked { manner, socket, stirred: Stirred::default() });
        self.parked += 1;
        counters.move_parked(1);
        Ok(true)
    }

    /// Takes a parked connection back, for a task.
    ///
    /// # Errors
    /// The stream is lost.
    pub(super) fn rouse(
        &mut self,
        conn: ConnId,
        parking: &Parking,
        shared: &Arc<Shared>,
    ) -> io::Result<()> {
        let Some(output) = self.find(conn) else { return Ok(()) };
        let parked = match std::mem::replace(&mut output.keeper, Keeper::Nobody) {
            Keeper::Parking(parked) => parked,
            other => {
                output.keeper = other;
                return Ok(());
            }
        };
        self.parked -= 1;
        shared.counters.move_parked(-1);
        parking.forget(&parked.socket);
        let place = Place::taken(shared, parked.manner.listener);
        let stream = Bare::of_socket(parked.manner.kind, parked.socket).attach()?;
        let mut open = Open::new(stream, place, PATIENCE_ROUSED);
        let Some(output) = self.find(conn) else { return Ok(()) };
        open.is_blocked = !output.outbox.is_empty();
        output.keeper = Keeper::Task(Box::new(open));
        if !std::mem::replace(&mut output.is_listed, true) {
            self.listed.push(conn);
            parking.has_listed.notify_one();
        }
        Ok(())
    }

    /// Parked connections whose CONNECT has not come.
    pub(super) fn parked_new(&self, thread: usize) -> Vec<ConnId> {
        let is_new = |output: &Output| match &output.keeper {
            Keeper::Parking(parked) => parked.manner.stage != Stage::Connected,
            Keeper::Task(_) | Keeper::Nobody => false,
        };
        let entries = self.table.iter().zip(&self.serials).enumerate();
        let new = entries.filter(|(_, (output, _))| output.as_ref().is_some_and(is_new));
        // An index is u32 by the type of slots.
        let id_of = |index| self.spread.slot(index as u32, thread);
        new.map(|(index, (_, serial))| ConnId { slot: id_of(index), serial: *serial }).collect()
    }

    /// Looks how quiet a connection is.
    pub(super) fn sweep(&mut self, conn: ConnId) -> Swept {
        let Some(output) = self.find(conn) else { return Swept::Gone };
        let Some(open) = output.open() else {
            output.is_listed = false;
            return Swept::Gone;
        };
        match open.quiet {
            Quiet::Still(looks @ 1..) => open.quiet = Quiet::Still(looks - 1),
            Quiet::Still(0) => {
                open.quiet = Quiet::Asked;
                open.waker.wake_by_ref();
                return Swept::Asked;
            }
            Quiet::Asked => {}
        }
        Swept::Stays
    }

    /// Whether there are connections that may become quiet.
    pub(super) fn has_listed(&self) -> bool {
        !self.listed.is_empty()
    }

    /// Takes the list of them, to look at each.
    pub(super) fn take_listed(&mut self) -> Vec<ConnId> {
        std::mem::take(&mut self.listed)
    }

    /// Puts it back, with those that have come meanwhile.
    pub(super) fn put_listed(&mut self, mut listed: Vec<ConnId>) {
        listed.append(&mut self.listed);
        if listed.capacity() / 4 > listed.len() {
            listed.shrink_to(listed.len() * 2);
        }
        self.listed = listed;
    }

    /// A connection that is still there.
    pub(super) fn find(&mut self, conn: ConnId) -> Option<&mut Output> {
        self.find_with_pool(conn).map(|(output, _)| output)
    }

    fn find_with_pool(&mut self, conn: ConnId) -> Option<(&mut Output, &mut Pool)> {
        let index = self.spread.index(conn.slot);
        let output = self.table.get_mut(index)?.as_mut()?;
        (self.serials[index] == conn.serial).then_some((output, &mut self.pool))
    }

    /// A connection that is still there and has a task.
    pub(super) fn find_open(&mut self, conn: ConnId) -> Option<&mut Open> {
        self.find(conn)?.open()
    }

    /// How many connections with a task there may be.
    pub(super) fn capacity(&self) -> usize {
        self.table.len() - self.parked
    }

    /// Lets `write` append to a connection's output, unless it is gone, closing or cannot be
    /// written to any more. Also gives how many bytes are unsent then.
    pub(super) fn append<R>(
        &mut self,
        conn: ConnId,
        write: impl FnOnce(&mut Vec<u8>) -> R,
    ) -> Option<(R, usize)> {
        self.put(conn, |outbox, pool| outbox.append(pool, write))
    }

    /// The same by whatever way into the outbox.
    pub(super) fn put<R>(
        &mut self,
        conn: ConnId,
        put: impl FnOnce(&mut Outbox, &mut Pool) -> R,
    ) -> Option<(R, usize)> {
        let index = self.spread.index(conn.slot);
        let output = self.table.get_mut(index)?.as_mut()?;
        if self.serials[index] != conn.serial || !output.takes_more() {
            return None;
        }
        let result = put(&mut output.outbox, &mut self.pool);
        touch(output, index, &mut self.touched);
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
            touch(output, *index as usize, touched);
            output.outbox.is_waiting()
        });
    }

    /// Appends a payload without copying it, behind the frame that was appended for it.
    pub(super) fn append_payload(&mut self, conn: ConnId, message: Message) {
        if let Some((output, pool)) = self.find_with_pool(conn)
            && output.takes_more()
        {
            output.outbox.append_payload(pool, message);
        }
    }

    /// The core was told that there is no room.
    pub(super) fn set_full(&mut self, conn: ConnId) {
        self.mark(conn, |output| output.is_full = true);
    }

    /// Marks a connection to be closed behind what is unsent.
    pub(super) fn close(&mut self, conn: ConnId) {
        self.mark(conn, |output| output.is_closing = true);
    }

    fn mark(&mut self, conn: ConnId, mark: impl FnOnce(&mut Output)) {
        let index = self.spread.index(conn.slot);
        if let Some(Some(output)) = self.table.get_mut(index)
            && self.serials[index] == conn.serial
        {
            mark(output);
            touch(output, index, &mut self.touched);
        }
    }

    /// Whether a flush has something to do.
    pub(super) fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Writes each touched output once.
    pub(super) fn flush(
        &mut self,
        counters: &Counters,
        output_bytes_max: usize,
        thread: usize,
        flushed: &mut Flushed,
    ) {
        let Outputs { table, serials, touched, untold, pool, spread, .. } = self;
        for index in touched.drain(..) {
            let Some(output) = &mut table[index as usize] else { continue };
            if output.flush_touched(pool, counters) {
                note(output, index, *spread, untold);
            }
            let slot = spread.slot(index, thread);
            let conn = ConnId { slot, serial: serials[index as usize] };
            if output.needs_task() {
                flushed.roused.push(conn);
            } else if output.takes_more() && output.is_drained(output_bytes_max) {
                flushed.drained.push(conn);
            }
        }
    }

    /// Writes to one connection; `cx` is that of its task.
    pub(super) fn flush_one(
        &mut self,
        conn: ConnId,
        cx: &mut Context<'_>,
        counters: &Counters,
    ) -> Option<&mut Output> {
        let index = self.spread.index(conn.slot);
        let Outputs { table, serials, untold, pool, spread, .. } = self;
        let output = table.get_mut(index)?.as_mut()?;
        if serials[index] != conn.serial {
            return None;
        }
        if output.flush(cx, pool, counters) {
            note(output, index as u32, *spread, untold);
        }
        Some(output)
    }

    /// Whether other threads do not know how much is unsent.
    pub(super) fn has_untold(&self) -> bool {
        !self.untold.is_empty()
    }

    /// Tells the core how much is unsent, by slot.
    pub(super) fn tell(&mut self, thread: usize, mut told: impl FnMut(ConnId, usize)) {
        for index in self.untold.drain(..) {
            let Some(output) = &mut self.table[index as usize] else { continue };
            let backlog = output.open().map_or(0, |open| {
                open.is_untold = false;
                open.backlog
            });
            let slot = self.spread.slot(index, thread);
            told(ConnId { slot, serial: self.serials[index as usize] }, backlog);
        }
    }

    /// Wakes the task of every connection that has one.
    pub(super) fn wake_all(&self) {
        for output in self.table.iter().flatten() {
            if let Keeper::Task(open) = &output.keeper {
                open.waker.wake_by_ref();
            }
        }
    }
}

/// Sees to it that the next flush comes to an output.
fn touch(output: &mut Output, index: usize, touched: &mut Vec<u32>) {
    if !std::mem::replace(&mut output.is_touched, true) {
        // As many as there are connections.
        touched.push(index as u32);
    }
}

/// Sees to it that the core hears of a backlog, if anybody asks for it.
fn note(output: &mut Output, index: u32, spread: Spread, untold: &mut Vec<u32>) {
    if let Some(open) = output.open()
        && !spread.is_single()
        && !std::mem::replace(&mut open.is_untold, true)
    {
        untold.push(index);
    }
}
