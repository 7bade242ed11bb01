//! What files say, told a second time by a plain reading of the rules.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::broker::access::{Denial, Use};
use crate::protocol::TopicName;

const PATH: &str = "/etc/mosquitto/acl";

fn read(text: &str) -> (Acl, Vec<String>) {
    let mut warnings = Vec::new();
    let acl = parse(Path::new(PATH), text.as_bytes(), &mut warnings).unwrap();
    (acl, warnings.iter().map(ToString::to_string).collect())
}

fn error(text: &[u8]) -> String {
    parse(Path::new(PATH), text, &mut Vec::new()).unwrap_err().to_string()
}

/// `rw`, `r`, `w` or `-`.
fn access(acl: &Acl, user: Option<&str>, id: &str, topic: &str) -> &'static str {
    let topic = TopicName::new(topic).unwrap();
    let may = |usage| acl.ask(user, id, usage, topic).is_ok();
    match (may(Use::Read), may(Use::Write)) {
        (true, true) => "rw",
        (true, false) => "r",
        (false, true) => "w",
        (false, false) => "-",
    }
}

#[test]
fn a_file_as_people_write_them() {
    let (acl, warnings) = read(
        "# This affects access control for clients with no username.\r\n\
         topic read $SYS/#\r\n\
         topic open/%c\r\n\
         \r\n\
         user roger\n\
         topic foo/bar\n\
         topic read  sensors/+/temp  \n\
         topic write cmd with blanks/#\n\
         topic deny foo/secret/#\n\
         topic foo/#\n\
         \n\
         # patterns hold for everybody, wherever they stand\n\
         pattern write $SYS/broker/connection/%c/state\n\
         pattern readwrite devices/%u/%c/#\n\
         pattern deny devices/%u/+/locked\n\
         pattern read all/of/you\n\
           user   mary ann \n\
         topic read\n\
         topic readwrite\n\
         topic deny\n",
    );
    let expected = "Warning: ACL pattern 'all/of/you' does not contain '%c' or '%u'.";
    assert_eq!(warnings, [expected]);
    let (roger, mary) = (Some("roger"), Some("mary ann"));
    for (user, id, topic, expected) in [
        (None, "c", "$SYS/broker/uptime", "r"),
        (None, "c", "open/%c", "rw"),
        (None, "c", "open/c", "-"),
        (None, "c", "foo/bar", "-"),
        (None, "c", "all/of/you", "r"),
        (roger, "c", "$SYS/broker/uptime", "-"),
        (roger, "c", "foo/bar", "rw"),
        (roger, "c", "foo", "rw"),
        (roger, "c", "foo/secret", "-"),
        (roger, "c", "foo/secret/a/b", "-"),
        (roger, "c", "foo/secrets", "rw"),
        (roger, "c", "sensors/a/temp", "r"),
        (roger, "c", "sensors/a/b/temp", "-"),
        (roger, "c", "cmd with blanks/x", "w"),
        (roger, "c", "devices/roger/c/x", "rw"),
        (roger, "c", "devices/roger/c/locked", "-"),
        (roger, "c", "devices/roger/locked", "-"),
        (roger, "c", "devices/mary ann/c/x", "-"),
        (roger, "c", "$SYS/broker/connection/c/state", "w"),
        (roger, "c", "$SYS/broker/connection/d/state", "-"),
        (None, "c", "devices/%u/c/x", "-"),
        (mary, "c", "read", "rw"),
        (mary, "c", "readwrite", "rw"),
        (mary, "c", "deny", "rw"),
        (mary, "c", "foo/bar", "-"),
        (Some("nobody"), "c", "foo/bar", "-"),
    ] {
        assert_eq!(access(&acl, user, id, topic), expected, "{user:?} {id} {topic}");
    }
}

#[test]
fn the_order_of_the_groups() {
    let (acl, _) = read(
        "pattern deny x/%c\npattern deny y/%c\npattern y/%c\nuser u\ntopic x/#\ntopic deny z\n\
         topic z\npattern z/%c\n",
    );
    // A grant of the user beats a deny of a pattern, whatever comes first in the file.
    assert_eq!(access(&acl, Some("u"), "c", "x/c"), "rw");
    assert_eq!(access(&acl, Some("v"), "c", "x/c"), "-");
    assert_eq!(access(&acl, Some("v"), "c", "y/c"), "-");
    assert_eq!(access(&acl, Some("u"), "c", "z"), "-");
    assert_eq!(access(&acl, Some("u"), "c", "z/c"), "rw");
}

#[test]
fn names_that_would_match_more_than_their_own_place() {
    let (acl, _) = read("user a+b\ntopic own\ntopic deny shut\npattern all/%u/%c\n");
    let ask = |user, id, topic| acl.ask(user, id, Use::Read, TopicName::new(topic).unwrap());
    assert_eq!(ask(Some("a+b"), "c", "own"), Ok(()));
    assert_eq!(ask(Some("a+b"), "c", "shut"), Err(Denial::Line(3)));
    assert_eq!(ask(Some("a+b"), "c", "all/a"), Err(Denial::DangerousName));
    assert_eq!(ask(Some("u"), "#", "all/u/c"), Err(Denial::DangerousName));
    assert_eq!(ask(Some("u"), "a/b", "all/u/a/b"), Ok(()));
    assert_eq!(ask(Some("u"), "a/b", "all/u/a"), Err(Denial::NoRule));
    let (acl, _) = read("user #\ntopic own\n");
    // Without patterns nobody is dangerous.
    assert_eq!(
        acl.ask(Some("#"), "c", Use::Read, TopicName::new("other").unwrap()),
        Err(Denial::NoRule)
    );
}

#[test]
fn every_mistake_in_its_words_with_its_line() {
    let path = "acl_file \"/etc/mosquitto/acl\"";
    for (text, expected, line) in [
        (
            "\nhello world\n",
            format!(
                "Error: Invalid line in {path}: hello world. Expected topic, pattern, user or a \
                 comment with '#' first."
            ),
            2,
        ),
        (
            " # not first\n",
            format!(
                "Error: Invalid line in {path}: # not first. Expected topic, pattern, user or a \
                 comment with '#' first."
            ),
            1,
        ),
        (
            "topic a\ntopic rw a\n",
            format!(
                "Error: Invalid topic access type \"rw\" in {path}. Expected read, write, \
                 readwrite or deny."
            ),
            2,
        ),
        ("user a\n\ntopic\n", format!("Error: Empty topic in {path}."), 3),
        ("pattern   \n", format!("Error: Empty topic in {path}."), 1),
        ("user  \n", format!("Error: Missing username in {path}."), 1),
        (
            "topic read a#\n",
            format!(
                "Error: Invalid ACL topic \"a#\" in {path}: '#' must be the last level and stand \
                 alone."
            ),
            1,
        ),
        (
            "topic write a/b+\n",
            format!(
                "Error: Invalid ACL topic \"a/b+\" in {path}: '+' must stand alone in its level."
            ),
            1,
        ),
        (
            "topic read a\0b\n",
            format!("Error: Invalid ACL topic \"a\\0b\" in {path}: it contains U+0000."),
            1,
        ),
    ] {
        let expected = format!("{expected}\nError found at /etc/mosquitto/acl:{line}.");
        assert_eq!(error(text.as_bytes()), expected);
    }
    let expected = format!("Error: Malformed UTF-8 in {path}.\nError found at {PATH}:1.");
    assert_eq!(error(b"topic \xff\n"), expected);
    let deep = format!("topic {}\n", vec!["a"; 202].join("/"));
    assert!(error(deep.as_bytes()).contains("it has more than 201 levels"));
    let (acl, _) = read(&format!("topic {}\n", vec!["a"; 201].join("/")));
    assert_eq!(access(&acl, None, "c", &vec!["a"; 201].join("/")), "rw");
}

#[test]
fn a_file_without_rules_denies_everything_and_says_so() {
    for text in ["", "# nothing\n", "user a\n"] {
        let (acl, warnings) = read(text);
        assert_eq!(access(&acl, Some("a"), "c", "t"), "-");
        assert_eq!(
            warnings,
            [format!(
                "Warning: {PATH} is empty: it has no rule, so nobody may read or write anything."
            )]
        );
    }
}

#[test]
fn what_cannot_be_read_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("acl"), folder.path().join("link"));
    let missing = super::read(&file).unwrap_err().to_string();
    assert!(missing.starts_with("Error: Unable to open acl_file "), "{missing}");
    assert_eq!(missing.lines().count(), 1, "{missing}");
    std::fs::write(&file, "topic a\n").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    assert!(super::read(&file).is_ok());
    assert!(super::read(&link).unwrap_err().to_string().contains("symbolic link"));
    assert!(super::read(folder.path()).is_err());
}

/// The rules of section 9.4, read line by line for every question: no tree, no order of its own.
mod plain {
    /// The verdict of a file without mistakes.
    pub fn ask(text: &str, user: Option<&str>, id: &str, write: bool, topic: &str) -> bool {
        let mut present: Option<String> = None;
        let (mut own, mut patterns) = (Vec::new(), Vec::new());
        for line in text.lines().map(str::trim_end).filter(|it| !it.starts_with('#')) {
            let words: Vec<&str> = line.splitn(3, ' ').collect();
            match words[..] {
                ["user", ..] => present = Some(line["user ".len()..].to_owned()),
                ["topic", access, topic] if present.as_deref() == user => own.push((access, topic)),
                ["pattern", access, topic] => patterns.push((access, topic)),
                _ => {}
            }
        }
        let wanted = if write { "write" } else { "read" };
        let verdict = |rules: &[(&str, String)]| {
            let matching = || rules.iter().filter(|(_, rule)| matches(rule, topic));
            if matching().any(|(access, _)| *access == "deny") {
                return Some(false);
            }
            matching()
                .any(|(access, _)| *access == wanted || *access == "readwrite")
                .then_some(true)
        };
        let speaks = |rule: &str| rule.starts_with('$') == topic.starts_with('$');
        own.retain(|(_, rule)| speaks(rule));
        let own: Vec<_> = own.iter().map(|(access, rule)| (*access, (*rule).to_owned())).collect();
        if let Some(verdict) = verdict(&own) {
            return verdict;
        }
        let names = [Some(id), user];
        if patterns.is_empty() || names.into_iter().flatten().any(|it| it.contains(['+', '#'])) {
            return false;
        }
        let usable = patterns.iter().filter(|(_, rule)| {
            speaks(rule) && (user.is_some() || !rule.split('/').any(|level| level == "%u"))
        });
        let filled: Vec<_> = usable
            .map(|(access, rule)| {
                let fill = |level: &str| match level {
                    "%c" => id.to_owned(),
                    "%u" => user.unwrap_or_default().to_owned(),
                    other => other.to_owned(),
                };
                (*access, rule.split('/').map(fill).collect::<Vec<_>>().join("/"))
            })
            .collect();
        verdict(&filled).unwrap_or(false)
    }

    fn matches(rule: &str, topic: &str) -> bool {
        let (rule, topic): (Vec<&str>, Vec<&str>) =
            (rule.split('/').collect(), topic.split('/').collect());
        for (at, level) in rule.iter().enumerate() {
            match (*level, topic.get(at)) {
                ("#", _) => return true,
                ("+", Some(_)) => {}
                (level, Some(other)) if level == *other => {}
                _ => return false,
            }
        }
        rule.len() == topic.len()
    }
}

/// Texts that meet each other often.
fn level() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "", "%c", "%u", "+", "x%c", "c1", "u1", "$SYS", "$a", " "])
}

fn filter() -> impl Strategy<Value = String> {
    (prop::collection::vec(level(), 1..5), any::<bool>()).prop_filter_map(
        "a filter",
        |(mut levels, is_open)| {
            if is_open {
                levels.push("#");
            }
            let text = levels.join("/");
            // The end of a line is trimmed, and so are the blanks before a topic.
            (!text.is_empty() && text.trim() == text).then_some(text)
        },
    )
}

fn line() -> impl Strategy<Value = String> {
    let access = prop::sample::select(vec!["read", "write", "readwrite", "deny"]);
    let user = prop::sample::select(vec!["u1", "u2", "a/b", "a", "u+", "%u"]);
    prop_oneof![
        4 => (access.clone(), filter()).prop_map(|(access, it)| format!("topic {access} {it}")),
        4 => (access, filter()).prop_map(|(access, it)| format!("pattern {access} {it}")),
        2 => user.prop_map(|user| format!("user {user}")),
        1 => Just("# comment".to_owned()),
    ]
}

fn topic() -> impl Strategy<Value = String> {
    let level = prop::sample::select(vec!["a", "b", "", "%c", "%u", "x%c", "c1", "u1", "$SYS"]);
    prop::collection::vec(level, 1..6)
        .prop_map(|levels| levels.join("/"))
        .prop_filter("a topic", |topic| !topic.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn says_the_same_as_a_plain_reading(
        lines in prop::collection::vec(line(), 0..12),
        topics in prop::collection::vec(topic(), 8),
        id in prop::sample::select(vec!["c1", "a", "a/b", "c#", "", "$SYS", "%u"]),
        user in prop::sample::select(vec![
            None, Some("u1"), Some("u2"), Some("a/b"), Some("u+"), Some(""), Some("%u"),
        ]),
    ) {
        let text = lines.join("\n");
        let (acl, _) = read(&text);
        for topic in &topics {
            for (usage, write) in [(Use::Read, false), (Use::Write, true)] {
                let ours = acl.ask(user, id, usage, TopicName::new(topic).unwrap()).is_ok();
                let plain = plain::ask(&text, user, id, write, topic);
                prop_assert_eq!(ours, plain, "{} {:?} {:?} {}\n{}", topic, user, id, write, text);
            }
        }
    }

    #[test]
    fn any_bytes_give_rules_or_a_mistake(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut warnings = Vec::new();
        if let Err(error) = parse(Path::new(PATH), &bytes, &mut warnings) {
            prop_assert!(error.to_string().contains("Error found at /etc/mosquitto/acl:"));
        }
    }
}
