//! Connections that come and go, and connections that only are there.

use std::rc::Rc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::stage::{Client, Stage, connect, joined, leave};
use super::talk::{PATIENCE, Talk};
use crate::bench::figures::BenchError;
use crate::bench::plan::Stop;

/// How often those who wait look.
const LOOK: Duration = Duration::from_millis(200);
/// How long idle connections are watched where a count was given.
const IDLE: Duration = Duration::from_secs(2);
/// How long connections that are being made may take when everything is stopped.
const GRACE: Duration = Duration::from_secs(3);

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
    let scene = Rc::clone(&stage.scene);
    let start = scene.clock.elapsed_nanos();
    let (count_max, nanos_max) = match stop {
        Stop::Count(count) => (count, u64::MAX),
        Stop::Duration(time) => (u64::MAX, time.as_nanos() as u64),
    };
    let (mut begun, mut done) = (0u64, 0u64);
    let mut dials = JoinSet::new();
    let overdue = scene.watch.overdue(GRACE);
    tokio::pin!(overdue);
    loop {
        let passed = scene.clock.elapsed_nanos() - start;
        let goes_on = begun < count_max && passed < nanos_max && !stage.is_stopped();
        if goes_on && dials.len() < scene.plan.clients as usize {
            let scene = Rc::clone(&scene);
            let number = (begun % u64::from(u32::MAX)) as u32;
            begun += 1;
            dials.spawn_local(async move {
                let (opened, nanos) = connect(&scene, &Client::new("c", number)).await?;
                opened.goodbye().await;
                Ok(nanos)
            });
            continue;
        }
        let dialed = tokio::select! {
            dialed = dials.join_next() => dialed,
            () = &mut overdue => None,
        };
        let Some(dialed) = dialed else { return Ok(done) };
        stage.found.latency.saturating_record(joined(dialed)?);
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
    let scene = Rc::clone(&stage.scene);
    let passed = || Duration::from_nanos(scene.clock.elapsed_nanos() - start);
    while passed() < time && !stage.is_stopped() {
        sleep(LOOK.min(time.saturating_sub(passed()))).await;
        stage.tick(passed().as_millis() as u64, time.as_millis() as u64);
        let now = scene.clock.elapsed_nanos();
        for talk in talks.iter_mut().filter(|talk| talk.is_ping_due(now)) {
            // Who has gone is found at the end.
            talk.is_there(&scene, PATIENCE).await?;
        }
    }
    stage.end(scene.clock.elapsed_nanos());
    let count = u64::from(plan.clients);
    (stage.found.sent, stage.found.expected) = (count, count);
    let asked = ask_all(stage, &mut talks).await;
    leave(talks).await;
    asked
}

/// Asks everybody whether it is there, also where all is to end: that is quickly done.
async fn ask_all(stage: &mut Stage<'_>, talks: &mut [Talk]) -> Result<(), BenchError> {
    let scene = stage.scene.undisturbed();
    let patience = if stage.is_stopped() { GRACE } else { PATIENCE };
    for talk in talks {
        let asked = scene.clock.elapsed_nanos();
        if talk.is_there(&scene, patience).await? {
            stage.found.delivered += 1;
            stage.found.latency.saturating_record(scene.clock.elapsed_nanos() - asked);
        } else {
            stage.found.lost += 1;
        }
    }
    Ok(())
}
