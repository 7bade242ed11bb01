//! The places that log lines are written to.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use colored::Colorize;
use rustix::fs::OFlags;
use serde_json::Value;

use crate::observe::escape::cut;
use crate::observe::events::ServerEvent;
use crate::observe::feed::{self, Feed};
use crate::observe::log::Line;
use crate::observe::server_lines;
use crate::observe::settings::{Destination, LogFormat, LogSettings, LogType, LogTypes};
use crate::observe::stamp::StampFormat;
use crate::observe::syslog::Syslog;

/// Longest line in bytes, the stamp included.
pub(super) const LINE_BYTES_MAX: usize = 1000;
/// Who may read a log file that we make: only its owner. Somebody's topics are in it.
const MODE: u32 = 0o600;
/// Any value: log files may be symbolic links.
const ALLOW_SYMLINKS: &str = "MOSQUITTO_UNSAFE_ALLOW_SYMLINKS";

/// One place that lines are written to.
pub(crate) struct Target {
    place: Place,
    types: LogTypes,
    is_coloured: bool,
    format: LogFormat,
    /// Lines that could not be written since the last one that could, and why.
    lost: u64,
    why: String,
    /// The last thing that was written is half a line.
    is_torn: bool,
}

enum Place {
    Stream(Box<dyn Write + Send>),
    /// Without an open file the errors go to standard error.
    File {
        path: PathBuf,
        file: Option<File>,
    },
    Syslog(Syslog),
    Topic(Arc<Feed>),
}

/// All destinations of these settings, open. A file that was open before stays so where it cannot be
/// opened again.
pub(super) fn open(
    settings: &LogSettings,
    feed: &Arc<Feed>,
    mut before: Vec<Target>,
) -> Vec<Target> {
    let open = |to| Target::open(to, settings, feed, &mut before);
    settings.destinations.iter().map(open).collect()
}

impl Target {
    /// A stream for lines of these types.
    #[cfg(test)]
    pub(super) fn stream(
        stream: Box<dyn Write + Send>,
        types: LogTypes,
        is_coloured: bool,
        format: LogFormat,
    ) -> Self {
        Target::new(Place::Stream(stream), types, is_coloured, format)
    }

    fn new(place: Place, types: LogTypes, is_coloured: bool, format: LogFormat) -> Self {
        Target { place, types, is_coloured, format, lost: 0, why: String::new(), is_torn: false }
    }

    fn open(
        destination: &Destination,
        settings: &LogSettings,
        feed: &Arc<Feed>,
        before: &mut [Target],
    ) -> Target {
        let (types, format) = (settings.types, settings.format);
        let (place, is_terminal) = match destination {
            Destination::Stderr => {
                (Place::Stream(Box::new(io::stderr())), io::stderr().is_terminal())
            }
            Destination::Stdout => {
                (Place::Stream(Box::new(io::stdout())), io::stdout().is_terminal())
            }
            Destination::File(path) => {
                let old = before.iter_mut().find_map(|target| target.take_file(path));
                (Place::File { path: path.clone(), file: open_file(path).or(old) }, false)
            }
            Destination::Syslog => (Place::Syslog(Syslog::new(settings.syslog.clone())), false),
            Destination::Topic => (Place::Topic(Arc::clone(feed)), false),
        };
        let is_coloured = format == LogFormat::Text && wants_colour(is_terminal);
        if is_coloured {
            // `colored` decides by standard output; here it was decided for each stream.
            colored::control::set_override(true);
        }
        Target::new(place, types, is_coloured, format)
    }

    /// Opens the file again by its name. Where that fails, lines go on to the one that is open: it
    /// was moved, and is better than none.
    pub(super) fn reopen(&mut self) {
        if let Place::File { path, file } = &mut self.place
            && let Some(new) = open_file(path)
        {
            *file = Some(new);
            self.is_torn = false;
        }
    }

    fn take_file(&mut self, wanted: &Path) -> Option<File> {
        match &mut self.place {
            Place::File { path, file } if path == wanted => file.take(),
            _ => None,
        }
    }

    /// Writes those of the lines that belong here; how many were lost. A closed pipe or a full disk
    /// must not stop the broker: that lines were lost is told when there is room again.
    pub(super) fn write(&mut self, lines: &[Line], stamp: &StampFormat) -> u64 {
        let before = self.lost;
        let wanted = lines.iter().filter(|line| self.types.has(line.kind));
        let wanted: Vec<&Line> = wanted.collect();
        if wanted.is_empty() {
            return 0;
        }
        match &mut self.place {
            Place::Syslog(syslog) => {
                for line in &wanted {
                    if let Err(error) = send(syslog, line, &mut self.lost, &self.why) {
                        self.lost += 1;
                        self.why = error.to_string();
                    }
                }
            }
            Place::Topic(feed) => {
                for line in &wanted {
                    let is_taken = publish(feed, line, stamp);
                    self.lost += u64::from(!is_taken);
                }
                // Nobody waits for the count there.
                return std::mem::take(&mut self.lost);
            }
            Place::File { file: None, .. } => {
                let is_error = |line: &&&Line| line.kind == LogType::Error;
                let errors: Vec<&Line> = wanted.iter().filter(is_error).copied().collect();
                let text = self.text(&errors, stamp);
                // There is nowhere left to tell that this fails.
                let _ = io::stderr().write_all(text.as_bytes());
                return (wanted.len() - errors.len()) as u64;
            }
            Place::Stream(_) | Place::File { .. } => self.write_text(&wanted, stamp),
        }
        self.lost.saturating_sub(before)
    }

    fn write_text(&mut self, lines: &[&Line], stamp: &StampFormat) {
        let mut text = String::new();
        if self.is_torn {
            text.push('\n');
        }
        if self.lost > 0 {
            let told = lost_line(lines[0], self.lost, &self.why);
            text.push_str(&self.text(&[&told], stamp));
        }
        text.push_str(&self.text(lines, stamp));
        let stream: &mut dyn Write = match &mut self.place {
            Place::Stream(stream) => stream,
            Place::File { file: Some(file), .. } => file,
            _ => return,
        };
        let (written, result) = write_all(stream, text.as_bytes());
        match result {
            Ok(()) => (self.lost, self.is_torn) = (0, false),
            Err(error) => {
                self.lost += lines.len() as u64;
                self.why = error.to_string();
                if written > 0 {
                    self.is_torn = text.as_bytes()[written - 1] != b'\n';
                }
            }
        }
    }

    /// The lines as they are written to a stream.
    fn text(&self, lines: &[&Line], stamp: &StampFormat) -> String {
        let mut text = String::new();
        for line in lines {
            match self.format {
                LogFormat::Json => push_json(line, &mut text),
                LogFormat::Text => push_text(line, self.is_coloured, stamp, &mut text),
            }
        }
        text
    }
}

/// Sends the lines of a text, with the count of those that were lost before.
fn send(syslog: &mut Syslog, line: &Line, lost: &mut u64, why: &str) -> io::Result<()> {
    if *lost > 0 {
        let told = lost_line(line, *lost, why);
        syslog.send(told.at, told.kind, &told.text)?;
        *lost = 0;
    }
    line.text
        .split('\n')
        .try_for_each(|words| syslog.send(line.at, line.kind, &cut(words, LINE_BYTES_MAX)))
}

/// Hands the lines of a text to those who have subscribed; whether all were taken.
fn publish(feed: &Feed, line: &Line, stamp: &StampFormat) -> bool {
    let Some(topic) = feed::topic_of(line.kind) else { return true };
    line.text.split('\n').all(|words| {
        let mut text = String::new();
        stamp.push_prefix(line.at, &mut text);
        let room = LINE_BYTES_MAX.saturating_sub(text.len());
        text.push_str(&cut(words, room));
        feed.push(topic, text)
    })
}

fn lost_line(next: &Line, count: u64, why: &str) -> Line {
    let event = ServerEvent::LinesLost { count, why };
    Line { at: next.at, kind: server_lines::kind_of(&event), text: server_lines::text_of(&event) }
}

fn push_text(line: &Line, is_coloured: bool, stamp: &StampFormat, text: &mut String) {
    for words in line.text.split('\n') {
        let before = text.len();
        stamp.push_prefix(line.at, text);
        let words = cut(words, LINE_BYTES_MAX.saturating_sub(text.len() - before));
        match is_coloured {
            true => text.push_str(&coloured(line.kind, &words)),
            false => text.push_str(&words),
        }
        text.push('\n');
    }
}

fn push_json(line: &Line, text: &mut String) {
    let millis = i64::try_from(line.at.millis()).unwrap_or_default();
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    let kind = line.kind.word();
    let words = Value::from(&*cut(&line.text, LINE_BYTES_MAX));
    text.push_str(&format!("{{\"time\":\"{time:.3}\",\"type\":\"{kind}\",\"text\":{words}}}\n"));
}

/// As `Write::write_all`, and how much of it was written.
fn write_all(stream: &mut dyn Write, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut written = 0;
    while written < bytes.len() {
        match stream.write(&bytes[written..]) {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(len) => written += len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error)),
        }
    }
    (written, stream.flush())
}

/// Opens a log file; where that fails, says so on standard error.
fn open_file(path: &Path) -> Option<File> {
    // A pipe without a reader must not hold up the thread that writes.
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    // The names below /dev and /proc for what is open are links, and are meant.
    let is_special = path.starts_with("/dev") || path.starts_with("/proc");
    if !is_special && std::env::var_os(ALLOW_SYMLINKS).is_none() {
        flags |= OFlags::NOFOLLOW;
    }
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(MODE).custom_flags(flags);
    match options.open(path) {
        Ok(file) => Some(file),
        Err(error) => {
            let event = ServerEvent::LogFileFailed { path, error: &error };
            let _ = writeln!(io::stderr(), "{}", server_lines::text_of(&event));
            None
        }
    }
}

fn coloured(kind: LogType, words: &str) -> String {
    match kind {
        LogType::Error => words.red().bold().to_string(),
        LogType::Warning => words.yellow().to_string(),
        LogType::Information => words.green().to_string(),
        LogType::Debug | LogType::Internal => words.dimmed().to_string(),
        LogType::Subscribe | LogType::Unsubscribe => words.cyan().to_string(),
        LogType::Notice | LogType::Websockets => words.to_owned(),
    }
}

/// Colour is for people: never into a file or pipe, nor for those who asked for none.
fn wants_colour(is_terminal: bool) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_terminal && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests;
