//! How keys and values are written. Integers are big-endian, so that keys sort as numbers do.

use crate::broker::access::OriginState;
use crate::broker::change::{Entry, ScanState, SessionState};
use crate::broker::router::{Options, SessionKey};
use crate::protocol::{
    Message, MessageRef, PacketKind, Properties, Property, PropertyBuf, PropertyPlace, QoS,
    TopicName,
};
use crate::store::crc::crc32;
use crate::time::Timestamp;

/// The version of the format, kept in the file.
pub const FORMAT: u64 = 2;
/// The oldest version that can be read: what it lacks is not known then.
pub const FORMAT_OLDEST: u64 = 1;
/// The version of a store that was not closed: a log belongs to it. An orderly stop makes it
/// [`FORMAT`] again.
pub const FORMAT_LOGGED: u64 = 3;

/// The first byte of a key: what the record is. Also the order in which records are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Session = 1,
    Subscription = 2,
    Message = 3,
    Queued = 4,
    Sent = 5,
    Received = 6,
    Will = 7,
    Scan = 8,
    Retained = 9,
}

impl Kind {
    pub(super) const ALL: [Kind; 9] = [
        Kind::Session,
        Kind::Subscription,
        Kind::Message,
        Kind::Queued,
        Kind::Sent,
        Kind::Received,
        Kind::Will,
        Kind::Scan,
        Kind::Retained,
    ];

    pub(super) fn from_u8(value: u8) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| *kind as u8 == value)
    }
}

/// The key of a record: its kind, then what names it.
pub(super) fn key(kind: Kind, name: &[u8]) -> impl FnOnce(&mut Vec<u8>) + '_ {
    move |out| {
        out.push(kind as u8);
        out.extend_from_slice(name);
    }
}

/// The key of something that belongs to a session.
pub(super) fn session_key(
    kind: Kind,
    session: SessionKey,
    name: &[u8],
) -> impl FnOnce(&mut Vec<u8>) + '_ {
    move |out| {
        out.push(kind as u8);
        out.extend_from_slice(&session.0.to_be_bytes());
        out.extend_from_slice(name);
    }
}

/// The value without its checksum.
pub(super) fn unsealed<'a>(key: &[u8], value: &'a [u8]) -> Result<Reader<'a>, &'static str> {
    let (rest, sum) = value.split_last_chunk().ok_or("a record is cut short")?;
    if crc32(&[key, rest]) != u32::from_be_bytes(*sum) {
        return Err("a record has a wrong checksum");
    }
    Ok(Reader(rest))
}

/// Appends fields.
pub(super) struct Writer<'a>(pub(super) &'a mut Vec<u8>);

impl Writer<'_> {
    pub(super) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    /// Length and bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        // Nothing here comes near 4 GiB: a packet has less than 2^28 bytes.
        self.u32(bytes.len() as u32);
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn optional_text(&mut self, text: Option<&str>) {
        self.u8(u8::from(text.is_some()));
        text.into_iter().for_each(|text| self.bytes(text.as_bytes()));
    }

    pub(super) fn optional_moment(&mut self, at: Option<Timestamp>) {
        self.u8(u8::from(at.is_some()));
        at.into_iter().for_each(|at| self.u64(at.millis()));
    }

    pub(super) fn session(&mut self, state: &SessionState<'_>) {
        self.bytes(state.client_id.as_bytes());
        self.optional_text(state.username);
        self.u32(state.expiry_secs);
        self.optional_moment(state.expires_at);
        let flags = u8::from(state.is_whole)
            | u8::from(state.is_own_bridge) << 1
            | u8::from(state.listener.is_some()) << 2;
        self.u8(flags);
        state.listener.into_iter().for_each(|listener| self.bytes(listener.as_bytes()));
    }

    pub(super) fn origin(&mut self, origin: Option<OriginState<'_>>) {
        let Some(origin) = origin else { return self.u8(0) };
        let Some(listener) = origin.listener else {
            return self.optional_text(Some(origin.client_id));
        };
        self.u8(if origin.is_own_bridge { 3 } else { 2 });
        self.bytes(origin.client_id.as_bytes());
        self.optional_text(origin.username);
        self.bytes(listener.as_bytes());
    }

    pub(super) fn options(&mut self, options: Options) {
        let flags = options.qos as u8
            | u8::from(options.no_local) << 2
            | u8::from(options.retain_as_published) << 3
            | u8::from(options.subscription_id.is_some()) << 4;
        self.u8(flags);
        options.subscription_id.into_iter().for_each(|id| self.u32(id));
    }

    pub(super) fn message(&mut self, message: &Message) {
        let view = message.as_ref();
        let flags = view.qos as u8
            | u8::from(view.retain) << 2
            | u8::from(message.expiry_secs().is_some()) << 3;
        self.u8(flags);
        message.expiry_secs().into_iter().for_each(|secs| self.u32(secs));
        self.bytes(view.topic.as_str().as_bytes());
        self.bytes(view.properties.as_bytes());
        self.bytes(view.payload);
    }

    /// An entry, but for its message, which is another record.
    pub(super) fn entry(&mut self, entry: &Entry<'_>, message: u64) {
        self.u64(message);
        self.u8(entry.qos as u8 | u8::from(entry.retain) << 2);
        self.optional_moment(entry.expires_at);
        self.u32(entry.subscription_ids.len() as u32);
        entry.subscription_ids.iter().for_each(|id| self.u32(*id));
        self.optional_text(entry.group);
    }

    pub(super) fn scan(&mut self, scan: &ScanState<'_>) {
        self.bytes(scan.filter.as_bytes());
        self.options(scan.options);
        self.optional_text(scan.from.map(|(topic, _)| topic));
        self.u8(u8::from(scan.from.is_some_and(|(_, is_behind)| is_behind)));
    }
}

/// What stands for a value that cannot be.
const INVALID: &str = "a record makes no sense";

/// Takes fields off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

type Read<T> = Result<T, &'static str>;

impl<'a> Reader<'a> {
    fn chunk<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (chunk, rest) = self.0.split_first_chunk().ok_or(INVALID)?;
        self.0 = rest;
        Ok(*chunk)
    }

    pub(super) fn u8(&mut self) -> Read<u8> {
        Ok(self.chunk::<1>()?[0])
    }

    pub(super) fn u16(&mut self) -> Read<u16> {
        Ok(u16::from_be_bytes(self.chunk()?))
    }

    pub(super) fn u32(&mut self) -> Read<u32> {
        Ok(u32::from_be_bytes(self.chunk()?))
    }

    pub(super) fn u64(&mut self) -> Read<u64> {
        Ok(u64::from_be_bytes(self.chunk()?))
    }

    pub(super) fn bool(&mut self) -> Read<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(INVALID),
        }
    }

    pub(super) fn bytes(&mut self) -> Read<&'a [u8]> {
        let length = self.u32()? as usize;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(INVALID)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn text(&mut self) -> Read<&'a str> {
        str::from_utf8(self.bytes()?).map_err(|_| INVALID)
    }

    /// Everything that is left, as text.
    pub(super) fn rest_text(self) -> Read<&'a str> {
        str::from_utf8(self.0).map_err(|_| INVALID)
    }

    pub(super) fn optional_text(&mut self) -> Read<Option<&'a str>> {
        Ok(if self.bool()? { Some(self.text()?) } else { None })
    }

    pub(super) fn optional_moment(&mut self) -> Read<Option<Timestamp>> {
        Ok(if self.bool()? { Some(Timestamp::from_millis(self.u64()?)) } else { None })
    }

    pub(super) fn end(self) -> Read<()> {
        if self.0.is_empty() { Ok(()) } else { Err(INVALID) }
    }

    pub(super) fn session(&mut self) -> Read<SessionState<'a>> {
        let (client_id, username) = (self.text()?, self.optional_text()?);
        let (expiry_secs, expires_at) = (self.u32()?, self.optional_moment()?);
        let flags = self.u8()?;
        if flags > 7 {
            return Err(INVALID);
        }
        let listener = if flags & 4 != 0 { Some(self.text()?) } else { None };
        let (is_whole, is_own_bridge) = (flags & 1 != 0, flags & 2 != 0);
        Ok(SessionState {
            client_id,
            username,
            is_own_bridge,
            listener,
            expiry_secs,
            expires_at,
            is_whole,
        })
    }

    pub(super) fn origin(&mut self) -> Read<Option<OriginState<'a>>> {
        let form = self.u8()?;
        if form == 0 {
            return Ok(None);
        }
        let client_id = self.text()?;
        let (username, listener) = match form {
            1 => (None, None),
            2 | 3 => (self.optional_text()?, Some(self.text()?)),
            _ => return Err(INVALID),
        };
        Ok(Some(OriginState { client_id, username, is_own_bridge: form == 3, listener }))
    }

    pub(super) fn options(&mut self) -> Read<Options> {
        let flags = self.u8()?;
        Ok(Options {
            qos: qos(flags)?,
            no_local: flags & 4 != 0,
            retain_as_published: flags & 8 != 0,
            subscription_id: if flags & 16 != 0 { Some(self.u32()?) } else { None },
        })
    }

    pub(super) fn message(&mut self) -> Read<Message> {
        let flags = self.u8()?;
        let expiry_secs = if flags & 8 != 0 { Some(self.u32()?) } else { None };
        let topic = TopicName::new(self.text()?).map_err(|_| INVALID)?;
        let bytes = self.bytes()?;
        let properties =
            Properties::decode(bytes, PropertyPlace::Packet(PacketKind::Publish), true)
                .map_err(|_| INVALID)?;
        let payload = self.bytes()?;
        let (qos, retain) = (qos(flags)?, flags & 4 != 0);
        Ok(message_of(MessageRef { topic, qos, retain, properties, payload }, expiry_secs))
    }

    /// An entry's fields, and the identifier of its message.
    pub(super) fn entry<'m>(
        &mut self,
        ids: &'m mut Vec<u32>,
        find: impl FnOnce(u64) -> Option<&'m Message>,
    ) -> Read<Entry<'m>>
    where
        'a: 'm,
    {
        let message = find(self.u64()?).ok_or("a message is missing")?;
        let flags = self.u8()?;
        let expires_at = self.optional_moment()?;
        let count = self.u32()?;
        ids.clear();
        for _ in 0..count {
            ids.push(self.u32()?);
        }
        let group = self.optional_text()?;
        let (qos, retain) = (qos(flags)?, flags & 4 != 0);
        Ok(Entry { message, qos, retain, expires_at, subscription_ids: ids, group })
    }

    pub(super) fn scan(&mut self) -> Read<ScanState<'a>> {
        let filter = self.text()?;
        let options = self.options()?;
        let topic = self.optional_text()?;
        let is_behind = self.bool()?;
        Ok(ScanState { filter, options, from: topic.map(|topic| (topic, is_behind)) })
    }
}

fn qos(flags: u8) -> Read<QoS> {
    QoS::from_u8(flags & 3).ok_or(INVALID)
}

/// A message whose Message Expiry Interval stands apart.
pub(super) fn message_of(message: MessageRef<'_>, expiry_secs: Option<u32>) -> Message {
    let Some(secs) = expiry_secs else { return Message::copy_of(message, None) };
    let mut properties = PropertyBuf::new();
    properties.push(Property::MessageExpiryInterval(secs));
    properties.extend_from(message.properties);
    Message::copy_of(MessageRef { properties: properties.as_properties(), ..message }, None)
}
