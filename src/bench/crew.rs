//! The threads of a steady stream, and what they are told.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::clock::Clock;
use crate::protocol::QoS;

use super::costs::Costs;
use super::figures::{BenchError, Connections, Watch, latencies};
use super::flow::{self, Command, Common, Phase, Report, Tally};
use super::plan::{Pace, Plan, Stop, Target};
use super::round::run_name;

/// How often a running round is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// How often it is looked at before and after its work.
const LOOK_ASIDE: Duration = Duration::from_millis(100);
/// Without any delivery for so long, what is missing at QoS 0 counts as lost.
const QUIET: Duration = Duration::from_secs(1);
/// The same where the broker has promised to deliver.
const QUIET_PROMISED: Duration = Duration::from_secs(5);

/// What a stretch of publishing did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    pub(super) elapsed: Duration,
    pub(super) sent: u64,
    pub(super) acked: u64,
    pub(super) delivered: u64,
}

/// The threads of the generator.
pub(super) struct Crew {
    common: Arc<Common>,
    commands: Vec<UnboundedSender<Command>>,
    reports: Receiver<Report>,
    threads: Vec<JoinHandle<()>>,
}

impl Crew {
    pub(super) fn start(plan: &Plan, target: &Target) -> Result<Crew, BenchError> {
        let system = |error: String| BenchError::System(format!("no threads: {error}"));
        let name = run_name()?;
        let common = Arc::new(Common::new(plan.clone(), target.clone(), Clock::new(), name));
        let (sender, reports) = channel();
        let mut crew = Crew { common, commands: Vec::new(), reports, threads: Vec::new() };
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
                return Err(BenchError::Lost("ended before all connections were open".to_owned()));
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

    /// Sent, acknowledged and delivered since the connections are open.
    fn counts(&self) -> (u64, u64, u64) {
        let meters = self.common.meters.iter();
        meters.fold((0, 0, 0), |(sent, acked, delivered), meter| {
            (
                sent + meter.sent.load(Ordering::Relaxed),
                acked + meter.acked.load(Ordering::Relaxed),
                delivered + meter.delivered.load(Ordering::Acquire),
            )
        })
    }

    /// Publishes until it is to stop, then waits until all is there, or nothing comes any more.
    pub(super) fn publish(
        &self,
        stop: Stop,
        costs: &mut Costs,
        watch: &Watch,
    ) -> Result<Done, BenchError> {
        let plan = &self.common.plan;
        let before = self.counts();
        let start_nanos = self.common.clock.elapsed_nanos();
        let count = match (stop, plan.pace) {
            (Stop::Count(count), _) => Some(count),
            (Stop::Duration(time), Pace::Rate(rate)) => {
                Some((time.as_secs_f64() * f64::from(rate)).ceil() as u64)
            }
            (Stop::Duration(_), Pace::Window(_)) => None,
        };
        let deadline = match stop {
            Stop::Count(_) => None,
            Stop::Duration(time) => Some(start_nanos + time.as_nanos() as u64),
        };
        self.tell(Command::Publish(Phase { start_nanos, count }));
        let mut stretch = Stretch { start_nanos, deadline, count, before, ..Stretch::default() };
        while !self.is_over(&mut stretch)? {
            self.attend(&mut stretch, costs, watch);
        }
        let (sent, acked, delivered) = self.counts();
        let meters = self.common.meters.iter();
        let last = meters.map(|meter| meter.last_nanos.load(Ordering::Relaxed)).max();
        Ok(Done {
            elapsed: Duration::from_nanos(last.unwrap_or(0).saturating_sub(start_nanos)),
            sent: sent - before.0,
            acked: acked - before.1,
            delivered: delivered - before.2,
        })
    }

    /// Waits a moment; whether everything is there, or will not come.
    fn is_over(&self, stretch: &mut Stretch) -> Result<bool, BenchError> {
        let now = self.common.clock.elapsed_nanos();
        let patience = match stretch.deadline {
            Some(deadline) if !stretch.is_halted => {
                LOOK.min(Duration::from_nanos(deadline.saturating_sub(now)))
            }
            _ => LOOK,
        };
        if let Some(Report::Sent) = self.report(patience)? {
            stretch.threads_done += 1;
        }
        let counts = self.counts();
        let now = self.common.clock.elapsed_nanos();
        if counts != stretch.counts {
            stretch.counts = counts;
            stretch.moved_nanos = now;
        }
        if stretch.threads_done < self.threads.len() {
            return Ok(false);
        }
        let (sent, acked, delivered) = counts;
        let sent = sent - stretch.before.0;
        let is_all = delivered - stretch.before.2 >= sent * u64::from(self.common.plan.copies())
            && acked - stretch.before.1 >= sent;
        Ok(is_all || stretch.quiet(now) > self.quiet_max())
    }

    /// How long nothing may come before what is missing counts as lost.
    fn quiet_max(&self) -> Duration {
        match self.common.plan.qos {
            QoS::AtMostOnce => QUIET,
            _ => QUIET_PROMISED,
        }
    }

    /// Ends what is to end, looks at costs, shows progress.
    fn attend(&self, stretch: &mut Stretch, costs: &mut Costs, watch: &Watch) {
        let now = self.common.clock.elapsed_nanos();
        let is_late = stretch.deadline.is_some_and(|deadline| now >= deadline);
        if !stretch.is_halted && (is_late || watch.is_stopped()) {
            stretch.is_halted = true;
            self.tell(Command::Halt);
        }
        let is_stuck = stretch.threads_done < self.threads.len();
        if is_stuck && stretch.quiet(now) > self.quiet_max() {
            stretch.moved_nanos = now;
            self.tell(Command::Forgive);
        }
        costs.look();
        let sent = stretch.counts.0 - stretch.before.0;
        match (stretch.count, stretch.deadline) {
            (Some(count), _) => watch.set(sent, count),
            (None, Some(deadline)) => {
                let total = deadline - stretch.start_nanos;
                watch.set((now - stretch.start_nanos).min(total), total);
            }
            (None, None) => {}
        }
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

/// How far a stretch of publishing is.
#[derive(Clone, Copy, Debug, Default)]
struct Stretch {
    start_nanos: u64,
    deadline: Option<u64>,
    count: Option<u64>,
    before: (u64, u64, u64),
    /// The last counts, and when they last changed.
    counts: (u64, u64, u64),
    moved_nanos: u64,
    is_halted: bool,
    threads_done: usize,
}

impl Stretch {
    fn quiet(&self, now: u64) -> Duration {
        Duration::from_nanos(now.saturating_sub(self.moved_nanos))
    }
}
