//! Our clients under mosquitto's names, beside Debian's clients: what has not changed since 2.0 is
//! the same to the byte.
//!
//! The clients of 2.0.11 must be installed; without them these tests fail.

mod format;
mod usage;

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::support::lastwill;

/// What a tool printed, and how it ended.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Runs a tool of Debian's package.
fn theirs(tool: &str, args: &[impl AsRef<OsStr>]) -> Outcome {
    outcome(&mut Command::new(tool), args)
}

/// Runs our program under the name of that tool.
fn ours(tool: &str, args: &[impl AsRef<OsStr>]) -> Outcome {
    outcome(Command::new(lastwill()).arg0(tool), args)
}

/// Without option files and in one time zone.
fn outcome(command: &mut Command, args: &[impl AsRef<OsStr>]) -> Outcome {
    let command = command.args(args).env_remove("HOME").env_remove("XDG_CONFIG_HOME");
    let output = command.env("TZ", "Asia/Kolkata").stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Outcome { code: output.status.code(), stdout: output.stdout, stderr: output.stderr }
}
