use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::observe::settings::{Destination, LogFormat, LogType, LogTypes};

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
    let targets = vec![Target::stream(pipe, LogTypes::ALL, false, LogFormat::Text)];
    let queue = Queue::start_with(targets, StampFormat::EpochSeconds, &Arc::default());
    (queue, Reader { written, go_on })
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
    assert_eq!(text.lines().filter(|line| line.ends_with("x [cut]")).count(), 2);
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
fn requests_are_carried_out_where_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let to = |name: &str, stamp| LogSettings {
        destinations: vec![Destination::File(path(name))],
        stamp,
        ..LogSettings::default()
    };
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let queue = Queue::start(&to("a", StampFormat::EpochSeconds), &Arc::default());
    push(&queue, "one");
    queue.reconfigure(to("b", StampFormat::None));
    push(&queue, "two");
    queue.push(&mut vec![Line { kind: LogType::Debug, ..line("not wanted") }]);
    queue.reopen();
    queue.reopen();
    push(&queue, "three");
    assert!(queue.close(LONG));
    assert_eq!((read("a"), read("b")), ("1700000000: one\n".into(), "two\nthree\n".into()));
    assert_eq!(queue.lost(), 0);
}
