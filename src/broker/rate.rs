//! How fast a client may send: what it has used of its rates, and what those have used who are not
//! connected at present.
//!
//! A rate allows a burst of one second. What is used flows off at the rate, so the level of a client
//! that has stopped is back at nothing a second later, or as much later as it has overdrawn.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use foldhash::quality::SeedableRandomState;

use crate::broker::event::{ConnId, End, Event, Sink};
use crate::broker::policy::ListenerId;
use crate::broker::will::ArmedWill;
use crate::broker::{Broker, Step, hasher};
use crate::protocol::ReasonCode;
use crate::time::Timestamp;

/// Clients that are remembered after their connection; of more, those that owe least are forgotten.
const ACCOUNTS_MAX: usize = 100_000;
/// That a client is slowed is told again when it was not for so long, in seconds.
const QUIET_SECS: u32 = 60;

/// How much a client may send in a second; 0 is without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Messages: PUBLISH packets, and wills.
    pub messages: u32,
    /// Bytes of packets of all kinds.
    pub bytes: u32,
}

impl Rates {
    /// Whether nothing is limited.
    pub const fn is_off(self) -> bool {
        self.messages == 0 && self.bytes == 0
    }
}

/// What is used of one rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// In thousandths of what is counted: so much of it as the rate says flows off in a millisecond.
    fill: u64,
    at: Timestamp,
}

impl Level {
    /// The first moment from `now` on at which `count` more may be used. What is more than a whole
    /// second allows may be used when nothing else is.
    pub fn room_at(self, now: Timestamp, per_sec: u32, count: u64) -> Timestamp {
        if per_sec == 0 {
            return now;
        }
        let burst = u64::from(per_sec) * 1000;
        let wanted = count.saturating_mul(1000).min(burst);
        let excess = (self.fill_at(now, per_sec) + wanted).saturating_sub(burst);
        now.plus_millis(excess.div_ceil(per_sec.into()))
    }

    /// Uses `count` more, whether there is room or not.
    pub fn add(&mut self, now: Timestamp, per_sec: u32, count: u64) {
        let fill = self.fill_at(now, per_sec).saturating_add(count.saturating_mul(1000));
        *self = if per_sec == 0 { Level::default() } else { Level { fill, at: now } };
    }

    fn fill_at(self, now: Timestamp, per_sec: u32) -> u64 {
        // More milliseconds than fit have emptied any level.
        let millis = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        self.fill.saturating_sub(millis.saturating_mul(per_sec.into()))
    }

    fn empty_at(self, now: Timestamp, per_sec: u32) -> Timestamp {
        match per_sec {
            0 => now,
            _ => now.plus_millis(self.fill_at(now, per_sec).div_ceil(per_sec.into())),
        }
    }
}

/// What a client has used of its rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    messages: Level,
    bytes: Level,
}

impl Spent {
    /// The first moment from `now` on at which so many messages and bytes more may be used.
    pub fn room_at(self, now: Timestamp, rates: Rates, messages: u64, bytes: u64) -> Timestamp {
        let of_messages = self.messages.room_at(now, rates.messages, messages);
        of_messages.max(self.bytes.room_at(now, rates.bytes, bytes))
    }

    /// Uses so many messages and bytes, whether there is room or not.
    pub fn add(&mut self, now: Timestamp, rates: Rates, messages: u64, bytes: u64) {
        self.messages.add(now, rates.messages, messages);
        self.bytes.add(now, rates.bytes, bytes);
    }

    fn empty_at(self, now: Timestamp, rates: Rates) -> Timestamp {
        self.messages.empty_at(now, rates.messages).max(self.bytes.empty_at(now, rates.bytes))
    }
}

/// The rates of one connection, where there are any.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// What its client has used.
    pub spent: Spent,
    /// It is not read until then: whatever it says is not heard.
    pub slowed_until: Timestamp,
}

/// What clients without a connection have used, until that has flown off: who comes back goes on
/// where it was.
#[derive(Debug)]
pub(super) struct Accounts {
    by_client: HashMap<Arc<str>, (Spent, Timestamp), SeedableRandomState>,
    by_end: BTreeSet<(Timestamp, Arc<str>)>,
}

impl Accounts {
    pub fn new(seed: u64) -> Self {
        Accounts { by_client: HashMap::with_hasher(hasher(seed)), by_end: BTreeSet::new() }
    }

    fn keep(&mut self, now: Timestamp, client_id: &Arc<str>, spent: Spent, rates: Rates) {
        self.take(client_id);
        let end = spent.empty_at(now, rates);
        if end <= now {
            return;
        }
        self.by_client.insert(Arc::clone(client_id), (spent, end));
        self.by_end.insert((end, Arc::clone(client_id)));
        if self.by_client.len() > ACCOUNTS_MAX {
            self.drop_first();
        }
    }

    fn take(&mut self, client_id: &Arc<str>) -> Option<Spent> {
        let (spent, end) = self.by_client.remove(client_id)?;
        self.by_end.remove(&(end, Arc::clone(client_id)));
        Some(spent)
    }

    fn drop_first(&mut self) {
        if let Some((_, client_id)) = self.by_end.pop_first() {
            self.by_client.remove(&client_id);
        }
        if self.by_client.is_empty() {
            self.by_client.shrink_to_fit();
        }
    }

    /// Forgets those whose level is back at nothing.
    pub fn drop_empty(&mut self, now: Timestamp) {
        while self.next().is_some_and(|end| end <= now) {
            self.drop_first();
        }
    }

    /// When the next one can be forgotten.
    pub fn next(&self) -> Option<Timestamp> {
        self.by_end.first().map(|(end, _)| *end)
    }
}

impl Broker {
    fn rates_of(&mut self, conn: ConnId) -> Option<Rates> {
        let listener = self.connections.find(conn)?.listener;
        Some(self.policy.listener(listener).rates).filter(|rates| !rates.is_off())
    }

    /// A client has got its connection: it goes on with what it had used before, and its will
    /// counts now, because from now on it is promised (W220).
    pub(super) fn open_account(
        &mut self,
        now: Timestamp,
        conn: ConnId,
        client_id: &Arc<str>,
        will: Option<&ArmedWill>,
    ) {
        let Some(rates) = self.rates_of(conn) else { return };
        let mut spent = self.accounts.take(client_id).unwrap_or_default();
        if let Some(will) = will {
            spent.add(now, rates, 1, will.message.size() as u64);
        }
        if let Some(connection) = self.connections.find(conn) {
            connection.pace = Some(Box::new(Pace { spent, ..Pace::default() }));
        }
    }

    /// Its connection has ended.
    pub(super) fn close_account(&mut self, now: Timestamp, conn: ConnId, client_id: &Arc<str>) {
        let Some(rates) = self.rates_of(conn) else { return };
        let pace = self.connections.find(conn).and_then(|connection| connection.pace.take());
        if let Some(pace) = pace {
            self.accounts.keep(now, client_id, pace.spent, rates);
        }
    }

    /// What the client of a connection has used of its rates, if it has any.
    pub fn spent(&mut self, conn: ConnId) -> Option<Spent> {
        self.rates_of(conn)?;
        let pace = self.connections.find(conn)?.pace.as_ref();
        Some(pace.map_or_else(Spent::default, |pace| pace.spent))
    }

    /// When a client may leave a will with its CONNECT, of so many bytes: at once, unless it has
    /// used up its rates. The server waits until then before it hands in the CONNECT. The broker
    /// accepts it in any case, and a will that was accepted is published whatever was used.
    pub fn will_room_at(
        &mut self,
        now: Timestamp,
        listener: ListenerId,
        client_id: &str,
        bytes: usize,
    ) -> Timestamp {
        let rates = self.policy.listener(listener).rates;
        if rates.is_off() {
            return now;
        }
        let spent = match self.online(client_id) {
            Some(conn) => self.spent(conn),
            None => self.accounts.by_client.get(client_id).map(|(spent, _)| *spent),
        };
        spent.map_or(now, |spent| spent.room_at(now, rates, 1, bytes as u64))
    }

    /// The server has read from a client with rates, and reads nothing more until `slowed_until`.
    pub(super) fn on_paced(
        &mut self,
        step: &mut Step<'_, impl Sink>,
        conn: ConnId,
        spent: Spent,
        slowed_until: Option<Timestamp>,
    ) {
        let Some(connection) = self.connections.find(conn) else { return };
        let Some(key) = connection.session() else { return };
        let pace = connection.pace.get_or_insert_default();
        pace.spent = spent;
        let Some(until) = slowed_until else { return };
        let was = std::mem::replace(&mut pace.slowed_until, until);
        if was.plus_secs(QUIET_SECS) <= step.now
            && let Some(session) = self.sessions.at(key)
        {
            step.report(Event::Slowed { client_id: &session.client_id });
        }
    }

    /// `rate_action disconnect`: a client has sent more than its rates allow (W92).
    pub(super) fn on_too_fast(&mut self, step: &mut Step<'_, impl Sink>, conn: ConnId) {
        self.close(step, conn, End::Server(ReasonCode::MessageRateTooHigh));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + millis)
    }

    /// How many messages get through in so many milliseconds when somebody always has one more.
    fn through(rates: Rates, bytes_each: u64, millis: u64) -> u64 {
        let (mut spent, mut now, mut count) = (Spent::default(), at(0), 0);
        loop {
            now = spent.room_at(now, rates, 1, bytes_each);
            if now > at(millis) {
                return count;
            }
            spent.add(now, rates, 1, bytes_each);
            count += 1;
        }
    }

    #[test]
    fn a_rate_is_a_burst_of_one_second_and_then_exactly_the_rate() {
        for messages in [1, 3, 7, 1000, 12_345] {
            let rates = Rates { messages, bytes: 0 };
            let rate = u64::from(messages);
            assert_eq!(through(rates, 10, 0), rate, "the burst of {rate}");
            assert_eq!(through(rates, 10, 20_000), rate * 21, "20 s of {rate}");
        }
        // Bytes decide where they are the narrower bound.
        let rates = Rates { messages: 100, bytes: 50 };
        assert_eq!(through(rates, 10, 0), 5);
        assert_eq!(through(rates, 10, 10_000), 55);
    }

    #[test]
    fn what_is_larger_than_the_burst_passes_alone_and_is_paid_for() {
        let rates = Rates { messages: 0, bytes: 100 };
        let mut spent = Spent::default();
        assert_eq!(spent.room_at(at(0), rates, 1, 1000), at(0));
        spent.add(at(0), rates, 1, 1000);
        // It owes nine seconds before anything is free, and ten before all is.
        assert_eq!(spent.room_at(at(0), rates, 1, 1), at(9010));
        assert_eq!(spent.room_at(at(0), rates, 1, 1000), at(10_000));
    }

    #[test]
    fn without_a_rate_nothing_is_used() {
        let mut spent = Spent::default();
        spent.add(at(0), Rates::default(), u64::MAX, u64::MAX);
        assert_eq!(spent, Spent::default());
        assert_eq!(spent.room_at(at(0), Rates::default(), u64::MAX, 1), at(0));
    }

    #[test]
    fn whoever_has_paid_is_forgotten_and_there_is_a_bound() {
        let rates = Rates { messages: 10, bytes: 0 };
        let mut accounts = Accounts::new(1);
        let mut spent = Spent::default();
        spent.add(at(0), rates, 5, 0);
        for n in 0..ACCOUNTS_MAX + 10 {
            accounts.keep(at(0), &Arc::from(format!("c{n}")), spent, rates);
        }
        assert_eq!(accounts.by_client.len(), ACCOUNTS_MAX);
        accounts.keep(at(0), &Arc::from("c50"), Spent::default(), rates);
        assert!(accounts.by_client.len() < ACCOUNTS_MAX, "who has used nothing is not kept");
        accounts.drop_empty(at(499));
        assert!(!accounts.by_client.is_empty());
        accounts.drop_empty(at(500));
        assert_eq!((accounts.by_client.len(), accounts.by_end.len()), (0, 0));
    }
}
