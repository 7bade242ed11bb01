//! Error texts of the client tools: what scripts grep for, byte for byte mosquitto's.

use std::io;

use crate::cli::exit::Exit;

/// Error strings as mosquitto's `Error: …` and `Unable to connect (…)` lines carry them.
pub mod text {
    /// The reason in `Unable to connect (…).` for a host that has no address.
    pub const LOOKUP: &str = "Lookup error";
    /// The reason in `Unable to connect (…).` for an option that needs MQTT 5.
    pub const NOT_SUPPORTED: &str = "This feature is not supported";
    /// The reason in `Unable to connect (…).` for what no connection can be made of.
    pub const INVALID: &str = "Invalid input";
    /// Somebody broke the protocol.
    pub const PROTOCOL: &str =
        "A network protocol error occurred when communicating with the broker";
    /// A property that may occur once occurs twice.
    pub const DUPLICATE_PROPERTY: &str = "Duplicate property in property list";
    /// TLS failed.
    pub const TLS: &str = "A TLS error occurred";
    /// The connection ended before the work was done.
    pub const CONNECTION_LOST: &str = "The connection was lost";
    /// The broker did not answer PINGREQ.
    pub const KEEP_ALIVE: &str = "Keepalive exceeded";
    /// The broker sent what is no packet.
    pub const MALFORMED: &str = "Malformed packet";
    /// The broker refused the connection: the second line of `pub` after the reason.
    pub const REFUSED: &str = "The connection was refused";
}

/// What follows `Connection error: ` for the return code of a version 3 CONNACK.
pub const fn connack_v3_text(code: u8) -> &'static str {
    match code {
        1 => "Connection Refused: unacceptable protocol version",
        2 => "Connection Refused: identifier rejected",
        3 => "Connection Refused: broker unavailable",
        4 => "Connection Refused: bad user name or password",
        5 => "Connection Refused: not authorised",
        _ => "Connection Refused: unknown reason",
    }
}

/// The operating system's text for an error, without the number that [`io::Error`] appends.
pub fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Nothing to run: what to print instead, and how to end. Help and version are answers too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Bytes for stdout.
    pub stdout: Vec<u8>,
    /// Bytes for stderr.
    pub stderr: Vec<u8>,
    /// How the program ends.
    pub exit: Exit,
}

impl Answer {
    /// What clap has to say about words: help and version where they were asked for, otherwise what
    /// is wrong with them.
    pub fn of_clap(error: &clap::Error) -> Self {
        let text = error.render().to_string().into_bytes();
        match error.use_stderr() {
            true => Answer { stdout: Vec::new(), stderr: text, exit: Exit::Failure },
            false => Answer { stdout: text, stderr: Vec::new(), exit: Exit::Success },
        }
    }
}

/// Prints what clap has to say about words; how the program ends then, `wrong` if it is a mistake.
pub fn print_clap(error: &clap::Error, wrong: Exit) -> Exit {
    // A closed output changes nothing about the outcome.
    let _ = error.print();
    if error.use_stderr() { wrong } else { Exit::Success }
}

/// A problem with the command line.
///
/// A message is bytes, because what it quotes need not be UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The lines above the hint, without the last end of line.
    pub message: Vec<u8>,
    /// What stands below it.
    pub tail: Tail,
}

/// What follows the message of a [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Two empty lines and the hint to `--help`: most complaints about one option.
    GapAndHint,
    /// One empty line and the hint.
    Hint,
    /// The full usage text, on stdout.
    Usage,
    /// Nothing, with the exit code.
    Nothing(Exit),
}

impl Problem {
    /// A complaint about one option.
    pub fn option(message: impl Into<Vec<u8>>) -> Problem {
        Problem { message: message.into(), tail: Tail::GapAndHint }
    }

    /// A complaint about a value or a combination.
    pub fn usage(message: impl Into<Vec<u8>>) -> Problem {
        Problem { message: message.into(), tail: Tail::Hint }
    }

    /// A complaint that help can't cure: exit 1 without a hint.
    pub fn plain(message: impl Into<Vec<u8>>) -> Problem {
        Problem { message: message.into(), tail: Tail::Nothing(Exit::Failure) }
    }
}

/// Why reading the command line stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Something is wrong with it.
    Problem(Problem),
    /// `--help`.
    Help,
    /// `--version`.
    Version,
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Stop {
        Stop::Problem(problem)
    }
}
