//! Messages that wait for sessions whose clients are away.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::stage::{Client, Stage, open};
use super::talk::{Taken, Talk};
use crate::bench::figures::BenchError;
use crate::bench::frame::Batch;

/// Without any message for so long, those that are missing are lost.
const QUIET: Duration = Duration::from_secs(5);
/// How long the broker keeps a session, in seconds, should this program die.
const SESSION_SECS: u32 = 600;

/// Leaves sessions behind, queues messages for them, comes back and reads.
pub(super) async fn offline(stage: &mut Stage<'_>) -> Result<(), BenchError> {
    let scene = Arc::clone(&stage.scene);
    let count = scene.plan.count();
    let clients: Vec<Client> = (0..scene.plan.clients).map(sleeper).collect();
    let topic = format!("{}/000000", scene.name);
    for mut talk in stage.open_all(clients.clone()).await? {
        talk.subscribe(&scene, &topic).await?;
        talk.leave().await;
    }
    let mut publisher = stage.open(Client::new("p", 0)).await?;
    let batch = Batch::new(&scene.plan, &topic, 0, usize::from(u16::MAX))?;
    let fed = publisher
        .feed(&scene, batch, count, |batch, place, number, id| batch.patch(place, number, 0, id))
        .await;
    let read = match fed {
        Ok(()) => read_all(stage, &clients).await,
        Err(error) => Err(error),
    };
    // Sessions end with a clean start.
    for client in clients {
        let last = Client { clean_start: true, session_expiry_secs: 0, ..client };
        stage.open(last).await?.leave().await;
    }
    publisher.leave().await;
    read
}

fn sleeper(number: u32) -> Client {
    Client { clean_start: false, session_expiry_secs: SESSION_SECS, ..Client::new("o", number) }
}

async fn read_all(stage: &mut Stage<'_>, clients: &[Client]) -> Result<(), BenchError> {
    let count = u64::from(stage.scene.plan.count());
    let is_v5 = stage.scene.plan.version.is_v5();
    let start = stage.begin();
    let mut readers = JoinSet::new();
    for client in clients {
        let client = client.clone();
        let scene = Arc::clone(&stage.scene);
        readers.spawn_local(async move {
            let (opened, _) = open(&scene, &client).await?;
            let mut talk = Talk::new(opened, is_v5);
            let mut taken = Taken::new();
            talk.take(&scene, &mut taken, count, QUIET, start, |stamp| (stamp.sequence, start))
                .await?;
            talk.leave().await;
            Ok::<Taken, BenchError>(taken)
        });
    }
    stage.gather(readers, count).await
}
