//! Acknowledgements one behind the other.

use super::Encoder;
use super::control::first_byte;
use crate::{PacketId, PacketKind, ReasonCode};

impl Encoder {
    /// Appends acknowledgements of one kind (PUBACK, PUBREC, PUBREL or PUBCOMP), each as
    /// [`Encoder::encode`] writes one without properties. If they are larger than the peer accepts,
    /// they are left out.
    pub fn encode_acks(
        &mut self,
        kind: PacketKind,
        reason: ReasonCode,
        packet_ids: impl Iterator<Item = PacketId>,
        out: &mut Vec<u8>,
    ) {
        let first = first_byte(kind);
        let is_plain = reason == ReasonCode::Success || !self.version.is_v5();
        let size = if is_plain { 4 } else { 5 };
        if size > self.packet_size_max {
            return;
        }
        for packet_id in packet_ids {
            let [high, low] = packet_id.value().to_be_bytes();
            match is_plain {
                true => out.extend_from_slice(&[first, 2, high, low]),
                false => out.extend_from_slice(&[first, 3, high, low, reason as u8]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ack, Packet, Version};

    #[test]
    fn many_are_written_as_one_by_one() {
        let ids = || [1, 300, 65_535].into_iter().filter_map(PacketId::new);
        let packet = |kind, ack| match kind {
            PacketKind::PubAck => Packet::PubAck(ack),
            PacketKind::PubRec => Packet::PubRec(ack),
            PacketKind::PubRel => Packet::PubRel(ack),
            _ => Packet::PubComp(ack),
        };
        for version in [Version::V31, Version::V311, Version::V5] {
            for kind in
                [PacketKind::PubAck, PacketKind::PubRec, PacketKind::PubRel, PacketKind::PubComp]
            {
                for reason in [ReasonCode::Success, ReasonCode::PacketIdentifierNotFound] {
                    for packet_size_max in [3, 4, 5, u32::MAX] {
                        let mut encoder = Encoder::new(version);
                        encoder.set_peer(packet_size_max, 0, true);
                        let (mut singly, mut together) = (Vec::new(), Vec::new());
                        for id in ids() {
                            let ack = Ack { reason, ..Ack::success(id) };
                            // What does not fit is left out.
                            let _ = encoder.encode(&packet(kind, ack), &mut singly);
                        }
                        encoder.encode_acks(kind, reason, ids(), &mut together);
                        assert_eq!(together, singly, "{version:?} {kind} {reason:?}");
                    }
                }
            }
        }
    }
}
