//! What an episode works with: connections by the number, the start and the end of what is measured.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use super::Found;
use super::talk::{Taken, Talk};
use crate::bench::costs::Costs;
use crate::bench::dial::{Opened, Request, dial};
use crate::bench::figures::{BenchError, Series, latencies};
use crate::bench::flow::BUCKET;
use crate::bench::frame::STAMP_BYTES;
use crate::bench::plan::{Plan, Target};
use crate::bench::watch::Watch;
use crate::clock::Clock;
use crate::protocol::{Properties, TopicName, Will};

/// Connections that are opened at a time.
const DIALS_MAX: usize = 32;
/// Connections that are opened before those that are there already are heard.
const PART: usize = 500;
/// Bytes that one read takes at most.
const SCRATCH_BYTES: usize = 64 << 10;
/// How long those who work may take to end when everything is stopped.
const GRACE: Duration = Duration::from_secs(3);
/// How long closing connections in order may take.
const GOODBYES: Duration = Duration::from_secs(5);
/// How often progress is told while others work.
const LOOK: Duration = Duration::from_millis(100);

/// What connections of an episode share.
pub(super) struct Scene {
    pub(super) plan: Plan,
    pub(super) target: Target,
    pub(super) clock: Clock,
    pub(super) watch: Watch,
    /// Every topic begins with this, every client id contains it.
    pub(super) name: String,
    /// What all connections read into: ten thousand of them have one such buffer.
    pub(super) scratch: RefCell<Box<[u8]>>,
    /// What all subscribers find: so large that not each has one.
    pub(super) latency: RefCell<Histogram<u64>>,
    pub(super) deliveries: RefCell<Series>,
}

impl Scene {
    fn new(plan: &Plan, target: &Target, watch: &Watch, name: String) -> Scene {
        Scene {
            plan: plan.clone(),
            target: target.clone(),
            clock: Clock::new(),
            watch: watch.clone(),
            name,
            scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
            latency: RefCell::new(latencies()),
            deliveries: RefCell::new(Series::new(BUCKET)),
        }
    }

    /// The same for what has to be done although the round was stopped: taking away what it has left
    /// with the broker.
    pub(super) fn undisturbed(&self) -> Scene {
        Scene::new(&self.plan, &self.target, &Watch::default(), self.name.clone())
    }
}

/// One client to be connected.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) number: u32,
    /// What sets it apart from others of the same number.
    pub(super) kind: &'static str,
    pub(super) clean_start: bool,
    pub(super) session_expiry_secs: u32,
    pub(super) keep_alive_secs: u16,
    /// The topic of its will.
    pub(super) will: Option<String>,
}

impl Client {
    /// One that leaves nothing behind.
    pub(super) const fn new(kind: &'static str, number: u32) -> Client {
        Client {
            number,
            kind,
            clean_start: true,
            session_expiry_secs: 0,
            keep_alive_secs: 0,
            will: None,
        }
    }
}

/// An episode while it runs.
pub(super) struct Stage<'a> {
    pub(super) scene: Rc<Scene>,
    pub(super) found: Found,
    costs: &'a mut Costs,
    start_nanos: u64,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        plan: &Plan,
        target: &Target,
        watch: &Watch,
        costs: &'a mut Costs,
    ) -> Result<Stage<'a>, BenchError> {
        let name = crate::bench::round::run_name()?;
        let scene = Rc::new(Scene::new(plan, target, watch, name));
        Ok(Stage { scene, found: Found::new(), costs, start_nanos: 0 })
    }

    /// The measurement begins. Answers when.
    pub(super) fn begin(&mut self) -> u64 {
        self.costs.begin();
        self.start_nanos = self.scene.clock.elapsed_nanos();
        self.start_nanos
    }

    /// The measurement ends, at the moment of the last thing that happened; now, if nothing did.
    pub(super) fn end(&mut self, last_nanos: u64) {
        let now = self.scene.clock.elapsed_nanos();
        let end = if last_nanos > self.start_nanos { last_nanos } else { now };
        self.found.elapsed_nanos = end - self.start_nanos;
        self.found.cost = self.costs.end(Duration::from_nanos(self.found.elapsed_nanos));
    }

    /// Whether everything is to end.
    pub(super) fn is_stopped(&self) -> bool {
        self.scene.watch.is_stopped()
    }

    /// Looks at memory, and tells how far it is.
    pub(super) fn tick(&mut self, done: u64, total: u64) {
        self.costs.look();
        self.scene.watch.set(done, total);
    }

    /// Opens one connection.
    pub(super) async fn open(&mut self, client: Client) -> Result<Talk, BenchError> {
        let mut talks = self.open_part(vec![client]).await?;
        talks.pop().ok_or_else(|| BenchError::Lost("no connection was made".to_owned()))
    }

    /// Opens connections, in the order of the clients. Where the broker wants to hear them, they are
    /// heard meanwhile. None stays open if one fails, or when all is stopped.
    pub(super) async fn open_all(&mut self, clients: Vec<Client>) -> Result<Vec<Talk>, BenchError> {
        let mut talks = Vec::with_capacity(clients.len());
        let mut clients = clients.into_iter().peekable();
        while clients.peek().is_some() {
            let part = self.open_part(clients.by_ref().take(PART).collect());
            let opened = match part.await {
                Ok(part) => {
                    talks.extend(part);
                    be_heard(&self.scene, &mut talks).await
                }
                Err(error) => Err(error),
            };
            if let Err(error) = opened {
                leave(talks).await;
                return Err(error);
            }
        }
        Ok(talks)
    }

    async fn open_part(&mut self, clients: Vec<Client>) -> Result<Vec<Talk>, BenchError> {
        let start_nanos = self.scene.clock.elapsed_nanos();
        let mut talks: Vec<Option<Talk>> = Vec::new();
        talks.resize_with(clients.len(), || None);
        let mut dials = JoinSet::new();
        let mut clients = clients.into_iter().enumerate();
        let failed = loop {
            while dials.len() < DIALS_MAX
                && let Some((place, client)) = clients.next()
            {
                let scene = Rc::clone(&self.scene);
                dials.spawn_local(async move { Ok((place, open(&scene, &client).await?)) });
            }
            let dialed = tokio::select! {
                dialed = dials.join_next() => dialed,
                () = self.scene.watch.stopped() => {
                    break Some(BenchError::Ended("ended before all connections were open".to_owned()));
                }
            };
            let Some(dialed) = dialed else { break None };
            match joined(dialed) {
                Ok((place, (talk, nanos))) => {
                    self.found.connections.saturating_record(nanos);
                    talks[place] = Some(talk);
                    let opened = self.found.connections.len();
                    self.tick(opened, self.scene.plan.connections());
                }
                Err(error) => break Some(error),
            }
        };
        self.found.connections_nanos += self.scene.clock.elapsed_nanos() - start_nanos;
        let talks = talks.into_iter().flatten().collect();
        match failed {
            Some(error) => {
                leave(talks).await;
                Err(error)
            }
            None => Ok(talks),
        }
    }

    /// Keeps what a subscriber has taken; `count` was published, and should have come.
    pub(super) fn keep(&mut self, taken: &Taken, count: u32) {
        let lost = taken.ledger.missing(count);
        let count = u64::from(count);
        let is_stopped = self.is_stopped();
        let found = &mut self.found;
        found.sent = count;
        found.expected += count;
        found.delivered += taken.fresh;
        // What was not waited for is not lost.
        found.lost += if is_stopped { 0 } else { lost };
        found.doubled += taken.doubled;
        found.reordered += taken.reordered;
    }

    /// Keeps when deliveries came, and how long they took.
    pub(super) fn keep_times(&mut self) {
        // All histograms have the same bounds.
        let _ = self.found.latency.add(&*self.scene.latency.borrow());
        self.found.deliveries.merge(&self.scene.deliveries.borrow());
    }

    /// Waits for subscribers that take `count` messages each, and ends the measurement.
    pub(super) async fn gather(
        &mut self,
        mut readers: JoinSet<Result<Taken, BenchError>>,
        count: u32,
    ) -> Result<(), BenchError> {
        let total = readers.len() as u64 * u64::from(count);
        let scene = Rc::clone(&self.scene);
        let overdue = scene.watch.overdue(GRACE);
        tokio::pin!(overdue);
        let mut all = Vec::new();
        loop {
            let taken = tokio::select! {
                taken = readers.join_next() => taken,
                () = sleep(LOOK) => {
                    self.tick(scene.latency.borrow().len(), total);
                    continue;
                }
                () = &mut overdue => None,
            };
            match taken {
                Some(taken) => all.push(joined(taken)?),
                None => break,
            }
        }
        self.end(all.iter().map(|taken| taken.last_nanos).max().unwrap_or(0));
        for taken in all {
            self.keep(&taken, count);
        }
        self.keep_times();
        Ok(())
    }
}

/// What a task has answered.
pub(super) fn joined<T>(ended: Result<Result<T, BenchError>, JoinError>) -> Result<T, BenchError> {
    ended.map_err(|error| BenchError::System(error.to_string()))?
}

/// Opens one connection for what an episode does; how long it took, in nanoseconds.
pub(super) async fn open(scene: &Scene, client: &Client) -> Result<(Talk, u64), BenchError> {
    let (opened, nanos) = connect(scene, client).await?;
    let now = scene.clock.elapsed_nanos();
    Ok((Talk::new(opened, scene.plan.version.is_v5(), now), nanos))
}

/// Opens one connection; how long it took, in nanoseconds.
pub(super) async fn connect(scene: &Scene, client: &Client) -> Result<(Opened, u64), BenchError> {
    let start = scene.clock.elapsed_nanos();
    let client_id = format!("{}-{}{}", scene.name.replace('/', "-"), client.kind, client.number);
    let mut payload = vec![0; scene.plan.payload_bytes.clamp(STAMP_BYTES, usize::from(u16::MAX))];
    payload[..4].copy_from_slice(&client.number.to_le_bytes());
    let will = match &client.will {
        Some(topic) => Some(Will {
            topic: TopicName::new(topic)
                .map_err(|error| BenchError::Plan(format!("no topic for a will: {error:?}")))?,
            payload: &payload,
            qos: scene.plan.qos,
            retain: false,
            delay_secs: 0,
            properties: Properties::EMPTY,
        }),
        None => None,
    };
    let request = Request {
        version: scene.plan.version,
        client_id: &client_id,
        number: client.number,
        clean_start: client.clean_start,
        session_expiry_secs: client.session_expiry_secs,
        keep_alive_secs: client.keep_alive_secs,
        will,
    };
    let opened = dial(&scene.target, &request).await?;
    Ok((opened, scene.clock.elapsed_nanos() - start))
}

/// Every client that the broker has to hear says that it is there, if it is time.
pub(super) async fn be_heard(scene: &Scene, talks: &mut [Talk]) -> Result<(), BenchError> {
    let now = scene.clock.elapsed_nanos();
    for talk in talks.iter_mut().filter(|talk| talk.is_ping_due(now)) {
        talk.ping(scene).await?;
    }
    Ok(())
}

/// Closes connections in order.
pub(super) async fn leave(talks: Vec<Talk>) {
    let leaving = async {
        for talk in talks {
            talk.leave().await;
        }
    };
    // A broker that takes no goodbye loses the rest.
    let _ = timeout(GOODBYES, leaving).await;
}
