//! Records as JSON, one object each: to look into a store, to move it, to write one by hand.

use std::collections::HashMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::broker::access::OriginState;
use crate::broker::change::{Change, Entry, ScanState, SessionState};
use crate::broker::router::{Options, SessionKey};
use crate::protocol::{
    Message, MessageRef, PacketId, PacketKind, Properties, PropertyPlace, QoS, TopicName,
};
use crate::store::record::message_of;
use crate::time::Timestamp;

/// A line that is no record: what was expected.
#[derive(Debug)]
pub struct NotJson(&'static str);

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.0)
    }
}

/// A record as JSON. `None` for what says that something is gone.
pub fn to_json(change: &Change<'_>) -> Option<Value> {
    let millis = |at: Option<Timestamp>| at.map(Timestamp::millis);
    Some(match *change {
        Change::Session { session, state } => json!({
            "kind": "session", "session": session.0, "client_id": state.client_id,
            "username": state.username, "own_bridge": state.is_own_bridge,
            "listener": state.listener, "expiry_secs": state.expiry_secs,
            "expires_at": millis(state.expires_at), "whole": state.is_whole,
        }),
        Change::Subscription { session, filter, options } => json!({
            "kind": "subscription", "session": session.0, "filter": filter,
            "options": options_json(options),
        }),
        Change::Queued { session, order, entry } => entry_json("queued", session, order, &entry),
        Change::Sent { session, order, entry } => entry_json("sent", session, order, &entry),
        Change::Released { session, order, .. } => {
            json!({ "kind": "released", "session": session.0, "order": order })
        }
        Change::Received { session, packet_id } => {
            json!({ "kind": "received", "session": session.0, "packet_id": packet_id.value() })
        }
        Change::Scan { session, n, scan } => json!({
            "kind": "scan", "session": session.0, "n": n, "filter": scan.filter,
            "options": options_json(scan.options), "from": scan.from.map(|(topic, _)| topic),
            "behind": scan.from.is_some_and(|(_, is_behind)| is_behind),
        }),
        Change::Will { session, message, delay_secs, due_at } => json!({
            "kind": "will", "session": session.0, "delay_secs": delay_secs,
            "due_at": millis(due_at), "message": message_json(message),
        }),
        Change::Retained { message, expires_at, publisher } => json!({
            "kind": "retained", "expires_at": millis(expires_at),
            "publisher": publisher.map(|it| it.client_id),
            "username": publisher.and_then(|it| it.username),
            "own_bridge": publisher.is_some_and(|it| it.is_own_bridge),
            "listener": publisher.and_then(|it| it.listener),
            "message": message_json(message),
        }),
        _ => return None,
    })
}

fn options_json(options: Options) -> Value {
    json!({
        "qos": options.qos as u8, "no_local": options.no_local,
        "retain_as_published": options.retain_as_published, "id": options.subscription_id,
    })
}

fn entry_json(kind: &str, session: SessionKey, order: u64, entry: &Entry<'_>) -> Value {
    json!({
        "kind": kind, "session": session.0, "order": order, "qos": entry.qos as u8,
        "retain": entry.retain, "expires_at": entry.expires_at.map(Timestamp::millis),
        "ids": entry.subscription_ids, "group": entry.group,
        "message": message_json(entry.message),
    })
}

/// A payload that is text is shown as text, any other in hex.
fn message_json(message: &Message) -> Value {
    let view = message.as_ref();
    let mut json = json!({
        "topic": view.topic.as_str(), "qos": view.qos as u8, "retain": view.retain,
        "expiry_secs": message.expiry_secs(),
    });
    if !view.properties.is_empty() {
        json["properties_hex"] = hex(view.properties.as_bytes()).into();
    }
    match str::from_utf8(view.payload) {
        Ok(text) => json["payload"] = text.into(),
        Err(_) => json["payload_hex"] = hex(view.payload).into(),
    }
    json
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

type Parsed<T> = Result<T, NotJson>;

/// Messages that were read, so that equal ones are one.
#[derive(Debug, Default)]
pub struct Messages(HashMap<String, Message>);

/// Reads a record; `tell` gets it.
///
/// # Errors
/// What the line should have held.
pub fn from_json(
    line: &Value,
    messages: &mut Messages,
    tell: &mut dyn FnMut(Change<'_>),
) -> Parsed<()> {
    let fields = Fields(line.as_object().ok_or(NotJson("an object"))?);
    let kind = fields.text("kind", "\"kind\", the kind of the record")?;
    if kind == "retained" {
        let message = fields.message(messages)?;
        let expires_at = fields.moment("expires_at")?;
        let publisher = fields.origin();
        tell(Change::Retained { message: &message, expires_at, publisher });
        return Ok(());
    }
    let session = SessionKey(fields.number("session", "\"session\", a number")?);
    match kind {
        "session" => {
            let state = SessionState {
                client_id: fields.text("client_id", "\"client_id\", a text")?,
                username: fields.maybe_text("username"),
                is_own_bridge: fields.is_set("own_bridge"),
                listener: fields.maybe_text("listener"),
                expiry_secs: fields.number("expiry_secs", "\"expiry_secs\", a number")?,
                expires_at: fields.moment("expires_at")?,
                is_whole: fields.flag("whole")?,
            };
            tell(Change::Session { session, state });
        }
        "subscription" => {
            let filter = fields.text("filter", "\"filter\", a text")?;
            tell(Change::Subscription { session, filter, options: fields.options()? });
        }
        "queued" | "sent" => fields.entry(kind, session, messages, tell)?,
        "released" => {
            let order = fields.number("order", "\"order\", a number")?;
            tell(Change::Released { session, order, message: None });
        }
        "received" => {
            let expected = "\"packet_id\", from 1 to 65535";
            let packet_id = PacketId::new(fields.number("packet_id", expected)?);
            tell(Change::Received { session, packet_id: packet_id.ok_or(NotJson(expected))? });
        }
        "scan" => fields.scan(session, tell)?,
        "will" => {
            let message = fields.message(messages)?;
            let delay_secs = fields.number("delay_secs", "\"delay_secs\", a number")?;
            let due_at = fields.moment("due_at")?;
            tell(Change::Will { session, message: &message, delay_secs, due_at });
        }
        _ => return Err(NotJson("a known \"kind\"")),
    }
    Ok(())
}

/// The fields of one object.
struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    fn text(&self, name: &str, expected: &'static str) -> Parsed<&'a str> {
        self.maybe_text(name).ok_or(NotJson(expected))
    }

    fn maybe_text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str()
    }

    fn number<T: TryFrom<u64>>(&self, name: &str, expected: &'static str) -> Parsed<T> {
        let number = self.0.get(name).and_then(Value::as_u64);
        number.and_then(|number| T::try_from(number).ok()).ok_or(NotJson(expected))
    }

    fn flag(&self, name: &str) -> Parsed<bool> {
        let flag = self.0.get(name).and_then(Value::as_bool);
        flag.ok_or(NotJson("true or false for every flag"))
    }

    /// The publisher of a retained message.
    fn origin(&self) -> Option<OriginState<'a>> {
        Some(OriginState {
            client_id: self.maybe_text("publisher")?,
            username: self.maybe_text("username"),
            is_own_bridge: self.is_set("own_bridge"),
            listener: self.maybe_text("listener"),
        })
    }

    /// A flag that may be absent.
    fn is_set(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool) == Some(true)
    }

    fn moment(&self, name: &str) -> Parsed<Option<Timestamp>> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(at) => {
                let millis = at.as_u64().ok_or(NotJson("milliseconds since 1970, or null"))?;
                Ok(Some(Timestamp::from_millis(millis)))
            }
        }
    }

    fn qos(&self) -> Parsed<QoS> {
        let expected = "\"qos\", 0, 1 or 2";
        QoS::from_u8(self.number("qos", expected)?).ok_or(NotJson(expected))
    }

    fn inner(&self, name: &str, expected: &'static str) -> Parsed<Fields<'a>> {
        self.0.get(name).and_then(Value::as_object).map(Fields).ok_or(NotJson(expected))
    }

    fn options(&self) -> Parsed<Options> {
        let inner = self.inner("options", "\"options\", an object")?;
        Ok(Options {
            qos: inner.qos()?,
            no_local: inner.flag("no_local")?,
            retain_as_published: inner.flag("retain_as_published")?,
            subscription_id: inner.number("id", "").ok(),
        })
    }

    fn bytes(&self, name: &str) -> Parsed<Option<Vec<u8>>> {
        let Some(digits) = self.maybe_text(name) else { return Ok(None) };
        let pairs = digits.as_bytes().chunks(2).map(|pair| {
            let text = str::from_utf8(pair).ok().filter(|text| text.len() == 2)?;
            u8::from_str_radix(text, 16).ok()
        });
        pairs.collect::<Option<_>>().map(Some).ok_or(NotJson("pairs of hexadecimal digits"))
    }

    /// The message; the same one for equal ones.
    fn message(&self, messages: &mut Messages) -> Parsed<Message> {
        let inner = self.inner("message", "\"message\", an object")?;
        let key = Value::Object(inner.0.clone()).to_string();
        if let Some(known) = messages.0.get(&key) {
            return Ok(known.clone());
        }
        let topic = inner.text("topic", "\"topic\", a text")?;
        let topic = TopicName::new(topic).map_err(|_| NotJson("a topic without wildcards"))?;
        let section = inner.bytes("properties_hex")?.unwrap_or_default();
        let place = PropertyPlace::Packet(PacketKind::Publish);
        let properties = Properties::decode(&section, place, true)
            .map_err(|_| NotJson("the properties of a PUBLISH"))?;
        let payload = match inner.maybe_text("payload") {
            Some(text) => text.as_bytes().to_vec(),
            None => inner.bytes("payload_hex")?.ok_or(NotJson("a payload"))?,
        };
        let (qos, retain) = (inner.qos()?, inner.flag("retain")?);
        let message = MessageRef { topic, qos, retain, properties, payload: &payload };
        let message = message_of(message, inner.number("expiry_secs", "").ok());
        messages.0.insert(key, message.clone());
        Ok(message)
    }

    fn scan(&self, session: SessionKey, tell: &mut dyn FnMut(Change<'_>)) -> Parsed<()> {
        let from = self.maybe_text("from");
        let is_behind = self.flag("behind")?;
        let scan = ScanState {
            filter: self.text("filter", "\"filter\", a text")?,
            options: self.options()?,
            from: from.map(|topic| (topic, is_behind)),
        };
        tell(Change::Scan { session, n: self.number("n", "\"n\", a number")?, scan });
        Ok(())
    }

    fn entry(
        &self,
        kind: &str,
        session: SessionKey,
        messages: &mut Messages,
        tell: &mut dyn FnMut(Change<'_>),
    ) -> Parsed<()> {
        let order = self.number("order", "\"order\", a number")?;
        let message = self.message(messages)?;
        let ids = self.0.get("ids").and_then(Value::as_array).ok_or(NotJson("\"ids\", a list"))?;
        let ids: Option<Vec<u32>> =
            ids.iter().map(|id| id.as_u64().and_then(|id| id.try_into().ok())).collect();
        let ids = ids.ok_or(NotJson("\"ids\", numbers"))?;
        let entry = Entry {
            message: &message,
            qos: self.qos()?,
            retain: self.flag("retain")?,
            expires_at: self.moment("expires_at")?,
            subscription_ids: &ids,
            group: self.maybe_text("group"),
        };
        tell(match kind {
            "queued" => Change::Queued { session, order, entry },
            _ => Change::Sent { session, order, entry },
        });
        Ok(())
    }
}
