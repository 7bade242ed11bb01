//! The one integration test binary.

mod cli;
mod conformance;
mod fuzz;
mod interop;
mod process;
mod server;
mod support;
mod tidy;
