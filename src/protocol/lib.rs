//! MQTT 3.1, 3.1.1 and 5.0: bytes to packets and back.
//!
//! [`Decoder`] turns a read buffer into borrowed [`Packet`]s, [`Encoder`] appends packets to an
//! output buffer. Version differences end here: Clean Session becomes Clean Start plus a session
//! expiry, version 3 return codes become [`ReasonCode`]s, what version 3 cannot carry is dropped on
//! encoding, topic aliases are resolved.
//!
//! ```
//! use lastwill_protocol::{
//!     DecodeLimits, Decoded, Decoder, Encoder, Packet, Version,
//! };
//!
//! let limits = DecodeLimits {
//!     packet_size_max: 1_000_000,
//!     connect_size_max: 100_000,
//!     topic_alias_max: 10,
//!     strict_connect_flags: false,
//! };
//! // A client with the will "off" to "w/t" says hello, and the start of something else arrived.
//! let input = b"\x10\x17\0\x04MQTT\x04\x06\0\0\0\x01c\0\x03w/t\0\x03off\xC0";
//! let mut decoder = Decoder::of_client(limits);
//! let Ok(Decoded::Packet(Packet::Connect(connect), used)) = decoder.decode(input) else {
//!     panic!("it is a CONNECT");
//! };
//! let will = connect.will.expect("it has a will");
//! assert_eq!((will.topic.as_str(), will.payload), ("w/t", &b"off"[..]));
//! assert_eq!(decoder.version(), Some(Version::V311));
//! assert_eq!(decoder.decode(&input[used..]), Ok(Decoded::Incomplete { total: None }));
//!
//! let mut out = Vec::new();
//! let mut encoder = Encoder::new(Version::V311);
//! encoder.encode(&Packet::PingResp, &mut out).expect("the peer set no limit");
//! assert_eq!(out, [0xD0, 0x00]);
//! ```
//!
//! Where to look:
//!
//! - [`decoder`], [`encoder`]: the two directions of a connection, their limits and aliases;
//! - [`packet`]: one file a packet, with its struct and how to read it; `encoder/control.rs` writes
//!   them;
//! - [`property`]: the table of properties, checked sections, what we put together ourselves;
//! - [`error`]: every rule that can be broken, the only map from rules to reason codes;
//! - [`message`], [`will`], [`topic`], [`reason`], [`version`]: what the floors above speak of;
//! - `wire_tests`: golden packets (also files in `corpus/`, written anew with `UPDATE=1`), the
//!   catalogue of broken input, splits, round trips, damaged packets.
//!
//! A rule that concerns one packet, or one direction of one connection, is checked here. A rule
//! that needs the session, the clock or the configuration is not.
//!
//! Deliberately absent: time, sockets, sessions, rules about who may do what.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may fail by panic"))]

mod alias;
pub mod decoder;
pub mod encoder;
pub mod error;
pub mod message;
pub mod packet;
pub mod primitive;
pub mod property;
pub mod reason;
pub mod text;
pub mod topic;
pub mod version;
pub mod will;

pub use decoder::{DecodeLimits, Decoded, Decoder};
pub use encoder::{Blocks, Encoder, Frames, TooLarge, publish_len};
pub use error::{DecodeError, Malformed, Unsupported, Violation};
pub use message::{Message, MessageRef};
pub use packet::{
    Ack, Auth, ConnAck, Connect, Disconnect, Outgoing, Packet, PacketKind, Publish, RetainHandling,
    SubAck, Subscribe, Subscription, SubscriptionOptions, UnsubAck, Unsubscribe,
};
pub use property::{
    Properties, Property, PropertyBuf, PropertyId, PropertyPlace, PropertySections,
};
pub use reason::ReasonCode;
pub use topic::{SharedFilter, Topic, TopicError, TopicFilter, TopicName};
pub use version::{PacketId, QoS, Version};
pub use will::Will;

#[cfg(test)]
mod wire_tests;
