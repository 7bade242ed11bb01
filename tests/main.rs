//! The one integration test binary.

mod process;
mod support;
mod tidy;
