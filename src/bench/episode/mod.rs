//! Workloads that are about connections and sessions rather than about a steady stream: each is an
//! episode with a beginning and an end, on one thread.

mod connect;
mod offline;
mod retained;
mod stage;
mod storm;
mod subscribe;
mod talk;

use hdrhistogram::Histogram;
use tokio::task::LocalSet;

use super::costs::{Cost, Costs};
use super::figures::{BenchError, Series, latencies};
use super::flow::BUCKET;
use super::plan::{Plan, Target, Workload};
use super::watch::Watch;
use stage::Stage;

/// What an episode found.
pub(super) struct Found {
    /// How long the measured part took, in nanoseconds.
    pub(super) elapsed_nanos: u64,
    /// What was asked for, and what came of it.
    pub(super) sent: u64,
    pub(super) expected: u64,
    pub(super) delivered: u64,
    pub(super) lost: u64,
    pub(super) doubled: u64,
    pub(super) reordered: u64,
    pub(super) latency: Histogram<u64>,
    pub(super) deliveries: Series,
    /// What the measured part cost.
    pub(super) cost: Cost,
    /// How long the connections took, and all of them together.
    pub(super) connections: Histogram<u64>,
    pub(super) connections_nanos: u64,
}

impl Found {
    fn new() -> Found {
        Found {
            elapsed_nanos: 0,
            sent: 0,
            expected: 0,
            delivered: 0,
            lost: 0,
            doubled: 0,
            reordered: 0,
            latency: latencies(),
            deliveries: Series::new(BUCKET),
            cost: Cost::default(),
            connections: latencies(),
            connections_nanos: 0,
        }
    }
}

/// Does what the plan says, once.
///
/// # Errors
/// The broker does not stand it.
pub(super) fn run(
    plan: &Plan,
    target: &Target,
    watch: &Watch,
    costs: &mut Costs,
) -> Result<Found, BenchError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| BenchError::System(format!("no runtime: {error}")))?;
    let playing = async {
        let mut stage = Stage::new(plan, target, watch, costs)?;
        match plan.workload {
            Workload::Connect => connect::churn(&mut stage).await?,
            Workload::Idle => connect::idle(&mut stage).await?,
            Workload::WillStorm => storm::storm(&mut stage).await?,
            Workload::Retained => retained::retained(&mut stage).await?,
            Workload::Subscribe => subscribe::subscribe(&mut stage).await?,
            Workload::Offline => offline::offline(&mut stage).await?,
            Workload::FanIn | Workload::FanOut | Workload::Pairs | Workload::Latency => {}
        }
        Ok(stage.found)
    };
    let found = LocalSet::new().block_on(&runtime, playing);
    // A name that is being looked up is not waited for.
    runtime.shutdown_background();
    found
}
