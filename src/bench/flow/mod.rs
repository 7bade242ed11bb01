//! Messages through the broker, as fast as it can or at a rate: the hot path of the generator.
//!
//! Each thread runs a current-thread runtime with connections of its own. What threads have in
//! common ([`Common`]) is how far each subscriber is with each publisher, and who to wake.

mod pacer;
mod publisher;
mod subscriber;
mod thread;
mod wire;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::task::Waker;

use hdrhistogram::Histogram;

use crate::clock::Clock;

use super::figures::{BenchError, Series, latencies};
use super::plan::{Plan, Target, Workload};

pub(super) use thread::run;
pub(super) use wire::{Wire, acknowledge};

/// How wide a bucket of deliveries over time is.
pub(super) const BUCKET: std::time::Duration = std::time::Duration::from_millis(100);

/// What all threads know.
pub(super) struct Common {
    pub(super) plan: Plan,
    pub(super) target: Target,
    pub(super) clock: Clock,
    /// Every topic begins with this, every client id contains it.
    pub(super) name: String,
    pub(super) publishers: Vec<Gate>,
    pub(super) meters: Vec<Meter>,
}

/// What others know of a publisher.
#[derive(Default)]
pub(super) struct Gate {
    /// How many messages it has published since it exists.
    pub(super) sent: AtomicU32,
    /// For each of its subscribers: above the highest sequence number that came.
    pub(super) progress: Vec<AtomicU32>,
    waker: Mutex<Option<Waker>>,
}

impl Gate {
    fn new(subscribers: u32) -> Gate {
        let progress = (0..subscribers).map(|_| AtomicU32::new(0)).collect();
        Gate { progress, ..Gate::default() }
    }

    /// Has the publisher look again.
    fn wake(&self) {
        if let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake_by_ref();
        }
    }

    fn register(&self, waker: &Waker) {
        let mut known = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *known = Some(waker.clone());
        }
    }

    /// What every subscriber has.
    fn slowest(&self) -> u32 {
        let progress = self.progress.iter().map(|it| it.load(Ordering::Relaxed));
        progress.min().unwrap_or(u32::MAX)
    }
}

/// How far a thread is, for whoever waits for it. All since it exists.
#[derive(Default)]
pub(super) struct Meter {
    /// Messages published.
    pub(super) sent: AtomicU64,
    /// Messages finished with the broker: at QoS 0 written, otherwise acknowledged.
    pub(super) acked: AtomicU64,
    /// Different deliveries.
    pub(super) delivered: AtomicU64,
    /// Clock of the last delivery, in nanoseconds.
    pub(super) last_nanos: AtomicU64,
}

impl Common {
    pub(super) fn new(plan: Plan, target: Target, clock: Clock, name: String) -> Common {
        let publishers = (0..plan.publishers()).map(|_| Gate::new(plan.copies())).collect();
        let meters = (0..plan.threads).map(|_| Meter::default()).collect();
        Common { plan, target, clock, name, publishers, meters }
    }

    /// The topic of a publisher. All are equally long, so that all cost the same.
    pub(super) fn topic(&self, publisher: u32) -> String {
        format!("{}/{publisher:06}", self.name)
    }

    /// What a subscriber subscribes to, and which publishers that are: the first and how many.
    pub(super) fn filter(&self, subscriber: u32) -> (String, u32, u32) {
        match self.plan.workload {
            Workload::FanIn => (format!("{}/#", self.name), 0, self.plan.publishers()),
            Workload::FanOut => (self.topic(0), 0, 1),
            _ => (self.topic(subscriber), subscriber, 1),
        }
    }

    /// The place of a subscriber in the progress of its publishers.
    pub(super) fn place(&self, subscriber: u32) -> usize {
        match self.plan.workload {
            Workload::FanOut => subscriber as usize,
            _ => 0,
        }
    }

    /// The publishers, or subscribers, of a thread.
    pub(super) fn of_thread(&self, thread: usize, count: u32) -> impl Iterator<Item = u32> {
        (thread as u32..count).step_by(self.plan.threads)
    }
}

/// What a thread is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Command {
    /// Publish.
    Publish(Phase),
    /// Stop publishing.
    Halt,
    /// What is unfinished will not come: a window must not wait for it.
    Forgive,
    /// Hand over what was found since the last time.
    Collect,
    /// Close the connections in order, and end.
    Leave,
}

/// A stretch of publishing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phase {
    /// The first one is 1.
    pub(super) number: u64,
    /// When it begins, on the common clock.
    pub(super) start_nanos: u64,
    /// How many messages all publishers together send, if that ends it.
    pub(super) count: Option<u64>,
}

/// What a thread has to say.
pub(super) enum Report {
    /// Its connections are open, and subscribed.
    Ready(Histogram<u64>),
    /// Its publishers have sent what the phase of this number asked for.
    Sent(u64),
    /// What was found.
    Found(Box<Tally>),
    /// It cannot go on.
    Failed(BenchError),
    /// Its connections are closed.
    Left,
}

/// Where reports go.
pub(super) type Reports = mpsc::Sender<Report>;

/// What one thread has found.
pub(super) struct Tally {
    pub(super) latency: Histogram<u64>,
    pub(super) send_delay: Histogram<u64>,
    pub(super) deliveries: Series,
    /// Deliveries that have not come, of all that were sent so far.
    pub(super) missing: u64,
    pub(super) doubled: u64,
    pub(super) reordered: u64,
}

impl Tally {
    pub(super) fn new() -> Tally {
        Tally {
            latency: latencies(),
            send_delay: latencies(),
            deliveries: Series::new(BUCKET),
            missing: 0,
            doubled: 0,
            reordered: 0,
        }
    }

    /// Adds what another thread has found.
    pub(super) fn merge(&mut self, other: &Tally) {
        // All histograms have the same bounds, so one takes the values of another.
        let _ = self.latency.add(&other.latency);
        let _ = self.send_delay.add(&other.send_delay);
        self.deliveries.merge(&other.deliveries);
        self.missing += other.missing;
        self.doubled += other.doubled;
        self.reordered += other.reordered;
    }
}
