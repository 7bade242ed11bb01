//! Effects as text, one line each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::broker::change::Change;
use crate::broker::event::{ConnId, Effect, Event, Room, Run, Sink, deliver_singly};
use crate::protocol::{
    Ack, Blocks, Encoder, Outgoing, Packet, PacketId, Property, ReasonCode, Version,
};

/// Somebody who hears changes.
pub(crate) struct Hook(pub Box<dyn FnMut(&Change<'_>)>);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// Effects as lines: `name < PACKET` for what is sent, `name x` for a close, `! EVENT` for reports.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Hears every change that must survive.
    pub(crate) on_change: Option<Hook>,
    pub(super) names: BTreeMap<ConnId, String>,
    pub(super) lines: Vec<String>,
    /// Connections that answer Full to everything.
    pub(super) full: BTreeSet<ConnId>,
    /// Connections that answer Full after so many packets.
    pub(super) room: BTreeMap<ConnId, usize>,
    /// How many runs there were.
    pub(super) runs: usize,
    /// The last run as the server writes it.
    blocks: Blocks,
    /// The last PUBLISH, without its identifier.
    last: String,
}

impl Sink for Log {
    fn deliver_run(
        &mut self,
        conn: ConnId,
        run: &Run<'_>,
        first: Option<PacketId>,
    ) -> (usize, Room) {
        self.runs += 1;
        self.encode(run, first);
        deliver_singly(self, conn, run, first)
    }

    fn effect(&mut self, effect: Effect<'_>) -> Room {
        let (conn, text) = match effect {
            Effect::Persist(change) => {
                if let Some(on_change) = &mut self.on_change {
                    (on_change.0)(&change);
                }
                return Room::Ok;
            }
            Effect::Send { conn, packet } => (conn, format!("< {}", packet_text(&packet))),
            Effect::Deliver { conn, publish, kept, repeats } => {
                let packet = format!("{:?}", Outgoing { packet_id: None, ..*publish });
                assert!(!repeats || packet == self.last, "it is what was sent before: {packet}");
                self.last = packet;
                if let Some(kept) = kept {
                    assert_eq!(kept.payload(), publish.message.payload, "kept is the same message");
                }
                (conn, format!("< {}", publish_text(publish)))
            }
            Effect::Close { conn } => {
                self.lines.push(format!("{} x", self.names[&conn]));
                return Room::Ok;
            }
            Effect::Report(event) => {
                self.lines.extend(event_text(&event).map(|text| format!("! {text}")));
                return Room::Ok;
            }
        };
        self.lines.push(format!("{} {text}", self.names[&conn]));
        if let Some(left) = self.room.get_mut(&conn) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return Room::Full;
            }
        }
        if self.full.contains(&conn) { Room::Full } else { Room::Ok }
    }
}

impl Log {
    /// Writes a run, for both kinds of versions: it is what its packets are one by one.
    fn encode(&mut self, run: &Run<'_>, first: Option<PacketId>) {
        let (blocks, len) = (&mut self.blocks, run.count());
        if !run.repeats {
            blocks.clear();
        }
        for version in [Version::V311, Version::V5] {
            let (mut encoder, mut singly) = (Encoder::new(version), Vec::new());
            for n in 0..len {
                encoder.encode_publish(&run.outgoing(n, first), &mut singly).unwrap();
            }
            encoder.encode_run(blocks, len, |n| run.outgoing(n, first)).unwrap();
            let mut together = Vec::new();
            match run.is_alone {
                true => blocks.hand_over(version, len, first, &mut together),
                false => blocks.copy(version, len, first, &mut together),
            }
            assert!(together == singly, "{len} packets to {version:?}");
        }
    }
}

fn hex(reason: ReasonCode) -> String {
    format!("{:02X}", reason as u8)
}

fn packet_text(packet: &Packet<'_>) -> String {
    let codes = |reasons: &[ReasonCode]| reasons.iter().map(|it| hex(*it)).collect::<Vec<_>>();
    let ack = |name, ack: &Ack<'_>| format!("{name} {} {}", ack.packet_id, hex(ack.reason));
    match packet {
        Packet::ConnAck(it) => {
            let present = if it.session_present { " present" } else { "" };
            let properties: Vec<String> =
                it.properties.iter().map(|it| format!(" {it:?}")).collect();
            format!("CONNACK {}{present}{}", hex(it.reason), properties.concat())
        }
        Packet::PubAck(it) => ack("PUBACK", it),
        Packet::PubRec(it) => ack("PUBREC", it),
        Packet::PubRel(it) => ack("PUBREL", it),
        Packet::PubComp(it) => ack("PUBCOMP", it),
        Packet::SubAck(it) => format!("SUBACK {} {}", it.packet_id, codes(&it.reasons).join(" ")),
        Packet::UnsubAck(it) => {
            format!("UNSUBACK {} {}", it.packet_id, codes(&it.reasons).join(" "))
        }
        Packet::Disconnect(it) => format!("DISCONNECT {}", hex(it.reason)),
        Packet::PingResp => "PINGRESP".to_owned(),
        other => format!("{other:?}"),
    }
}

fn publish_text(publish: &Outgoing<'_>) -> String {
    let message = &publish.message;
    let mut text =
        format!("{} {} q{}", message.topic, String::from_utf8_lossy(message.payload), publish.qos);
    if let Some(packet_id) = publish.packet_id {
        text.push_str(&format!(" #{packet_id}"));
    }
    for (is_set, word) in [(publish.dup, " dup"), (publish.retain, " retain")] {
        text.push_str(if is_set { word } else { "" });
    }
    if let Some(secs) = publish.expiry_secs {
        text.push_str(&format!(" expiry={secs}"));
    }
    if !publish.subscription_ids.is_empty() {
        text.push_str(&format!(" ids={:?}", publish.subscription_ids));
    }
    for property in message.properties.iter() {
        match property {
            // Of the hop by which it came; the encoder leaves them out.
            Property::TopicAlias(_) | Property::MessageExpiryInterval(_) => {}
            other => text.push_str(&format!(" {other:?}")),
        }
    }
    text
}

fn event_text(event: &Event<'_>) -> Option<String> {
    Some(match event {
        Event::Will { client_id, topic, fate, cause, .. } => {
            format!("will {client_id} {topic} {fate:?} {cause:?}")
        }
        Event::Refused { client_id, why, .. } => format!("refused {client_id:?} {why:?}"),
        Event::Disconnected { client_id, cause, .. } => format!("gone {client_id} {cause:?}"),
        Event::WillDoubtful { client_id, topic, denied } => {
            format!("doubt {client_id} {topic} {:?}", denied.why)
        }
        Event::DangerousName { name } => format!("dangerous {name}"),
        Event::SessionExpired { client_id } => format!("expired {client_id}"),
        Event::SessionDeleted { client_id } => format!("deleted {client_id}"),
        Event::Slowed { client_id } => format!("slowed {client_id}"),
        Event::Dropping { client_id, why } => format!("dropping {client_id} {why:?}"),
        Event::PublishRefused { client_id, publish, reason } => {
            format!("denied {client_id} {} {}", publish.topic.name(), hex(*reason))
        }
        Event::SubscribeRefused { client_id, filter, reason } => {
            format!("denied {client_id} {filter} {}", hex(*reason))
        }
        Event::Received { client_id, packet } => format!("trace {client_id} > {:?}", packet.kind()),
        Event::Sent { client_id, packet } => format!("trace {client_id} < {:?}", packet.kind()),
        Event::Delivered { client_id, .. } => format!("trace {client_id} < Publish"),
        Event::Connected(_)
        | Event::WillArmed { .. }
        | Event::Subscribed { .. }
        | Event::Unsubscribed { .. } => return None,
    })
}
