//! Byte streams: how bytes travel, without knowing what they mean.
//!
//! Deliberately absent: MQTT, buffers, deadlines.

pub mod connect;
pub mod socks;
pub mod tcp;
pub mod unix;
pub mod websocket;

use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use crate::transport::websocket::WebSocket;

/// An open byte stream. One arm for each transport; everything is polled, so that a transport with
/// a state of its own (TLS) fits.
#[derive(Debug)]
pub enum Stream {
    /// Plain TCP.
    Tcp(TcpStream),
    /// A Unix domain socket.
    Unix(UnixStream),
    /// WebSocket over one of the others.
    WebSocket(Box<WebSocket>),
}

impl Stream {
    /// Reads into one buffer. 0 is the end of the stream.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Stream::Tcp(stream) => poll_read(stream, cx, into),
            Stream::Unix(stream) => poll_read(stream, cx, into),
            Stream::WebSocket(stream) => stream.poll_read(cx, into),
        }
    }

    /// Reads into two buffers, the first one first. May fill only the first. 0 is the end of the
    /// stream.
    pub fn poll_read_vectored(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Stream::Tcp(stream) => tcp::poll_read_vectored(stream, cx, into),
            Stream::Unix(_) | Stream::WebSocket(_) => {
                let first = into.iter_mut().find(|buffer| !buffer.is_empty());
                self.poll_read(cx, first.map_or(&mut [], |buffer| &mut buffer[..]))
            }
        }
    }

    /// Writes the slices in order; how many bytes of them.
    pub fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            // A single slice takes the call that spares a second system call when the socket's
            // buffer turns out to be full.
            Stream::Tcp(stream) => match slices {
                [slice] => Pin::new(stream).poll_write(cx, slice),
                slices => Pin::new(stream).poll_write_vectored(cx, slices),
            },
            Stream::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Stream::WebSocket(stream) => stream.poll_write_vectored(cx, slices),
        }
    }

    /// Makes closing a reset: the peer loses what it has not read yet.
    pub fn reset_on_close(&self) {
        match self {
            // Where the option cannot be set the stream ends as usual.
            Stream::Tcp(stream) => drop(SockRef::from(stream).set_linger(Some(Duration::ZERO))),
            Stream::WebSocket(stream) => stream.reset_on_close(),
            // The system has no such thing here.
            Stream::Unix(_) => {}
        }
    }

    /// Ends the sending side: the peer reads everything written so far, then the end.
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::WebSocket(stream) => stream.poll_shutdown(cx),
        }
    }
}

fn poll_read(
    stream: &mut (impl AsyncRead + Unpin),
    cx: &mut Context<'_>,
    into: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut buffer = ReadBuf::new(into);
    Pin::new(stream).poll_read(cx, &mut buffer).map_ok(|()| buffer.filled().len())
}
