//! `max_queued_bytes_total`: many sessions that nobody reads fill what all may hold together. Who is
//! there notices nothing, what was taken in is kept, and the memory comes back.

use crate::broker::testing::*;

/// Sessions that are away.
const ABSENT: usize = 500;
/// Bytes that all of them may hold together.
const TOTAL: usize = 100_000;
/// Topic and payload of a message, in bytes.
const MESSAGE: usize = 5 + 50;
/// Messages that each of them should get.
const ROUNDS: usize = 20;

fn name(index: usize) -> String {
    format!("absent-{index}")
}

fn text(round: usize) -> String {
    format!("{round:050}")
}

/// A broker with everybody absent, and a healthy pair.
fn bench() -> Bench {
    let mut t = Bench::with(|policy| policy.queue_bytes_total_max = TOTAL);
    for index in 0..ABSENT {
        let name = name(index);
        t.connect(&name).expiry(60).go();
        t.subscribe(&name, "flood", Q1);
        t.cut(&name);
    }
    t.watch("reader", "calm");
    t.connect("writer").go();
    t.connect("flooder").go();
    t
}

/// Publishes far more than fits; after each message the pair goes on as if nothing were.
fn flood(t: &mut Bench) {
    for round in 0..ROUNDS {
        t.publish("flooder", "flood", &text(round), Q1);
        t.lines();
        let id = t.publish("writer", "calm", &text(round), Q1).unwrap();
        let lines = t.lines();
        let acknowledged = format!("writer < PUBACK {id} 00");
        assert!(lines.contains(&acknowledged), "round {round}: {lines:?}");
        let delivered = format!("reader < calm {} q1 #{}", text(round), round + 1);
        assert!(lines.contains(&delivered), "round {round}: {lines:?}");
        t.puback("reader", u16::try_from(round + 1).unwrap());
    }
}

/// What a session kept: it comes back and reads to the end.
fn read_back(t: &mut Bench, name: &str) -> Vec<String> {
    t.lines();
    t.connect(name).resume().expiry(60).go();
    let mut texts = Vec::new();
    let mut packets = t.got(name);
    assert!(packets.remove(0).starts_with("CONNACK 00 present"));
    while !packets.is_empty() {
        for packet in std::mem::take(&mut packets) {
            let mut words = packet.split(' ').skip(1);
            texts.push(words.next().unwrap().to_owned());
            let id = words.nth(1).unwrap().trim_start_matches('#').parse().unwrap();
            t.puback(name, id);
        }
        packets = t.got(name);
    }
    texts
}

#[test]
fn a_full_store_of_queues_disturbs_nobody_and_comes_back() {
    let mut t = bench();
    flood(&mut t);
    let stats = t.broker.stats();
    assert!(stats.queued_bytes <= TOTAL, "{}", stats.queued_bytes);
    // As full as whole messages make it.
    assert!(stats.queued_bytes + MESSAGE > TOTAL, "{}", stats.queued_bytes);
    assert_eq!(stats.queued_bytes, stats.queued * MESSAGE);
    let kept = stats.queued;
    assert_eq!(stats.publish_dropped, (ABSENT * ROUNDS - kept) as u64);
    let mut read = 0;
    for index in 0..ABSENT {
        let texts = read_back(&mut t, &name(index));
        // What was kept is the beginning of what came, in order.
        let expected: Vec<String> = (0..texts.len()).map(text).collect();
        assert_eq!(texts, expected, "{index}");
        read += texts.len();
    }
    assert_eq!(read, kept);
    let stats = t.broker.stats();
    assert_eq!((stats.queued, stats.queued_bytes), (0, 0));
    // There is room again.
    let returned = name(0);
    t.cut(&returned);
    t.publish("flooder", "flood", &text(99), Q1);
    assert_eq!(read_back(&mut t, &returned), [text(99)]);
}

#[test]
fn sessions_that_expire_give_back_what_they_held() {
    let mut t = bench();
    flood(&mut t);
    assert!(t.broker.stats().queued > 0);
    t.at(100.0);
    let stats = t.broker.stats();
    assert_eq!((stats.queued, stats.queued_bytes), (0, 0));
    // The sessions of who is there are all that is left.
    assert_eq!(stats.connected, 3);
}
