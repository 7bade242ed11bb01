//! What must hold at the end of a simulation.

use std::collections::{BTreeMap, BTreeSet};

use lastwill::protocol::QoS;

use super::client::Received;
use super::oracle::Fate;
use super::world::{READER, ROAMERS, WATCHER, World};

impl World {
    /// Each will of each client had the fate that the rules say, at its moment.
    pub fn check_fates(&self) {
        for client in &self.clients {
            let told = self.told.get(&client.name).map_or(&[][..], Vec::as_slice);
            self.oracle.check(&client.name, told, self.now);
        }
    }

    /// No will is open any more.
    pub fn check_all_settled(&self) {
        for client in &self.clients {
            for (will, fate) in self.oracle.fates(&client.name, self.now) {
                assert!(fate.is_some(), "{will:?} is still open");
            }
        }
        assert_eq!(self.broker.stats().wills, 0);
    }

    /// Every accepted message and every published will arrived: exactly once where the QoS
    /// promises it, in the order of its client's connections, the will last.
    pub fn check_deliveries(&self) {
        let mut expected: BTreeSet<String> = self.accepted.iter().cloned().collect();
        for client in &self.clients {
            for (will, fate) in self.oracle.fates(&client.name, self.now) {
                if fate.is_some_and(|(_, fate)| fate == Fate::Published) {
                    expected.insert(will.payload);
                }
            }
        }
        for observer in [WATCHER, READER, ROAMERS[0], ROAMERS[1]] {
            let observer = &self.clients[observer];
            let mut seen = BTreeSet::new();
            let (first, again): (Vec<&Received>, Vec<&Received>) =
                observer.received.iter().partition(|it| seen.insert(it.payload.clone()));
            let missing: Vec<&String> = expected.difference(&seen).collect();
            assert!(missing.is_empty(), "{} did not get {missing:?}", observer.name);
            let surplus: Vec<&String> = seen.difference(&expected).collect();
            assert!(surplus.is_empty(), "{} also got {surplus:?}", observer.name);
            let twice = again.iter().find(|it| it.qos != QoS::AtLeastOnce);
            assert_eq!(twice, None, "{} got it twice", observer.name);
            self.check_order(&observer.name, &first);
        }
    }

    /// Somebody new gets as retained what came last with RETAIN, topic by topic.
    pub fn check_retained(&mut self) {
        let mut last: BTreeMap<String, Received> = BTreeMap::new();
        for received in self.clients[READER].received.iter().filter(|it| it.retain) {
            // The one who will look has a subscription with QoS 0.
            let seen = Received { qos: QoS::AtMostOnce, ..received.clone() };
            last.insert(received.topic.clone(), seen);
        }
        self.leave(WATCHER);
        self.run_until(self.now.plus_secs(5));
        self.clients[WATCHER].received.clear();
        self.observe(WATCHER);
        self.run_until(self.now.plus_secs(5));
        let mut found = self.clients[WATCHER].received.clone();
        found.sort_by(|one, next| one.topic.cmp(&next.topic));
        assert_eq!(found, last.into_values().collect::<Vec<_>>(), "what is retained");
    }

    /// When everybody has left, the broker holds nothing but what is retained, and sessions that
    /// never expire.
    pub fn check_nothing_is_left(&mut self) {
        self.leave(WATCHER);
        self.leave(READER);
        ROAMERS.into_iter().for_each(|roamer| self.leave(roamer));
        self.run_until(self.now.plus_secs(60));
        let stats = self.broker.stats();
        assert_eq!((stats.sockets, stats.connected, stats.wills), (0, 0, 0));
        assert_eq!((stats.queued, stats.queued_bytes), (0, 0));
        assert_eq!((stats.subscriptions, stats.shared_subscriptions), (0, 0));
        assert!(stats.sessions <= self.clients.len());
    }

    /// Messages of one connection come before its will, and its will before those of the next one.
    fn check_order(&self, observer: &str, received: &[&Received]) {
        let mut last: BTreeMap<String, (usize, u32)> = BTreeMap::new();
        for received in received {
            let mut words = received.payload.split(' ');
            let mut next = || words.next().expect("three words");
            let client = next().to_owned();
            let number: u32 = next().parse().expect("a number");
            let message = next().parse().unwrap_or(u32::MAX);
            let place = (self.oracle.rank(&client, number), message);
            let before = last.insert(client, place);
            let is_later = before.is_none_or(|before| before < place);
            assert!(is_later, "{observer} got {received:?} after {before:?}");
        }
    }
}
