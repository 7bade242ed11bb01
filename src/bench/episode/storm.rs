//! Clients with wills that die all at once: every will must come, and come once.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::stage::{Client, Stage};
use super::talk::{Taken, Talk};
use crate::bench::figures::BenchError;
use crate::bench::plan::Death;

/// Keep Alive of clients that fall silent, in seconds: long enough to be served in turns.
const KEEP_ALIVE_SECS: u16 = 6;
/// How often they are heard before they die.
const PINGS: Duration = Duration::from_secs(1);
/// Without any will for so long, those that are missing are lost.
const QUIET: Duration = Duration::from_secs(10);

/// Connects everybody with a will, lets all die, and counts the wills.
pub(super) async fn storm(stage: &mut Stage<'_>) -> Result<(), BenchError> {
    let plan = stage.scene.plan.clone();
    let name = stage.scene.name.clone();
    let mut watcher = stage.open(Client::new("w", 0)).await?;
    let filter = format!("{name}/will/+");
    watcher.subscribe(&stage.scene, &filter).await?;
    let talks = crowd(stage).await?;
    let start = stage.begin();
    let kept = match plan.death {
        Death::Silent => talks,
        death => {
            for talk in talks {
                talk.die(death == Death::Reset);
            }
            Vec::new()
        }
    };
    let count = u64::from(plan.clients);
    let mut taken = Taken::new();
    let quiet = QUIET + Duration::from_secs(u64::from(KEEP_ALIVE_SECS)) * 3 / 2;
    let scene = std::sync::Arc::clone(&stage.scene);
    let taking =
        watcher.take(&scene, &mut taken, count, quiet, start, |stamp| (stamp.publisher, start));
    // Ctrl-C ends the wait; what came is there.
    let watch = stage.watch;
    let stopped = async {
        while !watch.is_stopped() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        taken = taking => taken?,
        () = stopped => {}
    }
    stage.end(taken.last_nanos);
    drop(kept);
    watcher.leave().await;
    stage.keep(taken, count, count);
    // Nobody promises an order of wills.
    stage.found.reordered = 0;
    Ok(())
}

/// Connects everybody; all are there, and were heard, when this ends.
async fn crowd(stage: &mut Stage<'_>) -> Result<Vec<Talk>, BenchError> {
    let plan = stage.scene.plan.clone();
    let is_silent = plan.death == Death::Silent;
    let name = stage.scene.name.clone();
    let mut talks = Vec::new();
    let mut number = 0;
    while number < plan.clients {
        // In parts, so that those who are there already are heard in time.
        let end = (number + 500).min(plan.clients);
        let part = (number..end).map(|number| Client {
            keep_alive_secs: if is_silent { KEEP_ALIVE_SECS } else { 0 },
            will: Some(format!("{name}/will/{number:06}")),
            ..Client::new("d", number)
        });
        talks.extend(stage.open_all(part.collect()).await?);
        number = end;
        if is_silent {
            be_heard(&mut talks).await?;
        }
    }
    if is_silent {
        sleep(PINGS).await;
        be_heard(&mut talks).await?;
    }
    Ok(talks)
}

/// Every client says that it is alive.
async fn be_heard(talks: &mut [Talk]) -> Result<(), BenchError> {
    for talk in talks {
        let pinged = timeout(Duration::from_secs(5), talk.send(&[0xC0, 0])).await;
        pinged.map_err(|_| BenchError::Lost("the broker takes no PINGREQ".to_owned()))??;
    }
    Ok(())
}
