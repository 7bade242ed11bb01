//! Programs that live as long as a measurement: a broker under test, and the floor.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::clock::Clock;
use crate::transport::connect::Target as Far;

use super::figures::BenchError;
use super::watch::Watch;

/// How long a program may take to listen.
const START: Duration = Duration::from_secs(20);
/// How long it may take to end in order.
const END: Duration = Duration::from_secs(5);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Bytes of the last words of a program that are kept.
const TAIL_BYTES_MAX: usize = 2048;

/// A program that is ended, with all that it has started, when this is dropped.
#[derive(Debug)]
pub struct Spawned {
    child: Child,
    port: u16,
    watch: Watch,
}

/// A port of this machine that is free now.
///
/// # Errors
/// There is none.
pub fn free_port() -> Result<u16, BenchError> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = bound.and_then(|listener| listener.local_addr());
    let failed = |error| BenchError::System(format!("there is no free port: {error}"));
    Ok(address.map_err(failed)?.port())
}

impl Spawned {
    /// Starts a command of the shell and waits until somebody listens where the broker should be.
    ///
    /// # Errors
    /// Nobody does, it ends, or somebody did before; or the watch ends the wait.
    pub fn broker(command: &str, place: &Far, watch: &Watch) -> Result<Spawned, BenchError> {
        let failed = |why: String| BenchError::System(format!("--spawn: {why}: {command}"));
        if is_listening(place) {
            let why = format!("somebody listens on {} already", name(place));
            return Err(failed(why));
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = start(shell.stderr(Stdio::piped()))?;
        let last_words = child.stderr.take().map(keep_tail);
        let mut spawned = Spawned { child, port: 0, watch: watch.clone() };
        let clock = Clock::new();
        while !is_listening(place) {
            if watch.is_stopped() {
                return Err(BenchError::Ended("ended before the broker listened".to_owned()));
            }
            if let Ok(Some(status)) = spawned.child.try_wait() {
                let why = format!("the command ended at once, {status}");
                return Err(said(failed(why), last_words.as_ref()));
            }
            if Duration::from_nanos(clock.elapsed_nanos()) > START {
                let (name, secs) = (name(place), START.as_secs());
                let why = format!("nobody listens on {name} after {secs} s");
                return Err(said(failed(why), last_words.as_ref()));
            }
            sleep(LOOK);
        }
        Ok(spawned)
    }

    /// Starts a program that prints the port on which it listens as its first line, and ends when
    /// its standard input does.
    ///
    /// # Errors
    /// It does not.
    pub fn floor(command: &mut Command, watch: &Watch) -> Result<Spawned, BenchError> {
        let mut child = start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            // Without a line there is no port.
            let _ = BufReader::new(stdout).read_line(&mut line);
        }
        let mut spawned = Spawned { child, port: 0, watch: watch.clone() };
        let silent = || BenchError::System("the floor did not start".to_owned());
        spawned.port = line.trim().parse().map_err(|_| silent())?;
        Ok(spawned)
    }

    /// Where it listens on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

/// Whether somebody takes connections there.
fn is_listening(place: &Far) -> bool {
    match place {
        Far::Tcp { host, port } => TcpStream::connect((host.as_str(), *port)).is_ok(),
        Far::Unix(path) => UnixStream::connect(path).is_ok(),
        _ => false,
    }
}

fn name(place: &Far) -> String {
    match place {
        Far::Tcp { port, .. } => format!("port {port}"),
        Far::Unix(path) => path.display().to_string(),
        _ => "that place".to_owned(),
    }
}

/// Reads what a program says on standard error, so that it never waits for a reader, and keeps the
/// end of it.
fn keep_tail(mut from: ChildStderr) -> Arc<Mutex<Vec<u8>>> {
    let tail = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&tail);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(&buffer[..count]);
            let excess = kept.len().saturating_sub(TAIL_BYTES_MAX);
            kept.drain(..excess);
        }
    });
    tail
}

/// An error with the last line that the program has said.
fn said(error: BenchError, tail: Option<&Arc<Mutex<Vec<u8>>>>) -> BenchError {
    let Some(tail) = tail else { return error };
    // What it has said at its end may still be on its way.
    sleep(LOOK);
    let tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&tail);
    // What is wrong often stands before a farewell.
    let is_error = |line: &&str| line.to_ascii_lowercase().contains("error");
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    match text.lines().find(is_error).or(last) {
        Some(line) => {
            error.map(|why| format!("{why}: it said: {}", line.trim().trim_end_matches('.')))
        }
        None => error,
    }
}

/// Starts a program in a process group of its own, so that all of it can be ended.
fn start(command: &mut Command) -> Result<Child, BenchError> {
    let failed = |error| BenchError::System(format!("no program was started: {error}"));
    command.process_group(0).spawn().map_err(failed)
}

impl Drop for Spawned {
    fn drop(&mut self) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let clock = Clock::new();
        for signal in [Signal::TERM, Signal::KILL] {
            if let Some(group) = group {
                // A group that has gone needs no signal.
                let _ = kill_process_group(group, signal);
            }
            let deadline = clock.elapsed_nanos() + END.as_nanos() as u64;
            while !self.has_ended()
                && !self.watch.is_abandoned()
                && clock.elapsed_nanos() < deadline
            {
                sleep(LOOK);
            }
        }
    }
}
