//! Messages that came together wait and go on together: behind a closed window, or for a client that is
//! not there.

use crate::broker::block::Piece;
use crate::broker::deliver::Courier;
use crate::broker::event::{Run, Sink};
use crate::broker::run::Batch;
use crate::broker::session::{Link, Session};
use crate::protocol::QoS;

/// Most bytes of a PUBLISH beside its topic, properties and payload: the fixed header, the length of the
/// topic, the identifier, the length of the properties, Message Expiry Interval.
const HEAD_BYTES_MAX: usize = 5 + 2 + 2 + 4 + 5;

impl<S: Sink> Courier<'_, '_, S> {
    /// Keeps the messages of a batch for a session: the first `sent` of them are on their way to it, the
    /// others wait.
    pub fn keep_batch(
        &mut self,
        session: &mut Session,
        batch: &mut Batch<'_>,
        qos: QoS,
        sent: usize,
    ) {
        let count = batch.blocks().len();
        if count == 0 {
            let len = batch.len();
            return self.keep_singly(session, batch, qos, (0, sent, len));
        }
        let mut start = 0;
        for n in 0..count {
            let mut waiting = Piece::of(&batch.blocks()[n], qos);
            let end = start + waiting.len();
            let sent_here = sent.clamp(start, end) - start;
            let sent_piece = waiting.first(sent_here);
            waiting.skip(sent_here);
            let is_fit = self.has_queue_room(session, waiting.len(), waiting.size());
            if waiting.len() > 0 && !is_fit {
                // So nobody holds a whole block for the few messages of it that fit.
                self.keep_singly(session, batch, qos, (start, start + sent_here, end));
            } else {
                self.keep_pieces(session, sent_piece, waiting);
            }
            start = end;
        }
    }

    fn keep_pieces(&mut self, session: &mut Session, sent: Piece, waiting: Piece) {
        if sent.len() > 0 {
            session.in_flight.get_or_insert_default().push_piece(sent);
        }
        if waiting.len() > 0 {
            self.stats.queued += waiting.len();
            self.stats.queued_bytes += waiting.size();
            session.queue.push_piece(waiting);
        }
    }

    /// Keeps messages each for itself: those before `sent` are on their way, the others wait if they
    /// may.
    fn keep_singly(
        &mut self,
        session: &mut Session,
        batch: &mut Batch<'_>,
        qos: QoS,
        (start, sent, end): (usize, usize, usize),
    ) {
        for n in start..sent {
            session.in_flight.get_or_insert_default().push(batch.pending(n, qos));
        }
        for n in sent..end {
            let pending = batch.pending(n, qos);
            match pending.is_expired(self.step.now) {
                true => self.stats.publish_expired += 1,
                false => self.enqueue_pending(session, pending),
            }
        }
    }

    /// Sends the oldest messages that wait, if it is their turn and they are kept together; whether
    /// anything was done. Judged again, since time has passed and the client may have come back
    /// with other limits.
    pub fn send_piece(&mut self, session: &mut Session) -> bool {
        let Some((order, piece)) = session.queue.next_piece() else { return false };
        let is_alone = self.policy.trace || self.policy.inflight_bytes_max > 0;
        if is_alone || !session.has_window(0) {
            return false;
        }
        // Whatever was queued by other rules is judged by those of now.
        if !session.queue.is_judged(order) {
            let piece = piece.clone();
            if !session.may_read(piece.topic(), None) {
                self.unqueue(session, &piece);
                return true;
            }
        }
        let (Some(link), Some((_, piece))) = (&session.link, session.queue.next_piece()) else {
            return false;
        };
        if !link.takes(piece) || piece.is_expired(self.step.now) {
            return false;
        }
        let in_flight = session.in_flight.get_or_insert_default();
        let piece = piece.first(in_flight.window(link.window.into()));
        let first = in_flight.next_id();
        let sent = self.send_run(session, &Run::of_piece(&piece, self.step.now), Some(first));
        let piece = piece.first(sent);
        self.unqueue(session, &piece);
        session.in_flight.get_or_insert_default().push_piece(piece);
        sent > 0
    }

    /// The oldest messages wait no more.
    fn unqueue(&mut self, session: &mut Session, piece: &Piece) {
        self.stats.queued -= piece.len();
        self.stats.queued_bytes -= piece.size();
        session.queue.skip_piece(piece.len());
    }
}

impl Link {
    /// Whether it gets these messages as they are.
    fn takes(&self, piece: &Piece) -> bool {
        let size_max = || HEAD_BYTES_MAX + piece.topic().as_str().len() + piece.body_max();
        self.mount_point.is_none()
            && (self.packet_size_max == u32::MAX || size_max() <= self.packet_size_max as usize)
    }
}
