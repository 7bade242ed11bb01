//! Messages that wait for sessions whose clients are away.

use std::rc::Rc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::stage::{Client, Stage, open};
use super::talk::Taken;
use crate::bench::figures::BenchError;
use crate::bench::frame::{Batch, Stamp};

/// Without any message for so long, those that are missing are lost.
const QUIET: Duration = Duration::from_secs(5);
/// How long the broker keeps a session, in seconds, should this program die.
const SESSION_SECS: u32 = 600;
/// How long ending one session may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Leaves sessions behind, queues messages for them, comes back and reads.
pub(super) async fn offline(stage: &mut Stage<'_>) -> Result<(), BenchError> {
    let clients: Vec<Client> = (0..stage.scene.plan.clients).map(sleeper).collect();
    let read = queue_and_read(stage, &clients).await;
    // Nothing stays behind, however it went.
    let ended = end_sessions(stage, clients).await;
    read.and(ended)
}

fn sleeper(number: u32) -> Client {
    Client { clean_start: false, session_expiry_secs: SESSION_SECS, ..Client::new("o", number) }
}

async fn queue_and_read(stage: &mut Stage<'_>, clients: &[Client]) -> Result<(), BenchError> {
    let scene = Rc::clone(&stage.scene);
    let count = scene.plan.count();
    let topic = format!("{}/000000", scene.name);
    for mut talk in stage.open_all(clients.to_vec()).await? {
        talk.subscribe(&scene, &topic).await?;
        talk.leave_for_good(&scene).await;
    }
    let mut publisher = stage.open(Client::new("p", 0)).await?;
    let batch = Batch::new(&scene.plan, &topic, 0, usize::from(u16::MAX))?;
    let feeding = publisher
        .feed(&scene, batch, count, |batch, place, number, id| batch.patch(place, number, 0, id));
    let (_, fed) = feeding.await;
    publisher.leave().await;
    fed?;
    read_all(stage, clients).await
}

async fn read_all(stage: &mut Stage<'_>, clients: &[Client]) -> Result<(), BenchError> {
    let count = stage.scene.plan.count();
    let start = stage.begin();
    let mut readers = JoinSet::new();
    for client in clients {
        let client = client.clone();
        let scene = Rc::clone(&stage.scene);
        readers.spawn_local(async move {
            let (mut talk, _) = open(&scene, &client).await?;
            let mut taken = Taken::default();
            talk.take(&scene, &mut taken, count, QUIET, start, Stamp::only_number).await?;
            talk.leave().await;
            Ok::<Taken, BenchError>(taken)
        });
    }
    stage.gather(readers, count).await
}

/// Sessions end with a clean start.
async fn end_sessions(stage: &Stage<'_>, clients: Vec<Client>) -> Result<(), BenchError> {
    let late = |_| BenchError::Lost("the broker does not take a session back".to_owned());
    for client in clients {
        let last = Client { clean_start: true, session_expiry_secs: 0, ..client };
        let (talk, _) = timeout(PATIENCE, open(&stage.scene, &last)).await.map_err(late)??;
        talk.leave().await;
    }
    Ok(())
}
