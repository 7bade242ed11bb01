//! Connections that come and go, and connections that only are there.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::stage::{Client, Stage, open};
use super::talk::Talk;
use crate::bench::figures::BenchError;
use crate::bench::plan::Stop;

/// How often those who wait look.
const LOOK: Duration = Duration::from_millis(200);
/// How long idle connections are watched where a count was given.
const IDLE: Duration = Duration::from_secs(2);

/// Connects and disconnects, so many at a time as there are clients.
pub(super) async fn churn(stage: &mut Stage<'_>) -> Result<(), BenchError> {
    let plan = stage.scene.plan.clone();
    if !plan.warm_up.is_nothing() {
        stage.begin();
        some(stage, plan.warm_up).await?;
        stage.found.latency.reset();
        stage.found.deliveries.counts.clear();
    }
    let start = stage.begin();
    let count = some(stage, plan.stop).await?;
    let end = stage.scene.clock.elapsed_nanos();
    stage.end(end);
    let found = &mut stage.found;
    (found.sent, found.expected, found.delivered) = (count, count, count);
    found.connections = found.latency.clone();
    found.connections_nanos = end - start;
    Ok(())
}

async fn some(stage: &mut Stage<'_>, stop: Stop) -> Result<u64, BenchError> {
    let clock = stage.scene.clock;
    let start = clock.elapsed_nanos();
    let (count_max, nanos_max) = match stop {
        Stop::Count(count) => (count, u64::MAX),
        Stop::Duration(time) => (u64::MAX, time.as_nanos() as u64),
    };
    let (mut begun, mut done) = (0u64, 0u64);
    let mut dials = JoinSet::new();
    loop {
        let passed = clock.elapsed_nanos() - start;
        let goes_on = begun < count_max && passed < nanos_max && !stage.watch.is_stopped();
        if goes_on && dials.len() < stage.scene.plan.clients as usize {
            let scene = Arc::clone(&stage.scene);
            let number = (begun % u64::from(u32::MAX)) as u32;
            begun += 1;
            dials.spawn_local(async move {
                let (opened, nanos) = open(&scene, &Client::new("c", number)).await?;
                opened.goodbye().await;
                Ok::<u64, BenchError>(nanos)
            });
            continue;
        }
        let Some(dialed) = dials.join_next().await else { return Ok(done) };
        let nanos = dialed.map_err(|error| BenchError::System(error.to_string()))??;
        stage.found.latency.saturating_record(nanos);
        stage.found.deliveries.add(passed, 1);
        done += 1;
        match stop {
            Stop::Count(count) => stage.tick(done, count),
            Stop::Duration(_) => stage.tick(passed, nanos_max),
        }
    }
}

/// Connects everybody, waits, and asks each whether it is still there.
pub(super) async fn idle(stage: &mut Stage<'_>) -> Result<(), BenchError> {
    let plan = stage.scene.plan.clone();
    let name = stage.scene.name.clone();
    let clients = (0..plan.clients).map(|number| Client {
        will: plan.has_wills.then(|| format!("{name}/will/{number:06}")),
        ..Client::new("i", number)
    });
    let mut talks = stage.open_all(clients.collect()).await?;
    let start = stage.begin();
    let time = match plan.stop {
        Stop::Duration(time) => time,
        Stop::Count(_) => IDLE,
    };
    let clock = stage.scene.clock;
    let passed = || Duration::from_nanos(clock.elapsed_nanos() - start);
    while passed() < time && !stage.watch.is_stopped() {
        sleep(LOOK.min(time.saturating_sub(passed()))).await;
        stage.tick(passed().as_millis() as u64, time.as_millis() as u64);
    }
    stage.end(clock.elapsed_nanos());
    let count = u64::from(plan.clients);
    (stage.found.sent, stage.found.expected) = (count, count);
    for talk in &mut talks {
        let asked = clock.elapsed_nanos();
        match talk.ping().await {
            Ok(()) => {
                stage.found.delivered += 1;
                stage.found.latency.saturating_record(clock.elapsed_nanos() - asked);
            }
            Err(_) => stage.found.lost += 1,
        }
    }
    leave(talks).await;
    Ok(())
}

/// Closes connections in order.
pub(super) async fn leave(talks: Vec<Talk>) {
    for talk in talks {
        talk.leave().await;
    }
}
