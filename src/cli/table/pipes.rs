//! lastwill's own options around pipes: messages in JSON, records that NUL ends.

use std::path::PathBuf;

use super::{Group, PUB, Row, SUB, SUB_RETAINED, Typed, names};
use crate::cli::draft::Draft;
use crate::cli::errors::{Problem, Stop};
use crate::cli::options::Payload;
use crate::cli::records::Holds;
use crate::cli::shape::{As, Shape};
use crate::protocol::Version;

/// Most commands at a time.
const JOBS_MAX: usize = 1024;

/// What `sub` writes and `pub` reads.
pub const ROWS: &[Row] = &[
    sub(None, Some("json"))
        .within(
            Group::Output,
            "Print each message as a line of JSON that loses nothing; uses MQTT 5; see below",
        )
        .does(|draft, _| {
            draft.sub.pipes.shape = Shape::Json;
            draft.connection.version = Version::V5;
            Ok(())
        }),
    sub(Some('0'), Some("zero-terminated"))
        .within(Group::Output, "End each message with NUL, not with a line feed")
        .does(|draft, _| {
            draft.sub.pipes.zero_terminated = true;
            Ok(())
        }),
    sub(None, Some("as"))
        .takes("FORM", "form")
        .within(
            Group::Output,
            "Print payloads as hex, base64, json (laid out anew, --pretty indents) or dump (like \
             hexdump -C)",
        )
        .does(form),
    names(None, Some("exec"))
        .of(SUB)
        .own()
        .takes("COMMAND", "command")
        .within(
            Group::Handling,
            "Run this with sh -c for each message instead of printing: payload on standard input, \
             the rest in the environment; see below",
        )
        .does(|draft, typed| {
            draft.sub.exec.command = Some(typed.value()?.to_owned());
            Ok(())
        }),
    names(None, Some("exec-jobs"))
        .of(SUB)
        .own()
        .takes("COUNT", "count")
        .within(Group::Handling, "Commands that may run at a time, 1 to 1024 [default: 1]")
        .does(exec_jobs),
    names(None, Some("exec-stop-on-error"))
        .of(SUB)
        .own()
        .within(Group::Handling, "Stop with exit status 1 when a command fails")
        .does(|draft, _| {
            draft.sub.exec.stop_on_error = true;
            Ok(())
        }),
    names(None, Some("record"))
        .of(SUB)
        .own()
        .takes("FILE", "file")
        .within(
            Group::Handling,
            "Also write each message to a new file, as --json prints it, for pub --replay; uses \
             MQTT 5",
        )
        .does(|draft, typed| {
            draft.sub.record = Some(PathBuf::from(typed.value()?));
            draft.connection.version = Version::V5;
            Ok(())
        }),
    names(None, Some("force"))
        .of(SUB)
        .own()
        .within(Group::Handling, "Let --record replace a file that exists")
        .does(|draft, _| {
            draft.sub.force = true;
            Ok(())
        }),
    publish(None, Some("replay"))
        .takes("FILE", "file")
        .within(
            Group::Publishing,
            "Publish what sub --record wrote, with the pauses between the messages; like --json",
        )
        .does(replay),
    publish(None, Some("speed"))
        .takes("FACTOR", "factor")
        .within(
            Group::Publishing,
            "Replay so much faster: 2 halves the pauses, 0 leaves them out [default: 1]",
        )
        .does(speed),
    publish(None, Some("json"))
        .within(
            Group::Publishing,
            "Every line of standard input is a message in JSON, as sub --json prints it; -t, -q, \
             -r and -D go before what it says; uses MQTT 5; see below",
        )
        .does(json),
    publish(None, Some("topic-separator"))
        .takes("SEPARATOR", "separator")
        .within(Group::Publishing, "With -l: a line is TOPIC SEPARATOR PAYLOAD; \\t is a tab")
        .does(topic_separator),
    publish(Some('0'), Some("zero-terminated"))
        .within(Group::Publishing, "With -l and --json: NUL ends a message, not a line feed")
        .does(|draft, _| {
            draft.publish.records.ends_with = 0;
            Ok(())
        }),
];

const fn sub(short: Option<char>, long: Option<&'static str>) -> Row {
    names(short, long).of(SUB_RETAINED).own()
}

const fn publish(short: Option<char>, long: Option<&'static str>) -> Row {
    names(short, long).of(PUB).own()
}

fn json(draft: &mut Draft, _: &Typed<'_>) -> Result<(), Stop> {
    draft.check_payload_is_free()?;
    if draft.publish.records.holds != Holds::Payload {
        return Err(both().into());
    }
    draft.set_payload(Payload::StdinLines);
    draft.publish.records.holds = Holds::Json;
    draft.connection.version = Version::V5;
    Ok(())
}

fn replay(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    draft.check_payload_is_free()?;
    if draft.publish.records.holds != Holds::Payload {
        return Err(both().into());
    }
    draft.set_payload(Payload::Replay(PathBuf::from(typed.value()?)));
    draft.publish.records.holds = Holds::Json;
    draft.connection.version = Version::V5;
    Ok(())
}

fn speed(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let factor = typed.text()?.parse::<f64>().ok();
    let factor = factor.filter(|factor| factor.is_finite() && *factor >= 0.0);
    draft.publish.speed =
        Some(factor.ok_or_else(|| {
            Problem::option("Error: --speed argument must be a number, 0 or more.")
        })?);
    Ok(())
}

fn form(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let form = match typed.bytes()? {
        b"hex" => As::Hex,
        b"base64" => As::Base64,
        b"json" => As::Json,
        b"dump" => As::Dump,
        _ => {
            let word = typed.text()?;
            return Err(Problem::option(format!(
                "Error: Invalid form '{word}' for --as, it must be hex, base64, json or dump."
            ))
            .into());
        }
    };
    draft.sub.pipes.shape = Shape::As(form);
    Ok(())
}

fn exec_jobs(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let count = typed.text()?.parse::<usize>().ok();
    let count = count.filter(|count| (1..=JOBS_MAX).contains(count));
    draft.sub.exec.jobs_max = Some(count.ok_or_else(|| {
        Problem::option(format!("Error: --exec-jobs argument must be 1 to {JOBS_MAX}."))
    })?);
    Ok(())
}

fn topic_separator(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let separator = match typed.bytes()? {
        b"" => {
            return Err(Problem::option("Error: --topic-separator must not be empty.").into());
        }
        b"\\t" => b"\t",
        other => other,
    };
    if draft.publish.records.holds == Holds::Json {
        return Err(both().into());
    }
    draft.publish.records.holds = Holds::TopicAndPayload(separator.to_vec());
    Ok(())
}

fn both() -> Problem {
    Problem::usage("Error: --topic-separator cannot be used with --json or --replay.")
}
