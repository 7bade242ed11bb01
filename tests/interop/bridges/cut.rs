//! The link breaks, the remote broker dies, we die: nothing is lost, nothing of QoS 2 comes twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::wire::Relay;
use super::{Kind, Node, QUIET, bridge};
use crate::process::kill::check;
use crate::process::peers::{Publisher, Reader};
use crate::support::packet::{self, Version};
use crate::support::program::Program;
use crate::support::raw::Raw;
use crate::support::{PATIENCE, await_within};

/// What is published and not acknowledged.
const WINDOW: u64 = 20;

/// mosquitto 2.0.11 counts what may be on the way wrongly when a session comes back, and then closes its
/// connection at each attempt; without a bound it does not count.
const UNCOUNTED: &str = "max_inflight_messages 0\n";

/// Publishes 1 to `count`; all are with the broker when this returns.
fn publish_numbers(raw: &mut Raw, topic: &str, qos: u8, count: u64) {
    let ack = |head: u8, id: u64| [head, 2, (id >> 8) as u8, id as u8];
    let numbers: Vec<u64> = (1..=count).collect();
    for window in numbers.chunks(WINDOW as usize) {
        for number in window {
            let id = *number as u16;
            let text = number.to_string();
            raw.send(&packet::publish(Version::V4, topic, &text, qos << 1, id));
        }
        let head = if qos == 2 { 0x50 } else { 0x40 };
        window.iter().for_each(|number| raw.expect(&ack(head, *number)));
        if qos == 2 {
            window.iter().for_each(|number| raw.send(&ack(0x62, *number)));
            window.iter().for_each(|number| raw.expect(&ack(0x70, *number)));
        }
    }
}

/// The numbers that an observer has shown for a topic.
fn seen(observer: &Program, topic: &str) -> Vec<u64> {
    let lines = observer.stdout.so_far();
    let of_topic = lines.iter().filter_map(|line| line.strip_prefix(topic)?.strip_prefix(' '));
    of_topic.filter_map(|rest| rest.split(' ').next()?.parse().ok()).collect()
}

/// Waits for a number. Looks seldom: there is a lot to look at.
fn await_seen(observer: &Program, topic: &str, number: u64) {
    await_within(PATIENCE * 6, &format!("{topic} {number}"), || {
        thread::park_timeout(Duration::from_millis(200));
        seen(observer, topic).contains(&number)
    });
}

/// Ten thousand messages of each QoS wait for a remote broker that is away; while they flow, the
/// link breaks again and again.
fn what_waits_comes(remote: Kind, version: &str) {
    const COUNT: u64 = 10_000;
    let window = if remote == Kind::Mosquitto { UNCOUNTED } else { "" };
    let far = Node::start(remote, &format!("{QUIET}max_queued_messages 0\n{window}"));
    let mut relay = Relay::new(&far);
    let mut near = Node::new(Kind::Ours);
    let lines = format!(
        "bridge_protocol_version {version}\nbridge_session_expiry_interval 600\ntopic # out 2\n"
    );
    near.run(&format!("{QUIET}{}", bridge(&relay.address(), &lines)));
    let observer = far.observer("eye", "#");
    let mut publisher = near.raw("publisher");
    publish_numbers(&mut publisher, "q1", 1, COUNT);
    publish_numbers(&mut publisher, "q2", 2, COUNT);
    relay.open();
    for (topic, count) in [("q1", 1), ("q1", 3_000), ("q1", 7_000), ("q2", 1), ("q2", 5_000)] {
        await_seen(&observer, topic, count);
        relay.close();
        relay.open();
    }
    await_seen(&observer, "q2", COUNT);
    await_seen(&observer, "q1", COUNT);
    check("QoS 1", &seen(&observer, "q1"), COUNT, false);
    check("QoS 2", &seen(&observer, "q2"), COUNT, true);
}

#[test]
fn what_waits_for_mosquitto_comes_in_order_though_the_link_breaks() {
    what_waits_comes(Kind::Mosquitto, "mqttv311");
}

#[test]
fn what_waits_for_ourselves_comes_in_order_though_the_link_breaks() {
    what_waits_comes(Kind::Ours, "mqttv50");
}

/// Who is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Victim {
    Near,
    Far,
}

/// Numbers flow both ways while one of the brokers is killed again and again.
fn killed(victim: Victim, remote: Kind, version: &str, kills: u64) {
    let mut far = Node::on_localhost(remote);
    let stores = "persistence true\nmax_queued_messages 0\n";
    far.run(&format!("{QUIET}{stores}{UNCOUNTED}"));
    let lines = format!(
        "bridge_protocol_version {version}\nbridge_session_expiry_interval 600\n\
         topic o1 out 1\ntopic o2 out 2\ntopic i1 in 1\ntopic i2 in 2\n"
    );
    let mut near = Node::on_localhost(Kind::Ours);
    near.run(&format!("{QUIET}{stores}{}", bridge(&far.address(), &lines)));
    near.log().line_with("Bridge b connected");
    let is_over = Arc::new(AtomicBool::new(false));
    let publish = |port, id, topic, qos| {
        let is_over = Arc::clone(&is_over);
        thread::spawn(move || Publisher::new(port, id, topic, qos).at_most(200).run(&is_over))
    };
    let read = |port: u16, filters: [&'static str; 2]| {
        let mut reader = Reader::new(port, "reader", 2);
        reader.subscribe(&filters);
        let is_over = Arc::clone(&is_over);
        thread::spawn(move || {
            reader.run(&is_over);
            reader
        })
    };
    let readers = [read(far.port, ["o1", "o2"]), read(near.port, ["i1", "i2"])];
    let publishers = [
        ("o1", publish(near.port, "po1", "o1", 1)),
        ("o2", publish(near.port, "po2", "o2", 2)),
        ("i1", publish(far.port, "pi1", "i1", 1)),
        ("i2", publish(far.port, "pi2", "i2", 2)),
    ];
    for kill in 0..kills {
        thread::park_timeout(Duration::from_millis(150 + kill * 37 % 200));
        let node = if victim == Victim::Near { &mut near } else { &mut far };
        node.end("KILL");
        node.resume();
    }
    is_over.store(true, Ordering::SeqCst);
    let counts = publishers.map(|(topic, it)| (topic, it.join().unwrap()));
    let [mut outward, mut inward] = readers.map(|reader| reader.join().unwrap());
    let [o1, o2, i1, i2] = counts;
    let has = |seen: &dyn Fn(&str) -> Vec<u64>, of: (&str, u64)| seen(of.0).contains(&of.1);
    outward.drain(|seen| has(seen, o1) && has(seen, o2));
    inward.drain(|seen| has(seen, i1) && has(seen, i2));
    for (reader, (topic, count)) in [(&outward, o1), (&outward, o2), (&inward, i1), (&inward, i2)] {
        eprintln!("{topic}: {count}");
        assert!(count > kills, "{topic}: hardly anything was published");
        check(topic, &reader.seen[topic], count, topic.ends_with('2'));
    }
}

#[test]
fn a_bridge_to_mosquitto_that_is_killed_loses_nothing_and_doubles_nothing_of_qos_2() {
    killed(Victim::Near, Kind::Mosquitto, "mqttv311", 6);
}

#[test]
fn a_bridge_to_ourselves_that_is_killed_loses_nothing_and_doubles_nothing_of_qos_2() {
    killed(Victim::Near, Kind::Ours, "mqttv50", 6);
}

#[test]
fn a_remote_broker_that_is_killed_gets_everything_and_nothing_of_qos_2_twice() {
    killed(Victim::Far, Kind::Ours, "mqttv311", 6);
}
