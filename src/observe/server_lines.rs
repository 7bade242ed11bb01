//! Events of the server in words.

use crate::observe::events::ServerEvent;
use crate::observe::settings::LogType;

/// The type of line that an event becomes.
pub fn kind_of(event: &ServerEvent<'_>) -> LogType {
    let _ = event;
    LogType::Information
}

/// Whether `connection_messages false` silences it.
pub fn is_connection(event: &ServerEvent<'_>) -> bool {
    matches!(event, ServerEvent::Accepted { .. })
}

/// The words.
pub fn text_of(event: &ServerEvent<'_>) -> String {
    format!("{event:?}")
}
