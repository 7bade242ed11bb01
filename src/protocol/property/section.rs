//! A property section: checked once while reading, then looked into at will.

use super::table::Kind;
use super::{Property, PropertyId, PropertyPlace};
use crate::primitive::Reader;
use crate::{DecodeError, Malformed, TopicName, Violation, text};

/// Who wrote a property section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    Client,
    Server,
}

/// One property as it lies on the wire, identifier included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span<'a> {
    pub(crate) id: PropertyId,
    pub(crate) bytes: &'a [u8],
}

/// A checked property section: every property allowed in its packet, none twice that may occur
/// once, every value in its range. Borrowed from a read buffer or from a [`PropertyBuf`].
///
/// [`PropertyBuf`]: super::PropertyBuf
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Properties<'a> {
    pub(super) bytes: &'a [u8],
    /// The bit of each property that is there.
    pub(super) present: u32,
    /// Where Message Expiry Interval stands, if it is there. A section is far shorter than 4 GiB.
    pub(super) expiry_at: u32,
}

const EXPIRY: u32 = PropertyId::MessageExpiryInterval.bit();
const ALIAS: u32 = PropertyId::TopicAlias.bit();

/// Properties that belong to one hop: the encoder writes its own instead.
const HOP: u32 =
    EXPIRY | ALIAS | PropertyId::SubscriptionIdentifier.bit() | PropertyId::WillDelayInterval.bit();

/// Bytes of a Message Expiry Interval, identifier included.
const EXPIRY_LEN: usize = 5;

/// Bytes of a Topic Alias, identifier included.
const ALIAS_LEN: usize = 3;

impl<'a> Properties<'a> {
    /// No properties.
    pub const EMPTY: Properties<'static> = Properties { bytes: &[], present: 0, expiry_at: 0 };

    /// Checks a property section (without its length field) that stands at `place`.
    ///
    /// # Errors
    /// An unknown identifier, a property that does not belong there or is cut short is malformed;
    /// one that occurs too often or has a forbidden value is a violation (section 2.2.2.2).
    pub fn decode(
        bytes: &'a [u8],
        place: PropertyPlace,
        from_client: bool,
    ) -> Result<Self, DecodeError> {
        let sender = if from_client { Sender::Client } else { Sender::Server };
        Self::check(bytes, place, sender)
    }

    fn check(bytes: &'a [u8], place: PropertyPlace, sender: Sender) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let (mut present, mut expiry_at) = (0, 0);
        while !reader.is_empty() {
            let at = bytes.len() - reader.rest().len();
            let id = read_id(&mut reader)?;
            if !id.is_allowed_in(place) {
                return Err(Malformed::PropertyMisplaced(id, place).into());
            }
            check_sender(id, place, sender)?;
            let may_repeat = id == PropertyId::UserProperty
                || (id == PropertyId::SubscriptionIdentifier && sender == Sender::Server);
            if present & id.bit() != 0 && !may_repeat {
                return Err(Violation::PropertyTwice(id).into());
            }
            present |= id.bit();
            if id == PropertyId::MessageExpiryInterval {
                expiry_at = at as u32;
            }
            check_value(id, &mut reader)?;
        }
        Ok(Properties { bytes, present, expiry_at })
    }

    /// Reads the length field and the checked properties behind it.
    pub(crate) fn read(
        reader: &mut Reader<'a>,
        place: PropertyPlace,
        sender: Sender,
    ) -> Result<Self, DecodeError> {
        let length = reader.variable()? as usize;
        if length == 0 {
            return Ok(Properties::EMPTY);
        }
        Self::check(reader.take(length)?, place, sender)
    }

    /// A section whose bytes were checked before, without properties of one hop.
    pub(crate) const fn trusted(bytes: &'a [u8], present: u32) -> Self {
        Properties { bytes, present, expiry_at: 0 }
    }

    /// The set without the properties that belong to one hop.
    pub(crate) const fn present_end_to_end(self) -> u32 {
        self.present & !HOP
    }

    /// Bytes of the properties that travel end to end.
    #[inline]
    pub fn end_to_end_len(self) -> usize {
        match self.present & HOP {
            0 => self.bytes.len(),
            EXPIRY => self.bytes.len() - EXPIRY_LEN,
            ALIAS => self.bytes.len() - ALIAS_LEN,
            _ => self.spans_end_to_end().map(|span| span.bytes.len()).sum(),
        }
    }

    /// Hands out the properties that travel end to end, in as few pieces as they lie in.
    #[inline]
    pub(crate) fn end_to_end(self, mut piece: impl FnMut(&'a [u8])) {
        match self.present & HOP {
            0 => piece(self.bytes),
            EXPIRY => {
                let (before, rest) = self.bytes.split_at(self.expiry_at as usize);
                piece(before);
                piece(&rest[EXPIRY_LEN..]);
            }
            _ if self.present_end_to_end() == 0 => {}
            _ => self.spans_end_to_end().for_each(|span| piece(span.bytes)),
        }
    }

    fn spans_end_to_end(self) -> impl Iterator<Item = Span<'a>> {
        self.spans().filter(|span| HOP & span.id.bit() == 0)
    }

    /// Whether one of a set of properties is there.
    pub(crate) const fn has_any(self, set: u32) -> bool {
        self.present & set != 0
    }

    /// Every property as it lies on the wire.
    pub(crate) fn spans(self) -> impl Iterator<Item = Span<'a>> + use<'a> {
        let mut reader = Reader::new(self.bytes);
        std::iter::from_fn(move || {
            let start = reader.rest();
            // The bytes were checked, so an error can only mean the end.
            let id = read_id(&mut reader).ok()?;
            skip_value(id, &mut reader).ok()?;
            let length = start.len() - reader.rest().len();
            Some(Span { id, bytes: &start[..length] })
        })
    }

    /// Message Expiry Interval in seconds; constant time.
    #[inline]
    pub fn message_expiry(self) -> Option<u32> {
        if !self.has(PropertyId::MessageExpiryInterval) {
            return None;
        }
        let value = self.bytes.get(self.expiry_at as usize + 1..)?.first_chunk()?;
        Some(u32::from_be_bytes(*value))
    }

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
        self.present & id.bit() != 0
    }

    /// All properties in the order of the packet.
    pub fn iter(self) -> impl Iterator<Item = Property<'a>> + use<'a> {
        self.spans().filter_map(|span| span.property())
    }

    /// The first property with this identifier; constant time when there is none.
    #[inline]
    pub(super) fn find(self, id: PropertyId) -> Option<Property<'a>> {
        // Most packets have none: that costs no call.
        if self.has(id) { self.search(id) } else { None }
    }

    #[inline(never)]
    fn search(self, id: PropertyId) -> Option<Property<'a>> {
        self.spans().find(|span| span.id == id)?.property()
    }

    /// Subscription Identifiers in the order of the packet.
    pub fn subscription_identifiers(self) -> impl Iterator<Item = u32> + use<'a> {
        self.all_of(PropertyId::SubscriptionIdentifier).filter_map(|property| match property {
            Property::SubscriptionIdentifier(value) => Some(value),
            _ => None,
        })
    }

    /// User Properties, name and value, in the order of the packet.
    pub fn user_properties(self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.all_of(PropertyId::UserProperty).filter_map(|property| match property {
            Property::UserProperty(name, value) => Some((name, value)),
            _ => None,
        })
    }

    fn all_of(self, id: PropertyId) -> impl Iterator<Item = Property<'a>> + use<'a> {
        let section = if self.has(id) { self } else { Properties::EMPTY };
        section.spans().filter(move |span| span.id == id).filter_map(|span| span.property())
    }
}

impl<'a> Span<'a> {
    fn property(self) -> Option<Property<'a>> {
        read_value(self.id, &mut Reader::new(&self.bytes[1..])).ok()
    }
}

/// Identifiers are Variable Byte Integers; all that exist take one byte.
fn read_id(reader: &mut Reader<'_>) -> Result<PropertyId, Malformed> {
    let number = reader.variable()?;
    let known = u8::try_from(number).ok().and_then(PropertyId::from_u8);
    known.ok_or(Malformed::PropertyUnknown(number))
}

fn check_sender(id: PropertyId, place: PropertyPlace, sender: Sender) -> Result<(), Violation> {
    use crate::PacketKind::{Disconnect, Publish};
    match (id, place, sender) {
        (PropertyId::SubscriptionIdentifier, PropertyPlace::Packet(Publish), Sender::Client) => {
            Err(Violation::SubscriptionIdentifierFromClient)
        }
        (PropertyId::SessionExpiryInterval, PropertyPlace::Packet(Disconnect), Sender::Server) => {
            Err(Violation::SessionExpiryFromServer)
        }
        _ => Ok(()),
    }
}

/// What [`read_value`] refuses, and values that make no sense. Most values are only passed on, so
/// they are not put together.
fn check_value(id: PropertyId, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let violation = match id.kind() {
        Kind::Text if id == PropertyId::ResponseTopic => {
            TopicName::new(reader.text()?).err().map(Violation::ResponseTopic)
        }
        Kind::Text => {
            text::check(reader.binary()?)?;
            None
        }
        Kind::Pair => {
            text::check(reader.binary()?)?;
            text::check(reader.binary()?)?;
            None
        }
        Kind::Binary => {
            reader.binary()?;
            None
        }
        Kind::Byte => {
            Value(reader).zero_or_one(id)?;
            None
        }
        Kind::Two if reader.u16()? > 0 => None,
        Kind::Four if reader.u32()? > 0 => None,
        Kind::Variable if reader.variable()? > 0 => None,
        Kind::Two | Kind::Four | Kind::Variable => violation_of_zero(id),
    };
    violation.map_or(Ok(()), |violation| Err(violation.into()))
}

/// What is wrong with a number that is 0.
const fn violation_of_zero(id: PropertyId) -> Option<Violation> {
    match id {
        PropertyId::ReceiveMaximum => Some(Violation::ReceiveMaximumZero),
        PropertyId::MaximumPacketSize => Some(Violation::MaximumPacketSizeZero),
        PropertyId::SubscriptionIdentifier => Some(Violation::SubscriptionIdentifierZero),
        PropertyId::TopicAlias => Some(Violation::TopicAliasZero),
        _ => None,
    }
}

/// Reads values of which some have only two.
struct Value<'r, 'a>(&'r mut Reader<'a>);

impl Value<'_, '_> {
    fn zero_or_one(&mut self, id: PropertyId) -> Result<u8, DecodeError> {
        match self.0.u8()? {
            value @ (0 | 1) => Ok(value),
            value => Err(Violation::PropertyNotBoolean(id, value).into()),
        }
    }

    fn boolean(&mut self, id: PropertyId) -> Result<bool, DecodeError> {
        Ok(self.zero_or_one(id)? == 1)
    }
}

fn skip_value(id: PropertyId, reader: &mut Reader<'_>) -> Result<(), Malformed> {
    match id.kind() {
        Kind::Byte => reader.take(1).map(drop),
        Kind::Two => reader.take(2).map(drop),
        Kind::Four => reader.take(4).map(drop),
        Kind::Variable => reader.variable().map(drop),
        Kind::Text | Kind::Binary => reader.binary().map(drop),
        Kind::Pair => reader.binary().and_then(|_| reader.binary()).map(drop),
    }
}

fn read_value<'a>(id: PropertyId, reader: &mut Reader<'a>) -> Result<Property<'a>, DecodeError> {
    let mut read = Value(reader);
    Ok(match id {
        PropertyId::PayloadFormatIndicator => {
            Property::PayloadFormatIndicator(read.zero_or_one(id)?)
        }
        PropertyId::MessageExpiryInterval => Property::MessageExpiryInterval(read.0.u32()?),
        PropertyId::ContentType => Property::ContentType(read.0.text()?),
        PropertyId::ResponseTopic => Property::ResponseTopic(read.0.text()?),
        PropertyId::CorrelationData => Property::CorrelationData(read.0.binary()?),
        PropertyId::SubscriptionIdentifier => Property::SubscriptionIdentifier(read.0.variable()?),
        PropertyId::SessionExpiryInterval => Property::SessionExpiryInterval(read.0.u32()?),
        PropertyId::AssignedClientIdentifier => Property::AssignedClientIdentifier(read.0.text()?),
        PropertyId::ServerKeepAlive => Property::ServerKeepAlive(read.0.u16()?),
        PropertyId::AuthenticationMethod => Property::AuthenticationMethod(read.0.text()?),
        PropertyId::AuthenticationData => Property::AuthenticationData(read.0.binary()?),
        PropertyId::RequestProblemInformation => {
            Property::RequestProblemInformation(read.boolean(id)?)
        }
        PropertyId::WillDelayInterval => Property::WillDelayInterval(read.0.u32()?),
        PropertyId::RequestResponseInformation => {
            Property::RequestResponseInformation(read.boolean(id)?)
        }
        PropertyId::ResponseInformation => Property::ResponseInformation(read.0.text()?),
        PropertyId::ServerReference => Property::ServerReference(read.0.text()?),
        PropertyId::ReasonString => Property::ReasonString(read.0.text()?),
        PropertyId::ReceiveMaximum => Property::ReceiveMaximum(read.0.u16()?),
        PropertyId::TopicAliasMaximum => Property::TopicAliasMaximum(read.0.u16()?),
        PropertyId::TopicAlias => Property::TopicAlias(read.0.u16()?),
        PropertyId::MaximumQoS => Property::MaximumQoS(read.zero_or_one(id)?),
        PropertyId::RetainAvailable => Property::RetainAvailable(read.boolean(id)?),
        PropertyId::UserProperty => Property::UserProperty(read.0.text()?, read.0.text()?),
        PropertyId::MaximumPacketSize => Property::MaximumPacketSize(read.0.u32()?),
        PropertyId::WildcardSubscriptionAvailable => {
            Property::WildcardSubscriptionAvailable(read.boolean(id)?)
        }
        PropertyId::SubscriptionIdentifierAvailable => {
            Property::SubscriptionIdentifierAvailable(read.boolean(id)?)
        }
        PropertyId::SharedSubscriptionAvailable => {
            Property::SharedSubscriptionAvailable(read.boolean(id)?)
        }
    })
}
