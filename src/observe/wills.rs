//! What `$SYS` tells about wills, as JSON: each settlement, and the list of those that are held.

use serde_json::{Value, json};

use crate::broker::HeldWill;
use crate::broker::event::{Event, WillFate};
use crate::observe::will_lines::Cause;
use crate::time::Timestamp;

/// Where each settlement is told.
pub const EVENT_TOPIC: &str = "$SYS/broker/wills/event";
/// Whoever subscribes to this gets the list.
pub const LIST_TOPIC: &str = "$SYS/broker/wills/list";
/// Most wills in the list: it is made while everybody waits.
const LISTED_MAX: usize = 1000;

/// The settlement of a will in JSON; `None` for any other event.
pub fn settlement(event: &Event<'_>, now: Timestamp) -> Option<String> {
    let Event::Will { client_id, topic, fate, cause, dead_for } = event else { return None };
    let (word, due) = match fate {
        WillFate::Published => ("published", None),
        WillFate::Waiting(due) => ("waiting", Some(*due)),
        WillFate::Discarded => ("discarded", None),
        WillFate::Cancelled => ("cancelled", None),
        WillFate::Refused => ("refused", None),
    };
    let mut told = json!({
        "client": client_id,
        "topic": topic.as_str(),
        "fate": word,
        "cause": Cause(*cause).to_string(),
        "at_ms": now.millis(),
        "dead_for_ms": dead_for.as_millis() as u64,
    });
    if let Some(due) = due {
        told["due_ms"] = due.millis().into();
        told["waits_ms"] = (due.since(now).as_millis() as u64).into();
    }
    Some(told.to_string())
}

/// The wills that are held, those that wait first, by their moment.
pub fn list<'a>(wills: impl Iterator<Item = HeldWill<'a>>, now: Timestamp) -> String {
    let mut wills: Vec<HeldWill<'a>> = wills.collect();
    let total = wills.len();
    let is_first = |will: &HeldWill<'_>| will.due_at.unwrap_or(Timestamp::NEVER);
    if total > LISTED_MAX {
        wills.select_nth_unstable_by_key(LISTED_MAX, is_first);
        wills.truncate(LISTED_MAX);
    }
    wills.sort_by(|a, b| is_first(a).cmp(&is_first(b)).then_with(|| a.client_id.cmp(b.client_id)));
    let waiting = wills.iter().filter(|will| will.due_at.is_some()).count();
    let told: Vec<Value> = wills.iter().map(|will| held(will, now)).collect();
    json!({ "at_ms": now.millis(), "total": total, "waiting": waiting, "wills": told }).to_string()
}

fn held(will: &HeldWill<'_>, now: Timestamp) -> Value {
    let mut told = json!({
        "client": will.client_id,
        "topic": will.topic.as_str(),
        "qos": will.qos as u8,
        "retain": will.retain,
        "bytes": will.size,
        "delay_s": will.delay_secs,
        "state": if will.due_at.is_some() { "waiting" } else { "armed" },
    });
    if let Some(due) = will.due_at {
        told["due_ms"] = due.millis().into();
        told["waits_ms"] = (due.since(now).as_millis() as u64).into();
    }
    told
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::broker::event::{End, Lost};
    use crate::protocol::{QoS, TopicName};

    fn will(client_id: &str, due_secs: Option<u32>) -> HeldWill<'_> {
        HeldWill {
            client_id,
            topic: TopicName::new("w").unwrap(),
            qos: QoS::AtLeastOnce,
            retain: true,
            size: 3,
            delay_secs: 9,
            due_at: due_secs.map(|secs| Timestamp::from_millis(0).plus_secs(secs)),
        }
    }

    #[test]
    fn what_waits_comes_first() {
        let wills = [will("b", None), will("a", None), will("d", Some(7)), will("c", Some(5))];
        let list = list(wills.into_iter(), Timestamp::from_millis(2000));
        let list: Value = serde_json::from_str(&list).unwrap();
        let names: Vec<&str> = list["wills"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| it["client"].as_str())
            .collect();
        assert_eq!(names, ["c", "d", "a", "b"]);
        assert_eq!((&list["total"], &list["waiting"]), (&json!(4), &json!(2)));
        assert_eq!(list["wills"][0]["waits_ms"], 3000);
        assert_eq!(list["wills"][2]["state"], "armed");
    }

    #[test]
    fn the_list_is_bounded_and_keeps_what_waits() {
        let armed = (0..2 * LISTED_MAX).map(|_| will("x", None));
        let wills = armed.chain([will("late", Some(9)), will("soon", Some(3))]);
        let list: Value = serde_json::from_str(&list(wills, Timestamp::from_millis(0))).unwrap();
        assert_eq!(list["total"], 2 * LISTED_MAX + 2);
        assert_eq!(list["wills"].as_array().map(Vec::len), Some(LISTED_MAX));
        assert_eq!(list["wills"][0]["client"], "soon");
        assert_eq!(list["wills"][1]["client"], "late");
    }

    #[test]
    fn settlements() {
        let event = Event::Will {
            client_id: "a",
            topic: TopicName::new("w").unwrap(),
            fate: WillFate::Waiting(Timestamp::from_millis(9000)),
            cause: End::Lost(Lost::PeerReset),
            dead_for: Duration::from_millis(5),
        };
        let told = settlement(&event, Timestamp::from_millis(4000)).unwrap();
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["fate"], "waiting");
        assert_eq!((&told["waits_ms"], &told["dead_for_ms"]), (&json!(5000), &json!(5)));
        assert_eq!(told["cause"], "connection reset without DISCONNECT");
        let other = Event::SessionExpired { client_id: "a" };
        assert_eq!(settlement(&other, Timestamp::from_millis(0)), None);
    }
}
