//! What the broker and this program cost during a round.

use std::time::Duration;

use super::figures::{BenchError, Usage};
use super::plan::Target;
use super::usage::Watched;

/// The cost of a measurement.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// The broker's, if its process is known.
    pub(super) broker: Option<Usage>,
    /// This program's.
    pub(super) generator: Usage,
}

/// The processes that are watched.
pub(super) struct Costs {
    broker: Option<Watched>,
    generator: Watched,
}

impl Costs {
    pub(super) fn new(target: &Target) -> Result<Costs, BenchError> {
        let broker = target.pid.map(Watched::new).transpose()?;
        Ok(Costs { broker, generator: Watched::new(std::process::id())? })
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Watched> {
        self.broker.iter_mut().chain([&mut self.generator])
    }

    /// The measurement begins.
    pub(super) fn begin(&mut self) {
        self.all().for_each(Watched::begin);
    }

    /// Looks at memory.
    pub(super) fn look(&mut self) {
        self.all().for_each(Watched::look);
    }

    /// The measurement took so long.
    pub(super) fn end(&mut self, elapsed: Duration) -> Cost {
        Cost {
            broker: self.broker.as_mut().map(|watched| watched.end(elapsed)),
            generator: self.generator.end(elapsed),
        }
    }
}
