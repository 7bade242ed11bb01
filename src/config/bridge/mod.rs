//! One bridge, as configured: what `connection NAME` and the options behind it say.

pub(super) mod draft;
pub(super) mod reader;
pub(super) mod topic;

use std::fmt;
use std::path::PathBuf;

use crate::protocol::{QoS, Version};

pub use topic::{BridgeTopic, Direction};

/// Text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}

/// Where a remote broker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// DNS name, IPv4 or IPv6 address without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// User name and password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// The user name.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Secret>,
}

/// `start_type`: when to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartType {
    /// At once, and again after every loss.
    Automatic,
    /// When enough messages wait; until none has passed for a while.
    Lazy,
    /// At once, and after a loss never again.
    Once,
}

/// `restart_timeout`: how long to wait before connecting again, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    /// The shortest wait.
    pub base_secs: u32,
    /// The longest wait; the same as the shortest for a constant one.
    pub cap_secs: u32,
    /// A connection that lasted so long makes the next wait the first one again.
    pub stable_secs: u32,
}

/// `bridge_reload_type`: when changed settings hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadType {
    /// With the next connection.
    Lazy,
    /// At once, for which the connection is made anew.
    Immediate,
}

/// `bridge_will_*`: a will of the administrator's own at the remote broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeWill {
    /// Will Topic.
    pub topic: String,
    /// Will Payload.
    pub payload: String,
    /// Will QoS.
    pub qos: QoS,
    /// Will Retain.
    pub retain: bool,
}

/// TLS with certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BridgeTls {
    /// `bridge_cafile`.
    pub cafile: Option<PathBuf>,
    /// `bridge_capath`.
    pub capath: Option<PathBuf>,
    /// `bridge_tls_use_os_certs`.
    pub uses_system: bool,
    /// `bridge_certfile` and `bridge_keyfile`.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// `bridge_insecure`.
    pub is_insecure: bool,
    /// `bridge_tls_version tlsv1.3`.
    pub needs_13: bool,
    /// `bridge_ciphers`.
    pub ciphers: Option<String>,
    /// `bridge_ciphers_tls1.3`.
    pub ciphers_13: Option<String>,
    /// `bridge_alpn`.
    pub protocol: Option<String>,
}

/// TLS with a pre-shared key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgePsk {
    /// `bridge_identity`.
    pub identity: String,
    /// `bridge_psk`, as hexadecimal digits.
    pub key: Secret,
    /// `bridge_ciphers`.
    pub ciphers: Option<String>,
}

/// How the bytes to the remote broker are protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Not at all.
    None,
    /// TLS with certificates.
    Tls(BridgeTls),
    /// TLS with a pre-shared key.
    Psk(BridgePsk),
}

/// `bridge_tcp_keepalive`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpProbes {
    /// Seconds of quiet before the first probe.
    pub idle_secs: u32,
    /// Seconds between probes.
    pub interval_secs: u32,
    /// Probes without an answer that end the connection.
    pub count: u32,
}

/// A bridge to another broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bridge {
    /// `connection`.
    pub name: String,
    /// `address`: at least one; the first is the primary one.
    pub addresses: Vec<Address>,
    /// `topic`: at least one.
    pub topics: Vec<BridgeTopic>,
    /// `remote_clientid`.
    pub remote_client_id: String,
    /// `local_clientid`.
    pub local_client_id: String,
    /// `remote_username`, `remote_password`.
    pub remote_login: Login,
    /// `local_username`, `local_password`.
    pub local_login: Login,
    /// `cleansession`: at the remote broker.
    pub clean_start: bool,
    /// `local_cleansession`: whether messages are dropped while the remote broker is away.
    pub local_clean_start: bool,
    /// `keepalive_interval`.
    pub keep_alive_secs: u16,
    /// `start_type`.
    pub start: StartType,
    /// `idle_timeout`.
    pub idle_timeout_secs: u32,
    /// `threshold`, in messages.
    pub threshold: usize,
    /// `restart_timeout`.
    pub restart: Restart,
    /// `round_robin`.
    pub round_robin: bool,
    /// `try_private`.
    pub try_private: bool,
    /// `bridge_protocol_version`.
    pub version: Version,
    /// `notifications`.
    pub notifications: bool,
    /// `notifications_local_only`.
    pub notifications_local_only: bool,
    /// `notification_topic`.
    pub notification_topic: String,
    /// `bridge_will_topic` and its kin.
    pub will: Option<BridgeWill>,
    /// `bridge_attempt_unsubscribe`.
    pub attempts_unsubscribe: bool,
    /// `bridge_bind_address`.
    pub bind_address: Option<String>,
    /// `bridge_max_packet_size`, in bytes.
    pub packet_size_max: Option<u32>,
    /// `bridge_max_topic_alias`.
    pub topic_alias_max: u16,
    /// `bridge_outgoing_retain`.
    pub outgoing_retain: bool,
    /// `bridge_receive_maximum`.
    pub receive_maximum: Option<u16>,
    /// `bridge_reload_type`.
    pub reload: ReloadType,
    /// `bridge_session_expiry_interval`.
    pub session_expiry_secs: u32,
    /// `bridge_tcp_keepalive`.
    pub tcp_probes: Option<TcpProbes>,
    /// `bridge_tcp_user_timeout`, in milliseconds.
    pub tcp_user_timeout_millis: Option<u32>,
    /// TLS.
    pub protection: Protection,
}

impl Bridge {
    /// Topics that go out to the remote broker.
    pub fn out_topics(&self) -> impl Iterator<Item = &BridgeTopic> {
        self.topics.iter().filter(|topic| topic.direction.is_out())
    }

    /// Whether the remote broker is told whether the bridge is there.
    pub fn notifies_remote(&self) -> bool {
        self.notifications && !self.notifications_local_only
    }
}
