//! The options of the broker, all of them: each has a proof that it does something, each wrong use of
//! it has its message, and the configurations of the field load.

mod corpus;
pub mod effects;
mod explain;
pub mod lab;
mod mistakes;
mod reload;
mod reloaded;
mod table;
mod wrong;

use std::collections::BTreeSet;

use lastwill::config::options::{self, Kind};
use lastwill::config::{Config, Sources};
use lastwill::observe::server_lines;

use crate::support::proofs::tests;
use table::GROUPS;

/// What shows that an option is not read and then ignored.
pub enum Proof {
    /// Tests with these names show that it changes what the broker does.
    Tests(&'static [&'static str]),
    /// It has no effect, and a line of the log says so and names it.
    Told,
}

const ADVICE: &str = "Every option needs a line in tests/options/table.rs: the tests that show what \
                      it changes (a Proof::Tests with names of functions that exist), or \
                      Proof::Told for one that has no effect and is told by name.";

#[test]
fn every_option_names_the_test_that_shows_what_it_does() {
    let tests = tests();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, proof) in GROUPS.iter().copied().flatten() {
        if !seen.insert(*name) {
            wrong.push(format!("'{name}' stands twice in the table"));
        }
        if options::find(name).is_none() {
            wrong.push(format!("'{name}' is no option"));
        }
        match proof {
            Proof::Told => {}
            Proof::Tests([]) => wrong.push(format!("'{name}' names no test")),
            Proof::Tests(names) => {
                let lost = names.iter().filter(|test| !tests.contains_key(**test));
                wrong.extend(lost.map(|test| format!("'{name}': there is no test {test}")));
            }
        }
    }
    let missing = options::all().filter(|row| !seen.contains(row.name));
    wrong.extend(missing.map(|row| format!("'{}' is missing", row.name)));
    assert!(wrong.is_empty(), "{}\n{ADVICE}", wrong.join("\n"));
}

#[test]
fn an_option_without_effect_is_told_by_name() {
    let told = GROUPS.iter().copied().flatten().filter(|(_, proof)| matches!(proof, Proof::Told));
    let told: BTreeSet<&str> = told.map(|(name, _)| *name).collect();
    for name in &told {
        let sets = vec![format!("{name}=1")];
        let config = Config::load(&Sources { sets, ..Sources::default() }).unwrap();
        let lines: Vec<String> = config.notices.iter().map(server_lines::text_of).collect();
        assert!(lines.iter().any(|line| line.contains(&format!("'{name}'"))), "{name}: {lines:?}");
    }
    let ignored = options::all().filter(|row| row.kind() == Kind::Anything).map(|row| row.name);
    let silent: Vec<&str> = ignored.filter(|name| !told.contains(name)).collect();
    assert!(silent.is_empty(), "{silent:?} take anything: Proof::Told belongs to them. {ADVICE}");
}
