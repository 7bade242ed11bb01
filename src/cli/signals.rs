//! SIGINT and SIGTERM, for the tools that end in good order; SIGALRM, for those that know `-W`.

use std::pin::Pin;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Sleep;

use crate::cli::life;

/// What ends a client from outside.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From now on neither signal kills the program.
    pub fn new() -> std::io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        Ok(Signals { interrupt, terminate })
    }
}

/// Waits for the next signal; for ever where none are caught. Cancelling it loses nothing.
pub async fn next(signals: &mut Option<Signals>) {
    match signals {
        Some(Signals { interrupt, terminate }) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        None => std::future::pending().await,
    }
}

/// What tells that the time is over: the timer of `-W`, or SIGALRM from somebody else. For
/// mosquitto's tools, whose timer that signal is, both are the same.
pub struct Alarm {
    timer: Option<Pin<Box<Sleep>>>,
    signal: Option<Signal>,
}

impl Alarm {
    /// With the timer that was asked for. The signal still kills.
    pub fn new(timer: Option<Sleep>) -> Self {
        Alarm { timer: timer.map(Box::pin), signal: None }
    }

    /// From now on the signal does not kill the program.
    pub fn catch_signal(&mut self) {
        if self.signal.is_none() {
            self.signal = signal(SignalKind::alarm()).ok();
        }
    }

    /// Sets the timer anew.
    pub fn set(&mut self, timer: Sleep) {
        self.timer = Some(Box::pin(timer));
    }

    /// Waits for the end of the time. Cancelling it loses nothing.
    pub async fn rings(&mut self) {
        let Alarm { timer, signal } = self;
        let caught = async {
            match signal {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = life::elapsed(timer) => {}
            _ = caught => {}
        }
        self.timer = None;
    }
}
