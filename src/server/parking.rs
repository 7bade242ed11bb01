//! Quiet connections. One that has said and heard nothing for a moment needs no task of its own and
//! no place in the runtime's table of sockets: its socket goes to the parking of its thread, which
//! watches all of them at once. What is left of it is an entry in the table of outputs.
//!
//! A connection without layers begins here: many connect and are silent from then on, and thousands
//! of tasks at once would leave their memory in pieces behind.
//!
//! A parked connection is read from here, and as long as it says little it stays: what it sends, its
//! CONNECT too, is decoded and applied as its task would do. Its output is written by the flush of
//! the thread, like anybody's. It gets a task when there is more to do than that: when it says more,
//! when a packet comes in pieces or a CONNECT has to wait, when it is to be closed, when it does not
//! take what is sent to it.
//!
//! However many have something to say, the parking deals with a share of them at a time and lets the
//! thread look at all its other sockets then; those that have ended come behind those that say
//! something. So nobody waits because thousands of quiet clients die at once.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::time::Timespec;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::broker::event::{ConnId, Lost};
use crate::broker::policy::ListenerId;
use crate::protocol::Decoder;
use crate::server::connection;
use crate::server::outputs::Swept;
use crate::server::turns::SHARE;
use crate::server::worker::Local;
use crate::transport::SocketKind;

/// How often every connection with a task is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// A connection that began with a task is parked when nothing has happened at all between so many
/// looks and one more.
pub(super) const PATIENCE_NEW: u8 = 1;
/// The same for one that had to be given a task: it is likely to need one again.
pub(super) const PATIENCE_ROUSED: u8 = 20;
/// A connection that is read from more often than this …
const READS_MAX: u8 = 4;
/// … in so many milliseconds (a power of two) is not quiet.
const BUSY_MILLIS: u64 = 512;
/// What the system says of a connection whose other side has ended.
const ENDED: EventFlags = EventFlags::RDHUP.union(EventFlags::HUP).union(EventFlags::ERR);
/// Sockets that one call to the system reports.
const EVENTS_MAX: usize = 256;
/// Manners that are shared at most.
const MANNERS_MAX: usize = 64;
/// Work of a look after which others go first; a connection that is only looked at counts as one.
const SWEEP_WORK: usize = 4096;
/// What asking a connection counts as, since it may then be parked.
const ASK_WORK: usize = 64;

/// What quiet connections have in common: most of one listener are alike.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Manner {
    pub(super) listener: ListenerId,
    pub(super) kind: SocketKind,
    pub(super) stage: Stage,
    pub(super) decoder: Decoder,
}

/// How far a parked connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its CONNECT has not come. Whether its address opens connections too fast.
    New { is_too_fast: bool },
    /// Its CONNECT was applied.
    Connected,
}

/// How often a parked connection was read from lately.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stirred {
    /// When that was.
    at: u8,
    /// How often in that time.
    times: u8,
}

impl Stirred {
    /// Counts a read; whether there were many.
    const fn count(&mut self, now: u8) -> bool {
        self.times = if self.at == now { self.times.saturating_add(1) } else { 1 };
        self.at = now;
        self.times > READS_MAX
    }
}

/// The parking of one thread.
pub(super) struct Parking {
    epoll: Rc<OwnedFd>,
    reported: RefCell<Reported>,
    manners: RefCell<Vec<Rc<Manner>>>,
    /// Parked connections may be read from again.
    pub(super) goes_on: Notify,
    /// There is a connection that may become quiet.
    pub(super) has_listed: Notify,
}

/// What the system has reported, each event once, and is not dealt with yet.
#[derive(Default)]
struct Reported {
    events: Vec<Event>,
    /// How many of them were looked at.
    at: usize,
    /// Connections whose other side has ended.
    ended: VecDeque<ConnId>,
    /// The system may have more to report.
    has_more: bool,
}

impl Reported {
    fn is_empty(&self) -> bool {
        self.at == self.events.len() && self.ended.is_empty() && !self.has_more
    }

    /// Asks the system for more.
    fn refill(&mut self, epoll: &OwnedFd) {
        self.events.clear();
        self.events.reserve(EVENTS_MAX);
        self.at = 0;
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        let asked = epoll::wait(epoll, spare_capacity(&mut self.events), Some(&at_once));
        // Where a signal came in between, there may be something all the same.
        self.has_more = asked.is_err() || self.events.len() == self.events.capacity();
    }
}

impl Parking {
    /// Nobody is parked.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Parking {
            epoll: Rc::new(epoll::create(CreateFlags::CLOEXEC)?),
            reported: RefCell::default(),
            manners: RefCell::default(),
            goes_on: Notify::new(),
            has_listed: Notify::new(),
        })
    }

    /// Watches the socket of a connection from now on.
    pub(super) fn watch(&self, socket: impl AsFd, conn: ConnId) -> io::Result<()> {
        let data = EventData::new_u64(u64::from(conn.slot) << 32 | u64::from(conn.serial));
        // Each event is reported once: what has ended need not be looked at again and again.
        let flags = EventFlags::IN | EventFlags::RDHUP | EventFlags::ET;
        Ok(epoll::add(&*self.epoll, socket, data, flags)?)
    }

    /// Does not watch it any more.
    pub(super) fn forget(&self, socket: impl AsFd) {
        // It was watched until now.
        let _ = epoll::delete(&*self.epoll, socket);
    }

    /// The same for all connections that behave like this.
    pub(super) fn share(&self, manner: Manner) -> Rc<Manner> {
        let mut manners = self.manners.borrow_mut();
        if let Some(found) = manners.iter().find(|it| ***it == manner) {
            return Rc::clone(found);
        }
        let manner = Rc::new(manner);
        if manners.len() >= MANNERS_MAX {
            manners.retain(|it| Rc::strong_count(it) > 1);
        }
        if manners.len() < MANNERS_MAX && !manner.decoder.knows_aliases() {
            manners.push(Rc::clone(&manner));
        }
        manner
    }

    /// Whether nothing is left to do.
    fn is_idle(&self) -> bool {
        self.reported.borrow().is_empty()
    }

    /// There may be something to report.
    fn look_again(&self) {
        self.reported.borrow_mut().has_more = true;
    }

    /// The next connection that has something to say. Those whose other side has ended are put
    /// aside, however many there are.
    fn next_lively(&self) -> Option<ConnId> {
        let reported = &mut *self.reported.borrow_mut();
        loop {
            if reported.at == reported.events.len() {
                if !reported.has_more {
                    return None;
                }
                reported.refill(&self.epoll);
            }
            let event = reported.events.get(reported.at)?;
            reported.at += 1;
            let (flags, data) = (event.flags, event.data.u64());
            // The two halves.
            let conn = ConnId { slot: (data >> 32) as u32, serial: data as u32 };
            if !flags.intersects(ENDED) {
                return Some(conn);
            }
            reported.ended.push_back(conn);
        }
    }

    fn next_ended(&self) -> Option<ConnId> {
        self.reported.borrow_mut().ended.pop_front()
    }
}

/// The moment of a read, for comparison with the one before.
const fn moment(millis: u64) -> u8 {
    // Only whether two are the same is asked; once in a while they are so by chance.
    (millis / BUSY_MILLIS) as u8
}

/// Looks after the parked connections of a thread for as long as it runs.
///
/// # Errors
/// The system is out of resources.
pub(super) fn keep(local: &Rc<Local>) -> io::Result<impl Future<Output = ()> + use<>> {
    #[expect(deprecated, reason = "the socket lives as long as its place in the runtime's table")]
    let epoll = AsyncFd::with_interest(Rc::clone(&local.parking.epoll), Interest::READABLE)?;
    let local = Rc::clone(local);
    Ok(async move {
        loop {
            if local.parking.is_idle() {
                // The runtime ends when it does not answer.
                let Ok(mut readable) = epoll.readable().await else { return };
                readable.clear_ready();
                local.parking.look_again();
            }
            match local.shared.durable.is_paused() {
                true => {
                    // These are answered all the same.
                    connection::rouse_new(&local);
                    local.parking.goes_on.notified().await;
                }
                false => serve_some(&local),
            }
            yield_now().await;
        }
    })
}

/// Reads from every parked connection that has something.
pub(super) async fn read_all(local: &Rc<Local>) {
    local.parking.look_again();
    while !local.parking.is_idle() && !local.shared.durable.is_paused() {
        serve_some(local);
        yield_now().await;
    }
}

/// Deals with some of the connections that have something to say, then with some of those that have
/// ended.
fn serve_some(local: &Rc<Local>) {
    for_a_share(local, || {
        let conn = local.parking.next_lively()?;
        serve(local, conn);
        Some(())
    });
    for_a_share(local, || {
        let conn = local.parking.next_ended()?;
        // What it has said before comes first.
        while serve(local, conn) {}
        Some(())
    });
}

/// Takes steps for as long as there are any and the share lasts; one in any case.
fn for_a_share(local: &Local, mut step: impl FnMut() -> Option<()>) {
    let clock = local.shared.clock;
    // A share is far below the 584 years that fit.
    let until = clock.elapsed_nanos() + SHARE.as_nanos() as u64;
    while !local.shared.durable.is_paused() && step().is_some() {
        if clock.elapsed_nanos() >= until {
            break;
        }
    }
}

/// Reads once from a parked connection; whether it has said something and is parked all the same.
fn serve(local: &Rc<Local>, conn: ConnId) -> bool {
    let Some((read, is_busy)) = read(local, conn) else { return false };
    match read {
        Ok(0) => connection::on_ended(local, conn, Lost::PeerClosed),
        Ok(read) => {
            local.shared.counters.add_received(read);
            return connection::on_stirred(local, conn, read, is_busy);
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
        Err(error) => connection::on_ended(local, conn, connection::lost_by(error.kind())),
    }
    false
}

/// What a connection has sent since it was read from, and whether it does that often. `None` if it
/// is not parked any more or about to be closed.
fn read(local: &Local, conn: ConnId) -> Option<(io::Result<usize>, bool)> {
    let now = moment(local.shared.clock.now().millis());
    let mut outputs = local.outputs.borrow_mut();
    let output = outputs.find(conn).filter(|output| output.takes_more())?;
    let parked = output.parked()?;
    let mut scratch = local.scratch.borrow_mut();
    loop {
        match rustix::io::read(&parked.socket, &mut **scratch) {
            Err(Errno::INTR) => {}
            read => {
                let is_whole = read.is_ok_and(|read| read < scratch.len());
                let is_often = parked.stirred.count(now);
                return Some((read.map_err(Into::into), is_often || !is_whole));
            }
        }
    }
}

/// Looks again and again which connections have become quiet, and asks their tasks to have them
/// parked.
pub(super) async fn sweep(local: Rc<Local>) {
    loop {
        local.parking.has_listed.notified().await;
        while local.outputs.borrow().has_listed() {
            sleep(LOOK).await;
            look_at_all(&local).await;
        }
    }
}

async fn look_at_all(local: &Local) {
    let mut listed = local.outputs.borrow_mut().take_listed();
    let (mut at, mut work) = (0, 0);
    while let Some(conn) = listed.get(at) {
        let swept = local.outputs.borrow_mut().sweep(*conn);
        work += if swept == Swept::Asked { ASK_WORK } else { 1 };
        match swept {
            Swept::Gone => drop(listed.swap_remove(at)),
            Swept::Stays | Swept::Asked => at += 1,
        }
        if work >= SWEEP_WORK {
            work = 0;
            yield_now().await;
        }
    }
    local.outputs.borrow_mut().put_listed(listed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_reads_in_a_short_time_are_busy_and_as_many_in_a_long_one_are_not() {
        let mut stirred = Stirred::default();
        let busy: Vec<bool> = (0..6).map(|_| stirred.count(moment(0))).collect();
        assert_eq!(busy, [false, false, false, false, true, true]);
        assert!((1..1000).all(|read| !stirred.count(moment(read * BUSY_MILLIS / 4 + BUSY_MILLIS))));
    }
}
