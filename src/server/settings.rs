//! What the server itself reads of the configuration. A reload replaces it as a whole.

use std::sync::Arc;

use crate::broker::policy::{Identity, ListenerId};
use crate::broker::rate::Rates;
use crate::config::{Config, Front, UsernameFrom};
use crate::protocol::{Connect, DecodeLimits, ReasonCode};
use crate::server::login::{self, Claim, Gatekeeper, Login, Standing};
use crate::server::shared::Shown;
use crate::server::tls::Security;
use crate::transport::tuning::Tuning;

/// Largest CONNECT in bytes: what a stranger may make us hold.
const CONNECT_SIZE_MAX: u32 = 100_000;

/// The server's own settings.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// Unsent bytes towards one connection above which it takes no more.
    pub(super) output_bytes_max: usize,
    /// Bytes of memory above which no new work is taken.
    pub(super) memory_max: Option<u64>,
    /// Unsent bytes towards all of them above which publishers are slowed; 0 is no limit.
    pub(super) output_bytes_total_max: usize,
    /// Connections of all listeners together.
    pub(super) connections_max: Option<usize>,
    /// Seconds from accepting a connection to its CONNECT, handshakes included.
    pub(super) connect_timeout_secs: u16,
    /// TCP_NODELAY.
    pub(super) tcp_nodelay: bool,
    /// How the system looks after connections of clients.
    pub(super) tuning: Tuning,
    /// Connections that each address may open in a second; 0 is no limit.
    pub(super) connect_rate: u32,
    /// Who is too fast is disconnected instead of slowed.
    pub(super) rate_disconnects: bool,
    /// How often `$SYS` is published, in seconds; 0 is never.
    pub(super) sys_interval_secs: u16,
    /// Whether it names wills.
    pub(super) sys_wills: bool,
    /// How long a password that was right need not be hashed again, in seconds.
    pub(super) password_cache_secs: u32,
    /// Whether the wills of clients go out that a reload does not let stay.
    pub(super) will_on_revoke: bool,
    packet_size_max: u32,
    strict_connect_flags: bool,
    listeners: Vec<ListenerSettings>,
    /// For [`ListenerId::OWN`].
    own: ListenerSettings,
}

/// What differs from listener to listener.
#[derive(Clone, Debug)]
struct ListenerSettings {
    /// As sessions remember it.
    name: Arc<str>,
    rates: Rates,
    gatekeeper: Gatekeeper,
    connections_max: Option<usize>,
    topic_alias_max: u16,
    topic_alias_out_max: u16,
    username_as_client_id: bool,
    security: Option<Security>,
    username_from: UsernameFrom,
    front: Front,
}

impl ListenerSettings {
    /// Of the broker's own bridges: no layers, no limits, and they use no topic aliases.
    fn own() -> Self {
        ListenerSettings {
            name: Arc::from(""),
            rates: Rates::default(),
            gatekeeper: Gatekeeper { allow_anonymous: true, password_file: None },
            connections_max: None,
            topic_alias_max: 0,
            topic_alias_out_max: 0,
            username_as_client_id: false,
            security: None,
            username_from: UsernameFrom::Connect,
            front: Front::default(),
        }
    }
}

impl Settings {
    /// The part of a configuration that concerns sockets, decoders and encoders; with the TLS of
    /// each listener.
    pub(super) fn of(config: &Config, security: Vec<Option<Security>>) -> Self {
        let policies = &config.policy.listeners;
        let rules = config.listeners.iter().zip(policies).zip(security);
        let listeners = rules.map(|((listener, policy), security)| ListenerSettings {
            name: Arc::clone(&policy.name),
            rates: policy.rates,
            gatekeeper: Gatekeeper {
                allow_anonymous: listener.allow_anonymous,
                password_file: listener.password_file.clone(),
            },
            connections_max: listener.connections_max,
            topic_alias_max: policy.topic_alias_max,
            topic_alias_out_max: policy.topic_alias_out_max,
            username_as_client_id: policy.username_as_client_id,
            security,
            username_from: listener.username_from,
            front: listener.front.clone(),
        });
        Settings {
            output_bytes_max: config.output_bytes_max,
            memory_max: config.memory_max,
            output_bytes_total_max: config.policy.queue_bytes_total_max,
            connections_max: config.connections_max,
            connect_timeout_secs: config.policy.connect_timeout_secs,
            tcp_nodelay: config.tcp_nodelay,
            tuning: config.limits.tuning,
            connect_rate: config.limits.connect_rate,
            rate_disconnects: config.limits.rate_disconnects,
            sys_interval_secs: config.sys_interval_secs,
            sys_wills: config.sys_wills && config.sys_interval_secs > 0,
            password_cache_secs: config.password_cache_secs,
            will_on_revoke: config.will_on_revoke,
            packet_size_max: config.policy.packet_size_max,
            strict_connect_flags: config.strict_connect_flags,
            listeners: listeners.collect(),
            own: ListenerSettings::own(),
        }
    }

    fn listener(&self, id: ListenerId) -> &ListenerSettings {
        match id {
            ListenerId::OWN => &self.own,
            ListenerId(index) => &self.listeners[usize::from(index)],
        }
    }

    /// A listener by the name that sessions remember it by.
    fn named(&self, name: Option<&str>) -> Option<&ListenerSettings> {
        self.listeners.iter().find(|it| Some(&*it.name) == name)
    }

    /// `max_connections` of a listener.
    pub(super) fn listener_connections_max(&self, id: ListenerId) -> Option<usize> {
        self.listener(id).connections_max
    }

    /// How fast the clients of a listener may send.
    pub(super) fn rates(&self, id: ListenerId) -> Rates {
        self.listener(id).rates
    }

    /// Whether anything is put over the bare streams of a listener.
    pub(super) fn has_layers(&self, id: ListenerId) -> bool {
        let front = self.front(id);
        self.security(id).is_some() || front.proxy.is_some() || front.is_websocket
    }

    /// TLS of a listener.
    pub(super) fn security(&self, id: ListenerId) -> Option<&Security> {
        self.listener(id).security.as_ref()
    }

    /// Where the user names of a listener come from.
    pub(super) fn username_from(&self, id: ListenerId) -> UsernameFrom {
        self.listener(id).username_from
    }

    /// The layers of a listener but for TLS.
    pub(super) fn front(&self, id: ListenerId) -> &Front {
        &self.listener(id).front
    }

    /// Topic aliases used towards clients of a listener.
    pub(super) fn topic_alias_out_max(&self, id: ListenerId) -> u16 {
        self.listener(id).topic_alias_out_max
    }

    /// What a client of this listener may send.
    pub(super) fn decode_limits(&self, id: ListenerId) -> DecodeLimits {
        DecodeLimits {
            packet_size_max: self.packet_size_max,
            connect_size_max: CONNECT_SIZE_MAX.min(self.packet_size_max),
            topic_alias_max: self.listener(id).topic_alias_max,
            strict_connect_flags: self.strict_connect_flags,
        }
    }

    /// Whether a client that was let in may stay.
    pub(super) fn standing(&self, login: &Login) -> Standing {
        let listener = self.listener(login.listener);
        match listener.username_from {
            UsernameFrom::Connect => listener.gatekeeper.standing(login),
            // What it has shown before its CONNECT is not looked at again.
            _ => Standing::Stays,
        }
    }

    /// Whether somebody of this user name may come back to a session that came by this listener, if
    /// that is known and there still.
    pub(super) fn may_come_back(&self, listener: Option<&str>, username: Option<&str>) -> bool {
        let knows = |it: &ListenerSettings| {
            // Nobody can tell what whoever had another proof than a password would show.
            it.username_from != UsernameFrom::Connect || it.gatekeeper.knows(username)
        };
        self.named(listener).map_or_else(|| self.listeners.iter().any(knows), knows)
    }

    /// Whether the user of a session that came by this listener is not in its password file any
    /// more. Nothing else counts: a start with other settings deletes nothing.
    pub(super) fn is_deleted(&self, listener: Option<&str>, username: Option<&str>) -> bool {
        self.named(listener).is_some_and(|it| {
            let has_file = it.gatekeeper.password_file.is_some();
            let is_user = username.is_some() && it.username_from == UsernameFrom::Connect;
            has_file && is_user && !it.gatekeeper.knows(username)
        })
    }

    /// Who the client says it is, or has shown already.
    pub(super) fn claim(&self, id: ListenerId, connect: &Connect<'_>, shown: &Shown) -> Claim {
        if id == ListenerId::OWN {
            let username = connect.username.map(Into::into);
            return Claim::Known(Ok(Identity { is_own_bridge: true, ..Identity::of(username) }));
        }
        if shown.is_too_fast {
            return Claim::Known(Err(ReasonCode::ConnectionRateExceeded));
        }
        if self.listener(id).username_from != UsernameFrom::Connect {
            // What it says in CONNECT is not looked at, and neither are anonymous rules.
            let username = shown.username.as_deref().ok_or(ReasonCode::BadUserNameOrPassword);
            return Claim::Known(username.map(|username| login::identity(Some(username))));
        }
        self.listener(id).gatekeeper.claim(connect.username, connect.password)
    }

    /// The client id that the core will give the session; `None` where it makes one up.
    pub(super) fn client_id<'a>(
        &self,
        id: ListenerId,
        connect: &Connect<'a>,
        shown: &'a Shown,
    ) -> Option<&'a str> {
        let listener = self.listener(id);
        let client_id = match (listener.username_as_client_id, listener.username_from) {
            (false, _) => connect.client_id,
            (true, UsernameFrom::Connect) => connect.username?,
            (true, _) => shown.username.as_deref()?,
        };
        (!client_id.is_empty()).then_some(client_id)
    }
}
