//! The one integration test binary.

mod cli;
mod conformance;
mod fuzz;
mod interop;
mod process;
mod support;
mod tidy;
