//! Combinations of lastwill's own options around pipes.

use crate::cli::draft::Draft;
use crate::cli::errors::Problem;
use crate::cli::options::Payload;
use crate::cli::records::Holds;
use crate::cli::shape::Shape;

/// Refuses what makes no sense for `sub`.
pub(super) fn check_sub(draft: &Draft) -> Result<(), Problem> {
    let sub = &draft.sub;
    if sub.pipes.zero_terminated && sub.no_eol {
        return Err(together("-0", "-N"));
    }
    if sub.pipes.shape != Shape::Plain && sub.format.is_some() {
        return Err(together("-F", sub.pipes.shape.option()));
    }
    Ok(())
}

/// Refuses what makes no sense for `pub`.
pub(super) fn check_publish(draft: &Draft) -> Result<(), Problem> {
    let publish = &draft.publish;
    let is_by_record = publish.payload == Some(Payload::StdinLines);
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

fn together(one: &str, other: &str) -> Problem {
    Problem::usage(format!("Error: {one} and {other} cannot be used together."))
}
