//! What is sent again when a client comes back.

use super::segment::{Kind, Segment, Slot, Standing};
use super::{InFlight, Pending};
use crate::protocol::PacketId;

/// What is to be sent again first on a resumed session.
#[derive(Debug)]
pub(crate) enum Resend<'a> {
    /// PUBLISH, with DUP.
    Publish(PacketId, &'a Pending),
    /// PUBREL.
    Release(PacketId),
}

impl InFlight {
    /// A new connection resumes the session: everything is to be sent again.
    pub fn restart(&mut self) {
        let mut segments = std::mem::take(&mut self.segments).into_iter();
        if let Some(first) = segments.next() {
            let start = first.start;
            let mut slots = first.into_slots();
            segments.for_each(|segment| slots.extend(segment.into_slots()));
            self.segments.push_back(Segment { start, kind: Kind::Loose(slots) });
        }
        self.resend = self.before;
        self.outstanding = 0;
    }

    /// The next thing to send again, if the window allows it. [`InFlight::on_resent`] follows.
    pub fn next_resend(&mut self, messages_max: usize) -> Option<Resend<'_>> {
        if self.are_all_sent() {
            return None;
        }
        let Some(Segment { start, kind: Kind::Loose(slots) }) = self.segments.front() else {
            return None;
        };
        let at = |order: u64| slots.get(order.checked_sub(*start)? as usize);
        while matches!(at(self.resend), Some(Slot::Free)) {
            self.resend += 1;
        }
        let packet_id = self.first.advanced((self.resend - self.before) as u16);
        match at(self.resend)? {
            Slot::Publish(_) if self.outstanding >= messages_max => None,
            Slot::Publish(pending) => Some(Resend::Publish(packet_id, pending)),
            Slot::Release => Some(Resend::Release(packet_id)),
            Slot::Free => None,
        }
    }

    /// What [`InFlight::next_resend`] named was sent.
    pub fn on_resent(&mut self) {
        self.resend += 1;
        self.outstanding += 1;
    }

    /// What [`InFlight::next_resend`] named cannot be sent to this client: it counts as delivered.
    /// Its number.
    pub fn skip_resend(&mut self) -> u64 {
        self.turn((0, (self.resend - self.before) as usize), Standing::Free)
    }
}
