//! A client: the pure machine ([`session`]) and what runs it ([`driver`]).
//!
//! The session is told what happens and when, and says what to do; the driver owns the socket and
//! the clock. Deliberately absent: what a tool prints, which exit code it ends with.

mod connection;
pub mod driver;
mod request;
pub mod session;

pub use driver::Client;
pub use request::{Application, Filters, Request, Requests};
pub use session::Session;
pub use session::ending::{Ending, How};
pub use session::event::{Cause, Effect, Event, Input, NotSent, PeerLimits, Sink, Timer};
pub use session::led::Greeting;
pub use session::presence::Presence;
pub use session::retry::{Retry, is_temporary};
pub use session::settings::{ReconnectDelay, Settings, StoredWill};
