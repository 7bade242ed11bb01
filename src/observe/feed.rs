//! Log lines on their way to whoever has subscribed to `$SYS/broker/log/#`.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::observe::settings::LogType;

/// Seconds after which such a message is of no use any more.
pub const EXPIRY_SECS: u32 = 20;

/// Most lines that wait to be published.
const LINES_MAX: usize = 1000;

/// A bounded queue from the thread of the log to the server. What does not fit is lost: the topics
/// are for those who watch, the file is for those who need every line.
#[derive(Debug, Default)]
pub struct Feed {
    lines: Mutex<VecDeque<(&'static str, String)>>,
    filled: Notify,
}

impl Feed {
    /// Puts a line in; whether it was taken.
    pub(super) fn push(&self, topic: &'static str, text: String) -> bool {
        let mut lines = self.lock();
        if lines.len() >= LINES_MAX {
            return false;
        }
        lines.push_back((topic, text));
        drop(lines);
        self.filled.notify_one();
        true
    }

    /// Waits for lines: topic and text of each, in order.
    pub async fn next(&self) -> VecDeque<(&'static str, String)> {
        loop {
            let lines = std::mem::take(&mut *self.lock());
            if !lines.is_empty() {
                return lines;
            }
            self.filled.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(&'static str, String)>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The topic of a type of line. Debug lines never go to a topic: each would make more of them.
pub(super) const fn topic_of(kind: LogType) -> Option<&'static str> {
    match kind {
        LogType::Error => Some("$SYS/broker/log/E"),
        LogType::Warning => Some("$SYS/broker/log/W"),
        LogType::Notice => Some("$SYS/broker/log/N"),
        LogType::Information => Some("$SYS/broker/log/I"),
        LogType::Subscribe => Some("$SYS/broker/log/M/subscribe"),
        LogType::Unsubscribe => Some("$SYS/broker/log/M/unsubscribe"),
        LogType::Debug | LogType::Websockets | LogType::Internal => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_nobody_takes_is_bounded() {
        let feed = Feed::default();
        let taken = (0..LINES_MAX + 5).filter(|n| feed.push("t", n.to_string())).count();
        assert_eq!(taken, LINES_MAX);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let lines = runtime.block_on(feed.next());
        assert_eq!((lines.len(), lines[0].1.as_str()), (LINES_MAX, "0"));
        assert!(feed.push("t", "again".to_owned()));
    }

    #[test]
    fn what_would_feed_itself_has_no_topic() {
        assert_eq!(topic_of(LogType::Error), Some("$SYS/broker/log/E"));
        assert_eq!(topic_of(LogType::Debug), None);
    }
}
