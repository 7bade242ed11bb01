//! The command line as far as it has been read: what the options of [`crate::cli::table`] write to
//! and [`crate::cli::finish`] judges as a whole.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::cli::check;
use crate::cli::choice::Choice;
use crate::cli::compat::Compat;
use crate::cli::errors::Problem;
use crate::cli::examine::CheckDraft;
use crate::cli::format::{Format, JsonStyle};
use crate::cli::options::{Called, Payload};
use crate::cli::own::Own;
use crate::cli::property::PropertyLists;
use crate::cli::records::Records;
use crate::cli::secret::Password;
use crate::cli::shape::Pipes;
use crate::cli::table::{Row, Tool, TransportDraft};
use crate::cli::tls::TlsDraft;
use crate::client::How;
use crate::protocol::{QoS, RetainHandling, TopicFilter, TopicName, Version};

/// Everything that was said, checked word by word but not yet as a whole.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Which tool.
    pub tool: Tool,
    /// By which name.
    pub called: Called,
    /// Which version of mosquitto's clients is followed.
    pub compat: Compat,
    /// Every option that was applied, if somebody wants to know.
    pub recorded: Option<Vec<Recorded>>,
    /// What every tool knows under our own name.
    pub own: Own,
    /// What both tools know.
    pub connection: ConnectionDraft,
    /// `--cafile` and the like.
    pub tls: TlsDraft,
    /// `--unix`, `--ws`, `--proxy`.
    pub transport: TransportDraft,
    /// `-D`.
    pub properties: PropertyLists,
    /// `--will-*`.
    pub will: WillDraft,
    /// `--end*`, `--presence*`.
    pub lab: LabDraft,
    /// `-q`.
    pub qos: Option<QoS>,
    /// What `sub` knows.
    pub sub: SubDraft,
    /// What `pub` knows.
    pub publish: PubDraft,
    /// What `check` knows.
    pub check: CheckDraft,
    /// `--dry-run` of `retained`.
    pub dry_run: bool,
    /// What `rr` knows beside them.
    pub request: RequestDraft,
}

/// An option with the words that it took.
pub type Recorded = (&'static Row, Vec<OsString>);

/// Where, as whom, and how loud.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "named like the fields of Connection, where they are explained")]
pub struct ConnectionDraft {
    pub host: Option<String>,
    pub port: Option<u16>,
    pub bind_address: Option<String>,
    pub nodelay: bool,
    pub keep_alive_secs: u16,
    pub version: Version,
    /// `-i`, as typed.
    pub client_id: Option<Vec<u8>>,
    /// `-I`, as typed.
    pub id_prefix: Option<Vec<u8>>,
    /// Whether the id or its prefix is not from the command line, which replaces it.
    pub is_id_inherited: bool,
    /// `-c`.
    pub keep_session: bool,
    /// `-x`, in seconds.
    pub session_expiry_secs: Option<u32>,
    pub username: Option<Vec<u8>>,
    pub password: Option<Password>,
    pub inflight_max: u16,
    pub debug: bool,
    pub quiet: bool,
}

/// The will as far as it was described.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "named like the fields of WillOptions, where they are explained")]
pub struct WillDraft {
    pub topic: Option<String>,
    pub payload: Option<Vec<u8>>,
    pub qos: QoS,
    pub retain: bool,
    /// `--will-file`, `--will-stdin`; the last one counts.
    pub source: Option<WillSource>,
}

/// Where the payload of the will is, if not on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WillSource {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// How the client ends, and what it says about being online.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "named like the fields of Ending and PresenceOptions")]
pub struct LabDraft {
    pub how: Option<How>,
    pub after: Option<Duration>,
    pub after_messages: Option<u64>,
    /// `--json`.
    pub json: bool,
    /// The topic.
    pub presence: Option<String>,
    pub online: Option<Vec<u8>>,
    pub offline: Option<Vec<u8>>,
}

/// What only `sub` knows.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "named like the fields of SubOptions, where they are explained")]
pub struct SubDraft {
    pub filters: Vec<String>,
    pub choices: BTreeMap<usize, Choice>,
    pub unsubscribe_filters: Vec<String>,
    pub filters_out: Vec<String>,
    pub retain_as_published: bool,
    pub retain_handling: RetainHandling,
    pub count: Option<u32>,
    pub timeout: Option<Duration>,
    pub exit_after_subscribe: bool,
    pub hide_retained: bool,
    pub retained_only: bool,
    pub remove_retained: bool,
    pub random_filter_permille: Option<u32>,
    pub message_rate: bool,
    pub watch: bool,
    pub format: Option<Format>,
    pub json_style: JsonStyle,
    pub verbose: bool,
    pub no_eol: bool,
    pub pipes: Pipes,
    pub exec: ExecDraft,
    pub record: Option<PathBuf>,
    pub force: bool,
}

/// `--exec`.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "named like the fields of Exec, where they are explained")]
pub struct ExecDraft {
    pub command: Option<OsString>,
    pub jobs_max: Option<usize>,
    pub stop_on_error: bool,
}

/// What only `pub` knows.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "named like the fields of PubOptions, where they are explained")]
pub struct PubDraft {
    pub topic: Option<String>,
    pub payload: Option<Payload>,
    pub retain: bool,
    pub repeat: u32,
    pub repeat_delay: Duration,
    pub records: Records,
    pub speed: Option<f64>,
}

/// What only `rr` knows.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "named like the fields of RrOptions, where they are explained")]
pub struct RequestDraft {
    pub response_topic: Option<String>,
    pub count: u32,
    pub is_strict: bool,
    pub latency: bool,
}

impl ConnectionDraft {
    /// What holds when nothing is said.
    fn new(tool: Tool) -> Self {
        ConnectionDraft {
            host: None,
            port: None,
            bind_address: None,
            nodelay: false,
            keep_alive_secs: 60,
            version: if tool == Tool::Rr { Version::V5 } else { Version::V311 },
            client_id: None,
            id_prefix: None,
            is_id_inherited: false,
            keep_session: false,
            session_expiry_secs: None,
            username: None,
            password: None,
            inflight_max: 20,
            debug: false,
            quiet: false,
        }
    }

    /// What was said so far gives way to what follows, also where the two do not go together.
    pub fn inherit(&mut self) {
        self.is_id_inherited = self.client_id.is_some() || self.id_prefix.is_some();
    }
}

impl PubDraft {
    fn new() -> PubDraft {
        PubDraft {
            topic: None,
            payload: None,
            retain: false,
            repeat: 1,
            repeat_delay: Duration::ZERO,
            records: Records::default(),
            speed: None,
        }
    }
}

impl Draft {
    /// What holds when nothing is said.
    pub fn new(tool: Tool, called: Called) -> Draft {
        Draft {
            tool,
            called,
            compat: Compat::default(),
            recorded: None,
            own: Own::default(),
            connection: ConnectionDraft::new(tool),
            tls: TlsDraft::default(),
            transport: TransportDraft::default(),
            properties: PropertyLists::default(),
            will: WillDraft::default(),
            qos: None,
            lab: LabDraft::default(),
            sub: SubDraft::default(),
            check: CheckDraft::default(),
            publish: PubDraft::new(),
            dry_run: false,
            request: RequestDraft {
                response_topic: None,
                count: 1,
                is_strict: false,
                latency: false,
            },
        }
    }

    /// A topic to publish to; see [`check::topic_name`]. Version 2.0 leaves the number of levels
    /// to the broker, and the empty topic to the moment of publishing; our `rr` refuses that at once,
    /// where 2.0 connects and subscribes first.
    pub fn topic_name(&self, bytes: &[u8], option: &str, what: &str) -> Result<String, Problem> {
        let may_be_empty = self.compat.is_20() && self.tool != Tool::Rr && what == "publish";
        match check::topic_name(bytes, option, what) {
            Err(_) if may_be_empty && bytes.is_empty() => Ok(String::new()),
            Err(problem) if self.compat.is_20() => {
                let text = check::utf8(bytes).filter(|text| TopicName::new(text).is_ok());
                text.map(str::to_owned).ok_or(problem)
            }
            checked => checked,
        }
    }

    /// A topic filter; see [`check::topic_filter`], and [`Draft::topic_name`] for version 2.0.
    pub fn topic_filter(&self, bytes: &[u8], option: &str, what: &str) -> Result<String, Problem> {
        check::topic_filter(bytes, option, what).or_else(|problem| {
            let text = check::utf8(bytes).filter(|text| TopicFilter::new(text).is_ok());
            text.filter(|_| self.compat.is_20()).map(str::to_owned).ok_or(problem)
        })
    }

    /// Whether words that are no options are topic filters.
    pub fn takes_filters(&self) -> bool {
        matches!(self.tool, Tool::Watch | Tool::Retained)
    }

    /// Sets what to publish, which may be done once.
    pub fn set_payload(&mut self, payload: Payload) {
        self.publish.payload = Some(payload);
    }

    /// Refuses a second `-f`, `-l`, `-m`, `-n` or `-s`.
    pub fn check_payload_is_free(&self) -> Result<(), Problem> {
        match self.publish.payload {
            Some(_) => Err(Problem::option("Error: Only one type of message can be sent at once.")),
            None => Ok(()),
        }
    }
}
