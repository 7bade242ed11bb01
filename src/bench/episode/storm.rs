//! Clients with wills that die all at once: every will must come, and come once.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use super::stage::{Client, Stage, leave};
use super::talk::{Taken, Talk};
use crate::bench::figures::BenchError;
use crate::bench::frame::Stamp;
use crate::bench::plan::Death;

/// Keep Alive of clients that fall silent, in seconds: long enough to be served in turns.
const KEEP_ALIVE_SECS: u16 = 6;
/// A broker that asks for a longer one is not waited for.
const KEEP_ALIVE_MAX: Duration = Duration::from_secs(300);
/// How long they are there before they are heard for the last time.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Without any will for so long, those that are missing are lost.
const QUIET: Duration = Duration::from_secs(10);

/// Connects everybody with a will, lets all die, and counts the wills.
pub(super) async fn storm(stage: &mut Stage<'_>) -> Result<(), BenchError> {
    let scene = Rc::clone(&stage.scene);
    let death = scene.plan.death;
    let is_silent = death == Death::Silent;
    let keep_alive_secs = if is_silent { KEEP_ALIVE_SECS } else { 0 };
    let watcher = Client::new("w", 0);
    let crowd = (0..scene.plan.clients).map(|number| Client {
        keep_alive_secs,
        will: Some(format!("{}/will/{number:06}", scene.name)),
        ..Client::new("d", number)
    });
    let mut talks = stage.open_all(std::iter::once(watcher).chain(crowd).collect()).await?;
    let mut watcher = talks.swap_remove(0);
    let quiet = match prepare(stage, &mut watcher, &mut talks).await {
        Ok(quiet) => quiet,
        Err(error) => {
            // In order: nobody's will is published.
            leave(talks).await;
            return Err(error);
        }
    };
    let start = stage.begin();
    if !is_silent {
        talks.drain(..).for_each(|talk| talk.die(death == Death::Reset));
    }
    let mut taken = Taken::default();
    let count = scene.plan.clients;
    // A will has the number of its client, and is the only one.
    let number = |stamp: &Stamp| (stamp.sequence == 0).then_some(stamp.publisher);
    watcher.take(&scene, &mut taken, count, quiet, start, number).await?;
    stage.end(taken.last_nanos);
    if stage.is_stopped() {
        leave(talks).await;
    }
    watcher.leave().await;
    stage.keep(&taken, count);
    stage.keep_times();
    // Nobody promises an order of wills.
    stage.found.reordered = 0;
    Ok(())
}

/// How long the broker may take to notice that clients are silent.
fn patience_with(talks: &[Talk]) -> Result<Duration, BenchError> {
    let keep_alives = talks.iter().map(Talk::keep_alive).max().unwrap_or_default();
    if keep_alives > KEEP_ALIVE_MAX {
        return Err(BenchError::Plan(format!(
            "the broker sets a Keep Alive of {} s, so that silent clients would go unnoticed for \
             longer than is waited: --death close or reset",
            keep_alives.as_secs()
        )));
    }
    Ok(keep_alives * 3 / 2)
}

/// Somebody listens for wills; those who are to fall silent are heard once more, all at a time. Answers
/// how long the wills are waited for.
async fn prepare(
    stage: &Stage<'_>,
    watcher: &mut Talk,
    talks: &mut [Talk],
) -> Result<Duration, BenchError> {
    let filter = format!("{}/will/+", stage.scene.name);
    watcher.subscribe(&stage.scene, &filter).await?;
    if stage.scene.plan.death != Death::Silent {
        return Ok(QUIET);
    }
    let patience = patience_with(talks)?;
    sleep(LAST_WORDS).await;
    for talk in talks {
        talk.ping(&stage.scene).await?;
    }
    Ok(QUIET + patience)
}
