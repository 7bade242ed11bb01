//! Events of the core in words.

use crate::broker::event::Event;
use crate::observe::settings::LogType;
use crate::observe::stamp::StampFormat;
use crate::time::Timestamp;

/// The type of line that an event becomes.
pub fn kind_of(event: &Event<'_>) -> LogType {
    match event {
        Event::Connected(_) | Event::Refused { .. } | Event::Disconnected { .. } => LogType::Notice,
        Event::Will { .. } | Event::SessionExpired { .. } | Event::Dropping { .. } => {
            LogType::Notice
        }
        Event::Subscribed { .. } => LogType::Subscribe,
        Event::Unsubscribed { .. } => LogType::Unsubscribe,
        _ => LogType::Debug,
    }
}

/// Whether `connection_messages false` silences it.
pub fn is_connection(event: &Event<'_>) -> bool {
    matches!(event, Event::Connected(_) | Event::Refused { .. } | Event::Disconnected { .. })
}

/// The words.
pub fn text_of(at: Timestamp, event: &Event<'_>, stamp: &StampFormat) -> String {
    let _ = (at, stamp);
    format!("{event:?}")
}
