//! The settings of the broker: mosquitto.conf syntax, `--set`, `-p`, from one table of options.
//!
//! [`Config::load`] reads everything and reports every mistake, each with its place.

mod access;
pub mod bridge;
mod draft;
pub mod error;
pub mod explain;
mod files;
pub mod front;
pub mod given;
pub mod help;
pub mod limits;
pub mod listener;
mod load;
pub mod options;
mod parse;
pub mod process;
pub mod tls;

use std::path::PathBuf;

pub use bridge::Bridge;
pub use error::{ConfigError, Place, Problem};
pub use files::AllowedUser;
pub use front::{Front, ProxyHeader, WebSocketFront};
pub use given::Given;
pub use limits::Limits;
pub use listener::{Bind, Family, Listener};
pub use tls::{ListenerTls, PskSettings, UsernameFrom};

use crate::broker::policy::Policy;
use crate::observe::{LogSettings, ServerEvent};

/// Most `-p` on the command line.
pub const PORTS_MAX: usize = 10;
/// What `--test-config` prints when nothing is wrong.
pub const TEST_OK: &str = "Configuration file is OK.";

/// Where settings come from: the command line of `lastwill broker`.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `-c FILE`.
    pub file: Option<PathBuf>,
    /// `--set NAME=VALUE`, in order.
    pub sets: Vec<String>,
    /// `-p PORT`, repeatable; 0 picks a free one.
    pub ports: Vec<u16>,
    /// `-v`: every type of log line.
    pub verbose: bool,
    /// `-q`: no log line; beats `verbose`.
    pub quiet: bool,
    /// `--compat mosquitto`.
    pub compat_mosquitto: bool,
    /// `--data DIR`: persistence, in this directory.
    pub data: Option<PathBuf>,
    /// `--allow-user NAME:FILE`: users besides those of password files.
    pub allow_users: Vec<AllowedUser>,
    /// `--tls-keylog FILE`: the keys of all connections with TLS are appended.
    pub tls_key_log: Option<PathBuf>,
}

/// Where everything is that survives a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persistence {
    /// `persistence_location`.
    pub folder: PathBuf,
    /// `persistence_file`.
    pub file: PathBuf,
    /// `persistence_sync second`: acknowledgements do not wait for the disk.
    pub is_relaxed: bool,
}

impl Persistence {
    /// The file.
    pub fn path(&self) -> PathBuf {
        self.folder.join(&self.file)
    }
}

/// Everything that can be configured, complete.
#[derive(Clone, Debug)]
pub struct Config {
    /// What to listen on. `listeners[i]` has the rules `policy.listeners[i]`.
    pub listeners: Vec<Listener>,
    /// No listener was configured: only this machine can connect.
    pub local_only: bool,
    /// What the rules of the core read. `policy.trace` is on when debug lines are.
    pub policy: Policy,
    /// `--allow-user NAME:FILE`: users besides those of password files.
    pub allow_users: Vec<AllowedUser>,
    /// `password_cache_seconds`: so long a password that was right need not be hashed again.
    pub password_cache_secs: u32,
    /// `will_on_revoke`: whether the wills of clients go out that a reload does not let stay.
    pub will_on_revoke: bool,
    /// `global_max_connections`; `None` is no limit.
    pub connections_max: Option<usize>,
    /// `threads`; `None` leaves the choice to the server.
    pub threads: Option<usize>,
    /// `set_tcp_nodelay`.
    pub tcp_nodelay: bool,
    /// `sys_interval`, in seconds; 0 publishes nothing below `$SYS`.
    pub sys_interval_secs: u16,
    /// `sys_wills`: whether `$SYS` names wills.
    pub sys_wills: bool,
    /// `strict_connect_flags`.
    pub strict_connect_flags: bool,
    /// `max_output_bytes`: unsent bytes towards one connection, above which it takes no more.
    pub output_bytes_max: usize,
    /// `memory_limit`: bytes of memory above which no new work is taken.
    pub memory_max: Option<u64>,
    /// Limits of connections.
    pub limits: Limits,
    /// What survives a restart, and where; `None` is nothing.
    pub persistence: Option<Persistence>,
    /// `connection`: bridges to other brokers.
    pub bridges: Vec<Bridge>,
    /// What the process does to itself.
    pub process: process::Process,
    /// Where to serve metrics; `None` is nowhere.
    pub metrics: Option<process::Metrics>,
    /// The log.
    pub log: LogSettings,
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// Everything that was said, in order: where two disagree, the later one holds.
    pub given: Vec<Given>,
    /// What to tell once the log is open.
    pub notices: Vec<ServerEvent<'static>>,
}

impl Config {
    /// Reads all sources. Later ones win: file, `--set`, then `-v` and `-q`.
    pub fn load(sources: &Sources) -> Result<Config, ConfigError> {
        load::load(sources)
    }
}
