//! Who may write and read which topics. The one place that is asked.

use crate::broker::policy::Identity;
use crate::protocol::{TopicFilter, TopicName};

/// Whether a client may publish to a topic, as a PUBLISH or as its will. Nobody outside the broker
/// writes to `$SYS/`, but for the state of bridges (D6); `$CONTROL/` and `$share/` are no topics.
pub(super) fn may_write(_identity: &Identity, _client_id: &str, topic: TopicName<'_>) -> bool {
    if !topic.is_dollar() {
        return true;
    }
    let text = topic.as_str();
    if is_below(text, "$SYS") {
        return is_bridge_state(text);
    }
    !is_below(text, "$CONTROL") && !is_below(text, "$share")
}

/// Whether a client may subscribe to a filter; for a shared subscription, the filter behind the
/// share name.
pub(super) fn may_read(_identity: &Identity, _client_id: &str, filter: TopicFilter<'_>) -> bool {
    let filter = filter.shared().map_or(filter, |shared| shared.filter);
    !is_below(filter.as_str(), "$CONTROL")
}

/// `$SYS/broker/connection/NAME/state`: what a mosquitto bridge leaves as its will.
fn is_bridge_state(topic: &str) -> bool {
    let name =
        topic.strip_prefix("$SYS/broker/connection/").and_then(|rest| rest.strip_suffix("/state"));
    name.is_some_and(|name| !name.contains('/'))
}

fn is_below(topic: &str, root: &str) -> bool {
    topic.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
