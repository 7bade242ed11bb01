//! UNSUBSCRIBE (section 3.10).

use crate::{PacketId, Properties, TopicFilter};

/// A request to end subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe<'a> {
    /// Its identifier.
    pub packet_id: PacketId,
    /// User Property.
    pub properties: Properties<'a>,
    /// At least one.
    pub filters: Vec<TopicFilter<'a>>,
}
