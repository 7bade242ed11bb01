//! The will catalogue has 238 rows, W01 to W238. Each is proven by tests that are named here, or
//! waits for work that is named here.

mod table;

use std::collections::BTreeSet;

use lastwill::check::rows;
use table::ROWS;

use crate::support::proofs::tests;

/// How many rows the catalogue has.
const COUNT: u16 = 238;

/// What proves a row.
pub enum Proof {
    /// Tests with these names.
    Tests(&'static [&'static str]),
    /// Not yet: the work that brings it.
    Work(Work),
}

/// Work that brings rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Listeners that come and go by reload.
    Listeners,
    /// Redirection and plugins are not offered; the row says what would hold if they were.
    NotOffered,
}

impl Work {
    /// Its rows, one by one: a row that joins them is a decision that stands here.
    const fn rows(self) -> &'static [u16] {
        match self {
            Work::Listeners => &[104],
            Work::NotOffered => &[98, 100],
        }
    }
}

#[test]
fn every_row_names_its_test_or_the_work_that_brings_it() {
    let tests = tests();
    assert!(tests.len() > 300, "only {} tests were found", tests.len());
    let numbers: Vec<u16> = ROWS.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=COUNT).collect::<Vec<u16>>(), "each row once, in order");
    let mut wrong = Vec::new();
    for (number, proof) in ROWS {
        match proof {
            Proof::Tests([]) => wrong.push(format!("W{number:02} names no test")),
            Proof::Tests(names) => {
                let lost = names.iter().filter(|name| !tests.contains_key(**name));
                wrong.extend(lost.map(|name| format!("W{number:02}: there is no test {name}")));
            }
            Proof::Work(work) if work.rows().contains(number) => {}
            Proof::Work(work) => wrong.push(format!("W{number:02} is no row of {work:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What has a test by its name does not wait for work.
#[test]
fn no_row_waits_for_work_that_is_done() {
    let named = |number: u16| format!("w{number:02}_");
    let tests = tests();
    let waiting = ROWS.iter().filter(|(_, proof)| matches!(proof, Proof::Work(_)));
    let done: Vec<&String> = waiting
        .flat_map(|(number, _)| {
            let word = named(*number);
            tests
                .keys()
                .filter(move |name| name.starts_with(&word) || name.contains(&format!("_{word}")))
        })
        .collect();
    assert!(done.is_empty(), "these prove rows that the table still leaves to work: {done:?}");
}

/// `lastwill check` runs rows of the catalogue, and a good part of it.
#[test]
fn what_check_runs_stands_in_the_catalogue() {
    let run: BTreeSet<u16> =
        rows::all().filter_map(|row| row.id.strip_prefix('W')?.parse().ok()).collect();
    assert!(run.iter().all(|number| (1..=COUNT).contains(number)));
    assert!(run.len() >= 115, "{} rows", run.len());
    let waits = |number: &u16| matches!(ROWS[usize::from(*number) - 1].1, Proof::Work(_));
    let early: Vec<&u16> = run.iter().filter(|number| waits(number)).collect();
    assert!(early.is_empty(), "check runs rows that the table leaves to work: {early:?}");
}
