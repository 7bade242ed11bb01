//! Retained messages, read by everybody who subscribes.

use std::rc::Rc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::stage::{Client, Scene, Stage, open};
use super::talk::Taken;
use crate::bench::dial::subscribe_bytes;
use crate::bench::figures::BenchError;
use crate::bench::frame::{Batch, Stamp};

/// Without any message for so long, those that are missing are lost.
const QUIET: Duration = Duration::from_secs(5);
/// How long the connection for taking messages away may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Stores retained messages, then has all clients read them by a wildcard; takes them away again.
pub(super) async fn retained(stage: &mut Stage<'_>) -> Result<(), BenchError> {
    let scene = Rc::clone(&stage.scene);
    let plan = &scene.plan;
    let mut publisher = stage.open(Client::new("p", 0)).await?;
    let batch = Batch::numbered(plan, &scene.name, true, plan.payload_bytes)?;
    let feeding = publisher.feed(&scene, batch, plan.count(), |batch, place, number, id| {
        batch.patch_topic(place, number);
        batch.patch(place, number, 0, id);
    });
    let (stored, fed) = feeding.await;
    publisher.leave().await;
    let read = match fed {
        Ok(()) => read_all(stage).await,
        Err(error) => Err(error),
    };
    // Nothing stays behind, however it went.
    let cleared = clear(&scene.undisturbed(), stored).await;
    read.and(cleared)
}

async fn read_all(stage: &mut Stage<'_>) -> Result<(), BenchError> {
    let plan = stage.scene.plan.clone();
    let clients = (0..plan.clients).map(|number| Client::new("s", number)).collect();
    let talks = stage.open_all(clients).await?;
    let count = plan.count();
    let filter = [format!("{}/#", stage.scene.name)];
    let request = subscribe_bytes(plan.version, &filter, plan.qos)?;
    let start = stage.begin();
    let mut readers = JoinSet::new();
    for mut talk in talks {
        let (scene, request) = (Rc::clone(&stage.scene), request.clone());
        readers.spawn_local(async move {
            let mut taken = Taken::default();
            talk.append(&request);
            talk.take(&scene, &mut taken, count, QUIET, start, Stamp::only_number).await?;
            talk.leave().await;
            Ok::<Taken, BenchError>(taken)
        });
    }
    stage.gather(readers, count).await?;
    // Topics have no order among them.
    stage.found.reordered = 0;
    Ok(())
}

/// Takes the first messages away, by a connection of its own: the one before may have been lost.
async fn clear(scene: &Scene, stored: u32) -> Result<(), BenchError> {
    let late = |_| BenchError::Lost("the broker does not take a connection".to_owned());
    let client = Client::new("p", 0);
    let opening = open(scene, &client);
    let (mut publisher, _) = timeout(PATIENCE, opening).await.map_err(late)??;
    let batch = Batch::numbered(&scene.plan, &scene.name, true, 0)?;
    let clearing = publisher.feed(scene, batch, stored, |batch, place, number, id| {
        batch.patch_topic(place, number);
        batch.patch_id(place, id);
    });
    let (_, cleared) = clearing.await;
    publisher.leave().await;
    cleared
}
