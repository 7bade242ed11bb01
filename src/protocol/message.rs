//! An Application Message, borrowed ([`MessageRef`]) or kept ([`Message`]).

use std::sync::Arc;

use crate::{Properties, QoS, TopicName};

/// A message as it lies in a read buffer or in a kept [`Message`]. Copying it is free.
///
/// `properties` may still hold what belongs to one hop (Topic Alias, Subscription Identifier,
/// Message Expiry Interval, Will Delay Interval); the encoder leaves those out and writes its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRef<'a> {
    /// Where it is published.
    pub topic: TopicName<'a>,
    /// Its quality of service as published.
    pub qos: QoS,
    /// RETAIN as published.
    pub retain: bool,
    /// Its properties.
    pub properties: Properties<'a>,
    /// The payload.
    pub payload: &'a [u8],
}

/// A message that outlives its read buffer: copied once to its exact size, then shared by
/// everyone who holds it. Cloning costs one reference count.
#[derive(Clone, Debug)]
pub struct Message {
    topic: Arc<str>,
    /// Properties that travel end to end, then the payload.
    body: Arc<[u8]>,
    properties_len: u32,
    present: u32,
    expiry_secs: Option<u32>,
    qos: QoS,
    retain: bool,
}

impl Message {
    /// Copies a message, without the properties that belong to one hop. Message Expiry Interval is
    /// kept apart, see [`Message::expiry_secs`]. `topic` is the shared name if the caller has one
    /// already; it must equal `message.topic`.
    pub fn copy_of(message: MessageRef<'_>, topic: Option<Arc<str>>) -> Self {
        let properties = message.properties;
        let properties_len = properties.end_to_end_len();
        Message {
            topic: topic.unwrap_or_else(|| Arc::from(message.topic.as_str())),
            body: body_of(properties, properties_len, message.payload),
            // A packet has less than 2^28 bytes.
            properties_len: properties_len as u32,
            present: properties.present_end_to_end(),
            expiry_secs: properties.message_expiry(),
            qos: message.qos,
            retain: message.retain,
        }
    }

    /// The message as the encoder takes it. Message Expiry Interval is not among its properties,
    /// see [`Message::expiry_secs`].
    pub fn as_ref(&self) -> MessageRef<'_> {
        let (properties, payload) = self.body.split_at(self.properties_len as usize);
        MessageRef {
            topic: self.topic(),
            qos: self.qos,
            retain: self.retain,
            properties: Properties::trusted(properties, self.present),
            payload,
        }
    }

    /// The topic name.
    pub fn topic(&self) -> TopicName<'_> {
        TopicName::trusted(&self.topic)
    }

    /// The topic name, shared.
    pub fn topic_shared(&self) -> &Arc<str> {
        &self.topic
    }

    /// The payload.
    pub fn payload(&self) -> &[u8] {
        &self.body[self.properties_len as usize..]
    }

    /// Message Expiry Interval as published, in seconds.
    pub const fn expiry_secs(&self) -> Option<u32> {
        self.expiry_secs
    }

    /// Its quality of service as published.
    pub const fn qos(&self) -> QoS {
        self.qos
    }

    /// RETAIN as published.
    pub const fn retain(&self) -> bool {
        self.retain
    }

    /// The same message with another quality of service; shares everything else.
    pub fn with_qos(&self, qos: QoS) -> Message {
        Message { qos, ..self.clone() }
    }

    /// Bytes it occupies: topic, properties and payload. What queue limits count.
    pub fn size(&self) -> usize {
        self.topic.len() + self.body.len()
    }
}

/// The end-to-end properties and the payload in one allocation of exactly their size.
fn body_of(properties: Properties<'_>, properties_len: usize, payload: &[u8]) -> Arc<[u8]> {
    if properties_len == 0 {
        return Arc::from(payload);
    }
    let length = properties_len + payload.len();
    let mut body: Arc<[u8]> = std::iter::repeat_n(0, length).collect();
    let bytes = Arc::get_mut(&mut body).expect("nobody else has it yet");
    let (head, tail) = bytes.split_at_mut(properties_len);
    let mut rest = head;
    properties.end_to_end(|piece| {
        let (place, behind) = std::mem::take(&mut rest).split_at_mut(piece.len());
        place.copy_from_slice(piece);
        rest = behind;
    });
    tail.copy_from_slice(payload);
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Property, PropertyBuf};

    #[test]
    fn a_copy_keeps_what_travels_end_to_end() {
        let sent: PropertyBuf = [
            Property::TopicAlias(3),
            Property::ContentType("text"),
            Property::MessageExpiryInterval(60),
            Property::UserProperty("a", "1"),
            Property::SubscriptionIdentifier(200),
            Property::UserProperty("a", "2"),
            Property::WillDelayInterval(5),
        ]
        .into_iter()
        .collect();
        let message = MessageRef {
            topic: TopicName::new("a/b").unwrap(),
            qos: QoS::AtLeastOnce,
            retain: true,
            properties: sent.as_properties(),
            payload: b"payload",
        };
        let kept = Message::copy_of(message, None);
        let view = kept.as_ref();
        let expected: PropertyBuf = [
            Property::ContentType("text"),
            Property::UserProperty("a", "1"),
            Property::UserProperty("a", "2"),
        ]
        .into_iter()
        .collect();
        assert_eq!(view, MessageRef { properties: expected.as_properties(), ..message });
        assert_eq!((kept.expiry_secs(), kept.payload()), (Some(60), &b"payload"[..]));
        let lower = kept.with_qos(QoS::AtMostOnce);
        assert_eq!((lower.qos(), lower.expiry_secs()), (QoS::AtMostOnce, Some(60)));
        assert_eq!(kept.size(), 3 + view.properties.as_bytes().len() + 7);
    }

    #[test]
    fn a_copy_shares_the_topic_that_is_given() {
        let topic: Arc<str> = Arc::from("t");
        let message = MessageRef {
            topic: TopicName::new("t").unwrap(),
            qos: QoS::AtMostOnce,
            retain: false,
            properties: Properties::EMPTY,
            payload: b"",
        };
        let kept = Message::copy_of(message, Some(Arc::clone(&topic)));
        assert!(Arc::ptr_eq(kept.topic_shared(), &topic));
        assert_eq!((kept.as_ref(), kept.size()), (message, 1));
    }
}
