use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

const AT: Timestamp = Timestamp::from_millis(1_700_000_000_000);
/// Long enough for any machine; reached only by a test that fails.
const LONG: Duration = Duration::from_secs(30);

/// A stream whose reader takes each write by itself, as a slow pipe does.
struct SlowPipe {
    to_reader: Sender<String>,
    may_go_on: Receiver<()>,
}

impl Write for SlowPipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.to_reader.send(text).map_err(|_| io::ErrorKind::BrokenPipe)?;
        self.may_go_on.recv().map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The reader's side of a [`SlowPipe`].
struct Reader {
    written: Receiver<String>,
    go_on: Sender<()>,
}

impl Reader {
    fn next(&self) -> String {
        let text = self.written.recv_timeout(LONG).unwrap();
        self.go_on.send(()).unwrap();
        text
    }
}

fn queue_with_slow_reader() -> (Arc<Queue>, Reader) {
    let (to_reader, written) = channel();
    let (go_on, may_go_on) = channel();
    let pipe = Box::new(SlowPipe { to_reader, may_go_on });
    let targets = vec![Target::new(pipe, LogTypes::ALL, false)];
    (Queue::start_with(targets, StampFormat::EpochSeconds), Reader { written, go_on })
}

fn line(text: &str) -> Line {
    Line { at: AT, kind: LogType::Notice, text: text.to_owned() }
}

fn push(queue: &Queue, text: &str) {
    queue.push(&mut vec![line(text)]);
}

#[test]
fn each_line_of_a_text_gets_the_stamp() {
    let (queue, reader) = queue_with_slow_reader();
    push(&queue, "one\n\ttwo");
    assert_eq!(reader.next(), "1700000000: one\n1700000000: \ttwo\n");
    assert!(queue.close(LONG));
}

#[test]
fn a_reader_that_stops_costs_lines_and_the_count_is_told() {
    let (queue, reader) = queue_with_slow_reader();
    push(&queue, "first");
    // The thread is now inside its write, and stays there.
    assert_eq!(reader.written.recv_timeout(LONG).unwrap(), "1700000000: first\n");
    let mut lines: Vec<Line> = (0..QUEUE_LINES_MAX + 3).map(|n| line(&n.to_string())).collect();
    queue.push(&mut lines);
    assert!(lines.is_empty(), "taken or dropped");
    reader.go_on.send(()).unwrap();
    let text = reader.next();
    let written: Vec<&str> = text.lines().collect();
    assert_eq!(written.len(), QUEUE_LINES_MAX + 1);
    assert_eq!(written[0], "1700000000: 0");
    let last = "1700000000: Warning: 3 log lines were dropped: whoever takes the log is too slow.";
    assert_eq!(written[QUEUE_LINES_MAX], last);
    push(&queue, "again");
    assert_eq!(reader.next(), "1700000000: again\n", "the count starts anew");
    assert!(queue.close(LONG));
}

#[test]
fn the_bound_in_bytes_holds_too() {
    let (queue, reader) = queue_with_slow_reader();
    push(&queue, "first");
    reader.written.recv_timeout(LONG).unwrap();
    let large = "x".repeat(QUEUE_BYTES_MAX / 2);
    for _ in 0..3 {
        push(&queue, &large);
    }
    push(&queue, "");
    reader.go_on.send(()).unwrap();
    let text = reader.next();
    assert_eq!(text.lines().filter(|line| line.ends_with('x')).count(), 2);
    assert!(text.contains("Warning: 1 log lines were dropped"));
    assert!(queue.close(LONG));
}

#[test]
fn closing_waits_for_what_was_said_but_not_for_ever() {
    let (queue, reader) = queue_with_slow_reader();
    push(&queue, "first");
    reader.written.recv_timeout(LONG).unwrap();
    push(&queue, "last words");
    assert!(!queue.close(Duration::from_millis(1)), "the reader has stopped");
    push(&queue, "too late");
    reader.go_on.send(()).unwrap();
    let text = reader.next();
    assert!(text.starts_with("1700000000: last words\n"), "{text}");
    assert!(!text.contains("too late"), "{text}");
    assert!(queue.close(LONG));
}

#[test]
fn a_closed_pipe_stops_nobody() {
    let (queue, reader) = queue_with_slow_reader();
    drop(reader);
    for n in 0..100 {
        push(&queue, &n.to_string());
    }
    assert!(queue.close(LONG));
}

#[test]
fn a_file_that_cannot_be_opened_leaves_the_errors_on_stderr() {
    let dir = tempfile::TempDir::new().unwrap();
    let target = open_one(&Destination::File(dir.path().to_owned()), LogTypes::ALL);
    assert_eq!(target.types, LogTypes::NONE.with(LogType::Error));
    let path = dir.path().join("log");
    let settings = LogSettings {
        destinations: vec![Destination::File(path.clone())],
        ..LogSettings::default()
    };
    for text in ["one", "two"] {
        let queue = Queue::start(&settings);
        push(&queue, text);
        queue.push(&mut vec![Line { kind: LogType::Debug, ..line("not wanted") }]);
        assert!(queue.close(LONG));
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(written, "1700000000: one\n1700000000: two\n", "appended");
}

#[test]
fn colour_follows_the_type_and_never_reaches_a_plain_stream() {
    let lines = [line("note"), Line { kind: LogType::Error, ..line("bad") }];
    let plain = Target::new(Box::new(io::sink()), LogTypes::ALL, false);
    let text = format_lines(&lines, &plain, &StampFormat::None);
    assert_eq!(text, "note\nbad\n");
    colored::control::set_override(true);
    let coloured = Target { is_coloured: true, ..plain };
    let text = format_lines(&lines, &coloured, &StampFormat::None);
    assert_eq!(text, "note\n\u{1b}[1;31mbad\u{1b}[0m\n");
}
