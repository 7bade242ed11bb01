//! `lastwill passwd`, `mosquitto_passwd`: password files of the broker.

mod rewrite;

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::auth::hash::ITERATIONS;
use crate::auth::{Kind, PasswordHash};
use crate::cli::errors::{print_clap, system_text};
use crate::cli::exit::Exit;
use crate::cli::secret;
use rewrite::{Done, Lines};

/// What MQTT can carry, in bytes.
const BYTES_MAX: usize = 65_535;

const EXAMPLES: &str = "\
Examples:
  lastwill passwd -c /etc/mosquitto/passwd anna   a new file with one user; asks for the password
  lastwill passwd /etc/mosquitto/passwd bert      one more, or another password for him
  lastwill passwd -D /etc/mosquitto/passwd bert   one less
  printf 'secret\\nsecret\\n' | lastwill passwd -c - carl   the line on stdout

A broker that runs takes the file over when it gets SIGHUP. The hash is sha512-pbkdf2, which
mosquitto reads from version 2.0 on; argon2id is harder to guess, and read by mosquitto 2.1.";

/// The subcommand as clap knows it.
pub fn command() -> Command {
    let flag = |id: &'static str, short, help| {
        Arg::new(id).short(short).action(ArgAction::SetTrue).help(help)
    };
    Command::new("passwd")
        .bin_name("lastwill passwd")
        .about("Make and change password files of the broker")
        .override_usage(
            "lastwill passwd [-H HASH] [-I N] [-c | -D] FILE USER\n       \
             lastwill passwd [-H HASH] [-I N] [-c] -b FILE USER PASSWORD\n       \
             lastwill passwd [-H HASH] [-I N] -U FILE",
        )
        .no_binary_name(true)
        .arg_required_else_help(true)
        .arg(flag("batch", 'b', "The password stands on the command line, where others see it"))
        .arg(flag("create", 'c', "Make a new file, in place of an old one; - is standard output"))
        .arg(flag("delete", 'D', "Delete the user"))
        .arg(flag("hash_all", 'U', "Hash the passwords of a file that has them in plain text"))
        .arg(
            Arg::new("kind")
                .short('H')
                .value_name("HASH")
                .default_value("sha512-pbkdf2")
                .help("argon2id, sha512-pbkdf2, or sha512 for mosquitto before 2.0"),
        )
        .arg(
            Arg::new("iterations")
                .short('I')
                .value_name("N")
                .help(format!("How often sha512-pbkdf2 hashes [default: {ITERATIONS}]")),
        )
        .arg(
            Arg::new("words")
                .value_names(["FILE", "USER", "PASSWORD"])
                .num_args(1..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .hide(true),
        )
        .after_help(EXAMPLES)
}

/// Does what the words behind the name ask for. Exit 1 is anything that went wrong; the file is as it
/// was then.
pub fn run(words: &[OsString]) -> Exit {
    let matches = match command().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return print_clap(&error, Exit::Failure),
    };
    match carry_out(&matches) {
        Ok(()) => Exit::Success,
        Err(error) => {
            eprintln!("{error:#}");
            Exit::Failure
        }
    }
}

/// What is asked for, as far as it could be understood.
fn carry_out(matches: &ArgMatches) -> anyhow::Result<()> {
    for (one, other) in [("c", "D"), ("c", "U"), ("D", "U"), ("b", "D"), ("b", "U")] {
        let is_set = |flag: &str| matches.get_flag(id_of(flag));
        if is_set(one) && is_set(other) {
            bail!("Error: -{one} and -{other} cannot be used together.");
        }
    }
    let kind = kind_of(matches)?;
    let words: Vec<&String> = matches.get_many("words").into_iter().flatten().collect();
    let [is_batch, creates, deletes, hashes_all] =
        ["b", "c", "D", "U"].map(|flag| matches.get_flag(id_of(flag)));
    match words[..] {
        [file] if hashes_all => hash_all(Path::new(file), kind),
        [file, user] if deletes => delete(Path::new(file), checked(user)?),
        [file, user, password] if is_batch => {
            let user = checked(user)?;
            ensure!(!password.is_empty(), "Error: Empty password.");
            ensure!(password.len() <= BYTES_MAX, TOO_LONG);
            put(Path::new(file), user, password, kind, creates)
        }
        [file, user] if !is_batch && !hashes_all => {
            let user = checked(user)?;
            if !creates {
                // Nobody is asked for what cannot be used.
                Lines::read(Path::new(file))?;
            }
            put(Path::new(file), user, &ask()?, kind, creates)
        }
        _ => bail!(missing(is_batch, creates, deletes, hashes_all)),
    }
}

const TOO_LONG: &str = "Error: Password must be less than 65536 characters long.";

fn id_of(flag: &str) -> &'static str {
    match flag {
        "b" => "batch",
        "c" => "create",
        "D" => "delete",
        _ => "hash_all",
    }
}

/// mosquitto's words for too few arguments, where it has some.
fn missing(is_batch: bool, creates: bool, deletes: bool, hashes_all: bool) -> String {
    let (option, what) = match () {
        () if hashes_all => ("-U", "password file"),
        () if deletes => ("-D", "password file or username"),
        () if creates && is_batch => ("-c", "password file, username, or password"),
        () if creates => ("-c", "password file or username"),
        () if is_batch => ("-b", "password file, username, or password"),
        () => return "Error: password file or username missing. See --help.".to_owned(),
    };
    format!("Error: {option} argument given but {what} missing.")
}

fn kind_of(matches: &ArgMatches) -> anyhow::Result<Kind> {
    let iterations = match matches.get_one::<String>("iterations") {
        None => ITERATIONS,
        Some(text) => match text.parse::<u32>() {
            Ok(number @ 1..=crate::auth::hash::ITERATIONS_MAX) => number,
            Ok(0) | Err(_) => bail!("Error: Number of iterations must be > 0."),
            Ok(_) => bail!("Error: Number of iterations must be at most 10000000."),
        },
    };
    match matches.get_one::<String>("kind").map_or("", String::as_str) {
        "sha512" => Ok(Kind::Sha512),
        "sha512-pbkdf2" => Ok(Kind::Pbkdf2 { iterations }),
        "argon2id" => Ok(Kind::Argon2id),
        other => Err(anyhow!("Error: Unknown hash type '{}'", other.escape_debug())),
    }
}

/// A user name that a password file can hold.
fn checked(user: &str) -> anyhow::Result<&str> {
    ensure!(!user.is_empty(), "Error: Username must not be empty.");
    ensure!(user.len() <= BYTES_MAX, "Error: Username must be less than 65536 characters long.");
    ensure!(
        !user.chars().any(char::is_control),
        "Error: Username must not contain control characters."
    );
    ensure!(!user.contains(':'), "Error: Username must not contain the ':' character.");
    ensure!(
        user.trim() == user && !user.starts_with('#'),
        "Error: Username must not begin or end with a blank, nor begin with '#'."
    );
    Ok(user)
}

/// Asks twice, on the terminal; from standard input where that is something else.
fn ask() -> anyhow::Result<String> {
    let first = ask_one("Password: ")?;
    ensure!(!first.is_empty(), "Error: Empty password.");
    let second = ask_one("Reenter password: ")?;
    ensure!(first == second, "Error: Passwords do not match.");
    ensure!(first.len() <= BYTES_MAX, TOO_LONG);
    Ok(first)
}

fn ask_one(prompt: &str) -> anyhow::Result<String> {
    let read = match io::stdin().is_terminal() {
        true => rpassword::prompt_password(prompt),
        false => {
            let mut line = String::new();
            // Data goes to standard output, this does not.
            let _ = write!(io::stderr(), "{prompt}");
            let read = io::stdin().lock().read_line(&mut line);
            let _ = writeln!(io::stderr());
            read.map(|_| line.trim_end_matches(['\r', '\n']).to_owned())
        }
    };
    read.map_err(|error| anyhow!("Error: Unable to read the password: {}.", system_text(&error)))
}

fn hashed(kind: Kind, password: &str) -> anyhow::Result<PasswordHash> {
    PasswordHash::new(kind, password.as_bytes()).context("Error: Unable to hash password")
}

/// Sets the password of a user, whom the file may have or not.
fn put(file: &Path, user: &str, password: &str, kind: Kind, creates: bool) -> anyhow::Result<()> {
    let line = format!("{user}:{}", hashed(kind, password)?);
    if creates && file == Path::new("-") {
        return writeln!(io::stdout(), "{line}").context("Error: Unable to write to stdout");
    }
    let mut lines = if creates { Lines::default() } else { Lines::read(file)? };
    let done = lines.put(user, line);
    let target = if creates { target_of(file)? } else { lines.path.clone() };
    lines.write(&target)?;
    match done {
        Done::Added => say(&format!("Adding password for user {user}")),
        Done::Updated => say(&format!("Updating password for user {user}")),
    }
    secret::warn_if_shared(&target);
    Ok(())
}

/// Where a new file is to be: what a link leads to, if there is one.
fn target_of(file: &Path) -> anyhow::Result<PathBuf> {
    match fs::canonicalize(file) {
        Ok(path) => Ok(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(file.to_owned()),
        Err(error) => bail!("Error reading password file: {}.", system_text(&error)),
    }
}

fn delete(file: &Path, user: &str) -> anyhow::Result<()> {
    let mut lines = Lines::read(file)?;
    ensure!(lines.remove(user), "Warning: User {user} not found in password file.");
    let target = lines.path.clone();
    lines.write(&target)
}

fn hash_all(file: &Path, kind: Kind) -> anyhow::Result<()> {
    let mut lines = Lines::read(file)?;
    lines.hash_all(|password| hashed(kind, password))?;
    let target = lines.path.clone();
    lines.write(&target)
}

/// A closed standard output changes nothing about what was done.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
