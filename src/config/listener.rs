//! One listener.

use std::fmt;
use std::path::PathBuf;

use crate::config::front::Front;

use crate::auth::PasswordFile;
use crate::config::tls::{ListenerTls, UsernameFrom};

/// Which addresses a listener binds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// Every address of the machine, IPv4 and IPv6.
    Any,
    /// 127.0.0.1 and ::1; one of the two may be missing.
    Loopback,
    /// All addresses of this host name or address.
    Host(String),
    /// A Unix socket.
    Path(PathBuf),
}

/// `socket_domain`: which address family to bind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// IPv4 and IPv6.
    #[default]
    Both,
    /// `ipv4`.
    V4,
    /// `ipv6`.
    V6,
}

/// A place to listen on, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The addresses.
    pub bind: Bind,
    /// The port; 0 (from `-p 0` only) is any free one, the same for all addresses.
    pub port: u16,
    /// The address family.
    pub family: Family,
    /// `bind_interface`: only connections that come in there.
    pub interface: Option<String>,
    /// What clients get through before MQTT begins.
    pub front: Front,
    /// `max_connections`; `None` is no limit.
    pub connections_max: Option<usize>,
    /// Whether clients without a user name are let in.
    pub allow_anonymous: bool,
    /// Who is let in with a user name; `None` is anybody, as long as clients without one are.
    pub password_file: Option<PasswordFile>,
    /// `acl_file`: who may read and write what; `None` is everybody everything.
    pub acl_file: Option<PathBuf>,
    /// How it is secured, if at all.
    pub tls: Option<ListenerTls>,
    /// Where user names come from.
    pub username_from: UsernameFrom,
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.bind {
            Bind::Any => write!(f, "port {}", self.port),
            Bind::Loopback => write!(f, "localhost:{}", self.port),
            Bind::Host(host) if host.contains(':') => write!(f, "[{host}]:{}", self.port),
            Bind::Path(path) => write!(f, "{}", path.display()),
            Bind::Host(host) => write!(f, "{host}:{}", self.port),
        }
    }
}
