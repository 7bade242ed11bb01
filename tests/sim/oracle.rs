//! The second telling of the rules for wills: it knows which connections there were, what each
//! brought along and how it ended, and says what had to happen to its will.

use lastwill::time::Timestamp;

/// The broker may be this late with a timer (D18).
const LATE_MILLIS_MAX: u64 = 100;

/// A will as its CONNECT brought it.
#[derive(Clone, Debug)]
pub struct TheirWill {
    pub payload: String,
    pub delay_secs: u32,
}

/// One connection: nothing but facts.
#[derive(Clone, Debug)]
pub struct Fact {
    pub client: String,
    /// Which connection of this client it is, as the client counts them.
    pub number: u32,
    pub began: Timestamp,
    pub clean_start: bool,
    pub expiry_secs: u32,
    pub keep_alive_secs: u16,
    pub will: Option<TheirWill>,
    /// When the last packet came.
    pub heard: Timestamp,
    pub end: Option<(Timestamp, HowEnded)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowEnded {
    /// A complete and valid DISCONNECT with 0x00.
    Normal,
    /// Anything else.
    Abnormal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Published,
    Discarded,
    Cancelled,
}

/// All connections in the order of their CONNECTs.
#[derive(Debug, Default)]
pub struct Oracle {
    facts: Vec<Fact>,
    stopped: Option<Timestamp>,
}

impl Oracle {
    /// A CONNECT is handed in. It takes over what its client has open; its place is the answer.
    pub fn on_connect(&mut self, fact: Fact) -> usize {
        let open = self.facts.iter_mut().filter(|it| it.client == fact.client && it.end.is_none());
        open.for_each(|it| it.end = Some((fact.began, HowEnded::Abnormal)));
        self.facts.push(fact);
        self.facts.len() - 1
    }

    /// A connection ends, if it has not ended before.
    pub fn on_end(&mut self, at: usize, now: Timestamp, how: HowEnded) {
        self.facts[at].end.get_or_insert((now, how));
    }

    /// A packet is handed in.
    pub fn on_packet(&mut self, at: usize, now: Timestamp) {
        self.facts[at].heard = now;
    }

    /// DISCONNECT with another Session Expiry Interval.
    pub fn on_expiry(&mut self, at: usize, expiry_secs: u32) {
        if self.facts[at].end.is_none() {
            self.facts[at].expiry_secs = expiry_secs;
        }
    }

    /// The broker is told to stop.
    pub fn on_stop(&mut self, now: Timestamp) {
        self.stopped = Some(now);
        for fact in &mut self.facts {
            fact.end.get_or_insert((now, HowEnded::Abnormal));
        }
    }

    /// The broker closes a connection. Unless it ended before, silence must be the reason.
    pub fn on_close(&mut self, at: usize, now: Timestamp) {
        let fact = &self.facts[at];
        if fact.end.is_some() {
            return;
        }
        assert!(fact.keep_alive_secs > 0, "{fact:?} was closed for no reason at {now}");
        let due = silent_too_long(fact);
        let late = now.since(due).as_millis() as u64;
        assert!(now >= due && late <= LATE_MILLIS_MAX, "{fact:?} was closed at {now}, not {due}");
        self.on_end(at, now, HowEnded::Abnormal);
    }

    /// Whether the connection is still open as far as the facts tell.
    pub fn is_open(&self, at: usize) -> bool {
        self.facts[at].end.is_none()
    }

    /// Nobody open has been silent for longer than allowed.
    pub fn check_silence(&self, now: Timestamp) {
        for fact in self.facts.iter().filter(|it| it.end.is_none() && it.keep_alive_secs > 0) {
            let last = silent_too_long(fact).plus_millis(LATE_MILLIS_MAX);
            assert!(now <= last, "{fact:?} is still open at {now}");
        }
    }

    /// The wills of a client in the order of its connections, with what had to become of them by
    /// `now`: `None` is still open.
    pub fn fates(
        &self,
        client: &str,
        now: Timestamp,
    ) -> Vec<(TheirWill, Option<(Timestamp, Fate)>)> {
        let mine: Vec<&Fact> = self.facts.iter().filter(|it| it.client == client).collect();
        let each = mine.iter().enumerate().filter_map(|(n, fact)| {
            let will = fact.will.clone()?;
            let fate = self.fate(fact, &will, mine.get(n + 1).copied());
            Some((will, fate.filter(|(when, _)| *when <= now)))
        });
        each.collect()
    }

    fn fate(
        &self,
        fact: &Fact,
        will: &TheirWill,
        next: Option<&Fact>,
    ) -> Option<(Timestamp, Fate)> {
        let (end, how) = fact.end?;
        if how == HowEnded::Normal {
            return Some((end, Fate::Discarded));
        }
        let session_end = match fact.expiry_secs {
            u32::MAX => Timestamp::NEVER,
            secs => end.plus_secs(secs),
        };
        let due = session_end.min(end.plus_secs(will.delay_secs));
        match next {
            // Clean Start ends the session, and with it the waiting.
            Some(next) if next.began < due && next.clean_start => {
                Some((next.began, Fate::Published))
            }
            Some(next) if next.began < due => Some((next.began, Fate::Cancelled)),
            _ => Some((due.min(self.stopped.unwrap_or(due)), Fate::Published)),
        }
    }

    /// How many connections of the client were there before this one, as the broker saw them: a
    /// CONNECT may be overtaken by that of the next stream.
    pub fn rank(&self, client: &str, number: u32) -> usize {
        let mut mine = self.facts.iter().filter(|it| it.client == client);
        mine.position(|it| it.number == number).expect("its CONNECT was handed in")
    }

    /// Compares what the broker told with what had to happen.
    pub fn check(&self, client: &str, told: &[(Timestamp, Fate)], now: Timestamp) {
        let fates = self.fates(client, now);
        let due: Vec<(Timestamp, Fate)> = fates.iter().filter_map(|(_, fate)| *fate).collect();
        let as_told = told.len() == due.len()
            && told.iter().zip(&due).all(|(told, due)| {
                told.1 == due.1 && told.0 >= due.0 && told.0 <= due.0.plus_millis(LATE_MILLIS_MAX)
            });
        assert!(as_told, "wills of {client}: told {told:?}, but by the rules {due:?}");
    }
}

/// One and a half times the keep-alive behind the last packet [MQTT-3.1.2-22].
fn silent_too_long(fact: &Fact) -> Timestamp {
    fact.heard.plus_millis(u64::from(fact.keep_alive_secs) * 1500)
}
