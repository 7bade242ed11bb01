//! SUBSCRIBE (section 3.8).

use crate::{PacketId, Properties, QoS, TopicFilter};

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
