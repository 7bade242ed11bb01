//! How a filter with wildcards moves through topics that are sorted by their bytes.

/// What follows from comparing a filter with a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seek {
    /// The topic matches; go on behind it.
    Match,
    /// It does not match; go on behind it.
    Next,
    /// It does not match, and neither does anything before this text, which is behind the topic.
    From(String),
    /// Neither the topic nor anything behind it matches.
    End,
}

/// Compares a filter, not shared, with a topic.
///
/// The topics below `a/b`, those that begin with `a/b/`, lie together in the order of bytes: they
/// end before `a/b0`, because `0` follows `/`.
pub(super) fn seek(filter: &str, topic: &str) -> Seek {
    if filter.starts_with(['+', '#']) && topic.starts_with('$') {
        // [MQTT-4.7.2-1]; `%` follows `$`.
        return Seek::From("%".to_owned());
    }
    let mut levels = filter.split('/').peekable();
    // Where the level of the topic begins that is compared next; behind the end when none is left.
    let mut begin = 0;
    // Where the level ends that the last `+` stands for.
    let mut plus_end = None;
    while let Some(level) = levels.next() {
        if level == "#" {
            return Seek::Match;
        }
        let Some(rest) = topic.get(begin..) else { return Seek::Next };
        let found = rest.split_once('/').map_or(rest, |(found, _)| found);
        if level == "+" {
            plus_end = Some(begin + found.len());
        } else if level != found {
            let wanted = [&topic[..begin], level].concat();
            return seek_literal(wanted, levels.peek().copied(), topic)
                .unwrap_or_else(|| seek_sibling(topic, plus_end));
        }
        begin += found.len() + 1;
    }
    if begin > topic.len() { Seek::Match } else { seek_sibling(topic, plus_end) }
}

/// On to a literal level, if it is not yet behind: `wanted` is the topic up to and with this level,
/// `following` the level of the filter after it.
fn seek_literal(wanted: String, following: Option<&str>, topic: &str) -> Option<Seek> {
    // Without a level after it the topic ends here; `#` allows that as well.
    if matches!(following, None | Some("#")) && *wanted > *topic {
        return Some(Seek::From(wanted));
    }
    following?;
    let below = wanted + "/";
    (*below > *topic).then_some(Seek::From(below))
}

/// Past everything below the level that the last `+` stands for. Something of the topic is left
/// behind that level.
fn seek_sibling(topic: &str, plus_end: Option<usize>) -> Seek {
    match plus_end {
        Some(end) => Seek::From([&topic[..end], "0"].concat()),
        None => Seek::End,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str) -> Seek {
        Seek::From(text.to_owned())
    }

    #[test]
    fn branches_that_cannot_match_are_skipped() {
        assert_eq!(seek("b/#", "a/x"), from("b"));
        assert_eq!(seek("b/#", "b!"), from("b/"));
        assert_eq!(seek("b/#", "c"), Seek::End);
        assert_eq!(seek("a/+/c", "a"), Seek::Next);
        assert_eq!(seek("a/+/c", "a/x/a"), from("a/x/c"));
        assert_eq!(seek("a/+/c", "a/x/c/d"), from("a/x0"));
        assert_eq!(seek("a/+/c", "a/x/d"), from("a/x0"));
        assert_eq!(seek("a/+/c/#", "a/x/b/y"), from("a/x/c"));
        assert_eq!(seek("a/+/c/+", "a/x/b/y"), from("a/x/c/"));
        assert_eq!(seek("a/+/c", "b"), Seek::End);
    }

    #[test]
    fn wildcards_match_empty_levels_and_the_parent() {
        for (filter, topic) in [
            ("+", "a"),
            ("#", "/"),
            ("a/#", "a"),
            ("a/#", "a/"),
            ("+/+", "/"),
            ("/+", "/a"),
            ("a/+/#", "a/b"),
            ("a/+/#", "a//c/d"),
            ("$SYS/#", "$SYS"),
        ] {
            assert_eq!(seek(filter, topic), Seek::Match, "{filter} and {topic}");
        }
        assert_eq!(seek("a/+", "a"), Seek::Next);
        assert_eq!(seek("+", "/a"), from("0"));
    }

    #[test]
    fn a_leading_wildcard_passes_all_dollar_topics() {
        assert_eq!(seek("#", "$SYS/x"), from("%"));
        assert_eq!(seek("+/x", "$SYS/x"), from("%"));
        assert_eq!(seek("#", "#x"), Seek::Match);
    }
}
