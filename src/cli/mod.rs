//! The command line: one file a subcommand.

use std::io::Write;
use std::process::ExitCode;

pub mod args;
pub mod bench;
pub mod broker;
pub mod check;
pub mod choice;
pub mod compat;
pub mod config;
pub mod conn;
pub mod console;
pub mod dispatch;
pub mod draft;
pub mod duration;
pub mod errors;
pub mod examine;
pub mod exit;
pub mod finish;
pub mod format;
pub mod help;
pub mod json;
pub mod life;
pub mod links;
pub mod moment;
pub mod ndjson;
pub mod number;
pub mod options;
pub mod own;
pub mod passwd;
pub mod profile;
pub mod property;
pub mod proxy;
pub mod publish;
pub mod records;
pub mod retained;
pub mod rr;
pub mod running;
pub mod secret;
pub mod settings;
pub mod shape;
pub mod signals;
pub mod startup;
pub mod store;
pub mod sub;
pub mod table;
pub mod tls;
pub mod trace;
pub mod unreachable;
pub mod url;
pub mod waiting;
pub mod watch;
pub mod wills;

use args::Places;
use dispatch::Invocation;
use errors::Answer;
use exit::Exit;
use options::Connection;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let places = Places::from_env();
    match dispatch::read(&words, &places) {
        Invocation::Answer(answer) => print(&answer).into(),
        Invocation::Sub(options) => ended(&options.connection, sub::run(&options)),
        Invocation::Pub(options) => ended(&options.connection, publish::run(&options)),
        Invocation::Rr(options) => ended(&options.connection, rr::run(&options)),
        Invocation::Retained(options) => ended(&options.sub.connection, retained::run(&options)),
        Invocation::Conn(options) => ended(&options.connection, conn::run(&options)),
        Invocation::Watch(options) => ended(&options.connection, watch::run(&options)),
        Invocation::Wills(options) => ended(&options.connection, wills::run(&options)),
        Invocation::Link(words) => print(&links::run(&words)).into(),
        Invocation::Profile(words) => print(&profile::command::run(&words, &places)).into(),
        Invocation::Passwd(words) => passwd::run(&words).into(),
        Invocation::Store(words) => store::run(&words).into(),
        Invocation::Config(words) => print(&config::run(&words)).into(),
        Invocation::Check(options) => examine::run(&options).into(),
        Invocation::Bench(words) => bench::run(&words).into(),
        Invocation::Broker(words) => broker::run(words).into(),
    }
}

/// How a client tool ended, in the numbers that were asked for.
fn ended(connection: &Connection, exit: Exit) -> ExitCode {
    match connection.own.is_strict {
        true => ExitCode::from(exit.strict_code()),
        false => exit.into(),
    }
}

/// Prints an answer. A closed stdout or stderr does not change how the program ends.
fn print(answer: &Answer) -> Exit {
    let _ = std::io::stderr().write_all(&answer.stderr);
    let _ = std::io::stdout().write_all(&answer.stdout);
    answer.exit
}
