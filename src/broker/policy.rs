//! The settings that the rules read, and who a client is. Values are made by `config/` and `auth/`
//! above; here they are only data.

use std::sync::Arc;

use crate::broker::access::Acl;
use crate::broker::rate::Rates;
use crate::protocol::{QoS, Version};

/// Which listener a connection came by: index into [`Policy::listeners`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerId(pub u16);

impl ListenerId {
    /// Where the broker's own bridges come in: no listener, and none of its rules.
    pub const OWN: ListenerId = ListenerId(u16::MAX);
}

/// Who a client is, once authenticated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Identity {
    /// User name; `None` is anonymous.
    pub username: Option<Arc<str>>,
    /// One of the broker's own bridges: access rules do not bind it.
    pub is_own_bridge: bool,
}

impl Identity {
    /// A client with this user name, or without one.
    pub const fn of(username: Option<Arc<str>>) -> Self {
        Identity { username, is_own_bridge: false }
    }
}

/// Everything the broker's rules can be told. Sizes in bytes, times in seconds, unless named
/// otherwise; `None` is without limit or absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// One for each listener.
    pub listeners: Vec<ListenerPolicy>,
    /// For [`ListenerId::OWN`].
    pub own_listener: ListenerPolicy,
    /// Largest packet accepted, announced as Maximum Packet Size.
    pub packet_size_max: u32,
    /// Largest PUBLISH or will payload; 0 is off.
    pub message_size_max: u32,
    /// `max_inflight_messages`: sent and unacknowledged QoS 1 and 2 messages per client, and the
    /// Receive Maximum announced to it; 0 is no limit.
    pub inflight_messages_max: u16,
    /// Where that is not configured, the same for clients. Bridges keep to the other: many brokers
    /// bear no more.
    pub window_default: Option<u16>,
    /// `max_inflight_bytes`: payload bytes of the same; 0 is off.
    pub inflight_bytes_max: usize,
    /// `max_queued_messages` per session; 0 is no limit.
    pub queue_messages_max: usize,
    /// `max_queued_bytes` per session; 0 is no limit.
    pub queue_bytes_max: usize,
    /// Bytes queued in all sessions together; 0 is no limit.
    pub queue_bytes_total_max: usize,
    /// `queue_qos0_messages`: queue QoS 0 for offline sessions.
    pub queue_qos0: bool,
    /// `retain_available`.
    pub retain_available: bool,
    /// `retain_expiry_interval`, in seconds here.
    pub retain_expiry_secs: Option<u32>,
    /// `persistent_client_expiration`: no session is kept longer.
    pub session_expiry_max_secs: Option<u32>,
    /// `max_keepalive`: longest keep-alive; 0 is off.
    pub keep_alive_max_secs: u16,
    /// `upgrade_outgoing_qos`.
    pub upgrade_outgoing_qos: bool,
    /// `allow_duplicate_messages`: one copy for each matching subscription instead of one for each
    /// client.
    pub one_copy_per_subscription: bool,
    /// `global_max_clients`: sessions, offline ones included.
    pub sessions_max: Option<usize>,
    /// Subscriptions of one session.
    pub subscriptions_max: usize,
    /// `max_will_bytes_total`: bytes of all wills that are armed or wait; 0 is no limit.
    pub will_bytes_total_max: usize,
    /// `max_connection_time`: seconds that a connection may last after its CONNECT; 0 is for ever.
    pub connection_secs_max: u32,
    /// `will_on_takeover` (D4).
    pub will_on_takeover: bool,
    /// `check_will_at_connect` (D5).
    pub check_will_at_connect: bool,
    /// `compat mosquitto`: its side also in those differences that have no option of their own. Some
    /// of them are against a MUST of the standard; whoever asks for mosquitto gets mosquitto.
    pub sides_with_mosquitto: bool,
    /// `check_retain_source`: a retained message is delivered only while its publisher may still
    /// write to its topic.
    pub check_retain_source: bool,
    /// `clientid_prefixes`.
    pub client_id_prefix: Option<Arc<str>>,
    /// Seconds a connection may take to send its CONNECT.
    pub connect_timeout_secs: u16,
    /// `deny_subscribe`: filters that SUBSCRIBE is refused for, as the client writes them, to see
    /// what a client makes of a refusal.
    pub denied_filters: Vec<Arc<str>>,
    /// The method of enhanced authentication. The exchange is the server's: it hands in CONNECT when
    /// it is over, and AUTH of a re-authentication so that it counts as a packet. No configuration
    /// offers one; the tests do.
    pub authentication_method: Option<Arc<str>>,
    /// Whether the protocol trace ([`crate::broker::event::Event::Received`] and its kin) is
    /// reported at all.
    pub trace: bool,
}

/// What differs from listener to listener.
#[derive(Clone, Debug, PartialEq)]
pub struct ListenerPolicy {
    /// What it is called: the same after a restart. Sessions and retained messages remember by which
    /// listener their client came.
    pub name: Arc<str>,
    /// `acl_file`: who may read and write what; `None` is everybody everything. The same one for
    /// all listeners unless each has its own settings.
    pub access: Option<Arc<Acl>>,
    /// `max_qos`.
    pub qos_max: QoS,
    /// `max_topic_alias`: aliases accepted from clients.
    pub topic_alias_max: u16,
    /// `max_topic_alias_broker`: aliases used towards clients.
    pub topic_alias_out_max: u16,
    /// `accept_protocol_versions`.
    pub versions: Vec<Version>,
    /// `allow_zero_length_clientid`.
    pub allow_empty_client_id: bool,
    /// `auto_id_prefix`: what assigned client ids begin with.
    pub assigned_id_prefix: Arc<str>,
    /// `use_username_as_clientid`.
    pub username_as_client_id: bool,
    /// `mount_point`: put before every topic of its clients.
    pub mount_point: Option<Arc<str>>,
    /// `max_message_rate` and `max_byte_rate` of each client.
    pub rates: Rates,
}

impl Policy {
    /// The settings of a listener.
    ///
    /// # Panics
    /// If there is no such listener: whoever makes the policy knows them all.
    pub fn listener(&self, listener: ListenerId) -> &ListenerPolicy {
        match listener {
            ListenerId::OWN => &self.own_listener,
            ListenerId(index) => &self.listeners[index as usize],
        }
    }

    /// How many messages may be on their way from a client, which is our Receive Maximum, and to it:
    /// 65535 where no limit is set.
    pub fn receive_maximum(&self) -> u16 {
        self.window_default.unwrap_or(self.bridge_receive_maximum())
    }

    /// The same for a bridge of ours and its remote broker.
    pub const fn bridge_receive_maximum(&self) -> u16 {
        match self.inflight_messages_max {
            0 => u16::MAX,
            limited => limited,
        }
    }

    /// A Session Expiry Interval within `persistent_client_expiration`, in seconds.
    pub fn session_expiry(&self, asked_secs: u32) -> u32 {
        asked_secs.min(self.session_expiry_max_secs.unwrap_or(u32::MAX))
    }
}

impl Default for ListenerPolicy {
    fn default() -> Self {
        ListenerPolicy {
            name: Arc::from("localhost:1883"),
            access: None,
            qos_max: QoS::ExactlyOnce,
            topic_alias_max: 10,
            topic_alias_out_max: 10,
            versions: vec![Version::V31, Version::V311, Version::V5],
            allow_empty_client_id: true,
            assigned_id_prefix: Arc::from("auto-"),
            username_as_client_id: false,
            mount_point: None,
            rates: Rates::default(),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            listeners: vec![ListenerPolicy::default()],
            own_listener: ListenerPolicy::default(),
            packet_size_max: 2_000_000,
            message_size_max: 0,
            inflight_messages_max: 20,
            window_default: None,
            inflight_bytes_max: 0,
            queue_messages_max: 100_000,
            queue_bytes_max: 64 << 20,
            queue_bytes_total_max: 1 << 30,
            queue_qos0: false,
            retain_available: true,
            retain_expiry_secs: None,
            session_expiry_max_secs: None,
            keep_alive_max_secs: 0,
            upgrade_outgoing_qos: false,
            one_copy_per_subscription: false,
            sessions_max: None,
            subscriptions_max: 100_000,
            will_bytes_total_max: 256 << 20,
            connection_secs_max: 0,
            will_on_takeover: true,
            check_will_at_connect: true,
            check_retain_source: true,
            sides_with_mosquitto: false,
            client_id_prefix: None,
            connect_timeout_secs: 30,
            denied_filters: Vec::new(),
            authentication_method: None,
            trace: false,
        }
    }
}
