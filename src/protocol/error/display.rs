//! The broken rules in plain words: what was wrong, then what is right.

use std::fmt;

use crate::{Malformed, Unsupported, Violation};

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::PacketType(kind) => write!(f, "packet type {kind} is reserved"),
            Malformed::HeaderFlags(kind) => write!(
                f,
                "wrong header flags in {kind}: they must be 0010 in PUBREL, SUBSCRIBE and \
                 UNSUBSCRIBE, 0000 elsewhere"
            ),
            Malformed::PropertyUnknown(id) => write!(f, "property {id:#04x} does not exist"),
            Malformed::PropertyMisplaced(id, place) => {
                write!(f, "{id} does not belong into {place}")
            }
            Malformed::TrailingBytes(kind) => write!(f, "bytes behind the last field of {kind}"),
            Malformed::TopicName(why) => write!(f, "invalid topic name in PUBLISH: {why}"),
            Malformed::TopicFilter(why) => write!(f, "invalid topic filter: {why}"),
            _ => f.write_str(self.fixed_text()),
        }
    }
}

impl Malformed {
    /// The text of rules that have nothing to fill in; empty for the others.
    const fn fixed_text(self) -> &'static str {
        match self {
            Malformed::RemainingLength => "the Remaining Length has more than four bytes",
            Malformed::VariableByteInteger => {
                "a Variable Byte Integer must have at most four bytes, and no more than necessary"
            }
            Malformed::Truncated => "a field reaches beyond the end of its packet",
            Malformed::Utf8 => "a string is not well-formed UTF-8",
            Malformed::NullCharacter => "a string contains U+0000",
            Malformed::ClientId => "the client id is not UTF-8, or contains U+0000",
            Malformed::ConnectReservedFlag => "the reserved flag of CONNECT must be 0",
            Malformed::WillQoS => "Will QoS 3 does not exist; it must be 0, 1 or 2",
            Malformed::WillQoSWithoutWill => "Will QoS must be 0 when Will Flag is 0",
            Malformed::WillRetainWithoutWill => "Will Retain must be 0 when Will Flag is 0",
            Malformed::PasswordWithoutUserName => {
                "a password needs a user name before MQTT 5.0, but User Name Flag is 0"
            }
            Malformed::PublishQoS => "PUBLISH with QoS 3; it must be 0, 1 or 2",
            Malformed::DupAtQoS0 => "PUBLISH with DUP 1 at QoS 0; DUP must be 0",
            Malformed::SubscriptionReservedBits => {
                "reserved bits in the options of a subscription must be 0"
            }
            Malformed::ConnAckFlags => "reserved acknowledge flags of CONNACK must be 0",
            Malformed::PacketType(_)
            | Malformed::HeaderFlags(_)
            | Malformed::TrailingBytes(_)
            | Malformed::TopicName(_)
            | Malformed::TopicFilter(_)
            | Malformed::PropertyUnknown(_)
            | Malformed::PropertyMisplaced(..) => "",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::FromClient(kind) => write!(f, "{kind} from a client; only servers send it"),
            Violation::FromServer(kind) => write!(f, "{kind} from a server; only clients send it"),
            Violation::ReasonCode(kind, code) => {
                write!(f, "reason code {code:#04x} is not allowed in {kind} from this side")
            }
            Violation::PropertyTwice(id) => write!(f, "{id} occurs twice; once is allowed"),
            Violation::PropertyNotBoolean(id, value) => {
                write!(f, "{id} is {value}; it must be 0 or 1")
            }
            Violation::TopicAliasAboveMaximum { alias, max } => {
                write!(f, "Topic Alias {alias} is above the Topic Alias Maximum {max}")
            }
            Violation::TopicAliasUnknown(alias) => {
                write!(f, "Topic Alias {alias} stands for nothing yet; it needs a topic first")
            }
            Violation::ResponseTopic(why) => write!(f, "invalid Response Topic: {why}"),
            Violation::WillTopic(why) => write!(f, "invalid Will Topic: {why}"),
            Violation::FilterMissing(kind) => write!(f, "{kind} needs at least one topic filter"),
            Violation::ReasonMissing(kind) => write!(f, "{kind} needs at least one reason code"),
            _ => f.write_str(self.fixed_text()),
        }
    }
}

impl Violation {
    /// The text of rules that have nothing to fill in; empty for the others.
    const fn fixed_text(self) -> &'static str {
        match self {
            Violation::FirstPacketNotConnect => "the first packet must be CONNECT",
            Violation::SecondConnect => "a second CONNECT; one is allowed on a connection",
            Violation::PacketIdZero => "Packet Identifier 0; it must be 1 to 65535",
            Violation::ReceiveMaximumZero => "Receive Maximum is 0; it must be at least 1",
            Violation::MaximumPacketSizeZero => "Maximum Packet Size is 0; it must be at least 1",
            Violation::SubscriptionIdentifierZero => {
                "Subscription Identifier is 0; it must be 1 to 268435455"
            }
            Violation::SubscriptionIdentifierFromClient => {
                "PUBLISH from a client must not carry a Subscription Identifier"
            }
            Violation::SessionExpiryFromServer => {
                "DISCONNECT from a server must not carry a Session Expiry Interval"
            }
            Violation::TopicAliasZero => "Topic Alias is 0; it must be at least 1",
            Violation::TopicMissing => "PUBLISH with an empty topic and no Topic Alias",
            Violation::WillPayloadNotUtf8 => {
                "the will's Payload Format Indicator is 1, but its payload is not UTF-8"
            }
            Violation::AuthenticationDataAlone => {
                "Authentication Data needs an Authentication Method"
            }
            Violation::AuthenticationMethodMissing => "AUTH needs an Authentication Method",
            Violation::SubscriptionQoS => "a subscription asks for QoS 3; it must be 0, 1 or 2",
            Violation::RetainHandling => "Retain Handling is 3; it must be 0, 1 or 2",
            Violation::NoLocalOnShared => "No Local must be 0 on a shared subscription",
            Violation::FromClient(_)
            | Violation::FromServer(_)
            | Violation::ReasonCode(..)
            | Violation::PropertyTwice(_)
            | Violation::PropertyNotBoolean(..)
            | Violation::TopicAliasAboveMaximum { .. }
            | Violation::TopicAliasUnknown(_)
            | Violation::ResponseTopic(_)
            | Violation::WillTopic(_)
            | Violation::FilterMissing(_)
            | Violation::ReasonMissing(_) => "",
        }
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unsupported::ProtocolName => {
                f.write_str("the protocol name must be MQTT, or MQIsdp for MQTT 3.1")
            }
            Unsupported::ProtocolLevel(level) => write!(
                f,
                "level {level} is refused; there are 4 and 5 with the name MQTT, 3 with MQIsdp"
            ),
        }
    }
}
