//! Subscriptions, many of one client; each is proved by a message.

use std::sync::Arc;
use std::time::Duration;

use super::stage::{Client, Stage};
use super::talk::Taken;
use crate::bench::dial::subscribe_bytes;
use crate::bench::figures::{BenchError, latencies};
use crate::bench::frame::Batch;

/// Filters in one SUBSCRIBE.
const FILTERS: u32 = 100;
/// Without any message for so long, those that are missing are lost.
const QUIET: Duration = Duration::from_secs(5);

/// Makes subscriptions, which is measured; then publishes to each, and counts what comes.
pub(super) async fn subscribe(stage: &mut Stage<'_>) -> Result<(), BenchError> {
    let scene = Arc::clone(&stage.scene);
    let (plan, count) = (&scene.plan, stage.scene.plan.count());
    let mut subscriber = stage.open(Client::new("s", 0)).await?;
    let mut publisher = stage.open(Client::new("p", 0)).await?;
    let start = stage.begin();
    let mut took = latencies();
    let mut first = 0;
    while first < count {
        let end = (first + FILTERS).min(count);
        let filters: Vec<String> =
            (first..end).map(|number| format!("{}/{number:08}", scene.name)).collect();
        let request = subscribe_bytes(plan.version, &filters, plan.qos)?;
        let asked = scene.clock.elapsed_nanos();
        let answer = subscriber.ask(&request, 0x90).await?;
        took.saturating_record(scene.clock.elapsed_nanos() - asked);
        stage.found.deliveries.add(asked - start, (end - first).into());
        let reasons = &answer[answer.len().saturating_sub((end - first) as usize)..];
        if let Some(refused) = reasons.iter().find(|reason| **reason != plan.qos as u8) {
            let why = format!("the broker answers a subscription with {refused}");
            return Err(BenchError::Plan(why));
        }
        first = end;
        stage.tick(first.into(), count.into());
    }
    stage.end(scene.clock.elapsed_nanos());
    let batch = Batch::numbered(plan, &scene.name, false, plan.payload_bytes)?;
    let mut taken = Taken::new();
    let feeding = publisher.feed(&scene, batch, count, |batch, place, number, id| {
        batch.patch_topic(place, number);
        batch.patch(place, number, 0, id);
    });
    let taking =
        subscriber.take(&scene, &mut taken, count.into(), QUIET, 0, |stamp| (stamp.sequence, 0));
    let (fed, took_all) = tokio::join!(feeding, taking);
    fed?;
    took_all?;
    let deliveries = stage.found.deliveries.clone();
    stage.keep(taken, count.into(), count.into());
    // What is measured is the subscriptions; topics have no order among them.
    stage.found.reordered = 0;
    (stage.found.latency, stage.found.deliveries) = (took, deliveries);
    subscriber.leave().await;
    publisher.leave().await;
    Ok(())
}
