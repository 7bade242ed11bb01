//! Streams that belong to no runtime yet: a stream of a runtime cannot move to another one.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::DuplexStream;
use tokio::net::{TcpStream, UnixStream};

use crate::transport::Stream;

/// A stream without layers, on its way to the thread that will own it.
#[derive(Debug)]
pub enum Bare {
    /// TCP.
    Tcp(std::net::TcpStream),
    /// A Unix domain socket.
    Unix(std::os::unix::net::UnixStream),
    /// A pipe inside of this process, which belongs to no runtime.
    Pipe(DuplexStream),
}

/// What kind of socket a descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketKind {
    /// TCP.
    Tcp,
    /// A Unix domain socket.
    Unix,
}

impl Bare {
    /// Its socket, where it has one; otherwise it comes back.
    pub fn into_socket(self) -> Result<(SocketKind, OwnedFd), Bare> {
        match self {
            Bare::Tcp(stream) => Ok((SocketKind::Tcp, stream.into())),
            Bare::Unix(stream) => Ok((SocketKind::Unix, stream.into())),
            Bare::Pipe(_) => Err(self),
        }
    }

    /// The stream of a socket of this kind.
    pub fn of_socket(kind: SocketKind, socket: OwnedFd) -> Bare {
        match kind {
            SocketKind::Tcp => Bare::Tcp(socket.into()),
            SocketKind::Unix => Bare::Unix(socket.into()),
        }
    }

    /// Takes a stream away from the runtime of this thread. A stream with layers stays where it is:
    /// it is never moved once it has any.
    pub fn detach(stream: Stream) -> io::Result<Bare> {
        match stream {
            Stream::Tcp(stream) => stream.into_std().map(Bare::Tcp),
            Stream::Unix(stream) => stream.into_std().map(Bare::Unix),
            Stream::Pipe(stream) => Ok(Bare::Pipe(stream)),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Makes it a stream of the runtime of this thread.
    pub fn attach(self) -> io::Result<Stream> {
        match self {
            Bare::Tcp(stream) => TcpStream::from_std(stream).map(Stream::Tcp),
            Bare::Unix(stream) => UnixStream::from_std(stream).map(Stream::Unix),
            Bare::Pipe(stream) => Ok(Stream::Pipe(stream)),
        }
    }
}
