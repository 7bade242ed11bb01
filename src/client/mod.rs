//! A client: the pure machine ([`session`]) and what runs it ([`driver`]).
//!
//! The session is told what happens and when, and says what to do; the driver owns the socket and
//! the clock. Deliberately absent: what a tool prints, which exit code it ends with.

pub mod connection;
pub mod driver;
pub mod event;
pub mod session;
pub mod settings;

pub use driver::{Application, Client, Request, Requests};
pub use event::{Cause, Effect, Event, Input, NotSent, PeerLimits, Sink, Timer};
pub use session::Session;
pub use settings::{ReconnectDelay, Settings, StoredWill};
