//! The one integration test binary.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

mod bench;
mod cli;
mod cli_compat;
mod conformance;
mod fuzz;
mod generated;
mod interop;
mod options;
mod process;
mod server;
mod sim;
mod support;
mod tidy;
mod tls;
mod wills;
