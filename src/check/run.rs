//! Asking the broker what it offers, running rows side by side, cleaning up behind them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::check::found::{Found, settled};
use crate::check::lab::unreachable;
use crate::check::lab::{Abilities, Lab, Patience, Shared, Target, Traces, is_permission};
use crate::check::plan::{Plan, Planned};
use crate::check::probe::{Got, Probe, Welcome};
use crate::check::wire::{self, Connect, Publish};
use crate::clock::Clock;
use crate::protocol::{ReasonCode, Version};
use crate::transport::connect::open;

/// How long the first answer of a broker may take.
const FIRST_ANSWER: Duration = Duration::from_secs(5);
/// How long cleaning up may take.
const CLEAN_UP: Duration = Duration::from_secs(10);
/// What is left of the total time for cleaning up, at most.
const ROW_TIME_MAX: Duration = Duration::from_secs(45);

/// Why nothing can be examined.
#[derive(Debug)]
pub enum Unreachable {
    /// No connection.
    NoConnection(String),
    /// Connections are taken, but no version of CONNECT is accepted; the reason of the last.
    Refused(Version, ReasonCode),
    /// Whoever listens there does not speak MQTT.
    NoBroker(String),
}

/// What the broker said about itself.
#[derive(Clone, Debug)]
pub struct Discovery {
    /// What it offers.
    pub abilities: Abilities,
    /// A round trip.
    pub round_trip: Duration,
}

/// Asks the broker which versions it speaks and what it offers.
pub async fn discover(target: &Target) -> Result<Discovery, Unreachable> {
    let clock = Clock::new();
    let mut versions = Vec::new();
    let mut offered = None;
    let mut failure = Unreachable::NoBroker("nothing was answered".to_owned());
    let mut round_trip = Duration::ZERO;
    for version in [Version::V5, Version::V311, Version::V31] {
        match knock(target, version, clock).await? {
            Ok((mut probe, welcome)) => {
                versions.push(version);
                let started = clock.elapsed_nanos();
                // A broker that does not answer PINGREQ shows in a row of its own.
                let _ = probe.round_trip(Duration::from_secs(2)).await;
                let nanos = clock.elapsed_nanos() - started;
                round_trip = round_trip.max(Duration::from_nanos(nanos));
                offered.get_or_insert(welcome.properties);
                probe.send(&wire::disconnect(version, 0, &[])).await;
            }
            Err(refusal) => failure = refusal,
        }
    }
    match offered {
        Some(properties) => {
            let abilities = Abilities::of(properties.as_properties(), versions);
            Ok(Discovery { abilities, round_trip })
        }
        None => Err(failure),
    }
}

/// Connects in one version. The outer error: there is nobody; the inner: this version is refused.
async fn knock(
    target: &Target,
    version: Version,
    clock: Clock,
) -> Result<Result<(Probe, Welcome), Unreachable>, Unreachable> {
    let opened = timeout(FIRST_ANSWER, open(&target.endpoint)).await;
    let stream = match opened {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(Unreachable::NoConnection(unreachable(&error))),
        Err(_) => return Err(Unreachable::NoConnection("no answer to the connection".to_owned())),
    };
    let mut probe = Probe::new(stream, version, clock);
    let id = format!("lw{}", random_name().map_err(Unreachable::NoConnection)?);
    let connect = Connect {
        username: target.username.clone(),
        password: target.password.clone(),
        // Some brokers set another Keep Alive where a client asks for none.
        keep_alive_secs: 60,
        ..Connect::new(version, id)
    };
    probe.send(&connect.bytes()).await;
    Ok(match probe.next(FIRST_ANSWER).await {
        Got::ConnAck(welcome) if welcome.reason == ReasonCode::Success => Ok((probe, welcome)),
        Got::ConnAck(welcome) if is_permission(welcome.reason) => {
            return Err(Unreachable::Refused(version, welcome.reason));
        }
        Got::ConnAck(welcome) => Err(Unreachable::Refused(version, welcome.reason)),
        other => {
            Err(Unreachable::NoBroker(format!("CONNECT was answered by {}", other.describe())))
        }
    })
}

/// Eight random letters and digits.
fn random_name() -> Result<String, String> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| format!("no random name: {error}"))?;
    Ok(random.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect())
}

/// One row in one version, and what was found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The row and the version.
    pub planned: Planned,
    /// What was found.
    pub found: Found,
    /// How long it took.
    pub took: Duration,
    /// Whether the time was over before it ended.
    is_unfinished: bool,
}

impl Outcome {
    /// A row that ended.
    pub fn new(planned: Planned, found: Found, took: Duration) -> Outcome {
        Outcome { planned, found, took, is_unfinished: false }
    }

    /// Whether the time was over before it ended.
    pub const fn is_unfinished(&self) -> bool {
        self.is_unfinished
    }
}

/// A run: its names, what it waits for, what it has to clean up.
#[derive(Debug)]
pub struct Run {
    shared: Arc<Shared>,
    jobs: usize,
    total: Duration,
}

impl Run {
    /// A run against a broker that was discovered, `jobs` rows at a time, for `total` at most,
    /// cleaning up included.
    ///
    /// # Errors
    /// The system has no random numbers, in words.
    pub fn new(
        target: Target,
        discovery: Discovery,
        jobs: usize,
        total: Duration,
    ) -> Result<Run, String> {
        let name = random_name()?;
        let shared = Shared {
            target,
            abilities: discovery.abilities,
            patience: Patience::of(discovery.round_trip),
            clock: Clock::new(),
            prefix: format!("lastwill-check/{name}"),
            id_prefix: format!("lw{name}"),
            traces: Mutex::default(),
        };
        Ok(Run { shared: Arc::new(shared), jobs: jobs.max(1), total })
    }

    /// Every topic that the run uses lies below this one.
    pub fn prefix(&self) -> &str {
        &self.shared.prefix
    }

    /// Runs the plan; `done` is told of every row as it ends. Rows that the time does not suffice
    /// for are not judged. The outcomes are in the order of the plan.
    pub async fn examine(&self, plan: &Plan, mut done: impl FnMut(&Outcome)) -> Vec<Outcome> {
        let permits = Arc::new(Semaphore::new(self.jobs));
        let mut order: Vec<usize> = (0..plan.rows.len()).collect();
        order.sort_by_key(|place| {
            let row = plan.rows[*place].row;
            (!row.in_turn, std::cmp::Reverse(row.secs))
        });
        let turns = Arc::new(Semaphore::new(1));
        let mut tasks = JoinSet::new();
        for place in order {
            let planned = plan.rows[place];
            let lab =
                Lab { shared: Arc::clone(&self.shared), version: planned.version, number: place };
            let (turns, permits) = (Arc::clone(&turns), Arc::clone(&permits));
            tasks.spawn(async move {
                // The semaphores are never closed.
                let _turn = match planned.row.in_turn {
                    true => turns.acquire_owned().await.ok(),
                    false => None,
                };
                let _permit = permits.acquire_owned().await;
                (place, one(planned, lab).await)
            });
        }
        let mut outcomes: Vec<Option<Outcome>> = vec![None; plan.rows.len()];
        let time = self.total.saturating_sub(CLEAN_UP).max(self.total / 2);
        let collecting = async {
            while let Some(ended) = tasks.join_next().await {
                if let Ok((place, outcome)) = ended {
                    done(&outcome);
                    outcomes[place] = Some(outcome);
                }
            }
        };
        let _ = timeout(time, collecting).await;
        tasks.shutdown().await;
        let named = outcomes.into_iter().zip(&plan.rows);
        named.map(|(outcome, planned)| outcome.unwrap_or_else(|| unfinished(*planned))).collect()
    }

    /// Clears retained messages and ends sessions that rows left behind.
    ///
    /// # Errors
    /// What could not be cleaned up, in words.
    pub async fn clean_up(&self) -> Result<(), String> {
        let traces = std::mem::take(&mut *self.shared.traces());
        timeout(CLEAN_UP, self.sweep(traces))
            .await
            .map_err(|_| "cleaning up took too long".to_owned())?
            .map_err(|found| found.happened)
    }

    async fn sweep(&self, traces: Traces) -> Result<(), Found> {
        let lab = Lab {
            shared: Arc::clone(&self.shared),
            version: *self.shared.abilities.versions.first().unwrap_or(&Version::V311),
            number: 999,
        };
        let mut seen = HashSet::new();
        for (version, id) in traces.sessions {
            if seen.insert(id.clone()) {
                let connect = Connect { id, ..lab.client_of(version, "") };
                let (probe, _) = lab.try_connect(&connect).await?;
                lab.leave(probe).await;
            }
        }
        let mut topics: Vec<Vec<u8>> = traces.topics;
        topics.retain(|topic| topic.starts_with(self.shared.prefix.as_bytes()));
        topics.sort();
        topics.dedup();
        if topics.is_empty() || !self.shared.abilities.retain {
            return Ok(());
        }
        let mut sweeper = lab.connect(&lab.client("sweeper")).await?;
        for topic in topics {
            sweeper.publish(&Publish::new(topic, "").retained()).await;
        }
        sweeper.round_trip(lab.soon()).await?;
        lab.leave(sweeper).await;
        Ok(())
    }
}

async fn one(planned: Planned, lab: Lab) -> Outcome {
    let started = lab.now();
    let shared = Arc::clone(&lab.shared);
    let found = if shared.abilities.versions.contains(&planned.version) {
        match timeout(ROW_TIME_MAX, (planned.row.run)(lab)).await {
            Ok(step) => settled(step),
            Err(_) => Found::blocked(format!("no end within {} s", ROW_TIME_MAX.as_secs())),
        }
    } else {
        Found::unsupported(format!("the broker does not speak MQTT {}", planned.version))
    };
    Outcome::new(planned, found, shared.clock.now().since(started))
}

fn unfinished(planned: Planned) -> Outcome {
    let found = Found::blocked("the time was over (--timeout)");
    Outcome { planned, found, took: Duration::ZERO, is_unfinished: true }
}
