//! Options of `retained` alone.

use super::{Group, RETAINED, Row, names};
use crate::cli::check::topic_filter;

/// What to look for, and whether to touch it.
pub const ROWS: &[Row] = &[
    names(Some('t'), Some("topic"))
        .of(RETAINED)
        .takes("FILTER", "topic")
        .within(Group::Subscription, "Another topic filter; -t may be left out")
        .does(|draft, typed| {
            draft.sub.filters.push(topic_filter(typed.bytes()?, "-t", "subscription")?);
            Ok(())
        }),
    names(None, Some("dry-run"))
        .of(RETAINED)
        .within(Group::Subscription, "With remove: print what would be removed, remove nothing")
        .does(|draft, _| {
            draft.dry_run = true;
            Ok(())
        }),
];
