//! ACL files under random input: a file gives rules, or one mistake with its line; rules answer any
//! question, and what they allow is not more than some line says.

use std::path::Path;

use lastwill::auth::acl::parse;
use lastwill::broker::access::{Acl, Use};
use lastwill::protocol::TopicName;

use super::INPUTS;

/// Lines that random ones are made of.
const LINES: [&str; 12] = [
    "topic a/b",
    "topic read #",
    "topic write $SYS/#",
    "topic deny a/+/c",
    "topic readwrite with blank/x",
    "pattern %c/%u/#",
    "pattern read all",
    "pattern deny x%c/+",
    "user roger",
    "user mary ann\r",
    "# comment",
    "",
];

const TOPICS: [&str; 6] = ["a/b", "roger", "c/roger/x", "$SYS/x", "/", "with blank/x"];

/// Asks everything; panics if something is allowed that no line can allow.
fn ask(text: &[u8], acl: &Acl) {
    let grants = String::from_utf8_lossy(text)
        .lines()
        .any(|line| line.trim_start().starts_with("topic") || line.trim_start().starts_with("pat"));
    for topic in TOPICS {
        let topic = TopicName::new(topic).unwrap();
        for user in [None, Some("roger"), Some("mary ann"), Some("+"), Some("")] {
            for usage in [Use::Read, Use::Write] {
                let is_allowed = acl.ask(user, "c", usage, topic).is_ok();
                assert!(grants || !is_allowed, "{topic} is allowed by nothing");
            }
        }
    }
}

fn check(bytes: &[u8]) {
    let mut warnings = Vec::new();
    match parse(Path::new("acl"), bytes, &mut warnings) {
        Ok(acl) => ask(bytes, &acl),
        Err(error) => {
            let text = error.to_string();
            let lines = bytes.split(|byte| *byte == b'\n').count();
            let (words, place) = text.split_once("\nError found at acl:").unwrap();
            assert!(words.starts_with("Error: ") && !words.contains('\n'), "{text}");
            let line: usize = place.trim_end_matches('.').parse().unwrap();
            assert!((1..=lines).contains(&line), "{text}");
        }
    }
}

#[test]
fn random_files() {
    bolero::check!().with_iterations(INPUTS).for_each(|bytes: &[u8]| check(bytes));
}

#[test]
fn changed_files() {
    bolero::check!()
        .with_iterations(INPUTS)
        .with_type::<([u8; 6], [Option<super::Change>; 3])>()
        .cloned()
        .for_each(|(lines, changes)| {
            let lines = lines.map(|line| LINES[usize::from(line) % LINES.len()]);
            let mut bytes = lines.join("\n").into_bytes();
            changes.into_iter().flatten().for_each(|change| change.apply(&mut bytes));
            check(&bytes);
        });
}
