//! The queue between those who have something to tell and the thread that writes it.
//!
//! Bounded in lines and bytes. A reader of the log that stops reading stops this thread and nobody
//! else; what does not fit in the meantime is counted, and the count is written where the lines
//! would have stood.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use colored::Colorize;

use crate::observe::events::ServerEvent;
use crate::observe::log::Line;
use crate::observe::server_lines;
use crate::observe::settings::{Destination, LogSettings, LogType, LogTypes};
use crate::observe::stamp::StampFormat;
use crate::time::Timestamp;

/// Most lines that wait to be written.
const QUEUE_LINES_MAX: usize = 20_000;
/// Most bytes of text that wait to be written.
const QUEUE_BYTES_MAX: usize = 8 << 20;

/// One place that lines are written to.
pub(crate) struct Target {
    stream: Box<dyn Write + Send>,
    types: LogTypes,
    is_coloured: bool,
}

impl Target {
    /// A place for lines of these types.
    pub(crate) fn new(stream: Box<dyn Write + Send>, types: LogTypes, is_coloured: bool) -> Self {
        Target { stream, types, is_coloured }
    }
}

/// Lines on their way to the writing thread.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Told when there is something to write, or when the log closes.
    filled: Condvar,
    /// Told when the thread has ended.
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<Line>,
    bytes: usize,
    dropped: u64,
    /// When the latest of the dropped lines happened.
    dropped_at: Timestamp,
    is_closing: bool,
    has_ended: bool,
}

impl Queue {
    /// Opens the destinations of these settings and starts the thread.
    pub(crate) fn start(settings: &LogSettings) -> Arc<Queue> {
        let targets = open(settings);
        if targets.iter().any(|target| target.is_coloured) {
            // `colored` decides by standard output; here it was decided for each stream.
            colored::control::set_override(true);
        }
        Queue::start_with(targets, settings.stamp.clone())
    }

    /// Starts the thread with these places to write to.
    pub(crate) fn start_with(targets: Vec<Target>, stamp: StampFormat) -> Arc<Queue> {
        let queue = Arc::new(Queue {
            state: Mutex::new(State::default()),
            filled: Condvar::new(),
            ended: Condvar::new(),
        });
        let theirs = Arc::clone(&queue);
        let started = thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || theirs.run(Writer { targets, stamp }));
        if let Err(error) = started {
            // Without the thread nothing can be written; say so where it may still be seen.
            let _ = writeln!(io::stderr(), "Error: cannot start the log thread: {error}");
            queue.lock().is_closing = true;
            queue.lock().has_ended = true;
        }
        queue
    }

    /// Takes the lines that fit, counts the others.
    pub(crate) fn push(&self, lines: &mut Vec<Line>) {
        if lines.is_empty() {
            return;
        }
        let mut state = self.lock();
        for line in lines.drain(..) {
            let bytes = state.bytes + line.text.len();
            let is_full = state.lines.len() >= QUEUE_LINES_MAX || bytes > QUEUE_BYTES_MAX;
            if is_full || state.is_closing {
                state.dropped += 1;
                state.dropped_at = line.at;
                continue;
            }
            state.bytes = bytes;
            state.lines.push_back(line);
        }
        drop(state);
        self.filled.notify_one();
    }

    /// Takes no more lines and waits until the thread has written the others; whether it has.
    pub(crate) fn close(&self, bound: Duration) -> bool {
        let mut state = self.lock();
        state.is_closing = true;
        self.filled.notify_one();
        let ended = self.ended.wait_timeout_while(state, bound, |state| !state.has_ended);
        ended.unwrap_or_else(PoisonError::into_inner).0.has_ended
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that panics runs under this lock, and lines are whole or absent in any case.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, mut writer: Writer) {
        while let Some(lines) = self.take() {
            writer.write(&lines);
        }
        self.lock().has_ended = true;
        self.ended.notify_all();
    }

    /// Waits for lines; the count of those that were dropped behind them is one of them. `None` when
    /// the log is closed and everything is written.
    fn take(&self) -> Option<Vec<Line>> {
        let mut state = self.lock();
        while state.lines.is_empty() && state.dropped == 0 {
            if state.is_closing {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.bytes = 0;
        let mut lines: Vec<Line> = std::mem::take(&mut state.lines).into();
        if state.dropped > 0 {
            lines.push(dropped_line(state.dropped_at, std::mem::take(&mut state.dropped)));
        }
        Some(lines)
    }
}

fn dropped_line(at: Timestamp, count: u64) -> Line {
    let event = ServerEvent::LinesDropped { count };
    Line { at, kind: server_lines::kind_of(&event), text: server_lines::text_of(&event) }
}

/// The thread's side: formats and writes.
struct Writer {
    targets: Vec<Target>,
    stamp: StampFormat,
}

impl Writer {
    fn write(&mut self, lines: &[Line]) {
        for target in &mut self.targets {
            let text = format_lines(lines, target, &self.stamp);
            // A closed pipe or a full disk must not stop the broker, and there is nowhere left to
            // tell it.
            let _ = target.stream.write_all(text.as_bytes()).and_then(|()| target.stream.flush());
        }
    }
}

fn format_lines(lines: &[Line], target: &Target, stamp: &StampFormat) -> String {
    let mut text = String::new();
    for line in lines.iter().filter(|line| target.types.has(line.kind)) {
        for words in line.text.split('\n') {
            stamp.push_prefix(line.at, &mut text);
            if target.is_coloured {
                text.push_str(&coloured(line.kind, words));
            } else {
                text.push_str(words);
            }
            text.push('\n');
        }
    }
    text
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

fn open(settings: &LogSettings) -> Vec<Target> {
    settings.destinations.iter().map(|to| open_one(to, settings.types)).collect()
}

fn open_one(destination: &Destination, types: LogTypes) -> Target {
    match destination {
        Destination::Stderr => {
            Target::new(Box::new(io::stderr()), types, wants_colour(io::stderr().is_terminal()))
        }
        Destination::Stdout => {
            Target::new(Box::new(io::stdout()), types, wants_colour(io::stdout().is_terminal()))
        }
        Destination::File(path) => {
            let opened = OpenOptions::new().append(true).create(true).open(path);
            let error = match opened {
                Ok(file) => return Target::new(Box::new(file), types, false),
                Err(error) => error,
            };
            let event = ServerEvent::LogFileFailed { path, error: &error };
            let _ = writeln!(io::stderr(), "{}", server_lines::text_of(&event));
            Target::new(Box::new(io::stderr()), LogTypes::NONE.with(LogType::Error), false)
        }
    }
}

/// Colour is for people: never into a file or pipe, nor for those who asked for none.
fn wants_colour(is_terminal: bool) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_terminal && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests;
