//! Results for people and for programs.

use std::fmt::Write;

use colored::{Color, Colorize};
use serde_json::json;

use crate::check::{Discovery, Outcome, Plan, Verdict};

/// Columns of a table where nothing says how wide the screen is.
const WIDTH: usize = 160;
/// Below this width cells are not narrowed further.
const WIDTH_MIN: usize = 80;

/// The width to print for: `COLUMNS` where it is exported.
pub fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.unwrap_or(WIDTH).max(WIDTH_MIN)
}

/// The rows of a plan, without running them.
pub fn list(plan: &Plan, width: usize) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for planned in &plan.rows {
        let version = planned.version.to_string();
        match rows.last_mut().filter(|row| row[0] == planned.row.id) {
            Some(row) => row[1] = format!("{} {version}", row[1]),
            None => rows.push(vec![
                planned.row.id.to_owned(),
                version,
                planned.row.expected.to_owned(),
                planned.row.source.to_owned(),
            ]),
        }
    }
    let heads = ["Row", "MQTT", "Expected", "Source"];
    laid_out(&heads, &rows, &[3, 2], width, |_, cell| cell.to_owned())
}

/// The same as JSON, one line a row and version.
pub fn list_json(plan: &Plan) -> String {
    let lines = plan.rows.iter().map(|planned| {
        json!({
            "id": planned.row.id,
            "version": planned.version.to_string(),
            "expected": planned.row.expected,
            "source": planned.row.source,
        })
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// Results as a table; verdicts in colour if asked for.
pub fn table(outcomes: &[Outcome], width: usize, colour: bool) -> String {
    let rows: Vec<Vec<String>> = outcomes
        .iter()
        .map(|outcome| {
            vec![
                outcome.planned.row.id.to_owned(),
                outcome.planned.version.to_string(),
                outcome.found.verdict.word().to_owned(),
                outcome.planned.row.expected.to_owned(),
                outcome.found.happened.clone(),
                outcome.planned.row.source.to_owned(),
            ]
        })
        .collect();
    let heads = ["Row", "MQTT", "Verdict", "Expected", "Happened", "Source"];
    let has_colour = colour && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    laid_out(&heads, &rows, &[4, 4, 3], width, |row, cell| match row {
        Some(row) if has_colour => cell.color(colour_of(outcomes[row].found.verdict)).to_string(),
        _ => cell.to_owned(),
    })
}

fn colour_of(verdict: Verdict) -> Color {
    match verdict {
        Verdict::Pass => Color::Green,
        Verdict::Choice => Color::Cyan,
        Verdict::Unsupported => Color::BrightBlack,
        Verdict::Blocked => Color::Yellow,
        Verdict::Differs => Color::Red,
    }
}

/// A table: the last columns share the width in these parts, the others are as wide as they need.
/// `paint` gets every cell of the column before them, with the number of its row.
fn laid_out(
    heads: &[&str],
    rows: &[Vec<String>],
    parts: &[usize],
    width: usize,
    paint: impl Fn(Option<usize>, &str) -> String,
) -> String {
    let fixed = heads.len() - parts.len();
    let mut widths: Vec<usize> = (0..fixed)
        .map(|column| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.chain([heads[column].len()]).max().unwrap_or(0)
        })
        .collect();
    let taken: usize = widths.iter().sum::<usize>() + 2 * (heads.len() - 1);
    let left = width.saturating_sub(taken).max(20 * parts.len());
    let sum: usize = parts.iter().sum();
    widths.extend(parts.iter().map(|part| left * part / sum));
    let mut text = String::new();
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    for (row, number) in std::iter::once((&heads, None)).chain(rows.iter().zip((0..).map(Some))) {
        let cells: Vec<Vec<String>> =
            row.iter().zip(&widths).map(|(cell, width)| wrapped(cell, *width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let parts = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                let part = cell.get(line).map_or("", String::as_str);
                let padded = format!("{part:<width$}");
                if column + 1 == fixed && !part.is_empty() {
                    paint(number, &padded)
                } else {
                    padded
                }
            });
            let line = parts.collect::<Vec<_>>().join("  ");
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text
}

/// A text in lines of at most so many characters, broken at blanks where there are any.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        let last = lines.last_mut().expect("there is one from the start");
        let used = last.chars().count();
        if used > 0 && used + 1 + word.len() <= width {
            last.push(' ');
            last.extend(word);
            continue;
        }
        if used > 0 {
            lines.push(String::new());
        }
        while word.len() > width {
            let rest = word.split_off(width);
            lines.last_mut().expect("there is one").extend(word);
            lines.push(String::new());
            word = rest;
        }
        lines.last_mut().expect("there is one").extend(word);
    }
    lines
}

/// Results as JSON, one line a row and version.
pub fn json(outcomes: &[Outcome]) -> String {
    let lines = outcomes.iter().map(|outcome| {
        json!({
            "id": outcome.planned.row.id,
            "version": outcome.planned.version.to_string(),
            "verdict": outcome.found.verdict.word(),
            "expected": outcome.planned.row.expected,
            "happened": outcome.found.happened,
            "source": outcome.planned.row.source,
            "milliseconds": outcome.took.as_millis() as u64,
        })
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// One line about all of them.
pub fn summary(name: &str, discovery: &Discovery, outcomes: &[Outcome]) -> String {
    let all =
        [Verdict::Pass, Verdict::Choice, Verdict::Unsupported, Verdict::Blocked, Verdict::Differs];
    let counts = all.iter().filter_map(|verdict| {
        let count = outcomes.iter().filter(|outcome| outcome.found.verdict == *verdict).count();
        (count > 0).then(|| format!("{count} {}", verdict.word()))
    });
    let counts: Vec<String> = counts.collect();
    let versions = discovery.abilities.versions.iter().map(ToString::to_string);
    let mut versions: Vec<String> = versions.collect();
    versions.sort();
    format!(
        "{name} (MQTT {}): {} rows: {}",
        versions.join(", "),
        outcomes.len(),
        if counts.is_empty() { "nothing to run".to_owned() } else { counts.join(", ") }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_blanks() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrapped("", 4), [""]);
    }

    #[test]
    fn cells_stand_below_their_heads() {
        let rows = vec![vec!["W01".to_owned(), "a word or two more than fit".to_owned()]];
        let text = laid_out(&["Row", "Expected"], &rows, &[1], 25, |_, cell| cell.to_owned());
        assert_eq!(text, "Row  Expected\nW01  a word or two more\n     than fit\n");
    }
}
