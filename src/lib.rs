//! `lastwill`: an MQTT command-line toolkit around one shared protocol crate.
//!
//! The modules below stand in floor order; a file imports only from floors below its own.
//! `src/README.md` is the map.

pub use lastwill_protocol as protocol;

pub mod time;

pub mod broker;
pub mod client;

pub mod auth;
pub mod clock;
pub mod observe;
pub mod store;
pub mod transport;

pub mod config;
pub mod link;

pub mod server;

pub mod bench;
pub mod bridge;
pub mod check;

pub mod cli;
