//! `lastwill bench`: measure a broker.

mod args;
mod html;
mod json;
mod report;
mod summary;
mod turns;
mod verdict;

use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{slice, thread};

use indicatif::{ProgressBar, ProgressStyle};

use crate::bench::{self, BenchError, Entry, Spawned, Watch};
use crate::cli::errors::print_clap;
use crate::cli::exit::Exit;
use crate::cli::signals::{self, Signals};
use crate::cli::unreachable;
use crate::transport::connect::{Endpoint, Target};

use args::Options;
pub use args::command;

/// How often the bar moves.
const STEP: Duration = Duration::from_millis(100);

/// Does what the words behind `bench` ask for.
pub fn run(words: &[OsString]) -> Exit {
    let name = OsString::from("lastwill bench");
    let matches = match command().try_get_matches_from([&name].into_iter().chain(words)) {
        Ok(matches) => matches,
        Err(error) => return print_clap(&error, Exit::Failure),
    };
    if matches.get_flag("relay") {
        return be_the_floor();
    }
    let options = match Options::read(&matches) {
        Ok(options) => options,
        Err(why) => return complain(&why, Exit::Failure),
    };
    match carry_out(options) {
        Ok(exit) => exit,
        Err(error) => complain_of(&error),
    }
}

/// Measures, with the programs running that this needs.
fn carry_out(mut options: Options) -> Result<Exit, BenchError> {
    let watch = Watch::default();
    heed_signals(&watch).map_err(|error| BenchError::System(error.to_string()))?;
    let place = &options.target.endpoint.target;
    let spawned = match &options.spawn {
        Some(command) => Some(Spawned::broker(command, place, &watch)?),
        None => None,
    };
    options.target.pid = spawned.as_ref().map(Spawned::pid).or(options.target.pid);
    let relay = if options.floor { Some(start_floor(&watch)?) } else { None };
    options.others.extend(relay.as_ref().map(|relay| floor(&options.target, relay)));
    let entries = measure(&options, &watch)?;
    Ok(tell(&options, &entries))
}

/// From now on a signal ends the measurement in order, and a second one at once.
fn heed_signals(watch: &Watch) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = Some(runtime.block_on(async { Signals::new() })?);
    let watch = watch.clone();
    let heed = move || {
        runtime.block_on(async {
            loop {
                signals::next(&mut signals).await;
                watch.stop();
            }
        });
    };
    thread::Builder::new().name("signals".to_owned()).spawn(heed).map(drop)
}

/// Starts a relay that knows no MQTT, in a process of its own so that its cost is counted alike.
fn start_floor(watch: &Watch) -> Result<Spawned, BenchError> {
    let program = std::env::current_exe();
    let program = program.map_err(|error| BenchError::System(error.to_string()))?;
    Spawned::floor(Command::new(program).args(["bench", "--relay"]), watch)
}

/// The relay in place of a broker. Whatever the way to the broker is, the one to it is plain TCP.
fn floor(broker: &bench::Target, relay: &Spawned) -> bench::Target {
    let target = Target::Tcp { host: "127.0.0.1".to_owned(), port: relay.port() };
    let own = &broker.endpoint;
    let endpoint = Endpoint {
        target,
        bind: None,
        proxy: None,
        tls: None,
        psk: None,
        websocket: false,
        ..own.clone()
    };
    let is_plain = matches!(own.target, Target::Tcp { .. })
        && own.proxy.is_none()
        && own.tls.is_none()
        && own.psk.is_none()
        && !own.websocket;
    let name = if is_plain { "the floor" } else { "the floor (plain TCP)" };
    let pid = Some(relay.pid());
    bench::Target { name: name.to_owned(), endpoint, pid, metrics: None, ..broker.clone() }
}

/// Relays until whoever wanted it goes: standard input ends then.
fn be_the_floor() -> Exit {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let listening = listener.and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
    match listening {
        Ok((port, listener)) => {
            let _ = writeln!(io::stdout(), "{port}");
            thread::spawn(move || bench::relay(listener));
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            Exit::Success
        }
        Err(error) => complain(&error.to_string(), Exit::System),
    }
}

fn complain(why: &str, exit: Exit) -> Exit {
    let end = if why.ends_with('?') { "" } else { "." };
    let _ = writeln!(io::stderr(), "Error: {why}{end}");
    exit
}

/// Says why there are no figures.
fn complain_of(error: &BenchError) -> Exit {
    let exit = match error {
        BenchError::Plan(_) => Exit::Failure,
        BenchError::Unreachable(what, error) => {
            let (why, exit) = unreachable::reason(error);
            return complain(&format!("{what}: {why}"), exit);
        }
        BenchError::Refused(code, _) => Exit::Refused(*code),
        BenchError::Lost(_) => Exit::ConnectionLost,
        BenchError::Protocol(_) => Exit::Protocol,
        BenchError::System(_) => Exit::System,
        BenchError::Ended(_) => Exit::NotConnected,
    };
    complain(&error.to_string(), exit)
}

/// Runs all rounds, with a bar on a terminal. A signal ends it: what there is then is printed.
fn measure(options: &Options, watch: &Watch) -> Result<Vec<Entry>, BenchError> {
    let (plan, rounds) = (options.plan.clone(), options.turns.rounds);
    let targets = [slice::from_ref(&options.target), &options.others].concat();
    let bar = bar();
    let (seen, told) = (watch.clone(), bar.clone());
    let (sender, receiver) = mpsc::channel();
    let contest = move || {
        let entries = bench::contest(&plan, &targets, rounds, &seen, |turn, turns| {
            if let Some(bar) = told.as_ref().filter(|_| turns > 1) {
                bar.set_message(format!("turn {} of {turns} ", turn + 1));
            }
        });
        // Whoever waited for it may have given up.
        let _ = sender.send(entries);
    };
    let spawned = thread::Builder::new().name("bench".to_owned()).spawn(contest);
    spawned.map_err(|error| BenchError::System(error.to_string()))?;
    let mut is_told = false;
    let entries = loop {
        match receiver.recv_timeout(STEP) {
            Ok(entries) => break entries,
            Err(RecvTimeoutError::Timeout) if watch.is_abandoned() => {
                break Err(BenchError::Ended("ended at once by a second signal".to_owned()));
            }
            Err(RecvTimeoutError::Timeout) => step(bar.as_ref(), watch),
            Err(RecvTimeoutError::Disconnected) => {
                break Err(BenchError::System("the measurement has failed".to_owned()));
            }
        }
        if watch.is_stopped() && !std::mem::replace(&mut is_told, true) {
            let tell = || writeln!(io::stderr(), "Ending in order; a second signal ends at once.");
            // Without a reader nobody is told.
            let _ = bar.as_ref().map_or_else(tell, |bar| bar.suspend(tell));
        }
    };
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    entries
}

fn bar() -> Option<ProgressBar> {
    if !io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg}{wide_bar} {percent} % {elapsed}") {
        bar.set_style(style);
    }
    Some(bar)
}

fn step(bar: Option<&ProgressBar>, watch: &Watch) {
    if let Some(bar) = bar {
        let (done, total) = watch.progress();
        bar.set_length(total);
        bar.set_position(done);
    }
}

/// Gives what was found: text or JSON, and the report. A reader that has gone does not change how the
/// program ends.
fn tell(options: &Options, entries: &[Entry]) -> Exit {
    let mut stdout = io::stdout();
    let written = stdout.write_all(results(options, entries).as_bytes());
    if let Err(error) = written.and_then(|()| stdout.flush())
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        return complain(&format!("cannot write the figures: {error}"), Exit::System);
    }
    if let Some(path) = &options.turns.report
        && let Err(error) = fs::write(path, html::page(&options.plan, entries))
    {
        return complain(&format!("cannot write {}: {error}", path.display()), Exit::System);
    }
    let broken = verdict::broken(&options.plan, entries);
    broken.iter().fold(Exit::Success, |_, why| complain(why, Exit::PromiseBroken))
}

fn results(options: &Options, entries: &[Entry]) -> String {
    let plan = &options.plan;
    if options.turns.is_json {
        return format!("{}\n", json::document(plan, entries));
    }
    match entries {
        [entry] if entry.rounds.len() == 1 => {
            entry.rounds.iter().map(|figures| report::text(plan, figures)).collect()
        }
        [entry, floor] if options.floor && entry.rounds.len() == 1 => {
            let round = floor.rounds.first();
            let each = entry.rounds.iter();
            each.map(|of| report::text(plan, of) + &report::floor(of, &floor.name, round)).collect()
        }
        _ => summary::text(plan, entries),
    }
}
