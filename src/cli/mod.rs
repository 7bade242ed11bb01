//! The command line: one file a subcommand.

use std::process::ExitCode;

pub mod args;
pub mod check;
pub mod draft;
pub mod errors;
pub mod exit;
pub mod finish;
pub mod format;
pub mod help;
pub mod json;
pub mod moment;
pub mod number;
pub mod options;
pub mod property;
pub mod table;
pub mod url;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
