//! Combinations of lastwill's own options around pipes.

use crate::cli::draft::Draft;
use crate::cli::errors::Problem;
use crate::cli::options::{Exec, Payload, Recording};
use crate::cli::records::Holds;
use crate::cli::shape::{Pipes, Shape};

/// Refuses what makes no sense for `sub`.
pub(super) fn check_sub(draft: &Draft) -> Result<(), Problem> {
    let sub = &draft.sub;
    if sub.pipes.zero_terminated && sub.no_eol {
        return Err(together("-0", "-N"));
    }
    if sub.pipes.shape != Shape::Plain && sub.format.is_some() {
        return Err(together("-F", sub.pipes.shape.option()));
    }
    let exec = &sub.exec;
    if exec.command.is_none() && (exec.jobs_max.is_some() || exec.stop_on_error) {
        return Err(Problem::usage("Error: --exec-jobs and --exec-stop-on-error need --exec."));
    }
    let is_printed = sub.format.is_some() || sub.pipes != Pipes::default() || sub.watch;
    if exec.command.is_some() && (is_printed || sub.verbose || sub.no_eol) {
        return Err(Problem::usage(
            "Error: With --exec nothing is printed: -F, -v, -N, -0, -w, --json and --as have no \
             use.",
        ));
    }
    if sub.force && sub.record.is_none() {
        return Err(Problem::usage("Error: --force needs --record."));
    }
    Ok(())
}

/// Refuses what makes no sense for `pub`.
pub(super) fn check_publish(draft: &Draft) -> Result<(), Problem> {
    let publish = &draft.publish;
    let is_by_record = publish.payload == Some(Payload::StdinLines);
    let is_replay = matches!(publish.payload, Some(Payload::Replay(_)));
    if publish.speed.is_some() && !is_replay {
        return Err(Problem::usage("Error: --speed needs --replay."));
    }
    let has_separator = matches!(publish.records.holds, Holds::TopicAndPayload(_));
    if has_separator && !is_by_record {
        return Err(Problem::usage("Error: --topic-separator needs -l."));
    }
    if publish.records.ends_with == 0 && !is_by_record {
        return Err(Problem::usage("Error: -0 needs -l or --json."));
    }
    if has_separator && publish.topic.is_some() {
        return Err(together("-t", "--topic-separator"));
    }
    Ok(())
}

/// What is run for each message.
pub(super) fn exec(draft: &Draft) -> Option<Exec> {
    let exec = &draft.sub.exec;
    Some(Exec {
        command: exec.command.clone()?,
        jobs_max: exec.jobs_max.unwrap_or(1),
        stop_on_error: exec.stop_on_error,
    })
}

/// Where messages are recorded.
pub(super) fn recording(draft: &Draft) -> Option<Recording> {
    Some(Recording { path: draft.sub.record.clone()?, force: draft.sub.force })
}

fn together(one: &str, other: &str) -> Problem {
    Problem::usage(format!("Error: {one} and {other} cannot be used together."))
}
