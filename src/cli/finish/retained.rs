//! What a `retained` command line means.

use crate::cli::draft::Draft;
use crate::cli::errors::Problem;
use crate::cli::options::SubOptions;
use crate::cli::retained::{RetainedOptions, Verb};
use crate::protocol::TopicName;

/// The meaning of a `retained list` command line; without a filter it is everything.
pub fn list(mut draft: Draft) -> Result<RetainedOptions, Problem> {
    if draft.sub.filters.is_empty() {
        draft.sub.filters.push("#".to_owned());
    }
    options(Verb::List, draft)
}

/// The meaning of a `retained get` command line.
pub fn get(draft: Draft) -> Result<RetainedOptions, Problem> {
    let is_one_topic = match &draft.sub.filters[..] {
        [topic] => TopicName::new(topic).is_ok(),
        _ => false,
    };
    if !is_one_topic {
        return Err(Problem::usage("Error: get needs exactly one topic, without '+' and '#'."));
    }
    options(Verb::Get, draft)
}

/// The meaning of a `retained remove` command line.
pub fn remove(draft: Draft) -> Result<RetainedOptions, Problem> {
    if draft.sub.filters.is_empty() {
        return Err(Problem::usage(
            "Error: remove needs a topic or a topic filter, such as 'a/b' or 'a/#'.",
        ));
    }
    options(Verb::Remove, draft)
}

fn options(verb: Verb, draft: Draft) -> Result<RetainedOptions, Problem> {
    let dry_run = draft.dry_run;
    if dry_run && verb != Verb::Remove {
        return Err(Problem::usage("Error: --dry-run needs remove."));
    }
    let sub: SubOptions = super::sub(draft)?;
    Ok(RetainedOptions { verb, sub, dry_run })
}
