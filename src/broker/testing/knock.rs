//! A CONNECT, put together word by word.

use std::sync::Arc;

use super::{Bench, Q0};
use crate::broker::policy::Identity;
use crate::protocol::{
    Connect, Packet, Property, PropertyBuf, QoS, ReasonCode, TopicName, Version, Will,
};

/// The will of a CONNECT that is being put together.
#[derive(Debug)]
struct WillDraft {
    topic: String,
    payload: Vec<u8>,
    qos: QoS,
    retain: bool,
    delay_secs: u32,
    properties: PropertyBuf,
}

/// A CONNECT that is being put together.
#[derive(Debug)]
#[must_use = "nothing is sent before go()"]
pub(crate) struct Knock<'t> {
    bench: &'t mut Bench,
    name: String,
    client_id: String,
    version: Version,
    is_bridge: bool,
    clean_start: bool,
    keep_alive_secs: u16,
    username: Option<String>,
    properties: PropertyBuf,
    will: Option<WillDraft>,
}

impl<'t> Knock<'t> {
    pub(super) fn new(bench: &'t mut Bench, name: &str) -> Self {
        Knock {
            bench,
            name: name.to_owned(),
            client_id: name.to_owned(),
            version: Version::V5,
            is_bridge: false,
            clean_start: true,
            keep_alive_secs: 0,
            username: None,
            properties: PropertyBuf::new(),
            will: None,
        }
    }

    pub fn v4(self) -> Self {
        Knock { version: Version::V311, ..self }
    }

    pub fn v3(self) -> Self {
        Knock { version: Version::V31, ..self }
    }

    /// A mosquitto bridge that speaks 3.1.1.
    pub fn bridge(self) -> Self {
        Knock { version: Version::V311, is_bridge: true, ..self }
    }

    pub fn id(self, client_id: &str) -> Self {
        Knock { client_id: client_id.to_owned(), ..self }
    }

    /// Clean Start 0.
    pub fn resume(self) -> Self {
        Knock { clean_start: false, ..self }
    }

    pub fn keep_alive(self, secs: u16) -> Self {
        Knock { keep_alive_secs: secs, ..self }
    }

    pub fn user(self, name: &str) -> Self {
        Knock { username: Some(name.to_owned()), ..self }
    }

    pub fn with(mut self, property: Property<'_>) -> Self {
        self.properties.push(property);
        self
    }

    pub fn expiry(self, secs: u32) -> Self {
        self.with(Property::SessionExpiryInterval(secs))
    }

    /// A will at QoS 0.
    pub fn will(self, topic: &str, payload: &str) -> Self {
        let will = WillDraft {
            topic: topic.to_owned(),
            payload: payload.as_bytes().to_vec(),
            qos: Q0,
            retain: false,
            delay_secs: 0,
            properties: PropertyBuf::new(),
        };
        Knock { will: Some(will), ..self }
    }

    fn change(mut self, change: impl FnOnce(&mut WillDraft)) -> Self {
        change(self.will.as_mut().expect("will() first"));
        self
    }

    pub fn will_qos(self, qos: QoS) -> Self {
        self.change(|will| will.qos = qos)
    }

    pub fn will_retain(self) -> Self {
        self.change(|will| will.retain = true)
    }

    pub fn will_bytes(self, payload: &[u8]) -> Self {
        self.change(|will| will.payload = payload.to_vec())
    }

    pub fn will_with(self, property: Property<'_>) -> Self {
        self.change(|will| will.properties.push(property))
    }

    pub fn delay(self, secs: u32) -> Self {
        self.change(|will| will.delay_secs = secs).will_with(Property::WillDelayInterval(secs))
    }

    /// Sends it; everything that follows from it is in the log.
    pub fn go(self) {
        let username = self.username.as_deref().map(Arc::from);
        self.go_as(Ok(Identity::of(username)));
    }

    /// Sends it, with this verdict of authentication.
    pub fn go_as(self, identity: Result<Identity, ReasonCode>) {
        let Knock { bench, name, client_id, version, .. } = self;
        bench.open(&name, version);
        let will = self.will.as_ref().map(|will| Will {
            topic: TopicName::new(&will.topic).unwrap(),
            payload: &will.payload,
            qos: will.qos,
            retain: will.retain,
            delay_secs: will.delay_secs,
            properties: will.properties.as_properties(),
        });
        let properties = self.properties.as_properties();
        let session_expiry_secs = match (version, self.clean_start) {
            (Version::V5, _) => properties.session_expiry().unwrap_or(0),
            (_, true) => 0,
            (_, false) => u32::MAX,
        };
        let connect = Connect {
            version,
            bridge: self.is_bridge,
            clean_start: self.clean_start,
            keep_alive_secs: self.keep_alive_secs,
            session_expiry_secs,
            client_id: &client_id,
            will,
            username: self.username.as_deref(),
            password: None,
            properties,
        };
        bench.send_as(&name, &Packet::Connect(Box::new(connect)), identity);
    }
}
