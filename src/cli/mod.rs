//! The command line: one file a subcommand.

use std::process::ExitCode;

pub mod format;
pub mod options;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
