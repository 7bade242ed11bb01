//! The life of one connection, as its task lives it: read, decode, apply; close behind the bytes
//! that were sent.

mod pace;
mod parked;
mod waiting;

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::{spawn_local, yield_now};
use tokio::time::{sleep, timeout};

use crate::auth::PasswordHash;
use crate::broker::event::{ConnId, Lost};
use crate::broker::policy::{Identity, ListenerId};
use crate::link::Partial;
use crate::protocol::{DecodeError, Decoded, Decoder, Packet, ReasonCode};
use crate::server::handshake;
use crate::server::output::Output;
use crate::server::outputs::Outputs;
use crate::server::revoke;
use crate::server::shared::{Accepted, Shown};
use crate::server::worker::Local;
use crate::transport::Bare;
use pace::Pace;
pub(super) use parked::{on_ended, on_stirred, rouse, rouse_new};
use waiting::{Stashed, Wait};

/// Packets that are applied in one turn at most.
const BATCH_MAX: usize = 1024;
/// Reads after which a connection lets others go first.
const READS_PER_TURN: u32 = 2;
/// How long a closed connection may take to accept what was sent before the close.
const CLOSE_WAIT: Duration = Duration::from_secs(5);
/// How long we go on reading (and throwing away) after we ended our side: closing with unread bytes
/// would reset the connection, and the peer could lose the last packet we sent.
const LINGER: Duration = Duration::from_secs(1);
/// The same while the broker stops.
const LINGER_AT_STOP: Duration = Duration::from_millis(200);
/// Pause between reads of a connection while the server holds too many unsent bytes.
const SLOWDOWN: Duration = Duration::from_millis(20);
/// After a failed write, how long to wait for what the peer sent before it went.
const LAST_LOOK: Duration = Duration::from_millis(20);

/// What a look at the socket gave.
enum Read {
    /// So many bytes.
    Bytes(usize),
    /// The stream is over.
    End(Lost),
    /// The core has closed the connection.
    Closing,
    /// There is room for output again.
    Drained,
    /// Nothing to read, and writing has failed.
    Unwritable,
    /// It is quiet: no task is needed.
    Quiet,
}

/// What follows when everything is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The peer is read from for a while.
    Linger,
    /// The socket is closed, which ends our side of a bare stream by itself.
    Close,
}

struct Connection {
    local: Rc<Local>,
    id: ConnId,
    listener: ListenerId,
    decoder: Decoder,
    partial: Partial,
    has_looked_again: bool,
    /// What is known of the client until its CONNECT is applied; then it is not needed any more.
    entering: Option<Box<Entering>>,
    /// The rates of the client, where they are limited.
    pace: Option<Box<Pace>>,
    /// It has no task: the parking looks after it.
    is_parked: bool,
    /// The last that its client said is DISCONNECT.
    has_left: bool,
}

/// A client on its way in.
#[derive(Default)]
struct Entering {
    /// Who the client is, once that is known.
    verdict: Option<Result<Identity, ReasonCode>>,
    /// The hash that its password was right by.
    hash: Option<Arc<PasswordHash>>,
    /// Its CONNECT need not wait for anybody who has its client id.
    has_met_rival: bool,
    shown: Shown,
}

/// Serves a connection from the first byte to the last. Where nothing is put over its stream it
/// begins in the parking. Otherwise its task owns little while nothing happens: layers are put on by
/// another one, and what is rarely waited for lies in boxes.
pub(super) fn serve(local: &Rc<Local>, accepted: Accepted<Bare>) {
    let has_layers = local.settings().has_layers(accepted.listener);
    let left = if has_layers { Some(accepted) } else { parked::begin(local, accepted) };
    // Without a place in this runtime the connection is closed; the system is out of resources.
    let Some(Ok(accepted)) = left.map(|accepted| accepted.try_map(Bare::attach)) else { return };
    let local = Rc::clone(local);
    if !has_layers {
        return Connection::open(local, accepted).spawn();
    }
    spawn_local(async move {
        if let Some(accepted) = handshake::establish(&local, accepted).await {
            Connection::open(local, accepted).spawn();
        }
    });
}

impl Connection {
    fn open(local: Rc<Local>, accepted: Accepted) -> Self {
        let Accepted { stream, listener, peer, place, shown, .. } = accepted;
        let id = local.outputs.borrow_mut().insert(local.thread, stream, place);
        local.parking.has_listed.notify_one();
        local.turn(|turn| turn.on_accepted(id, listener, Arc::clone(&peer)));
        revoke::watch(&local, id, listener, &peer, &shown);
        let entering = Entering { shown, ..Entering::default() };
        Connection {
            decoder: Decoder::of_client(local.settings().decode_limits(listener)),
            local,
            id,
            listener,
            partial: Partial::default(),
            has_looked_again: false,
            entering: Some(Box::new(entering)),
            pace: None,
            is_parked: false,
            has_left: false,
        }
    }

    fn spawn(mut self) {
        spawn_local(async move {
            if let Some(cause) = self.receive().await {
                Box::pin(self.end(cause)).await;
            }
        });
    }

    /// Whether its CONNECT was applied.
    const fn has_connected(&self) -> bool {
        self.entering.is_none()
    }

    /// Reads until the connection ends; how it did. `None` if it needs no task any more.
    async fn receive(&mut self) -> Option<Lost> {
        let mut reads = 0;
        loop {
            match poll_fn(|cx| self.poll_read(cx)).await {
                Read::Bytes(read) => {
                    if let Some(stashed) = self.on_read(read) {
                        Box::pin(self.wait_and_process(stashed)).await;
                    }
                }
                Read::End(cause) => return Some(cause),
                Read::Closing => return Some(Lost::ByServer),
                Read::Drained => self.local.turn(|turn| turn.on_drained(self.id)),
                Read::Unwritable => {
                    Box::pin(sleep(LAST_LOOK)).await;
                    self.has_looked_again = true;
                }
                Read::Quiet => match self.park() {
                    Ok(()) if self.is_parked => return None,
                    Ok(()) => {}
                    Err(error) => return Some(lost_by(error.kind())),
                },
            }
            reads += 1;
            if self.local.is_overloaded() {
                Box::pin(sleep(SLOWDOWN)).await;
            } else if reads % READS_PER_TURN == 0 {
                yield_now().await;
            }
        }
    }

    /// What comes behind the last byte that is read.
    async fn end(&self, cause: Lost) {
        if cause == Lost::ByServer {
            self.end_writing(Then::Linger).await;
            self.linger().await;
            self.close(cause);
        } else {
            self.close(cause);
            // The peer may have ended its side only, and wait for what was sent to it.
            self.end_writing(Then::Close).await;
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Read> {
        let mut outputs = self.local.outputs.borrow_mut();
        if let Some(read) = self.look_at_output(&mut outputs, cx) {
            return Poll::Ready(read);
        }
        let Some(output) = outputs.find(self.id) else { return Poll::Ready(Read::Closing) };
        if self.has_connected() && self.local.shared.durable.is_paused() {
            // Woken when the store works again.
            return Poll::Pending;
        }
        let Some(open) = output.open() else { return Poll::Ready(Read::Closing) };
        let mut scratch = self.local.scratch.borrow_mut();
        let has_rest = self.partial.has_rest();
        let mut spare = self.partial.spare(&mut scratch);
        let read = if has_rest {
            open.stream.poll_read_vectored(cx, &mut spare)
        } else {
            open.stream.poll_read(cx, &mut spare[1])
        };
        match read {
            Poll::Ready(Ok(0)) => Poll::Ready(Read::End(end_of_stream(output))),
            Poll::Ready(Ok(read)) => {
                open.stir();
                self.local.shared.counters.add_received(read);
                Poll::Ready(Read::Bytes(read))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Read::End(lost_by(error.kind()))),
            Poll::Pending => self.on_idle(output),
        }
    }

    /// Writes on where the system's buffer was full, and looks whether the connection is to be closed.
    fn look_at_output(&self, outputs: &mut Outputs, cx: &mut Context<'_>) -> Option<Read> {
        let Some(output) = outputs.find(self.id) else { return Some(Read::Closing) };
        let is_closing = output.is_closing;
        let Some(open) = output.open() else { return Some(Read::Closing) };
        if !open.waker.will_wake(cx.waker()) {
            open.waker = cx.waker().clone();
        }
        if open.is_blocked {
            let output = outputs.flush_one(self.id, cx, &self.local.shared.counters)?;
            if !is_closing && output.is_drained(self.local.output_bytes_max()) {
                return Some(Read::Drained);
            }
        }
        is_closing.then_some(Read::Closing)
    }

    /// There is nothing to read for now.
    fn on_idle(&self, output: &mut Output) -> Poll<Read> {
        if let Some(done) = output.open().and_then(|open| open.when_idle.take()) {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
        }
        match output.write_error {
            Some(kind) if self.has_looked_again => Poll::Ready(Read::End(match lost_by(kind) {
                Lost::PeerReset => Lost::PeerReset,
                _ => Lost::WriteError(kind),
            })),
            Some(_) => Poll::Ready(Read::Unwritable),
            None => match self.may_park(output) {
                true => Poll::Ready(Read::Quiet),
                false => Poll::Pending,
            },
        }
    }

    /// Takes in what was read.
    fn on_read(&mut self, read: usize) -> Option<Box<Stashed>> {
        let local = Rc::clone(&self.local);
        let scratch = local.scratch.borrow();
        let mut partial = std::mem::take(&mut self.partial);
        let parts = partial.received(&scratch, read);
        let stashed = self.process(parts);
        if partial.has_rest() {
            self.partial = partial;
        }
        stashed
    }

    /// Decodes and applies. A CONNECT that has to wait for something is not applied, nor is what a
    /// client sends too fast: the bytes come back, to be processed again after that.
    fn process(&mut self, parts: [&[u8]; 2]) -> Option<Box<Stashed>> {
        let local = Rc::clone(&self.local);
        let mut batch = local.take_batch();
        self.look_at_rates();
        let mut decoded = self.decode_part(&mut batch, parts, 0);
        if matches!(decoded, Ok(None)) {
            decoded = self.decode_part(&mut batch, parts, 1);
        }
        let (stashed, broken) = match decoded {
            Ok(stashed) => (stashed, None),
            Err(error) => (None, Some(error)),
        };
        self.apply(&mut batch, broken);
        local.keep_batch(batch);
        self.tell_pace(stashed)
    }

    /// Decodes one of the parts, and applies what does not fit into a batch; what has to wait.
    fn decode_part<'a>(
        &mut self,
        batch: &mut Vec<Packet<'a>>,
        parts: [&'a [u8]; 2],
        index: usize,
    ) -> Result<Option<Box<Stashed>>, DecodeError> {
        let mut rest = parts[index];
        while !rest.is_empty() {
            match self.decoder.decode(rest)? {
                Decoded::Packet(packet, length) => {
                    if self.pace.is_some()
                        && let Some(until) = self.charge(&packet, length)
                    {
                        let behind = if index == 0 { parts[1] } else { &[] };
                        let bytes = [rest, behind].concat();
                        return Ok(Some(Box::new(Stashed { bytes, why: Wait::Room(until) })));
                    }
                    batch.push(packet);
                    rest = &rest[length..];
                    rest = &rest[self.take_alike(batch, rest)..];
                }
                Decoded::Incomplete { total } => {
                    self.partial = Partial::begin(rest, total);
                    break;
                }
            }
            if !self.has_connected() && batch.len() == 1 {
                if let Some(why) = self.what_to_wait_for(&batch[0]) {
                    batch.clear();
                    let limits = self.local.settings().decode_limits(self.listener);
                    self.decoder = Decoder::of_client(limits);
                    return Ok(Some(Box::new(Stashed { bytes: parts.concat(), why })));
                }
                self.apply(batch, None);
                self.look_at_rates();
            }
            if batch.len() == BATCH_MAX {
                self.apply(batch, None);
            }
        }
        Ok(None)
    }

    /// Decodes what is like the last packet, as far as no rate is to be looked at; how many bytes.
    fn take_alike<'a>(&self, batch: &mut Vec<Packet<'a>>, rest: &'a [u8]) -> usize {
        match self.pace {
            Some(_) => 0,
            None => self.decoder.decode_alike(batch, rest, BATCH_MAX),
        }
    }

    /// Hands a batch to the core, in one turn. What it has used of the client's rates comes first:
    /// it may end the connection, and counts all the same. `broken`: behind it come bytes that are no
    /// packet.
    fn apply(&mut self, batch: &mut Vec<Packet<'_>>, broken: Option<DecodeError>) {
        if batch.is_empty() && broken.is_none() {
            return;
        }
        self.has_left = broken.is_none() && matches!(batch.last(), Some(Packet::Disconnect(_)));
        let local = Rc::clone(&self.local);
        local.turn(|turn| {
            if let Some(used) = self.pace_used() {
                turn.handle(used);
            }
            let mut packets = batch.as_slice();
            if self.entering.is_some()
                && let [Packet::Connect(connect), behind @ ..] = packets
            {
                let identity = self.admit(turn, connect);
                let aliases = self.local.settings().topic_alias_out_max(self.listener);
                turn.on_connect(self.id, connect, identity, aliases);
                packets = behind;
            }
            turn.on_packets(self.id, packets);
            if let Some(error) = broken {
                turn.on_broken(self.id, error, self.decoder.version());
            }
        });
        Packet::clear(batch);
    }

    /// Tells the core that the connection is gone, and whoever waits that nothing more is read.
    fn close(&self, cause: Lost) {
        if let Some(open) = self.local.outputs.borrow_mut().find_open(self.id) {
            open.when_idle = None;
        }
        self.local.turn(|turn| turn.on_closed(self.id, cause));
    }

    /// Writes what is unsent, then ends our side of the stream; gives up after a while.
    async fn end_writing(&self, then: Then) {
        // What the peer does not take in time is lost to it, as if it had gone.
        let _ = timeout(CLOSE_WAIT, poll_fn(|cx| self.poll_end_writing(cx, then))).await;
    }

    fn poll_end_writing(&self, cx: &mut Context<'_>, then: Then) -> Poll<()> {
        let mut outputs = self.local.outputs.borrow_mut();
        let counters = &self.local.shared.counters;
        let Some(output) = outputs.flush_one(self.id, cx, counters) else { return Poll::Ready(()) };
        if output.write_error.is_some() {
            return Poll::Ready(());
        }
        let is_written = output.outbox.is_empty();
        let Some(open) = output.open() else { return Poll::Ready(()) };
        open.waker = cx.waker().clone();
        if !is_written {
            return Poll::Pending;
        }
        if then == Then::Close && !open.stream.holds_back() {
            return Poll::Ready(());
        }
        open.stream.poll_shutdown(cx).map(|_| ())
    }

    /// Reads and throws away until the peer has ended its side too, or for a short while.
    async fn linger(&self) {
        let is_stopping = self.local.shared.is_stopping();
        let bound = if is_stopping { LINGER_AT_STOP } else { LINGER };
        // A peer that keeps its side open is cut off.
        let _ = timeout(bound, poll_fn(|cx| self.poll_discard(cx))).await;
    }

    fn poll_discard(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut outputs = self.local.outputs.borrow_mut();
        let Some(output) = outputs.find(self.id) else { return Poll::Ready(()) };
        if output.write_error.is_some() {
            return Poll::Ready(());
        }
        let Some(open) = output.open() else { return Poll::Ready(()) };
        let mut scratch = self.local.scratch.borrow_mut();
        while let Poll::Ready(read) = open.stream.poll_read(cx, &mut scratch) {
            if !matches!(read, Ok(1..)) {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.is_parked {
            self.local.secured.forget(self.id);
            self.local.outputs.borrow_mut().remove(self.id, &self.local.shared);
        }
    }
}

/// A stream that ends after a write was answered with a reset was reset.
fn end_of_stream(output: &Output) -> Lost {
    match output.write_error.map(lost_by) {
        Some(Lost::PeerReset) => Lost::PeerReset,
        _ => Lost::PeerClosed,
    }
}

pub(super) fn lost_by(kind: io::ErrorKind) -> Lost {
    match kind {
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => Lost::PeerReset,
        kind => Lost::ReadError(kind),
    }
}
