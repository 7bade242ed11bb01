//! The threads of a steady stream, and what they are told.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::clock::Clock;

use super::costs::Costs;
use super::figures::{BenchError, Connections, latencies};
use super::flow::{self, Command, Common, Phase, Report, Tally};
use super::plan::{Plan, Stop, Target};
use super::round::run_name;
use super::stretch::{Counts, Stretch};
use super::watch::Watch;

/// How often a running round is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// How often it is looked at before and after its work.
const LOOK_ASIDE: Duration = Duration::from_millis(100);
/// What a stretch of publishing did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    pub(super) elapsed: Duration,
    pub(super) counts: Counts,
    /// Messages without an acknowledgement, of all since the connections are open.
    pub(super) unacknowledged: u64,
}

/// The threads of the generator.
pub(super) struct Crew {
    common: Arc<Common>,
    commands: Vec<UnboundedSender<Command>>,
    reports: Receiver<Report>,
    threads: Vec<JoinHandle<()>>,
    /// How often was published.
    phases: u64,
}

impl Crew {
    pub(super) fn start(plan: &Plan, target: &Target) -> Result<Crew, BenchError> {
        let system = |error: String| BenchError::System(format!("no threads: {error}"));
        let name = run_name()?;
        let common = Arc::new(Common::new(plan.clone(), target.clone(), Clock::new(), name));
        let (sender, reports) = channel();
        let mut crew =
            Crew { common, commands: Vec::new(), reports, threads: Vec::new(), phases: 0 };
        for thread in 0..plan.threads {
            let (commands, taken) = unbounded_channel();
            let (common, sender) = (Arc::clone(&crew.common), sender.clone());
            let run = move || flow::run(thread, common, taken, sender);
            let spawned = std::thread::Builder::new().name(format!("bench-{thread}")).spawn(run);
            crew.threads.push(spawned.map_err(|error| system(error.to_string()))?);
            crew.commands.push(commands);
        }
        Ok(crew)
    }

    fn tell(&self, command: Command) {
        for commands in &self.commands {
            // A thread that has ended has said why.
            let _ = commands.send(command);
        }
    }

    /// The next report, if one comes in time.
    fn report(&self, patience: Duration) -> Result<Option<Report>, BenchError> {
        match self.reports.recv_timeout(patience) {
            Ok(Report::Failed(error)) => Err(error),
            Ok(report) => Ok(Some(report)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                Err(BenchError::System("the threads of the generator have ended".to_owned()))
            }
        }
    }

    /// Waits until all connections are open.
    pub(super) fn connect(
        &self,
        costs: &mut Costs,
        watch: &Watch,
    ) -> Result<Connections, BenchError> {
        let mut latency = latencies();
        let mut ready = 0;
        while ready < self.threads.len() {
            if watch.is_stopped() {
                return Err(BenchError::Ended("ended before all connections were open".to_owned()));
            }
            if let Some(Report::Ready(took)) = self.report(LOOK_ASIDE)? {
                ready += 1;
                // All histograms have the same bounds.
                let _ = latency.add(took);
            }
            costs.look();
        }
        let elapsed = Duration::from_nanos(self.common.clock.elapsed_nanos());
        Ok(Connections { accepted: latency.len(), latency, elapsed })
    }

    /// What was done since the connections are open.
    fn counts(&self) -> Counts {
        let meters = self.common.meters.iter();
        meters.fold(Counts::default(), |counts, meter| Counts {
            sent: counts.sent + meter.sent.load(Ordering::Relaxed),
            acked: counts.acked + meter.acked.load(Ordering::Relaxed),
            delivered: counts.delivered + meter.delivered.load(Ordering::Acquire),
        })
    }

    /// Publishes until it is to stop, then waits until all is there, or nothing comes any more.
    pub(super) fn publish(
        &mut self,
        stop: Stop,
        costs: &mut Costs,
        watch: &Watch,
    ) -> Result<Done, BenchError> {
        let start_nanos = self.common.clock.elapsed_nanos();
        let mut stretch = Stretch::new(&self.common.plan, stop, self.counts(), start_nanos);
        self.phases += 1;
        let phase = Phase { number: self.phases, start_nanos, count: stretch.count };
        self.tell(Command::Publish(phase));
        let mut threads_left = self.threads.len();
        loop {
            let left = stretch.left(self.common.clock.elapsed_nanos());
            match self.report(left.map_or(LOOK, |left| left.min(LOOK)))? {
                Some(Report::Sent(number)) if number == phase.number => threads_left -= 1,
                _ => {}
            }
            let counts = self.counts();
            let now = self.common.clock.elapsed_nanos();
            stretch.note(counts, now);
            stretch.has_sent = threads_left == 0;
            if stretch.is_over(now, watch.is_stopped())? {
                break;
            }
            if stretch.halts(now, watch.is_stopped()) {
                self.tell(Command::Halt);
            }
            if stretch.forgives(now) {
                self.tell(Command::Forgive);
            }
            costs.look();
            let (done, total) = stretch.progress(now);
            watch.set(done, total);
        }
        let meters = self.common.meters.iter();
        let last = meters.map(|meter| meter.last_nanos.load(Ordering::Relaxed)).max();
        // Without any delivery it took as long as was waited for one.
        let now = self.common.clock.elapsed_nanos();
        let end = last.filter(|last| *last > start_nanos).unwrap_or(now);
        Ok(Done {
            elapsed: Duration::from_nanos(end - start_nanos),
            counts: stretch.done(),
            unacknowledged: stretch.unacknowledged(),
        })
    }

    /// What all threads have found.
    pub(super) fn collect(&self) -> Result<Tally, BenchError> {
        self.tell(Command::Collect);
        let mut tally = Tally::new();
        let mut found = 0;
        while found < self.threads.len() {
            if let Some(Report::Found(of_thread)) = self.report(LOOK_ASIDE)? {
                tally.merge(&of_thread);
                found += 1;
            }
        }
        Ok(tally)
    }

    /// Closes the connections.
    pub(super) fn leave(&mut self) {
        self.tell(Command::Leave);
        for thread in self.threads.drain(..) {
            // A thread that has panicked has said so.
            let _ = thread.join();
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.leave();
    }
}
