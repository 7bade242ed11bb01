//! `lastwill profile list|show|save|remove`.

use std::ffi::{OsStr, OsString};

use clap::{Arg, ArgAction, Command};
use toml_edit::{Item, Table, Value};

use super::Profiles;
use crate::cli::args::{self, Places};
use crate::cli::errors::{Answer, Problem};
use crate::cli::exit::Exit;
use crate::cli::secret::{Password, without_password};
use crate::cli::table::{Row, Takes};

/// What stands for a secret that is not shown.
const HIDDEN: &str = "***";

/// The subcommand as clap knows it.
pub fn command() -> Command {
    let name = || Arg::new("NAME").required(true).help("The name of the profile");
    let options = Arg::new("OPTIONS")
        .num_args(0..)
        .trailing_var_arg(true)
        .allow_hyphen_values(true)
        .value_parser(clap::value_parser!(OsString))
        .help("Options about the connection, as on the command line of sub and pub");
    Command::new("profile")
        .about("Named sets of options about the connection")
        .long_about(
            "Named sets of options about the connection, for --profile NAME and LASTWILL_PROFILE.\n\n\
             They are in $XDG_CONFIG_HOME/lastwill/profiles.toml, or in \
             ~/.config/lastwill/profiles.toml: a table for each profile, and in it the options by \
             their long names.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("list").about("Print the names of all profiles"))
        .subcommand(
            Command::new("show").about("Print a profile, without its secrets").arg(name()),
        )
        .subcommand(
            Command::new("save")
                .about("Save options as a profile")
                .long_about(
                    "Save options as a profile, in place of one with that name. Passwords are left \
                     out, unless --with-secrets is among the options; the file is readable by its \
                     owner only.",
                )
                // -h is the host.
                .disable_help_flag(true)
                .arg(Arg::new("help").long("help").action(ArgAction::Help).help("Print help"))
                .arg(name())
                .arg(options),
        )
        .subcommand(Command::new("remove").about("Remove a profile").arg(name()))
        .after_help(
            "Examples:\n  lastwill profile save home -h broker.example -u me --password-file \
             ~/.mqtt\n  lastwill sub --profile home -t '#'",
        )
}

/// Does what the words after `profile` ask for.
pub fn run(words: &[OsString], places: &Places) -> Answer {
    let program = [OsString::from("lastwill profile")];
    let matches = match command().try_get_matches_from(program.iter().chain(words)) {
        Ok(matches) => matches,
        Err(error) => return Answer::of_clap(&error),
    };
    let done = match matches.subcommand() {
        Some(("list", _)) => list(places),
        Some(("show", matches)) => show(places, name(matches)),
        Some(("save", matches)) => {
            let options = matches.get_many::<OsString>("OPTIONS").unwrap_or_default();
            save(places, name(matches), &options.cloned().collect::<Vec<_>>())
        }
        Some(("remove", matches)) => remove(places, name(matches)),
        _ => Err(Problem::plain("Error: Nothing to do.")),
    };
    done.unwrap_or_else(|problem| Answer {
        stdout: Vec::new(),
        stderr: [&problem.message[..], b"\n"].concat(),
        exit: Exit::Failure,
    })
}

fn name(matches: &clap::ArgMatches) -> &str {
    matches.get_one::<String>("NAME").map(String::as_str).unwrap_or_default()
}

fn done(stdout: String, stderr: String) -> Answer {
    Answer { stdout: stdout.into_bytes(), stderr: stderr.into_bytes(), exit: Exit::Success }
}

fn list(places: &Places) -> Result<Answer, Problem> {
    let profiles = Profiles::load(places)?;
    let lines = profiles.names().into_iter().map(|name| format!("{name}\n")).collect();
    Ok(done(lines, String::new()))
}

fn show(places: &Places, name: &str) -> Result<Answer, Problem> {
    let profiles = Profiles::load(places)?;
    let mut shown = Table::new();
    for (key, item) in profiles.options(name)?.iter() {
        let text = item.as_str();
        let is_secret = Row::is_secret_key(key);
        let hidden = match text.and_then(without_password) {
            _ if is_secret => Some(HIDDEN.to_owned()),
            Some(url) => Some(url.replacen('@', &format!(":{HIDDEN}@"), 1)),
            None => None,
        };
        let mut item = hidden.map_or_else(|| item.clone(), |text| Item::Value(Value::from(text)));
        if let Some(value) = item.as_value_mut() {
            value.decor_mut().clear();
        }
        shown.insert(key, item);
    }
    Ok(done(shown.to_string(), String::new()))
}

fn remove(places: &Places, name: &str) -> Result<Answer, Problem> {
    Profiles::load(places)?.remove(name)?;
    Ok(done(String::new(), String::new()))
}

fn save(places: &Places, name: &str, words: &[OsString]) -> Result<Answer, Problem> {
    if name.is_empty() || name.starts_with('-') {
        return Err(Problem::plain(format!("Error: '{name}' cannot be the name of a profile.")));
    }
    let with_secrets = words.iter().any(|word| word == "--with-secrets");
    let words: Vec<_> = words.iter().filter(|word| *word != "--with-secrets").cloned().collect();
    let mut profiles = Profiles::load(places)?;
    let mut options: Vec<(&str, Value)> = Vec::new();
    let mut left_out = false;
    for (row, words) in args::recorded(&words)? {
        let key = row.key().ok_or_else(|| foreign(row))?;
        options.retain(|(other, _)| *other != key);
        match value(row, words.first().map(OsString::as_os_str), with_secrets)? {
            Kept::Whole(value) => options.push((key, value)),
            Kept::Part(value) => {
                left_out = true;
                options.push((key, value));
            }
            Kept::Nothing => left_out = true,
        }
    }
    profiles.save(name, options)?;
    let mut told = format!("Saved profile '{name}' in {}.\n", profiles.path().display());
    if left_out {
        told.push_str("Warning: The password was not saved; --with-secrets saves it.\n");
    }
    Ok(done(String::new(), told))
}

fn foreign(row: &Row) -> Problem {
    Problem::plain(format!(
        "Error: {} does not belong in a profile, which holds options about the connection and the \
         session.",
        row.shown()
    ))
}

/// What of a value is saved.
enum Kept {
    Whole(Value),
    /// A URL without its password.
    Part(Value),
    Nothing,
}

fn value(row: &Row, word: Option<&OsStr>, with_secrets: bool) -> Result<Kept, Problem> {
    if row.is_secret() && !with_secrets {
        return Ok(Kept::Nothing);
    }
    let text = match word {
        Some(word) => word.to_str().map(str::to_owned).ok_or_else(|| not_text(row))?,
        None if row.is_secret() => {
            let typed = Password::Prompt.read(None, false)?;
            String::from_utf8(typed).map_err(|_| not_text(row))?
        }
        None => return Ok(Kept::Whole(true.into())),
    };
    if let Some(url) = without_password(&text).filter(|_| !with_secrets && row.is_url()) {
        return Ok(Kept::Part(url.into()));
    }
    let number = text.parse::<i64>().ok().filter(|_| row.is_number());
    let is_flag = matches!(row.takes, Takes::Nothing);
    Ok(Kept::Whole(match number {
        _ if is_flag => true.into(),
        Some(number) => number.into(),
        None => text.into(),
    }))
}

fn not_text(row: &Row) -> Problem {
    Problem::plain(format!("Error: The value of {} is no UTF-8: a profile is text.", row.shown()))
}
