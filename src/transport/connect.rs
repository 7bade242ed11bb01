//! Opening a connection, layer by layer: name lookup, each address in turn, then what goes over
//! the bare stream.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::{TcpSocket, lookup_host};

use crate::transport::Stream;
use crate::transport::tls::{ClientTls, Failure};

/// Where to connect, and how: one field for each layer, from the wire upwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where.
    pub target: Target,
    /// Local address or name to bind to.
    pub bind: Option<String>,
    /// Whether small packets leave at once (TCP_NODELAY).
    pub nodelay: bool,
    /// TLS over it.
    pub tls: Option<ClientTls>,
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
}

/// Opens the bare stream: connects to the first address that takes the connection, in the order of
/// the name lookup.
pub async fn connect(endpoint: &Endpoint) -> Result<Stream, ConnectError> {
    match &endpoint.target {
        Target::Tcp { host, port } => {
            let local = match &endpoint.bind {
                Some(name) => lookup(name, 0).await?,
                None => Vec::new(),
            };
            let remote = lookup(host, *port).await?;
            tcp(&remote, &local, endpoint.nodelay).await
        }
    }
}

/// Puts the other layers of the endpoint over its bare stream, each with its handshake.
pub async fn secure(endpoint: &Endpoint, stream: Stream) -> Result<Stream, ConnectError> {
    match &endpoint.tls {
        Some(tls) => tls.secure(stream).await.map_err(ConnectError::Tls),
        None => Ok(stream),
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
    nodelay: bool,
) -> Result<Stream, ConnectError> {
    let mut last = None;
    for address in remote {
        match tcp_to(*address, local, nodelay).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(ConnectError::Refused(*address, error)),
        }
    }
    Err(last.expect("a lookup gives at least one address"))
}

/// Connects to one address, from a local address of the same family if any is wanted.
async fn tcp_to(remote: SocketAddr, local: &[SocketAddr], nodelay: bool) -> io::Result<Stream> {
    let socket = if remote.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if !local.is_empty() {
        let same_family = local.iter().find(|address| address.is_ipv4() == remote.is_ipv4());
        socket
            .bind(*same_family.ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?)?;
    }
    let stream = socket.connect(remote).await?;
    stream.set_nodelay(nodelay)?;
    Ok(Stream::Tcp(stream))
}
