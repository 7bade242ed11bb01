//! A broker that runs, from outside.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{io, thread};

use crate::broker::Broker;
use crate::broker::policy::ListenerId;
use crate::clock::Clock;
use crate::config::given::needing_restart;
use crate::config::{Config, Given, Listener};
use crate::observe::{Endpoint, Log, ServerEvent};
use crate::server::accept::Bound;
use crate::server::bind::{self, StartError};
use crate::server::core::Core;
use crate::server::current::Replacement;
use crate::server::door::Door;
use crate::server::inherit::{self, Inherited};
use crate::server::keeper::Keeper;
use crate::server::metrics::{self, Service};
use crate::server::settings::Settings;
use crate::server::shared::{Command, Shared};
use crate::server::stats::Stats;
use crate::server::status::View;
use crate::server::tls::{self, Passphrases};
use crate::server::verify::Verifier;
use crate::server::{restore, worker};
use crate::store::{Counts, FileStore, Ledger, StoreError, Watch};
use crate::transport::tls::Ask;

/// Most threads: one bit each in a turn's wakes.
const THREADS_MAX: usize = 64;
/// Most threads where nothing is configured.
const THREADS_DEFAULT_MAX: usize = 8;

/// How long a reload waits for the thread that carries it out.
const RELOAD_WAIT: Duration = Duration::from_secs(10);
/// What mosquitto says when a reload finds other listeners.
const LISTENERS_CHANGED: &str = "Error: It is not currently possible to add/remove listeners when \
                                 reloading the config file.";

/// A running broker. Dropping it ends it at once; [`Server::shutdown`] in order.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    passphrases: Passphrases,
    endpoints: Vec<Endpoint>,
    /// The listeners that they belong to.
    owners: Vec<ListenerId>,
    listeners: Vec<Listener>,
    /// What was said at the start: what needs a restart holds until then.
    given: Vec<Given>,
    threads: Mutex<Vec<JoinHandle<io::Result<()>>>>,
    counts: Option<Arc<Counts>>,
    keeper: Mutex<Option<JoinHandle<Result<(), StoreError>>>>,
    metrics: Mutex<Option<Service>>,
}

impl Server {
    /// Opens all listeners and starts. When it returns, connections are accepted.
    pub fn start(config: &Config, log: Log) -> Result<Server, StartError> {
        let nobody = |_: &Path| Err(io::Error::other("there is nobody to ask"));
        Self::start_on(config, log, &nobody, None, Vec::new())
    }

    /// The same; `ask` is asked for the passphrases of encrypted keys, `watch` hears how far the
    /// store is, instead of the log, and listeners that get none of the sockets that are `inherited`
    /// open their own.
    pub fn start_on(
        config: &Config,
        log: Log,
        ask: Ask<'_>,
        watch: Option<Watch>,
        inherited: Vec<Inherited>,
    ) -> Result<Server, StartError> {
        let clock = Clock::new();
        let mut tell = |event: &ServerEvent<'_>| log.report(clock.now(), event);
        let passphrases = Passphrases::default();
        let security =
            tls::load(config, &|path| passphrases.ask(path, ask), clock.now().millis(), &mut tell)
                .map_err(StartError::from)?;
        let seed = getrandom::u64()
            .map_err(|error| StartError::System(io::Error::other(error.to_string())))?;
        // What is overdue happens before anybody can connect.
        let (broker, ledger, store) = past_of(config, seed, clock, &log, watch)?;
        let mut bound = open_listeners(config, inherited, &mut tell)?;
        let metrics = config.metrics.as_ref().map(metrics::bind).transpose()?;
        let count = config.threads.unwrap_or_else(threads_default).clamp(1, THREADS_MAX);
        let core = Core::new(broker, ledger, count);
        let listeners = config.listeners.clone();
        let verifier = Verifier::new(clock)
            .map_err(|error| StartError::System(io::Error::other(error.to_string())))?;
        let settings = Settings::of(config, security);
        let shared = Arc::new(Shared::new(core, count, listeners.len(), settings, verifier, log));
        let endpoints = bound.iter().map(|bound| bound.endpoint.clone()).collect();
        let owners = bound.iter().map(|bound| bound.listener).collect();
        let server = Server {
            counts: store.as_ref().map(FileStore::counts),
            shared,
            passphrases,
            endpoints,
            owners,
            listeners,
            given: config.given.clone(),
            threads: Mutex::default(),
            keeper: Mutex::default(),
            metrics: Mutex::default(),
        };
        if let (Some(store), Some(persistence)) = (store, &config.persistence) {
            server.spawn_keeper(store, persistence.is_relaxed)?;
        }
        for index in 0..count {
            let listening = if index == 0 { std::mem::take(&mut bound) } else { Vec::new() };
            server.spawn(index, listening)?;
        }
        if let Some(sockets) = metrics {
            let service = Service::start(sockets, server.view())?;
            *server.metrics.lock().unwrap_or_else(PoisonError::into_inner) = Some(service);
        }
        Ok(server)
    }

    fn spawn_keeper(&self, store: FileStore, is_relaxed: bool) -> Result<(), StartError> {
        let shared = Arc::clone(&self.shared);
        let clock = shared.clock;
        let keeper = Keeper { shared, store, clock, is_relaxed };
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                let _running = StopAtEnd(Arc::clone(&keeper.shared));
                keeper.run()
            })
            .map_err(StartError::System)?;
        *self.keeper.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(())
    }

    fn spawn(&self, index: usize, bound: Vec<Bound>) -> Result<(), StartError> {
        let shared = Arc::clone(&self.shared);
        let thread = thread::Builder::new()
            .name(format!("broker-{index}"))
            .spawn(move || {
                let _running = Running::begin(&shared);
                worker::run(index, Arc::clone(&shared), bound)
            })
            .map_err(StartError::System)?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Where it listens, with the real ports, in the order of the configuration.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The same, each with its listener.
    pub fn listening(&self) -> impl Iterator<Item = (&Endpoint, &Listener)> {
        let listeners = self.owners.iter().map(|owner| &self.listeners[usize::from(owner.0)]);
        self.endpoints.iter().zip(listeners)
    }

    /// The way in for the broker's own bridges.
    pub fn door(&self) -> Door {
        Door::to(&self.shared)
    }

    /// Counters as they are now.
    pub fn stats(&self) -> Stats {
        self.shared.counters.read(self.shared.clock.elapsed_nanos())
    }

    fn view(&self) -> View {
        View { shared: Arc::clone(&self.shared), counts: self.counts.clone() }
    }

    /// Where metrics are served.
    pub fn metrics_addresses(&self) -> Vec<SocketAddr> {
        let service = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        service.as_ref().map(|service| service.addresses.clone()).unwrap_or_default()
    }

    /// Whether every thread does what it is asked within the time: a broker that hangs does not.
    pub async fn answers(&self, bound: Duration) -> bool {
        self.shared.answers(bound).await
    }

    /// Writes what `persistence_sync second` has gathered without waiting for more.
    pub fn save_now(&self) {
        self.shared.durable.hurry();
    }

    /// What was written to the store, if there is one.
    pub fn store_counts(&self) -> Option<Arc<Counts>> {
        self.counts.clone()
    }

    /// Asks the store, if there is one, to give back what is free in its file. Returns at once; the
    /// log tells. What is published meanwhile is acknowledged when that is over.
    pub fn compact_store(&self) {
        self.shared.durable.ask_for_compaction();
    }

    /// Asks for the orderly stop: no more connections, wills out, a farewell to every client, at
    /// most five seconds for them to take it. Returns at once; [`Server::wait`] waits for it.
    pub fn shutdown(&self) {
        self.shared.gates[0].send(Command::Shutdown);
    }

    /// Waits until all threads have come to their end; [`Server::wait`] does not block then.
    pub async fn ended(&self) {
        while !self.shared.has_ended() {
            self.shared.ended.notified().await;
        }
    }

    /// Takes over new settings as one step for all threads, but for those that need a restart: they
    /// stay, and each that has changed is told by name. Refused, with the reason, when the listeners
    /// are other ones than before; then nothing changes. When it returns, the new settings hold.
    pub fn reload(&self, config: &Config) -> Result<(), String> {
        let is_same = self.listeners.len() == config.listeners.len()
            && std::iter::zip(&self.listeners, &config.listeners)
                .all(|(old, new)| (&old.bind, old.port) == (&new.bind, new.port));
        if !is_same {
            return Err(LISTENERS_CHANGED.to_owned());
        }
        let mut tell = |event: &ServerEvent<'_>| self.shared.report(event);
        let now = self.shared.clock.now().millis();
        let security = tls::load(config, &|path| self.passphrases.recall(path), now, &mut tell)
            .map_err(|failed| format!("Error: {}", StartError::from(failed)))?;
        // Whatever can fail is above: from here on the step is taken.
        let (done, is_done) = sync_channel(1);
        let settings = Arc::new(Settings::of(config, security));
        let policy = Box::new(config.policy.clone());
        let replacement = Replacement { policy, settings, done };
        self.shared.gates[0].send(Command::Reload(replacement));
        for option in needing_restart(&self.given, &config.given) {
            self.shared.report(&ServerEvent::NeedsRestart { option });
        }
        is_done.recv_timeout(RELOAD_WAIT).map_err(|_| "Error: the broker is stopping.".to_owned())
    }

    /// Waits until all threads have ended; the first error of one of them.
    pub fn wait(&self) -> io::Result<()> {
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let mut result = Ok(());
        for thread in threads {
            let ended = thread
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("a thread of the broker has panicked")));
            result = result.and(ended);
        }
        drop(self.metrics.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.shared.verifier.end();
        // The connections have ended, and that is to be kept too.
        self.shared.durable.end();
        let keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        let kept = keeper.map_or(Ok(()), |keeper| {
            let ended = keeper.join();
            let kept = ended.map_err(|_| io::Error::other("the thread of the store has panicked"));
            kept.and_then(|kept| kept.map_err(io::Error::other))
        });
        result.and(kept)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop_threads();
        // Nobody is left to tell an error to.
        let _ = self.wait();
    }
}

/// A broker with what was kept of it, if anything is.
fn past_of(
    config: &Config,
    seed: u64,
    clock: Clock,
    log: &Log,
    watch: Option<Watch>,
) -> Result<(Broker, Option<Ledger>, Option<FileStore>), StartError> {
    let policy = config.policy.clone();
    let Some(persistence) = &config.persistence else {
        return Ok((Broker::new(policy, seed), None, None));
    };
    let restored = restore::restore(persistence, policy, seed, clock, log, watch);
    let restored = restored.map_err(StartError::Store)?;
    Ok((restored.broker, Some(restored.ledger), Some(restored.store)))
}

/// The sockets of all listeners: passed on, or opened now.
fn open_listeners(
    config: &Config,
    inherited: Vec<Inherited>,
    tell: &mut dyn FnMut(&ServerEvent<'_>),
) -> Result<Vec<Bound>, StartError> {
    let taken = inherit::assign(&config.listeners, config.local_only, inherited)?;
    let mut bound = Vec::new();
    for (index, (config, taken)) in config.listeners.iter().zip(taken).enumerate() {
        let listener = ListenerId(index as u16);
        let open = if taken.is_empty() { bind::open(config, tell)? } else { taken };
        let sockets = open.into_iter();
        bound.extend(sockets.map(|(endpoint, socket)| Bound { listener, endpoint, socket }));
    }
    Ok(bound)
}

/// One thread that runs: when it ends, however it does, so do the others.
struct Running(Arc<Shared>);

impl Running {
    fn begin(shared: &Arc<Shared>) -> Self {
        Running(Arc::clone(shared))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.stop_threads();
        self.0.end_thread();
    }
}

/// A thread without which the others make no sense: when it ends, however it does, so do they.
struct StopAtEnd(Arc<Shared>);

impl Drop for StopAtEnd {
    fn drop(&mut self) {
        self.0.stop_threads();
    }
}

/// Half of the cores: a second thread costs 10 to 50 % more work for each delivery.
fn threads_default() -> usize {
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
    (cores / 2).clamp(1, THREADS_DEFAULT_MAX)
}
