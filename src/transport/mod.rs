//! Byte streams: how bytes travel, without knowing what they mean.
//!
//! Deliberately absent: MQTT, buffers, deadlines.

pub mod connect;
pub mod tcp;

use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// An open byte stream. One arm for each transport; everything is polled, so that a transport with
/// a state of its own (TLS) fits.
#[derive(Debug)]
pub enum Stream {
    /// Plain TCP.
    Tcp(TcpStream),
}

impl Stream {
    /// Reads into one buffer. 0 is the end of the stream.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(into);
        match self {
            Stream::Tcp(stream) => {
                Pin::new(stream).poll_read(cx, &mut buffer).map_ok(|()| buffer.filled().len())
            }
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
        }
    }

    /// Makes closing a reset: the peer loses what it has not read yet.
    pub fn reset_on_close(&self) {
        match self {
            // Where the option cannot be set the stream ends as usual.
            Stream::Tcp(stream) => drop(SockRef::from(stream).set_linger(Some(Duration::ZERO))),
        }
    }

    /// Ends the sending side: the peer reads everything written so far, then the end.
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
