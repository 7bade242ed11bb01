//! What concerns the process as a whole, and those who watch it.

use std::path::PathBuf;

/// What the broker does to its own process at the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// `user`: who to become when started by root; `None` is the default.
    pub user: Option<String>,
    /// `pid_file`.
    pub pid_file: Option<PathBuf>,
}

/// `metrics_listener`: where to serve metrics and health over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// A host name or address.
    pub host: String,
    /// The port; 0 is any free one.
    pub port: u16,
}
