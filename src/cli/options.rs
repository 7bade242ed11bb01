//! What the command lines of `sub` and `pub` mean: validated, complete, ready to run.
//!
//! [`crate::cli::args`] makes these from what was typed. Nothing here has to be checked again:
//! topics are valid names or filters, property lists are legal in their packet, and combinations
//! that make no sense were refused.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::cli::choice::Choice;
use crate::cli::compat::Compat;
use crate::cli::format::{Format, JsonStyle};
use crate::cli::own::Own;
use crate::cli::records::Records;
use crate::cli::shape::Pipes;
use crate::client::Ending;
use crate::protocol::{PropertyBuf, QoS, SubscriptionOptions, TopicName, Version, Will};
use crate::transport::psk::Psk;
use crate::transport::socks::Proxy;
use crate::transport::tls::ClientTls;

/// By which name the program was called: it decides texts and which options exist. What goes over
/// the wire is the same, but for the correlation data and the response topic that `rr` makes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// `lastwill sub`: our own texts.
    Lastwill,
    /// `mosquitto_sub`, through a link: mosquitto's texts, to the letter.
    Mosquitto,
}

/// What every client tool shares: where to connect, as whom, and what to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// By which name the tool was called.
    pub called: Called,
    /// Which version of mosquitto's clients is followed (`--compat`).
    pub compat: Compat,
    /// DNS name, IPv4 or IPv6 address without brackets (`-h`).
    pub host: String,
    /// TCP port (`-p`); 0 with a Unix domain socket.
    pub port: u16,
    /// TLS, if it is used (`--cafile` and the like).
    pub tls: Option<ClientTls>,
    /// TLS with a pre-shared key instead (`--psk`).
    pub psk: Option<Psk>,
    /// Local address to bind to before connecting (`-A`).
    pub bind_address: Option<String>,
    /// Path of the Unix domain socket to connect to instead of host and port (`--unix`, `-p 0`).
    pub unix: Option<PathBuf>,
    /// The proxy that connects for us (`--proxy`).
    pub proxy: Option<Proxy>,
    /// Whether MQTT travels in a WebSocket (`--ws`, `-L ws://`).
    pub websocket: bool,
    /// Whether the host is a domain whose SRV records name the brokers (`-S`).
    pub srv: bool,
    /// TCP_NODELAY (`--nodelay`).
    pub nodelay: bool,
    /// Keep Alive in seconds, 5 to 65535 (`-k`).
    pub keep_alive_secs: u16,
    /// Protocol version (`-V`; `-x` and `-D` force 5.0).
    pub version: Version,
    /// Client Identifier; empty when the broker shall assign one (`-i`, `-I`). Never empty in MQTT
    /// 3.1, where one is generated.
    pub client_id: String,
    /// Clean Start, Clean Session in version 3 (`-c` clears it).
    pub clean_start: bool,
    /// Session Expiry Interval in seconds, [`crate::protocol::packet::connect::SESSION_EXPIRY_NEVER`]
    /// for never (`-x`, `-c`). Version 3: 0 with Clean Session, otherwise never.
    pub session_expiry_secs: u32,
    /// User Name (`-u`).
    pub username: Option<String>,
    /// Password (`-P`).
    pub password: Option<Vec<u8>>,
    /// Properties of CONNECT, complete and in mosquitto's order: those of `-D connect`, then
    /// Session Expiry Interval, then Receive Maximum. Empty in version 3.
    pub connect_properties: PropertyBuf,
    /// Properties of DISCONNECT (`-D disconnect`). Empty in version 3.
    pub disconnect_properties: PropertyBuf,
    /// How many outgoing QoS 1 and 2 messages may be in flight, at least 1 (`-M`); the server's
    /// Receive Maximum bounds it further.
    pub inflight_max: u16,
    /// Most incoming QoS 1 and 2 messages in flight: the Receive Maximum that CONNECT announces.
    pub receive_maximum: u16,
    /// What the broker publishes when this client is gone (`--will-*`).
    pub will: Option<WillOptions>,
    /// When and how to leave (`--end*`); the application decides where this says nothing.
    pub ending: Ending,
    /// The topic that says whether we are online (`--presence*`).
    pub presence: Option<PresenceOptions>,
    /// What to tell the user before anything else: legal, and hardly meant.
    pub warnings: Vec<String>,
    /// When to connect again, exit codes, colour.
    pub own: Own,
    /// Whether the protocol trace goes to stdout (`-d`).
    pub debug: bool,
    /// Whether run-time errors are kept from stderr (`--quiet`).
    pub quiet: bool,
}

/// `--presence`: a retained topic, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceOptions {
    /// A valid topic name.
    pub topic: String,
    /// The payload while connected.
    pub online: Vec<u8>,
    /// The payload afterwards, the will's too.
    pub offline: Vec<u8>,
}

/// The Will Message (`--will-topic`, `--will-payload`, `--will-qos`, `--will-retain`, `-D will`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WillOptions {
    /// A valid topic name.
    pub topic: String,
    /// At most 65535 bytes.
    pub payload: Vec<u8>,
    /// Its quality of service.
    pub qos: QoS,
    /// Whether it is published as a retained message.
    pub retain: bool,
    /// Will Delay Interval in seconds, 0 when not given. Also among the properties.
    pub delay_secs: u32,
    /// Properties of the will. Empty in version 3.
    pub properties: PropertyBuf,
}

impl WillOptions {
    /// The will as CONNECT carries it; `None` if the topic is no valid name, which validation
    /// excludes.
    pub fn as_will(&self) -> Option<Will<'_>> {
        Some(Will {
            topic: TopicName::new(&self.topic).ok()?,
            payload: &self.payload,
            qos: self.qos,
            retain: self.retain,
            delay_secs: self.delay_secs,
            properties: self.properties.as_properties(),
        })
    }
}

/// How received messages are printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// `-F`; without it the payload, or with `verbose` topic and payload.
    pub format: Option<Format>,
    /// How `%j` and `%J` lay out their JSON (`--pretty`).
    pub json_style: JsonStyle,
    /// `-v`; a format overrides it.
    pub verbose: bool,
    /// Whether no end of line follows a message (`-N`).
    pub no_eol: bool,
}

/// `lastwill sub`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubOptions {
    /// Where and as whom to connect.
    pub connection: Connection,
    /// Topic filters of the one SUBSCRIBE, in order (`-t`). Empty when only `-U` was given: then no
    /// SUBSCRIBE is sent.
    pub filters: Vec<String>,
    /// What differs for single filters, by their place (`-t 'FILTER;…'`). Filters with a Subscription
    /// Identifier of their own go into a SUBSCRIBE of their own.
    pub choices: BTreeMap<usize, Choice>,
    /// QoS, Retain As Published and Retain Handling of every filter; version 3 sends the QoS only.
    pub subscription_options: SubscriptionOptions,
    /// Properties of SUBSCRIBE (`-D subscribe`). Empty in version 3.
    pub subscribe_properties: PropertyBuf,
    /// Filters to unsubscribe from, one UNSUBSCRIBE each (`-U`).
    pub unsubscribe_filters: Vec<String>,
    /// Properties of UNSUBSCRIBE (`-D unsubscribe`). Empty in version 3.
    pub unsubscribe_properties: PropertyBuf,
    /// Messages whose topic matches one of these filters are ignored (`-T`).
    pub filters_out: Vec<String>,
    /// Exit after this many messages, at least 1 (`-C`).
    pub count: Option<u32>,
    /// Exit after this time, whole seconds, at least 1 (`-W`).
    pub timeout: Option<Duration>,
    /// Exit once SUBACK has arrived (`-E`).
    pub exit_after_subscribe: bool,
    /// Messages with the retain bit are not printed (`-R`).
    pub hide_retained: bool,
    /// Exit at the first message without the retain bit (`--retained-only`).
    pub retained_only: bool,
    /// Clear every retained message that arrives (`--remove-retained`).
    pub remove_retained: bool,
    /// Chance in thousandths that a message is printed; 1000 and above is always
    /// (`--random-filter`, which takes percent).
    pub random_filter_permille: Option<u32>,
    /// Print messages per second instead of messages (`--message-rate`).
    pub message_rate: bool,
    /// One screen line per topic (`--watch`).
    pub watch: bool,
    /// How messages are printed.
    pub output: Output,
    /// How they are printed under our own name.
    pub pipes: Pipes,
    /// A command for each of them, instead of printing (`--exec`).
    pub exec: Option<Exec>,
    /// A file for all of them, beside printing (`--record`).
    pub record: Option<Recording>,
}

/// A command for every message (`--exec`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exec {
    /// What `sh -c` runs.
    pub command: OsString,
    /// How many may run at a time, at least 1 (`--exec-jobs`).
    pub jobs_max: usize,
    /// Whether the first one that fails is the last one (`--exec-stop-on-error`).
    pub stop_on_error: bool,
}

/// Where messages are recorded (`--record`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The file.
    pub path: PathBuf,
    /// Whether it may replace one that exists (`--force`).
    pub force: bool,
}

/// Where the payload of `lastwill pub` comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// `-m`, and `-n` as an empty one.
    Bytes(Vec<u8>),
    /// The whole of a file, read before connecting (`-f`).
    File(PathBuf),
    /// The whole of stdin, read before connecting (`-s`).
    Stdin,
    /// Every line of stdin is a message (`-l`).
    StdinLines,
    /// Every line of a file is a message with its time (`--replay`).
    Replay(PathBuf),
}

/// `lastwill pub`.
#[derive(Clone, Debug, PartialEq)]
pub struct PubOptions {
    /// Where and as whom to connect.
    pub connection: Connection,
    /// A valid topic name (`-t`); also the empty one where version 2.0 is followed, which fails
    /// when it is published to. `None` only where every record names its own.
    pub topic: Option<String>,
    /// What to publish.
    pub payload: Payload,
    /// Quality of service (`-q`).
    pub qos: QoS,
    /// Retain bit (`-r`).
    pub retain: bool,
    /// How many times to publish in all, at least 1; ignored with [`Payload::StdinLines`]
    /// (`--repeat`).
    pub repeat: u32,
    /// Time from the completion of one publish to the next (`--repeat-delay`).
    pub repeat_delay: Duration,
    /// Give up after this time (`-W`, our own).
    pub timeout: Option<Duration>,
    /// What [`Payload::StdinLines`] and [`Payload::Replay`] read.
    pub records: Records,
    /// How much faster than recorded messages are replayed; 0 is as fast as possible (`--speed`).
    pub speed: f64,
    /// Properties of PUBLISH (`-D publish`). In version 3 nothing can be published with any. A
    /// Topic Alias among them: the
    /// first PUBLISH carries topic and alias, later ones the alias alone.
    pub properties: PropertyBuf,
}

/// `lastwill rr`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RrOptions {
    /// Where and as whom to connect.
    pub connection: Connection,
    /// Topic of the request, a valid name (`-t`).
    pub topic: String,
    /// The request; never lines.
    pub payload: Payload,
    /// Properties of the request: those of `-D publish`, Response Topic, Correlation Data. Empty in
    /// version 3.
    pub properties: PropertyBuf,
    /// Whether the payload tells the response topic.
    pub placeholder: Placeholder,
    /// Where responses are awaited, a valid name (`-e`).
    pub response_topic: String,
    /// QoS (of the request, too), Retain As Published and Retain Handling.
    pub subscription_options: SubscriptionOptions,
    /// Properties of SUBSCRIBE (`-D subscribe`). Empty in version 3.
    pub subscribe_properties: PropertyBuf,
    /// What tells our responses from others; `None` where every message is one.
    pub correlation_data: Option<Vec<u8>>,
    /// Whether a response must have correlation data (`--strict-correlation`).
    pub is_strict: bool,
    /// End after this many responses, at least 1 (`-C`).
    pub count: u32,
    /// Give up after this time (`-W`).
    pub timeout: Option<Duration>,
    /// Messages with the retain bit are no responses (`-R`).
    pub hide_retained: bool,
    /// Print how long each response took (`--latency`).
    pub latency: bool,
    /// How responses are printed.
    pub output: Output,
}

/// Whether `%R` in the payload of a request stands for the response topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// It is plain text.
    Off,
    /// It may; the topic tells already.
    Optional,
    /// It must be there: nothing else tells the responder.
    Required,
}

/// `lastwill conn`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnOptions {
    /// Where and as whom to connect, and which will to leave.
    pub connection: Connection,
    /// Whether lines are JSON (`--json`).
    pub json: bool,
}

/// `lastwill watch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchOptions {
    /// Where and as whom to connect.
    pub connection: Connection,
    /// The topics to watch, at least one filter.
    pub filters: Vec<String>,
    /// Whether lines are JSON (`--json`).
    pub json: bool,
}
