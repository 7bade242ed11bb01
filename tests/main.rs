//! The one integration test binary.

mod interop;
mod process;
mod support;
mod tidy;
