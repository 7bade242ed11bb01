//! One connection of an episode: requests and answers, feeding messages in, taking them out.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use tokio::time::timeout;

use super::stage::Scene;
use crate::bench::dial::{GOODBYE, Opened, check_granted, dismissed, named, subscribe_bytes};
use crate::bench::figures::BenchError;
use crate::bench::flow::{Wire, acknowledge};
use crate::bench::frame::{Batch, Head, PINGREQ, Stamp};
use crate::bench::ledger::{Arrival, Ledger};
use crate::bench::round::AFTERMATH;
use crate::protocol::QoS;

/// How long an answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How often whoever waits looks whether all is to end, and whether the broker has to be told that
/// it is still there.
const LOOK: Duration = Duration::from_millis(100);
/// Messages of a feed that may be unacknowledged: few enough for every broker's default.
const FEED_WINDOW: u64 = 16;

/// One connection.
pub(super) struct Talk {
    wire: Wire,
    receive_maximum: u16,
    /// How long the broker stands silence, in seconds; 0 is for ever.
    keep_alive_secs: u16,
    /// PINGREQs without their answer, and when the last one left.
    pings: u32,
    pinged_nanos: u64,
}

/// What came of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// Something went or came.
    Something,
    /// Nothing, in all the time.
    Nothing,
    /// Everything is to end.
    End,
}

impl Heard {
    /// Where an answer had to come within this time.
    fn or_fail(self, patience: Duration) -> Result<(), BenchError> {
        match self {
            Heard::Something => Ok(()),
            Heard::Nothing => Err(silent(patience)),
            Heard::End => Err(ended()),
        }
    }
}

/// What a subscriber has taken.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) ledger: Ledger,
    pub(super) fresh: u64,
    pub(super) doubled: u64,
    pub(super) reordered: u64,
    /// When the last one came.
    pub(super) last_nanos: u64,
}

impl Taken {
    /// Books a delivery of `count` that were due at `start_nanos`; `None` if it is none of them.
    fn book(&mut self, scene: &Scene, number: u32, count: u32, start_nanos: u64) -> Option<()> {
        let now = scene.clock.elapsed_nanos();
        match self.ledger.take(number, || count)? {
            Arrival::Again => self.doubled += 1,
            arrival => {
                self.fresh += 1;
                self.reordered += u64::from(arrival == Arrival::Late);
                let nanos = now.saturating_sub(start_nanos);
                scene.latency.borrow_mut().saturating_record(nanos);
                scene.deliveries.borrow_mut().add(nanos, 1);
                self.last_nanos = now;
            }
        }
        Some(())
    }
}

impl Talk {
    /// One that was opened at `now`.
    pub(super) fn new(opened: Opened, is_v5: bool, now: u64) -> Talk {
        Talk {
            receive_maximum: opened.receive_maximum,
            keep_alive_secs: opened.keep_alive_secs,
            pings: 0,
            pinged_nanos: now,
            wire: Wire::new(opened, None, is_v5),
        }
    }

    /// How long the broker stands silence.
    pub(super) const fn keep_alive(&self) -> Duration {
        Duration::from_secs(self.keep_alive_secs as u64)
    }

    /// Whether the broker has to be told that it is still there: twice within a Keep Alive.
    pub(super) const fn is_ping_due(&self, now: u64) -> bool {
        let half_nanos = self.keep_alive_secs as u64 * 500_000_000;
        half_nanos > 0 && now.saturating_sub(self.pinged_nanos) >= half_nanos
    }

    fn append_ping(&mut self, now: u64) {
        self.wire.append(&PINGREQ);
        self.pings += 1;
        self.pinged_nanos = now;
    }

    /// Sends what is ready, reads once, hands over the packets. Ends when something was read, or when
    /// everything has gone that had not.
    async fn step(
        &mut self,
        scene: &Scene,
        mut take: impl FnMut(Head<'_>, &mut Vec<u8>) -> io::Result<()>,
    ) -> Result<(), BenchError> {
        let Talk { wire, pings, .. } = self;
        let stepped = poll_fn(|cx| {
            let had_work = !wire.is_written();
            let is_written = wire.write(cx)?;
            let mut scratch = scene.scratch.borrow_mut();
            match wire.read(cx, &mut scratch) {
                Poll::Ready(Ok(received)) => {
                    wire.packets(&scratch, &received, |packet, small| {
                        match packet {
                            Head::Other { first: 0xD0, .. } => *pings = pings.saturating_sub(1),
                            Head::Other { first: 0xE0, body, .. } => return Err(dismissed(body)),
                            _ => {}
                        }
                        take(packet, small)
                    })?;
                    Poll::Ready(Ok(()))
                }
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Pending if had_work && is_written => Poll::Ready(Ok(())),
                Poll::Pending => Poll::Pending,
            }
        });
        stepped.await.map_err(|error| lost(&error))
    }

    /// Waits until something goes or comes, for so long at most; not at all when all is to end.
    async fn wait(
        &mut self,
        scene: &Scene,
        patience: Duration,
        mut take: impl FnMut(Head<'_>, &mut Vec<u8>) -> io::Result<()>,
    ) -> Result<Heard, BenchError> {
        let since = scene.clock.elapsed_nanos();
        let mut now = since;
        while !scene.watch.is_stopped() {
            if self.is_ping_due(now) {
                self.append_ping(now);
            }
            if let Ok(stepped) = timeout(LOOK, self.step(scene, &mut take)).await {
                return stepped.map(|()| Heard::Something);
            }
            now = scene.clock.elapsed_nanos();
            if Duration::from_nanos(now - since) >= patience {
                return Ok(Heard::Nothing);
            }
        }
        Ok(Heard::End)
    }

    /// Waits like [`Talk::wait`] where an answer has to come.
    async fn expect(
        &mut self,
        scene: &Scene,
        take: impl FnMut(Head<'_>, &mut Vec<u8>) -> io::Result<()>,
    ) -> Result<(), BenchError> {
        self.wait(scene, PATIENCE, take).await?.or_fail(PATIENCE)
    }

    /// Has bytes leave with the next step.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.wire.append(bytes);
    }

    /// Sends bytes and waits until a packet with this first byte came; deliveries meanwhile are
    /// acknowledged and forgotten. Answers what is behind its fixed header.
    pub(super) async fn ask(
        &mut self,
        scene: &Scene,
        bytes: &[u8],
        answer: u8,
    ) -> Result<Vec<u8>, BenchError> {
        self.append(bytes);
        let mut found = None;
        while found.is_none() {
            self.expect(scene, |packet, small| {
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
        let answer = self.ask(scene, &request, 0x90).await?;
        check_granted(answer.last().copied().unwrap_or(0x80), qos)
    }

    /// Waits until the broker has seen everything that was sent.
    pub(super) async fn ping(&mut self, scene: &Scene) -> Result<(), BenchError> {
        self.pinged(scene, PATIENCE).await?.or_fail(PATIENCE)
    }

    /// Whether the broker still has this connection.
    ///
    /// # Errors
    /// It says nothing for so long, or all is to end.
    pub(super) async fn is_there(
        &mut self,
        scene: &Scene,
        patience: Duration,
    ) -> Result<bool, BenchError> {
        match self.pinged(scene, patience).await {
            Ok(heard) => heard.or_fail(patience).map(|()| true),
            Err(BenchError::Lost(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Pings, and waits for the answer.
    async fn pinged(&mut self, scene: &Scene, patience: Duration) -> Result<Heard, BenchError> {
        self.append_ping(scene.clock.elapsed_nanos());
        let mut heard = Heard::Something;
        while self.pings > 0 && heard == Heard::Something {
            let waiting = self.wait(scene, patience, |packet, small| {
                acknowledge(&packet, small);
                Ok(())
            });
            heard = waiting.await?;
        }
        Ok(heard)
    }

    /// Publishes `count` messages of a batch, each as `patch` makes it; until all are acknowledged,
    /// or all is to end. How many were sent, and what kept it from the rest.
    pub(super) async fn feed(
        &mut self,
        scene: &Scene,
        batch: Batch,
        count: u32,
        patch: impl FnMut(&mut Batch, usize, u32, u16),
    ) -> (u32, Result<(), BenchError>) {
        let mut sent = 0;
        let fed = self.feed_counted(scene, batch, count, patch, &mut sent).await;
        let unfit = |why: String| format!("{why} while messages were published to it");
        let is_closed = |error: &BenchError| matches!(error, BenchError::Lost(_));
        (sent, fed.map_err(|error| if is_closed(&error) { error.map(unfit) } else { error }))
    }

    async fn feed_counted(
        &mut self,
        scene: &Scene,
        batch: Batch,
        count: u32,
        mut patch: impl FnMut(&mut Batch, usize, u32, u16),
        sent: &mut u32,
    ) -> Result<(), BenchError> {
        let is_acknowledged = scene.plan.qos != QoS::AtMostOnce;
        let window = match is_acknowledged {
            true => FEED_WINDOW.min(self.receive_maximum.into()),
            false => u64::MAX,
        };
        self.wire.set_batch(batch);
        let (mut acked, mut refused) = (0u64, None);
        while *sent < count || is_acknowledged && acked < u64::from(*sent) {
            let room = window - if is_acknowledged { u64::from(*sent) - acked } else { 0 };
            if *sent < count
                && room > 0
                && let Some(batch) = self.wire.free_batch()
            {
                let most = u64::from(count - *sent).min(room).min(batch.len() as u64) as u32;
                for place in 0..most {
                    let id = ((*sent + place) % u32::from(u16::MAX) + 1) as u16;
                    patch(batch, place as usize, *sent + place, id);
                }
                self.wire.send_batch(most as usize);
                *sent += most;
            }
            self.expect(scene, |packet, small| {
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
            })
            .await?;
            if let Some(reason) = refused {
                let why = format!("the broker refuses a message: {}", named(reason));
                return Err(BenchError::Protocol(why));
            }
        }
        self.ping(scene).await
    }

    /// Takes deliveries until there are `count` different ones, nothing comes for `quiet`, or all is
    /// to end; then those that come once more right behind. All were due at `start_nanos`. `number` says
    /// which message it is, from its stamp.
    pub(super) async fn take(
        &mut self,
        scene: &Scene,
        taken: &mut Taken,
        count: u32,
        quiet: Duration,
        start_nanos: u64,
        number: impl Fn(&Stamp) -> Option<u32>,
    ) -> Result<(), BenchError> {
        let take = |packet: Head<'_>, small: &mut Vec<u8>, taken: &mut Taken| {
            let Some(stamp) = acknowledge(&packet, small) else { return Ok(()) };
            let booked = number(&stamp).and_then(|it| taken.book(scene, it, count, start_nanos));
            booked.ok_or_else(|| io::ErrorKind::InvalidData.into())
        };
        while taken.fresh < count.into() {
            match self.wait(scene, quiet, |packet, small| take(packet, small, taken)).await? {
                Heard::Something => {}
                Heard::Nothing => break,
                Heard::End => return Ok(()),
            }
        }
        // Acknowledgements of the last ones, and what comes once more right behind them.
        self.append_ping(scene.clock.elapsed_nanos());
        let until = scene.clock.elapsed_nanos() + AFTERMATH.as_nanos() as u64;
        loop {
            let left = until.saturating_sub(scene.clock.elapsed_nanos());
            let patience = match self.pings {
                0 if left == 0 => return Ok(()),
                0 => Duration::from_nanos(left),
                _ => PATIENCE,
            };
            match self.wait(scene, patience, |packet, small| take(packet, small, taken)).await? {
                Heard::Nothing if self.pings > 0 => return Err(silent(PATIENCE)),
                Heard::Something | Heard::Nothing => {}
                Heard::End => return Ok(()),
            }
        }
    }

    /// Says goodbye.
    pub(super) async fn leave(mut self) {
        self.say_goodbye().await;
    }

    /// Says goodbye, and waits until the broker has closed the connection: it knows then that the client
    /// is away. One that never does is not waited for for long.
    pub(super) async fn leave_for_good(mut self, scene: &Scene) {
        self.say_goodbye().await;
        let ignore = |_: Head<'_>, _: &mut Vec<u8>| Ok(());
        while let Ok(Heard::Something) = self.wait(scene, GOODBYE, ignore).await {}
    }

    async fn say_goodbye(&mut self) {
        // A broker that does not take it loses the connection.
        let _ = timeout(GOODBYE, poll_fn(|cx| self.wire.leave(cx))).await;
    }

    /// Goes without goodbye.
    pub(super) fn die(self, by_reset: bool) {
        if by_reset {
            self.wire.reset_on_close();
        }
    }
}

fn silent(patience: Duration) -> BenchError {
    let secs = patience.as_secs();
    BenchError::Lost(format!("nothing has moved for {secs} s: the broker does not answer"))
}

fn ended() -> BenchError {
    BenchError::Ended("ended before the measurement began".to_owned())
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
