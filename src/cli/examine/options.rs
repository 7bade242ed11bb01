//! What a `check` command line means.

use std::path::PathBuf;
use std::time::Duration;

use crate::check::{Selection, Target};
use crate::protocol::Version;

/// What only `check` knows.
#[derive(Clone, Debug)]
pub struct CheckDraft {
    /// The versions to examine (`-V`).
    pub versions: Vec<Version>,
    /// The rows to run (`--only`).
    pub only: Selection,
    /// Whether rows are only listed (`--list`).
    pub list: bool,
    /// One line of JSON a row (`--json`).
    pub json: bool,
    /// Where to write JUnit XML (`--junit`).
    pub junit: Option<PathBuf>,
    /// Most time for everything (`--timeout`).
    pub timeout: Duration,
    /// Rows at a time (`--jobs`).
    pub jobs: usize,
}

impl Default for CheckDraft {
    fn default() -> Self {
        CheckDraft {
            versions: vec![Version::V31, Version::V311, Version::V5],
            only: Selection::default(),
            list: false,
            json: false,
            junit: None,
            timeout: Duration::from_secs(120),
            jobs: 32,
        }
    }
}

/// `lastwill check`.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// The broker.
    pub target: Target,
    /// How messages name it: `host:port`.
    pub name: String,
    /// What to do.
    pub examination: CheckDraft,
    /// Whether complaints are kept from stderr (`--quiet`).
    pub quiet: bool,
}
