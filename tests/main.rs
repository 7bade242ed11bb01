//! The one integration test binary.

mod conformance;
mod fuzz;
mod interop;
mod process;
mod server;
mod support;
mod tidy;
