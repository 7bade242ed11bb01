//! Every packet but PUBLISH.

use bytes::BufMut;

use super::TooLarge;
use crate::packet::connect::{BRIDGE, flag};
use crate::primitive::{VARIABLE_MAX, put_binary, put_variable};
use crate::{
    Ack, Auth, ConnAck, Connect, Disconnect, Packet, PacketKind, Properties, PropertyId,
    ReasonCode, SubAck, Subscribe, UnsubAck, Unsubscribe, Version, Will,
};

/// Appends a packet; `omitted` is the set of properties to leave out. What is in `out` after an
/// error is to be cut off again.
pub(super) fn write(
    version: Version,
    packet: &Packet<'_>,
    omitted: u32,
    out: &mut Vec<u8>,
) -> Result<(), TooLarge> {
    let kind = packet.kind();
    let mut frame = Frame { version, omitted, out };
    match packet {
        Packet::Connect(connect) => frame.packet(kind, |frame| frame.connect(connect)),
        Packet::ConnAck(connack) => frame.connack(connack),
        // The encoder itself writes these.
        Packet::Publish(_) => Ok(()),
        Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack) => {
            frame.ack(kind, ack)
        }
        Packet::Subscribe(subscribe) => frame.packet(kind, |frame| frame.subscribe(subscribe)),
        Packet::SubAck(suback) => frame.packet(kind, |frame| frame.suback(suback)),
        Packet::Unsubscribe(packet) => frame.packet(kind, |frame| frame.unsubscribe(packet)),
        Packet::UnsubAck(unsuback) => frame.packet(kind, |frame| frame.unsuback(unsuback)),
        Packet::PingReq | Packet::PingResp => frame.packet(kind, |_| Ok(())),
        Packet::Disconnect(disconnect) => frame.disconnect(disconnect),
        Packet::Auth(auth) => frame.auth(auth),
    }
}

/// The first byte of a packet [MQTT-2.1.3-1].
pub(super) const fn first_byte(kind: PacketKind) -> u8 {
    let flags = match kind {
        PacketKind::PubRel | PacketKind::Subscribe | PacketKind::Unsubscribe => 0b0010,
        _ => 0,
    };
    (kind as u8) << 4 | flags
}

/// An acknowledgement that says nothing but its Packet Identifier.
pub(super) fn plain_ack(version: Version, kind: PacketKind, ack: &Ack<'_>) -> Option<[u8; 4]> {
    let is_plain = ack.reason == ReasonCode::Success && ack.properties.is_empty();
    let [high, low] = ack.packet_id.value().to_be_bytes();
    (is_plain || !version.is_v5()).then_some([first_byte(kind), 2, high, low])
}

/// A packet being written.
struct Frame<'o> {
    version: Version,
    omitted: u32,
    out: &'o mut Vec<u8>,
}

impl Frame<'_> {
    /// The fixed header around a body whose length shows when it is written.
    fn packet(
        &mut self,
        kind: PacketKind,
        body: impl FnOnce(&mut Self) -> Result<(), TooLarge>,
    ) -> Result<(), TooLarge> {
        let start = self.out.len();
        self.out.extend_from_slice(&[first_byte(kind), 0]);
        body(self)?;
        let remaining = self.out.len() - start - 2;
        if remaining > VARIABLE_MAX {
            return Err(TooLarge);
        }
        if remaining < 0x80 {
            self.out[start + 1] = remaining as u8;
        } else {
            let mut length = Vec::with_capacity(4);
            put_variable(&mut length, remaining);
            self.out.splice(start + 1..start + 2, length);
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), TooLarge> {
        put_binary(self.out, text.as_bytes())
    }

    /// A property section, which version 3 does not have.
    fn properties(&mut self, properties: Properties<'_>) {
        self.properties_with(properties, self.omitted, None);
    }

    /// A property section without the omitted ones, `first` before all others.
    fn properties_with(
        &mut self,
        properties: Properties<'_>,
        omitted: u32,
        first: Option<(PropertyId, u32)>,
    ) {
        if !self.version.is_v5() {
            return;
        }
        let first_len = if first.is_some() { 5 } else { 0 };
        put_variable(self.out, first_len + kept_len(properties, omitted));
        if let Some((id, value)) = first {
            self.out.put_u8(id as u8);
            self.out.put_u32(value);
        }
        if !properties.has_any(omitted) {
            self.out.extend_from_slice(properties.as_bytes());
            return;
        }
        for span in properties.spans().filter(|span| omitted & span.id.bit() == 0) {
            self.out.extend_from_slice(span.bytes);
        }
    }

    /// A section in which `id` stands with this value, wherever the packet keeps it; 0 means
    /// absent if the section does not say it itself.
    fn properties_saying(&mut self, properties: Properties<'_>, id: PropertyId, value: u32) {
        let stated = match id {
            PropertyId::WillDelayInterval => properties.will_delay(),
            _ => properties.session_expiry(),
        };
        if stated.unwrap_or(0) == value {
            self.properties_with(properties, 0, None);
        } else {
            let first = (value != 0).then_some((id, value));
            self.properties_with(properties, id.bit(), first);
        }
    }

    fn connect(&mut self, connect: &Connect<'_>) -> Result<(), TooLarge> {
        let is_v5 = self.version.is_v5();
        let name = if self.version == Version::V31 { "MQIsdp" } else { "MQTT" };
        let bridge = if connect.bridge && !is_v5 { BRIDGE } else { 0 };
        // Before 5.0 a password needs a user name [MQTT-3.1.2-22 of 3.1.1].
        let password = connect.password.filter(|_| is_v5 || connect.username.is_some());
        self.text(name)?;
        self.out.put_u8(self.version.level() | bridge);
        self.out.put_u8(connect_flags(connect, password.is_some()));
        self.out.put_u16(connect.keep_alive_secs);
        let id = PropertyId::SessionExpiryInterval;
        self.properties_saying(connect.properties, id, connect.session_expiry_secs);
        self.text(connect.client_id)?;
        if let Some(will) = &connect.will {
            self.will(will)?;
        }
        if let Some(username) = connect.username {
            self.text(username)?;
        }
        password.map_or(Ok(()), |password| put_binary(self.out, password))
    }

    fn will(&mut self, will: &Will<'_>) -> Result<(), TooLarge> {
        let id = PropertyId::WillDelayInterval;
        self.properties_saying(will.properties, id, will.delay_secs);
        self.text(will.topic.as_str())?;
        put_binary(self.out, will.payload)
    }

    fn connack(&mut self, connack: &ConnAck<'_>) -> Result<(), TooLarge> {
        let code = match self.version {
            Version::V5 => Some(connack.reason as u8),
            Version::V31 | Version::V311 => connack.reason.connack_v3(),
        };
        let Some(code) = code else { return Ok(()) };
        // MQTT 3.1 has no Session Present.
        let session_present = connack.session_present && self.version != Version::V31;
        self.packet(PacketKind::ConnAck, |frame| {
            frame.out.extend_from_slice(&[u8::from(session_present), code]);
            frame.properties(connack.properties);
            Ok(())
        })
    }

    fn ack(&mut self, kind: PacketKind, ack: &Ack<'_>) -> Result<(), TooLarge> {
        if let Some(bytes) = plain_ack(self.version, kind, ack) {
            self.out.extend_from_slice(&bytes);
            return Ok(());
        }
        self.packet(kind, |frame| {
            frame.out.put_u16(ack.packet_id.value());
            frame.reason(ack.reason, ack.properties);
            Ok(())
        })
    }

    /// Reason code and properties in the shortest form that says the same.
    fn reason(&mut self, reason: ReasonCode, properties: Properties<'_>) {
        let has_properties = kept_len(properties, self.omitted) > 0;
        if has_properties || reason != ReasonCode::Success {
            self.out.put_u8(reason as u8);
        }
        if has_properties {
            self.properties(properties);
        }
    }

    fn subscribe(&mut self, subscribe: &Subscribe<'_>) -> Result<(), TooLarge> {
        self.out.put_u16(subscribe.packet_id.value());
        self.properties(subscribe.properties);
        for subscription in &subscribe.subscriptions {
            self.text(subscription.filter.as_str())?;
            self.out.put_u8(subscription.options.to_u8(self.version));
        }
        Ok(())
    }

    fn suback(&mut self, suback: &SubAck<'_>) -> Result<(), TooLarge> {
        self.out.put_u16(suback.packet_id.value());
        self.properties(suback.properties);
        let is_v5 = self.version.is_v5();
        let codes = suback.reasons.iter().map(|reason| match *reason {
            reason if reason.is_error() && !is_v5 => ReasonCode::UnspecifiedError as u8,
            reason => reason as u8,
        });
        self.out.extend(codes);
        Ok(())
    }

    fn unsubscribe(&mut self, unsubscribe: &Unsubscribe<'_>) -> Result<(), TooLarge> {
        self.out.put_u16(unsubscribe.packet_id.value());
        self.properties(unsubscribe.properties);
        unsubscribe.filters.iter().try_for_each(|filter| self.text(filter.as_str()))
    }

    fn unsuback(&mut self, unsuback: &UnsubAck<'_>) -> Result<(), TooLarge> {
        self.out.put_u16(unsuback.packet_id.value());
        self.properties(unsuback.properties);
        if self.version.is_v5() {
            self.out.extend(unsuback.reasons.iter().map(|reason| *reason as u8));
        }
        Ok(())
    }

    fn disconnect(&mut self, disconnect: &Disconnect<'_>) -> Result<(), TooLarge> {
        let is_v5 = self.version.is_v5();
        if !is_v5 && disconnect.reason != ReasonCode::Success {
            return Ok(());
        }
        self.packet(PacketKind::Disconnect, |frame| {
            if is_v5 {
                frame.reason(disconnect.reason, disconnect.properties);
            }
            Ok(())
        })
    }

    fn auth(&mut self, auth: &Auth<'_>) -> Result<(), TooLarge> {
        if !self.version.is_v5() {
            return Ok(());
        }
        self.packet(PacketKind::Auth, |frame| {
            frame.reason(auth.reason, auth.properties);
            Ok(())
        })
    }
}

fn connect_flags(connect: &Connect<'_>, has_password: bool) -> u8 {
    let bit = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let will = connect.will.as_ref().map_or(0, |will| {
        let qos = (will.qos as u8) << flag::WILL_QOS_SHIFT;
        flag::WILL | qos | bit(will.retain, flag::WILL_RETAIN)
    });
    will | bit(connect.clean_start, flag::CLEAN_START)
        | bit(connect.username.is_some(), flag::USER_NAME)
        | bit(has_password, flag::PASSWORD)
}

/// Bytes of a section without the omitted properties.
fn kept_len(properties: Properties<'_>, omitted: u32) -> usize {
    if !properties.has_any(omitted) {
        return properties.as_bytes().len();
    }
    let kept = properties.spans().filter(|span| omitted & span.id.bit() == 0);
    kept.map(|span| span.bytes.len()).sum()
}
