//! Which rows to run, in which version.

use crate::check::rows::{self, Row};
use crate::protocol::Version;

/// Which rows are wanted (`--only`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// One id.
    Id(String),
    /// `W30-W40`.
    Range(u16, u16),
    /// `MQTT*`.
    Beginning(String),
}

impl Selection {
    /// Reads `W12,W30-W40,MQTT-3.1.2-8,MQTT-4*`. The error names the part that fits no row.
    pub fn parse(text: &str) -> Result<Selection, String> {
        let parts: Result<Vec<Part>, String> = text.split(',').map(part).collect();
        Ok(Selection { parts: parts? })
    }

    /// Adds another selection.
    pub fn extend(&mut self, other: Selection) {
        self.parts.extend(other.parts);
    }

    /// Whether it takes this row; an empty selection takes every row.
    pub fn takes(&self, id: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|part| part.takes(id))
    }
}

impl Part {
    fn takes(&self, id: &str) -> bool {
        match self {
            Part::Id(wanted) => wanted.eq_ignore_ascii_case(id),
            Part::Beginning(wanted) => {
                id.get(..wanted.len()).is_some_and(|head| head.eq_ignore_ascii_case(wanted))
            }
            Part::Range(first, last) => {
                number(id).is_some_and(|number| (*first..=*last).contains(&number))
            }
        }
    }
}

fn part(text: &str) -> Result<Part, String> {
    let text = text.trim();
    let range = text
        .split_once('-')
        .and_then(|(first, last)| Some(Part::Range(number(first)?, number(last)?)));
    let part = range.unwrap_or_else(|| match text.strip_suffix('*') {
        Some(head) => Part::Beginning(head.to_owned()),
        None => Part::Id(text.to_owned()),
    });
    match rows::all().any(|row| part.takes(row.id)) {
        true => Ok(part),
        false => Err(text.to_owned()),
    }
}

/// The number of a row of the will catalogue.
fn number(id: &str) -> Option<u16> {
    id.strip_prefix(['W', 'w'])?.parse().ok()
}

/// A row to run in a version.
#[derive(Clone, Copy, Debug)]
pub struct Planned {
    /// The row.
    pub row: &'static Row,
    /// The version.
    pub version: Version,
}

/// The rows to run, in the order of the catalogue.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Each row in each version.
    pub rows: Vec<Planned>,
}

impl Plan {
    /// What the selection takes, in the versions that are wanted. MQTT 3.1 goes with 3.1.1.
    pub fn new(selection: &Selection, versions: &[Version]) -> Plan {
        let wanted = rows::all().filter(|row| selection.takes(row.id));
        let rows = wanted.flat_map(|row| {
            let over = row.over.iter().filter(|version| versions.contains(version));
            over.map(move |&version| Planned { row, version })
        });
        Plan { rows: rows.collect() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn parts_are_ids_and_ranges() {
        let selection = Selection::parse("W01,w44-W46,MQTT-3.12.4-1,mqtt-4.3*").unwrap();
        for id in ["W01", "W44", "W45", "W46", "MQTT-3.12.4-1", "MQTT-4.3.3-10"] {
            assert!(selection.takes(id), "{id}");
        }
        assert!(!selection.takes("W02") && !selection.takes("W47"));
        assert_eq!(Selection::parse("W01,X"), Err("X".to_owned()));
        assert_eq!(Selection::parse("W900-W901"), Err("W900-W901".to_owned()));
    }

    #[test]
    fn ids_are_unique_and_every_row_says_what_it_expects() {
        let mut seen = HashSet::new();
        for row in rows::all() {
            assert!(seen.insert(row.id), "{} stands twice", row.id);
            assert!(!row.over.is_empty() && !row.expected.is_empty() && !row.source.is_empty());
            let is_known = row.id.starts_with("MQTT") || number(row.id).is_some();
            assert!(is_known, "{}", row.id);
        }
    }
}
