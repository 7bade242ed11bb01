//! The three protocol versions, the three qualities of service, the packet identifier.

use std::fmt;
use std::num::NonZeroU16;

/// Protocol version of a Network Connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// MQTT 3.1 (`MQIsdp`, level 3).
    V31,
    /// MQTT 3.1.1 (`MQTT`, level 4).
    V311,
    /// MQTT 5.0 (`MQTT`, level 5).
    V5,
}

impl Version {
    /// The protocol level byte of CONNECT: 3, 4 or 5.
    pub const fn level(self) -> u8 {
        match self {
            Version::V31 => 3,
            Version::V311 => 4,
            Version::V5 => 5,
        }
    }

    /// Whether this is MQTT 5.0: properties, reason codes, DISCONNECT from the server.
    pub const fn is_v5(self) -> bool {
        matches!(self, Version::V5)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::V31 => "3.1",
            Version::V311 => "3.1.1",
            Version::V5 => "5.0",
        })
    }
}

/// Quality of Service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum QoS {
    /// 0: at most once.
    #[default]
    AtMostOnce = 0,
    /// 1: at least once.
    AtLeastOnce = 1,
    /// 2: exactly once.
    ExactlyOnce = 2,
}

impl QoS {
    /// The QoS with this number; `None` above 2.
    pub const fn from_u8(value: u8) -> Option<QoS> {
        match value {
            0 => Some(QoS::AtMostOnce),
            1 => Some(QoS::AtLeastOnce),
            2 => Some(QoS::ExactlyOnce),
            _ => None,
        }
    }
}

impl fmt::Display for QoS {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", *self as u8)
    }
}

/// Packet Identifier, never 0 [MQTT-2.2.1-3].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketId(NonZeroU16);

impl PacketId {
    /// The first identifier of a session.
    pub const FIRST: PacketId = PacketId(NonZeroU16::MIN);

    /// `None` for 0.
    pub const fn new(value: u16) -> Option<PacketId> {
        match NonZeroU16::new(value) {
            Some(value) => Some(PacketId(value)),
            None => None,
        }
    }

    /// The number on the wire.
    pub const fn value(self) -> u16 {
        self.0.get()
    }

    /// The identifier `steps` after this one; 65535 is followed by 1.
    pub const fn advanced(self, steps: u16) -> PacketId {
        let zero_based = (self.0.get() as u32 - 1 + steps as u32) % 65_535;
        match NonZeroU16::new(zero_based as u16 + 1) {
            Some(value) => PacketId(value),
            None => PacketId::FIRST,
        }
    }

    /// How many steps lead from `first` to this identifier (0 to 65534).
    pub const fn distance_from(self, first: PacketId) -> u16 {
        ((self.0.get() as u32 + 65_535 - first.0.get() as u32) % 65_535) as u16
    }
}

impl fmt::Display for PacketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packet_ids_wrap_and_skip_zero() {
        let last = PacketId::new(65_535).unwrap();
        assert_eq!(last.advanced(1), PacketId::FIRST);
        assert_eq!(PacketId::FIRST.distance_from(last), 1);
        assert_eq!(last.distance_from(PacketId::FIRST), 65_534);
        assert_eq!(PacketId::FIRST.advanced(65_534), last);
        assert_eq!(PacketId::new(0), None);
    }
}
