//! Retained messages: one among many, a branch of them, all.

use std::hint::black_box;

use super::{Family, Law, Prepared};
use crate::broker::retained::{Retained, RetainedStore};
use crate::protocol::{Message, MessageRef, Properties, QoS, TopicFilter, TopicName};
use crate::time::Timestamp;

const FEW: &[usize] = &[100, 10_000];
const MANY: &[usize] = &[1_000_000];

/// Operations of one run.
const TIMES: usize = 100;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

pub(super) fn families() -> Vec<Family> {
    vec![
        Family::new("retained/set", Law::Logarithmic, FEW, MANY, set),
        Family::new("retained/exact", Law::Constant, FEW, MANY, |n| {
            read(n, TIMES, 1, |i| format!("plant/{}/{}", i / 10, i % 10))
        }),
        Family::new("retained/branch", Law::Logarithmic, FEW, MANY, |n| {
            read(n, TIMES / 10, 10, |i| format!("plant/{}/#", i / 10))
        }),
        Family::new("retained/plus", Law::Logarithmic, FEW, MANY, |n| {
            read(n, 1, n / 10, |_| "plant/+/7".to_owned())
        }),
        Family::new("retained/all", Law::Constant, FEW, MANY, |n| {
            read(n, 1, n, |_| "#".to_owned())
        }),
    ]
}

fn retained(i: usize) -> Retained {
    let topic = format!("plant/{}/{}", i / 10, i % 10);
    let message = MessageRef {
        topic: TopicName::new(&topic).unwrap(),
        qos: QoS::AtMostOnce,
        retain: true,
        properties: Properties::EMPTY,
        payload: b"twenty bytes of data",
    };
    Retained { message: Message::copy_of(message, None), expires_at: None, publisher: None }
}

fn store(count: usize) -> RetainedStore {
    let mut store = RetainedStore::new(7);
    (0..count).for_each(|i| store.insert(retained(i)));
    store
}

/// A message for a topic that has none, and its removal.
fn set(count: usize) -> Prepared {
    let mut store = store(count);
    let others: Vec<Retained> = (0..TIMES).map(|i| retained(count + i)).collect();
    Prepared::repeating(TIMES, move || {
        others.iter().for_each(|other| store.insert(other.clone()));
        for other in &others {
            assert!(store.remove(other.message.topic()));
        }
    })
}

/// Reads for `times` filters, each of which finds `found` messages: one message is an operation.
fn read(count: usize, times: usize, found: usize, filter: impl Fn(usize) -> String) -> Prepared {
    let store = store(count);
    let filters: Vec<String> = (0..times).map(|i| filter(i * (count / times))).collect();
    Prepared::repeating(times * found, move || {
        for filter in &filters {
            let filter = TopicFilter::new(black_box(filter)).unwrap();
            let (mut cursor, mut read) = (None, 0);
            loop {
                let (messages, next) = store.scan(filter, cursor.as_ref(), 64, NOW);
                read += messages.len();
                black_box(messages);
                cursor = next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(read, found);
        }
    })
}
