//! Results as JUnit XML, which build servers read.

use std::fmt::Write;

use crate::check::{Outcome, Verdict};

/// The whole document.
pub fn document(name: &str, outcomes: &[Outcome]) -> String {
    let count = |verdicts: &[Verdict]| {
        outcomes.iter().filter(|outcome| verdicts.contains(&outcome.found.verdict)).count()
    };
    let total: u128 = outcomes.iter().map(|outcome| outcome.took.as_millis()).sum();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "<testsuite name=\"lastwill check {}\" tests=\"{}\" failures=\"{}\" errors=\"0\" \
         skipped=\"{}\" time=\"{}\">",
        escaped(name),
        outcomes.len(),
        count(&[Verdict::Differs]),
        count(&[Verdict::Unsupported, Verdict::Blocked]),
        seconds(total)
    );
    outcomes.iter().for_each(|outcome| case(&mut text, outcome));
    text.push_str("</testsuite>\n");
    text
}

fn case(text: &mut String, outcome: &Outcome) {
    let row = outcome.planned.row;
    let happened = escaped(&outcome.found.happened);
    let head = format!(
        "  <testcase classname=\"MQTT {}\" name=\"{}: {}\" time=\"{}\"",
        outcome.planned.version,
        row.id,
        escaped(row.expected),
        seconds(outcome.took.as_millis())
    );
    let inside = match outcome.found.verdict {
        Verdict::Pass => String::new(),
        Verdict::Choice => format!("<system-out>{happened}</system-out>"),
        Verdict::Unsupported | Verdict::Blocked => {
            format!("<skipped message=\"{}: {happened}\"/>", outcome.found.verdict.word())
        }
        Verdict::Differs => {
            format!("<failure message=\"{happened}\">{}</failure>", escaped(row.source))
        }
    };
    let _ = match inside.is_empty() {
        true => writeln!(text, "{head}/>"),
        false => writeln!(text, "{head}>{inside}</testcase>"),
    };
}

fn seconds(millis: u128) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// Text as XML carries it; what XML 1.0 cannot carry becomes U+FFFD.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' => escaped.push(' '),
            character if character.is_control() || character > '\u{fffd}' => {
                escaped.push('\u{fffd}');
            }
            character => escaped.push(character),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::check::plan::Planned;
    use crate::check::{Found, Plan, Selection};

    #[test]
    fn a_failure_carries_what_happened_and_a_choice_is_a_success() {
        let plan = Plan::new(&Selection::default(), &[crate::protocol::Version::V5]);
        let planned: Planned = plan.rows[0];
        let outcome = |found| Outcome::new(planned, found, Duration::from_millis(1250));
        let text = document(
            "a<b",
            &[outcome(Found::differs("\"x\" & \u{1}")), outcome(Found::choice("y"))],
        );
        assert!(text.contains("name=\"lastwill check a&lt;b\" tests=\"2\" failures=\"1\""));
        assert!(text.contains("skipped=\"0\" time=\"2.500\""));
        assert!(text.contains("<failure message=\"&quot;x&quot; &amp; \u{fffd}\">"));
        assert!(text.contains("<system-out>y</system-out>"));
    }
}
