//! The two clients of a bridge, as their sessions and transports are told.

use std::io;
use std::time::Duration;

use super::guide::Attempt;
use crate::client::{Greeting, Presence, Settings, StoredWill};
use crate::config::Bridge;
use crate::config::bridge::{BridgePsk, BridgeTls, BridgeTopic, Login, Protection};
use crate::protocol::packet::connect::SESSION_EXPIRY_NEVER;
use crate::protocol::{
    Properties, Property, QoS, RetainHandling, SubscriptionOptions, TopicName, Version, Will,
};
use crate::transport::connect::{Endpoint, Target};
use crate::transport::doorway::Doorway;
use crate::transport::psk::Psk;
use crate::transport::tls::{ClientSettings, ClientTls, Files, SetupError, Sources};
use crate::transport::tuning::{Probes, Tuning};

/// The bridge is connected.
pub(super) const UP: &str = "1";
/// The bridge is not connected.
pub(super) const DOWN: &str = "0";

/// What all bridges of a broker have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Common {
    /// TCP_NODELAY.
    pub nodelay: bool,
    /// Messages sent to a remote broker and not acknowledged.
    pub inflight_messages_max: u16,
    /// Whether QoS 0 waits for a remote broker that is away.
    pub holds_qos0: bool,
}

/// The client of this broker.
pub(super) fn local(bridge: &Bridge, common: &Common) -> Settings {
    let mut settings = Settings::new(Version::V5, &bridge.local_client_id);
    log_in(&mut settings, &bridge.local_login);
    settings.clean_start = bridge.local_clean_start;
    // It is in this process: it is gone when the broker is.
    settings.keep_alive_secs = 0;
    settings.inflight_messages_max = common.inflight_messages_max;
    settings.is_led = true;
    settings.acknowledges_by_hand = true;
    settings.greetings = local_greetings(bridge, RetainHandling::Never);
    if !bridge.local_clean_start {
        settings.properties.push(Property::SessionExpiryInterval(SESSION_EXPIRY_NEVER));
    }
    if bridge.notifications {
        settings.will = state_will(&bridge.notification_topic, QoS::AtLeastOnce, true);
    }
    settings
}

/// The subscriptions at this broker.
pub(super) fn local_greetings(bridge: &Bridge, retain_handling: RetainHandling) -> Vec<Greeting> {
    let out = bridge.out_topics();
    out.map(|topic| {
        let options = SubscriptionOptions {
            qos: topic.qos,
            no_local: true,
            retain_as_published: true,
            retain_handling,
        };
        Greeting::Subscribe(topic.local_filter(), options)
    })
    .collect()
}

/// Where it connects to.
pub(super) fn local_endpoint(doorway: Doorway) -> Endpoint {
    Endpoint {
        target: Target::Within(doorway),
        bind: None,
        nodelay: true,
        tuning: Tuning::default(),
        proxy: None,
        tls: None,
        psk: None,
        websocket: false,
    }
}

/// The client of the remote broker.
pub(super) fn remote(bridge: &Bridge, common: &Common, attempt: &Attempt) -> Settings {
    let mut settings = Settings::new(attempt.version, &bridge.remote_client_id);
    log_in(&mut settings, &bridge.remote_login);
    settings.clean_start = bridge.clean_start;
    settings.keep_alive_secs = bridge.keep_alive_secs;
    settings.inflight_messages_max = common.inflight_messages_max;
    settings.is_led = true;
    settings.acknowledges_by_hand = true;
    settings.is_bridge = attempt.is_private && !attempt.version.is_v5();
    settings.sent_packet_size_max = bridge.packet_size_max.unwrap_or(u32::MAX);
    settings.greetings = remote_greetings(bridge, attempt.version);
    if attempt.version.is_v5() {
        push_properties(&mut settings, bridge, common);
    }
    if attempt.has_will {
        set_will(&mut settings, bridge, attempt);
    }
    settings
}

/// In mosquitto's order.
fn push_properties(settings: &mut Settings, bridge: &Bridge, common: &Common) {
    if bridge.session_expiry_secs > 0 {
        settings.properties.push(Property::SessionExpiryInterval(bridge.session_expiry_secs));
    }
    if bridge.topic_alias_max > 0 {
        settings.properties.push(Property::TopicAliasMaximum(bridge.topic_alias_max));
    }
    let receive_maximum = bridge.receive_maximum.unwrap_or(common.inflight_messages_max);
    if receive_maximum < u16::MAX {
        settings.properties.push(Property::ReceiveMaximum(receive_maximum));
    }
}

/// One packet for each topic, in the order of the configuration.
fn remote_greetings(bridge: &Bridge, version: Version) -> Vec<Greeting> {
    let is_v5 = version.is_v5();
    let greeting = |topic: &BridgeTopic| {
        let filter = topic.remote_filter();
        if topic.direction.is_in() {
            let options = SubscriptionOptions {
                qos: topic.qos,
                no_local: is_v5,
                retain_as_published: is_v5,
                retain_handling: RetainHandling::Always,
            };
            return Some(Greeting::Subscribe(filter, options));
        }
        bridge.attempts_unsubscribe.then_some(Greeting::Unsubscribe(filter))
    };
    bridge.topics.iter().filter_map(greeting).collect()
}

fn set_will(settings: &mut Settings, bridge: &Bridge, attempt: &Attempt) {
    let qos = |qos: QoS| qos.min(attempt.will_qos_max);
    if bridge.notifies_remote() {
        let topic = &bridge.notification_topic;
        settings.will = state_will(topic, qos(QoS::AtLeastOnce), attempt.may_retain);
        let topic = TopicName::new(topic).ok();
        settings.presence = topic.map(|it| Presence::new(it, UP.as_bytes(), DOWN.as_bytes()));
    } else if let Some(own) = &bridge.will
        && let Ok(topic) = TopicName::new(&own.topic)
    {
        settings.will = Some(StoredWill::copy_of(&Will {
            topic,
            payload: own.payload.as_bytes(),
            qos: qos(own.qos),
            retain: own.retain && attempt.may_retain,
            delay_secs: 0,
            properties: Properties::EMPTY,
        }));
    }
}

fn state_will(topic: &str, qos: QoS, retain: bool) -> Option<StoredWill> {
    let topic = TopicName::new(topic).ok()?;
    let (payload, properties) = (DOWN.as_bytes(), Properties::EMPTY);
    let will = Will { topic, payload, qos, retain, delay_secs: 0, properties };
    Some(StoredWill::copy_of(&will))
}

fn log_in(settings: &mut Settings, login: &Login) {
    settings.username.clone_from(&login.username);
    settings.password = login.password.as_ref().map(|password| password.0.clone().into_bytes());
}

/// Where the client of the remote broker connects to. Reads the files of TLS.
pub(super) fn remote_endpoint(
    bridge: &Bridge,
    common: &Common,
    address: usize,
) -> Result<Endpoint, SetupError> {
    let address = &bridge.addresses[address];
    let (tls, psk) = match &bridge.protection {
        Protection::None => (None, None),
        Protection::Tls(tls) => (Some(client_tls(tls, &address.host)?), None),
        Protection::Psk(psk) => (None, Some(client_psk(psk))),
    };
    let seconds = |secs: u32| Duration::from_secs(secs.into());
    Ok(Endpoint {
        target: Target::Tcp { host: address.host.clone(), port: address.port },
        bind: bridge.bind_address.clone(),
        nodelay: common.nodelay,
        tuning: Tuning {
            keep_alive: bridge.tcp_probes.map(|probes| Probes {
                idle: seconds(probes.idle_secs),
                interval: seconds(probes.interval_secs),
                count: probes.count,
            }),
            user_timeout: bridge
                .tcp_user_timeout_millis
                .map(|millis| Duration::from_millis(millis.into())),
        },
        proxy: None,
        tls,
        psk,
        websocket: false,
    })
}

fn client_tls(tls: &BridgeTls, host: &str) -> Result<ClientTls, SetupError> {
    let settings = ClientSettings {
        trust: Sources {
            file: tls.cafile.clone(),
            folder: tls.capath.clone(),
            system: tls.uses_system,
        },
        trusts_all: false,
        identity: tls.identity.clone().map(|(certificate, key)| Files { certificate, key }),
        needs_13: tls.needs_13,
        ciphers: tls.ciphers.clone(),
        ciphers_13: tls.ciphers_13.clone(),
        protocol: tls.protocol.clone().map(String::into_bytes),
        key_log: None,
    };
    // Nobody is there to be asked for a passphrase.
    let ask = |_: &std::path::Path| Err(io::Error::other("the broker asks nobody"));
    // bridge_insecure: whoever an authority has signed for is believed, whatever its name.
    ClientTls::new(&settings, (!tls.is_insecure).then_some(host), &ask)
}

fn client_psk(psk: &BridgePsk) -> Psk {
    let digits: Vec<u8> = psk.key.0.bytes().filter_map(hexadecimal).collect();
    Psk {
        identity: psk.identity.clone().into_bytes(),
        key: digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect(),
        ciphers: psk.ciphers.clone(),
    }
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}
