//! The command line: one file a subcommand.

use std::process::ExitCode;

pub mod args;
pub mod broker;
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
    let mut words = std::env::args_os().skip(1);
    match words.next() {
        Some(word) if word == "broker" => broker::run(words).into(),
        _ => ExitCode::FAILURE,
    }
}
