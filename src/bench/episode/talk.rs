//! One connection of an episode: requests and answers, feeding messages in, taking them out.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::time::timeout;

use super::stage::Scene;
use crate::bench::dial::{Opened, subscribe_bytes};
use crate::bench::figures::{BenchError, Series, latencies};
use crate::bench::flow::{BUCKET, Wire, acknowledge};
use crate::bench::frame::{Batch, Head, Stamp};
use crate::bench::ledger::{Arrival, Ledger};
use crate::protocol::QoS;

/// Bytes that one read takes at most.
const SCRATCH_BYTES: usize = 64 << 10;
/// How long an answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Messages of a feed that may be unacknowledged: few enough for every broker's default.
const FEED_WINDOW: u64 = 16;

/// One connection.
pub(super) struct Talk {
    wire: Wire,
    receive_maximum: u16,
}

/// What a subscriber has taken.
pub(super) struct Taken {
    pub(super) ledger: Ledger,
    pub(super) fresh: u64,
    pub(super) doubled: u64,
    pub(super) reordered: u64,
    pub(super) latency: Histogram<u64>,
    pub(super) deliveries: Series,
    /// When the last one came.
    pub(super) last_nanos: u64,
}

impl Taken {
    pub(super) fn new() -> Taken {
        Taken {
            ledger: Ledger::default(),
            fresh: 0,
            doubled: 0,
            reordered: 0,
            latency: latencies(),
            deliveries: Series::new(BUCKET),
            last_nanos: 0,
        }
    }

    /// Books a delivery that was due at `due_nanos`.
    pub(super) fn book(&mut self, number: u32, now: u64, due_nanos: u64, start_nanos: u64) {
        match self.ledger.take(number) {
            Arrival::Again => self.doubled += 1,
            arrival => {
                self.fresh += 1;
                self.reordered += u64::from(arrival == Arrival::Late);
                self.latency.saturating_record(now.saturating_sub(due_nanos));
                self.deliveries.add(now.saturating_sub(start_nanos), 1);
                self.last_nanos = now;
            }
        }
    }
}

impl Talk {
    pub(super) fn new(opened: Opened, is_v5: bool) -> Talk {
        let receive_maximum = opened.receive_maximum;
        Talk { wire: Wire::new(opened, None, is_v5), receive_maximum }
    }

    /// Sends what is ready, reads once, hands over the packets.
    pub(super) async fn step(
        &mut self,
        scratch: &mut [u8],
        mut take: impl FnMut(Head<'_>, &mut Vec<u8>) -> io::Result<()>,
    ) -> Result<(), BenchError> {
        let wire = &mut self.wire;
        let stepped = poll_fn(|cx| {
            wire.write(cx)?;
            match wire.read(cx, scratch) {
                Poll::Ready(Ok(received)) => {
                    wire.packets(scratch, &received, &mut take)?;
                    Poll::Ready(Ok(()))
                }
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Pending => Poll::Pending,
            }
        });
        stepped.await.map_err(|error| lost(&error))
    }

    /// Sends bytes, without waiting for an answer.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), BenchError> {
        self.wire.append(bytes);
        let wire = &mut self.wire;
        let written = poll_fn(|cx| match wire.write(cx) {
            Ok(true) => Poll::Ready(Ok(())),
            Ok(false) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        });
        written.await.map_err(|error| lost(&error))
    }

    /// Sends bytes and waits until a packet with this first byte came; deliveries meanwhile are
    /// acknowledged and forgotten. Answers what is behind its fixed header.
    pub(super) async fn ask(&mut self, bytes: &[u8], answer: u8) -> Result<Vec<u8>, BenchError> {
        self.send(bytes).await?;
        let mut scratch = vec![0; SCRATCH_BYTES];
        let mut found = None;
        let waiting = async {
            while found.is_none() {
                self.step(&mut scratch, |packet, small| {
                    match packet {
                        Head::Other { first, body, .. } if first == answer => {
                            found = Some(body.to_vec());
                        }
                        other => {
                            acknowledge(&other, small);
                        }
                    }
                    Ok(())
                })
                .await?;
            }
            Ok::<(), BenchError>(())
        };
        timeout(PATIENCE, waiting).await.map_err(|_| silent())??;
        Ok(found.unwrap_or_default())
    }

    /// Subscribes, and waits until it is granted.
    pub(super) async fn subscribe(
        &mut self,
        scene: &Scene,
        filter: &str,
    ) -> Result<(), BenchError> {
        let qos = scene.plan.qos;
        let request = subscribe_bytes(scene.plan.version, &[filter.to_owned()], qos)?;
        match self.ask(&request, 0x90).await?.last() {
            Some(granted) if *granted == qos as u8 => Ok(()),
            other => Err(BenchError::Plan(format!(
                "the broker does not grant a subscription of QoS {}: {}",
                qos as u8,
                other.copied().unwrap_or_default()
            ))),
        }
    }

    /// Waits until the broker has seen everything that was sent.
    pub(super) async fn ping(&mut self) -> Result<(), BenchError> {
        self.ask(&[0xC0, 0], 0xD0).await.map(drop)
    }

    /// Publishes `count` messages of a batch, each as `patch` makes it; until all are acknowledged.
    pub(super) async fn feed(
        &mut self,
        scene: &Scene,
        batch: Batch,
        count: u32,
        mut patch: impl FnMut(&mut Batch, usize, u32, u16),
    ) -> Result<(), BenchError> {
        let is_acknowledged = scene.plan.qos != QoS::AtMostOnce;
        let window = match is_acknowledged {
            true => FEED_WINDOW.min(self.receive_maximum.into()),
            false => u64::MAX,
        };
        self.wire.set_batch(batch);
        let mut scratch = vec![0; SCRATCH_BYTES];
        let (mut sent, mut acked, mut refused) = (0u32, 0u64, None);
        while sent < count || is_acknowledged && acked < u64::from(sent) {
            let room = window - if is_acknowledged { u64::from(sent) - acked } else { 0 };
            if sent < count && room > 0 {
                if let Some(batch) = self.wire.free_batch() {
                    let most = u64::from(count - sent).min(room).min(batch.len() as u64) as u32;
                    for place in 0..most {
                        let id = ((sent + place) % u32::from(u16::MAX) + 1) as u16;
                        patch(batch, place as usize, sent + place, id);
                    }
                    self.wire.send_batch(most as usize);
                    sent += most;
                }
                self.send(&[]).await?;
                continue;
            }
            let stepped = self.step(&mut scratch, |packet, small| {
                match packet {
                    Head::Other { first: 0x40 | 0x50 | 0x70, body: [_, _, reason, ..], .. }
                        if *reason >= 0x80 =>
                    {
                        refused = Some(*reason);
                    }
                    Head::Other { first: 0x40 | 0x70, .. } => acked += 1,
                    Head::Other { first: 0x50, body: [high, low, ..], .. } => {
                        small.extend_from_slice(&[0x62, 2, *high, *low]);
                    }
                    _ => {}
                }
                Ok(())
            });
            timeout(PATIENCE, stepped).await.map_err(|_| silent())??;
            if let Some(reason) = refused {
                let why = format!("the broker refuses a message: reason {reason}");
                return Err(BenchError::Protocol(why));
            }
        }
        self.ping().await
    }

    /// Takes deliveries until there are `count` different ones, or nothing comes for `quiet`.
    /// `due` says when a message should have come, from its stamp.
    pub(super) async fn take(
        &mut self,
        scene: &Scene,
        taken: &mut Taken,
        count: u64,
        quiet: Duration,
        start_nanos: u64,
        due: impl Fn(&Stamp) -> (u32, u64),
    ) -> Result<(), BenchError> {
        let mut scratch = vec![0; SCRATCH_BYTES];
        while taken.fresh < count {
            let stepped = self.step(&mut scratch, |packet, small| {
                if let Some(stamp) = acknowledge(&packet, small) {
                    let (number, due_nanos) = due(&stamp);
                    taken.book(number, scene.clock.elapsed_nanos(), due_nanos, start_nanos);
                }
                Ok(())
            });
            match timeout(quiet, stepped).await {
                Ok(stepped) => stepped?,
                Err(_) => break,
            }
        }
        // Acknowledgements of the last ones, and what comes once more right behind them.
        self.send(&[0xC0, 0]).await?;
        let mut is_answered = false;
        while !is_answered {
            let stepped = self.step(&mut scratch, |packet, small| {
                is_answered |= matches!(packet, Head::Other { first: 0xD0, .. });
                if let Some(stamp) = acknowledge(&packet, small) {
                    let (number, due_nanos) = due(&stamp);
                    taken.book(number, scene.clock.elapsed_nanos(), due_nanos, start_nanos);
                }
                Ok(())
            });
            timeout(PATIENCE, stepped).await.map_err(|_| silent())??;
        }
        Ok(())
    }

    /// Says goodbye.
    pub(super) async fn leave(mut self) {
        // A broker that does not take it loses the connection.
        let _ = timeout(Duration::from_secs(2), poll_fn(|cx| self.wire.leave(cx))).await;
    }

    /// Goes without goodbye.
    pub(super) fn die(self, by_reset: bool) {
        if by_reset {
            self.wire.reset_on_close();
        }
    }
}

fn silent() -> BenchError {
    BenchError::Lost(format!("the broker does not answer within {} s", PATIENCE.as_secs()))
}

fn lost(error: &io::Error) -> BenchError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            BenchError::Lost("the broker closed a connection".to_owned())
        }
        io::ErrorKind::InvalidData => {
            BenchError::Protocol("the broker sent what nobody of this run has sent".to_owned())
        }
        _ => BenchError::Lost(format!("a connection was lost: {error}")),
    }
}
