//! Streams that belong to no runtime yet: a stream of a runtime cannot move to another one.

use std::io;

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

impl Bare {
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
