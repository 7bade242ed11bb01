//! What a row found.

/// How a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As expected.
    Pass,
    /// The standard leaves a choice, or only advises: which choice the broker made stands in the
    /// text.
    Choice,
    /// The broker does not offer what the row needs.
    Unsupported,
    /// Something else than the broker's rules stood in the way: a permission, the network, time.
    Blocked,
    /// Not as expected.
    Differs,
}

impl Verdict {
    /// The word in tables and JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Choice => "choice",
            Verdict::Unsupported => "not supported",
            Verdict::Blocked => "not judged",
            Verdict::Differs => "differs",
        }
    }
}

/// A verdict and what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The verdict.
    pub verdict: Verdict,
    /// What happened, in words.
    pub happened: String,
}

/// A step of a row: the error ends the row with what was found.
pub type Step<T> = Result<T, Found>;

impl Found {
    /// As expected.
    pub fn pass(happened: impl Into<String>) -> Found {
        Found { verdict: Verdict::Pass, happened: happened.into() }
    }

    /// Which choice the broker made.
    pub fn choice(happened: impl Into<String>) -> Found {
        Found { verdict: Verdict::Choice, happened: happened.into() }
    }

    /// Not as expected.
    pub fn differs(happened: impl Into<String>) -> Found {
        Found { verdict: Verdict::Differs, happened: happened.into() }
    }

    /// Not offered.
    pub fn unsupported(happened: impl Into<String>) -> Found {
        Found { verdict: Verdict::Unsupported, happened: happened.into() }
    }

    /// Could not be judged.
    pub fn blocked(happened: impl Into<String>) -> Found {
        Found { verdict: Verdict::Blocked, happened: happened.into() }
    }

    /// Several findings as one: the worst verdict, and the words of those that have it. The pass of
    /// all is told in `all_well`.
    pub fn all(found: Vec<(String, Found)>, all_well: impl Into<String>) -> Found {
        let worst = found.iter().map(|(_, found)| found.verdict).max();
        match worst {
            None | Some(Verdict::Pass) => Found::pass(all_well),
            Some(verdict) => {
                let words = found.iter().filter(|(_, found)| found.verdict == verdict);
                let words = words.map(|(name, found)| format!("{name}: {}", found.happened));
                Found { verdict, happened: words.collect::<Vec<_>>().join("; ") }
            }
        }
    }
}

/// The outcome of a row that ended early or late.
pub fn settled(step: Step<Found>) -> Found {
    step.unwrap_or_else(|found| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_counts() {
        let named = |name: &str, found| (name.to_owned(), found);
        assert_eq!(Found::all(vec![named("a", Found::pass("x"))], "well"), Found::pass("well"));
        let several = vec![
            named("a", Found::pass("x")),
            named("b", Found::differs("y")),
            named("c", Found::choice("z")),
            named("d", Found::differs("w")),
        ];
        assert_eq!(Found::all(several, "well"), Found::differs("b: y; d: w"));
    }
}
