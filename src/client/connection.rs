//! One Network Connection of a client: a stream, what was read and is no packet yet, what is
//! encoded and not written yet.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::task::{Context, Poll};
use std::time::Instant;

use crate::client::session::event::PeerLimits;
use crate::link::{Outbox, Pool, SLICES_MAX};
use crate::protocol::{DecodeLimits, Decoder, Encoder, Outgoing, Packet, TooLarge, Version};
use crate::transport::Stream;
use crate::transport::tls::Failure;

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
    decoder: Decoder,
    encoder: Encoder,
    limits: PeerLimits,
    /// Bytes read; `input[start..end]` is no packet yet.
    input: Vec<u8>,
    start: usize,
    end: usize,
    outbox: Outbox,
    close: Close,
    /// What TLS failed of.
    failure: Option<Failure>,
}

/// The way out of a connection.
pub(super) struct Output<'a> {
    encoder: &'a mut Encoder,
    outbox: &'a mut Outbox,
    limits: &'a mut PeerLimits,
}

impl Output<'_> {
    /// From now on the server takes this.
    pub(super) fn limit(&mut self, limits: PeerLimits) {
        *self.limits = limits;
    }

    pub(super) fn send(&mut self, packet: &Packet<'_>, pool: &mut Pool) -> Result<(), TooLarge> {
        self.encoder.set_peer(self.limits.packet_size_max, 0, true);
        self.outbox.append(pool, |out| self.encoder.encode(packet, out))
    }

    /// Bytes that need not be a packet.
    pub(super) fn raw(&mut self, bytes: &[u8], pool: &mut Pool) {
        self.outbox.append(pool, |out| out.extend_from_slice(bytes));
    }

    /// Only an application that names an alias gets one: the encoder is not asked to choose.
    pub(super) fn publish(
        &mut self,
        publish: &Outgoing<'_>,
        pool: &mut Pool,
    ) -> Result<(), TooLarge> {
        let aliases_max = publish.topic_alias.map_or(0, |_| self.limits.topic_alias_max);
        self.encoder.set_peer(self.limits.packet_size_max, aliases_max, true);
        self.outbox.append(pool, |out| self.encoder.encode_publish(publish, out))
    }
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
    /// `is_led`: whether it belongs to a bridge, whose server may ping and which hands reason codes
    /// on; the tools take refusals for what they are, as mosquitto's do.
    pub(super) fn new(
        stream: Stream,
        version: Version,
        limits: DecodeLimits,
        is_led: bool,
    ) -> Self {
        let mut decoder = Decoder::of_server(version, limits);
        match is_led {
            true => decoder.take_pings(),
            false => decoder.take_unlisted_refusals(),
        }
        Connection {
            stream,
            decoder,
            encoder: Encoder::new(version),
            limits: PeerLimits { packet_size_max: u32::MAX, topic_alias_max: 0 },
            input: Vec::new(),
            start: 0,
            end: 0,
            outbox: Outbox::default(),
            close: Close::No,
            failure: None,
        }
    }

    /// Bytes that are not written yet.
    pub(super) fn unsent(&self) -> usize {
        self.outbox.len()
    }

    /// Why the connection is gone, if TLS knows.
    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    /// Whether the connection is being closed: what arrives is not wanted any more.
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

    /// Makes the end of this connection a reset, where its transport has one.
    pub(super) fn reset(&self) {
        self.stream.reset_on_close();
    }

    /// When waiting for the end of a close is over.
    pub(super) fn close_deadline(&self) -> Option<Instant> {
        match self.close {
            Close::No => None,
            Close::Asked { until } | Close::HalfClosed { until } => until,
        }
    }

    /// The two directions: a decoder with the bytes that are no packet yet, and the way out.
    pub(super) fn split(&mut self) -> (&mut Decoder, &[u8], Output<'_>) {
        let output = Output {
            encoder: &mut self.encoder,
            outbox: &mut self.outbox,
            limits: &mut self.limits,
        };
        (&mut self.decoder, &self.input[self.start..self.end], output)
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

    /// Waits until everything that is to be sent is written; for ever if there is nothing.
    /// Cancelling it loses nothing.
    pub(super) async fn written(&mut self, pool: &mut Pool) {
        poll_fn(|cx| {
            let had_output = !self.outbox.is_empty();
            self.poll_write(cx, pool);
            match had_output && self.outbox.is_empty() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
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
        match &read {
            Poll::Ready(Ok(count)) => self.end += count,
            Poll::Ready(Err(error)) => self.failure = Failure::of(error),
            Poll::Pending => {}
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
        // What cannot be sent is no matter here either: the read tells.
        let _ = self.stream.poll_flush(cx);
    }
}
