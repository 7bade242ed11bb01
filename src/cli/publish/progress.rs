//! How far a long run has come, for whoever watches stderr.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::options::{Called, Connection};

/// How often the display changes at most.
const TICK: Duration = Duration::from_millis(250);

/// A bar, a counter, or nothing.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar for `total` messages, a counter for lines that are piped in. Nothing for a single
    /// message, under mosquitto's names, beside a trace, or when stderr is no terminal.
    pub fn new(connection: &Connection, total: Option<u64>) -> Self {
        let is_long = total.map_or_else(|| !io::stdin().is_terminal(), |total| total > 1);
        if !(is_long && is_watched(connection)) {
            return Progress { bar: None };
        }
        let (bar, template) = match total {
            Some(total) => (ProgressBar::new(total), "{wide_bar} {pos}/{len} {per_sec}"),
            None => (ProgressBar::new_spinner(), "{spinner} {pos} messages, {per_sec}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Progress { bar: Some(bar) }
    }

    /// A bar for the lines of a file, which are counted only if somebody will see it.
    pub fn of_file(connection: &Connection, path: &Path) -> Self {
        if !(path.is_file() && is_watched(connection)) {
            return Progress { bar: None };
        }
        let Ok(file) = File::open(path) else { return Progress { bar: None } };
        let lines = BufReader::new(file).split(b'\n').map_while(Result::ok).count();
        Progress::new(connection, Some(lines as u64))
    }

    /// This many messages are settled.
    pub fn set(&self, settled: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(settled);
        }
    }

    /// Takes it off the screen.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Whether progress is wanted and stderr is a terminal.
fn is_watched(connection: &Connection) -> bool {
    let is_own = connection.called == Called::Lastwill;
    let is_plain = !connection.debug && !connection.quiet;
    is_own && is_plain && io::stderr().is_terminal()
}
