//! `lastwill broker`: arguments, settings, the running server, signals.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::error::ErrorKind;
use clap::{ArgAction, Args, Command, FromArgMatches};
use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::bridge::Bridges;
use crate::cli::exit::Exit;
use crate::cli::startup::Bar;
use crate::clock::Clock;
use crate::config::{AllowedUser, Config, Sources};
use crate::observe::{Endpoint, Log, LogType, ServerEvent};
use crate::server::{Server, StartError};

/// How long the end waits for the log to be written.
const LOG_WAIT: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  lastwill broker                        this machine only, port 1883, no password
  lastwill broker -v -p 1884             another port, everything logged
  lastwill broker -c mosquitto.conf      an existing configuration
  lastwill broker -p 0 --ready-json      any free port, told on stdout";

/// What was typed.
#[derive(Args, Debug)]
struct Options {
    /// Configuration file, in the syntax of mosquitto.conf
    #[arg(short = 'c', long = "config-file", value_name = "FILE")]
    config_file: Option<PathBuf>,
    /// Listen on this port of this machine only; 0 is any free one. May be repeated, up to 10
    /// times. Not used when listeners are configured
    #[arg(short = 'p', long = "port", value_name = "PORT", action = ArgAction::Append)]
    port: Vec<u16>,
    /// Set one option of the configuration, such as --set max_qos=1. May be repeated
    #[arg(long, value_name = "NAME=VALUE", action = ArgAction::Append)]
    set: Vec<String>,
    /// Let this user in, with the first line of FILE as its password; others only if the
    /// configuration says so. May be repeated
    #[arg(long, value_name = "NAME:FILE", action = ArgAction::Append)]
    allow_user: Vec<AllowedUser>,
    /// Keep sessions, messages and wills in this directory, so that they survive a restart
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Log everything, the packets of every client included
    #[arg(short, long)]
    verbose: bool,
    /// Log nothing
    #[arg(short, long)]
    quiet: bool,
    /// When connections are accepted, say so in one line of JSON on stdout
    #[arg(long)]
    ready_json: bool,
    /// Append the keys of all connections with TLS to this file, for tools that look into them
    #[arg(long, value_name = "FILE")]
    tls_keylog: Option<PathBuf>,
    /// Check the configuration file and end
    #[arg(long, requires = "config_file")]
    test_config: bool,
    /// Print all options of the configuration with their defaults, and end
    #[arg(long)]
    help_options: bool,
    /// Behave as another broker does where there is a choice
    #[arg(long, value_name = "BROKER", value_parser = ["mosquitto"])]
    compat: Option<String>,
    /// Run in the background: not available in this version
    #[arg(short, long, hide = true)]
    daemon: bool,
}

/// The subcommand as clap knows it.
pub fn command() -> Command {
    Options::augment_args(Command::new("broker"))
        .bin_name("lastwill broker")
        .display_name("lastwill")
        .about("Run an MQTT broker (3.1, 3.1.1 and 5.0)")
        .version(env!("CARGO_PKG_VERSION"))
        .no_binary_name(true)
        .args_override_self(true)
        .after_help(EXAMPLES)
}

/// Runs the broker with the arguments behind its name, until a signal ends it.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let parsed = command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Options::from_arg_matches(&matches));
    let options = match parsed {
        Ok(options) => options,
        Err(error) => return refuse_arguments(&error),
    };
    if options.help_options {
        // A closed output changes nothing about the outcome.
        let _ = std::io::stdout().write_all(crate::config::help::list().as_bytes());
        return Exit::Success;
    }
    if options.daemon {
        eprintln!("Error: -d (--daemon) is not available in this version; use '&' or nohup.");
        return Exit::Configuration;
    }
    let sources = sources_of(&options);
    let mut config = match Config::load(&sources) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{error}");
            return if error.is_of_listening() { Exit::Failure } else { Exit::Configuration };
        }
    };
    if options.test_config {
        // Those who test a configuration may not have its secrets at hand.
        if let Err(error) = config.read_passwords() {
            eprintln!("{error}\nWarning: with this the broker would not start.");
        }
        if let Err(error) = config.read_access() {
            eprintln!("{error}");
            return Exit::Configuration;
        }
        eprintln!("Configuration file is OK.");
        return Exit::Success;
    }
    serve(config, &sources, options.ready_json)
}

/// Prints clap's message: help and version on stdout, everything else is a wrong option.
fn refuse_arguments(error: &clap::Error) -> Exit {
    // A closed output changes nothing about the outcome.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Success,
        _ => Exit::Configuration,
    }
}

fn sources_of(options: &Options) -> Sources {
    Sources {
        file: options.config_file.clone(),
        sets: options.set.clone(),
        ports: options.port.clone(),
        verbose: options.verbose,
        quiet: options.quiet,
        compat_mosquitto: options.compat.is_some(),
        data: options.data.clone(),
        allow_users: options.allow_user.clone(),
        tls_key_log: options.tls_keylog.clone(),
    }
}

/// Lets the process open as many files as the system allows it at most: every connection is one.
fn raise_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // With fewer files, connections wait to be accepted; that is told when it happens.
    let _ = setrlimit(Resource::Nofile, limit);
}

fn serve(mut config: Config, sources: &Sources, ready_json: bool) -> Exit {
    raise_open_files();
    let log = Log::start(config.log.clone());
    let clock = Clock::new();
    let tell = |event: &ServerEvent<'_>| log.report(clock.now(), event);
    tell(&ServerEvent::Starting);
    match &config.file {
        Some(path) => tell(&ServerEvent::ConfigLoaded { path }),
        None => tell(&ServerEvent::DefaultConfig),
    }
    config.notices.iter().for_each(tell);
    let exit = match read_files(&mut config, &log) {
        Ok(()) => start(&config, sources, &log, ready_json),
        Err(exit) => exit,
    };
    tell(&ServerEvent::Terminating);
    // A log that nobody takes must not keep the process.
    let _ = log.close(LOG_WAIT);
    exit
}

/// Reads the files that access depends on, and tells what is questionable about them.
fn read_files(config: &mut Config, log: &Log) -> Result<(), Exit> {
    let now = Clock::new().now();
    match config.read_files() {
        Ok(warnings) => {
            tell_warnings(&warnings, log);
            Ok(())
        }
        Err(error) => {
            match log.has(LogType::Error) {
                true => log.report(now, &ServerEvent::AccessFailed { error: &error }),
                false => eprintln!("{error}"),
            }
            Err(Exit::Configuration)
        }
    }
}

fn tell_warnings(warnings: &[String], log: &Log) {
    for warning in warnings {
        log.report(Clock::new().now(), &ServerEvent::AccessWarning { warning });
    }
}

fn start(config: &Config, sources: &Sources, log: &Log, ready_json: bool) -> Exit {
    let bar = if sources.quiet { None } else { Bar::for_terminal() };
    let watch = bar.as_ref().map(Bar::watch);
    let started = Server::start_asking(config, log.clone(), &ask_passphrase, watch);
    bar.into_iter().for_each(Bar::end);
    match started {
        Ok(server) => {
            let bridges = Bridges::start(config, server.door());
            attend(&server, bridges, sources, log, ready_json)
        }
        Err(error) => {
            refuse_start(&error, log);
            Exit::Failure
        }
    }
}

/// Asks for the passphrase of a key, on the terminal.
fn ask_passphrase(key: &Path) -> std::io::Result<String> {
    rpassword::prompt_password(format!("Passphrase of {}: ", key.display()))
}

/// Says why the server did not start, even where the log is off.
fn refuse_start(error: &StartError, log: &Log) {
    match error {
        StartError::Listen { address, error } if log.has(LogType::Error) => {
            log.report(Clock::new().now(), &ServerEvent::ListenFailed { address, error });
        }
        error => eprintln!("Error: {error}"),
    }
}

/// The signals that the broker answers to.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    /// Asks mosquitto to save its database; there is nothing to save, and it must not kill.
    user: Signal,
    /// A file has become too large: writing to it fails then, and must not kill.
    file_size: Signal,
}

/// The number of SIGXFSZ.
const FILE_SIZE_EXCEEDED: i32 = 25;

/// What a signal asks for.
enum Request {
    Stop(&'static str),
    Reload,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            user: signal(SignalKind::user_defined1())?,
            file_size: signal(SignalKind::from_raw(FILE_SIZE_EXCEEDED))?,
        })
    }

    async fn next(&mut self) -> Request {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return Request::Stop("SIGINT"),
                _ = self.terminate.recv() => return Request::Stop("SIGTERM"),
                _ = self.hang_up.recv() => return Request::Reload,
                _ = self.user.recv() => {}
                _ = self.file_size.recv() => {}
            }
        }
    }
}

/// Says that the server is ready, then obeys signals until it has ended.
fn attend(
    server: &Server,
    bridges: Bridges,
    sources: &Sources,
    log: &Log,
    ready_json: bool,
) -> Exit {
    match attend_until_end(server, bridges, sources, log, ready_json) {
        Ok(()) => Exit::Success,
        Err(error) => {
            eprintln!("Error: {error:#}");
            Exit::Failure
        }
    }
}

fn attend_until_end(
    server: &Server,
    bridges: Bridges,
    sources: &Sources,
    log: &Log,
    ready_json: bool,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        let mut signals = Signals::listen().context("cannot listen for signals")?;
        let now = Clock::new().now();
        log.report(now, &ServerEvent::Running);
        log.report(now, &ServerEvent::Listening { endpoints: server.endpoints() });
        if ready_json {
            print_ready(server.endpoints());
        }
        obey(server, bridges, sources, log, &mut signals).await
    })
}

async fn obey(
    server: &Server,
    mut bridges: Bridges,
    sources: &Sources,
    log: &Log,
    signals: &mut Signals,
) -> anyhow::Result<()> {
    let mut is_stopping = false;
    let mut waits_for_bridges = false;
    let ended = server.ended();
    tokio::pin!(ended);
    loop {
        let request = tokio::select! {
            () = &mut ended => return server.wait().context("a thread of the broker failed"),
            () = bridges.ended(), if waits_for_bridges => {
                waits_for_bridges = false;
                server.shutdown();
                continue;
            }
            request = signals.next() => request,
        };
        let now = Clock::new().now();
        match request {
            Request::Reload => reload(server, &mut bridges, sources, log),
            Request::Stop(_) if is_stopping => {
                let connections = server.stats().connections;
                log.report(now, &ServerEvent::StoppingNow { connections });
                return Ok(());
            }
            Request::Stop(signal) => {
                is_stopping = true;
                log.report(now, &ServerEvent::Stopping { signal });
                // While this broker still takes what comes from the others.
                bridges.shutdown();
                waits_for_bridges = true;
            }
        }
    }
}

/// Reads all settings again and takes them over if there is no mistake in them.
fn reload(server: &Server, bridges: &mut Bridges, sources: &Sources, log: &Log) {
    let now = Clock::new().now();
    log.report(now, &ServerEvent::Reloading);
    let reloaded =
        Config::load(sources).map_err(|error| error.to_string()).and_then(|mut config| {
            let warnings = config.read_files()?;
            tell_warnings(&warnings, log);
            server.reload(&config)?;
            bridges.reload(&config);
            Ok(())
        });
    match reloaded {
        Ok(()) => log.report(now, &ServerEvent::Reloaded),
        Err(error) => log.report(now, &ServerEvent::ReloadFailed { error: &error }),
    }
}

fn print_ready(endpoints: &[Endpoint]) {
    let listeners: Vec<_> = endpoints
        .iter()
        .map(|endpoint| match endpoint {
            Endpoint::Tcp(address) => {
                json!({ "address": address.ip().to_string(), "port": address.port() })
            }
            Endpoint::Unix(path) => json!({ "path": path.display().to_string() }),
        })
        .collect();
    let ready = json!({ "event": "ready", "pid": std::process::id(), "listeners": listeners });
    let mut stdout = std::io::stdout();
    // Whoever does not read this does not wait for it.
    let _ = writeln!(stdout, "{ready}").and_then(|()| stdout.flush());
}
