//! Messages that go out together.

use crate::broker::block::Piece;
use crate::broker::event::{ConnId, Effect, Room, Sink};
use crate::broker::queue::secs_until;
use crate::protocol::{MessageRef, Outgoing, Packet, PacketId, Properties, QoS, TopicName};
use crate::time::Timestamp;

/// Messages that go to a connection one behind the other. They differ in payload and properties alone:
/// one topic, not retained, and no payload is large.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    topic: TopicName<'a>,
    /// QoS of the deliveries.
    pub qos: QoS,
    messages: Messages<'a>,
    /// What is left of the Message Expiry Interval of those that were kept, in seconds.
    expiry_secs: Option<u32>,
    /// The run before had the same messages with the same QoS, or more or fewer of them from the same
    /// first one on: whoever encodes it may copy.
    pub repeats: bool,
    /// Nobody else gets these messages: whoever encodes it need not keep the bytes.
    pub is_alone: bool,
}

/// Where they lie.
#[derive(Clone, Copy, Debug)]
enum Messages<'a> {
    /// In the PUBLISH packets as they came in.
    Packets(&'a [Packet<'a>]),
    /// They were kept.
    Kept(&'a Piece),
}

impl<'a> Run<'a> {
    /// PUBLISH packets as they came in, to be sent with this topic and QoS, to several receivers.
    pub(super) const fn of_packets(
        topic: TopicName<'a>,
        qos: QoS,
        packets: &'a [Packet<'a>],
    ) -> Self {
        let (messages, expiry_secs) = (Messages::Packets(packets), None);
        Run { topic, qos, messages, expiry_secs, repeats: false, is_alone: false }
    }

    /// Messages that were kept, and are sent now.
    pub(super) fn of_piece(piece: &'a Piece, now: Timestamp) -> Self {
        let (topic, qos) = (piece.topic(), piece.qos());
        let expiry_secs = piece.expires_at().map(|at| secs_until(at, now));
        let messages = Messages::Kept(piece);
        Run { topic, qos, messages, expiry_secs, repeats: false, is_alone: true }
    }

    /// How many messages there are.
    pub const fn count(&self) -> usize {
        match self.messages {
            Messages::Packets(packets) => packets.len(),
            Messages::Kept(piece) => piece.len(),
        }
    }

    /// The `n`th delivery.
    #[inline(always)]
    pub fn outgoing(&self, n: usize, first: Option<PacketId>) -> Outgoing<'a> {
        let (topic, qos) = (self.topic, self.qos);
        let (payload, properties) = match self.messages {
            Messages::Packets(packets) => match &packets[n] {
                Packet::Publish(publish) => (publish.payload, publish.properties),
                _ => (&[][..], Properties::EMPTY),
            },
            Messages::Kept(piece) => (piece.payload(n), piece.properties(n)),
        };
        Outgoing {
            message: MessageRef { topic, qos, retain: false, properties, payload },
            dup: false,
            qos,
            retain: false,
            // A run is far shorter than 65536 packets.
            packet_id: first.map(|first| first.advanced(n as u16)),
            expiry_secs: self.expiry_secs.or_else(|| properties.message_expiry()),
            subscription_ids: &[],
            topic_alias: None,
        }
    }

    /// Payload bytes of the first `len` messages.
    pub(super) fn payload_bytes(&self, len: usize) -> usize {
        match self.messages {
            Messages::Packets(packets) => {
                packets[..len].iter().map(|it| payload_of(it).len()).sum()
            }
            Messages::Kept(piece) => piece.payload_bytes(len),
        }
    }
}

fn payload_of<'a>(packet: &Packet<'a>) -> &'a [u8] {
    match packet {
        Packet::Publish(publish) => publish.payload,
        _ => &[],
    }
}

/// [`Sink::deliver_run`], packet by packet.
pub fn deliver_singly(
    out: &mut (impl Sink + ?Sized),
    conn: ConnId,
    run: &Run<'_>,
    first: Option<PacketId>,
) -> (usize, Room) {
    for n in 0..run.count() {
        let publish = &run.outgoing(n, first);
        let effect = Effect::Deliver { conn, publish, kept: None, repeats: false };
        if out.effect(effect) == Room::Full {
            return (n + 1, Room::Full);
        }
    }
    (run.count(), Room::Ok)
}
