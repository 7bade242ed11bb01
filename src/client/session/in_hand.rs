//! Messages that the application acknowledges itself, when it has brought them to safety: until
//! then the server keeps them.

use std::collections::BTreeMap;

use super::Session;
use super::event::{Effect, Event, Sink};
use crate::protocol::{Ack, Packet, PacketId, Publish, QoS};
use crate::time::Timestamp;

/// What there is to know about a message that the application has.
#[derive(Clone, Copy, Debug)]
struct Entry {
    qos: QoS,
    /// Of the payload.
    bytes: usize,
    /// The application has acknowledged it.
    is_done: bool,
    /// It came on the present connection: the server waits for its acknowledgement.
    is_awaited: bool,
    /// PUBREL came on the present connection: the server waits for PUBCOMP.
    is_released: bool,
}

/// What a received PUBLISH is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// Something new.
    New,
    /// The application has it and is not done with it.
    Again,
    /// The application is done with it, but the server does not know.
    Done,
}

#[derive(Debug, Default)]
pub(super) struct InHand {
    entries: BTreeMap<PacketId, Entry>,
    /// How many of them the server waits for.
    awaited: usize,
    /// Bytes of these.
    awaited_bytes: usize,
}

impl InHand {
    /// How many messages the server waits for, and the bytes of their payloads.
    pub fn load(&self) -> (usize, usize) {
        (self.awaited, self.awaited_bytes)
    }

    fn insert(&mut self, packet_id: PacketId, entry: Entry) {
        // Another message under the same identifier.
        self.remove(packet_id);
        if entry.is_awaited {
            self.awaited += 1;
            self.awaited_bytes += entry.bytes;
        }
        self.entries.insert(packet_id, entry);
    }

    fn remove(&mut self, packet_id: PacketId) -> Option<Entry> {
        let entry = self.entries.remove(&packet_id)?;
        if entry.is_awaited {
            self.awaited -= 1;
            self.awaited_bytes -= entry.bytes;
        }
        Some(entry)
    }

    /// A new connection. Without the old session the server has forgotten what it sent.
    pub fn resume(&mut self, session_present: bool) {
        if !session_present {
            self.entries.clear();
        }
        for entry in self.entries.values_mut() {
            (entry.is_awaited, entry.is_released) = (false, false);
        }
        (self.awaited, self.awaited_bytes) = (0, 0);
    }

    /// Takes in a PUBLISH. At QoS 1 only DUP tells a repeat from another message under the same
    /// identifier [MQTT-3.3.1-1]; at QoS 2 the identifier does [MQTT-4.3.3-10].
    pub fn receive(&mut self, packet_id: PacketId, publish: &Publish<'_>) -> Received {
        let qos = publish.qos;
        let is_repeat =
            |entry: &Entry| entry.qos == qos && (qos == QoS::ExactlyOnce || publish.dup);
        match self.entries.get_mut(&packet_id).filter(|entry| is_repeat(entry)) {
            Some(entry) => {
                if !std::mem::replace(&mut entry.is_awaited, true) {
                    self.awaited += 1;
                    self.awaited_bytes += entry.bytes;
                }
                if entry.is_done { Received::Done } else { Received::Again }
            }
            None => {
                let bytes = publish.payload.len();
                let entry =
                    Entry { qos, bytes, is_done: false, is_awaited: true, is_released: false };
                self.insert(packet_id, entry);
                Received::New
            }
        }
    }

    /// The application is done with a message: the QoS to acknowledge, if the server waits for it.
    fn finish(&mut self, packet_id: PacketId) -> Option<QoS> {
        let entry = self.entries.get_mut(&packet_id).filter(|entry| !entry.is_done)?;
        entry.is_done = true;
        entry.is_awaited.then_some(entry.qos)
    }

    /// PUBREL has come, perhaps for a message of an earlier run.
    fn release(&mut self, packet_id: PacketId) {
        let qos = QoS::ExactlyOnce;
        let entry = Entry { qos, bytes: 0, is_done: true, is_awaited: true, is_released: true };
        self.insert(packet_id, entry);
    }

    /// The exchange is over. Whether the server waits to hear of it.
    fn complete(&mut self, packet_id: PacketId) -> bool {
        self.remove(packet_id).is_some_and(|entry| entry.is_released)
    }
}

impl Session {
    /// A PUBLISH of QoS 1 or 2 for an application that acknowledges itself.
    pub(super) fn on_message_in_hand(
        &mut self,
        now: Timestamp,
        packet_id: PacketId,
        publish: &Publish<'_>,
        out: &mut impl Sink,
    ) {
        let (count, bytes) = self.in_hand.load();
        if self.is_overrun(count, bytes, publish) {
            return self.on_overrun(now, out);
        }
        match self.in_hand.receive(packet_id, publish) {
            Received::New => self.hand_on(now, publish, out),
            Received::Again => {}
            Received::Done => self.acknowledge(now, packet_id, publish.qos, out),
        }
    }

    /// The application is done with a message.
    pub(super) fn on_acknowledge(
        &mut self,
        now: Timestamp,
        packet_id: PacketId,
        out: &mut impl Sink,
    ) {
        if let Some(qos) = self.in_hand.finish(packet_id).filter(|_| self.is_connected()) {
            self.acknowledge(now, packet_id, qos, out);
        }
    }

    fn acknowledge(&mut self, now: Timestamp, packet_id: PacketId, qos: QoS, out: &mut impl Sink) {
        let ack = Ack::success(packet_id);
        if qos == QoS::ExactlyOnce {
            return self.send(now, Packet::PubRec(ack), out);
        }
        self.in_hand.complete(packet_id);
        self.send(now, Packet::PubAck(ack), out);
    }

    /// PUBREL for such a message.
    pub(super) fn on_pubrel_in_hand(&mut self, packet_id: PacketId, out: &mut impl Sink) {
        self.in_hand.release(packet_id);
        out.effect(Effect::Report(Event::Released { packet_id }));
    }

    /// The application is done with the rest of the exchange too.
    pub(super) fn on_complete(&mut self, now: Timestamp, packet_id: PacketId, out: &mut impl Sink) {
        if self.in_hand.complete(packet_id) && self.is_connected() {
            self.send(now, Packet::PubComp(Ack::success(packet_id)), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Properties, Topic, TopicName};

    fn receive(in_hand: &mut InHand, id: u16, qos: QoS, dup: bool, payload: &[u8]) -> Received {
        let packet_id = PacketId::new(id);
        let topic = Topic::Slice(TopicName::new("t").expect("it is a topic name"));
        let properties = Properties::EMPTY;
        let publish = Publish { dup, qos, retain: false, topic, packet_id, properties, payload };
        in_hand.receive(packet_id.unwrap_or(PacketId::FIRST), &publish)
    }

    /// What is counted is what there is, whatever happens to identifiers.
    #[test]
    fn the_load_is_that_of_the_entries() {
        let mut in_hand = InHand::default();
        for n in 0..10_000_u32 {
            // Numbers of a generator that is good enough for this.
            let random = n.wrapping_mul(2_654_435_761) >> 8;
            let id = random as u16 % 12 + 1;
            let packet_id = PacketId::new(id).unwrap_or(PacketId::FIRST);
            let qos = if random & 0x100 == 0 { QoS::AtLeastOnce } else { QoS::ExactlyOnce };
            match random >> 10 & 0x3F {
                0 => in_hand.resume(false),
                1..=4 => in_hand.resume(true),
                5..=16 => drop(in_hand.complete(packet_id)),
                17..=24 => in_hand.release(packet_id),
                25..=36 => drop(in_hand.finish(packet_id)),
                _ => {
                    let payload = &[0; 64][..random as usize >> 18 & 0x3F];
                    receive(&mut in_hand, id, qos, random & 0x200 == 0, payload);
                }
            }
            let awaited = in_hand.entries.values().filter(|entry| entry.is_awaited);
            let expected = awaited.fold((0, 0), |(n, bytes), entry| (n + 1, bytes + entry.bytes));
            assert_eq!(in_hand.load(), expected);
        }
        assert!(in_hand.awaited > 0, "the last step leaves something");
    }
}
