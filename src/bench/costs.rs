//! What the broker and this program cost during a round.

use std::time::Duration;

use super::figures::{BenchError, Usage};
use super::lock::{LockUse, MetricsUrl};
use super::plan::Target;
use super::usage::Watched;
use crate::clock::Clock;

/// Memory is looked at no more often than this: reading /proc costs the generator.
const LOOK: Duration = Duration::from_millis(100);

/// The cost of a measurement.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// The broker's, if its process is known.
    pub(super) broker: Option<Usage>,
    /// This program's.
    pub(super) generator: Usage,
    /// What the broker's lock did, if its metrics are known.
    pub(super) lock: Option<LockUse>,
}

/// The processes that are watched.
pub(super) struct Costs {
    broker: Option<Watched>,
    generator: Watched,
    metrics: Option<MetricsUrl>,
    lock_before: LockUse,
    clock: Clock,
    looked_nanos: u64,
}

impl Costs {
    pub(super) fn new(target: &Target) -> Result<Costs, BenchError> {
        let broker = target.pid.map(Watched::with_family).transpose()?;
        let metrics = target.metrics.clone();
        // Whoever names metrics that are not there is told before the round.
        let lock_before = metrics.as_ref().map(MetricsUrl::read).transpose()?.unwrap_or_default();
        Ok(Costs {
            broker,
            generator: Watched::own(),
            metrics,
            lock_before,
            clock: Clock::new(),
            looked_nanos: 0,
        })
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Watched> {
        self.broker.iter_mut().chain([&mut self.generator])
    }

    /// The measurement begins.
    pub(super) fn begin(&mut self) {
        self.lock_before = self.read_lock().unwrap_or(self.lock_before);
        self.all().for_each(Watched::begin);
    }

    /// Looks at memory, unless it was looked at a moment ago: may be called as often as one likes.
    pub(super) fn look(&mut self) {
        let now = self.clock.elapsed_nanos();
        if is_due(now, self.looked_nanos) {
            self.looked_nanos = now;
            self.all().for_each(Watched::look);
        }
    }

    /// The measurement took so long.
    pub(super) fn end(&mut self, elapsed: Duration) -> Cost {
        Cost {
            broker: self.broker.as_mut().map(|watched| watched.end(elapsed)),
            generator: self.generator.end(elapsed),
            lock: self.read_lock().map(|now| now.since(self.lock_before)),
        }
    }

    fn read_lock(&self) -> Option<LockUse> {
        self.metrics.as_ref()?.read().ok()
    }
}

/// Whether the last look is long enough ago.
const fn is_due(now_nanos: u64, looked_nanos: u64) -> bool {
    now_nanos - looked_nanos >= LOOK.as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_looked_at_ten_times_a_second_at_most() {
        assert!(!is_due(99_999_999, 0) && is_due(100_000_000, 0));
        assert!(!is_due(250_000_000, 150_000_001) && is_due(250_000_000, 150_000_000));
    }
}
