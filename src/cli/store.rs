//! `lastwill store info|check|compact|export|import|delete`: the store of a broker that is stopped.

mod delete;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, BufRead, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::{Arg, ArgAction, Command};
use serde_json::{Value, json};

use crate::broker::Broker;
use crate::broker::change::Change;
use crate::broker::policy::Policy;
use crate::cli::errors::print_clap;
use crate::cli::exit::Exit;
use crate::cli::startup::Bar;
use crate::store::{
    Batch, Compacted, FILE_NAME, FORMAT, FORMAT_OLDEST, FileStore, Journal, Loader, Messages,
    Store, Watch, check_no_log, from_json, to_json, unwatched,
};

/// Records that are written at once.
const RECORDS_PER_BATCH: usize = 10_000;
/// What the first line of an export names, with the version of the format.
const HEAD: &str = "lastwill_store";

const EXAMPLES: &str = "\
Examples:
  lastwill store check /var/lib/lastwill            is everything whole?
  lastwill store export /var/lib/lastwill > backup.ndjson
  lastwill store import /var/lib/new < backup.ndjson
  lastwill store delete /var/lib/lastwill sensor-7     end the session of a client";

/// The subcommand as clap knows it.
pub fn command() -> Command {
    let file = || {
        Arg::new("FILE")
            .required(true)
            .value_parser(clap::value_parser!(PathBuf))
            .help("The store, or the directory it is in")
    };
    let sub = |name: &'static str, about: &'static str| Command::new(name).about(about).arg(file());
    Command::new("store")
        .bin_name("lastwill store")
        .about("Look into the store of a broker that is stopped, check it, move it")
        .no_binary_name(true)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(sub("info", "Print what is in it, as one JSON object"))
        .subcommand(sub("check", "Read everything, and say what is wrong"))
        .subcommand(sub("compact", "Make the file as small as what is in it allows"))
        .subcommand(sub("export", "Print all records, one JSON object a line"))
        .subcommand(sub("import", "Make a new store of the records on standard input"))
        .subcommand(delete_command(sub("delete", "End the session of a client at the next start")))
        .after_help(EXAMPLES)
}

fn delete_command(command: Command) -> Command {
    command
        .arg(Arg::new("CLIENT_ID").required(true).help("Whose session"))
        .arg(
            Arg::new("without-will")
                .long("without-will")
                .action(ArgAction::SetTrue)
                .help("Its will is not published"),
        )
        .long_about(
            "End the session of a client when the broker starts next, before anybody connects. Its \
             will is published then, if it has one and its client may write to the topic",
        )
}

/// Does what the words after `store` ask for. Exit 1 is a store that is damaged, in use or not there.
pub fn run(words: &[OsString]) -> Exit {
    let matches = match command().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return print_clap(&error, Exit::Failure),
    };
    let Some((verb, matches)) = matches.subcommand() else { return Exit::Failure };
    let file = matches.get_one::<PathBuf>("FILE").cloned().unwrap_or_default();
    let path = if file.is_dir() { file.join(FILE_NAME) } else { file };
    let done = match verb {
        "info" => info(&path),
        "check" => check(&path),
        "export" => export(&path),
        "compact" => compact(&path),
        "delete" => {
            let client_id = matches.get_one::<String>("CLIENT_ID");
            let client_id = client_id.map_or("", String::as_str);
            delete::delete(&path, client_id, !matches.get_flag("without-will"))
        }
        _ => import(&path),
    };
    match done {
        Ok(()) => Exit::Success,
        Err(error) if is_closed_pipe(&error) => Exit::Success,
        Err(error) => {
            eprintln!("Error: {error:#}");
            Exit::Failure
        }
    }
}

/// Whoever reads has read enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Reads a store to its end; `tell` gets every record.
fn read(path: &Path, tell: impl FnMut(&Change<'_>)) -> anyhow::Result<u64> {
    let bar = Bar::for_terminal();
    let records = read_watched(path, bar.as_ref().map_or_else(unwatched, Bar::watch), tell);
    bar.into_iter().for_each(Bar::end);
    records
}

fn read_watched(
    path: &Path,
    watch: Watch,
    mut tell: impl FnMut(&Change<'_>),
) -> anyhow::Result<u64> {
    let mut store = FileStore::open_existing(path, watch)?;
    // The broker itself says whether the records fit together.
    let mut broker = Broker::persistent(Policy::default(), 0);
    let mut loader = Loader::default();
    store.load(&mut |key, value| {
        loader.load(key, value, &mut |change| {
            broker.restore(change)?;
            tell(&change);
            Ok(())
        })
    })?;
    Ok(loader.records())
}

fn compact(path: &Path) -> anyhow::Result<()> {
    let bar = Bar::for_terminal();
    let watch = bar.as_ref().map_or_else(unwatched, Bar::watch);
    let done = FileStore::open_existing(path, watch).and_then(|mut store| store.compact());
    bar.into_iter().for_each(Bar::end);
    let Compacted { before, after } = done?;
    eprintln!("{}: compacted from {before} to {after} bytes.", path.display());
    Ok(())
}

fn info(path: &Path) -> anyhow::Result<()> {
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    let records = read(path, |change| {
        let kind = to_json(change).and_then(|json| json["kind"].as_str().map(str::to_owned));
        *kinds.entry(kind.unwrap_or_default()).or_default() += 1;
    })?;
    let bytes = std::fs::metadata(path)?.len();
    let about = json!({
        "file": path.display().to_string(), "format": FORMAT, "bytes": bytes, "records": records,
        "kinds": kinds,
    });
    writeln!(io::stdout(), "{about}")?;
    Ok(())
}

fn check(path: &Path) -> anyhow::Result<()> {
    let records = read(path, |_| ())?;
    eprintln!("{}: {records} records, nothing is wrong.", path.display());
    Ok(())
}

fn export(path: &Path) -> anyhow::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    writeln!(out, "{}", json!({ HEAD: FORMAT }))?;
    let mut written = Ok(());
    read(path, |change| {
        if let (Some(json), true) = (to_json(change), written.is_ok()) {
            written = writeln!(out, "{json}");
        }
    })?;
    written?;
    out.flush()?;
    Ok(())
}

/// Makes a store under another name, which becomes the real one when it is complete.
fn import(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        bail!("{} is there already; a store is imported into a new file only", path.display());
    }
    check_no_log(path)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".import");
    let unfinished = path.with_file_name(name);
    if unfinished.exists() {
        bail!("{} is left of an import that was not finished; remove it", unfinished.display());
    }
    let done = import_to(&unfinished).and_then(|records| {
        read(&unfinished, |_| ()).context("the records do not fit together")?;
        std::fs::rename(&unfinished, path)?;
        Ok(records)
    });
    match done {
        Ok(records) => {
            eprintln!("{records} records imported into {}.", path.display());
            Ok(())
        }
        Err(error) => {
            // The reason of the failure is what matters.
            let _ = std::fs::remove_file(&unfinished);
            Err(error)
        }
    }
}

fn import_to(path: &Path) -> anyhow::Result<u64> {
    let mut store = FileStore::open(path)?;
    let mut journal = Journal::default();
    let mut messages = Messages::default();
    let mut records = 0;
    for (index, line) in io::stdin().lock().lines().enumerate() {
        let line = line.context("cannot read standard input")?;
        let at = || format!("line {} of standard input", index + 1);
        let json: Value = serde_json::from_str(&line).with_context(at)?;
        if index == 0 {
            check_head(&json).with_context(at)?;
            continue;
        }
        records += 1;
        from_json(&json, &mut messages, &mut |change| journal.record(&change))
            .map_err(|error| anyhow!("{error}"))
            .with_context(at)?;
        if journal.batch().len() >= RECORDS_PER_BATCH {
            store.commit(&journal.take(Batch::default()))?;
        }
    }
    store.commit(&journal.take(Batch::default()))?;
    store.close()?;
    Ok(records)
}

fn check_head(json: &Value) -> anyhow::Result<()> {
    match json[HEAD].as_u64() {
        Some(FORMAT_OLDEST..=FORMAT) => Ok(()),
        Some(other) => bail!("format {other} is not known, only up to {FORMAT}"),
        None => bail!("it is no export: it should begin with {{\"{HEAD}\":{FORMAT}}}"),
    }
}
