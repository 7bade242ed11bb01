//! A connection on its way from its task to the parking and back, and what it does while it is
//! parked. It is the same connection: to the core nothing has happened.

use std::io;
use std::rc::Rc;
use std::task::{Context, Waker};

use tokio::task::spawn_local;

use super::waiting::Stashed;
use super::{Connection, Then, lost_by};
use crate::broker::event::{ConnId, Lost};
use crate::link::Partial;
use crate::server::output::{Output, Quiet};
use crate::server::worker::Local;
use crate::transport::Stream;

impl Connection {
    /// Whether it needs no task until something happens.
    pub(super) fn may_park(&self, output: &mut Output) -> bool {
        let has_nothing = self.has_connected() && self.partial.is_empty() && output.is_at_rest();
        has_nothing
            && output.open().is_some_and(|open| {
                open.quiet == Quiet::Asked && matches!(open.stream, Stream::Tcp(_))
            })
    }

    /// Hands it over to the parking, if the system allows that.
    ///
    /// # Errors
    /// The stream is lost.
    pub(super) fn park(&mut self) -> io::Result<()> {
        let local = Rc::clone(&self.local);
        let manner = local.parking.manner(self.listener, &self.decoder);
        let mut outputs = local.outputs.borrow_mut();
        let counters = &local.shared.counters;
        self.is_parked = outputs.park(self.id, &local.parking, manner, counters)?;
        Ok(())
    }

    /// One that is parked, for as long as something is done with it.
    fn parked(local: &Rc<Local>, id: ConnId) -> Option<Self> {
        let mut outputs = local.outputs.borrow_mut();
        let manner = &outputs.find(id)?.parked()?.manner;
        Some(Connection {
            local: Rc::clone(local),
            id,
            listener: manner.listener,
            decoder: manner.decoder.clone(),
            partial: Partial::default(),
            has_looked_again: false,
            entering: None,
            pace: None,
            is_parked: true,
        })
    }

    /// Whether it is as it was when it was parked.
    fn is_unchanged(&self) -> bool {
        let mut outputs = self.local.outputs.borrow_mut();
        let is_open = outputs.find(self.id).is_some_and(|output| output.takes_more());
        is_open && self.partial.is_empty() && !self.decoder.knows_aliases()
    }

    /// Gives it a task again; whether the system allows that. If not, it has ended.
    fn leave_parking(&mut self) -> bool {
        let local = &self.local;
        let roused = local.outputs.borrow_mut().rouse(self.id, &local.parking, &local.shared);
        self.is_parked = false;
        if let Err(error) = &roused {
            self.close(lost_by(error.kind()));
        }
        roused.is_ok()
    }
}

/// Gives a parked connection a task again.
pub(in crate::server) fn rouse(local: &Rc<Local>, conn: ConnId) {
    if let Some(mut connection) = Connection::parked(local, conn)
        && connection.leave_parking()
    {
        connection.spawn();
    }
}

/// Takes in what a parked connection has sent, which lies in the scratch buffer. It stays parked if
/// that is all for now; whether it does.
pub(in crate::server) fn on_stirred(
    local: &Rc<Local>,
    conn: ConnId,
    read: usize,
    is_busy: bool,
) -> bool {
    let Some(mut connection) = Connection::parked(local, conn) else { return false };
    let stashed = connection.on_read(read);
    if stashed.is_none() && !is_busy && connection.is_unchanged() {
        return true;
    }
    if connection.leave_parking() {
        match stashed {
            Some(stashed) => go_on_with(connection, stashed),
            None => connection.spawn(),
        }
    }
    false
}

fn go_on_with(mut connection: Connection, stashed: Box<Stashed>) {
    spawn_local(async move {
        connection.wait_and_process(stashed).await;
        connection.spawn();
    });
}

/// A parked connection has ended.
pub(in crate::server) fn on_ended(local: &Rc<Local>, conn: ConnId, cause: Lost) {
    local.turn(|turn| turn.on_closed(conn, cause));
    let mut outputs = local.outputs.borrow_mut();
    let cx = &mut Context::from_waker(Waker::noop());
    let output = outputs.flush_one(conn, cx, &local.shared.counters);
    if output.is_none_or(|output| output.outbox.is_empty()) {
        return outputs.remove(conn, &local.shared);
    }
    drop(outputs);
    // The peer may have ended its side only, and wait for what was sent to it.
    if let Some(mut connection) = Connection::parked(local, conn)
        && connection.leave_parking()
    {
        spawn_local(async move { connection.end_writing(Then::Close).await });
    }
}
