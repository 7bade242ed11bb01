//! Who a client is and what it may do: the files that say so.
//!
//! Deliberately absent: sockets, MQTT, threads, the rule that decides.

pub mod acl;
pub mod file;

pub use acl::{AclError, AclWarning};
pub use file::{FileError, FileWarning};
