//! A bridge while it is being read.

use std::path::PathBuf;

use super::topic;
use super::{
    Address, Bridge, BridgePsk, BridgeTls, BridgeWill, Login, Protection, ReloadType, Restart,
    Secret, StartType, TcpProbes,
};
use crate::config::Problem;
use crate::config::limits::tcp_probes;
use crate::config::options::Wrong;
use crate::protocol::{QoS, TopicName, Version};

/// The port where none is named.
const PORT: u16 = 1883;
/// The shortest keep-alive, in seconds: shorter ones are raised to it.
const KEEP_ALIVE_SECS_MIN: u16 = 5;
/// The longest base of `restart_timeout` in seconds; its cap may be twice that.
const RESTART_SECS_MAX: u32 = 3600;

/// A bridge, not yet complete.
#[derive(Clone, Debug)]
pub(in crate::config) struct BridgeDraft {
    pub bridge: Bridge,
    pub remote_client_id: Option<String>,
    pub local_client_id: Option<String>,
    pub local_clean_start: Option<bool>,
    pub notification_topic: Option<String>,
    pub will: WillDraft,
    pub tls: TlsDraft,
}

/// The will, not yet complete.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct WillDraft {
    pub topic: Option<String>,
    pub payload: Option<String>,
    pub qos: QoS,
    pub retain: bool,
}

/// TLS, not yet complete.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct TlsDraft {
    pub tls: BridgeTls,
    pub certfile: Option<PathBuf>,
    pub keyfile: Option<PathBuf>,
    pub ciphers: Option<String>,
    pub ciphers_13: Option<String>,
    pub identity: Option<String>,
    pub key: Option<Secret>,
}

impl BridgeDraft {
    /// All that mosquitto has for a bridge of which only the name is known.
    pub fn new(name: &str) -> Self {
        let bridge = Bridge {
            name: name.to_owned(),
            addresses: Vec::new(),
            topics: Vec::new(),
            remote_client_id: String::new(),
            local_client_id: String::new(),
            remote_login: Login::default(),
            local_login: Login::default(),
            clean_start: false,
            local_clean_start: false,
            keep_alive_secs: 60,
            start: StartType::Automatic,
            idle_timeout_secs: 60,
            threshold: 10,
            restart: Restart { base_secs: 5, cap_secs: 30, stable_secs: 0 },
            round_robin: false,
            try_private: true,
            version: Version::V311,
            notifications: true,
            notifications_local_only: false,
            notification_topic: String::new(),
            will: None,
            attempts_unsubscribe: true,
            bind_address: None,
            packet_size_max: None,
            topic_alias_max: 10,
            outgoing_retain: true,
            receive_maximum: None,
            reload: ReloadType::Lazy,
            session_expiry_secs: 0,
            tcp_probes: None,
            tcp_user_timeout_millis: None,
            protection: Protection::None,
        };
        BridgeDraft {
            bridge,
            remote_client_id: None,
            local_client_id: None,
            local_clean_start: None,
            notification_topic: None,
            will: WillDraft::default(),
            tls: TlsDraft::default(),
        }
    }

    /// `address`: hosts with or without a port, separated by blanks.
    pub fn set_addresses(&mut self, text: &str) -> Result<(), Wrong> {
        if !self.bridge.addresses.is_empty() {
            return Err(Wrong::Duplicate);
        }
        let words = text.split([' ', '\t']).filter(|word| !word.is_empty());
        self.bridge.addresses = words.map(address).collect::<Result<_, _>>()?;
        Ok(())
    }

    pub fn add_topic(&mut self, text: &str) -> Result<(), Wrong> {
        topic::add(&mut self.bridge.topics, topic::parse(text)?);
        Ok(())
    }

    pub fn set_keep_alive(&mut self, secs: i64) {
        self.bridge.keep_alive_secs = (secs as u16).max(KEEP_ALIVE_SECS_MIN);
    }

    /// `restart_timeout`: one number is a constant wait, two are base and cap, a third says when a
    /// connection was stable.
    pub fn set_restart(&mut self, text: &str) -> Result<(), Wrong> {
        const EXPECTED: Wrong = Wrong::Expected(
            "SECONDS, or BASE CAP [STABLE], with a base from 1 to 3600 and a cap from the base to 7200",
        );
        let words = text.split(' ').filter(|word| !word.is_empty());
        let numbers = words.map(|word| word.parse::<u32>().map_err(|_| EXPECTED));
        let (base_secs, cap_secs, stable_secs) = match *numbers.collect::<Result<Vec<_>, _>>()? {
            [base] => (base, base, 0),
            [base, cap] => (base, cap, 0),
            [base, cap, stable] => (base, cap, stable),
            _ => return Err(EXPECTED),
        };
        let fits = (1..=RESTART_SECS_MAX).contains(&base_secs)
            && (base_secs..=2 * RESTART_SECS_MAX).contains(&cap_secs);
        if !fits {
            return Err(EXPECTED);
        }
        self.bridge.restart = Restart { base_secs, cap_secs, stable_secs };
        Ok(())
    }

    /// `bridge_tcp_keepalive IDLE INTERVAL COUNT`.
    pub fn set_tcp_probes(&mut self, text: &str) -> Result<(), Wrong> {
        let [idle_secs, interval_secs, count] = tcp_probes(text)?;
        self.bridge.tcp_probes = Some(TcpProbes { idle_secs, interval_secs, count });
        Ok(())
    }

    /// The complete bridge. `host` is the name of this machine.
    pub fn finish(self, host: &str) -> Result<Bridge, Problem> {
        let BridgeDraft { mut bridge, will, tls, .. } = self;
        let incomplete = |why: &'static str| Err(Problem::BridgeIncomplete(why));
        if bridge.addresses.is_empty() {
            return incomplete("no remote addresses defined");
        }
        if bridge.topics.is_empty() {
            return incomplete("no topics defined");
        }
        bridge.remote_client_id =
            self.remote_client_id.unwrap_or_else(|| format!("{host}.{}", bridge.name));
        bridge.local_client_id =
            self.local_client_id.unwrap_or_else(|| format!("local.{}", bridge.remote_client_id));
        bridge.local_clean_start = self.local_clean_start.unwrap_or(bridge.clean_start);
        let state = || format!("$SYS/broker/connection/{}/state", bridge.remote_client_id);
        bridge.notification_topic = self.notification_topic.unwrap_or_else(state);
        if bridge.notifications && TopicName::new(&bridge.notification_topic).is_err() {
            return incomplete(
                "the notification topic is no topic name (it is made of remote_clientid where \
                 notification_topic is not set)",
            );
        }
        bridge.will = finish_will(will, bridge.notifies_remote())?;
        bridge.protection = finish_tls(tls)?;
        Ok(bridge)
    }
}

fn address(word: &str) -> Result<Address, Wrong> {
    const EXPECTED: Wrong = Wrong::Expected("HOST or HOST:PORT, with a port from 1 to 65535");
    let (host, port) = match word.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0).ok_or(EXPECTED)?),
        None => (word, PORT),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if host.is_empty() {
        return Err(EXPECTED);
    }
    Ok(Address { host: host.to_owned(), port })
}

fn finish_will(will: WillDraft, is_taken: bool) -> Result<Option<BridgeWill>, Problem> {
    let WillDraft { topic, payload, qos, retain } = will;
    let Some(topic) = topic else {
        let is_lost = payload.is_some() || qos > QoS::AtMostOnce || retain;
        return match is_lost {
            true => Err(Problem::BridgeIncomplete("a will without bridge_will_topic")),
            false => Ok(None),
        };
    };
    if is_taken {
        return Err(Problem::BridgeIncomplete(
            "bridge_will_topic needs 'notifications false' or 'notifications_local_only true': \
             MQTT has one will per connection",
        ));
    }
    let payload = payload.unwrap_or_default();
    Ok(Some(BridgeWill { topic, payload, qos, retain }))
}

fn finish_tls(draft: TlsDraft) -> Result<Protection, Problem> {
    let TlsDraft { mut tls, certfile, keyfile, ciphers, ciphers_13, identity, key } = draft;
    let incomplete = |why: &'static str| Err(Problem::BridgeIncomplete(why));
    let has_authority = tls.cafile.is_some() || tls.capath.is_some() || tls.uses_system;
    match (identity, key) {
        (None, None) => {}
        (Some(_), None) => return incomplete("missing bridge_psk"),
        (None, Some(_)) => return incomplete("missing bridge_identity"),
        _ if has_authority || certfile.is_some() || keyfile.is_some() => {
            return incomplete("cannot use both certificate and psk encryption in a single bridge");
        }
        (Some(_), Some(_)) if !cfg!(feature = "psk") => {
            return incomplete(
                "bridge_psk: this build of lastwill has no TLS with pre-shared keys; a build with \
                 --features psk has it",
            );
        }
        (Some(_), Some(Secret(key))) if !is_hexadecimal(&key) => {
            return incomplete("bridge_psk is not an even number of hexadecimal digits");
        }
        (Some(identity), Some(key)) => {
            return Ok(Protection::Psk(BridgePsk { identity, key, ciphers }));
        }
    }
    tls.identity = match (certfile, keyfile) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => return incomplete("both bridge_certfile and bridge_keyfile are needed, or neither"),
    };
    if !has_authority {
        let is_lost = tls.identity.is_some() || tls.is_insecure || tls.needs_13;
        return match is_lost {
            true => incomplete(
                "TLS options without bridge_cafile, bridge_capath or bridge_tls_use_os_certs",
            ),
            false => Ok(Protection::None),
        };
    }
    (tls.ciphers, tls.ciphers_13) = (ciphers, ciphers_13);
    Ok(Protection::Tls(tls))
}

fn is_hexadecimal(key: &str) -> bool {
    key.len().is_multiple_of(2) && key.bytes().all(|byte| byte.is_ascii_hexdigit())
}
