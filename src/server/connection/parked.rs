//! A connection on its way from its task to the parking and back, and what it does while it is
//! parked. It is the same connection: to the core nothing has happened.

use std::io;
use std::rc::Rc;
use std::task::{Context, Waker};

use tokio::task::spawn_local;

use super::waiting::Stashed;
use super::{Connection, Entering, Then, lost_by};
use crate::broker::event::{ConnId, Lost};
use crate::link::Partial;
use crate::protocol::Decoder;
use crate::server::output::{Output, Quiet};
use crate::server::parking::{Manner, Stage};
use crate::server::shared::{Accepted, Shown};
use crate::server::worker::Local;
use crate::transport::{Bare, SocketKind};

impl Connection {
    /// Whether it needs no task until something happens.
    pub(super) fn may_park(&self, output: &mut Output) -> bool {
        let has_nothing = self.has_connected() && self.partial.is_empty() && output.is_at_rest();
        has_nothing
            && output.open().is_some_and(|open| {
                open.quiet == Quiet::Asked && open.stream.socket_kind().is_some()
            })
    }

    /// How it behaves when it is parked.
    fn manner(&self, kind: SocketKind) -> Manner {
        let is_too_fast = self.entering.as_ref().map(|entering| entering.shown.is_too_fast);
        let stage = is_too_fast.map_or(Stage::Connected, |is_too_fast| Stage::New { is_too_fast });
        Manner { listener: self.listener, kind, stage, decoder: self.decoder.clone() }
    }

    /// Hands it over to the parking, if the system allows that.
    ///
    /// # Errors
    /// The stream is lost.
    pub(super) fn park(&mut self) -> io::Result<()> {
        let local = Rc::clone(&self.local);
        let mut outputs = local.outputs.borrow_mut();
        let kind = outputs.find_open(self.id).and_then(|open| open.stream.socket_kind());
        let Some(kind) = kind else { return Ok(()) };
        let manner = local.parking.share(self.manner(kind));
        let counters = &local.shared.counters;
        self.is_parked = outputs.park(self.id, &local.parking, manner, counters)?;
        Ok(())
    }

    /// One that is parked, for as long as something is done with it.
    fn parked(local: &Rc<Local>, id: ConnId) -> Option<Self> {
        let mut outputs = local.outputs.borrow_mut();
        let manner = &outputs.find(id)?.parked()?.manner;
        let entering = match manner.stage {
            Stage::New { is_too_fast } => {
                let shown = Shown { is_too_fast, ..Shown::default() };
                Some(Box::new(Entering { shown, ..Entering::default() }))
            }
            Stage::Connected => None,
        };
        Some(Connection {
            local: Rc::clone(local),
            id,
            listener: manner.listener,
            decoder: manner.decoder.clone(),
            partial: Partial::default(),
            has_looked_again: false,
            entering,
            pace: None,
            is_parked: true,
            has_left: false,
        })
    }

    /// Whether it can stay parked as it is: it is as it was, or its CONNECT was applied.
    fn stays_parked(&self) -> bool {
        let mut outputs = self.local.outputs.borrow_mut();
        let output = outputs.find(self.id).filter(|output| output.takes_more());
        let Some(parked) = output.and_then(|output| output.parked()) else { return false };
        if !self.partial.is_empty() || self.decoder.knows_aliases() {
            return false;
        }
        if self.has_connected() && parked.manner.stage != Stage::Connected {
            parked.manner = self.local.parking.share(self.manner(parked.manner.kind));
        }
        true
    }

    /// Whether its client has left in order and is owed nothing: then the socket is closed at once.
    /// After DISCONNECT it sends nothing that closing could answer with a reset [MQTT-3.14.4-2].
    fn is_over(&self) -> bool {
        let mut outputs = self.local.outputs.borrow_mut();
        let is_served =
            outputs.find(self.id).is_some_and(|it| it.is_closing && it.outbox.is_empty());
        is_served && self.has_left && self.partial.is_empty()
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

/// Lets a new connection begin parked, of a listener that puts nothing over its stream. It comes back
/// if it has to have a task: while the store fails, whoever is parked is not read from, but a CONNECT
/// is answered.
pub(super) fn begin(local: &Rc<Local>, accepted: Accepted<Bare>) -> Option<Accepted<Bare>> {
    if local.shared.durable.is_paused() {
        return Some(accepted);
    }
    let Accepted { stream, listener, peer, place, shown, endpoint } = accepted;
    let (kind, socket) = match stream.into_socket() {
        Ok(parts) => parts,
        Err(stream) => return Some(Accepted { stream, listener, peer, place, shown, endpoint }),
    };
    let stage = Stage::New { is_too_fast: shown.is_too_fast };
    let decoder = Decoder::of_client(local.settings().decode_limits(listener));
    let manner = local.parking.share(Manner { listener, kind, stage, decoder });
    let (parking, shared) = (&local.parking, &local.shared);
    let entered =
        local.outputs.borrow_mut().insert_parked(local.thread, socket, manner, parking, shared);
    match entered {
        Ok(conn) => {
            place.leave_taken();
            local.turn(|turn| turn.on_accepted(conn, listener, peer));
            None
        }
        Err(socket) => {
            let stream = Bare::of_socket(kind, socket);
            Some(Accepted { stream, listener, peer, place, shown, endpoint })
        }
    }
}

/// Gives every parked connection a task whose CONNECT has not come.
pub(in crate::server) fn rouse_new(local: &Rc<Local>) {
    let new = local.outputs.borrow().parked_new(local.thread);
    for conn in new {
        rouse(local, conn);
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
    if stashed.is_none() && !is_busy && connection.stays_parked() {
        return true;
    }
    if stashed.is_none() && connection.is_over() {
        connection.close(Lost::ByServer);
        local.outputs.borrow_mut().remove(conn, &local.shared);
        return false;
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
