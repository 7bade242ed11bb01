//! What is in flight, cut where it changes: messages each for itself, or many that stand alike.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::broker::block::Piece;
use crate::broker::queue::Pending;
use crate::protocol::QoS;

/// Where the handshake of one packet identifier stands.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    /// Acknowledged; waits until all before it are.
    Free,
    /// PUBLISH sent, PUBACK or PUBREC awaited.
    Publish(Pending),
    /// PUBREL sent, PUBCOMP awaited.
    Release,
}

/// The same, seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Free,
    Publish(QoS),
    Release,
}

/// What is unacknowledged under one number: the message, or `None` where PUBCOMP is awaited.
pub(super) type Unacknowledged<'a> = Option<Cow<'a, Pending>>;

/// Messages whose numbers follow each other.
#[derive(Debug)]
pub(super) struct Segment {
    /// The number of the first. Of no meaning where there are none.
    pub start: u64,
    pub kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// Each for itself.
    Loose(VecDeque<Slot>),
    /// All of them sent, none acknowledged.
    Piece(Piece),
    /// So many that await PUBCOMP.
    Release(usize),
    /// So many that were acknowledged.
    Free(usize),
}

impl Segment {
    /// How many messages.
    #[inline]
    pub fn len(&self) -> usize {
        match &self.kind {
            Kind::Loose(slots) => slots.len(),
            Kind::Piece(piece) => piece.len(),
            Kind::Release(len) | Kind::Free(len) => *len,
        }
    }

    /// How many of them are unacknowledged.
    pub fn unacknowledged_len(&self) -> usize {
        match &self.kind {
            Kind::Loose(slots) => slots.iter().filter(|it| !matches!(it, Slot::Free)).count(),
            Kind::Free(_) => 0,
            Kind::Piece(_) | Kind::Release(_) => self.len(),
        }
    }

    /// The `n`th message, if it is loose.
    pub fn alone(&self, n: usize) -> Option<&Pending> {
        match &self.kind {
            Kind::Loose(slots) => match &slots[n] {
                Slot::Publish(pending) => Some(pending),
                Slot::Free | Slot::Release => None,
            },
            Kind::Piece(_) | Kind::Release(_) | Kind::Free(_) => None,
        }
    }

    /// How the `n`th stands.
    #[inline]
    pub fn standing(&self, n: usize) -> Standing {
        match &self.kind {
            Kind::Piece(piece) => Standing::Publish(piece.qos()),
            Kind::Release(_) => Standing::Release,
            Kind::Free(_) => Standing::Free,
            Kind::Loose(slots) => match &slots[n] {
                Slot::Free => Standing::Free,
                Slot::Publish(pending) => Standing::Publish(pending.qos),
                Slot::Release => Standing::Release,
            },
        }
    }

    /// Those that are unacknowledged, by number.
    pub fn unacknowledged(&self) -> impl Iterator<Item = (u64, Unacknowledged<'_>)> {
        let numbered = (0..self.len()).zip(self.start..);
        numbered.filter_map(|(n, order)| Some((order, self.unacknowledged_at(n)?)))
    }

    fn unacknowledged_at(&self, n: usize) -> Option<Unacknowledged<'_>> {
        match &self.kind {
            Kind::Piece(piece) => Some(Some(Cow::Owned(piece.pending(n)))),
            Kind::Release(_) => Some(None),
            Kind::Free(_) => None,
            Kind::Loose(slots) => match &slots[n] {
                Slot::Free => None,
                Slot::Publish(pending) => Some(Some(Cow::Borrowed(pending))),
                Slot::Release => Some(None),
            },
        }
    }

    /// Gives up the first `len`. Not for loose ones.
    pub fn skip(&mut self, len: usize) {
        self.start += len as u64;
        match &mut self.kind {
            Kind::Piece(piece) => piece.skip(len),
            Kind::Release(left) | Kind::Free(left) => *left -= len,
            Kind::Loose(slots) => drop(slots.drain(..len)),
        }
    }

    /// The slots of them, each for itself.
    pub fn into_slots(self) -> VecDeque<Slot> {
        match self.kind {
            Kind::Loose(slots) => slots,
            Kind::Piece(piece) => {
                (0..piece.len()).map(|n| Slot::Publish(piece.pending(n))).collect()
            }
            Kind::Release(len) => (0..len).map(|_| Slot::Release).collect(),
            Kind::Free(len) => (0..len).map(|_| Slot::Free).collect(),
        }
    }
}
