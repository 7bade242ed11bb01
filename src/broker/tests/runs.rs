//! Packets that came together have the effects that they have one by one: for every connection the
//! same packets in the same order, and the same counts. From a seed: two brokers hear the same.

use std::collections::BTreeMap;

use super::access::{acl, reload};
use super::kept::{Kept, snapshot};
use crate::broker::policy::Policy;
use crate::broker::random::Random;
use crate::broker::testing::*;
use crate::protocol::{
    Ack, Packet, PacketId, Property, PropertyBuf, Publish, QoS, ReasonCode, SubscriptionOptions,
    Topic, TopicName,
};

const READERS: usize = 5;
const LARGE: usize = 5000;

/// The same clients at two brokers: one hears packets together, the other one by one.
struct Pair {
    random: Random,
    /// Since the start.
    millis: u64,
    /// What readers have not answered.
    owed: BTreeMap<String, Vec<Packet<'static>>>,
    together: Bench,
    alone: Bench,
    /// What both keep on disk, if they do.
    kept: Option<[Kept; 2]>,
    /// Counts what was published.
    published: usize,
}

/// Everybody may do everything; or read `t/0` alone.
const RULES: [&str; 2] =
    ["topic readwrite #", "topic write #\ntopic read t/0\ntopic read m/t/0\ntopic read other"];

fn settings(random: &mut Random) -> Policy {
    let mut pick = |choices: [usize; 4]| choices[(random.next() % 4) as usize];
    let mut policy = Policy {
        inflight_messages_max: pick([0, 3, 10, 100]) as u16,
        inflight_bytes_max: pick([0, 0, 0, 300]),
        queue_messages_max: pick([0, 2, 20, 1000]),
        queue_bytes_max: pick([0, 0, 400, 10_000]),
        queue_bytes_total_max: pick([0, 1000, 100_000, 1_000_000]),
        message_size_max: pick([0, 0, 0, 50]) as u32,
        queue_qos0: pick([0, 0, 0, 1]) == 1,
        sides_with_mosquitto: pick([0, 0, 0, 1]) == 1,
        upgrade_outgoing_qos: pick([0, 0, 0, 1]) == 1,
        one_copy_per_subscription: pick([0, 0, 0, 1]) == 1,
        ..Policy::default()
    };
    if pick([0, 0, 0, 1]) == 1 {
        policy.listeners[0].mount_point = Some("m/".into());
    }
    if pick([0, 0, 0, 1]) == 1 {
        policy.listeners[0].qos_max = Q1;
    }
    policy
}

impl Pair {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let policy = settings(&mut random);
        let kept = seed.is_multiple_of(2).then(<[Kept; 2]>::default);
        let [together, alone] = [0, 1].map(|n| match &kept {
            Some(kept) => kept[n].bench_with(policy.clone()),
            None => Bench::with(|it| *it = policy.clone()),
        });
        let (millis, owed, published) = (0, BTreeMap::new(), 0);
        let mut pair = Pair { random, millis, owed, together, alone, kept, published };
        let expiry = [0, 1000][pair.below(2)];
        pair.both(|t| t.connect("p0").expiry(expiry).go());
        pair.both(|t| t.connect("p1").v4().go());
        for reader in 0..READERS {
            pair.come(reader, true);
        }
        // Sometimes a publisher hears itself.
        if pair.below(3) == 0 {
            let options = SubscriptionOptions { no_local: pair.below(2) == 0, ..options(Q1) };
            pair.both(|t| t.subscribe_with("p0", &[("t/0", options)], None));
        }
        pair.compare();
        pair
    }

    fn below(&mut self, end: usize) -> usize {
        (self.random.next() % end as u64) as usize
    }

    fn both(&mut self, act: impl Fn(&mut Bench)) {
        act(&mut self.together);
        act(&mut self.alone);
    }

    /// A reader connects, and if it is new subscribes.
    fn come(&mut self, reader: usize, is_new: bool) {
        let name = format!("r{reader}");
        self.owed.remove(&name);
        let (version, window) = (self.below(3), self.below(8) as u16 + 1);
        let size_max = [u32::MAX, 80, 60][self.below(3)];
        let expiry = [0, 1000][self.below(2)];
        let count = self.below(3) + 1;
        let filters: Vec<(&str, SubscriptionOptions)> = (0..count)
            .map(|_| {
                let filter =
                    ["t/0", "t/1", "t/#", "t/+", "t/0", "t/1", "$share/g/t/0"][self.below(7)];
                let retain_as_published = self.below(2) == 0;
                let qos = self.qos();
                (filter, SubscriptionOptions { retain_as_published, ..options(qos) })
            })
            .collect();
        self.owed.remove(&name);
        let id = [None, None, Some(7)][self.below(3)].filter(|_| version == 0);
        self.both(|t| {
            let knock = t.connect(&name).expiry(expiry);
            let knock = if is_new { knock } else { knock.resume() };
            match version {
                0 => {
                    let knock = knock.with(Property::ReceiveMaximum(window));
                    match size_max {
                        u32::MAX => knock.go(),
                        _ => knock.with(Property::MaximumPacketSize(size_max)).go(),
                    }
                }
                _ => knock.v4().go(),
            }
            if is_new && !filters.is_empty() {
                t.subscribe_with(&name, &filters, id);
            }
        });
    }

    fn qos(&mut self) -> QoS {
        [Q0, Q0, Q1, Q1, Q2][self.below(5)]
    }

    /// Packets of a writer: mostly alike.
    fn publish(&mut self) {
        let writer = ["p0", "p0", "p1"][self.below(3)];
        let (mut topic, mut qos) = (["t/0", "t/1"][self.below(2)], self.qos());
        let count = self.below(30) + 1;
        let many = [0, 0, 1, 4][self.below(4)];
        // None expires, or each for itself, or all together.
        let expiry = [None, Some(None), Some(Some(self.below(4) as u32))][self.below(3)];
        let properties: Vec<PropertyBuf> =
            (0..count).map(|_| self.properties(many, expiry)).collect();
        let mut packets = Vec::new();
        let payloads: Vec<String> = (0..count).map(|_| self.payload()).collect();
        for (n, (payload, properties)) in payloads.iter().zip(&properties).enumerate() {
            if self.below(20) == 0 {
                (topic, qos) = (["t/0", "t/1", "other"][self.below(3)], self.qos());
            }
            packets.push(Packet::Publish(Publish {
                dup: false,
                qos,
                retain: self.below(200) == 0,
                topic: Topic::Slice(TopicName::new(topic).unwrap()),
                packet_id: (qos > Q0).then(|| PacketId::FIRST.advanced(n as u16)),
                properties: properties.as_properties(),
                payload: match self.below(300) {
                    0 => b"\xFF",
                    _ => payload.as_bytes(),
                },
            }));
        }
        self.send(writer, &packets);
    }

    /// Properties of a message, `many` of four at the mean. `expiry`: it may have a Message Expiry
    /// Interval, or has this one, in seconds.
    fn properties(&mut self, many: usize, expiry: Option<Option<u32>>) -> PropertyBuf {
        let (turn, format) = (self.below(4), self.below(2) as u8);
        let mut all = [
            Property::ContentType("x"),
            Property::MessageExpiryInterval(expiry.flatten().unwrap_or(turn as u32)),
            Property::PayloadFormatIndicator(format),
            Property::UserProperty("name", "value"),
        ];
        all.rotate_left(turn);
        let is_meant = |it: &Property<'_>| match it {
            Property::MessageExpiryInterval(_) => expiry,
            _ => Some(None),
        };
        let mut is_there = |it: &Property<'_>| {
            is_meant(it).is_some_and(|always| always.is_some() || self.below(4) < many)
        };
        all.into_iter().filter(|it| is_there(it)).collect()
    }

    /// No two are the same.
    fn payload(&mut self) -> String {
        self.published += 1;
        let size = match self.below(400) {
            0 => LARGE,
            1..5 => LARGE / 2,
            _ => [3, 20, 40, 60][self.below(4)],
        };
        format!("{:x<size$}", self.published)
    }

    /// Acknowledgements of a reader: what it owes, as a rule kind by kind.
    fn acknowledge(&mut self) {
        let reader = format!("r{}", self.below(READERS));
        let (count, is_sorted) = (self.below(30), self.below(4) > 0);
        let (way, place) = (self.below(8), self.below(8));
        let Some(owed) = self.owed.get_mut(&reader) else { return };
        let (count, place) = (count.min(owed.len()), place.min(owed.len()));
        match way {
            0 => owed.reverse(),
            1 => owed.rotate_left(place),
            _ => {}
        }
        let mut packets: Vec<_> = owed.drain(..count).collect();
        if is_sorted {
            packets.sort_by_key(Packet::kind);
        }
        self.send(&reader, &packets);
    }

    /// Takes note of what a reader owes for what it got.
    fn note_owed(&mut self, name: &str, lines: &[String]) {
        let owed = self.owed.entry(name.to_owned()).or_default();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let id = words.iter().find_map(|word| word.strip_prefix('#')).or(words.get(2).copied());
            let id = id.and_then(|id| PacketId::new(id.parse().ok()?));
            let Some(ack) = id.map(Ack::success) else { continue };
            let refused = Ack { reason: ReasonCode::UnspecifiedError, ..ack };
            match (words[1], words.get(3)) {
                ("PUBREL", _) => owed.push(Packet::PubComp(ack)),
                (_, Some(&"q1")) => owed.push(Packet::PubAck(ack)),
                (_, Some(&"q2")) if self.random.next().is_multiple_of(50) => {
                    owed.push(Packet::PubRec(refused));
                }
                (_, Some(&"q2")) => owed.push(Packet::PubRec(ack)),
                _ => {}
            }
        }
    }

    /// Acknowledgements of a reader that may be for nothing.
    fn acknowledge_any(&mut self) {
        let reader = format!("r{}", self.below(READERS));
        let (first, count) = (self.below(40) as u16, self.below(12));
        let mut packets = Vec::new();
        let usual = [Packet::PubAck, Packet::PubRec, Packet::PubComp][self.below(3)];
        for n in 0..count {
            let skipped = u16::from(self.below(6) == 0);
            let ack = Ack::success(PacketId::FIRST.advanced(first + n as u16 + skipped));
            packets.push(match self.below(30) {
                0 => Packet::PubRec(ack),
                1 => Packet::PubComp(ack),
                _ => usual(ack),
            });
        }
        self.send(&reader, &packets);
    }

    fn send(&mut self, name: &str, packets: &[Packet<'_>]) {
        if self.together.is_there(name) {
            let aliases_max = [0, 0, 1, 10][self.below(4)];
            self.together.send_all(name, packets, aliases_max, true);
            self.alone.send_all(name, packets, aliases_max, false);
        }
    }

    /// A writer releases what it sent with QoS 2.
    fn release(&mut self) {
        let (first, count) = (self.below(10) as u16, self.below(40) as u16);
        let ids = (first..first + count).map(|n| Ack::success(PacketId::FIRST.advanced(n)));
        let packets: Vec<_> = ids.map(Packet::PubRel).collect();
        let writer = ["p0", "p1"][self.below(2)];
        self.send(writer, &packets);
    }

    fn step(&mut self) {
        let reader = self.below(READERS);
        let name = format!("r{reader}");
        let (is_there, room) = (self.together.is_there(&name), self.below(6));
        match self.below(14) {
            12 => self.release(),
            13 => {
                self.millis += [1, 400, 2500][self.below(3)];
                let millis = self.millis;
                self.both(|t| t.at_millis(millis));
            }
            0..5 => self.publish(),
            5..7 => self.acknowledge(),
            7 if room == 0 => self.acknowledge_any(),
            7 => self.acknowledge(),
            8..12 if !is_there => {
                let is_new = self.below(2) == 0;
                self.come(reader, is_new);
            }
            8 => self.both(|t| t.fill(&name, room)),
            9 => self.both(|t| t.drain(&name, room)),
            10 if room == 0 => {
                self.owed.remove(&name);
                self.both(|t| t.cut(&name));
            }
            10 if room == 1 => {
                let takes_all = self.below(2) == 0;
                self.come(reader, takes_all);
            }
            11 if room < 5 => {
                let room = usize::from(room == 0);
                self.both(|t| reload(t, |it| it.listeners[0].access = acl(RULES[room])));
            }
            _ => {}
        }
        self.compare();
    }

    /// What each client got, and what was counted. Whoever was closed is gone.
    fn compare(&mut self) {
        let lines = [self.together.lines(), self.alone.lines()];
        let [together, alone] = lines.map(|lines| {
            let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for line in lines {
                let (name, rest) = line.split_once(' ').unwrap();
                by_name.entry(name.to_owned()).or_default().push(rest.to_owned());
            }
            // Reports come in whatever order the receivers are served in.
            by_name.entry("!".to_owned()).or_default().sort();
            by_name
        });
        assert_eq!(together, alone);
        assert_eq!(self.together.broker.stats(), self.alone.broker.stats());
        self.compare_kept();
        for (name, lines) in together {
            if name.starts_with('r') {
                self.note_owed(&name, &lines);
            }
            if lines.iter().any(|line| line == "x") {
                self.owed.remove(&name);
                self.both(|t| t.lose(&name, crate::broker::event::Lost::ByServer));
                if name.starts_with('p') {
                    self.both(|t| t.connect(&name).go());
                }
                self.compare();
            }
        }
    }

    /// Both have told to keep what they hold, and they hold the same.
    fn compare_kept(&self) {
        let Some([together, alone]) = &self.kept else { return };
        together.check(&self.together.broker);
        alone.check(&self.alone.broker);
        assert_eq!(snapshot(&self.together.broker), snapshot(&self.alone.broker));
    }
}

#[test]
fn packets_that_come_together_have_the_effects_of_each_alone() {
    let mut runs = 0;
    for seed in 0..350 {
        let mut pair = Pair::new(seed);
        (0..60).for_each(|_| pair.step());
        runs += pair.together.runs();
        assert_eq!(pair.alone.runs(), 0);
    }
    assert!(runs > 1000, "only {runs} runs were handled as such");
}
