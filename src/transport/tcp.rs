//! TCP: sockets that listen, and the one call that the runtime does not offer.

use std::io::{self, IoSliceMut};
use std::net::{self, SocketAddr, TcpListener};
use std::task::{Context, Poll, ready};

use rustix::net::{SocketFlags, acceptfrom_with};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;

/// Connections that the system holds for us until they are accepted.
const BACKLOG: i32 = 4096;

/// Opens a listening socket, non-blocking. An IPv6 socket takes IPv6 only, so that both families
/// can share a port number; a port whose last connections still linger can be taken again. With a
/// network `interface`, only connections that come in there are accepted.
pub fn listen(address: SocketAddr, interface: Option<&str>) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    if let Some(name) = interface {
        socket.bind_device(Some(name.as_bytes())).map_err(|error| of_interface(name, &error))?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Accepts a connection that waits, non-blocking and of no runtime, and who it is from.
///
/// # Errors
/// None waits, or the system is out of resources.
pub fn accept(listener: &TcpListener) -> io::Result<(net::TcpStream, SocketAddr)> {
    let (socket, peer) = acceptfrom_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
    // Whoever is behind a socket of the internet has an address of it.
    let peer = peer.and_then(|peer| SocketAddr::try_from(peer).ok());
    let peer = peer.ok_or(io::ErrorKind::ConnectionAborted)?;
    Ok((socket.into(), peer))
}

fn of_interface(name: &str, error: &io::Error) -> io::Error {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => ": this needs the capability CAP_NET_RAW",
        _ => "",
    };
    io::Error::new(error.kind(), format!("interface {name}: {error}{hint}"))
}

/// Reads into several buffers at once.
pub(super) fn poll_read_vectored(
    stream: &TcpStream,
    cx: &mut Context<'_>,
    into: &mut [IoSliceMut<'_>],
) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_read_ready(cx))?;
        match stream.try_read_vectored(into) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return Poll::Ready(read),
        }
    }
}
