//! Which tool is meant: by the name of the program, then by the first word.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::Command;

use crate::cli::args::{self, Places};
use crate::cli::errors::Answer;
use crate::cli::examine::CheckOptions;
use crate::cli::exit::Exit;
use crate::cli::options::{Called, ConnOptions, PubOptions, RrOptions, SubOptions, WatchOptions};
use crate::cli::retained::{RetainedOptions, Verb};
use crate::cli::table::Tool;
use crate::cli::{bench, broker, config, help, links, passwd, profile, store};

/// What the command line asks for.
#[derive(Clone, Debug)]
pub enum Invocation {
    /// Subscribe.
    Sub(Box<SubOptions>),
    /// Publish.
    Pub(Box<PubOptions>),
    /// Ask and wait for the response.
    Rr(Box<RrOptions>),
    /// Look at retained messages.
    Retained(Box<RetainedOptions>),
    /// Connect and hold a will.
    Conn(Box<ConnOptions>),
    /// Watch who is online.
    Watch(Box<WatchOptions>),
    /// List the wills that the broker holds.
    Wills(Box<ConnOptions>),
    /// Examine a broker.
    Check(Box<CheckOptions>),
    /// Measure a broker with these words behind `bench`.
    Bench(Vec<OsString>),
    /// Run a broker with these words behind `broker`.
    Broker(Vec<OsString>),
    /// Look into a store with these words behind `store`.
    Store(Vec<OsString>),
    /// Make or change a password file with these words behind `passwd`.
    Passwd(Vec<OsString>),
    /// Explain a configuration with these words behind `config`.
    Config(Vec<OsString>),
    /// Make links under mosquitto's names, with these words behind `link`.
    Link(Vec<OsString>),
    /// List, show or change profiles with these words behind `profile`.
    Profile(Vec<OsString>),
    /// Print something and end.
    Answer(Answer),
}

/// Reads a whole command line, `words[0]` being the name of the program.
pub fn read(words: &[OsString], places: &Places) -> Invocation {
    let (program, words) = match words {
        [program, words @ ..] => (program.as_os_str(), words),
        [] => (OsStr::new("lastwill"), words),
    };
    let name = Path::new(program).file_name().unwrap_or(program);
    match name.to_str() {
        Some("mosquitto") => match broker::alias::read(words) {
            Ok(words) => Invocation::Broker(words),
            Err(answer) => Invocation::Answer(answer),
        },
        Some("mosquitto_sub") => sub(Called::Mosquitto, words, places),
        Some("mosquitto_pub") => publish(Called::Mosquitto, words, places),
        Some("mosquitto_rr") => rr(Called::Mosquitto, words, places),
        Some("mosquitto_passwd") => Invocation::Passwd(words.to_vec()),
        _ => lastwill(words, places),
    }
}

fn lastwill(words: &[OsString], places: &Places) -> Invocation {
    let first = words.first().and_then(|word| word.to_str());
    let second = words.get(1).and_then(|word| word.to_str());
    let help = [OsString::from("--help")];
    match (first, second) {
        (Some("sub"), _) => sub(Called::Lastwill, &words[1..], places),
        (Some("pub"), _) => publish(Called::Lastwill, &words[1..], places),
        (Some("rr"), _) => rr(Called::Lastwill, &words[1..], places),
        (Some("retained"), _) => retained(&words[1..], places),
        (Some("conn"), _) => conn(&words[1..], places),
        (Some("watch"), _) => watch(&words[1..], places),
        (Some("wills"), _) => wills(&words[1..], places),
        (Some("check"), _) => check(&words[1..], places),
        (Some("bench"), _) => Invocation::Bench(words[1..].to_vec()),
        (Some("broker"), _) => Invocation::Broker(words[1..].to_vec()),
        (Some("passwd"), _) => Invocation::Passwd(words[1..].to_vec()),
        (Some("link"), _) => Invocation::Link(words[1..].to_vec()),
        (Some("profile"), _) => Invocation::Profile(words[1..].to_vec()),
        (Some("config"), _) => Invocation::Config(words[1..].to_vec()),
        (Some("store"), _) => Invocation::Store(words[1..].to_vec()),
        (Some("help"), Some("config")) => Invocation::Config(help.to_vec()),
        (Some("help"), Some("store")) => Invocation::Store(help.to_vec()),
        (Some("help"), Some("passwd")) => Invocation::Passwd(help.to_vec()),
        (Some("help"), Some("link")) => Invocation::Link(help.to_vec()),
        (Some("help"), Some("profile")) => Invocation::Profile(help.to_vec()),
        (Some("help"), Some("sub")) => sub(Called::Lastwill, &help, places),
        (Some("help"), Some("pub")) => publish(Called::Lastwill, &help, places),
        (Some("help"), Some("rr")) => rr(Called::Lastwill, &help, places),
        (Some("help"), Some("retained")) => retained(&help, places),
        (Some("help"), Some("conn")) => conn(&help, places),
        (Some("help"), Some("watch")) => watch(&help, places),
        (Some("help"), Some("wills")) => wills(&help, places),
        (Some("help"), Some("check")) => check(&help, places),
        (Some("help"), Some("bench")) => Invocation::Bench(help.to_vec()),
        (Some("help"), Some("broker")) => Invocation::Broker(help.to_vec()),
        _ => Invocation::Answer(overview(words)),
    }
}

fn sub(called: Called, words: &[OsString], places: &Places) -> Invocation {
    match args::sub(called, words, places) {
        Ok(options) => Invocation::Sub(Box::new(options)),
        Err(answer) => Invocation::Answer(answer),
    }
}

fn publish(called: Called, words: &[OsString], places: &Places) -> Invocation {
    match args::publish(called, words, places) {
        Ok(options) => Invocation::Pub(Box::new(options)),
        Err(answer) => Invocation::Answer(answer),
    }
}

fn rr(called: Called, words: &[OsString], places: &Places) -> Invocation {
    match args::rr(called, words, places) {
        Ok(options) => Invocation::Rr(Box::new(options)),
        Err(answer) => Invocation::Answer(answer),
    }
}

/// The verb is the first word; without one there is help, or a complaint about it.
fn retained(words: &[OsString], places: &Places) -> Invocation {
    let first = words.first().and_then(|word| word.to_str()).unwrap_or_default();
    let outcome = match Verb::of(first) {
        Some(verb) => args::retained(verb, &words[1..], places),
        None if matches!(first, "--help" | "--version") => {
            args::retained(Verb::List, &words[..1], places)
        }
        None => Err(Answer {
            stdout: Vec::new(),
            stderr: format!(
                "Error: retained needs a command: list, get or remove, not '{first}'.\n\n\
                 Use 'lastwill retained --help' to see usage.\n"
            )
            .into_bytes(),
            exit: Exit::Failure,
        }),
    };
    match outcome {
        Ok(options) => Invocation::Retained(Box::new(options)),
        Err(answer) => Invocation::Answer(answer),
    }
}

fn conn(words: &[OsString], places: &Places) -> Invocation {
    match args::conn(words, places) {
        Ok(options) => Invocation::Conn(Box::new(options)),
        Err(answer) => Invocation::Answer(answer),
    }
}

fn watch(words: &[OsString], places: &Places) -> Invocation {
    match args::watch(words, places) {
        Ok(options) => Invocation::Watch(Box::new(options)),
        Err(answer) => Invocation::Answer(answer),
    }
}

fn wills(words: &[OsString], places: &Places) -> Invocation {
    match args::wills(words, places) {
        Ok(options) => Invocation::Wills(Box::new(options)),
        Err(answer) => Invocation::Answer(answer),
    }
}

fn check(words: &[OsString], places: &Places) -> Invocation {
    match args::check(words, places) {
        Ok(options) => Invocation::Check(Box::new(options)),
        Err(answer) => Invocation::Answer(answer),
    }
}

/// The program as clap knows it.
pub fn command() -> Command {
    Command::new("lastwill")
        .version(env!("CARGO_PKG_VERSION"))
        .about("MQTT tools around the Will Message: a broker and two clients")
        .long_about(
            "MQTT tools around the Will Message: a broker and two clients.\n\nCalled through a \
             link named mosquitto_sub, mosquitto_pub, mosquitto_rr, mosquitto_passwd or mosquitto, the \
             program is that tool.",
        )
        .arg_required_else_help(true)
        .subcommand_required(true)
        .subcommand(broker::command())
        .subcommand(help::command(Tool::Sub, Called::Lastwill))
        .subcommand(help::command(Tool::Pub, Called::Lastwill))
        .subcommand(help::command(Tool::Rr, Called::Lastwill))
        .subcommand(help::command(Tool::Retained, Called::Lastwill))
        .subcommand(help::command(Tool::Conn, Called::Lastwill))
        .subcommand(help::command(Tool::Watch, Called::Lastwill))
        .subcommand(help::command(Tool::Wills, Called::Lastwill))
        .subcommand(store::command())
        .subcommand(config::command())
        .subcommand(help::command(Tool::Check, Called::Lastwill))
        .subcommand(bench::command())
        .subcommand(passwd::command())
        .subcommand(links::command())
        .subcommand(profile::command::command())
}

/// The answer to a command line that names no tool.
fn overview(words: &[OsString]) -> Answer {
    let program = OsString::from("lastwill");
    match command().try_get_matches_from([&program].into_iter().chain(words)) {
        Ok(_) => Answer {
            stdout: Vec::new(),
            stderr: command().render_help().to_string().into_bytes(),
            exit: Exit::Failure,
        },
        Err(error) => Answer::of_clap(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_line(line: &str) -> Invocation {
        let words: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        read(&words, &Places::default())
    }

    #[track_caller]
    fn answer(line: &str) -> Answer {
        match read_line(line) {
            Invocation::Answer(answer) => answer,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_name_of_the_program_decides_first() {
        for (line, called) in [
            ("mosquitto_sub -t a", Called::Mosquitto),
            ("/usr/bin/mosquitto_sub -t a", Called::Mosquitto),
            ("lastwill sub -t a", Called::Lastwill),
            ("./other-name sub -t a", Called::Lastwill),
        ] {
            match read_line(line) {
                Invocation::Sub(options) => assert_eq!(options.connection.called, called, "{line}"),
                other => panic!("{line}: {other:?}"),
            }
        }
        assert!(matches!(read_line("mosquitto_pub -t a -n"), Invocation::Pub(_)));
        assert!(matches!(read_line("lastwill pub -t a -n"), Invocation::Pub(_)));
        let Invocation::Broker(words) = read_line("lastwill broker -p 0") else {
            panic!("a broker");
        };
        assert_eq!(words, ["-p", "0"]);
        let Invocation::Broker(words) = read_line("/usr/sbin/mosquitto -p 1884") else {
            panic!("a broker");
        };
        assert_eq!(words, ["--port=1884"]);
        assert_eq!(answer("mosquitto --bogus").exit, Exit::Configuration);
        for line in ["/opt/bin/mosquitto_rr -t a -e b -n", "lastwill rr -t a -n"] {
            assert!(matches!(read_line(line), Invocation::Rr(_)), "{line}");
        }
        let rr = answer("mosquitto_rr -t a -n");
        assert!(rr.stderr.starts_with(b"Error: All of topic, message, and response topic must be"));
    }

    #[test]
    fn help_of_a_tool_is_the_same_by_both_ways() {
        assert_eq!(answer("lastwill help sub"), answer("lastwill sub --help"));
        assert_eq!(answer("lastwill help pub"), answer("lastwill pub --help"));
        assert_eq!(answer("lastwill help sub").exit, Exit::Success);
        assert!(matches!(read_line("lastwill help broker"), Invocation::Broker(_)));
    }

    #[test]
    fn asked_for_help_goes_to_stdout_and_anything_else_to_stderr() {
        for line in ["lastwill --help", "lastwill help", "lastwill --version"] {
            let answer = answer(line);
            assert_eq!((answer.exit, answer.stderr.len()), (Exit::Success, 0), "{line}");
            assert!(answer.stdout.starts_with(b"lastwill 0.") || answer.stdout.len() > 300);
        }
        for (line, part) in [("lastwill", "Commands:"), ("lastwill subb", "'subb'"), ("", "broker")]
        {
            let answer = answer(line);
            assert_eq!((answer.exit, answer.stdout.len()), (Exit::Failure, 0), "{line}");
            assert!(String::from_utf8_lossy(&answer.stderr).contains(part), "{line}");
        }
    }
}
