//! Every rule of the broker, as one pure machine: inputs and time in, effects out.
//!
//! It never fails, never blocks, and knows no clock, socket, file, thread, log or random source.

pub mod event;
pub mod policy;
pub mod retained;
pub mod router;
mod slab;

use crate::time::Timestamp;
use event::{Input, Sink, Timer};
use policy::Policy;

/// The state of the broker.
#[derive(Debug)]
pub struct Broker {
    policy: Policy,
}

impl Broker {
    /// An empty broker. `seed` feeds the hashers and the assigned client ids.
    pub fn new(policy: Policy, seed: u64) -> Self {
        let _ = seed;
        Broker { policy }
    }

    /// Takes in one thing that happened at `now` and carries out what follows from it.
    pub fn handle(&mut self, now: Timestamp, input: Input<'_>, out: &mut impl Sink) {
        let _ = (now, input, out, &self.policy);
        todo!("broker helper")
    }

    /// When to call [`Broker::handle`] with [`Input::Timeout`], and why.
    pub fn deadline(&self) -> Option<(Timestamp, Timer)> {
        todo!("broker helper")
    }
}
