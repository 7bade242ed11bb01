//! What a lastwill broker tells about wills, as it is published.

use std::time::Duration;

use serde_json::Value;

pub use crate::observe::wills::EVENT_TOPIC as TOPIC;

/// One will, settled or waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whose it is.
    pub client: String,
    /// Where it goes.
    pub topic: String,
    /// `published`, `waiting`, `cancelled`, `refused`, `discarded`.
    pub fate: String,
    /// Why, as a phrase.
    pub cause: String,
    /// How long the client has been dead: since its connection ended, or since its last word where
    /// silence ended it.
    pub dead_for: Duration,
    /// How long the will waits, where it does.
    pub waits: Option<Duration>,
}

impl Notice {
    /// Reads the broker's JSON; `None` for anything else.
    pub fn parse(payload: &[u8]) -> Option<Notice> {
        let value: Value = serde_json::from_slice(payload).ok()?;
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let millis = |name: &str| value.get(name)?.as_u64().map(Duration::from_millis);
        Some(Notice {
            client: text("client")?,
            topic: text("topic")?,
            fate: text("fate")?,
            cause: text("cause")?,
            dead_for: millis("dead_for_ms")?,
            waits: millis("waits_ms"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_broker_writes_and_nothing_else() {
        let notice = Notice::parse(
            br#"{"client":"A","topic":"t","fate":"published","cause":"c","dead_for_ms":7500}"#,
        );
        let notice = notice.expect("a notice");
        assert_eq!((notice.client.as_str(), notice.dead_for.as_millis()), ("A", 7500));
        assert_eq!(notice.waits, None);
        for other in ["", "{}", "[1]", "offline", r#"{"client":1,"topic":"t"}"#] {
            assert_eq!(Notice::parse(other.as_bytes()), None, "{other}");
        }
    }
}
