//! An hour of an administrator, in short: rotate the log, reload, restart.

use std::fs;
use std::path::Path;

use super::await_text;
use crate::support::broker::Broker;
use crate::support::lastwill;
use crate::support::packet::Version;
use crate::support::program::Program;

struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new(more: &str) -> Self {
        let site = Site { folder: tempfile::tempdir().unwrap() };
        site.configure(more);
        site
    }

    fn configure(&self, more: &str) {
        let log = self.path("log");
        let text = format!("log_dest file {}\n{more}", log.display());
        fs::write(self.path("b.conf"), text).unwrap();
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn start(&self) -> Broker {
        let config = self.path("b.conf").display().to_string();
        let args = ["broker", "-c", &config, "-p", "0", "--ready-json"];
        Broker::ready(Program::start(&lastwill(), &args))
    }
}

/// Moves the log away as logrotate does, and has the broker told.
fn rotate(site: &Site, broker: &Broker, signal: &str, number: usize) -> String {
    let (log, moved) = (site.path("log"), site.path(&format!("log.{number}")));
    let first = format!("before{number}");
    broker.client(Version::V4, &first).ping();
    await_text(&log, &format!("as {first} "));
    fs::rename(&log, &moved).unwrap();
    broker.program.signal(signal);
    let second = format!("after{number}");
    // The file is made anew by whoever writes the next line; until then lines go to the old one.
    super::await_that("the new log file", || Path::new(&log).exists());
    broker.client(Version::V4, &second).ping();
    await_text(&log, &format!("as {second} "));
    fs::read_to_string(&moved).unwrap()
}

#[test]
fn the_log_is_rotated_by_either_signal_and_no_line_is_lost() {
    let site = Site::new("");
    let broker = site.start();
    let moved = rotate(&site, &broker, "RTMIN", 1);
    assert!(moved.contains("as before1 ") && !moved.contains("as after1 "), "{moved}");
    await_text(&site.path("log"), "The log file was opened again.");
    let moved = rotate(&site, &broker, "HUP", 2);
    assert!(moved.contains("as after1 ") && !moved.contains("as after2 "), "{moved}");
    let log = await_text(&site.path("log"), "Config reloaded.");
    assert!(log.contains("Reloading config."), "{log}");
}

#[test]
fn a_reload_changes_the_log() {
    let site = Site::new("");
    let broker = site.start();
    let other = site.path("other");
    site.configure(&format!(
        "log_dest stdout\nlog_format json\nlog_type all\nconnection_messages false\n\
         # {}\n",
        other.display()
    ));
    broker.program.signal("HUP");
    let line = broker.program.stdout.line_with("Config reloaded.");
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["type"], &line["text"]), (&"information".into(), &"Config reloaded.".into()));
    broker.client(Version::V4, "quiet").ping();
    let line = broker.program.stdout.line_with("PINGRESP");
    assert!(line.contains("\"type\":\"debug\""), "{line}");
    let lines = broker.program.stdout.so_far();
    assert!(!lines.iter().any(|line| line.contains("New client connected")), "{lines:?}");
}

#[test]
fn signals_that_mean_nothing_do_not_kill() {
    let site = Site::new("");
    let broker = site.start();
    for (signal, told) in [("USR2", "SIGUSR2 received"), ("USR1", "Nothing is saved")] {
        broker.program.signal(signal);
        await_text(&site.path("log"), told);
    }
    broker.program.signal("PIPE");
    broker.client(Version::V5, "c").ping();
}

#[test]
fn usr1_writes_what_was_gathered_and_compacts_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let broker = Broker::start_with(&["--data", &data, "--set", "persistence_sync=second"]);
    broker.program.signal("USR1");
    let path = folder.path().join("lastwill.db");
    broker.program.stderr.line_with(&format!("Saving in-memory database to {}.", path.display()));
    broker.program.stderr.line_with(&format!("Compacted the store {}", path.display()));
}

#[test]
fn a_log_file_that_cannot_be_opened_stops_nobody() {
    let site = Site::new("");
    fs::create_dir(site.path("log")).unwrap();
    let broker = site.start();
    let text =
        format!("Error: Unable to open log file {} for writing: ", site.path("log").display());
    broker.program.stderr.line_with(&text);
    broker.client(Version::V5, "c").ping();
    let lines = broker.program.stderr.so_far();
    assert!(!lines.iter().any(|line| line.contains("New connection")), "errors only: {lines:?}");
}

#[test]
fn a_full_disk_under_the_log_stops_nobody() {
    // Writing to this device fails as a full disk does.
    let broker = Broker::start_with(&["--set", "log_dest=file /dev/full"]);
    for round in 0..20 {
        broker.client(Version::V5, &format!("c{round}")).ping();
    }
    broker.program.signal("TERM");
    assert_eq!(broker.program.end().code, Some(0));
}
