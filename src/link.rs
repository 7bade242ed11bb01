//! Packets over a byte stream: what has been read and is no packet yet, what has been encoded and
//! is not written yet.
//!
//! Both sides are plain data without I/O: the server and the client drive them with their streams,
//! a simulator with its own.

mod marks;
pub mod outbox;
pub mod partial;
pub mod pool;

pub use outbox::{Outbox, SLICES_MAX};
pub use partial::Partial;
pub use pool::Pool;
