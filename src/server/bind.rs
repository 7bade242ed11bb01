//! Opening the listening sockets, all of them before the first connection.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::os::unix::net::UnixListener;
use std::path::Path;

use crate::config::{Bind, Family, Listener};
use crate::observe::{Endpoint, ServerEvent};
use crate::server::tls::Failed;
use crate::store::StoreError;
use crate::transport::tcp;
use crate::transport::tls::SetupError;
use crate::transport::unix::{self, SocketFile};

/// How often a free port is looked for that is free for both families.
const PORT_TRIES: usize = 50;

/// Linux's numbers for an address family or address that this machine does not have.
const EAFNOSUPPORT: i32 = 97;
const EADDRNOTAVAIL: i32 = 99;

/// Why the server did not start.
#[derive(Debug)]
pub enum StartError {
    /// A listener cannot be opened: its address, with the port.
    Listen {
        /// The address.
        address: String,
        /// Why.
        error: io::Error,
    },
    /// The TLS of a listener cannot be set up: the listener, and why.
    Tls {
        /// The listener.
        listener: String,
        /// Why, with the file.
        error: SetupError,
    },
    /// What was kept cannot be had.
    Store(StoreError),
    /// A socket that was passed on cannot be used.
    Inherited(String),
    /// The system gives no thread, runtime or random number.
    System(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Listen { address, error } => {
                write!(f, "cannot listen on {address}: {error}")
            }
            StartError::Tls { listener, error } => {
                write!(f, "cannot use TLS on {listener}: {error}")
            }
            StartError::Store(error) => write!(f, "{error}"),
            StartError::Inherited(why) => f.write_str(why),
            StartError::System(error) => write!(f, "cannot start: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<Failed> for StartError {
    fn from(failed: Failed) -> Self {
        StartError::Tls { listener: failed.listener, error: failed.error }
    }
}

/// A socket that listens.
#[derive(Debug)]
pub(super) enum Socket {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket, with its file if that is ours.
    Unix(UnixListener, Option<SocketFile>),
}

/// The sockets of one listener, each with its real address.
type Sockets = Vec<(Endpoint, Socket)>;

/// Opens a listener on all its addresses. `tell` hears of what happens.
pub(super) fn open(
    listener: &Listener,
    tell: &mut dyn FnMut(&ServerEvent<'_>),
) -> Result<Sockets, StartError> {
    if let Bind::Path(path) = &listener.bind {
        return open_unix(path, tell);
    }
    let addresses = addresses_of(listener)
        .map_err(|error| StartError::Listen { address: listener.to_string(), error })?;
    let mut tries = if listener.port == 0 { PORT_TRIES } else { 1 };
    loop {
        tries -= 1;
        match open_all(&addresses, listener, tell) {
            // The port that was free for one family was taken for the other.
            Err(StartError::Listen { error, .. })
                if tries > 0 && error.kind() == io::ErrorKind::AddrInUse => {}
            opened => return opened,
        }
    }
}

fn open_unix(path: &Path, tell: &mut dyn FnMut(&ServerEvent<'_>)) -> Result<Sockets, StartError> {
    let endpoint = Endpoint::Unix(path.to_owned());
    tell(&ServerEvent::Opening { endpoint: &endpoint });
    match unix::listen(path) {
        Ok((socket, file)) => Ok(vec![(endpoint, Socket::Unix(socket, Some(file)))]),
        Err(error) => Err(StartError::Listen { address: endpoint.to_string(), error }),
    }
}

fn open_all(
    addresses: &[SocketAddr],
    listener: &Listener,
    tell: &mut dyn FnMut(&ServerEvent<'_>),
) -> Result<Sockets, StartError> {
    let may_miss = !matches!(listener.bind, Bind::Host(_));
    let (mut sockets, mut port, mut missing) = (Vec::new(), listener.port, Vec::new());
    for address in addresses {
        let address = SocketAddr::new(address.ip(), port);
        tell(&ServerEvent::Opening { endpoint: &address.into() });
        let opened = tcp::listen(address, listener.interface.as_deref())
            .and_then(|socket| Ok((socket.local_addr()?, socket)));
        match opened {
            Ok((real, socket)) => {
                port = real.port();
                sockets.push((real.into(), Socket::Tcp(socket)));
            }
            Err(error) if may_miss && is_missing_family(&error) => missing.push((address, error)),
            Err(error) => return Err(StartError::Listen { address: address.to_string(), error }),
        }
    }
    if sockets.is_empty()
        && let Some((address, error)) = missing.pop()
    {
        return Err(StartError::Listen { address: address.to_string(), error });
    }
    for (address, error) in &missing {
        tell(&ServerEvent::FamilyMissing { address: *address, error });
    }
    Ok(sockets)
}

fn is_missing_family(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(EAFNOSUPPORT | EADDRNOTAVAIL))
}

fn addresses_of(listener: &Listener) -> io::Result<Vec<SocketAddr>> {
    let port = listener.port;
    let mut addresses: Vec<SocketAddr> = match &listener.bind {
        Bind::Loopback => both(Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST, port),
        Bind::Any => both(Ipv4Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED, port),
        // It has none.
        Bind::Path(_) => Vec::new(),
        Bind::Host(host) => (host.as_str(), port).to_socket_addrs()?.collect(),
    };
    addresses.retain(|address| match listener.family {
        Family::Both => true,
        Family::V4 => address.is_ipv4(),
        Family::V6 => address.is_ipv6(),
    });
    addresses.dedup();
    if addresses.is_empty() {
        let text = "it has no address of the family that socket_domain asks for";
        return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, text));
    }
    Ok(addresses)
}

fn both(v4: Ipv4Addr, v6: Ipv6Addr, port: u16) -> Vec<SocketAddr> {
    vec![SocketAddr::new(IpAddr::V4(v4), port), SocketAddr::new(IpAddr::V6(v6), port)]
}
