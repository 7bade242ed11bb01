//! MQTT 3.1, 3.1.1 and 5.0: bytes to packets and back.
//!
//! [`Decoder`] turns a read buffer into borrowed [`Packet`]s, [`Encoder`] appends packets to an
//! output buffer. Version differences end here: Clean Session becomes Clean Start plus a session
//! expiry, version 3 return codes become [`ReasonCode`]s, what version 3 cannot carry is dropped on
//! encoding, topic aliases are resolved.
//!
//! Deliberately absent: time, sockets, sessions, rules about who may do what.

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
pub use encoder::{Encoder, TooLarge, publish_len};
pub use error::{DecodeError, Malformed, Unsupported, Violation};
pub use message::{Message, MessageRef};
pub use packet::{
    Ack, Auth, ConnAck, Connect, Disconnect, Outgoing, Packet, PacketKind, Publish, RetainHandling,
    SubAck, Subscribe, Subscription, SubscriptionOptions, UnsubAck, Unsubscribe,
};
pub use property::{Properties, Property, PropertyBuf, PropertyId, PropertyPlace};
pub use reason::ReasonCode;
pub use topic::{SharedFilter, Topic, TopicError, TopicFilter, TopicName};
pub use version::{PacketId, QoS, Version};
pub use will::Will;
