//! One thread of the generator: its runtime, its connections, and what it is told.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinSet, LocalSet, spawn_local};
use tokio::time::{Interval, interval, timeout};

use super::pacer;
use super::publisher::Publisher;
use super::subscriber::Subscriber;
use super::wire::Wire;
use super::{Command, Common, Meter, Phase, Report, Reports, Tally};
use crate::bench::dial::{GOODBYE, Opened, Request, dial};
use crate::bench::figures::{BenchError, latencies};
use crate::bench::frame::Batch;
use crate::bench::plan::{Pace, WINDOW_MAX};

/// Bytes that one read takes at most.
const SCRATCH_BYTES: usize = 256 << 10;
/// Connections that a thread opens at a time.
const DIALS_MAX: usize = 32;

/// What the tasks of one thread share.
pub(super) struct Local {
    pub(super) common: Arc<Common>,
    thread: usize,
    reports: Reports,
    /// What connections read into.
    pub(super) scratch: RefCell<Box<[u8]>>,
    tally: RefCell<Tally>,
    /// The phase that runs.
    pub(super) phase: Cell<Phase>,
    /// How often forgiveness was told.
    pub(super) forgiveness: Cell<u64>,
    /// Whether nothing more is to be sent.
    pub(super) is_halted: Cell<bool>,
    /// Publishers that have not sent everything.
    sending: Cell<usize>,
    /// In an open loop: how many messages of the phase each publisher of this thread should have
    /// sent.
    due: RefCell<Vec<u32>>,
    /// A phase began: the pacer has work.
    pub(super) begun: Notify,
    publishers: RefCell<Vec<Rc<RefCell<Publisher>>>>,
    subscribers: RefCell<Vec<Rc<RefCell<Subscriber>>>>,
    is_leaving: Cell<bool>,
}

/// Runs thread `thread` until it is told to leave, or cannot go on.
pub(in crate::bench) fn run(
    thread: usize,
    common: Arc<Common>,
    commands: UnboundedReceiver<Command>,
    reports: Reports,
) {
    let failed = reports.clone();
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| BenchError::System(format!("no runtime: {error}")))
        .and_then(|runtime| {
            let local = Local::new(thread, common, reports);
            let outcome = LocalSet::new().block_on(&runtime, local.live(commands));
            // A name that is being looked up is not waited for.
            runtime.shutdown_background();
            outcome
        });
    // Whoever started the round may have gone.
    let _ = failed.send(match outcome {
        Ok(()) => Report::Left,
        Err(error) => Report::Failed(error),
    });
}

impl Local {
    fn new(thread: usize, common: Arc<Common>, reports: Reports) -> Rc<Local> {
        let own = common.of_thread(thread, common.plan.publishers()).count();
        Rc::new(Local {
            common,
            thread,
            reports,
            scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
            tally: RefCell::new(Tally::new()),
            phase: Cell::new(Phase { number: 0, start_nanos: 0, count: None }),
            forgiveness: Cell::new(0),
            is_halted: Cell::new(false),
            sending: Cell::new(0),
            due: RefCell::new(vec![0; own]),
            begun: Notify::new(),
            publishers: RefCell::default(),
            subscribers: RefCell::default(),
            is_leaving: Cell::new(false),
        })
    }

    async fn live(
        self: Rc<Self>,
        mut commands: UnboundedReceiver<Command>,
    ) -> Result<(), BenchError> {
        let connected = tokio::select! {
            connected = self.open_all() => connected?,
            // So early nothing is told but to leave.
            _ = commands.recv() => {
                self.leave().await;
                return Ok(());
            }
        };
        if matches!(self.common.plan.pace, Pace::Rate(_)) {
            let local = Rc::clone(&self);
            spawn_local(async move {
                if let Err(error) = pacer::keep_pace(&local).await {
                    local.fail(BenchError::System(format!("no timer: {error}")));
                }
            });
        }
        self.tell(Report::Ready(connected));
        while let Some(command) = commands.recv().await {
            match command {
                Command::Publish(phase) => self.begin(phase),
                Command::Halt => {
                    self.is_halted.set(true);
                    self.wake_publishers();
                }
                Command::Forgive => {
                    self.forgiveness.set(self.forgiveness.get() + 1);
                    self.wake_publishers();
                }
                Command::Collect => self.tell(Report::Found(Box::new(self.collect()))),
                Command::Leave => break,
            }
        }
        self.leave().await;
        Ok(())
    }

    /// Opens the connections of this thread: subscribers first. How long each took.
    async fn open_all(self: &Rc<Self>) -> Result<Histogram<u64>, BenchError> {
        let mut took = latencies();
        let plan = &self.common.plan;
        let subscribers = self.common.of_thread(self.thread, plan.subscribers());
        let publishers = self.common.of_thread(self.thread, plan.publishers());
        let all = subscribers.map(|it| (true, it)).chain(publishers.map(|it| (false, it)));
        let mut dials = JoinSet::new();
        for (is_subscriber, number) in all {
            if dials.len() >= DIALS_MAX
                && let Some(opened) = dials.join_next().await
            {
                self.take_in(opened, &mut took)?;
            }
            let common = Arc::clone(&self.common);
            dials.spawn_local(async move {
                let start = common.clock.elapsed_nanos();
                let opened = open(&common, is_subscriber, number).await?;
                Ok((is_subscriber, number, opened, common.clock.elapsed_nanos() - start))
            });
        }
        while let Some(opened) = dials.join_next().await {
            self.take_in(opened, &mut took)?;
        }
        Ok(took)
    }

    /// Sets a connection to work.
    fn take_in(
        self: &Rc<Self>,
        dialed: Result<Result<Dialed, BenchError>, tokio::task::JoinError>,
        took: &mut Histogram<u64>,
    ) -> Result<(), BenchError> {
        let dialed = dialed.map_err(|error| BenchError::System(error.to_string()))?;
        let (is_subscriber, number, opened, nanos) = dialed?;
        took.saturating_record(nanos);
        let plan = &self.common.plan;
        let is_v5 = plan.version.is_v5();
        if is_subscriber {
            let pings = Pings::new(opened.keep_alive_secs);
            let wire = Wire::new(opened, None, is_v5);
            let subscriber = Rc::new(RefCell::new(Subscriber::new(Rc::clone(self), wire, number)));
            self.subscribers.borrow_mut().push(Rc::clone(&subscriber));
            let what = format!("subscriber {number}");
            self.work(what, pings, move |cx, is_due| subscriber.borrow_mut().poll(cx, is_due));
        } else {
            let packets_max = match plan.pace {
                Pace::Window(window) => window,
                Pace::Rate(_) => WINDOW_MAX,
            };
            let topic = self.common.topic(number);
            let batch = Batch::new(plan, &topic, number, packets_max as usize)?;
            let receive_maximum = opened.receive_maximum;
            let pings = Pings::new(opened.keep_alive_secs);
            let wire = Wire::new(opened, Some(batch), is_v5);
            let publisher = Publisher::new(Rc::clone(self), wire, number, receive_maximum);
            let publisher = Rc::new(RefCell::new(publisher));
            self.publishers.borrow_mut().push(Rc::clone(&publisher));
            let what = format!("publisher {number}");
            self.work(what, pings, move |cx, is_due| publisher.borrow_mut().poll(cx, is_due));
        }
        Ok(())
    }

    /// Runs a connection until it is lost, which ends the round. `poll` is told when a PINGREQ is
    /// due.
    fn work(
        self: &Rc<Self>,
        what: String,
        mut pings: Pings,
        mut poll: impl FnMut(&mut Context<'_>, bool) -> Poll<io::Result<()>> + 'static,
    ) {
        let local = Rc::clone(self);
        spawn_local(async move {
            let ended = poll_fn(|cx| match local.is_leaving.get() {
                true => Poll::Ready(Ok(())),
                false => {
                    let is_due = pings.are_due(cx);
                    poll(cx, is_due)
                }
            });
            if let Err(error) = ended.await {
                local.fail(lost(&what, &error));
            }
        });
    }

    fn begin(&self, phase: Phase) {
        self.is_halted.set(false);
        self.phase.set(phase);
        self.due.borrow_mut().fill(0);
        let publishers = self.publishers.borrow().len();
        self.sending.set(publishers);
        if publishers == 0 {
            self.tell(Report::Sent(self.phase.get().number));
        }
        self.begun.notify_one();
        self.wake_publishers();
    }

    fn wake_publishers(&self) {
        for number in self.common.of_thread(self.thread, self.common.plan.publishers()) {
            self.common.publishers[number as usize].wake();
        }
    }

    pub(super) fn publisher_is_done(&self) {
        self.sending.set(self.sending.get() - 1);
        if self.sending.get() == 0 {
            self.tell(Report::Sent(self.phase.get().number));
        }
    }

    /// How many messages of the phase a publisher of this thread should have sent.
    pub(super) fn due(&self, publisher: u32) -> u32 {
        self.due.borrow()[publisher as usize / self.common.plan.threads]
    }

    /// One more message of a publisher is due, if it is one of this thread.
    pub(super) fn is_due(&self, publisher: u32) {
        let threads = self.common.plan.threads;
        if publisher as usize % threads == self.thread {
            self.due.borrow_mut()[publisher as usize / threads] += 1;
            self.common.publishers[publisher as usize].wake();
        }
    }

    /// In an open loop: when a message of the phase is to leave.
    pub(super) fn moment(&self, publisher: u32, number: u32) -> Option<u64> {
        match self.common.plan.pace {
            Pace::Window(_) => None,
            Pace::Rate(rate) => {
                let publishers = u64::from(self.common.plan.publishers());
                let place = u64::from(number) * publishers + u64::from(publisher);
                Some(self.phase.get().start_nanos + pacer::offset_nanos(place, rate))
            }
        }
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.common.meters[self.thread]
    }

    /// Records how late a message leaves.
    pub(super) fn delay(&self, nanos: u64) {
        self.tally.borrow_mut().send_delay.saturating_record(nanos);
    }

    /// Records the latency of `count` deliveries that left at the same moment.
    pub(super) fn latency(&self, sent_nanos: u64, count: u64, now: u64) {
        if count > 0 {
            let nanos = now.saturating_sub(sent_nanos);
            self.tally.borrow_mut().latency.saturating_record_n(nanos, count);
        }
    }

    /// Books what one read brought.
    pub(super) fn book(&self, fresh: u64, doubled: u64, reordered: u64, now: u64) {
        let mut tally = self.tally.borrow_mut();
        tally.doubled += doubled;
        tally.reordered += reordered;
        if fresh > 0 {
            let start = self.phase.get().start_nanos;
            tally.deliveries.add(now.saturating_sub(start), fresh);
            let meter = self.meter();
            meter.last_nanos.store(now, Ordering::Relaxed);
            meter.delivered.fetch_add(fresh, Ordering::Release);
        }
    }

    fn collect(&self) -> Tally {
        let mut tally = self.tally.replace(Tally::new());
        let subscribers = self.subscribers.borrow();
        tally.missing = subscribers.iter().map(|it| it.borrow().missing()).sum();
        tally
    }

    fn tell(&self, report: Report) {
        // Whoever started the round may have gone.
        let _ = self.reports.send(report);
    }

    fn fail(&self, error: BenchError) {
        self.tell(Report::Failed(error));
    }

    /// Says goodbye on every connection.
    async fn leave(&self) {
        self.is_leaving.set(true);
        let publishers = self.publishers.take();
        let subscribers = self.subscribers.take();
        let all = async {
            for publisher in &publishers {
                poll_fn(|cx| publisher.borrow_mut().leave(cx)).await;
            }
            for subscriber in &subscribers {
                poll_fn(|cx| subscriber.borrow_mut().leave(cx)).await;
            }
        };
        // A broker that does not take it loses the connections.
        let _ = timeout(GOODBYE, all).await;
    }
}

/// When a connection has to be heard: the broker may ask for it, although we do not.
struct Pings(Option<Interval>);

impl Pings {
    /// Twice within a Keep Alive.
    fn new(keep_alive_secs: u16) -> Pings {
        let period = Duration::from_millis(u64::from(keep_alive_secs) * 500);
        let is_asked_for = !period.is_zero();
        Pings(is_asked_for.then(|| {
            let mut interval = interval(period);
            // The first one is a period away.
            interval.reset();
            interval
        }))
    }

    fn are_due(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(interval) = &mut self.0 else { return false };
        let mut are_due = false;
        while interval.poll_tick(cx).is_ready() {
            are_due = true;
        }
        are_due
    }
}

type Dialed = (bool, u32, Opened, u64);

/// Opens one connection.
async fn open(common: &Common, is_subscriber: bool, number: u32) -> Result<Opened, BenchError> {
    let kind = if is_subscriber { "s" } else { "p" };
    let client_id = format!("{}-{kind}{number}", common.name.replace('/', "-"));
    let request = Request {
        version: common.plan.version,
        client_id: &client_id,
        number,
        clean_start: true,
        session_expiry_secs: 0,
        keep_alive_secs: 0,
        will: None,
    };
    let mut opened = dial(&common.target, &request).await?;
    if is_subscriber {
        let (filter, ..) = common.filter(number);
        opened.subscribe(&filter, common.plan.qos).await?;
    }
    Ok(opened)
}

/// How a connection was lost.
fn lost(what: &str, error: &io::Error) -> BenchError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            BenchError::Lost(format!("the broker closed the connection of {what}"))
        }
        io::ErrorKind::InvalidData => {
            BenchError::Protocol(format!("{what} got something that nobody of this run has sent"))
        }
        io::ErrorKind::Other => BenchError::Protocol(format!("{what}: {error}")),
        _ => BenchError::Lost(format!("the connection of {what} was lost: {error}")),
    }
}
