//! SIGINT and SIGTERM, for the tools that end in good order.

use tokio::signal::unix::{Signal, SignalKind, signal};

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
