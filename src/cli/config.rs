//! `lastwill config explain FILE`: the effective configuration, and where each value came from.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use crate::cli::errors::Answer;
use crate::cli::exit::Exit;
use crate::config::explain::{self, Section};
use crate::config::{Config, Sources};

const EXAMPLES: &str = "\
Examples:
  lastwill config explain /etc/mosquitto/mosquitto.conf
  lastwill config explain --json broker.conf | jq '.broker.max_packet_size'";

/// The subcommand as clap knows it.
pub fn command() -> Command {
    let explain = Command::new("explain")
        .about("Print every option with its value and where that came from; secrets are not shown")
        .arg(
            Arg::new("FILE").value_parser(clap::value_parser!(PathBuf)).help(
                "Configuration file, in the syntax of mosquitto.conf; without one the defaults",
            ),
        )
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print one JSON object"))
        .arg(
            Arg::new("set")
                .long("set")
                .value_name("NAME=VALUE")
                .action(ArgAction::Append)
                .help("Set one option, as for the broker. May be repeated"),
        )
        .arg(
            Arg::new("compat")
                .long("compat")
                .value_name("BROKER")
                .value_parser(["mosquitto"])
                .help("Behave as another broker does where there is a choice"),
        );
    Command::new("config")
        .bin_name("lastwill config")
        .about("Explain a configuration of the broker")
        .no_binary_name(true)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(explain)
        .after_help(EXAMPLES)
}

/// Does what the words after `config` ask for. Exit 3 is a configuration with mistakes.
pub fn run(words: &[OsString]) -> Answer {
    let matches = match command().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return Answer::of_clap(&error),
    };
    match matches.subcommand() {
        Some((_, matches)) => explained(matches),
        None => Answer { stdout: Vec::new(), stderr: Vec::new(), exit: Exit::Failure },
    }
}

fn explained(matches: &ArgMatches) -> Answer {
    let sets = matches.get_many::<String>("set").into_iter().flatten().cloned().collect();
    let file = matches.get_one::<PathBuf>("FILE").cloned();
    let compat_mosquitto = matches.contains_id("compat");
    let config = match Config::load(&Sources { file, sets, compat_mosquitto, ..Sources::default() })
    {
        Ok(config) => config,
        Err(error) => {
            let stderr = format!("{error}\n").into_bytes();
            return Answer { stdout: Vec::new(), stderr, exit: Exit::Configuration };
        }
    };
    let text = match matches.get_flag("json") {
        true => format!("{}\n", json_of(&explain::sections(&config))),
        false => explain::text(&config),
    };
    Answer { stdout: text.into_bytes(), stderr: Vec::new(), exit: Exit::Success }
}

/// `broker` with its options by name, and a list of everything that was opened.
fn json_of(sections: &[Section]) -> Value {
    let mut broker = Value::Null;
    let mut opened = Vec::new();
    for section in sections {
        let options = options_of(section);
        match &section.origin {
            None => broker = options,
            Some(origin) => {
                let title = &section.title;
                opened.push(json!({ "title": title, "origin": origin, "options": options }));
            }
        }
    }
    json!({ "broker": broker, "sections": opened })
}

/// Each option with a list of its values: most have one, some add up.
fn options_of(section: &Section) -> Value {
    let mut options = serde_json::Map::new();
    for effective in &section.options {
        let value = json!({ "value": effective.value, "origin": effective.origin });
        let values = options.entry(effective.name).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(value);
        }
    }
    Value::Object(options)
}
