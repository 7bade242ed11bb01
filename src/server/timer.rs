//! Calls the broker when its deadline comes.

use std::rc::Rc;

use tokio::sync::oneshot;
use tokio::time::{Duration, Instant, sleep_until, timeout};

use crate::broker::event::Input;
use crate::server::shared::Command;
use crate::server::worker::Local;
use crate::time::Timestamp;

/// A tick that comes later than this, in milliseconds, means that this process did not run.
const LATE_MILLIS: u64 = 250;
/// So long before the deadline, in milliseconds, a first tick looks whether the process runs.
const WATCH_MILLIS: u64 = 500;
/// How long the threads may take to read what has arrived while the process did not run.
const CATCH_UP: Duration = Duration::from_secs(5);

/// Keeps the time for the broker.
pub(super) async fn keep_time(local: Rc<Local>) {
    loop {
        let at = arm(&local);
        tokio::select! {
            biased;
            () = local.shared.rearm.notified() => {}
            is_late = wait_until(&local, at) => {
                if is_late {
                    read_everything(&local).await;
                }
                local.turn(|turn| turn.handle(Input::Timeout));
            }
        }
    }
}

/// Takes note of the deadline, so that only an earlier one wakes the timer.
fn arm(local: &Local) -> Timestamp {
    let mut core = local.shared.core();
    core.armed = core.broker.deadline().map_or(Timestamp::NEVER, |(at, _)| at);
    core.armed
}

/// Waits until a moment; whether this process has slept through it.
async fn wait_until(local: &Local, at: Timestamp) -> bool {
    let watch = Timestamp::from_millis(at.millis().saturating_sub(WATCH_MILLIS));
    let mut is_late = false;
    for moment in [watch, at] {
        let before = local.shared.clock.now();
        if moment <= before && moment == watch {
            continue;
        }
        match local.shared.clock.instant_of(moment) {
            Some(instant) => sleep_until(Instant::from_std(instant)).await,
            None => std::future::pending().await,
        }
        let due = moment.max(before);
        is_late |= local.shared.clock.now() > due.plus_millis(LATE_MILLIS);
    }
    is_late
}

/// Lets every thread read from every socket that has something: what was said in time must not be
/// judged as silence because we were not there to hear it.
pub(super) async fn read_everything(local: &Local) {
    let asked = local.shared.gates.iter().map(|gate| {
        let (done, is_done) = oneshot::channel();
        gate.send(Command::ReadAll { done });
        is_done
    });
    let asked: Vec<_> = asked.collect();
    let all = async {
        for is_done in asked {
            // A thread that ends does not answer.
            let _ = is_done.await;
        }
    };
    // Judging late is better than never.
    let _ = timeout(CATCH_UP, all).await;
}
