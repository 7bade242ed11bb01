//! Options of every tool that are our own: when to try again, exit codes, colour.

use super::{Group, Row, Typed, names};
use crate::cli::draft::Draft;
use crate::cli::duration;
use crate::cli::errors::{Problem, Stop};
use crate::cli::own::{Attempts, Color};

/// When to connect again.
pub const ROWS: &[Row] = &[
    own("retry")
        .joined("COUNT")
        .within(
            Group::Session,
            "Try again when there is no connection, the first one included: for ever, or this often \
             in a row; see below",
        )
        .does(retry),
    own("retry-max")
        .takes("DURATION", "duration")
        .within(Group::Session, "Longest delay between two attempts of --retry [default: 30s]")
        .does(retry_max),
    own("no-retry")
        .within(Group::Session, "End when the connection is lost")
        .does(|draft, _| {
            draft.own.attempts = Attempts::None;
            Ok(())
        }),
];

/// Exit codes and colour.
pub const GENERAL: &[Row] = &[
    own("strict")
        .within(Group::General, "Exit with a code of its own for everything; see below")
        .does(|draft, _| {
            draft.own.is_strict = true;
            Ok(())
        }),
    own("color")
        .takes("WHEN", "choice")
        .within(
            Group::General,
            "Colour messages on stderr: always, never, or auto, which is on a terminal unless \
             NO_COLOR is set [default: auto]",
        )
        .does(color),
];

const fn own(long: &'static str) -> Row {
    names(None, Some(long)).own()
}

fn retry(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let attempts_max = match typed.words.first() {
        None => None,
        Some(word) => {
            let text = word.to_string_lossy();
            let count = text.parse().ok().filter(|count| *count > 0);
            Some(count.ok_or_else(|| {
                Problem::option(format!(
                    "Error: Invalid value '{text}' for --retry, it must be a number above 0, or \
                     missing: then it tries for ever."
                ))
            })?)
        }
    };
    draft.own.attempts = Attempts::Some(attempts_max);
    Ok(())
}

/// Asks for attempts too, unless their number was given.
fn retry_max(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let text = typed.text()?;
    let delay = duration::parse(text.as_bytes()).filter(|delay| !delay.is_zero());
    draft.own.delay_max = Some(delay.ok_or_else(|| {
        Problem::option(format!(
            "Error: Invalid value '{text}' for --retry-max, it must be {}.",
            duration::FORM
        ))
    })?);
    if draft.own.attempts == Attempts::AsTool {
        draft.own.attempts = Attempts::Some(None);
    }
    Ok(())
}

fn color(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    draft.own.color = match typed.bytes()? {
        b"auto" => Color::Auto,
        b"always" => Color::Always,
        b"never" => Color::Never,
        _ => {
            let text = typed.text()?;
            return Err(Problem::option(format!(
                "Error: Invalid value '{text}' for --color, it must be auto, always or never."
            ))
            .into());
        }
    };
    Ok(())
}
