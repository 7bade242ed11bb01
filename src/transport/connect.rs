//! Opening a connection, layer by layer: name lookup, each address in turn, then what goes over
//! the bare stream.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use rustix::io::Errno;
use tokio::net::{TcpSocket, TcpStream, lookup_host};

use crate::transport::doorway::Doorway;
#[cfg(feature = "psk")]
use crate::transport::psk;
use crate::transport::psk::Psk;
use crate::transport::socks::{self, Proxy, SocksError};
use crate::transport::tls::{ClientTls, Failure};
use crate::transport::tuning::Tuning;
use crate::transport::{Stream, unix, websocket};

/// Where to connect, and how: one field for each layer, from the wire upwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where.
    pub target: Target,
    /// Local address or name to bind to; TCP only.
    pub bind: Option<String>,
    /// Whether small packets leave at once (TCP_NODELAY); TCP only.
    pub nodelay: bool,
    /// How the system looks after the connection; TCP only.
    pub tuning: Tuning,
    /// Who connects for us; TCP only.
    pub proxy: Option<Proxy>,
    /// TLS over it.
    pub tls: Option<ClientTls>,
    /// TLS with a pre-shared key over it, instead.
    pub psk: Option<Psk>,
    /// Whether the bytes travel in a WebSocket.
    pub websocket: bool,
}

/// The far end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// TCP.
    Tcp {
        /// DNS name, IPv4 or IPv6 address without brackets.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// The Unix domain socket at this path.
    Unix(PathBuf),
    /// Somebody in this process.
    Within(Doorway),
    /// The servers that the SRV records of this domain name.
    #[cfg(feature = "srv")]
    Domain(String),
}

impl Target {
    /// How the far end is called in protocols that name it.
    fn host(&self) -> &str {
        match self {
            Target::Tcp { host, .. } => host,
            Target::Unix(_) | Target::Within(_) => "localhost",
            #[cfg(feature = "srv")]
            Target::Domain(domain) => domain,
        }
    }
}

/// Why no stream came of it.
#[derive(Debug)]
pub enum ConnectError {
    /// The name, which is here, has no address.
    Lookup(String, io::Error),
    /// No address took the connection: the last one that was tried, and what it said.
    Refused(SocketAddr, io::Error),
    /// The TLS handshake failed.
    Tls(Failure),
    /// The local address, which is here, cannot be taken.
    Bind(SocketAddr, io::Error),
    /// The path of a Unix domain socket has more than [`unix::PATH_BYTES_MAX`] bytes.
    LongPath(PathBuf),
    /// The Unix domain socket did not take the connection.
    Unix(PathBuf, io::Error),
    /// Whoever is meant in this process takes no connection.
    Within(io::Error),
    /// The proxy took the connection, and then did not make ours.
    Proxy(SocksError),
    /// The far end does not give us a WebSocket.
    WebSocket(websocket::OpenError),
    /// The far end took the connection, and then took too long over a handshake.
    Silent,
}

/// Opens the bare stream: connects to the first address that takes the connection, in the order of
/// the name lookup. With a proxy it leads there.
pub async fn connect(endpoint: &Endpoint) -> Result<Stream, ConnectError> {
    let (host, port) = match (&endpoint.target, &endpoint.proxy) {
        (Target::Unix(path), _) => return unix::connect(path).await.map(Stream::Unix),
        (Target::Within(doorway), _) => return doorway.open().map_err(ConnectError::Within),
        #[cfg(feature = "srv")]
        (Target::Domain(domain), _) => return connect_domain(endpoint, domain).await,
        (Target::Tcp { .. }, Some(proxy)) => (&proxy.host, proxy.port),
        (Target::Tcp { host, port }, None) => (host, *port),
    };
    connect_host(endpoint, host, port).await
}

/// Connects to the first address of a host that takes the connection.
async fn connect_host(endpoint: &Endpoint, host: &str, port: u16) -> Result<Stream, ConnectError> {
    let local = match &endpoint.bind {
        Some(name) => lookup(name, 0).await?,
        None => Vec::new(),
    };
    let remote = lookup(host, port).await?;
    tcp(&remote, &local, endpoint).await.map(Stream::Tcp)
}

/// Connects to the first server of a domain that takes the connection.
#[cfg(feature = "srv")]
async fn connect_domain(endpoint: &Endpoint, domain: &str) -> Result<Stream, ConnectError> {
    let servers = crate::transport::srv::lookup(domain, endpoint.tls.is_some()).await;
    let mut last = match servers {
        Ok(_) => None,
        Err(ref error) => Some(ConnectError::Lookup(domain.to_owned(), error.kind().into())),
    };
    for (host, port) in servers.unwrap_or_default() {
        match connect_host(endpoint, &host, port).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    Err(last.expect("a lookup gives at least one server"))
}

/// Opens the stream with all its layers.
pub async fn open(endpoint: &Endpoint) -> Result<Stream, ConnectError> {
    secure(endpoint, connect(endpoint).await?).await
}

/// Puts the other layers of the endpoint over its bare stream, each with its handshake.
pub async fn secure(endpoint: &Endpoint, mut stream: Stream) -> Result<Stream, ConnectError> {
    if let (Target::Tcp { host, port }, Some(proxy)) = (&endpoint.target, &endpoint.proxy) {
        let asked = socks::connect(&mut stream, proxy.user.as_ref(), host, *port).await;
        asked.map_err(ConnectError::Proxy)?;
    }
    if let Some(tls) = &endpoint.tls {
        stream = tls.secure(stream).await.map_err(ConnectError::Tls)?;
    }
    #[cfg(feature = "psk")]
    if let Some(psk) = &endpoint.psk {
        stream = psk::secure(stream, psk).await.map_err(ConnectError::Tls)?;
    }
    if endpoint.websocket {
        let opened = websocket::open(stream, endpoint.target.host()).await;
        stream = Stream::WebSocket(Box::new(opened.map_err(no_websocket)?));
    }
    Ok(stream)
}

/// A server that refuses our certificate may do so when the handshake of TLS is over.
fn no_websocket(error: websocket::OpenError) -> ConnectError {
    match &error {
        websocket::OpenError::Lost(lost) => match Failure::of(lost) {
            Some(failure) => ConnectError::Tls(failure),
            None => ConnectError::WebSocket(error),
        },
        _ => ConnectError::WebSocket(error),
    }
}

/// All addresses of a name, at least one.
async fn lookup(name: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let failed = |error| ConnectError::Lookup(name.to_owned(), error);
    let found: Vec<SocketAddr> = lookup_host((name, port)).await.map_err(failed)?.collect();
    if found.is_empty() {
        return Err(failed(io::Error::from(io::ErrorKind::NotFound)));
    }
    Ok(found)
}

async fn tcp(
    remote: &[SocketAddr],
    local: &[SocketAddr],
    endpoint: &Endpoint,
) -> Result<TcpStream, ConnectError> {
    let mut last = None;
    for address in remote {
        match tcp_to(*address, local, endpoint).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    Err(last.expect("a lookup gives at least one address"))
}

/// Connects to one address, from a local address of the same family if any is wanted.
async fn tcp_to(
    remote: SocketAddr,
    local: &[SocketAddr],
    endpoint: &Endpoint,
) -> Result<TcpStream, ConnectError> {
    let refused = |error| ConnectError::Refused(remote, error);
    let socket = match remote {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let socket = socket.map_err(refused)?;
    if let [first, ..] = local {
        let same_family = local.iter().find(|address| address.is_ipv4() == remote.is_ipv4());
        let unfit = || ConnectError::Bind(*first, Errno::ADDRNOTAVAIL.into());
        let address = same_family.ok_or_else(unfit)?;
        socket.bind(*address).map_err(|error| ConnectError::Bind(*address, error))?;
    }
    let stream = socket.connect(remote).await.map_err(refused)?;
    stream.set_nodelay(endpoint.nodelay).map_err(refused)?;
    endpoint.tuning.apply(&stream).map_err(refused)?;
    Ok(stream)
}
