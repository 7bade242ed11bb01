//! What a client asks for in CONNECT, and how it behaves afterwards.

use super::ending::Ending;
use super::led::Greeting;
use super::presence::Presence;
use super::retry::Retry;
use crate::protocol::packet::connect::SESSION_EXPIRY_NEVER;
use crate::protocol::{Connect, Message, MessageRef, Properties, PropertyBuf, Version, Will};

/// Largest packet that the protocol can express, in bytes, fixed header included.
const PACKET_SIZE_MAX: u32 = 268_435_460;

/// The Will Message of a client, kept for every CONNECT.
#[derive(Clone, Debug)]
pub struct StoredWill {
    message: Message,
    delay_secs: u32,
    /// All will properties as CONNECT carries them, Will Delay Interval included.
    properties: PropertyBuf,
}

impl StoredWill {
    /// Keeps a copy.
    pub fn copy_of(will: &Will<'_>) -> Self {
        let message = MessageRef {
            topic: will.topic,
            qos: will.qos,
            retain: will.retain,
            properties: Properties::EMPTY,
            payload: will.payload,
        };
        let mut properties = PropertyBuf::new();
        properties.extend_from(will.properties);
        let message = Message::copy_of(message, None);
        StoredWill { message, delay_secs: will.delay_secs, properties }
    }

    /// The will as CONNECT takes it.
    pub fn as_will(&self) -> Will<'_> {
        Will {
            topic: self.message.topic(),
            payload: self.message.payload(),
            qos: self.message.qos(),
            retain: self.message.retain(),
            delay_secs: self.delay_secs,
            properties: self.properties.as_properties(),
        }
    }
}

/// The rule for the delay before an attempt to connect again: `first_millis` after the first
/// failure, twice as long after each further one, at most `delay_millis_max`. An accepted CONNECT
/// makes the next failure the first one again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReconnectDelay {
    /// Delay after the first failure, in milliseconds.
    pub first_millis: u64,
    /// Longest delay, in milliseconds.
    pub delay_millis_max: u64,
}

impl ReconnectDelay {
    /// The same delay before every attempt.
    pub const fn every_millis(millis: u64) -> Self {
        ReconnectDelay { first_millis: millis, delay_millis_max: millis }
    }

    /// The delay in milliseconds after this many failures in a row (at least 1).
    pub const fn after(self, failures: u32) -> u64 {
        let doublings = failures.saturating_sub(1);
        let factor = if doublings < 63 { 1_u64 << doublings } else { u64::MAX };
        let delay = self.first_millis.saturating_mul(factor);
        if delay < self.delay_millis_max { delay } else { self.delay_millis_max }
    }
}

/// Everything a session is told at its beginning.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Protocol version of every connection.
    pub version: Version,
    /// Client Identifier; empty lets the server assign one.
    pub client_id: String,
    /// Clean Start; Clean Session in version 3.
    pub clean_start: bool,
    /// Keep Alive in seconds, 0 is off. Server Keep Alive overrides it.
    pub keep_alive_secs: u16,
    /// User Name.
    pub username: Option<String>,
    /// Password.
    pub password: Option<Vec<u8>>,
    /// The Will Message.
    pub will: Option<StoredWill>,
    /// Properties of CONNECT. Receive Maximum, Maximum Packet Size and Topic Alias Maximum in here
    /// are obeyed.
    pub properties: PropertyBuf,
    /// Most QoS 1 and 2 messages sent and not acknowledged; the server's Receive Maximum may lower
    /// it. At least 1.
    pub inflight_messages_max: u16,
    /// When to connect again after a loss; `None` ends the session with the connection.
    pub reconnect: Option<ReconnectDelay>,
    /// Asks for more attempts than that; without effect where `reconnect` is `None`.
    pub retry: Option<Retry>,
    /// Whether a DISCONNECT of the server, or a packet that breaks the rules, ends the session even
    /// so, and without a word about the packet.
    pub ends_with_the_server: bool,
    /// When and how to leave.
    pub ending: Ending,
    /// What to say about being online.
    pub presence: Option<Presence>,
    /// Whether version 3 announces a bridge, so that the server sends nothing of ours back.
    pub is_bridge: bool,
    /// Whether the application leads the session: nothing but [`super::event::Input::End`] ends it,
    /// and it connects again when it is told to ([`super::event::Input::Reconnect`]).
    pub is_led: bool,
    /// What a led session asks for after each accepted CONNECT.
    pub greetings: Vec<Greeting>,
    /// Whether messages of QoS 1 and 2 are acknowledged only when the application says so
    /// ([`super::event::Input::Acknowledge`]). It is given a message of QoS 2 when it arrives then.
    pub acknowledges_by_hand: bool,
    /// Largest packet that is sent, in bytes, if the server takes more.
    pub sent_packet_size_max: u32,
}

impl Settings {
    /// A clean session of an anonymous client without a will, keep-alive 60 s, 20 messages in
    /// flight, no reconnection.
    pub fn new(version: Version, client_id: impl Into<String>) -> Self {
        Settings {
            version,
            client_id: client_id.into(),
            clean_start: true,
            keep_alive_secs: 60,
            username: None,
            password: None,
            will: None,
            properties: PropertyBuf::new(),
            inflight_messages_max: 20,
            reconnect: None,
            retry: None,
            ends_with_the_server: false,
            ending: Ending::default(),
            presence: None,
            is_bridge: false,
            is_led: false,
            greetings: Vec::new(),
            acknowledges_by_hand: false,
            sent_packet_size_max: u32::MAX,
        }
    }

    /// The CONNECT of these settings with the client id in use.
    pub(crate) fn connect<'a>(&'a self, client_id: &'a str) -> Connect<'a> {
        Connect {
            version: self.version,
            bridge: self.is_bridge,
            clean_start: self.clean_start,
            keep_alive_secs: self.keep_alive_secs,
            session_expiry_secs: self.session_expiry_secs(),
            client_id,
            will: self.will.as_ref().map(StoredWill::as_will),
            username: self.username.as_deref(),
            password: self.password.as_deref(),
            properties: self.properties.as_properties(),
        }
    }

    /// Session Expiry Interval in seconds; in version 3, what Clean Session amounts to.
    fn session_expiry_secs(&self) -> u32 {
        if !self.version.is_v5() {
            return if self.clean_start { 0 } else { SESSION_EXPIRY_NEVER };
        }
        self.connect_properties().session_expiry().unwrap_or(0)
    }

    /// How many QoS 1 and 2 messages the server may send before we acknowledge the first.
    pub fn receive_maximum(&self) -> u16 {
        self.connect_properties().receive_maximum().unwrap_or(u16::MAX)
    }

    /// Largest packet that we accept, in bytes.
    pub fn packet_size_max(&self) -> u32 {
        self.connect_properties().maximum_packet_size().unwrap_or(PACKET_SIZE_MAX)
    }

    /// How many topic aliases the server may use.
    pub fn topic_alias_max(&self) -> u16 {
        self.connect_properties().topic_alias_maximum().unwrap_or(0)
    }

    /// The properties of CONNECT; version 3 has none.
    fn connect_properties(&self) -> Properties<'_> {
        match self.version {
            Version::V5 => self.properties.as_properties(),
            Version::V31 | Version::V311 => Properties::EMPTY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Property;

    #[test]
    fn the_delay_doubles_up_to_its_bound() {
        let delay = ReconnectDelay { first_millis: 500, delay_millis_max: 30_000 };
        let delays: Vec<u64> = (1..=8).map(|failures| delay.after(failures)).collect();
        assert_eq!(delays, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
        assert_eq!(delay.after(u32::MAX), 30_000);
        assert_eq!(ReconnectDelay::every_millis(1000).after(7), 1000);
    }

    #[test]
    fn our_limits_are_those_of_connect() {
        let mut settings = Settings::new(Version::V5, "a");
        assert_eq!(settings.receive_maximum(), 65_535);
        assert_eq!(settings.topic_alias_max(), 0);
        settings.properties.push(Property::ReceiveMaximum(3));
        settings.properties.push(Property::TopicAliasMaximum(7));
        settings.properties.push(Property::MaximumPacketSize(99));
        assert_eq!(settings.receive_maximum(), 3);
        assert_eq!(settings.topic_alias_max(), 7);
        assert_eq!(settings.packet_size_max(), 99);
        settings.version = Version::V311;
        assert_eq!(settings.receive_maximum(), 65_535);
        assert_eq!(settings.packet_size_max(), PACKET_SIZE_MAX);
    }
}
