//! Who is online, as far as messages tell: the table, and the lines about each change.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use jiff::Zoned;
use serde_json::json;

use super::notice::Notice;
use crate::cli::moment::{Digits, write_local};
use crate::observe::escape::Escaped;

/// Longest payload that is shown, in characters.
const SHOWN_CHARS_MAX: usize = 40;
/// Words that mean that somebody is there …
const ONLINE: [&str; 6] = ["online", "on", "1", "true", "up", "connected"];
/// … or is not.
const OFFLINE: [&str; 7] = ["offline", "off", "0", "false", "down", "disconnected", "dead"];

/// What a topic says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// One of the words for it.
    Online,
    /// Likewise.
    Offline,
    /// The retained message was cleared.
    Cleared,
    /// Something else.
    Says(String),
    /// Nothing yet: only the broker has told about its will.
    Unknown,
}

impl State {
    fn of(payload: &[u8]) -> State {
        let text = String::from_utf8_lossy(payload);
        let word = text.trim();
        let is_in = |words: &[&str]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
        if payload.is_empty() {
            State::Cleared
        } else if is_in(&ONLINE) {
            State::Online
        } else if is_in(&OFFLINE) {
            State::Offline
        } else {
            State::Says(
                Escaped(&word.chars().take(SHOWN_CHARS_MAX).collect::<String>()).to_string(),
            )
        }
    }

    fn word(&self) -> &'static str {
        match self {
            State::Online => "online",
            State::Offline => "offline",
            State::Cleared => "cleared",
            State::Says(_) => "says",
            State::Unknown => "unknown",
        }
    }

    fn shown(&self) -> String {
        match self {
            State::Says(text) => format!("\"{text}\""),
            other => other.word().to_owned(),
        }
    }
}

/// What is known about a topic.
#[derive(Clone, Debug)]
struct Entry {
    state: State,
    /// When it began; `None` where a retained message told of it.
    since: Option<Zoned>,
    /// What the broker told about the will last.
    will: Option<Notice>,
}

/// Everything that is watched.
#[derive(Debug, Default)]
pub struct Board {
    entries: BTreeMap<String, Entry>,
}

/// Something to tell.
#[derive(Clone, Debug)]
pub struct Change {
    at: Zoned,
    topic: String,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    State { state: State, is_retained: bool },
    Will(Notice),
}

impl Board {
    /// A message on a watched topic.
    pub fn on_message(&mut self, topic: &str, payload: &[u8], retain: bool, now: Zoned) -> Change {
        let state = State::of(payload);
        let since = (!retain).then(|| now.clone());
        let entry = self.entry(topic);
        if entry.state != state {
            entry.since = since;
        }
        if state == State::Online {
            entry.will = None;
        }
        entry.state = state.clone();
        let what = What::State { state, is_retained: retain };
        Change { at: now, topic: topic.to_owned(), what }
    }

    /// The broker tells about a will whose topic is watched. `None` where there is nothing to see:
    /// a will that was dropped after a normal end.
    pub fn on_notice(&mut self, notice: &Notice, now: Zoned) -> Option<Change> {
        if notice.fate == "discarded" {
            return None;
        }
        self.entry(&notice.topic).will = Some(notice.clone());
        let what = What::Will(notice.clone());
        Some(Change { at: now, topic: notice.topic.clone(), what })
    }

    fn entry(&mut self, topic: &str) -> &mut Entry {
        self.entries.entry(topic.to_owned()).or_insert_with(|| Entry {
            state: State::Unknown,
            since: None,
            will: None,
        })
    }

    /// The table, as bytes for a terminal of so many rows: drawn over what is there.
    pub fn screen(&self, host: &str, now: &Zoned, rows: usize) -> String {
        let online = self.entries.values().filter(|entry| entry.state == State::Online).count();
        let total = self.entries.len();
        let mut screen = String::from("\x1b[H");
        let mut line = |text: String| {
            screen.push_str(&text);
            screen.push_str("\x1b[K\r\n");
        };
        line(format!("{host}: {online} of {total} online, {}", moment(now)));
        let width = self.entries.keys().map(|topic| shown_topic(topic).chars().count()).max();
        let width = width.unwrap_or(0).max("TOPIC".len());
        line(format!("{:width$}  {:<10}  {:<24}  {:>9}  WILL", "TOPIC", "STATE", "SINCE", "FOR"));
        let room = rows.saturating_sub(4).max(1);
        for (topic, entry) in self.entries.iter().take(room) {
            line(entry.row(&shown_topic(topic), width, now));
        }
        if total > room {
            line(format!("... and {} more", total - room));
        }
        screen.push_str("\x1b[J");
        screen
    }
}

impl Entry {
    fn row(&self, topic: &str, width: usize, now: &Zoned) -> String {
        let (since, age) = match &self.since {
            Some(since) => (moment(since), age(since, now)),
            None => ("before we came".to_owned(), String::new()),
        };
        let will = self.will.as_ref().map(Notice::told).unwrap_or_default();
        let state = self.state.shown();
        format!("{topic:width$}  {state:<10}  {since:<24}  {age:>9}  {will}")
    }
}

impl Notice {
    /// What became of the will, in short.
    fn told(&self) -> String {
        let cause = Escaped(&self.cause);
        match (self.fate.as_str(), self.waits) {
            ("published", _) => format!("came {} after the death: {cause}", span(self.dead_for)),
            ("waiting", Some(waits)) => format!("waits {} more: {cause}", span(waits)),
            (fate, _) => format!("{}: {cause}", Escaped(fate)),
        }
    }
}

impl Change {
    /// A line: time, what, topic, details.
    pub fn line(&self) -> String {
        let (at, topic) = (moment(&self.at), shown_topic(&self.topic));
        match &self.what {
            What::State { state, is_retained } => {
                let mut line = format!("{at} {} {topic}", state.word());
                if let State::Says(text) = state {
                    let _ = write!(line, " \"{text}\"");
                }
                if *is_retained {
                    line.push_str(" (retained)");
                }
                line
            }
            What::Will(notice) => {
                let client = Escaped(&notice.client);
                format!("{at} will {topic} of '{client}' {}", notice.told())
            }
        }
    }

    /// The same as JSON.
    pub fn json(&self) -> String {
        let at = moment(&self.at);
        match &self.what {
            What::State { state, is_retained } => json!({
                "time": at,
                "event": state.word(),
                "topic": self.topic,
                "retained": is_retained,
                "payload": match state { State::Says(text) => Some(text), _ => None },
            }),
            What::Will(notice) => json!({
                "time": at,
                "event": "will",
                "topic": self.topic,
                "client": notice.client,
                "fate": notice.fate,
                "cause": notice.cause,
                "dead_for_ms": notice.dead_for.as_millis() as u64,
                "waits_ms": notice.waits.map(|waits| waits.as_millis() as u64),
            }),
        }
        .to_string()
    }
}

fn moment(at: &Zoned) -> String {
    let mut text = Vec::new();
    write_local(at, Digits::Seconds, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn shown_topic(topic: &str) -> String {
    Escaped(topic).to_string()
}

fn span(span: Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}

/// How long ago a moment was, to the second.
fn age(since: &Zoned, now: &Zoned) -> String {
    let secs = now.timestamp().as_second().saturating_sub(since.timestamp().as_second()).max(0);
    match secs {
        0..60 => format!("{secs}s"),
        60..3600 => format!("{}m{:02}s", secs / 60, secs % 60),
        3600..86_400 => format!("{}h{:02}m", secs / 3600, secs / 60 % 60),
        _ => format!("{}d{:02}h", secs / 86_400, secs / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Zoned {
        jiff::Timestamp::from_second(secs).unwrap().to_zoned(jiff::tz::TimeZone::UTC)
    }

    fn notice(fate: &str, waits: Option<u64>) -> Notice {
        Notice {
            client: "A".to_owned(),
            topic: "A/status".to_owned(),
            fate: fate.to_owned(),
            cause: "why".to_owned(),
            dead_for: Duration::from_millis(7500),
            waits: waits.map(Duration::from_secs),
        }
    }

    #[test]
    fn a_life_in_lines() {
        let mut board = Board::default();
        let mut told = vec![board.on_message("A/status", b"offline", true, at(0)).line()];
        told.push(board.on_message("A/status", b"Online", false, at(5)).line());
        told.push(board.on_notice(&notice("waiting", Some(10)), at(9)).unwrap().line());
        told.push(board.on_notice(&notice("published", None), at(19)).unwrap().line());
        told.push(board.on_message("A/status", b"offline", false, at(19)).line());
        told.push(board.on_message("A/status", b"21 \x1b[31m", false, at(20)).line());
        told.push(board.on_message("A/status", b"", false, at(21)).line());
        assert_eq!(
            told,
            [
                "1970-01-01T00:00:00+0000 offline A/status (retained)",
                "1970-01-01T00:00:05+0000 online A/status",
                "1970-01-01T00:00:09+0000 will A/status of 'A' waits 10.0 s more: why",
                "1970-01-01T00:00:19+0000 will A/status of 'A' came 7.5 s after the death: why",
                "1970-01-01T00:00:19+0000 offline A/status",
                "1970-01-01T00:00:20+0000 says A/status \"21 \\x1b[31m\"",
                "1970-01-01T00:00:21+0000 cleared A/status",
            ]
        );
        assert!(board.on_notice(&notice("discarded", None), at(22)).is_none());
    }

    #[test]
    fn lines_as_json() {
        let mut board = Board::default();
        let change = board.on_message("A/status", b"online", false, at(5));
        let value: serde_json::Value = serde_json::from_str(&change.json()).unwrap();
        assert_eq!((&value["event"], &value["topic"]), (&json!("online"), &json!("A/status")));
        let change = board.on_notice(&notice("published", None), at(9)).unwrap();
        let value: serde_json::Value = serde_json::from_str(&change.json()).unwrap();
        assert_eq!((&value["event"], &value["dead_for_ms"]), (&json!("will"), &json!(7500)));
    }

    #[test]
    fn the_table_keeps_to_its_rows() {
        let mut board = Board::default();
        for number in 0..9 {
            board.on_message(&format!("c{number}"), b"online", false, at(5));
        }
        board.on_message("c3", b"offline", false, at(60));
        let screen = board.screen("localhost", &at(125), 9);
        let lines: Vec<&str> = screen.split("\x1b[K\r\n").collect();
        assert_eq!(lines[0], "\x1b[Hlocalhost: 8 of 9 online, 1970-01-01T00:02:05+0000");
        assert!(lines[2].starts_with("c0     online"), "{lines:?}");
        assert!(lines[5].contains("offline") && lines[5].contains("1m05s"), "{lines:?}");
        assert_eq!(lines[7..], ["... and 4 more", "\x1b[J"]);
    }
}
