//! One round: connections, warm-up, measurement, end.

use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};

use super::costs::{Cost, Costs};
use super::crew::Crew;
use super::episode;
use super::figures::{BenchError, Connections, Figures, Limit, latencies};
use super::flow::Tally;
use super::plan::{Pace, Plan, Target};
use super::stretch::Counts;
use super::watch::Watch;

/// A thread with less time left than this was busy.
const BUSY: f64 = 0.9;
/// Who keeps up with this part of a rate keeps up.
const KEPT_UP: f64 = 0.98;

/// How long whatever comes once more is waited for.
pub(super) const AFTERMATH: Duration = Duration::from_millis(250);

/// Files that are open besides connections.
const OTHER_FILES: u64 = 64;

/// Does what the plan says, once, with one broker.
///
/// # Errors
/// The plan cannot be carried out, or the broker does not stand it.
pub fn round(plan: &Plan, target: &Target, watch: &Watch) -> Result<Figures, BenchError> {
    plan.check()?;
    raise_open_files(plan.connections() + OTHER_FILES)?;
    let costs = Costs::new(target)?;
    match plan.workload.is_stream() {
        true => stream(plan, target, watch, costs),
        false => play(plan, target, watch, costs),
    }
}

/// A steady stream of messages.
fn stream(
    plan: &Plan,
    target: &Target,
    watch: &Watch,
    mut costs: Costs,
) -> Result<Figures, BenchError> {
    let mut crew = Crew::start(plan, target)?;
    let connections = crew.connect(&mut costs, watch)?;
    let mut before = Tally::new();
    if !plan.warm_up.is_nothing() {
        crew.publish(plan.warm_up, &mut costs, watch)?;
        before = crew.collect()?;
    }
    if watch.is_stopped() {
        return Err(BenchError::Ended("ended before the measurement began".to_owned()));
    }
    costs.begin();
    let done = crew.publish(plan.stop, &mut costs, watch)?;
    let cost = costs.end(done.elapsed);
    // What comes once more comes right behind.
    std::thread::sleep(AFTERMATH);
    let tally = crew.collect()?;
    crew.leave();
    let Counts { sent, delivered, .. } = done.counts;
    let expected = sent * u64::from(plan.copies());
    if sent == 0 {
        return Err(nothing_sent(watch));
    }
    Ok(Figures {
        elapsed: done.elapsed,
        sent,
        expected,
        // Some of the warm-up may have come late.
        delivered: delivered.min(expected),
        // What goes wrong in the warm-up is no less wrong.
        lost: tally.missing,
        doubled: before.doubled + tally.doubled,
        reordered: before.reordered + tally.reordered,
        unacknowledged: done.unacknowledged,
        latency: tally.latency,
        deliveries: tally.deliveries,
        send_delay: tally.send_delay,
        limit: limit(plan, sent, done.elapsed, &cost),
        broker: cost.broker,
        generator: cost.generator,
        lock: cost.lock,
        connections,
        is_partial: watch.is_stopped(),
    })
}

/// Why a stream has no message.
fn nothing_sent(watch: &Watch) -> BenchError {
    match watch.is_stopped() {
        true => BenchError::Ended("ended before anything was sent".to_owned()),
        false => BenchError::Plan("no message left in so short a time: --duration".to_owned()),
    }
}

/// An episode of connections and sessions.
fn play(
    plan: &Plan,
    target: &Target,
    watch: &Watch,
    mut costs: Costs,
) -> Result<Figures, BenchError> {
    let found = episode::run(plan, target, watch, &mut costs)?;
    if watch.is_stopped() && found.delivered == 0 {
        return Err(BenchError::Ended("ended before anything was measured".to_owned()));
    }
    let elapsed = Duration::from_nanos(found.elapsed_nanos);
    Ok(Figures {
        elapsed,
        sent: found.sent,
        expected: found.expected,
        delivered: found.delivered,
        lost: found.lost,
        doubled: found.doubled,
        reordered: found.reordered,
        unacknowledged: 0,
        latency: found.latency,
        deliveries: found.deliveries,
        send_delay: latencies(),
        limit: limit(plan, 0, elapsed, &found.cost),
        broker: found.cost.broker,
        generator: found.cost.generator,
        lock: found.cost.lock,
        connections: Connections {
            accepted: found.connections.len(),
            latency: found.connections,
            elapsed: Duration::from_nanos(found.connections_nanos),
        },
        is_partial: watch.is_stopped(),
    })
}

/// Who kept it from being faster.
fn limit(plan: &Plan, sent: u64, elapsed: Duration, cost: &Cost) -> Limit {
    if let (Pace::Rate(rate), true) = (plan.pace, plan.workload.is_stream()) {
        let reached = sent as f64 / elapsed.as_secs_f64().max(1e-9);
        if reached >= f64::from(rate) * KEPT_UP {
            return Limit::Pace;
        }
    }
    let broker = cost.broker.map_or(0.0, |usage| usage.busiest);
    if broker.max(cost.generator.busiest) < BUSY {
        Limit::Neither
    } else if cost.generator.busiest > broker {
        Limit::Generator
    } else {
        Limit::Broker
    }
}

/// A name that no other run has: every topic begins with it.
pub(super) fn run_name() -> Result<String, BenchError> {
    let mut random = [0; 3];
    getrandom::fill(&mut random)
        .map_err(|error| BenchError::System(format!("no random name: {error}")))?;
    let [a, b, c] = random;
    Ok(format!("lwb/{a:02x}{b:02x}{c:02x}"))
}

/// Lets the process open so many files.
fn raise_open_files(needed: u64) -> Result<(), BenchError> {
    let mut limit = getrlimit(Resource::Nofile);
    let refused = |most: u64| {
        let why =
            format!("this needs {needed} open files, and the system allows {most} (ulimit -n)");
        BenchError::System(why)
    };
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    if limit.maximum.is_some_and(|most| most < needed) {
        return Err(refused(limit.maximum.unwrap_or(0)));
    }
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).map_err(|_| refused(limit.maximum.unwrap_or(0)))
}
