//! `-D command property value`: MQTT 5 properties on the command line.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::cli::check::{STRING_BYTES_MAX, utf8};
use crate::cli::compat::Compat;
use crate::cli::errors::{Problem, text};
use crate::cli::number::atol;
use crate::protocol::{Property, PropertyBuf, PropertyId, TopicName};

/// Largest Subscription Identifier.
const SUBSCRIPTION_IDENTIFIER_MAX: i64 = 268_435_455;

/// The protocol error in a list: the words of 2.0, full stop included, which has the only check
/// ahead of the connection.
const PROTOCOL_SENTENCE: &str =
    "A network protocol error occurred when communicating with the broker.";

/// The packets that `-D` can add properties to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// CONNECT.
    Connect,
    /// PUBLISH.
    Publish,
    /// SUBSCRIBE.
    Subscribe,
    /// UNSUBSCRIBE.
    Unsubscribe,
    /// DISCONNECT.
    Disconnect,
    /// The will in CONNECT.
    Will,
}

impl Command {
    /// All of them, in the order in which their lists are checked.
    const ALL: [Command; 6] = [
        Command::Connect,
        Command::Publish,
        Command::Subscribe,
        Command::Unsubscribe,
        Command::Disconnect,
        Command::Will,
    ];

    /// The name in messages about the whole list.
    const fn packet(self) -> &'static str {
        match self {
            Command::Connect => "CONNECT",
            Command::Publish => "PUBLISH",
            Command::Subscribe => "SUBSCRIBE",
            Command::Unsubscribe => "UNSUBSCRIBE",
            Command::Disconnect => "DISCONNECT",
            Command::Will => "Will",
        }
    }

    /// The properties that may be given, beside user properties.
    const fn allowed(self) -> &'static [PropertyId] {
        use PropertyId::*;
        match self {
            Command::Connect => &[
                AuthenticationMethod,
                AuthenticationData,
                MaximumPacketSize,
                ReceiveMaximum,
                RequestProblemInformation,
                RequestResponseInformation,
                SessionExpiryInterval,
                TopicAliasMaximum,
            ],
            Command::Publish => &[
                ContentType,
                CorrelationData,
                MessageExpiryInterval,
                PayloadFormatIndicator,
                ResponseTopic,
                TopicAlias,
            ],
            Command::Subscribe => &[SubscriptionIdentifier],
            Command::Unsubscribe => &[],
            Command::Disconnect => &[SessionExpiryInterval, ReasonString, ServerReference],
            Command::Will => &[
                ContentType,
                CorrelationData,
                MessageExpiryInterval,
                PayloadFormatIndicator,
                ResponseTopic,
                WillDelayInterval,
            ],
        }
    }
}

/// Packets whose properties exist but can't be set, with those that they have beside user
/// properties.
const WITHOUT_PROPERTIES: [(&str, &[PropertyId]); 8] = {
    use PropertyId::*;
    [
        ("auth", &[AuthenticationMethod, AuthenticationData, ReasonString]),
        (
            "connack",
            &[
                AssignedClientIdentifier,
                AuthenticationData,
                AuthenticationMethod,
                MaximumPacketSize,
                MaximumQoS,
                ReasonString,
                ReceiveMaximum,
                ResponseInformation,
                RetainAvailable,
                ServerKeepAlive,
                ServerReference,
                SessionExpiryInterval,
                SharedSubscriptionAvailable,
                SubscriptionIdentifierAvailable,
                TopicAliasMaximum,
                WildcardSubscriptionAvailable,
            ],
        ),
        ("puback", &[ReasonString]),
        ("pubrec", &[ReasonString]),
        ("pubrel", &[ReasonString]),
        ("pubcomp", &[ReasonString]),
        ("suback", &[ReasonString]),
        ("unsuback", &[ReasonString]),
    ]
};

const COMMANDS: [(&str, Command); 6] = [
    ("connect", Command::Connect),
    ("publish", Command::Publish),
    ("subscribe", Command::Subscribe),
    ("unsubscribe", Command::Unsubscribe),
    ("disconnect", Command::Disconnect),
    ("will", Command::Will),
];

/// How a property's value is written and bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Byte = 1,
    Int16 = 2,
    Int32 = 3,
    VarInt = 4,
    Binary = 5,
    Text = 6,
    Pair = 7,
}

/// Every property by its name, with its kind.
const NAMES: [(&str, PropertyId, Kind); 27] = {
    use Kind::*;
    use PropertyId::*;
    [
        ("assigned-client-identifier", AssignedClientIdentifier, Text),
        ("authentication-data", AuthenticationData, Binary),
        ("authentication-method", AuthenticationMethod, Text),
        ("content-type", ContentType, Text),
        ("correlation-data", CorrelationData, Binary),
        ("maximum-packet-size", MaximumPacketSize, Int32),
        ("maximum-qos", MaximumQoS, Byte),
        ("message-expiry-interval", MessageExpiryInterval, Int32),
        ("payload-format-indicator", PayloadFormatIndicator, Byte),
        ("reason-string", ReasonString, Text),
        ("receive-maximum", ReceiveMaximum, Int16),
        ("request-problem-information", RequestProblemInformation, Byte),
        ("request-response-information", RequestResponseInformation, Byte),
        ("response-information", ResponseInformation, Text),
        ("response-topic", ResponseTopic, Text),
        ("retain-available", RetainAvailable, Byte),
        ("server-keep-alive", ServerKeepAlive, Int16),
        ("server-reference", ServerReference, Text),
        ("session-expiry-interval", SessionExpiryInterval, Int32),
        ("shared-subscription-available", SharedSubscriptionAvailable, Byte),
        ("subscription-identifier", SubscriptionIdentifier, VarInt),
        ("subscription-identifier-available", SubscriptionIdentifierAvailable, Byte),
        ("topic-alias", TopicAlias, Int16),
        ("topic-alias-maximum", TopicAliasMaximum, Int16),
        ("user-property", UserProperty, Pair),
        ("wildcard-subscription-available", WildcardSubscriptionAvailable, Byte),
        ("will-delay-interval", WillDelayInterval, Int32),
    ]
};

/// A property as it was given, its value within its type.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Given {
    id: PropertyId,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Number(u32),
    Binary(Vec<u8>),
    Text(String),
    Pair(String, String),
}

/// All that `-D` was given, by packet, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyLists {
    given: Vec<(Command, Given)>,
}

impl PropertyLists {
    /// Reads the words after one `-D`.
    pub fn add(&mut self, words: &[OsString], compat: Compat) -> Result<(), Problem> {
        let not_enough = || {
            Problem::option("Error: --property argument given but not enough arguments specified.")
        };
        let [command, property, value, second @ ..] = words else {
            return Err(not_enough());
        };
        let command_name = command.to_string_lossy();
        let name = property.to_string_lossy();
        let (target, id, kind) = names(&command_name, &name, compat)?;
        if kind == Kind::Pair && second.is_empty() {
            return Err(not_enough());
        }
        let command = match target {
            Target::Settable(command) => command,
            // mosquitto's tools end here without a word but the hint.
            Target::Fixed("connack", _) => return Err(Problem::usage("")),
            Target::Fixed(..) => return Err(refused(&name, "supported", &command_name)),
        };
        let value = match (kind, second) {
            (Kind::Pair, [second, ..]) => pair(&name, value.as_bytes(), second.as_bytes())?,
            _ => value_of(kind, &name, value.as_bytes())?,
        };
        self.given.push((command, Given { id, value }));
        Ok(())
    }

    /// Adds a property that another option stands for, behind those given so far.
    pub fn add_number(&mut self, command: Command, id: PropertyId, value: u32) {
        self.given.push((command, Given { id, value: Value::Number(value) }));
    }

    /// Whether anything was given for a packet.
    pub fn has(&self, command: Command) -> bool {
        self.of(command).next().is_some()
    }

    /// The number that was given for a property.
    pub fn number(&self, command: Command, id: PropertyId) -> Option<u32> {
        self.of(command).find(|given| given.id == id).and_then(|given| match given.value {
            Value::Number(number) => Some(number),
            _ => None,
        })
    }

    /// Checks the lists of all packets, whichever of them the tool sends: nothing twice that may
    /// occur once, nothing that the standard calls a protocol error. Version 2.0 lets pass what
    /// `Given::is_legal_in_20` says.
    pub fn check(&self, compat: Compat) -> Result<(), Problem> {
        for command in Command::ALL {
            let list: Vec<&Given> = self.of(command).collect();
            for (place, given) in list.iter().enumerate() {
                let is_legal = match compat {
                    Compat::V20 => given.is_legal_in_20(),
                    Compat::V21 => given.is_legal(),
                };
                if !is_legal {
                    return Err(list_problem(command, PROTOCOL_SENTENCE));
                }
                let is_single = given.id != PropertyId::UserProperty;
                if is_single && list[place + 1..].iter().any(|later| later.id == given.id) {
                    return Err(list_problem(command, text::DUPLICATE_PROPERTY));
                }
            }
            let has = |id| list.iter().any(|given| given.id == id);
            let lacks_method =
                has(PropertyId::AuthenticationData) && !has(PropertyId::AuthenticationMethod);
            if lacks_method && !compat.is_20() {
                return Err(list_problem(command, PROTOCOL_SENTENCE));
            }
        }
        Ok(())
    }

    /// The properties of a packet, in the order in which they were given.
    pub fn build(&self, command: Command) -> PropertyBuf {
        let mut built = PropertyBuf::new();
        for property in self.of(command).filter_map(Given::property) {
            built.push(property);
        }
        built
    }

    fn of(&self, command: Command) -> impl Iterator<Item = &Given> {
        self.given.iter().filter(move |(of, _)| *of == command).map(|(_, given)| given)
    }
}

impl Given {
    /// Whether the standard allows the value.
    fn is_legal(&self) -> bool {
        match (&self.value, self.id) {
            (Value::Number(0), PropertyId::SubscriptionIdentifier) => false,
            (Value::Number(value), PropertyId::PayloadFormatIndicator) => *value <= 1,
            (Value::Text(topic), PropertyId::ResponseTopic) => TopicName::new(topic).is_ok(),
            _ => self.is_legal_in_20(),
        }
    }

    /// What version 2.0 checks: numbers that must not be 0, and the two request bytes.
    fn is_legal_in_20(&self) -> bool {
        use PropertyId::*;
        match (&self.value, self.id) {
            (Value::Number(value), MaximumPacketSize | ReceiveMaximum | TopicAlias) => *value != 0,
            (Value::Number(value), RequestProblemInformation | RequestResponseInformation) => {
                *value <= 1
            }
            _ => true,
        }
    }

    /// The property; `None` for those that no command can set.
    fn property(&self) -> Option<Property<'_>> {
        match &self.value {
            Value::Number(value) => number_property(self.id, *value),
            Value::Binary(value) => match self.id {
                PropertyId::CorrelationData => Some(Property::CorrelationData(value)),
                PropertyId::AuthenticationData => Some(Property::AuthenticationData(value)),
                _ => None,
            },
            Value::Text(value) => text_property(self.id, value),
            Value::Pair(name, value) => Some(Property::UserProperty(name, value)),
        }
    }
}

fn number_property(id: PropertyId, value: u32) -> Option<Property<'static>> {
    let short = || u16::try_from(value).ok();
    Some(match id {
        PropertyId::MaximumPacketSize => Property::MaximumPacketSize(value),
        PropertyId::ReceiveMaximum => Property::ReceiveMaximum(short()?),
        PropertyId::RequestProblemInformation => Property::RequestProblemInformation(value == 1),
        PropertyId::RequestResponseInformation => Property::RequestResponseInformation(value == 1),
        PropertyId::SessionExpiryInterval => Property::SessionExpiryInterval(value),
        PropertyId::TopicAliasMaximum => Property::TopicAliasMaximum(short()?),
        PropertyId::MessageExpiryInterval => Property::MessageExpiryInterval(value),
        PropertyId::PayloadFormatIndicator => {
            Property::PayloadFormatIndicator(u8::try_from(value).ok()?)
        }
        PropertyId::TopicAlias => Property::TopicAlias(short()?),
        PropertyId::SubscriptionIdentifier => Property::SubscriptionIdentifier(value),
        PropertyId::WillDelayInterval => Property::WillDelayInterval(value),
        _ => return None,
    })
}

fn text_property(id: PropertyId, value: &str) -> Option<Property<'_>> {
    Some(match id {
        PropertyId::AuthenticationMethod => Property::AuthenticationMethod(value),
        PropertyId::ContentType => Property::ContentType(value),
        PropertyId::ReasonString => Property::ReasonString(value),
        PropertyId::ResponseTopic => Property::ResponseTopic(value),
        PropertyId::ServerReference => Property::ServerReference(value),
        _ => return None,
    })
}

/// What the first two words mean, in the order of mosquitto's checks.
fn names(
    command_name: &str,
    name: &str,
    compat: Compat,
) -> Result<(Target, PropertyId, Kind), Problem> {
    let target = target(command_name, compat)
        .ok_or_else(|| unknown_word("command", command_name, compat))?;
    let lower = name.to_ascii_lowercase();
    let Some((_, id, kind)) = NAMES.iter().find(|(name, ..)| *name == lower) else {
        return Err(unknown_word("property name", name, compat));
    };
    let allowed = match target {
        Target::Settable(command) => command.allowed(),
        Target::Fixed(_, allowed) => allowed,
    };
    let publishes_identifier =
        target == Target::Settable(Command::Publish) && *id == PropertyId::SubscriptionIdentifier;
    if publishes_identifier {
        return Err(refused(name, "supported", command_name));
    }
    if *id != PropertyId::UserProperty && !allowed.contains(id) {
        return Err(refused(name, "allowed", command_name));
    }
    Ok((target, *id, *kind))
}

/// The packet that the first word names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Settable(Command),
    /// Its name in lower case, and the properties that exist in it.
    Fixed(&'static str, &'static [PropertyId]),
}

/// Version 2.0 does not repeat the wrong word.
fn unknown_word(what: &str, word: &str, compat: Compat) -> Problem {
    let word = if compat.is_20() { String::new() } else { format!("{word} ") };
    Problem::option(format!("Error: Invalid {what} {word}given in --property argument."))
}

fn target(name: &str, compat: Compat) -> Option<Target> {
    let lower = name.to_ascii_lowercase();
    let settable = COMMANDS.iter().find(|(name, _)| *name == lower);
    let is_known = |name: &str| !(compat.is_20() && matches!(name, "suback" | "unsuback"));
    let fixed = || WITHOUT_PROPERTIES.iter().find(|(name, _)| *name == lower && is_known(name));
    match settable {
        Some((_, command)) => Some(Target::Settable(*command)),
        None => fixed().map(|(name, allowed)| Target::Fixed(name, allowed)),
    }
}

fn refused(name: &str, how: &str, command_name: &str) -> Problem {
    Problem::option(format!(
        "Error: {name} property not {how} for {command_name} in --property argument."
    ))
}

fn value_of(kind: Kind, name: &str, bytes: &[u8]) -> Result<Value, Problem> {
    let max = match kind {
        Kind::Byte => i64::from(u8::MAX),
        Kind::Int16 => i64::from(u16::MAX),
        Kind::Int32 | Kind::VarInt => i64::from(u32::MAX),
        Kind::Text => return text_value(name, bytes).map(Value::Text),
        Kind::Binary | Kind::Pair => {
            return within(name, bytes).map(|bytes| Value::Binary(bytes.to_vec()));
        }
    };
    let number = atol(bytes);
    match u32::try_from(number) {
        Ok(_) if kind == Kind::VarInt && number > SUBSCRIPTION_IDENTIFIER_MAX => {
            Err(adding(name, kind))
        }
        Ok(value) if number <= max => Ok(Value::Number(value)),
        _ => Err(Problem::option(format!(
            "Error: Property value ({number}) out of range for property {name}."
        ))),
    }
}

fn pair(name: &str, key: &[u8], value: &[u8]) -> Result<Value, Problem> {
    let text = |bytes| {
        let bytes = within(name, bytes)?;
        utf8(bytes).map(str::to_owned).ok_or_else(|| adding(name, Kind::Pair))
    };
    Ok(Value::Pair(text(key)?, text(value)?))
}

fn text_value(name: &str, bytes: &[u8]) -> Result<String, Problem> {
    let bytes = within(name, bytes)?;
    utf8(bytes).map(str::to_owned).ok_or_else(|| adding(name, Kind::Text))
}

fn within<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a [u8], Problem> {
    if bytes.len() > STRING_BYTES_MAX {
        return Err(Problem::option(format!(
            "Error: Property value too long for property {name}."
        )));
    }
    Ok(bytes)
}

/// The text ends with the number of the property's kind.
fn adding(name: &str, kind: Kind) -> Problem {
    Problem::usage(format!("Error adding property {name} {}", kind as u8))
}

fn list_problem(command: Command, why: &str) -> Problem {
    Problem::usage(format!("Error in {} properties: {why}", command.packet()))
}
