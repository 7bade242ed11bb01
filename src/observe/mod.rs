//! What happened, in words: the only wording of events, and the log that carries it.
//!
//! [`Log::render`] turns an event into a [`Line`] while somebody holds the core's lock: cheap, and
//! next to nothing when the type of line is off. [`Log::write`] hands lines to a thread of its own,
//! after the lock is released; it never waits for whoever reads the log.
//!
//! Deliberately absent: payloads, user passwords, any decision.

mod access_lines;
pub mod bridge_lines;
mod causes;
pub mod endpoint;
pub mod escape;
pub mod events;
pub mod feed;
pub mod lines;
pub mod log;
pub mod metrics;
pub mod server_lines;
pub mod settings;
pub mod stamp;
mod syslog;
mod target;
mod trace;
mod will_lines;
pub mod wills;
mod writer;

pub use endpoint::Endpoint;
pub use events::ServerEvent;
pub use log::{Line, Log};
pub use settings::{Destination, LogFormat, LogSettings, LogType, LogTypes, SyslogSettings};
pub use stamp::StampFormat;
