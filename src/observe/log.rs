//! The log: lines are rendered where things happen and written by a thread of its own.

use std::sync::Arc;
use std::time::Duration;

use crate::broker::event::Event;
use crate::observe::events::ServerEvent;
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
    settings: Arc<LogSettings>,
    queue: Arc<Queue>,
}

impl Log {
    /// Opens the destinations and starts the thread that writes. Never fails: a file that cannot be
    /// opened is reported on standard error, which gets the errors from then on.
    pub fn start(settings: LogSettings) -> Log {
        let queue = Queue::start(&settings);
        Log { settings: Arc::new(settings), queue }
    }

    /// Whether lines of this type are written anywhere. [`LogType::Debug`] decides
    /// [`crate::broker::policy::Policy::trace`].
    pub fn has(&self, kind: LogType) -> bool {
        self.settings.types.has(kind) && !self.settings.destinations.is_empty()
    }

    /// The line for an event of the core, `None` when it is not wanted. No system call: it may be
    /// called under the core's lock.
    pub fn render(&self, at: Timestamp, event: &Event<'_>) -> Option<Line> {
        let kind = lines::kind_of(event);
        if !self.has(kind) || (!self.settings.connection_messages && lines::is_connection(event)) {
            return None;
        }
        Some(Line { at, kind, text: lines::text_of(at, event, &self.settings.stamp) })
    }

    /// Hands lines to the writing thread and leaves `lines` empty. Never waits: when the queue is
    /// full they are counted as dropped.
    pub fn write(&self, lines: &mut Vec<Line>) {
        self.queue.push(lines);
    }

    /// Renders and writes an event of the server.
    pub fn report(&self, at: Timestamp, event: &ServerEvent<'_>) {
        if let Some(line) = self.render_own(at, event) {
            self.queue.push(&mut vec![line]);
        }
    }

    /// The line for an event of the server, `None` when it is not wanted. No system call.
    pub fn render_own(&self, at: Timestamp, event: &ServerEvent<'_>) -> Option<Line> {
        let kind = server_lines::kind_of(event);
        let is_hidden = !self.settings.connection_messages && server_lines::is_connection(event);
        let is_wanted = self.has(kind) && !is_hidden;
        is_wanted.then(|| Line { at, kind, text: server_lines::text_of(event) })
    }

    /// Waits until everything is written, at most `bound`; whether it was. What is written to the
    /// log afterwards is lost.
    pub fn close(&self, bound: Duration) -> bool {
        self.queue.close(bound)
    }
}
