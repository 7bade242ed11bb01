//! Options of `lastwill check` alone.

use std::path::PathBuf;
use std::time::Duration;

use super::{CHECK, Group, Row, Typed, names};
use crate::check::Selection;
use crate::cli::draft::Draft;
use crate::cli::duration;
use crate::cli::errors::{Problem, Stop};
use crate::protocol::Version;

/// Most rows at a time that may be asked for.
const JOBS_MAX: i32 = 1000;

/// Whether `check` knows an option of the other tools: where to connect and as whom.
pub fn takes(row: &Row) -> bool {
    match row.group {
        Some(Group::Connection | Group::Tls) => row.short != Some('V'),
        Some(Group::General) => {
            matches!(row.long, Some("help" | "version" | "quiet" | "profile"))
        }
        _ => false,
    }
}

/// What is examined, and how results are printed.
pub const ROWS: &[Row] = &[
    names(Some('V'), Some("protocol-version"))
        .takes("VERSION", "version")
        .within(
            Group::Examination,
            "Versions to examine: 311 (with what 3.1 has of its own), 5 or both [default: both]",
        )
        .of(CHECK)
        .own()
        .does(versions),
    names(None, Some("only"))
        .takes("IDS", "ids")
        .within(
            Group::Examination,
            "These rows only, such as W01,W44-W65,MQTT-3.1.2-8,MQTT-4*; may be repeated",
        )
        .of(CHECK)
        .own()
        .does(only),
    names(None, Some("list"))
        .within(Group::Examination, "Print the rows and what they expect, without connecting")
        .of(CHECK)
        .own()
        .does(|draft, _| {
            draft.check.list = true;
            Ok(())
        }),
    names(None, Some("timeout"))
        .takes("TIME", "time")
        .within(Group::Examination, "Most time for everything, such as 90s [default: 120s]")
        .of(CHECK)
        .own()
        .does(timeout),
    names(None, Some("jobs"))
        .takes("COUNT", "count")
        .within(Group::Examination, "Rows that run at a time; 1 keeps them apart where a broker mixes up clients [default: 32]")
        .of(CHECK)
        .own()
        .does(jobs),
    names(None, Some("json"))
        .within(Group::Output, "Print one line of JSON a row")
        .of(CHECK)
        .own()
        .does(|draft, _| {
            draft.check.json = true;
            Ok(())
        }),
    names(None, Some("junit"))
        .takes("FILE", "file")
        .within(Group::Output, "Also write the results to FILE as JUnit XML")
        .of(CHECK)
        .own()
        .does(|draft, typed| {
            draft.check.junit = Some(PathBuf::from(typed.value()?));
            Ok(())
        }),
];

fn versions(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    draft.check.versions = match typed.bytes()? {
        b"31" | b"mqttv31" => vec![Version::V31],
        b"311" | b"mqttv311" => vec![Version::V31, Version::V311],
        b"5" | b"mqttv5" => vec![Version::V5],
        b"both" => vec![Version::V31, Version::V311, Version::V5],
        _ => {
            return Err(Problem::option(
                "Error: Invalid protocol version argument given, it must be 311, 5 or both.",
            )
            .into());
        }
    };
    Ok(())
}

fn only(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let selection = Selection::parse(&typed.text()?).map_err(|part| {
        Problem::option(format!("Error: No row is named '{part}'; --list prints their names."))
    })?;
    draft.check.only.extend(selection);
    Ok(())
}

fn timeout(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let time = duration::parse(typed.bytes()?).filter(|time| *time >= Duration::from_secs(1));
    draft.check.timeout = time.ok_or_else(|| {
        Problem::option(format!(
            "Error: Invalid --timeout given, it must be {}, one second at least.",
            duration::FORM
        ))
    })?;
    Ok(())
}

fn jobs(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let count = Some(typed.number()?).filter(|count| (1..=JOBS_MAX).contains(count));
    let count = count.and_then(|count| usize::try_from(count).ok());
    draft.check.jobs = count.ok_or_else(|| {
        Problem::option(format!("Error: Invalid --jobs given, it must be 1 to {JOBS_MAX}."))
    })?;
    Ok(())
}
