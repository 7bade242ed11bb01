//! What a broker tells to be kept, as a store would keep it, and what becomes of it after a crash.

use std::cell::RefCell;
use std::rc::Rc;

use crate::broker::Broker;
use crate::broker::policy::Policy;
use crate::broker::testing::*;
use crate::protocol::{Property, QoS, ReasonCode};
use crate::store::{Batch, Journal, Loader, MemoryStore, Store};

/// The changes so far, as records.
#[derive(Clone, Default)]
pub(super) struct Kept {
    journal: Rc<RefCell<Journal>>,
    store: Rc<RefCell<MemoryStore>>,
}

impl Kept {
    /// A broker whose changes end up here.
    pub(super) fn bench(&self) -> Bench {
        self.bench_with(Policy::default())
    }

    /// The same with other settings.
    pub(super) fn bench_with(&self, policy: Policy) -> Bench {
        let journal = Rc::clone(&self.journal);
        Bench::persistent(policy, move |change| journal.borrow_mut().record(change))
    }

    fn commit(&self) {
        let batch = self.journal.borrow_mut().take(Batch::default());
        self.store.borrow_mut().commit(&batch).unwrap();
    }

    /// What was kept tells the same as the broker itself.
    pub(super) fn check(&self, broker: &Broker) {
        self.commit();
        assert_eq!(lines(&mut self.store.borrow_mut()), snapshot(broker));
    }

    /// The broker that a crash would leave; it must be like the one that crashed.
    pub(super) fn restored(&self, crashed: &Broker) -> Broker {
        self.check(crashed);
        let broker = self.load();
        assert_eq!(snapshot(&broker), snapshot(crashed));
        let (now, before) = (broker.stats(), crashed.stats());
        assert_eq!(now.retained, before.retained);
        broker
    }

    /// The broker that begins with what is in the store.
    fn load(&self) -> Broker {
        let mut broker = Broker::persistent(Policy::default(), 8);
        let mut loader = Loader::default();
        let mut store = self.store.borrow_mut();
        let load = &mut |key: &[u8], value: &[u8]| {
            loader.load(key, value, &mut |change| broker.restore(change))
        };
        store.load(load).unwrap();
        self.journal.replace(loader.finish());
        broker
    }
}

/// Everything in a store, one line each.
fn lines(store: &mut MemoryStore) -> Vec<String> {
    let (mut loader, mut lines) = (Loader::default(), Vec::new());
    let load = &mut |key: &[u8], value: &[u8]| {
        loader.load(key, value, &mut |change| {
            lines.push(format!("{change:?}"));
            Ok(())
        })
    };
    store.load(load).unwrap();
    lines.sort();
    lines
}

/// Everything that a broker would keep.
pub(super) fn snapshot(broker: &Broker) -> Vec<String> {
    let mut lines = Vec::new();
    broker.snapshot(&mut |change| lines.push(format!("{change:?}")));
    lines.sort();
    lines
}

/// A bench, what it keeps, and a crash.
struct Crashing {
    t: Bench,
    kept: Kept,
}

impl Crashing {
    fn new() -> Self {
        let kept = Kept::default();
        Crashing { t: kept.bench(), kept }
    }

    fn crash(&mut self) {
        let restored = self.kept.restored(&self.t.broker);
        self.t.restart(restored);
        self.kept.check(&self.t.broker);
    }

    /// A crash before anything since the last commit is in the store.
    fn crash_uncommitted(&mut self) {
        drop(self.kept.journal.borrow_mut().take(Batch::default()));
        let restored = self.kept.load();
        self.t.restart(restored);
    }

    /// A subscriber of everything that is away.
    fn absent(&mut self, name: &str) {
        self.t.connect(name).expiry(1000).go();
        self.t.subscribe(name, "#", Q2);
        self.t.cut(name);
    }

    fn back(&mut self, name: &str) -> Vec<String> {
        self.t.lines();
        self.t.connect(name).resume().expiry(1000).go();
        self.t.got(name)
    }
}

#[test]
fn a_session_with_all_that_belongs_to_it_survives() {
    let mut c = Crashing::new();
    c.t.connect("s").user("u").expiry(1000).with(Property::ReceiveMaximum(2)).go();
    c.t.subscribe_with("s", &[("a/#", options(Q2)), ("$share/g/b", options(Q1))], Some(7));
    c.t.connect("p").go();
    for number in 0..5 {
        let properties = [Property::ContentType("x"), Property::MessageExpiryInterval(60)];
        c.t.publish_with("p", "a/1", &number.to_string(), Q2, false, &properties);
    }
    c.t.pubrec("s", 1);
    c.crash();
    let got = c.back("s");
    assert!(got[0].starts_with("CONNACK 00 present"), "{got:?}");
    assert_eq!(got[1], "PUBREL 1 00", "{got:?}");
    assert!(got[2].starts_with("a/1 1 q2 #2 dup"), "{got:?}");
    assert_eq!(got.len(), 6, "{got:?}");
}

#[test]
fn qos_2_from_a_client_is_taken_once_across_a_crash() {
    let mut c = Crashing::new();
    c.absent("s");
    c.t.connect("p").expiry(1000).go();
    c.t.publish("p", "a", "x", Q2);
    c.crash();
    c.t.connect("p").resume().expiry(1000).go();
    c.t.raw("p", "3C 07 0001 61 0001 00 78");
    c.t.pubrel("p", 1);
    let got = c.back("s");
    assert_eq!(got.iter().filter(|line| line.starts_with("a x")).count(), 1, "{got:?}");
}

#[test]
fn w193_wills_of_the_connected_are_published_at_the_start() {
    for (expiry, is_v4) in [(0, false), (60, false), (0, true)] {
        let mut c = Crashing::new();
        c.absent("s");
        let knock = c.t.connect("c");
        let knock = if is_v4 { knock.v4() } else { knock.expiry(expiry) };
        knock.will("w", "off").will_qos(Q1).will_retain().go();
        c.crash();
        assert_eq!(c.t.fates(), ["c w Published Restart"]);
        let got = c.back("s");
        assert!(got.iter().any(|line| line.starts_with("w off q1")), "{got:?}");
        // Once: the next crash finds none.
        c.crash();
        assert_eq!(c.t.fates(), Vec::<String>::new());
        assert_eq!(c.t.broker.stats().retained, 1);
    }
}

#[test]
fn w194_w195_the_delay_counts_from_the_start_and_a_resume_cancels() {
    for comes_back in [false, true] {
        let mut c = Crashing::new();
        c.t.connect("c").expiry(60).will("w", "off").delay(3).go();
        c.t.at(2.0);
        c.crash();
        c.t.lines();
        c.t.at(4.9);
        if comes_back {
            c.t.connect("c").resume().go();
            assert_eq!(c.t.fates(), ["c w Cancelled Resumed"]);
        } else {
            assert_eq!(c.t.fates(), Vec::<String>::new());
            c.t.at(5.0);
            assert_eq!(c.t.fates(), ["c w Published DelayOver"]);
        }
    }
}

#[test]
fn w197_a_will_that_waits_keeps_its_moment_through_any_number_of_crashes() {
    let mut c = Crashing::new();
    c.absent("s");
    c.t.connect("c").expiry(60).will("w", "off").will_qos(Q1).delay(5).go();
    c.t.cut("c");
    for second in 1..5 {
        c.t.at(f64::from(second));
        c.crash();
    }
    c.t.lines();
    c.t.at(5.0);
    assert_eq!(c.t.fates(), ["c w Published DelayOver"]);
    c.crash();
    let got = c.back("s");
    assert_eq!(got.iter().filter(|line| line.starts_with("w off")).count(), 1, "{got:?}");
}

#[test]
fn w190_w191_the_orderly_stop_publishes_what_has_no_delay_and_keeps_the_rest() {
    let mut c = Crashing::new();
    c.t.watch("s", "w/#");
    c.t.connect("now").expiry(60).will("w/now", "x").go();
    c.t.connect("later").expiry(60).will("w/later", "x").delay(5).go();
    c.t.connect("waiting").expiry(60).will("w/waiting", "x").delay(5).go();
    c.t.cut("waiting");
    c.t.lines();
    c.t.handle(crate::broker::event::Input::Shutdown);
    let fates = c.t.fates();
    assert!(fates.contains(&"now w/now Published Shutdown".to_owned()), "{fates:?}");
    assert!(!fates.iter().any(|it| it.contains("w/waiting") || it.contains("w/later Pub")));
    c.t.at(2.0);
    c.crash();
    c.t.lines();
    c.t.connect("later").resume().go();
    assert_eq!(c.t.fates(), ["later w/later Cancelled Resumed"]);
    c.t.at(5.0);
    assert_eq!(c.t.fates(), ["waiting w/waiting Published DelayOver"]);
}

#[test]
fn what_a_passing_member_of_a_group_has_not_acknowledged_goes_to_another_after_a_crash() {
    let mut c = Crashing::new();
    c.t.connect("stays").expiry(1000).go();
    c.t.subscribe("stays", "$share/g/a", Q1);
    c.t.cut("stays");
    c.t.connect("passes").go();
    c.t.subscribe("passes", "$share/g/a", Q1);
    c.t.connect("p").go();
    c.t.publish("p", "a", "x", Q1);
    c.crash();
    let got = c.back("stays");
    assert!(got.iter().any(|line| line.starts_with("a x q1")), "{got:?}");
}

#[test]
fn retained_messages_survive_with_their_expiry() {
    let mut c = Crashing::new();
    c.t.connect("p").go();
    c.t.retain("p", "stays", "1");
    c.t.retain("p", "goes", "1");
    c.t.retain("p", "goes", "");
    c.t.retain("p", "$SYS/own", "1");
    let expiry = [Property::MessageExpiryInterval(5)];
    c.t.publish_with("p", "short", "1", Q0, true, &expiry);
    c.t.at(4.0);
    c.crash();
    assert_eq!(c.t.broker.stats().retained, 2);
    c.t.at(5.0);
    assert_eq!(c.t.broker.stats().retained, 1);
    c.crash();
    assert_eq!(c.t.broker.stats().retained, 1);
}

#[test]
fn retained_messages_that_are_still_to_be_sent_are_sent_after_a_crash() {
    let mut c = Crashing::new();
    c.t.connect("p").go();
    for number in 0..400 {
        let topic = format!("r/{number:03}");
        c.t.publish_with("p", &topic, "x", QoS::AtLeastOnce, true, &[]);
    }
    c.t.connect("s").expiry(1000).with(Property::ReceiveMaximum(3)).go();
    c.t.lines();
    c.t.subscribe("s", "r/#", Q1);
    let mut seen = c.t.got("s").into_iter().filter(|line| line.starts_with("r/")).count();
    for id in 1..=50 {
        c.t.puback("s", id);
        seen += c.t.got("s").len();
    }
    c.crash();
    seen -= 3;
    seen += c.back("s").iter().filter(|line| line.starts_with("r/")).count();
    let mut id = 51;
    while c.t.broker.stats().queued > 0 || id < 400 {
        c.t.puback("s", id);
        seen += c.t.got("s").len();
        id += 1;
        assert!(id < 1000);
    }
    assert_eq!(seen, 400);
}

#[test]
fn a_session_that_ends_leaves_nothing() {
    let mut c = Crashing::new();
    c.absent("s");
    c.t.connect("p").go();
    for qos in [Q1, Q2] {
        c.t.publish("p", "a", "x", qos);
    }
    c.t.connect("s").go();
    c.t.leave("s", ReasonCode::Success);
    c.kept.check(&c.t.broker);
    assert!(c.kept.store.borrow().is_empty(), "{:?}", snapshot(&c.t.broker));
}

#[test]
fn a_message_for_a_thousand_sessions_is_stored_once() {
    let mut c = Crashing::new();
    for number in 0..1000 {
        c.absent(&format!("s{number}"));
    }
    c.t.connect("p").go();
    c.kept.check(&c.t.broker);
    let before = c.kept.store.borrow().len();
    c.t.publish("p", "a", &"x".repeat(10_000), Q1);
    assert!(c.kept.journal.borrow().batch().bytes() < 100_000);
    c.kept.check(&c.t.broker);
    assert_eq!(c.kept.store.borrow().len(), before + 1001);
    assert_eq!(c.kept.journal.borrow().messages(), 1);
}

#[test]
fn w188_wills_of_a_flood_are_one_batch() {
    let mut c = Crashing::new();
    for number in 0..50 {
        let (name, topic) = (format!("c{number}"), format!("w/{number}"));
        c.t.connect(&name).will(&topic, "off").will_retain().go();
    }
    c.kept.commit();
    for number in 0..50 {
        c.t.cut(&format!("c{number}"));
    }
    assert_eq!(c.t.fates().len(), 50);
    // One commit for all of them, and nothing is left to be told at the start.
    c.kept.commit();
    c.crash_uncommitted();
    assert_eq!(c.t.fates(), Vec::<String>::new());
    assert_eq!(c.t.broker.stats().retained, 50);
}

#[test]
fn w196_a_will_is_settled_on_either_side_of_its_commit() {
    for is_committed in [false, true] {
        let mut c = Crashing::new();
        c.absent("s");
        c.t.connect("c").will("w", "off").will_qos(Q1).will_retain().go();
        c.kept.commit();
        c.t.cut("c");
        match is_committed {
            true => c.crash(),
            // Nobody has seen it: it goes out at the start, as if the broker had ended before.
            false => c.crash_uncommitted(),
        }
        let got = c.back("s");
        let wills = got.iter().filter(|line| line.starts_with("w off")).count();
        assert_eq!((wills, c.t.broker.stats().retained), (1, 1), "{is_committed}: {got:?}");
        c.crash();
        assert_eq!(c.t.broker.stats().retained, 1);
    }
}
