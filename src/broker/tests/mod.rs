//! What the broker does, told in its own vocabulary ([`crate::broker::testing`]). Tests of wills
//! bear the number of their scenario.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod compat;
mod kept;
mod limits;
mod overload;
mod qos;
mod random;
mod runs;
mod sessions;
mod subscriptions;
mod wills_authentication;
mod wills_connect;
mod wills_content;
mod wills_delay;
mod wills_end;
mod wills_order;
mod wills_rest;
mod wills_takeover;
