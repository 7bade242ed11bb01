//! The queue between those who have something to tell and the thread that writes it.
//!
//! Bounded in lines and bytes. A reader of the log that stops reading stops this thread and nobody
//! else; what does not fit in the meantime is counted, and the count is written where the lines
//! would have stood.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::observe::events::ServerEvent;
use crate::observe::feed::Feed;
use crate::observe::log::Line;
use crate::observe::server_lines;
use crate::observe::settings::LogSettings;
use crate::observe::stamp::StampFormat;
use crate::observe::target::{self, Target};
use crate::time::Timestamp;

/// Most lines that wait to be written.
const QUEUE_LINES_MAX: usize = 20_000;
/// Most bytes of text that wait to be written.
const QUEUE_BYTES_MAX: usize = 8 << 20;

/// What comes within this time after a write is written together: under load, waking the thread for
/// every line costs more than all the rest of a CONNECT.
const GATHER: Duration = Duration::from_millis(5);

/// Lines on their way to the writing thread.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Told when there is something to write, or when the log closes.
    filled: Condvar,
    /// Told when the log closes: the thread gathers no more.
    closing: Condvar,
    /// Told when the thread has ended.
    ended: Condvar,
    /// Lines that were dropped, or could not be written.
    lost: AtomicU64,
}

/// What the thread is to do, in order.
#[derive(Debug)]
enum Item {
    Line(Line),
    /// Open the log file again.
    Reopen,
    /// Open all destinations of other settings.
    Settings(Box<LogSettings>),
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    /// How many of them are lines.
    lines: usize,
    bytes: usize,
    dropped: u64,
    /// When the latest of the dropped lines happened.
    dropped_at: Timestamp,
    /// The thread has nothing to do, and must be woken.
    is_idle: bool,
    is_closing: bool,
    has_ended: bool,
}

impl Queue {
    /// Opens the destinations of these settings and starts the thread.
    pub(crate) fn start(settings: &LogSettings, feed: &Arc<Feed>) -> Arc<Queue> {
        Queue::start_with(target::open(settings, feed, Vec::new()), settings.stamp.clone(), feed)
    }

    /// Starts the thread with these places to write to.
    fn start_with(targets: Vec<Target>, stamp: StampFormat, feed: &Arc<Feed>) -> Arc<Queue> {
        let queue = Arc::new(Queue {
            state: Mutex::new(State::default()),
            filled: Condvar::new(),
            closing: Condvar::new(),
            ended: Condvar::new(),
            lost: AtomicU64::new(0),
        });
        let theirs = Arc::clone(&queue);
        let writer = Writer { targets, stamp, feed: Arc::clone(feed) };
        let started =
            thread::Builder::new().name("log".to_owned()).spawn(move || theirs.run(writer));
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
            let is_full = state.lines >= QUEUE_LINES_MAX || bytes > QUEUE_BYTES_MAX;
            if is_full || state.is_closing {
                state.dropped += 1;
                state.dropped_at = line.at;
                self.lost.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            state.bytes = bytes;
            state.lines += 1;
            state.items.push_back(Item::Line(line));
        }
        self.wake(state);
    }

    /// Wakes the thread if it sleeps for want of work.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let is_idle = std::mem::take(&mut state.is_idle);
        drop(state);
        if is_idle {
            self.filled.notify_one();
        }
    }

    /// Opens the log file again, behind the lines that came before.
    pub(crate) fn reopen(&self) {
        self.ask(Item::Reopen);
    }

    /// Takes over other settings, behind the lines that came before.
    pub(crate) fn reconfigure(&self, settings: LogSettings) {
        self.ask(Item::Settings(Box::new(settings)));
    }

    /// Lines that were lost so far.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn ask(&self, item: Item) {
        let mut state = self.lock();
        // While the thread stands still, requests do not pile up: the last one says it all.
        let is_same = |last: &Item| std::mem::discriminant(last) == std::mem::discriminant(&item);
        if state.items.back().is_some_and(is_same) {
            state.items.pop_back();
        }
        state.items.push_back(item);
        self.wake(state);
    }

    /// Takes no more lines and waits until the thread has written the others; whether it has.
    pub(crate) fn close(&self, bound: Duration) -> bool {
        let mut state = self.lock();
        state.is_closing = true;
        self.filled.notify_one();
        self.closing.notify_one();
        let ended = self.ended.wait_timeout_while(state, bound, |state| !state.has_ended);
        ended.unwrap_or_else(PoisonError::into_inner).0.has_ended
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that panics runs under this lock, and lines are whole or absent in any case.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, mut writer: Writer) {
        while let Some(items) = self.take() {
            let lost = writer.carry_out(items);
            self.lost.fetch_add(lost, Ordering::Relaxed);
            self.gather();
        }
        self.lock().has_ended = true;
        self.ended.notify_all();
    }

    /// Lets lines come together for a while.
    fn gather(&self) {
        let state = self.lock();
        // Woken by the close or not, what is there is taken next.
        let _ = self.closing.wait_timeout_while(state, GATHER, |state| !state.is_closing);
    }

    /// Waits for something to do; the count of lines that were dropped behind them is one of them.
    /// `None` when the log is closed and everything is written.
    fn take(&self) -> Option<VecDeque<Item>> {
        let mut state = self.lock();
        while state.items.is_empty() && state.dropped == 0 {
            if state.is_closing {
                return None;
            }
            state.is_idle = true;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        (state.bytes, state.lines) = (0, 0);
        let mut items = std::mem::take(&mut state.items);
        if state.dropped > 0 {
            let dropped = std::mem::take(&mut state.dropped);
            items.push_back(Item::Line(dropped_line(state.dropped_at, dropped)));
        }
        Some(items)
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
    feed: Arc<Feed>,
}

impl Writer {
    /// Does what is asked, lines together where they stand together; how many were lost.
    fn carry_out(&mut self, items: VecDeque<Item>) -> u64 {
        let (mut lines, mut lost) = (Vec::new(), 0);
        for item in items {
            match item {
                Item::Line(line) => lines.push(line),
                Item::Reopen => {
                    lost += self.write(&mut lines);
                    self.targets.iter_mut().for_each(Target::reopen);
                }
                Item::Settings(settings) => {
                    lost += self.write(&mut lines);
                    let before = std::mem::take(&mut self.targets);
                    self.targets = target::open(&settings, &self.feed, before);
                    self.stamp = settings.stamp;
                }
            }
        }
        lost + self.write(&mut lines)
    }

    fn write(&mut self, lines: &mut Vec<Line>) -> u64 {
        let lost = self.targets.iter_mut().map(|target| target.write(lines, &self.stamp)).sum();
        lines.clear();
        lost
    }
}

#[cfg(test)]
mod tests;
