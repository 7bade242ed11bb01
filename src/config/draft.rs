//! Settings while they are being read: what was said, and what was not.

use std::path::PathBuf;
use std::sync::Arc;

use crate::auth::PasswordFile;
use crate::broker::policy::{ListenerPolicy, Policy};
use crate::broker::rate::Rates;
use crate::config::access;
use crate::config::bridge::draft::BridgeDraft;
use crate::config::process::{Metrics, Process};
use crate::config::tls::TlsDraft;
use crate::config::{
    Bind, Config, Family, Front, Limits, Listener, Persistence, Problem, ProxyHeader,
    WebSocketFront,
};
use crate::observe::{
    Destination, LogFormat, LogSettings, LogType, LogTypes, ServerEvent, StampFormat,
    SyslogSettings,
};
use crate::store::FILE_NAME;

/// The port where none is named.
const PORT: u16 = 1883;
/// `max_output_bytes` where nothing is said.
const OUTPUT_BYTES_MAX: usize = 1 << 20;
/// QoS 1 and 2 messages on their way to or from a client where `max_inflight_messages` is not given:
/// the 20 of mosquitto make a fast client wait for a round trip after every 20 messages.
const WINDOW_DEFAULT: u16 = 1000;
/// `password_cache_seconds` where nothing is said.
const PASSWORD_CACHE_SECS: u32 = 900;

/// `websockets_headers_size` where nothing is said.
const WEBSOCKET_HEAD_BYTES: usize = 4096;

/// All settings, not yet complete.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub policy: Policy,
    /// `per_listener_settings true`: security options belong to listeners.
    pub is_per_listener: bool,
    /// Whether a security option was given for the whole broker.
    pub has_security: bool,
    pub allow_anonymous: Option<bool>,
    pub allow_empty_client_id: bool,
    pub assigned_id_prefix: Option<Arc<str>>,
    pub password_file: Option<PathBuf>,
    pub psk_file: Option<PathBuf>,
    pub password_cache_secs: u32,
    pub will_on_revoke: bool,
    pub acl_file: Option<PathBuf>,
    pub connections_max: Option<usize>,
    pub threads: Option<usize>,
    pub tcp_nodelay: bool,
    pub sys_interval_secs: u16,
    pub sys_wills: bool,
    pub strict_connect_flags: bool,
    pub output_bytes_max: usize,
    pub memory_max: Option<u64>,
    pub limits: Limits,
    /// Of listeners that say nothing else.
    pub rates: Rates,
    pub tls_key_log: Option<PathBuf>,
    pub websocket_head_bytes: Option<usize>,
    pub compat_mosquitto: bool,
    pub persistence: PersistenceDraft,
    /// `None` until `log_type` is met: any occurrence clears the default.
    pub log_types: Option<LogTypes>,
    /// `None` until `log_dest` is met: any occurrence clears the default.
    pub log_destinations: Option<Vec<Destination>>,
    pub log_timestamp: bool,
    pub log_timestamp_format: Option<String>,
    pub log_format: LogFormat,
    pub syslog: SyslogSettings,
    pub connection_messages: bool,
    pub process: Process,
    pub metrics: Option<Metrics>,
    /// The listener of options that stand before any `listener` line.
    pub default_listener: ListenerDraft,
    /// Whether the default listener is opened: `port` or `bind_address` was met, or a listener option
    /// outside of a block changed it.
    pub is_default_used: bool,
    /// Whether any listener is configured, the default one included.
    pub has_listener: bool,
    pub listeners: Vec<ListenerDraft>,
    pub bridges: Vec<BridgeDraft>,
}

/// What survives, not yet complete.
#[derive(Clone, Debug, Default)]
pub(super) struct PersistenceDraft {
    pub is_on: bool,
    pub folder: Option<PathBuf>,
    pub file: Option<PathBuf>,
    pub is_relaxed: bool,
}

impl PersistenceDraft {
    fn finish(self) -> Option<Persistence> {
        self.is_on.then(|| Persistence {
            folder: self.folder.unwrap_or_default(),
            file: self.file.unwrap_or_else(|| FILE_NAME.into()),
            is_relaxed: self.is_relaxed,
        })
    }
}

/// One listener, not yet complete.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ListenerDraft {
    pub host: Option<String>,
    /// The Unix socket instead of a port.
    pub path: Option<PathBuf>,
    pub port: u16,
    pub family: Family,
    pub interface: Option<String>,
    pub proxy: Option<ProxyHeader>,
    pub proxy_requires_tls: bool,
    pub is_websocket: bool,
    pub origins: Vec<String>,
    pub connections_max: Option<usize>,
    pub message_rate: Option<u32>,
    pub byte_rate: Option<u32>,
    pub allow_anonymous: Option<bool>,
    pub allow_empty_client_id: Option<bool>,
    pub assigned_id_prefix: Option<Arc<str>>,
    pub password_file: Option<PathBuf>,
    pub psk_file: Option<PathBuf>,
    pub acl_file: Option<PathBuf>,
    pub tls: TlsDraft,
    pub policy: ListenerPolicy,
}

impl Default for ListenerDraft {
    fn default() -> Self {
        ListenerDraft {
            host: None,
            path: None,
            port: PORT,
            family: Family::Both,
            interface: None,
            proxy: None,
            proxy_requires_tls: false,
            is_websocket: false,
            origins: Vec::new(),
            connections_max: None,
            message_rate: None,
            byte_rate: None,
            allow_anonymous: None,
            allow_empty_client_id: None,
            assigned_id_prefix: None,
            password_file: None,
            psk_file: None,
            acl_file: None,
            tls: TlsDraft::default(),
            policy: ListenerPolicy::default(),
        }
    }
}

impl ListenerDraft {
    /// What does not go together with the header of a proxy, in mosquitto's words.
    pub fn proxy_problem(&self) -> Option<Problem> {
        let is_v2 = self.proxy == Some(ProxyHeader::V2);
        let has_tls = self.tls.certfile.is_some() || self.tls.keyfile.is_some();
        let text = if is_v2 && self.tls.use_subject_as_username {
            "use_subject_as_username cannot be used with `enable_proxy_protocol 2`."
        } else if is_v2 && has_tls {
            "certfile and keyfile cannot be used with `enable_proxy_protocol 2`."
        } else {
            return None;
        };
        Some(Problem::Combination(text))
    }

    /// What is said about layers and sockets that this listener does not have.
    pub fn front_notices(&self) -> Vec<ServerEvent<'static>> {
        let is_unix = self.path.is_some();
        let no_v2 = "the listener has no 'enable_proxy_protocol 2'";
        let of_unix = "the listener is a Unix socket";
        let idle = [
            (
                "proxy_protocol_v2_require_tls",
                self.proxy_requires_tls && self.proxy != Some(ProxyHeader::V2),
                no_v2,
            ),
            (
                "websockets_origin",
                !self.origins.is_empty() && !self.is_websocket,
                "the listener has no 'protocol websockets'",
            ),
            ("bind_interface", is_unix && self.interface.is_some(), of_unix),
            ("socket_domain", is_unix && self.family != Family::Both, of_unix),
        ];
        let idle = idle.into_iter().filter(|(_, is_idle, _)| *is_idle);
        idle.map(|(option, _, why)| ServerEvent::WithoutEffect { option, why }).collect()
    }
}

impl Default for Draft {
    fn default() -> Self {
        Draft {
            policy: Policy { window_default: Some(WINDOW_DEFAULT), ..Policy::default() },
            is_per_listener: false,
            has_security: false,
            allow_anonymous: None,
            allow_empty_client_id: true,
            assigned_id_prefix: None,
            password_file: None,
            psk_file: None,
            password_cache_secs: PASSWORD_CACHE_SECS,
            will_on_revoke: true,
            acl_file: None,
            connections_max: None,
            threads: None,
            tcp_nodelay: true,
            sys_interval_secs: 10,
            sys_wills: true,
            strict_connect_flags: false,
            output_bytes_max: OUTPUT_BYTES_MAX,
            memory_max: None,
            limits: Limits::default(),
            rates: Rates::default(),
            tls_key_log: None,
            websocket_head_bytes: None,
            compat_mosquitto: false,
            persistence: PersistenceDraft::default(),
            log_types: None,
            log_destinations: None,
            log_timestamp: true,
            log_timestamp_format: None,
            log_format: LogFormat::default(),
            syslog: SyslogSettings::default(),
            connection_messages: true,
            process: Process::default(),
            metrics: None,
            default_listener: ListenerDraft::default(),
            is_default_used: false,
            has_listener: false,
            listeners: Vec::new(),
            bridges: Vec::new(),
        }
    }
}

impl Draft {
    /// Opens the default listener, besides others.
    pub fn use_default_listener(&mut self) {
        self.is_default_used = true;
        self.has_listener = true;
    }

    /// The complete settings. `ports` come from the command line and count only where no listener
    /// is configured.
    pub fn finish(self, ports: &[u16]) -> Config {
        let log = self.log_settings();
        let drafts = self.all_listeners(ports);
        let mut policy = self.policy.clone();
        policy.trace = log.types.has(LogType::Debug) && !log.destinations.is_empty();
        policy.listeners = drafts.iter().map(|draft| self.listener_policy(draft)).collect();
        let listeners: Vec<Listener> =
            drafts.into_iter().map(|draft| self.listener(draft)).collect();
        for (listener, policy) in listeners.iter().zip(&mut policy.listeners) {
            policy.name = listener.to_string().into();
            policy.access = listener.acl_file.as_deref().map(access::unread);
        }
        Config {
            listeners,
            local_only: !self.has_listener,
            policy,
            allow_users: Vec::new(),
            password_cache_secs: self.password_cache_secs,
            will_on_revoke: self.will_on_revoke,
            connections_max: self.connections_max,
            threads: self.threads,
            tcp_nodelay: self.tcp_nodelay,
            sys_interval_secs: self.sys_interval_secs,
            sys_wills: self.sys_wills,
            strict_connect_flags: self.strict_connect_flags,
            output_bytes_max: self.output_bytes_max,
            memory_max: self.memory_max,
            limits: self.limits,
            persistence: self.persistence.finish(),
            process: self.process,
            metrics: self.metrics,
            log,
            file: None,
            given: Vec::new(),
            notices: Vec::new(),
            bridges: Vec::new(),
        }
    }

    pub fn all_listeners(&self, ports: &[u16]) -> Vec<ListenerDraft> {
        if self.has_listener {
            let default = self.is_default_used.then(|| self.default_listener.clone());
            return self.listeners.iter().cloned().chain(default).collect();
        }
        let ports = if ports.is_empty() { &[PORT] } else { ports };
        let on_port = |port| ListenerDraft { port, ..self.default_listener.clone() };
        ports.iter().copied().map(on_port).collect()
    }

    fn listener(&self, draft: ListenerDraft) -> Listener {
        let allow_anonymous = draft.allow_anonymous.or(self.allow_anonymous);
        let front = self.front(&draft);
        Listener {
            front,
            interface: draft.interface,
            bind: match (draft.path, draft.host) {
                (Some(path), _) => Bind::Path(path),
                (None, Some(host)) => Bind::Host(host),
                (None, None) if self.has_listener => Bind::Any,
                (None, None) => Bind::Loopback,
            },
            port: draft.port,
            family: draft.family,
            connections_max: draft.connections_max,
            allow_anonymous: allow_anonymous.unwrap_or(!self.has_listener),
            password_file: draft
                .password_file
                .or_else(|| self.password_file.clone())
                .map(PasswordFile::unread),
            acl_file: draft.acl_file.or_else(|| self.acl_file.clone()),
            tls: draft
                .tls
                .finish(self.tls_key_log.clone(), draft.psk_file.or_else(|| self.psk_file.clone())),
            username_from: draft.tls.username_from(),
        }
    }

    fn front(&self, draft: &ListenerDraft) -> Front {
        let websocket = WebSocketFront {
            origins: draft.origins.clone(),
            head_bytes_max: self.websocket_head_bytes.unwrap_or(WEBSOCKET_HEAD_BYTES),
        };
        Front {
            proxy: draft.proxy,
            proxy_requires_tls: draft.proxy_requires_tls,
            proxy_requires_certificate: draft.tls.require_certificate,
            is_websocket: draft.is_websocket,
            websocket,
        }
    }

    fn listener_policy(&self, draft: &ListenerDraft) -> ListenerPolicy {
        let mut policy = draft.policy.clone();
        policy.allow_empty_client_id =
            draft.allow_empty_client_id.unwrap_or(self.allow_empty_client_id);
        policy.rates = Rates {
            messages: draft.message_rate.unwrap_or(self.rates.messages),
            bytes: draft.byte_rate.unwrap_or(self.rates.bytes),
        };
        let prefix = draft.assigned_id_prefix.as_ref().or(self.assigned_id_prefix.as_ref());
        if let Some(prefix) = prefix {
            policy.assigned_id_prefix = Arc::clone(prefix);
        }
        policy
    }

    fn log_settings(&self) -> LogSettings {
        let default = LogSettings::default();
        LogSettings {
            types: self.log_types.unwrap_or(default.types),
            destinations: self.log_destinations.clone().unwrap_or(default.destinations),
            stamp: match (&self.log_timestamp_format, self.log_timestamp) {
                (_, false) => StampFormat::None,
                (Some(format), true) => StampFormat::Strftime(format.clone()),
                (None, true) => StampFormat::EpochSeconds,
            },
            format: self.log_format,
            syslog: self.syslog.clone(),
            connection_messages: self.connection_messages,
        }
    }
}
