//! Our clients under mosquitto's names, beside Debian's clients: what has not changed since 2.0 is
//! the same to the byte.
//!
//! The clients of 2.0.11 must be installed; without them these tests fail.

mod broker;
mod format;
mod usage;
mod wire;

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use crate::support::lastwill;

/// What a tool printed, and how it ended.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Outcome {
    /// Waits for the end of a program.
    fn of(child: Child) -> Self {
        let output = child.wait_with_output().unwrap();
        Outcome { code: output.status.code(), stdout: output.stdout, stderr: output.stderr }
    }
}

/// Runs a tool of Debian's package.
fn theirs(tool: &str, args: &[impl AsRef<OsStr>]) -> Outcome {
    Outcome::of(start(theirs_command(tool).args(args).stdin(Stdio::null())))
}

/// Runs our program under the name of that tool.
fn ours(tool: &str, args: &[impl AsRef<OsStr>]) -> Outcome {
    Outcome::of(start(ours_command(tool).args(args).stdin(Stdio::null())))
}

/// A tool of Debian's package.
fn theirs_command(tool: &str) -> Command {
    Command::new(tool)
}

/// Our program under the name of that tool.
fn ours_command(tool: &str) -> Command {
    let mut command = Command::new(lastwill());
    command.arg0(tool);
    command
}

/// Our program under the name of that tool, following version 2.0.
fn ours_20(tool: &str) -> Command {
    let mut command = ours_command(tool);
    command.env("LASTWILL_COMPAT", "2.0");
    command
}

/// Starts a command without option files and in one time zone.
fn start(command: &mut Command) -> Child {
    let command = command.env_remove("HOME").env_remove("XDG_CONFIG_HOME");
    let command = command.env("TZ", "Asia/Kolkata");
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}
