//! The protocol trace at debug level: one line for each packet, in mosquitto's form.

use std::fmt::{self, Write};

use crate::observe::escape::{Bounded, Escaped};
use crate::protocol::{Ack, Outgoing, Packet, PacketId, Publish, QoS};

/// A packet from a client.
pub fn write_received(out: &mut Bounded, client_id: &str, packet: &Packet<'_>) -> fmt::Result {
    write!(out, "Received {} from {}", packet.kind().name(), Escaped(client_id))?;
    match packet {
        Packet::Connect(connect) => {
            let (level, clean) = (connect.version.level(), u8::from(connect.clean_start));
            write!(out, " (p{level}, c{clean}, k{})", connect.keep_alive_secs)?;
            if connect.will.is_none() {
                out.write_str("\nNo will message specified.")?;
            }
            Ok(())
        }
        Packet::Publish(publish) => write_received_publish(out, publish),
        Packet::PubAck(ack) | Packet::PubComp(ack) => {
            write!(out, " (Mid: {}, RC:{})", ack.packet_id, ack.reason as u8)
        }
        Packet::PubRec(ack) | Packet::PubRel(ack) => write!(out, " (Mid: {})", ack.packet_id),
        Packet::Subscribe(subscribe) => subscribe.subscriptions.iter().try_for_each(|one| {
            write!(out, "\n\t{} (QoS {})", Escaped(one.filter.as_str()), one.options.qos)
        }),
        Packet::Unsubscribe(unsubscribe) => unsubscribe
            .filters
            .iter()
            .try_for_each(|filter| write!(out, "\n\t{}", Escaped(filter.as_str()))),
        Packet::Disconnect(disconnect) => match disconnect.reason as u8 {
            0 => Ok(()),
            code => write!(out, " (rc{code})"),
        },
        Packet::Auth(auth) => write!(out, " (rc{})", auth.reason as u8),
        Packet::ConnAck(_)
        | Packet::SubAck(_)
        | Packet::UnsubAck(_)
        | Packet::PingReq
        | Packet::PingResp => Ok(()),
    }
}

/// A PUBLISH that is not passed on.
pub fn write_denied(out: &mut Bounded, client_id: &str, publish: &Publish<'_>) -> fmt::Result {
    write!(out, "Denied PUBLISH from {}", Escaped(client_id))?;
    write_received_publish(out, publish)
}

fn write_received_publish(out: &mut Bounded, publish: &Publish<'_>) -> fmt::Result {
    let head = Head { dup: publish.dup, qos: publish.qos, retain: publish.retain };
    let topic = publish.topic.name();
    write_publish(out, head, publish.packet_id, topic.as_str(), publish.payload.len())
}

/// A packet to a client that is not a PUBLISH.
pub fn write_sent(out: &mut Bounded, client_id: &str, packet: &Packet<'_>) -> fmt::Result {
    write!(out, "Sending {} to {}", packet.kind().name(), Escaped(client_id))?;
    match packet {
        Packet::ConnAck(ack) => {
            write!(out, " ({}, {})", u8::from(ack.session_present), ack.reason as u8)
        }
        Packet::PubAck(ack) | Packet::PubRec(ack) => write_ack(out, ack),
        Packet::PubRel(ack) | Packet::PubComp(ack) => write!(out, " (m{})", ack.packet_id),
        Packet::Disconnect(disconnect) => write!(out, " (rc{})", disconnect.reason as u8),
        Packet::Auth(auth) => write!(out, " (rc{})", auth.reason as u8),
        Packet::Connect(_)
        | Packet::Publish(_)
        | Packet::Subscribe(_)
        | Packet::SubAck(_)
        | Packet::Unsubscribe(_)
        | Packet::UnsubAck(_)
        | Packet::PingReq
        | Packet::PingResp => Ok(()),
    }
}

/// A PUBLISH to a client.
pub fn write_delivered(out: &mut Bounded, client_id: &str, publish: &Outgoing<'_>) -> fmt::Result {
    write!(out, "Sending PUBLISH to {}", Escaped(client_id))?;
    let head = Head { dup: publish.dup, qos: publish.qos, retain: publish.retain };
    let message = publish.message;
    write_publish(out, head, publish.packet_id, message.topic.as_str(), message.payload.len())
}

/// The flags of a PUBLISH.
struct Head {
    dup: bool,
    qos: QoS,
    retain: bool,
}

fn write_publish(
    out: &mut Bounded,
    head: Head,
    packet_id: Option<PacketId>,
    topic: &str,
    size: usize,
) -> fmt::Result {
    write!(
        out,
        " (d{}, q{}, r{}, m{}, '{}', ... ({size} bytes))",
        u8::from(head.dup),
        head.qos,
        u8::from(head.retain),
        packet_id.map_or(0, PacketId::value),
        Escaped(topic)
    )
}

fn write_ack(out: &mut Bounded, ack: &Ack<'_>) -> fmt::Result {
    write!(out, " (m{}, rc{})", ack.packet_id, ack.reason as u8)
}

#[cfg(test)]
mod tests;
