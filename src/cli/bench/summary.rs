//! Several rounds, or several brokers, as a table for people.

use std::fmt::Write;

use crate::bench::{Entry, Figure, Plan, Spread};

/// The columns: a figure and its heading.
pub(super) const COLUMNS: [(Figure, &str); 6] = [
    (Figure::Rate, "per second"),
    (Figure::BrokerCpu, "CPU us each"),
    (Figure::GeneratorCpu, "generator us"),
    (Figure::P50, "p50 us"),
    (Figure::P99, "p99 us"),
    (Figure::Memory, "memory KiB"),
];

/// Width of a column but for the first.
const WIDTH: usize = 22;

/// What all rounds found: the median of each figure with half of what the middle half of the rounds
/// differs by, and how the others compare with the first broker, with the lowest and the highest
/// round.
pub fn text(plan: &Plan, entries: &[Entry]) -> String {
    let rounds = entries.iter().map(|entry| entry.rounds.len()).max().unwrap_or(0);
    let s = if rounds == 1 { "" } else { "s" };
    let turns = if entries.len() > 1 { ", in turns" } else { "" };
    let mut out = format!("{}, {rounds} round{s}{turns}\n", super::report::title(plan));
    let labels: Vec<String> = entries.iter().map(|entry| label(entry, rounds)).collect();
    let names = labels.iter().map(|label| label.chars().count());
    let first = names.max().unwrap_or(0).max(8) + 2;
    let columns = columns(entries);
    let _ = write!(out, "  {:first$}", "");
    columns.iter().for_each(|(_, heading)| {
        let _ = write!(out, "{heading:>WIDTH$}");
    });
    out.push('\n');
    for (entry, label) in entries.iter().zip(&labels) {
        let cells = columns.iter().map(|(figure, _)| {
            entry.spread(*figure).map_or_else(String::new, |spread| middle(*figure, &spread))
        });
        row(&mut out, label, first, cells);
    }
    for entry in entries.iter().filter(|entry| !entry.rounds.is_empty()) {
        let checked = super::report::checked(&entry.rounds);
        let _ = writeln!(out, "  checked {:<first$}{checked}", format!("{}:", entry.name));
    }
    let Some((reference, others)) = entries.split_first().filter(|(_, others)| !others.is_empty())
    else {
        return out;
    };
    if reference.rounds.is_empty() || others.iter().all(|entry| entry.rounds.is_empty()) {
        return out;
    }
    let _ = writeln!(out, "  times {}:", reference.name);
    for entry in others.iter().filter(|entry| !entry.rounds.is_empty()) {
        let cells = columns.iter().map(|(figure, _)| {
            reference.ratio(entry, *figure).map_or_else(String::new, |spread| times(&spread))
        });
        row(&mut out, &entry.name, first, cells);
    }
    out
}

/// A broker, and how often it was measured where that differs.
fn label(entry: &Entry, rounds: usize) -> String {
    match entry.rounds.len() {
        all if all == rounds => entry.name.clone(),
        0 => format!("{} (no whole round)", entry.name),
        some => format!("{} ({some} rounds)", entry.name),
    }
}

/// The columns in which anybody has a figure.
fn columns(entries: &[Entry]) -> Vec<(Figure, &'static str)> {
    let has = |figure: Figure| entries.iter().any(|entry| entry.values(figure).is_some());
    COLUMNS.into_iter().filter(|(figure, _)| has(*figure)).collect()
}

fn row(out: &mut String, name: &str, first: usize, cells: impl Iterator<Item = String>) {
    let _ = write!(out, "  {name:first$}");
    cells.for_each(|cell| {
        let _ = write!(out, "{cell:>WIDTH$}");
    });
    out.push('\n');
}

/// A median and what the rounds differ by, in per cent.
fn middle(figure: Figure, spread: &Spread) -> String {
    let percent = spread.relative() * 50.0;
    format!("{} \u{b1}{percent:.0}%", number(figure, spread.median))
}

/// A value in the unit of its column.
pub(super) fn number(figure: Figure, value: f64) -> String {
    match figure {
        Figure::Rate => format!("{value:.0}"),
        Figure::Memory => format!("{:.0}", value / 1024.0),
        Figure::BrokerCpu | Figure::GeneratorCpu => format!("{value:.3}"),
        Figure::P50 | Figure::P99 => format!("{value:.1}"),
    }
}

/// A ratio, its lowest and its highest round.
pub(super) fn times(spread: &Spread) -> String {
    format!("{:.2} ({:.2}-{:.2})", spread.median, spread.min, spread.max)
}
