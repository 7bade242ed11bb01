//! Properties that are put together by us.

use bytes::BufMut;

use super::{Properties, Property, PropertyId};
use crate::primitive::{VARIABLE_MAX, put_binary, put_variable};

/// Properties that somebody puts together: a packet to send, or what is kept of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyBuf {
    bytes: Vec<u8>,
    present: u32,
    expiry_at: u32,
}

impl PropertyBuf {
    /// Empty, without an allocation.
    pub const fn new() -> Self {
        PropertyBuf { bytes: Vec::new(), present: 0, expiry_at: 0 }
    }

    /// Whether nothing was appended yet.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Removes all properties and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.present = 0;
    }

    /// Appends a property. The caller keeps to what the packet allows.
    ///
    /// # Panics
    /// When a string or binary data is longer than 65535 bytes, or a Subscription Identifier is
    /// above 268435455: the wire has no form for them.
    pub fn push(&mut self, property: Property<'_>) {
        let id = property.id();
        if id == PropertyId::MessageExpiryInterval {
            self.expiry_at = self.bytes.len() as u32;
        }
        self.present |= id.bit();
        self.bytes.put_u8(id as u8);
        match property {
            Property::UserProperty(name, value) => {
                self.binary(name.as_bytes());
                self.binary(value.as_bytes());
            }
            Property::RequestProblemInformation(value)
            | Property::RequestResponseInformation(value)
            | Property::RetainAvailable(value)
            | Property::WildcardSubscriptionAvailable(value)
            | Property::SubscriptionIdentifierAvailable(value)
            | Property::SharedSubscriptionAvailable(value) => self.bytes.put_u8(u8::from(value)),
            Property::PayloadFormatIndicator(value) | Property::MaximumQoS(value) => {
                self.bytes.put_u8(value)
            }
            Property::ServerKeepAlive(value)
            | Property::ReceiveMaximum(value)
            | Property::TopicAliasMaximum(value)
            | Property::TopicAlias(value) => self.bytes.put_u16(value),
            Property::MessageExpiryInterval(value)
            | Property::SessionExpiryInterval(value)
            | Property::WillDelayInterval(value)
            | Property::MaximumPacketSize(value) => self.bytes.put_u32(value),
            Property::SubscriptionIdentifier(value) => {
                assert!(value as usize <= VARIABLE_MAX, "a Subscription Identifier has 28 bits");
                put_variable(&mut self.bytes, value as usize);
            }
            Property::ContentType(value)
            | Property::ResponseTopic(value)
            | Property::AssignedClientIdentifier(value)
            | Property::AuthenticationMethod(value)
            | Property::ResponseInformation(value)
            | Property::ServerReference(value)
            | Property::ReasonString(value) => self.binary(value.as_bytes()),
            Property::CorrelationData(value) | Property::AuthenticationData(value) => {
                self.binary(value)
            }
        }
    }

    /// Appends all properties of another section, in their order.
    pub fn extend_from(&mut self, properties: Properties<'_>) {
        if properties.has(PropertyId::MessageExpiryInterval) {
            self.expiry_at = self.bytes.len() as u32 + properties.expiry_at;
        }
        self.present |= properties.present;
        self.bytes.extend_from_slice(properties.bytes);
    }

    /// The properties as a packet carries them.
    pub fn as_properties(&self) -> Properties<'_> {
        Properties { bytes: &self.bytes, present: self.present, expiry_at: self.expiry_at }
    }

    fn binary(&mut self, value: &[u8]) {
        put_binary(&mut self.bytes, value).expect("a property value has at most 65535 bytes");
    }
}

impl<'a> FromIterator<Property<'a>> for PropertyBuf {
    fn from_iter<I: IntoIterator<Item = Property<'a>>>(properties: I) -> Self {
        let mut buf = PropertyBuf::new();
        buf.extend(properties);
        buf
    }
}

impl<'a> Extend<Property<'a>> for PropertyBuf {
    fn extend<I: IntoIterator<Item = Property<'a>>>(&mut self, properties: I) {
        properties.into_iter().for_each(|property| self.push(property));
    }
}
