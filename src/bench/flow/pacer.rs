//! The metronome of an open loop: says which message is due, at the moment when it is.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;

use super::thread::Local;
use crate::bench::plan::Pace;

/// How long after the start of a phase a message leaves.
pub(super) fn offset_nanos(place: u64, rate: u32) -> u64 {
    (u128::from(place) * 1_000_000_000 / u128::from(rate)) as u64
}

/// Keeps the pace, phase by phase. The runtime's own timer counts milliseconds, which is too coarse.
pub(super) async fn keep_pace(local: &Local) -> io::Result<()> {
    let Pace::Rate(rate) = local.common.plan.pace else { return Ok(()) };
    let timer =
        timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
    // A timer of the system is read like a pipe: eight bytes when it has gone off.
    let mut timer = Receiver::from_file_unchecked(File::from(timer))?;
    let publishers = u64::from(local.common.plan.publishers());
    loop {
        local.begun.notified().await;
        let phase = local.phase.get();
        let mut place = 0;
        let is_on = |place: u64| {
            let is_left = phase.count.is_none_or(|count| place < count);
            is_left && !local.is_halted.get() && local.phase.get().number == phase.number
        };
        while is_on(place) {
            let now = local.common.clock.elapsed_nanos().saturating_sub(phase.start_nanos);
            while is_on(place) && offset_nanos(place, rate) <= now {
                local.is_due((place % publishers) as u32);
                place += 1;
            }
            if is_on(place) {
                sleep(&mut timer, offset_nanos(place, rate) - now).await?;
            }
        }
    }
}

async fn sleep(timer: &mut Receiver, nanos: u64) -> io::Result<()> {
    let once = Itimerspec {
        it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
        it_value: Timespec {
            tv_sec: (nanos / 1_000_000_000) as i64,
            tv_nsec: (nanos % 1_000_000_000).max(1) as _,
        },
    };
    timerfd_settime(timer.as_fd(), TimerfdTimerFlags::empty(), &once)?;
    timer.read_exact(&mut [0; 8]).await.map(drop)
}
