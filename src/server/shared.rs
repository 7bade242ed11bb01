//! What all threads of a server share.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::broker::event::ConnId;
use crate::broker::policy::ListenerId;
use crate::clock::Clock;
use crate::observe::{Endpoint, Log, ServerEvent};
use crate::server::accept::Place;
use crate::server::arrivals::Arrivals;
use crate::server::core::Core;
use crate::server::current::{Current, Replacement};
use crate::server::keeper::Durable;
use crate::server::settings::Settings;
use crate::server::spread::Spread;
use crate::server::stats::Counters;
use crate::server::tls::Proof;
use crate::server::verify::Verifier;
use crate::transport::{Bare, Stream};

/// What the layers of a connection have found out about the client.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    /// The user name that it has proven, where the listener takes it from there.
    pub(super) username: Option<Arc<str>>,
    /// Version and cipher of TLS, in OpenSSL's words.
    pub(super) agreed: Option<(&'static str, &'static str)>,
    /// All that it has shown, if it came by TLS.
    pub(super) proof: Option<Proof>,
    /// Its address opens connections too fast: it is told so when its CONNECT comes.
    pub(super) is_too_fast: bool,
}

/// A connection that was accepted: on the thread that owns it, or with a [`Bare`] stream on the way
/// there.
#[derive(Debug)]
pub(super) struct Accepted<S = Stream> {
    pub(super) stream: S,
    pub(super) listener: ListenerId,
    /// Address and port, as the log prints them.
    pub(super) peer: Arc<str>,
    pub(super) place: Place,
    pub(super) shown: Shown,
    /// Where it came in.
    pub(super) endpoint: Arc<Endpoint>,
}

impl<S> Accepted<S> {
    /// The same connection with what `change` makes of its stream.
    pub(super) fn try_map<T>(
        self,
        change: impl FnOnce(S) -> io::Result<T>,
    ) -> io::Result<Accepted<T>> {
        let Accepted { stream, listener, peer, place, endpoint, shown } = self;
        Ok(Accepted { stream: change(stream)?, listener, peer, place, endpoint, shown })
    }
}

/// What one thread asks of another.
#[derive(Debug)]
pub(super) enum Command {
    /// Own this connection.
    Serve(Accepted<Bare>),
    /// Read everything that has arrived on a connection, then answer.
    ReadToEnd { conn: ConnId, done: oneshot::Sender<()> },
    /// Read from every connection that has something, then answer.
    ReadAll { done: oneshot::Sender<()> },
    /// Say that this thread does what it is asked.
    Answer { done: oneshot::Sender<()> },
    /// The store fails, or works again and connections are read again. The broker hears it from the
    /// first thread.
    Store { works: bool },
    /// Judge again whoever came by TLS: the settings were replaced. Then answer.
    JudgeSecured { done: oneshot::Sender<()> },
    /// New rules and settings. For the first thread.
    Reload(Replacement),
    /// Begin the orderly stop. For the first thread.
    Shutdown,
}

/// How a thread is reached.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// Wakes the thread for mail and commands.
    pub(super) wake: Notify,
    /// Mail waits; the thread was or is being woken for it.
    pub(super) has_mail: AtomicBool,
    /// More changes are on disk than the thread knows.
    pub(super) has_commit: AtomicBool,
    commands: Mutex<Vec<Command>>,
    /// Ends the thread.
    pub(super) stop: Notify,
}

impl Gate {
    /// Hands a command to the thread.
    pub(super) fn send(&self, command: Command) {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner).push(command);
        self.wake.notify_one();
    }

    /// Takes the commands that came.
    pub(super) fn take(&self) -> Vec<Command> {
        std::mem::take(&mut *self.commands.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The server as all its threads see it.
#[derive(Debug)]
pub(super) struct Shared {
    core: Mutex<Core>,
    pub(super) gates: Vec<Gate>,
    pub(super) clock: Clock,
    pub(super) log: Log,
    /// The server's own settings.
    pub(super) settings: Current,
    pub(super) counters: Counters,
    /// Who checks passwords.
    pub(super) verifier: Arc<Verifier>,
    /// How far the store is.
    pub(super) durable: Durable,
    /// Who has connected a short while ago, where that is limited.
    pub(super) arrivals: Mutex<Arrivals>,
    /// Open connections of each listener.
    pub(super) listener_connections: Vec<AtomicUsize>,
    /// The thread that gets the next connection.
    next_thread: AtomicUsize,
    /// There is less memory than `memory_limit` wants: no new work is taken.
    pub(super) is_memory_short: AtomicBool,
    /// The broker's deadline came closer than the timer knows.
    pub(super) rearm: Notify,
    /// The orderly stop has begun.
    is_stopping: AtomicBool,
    /// Wakes whoever waits for that.
    stopping: Notify,
    /// The last connection has gone.
    pub(super) emptied: Notify,
    /// Threads that have not ended.
    running: AtomicUsize,
    /// The last thread has ended.
    pub(super) ended: Notify,
}

impl Shared {
    /// Everything that the threads need.
    pub(super) fn new(
        core: Core,
        threads: usize,
        listeners: usize,
        settings: Settings,
        verifier: Verifier,
        log: Log,
    ) -> Self {
        Shared {
            core: Mutex::new(core),
            gates: std::iter::repeat_with(Gate::default).take(threads).collect(),
            clock: verifier.clock(),
            verifier: Arc::new(verifier),
            log,
            settings: Current::new(settings),
            counters: Counters::default(),
            durable: Durable::default(),
            arrivals: Mutex::default(),
            listener_connections: std::iter::repeat_with(AtomicUsize::default)
                .take(listeners)
                .collect(),
            next_thread: AtomicUsize::new(0),
            is_memory_short: AtomicBool::new(false),
            rearm: Notify::new(),
            is_stopping: AtomicBool::new(false),
            stopping: Notify::new(),
            emptied: Notify::new(),
            running: AtomicUsize::new(threads),
            ended: Notify::new(),
        }
    }

    /// The lock around the core.
    pub(super) fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().expect("a thread that panics with the core in its hands ends the server")
    }

    /// Connections are spread over the threads in turn.
    pub(super) fn next_thread(&self) -> usize {
        self.next_thread.fetch_add(1, Ordering::Relaxed) % self.gates.len()
    }

    /// Which thread owns a connection.
    pub(super) fn gate_of(&self, conn: ConnId) -> &Gate {
        &self.gates[Spread::over(self.gates.len()).thread(conn.slot)]
    }

    /// Writes a line about the server.
    pub(super) fn report(&self, event: &ServerEvent<'_>) {
        self.log.report(self.clock.now(), event);
    }

    /// Whether a stop is under way.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }

    /// Begins the orderly stop; whether it had begun before.
    pub(super) fn begin_stop(&self) -> bool {
        let was_stopping = self.is_stopping.swap(true, Ordering::SeqCst);
        self.stopping.notify_waiters();
        was_stopping
    }

    /// Waits until the orderly stop has begun.
    pub(super) async fn stopped(&self) {
        let stopping = self.stopping.notified();
        tokio::pin!(stopping);
        stopping.as_mut().enable();
        if !self.is_stopping() {
            stopping.await;
        }
    }

    /// Counts a thread that has ended.
    pub(super) fn end_thread(&self) {
        if self.running.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.ended.notify_one();
        }
    }

    /// Whether all threads have ended.
    pub(super) fn has_ended(&self) -> bool {
        self.running.load(Ordering::SeqCst) == 0
    }

    /// Ends all threads, whatever they do.
    pub(super) fn stop_threads(&self) {
        for gate in &self.gates {
            gate.stop.notify_one();
        }
    }
}
