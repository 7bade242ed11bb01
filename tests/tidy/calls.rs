//! Words that may not stand in some files.

use super::lexer::Source;

/// What the pure floors may not name.
const IMPURE: &[&str] = &[
    "Instant",
    "SystemTime",
    "RandomState",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "eprint!",
    "eprintln!",
    "getrandom",
    "jiff",
    "print!",
    "println!",
    "rand",
    "thread_rng",
    "tokio",
    "tracing",
];

/// Asking the system for the time.
const NOW: &[&str] = &["Instant::now", "SystemTime::now", "Timestamp::now", "Zoned::now"];

/// Nowhere outside tests.
const BANNED: &[&str] = &["dbg!", "todo!", "unimplemented!", ".unwrap()", "unsafe"];

/// Not in tests: a test waits for what it waits for.
const SLEEPS: &[&str] = &["thread::sleep", "time::sleep", "sleep_until"];

/// The microbenchmarks take the rules in as source, so that they build without all the rest.
const RULES_AS_SOURCE: &str = "tests/bench/micro/lib.rs";

fn is_pure(path: &str) -> bool {
    path == "src/time.rs"
        || path.starts_with("src/protocol/")
        || path.starts_with("src/broker/")
        || path.starts_with("src/client/session")
}

/// The pure floors know no clock, socket, file, thread, log or random source.
pub fn check_purity(source: &Source) -> Vec<String> {
    if !is_pure(&source.path) {
        return Vec::new();
    }
    IMPURE.iter().flat_map(|word| source.lines_with(&source.production, word)).collect()
}

/// One file asks for the time.
pub fn check_clock(source: &Source) -> Vec<String> {
    if source.path == "src/clock.rs" {
        return Vec::new();
    }
    NOW.iter().flat_map(|word| source.lines_with(&source.code, word)).collect()
}

/// Calls and attributes that have no place here.
pub fn check_banned(source: &Source) -> Vec<String> {
    let mut found: Vec<String> =
        BANNED.iter().flat_map(|word| source.lines_with(&source.production, word)).collect();
    if !source.path.starts_with("src/cli/") {
        found.extend(source.lines_with(&source.production, "process::exit"));
    }
    let tests = tests_of(source);
    found.extend(SLEEPS.iter().flat_map(|word| source.lines_with(&tests, word)));
    found.extend(source.lines_with(&source.code, "#[ignore"));
    if source.path != RULES_AS_SOURCE {
        found.extend(source.lines_with(&source.code, "#[path"));
    }
    found.extend(check_allows(source));
    found
}

/// The code that is not production.
fn tests_of(source: &Source) -> String {
    let pairs = source.code.chars().zip(source.production.chars());
    pairs.map(|(c, kept)| if c == kept && c != '\n' { ' ' } else { c }).collect()
}

/// A lint is switched off for a reason, and never because code is dead.
fn check_allows(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for opening in ["#[allow(", "#![allow(", "#[expect(", "#![expect("] {
        for (at, _) in source.code.match_indices(opening) {
            let attribute = &source.code[at..];
            let attribute = &attribute[..attribute.find(']').unwrap_or(attribute.len())];
            let line = source.code[..at].matches('\n').count() + 1;
            if !attribute.contains("reason =") {
                found.push(format!("{}:{line}: {opening}…) without a reason", source.path));
            }
            if attribute.contains("dead_code") {
                found.push(format!("{}:{line}: dead code", source.path));
            }
        }
    }
    found
}

/// Marks of unfinished work in comments.
pub fn check_marks(source: &Source) -> Vec<String> {
    let marks = ["TODO", "FIXME", "XXX", "HACK"];
    marks.iter().flat_map(|mark| source.lines_with(&source.comments, mark)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::new(path, text)
    }

    #[test]
    fn impure_words_are_found_in_pure_files_only() {
        for text in [
            "use std::time::Instant;",
            "let s = std::net::TcpStream::connect(a);",
            "println!();",
            "let r = rand::random();",
            "tokio::spawn(x);",
        ] {
            assert_eq!(check_purity(&source("src/broker/will.rs", text)).len(), 1, "{text}");
            assert_eq!(check_purity(&source("src/client/session.rs", text)).len(), 1, "{text}");
            assert_eq!(check_purity(&source("src/server/core.rs", text)).len(), 0, "{text}");
        }
        assert_eq!(check_purity(&source("src/broker/x.rs", "// println!() Instant")).len(), 0);
    }

    #[test]
    fn the_time_is_asked_for_in_one_place() {
        let text = "let now = Instant::now();";
        assert_eq!(check_clock(&source("src/server/core.rs", text)).len(), 1);
        assert_eq!(check_clock(&source("src/clock.rs", text)).len(), 0);
    }

    #[test]
    fn banned_calls_are_found() {
        for text in ["x.unwrap();", "todo!()", "dbg!(x)", "process::exit(1)", "unsafe { x }"] {
            assert_eq!(check_banned(&source("src/link.rs", text)).len(), 1, "{text}");
            let tests = format!("#[cfg(test)]\nmod tests {{ {text} }}");
            assert_eq!(check_banned(&source("src/link.rs", &tests)).len(), 0, "{text}");
        }
        assert_eq!(check_banned(&source("src/cli/mod.rs", "process::exit(1)")).len(), 0);
        assert_eq!(check_banned(&source("src/link.rs", "#[ignore]\nfn f() {}")).len(), 1);
    }

    #[test]
    fn tests_do_not_sleep() {
        let text = "std::thread::sleep(second);";
        assert_eq!(check_banned(&source("tests/a.rs", text)).len(), 1);
        assert_eq!(check_banned(&source("src/link.rs", text)).len(), 0);
        let inner = format!("#[cfg(test)]\nmod tests {{ fn f() {{ {text} }} }}");
        assert_eq!(check_banned(&source("src/link.rs", &inner)).len(), 1);
    }

    #[test]
    fn an_allow_needs_a_reason() {
        let file = |text| check_allows(&source("src/link.rs", text)).len();
        assert_eq!(file("#[allow(missing_docs)]"), 1);
        assert_eq!(file("#[allow(missing_docs, reason = \"as it is\")]"), 0);
        assert_eq!(file("#![allow(dead_code, reason = \"later\")]"), 1);
    }

    #[test]
    fn marks_are_found_in_comments_only() {
        let text = format!("// {}: more\nlet a = \"{0}\";", ["TO", "DO"].concat());
        assert_eq!(check_marks(&source("src/link.rs", &text)).len(), 1);
    }
}
