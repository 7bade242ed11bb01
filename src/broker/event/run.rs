//! Packets that are alike and go to one connection, or answer those that came from it.

use super::{ConnId, Effect, Room, Sink};
use crate::protocol::{
    Ack, MessageRef, Outgoing, Packet, PacketId, PacketKind, Properties, QoS, ReasonCode, TopicName,
};

/// What answers packets of one kind: PUBACK or PUBREC to PUBLISH, PUBREL to PUBREC, PUBCOMP to PUBREL.
pub fn answer_to(packets: &[Packet<'_>]) -> PacketKind {
    match packets.first() {
        Some(Packet::Publish(publish)) if publish.qos == QoS::ExactlyOnce => PacketKind::PubRec,
        Some(Packet::PubRec(_)) => PacketKind::PubRel,
        Some(Packet::PubRel(_)) => PacketKind::PubComp,
        _ => PacketKind::PubAck,
    }
}

/// The identifiers of packets of a handshake.
pub fn ids_of(packets: &[Packet<'_>]) -> impl Iterator<Item = PacketId> {
    packets.iter().filter_map(|packet| match packet {
        Packet::Publish(publish) => publish.packet_id,
        Packet::PubRec(ack) | Packet::PubRel(ack) => Some(ack.packet_id),
        _ => None,
    })
}

/// The answers themselves.
pub fn acks_of<'a>(
    packets: &'a [Packet<'_>],
    reason: ReasonCode,
) -> impl Iterator<Item = Packet<'a>> {
    let kind = answer_to(packets);
    ids_of(packets).map(move |packet_id| {
        let ack = Ack { reason, ..Ack::success(packet_id) };
        match kind {
            PacketKind::PubRec => Packet::PubRec(ack),
            PacketKind::PubRel => Packet::PubRel(ack),
            PacketKind::PubComp => Packet::PubComp(ack),
            _ => Packet::PubAck(ack),
        }
    })
}

/// [`Sink::deliver_run`], packet by packet.
pub fn deliver_singly(
    out: &mut (impl Sink + ?Sized),
    conn: ConnId,
    run: &Run<'_>,
    first: Option<PacketId>,
) -> (usize, Room) {
    for n in 0..run.packets.len() {
        let publish = &run.outgoing(n, first);
        let effect = Effect::Deliver { conn, publish, kept: None, repeats: false };
        if out.effect(effect) == Room::Full {
            return (n + 1, Room::Full);
        }
    }
    (run.packets.len(), Room::Ok)
}

/// Messages that go to a connection one behind the other. They differ in payload and properties alone:
/// one topic, not retained, and no payload is large.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Where they go.
    pub topic: TopicName<'a>,
    /// QoS of the deliveries.
    pub qos: QoS,
    /// PUBLISH packets, as they came in.
    pub packets: &'a [Packet<'a>],
    /// The run before had the same packets with the same QoS, or more or fewer of them from the same
    /// first one on: whoever encodes it may copy.
    pub repeats: bool,
}

impl<'a> Run<'a> {
    /// The `n`th delivery.
    pub fn outgoing(&self, n: usize, first: Option<PacketId>) -> Outgoing<'a> {
        let (payload, properties) = match self.packets.get(n) {
            Some(Packet::Publish(publish)) => (publish.payload, publish.properties),
            _ => (&[][..], Properties::EMPTY),
        };
        let (topic, qos) = (self.topic, self.qos);
        Outgoing {
            message: MessageRef { topic, qos, retain: false, properties, payload },
            dup: false,
            qos,
            retain: false,
            // A run is far shorter than 65536 packets.
            packet_id: first.map(|first| first.advanced(n as u16)),
            expiry_secs: properties.message_expiry(),
            subscription_ids: &[],
            topic_alias: None,
        }
    }
}
