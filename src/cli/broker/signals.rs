//! The signals that the broker answers to.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// SIGINT, SIGTERM.
    Stop(Name),
    /// SIGHUP: read everything again.
    Reload,
    /// SIGUSR1: write to the disk what is to be kept.
    Save,
    /// SIGRTMIN: close and open the log file.
    Reopen,
    /// SIGUSR2 prints mosquitto's subscriptions: it means nothing here, and must not kill.
    Ignore(Name),
}

/// A signal by its name, as `kill` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(pub &'static str);

/// All of them, in order.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    save: Signal,
    print: Signal,
    reopen: Signal,
    /// A file has become too large: writing to it fails then, and must not kill.
    file_size: Signal,
}

/// The number of SIGXFSZ.
const FILE_SIZE_EXCEEDED: i32 = 25;
/// The number of SIGRTMIN for programs of the GNU C library: what `kill -RTMIN` sends.
const RTMIN: i32 = 34;

impl Signals {
    /// From now on signals are requests.
    ///
    /// # Errors
    /// The system refuses it.
    pub fn listen() -> io::Result<Self> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            save: signal(SignalKind::user_defined1())?,
            print: signal(SignalKind::user_defined2())?,
            reopen: signal(SignalKind::from_raw(RTMIN))?,
            file_size: signal(SignalKind::from_raw(FILE_SIZE_EXCEEDED))?,
        })
    }

    /// The next request.
    pub async fn next(&mut self) -> Request {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return Request::Stop(Name("SIGINT")),
                _ = self.terminate.recv() => return Request::Stop(Name("SIGTERM")),
                _ = self.hang_up.recv() => return Request::Reload,
                _ = self.save.recv() => return Request::Save,
                _ = self.print.recv() => return Request::Ignore(Name("SIGUSR2")),
                _ = self.reopen.recv() => return Request::Reopen,
                _ = self.file_size.recv() => {}
            }
        }
    }
}
