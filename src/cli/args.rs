//! From argv to options: option files, then the words in order, then the whole.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::cli::check::topic_filter;
use crate::cli::compat::{self, Compat};
use crate::cli::draft::{Draft, Recorded};
use crate::cli::errors::{Answer, Problem, Stop, Tail};
use crate::cli::examine::CheckOptions;
use crate::cli::exit::Exit;
use crate::cli::finish;
use crate::cli::help;
use crate::cli::options::{Called, ConnOptions, PubOptions, RrOptions, SubOptions, WatchOptions};
use crate::cli::profile::Profiles;
use crate::cli::retained::{RetainedOptions, Verb};
use crate::cli::settings;
use crate::cli::table::{Row, Takes, Tool, Typed, find, last_value, missing_options_file};

/// What the environment says: where option files are, and which version is followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// `XDG_CONFIG_HOME`.
    pub config_home: Option<OsString>,
    /// `HOME`.
    pub home: Option<OsString>,
    /// `LASTWILL_COMPAT`.
    pub compat: Option<OsString>,
    /// Every variable whose name begins with `LASTWILL_`: options about the connection.
    pub variables: Vec<(String, OsString)>,
}

impl Places {
    /// As the environment says.
    pub fn from_env() -> Places {
        Places {
            config_home: std::env::var_os("XDG_CONFIG_HOME"),
            home: std::env::var_os("HOME"),
            compat: std::env::var_os(compat::VARIABLE),
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
                .filter(|(name, _)| name.starts_with(settings::PREFIX))
                .collect(),
        }
    }

    /// Where configuration is. A set `XDG_CONFIG_HOME` hides the home directory, even if it points
    /// nowhere.
    pub fn folder(&self) -> Option<PathBuf> {
        match (&self.config_home, &self.home) {
            (Some(folder), _) => Some(PathBuf::from(folder)),
            (None, Some(home)) => Some(Path::new(home).join(".config")),
            (None, None) => None,
        }
    }

    /// The one default file of a tool.
    fn options_file(&self, tool: Tool) -> Option<PathBuf> {
        Some(self.folder()?.join(tool.mosquitto_name()))
    }
}

/// Reads the words after `sub`. The error is what to print instead of running, and how to end.
pub fn sub(called: Called, words: &[OsString], places: &Places) -> Result<SubOptions, Answer> {
    run(Draft::new(Tool::Sub, called), words, places, finish::sub)
}

/// Reads the words after `pub`; as [`sub`].
pub fn publish(called: Called, words: &[OsString], places: &Places) -> Result<PubOptions, Answer> {
    run(Draft::new(Tool::Pub, called), words, places, finish::publish)
}

/// Reads the words after `rr`; as [`sub`].
pub fn rr(called: Called, words: &[OsString], places: &Places) -> Result<RrOptions, Answer> {
    run(Draft::new(Tool::Rr, called), words, places, finish::rr)
}

/// Reads the words after `retained` and its verb; as [`sub`].
pub fn retained(
    verb: Verb,
    words: &[OsString],
    places: &Places,
) -> Result<RetainedOptions, Answer> {
    let draft = Draft::new(Tool::Retained, Called::Lastwill);
    run(
        draft,
        words,
        places,
        match verb {
            Verb::List => finish::retained::list,
            Verb::Get => finish::retained::get,
            Verb::Remove => finish::retained::remove,
        },
    )
}

/// Reads the words after `conn`; as [`sub`].
pub fn conn(words: &[OsString], places: &Places) -> Result<ConnOptions, Answer> {
    run(Draft::new(Tool::Conn, Called::Lastwill), words, places, finish::conn)
}

/// Reads the words after `wills`; as [`sub`].
pub fn wills(words: &[OsString], places: &Places) -> Result<ConnOptions, Answer> {
    run(Draft::new(Tool::Wills, Called::Lastwill), words, places, finish::conn)
}

/// Reads the words after `watch`; as [`sub`].
pub fn watch(words: &[OsString], places: &Places) -> Result<WatchOptions, Answer> {
    run(Draft::new(Tool::Watch, Called::Lastwill), words, places, finish::watch)
}

/// Reads the words after `check`; as [`sub`].
pub fn check(words: &[OsString], places: &Places) -> Result<CheckOptions, Answer> {
    run(Draft::new(Tool::Check, Called::Lastwill), words, places, finish::check)
}

/// Reads a command line and judges it as a whole.
fn run<T>(
    mut draft: Draft,
    words: &[OsString],
    places: &Places,
    finish: fn(Draft) -> Result<T, Problem>,
) -> Result<T, Answer> {
    let (tool, called) = (draft.tool, draft.called);
    let compat = Compat::of(tool, called, words, places.compat.as_deref());
    let compat = compat.map(|compat| draft.compat = compat);
    compat
        .map_err(Stop::from)
        .and_then(|()| read(&mut draft, words, places))
        .map_err(|stop| answer(tool, called, draft.compat, stop))?;
    let compat = draft.compat;
    finish(draft).map_err(|problem| answer(tool, called, compat, problem.into()))
}

fn read(draft: &mut Draft, words: &[OsString], places: &Places) -> Result<(), Stop> {
    // Version 2.0 knows the default file only.
    let named = if draft.compat.is_20() { None } else { named_file(words)? };
    if draft.called == Called::Lastwill {
        if named.is_none() {
            read_file(draft, places.options_file(draft.tool))?;
        }
        read_settings(draft, words, places)?;
        read_file(draft, named)?;
        draft.connection.inherit();
    } else {
        read_file(draft, named.or_else(|| places.options_file(draft.tool)))?;
    }
    read_words(draft, words)
}

/// Applies the environment, then the profile that it or the command line names.
fn read_settings(draft: &mut Draft, words: &[OsString], places: &Places) -> Result<(), Stop> {
    draft.connection.inherit();
    settings::environment(draft, &places.variables)?;
    draft.connection.inherit();
    let named = last_value(draft.tool, draft.called, words, "--profile");
    let name = named.or_else(|| settings::value_of(&places.variables, settings::PROFILE));
    if let Some(name) = name {
        Profiles::load(places)?.apply(draft, &name.to_string_lossy())?;
    }
    draft.connection.inherit();
    Ok(())
}

/// The options in `words` with their values, each judged by itself.
///
/// # Errors
/// A word that is no option, or a value that an option refuses.
pub fn recorded(words: &[OsString]) -> Result<Vec<Recorded>, Problem> {
    let mut draft = Draft::new(Tool::Sub, Called::Lastwill);
    draft.recorded = Some(Vec::new());
    match read_words(&mut draft, words) {
        Err(Stop::Problem(problem)) => Err(problem),
        Ok(()) | Err(Stop::Help | Stop::Version) => Ok(draft.recorded.unwrap_or_default()),
    }
}

/// Applies an options file. One that cannot be opened counts as empty, even if it was named.
fn read_file(draft: &mut Draft, path: Option<PathBuf>) -> Result<(), Stop> {
    if let Some(content) = path.and_then(|path| std::fs::read(path).ok()) {
        for line in lines(&content) {
            read_line(draft, &line)?;
        }
    }
    Ok(())
}

/// The file of `-o`. Every word `-o` counts, even where it is the value of another option.
fn named_file(words: &[OsString]) -> Result<Option<PathBuf>, Problem> {
    let mut places = words.iter().enumerate().filter(|(_, word)| *word == "-o");
    let Some((place, _)) = places.next() else { return Ok(None) };
    if places.next().is_some() {
        return Err(Problem::option("Error: Duplicate -o argument given."));
    }
    let path = words.get(place + 1).ok_or_else(missing_options_file)?;
    Ok(Some(PathBuf::from(path)))
}

/// The lines of an options file, each as an option and at most one value.
fn lines(content: &[u8]) -> impl Iterator<Item = Vec<OsString>> {
    content.split(|byte| *byte == b'\n').filter_map(|line| {
        let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
        let line = &line[..end];
        let start = line.iter().position(|byte| *byte != b' ')?;
        if line.starts_with(b"#") {
            return None;
        }
        let words = line[start..].splitn(2, |byte| *byte == b' ');
        Some(words.map(|word| OsString::from_vec(word.to_vec())).collect())
    })
}

/// Applies one line of an options file. `-o` inside it is skipped with its value.
fn read_line(draft: &mut Draft, words: &[OsString]) -> Result<(), Stop> {
    let is_file = words.first().is_some_and(|word| word == "-o");
    if is_file && !draft.compat.is_20() {
        return Ok(());
    }
    read_words(draft, words)
}

/// Applies words from left to right: the first wrong one decides the message.
fn read_words(draft: &mut Draft, words: &[OsString]) -> Result<(), Stop> {
    let mut rest = words;
    while let [word, following @ ..] = rest {
        rest = match known(draft, word) {
            Some(row) => apply(draft, row, following)?,
            None if draft.takes_filters() && !word.as_bytes().starts_with(b"-") => {
                let what = if draft.tool == Tool::Watch { "watch" } else { "subscription" };
                draft.sub.filters.push(topic_filter(word.as_bytes(), "FILTER", what)?);
                following
            }
            None if draft.called == Called::Lastwill => read_joined(draft, word, following)?,
            None => return Err(unknown(draft, word).into()),
        };
    }
    Ok(())
}

/// The option that a word names in the version that is followed.
fn known(draft: &Draft, word: &OsStr) -> Option<&'static Row> {
    find(draft.tool, draft.called, word).filter(|row| row.is_in(draft.compat))
}

/// Applies an option to the words behind it and returns those it leaves.
fn apply<'a>(
    draft: &mut Draft,
    row: &'static Row,
    following: &'a [OsString],
) -> Result<&'a [OsString], Stop> {
    let count = row.count(draft.tool, draft.called, following);
    let (words, rest) = following.split_at(count);
    call(draft, row, words)?;
    Ok(rest)
}

/// Applies an option to a value that is part of its own word, whatever that looks like.
fn give(draft: &mut Draft, row: &'static Row, value: &[u8]) -> Result<(), Stop> {
    call(draft, row, &[OsStr::from_bytes(value).to_owned()])
}

fn call(draft: &mut Draft, row: &'static Row, words: &[OsString]) -> Result<(), Stop> {
    if let Some(recorded) = &mut draft.recorded {
        recorded.push((row, words.to_vec()));
    }
    (row.apply)(draft, &Typed { row, words })
}

/// Under our own name, two customs that mosquitto lacks: `--option=value`, and short options in one
/// word (`-vR`, `-p1883`).
fn read_joined<'a>(
    draft: &mut Draft,
    word: &OsStr,
    following: &'a [OsString],
) -> Result<&'a [OsString], Stop> {
    let bytes = word.as_bytes();
    if let Some(equals) = bytes.iter().position(|byte| *byte == b'=')
        && bytes.starts_with(b"--")
    {
        let row = known(draft, OsStr::from_bytes(&bytes[..equals]))
            .filter(|row| matches!(row.takes, Takes::One { .. } | Takes::Joined { .. }))
            .ok_or_else(|| unknown(draft, word))?;
        give(draft, row, &bytes[equals + 1..])?;
        return Ok(following);
    }
    let letters = bytes.strip_prefix(b"-").filter(|letters| letters.len() > 1);
    let letters = letters.ok_or_else(|| unknown(draft, word))?;
    for (place, letter) in letters.iter().enumerate() {
        let option = [b'-', *letter];
        let row = known(draft, OsStr::from_bytes(&option)).ok_or_else(|| unknown(draft, word))?;
        let value = &letters[place + 1..];
        match row.takes {
            Takes::Nothing | Takes::Joined { .. } => apply(draft, row, &[])?,
            Takes::One { .. } if !value.is_empty() => {
                give(draft, row, value)?;
                return Ok(following);
            }
            Takes::One { .. } | Takes::Property if value.is_empty() => {
                return apply(draft, row, following);
            }
            _ => return Err(unknown(draft, word).into()),
        };
    }
    Ok(following)
}

/// The message about a word that is no option; under our own name with advice.
fn unknown(draft: &Draft, word: &OsStr) -> Problem {
    let mut message = b"Error: Unknown option '".to_vec();
    message.extend_from_slice(word.as_bytes());
    message.extend_from_slice(b"'.");
    if draft.called == Called::Lastwill {
        if !word.is_empty() && word.as_bytes().iter().all(u8::is_ascii_digit) {
            message.extend_from_slice(b" A count is joined to its option: --retry=5.");
        } else if !word.as_bytes().starts_with(b"-") {
            message.extend_from_slice(match draft.tool {
                Tool::Conn => b" This tool takes options only.".as_slice(),
                _ => b" A topic is given with -t.",
            });
        } else if let Some(similar) = help::similar(draft.tool, word) {
            message.extend_from_slice(format!(" Did you mean '{similar}'?").as_bytes());
        }
    }
    Problem::usage(message)
}

/// What to print when there is nothing to run.
fn answer(tool: Tool, called: Called, compat: Compat, stop: Stop) -> Answer {
    let asked = |stdout: String| Answer {
        stdout: stdout.into_bytes(),
        stderr: Vec::new(),
        // mosquitto's tools end with 1 even when help was asked for.
        exit: match called {
            Called::Lastwill => Exit::Success,
            Called::Mosquitto => Exit::Failure,
        },
    };
    match stop {
        Stop::Help => asked(help::text(tool, called, compat)),
        Stop::Version => asked(help::version(tool, called, compat)),
        Stop::Problem(problem) => complaint(tool, called, compat, problem),
    }
}

fn complaint(tool: Tool, called: Called, compat: Compat, problem: Problem) -> Answer {
    let mut stderr = problem.message;
    if !stderr.is_empty() {
        stderr.push(b'\n');
    }
    let mut stdout = Vec::new();
    let mut exit = Exit::Failure;
    match problem.tail {
        Tail::GapAndHint => {
            stderr.extend_from_slice(format!("\n{}", hint(tool, called)).as_bytes())
        }
        Tail::Hint => stderr.extend_from_slice(hint(tool, called).as_bytes()),
        Tail::Usage => stdout = help::text(tool, called, compat).into_bytes(),
        Tail::Nothing(code) => exit = code,
    }
    Answer { stdout, stderr, exit }
}

fn hint(tool: Tool, called: Called) -> String {
    format!("\nUse '{} --help' to see usage.\n", help::invocation(tool, called))
}

#[cfg(test)]
mod tests;
