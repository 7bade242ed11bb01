//! The protocol trace of `-d`: one line a packet, in mosquitto's words.

use std::collections::BTreeSet;

use crate::cli::options::Connection;
use crate::client::{Cause, Event};
use crate::protocol::{
    Ack, ConnAck, Outgoing, Packet, PacketId, Publish, Subscribe, SubscriptionOptions, Version,
};

/// Words packets. Remembers the client id, which the server may assign.
#[derive(Debug)]
pub struct Trace {
    version: Version,
    client_id: Option<String>,
    /// What stands where no client id is known.
    absent: &'static str,
    /// Topic aliases that stand for a topic on the present connection, where version 2.0 is
    /// followed: it loses sight of their topics.
    aliases: Option<BTreeSet<u16>>,
}

impl Trace {
    /// For a connection with this version and client id, which may be empty.
    pub fn new(connection: &Connection) -> Self {
        let client_id = Some(connection.client_id.clone()).filter(|id| !id.is_empty());
        let is_20 = connection.compat.is_20();
        let absent = if is_20 { "(null)" } else { "null" };
        let aliases = is_20.then(BTreeSet::new);
        Trace { version: connection.version, client_id, absent, aliases }
    }

    /// The lines for an event, without the last end of line; `None` for what is no packet.
    pub fn lines(&mut self, event: &Event<'_>) -> Option<String> {
        match event {
            Event::Received(packet) => self.received(packet),
            Event::Sent(packet) => {
                if let (Packet::Connect(_), Some(aliases)) = (packet, &mut self.aliases) {
                    aliases.clear();
                }
                self.sent(packet)
            }
            Event::PublishSent { publish, number } => Some(self.publish_sent(publish, *number)),
            // A CONNACK that is no packet to the decoder.
            Event::Ended(Cause::RefusedOddly(code)) => {
                let id = self.client_id.as_deref().unwrap_or("(null)");
                Some(format!("Client {id} received CONNACK ({code})"))
            }
            _ => None,
        }
    }

    /// The line about a DISCONNECT.
    pub fn farewell(&self) -> String {
        format!("Client {} sending DISCONNECT", self.id())
    }

    fn id(&self) -> &str {
        self.client_id.as_deref().unwrap_or(self.absent)
    }

    fn received(&mut self, packet: &Packet<'_>) -> Option<String> {
        let what = match packet {
            Packet::ConnAck(connack) => return Some(self.connack(connack)),
            Packet::Disconnect(disconnect) => {
                return Some(format!("Received DISCONNECT ({})", disconnect.reason as u8));
            }
            Packet::Publish(publish) => publish_received(publish),
            Packet::PubAck(ack) => acked("PUBACK", ack),
            Packet::PubComp(ack) => acked("PUBCOMP", ack),
            Packet::PubRec(ack) => format!("PUBREC (Mid: {})", ack.packet_id),
            Packet::PubRel(ack) => format!("PUBREL (Mid: {})", ack.packet_id),
            Packet::SubAck(_) => "SUBACK".to_owned(),
            Packet::UnsubAck(_) => "UNSUBACK".to_owned(),
            Packet::PingResp => "PINGRESP".to_owned(),
            _ => return None,
        };
        Some(format!("Client {} received {what}", self.id()))
    }

    /// In version 5 the id that the server assigned holds from this line on; without any id this
    /// line alone has parentheses.
    fn connack(&mut self, connack: &ConnAck<'_>) -> String {
        if let Some(id) = connack.properties.assigned_client_id() {
            self.client_id = Some(id.to_owned());
        }
        let id = self.client_id.as_deref().unwrap_or("(null)");
        let code = match self.version {
            Version::V5 => connack.reason as u8,
            _ => connack.reason.connack_v3().unwrap_or(connack.reason as u8),
        };
        format!("Client {id} received CONNACK ({code})")
    }

    fn sent(&self, packet: &Packet<'_>) -> Option<String> {
        let id = self.id();
        let what = match packet {
            Packet::Connect(_) => "CONNECT".to_owned(),
            Packet::Disconnect(_) => "DISCONNECT".to_owned(),
            Packet::PingReq => "PINGREQ".to_owned(),
            Packet::PubAck(ack) => format!("PUBACK (m{}, rc{})", ack.packet_id, ack.reason as u8),
            Packet::PubRec(ack) => format!("PUBREC (m{}, rc{})", ack.packet_id, ack.reason as u8),
            Packet::PubRel(ack) => format!("PUBREL (m{})", ack.packet_id),
            Packet::PubComp(ack) => format!("PUBCOMP (m{})", ack.packet_id),
            Packet::Subscribe(subscribe) => return Some(self.subscribe(subscribe)),
            Packet::Unsubscribe(unsubscribe) => {
                let mid = unsubscribe.packet_id;
                let line = |filter| format!("UNSUBSCRIBE (Mid: {mid}, Topic: {filter})");
                return Some(self.each(unsubscribe.filters.iter().map(line)));
            }
            _ => return None,
        };
        Some(format!("Client {id} sending {what}"))
    }

    fn subscribe(&self, subscribe: &Subscribe<'_>) -> String {
        self.each(subscribe.subscriptions.iter().map(|subscription| {
            format!(
                "SUBSCRIBE (Mid: {}, Topic: {}, QoS: {}, Options: 0x{:02x})",
                subscribe.packet_id,
                subscription.filter,
                subscription.options.qos,
                self.option_bits(subscription.options),
            )
        }))
    }

    /// The bits of Subscription Options above the QoS; version 3 sends none.
    fn option_bits(&self, options: SubscriptionOptions) -> u8 {
        if !self.version.is_v5() {
            return 0;
        }
        u8::from(options.no_local) << 2
            | u8::from(options.retain_as_published) << 3
            | (options.retain_handling as u8) << 4
    }

    /// One line for each.
    fn each(&self, what: impl Iterator<Item = String>) -> String {
        let lines: Vec<String> =
            what.map(|what| format!("Client {} sending {what}", self.id())).collect();
        lines.join("\n")
    }

    fn publish_sent(&mut self, publish: &Outgoing<'_>, number: PacketId) -> String {
        let is_first = match (&mut self.aliases, publish.topic_alias) {
            (Some(aliases), Some(alias)) => aliases.insert(alias),
            _ => true,
        };
        let topic = if is_first { publish.message.topic.as_str() } else { "(null)" };
        format!(
            "Client {} sending PUBLISH (d{}, q{}, r{}, m{number}, '{}', ... ({} bytes))",
            self.id(),
            u8::from(publish.dup),
            publish.qos,
            u8::from(publish.retain),
            topic,
            publish.message.payload.len(),
        )
    }
}

fn publish_received(publish: &Publish<'_>) -> String {
    format!(
        "PUBLISH (d{}, q{}, r{}, m{}, '{}', ... ({} bytes))",
        u8::from(publish.dup),
        publish.qos,
        u8::from(publish.retain),
        publish.packet_id.map_or(0, PacketId::value),
        publish.topic.name(),
        publish.payload.len(),
    )
}

fn acked(name: &str, ack: &Ack<'_>) -> String {
    format!("{name} (Mid: {}, RC:{})", ack.packet_id, ack.reason as u8)
}
