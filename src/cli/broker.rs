//! `lastwill broker`: arguments, settings, the running server, signals.

mod account;
pub mod alias;
mod attend;
mod daemon;
mod hint;
mod pid_file;
mod ready;
mod script;
mod self_signed;
mod signals;
mod systemd;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgAction, Args, Command, FromArgMatches};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::bridge::Bridges;
use crate::cli::errors::print_clap;
use crate::cli::exit::Exit;
use crate::cli::startup::Bar;
use crate::clock::Clock;
use crate::config::{AllowedUser, Config, ConfigError, Sources, TEST_OK};
use crate::observe::bridge_lines::{self, BridgeEvent};
use crate::observe::{Log, LogType, LogTypes, ServerEvent, server_lines};
use crate::server::{Inherited, Server, StartError};
use account::Account;
use attend::Attendance;
use pid_file::PidFile;
use ready::ReadyFd;

/// How long the end waits for the log to be written.
const LOG_WAIT: Duration = Duration::from_secs(1);

/// What mosquitto may be built without, and whether we are.
const FEATURES: [(&str, bool); 5] = [
    ("Bridge", true),
    ("Persistence", true),
    ("TLS", true),
    ("TLS-PSK", cfg!(feature = "psk")),
    ("Websockets", true),
];

const EXAMPLES: &str = "\
Examples:
  lastwill broker                        this machine only, port 1883, no password
  lastwill broker -v -p 1884             another port, everything logged
  lastwill broker -c mosquitto.conf      an existing configuration
  lastwill broker -p 0 --ready-json      any free port, told on stdout
  lastwill broker --exec 'make test'     one for as long as a command runs; it finds
                                         MQTT_HOST, MQTT_PORT and LASTWILL_URL";

/// What was typed.
#[derive(Args, Debug)]
struct Options {
    /// Configuration file, in the syntax of mosquitto.conf
    #[arg(short = 'c', long = "config-file", value_name = "FILE")]
    config_file: Option<PathBuf>,
    /// Listen on this port of this machine only; 0 is any free one. May be repeated, up to 10
    /// times. Not used when listeners are configured
    #[arg(short = 'p', long = "port", value_name = "PORT", action = ArgAction::Append, value_parser = hint::port)]
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
    /// The same line to a file descriptor from 3 on, which is closed then
    #[arg(long, value_name = "N", value_parser = hint::descriptor)]
    ready_fd: Option<i32>,
    /// Run a shell command, with MQTT_HOST, MQTT_PORT and LASTWILL_URL in its environment (and
    /// LASTWILL_CAFILE with --tls-self-signed); end with it, with its exit code. Any free port, and a log of errors and warnings, unless you say
    /// otherwise. Signals go to the command. Root stays root
    #[arg(long, value_name = "CMD", conflicts_with = "daemon")]
    exec: Option<String>,
    /// Append the keys of all connections with TLS to this file, for tools that look into them
    #[arg(long, value_name = "FILE")]
    tls_keylog: Option<PathBuf>,
    /// Speak TLS with certificates in this directory, for laboratories. They are made if they are
    /// not there: an authority, a server's and a client's. Without -p on port 8883
    #[arg(long, value_name = "DIR")]
    tls_self_signed: Option<PathBuf>,
    /// Check the configuration file and end
    #[arg(long, requires = "config_file")]
    test_config: bool,
    /// Print all options of the configuration with their defaults, and end
    #[arg(long)]
    help_options: bool,
    /// Behave as another broker does where there is a choice
    #[arg(long, value_name = "BROKER", value_parser = ["mosquitto"])]
    compat: Option<String>,
    /// Run in the background. Returns when connections are accepted, or with the exit code of a
    /// start that failed
    #[arg(short, long)]
    daemon: bool,
    #[arg(long, hide = true)]
    daemon_child: bool,
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
    let words: Vec<OsString> = arguments.into_iter().collect();
    let parsed = command()
        .try_get_matches_from(&words)
        .and_then(|matches| Options::from_arg_matches(&matches));
    let options = match parsed {
        Ok(options) => options,
        Err(error) => return print_clap(&hint::with_hint(error), Exit::Configuration),
    };
    if options.help_options {
        // A closed output changes nothing about the outcome.
        let _ = std::io::stdout().write_all(crate::config::help::list().as_bytes());
        return Exit::Success;
    }
    if options.daemon && !options.daemon_child && !options.test_config {
        return daemon::launch(&words);
    }
    prepare(&options).unwrap_or_else(|refused| {
        eprintln!("{}", refused.words);
        refused.exit
    })
}

/// Why the broker does not start.
struct Refused {
    words: String,
    exit: Exit,
}

impl Refused {
    fn wrong(words: impl ToString) -> Self {
        Refused { words: words.to_string(), exit: Exit::Configuration }
    }

    fn failed(words: impl ToString) -> Self {
        Refused { words: words.to_string(), exit: Exit::Failure }
    }
}

/// Everything that comes before the log, in mosquitto's order: the configuration is read as who
/// started us, everything else as who we become.
fn prepare(options: &Options) -> Result<Exit, Refused> {
    let mut sources = sources_of(options);
    if let Some(folder) = &options.tls_self_signed {
        let port = if options.exec.is_some() { 0 } else { self_signed::PORT };
        let made = self_signed::prepare(folder, &mut sources, port);
        made.map_err(|error| Refused::failed(format!("Error: {error:#}.")))?;
    }
    let mut config = Config::load(&sources).map_err(|error| match error.is_of_listening() {
        true => Refused::failed(error),
        false => Refused::wrong(error),
    })?;
    if options.test_config {
        notices_of(&config).for_each(|notice| eprintln!("{}", server_lines::text_of(notice)));
        // Those who test a configuration may not have its secrets at hand.
        if let Err(error) = config.read_passwords() {
            eprintln!("{error}\nWarning: with this the broker would not start.");
        }
        config.read_access().map_err(Refused::wrong)?;
        eprintln!("{TEST_OK}");
        return Ok(Exit::Success);
    }
    if options.exec.is_some() {
        config = for_script(config, &mut sources).map_err(Refused::wrong)?;
    }
    if options.daemon_child {
        daemon::begin().map_err(|error| Refused::failed(format!("Error: {error}")))?;
    }
    let inherited = systemd::sockets().map_err(Refused::failed)?;
    let ready_fd = options.ready_fd.map(ReadyFd::open).transpose().map_err(Refused::wrong)?;
    raise_open_files();
    let (account, shut_out) = choose_account(options, &config).map_err(Refused::wrong)?;
    if let Some(account) = &account {
        account.hand_over(&config).and_then(|()| account.adopt()).map_err(Refused::failed)?;
    }
    let begun = Begun { config, sources, account, shut_out, inherited, ready_fd };
    Ok(serve(begun, options))
}

/// A user, and a folder that it may not write into.
type ShutOut = (String, PathBuf);

/// Who the broker becomes. Where nobody was named and the usual user could not write what it has
/// to, root stays, which is told.
fn choose_account(
    options: &Options,
    config: &Config,
) -> Result<(Option<Account>, Option<ShutOut>), String> {
    let wanted = config.process.user.as_deref();
    // What the command does, it does as who started us, and the keys of a laboratory are for who
    // made them.
    if wanted.is_none() && (options.exec.is_some() || options.tls_self_signed.is_some()) {
        return Ok((None, None));
    }
    let account = Account::choose(wanted)?;
    let usual = account.as_ref().filter(|_| wanted.is_none());
    match usual.and_then(|usual| Some((usual.name().to_owned(), usual.shut_out_of(config)?))) {
        Some(shut_out) => Ok((None, Some(shut_out))),
        None => Ok((account, None)),
    }
}

/// What a temporary broker has where nothing is said: any free port, and a log that does not
/// disturb.
fn for_script(mut config: Config, sources: &mut Sources) -> Result<Config, ConfigError> {
    if config.local_only && sources.ports.is_empty() {
        sources.ports.push(0);
        config = Config::load(sources)?;
    }
    if config.log.types == LogTypes::default() {
        config.log.types = LogTypes::NONE.with(LogType::Error).with(LogType::Warning);
    }
    Ok(config)
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

/// What was prepared.
struct Begun {
    config: Config,
    sources: Sources,
    account: Option<Account>,
    shut_out: Option<ShutOut>,
    inherited: Vec<Inherited>,
    ready_fd: Option<ReadyFd>,
}

fn serve(begun: Begun, options: &Options) -> Exit {
    let config = &begun.config;
    let log = Log::start(config.log.clone());
    let clock = Clock::new();
    let tell = |event: &ServerEvent<'_>| log.report(clock.now(), event);
    tell(&ServerEvent::Starting);
    match &config.file {
        Some(path) => tell(&ServerEvent::ConfigLoaded { path }),
        None => tell(&ServerEvent::DefaultConfig),
    }
    for (name, is_there) in FEATURES {
        tell(&ServerEvent::Feature { name, is_there });
    }
    if let Some(account) = &begun.account {
        tell(&ServerEvent::BecameUser { user: account.name() });
    }
    if let Some((user, folder)) = &begun.shut_out {
        tell(&ServerEvent::StaysRoot { user, folder });
    }
    config.notices.iter().for_each(tell);
    let pid_file = config.process.pid_file.as_deref().map(PidFile::write).transpose();
    let exit = match pid_file {
        Err(words) => refuse(&words, begun.account.as_ref()),
        Ok(_held) => run_server(begun, options, &log),
    };
    tell(&ServerEvent::Terminating);
    // A log that nobody takes must not keep the process.
    let _ = log.close(LOG_WAIT);
    exit
}

/// Starts the server and stays until its end.
fn run_server(begun: Begun, options: &Options, log: &Log) -> Exit {
    let Begun { mut config, sources, account, inherited, ready_fd, .. } = begun;
    if let Err(exit) = read_files(&mut config, log, account.as_ref()) {
        return exit;
    }
    if let Err((name, why)) = Bridges::check(&config) {
        let event = BridgeEvent::Failed { name, why: &why };
        let words = bridge_lines::text_of(&event);
        return refuse_file(&ServerEvent::Bridge(event), &words, log, account.as_ref());
    }
    let bar = if sources.quiet { None } else { Bar::for_terminal() };
    let watch = bar.as_ref().map(Bar::watch);
    let started = Server::start_on(&config, log.clone(), &ask_passphrase, watch, inherited);
    bar.into_iter().for_each(Bar::end);
    let authority = options.tls_self_signed.as_deref().map(self_signed::authority);
    match started {
        Ok(server) => {
            let attendance = Attendance {
                server: &server,
                bridges: Bridges::start(&config, server.door()),
                config: &config,
                sources: &sources,
                log,
                ready_json: options.ready_json,
                is_daemon: options.daemon_child,
                command: options.exec.as_deref(),
                authority: authority.as_deref(),
            };
            attendance.run(ready_fd)
        }
        Err(error) => refuse_start(&error, log, account.as_ref()),
    }
}

/// Reads the files that access depends on, and tells what is questionable about them.
fn read_files(config: &mut Config, log: &Log, account: Option<&Account>) -> Result<(), Exit> {
    match config.read_files() {
        Ok(warnings) => {
            tell_warnings(&warnings, log);
            Ok(())
        }
        Err(error) => {
            let event = ServerEvent::AccessFailed { error: &error };
            Err(refuse_file(&event, &error, log, account))
        }
    }
}

/// Says that a file which is needed cannot be used, even where the log is off, and whose it should be
/// if that is why.
fn refuse_file(event: &ServerEvent<'_>, words: &str, log: &Log, account: Option<&Account>) -> Exit {
    match log.has(LogType::Error) {
        true => log.report(Clock::new().now(), event),
        false => eprintln!("{words}"),
    }
    if let Some(hint) = account::hint(words, account) {
        eprintln!("{hint}");
    }
    Exit::Configuration
}

/// What a configuration says that is questionable, or without effect. That nobody from outside can
/// connect is of interest only when the broker starts.
fn notices_of(config: &Config) -> impl Iterator<Item = &ServerEvent<'static>> {
    config.notices.iter().filter(|notice| !matches!(notice, ServerEvent::LocalOnly))
}

fn tell_warnings(warnings: &[String], log: &Log) {
    for warning in warnings {
        log.report(Clock::new().now(), &ServerEvent::AccessWarning { warning });
    }
}

/// Asks for the passphrase of a key, on the terminal.
fn ask_passphrase(key: &Path) -> std::io::Result<String> {
    rpassword::prompt_password(format!("Passphrase of {}: ", key.display()))
}

/// Says why the server did not start, even where the log is off.
fn refuse_start(error: &StartError, log: &Log, account: Option<&Account>) -> Exit {
    match error {
        StartError::Listen { address, error } if log.has(LogType::Error) => {
            log.report(Clock::new().now(), &ServerEvent::ListenFailed { address, error });
            Exit::Failure
        }
        error => refuse(&format!("Error: {error}"), account),
    }
}

fn refuse(words: &str, account: Option<&Account>) -> Exit {
    eprintln!("{words}");
    if let Some(hint) = account::hint(words, account) {
        eprintln!("{hint}");
    }
    Exit::Failure
}
