//! Subscriptions: who gets a topic, among how many others.

use std::hint::black_box;

use super::{Family, Law, Prepared};
use crate::broker::router::{Options, Router, SessionKey};
use crate::protocol::{TopicFilter, TopicName};

const FEW: &[usize] = &[100, 10_000];
const MANY: &[usize] = &[1_000_000];

/// Topics of one run. Each is new, so that no route is remembered.
const TOPICS: usize = 100;

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new("match/exact", Law::Constant, FEW, MANY, |n| {
            find(n, |i| format!("plant/{i}/temperature"), |i, _| format!("plant/{i}/temperature"))
        }),
        Family::new("match/plus", Law::Constant, FEW, MANY, |n| {
            find(n, |i| format!("plant/+/{i}"), |i, run| format!("plant/{run}/{i}"))
        }),
        Family::new("match/hash", Law::Constant, FEW, MANY, |n| {
            find(n, |i| format!("plant/{i}/#"), |i, run| format!("plant/{i}/{run}"))
        }),
        Family::new("match/known", Law::Constant, FEW, MANY, known),
        Family::new("match/levels", Law::Constant, &[2, 20, 200], &[], levels),
        Family::new("subscribe/exact", Law::Constant, FEW, MANY, |n| {
            subscribe(n, |i| format!("plant/{i}/temperature"))
        }),
        Family::new("subscribe/wildcard", Law::Constant, FEW, MANY, |n| {
            subscribe(n, |i| format!("plant/{i}/#"))
        }),
        Family::new("subscribe/one-client", Law::Logarithmic, FEW, MANY, one_client),
    ]
}

/// `count` sessions with one subscription each.
fn router(count: usize, filter: impl Fn(usize) -> String) -> Router {
    let mut router = Router::new(7);
    for i in 0..count {
        let session = SessionKey(i as u32);
        router.subscribe(TopicFilter::new(&filter(i)).unwrap(), session, Options::default());
    }
    router
}

/// Finds the one subscription for topics that nobody has asked for yet.
fn find(
    count: usize,
    filter: impl Fn(usize) -> String,
    topic: impl Fn(usize, usize) -> String,
) -> Prepared {
    let mut router = router(count, filter);
    let topics: Vec<String> = (0..TOPICS).map(|run| topic(run * (count / TOPICS), run)).collect();
    Prepared::once(TOPICS, move || {
        for topic in &topics {
            let route = router.route(TopicName::new(black_box(topic)).unwrap());
            assert_eq!(router.at(route).targets().count(), 1);
        }
    })
}

/// Asks for a topic again whose route was found before.
fn known(count: usize) -> Prepared {
    let mut router = router(count, |i| format!("plant/{i}/temperature"));
    let topic = format!("plant/{}/temperature", count / 2);
    Prepared::repeating(TOPICS, move || {
        for _ in 0..TOPICS {
            let route = router.route(TopicName::new(black_box(&topic)).unwrap());
            assert!(!router.at(route).is_empty());
        }
    })
}

/// Topics with many levels: one level is an operation. An exact filter, one with `+` at every
/// second level, and a `#`.
fn levels(count: usize) -> Prepared {
    let mut router = Router::new(7);
    let level = |i: usize| if i % 2 == 1 { "+".to_owned() } else { "level".to_owned() };
    let filters = [
        vec!["level"; count].join("/"),
        (0..count).map(level).collect::<Vec<String>>().join("/"),
        "level/#".to_owned(),
    ];
    for (session, filter) in (0..).zip(&filters) {
        let filter = TopicFilter::new(filter).unwrap();
        router.subscribe(filter, SessionKey(session), Options::default());
    }
    let topics: Vec<String> = (0..TOPICS)
        .map(|run| {
            let mut topic = vec!["level"; count - 1].join("/");
            topic.push_str(&format!("/{run}"));
            topic
        })
        .collect();
    Prepared::once(TOPICS * count, move || {
        for topic in &topics {
            let route = router.route(TopicName::new(black_box(topic)).unwrap());
            assert!(!router.at(route).is_empty());
        }
    })
}

/// One more session subscribes and unsubscribes.
fn subscribe(count: usize, filter: impl Fn(usize) -> String) -> Prepared {
    let mut router = router(count, &filter);
    let session = SessionKey(count as u32);
    let filters: Vec<String> = (0..TOPICS).map(|i| filter(count + i)).collect();
    Prepared::repeating(TOPICS, move || {
        for filter in &filters {
            let filter = TopicFilter::new(black_box(filter)).unwrap();
            router.subscribe(filter, session, Options::default());
        }
        for filter in &filters {
            assert!(router.unsubscribe(TopicFilter::new(filter).unwrap(), session));
        }
    })
}

/// A session that has `count` subscriptions subscribes and unsubscribes.
fn one_client(count: usize) -> Prepared {
    let mut router = Router::new(7);
    let session = SessionKey(0);
    let filter = |i: usize| format!("plant/{i}/temperature");
    for i in 0..count {
        router.subscribe(TopicFilter::new(&filter(i)).unwrap(), session, Options::default());
    }
    let filters: Vec<String> = (0..TOPICS).map(|i| filter(count + i)).collect();
    Prepared::repeating(TOPICS, move || {
        for filter in &filters {
            let filter = TopicFilter::new(black_box(filter)).unwrap();
            router.subscribe(filter, session, Options::default());
        }
        for filter in &filters {
            assert!(router.unsubscribe(TopicFilter::new(filter).unwrap(), session));
        }
    })
}
