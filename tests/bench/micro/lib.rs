//! The codec and the rules of the broker with nothing around them, and what they are measured
//! with.
//!
//! The rules are taken in as source: they depend on the protocol and on time alone, so that they
//! build without sockets, TLS and storage.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot be set up fails there")]

#[path = "../../../src/broker/mod.rs"]
pub mod broker;
#[path = "../../../src/time.rs"]
pub mod time;

pub use lastwill_protocol as protocol;

pub mod cases;
pub mod world;
