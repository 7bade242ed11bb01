//! Subscriptions, many of one client; each is proved by a message.

use std::rc::Rc;
use std::time::Duration;

use super::stage::{Client, Stage};
use super::talk::{Taken, Talk};
use crate::bench::dial::{check_granted, subscribe_bytes};
use crate::bench::figures::BenchError;
use crate::bench::frame::{Batch, Stamp};

/// Filters in one SUBSCRIBE.
const FILTERS: u32 = 100;
/// Without any message for so long, those that are missing are lost.
const QUIET: Duration = Duration::from_secs(5);

/// Makes subscriptions, which is measured; then publishes to each, and counts what comes. When all is
/// to end early, what was granted counts.
pub(super) async fn subscribe(stage: &mut Stage<'_>) -> Result<(), BenchError> {
    let mut subscriber = stage.open(Client::new("s", 0)).await?;
    let mut granted = 0;
    stage.begin();
    let asked = ask_for_all(stage, &mut subscriber, &mut granted).await;
    let end = stage.scene.clock.elapsed_nanos();
    stage.end(end);
    let proved = match asked {
        Ok(()) => prove(stage, &mut subscriber).await,
        Err(error) => Err(error),
    };
    subscriber.leave().await;
    if stage.is_stopped() {
        let found = &mut stage.found;
        (found.sent, found.expected) = (granted.into(), stage.scene.plan.count().into());
        found.delivered = granted.into();
        return Ok(());
    }
    proved
}

async fn ask_for_all(
    stage: &mut Stage<'_>,
    subscriber: &mut Talk,
    granted: &mut u32,
) -> Result<(), BenchError> {
    let scene = Rc::clone(&stage.scene);
    let (plan, count) = (&scene.plan, scene.plan.count());
    let start = scene.clock.elapsed_nanos();
    while *granted < count {
        let end = (*granted + FILTERS).min(count);
        let filters: Vec<String> =
            (*granted..end).map(|number| format!("{}/{number:08}", scene.name)).collect();
        let request = subscribe_bytes(plan.version, &filters, plan.qos)?;
        let asked = scene.clock.elapsed_nanos();
        let answer = subscriber.ask(&scene, &request, 0x90).await?;
        stage.found.latency.saturating_record(scene.clock.elapsed_nanos() - asked);
        stage.found.deliveries.add(asked - start, filters.len() as u64);
        // The identifier before them, and in version 5 properties.
        let head = if plan.version.is_v5() { 3 } else { 2 };
        if answer.len() < head + filters.len() {
            let why = format!("SUBACK does not answer all of {} filters", filters.len());
            return Err(BenchError::Protocol(why));
        }
        let reasons = &answer[answer.len() - filters.len()..];
        reasons.iter().try_for_each(|reason| check_granted(*reason, plan.qos))?;
        *granted = end;
        stage.tick(end.into(), count.into());
    }
    Ok(())
}

/// A message to each subscription.
async fn prove(stage: &mut Stage<'_>, subscriber: &mut Talk) -> Result<(), BenchError> {
    let scene = Rc::clone(&stage.scene);
    let (plan, count) = (&scene.plan, scene.plan.count());
    let mut publisher = stage.open(Client::new("p", 0)).await?;
    let batch = Batch::numbered(plan, &scene.name, false, plan.payload_bytes)?;
    let mut taken = Taken::default();
    let feeding = publisher.feed(&scene, batch, count, |batch, place, number, id| {
        batch.patch_topic(place, number);
        batch.patch(place, number, 0, id);
    });
    let taking = subscriber.take(&scene, &mut taken, count, QUIET, 0, Stamp::only_number);
    let ((_, fed), took_all) = tokio::join!(feeding, taking);
    publisher.leave().await;
    fed?;
    took_all?;
    stage.keep(&taken, count);
    // What is measured is the subscriptions; topics have no order among them.
    stage.found.reordered = 0;
    Ok(())
}
