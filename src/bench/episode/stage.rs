//! What an episode works with: connections by the number, the start and the end of what is measured.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::Found;
use super::talk::{Taken, Talk};
use crate::bench::costs::Costs;
use crate::bench::dial::{Opened, Request, dial};
use crate::bench::figures::{BenchError, Watch};
use crate::bench::frame::STAMP_BYTES;
use crate::bench::plan::{Plan, Target};
use crate::clock::Clock;
use crate::protocol::{Properties, TopicName, Will};

/// Connections that are opened at a time.
const DIALS_MAX: usize = 32;

/// What connections of an episode share.
pub(super) struct Scene {
    pub(super) plan: Plan,
    pub(super) target: Target,
    pub(super) clock: Clock,
    /// Every topic begins with this, every client id contains it.
    pub(super) name: String,
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
    pub(super) scene: Arc<Scene>,
    pub(super) watch: &'a Watch,
    pub(super) found: Found,
    costs: &'a mut Costs,
    start_nanos: u64,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        plan: &Plan,
        target: &Target,
        watch: &'a Watch,
        costs: &'a mut Costs,
    ) -> Result<Stage<'a>, BenchError> {
        let scene = Scene {
            plan: plan.clone(),
            target: target.clone(),
            clock: Clock::new(),
            name: crate::bench::round::run_name()?,
        };
        Ok(Stage { scene: Arc::new(scene), watch, found: Found::new(), costs, start_nanos: 0 })
    }

    /// The measurement begins. Answers when.
    pub(super) fn begin(&mut self) -> u64 {
        self.costs.begin();
        self.start_nanos = self.scene.clock.elapsed_nanos();
        self.start_nanos
    }

    /// The measurement ends, at the moment of the last thing that happened.
    pub(super) fn end(&mut self, last_nanos: u64) {
        self.found.elapsed_nanos = last_nanos.saturating_sub(self.start_nanos);
        self.found.cost = self.costs.end(Duration::from_nanos(self.found.elapsed_nanos));
    }

    /// Looks at memory, and tells how far it is.
    pub(super) fn tick(&mut self, done: u64, total: u64) {
        self.costs.look();
        self.watch.set(done, total);
    }

    /// Opens one connection.
    pub(super) async fn open(&mut self, client: Client) -> Result<Talk, BenchError> {
        let mut talks = self.open_all(vec![client]).await?;
        talks.pop().ok_or_else(|| BenchError::Lost("no connection was made".to_owned()))
    }

    /// Opens connections, in the order of the clients.
    pub(super) async fn open_all(&mut self, clients: Vec<Client>) -> Result<Vec<Talk>, BenchError> {
        let start_nanos = self.scene.clock.elapsed_nanos();
        let count = clients.len();
        let mut talks: Vec<Option<Talk>> = Vec::new();
        talks.resize_with(count, || None);
        let mut dials = JoinSet::new();
        let mut clients = clients.into_iter().enumerate();
        let mut done = 0;
        loop {
            while dials.len() < DIALS_MAX
                && let Some((place, client)) = clients.next()
            {
                let scene = Arc::clone(&self.scene);
                dials.spawn_local(async move {
                    let opened = open(&scene, &client).await?;
                    Ok::<_, BenchError>((place, opened))
                });
            }
            let Some(opened) = dials.join_next().await else { break };
            let opened = opened.map_err(|error| BenchError::System(error.to_string()))?;
            let (place, (opened, nanos)) = opened?;
            self.found.connections.saturating_record(nanos);
            talks[place] = Some(Talk::new(opened, self.scene.plan.version.is_v5()));
            done += 1;
            self.tick(done as u64, count as u64);
            if self.watch.is_stopped() {
                return Err(BenchError::Lost("ended before all connections were open".to_owned()));
            }
        }
        self.found.connections_nanos += self.scene.clock.elapsed_nanos() - start_nanos;
        Ok(talks.into_iter().flatten().collect())
    }
}

/// Opens one connection; how long it took, in nanoseconds.
pub(super) async fn open(scene: &Scene, client: &Client) -> Result<(Opened, u64), BenchError> {
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

impl Stage<'_> {
    /// Keeps what a subscriber has taken; `count` was published, `expected` should have come.
    pub(super) fn keep(&mut self, mut taken: Taken, count: u64, expected: u64) {
        let found = &mut self.found;
        found.sent = count;
        found.expected += expected;
        found.delivered += taken.fresh;
        found.lost += taken.ledger.settle(count as u32);
        found.doubled += taken.doubled;
        found.reordered += taken.reordered;
        // All histograms have the same bounds.
        let _ = found.latency.add(&taken.latency);
        found.deliveries.merge(&taken.deliveries);
    }

    /// Waits for subscribers that take `count` messages each, and ends the measurement.
    pub(super) async fn gather(
        &mut self,
        mut readers: JoinSet<Result<Taken, BenchError>>,
        count: u64,
    ) -> Result<(), BenchError> {
        let mut last = 0;
        let total = readers.len() as u64;
        let mut all = Vec::new();
        while let Some(taken) = readers.join_next().await {
            let taken = taken.map_err(|error| BenchError::System(error.to_string()))??;
            last = last.max(taken.last_nanos);
            all.push(taken);
            self.tick(all.len() as u64, total);
        }
        self.end(last);
        for taken in all {
            self.keep(taken, count, count);
        }
        Ok(())
    }
}
