//! What a question about access costs, by the number of rules.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use lastwill::auth::acl::parse;
use lastwill::broker::access::{Acl, Use};
use lastwill::protocol::TopicName;

use super::is_full;

/// A file with this many rules: half of users with a wildcard, half patterns.
fn file(rules: u32) -> String {
    let mut text = String::new();
    for n in 0..rules / 2 {
        writeln!(text, "user u{n}\ntopic read plant/{n}/+/value").unwrap();
        writeln!(text, "pattern write line/{n}/%c/#").unwrap();
    }
    text
}

/// How long a question takes: one that a rule of the user answers, and one that a pattern does.
fn ask(acl: &Acl, rules: u32) -> Duration {
    let asked = if is_full() { 1_000_000 } else { 20_000 };
    let (user, read) = (format!("u{}", rules / 4), format!("plant/{}/x/value", rules / 4));
    let write = format!("line/{}/c/x/y", rules / 4);
    let (read, write) = (TopicName::new(&read).unwrap(), TopicName::new(&write).unwrap());
    let began = Instant::now();
    for _ in 0..asked {
        assert!(acl.ask(Some(&user), "c", Use::Read, read).is_ok());
        assert!(acl.ask(Some(&user), "c", Use::Write, write).is_ok());
    }
    began.elapsed() / (2 * asked)
}

#[test]
fn a_question_costs_the_same_in_a_file_of_any_size() {
    let mut costs = Vec::new();
    for rules in [10, 1000, 100_000] {
        let text = file(rules);
        let began = Instant::now();
        let acl = parse(Path::new("acl"), text.as_bytes(), &mut Vec::new()).unwrap();
        let read = began.elapsed();
        // The best of a few: others may be at work too.
        let cost = (0..5).map(|_| ask(&acl, rules)).min().unwrap();
        println!("{rules} rules: read in {read:?}, {cost:?} a question");
        costs.push((read, cost));
    }
    let [(_, few), _, (read, many)] = costs[..] else { panic!("three sizes") };
    assert!(read.as_secs() < 20, "{costs:?}");
    // Ten thousand times the rules: a search through all of them would show.
    assert!(many < few * 50, "{costs:?}");
}
