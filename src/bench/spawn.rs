//! Programs that live as long as a measurement: a broker under test, and the floor.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::clock::Clock;

use super::figures::BenchError;

/// How long a program may take to listen.
const START: Duration = Duration::from_secs(20);
/// How long it may take to end in order.
const END: Duration = Duration::from_secs(5);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A program that is ended, with all that it has started, when this is dropped.
#[derive(Debug)]
pub struct Spawned {
    child: Child,
    port: u16,
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
    /// Starts a command of the shell and waits until it listens on the port.
    ///
    /// # Errors
    /// It does not, or it ends.
    pub fn broker(command: &str, port: u16) -> Result<Spawned, BenchError> {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", command])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut spawned = Spawned { child: start(&mut shell)?, port };
        let clock = Clock::new();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Ok(Some(status)) = spawned.child.try_wait() {
                let why = format!("--spawn: the command ended at once, {status}: {command}");
                return Err(BenchError::System(why));
            }
            if Duration::from_nanos(clock.elapsed_nanos()) > START {
                let secs = START.as_secs();
                let why =
                    format!("--spawn: nobody listens on port {port} after {secs} s: {command}");
                return Err(BenchError::System(why));
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
    pub fn floor(command: &mut Command) -> Result<Spawned, BenchError> {
        let mut child = start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            // Without a line there is no port.
            let _ = BufReader::new(stdout).read_line(&mut line);
        }
        let mut spawned = Spawned { child, port: 0 };
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
            while !self.has_ended() && clock.elapsed_nanos() < deadline {
                sleep(LOOK);
            }
        }
    }
}
