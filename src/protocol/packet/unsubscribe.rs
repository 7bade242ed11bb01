//! UNSUBSCRIBE (section 3.10).

use crate::decoder::Origin;
use crate::primitive::Reader;
use crate::{DecodeError, Malformed, PacketId, PacketKind, Properties, TopicFilter, Violation};

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

impl<'a> Unsubscribe<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, origin: Origin) -> Result<Self, DecodeError> {
        let kind = PacketKind::Unsubscribe;
        let packet_id = reader.packet_id()?;
        let properties = origin.properties(kind, reader)?;
        if reader.is_empty() {
            return Err(Violation::FilterMissing(kind).into());
        }
        let mut filters = Vec::new();
        while !reader.is_empty() {
            filters.push(TopicFilter::new(reader.text()?).map_err(Malformed::TopicFilter)?);
        }
        Ok(Unsubscribe { packet_id, properties, filters })
    }
}
