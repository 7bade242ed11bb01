//! One accessor for each property that may occur once: its value, `None` when absent.

use super::{Properties, Property, PropertyId};

impl<'a> Properties<'a> {
    /// Payload Format Indicator: 0 (bytes) or 1 (UTF-8).
    #[inline]
    pub fn payload_format(self) -> Option<u8> {
        match self.find(PropertyId::PayloadFormatIndicator)? {
            Property::PayloadFormatIndicator(value) => Some(value),
            _ => None,
        }
    }

    /// Content Type.
    pub fn content_type(self) -> Option<&'a str> {
        match self.find(PropertyId::ContentType)? {
            Property::ContentType(value) => Some(value),
            _ => None,
        }
    }

    /// Response Topic.
    pub fn response_topic(self) -> Option<&'a str> {
        match self.find(PropertyId::ResponseTopic)? {
            Property::ResponseTopic(value) => Some(value),
            _ => None,
        }
    }

    /// Correlation Data.
    pub fn correlation_data(self) -> Option<&'a [u8]> {
        match self.find(PropertyId::CorrelationData)? {
            Property::CorrelationData(value) => Some(value),
            _ => None,
        }
    }

    /// Session Expiry Interval in seconds.
    pub fn session_expiry(self) -> Option<u32> {
        match self.find(PropertyId::SessionExpiryInterval)? {
            Property::SessionExpiryInterval(value) => Some(value),
            _ => None,
        }
    }

    /// Assigned Client Identifier.
    pub fn assigned_client_id(self) -> Option<&'a str> {
        match self.find(PropertyId::AssignedClientIdentifier)? {
            Property::AssignedClientIdentifier(value) => Some(value),
            _ => None,
        }
    }

    /// Server Keep Alive in seconds.
    pub fn server_keep_alive(self) -> Option<u16> {
        match self.find(PropertyId::ServerKeepAlive)? {
            Property::ServerKeepAlive(value) => Some(value),
            _ => None,
        }
    }

    /// Authentication Method.
    pub fn authentication_method(self) -> Option<&'a str> {
        match self.find(PropertyId::AuthenticationMethod)? {
            Property::AuthenticationMethod(value) => Some(value),
            _ => None,
        }
    }

    /// Authentication Data.
    pub fn authentication_data(self) -> Option<&'a [u8]> {
        match self.find(PropertyId::AuthenticationData)? {
            Property::AuthenticationData(value) => Some(value),
            _ => None,
        }
    }

    /// Request Problem Information; absent means true.
    pub fn request_problem_information(self) -> Option<bool> {
        match self.find(PropertyId::RequestProblemInformation)? {
            Property::RequestProblemInformation(value) => Some(value),
            _ => None,
        }
    }

    /// Will Delay Interval in seconds.
    pub fn will_delay(self) -> Option<u32> {
        match self.find(PropertyId::WillDelayInterval)? {
            Property::WillDelayInterval(value) => Some(value),
            _ => None,
        }
    }

    /// Request Response Information; absent means false.
    pub fn request_response_information(self) -> Option<bool> {
        match self.find(PropertyId::RequestResponseInformation)? {
            Property::RequestResponseInformation(value) => Some(value),
            _ => None,
        }
    }

    /// Response Information.
    pub fn response_information(self) -> Option<&'a str> {
        match self.find(PropertyId::ResponseInformation)? {
            Property::ResponseInformation(value) => Some(value),
            _ => None,
        }
    }

    /// Server Reference.
    pub fn server_reference(self) -> Option<&'a str> {
        match self.find(PropertyId::ServerReference)? {
            Property::ServerReference(value) => Some(value),
            _ => None,
        }
    }

    /// Reason String.
    pub fn reason_string(self) -> Option<&'a str> {
        match self.find(PropertyId::ReasonString)? {
            Property::ReasonString(value) => Some(value),
            _ => None,
        }
    }

    /// Receive Maximum, at least 1; absent means 65535.
    pub fn receive_maximum(self) -> Option<u16> {
        match self.find(PropertyId::ReceiveMaximum)? {
            Property::ReceiveMaximum(value) => Some(value),
            _ => None,
        }
    }

    /// Topic Alias Maximum; absent means 0.
    pub fn topic_alias_maximum(self) -> Option<u16> {
        match self.find(PropertyId::TopicAliasMaximum)? {
            Property::TopicAliasMaximum(value) => Some(value),
            _ => None,
        }
    }

    /// Topic Alias, at least 1.
    pub fn topic_alias(self) -> Option<u16> {
        match self.find(PropertyId::TopicAlias)? {
            Property::TopicAlias(value) => Some(value),
            _ => None,
        }
    }

    /// Maximum QoS, 0 or 1; absent means 2.
    pub fn maximum_qos(self) -> Option<u8> {
        match self.find(PropertyId::MaximumQoS)? {
            Property::MaximumQoS(value) => Some(value),
            _ => None,
        }
    }

    /// Retain Available; absent means true.
    pub fn retain_available(self) -> Option<bool> {
        match self.find(PropertyId::RetainAvailable)? {
            Property::RetainAvailable(value) => Some(value),
            _ => None,
        }
    }

    /// Maximum Packet Size in bytes, at least 1; absent means no limit.
    pub fn maximum_packet_size(self) -> Option<u32> {
        match self.find(PropertyId::MaximumPacketSize)? {
            Property::MaximumPacketSize(value) => Some(value),
            _ => None,
        }
    }

    /// Wildcard Subscription Available; absent means true.
    pub fn wildcard_subscription_available(self) -> Option<bool> {
        match self.find(PropertyId::WildcardSubscriptionAvailable)? {
            Property::WildcardSubscriptionAvailable(value) => Some(value),
            _ => None,
        }
    }

    /// Subscription Identifier Available; absent means true.
    pub fn subscription_identifier_available(self) -> Option<bool> {
        match self.find(PropertyId::SubscriptionIdentifierAvailable)? {
            Property::SubscriptionIdentifierAvailable(value) => Some(value),
            _ => None,
        }
    }

    /// Shared Subscription Available; absent means true.
    pub fn shared_subscription_available(self) -> Option<bool> {
        match self.find(PropertyId::SharedSubscriptionAvailable)? {
            Property::SharedSubscriptionAvailable(value) => Some(value),
            _ => None,
        }
    }
}
