//! What a round does, and where; the bounds of it.

use std::time::Duration;

use crate::protocol::{QoS, Version};
use crate::transport::connect::Endpoint;

use super::figures::BenchError;
use super::frame::STAMP_BYTES;
use super::lock::MetricsUrl;

/// Most clients of one kind.
pub const CLIENTS_MAX: u32 = 100_000;
/// Largest payload in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 16 << 20;
/// Most messages that are published in a round, its warm-up apart.
pub const COUNT_MAX: u64 = 1_000_000_000;
/// Longest round, its warm-up apart.
pub const DURATION_MAX: Duration = Duration::from_secs(3600);
/// Most messages of one publisher that may be unfinished.
pub const WINDOW_MAX: u32 = 60_000;
/// Highest rate in messages per second.
pub const RATE_MAX: u32 = 10_000_000;
/// Most messages or subscriptions of an episode.
pub const EPISODE_MAX: u64 = 10_000_000;
/// Most threads of the generator.
pub const THREADS_MAX: usize = 64;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// Many publishers, one subscriber.
    FanIn,
    /// One publisher, many subscribers.
    FanOut,
    /// Every publisher has a subscriber of its own.
    Pairs,
    /// Pairs at a steady rate.
    Latency,
    /// Connections that come and go.
    Connect,
    /// Connections that only are there.
    Idle,
    /// Clients with wills that die all at once.
    WillStorm,
    /// Retained messages, read by everybody who subscribes.
    Retained,
    /// Many subscriptions of one client.
    Subscribe,
    /// Messages that wait for sessions whose clients are away.
    Offline,
}

impl Workload {
    /// All of them.
    pub const ALL: [Workload; 10] = [
        Workload::FanIn,
        Workload::FanOut,
        Workload::Pairs,
        Workload::Latency,
        Workload::Connect,
        Workload::Idle,
        Workload::WillStorm,
        Workload::Retained,
        Workload::Subscribe,
        Workload::Offline,
    ];

    /// Its name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Workload::FanIn => "fanin",
            Workload::FanOut => "fanout",
            Workload::Pairs => "pairs",
            Workload::Latency => "latency",
            Workload::Connect => "connect",
            Workload::Idle => "idle",
            Workload::WillStorm => "will-storm",
            Workload::Retained => "retained",
            Workload::Subscribe => "subscribe",
            Workload::Offline => "offline",
        }
    }

    /// A few words about it.
    pub const fn about(self) -> &'static str {
        match self {
            Workload::FanIn => "many publishers, one subscriber",
            Workload::FanOut => "one publisher, many subscribers",
            Workload::Pairs => "publishers with a subscriber each",
            Workload::Latency => "pairs at a steady rate",
            Workload::Connect => "connections that come and go",
            Workload::Idle => "connections that only are there",
            Workload::WillStorm => "clients with wills that die all at once",
            Workload::Retained => "retained messages, read by new subscribers",
            Workload::Subscribe => "subscriptions of one client",
            Workload::Offline => "messages that wait for sessions",
        }
    }

    /// What is counted.
    pub const fn unit(self) -> &'static str {
        match self {
            Workload::FanIn
            | Workload::FanOut
            | Workload::Pairs
            | Workload::Latency
            | Workload::Retained
            | Workload::Offline => "deliveries",
            Workload::Connect | Workload::Idle => "connections",
            Workload::WillStorm => "wills",
            Workload::Subscribe => "subscriptions",
        }
    }

    /// Whether it is a steady stream of messages; otherwise it is an episode.
    pub const fn is_stream(self) -> bool {
        matches!(self, Workload::FanIn | Workload::FanOut | Workload::Pairs | Workload::Latency)
    }

    /// How many clients there are where nothing is said.
    pub const fn clients(self) -> u32 {
        match self {
            Workload::FanIn => 10,
            Workload::FanOut => 100,
            Workload::Pairs => 50,
            Workload::Latency => 10,
            Workload::Connect => 32,
            Workload::Idle | Workload::WillStorm => 1000,
            Workload::Retained | Workload::Subscribe | Workload::Offline => 1,
        }
    }

    /// How many messages, connections or subscriptions there are where nothing is said.
    pub const fn count(self) -> u64 {
        if self.is_stream() { 100_000 } else { 10_000 }
    }

    /// Whether a time can end it.
    const fn takes_duration(self) -> bool {
        self.is_stream() || matches!(self, Workload::Connect | Workload::Idle)
    }
}

/// How clients die.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Death {
    /// The connection is closed, without DISCONNECT.
    #[default]
    Close,
    /// The connection is reset.
    Reset,
    /// Nothing more comes; the broker finds out by the keep-alive.
    Silent,
}

/// When messages leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Closed loop: a publisher has at most so many messages that are not finished. One is finished
    /// when it is acknowledged (QoS 1 and 2) and every subscriber has it.
    Window(u32),
    /// Open loop: so many messages per second, all publishers together, whatever the broker does.
    /// Latencies count from when a message should have left.
    Rate(u32),
}

/// When a round is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// After so many messages, all publishers together.
    Count(u64),
    /// After this time.
    Duration(Duration),
}

impl Stop {
    /// The warm-up that goes before it where nothing is said: a tenth, at most two seconds.
    pub fn warm_up(self) -> Stop {
        match self {
            Stop::Count(count) => Stop::Count(count / 10),
            Stop::Duration(time) => Stop::Duration((time / 10).min(Duration::from_secs(2))),
        }
    }

    /// Whether it asks for nothing at all.
    pub const fn is_nothing(self) -> bool {
        match self {
            Stop::Count(count) => count == 0,
            Stop::Duration(time) => time.is_zero(),
        }
    }
}

/// What one round does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is done.
    pub workload: Workload,
    /// QoS of messages and of subscriptions.
    pub qos: QoS,
    /// Version of every connection.
    pub version: Version,
    /// Whether messages carry properties (version 5).
    pub properties: bool,
    /// Bytes of a payload.
    pub payload_bytes: usize,
    /// Fan-in: publishers. Fan-out: subscribers. Pairs and latency: pairs. Connect: how many at a
    /// time. Retained and offline: subscribers. Otherwise connections.
    pub clients: u32,
    /// How the clients of a will storm die.
    pub death: Death,
    /// Whether idle connections have a will.
    pub has_wills: bool,
    /// When messages leave.
    pub pace: Pace,
    /// When it is over.
    pub stop: Stop,
    /// What is done before the measurement begins, in the same connections.
    pub warm_up: Stop,
    /// Threads of the generator.
    pub threads: usize,
}

impl Plan {
    /// How many publishers there are.
    pub const fn publishers(&self) -> u32 {
        match self.workload {
            Workload::FanOut => 1,
            _ => self.clients,
        }
    }

    /// How many subscribers there are.
    pub const fn subscribers(&self) -> u32 {
        match self.workload {
            Workload::FanIn => 1,
            _ => self.clients,
        }
    }

    /// How many subscribers get each message.
    pub const fn copies(&self) -> u32 {
        match self.workload {
            Workload::FanOut => self.clients,
            _ => 1,
        }
    }

    /// The window where nothing is said: together the publishers of one subscriber stay below 1000
    /// messages, which is what mosquitto queues for a client before it drops. At QoS 2 it takes no
    /// more than 20 unfinished ones from a publisher, and drops the others.
    pub fn window_of(workload: Workload, clients: u32, qos: QoS) -> u32 {
        let window = match workload {
            Workload::FanIn => 900 / clients.max(1),
            _ => 400,
        };
        let most = if qos == QoS::ExactlyOnce { 20 } else { WINDOW_MAX };
        window.clamp(4, most)
    }

    /// How many messages or subscriptions an episode has.
    pub const fn count(&self) -> u32 {
        match self.stop {
            Stop::Count(count) => count as u32,
            Stop::Duration(_) => self.workload.count() as u32,
        }
    }

    /// Connections of this program that are open at a time.
    pub const fn connections(&self) -> u64 {
        match self.workload {
            Workload::FanIn | Workload::FanOut => self.clients as u64 + 1,
            Workload::Pairs | Workload::Latency => self.clients as u64 * 2,
            _ => self.clients as u64 + 2,
        }
    }

    /// Refuses what no round can do.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn check(&self) -> Result<(), BenchError> {
        let within = |what: &str, value: u64, min: u64, max: u64| {
            let wrong = || BenchError::Plan(format!("{what} is {min} to {max}, not {value}"));
            (min..=max).contains(&value).then_some(()).ok_or_else(wrong)
        };
        within("the number of clients", self.clients.into(), 1, CLIENTS_MAX.into())?;
        let payload = (self.payload_bytes as u64, STAMP_BYTES as u64, PAYLOAD_BYTES_MAX as u64);
        within("the payload in bytes", payload.0, payload.1, payload.2)?;
        within("the number of threads", self.threads as u64, 1, THREADS_MAX as u64)?;
        match self.pace {
            Pace::Window(window) => within("the window", window.into(), 1, WINDOW_MAX.into())?,
            Pace::Rate(rate) => within("the rate per second", rate.into(), 1, RATE_MAX.into())?,
        }
        for (what, stop, min) in [("", self.stop, 1), (" of the warm-up", self.warm_up, 0)] {
            match stop {
                Stop::Count(count) => {
                    within(&format!("the number of messages{what}"), count, min, COUNT_MAX)?;
                }
                Stop::Duration(time) => {
                    let max = DURATION_MAX.as_millis() as u64;
                    let millis = time.as_millis() as u64;
                    within(&format!("the duration in ms{what}"), millis, min, max)?;
                }
            }
        }
        self.check_episode()
    }

    /// What holds for episodes only.
    fn check_episode(&self) -> Result<(), BenchError> {
        let name = self.workload.name();
        if matches!(self.stop, Stop::Duration(_)) && !self.workload.takes_duration() {
            let why = format!("{name} ends after a number of messages, not after a time");
            return Err(BenchError::Plan(why));
        }
        if self.workload == Workload::Offline && self.qos == QoS::AtMostOnce {
            let why = "offline needs QoS 1 or 2: at QoS 0 a broker need not keep anything";
            return Err(BenchError::Plan(why.to_owned()));
        }
        if self.workload == Workload::WillStorm && self.payload_bytes > usize::from(u16::MAX) {
            let why = format!("a will has at most {} bytes, not {}", u16::MAX, self.payload_bytes);
            return Err(BenchError::Plan(why));
        }
        match self.stop {
            Stop::Count(count) if !self.workload.is_stream() && count > EPISODE_MAX => {
                let why = format!("the number of messages of {name} is at most {EPISODE_MAX}");
                Err(BenchError::Plan(why))
            }
            _ => Ok(()),
        }
    }
}

/// A broker under test, and as whom to speak to it.
#[derive(Clone, Debug)]
pub struct Target {
    /// How reports name it.
    pub name: String,
    /// Where it is.
    pub endpoint: Endpoint,
    /// User Name of every CONNECT.
    pub username: Option<String>,
    /// Password of every CONNECT.
    pub password: Option<Vec<u8>>,
    /// Its process, whose cost is measured; processes that it started belong to it.
    pub pid: Option<u32>,
    /// Where `lastwill broker` tells how busy its lock is.
    pub metrics: Option<MetricsUrl>,
}
