//! Byte streams: how bytes travel, without knowing what they mean.
//!
//! Deliberately absent: MQTT, buffers, deadlines.

pub mod bare;
pub mod connect;
pub mod doorway;
pub mod proxy;
pub mod psk;
pub mod socks;
#[cfg(feature = "srv")]
mod srv;
pub mod tcp;
pub mod tls;
pub mod tuning;
pub mod unix;
pub mod websocket;

use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsStream;

pub use crate::transport::bare::{Bare, SocketKind};
use crate::transport::websocket::WebSocket;

/// An open byte stream. One arm for each bare transport and each layer over another stream;
/// everything is polled, so that a layer with a state of its own (TLS) fits.
#[derive(Debug)]
pub enum Stream {
    /// Plain TCP.
    Tcp(TcpStream),
    /// TLS over another stream.
    Tls(Box<TlsStream<Stream>>),
    /// A Unix domain socket.
    Unix(UnixStream),
    /// A pipe inside of this process.
    Pipe(DuplexStream),
    /// TLS with a pre-shared key over another stream.
    #[cfg(feature = "psk")]
    Psk(Box<tokio_openssl::SslStream<Stream>>),
    /// WebSocket over one of the others.
    WebSocket(Box<WebSocket>),
}

impl Stream {
    /// What kind of socket it is, if it is one without any layer.
    pub const fn socket_kind(&self) -> Option<SocketKind> {
        match self {
            Stream::Tcp(_) => Some(SocketKind::Tcp),
            Stream::Unix(_) => Some(SocketKind::Unix),
            _ => None,
        }
    }

    /// Reads into one buffer. 0 is the end of the stream.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(into);
        ready!(AsyncRead::poll_read(Pin::new(self), cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
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
            _ => {
                let first = into.iter_mut().find(|buffer| !buffer.is_empty());
                self.poll_read(cx, first.map_or(&mut [], |buffer| &mut buffer[..]))
            }
        }
    }

    /// Writes the slices in order; how many bytes of them. What was taken may wait in the stream
    /// until [`Stream::poll_flush`] says that it is out.
    pub fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // A single slice takes the call that spares a second system call when the socket's buffer
        // turns out to be full.
        match slices {
            [slice] => AsyncWrite::poll_write(Pin::new(self), cx, slice),
            slices => AsyncWrite::poll_write_vectored(Pin::new(self), cx, slices),
        }
    }

    /// Whether [`Stream::poll_flush`] may have something to do.
    pub fn holds_back(&self) -> bool {
        !matches!(self, Stream::Tcp(_) | Stream::Unix(_) | Stream::Pipe(_))
    }

    /// Sends what a layer has taken and not sent yet; a bare stream holds nothing back.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(Pin::new(self), cx)
    }

    /// Makes closing a reset: the peer loses what it has not read yet.
    pub fn reset_on_close(&self) {
        match self {
            // Where the option cannot be set the stream ends as usual.
            Stream::Tcp(stream) => drop(SockRef::from(stream).set_linger(Some(Duration::ZERO))),
            Stream::Tls(stream) => stream.get_ref().0.reset_on_close(),
            #[cfg(feature = "psk")]
            Stream::Psk(stream) => stream.get_ref().reset_on_close(),
            Stream::WebSocket(stream) => stream.reset_on_close(),
            // The system has no such thing here.
            Stream::Unix(_) | Stream::Pipe(_) => {}
        }
    }

    /// Ends the sending side: the peer reads everything written so far, then the end.
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_shutdown(Pin::new(self), cx)
    }
}

/// A layer goes over any stream, so a stream is what the runtime calls one.
impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Tcp(stream) => Pin::new(stream).poll_read(cx, into),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, into),
            #[cfg(feature = "psk")]
            Stream::Psk(stream) => Pin::new(&mut **stream).poll_read(cx, into),
            Stream::Unix(stream) => Pin::new(stream).poll_read(cx, into),
            Stream::Pipe(stream) => Pin::new(stream).poll_read(cx, into),
            Stream::WebSocket(stream) => Pin::new(&mut **stream).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
            #[cfg(feature = "psk")]
            Stream::Psk(stream) => Pin::new(&mut **stream).poll_write(cx, bytes),
            Stream::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Pipe(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::WebSocket(stream) => Pin::new(&mut **stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            #[cfg(feature = "psk")]
            Stream::Psk(stream) => Pin::new(&mut **stream).poll_write_vectored(cx, slices),
            Stream::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Stream::Pipe(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Stream::WebSocket(stream) => Pin::new(&mut **stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Stream::Tcp(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
            #[cfg(feature = "psk")]
            Stream::Psk(stream) => stream.is_write_vectored(),
            Stream::Unix(stream) => stream.is_write_vectored(),
            Stream::Pipe(stream) => stream.is_write_vectored(),
            Stream::WebSocket(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
            #[cfg(feature = "psk")]
            Stream::Psk(stream) => Pin::new(&mut **stream).poll_flush(cx),
            Stream::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Pipe(stream) => Pin::new(stream).poll_flush(cx),
            Stream::WebSocket(stream) => Pin::new(&mut **stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(feature = "psk")]
            Stream::Psk(stream) => Pin::new(&mut **stream).poll_shutdown(cx),
            Stream::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Pipe(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::WebSocket(stream) => Pin::new(&mut **stream).poll_shutdown(cx),
        }
    }
}
