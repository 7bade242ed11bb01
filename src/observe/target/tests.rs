use std::os::unix::fs::PermissionsExt;
use std::sync::{Mutex, PoisonError};

use super::*;
use crate::time::Timestamp;

const AT: Timestamp = Timestamp::from_millis(1_700_000_000_123);
const STAMP: StampFormat = StampFormat::EpochSeconds;

fn line(kind: LogType, text: &str) -> Line {
    Line { at: AT, kind, text: text.to_owned() }
}

fn note(text: &str) -> Line {
    line(LogType::Notice, text)
}

fn file_settings(path: &Path) -> LogSettings {
    LogSettings { destinations: vec![Destination::File(path.to_owned())], ..LogSettings::default() }
}

fn open_one(settings: &LogSettings) -> Target {
    open(settings, &Arc::default(), Vec::new()).remove(0)
}

/// A disk with so many bytes of room.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

impl Disk {
    fn give(&self, bytes: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 += bytes;
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().0.clone()).unwrap()
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (held, room) = &mut *self.0.lock().unwrap();
        let len = bytes.len().min(*room);
        if len == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        held.extend(&bytes[..len]);
        *room -= len;
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_costs_lines_and_the_count_is_told_on_a_line_of_its_own() {
    let disk = Disk::default();
    let mut target = Target::stream(Box::new(disk.clone()), LogTypes::ALL, false, LogFormat::Text);
    disk.give("1700000000: one\n17000".len());
    assert_eq!(target.write(&[note("one"), note("two")], &STAMP), 2);
    assert_eq!(target.write(&[note("three")], &STAMP), 1);
    disk.give(10_000);
    assert_eq!(target.write(&[note("four")], &STAMP), 0);
    assert_eq!(target.write(&[note("five")], &STAMP), 0);
    let expected = "1700000000: one\n17000\n\
         1700000000: Warning: 3 log lines were lost: no storage space.\n\
         1700000000: four\n1700000000: five\n";
    assert_eq!(disk.text(), expected);
}

#[test]
fn a_file_is_private_appended_to_and_opened_again_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (path, moved) = (folder.path().join("log"), folder.path().join("log.1"));
    let mut target = open_one(&file_settings(&path));
    target.write(&[note("one")], &STAMP);
    std::fs::rename(&path, &moved).unwrap();
    target.write(&[note("two")], &STAMP);
    target.reopen();
    target.write(&[note("three")], &STAMP);
    assert_eq!(std::fs::read_to_string(&moved).unwrap(), "1700000000: one\n1700000000: two\n");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "1700000000: three\n");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0);
    let mut again = open_one(&file_settings(&path));
    again.write(&[note("four")], &STAMP);
    assert!(std::fs::read_to_string(&path).unwrap().ends_with("three\n1700000000: four\n"));
}

#[test]
fn a_file_that_cannot_be_opened_again_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (path, moved) = (folder.path().join("log"), folder.path().join("log.1"));
    let settings = file_settings(&path);
    let mut target = open_one(&settings);
    std::fs::rename(&path, &moved).unwrap();
    std::fs::create_dir(&path).unwrap();
    target.reopen();
    target.write(&[note("one")], &STAMP);
    let mut target = open(&settings, &Arc::default(), vec![target]).remove(0);
    target.write(&[note("two")], &STAMP);
    assert_eq!(std::fs::read_to_string(&moved).unwrap(), "1700000000: one\n1700000000: two\n");
}

#[test]
fn a_link_or_a_directory_is_no_log_file() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("log"), folder.path().join("link"));
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for path in [link.as_path(), folder.path()] {
        let mut target = open_one(&file_settings(path));
        assert!(matches!(target.place, Place::File { file: None, .. }), "{path:?}");
        // What is no error is lost.
        assert_eq!(target.write(&[note("lost")], &STAMP), 1);
    }
    assert!(!path.exists());
}

#[test]
fn lines_are_cut_between_characters() {
    let mut text = String::new();
    let long = format!("{}\n\t{}", "x".repeat(986), "\u{e4}".repeat(600));
    push_text(&note(&long), false, &STAMP, &mut text);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("1700000000: {}", "x".repeat(986)));
    assert_eq!(lines[1].len(), LINE_BYTES_MAX - 1);
    assert!(lines[1].ends_with("\u{e4} [cut]"), "{}", lines[1]);
}

#[test]
fn json_has_time_type_and_text_in_one_line() {
    let mut target = Target::stream(Box::new(io::sink()), LogTypes::ALL, false, LogFormat::Json);
    let text = target.text(&[&line(LogType::Warning, "say \"hi\"\n\ttwo")], &STAMP);
    assert_eq!(
        text,
        "{\"time\":\"2023-11-14T22:13:20.123Z\",\"type\":\"warning\",\"text\":\"say \\\"hi\\\"\\n\\ttwo\"}\n"
    );
    assert_eq!(target.write(&[note("x")], &STAMP), 0);
}

#[test]
fn topics_get_the_stamp_and_no_debug_lines() {
    let feed = Arc::new(Feed::default());
    let settings = LogSettings {
        destinations: vec![Destination::Topic],
        types: LogTypes::ALL,
        ..LogSettings::default()
    };
    let mut target = open(&settings, &feed, Vec::new()).remove(0);
    let lines = [note("one\n\ttwo"), line(LogType::Debug, "no"), line(LogType::Subscribe, "c 1 t")];
    assert_eq!(target.write(&lines, &STAMP), 0);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let published: Vec<_> = runtime.block_on(feed.next()).into_iter().collect();
    let expected = [
        ("$SYS/broker/log/N", "1700000000: one"),
        ("$SYS/broker/log/N", "1700000000: \ttwo"),
        ("$SYS/broker/log/M/subscribe", "1700000000: c 1 t"),
    ];
    assert_eq!(published, expected.map(|(topic, text)| (topic, text.to_owned())));
}

#[test]
fn syslog_loses_lines_and_tells_how_many() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut settings =
        LogSettings { destinations: vec![Destination::Syslog], ..LogSettings::default() };
    settings.syslog.socket = path.clone();
    let mut target = open_one(&settings);
    assert_eq!(target.write(&[note("lost"), note("lost")], &STAMP), 2);
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    assert_eq!(target.write(&[note("one\n\ttwo")], &STAMP), 0);
    let next = || {
        let mut bytes = [0; 500];
        let len = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..len]).into_owned()
    };
    let told = next();
    assert!(told.starts_with("<28>") && told.contains("2 log lines were lost"), "{told}");
    assert!(next().ends_with("]: one"), "no stamp of ours");
    assert!(next().ends_with("]: \ttwo"));
}

#[test]
fn colour_follows_the_type_and_never_reaches_a_plain_stream() {
    let (note, bad) = (note("note"), line(LogType::Error, "bad"));
    let mut target = Target::stream(Box::new(io::sink()), LogTypes::ALL, false, LogFormat::Text);
    assert_eq!(target.text(&[&note, &bad], &StampFormat::None), "note\nbad\n");
    colored::control::set_override(true);
    target.is_coloured = true;
    let text = target.text(&[&note, &bad], &StampFormat::None);
    assert_eq!(text, "note\n\u{1b}[1;31mbad\u{1b}[0m\n");
}
