//! What a round found.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::protocol::QoS;
use crate::transport::connect::ConnectError;

use super::lock::LockUse;
use super::plan::{Plan, Workload};

/// Longest latency that is told apart, in nanoseconds: an hour.
const LATENCY_NANOS_MAX: u64 = 3_600_000_000_000;

/// An empty histogram of latencies in nanoseconds, three digits exact.
pub(super) fn latencies() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_NANOS_MAX, 3).expect("bounds that are right")
}

/// Why there are no figures.
#[derive(Clone, Debug)]
pub enum BenchError {
    /// The plan asks for something that no round can do.
    Plan(String),
    /// No connection to the broker: to which, and why.
    Unreachable(String, Arc<ConnectError>),
    /// The broker refuses connections: the code of CONNACK, and words.
    Refused(u8, String),
    /// The broker closed a connection, or stopped to answer.
    Lost(String),
    /// The broker broke the protocol.
    Protocol(String),
    /// This machine refused something.
    System(String),
    /// It was ended from outside before there was anything to report.
    Ended(String),
}

impl BenchError {
    /// The same with other words.
    pub(super) fn map(self, words: impl FnOnce(String) -> String) -> BenchError {
        match self {
            BenchError::Plan(why) => BenchError::Plan(words(why)),
            BenchError::Unreachable(why, error) => BenchError::Unreachable(words(why), error),
            BenchError::Refused(code, why) => BenchError::Refused(code, words(why)),
            BenchError::Lost(why) => BenchError::Lost(words(why)),
            BenchError::Protocol(why) => BenchError::Protocol(words(why)),
            BenchError::System(why) => BenchError::System(words(why)),
            BenchError::Ended(why) => BenchError::Ended(words(why)),
        }
    }
}

impl fmt::Display for BenchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (BenchError::Plan(why)
        | BenchError::Unreachable(why, _)
        | BenchError::Refused(_, why)
        | BenchError::Lost(why)
        | BenchError::Protocol(why)
        | BenchError::System(why)
        | BenchError::Ended(why)) = self;
        f.write_str(why)
    }
}

impl std::error::Error for BenchError {}

/// Who kept a round from being faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The broker: its busiest thread had no time left.
    Broker,
    /// The generator: its busiest thread had no time left, so the rate says nothing about the
    /// broker.
    Generator,
    /// The pace that was asked for: everybody kept up with the rate.
    Pace,
    /// Nobody was busy all the time: the way there and back, or somebody else on the machine.
    Neither,
}

/// What processes used during a round.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Processor time, user and system, of all threads.
    pub cpu: Duration,
    /// The part of the time that the busiest thread was running, 0 to 1.
    pub busiest: f64,
    /// Resident memory before the connections were made, in bytes.
    pub rss_before_bytes: u64,
    /// Most resident memory that was seen, in bytes.
    pub rss_peak_bytes: u64,
    /// Resident memory at the end, with all connections open, in bytes.
    pub rss_after_bytes: u64,
}

/// Counts over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// How long one bucket is.
    pub width: Duration,
    /// How many fell into each, from the start of the measurement.
    pub counts: Vec<u64>,
}

impl Series {
    /// An empty one.
    pub(super) const fn new(width: Duration) -> Self {
        Series { width, counts: Vec::new() }
    }

    /// Counts `count` at so many nanoseconds after the start.
    pub(super) fn add(&mut self, nanos: u64, count: u64) {
        let place = (nanos / self.width.as_nanos() as u64) as usize;
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] += count;
    }

    /// Adds another one of the same width.
    pub(super) fn merge(&mut self, other: &Series) {
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, others) in self.counts.iter_mut().zip(&other.counts) {
            *mine += others;
        }
    }
}

/// Connections that were made.
#[derive(Clone, Debug)]
pub struct Connections {
    /// How many were accepted.
    pub accepted: u64,
    /// From the start of the connection to CONNACK, in nanoseconds.
    pub latency: Histogram<u64>,
    /// From the start of the first to the CONNACK of the last.
    pub elapsed: Duration,
}

/// What one round found at one broker.
#[derive(Clone, Debug)]
pub struct Figures {
    /// From the start to the last delivery.
    pub elapsed: Duration,
    /// Messages that were published.
    pub sent: u64,
    /// Deliveries that they ask for.
    pub expected: u64,
    /// Different deliveries that came.
    pub delivered: u64,
    /// Deliveries that never came.
    pub lost: u64,
    /// Deliveries that came once more.
    pub doubled: u64,
    /// Deliveries that came after a later one of the same publisher.
    pub reordered: u64,
    /// Messages that the broker never acknowledged (QoS 1 and 2).
    pub unacknowledged: u64,
    /// From when a message left, or should have left, to its delivery, in nanoseconds.
    pub latency: Histogram<u64>,
    /// Deliveries over time.
    pub deliveries: Series,
    /// How late messages left, behind the moment at which they should have, in nanoseconds; empty
    /// in a closed loop.
    pub send_delay: Histogram<u64>,
    /// What the broker used, if its process is known.
    pub broker: Option<Usage>,
    /// What this program used.
    pub generator: Usage,
    /// What the lock of `lastwill broker` did, if its metrics are known.
    pub lock: Option<LockUse>,
    /// The connections.
    pub connections: Connections,
    /// Who was the limit.
    pub limit: Limit,
    /// Whether the round was ended before its time.
    pub is_partial: bool,
}

impl Figures {
    /// What the broker broke of its promises; empty if nothing.
    ///
    /// QoS 0 promises at most once, QoS 1 at least once, QoS 2 both (section 4.3), and each of them
    /// the order of one publisher [MQTT-4.6.0-6]. A will has to be published [MQTT-3.1.2-8] once,
    /// and a connection has to stay, whatever the QoS.
    pub fn broken(&self, plan: &Plan) -> Vec<String> {
        let is_message = !matches!(plan.workload, Workload::WillStorm | Workload::Idle);
        let may_lose = plan.qos == QoS::AtMostOnce && is_message;
        let may_double = plan.qos == QoS::AtLeastOnce && is_message;
        [
            (self.lost, may_lose, "lost"),
            (self.doubled, may_double, "doubled"),
            (self.reordered, false, "reordered"),
            (self.unacknowledged, may_lose, "not acknowledged"),
        ]
        .into_iter()
        .filter(|(count, may, _)| *count > 0 && !may)
        .map(|(count, _, what)| format!("{count} {what}"))
        .collect()
    }

    /// Deliveries per second.
    pub fn rate(&self) -> f64 {
        self.delivered as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Processor time of a usage for one delivery, in microseconds.
    pub fn micros_per_delivery(&self, usage: &Usage) -> f64 {
        usage.cpu.as_secs_f64() * 1e6 / (self.delivered.max(1)) as f64
    }
}
