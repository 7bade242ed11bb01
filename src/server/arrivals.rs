//! `max_connect_rate`: how many connections each address opens.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::net::IpAddr;

use crate::broker::rate::Level;
use crate::time::Timestamp;

/// Addresses of one second that are known; those that come on top are not counted.
const ADDRESSES_MAX: usize = 50_000;
/// After so long without a connection nothing of an address is used any more, in milliseconds.
const FORGOTTEN_MILLIS: u64 = 1000;

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It is served.
    Welcome,
    /// It is one too many, and its CONNECT is answered so.
    Refused,
    /// They are far too many: it is closed without a word. `is_first` of such a time.
    Denied { is_first: bool },
}

#[derive(Clone, Copy, Debug, Default)]
struct Visits {
    welcomed: Level,
    refused: Level,
    is_told: bool,
}

/// Who has connected a short while ago: two generations, so that forgetting costs nothing.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    present: HashMap<u128, Visits, RandomState>,
    past: HashMap<u128, Visits, RandomState>,
    began: Timestamp,
}

impl Arrivals {
    /// Counts a connection from an address. `rate` is in connections a second; as many more are
    /// answered.
    pub(super) fn count(&mut self, now: Timestamp, rate: u32, address: IpAddr) -> Arrival {
        self.turn_over(now);
        let key = key_of(address);
        let is_full = self.present.len() >= ADDRESSES_MAX;
        let known = self.present.get(&key).or_else(|| self.past.get(&key)).copied();
        let mut visits = match known {
            Some(visits) => visits,
            None if is_full => return Arrival::Welcome,
            None => Visits::default(),
        };
        let arrival = if visits.welcomed.room_at(now, rate, 1) <= now {
            visits.welcomed.add(now, rate, 1);
            Arrival::Welcome
        } else if visits.refused.room_at(now, rate, 1) <= now {
            visits.refused.add(now, rate, 1);
            Arrival::Refused
        } else {
            Arrival::Denied { is_first: !std::mem::replace(&mut visits.is_told, true) }
        };
        self.present.insert(key, visits);
        arrival
    }

    /// Forgets whoever has not come for a while.
    fn turn_over(&mut self, now: Timestamp) {
        if now < self.began.plus_millis(FORGOTTEN_MILLIS) {
            return;
        }
        self.past = std::mem::take(&mut self.present);
        if now >= self.began.plus_millis(2 * FORGOTTEN_MILLIS) {
            self.past = HashMap::default();
        }
        self.began = now;
    }
}

/// What counts as one address: of IPv6 the network, since everybody has 2^64 addresses there.
fn key_of(address: IpAddr) -> u128 {
    match address.to_canonical() {
        // In a place of IPv6 that nobody has.
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address) >> 64 << 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + millis)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_burst_is_welcome_as_many_more_are_answered_and_the_rest_is_closed() {
        let mut arrivals = Arrivals::default();
        let mut count = |millis| arrivals.count(at(millis), 2, ip("10.0.0.1"));
        use Arrival::{Denied, Refused, Welcome};
        assert_eq!([0; 4].map(&mut count), [Welcome, Welcome, Refused, Refused]);
        let denied = [0; 2].map(&mut count);
        assert_eq!(denied, [Denied { is_first: true }, Denied { is_first: false }]);
        // Half a second later there is room for one again.
        assert_eq!([500; 2].map(&mut count), [Welcome, Refused]);
        assert_eq!(count(500), Denied { is_first: false });
        assert_eq!([3000; 4].map(&mut count), [Welcome, Welcome, Refused, Refused]);
        assert_eq!(count(3000), Denied { is_first: true });
    }

    #[test]
    fn a_steady_flood_gets_exactly_the_rate() {
        let mut arrivals = Arrivals::default();
        let welcome = (0..10_000)
            .filter(|millis| arrivals.count(at(*millis), 5, ip("10.0.0.1")) == Arrival::Welcome);
        assert_eq!(welcome.count(), 5 + 49);
    }

    #[test]
    fn addresses_are_apart_and_networks_of_ipv6_together() {
        let mut arrivals = Arrivals::default();
        let mut is_welcome = |text| arrivals.count(at(0), 1, ip(text)) == Arrival::Welcome;
        for (text, expected) in [
            ("10.0.0.1", true),
            ("10.0.0.2", true),
            ("10.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("2001:db8::1", true),
            ("2001:db8::ffff:2", false),
            ("2001:db8:0:1::1", true),
            ("::1", true),
            ("::1", false),
        ] {
            assert_eq!(is_welcome(text), expected, "{text}");
        }
    }

    #[test]
    fn the_table_is_bounded_and_forgets() {
        let mut arrivals = Arrivals::default();
        let address = |n: u32| IpAddr::V4(n.into());
        for n in 1..=ADDRESSES_MAX as u32 + 100 {
            assert_eq!(arrivals.count(at(0), 1, address(n)), Arrival::Welcome);
        }
        assert_eq!(arrivals.present.len(), ADDRESSES_MAX);
        assert_eq!(arrivals.count(at(0), 1, address(1)), Arrival::Refused, "the known still count");
        arrivals.count(at(1000), 1, address(1));
        assert_eq!((arrivals.present.len(), arrivals.past.len()), (1, ADDRESSES_MAX));
        arrivals.count(at(2000), 1, address(2));
        assert_eq!((arrivals.present.len(), arrivals.past.len()), (1, 1));
        arrivals.count(at(9000), 1, address(3));
        assert_eq!((arrivals.present.len(), arrivals.past.len()), (1, 0));
    }
}
