//! Packets that answer those that came together.

use crate::protocol::{Ack, Packet, PacketId, PacketKind, QoS, ReasonCode};

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
        Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack) => {
            Some(ack.packet_id)
        }
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
