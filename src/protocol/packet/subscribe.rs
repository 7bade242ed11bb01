//! SUBSCRIBE (section 3.8).

use crate::decoder::Origin;
use crate::primitive::Reader;
use crate::{
    DecodeError, Malformed, PacketId, PacketKind, Properties, QoS, TopicFilter, Version, Violation,
};

/// A request for subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribe<'a> {
    /// Its identifier.
    pub packet_id: PacketId,
    /// Subscription Identifier, User Property.
    pub properties: Properties<'a>,
    /// At least one, but in MQTT 3.1, which allows none.
    pub subscriptions: Vec<Subscription<'a>>,
}

/// One filter with its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription<'a> {
    /// What to match; may be a shared subscription.
    pub filter: TopicFilter<'a>,
    /// How to deliver.
    pub options: SubscriptionOptions,
}

/// Subscription Options (section 3.8.3.1). Version 3 knows the QoS only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionOptions {
    /// Maximum QoS.
    pub qos: QoS,
    /// No Local.
    pub no_local: bool,
    /// Retain As Published.
    pub retain_as_published: bool,
    /// Retain Handling.
    pub retain_handling: RetainHandling,
}

/// When retained messages are sent because of a SUBSCRIBE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum RetainHandling {
    /// 0: always.
    #[default]
    Always = 0,
    /// 1: only if the subscription is new.
    IfNew = 1,
    /// 2: never.
    Never = 2,
}

impl<'a> Subscribe<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, origin: Origin) -> Result<Self, DecodeError> {
        let kind = PacketKind::Subscribe;
        let packet_id = reader.packet_id()?;
        let properties = origin.properties(kind, reader)?;
        if reader.is_empty() && origin.version != Version::V31 {
            return Err(Violation::FilterMissing(kind).into());
        }
        let mut subscriptions = Vec::new();
        while !reader.is_empty() {
            let filter = TopicFilter::new(reader.text()?).map_err(Malformed::TopicFilter)?;
            let options = SubscriptionOptions::read(reader.u8()?, origin)?;
            if options.no_local && filter.shared().is_some() {
                return Err(Violation::NoLocalOnShared.into());
            }
            subscriptions.push(Subscription { filter, options });
        }
        Ok(Subscribe { packet_id, properties, subscriptions })
    }
}

impl SubscriptionOptions {
    fn read(byte: u8, origin: Origin) -> Result<Self, DecodeError> {
        let reserved = if origin.is_v5() { 0b1100_0000 } else { 0b1111_1100 };
        if byte & reserved != 0 {
            return Err(Malformed::SubscriptionReservedBits.into());
        }
        let retain_handling = match byte >> 4 & 0b11 {
            0 => RetainHandling::Always,
            1 => RetainHandling::IfNew,
            2 => RetainHandling::Never,
            _ => return Err(Violation::RetainHandling.into()),
        };
        Ok(SubscriptionOptions {
            qos: QoS::from_u8(byte & 0b11).ok_or(Violation::SubscriptionQoS)?,
            no_local: byte & 0b0100 != 0,
            retain_as_published: byte & 0b1000 != 0,
            retain_handling,
        })
    }

    /// The options as a byte; version 3 has the QoS only.
    pub const fn to_u8(self, version: Version) -> u8 {
        let qos = self.qos as u8;
        match version {
            Version::V31 | Version::V311 => qos,
            Version::V5 => {
                qos | (self.no_local as u8) << 2
                    | (self.retain_as_published as u8) << 3
                    | (self.retain_handling as u8) << 4
            }
        }
    }
}
