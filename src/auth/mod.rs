//! Who a client is: password files, and the files that secrets are read from.
//!
//! Deliberately absent: sockets, MQTT, threads, the question what a client may do.

pub mod file;
pub mod hash;
pub mod passwords;
pub mod recent;

pub use file::{FileError, FileWarning};
pub use hash::{Kind, PasswordHash};
pub use passwords::{PasswordFile, Passwords, PasswordsError};
pub use recent::Recent;
