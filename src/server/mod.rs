//! The running broker: sockets and threads around [`crate::broker::Broker`].
//!
//! N threads, each a runtime of its own that owns its connections for life. A connection's task
//! reads, decodes, takes the one lock around the core, applies; what the core sends is encoded
//! straight into output buffers, of the own thread directly, of other threads through a mailbox
//! under the same lock. After the ready connections of a turn have run, each touched output is
//! written once. A connection that is quiet has no task: all of them together have one for each
//! thread, the parking.
//!
//! Decides nothing about MQTT.

mod accept;
mod arrivals;
mod bind;
mod compaction;
mod connection;
mod core;
mod current;
mod door;
mod front;
mod handle;
mod handshake;
mod inherit;
mod judge;
mod keeper;
mod load;
mod log_topic;
mod login;
mod mail;
mod memory;
pub mod metrics;
mod outlet;
mod output;
mod outputs;
mod parking;
mod restore;
mod revoke;
mod settings;
mod shared;
mod spread;
mod stats;
mod status;
mod sys;
mod timer;
mod tls;
mod turns;
mod verify;
mod worker;

pub use bind::StartError;
pub use door::Door;
pub use handle::Server;
pub use inherit::{Inherited, Passed};
pub use stats::Stats;
