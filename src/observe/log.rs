//! The log: lines are rendered where things happen and written by a thread of its own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use crate::broker::event::Event;
use crate::observe::events::ServerEvent;
use crate::observe::feed::Feed;
use crate::observe::settings::{LogSettings, LogType};
use crate::observe::writer::Queue;
use crate::observe::{lines, server_lines};
use crate::time::Timestamp;

/// One entry of the log. `text` is free of control characters but for line ends that the wording
/// itself put in; each of its lines gets the stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it happened.
    pub at: Timestamp,
    /// Its type.
    pub kind: LogType,
    /// The words, without the stamp.
    pub text: String,
}

/// A handle of the log; clones share it.
#[derive(Clone, Debug)]
pub struct Log {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// The types of line that go anywhere, and [`CONNECTIONS`]: what most events need to know.
    wanted: AtomicU32,
    settings: RwLock<LogSettings>,
    queue: Arc<Queue>,
    feed: Arc<Feed>,
}

/// The bit of [`Shared::wanted`] that says whether clients that come and go are told.
const CONNECTIONS: u32 = 1 << 31;

impl Log {
    /// Opens the destinations and starts the thread that writes. Never fails: a file that cannot be
    /// opened is reported on standard error, which gets the errors from then on.
    pub fn start(settings: LogSettings) -> Log {
        let feed = Arc::new(Feed::default());
        let queue = Queue::start(&settings, &feed);
        let wanted = AtomicU32::new(wanted(&settings));
        Log { shared: Arc::new(Shared { wanted, settings: RwLock::new(settings), queue, feed }) }
    }

    /// Takes over other settings, behind the lines that were handed over before. Opens all files
    /// again.
    pub fn reconfigure(&self, settings: LogSettings) {
        self.shared.wanted.store(wanted(&settings), Ordering::Relaxed);
        self.shared.queue.reconfigure(settings.clone());
        *self.shared.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// Closes the log file and opens it again by its name, behind the lines that were handed over
    /// before: after somebody has moved it away.
    pub fn reopen(&self) {
        self.shared.queue.reopen();
    }

    /// The lines that are to be published below `$SYS/broker/log/`.
    pub fn feed(&self) -> &Feed {
        &self.shared.feed
    }

    /// Whether lines of this type are written anywhere. [`LogType::Debug`] decides
    /// [`crate::broker::policy::Policy::trace`].
    pub fn has(&self, kind: LogType) -> bool {
        self.shared.wanted.load(Ordering::Relaxed) & (1 << kind as u32) != 0
    }

    /// Whether lines of this type are written that concern clients that come and go, or not.
    fn wants(&self, kind: LogType, is_connection: bool) -> bool {
        let needed = 1 << kind as u32 | if is_connection { CONNECTIONS } else { 0 };
        self.shared.wanted.load(Ordering::Relaxed) & needed == needed
    }

    fn settings(&self) -> RwLockReadGuard<'_, LogSettings> {
        self.shared.settings.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The line for an event of the core, `None` when it is not wanted. No system call: it may be
    /// called under the core's lock.
    pub fn render(&self, at: Timestamp, event: &Event<'_>) -> Option<Line> {
        let kind = lines::kind_of(event);
        if !self.wants(kind, lines::is_connection(event)) {
            return None;
        }
        Some(Line { at, kind, text: lines::text_of(at, event, &self.settings().stamp) })
    }

    /// Hands lines to the writing thread and leaves `lines` empty. Never waits: when the queue is
    /// full they are counted as dropped.
    pub fn write(&self, lines: &mut Vec<Line>) {
        self.shared.queue.push(lines);
    }

    /// Renders and writes an event of the server.
    pub fn report(&self, at: Timestamp, event: &ServerEvent<'_>) {
        if let Some(line) = self.render_own(at, event) {
            self.shared.queue.push(&mut vec![line]);
        }
    }

    /// The line for an event of the server, `None` when it is not wanted. No system call.
    pub fn render_own(&self, at: Timestamp, event: &ServerEvent<'_>) -> Option<Line> {
        let kind = server_lines::kind_of(event);
        let is_wanted = self.wants(kind, server_lines::is_connection(event));
        is_wanted.then(|| Line { at, kind, text: server_lines::text_of(event) })
    }

    /// How many lines were lost so far: because they came faster than they were taken, or because
    /// writing them failed.
    pub fn lost(&self) -> u64 {
        self.shared.queue.lost()
    }

    /// Waits until everything is written, at most `bound`; whether it was. What is written to the
    /// log afterwards is lost.
    pub fn close(&self, bound: Duration) -> bool {
        self.shared.queue.close(bound)
    }
}

/// What the settings let through.
fn wanted(settings: &LogSettings) -> u32 {
    if settings.destinations.is_empty() {
        return 0;
    }
    let types = LogType::ALL.into_iter().filter(|kind| settings.types.has(*kind));
    let bits = types.fold(0, |bits, kind| bits | 1 << kind as u32);
    if settings.connection_messages { bits | CONNECTIONS } else { bits }
}
