//! Where a server listens.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The address of one listening socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// TCP, with the real port.
    Tcp(SocketAddr),
    /// A Unix socket: its file.
    Unix(PathBuf),
}

impl Endpoint {
    /// Address and port, for TCP.
    pub const fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Endpoint::Tcp(address) => Some(*address),
            Endpoint::Unix(_) => None,
        }
    }

    /// The file, for a Unix socket.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Endpoint::Tcp(_) => None,
            Endpoint::Unix(path) => Some(path),
        }
    }

    /// As the log names the end that a client has reached: `port 1883`, `socket /run/mqtt.sock`.
    pub(super) fn as_end(&self) -> String {
        match self {
            Endpoint::Tcp(address) => format!("port {}", address.port()),
            Endpoint::Unix(path) => format!("socket {}", path.display()),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Tcp(address) => write!(f, "{address}"),
            Endpoint::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Endpoint::Tcp(address)
    }
}
