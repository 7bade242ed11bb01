//! Everything at once, from a seed: clients come, publish, die and come back, and what every
//! subscriber saw is compared with what it must have seen.

use std::collections::{BTreeMap, BTreeSet};

use crate::broker::random::Random;
use crate::broker::testing::*;
use crate::broker::tests::kept::Kept;
use crate::protocol::Property;

/// A persistent subscriber that keeps the books.
#[derive(Default)]
struct Reader {
    is_online: bool,
    window: usize,
    /// Unacknowledged on this connection: packet id, and whether PUBREL is what is awaited.
    open: BTreeMap<u16, bool>,
    /// QoS 2 messages whose PUBREC was sent: their repeats are known.
    received: BTreeSet<u16>,
    /// What arrived, by topic, repeats of QoS 2 left out.
    seen: BTreeMap<String, Vec<u32>>,
}

struct World {
    t: Bench,
    kept: Option<Kept>,
    random: Random,
    readers: Vec<Reader>,
    /// Numbers published, by topic.
    published: BTreeMap<String, Vec<u32>>,
    number: u32,
    wills: BTreeSet<u32>,
}

const READERS: usize = 3;
const TOPICS: [&str; 4] = ["q0/a", "q1/a", "q1/b", "q2/a"];

fn qos_of(topic: &str) -> crate::protocol::QoS {
    [Q0, Q1, Q2][usize::from(topic.as_bytes()[1] - b'0')]
}

impl World {
    fn new(seed: u64) -> Self {
        World::on(Bench::new(), None, seed)
    }

    /// A world whose broker crashes and comes back.
    fn that_crashes(seed: u64) -> Self {
        let kept = Kept::default();
        World::on(kept.bench(), Some(kept), seed)
    }

    fn on(t: Bench, kept: Option<Kept>, seed: u64) -> Self {
        let mut world = World {
            t,
            kept,
            random: Random::new(seed),
            readers: Vec::new(),
            published: BTreeMap::new(),
            number: 0,
            wills: BTreeSet::new(),
        };
        for reader in 0..READERS {
            world.readers.push(Reader::default());
            world.connect(reader, true);
            let name = name(reader);
            let all = ["q0/#", "q1/#", "q2/#", "will"].map(|filter| (filter, options(Q2)));
            world.t.subscribe_with(&name, &all, None);
            world.read();
        }
        world.t.connect("p").go();
        world
    }

    fn below(&mut self, end: usize) -> usize {
        (self.random.next() % end as u64) as usize
    }

    fn connect(&mut self, reader: usize, clean: bool) {
        let window = self.below(5) + 1;
        self.readers[reader].window = window;
        self.readers[reader].is_online = true;
        self.readers[reader].open.clear();
        let name = name(reader);
        let knock = self.t.connect(&name).expiry(1000);
        let knock = knock.with(Property::ReceiveMaximum(window as u16));
        if clean { knock.go() } else { knock.resume().go() }
    }

    fn step(&mut self) {
        let reader = self.below(READERS);
        match self.below(20) {
            0..8 => self.publish(),
            8..15 => self.acknowledge(reader),
            15 if self.readers[reader].is_online => {
                self.readers[reader].is_online = false;
                self.t.cut(&name(reader));
            }
            15 | 16 if !self.readers[reader].is_online => self.connect(reader, false),
            17 => self.live_and_die(),
            18 => {
                let secs = self.t.now.since(crate::time::Timestamp::from_millis(1_000_000));
                self.t.at(secs.as_secs_f64() + 1.0);
            }
            19 => self.crash(),
            _ => {}
        }
        self.read();
    }

    /// The broker dies and comes back with what it had told to be kept.
    fn crash(&mut self) {
        let Some(kept) = &self.kept else { return };
        let restored = kept.restored(&self.t.broker);
        self.t.restart(restored);
        self.read();
        self.readers.iter_mut().for_each(|reader| reader.is_online = false);
        self.t.connect("p").go();
    }

    fn publish(&mut self) {
        let topic = TOPICS[self.below(TOPICS.len())];
        self.number += 1;
        let id = self.t.publish("p", topic, &self.number.to_string(), qos_of(topic));
        if let (Some(id), Q2) = (id, qos_of(topic)) {
            self.t.pubrel("p", id.value());
        }
        self.published.entry(topic.to_owned()).or_default().push(self.number);
    }

    /// A client with a will that dies at once; sometimes a delayed one that comes back.
    fn live_and_die(&mut self) {
        self.number += 1;
        let payload = self.number.to_string();
        let returns = self.below(2) == 0;
        let delay = if returns { 3 } else { self.below(3) as u32 };
        let knock = self.t.connect("w").expiry(50).will("will", &payload).will_qos(Q2);
        knock.delay(delay).go();
        self.t.cut("w");
        if returns {
            self.t.connect("w").resume().go();
            self.t.leave("w", crate::protocol::ReasonCode::Success);
        } else {
            self.wills.insert(self.number);
        }
    }

    fn acknowledge(&mut self, reader: usize) {
        let it = &mut self.readers[reader];
        let Some((id, is_release)) = it.open.iter().next().map(|(id, state)| (*id, *state)) else {
            return;
        };
        if !it.is_online {
            return;
        }
        let name = name(reader);
        if is_release {
            it.open.remove(&id);
            it.received.remove(&id);
            self.t.pubcomp(&name, id);
        } else if it.received.contains(&id) {
            self.t.pubrec(&name, id);
        } else {
            it.open.remove(&id);
            self.t.puback(&name, id);
        }
    }

    /// Takes in what the broker sent.
    fn read(&mut self) {
        for line in self.t.lines() {
            let Some((who, rest)) = line.split_once(" < ") else { continue };
            let Some(reader) = who.strip_prefix('r').and_then(|it| it.parse::<usize>().ok()) else {
                continue;
            };
            let it = &mut self.readers[reader];
            let words: Vec<&str> = rest.split(' ').collect();
            if words[0] == "PUBREL" {
                it.open.insert(words[1].parse().unwrap(), true);
                continue;
            }
            if !words[0].starts_with('q') && words[0] != "will" {
                continue;
            }
            let number: u32 = words[1].parse().unwrap();
            let mut is_repeat = false;
            if let Some(id) = words.get(3).and_then(|it| it.strip_prefix('#')) {
                let id: u16 = id.parse().unwrap();
                assert!(it.open.insert(id, false).is_none(), "{line}: the id is in use");
                assert!(it.open.len() <= it.window, "{line}: above Receive Maximum");
                if words[2] == "q2" {
                    is_repeat = !it.received.insert(id);
                    assert!(!is_repeat || words.contains(&"dup"), "{line}");
                }
            }
            if !is_repeat {
                it.seen.entry(words[0].to_owned()).or_default().push(number);
            }
        }
    }

    /// Everybody comes back and acknowledges all; then the books must agree.
    fn settle(&mut self) {
        let secs = self.t.now.since(crate::time::Timestamp::from_millis(1_000_000));
        self.t.at(secs.as_secs_f64() + 60.0);
        self.read();
        for reader in 0..READERS {
            if !self.readers[reader].is_online {
                self.connect(reader, false);
                self.read();
            }
            while !self.readers[reader].open.is_empty() {
                self.acknowledge(reader);
                self.read();
            }
        }
        for reader in &self.readers {
            for (topic, published) in &self.published {
                let seen = reader.seen.get(topic).cloned().unwrap_or_default();
                check(topic, published, &seen);
            }
            let mut wills = reader.seen.get("will").cloned().unwrap_or_default();
            wills.sort_unstable();
            assert_eq!(wills, self.wills.iter().copied().collect::<Vec<_>>(), "each will once");
        }
        let stats = self.t.broker.stats();
        assert_eq!((stats.wills, stats.queued, stats.queued_bytes), (0, 0, 0));
        assert_eq!(stats.publish_dropped, 0);
    }
}

/// QoS 0 at most once, QoS 1 at least once, QoS 2 exactly once; all in order of first arrival.
fn check(topic: &str, published: &[u32], seen: &[u32]) {
    let mut firsts: Vec<u32> = Vec::new();
    for number in seen {
        if !firsts.contains(number) {
            firsts.push(*number);
        }
    }
    assert!(firsts.is_sorted(), "{topic}: order {firsts:?}");
    match qos_of(topic) {
        Q0 => assert_eq!(firsts, seen, "at most once"),
        Q1 => assert_eq!(firsts, published, "at least once"),
        _ => assert_eq!(seen, published, "exactly once"),
    }
}

fn name(reader: usize) -> String {
    format!("r{reader}")
}

#[test]
fn books_agree_whatever_happens() {
    for seed in 0..60 {
        let mut world = World::new(seed);
        (0..400).for_each(|_| world.step());
        world.settle();
    }
}

#[test]
fn books_agree_however_often_the_broker_crashes() {
    for seed in 0..20 {
        let mut world = World::that_crashes(seed);
        for step in 0..400 {
            world.step();
            if step % 8 > 0 {
                continue;
            }
            world.kept.as_ref().unwrap().check(&world.t.broker);
        }
        world.crash();
        world.settle();
    }
}

#[test]
fn same_seed_and_inputs_give_the_same_effects() {
    let run = || {
        let mut world = World::new(99);
        let mut stats = Vec::new();
        for _ in 0..400 {
            world.step();
            stats.push(world.t.broker.stats());
        }
        (stats, world.readers.into_iter().map(|it| it.seen).collect::<Vec<_>>())
    };
    assert_eq!(run(), run());
}
