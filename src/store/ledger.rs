//! Which batch of changes a packet waits for: changes are numbered by batch, and whatever promises
//! them leaves when that batch is on disk.

use crate::broker::change::Change;
use crate::broker::event::Effect;
use crate::protocol::Packet;
use crate::store::{Batch, Journal};

/// A batch that grows past this many bytes while the one before is being written stops the reading
/// of connections.
const BATCH_BYTES_MAX: usize = 64 << 20;

/// Changes by batch. No I/O: whoever owns it takes batches, makes them durable in order, and lets
/// go of what waits for them.
#[derive(Debug)]
pub struct Ledger {
    journal: Journal,
    /// The number of the batch that is being filled; the first is 1.
    open: u64,
    /// The present step has changed something.
    has_changed: bool,
    /// Nothing waits: the relaxed mode.
    is_relaxed: bool,
}

impl Ledger {
    /// Goes on with a journal.
    pub fn new(journal: Journal, is_relaxed: bool) -> Self {
        Ledger { journal, open: 1, has_changed: false, is_relaxed }
    }

    /// A step of the broker begins.
    pub fn begin_step(&mut self) {
        self.has_changed = false;
    }

    /// Takes down a change of this step.
    pub fn record(&mut self, change: &Change<'_>) {
        self.has_changed = true;
        self.journal.record(change);
    }

    /// The batch that whatever this step sends now waits for, but for an accepted CONNECT; 0 is none.
    /// All that a step sends behind its first change waits for it. What it sends before promises
    /// nothing.
    pub fn batch_of_step(&self) -> u64 {
        match self.has_changed && !self.is_relaxed && self.has_changes() {
            true => self.open,
            false => 0,
        }
    }

    /// The batch that an effect which sends something waits for; 0 is none. An accepted CONNECT waits
    /// for all that was changed before: it promises the session as it is, and all later packets of
    /// the connection leave behind it.
    pub fn batch_for(&self, effect: &Effect<'_>) -> u64 {
        let is_connack = matches!(
            effect,
            Effect::Send { packet: Packet::ConnAck(connack), .. } if !connack.reason.is_error()
        );
        match self.has_changes() {
            _ if !is_connack => self.batch_of_step(),
            _ if self.is_relaxed => 0,
            true => self.open,
            false => self.open - 1,
        }
    }

    /// Whether there is something to make durable.
    pub fn has_changes(&self) -> bool {
        !self.journal.batch().is_empty()
    }

    /// Whether so much has changed that no more should come in before it is durable.
    pub fn is_overfull(&self) -> bool {
        self.journal.batch().bytes() > BATCH_BYTES_MAX
    }

    /// Takes the batch, with its number, and begins the next one in `empty`.
    pub fn take(&mut self, empty: Batch) -> (u64, Batch) {
        let number = self.open;
        self.open += 1;
        (number, self.journal.take(empty))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::event::ConnId;
    use crate::broker::router::SessionKey;
    use crate::protocol::{Ack, ConnAck, PacketId, ReasonCode};

    const CONN: ConnId = ConnId { slot: 0, serial: 1 };

    fn connack(reason: ReasonCode) -> Effect<'static> {
        let properties = Default::default();
        let connack = ConnAck { session_present: false, reason, properties };
        Effect::Send { conn: CONN, packet: Packet::ConnAck(connack) }
    }

    fn puback() -> Effect<'static> {
        Effect::Send { conn: CONN, packet: Packet::PubAck(Ack::success(PacketId::FIRST)) }
    }

    fn change(ledger: &mut Ledger) {
        ledger.record(&Change::WillGone { session: SessionKey(0) });
    }

    #[test]
    fn what_a_step_sends_waits_for_its_changes_only() {
        let mut ledger = Ledger::new(Journal::default(), false);
        ledger.begin_step();
        assert_eq!(ledger.batch_for(&puback()), 0);
        change(&mut ledger);
        assert_eq!(ledger.batch_for(&puback()), 1);
        ledger.begin_step();
        assert_eq!(ledger.batch_for(&puback()), 0);
    }

    #[test]
    fn an_accepted_connect_waits_for_everything_before() {
        let mut ledger = Ledger::new(Journal::default(), false);
        change(&mut ledger);
        ledger.begin_step();
        assert_eq!(ledger.batch_for(&connack(ReasonCode::Success)), 1);
        assert_eq!(ledger.batch_for(&connack(ReasonCode::QuotaExceeded)), 0);
        assert_eq!(ledger.take(Batch::default()).0, 1);
        assert_eq!(ledger.batch_for(&connack(ReasonCode::Success)), 1);
        assert!(!ledger.has_changes());
    }

    #[test]
    fn in_the_relaxed_mode_nothing_waits() {
        let mut ledger = Ledger::new(Journal::default(), true);
        change(&mut ledger);
        assert_eq!(ledger.batch_for(&puback()), 0);
        assert!(ledger.has_changes());
    }
}
