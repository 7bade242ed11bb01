//! Options of `conn`, `watch` and `wills` that the other tools lack.

use super::{CONN, Group, Row, WATCH, WILLS, names};
use crate::cli::check::topic_filter;
use crate::cli::draft::Draft;

/// How lines look, and what is watched.
pub const ROWS: &[Row] = &[
    names(None, Some("json"))
        .of(CONN)
        .within(Group::Output, "Print lines as JSON")
        .own()
        .does(|draft, _| set_json(draft)),
    names(Some('t'), Some("topic"))
        .of(WATCH)
        .takes("FILTER", "topic")
        .within(Group::Subscription, "Watch these topics too; may be repeated")
        .own()
        .does(|draft, typed| {
            draft.sub.filters.push(topic_filter(typed.bytes()?, "-t", "watch")?);
            Ok(())
        }),
    names(None, Some("json"))
        .of(WILLS)
        .within(Group::Output, "Print the broker's list as it came, in JSON")
        .own()
        .does(|draft, _| set_json(draft)),
    names(None, Some("json"))
        .of(WATCH)
        .within(Group::Output, "Print a line of JSON for each change instead of a table")
        .own()
        .does(|draft, _| set_json(draft)),
];

fn set_json(draft: &mut Draft) -> Result<(), crate::cli::errors::Stop> {
    draft.lab.json = true;
    Ok(())
}
