//! From the moment that the server runs to its end: who is told, and what signals do.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::Builder;
use tokio::time::timeout;

use crate::bridge::Bridges;
use crate::cli::broker::ready::{self, ReadyFd};
use crate::cli::broker::script::Script;
use crate::cli::broker::signals::{Name, Request, Signals};
use crate::cli::broker::{daemon, notices_of, systemd, tell_warnings};
use crate::cli::exit::Exit;
use crate::clock::Clock;
use crate::config::{Config, Sources};
use crate::observe::bridge_lines::{self, BridgeEvent};
use crate::observe::{Log, ServerEvent};
use crate::server::Server;

/// How long the bridges may take to subscribe before the broker says that it runs.
const BRIDGES_WAIT: Duration = Duration::from_secs(2);

/// A running server and what belongs to it.
pub struct Attendance<'a> {
    /// The server.
    pub server: &'a Server,
    /// Its bridges.
    pub bridges: Bridges,
    /// The settings of its start.
    pub config: &'a Config,
    /// Where settings come from when they are read again.
    pub sources: &'a Sources,
    /// The log.
    pub log: &'a Log,
    /// `--ready-json`.
    pub ready_json: bool,
    /// `-d`: somebody waits to hear that we listen.
    pub is_daemon: bool,
    /// `--exec`.
    pub command: Option<&'a str>,
    /// `--tls-self-signed`: the certificate of the authority.
    pub authority: Option<&'a Path>,
}

impl Attendance<'_> {
    /// Says that the server is ready, then obeys signals until it has ended.
    pub fn run(&self, ready_fd: Option<ReadyFd>) -> Exit {
        let runtime = Builder::new_current_thread().enable_all().build();
        let ended = runtime
            .context("cannot start the runtime")
            .and_then(|runtime| runtime.block_on(self.attend(ready_fd)));
        ended.unwrap_or_else(|error| {
            eprintln!("Error: {error:#}");
            Exit::Failure
        })
    }

    async fn attend(&self, ready_fd: Option<ReadyFd>) -> anyhow::Result<Exit> {
        let mut signals = Signals::listen().context("cannot listen for signals")?;
        // Bounded: clients are served without bridges too.
        let _ = timeout(BRIDGES_WAIT, self.bridges.ready()).await;
        self.tell(&ServerEvent::Running);
        self.tell(&ServerEvent::Listening { endpoints: self.server.endpoints() });
        let line = ready::line(self.server);
        if self.ready_json {
            ready::print(&line);
        }
        if let Some(ready_fd) = ready_fd {
            ready_fd.tell(&line);
        }
        systemd::ready(self.server);
        if self.is_daemon {
            daemon::detach().context("cannot go into the background")?;
        }
        tokio::select! {
            exit = self.obey(&mut signals) => exit,
            () = systemd::feed_watchdog(self.server) => Ok(Exit::Failure),
        }
    }

    fn tell(&self, event: &ServerEvent<'_>) {
        self.log.report(Clock::new().now(), event);
    }

    async fn obey(&self, signals: &mut Signals) -> anyhow::Result<Exit> {
        match self.command {
            Some(command) => self.accompany(command, signals).await,
            None => self.obey_signals(signals).await,
        }
    }

    /// Runs the command, passes signals on to it, and ends with it.
    async fn accompany(&self, command: &str, signals: &mut Signals) -> anyhow::Result<Exit> {
        let started = Script::start(command, self.server, self.authority);
        let mut script = started.context("cannot run the command of --exec")?;
        loop {
            tokio::select! {
                exit = script.ended() => {
                    let exit = exit.context("cannot wait for the command of --exec")?;
                    self.bridges.shutdown();
                    self.bridges.ended().await;
                    self.server.shutdown();
                    self.server.ended().await;
                    self.server.wait().context("a thread of the broker failed")?;
                    return Ok(exit);
                }
                () = self.server.ended() => {
                    script.forward(Request::Stop(Name("SIGTERM")));
                    self.server.wait().context("a thread of the broker failed")?;
                    return Ok(Exit::Failure);
                }
                request = signals.next() => script.forward(request),
            }
        }
    }

    async fn obey_signals(&self, signals: &mut Signals) -> anyhow::Result<Exit> {
        let mut is_stopping = false;
        let mut waits_for_bridges = false;
        loop {
            let request = tokio::select! {
                () = self.server.ended() => {
                    self.server.wait().context("a thread of the broker failed")?;
                    return Ok(Exit::Success);
                }
                () = self.bridges.ended(), if waits_for_bridges => {
                    waits_for_bridges = false;
                    self.server.shutdown();
                    continue;
                }
                request = signals.next() => request,
            };
            match request {
                Request::Reload => self.reload(),
                Request::Save => self.save(),
                Request::Reopen => {
                    self.log.reopen();
                    self.tell(&ServerEvent::LogReopened);
                }
                Request::Ignore(Name(signal)) => self.tell(&ServerEvent::SignalIgnored { signal }),
                Request::Stop(_) if is_stopping => {
                    let connections = self.server.stats().connections;
                    self.tell(&ServerEvent::StoppingNow { connections });
                    return Ok(Exit::Success);
                }
                Request::Stop(Name(signal)) => {
                    is_stopping = true;
                    systemd::stopping();
                    self.tell(&ServerEvent::Stopping { signal });
                    // While this broker still takes what comes from the others.
                    self.bridges.shutdown();
                    waits_for_bridges = true;
                }
            }
        }
    }

    /// Everything that is acknowledged is on the disk already, but for what `persistence_sync
    /// second` gathers. The file gives back what is free in it.
    fn save(&self) {
        match &self.config.persistence {
            Some(persistence) => {
                self.tell(&ServerEvent::Saving { path: &persistence.path() });
                self.server.save_now();
                self.server.compact_store();
            }
            None => self.tell(&ServerEvent::NothingToSave),
        }
    }

    /// Opens the log file again, reads all settings again and takes them over if there is no mistake
    /// in them.
    fn reload(&self) {
        systemd::reloading();
        self.log.reopen();
        self.tell(&ServerEvent::Reloading);
        match self.read_again() {
            Ok(()) => self.tell(&ServerEvent::Reloaded),
            Err(error) => self.tell(&ServerEvent::ReloadFailed { error: &error }),
        }
        systemd::ready(self.server);
    }

    fn read_again(&self) -> Result<(), String> {
        let mut config = Config::load(self.sources).map_err(|error| error.to_string())?;
        notices_of(&config).for_each(|notice| self.tell(notice));
        tell_warnings(&config.read_files()?, self.log);
        Bridges::check(&config).map_err(|(name, why)| {
            bridge_lines::text_of(&BridgeEvent::Failed { name, why: &why })
        })?;
        self.server.reload(&config)?;
        self.bridges.reload(&config);
        self.log.reconfigure(config.log);
        Ok(())
    }
}
