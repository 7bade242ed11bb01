//! A connection of the hot path: what is written, and what of a packet was read.

use std::io::{self, IoSlice};
use std::task::{Context, Poll};

use crate::bench::dial::Opened;
use crate::bench::frame::{Batch, Head, Stamp, head};
use crate::transport::Stream;

/// Both directions of a connection. What leaves are packets of a batch, and small ones that were
/// put together for the occasion; neither gets into the middle of the other.
pub(in crate::bench) struct Wire {
    stream: Stream,
    small: Vec<u8>,
    small_at: usize,
    batch: Option<Batch>,
    batch_at: usize,
    batch_end: usize,
    /// Whether a layer of the stream has something that has not gone yet.
    is_held: bool,
    /// The beginning of a packet that is not whole.
    partial: Vec<u8>,
    /// Whether that came with the last answer before, so that nobody has looked at it.
    is_early: bool,
    /// Bytes of a payload that are still to come, and that nobody needs.
    skip: usize,
    is_v5: bool,
    is_leaving: bool,
}

/// What arrived: the bytes, of which the first were there already.
pub(in crate::bench) struct Received {
    len: usize,
}

impl Wire {
    pub(in crate::bench) fn new(opened: Opened, batch: Option<Batch>, is_v5: bool) -> Wire {
        Wire {
            stream: opened.stream,
            small: Vec::new(),
            small_at: 0,
            batch,
            batch_at: 0,
            batch_end: 0,
            is_held: false,
            is_early: !opened.rest.is_empty(),
            partial: opened.rest,
            skip: 0,
            is_v5,
            is_leaving: false,
        }
    }

    /// Has these small packets leave with the next write.
    pub(in crate::bench) fn append(&mut self, packets: &[u8]) {
        self.small.extend_from_slice(packets);
    }

    /// From now on these packets are sent. The ones before must have been written.
    pub(in crate::bench) fn set_batch(&mut self, batch: Batch) {
        self.batch = Some(batch);
        (self.batch_at, self.batch_end) = (0, 0);
    }

    /// Whether everything has gone.
    pub(in crate::bench) fn is_written(&self) -> bool {
        !self.has_bytes() && !self.is_held
    }

    fn has_bytes(&self) -> bool {
        self.batch_at < self.batch_end || self.small_at < self.small.len()
    }

    /// The batch, if all of it was written, so that it may be filled again.
    pub(in crate::bench) fn free_batch(&mut self) -> Option<&mut Batch> {
        let is_free = self.batch_at == self.batch_end;
        self.batch.as_mut().filter(|_| is_free)
    }

    /// The first packets of the batch are to be written.
    pub(in crate::bench) fn send_batch(&mut self, packets: usize) {
        self.batch_at = 0;
        self.batch_end = self.batch.as_ref().map_or(0, |batch| batch.bytes(packets).len());
    }

    /// Writes what there is; whether all of it went.
    pub(in crate::bench) fn write(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        while self.has_bytes() {
            let batch = self.batch.as_ref().map_or(&[][..], |batch| batch.bytes(batch.len()));
            let batch = &batch[self.batch_at..self.batch_end];
            let small = &self.small[self.small_at..];
            // A batch that has begun goes on before anything else.
            let begun = self.batch_at > 0;
            let written = match (batch.is_empty(), small.is_empty()) {
                (_, true) => self.stream.poll_write_vectored(cx, &[IoSlice::new(batch)]),
                (true, _) => self.stream.poll_write_vectored(cx, &[IoSlice::new(small)]),
                _ => {
                    let (first, second) = if begun { (batch, small) } else { (small, batch) };
                    let slices = [IoSlice::new(first), IoSlice::new(second)];
                    self.stream.poll_write_vectored(cx, &slices)
                }
            };
            let (batch_len, small_len) = (batch.len(), small.len());
            match written {
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(count)) if begun => {
                    let of_batch = count.min(batch_len);
                    self.batch_at += of_batch;
                    self.small_at += count - of_batch;
                }
                Poll::Ready(Ok(count)) => {
                    let of_small = count.min(small_len);
                    self.small_at += of_small;
                    self.batch_at += count - of_small;
                }
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => return Ok(false),
            }
            if self.small_at == self.small.len() {
                self.small.clear();
                self.small_at = 0;
            }
        }
        if self.stream.holds_back() {
            let flushed = self.stream.poll_flush(cx);
            self.is_held = flushed.is_pending();
            if let Poll::Ready(Err(error)) = flushed {
                return Err(error);
            }
        }
        Ok(!self.is_held)
    }

    /// Reads once, behind what is left of the packet before.
    pub(in crate::bench) fn read(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut [u8],
    ) -> Poll<io::Result<Received>> {
        let had = self.partial.len();
        scratch[..had].copy_from_slice(&self.partial);
        if std::mem::take(&mut self.is_early) {
            self.partial.clear();
            return Poll::Ready(Ok(Received { len: had }));
        }
        match self.stream.poll_read(cx, &mut scratch[had..]) {
            Poll::Ready(Ok(0)) => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            Poll::Ready(Ok(count)) => {
                self.partial.clear();
                Poll::Ready(Ok(Received { len: had + count }))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Hands over packet by packet what was received, and keeps the rest. Small packets may be
    /// answered at once.
    pub(in crate::bench) fn packets(
        &mut self,
        scratch: &[u8],
        received: &Received,
        mut take: impl FnMut(Head<'_>, &mut Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        let bytes = &scratch[..received.len];
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        let mut at = skipped;
        while at < bytes.len() {
            let packet = head(&bytes[at..], self.is_v5);
            let len = match packet {
                Head::Short => break,
                Head::Broken => return Err(io::ErrorKind::InvalidData.into()),
                Head::Delivery { len, .. } | Head::Other { len, .. } => len,
            };
            take(packet, &mut self.small)?;
            at += len;
        }
        match bytes.get(at..) {
            // No packet of ours has a head that long.
            Some(rest) if rest.len() > scratch.len() / 2 => {
                return Err(io::ErrorKind::InvalidData.into());
            }
            Some(rest) => self.partial.extend_from_slice(rest),
            None => self.skip = at - bytes.len(),
        }
        Ok(())
    }

    /// Sends DISCONNECT and ends the sending side. A broker that has gone takes neither.
    pub(in crate::bench) fn leave(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_leaving {
            self.is_leaving = true;
            self.small.extend_from_slice(&[0xE0, 0]);
        }
        match self.write(cx) {
            Ok(true) => self.stream.poll_shutdown(cx).map(drop),
            Ok(false) => Poll::Pending,
            Err(_) => Poll::Ready(()),
        }
    }

    /// Makes closing a reset.
    pub(in crate::bench) fn reset_on_close(&self) {
        self.stream.reset_on_close();
    }
}

/// Answers a delivery or the release of one; the stamp of a delivery.
#[inline]
pub(in crate::bench) fn acknowledge(packet: &Head<'_>, small: &mut Vec<u8>) -> Option<Stamp> {
    match *packet {
        Head::Delivery { qos, packet_id, stamp, .. } => {
            let [high, low] = packet_id.to_be_bytes();
            match qos {
                0 => {}
                1 => small.extend_from_slice(&[0x40, 2, high, low]),
                _ => small.extend_from_slice(&[0x50, 2, high, low]),
            }
            Some(stamp)
        }
        // PUBREL.
        Head::Other { first: 0x62, body: [high, low, ..], .. } => {
            small.extend_from_slice(&[0x70, 2, *high, *low]);
            None
        }
        _ => None,
    }
}
