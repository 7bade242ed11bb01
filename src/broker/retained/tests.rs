//! The store against a plain map, read in pieces while it changes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::protocol::{MessageRef, Properties, QoS};

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn filter(text: &str) -> TopicFilter<'_> {
    TopicFilter::new(text).expect("the tests write valid filters")
}

fn topic(text: &str) -> TopicName<'_> {
    TopicName::new(text).expect("the tests write valid topics")
}

fn keep(store: &mut RetainedStore, message: Message, expires_at: Option<Timestamp>) {
    store.insert(Retained { message, expires_at, publisher: None });
}

fn message(name: &str, payload: &str) -> Message {
    let message = MessageRef {
        topic: topic(name),
        qos: QoS::AtMostOnce,
        retain: true,
        properties: Properties::EMPTY,
        payload: payload.as_bytes(),
    };
    Message::copy_of(message, None)
}

fn store<'a>(topics: impl IntoIterator<Item = &'a str>) -> RetainedStore {
    let mut store = RetainedStore::new(1);
    topics.into_iter().for_each(|name| keep(&mut store, message(name, "x"), None));
    store
}

fn names(batch: &[Retained]) -> Vec<String> {
    batch.iter().map(|it| it.message.topic().as_str().to_owned()).collect()
}

/// Everything that a filter matches, read in batches; how many calls it took.
fn scan_all(store: &RetainedStore, text: &str, messages_max: usize) -> (Vec<String>, usize) {
    let (mut found, mut cursor, mut calls) = (Vec::new(), None, 0);
    loop {
        let (batch, next) = store.scan(filter(text), cursor.as_ref(), messages_max, NOW);
        assert!(batch.len() <= messages_max);
        found.extend(names(&batch));
        calls += 1;
        match next {
            Some(next) => cursor = Some(next),
            None => return (found, calls),
        }
    }
}

fn topics() -> impl Strategy<Value = String> {
    // `!` sorts before `/`, `0` just behind it: both beside a branch.
    let level = prop::sample::select(vec!["a", "b", "", "a!", "a0", "$s"]);
    let text = prop::collection::vec(level, 1..5).prop_map(|levels| levels.join("/"));
    text.prop_map(|text| if text.is_empty() { "/".to_owned() } else { text })
}

fn filters() -> impl Strategy<Value = String> {
    let level = prop::sample::select(vec!["a", "b", "", "a!", "$s", "+", "+", "+"]);
    let levels = prop::collection::vec(level, 1..5);
    (levels, any::<bool>()).prop_map(|(mut levels, is_multi)| {
        if is_multi {
            let last = levels.len() - 1;
            levels[last] = "#";
        }
        let text = levels.join("/");
        if text.is_empty() { "/".to_owned() } else { text }
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 512,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_scan_finds_what_matches(
        topics in prop::collection::btree_set(topics(), 0..60),
        filters in prop::collection::vec(filters(), 1..6),
        messages_max in 1..7_usize,
    ) {
        let store = store(topics.iter().map(String::as_str));
        for text in filters {
            let expected: Vec<&str> = topics
                .iter()
                .map(String::as_str)
                .filter(|name| filter(&text).matches(topic(name)))
                .collect();
            let (found, _) = scan_all(&store, &text, messages_max);
            prop_assert_eq!(found, expected, "{}", text);
        }
    }

    /// What is there from the first to the last batch is found exactly once, what was never there
    /// or does not match never, and nothing twice.
    #[test]
    fn a_cursor_survives_changes(
        topics in prop::collection::btree_set(topics(), 10..60),
        text in filters(),
        changes in prop::collection::vec((any::<bool>(), topics()), 0..60),
        messages_max in 1..4_usize,
    ) {
        let mut store = store(topics.iter().map(String::as_str));
        let mut always: BTreeSet<String> = topics.clone();
        let mut ever = topics;
        let (mut found, mut cursor) = (Vec::new(), None);
        let mut changes = changes.into_iter();
        loop {
            let (batch, next) = store.scan(filter(&text), cursor.as_ref(), messages_max, NOW);
            found.extend(names(&batch));
            let Some(next) = next else { break };
            // A reader that had room for the first message only.
            cursor = match batch.as_slice() {
                [first, _, ..] => {
                    found.truncate(found.len() - batch.len() + 1);
                    Some(Cursor::after(first))
                }
                _ => Some(next),
            };
            for (is_insert, name) in changes.by_ref().take(3) {
                if is_insert {
                    keep(&mut store, message(&name, "new"), None);
                    ever.insert(name);
                } else {
                    store.remove(topic(&name));
                    always.remove(&name);
                }
            }
        }
        prop_assert!(found.is_sorted_by(|one, next| one < next));
        for name in &found {
            prop_assert!(ever.contains(name) && filter(&text).matches(topic(name)));
        }
        for name in always.iter().filter(|name| filter(&text).matches(topic(name))) {
            prop_assert!(found.contains(name), "{} was always there", name);
        }
    }

    /// Counts, bytes and deadlines follow a plain map through any changes.
    #[test]
    fn accounts_follow_a_plain_map(
        changes in prop::collection::vec((0..4_u8, topics(), 0..9_u64), 1..80),
    ) {
        let mut store = RetainedStore::new(2);
        let mut plain: BTreeMap<String, (Message, Option<Timestamp>)> = BTreeMap::new();
        for (what, name, n) in changes {
            match what {
                0 => {
                    let removed = plain.remove(&name).is_some();
                    prop_assert_eq!(store.remove(topic(&name)), removed);
                }
                1 => {
                    let now = NOW.plus_millis(n);
                    let before = plain.len();
                    plain.retain(|_, (_, at)| at.is_none_or(|at| at > now));
                    prop_assert_eq!(store.drop_expired(now, 1000, |_| ()), before - plain.len());
                }
                _ => {
                    let at = (what == 2).then(|| NOW.plus_millis(n + 1));
                    let message = message(&name, &"x".repeat(n as usize));
                    keep(&mut store, message.clone(), at);
                    plain.insert(name, (message, at));
                }
            }
            prop_assert_eq!(store.len(), plain.len());
            let bytes: usize = plain.values().map(|it| it.0.size()).sum();
            prop_assert_eq!(store.bytes(), bytes);
            prop_assert_eq!(store.deadline(), plain.values().filter_map(|it| it.1).min());
        }
        for (name, (kept, _)) in &plain {
            let found = store.find(topic(name), NOW).expect("nothing expires before NOW + 1");
            prop_assert_eq!(found.message.payload(), kept.payload());
        }
        for name in plain.keys() {
            store.remove(topic(name));
        }
        prop_assert_eq!((store.len(), store.bytes(), store.deadline()), (0, 0, None));
        prop_assert!(store.by_topic.is_empty() && store.in_order.is_empty());
    }
}

#[test]
fn an_expired_message_is_neither_found_nor_kept() {
    let mut store = store(["a/forever"]);
    let soon = NOW.plus_secs(2);
    keep(&mut store, message("a/soon", "x"), Some(soon));
    assert_eq!(store.deadline(), Some(soon));
    let at = |moment| {
        let (batch, _) = store.scan(filter("a/+"), None, 10, moment);
        (names(&batch).len(), store.find(topic("a/soon"), moment).is_some())
    };
    assert_eq!(at(soon.plus_millis(0)), (1, false));
    assert_eq!(at(NOW.plus_millis(1_999)), (2, true));
    let (batch, _) = store.scan(filter("a/soon"), None, 10, soon);
    assert!(batch.is_empty());
    assert_eq!(store.drop_expired(soon, 10, |_| ()), 1);
    assert_eq!((store.len(), store.deadline()), (1, None));
}

#[test]
fn expiry_goes_in_steps_and_a_replacement_lives_on() {
    let mut store = RetainedStore::new(3);
    for n in 0..10 {
        keep(&mut store, message(&format!("t/{n}"), "x"), Some(NOW));
    }
    keep(&mut store, message("t/3", "new"), Some(NOW.plus_secs(9)));
    keep(&mut store, message("t/4", "new"), None);
    assert_eq!(store.drop_expired(NOW, 5, |_| ()), 5);
    assert_eq!(store.deadline(), Some(NOW), "more is due");
    assert_eq!(store.drop_expired(NOW, 5, |_| ()), 3);
    assert_eq!(scan_all(&store, "#", 9).0, ["t/3", "t/4"]);
    assert_eq!(store.deadline(), Some(NOW.plus_secs(9)));
}

#[test]
fn an_exact_filter_gets_its_message_once() {
    let store = store(["a", "a/b", "$SYS/x"]);
    let (batch, next) = store.scan(filter("a/b"), None, 10, NOW);
    assert_eq!((names(&batch), next), (vec!["a/b".to_owned()], None));
    let behind = Cursor::after(&batch[0]);
    assert!(store.scan(filter("a/b"), Some(&behind), 10, NOW).0.is_empty());
    assert_eq!(scan_all(&store, "$SYS/x", 1).0, ["$SYS/x"]);
    assert_eq!(scan_all(&store, "$SYS/#", 1).0, ["$SYS/x"]);
    assert_eq!(scan_all(&store, "#", 1).0, ["a", "a/b"]);
    assert!(scan_all(&store, "$share/g/a/#", 1).0.is_empty());
}

#[test]
fn branches_that_cannot_match_are_not_walked() {
    let mut topics: Vec<String> = (0..20_000).map(|n| format!("a/{n}")).collect();
    topics.extend((0..100).flat_map(|n| (0..100).map(move |m| format!("b/{n}/{m}"))));
    topics.push("c/last".to_owned());
    let store = store(topics.iter().map(String::as_str));
    assert_eq!(scan_all(&store, "c/#", 10), (vec!["c/last".to_owned()], 1));
    let (found, calls) = scan_all(&store, "b/+/7", 1000);
    assert_eq!((found.len(), calls), (100, 1));
}

#[test]
fn a_call_that_finds_nothing_is_bounded_too() {
    let topics: Vec<String> = (0..5_000).map(|n| format!("a/{n}")).collect();
    let store = store(topics.iter().map(String::as_str));
    let (batch, next) = store.scan(filter("+/+/x"), None, 10, NOW);
    assert!(batch.is_empty() && next.is_some());
    let (found, calls) = scan_all(&store, "+/+/x", 10);
    assert!(found.is_empty());
    assert!((4..7).contains(&calls), "{calls} calls");
}

#[test]
fn the_deepest_topics_cost_no_stack() {
    let slashes = "/".repeat(65_535);
    let store = store([&*slashes, "a"]);
    let pluses = vec!["+"; 32_768].join("/");
    let multi = format!("{}#", "/".repeat(65_534));
    assert_eq!(scan_all(&store, &multi, 1).0, [slashes.as_str()]);
    assert!(scan_all(&store, &pluses, 1).0.is_empty());
    assert_eq!(scan_all(&store, "#", 1).0.len(), 2);
}

#[test]
fn a_topic_can_be_shared_with_what_replaces_it() {
    let mut store = store(["a"]);
    let kept = Arc::clone(store.topic(topic("a")).expect("it is there"));
    let next = message("a", "new");
    keep(&mut store, Message::copy_of(next.as_ref(), Some(kept)), None);
    let found = store.find(topic("a"), NOW).expect("it is there");
    assert!(Arc::ptr_eq(
        found.message.topic_shared(),
        store.topic(topic("a")).expect("it is there")
    ));
    assert_eq!(found.message.payload(), b"new");
}
