//! The one integration test binary.

mod fuzz;
mod interop;
mod process;
mod support;
mod tidy;
