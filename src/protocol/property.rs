//! Properties of MQTT 5.0: one table of identifiers, one checked byte form both ways.

/// Identifier of a property (section 2.2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the standard's own")]
pub enum PropertyId {
    PayloadFormatIndicator = 0x01,
    MessageExpiryInterval = 0x02,
    ContentType = 0x03,
    ResponseTopic = 0x08,
    CorrelationData = 0x09,
    SubscriptionIdentifier = 0x0B,
    SessionExpiryInterval = 0x11,
    AssignedClientIdentifier = 0x12,
    ServerKeepAlive = 0x13,
    AuthenticationMethod = 0x15,
    AuthenticationData = 0x16,
    RequestProblemInformation = 0x17,
    WillDelayInterval = 0x18,
    RequestResponseInformation = 0x19,
    ResponseInformation = 0x1A,
    ServerReference = 0x1C,
    ReasonString = 0x1F,
    ReceiveMaximum = 0x21,
    TopicAliasMaximum = 0x22,
    TopicAlias = 0x23,
    MaximumQoS = 0x24,
    RetainAvailable = 0x25,
    UserProperty = 0x26,
    MaximumPacketSize = 0x27,
    WildcardSubscriptionAvailable = 0x28,
    SubscriptionIdentifierAvailable = 0x29,
    SharedSubscriptionAvailable = 0x2A,
}

/// One property with its value. Durations are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the standard's own")]
pub enum Property<'a> {
    /// 0 (bytes) or 1 (UTF-8).
    PayloadFormatIndicator(u8),
    MessageExpiryInterval(u32),
    ContentType(&'a str),
    ResponseTopic(&'a str),
    CorrelationData(&'a [u8]),
    SubscriptionIdentifier(u32),
    SessionExpiryInterval(u32),
    AssignedClientIdentifier(&'a str),
    ServerKeepAlive(u16),
    AuthenticationMethod(&'a str),
    AuthenticationData(&'a [u8]),
    RequestProblemInformation(bool),
    WillDelayInterval(u32),
    RequestResponseInformation(bool),
    ResponseInformation(&'a str),
    ServerReference(&'a str),
    ReasonString(&'a str),
    ReceiveMaximum(u16),
    TopicAliasMaximum(u16),
    TopicAlias(u16),
    MaximumQoS(u8),
    RetainAvailable(bool),
    UserProperty(&'a str, &'a str),
    MaximumPacketSize(u32),
    WildcardSubscriptionAvailable(bool),
    SubscriptionIdentifierAvailable(bool),
    SharedSubscriptionAvailable(bool),
}

/// A checked property section: every property allowed in its packet, none twice that may occur
/// once, every value in its range. Borrowed from a read buffer or from a [`PropertyBuf`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Properties<'a> {
    bytes: &'a [u8],
    /// Bit `n` is set when a property with identifier `n` is there.
    present: u64,
}

impl<'a> Properties<'a> {
    /// No properties.
    pub const EMPTY: Properties<'static> = Properties { bytes: &[], present: 0 };

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// The encoded properties, without their length field.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Whether a property with this identifier is there; constant time.
    pub const fn has(self, id: PropertyId) -> bool {
        self.present & (1 << id as u8) != 0
    }

    /// All properties in the order of the packet.
    pub fn iter(self) -> impl Iterator<Item = Property<'a>> + use<'a> {
        std::iter::empty() // protocol helper
    }

    /// Will and message properties, `None` when absent. Seconds.
    pub fn message_expiry(self) -> Option<u32> {
        todo!("protocol helper")
    }
}

/// Properties that somebody puts together: a packet to send, or what is kept of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyBuf {
    bytes: Vec<u8>,
    present: u64,
}

impl PropertyBuf {
    /// Empty, without an allocation.
    pub const fn new() -> Self {
        PropertyBuf { bytes: Vec::new(), present: 0 }
    }

    /// Appends a property. Strings and binary data must not be longer than 65535 bytes; the caller
    /// keeps to what the packet allows.
    pub fn push(&mut self, property: Property<'_>) {
        let _ = property;
        todo!("protocol helper")
    }

    /// The properties as a packet carries them.
    pub fn as_properties(&self) -> Properties<'_> {
        Properties { bytes: &self.bytes, present: self.present }
    }
}
