//! One Network Connection of a client: a stream, what was read and is no packet yet, what is
//! encoded and not written yet.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::task::{Context, Poll};
use std::time::Instant;

use crate::link::{Outbox, Pool, SLICES_MAX};
use crate::protocol::{DecodeLimits, Decoder, Encoder, Version};
use crate::transport::Stream;

/// Bytes that one read asks for at least.
const READ_BYTES: usize = 64 << 10;

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ready {
    /// Bytes were read.
    Read,
    /// Everything that was to be sent is written.
    Written,
    /// The connection is gone.
    Gone,
}

#[derive(Debug)]
pub(super) struct Connection {
    stream: Stream,
    pub(super) decoder: Decoder,
    pub(super) encoder: Encoder,
    /// Bytes read; `input[start..end]` is no packet yet.
    input: Vec<u8>,
    start: usize,
    end: usize,
    pub(super) outbox: Outbox,
    close: Close,
}

/// How far a close has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Close {
    No,
    /// Write, then shut the writing side down.
    Asked {
        until: Option<Instant>,
    },
    /// Wait for the server to close.
    HalfClosed {
        until: Option<Instant>,
    },
}

impl Connection {
    pub(super) fn new(stream: Stream, version: Version, limits: DecodeLimits) -> Self {
        Connection {
            stream,
            decoder: Decoder::of_server(version, limits),
            encoder: Encoder::new(version),
            input: Vec::new(),
            start: 0,
            end: 0,
            outbox: Outbox::default(),
            close: Close::No,
        }
    }

    /// Whether what arrives is still wanted.
    pub(super) fn is_closing(&self) -> bool {
        self.close != Close::No
    }

    /// Writes what is to be sent, ends the writing side and waits for the server to do the same:
    /// closing with unread input resets the connection, and a reset can overtake DISCONNECT.
    /// `until` bounds the waiting.
    pub(super) fn close(&mut self, until: Option<Instant>) {
        if self.close == Close::No {
            self.close = Close::Asked { until };
        }
    }

    /// When waiting for the end of a close is over.
    pub(super) fn close_deadline(&self) -> Option<Instant> {
        match self.close {
            Close::No => None,
            Close::Asked { until } | Close::HalfClosed { until } => until,
        }
    }

    /// Bytes that are no packet yet.
    pub(super) fn split_input(&mut self) -> (&mut Decoder, &mut Encoder, &mut Outbox, &[u8]) {
        (&mut self.decoder, &mut self.encoder, &mut self.outbox, &self.input[self.start..self.end])
    }

    /// Counts bytes as dealt with.
    pub(super) fn consume(&mut self, count: usize) {
        self.start += count;
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Makes room for a packet of `total` bytes where that is known.
    pub(super) fn expect(&mut self, total: Option<usize>) {
        self.input.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let wanted = total.unwrap_or(0).max(self.end + READ_BYTES);
        if self.input.len() < wanted {
            self.input.resize(wanted, 0);
        }
    }

    /// Waits until something was read or written. Cancelling it loses nothing.
    pub(super) async fn ready(&mut self, pool: &mut Pool) -> Ready {
        if self.input.is_empty() {
            self.expect(None);
        }
        poll_fn(|cx| self.poll_ready(cx, pool)).await
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>, pool: &mut Pool) -> Poll<Ready> {
        let had_output = !self.outbox.is_empty();
        self.poll_write(cx, pool);
        if self.outbox.is_empty()
            && let Close::Asked { until } = self.close
        {
            match self.stream.poll_shutdown(cx) {
                Poll::Ready(_) => self.close = Close::HalfClosed { until },
                Poll::Pending => {}
            }
        }
        match self.poll_read(cx) {
            Poll::Ready(Ok(0)) | Poll::Ready(Err(_)) => Poll::Ready(Ready::Gone),
            Poll::Ready(Ok(_)) => Poll::Ready(Ready::Read),
            Poll::Pending if had_output && self.outbox.is_empty() => Poll::Ready(Ready::Written),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Reads behind what is there; while closing it only counts that the server is still there.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.is_closing() {
            self.start = 0;
            self.end = 0;
        }
        let read = self.stream.poll_read(cx, &mut self.input[self.end..]);
        if let Poll::Ready(Ok(count)) = read {
            self.end += count;
        }
        read
    }

    /// Writes as much as the stream takes. A failed write drops the output and never stops the
    /// reading of what was received; the read then tells that the connection is gone.
    fn poll_write(&mut self, cx: &mut Context<'_>, pool: &mut Pool) {
        while !self.outbox.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let count = self.outbox.slices(&mut slices);
            match self.stream.poll_write_vectored(cx, &slices[..count]) {
                Poll::Ready(Ok(written)) if written > 0 => self.outbox.advance(written, pool),
                Poll::Ready(_) => self.outbox.clear(pool),
                Poll::Pending => return,
            }
        }
    }
}
