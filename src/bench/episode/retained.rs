//! Retained messages, read by everybody who subscribes.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::stage::{Client, Stage};
use super::talk::{Taken, Talk};
use crate::bench::dial::subscribe_bytes;
use crate::bench::figures::BenchError;
use crate::bench::frame::Batch;

/// Without any message for so long, those that are missing are lost.
const QUIET: Duration = Duration::from_secs(5);

/// Stores retained messages, then has all clients read them by a wildcard; takes them away again.
pub(super) async fn retained(stage: &mut Stage<'_>) -> Result<(), BenchError> {
    let scene = Arc::clone(&stage.scene);
    let (plan, count) = (&scene.plan, stage.scene.plan.count());
    let mut publisher = stage.open(Client::new("p", 0)).await?;
    let batch = Batch::numbered(plan, &scene.name, true, plan.payload_bytes)?;
    publisher
        .feed(&scene, batch, count, |batch, place, number, id| {
            batch.patch_topic(place, number);
            batch.patch(place, number, 0, id);
        })
        .await?;
    let clients = (0..plan.clients).map(|number| Client::new("s", number)).collect();
    let talks = stage.open_all(clients).await?;
    let start = stage.begin();
    let outcome = read_all(stage, talks, start).await;
    // What was stored is taken away even where reading it failed.
    let batch = Batch::numbered(plan, &scene.name, true, 0)?;
    let cleared = publisher.feed(&scene, batch, count, |batch, place, number, id| {
        batch.patch_topic(place, number);
        batch.patch_id(place, id);
    });
    let cleared = cleared.await;
    outcome?;
    cleared?;
    publisher.leave().await;
    Ok(())
}

async fn read_all(stage: &mut Stage<'_>, talks: Vec<Talk>, start: u64) -> Result<(), BenchError> {
    let plan = stage.scene.plan.clone();
    let count = u64::from(plan.count());
    let filter = [format!("{}/+", stage.scene.name)];
    let request = subscribe_bytes(plan.version, &filter, plan.qos)?;
    let mut readers = JoinSet::new();
    for mut talk in talks {
        let (scene, request) = (Arc::clone(&stage.scene), request.clone());
        readers.spawn_local(async move {
            let mut taken = Taken::new();
            talk.send(&request).await?;
            talk.take(&scene, &mut taken, count, QUIET, start, |stamp| (stamp.sequence, start))
                .await?;
            talk.leave().await;
            Ok::<Taken, BenchError>(taken)
        });
    }
    stage.gather(readers, count).await?;
    // Topics have no order among them.
    stage.found.reordered = 0;
    Ok(())
}
