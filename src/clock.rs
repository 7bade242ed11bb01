//! The only file that asks the system for the time.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::time::Timestamp;

/// Wall-clock time at its creation plus monotonic time since: a jump of the system clock does not
/// move it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    started_at: Timestamp,
}

impl Default for Clock {
    fn default() -> Self {
        Clock::new()
    }
}

impl Clock {
    /// A clock that starts now.
    pub fn new() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock {
            started: Instant::now(),
            started_at: Timestamp::from_millis(since_epoch.as_millis() as u64),
        }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.started_at.plus_millis(self.started.elapsed().as_millis() as u64)
    }

    /// Nanoseconds since the clock was made: for measuring how long something takes.
    pub fn elapsed_nanos(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }

    /// The moment as an [`Instant`], for the runtime's timers. `None` for what is too far away.
    pub fn instant_of(&self, at: Timestamp) -> Option<Instant> {
        self.started.checked_add(at.since(self.started_at))
    }
}

/// The present moment in the local time zone, for printing only: a jump of the system clock moves
/// it.
pub fn local_now() -> jiff::Zoned {
    jiff::Zoned::now()
}
