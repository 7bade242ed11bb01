//! `-d`: into the background.
//!
//! The program starts itself again instead of forking: nothing unsafe, and whoever calls waits until
//! the broker listens. mosquitto's caller goes on earlier, and does not learn that the start failed.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, PipeReader, Read};
use std::process::{Command, ExitStatus};

use rustix::process::setsid;
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout, stdin};

use crate::cli::exit::Exit;

/// The option that the second process gets.
pub const CHILD: &str = "--daemon-child";

/// Starts the broker with these words in the background and waits until it listens, or has failed:
/// then its messages were printed, and its exit code is ours.
pub fn launch(words: &[OsString]) -> Exit {
    match start(words) {
        Ok(exit) => exit,
        Err(error) => {
            eprintln!("Error: cannot start the broker in the background: {error}");
            Exit::Failure
        }
    }
}

fn start(words: &[OsString]) -> io::Result<Exit> {
    let (mut is_ready, to_us) = io::pipe()?;
    let mut command = Command::new(std::env::current_exe()?);
    // The pipe stands in for an input that a broker has no use for.
    command.arg("broker").args(words).arg(CHILD).stdin(to_us);
    let mut child = command.spawn()?;
    // Only the child may hold the other end, or we would wait for ourselves.
    drop(command);
    match is_told(&mut is_ready)? {
        true => Ok(Exit::Success),
        false => Ok(exit_of(child.wait()?)),
    }
}

fn is_told(is_ready: &mut PipeReader) -> io::Result<bool> {
    Ok(is_ready.read(&mut [0])? > 0)
}

fn exit_of(status: ExitStatus) -> Exit {
    match status.code() {
        Some(0) => Exit::Success,
        Some(3) => Exit::Configuration,
        _ => Exit::Failure,
    }
}

/// The second process leaves the session of the first: no terminal's signals reach it any more.
///
/// # Errors
/// The system refuses it.
pub fn begin() -> io::Result<()> {
    setsid()?;
    Ok(())
}

/// Tells the first process that we listen, and lets go of its input and outputs.
///
/// # Errors
/// There is no `/dev/null`.
pub fn detach() -> io::Result<()> {
    // A caller that was ended meanwhile does not need to know.
    let _ = rustix::io::write(stdin(), b"\n");
    let nowhere = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&nowhere)?;
    dup2_stdout(&nowhere)?;
    dup2_stderr(&nowhere)?;
    Ok(())
}
