//! Who a client is and what it may do: the files that say so.
//!
//! Deliberately absent: sockets, MQTT, threads, the rule that decides what a client may do.

pub mod acl;
pub mod file;
pub mod hash;
pub mod keys;
pub mod passwords;
pub mod recent;

pub use acl::{AclError, AclWarning};
pub use file::{FileError, FileWarning};
pub use hash::{Kind, PasswordHash};
pub use keys::{KeyFile, Keys, KeysError};
pub use passwords::{PasswordFile, Passwords, PasswordsError};
pub use recent::Recent;
