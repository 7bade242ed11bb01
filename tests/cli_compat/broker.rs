//! Our broker under the name `mosquitto`.

use std::ffi::OsStr;
use std::process::Command;

use super::{Outcome, ours};
use crate::support::broker::Broker;
use crate::support::packet::Version;
use crate::support::program::{self, Program};
use crate::support::{await_that, free_port, lastwill, mosquitto};

/// Command lines that are wrong in 2.0 and 2.1 alike.
const WRONG: &[&str] = &[
    "-x",
    "--bogus",
    "file",
    "-v -vv",
    "-p",
    "-v --port",
    "-p 0",
    "-p -1",
    "-p 65536",
    "-p abc",
    "-c",
    "--config-file",
    "-p 1 -p 2 -p 3 -p 4 -p 5 -p 6 -p 7 -p 8 -p 9 -p 10 -p 11",
];

/// The lines of standard error without the time that 2.0 puts before some of them.
fn said(outcome: &Outcome) -> Vec<String> {
    let text = String::from_utf8_lossy(&outcome.stderr).into_owned();
    let bare = |line: &str| match line.split_once(": ") {
        Some((stamp, rest)) if stamp.bytes().all(|byte| byte.is_ascii_digit()) => rest.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(bare).collect()
}

#[test]
fn wrong_command_lines_of_the_broker_are_told_as_there() {
    for line in WRONG {
        let args: Vec<&str> = line.split(' ').collect();
        let (theirs, ours) = (super::theirs(mosquitto(), &args), ours("mosquitto", &args));
        assert_eq!((theirs.code, ours.code), (Some(3), Some(3)), "{line}");
        assert_eq!(said(&theirs), said(&ours), "{line}");
        let usage = |outcome: &Outcome| {
            String::from_utf8_lossy(&outcome.stdout).contains("Usage: mosquitto [-c config_file]")
        };
        assert_eq!(usage(&theirs), usage(&ours), "{line}");
    }
}

#[test]
fn what_2_1_has_besides_is_there() {
    for (args, line) in [
        (&["--tls-keylog"][..], "Error: --tls-keylog argument given, but no file specified."),
        (&["--test-config"], "Please provide a configuration file to test."),
    ] {
        let outcome = ours("mosquitto", args);
        assert_eq!((outcome.code, said(&outcome)), (Some(3), vec![line.to_owned()]));
        assert!(outcome.stdout.is_empty());
    }
    for args in ["-h", "--help", "--version"] {
        let outcome = ours("mosquitto", &[args]);
        assert_eq!((outcome.code, said(&outcome)), (Some(0), vec![]), "{args}");
        assert!(outcome.stdout.starts_with(b"mosquitto "), "{args}");
    }
    // What only lastwill has is under its own name.
    for args in [&["--set", "max_qos=1"][..], &["--exec", "true"], &["--ready-json"]] {
        let outcome = ours("mosquitto", args);
        assert_eq!(said(&outcome), [format!("Error: Unknown option '{}'.", args[0])]);
    }
}

/// A folder with a link named `mosquitto`, made by `lastwill link`.
fn linked() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let made = program::run(&lastwill(), &["link", folder.path().to_str().unwrap()]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let link = folder.path().join("mosquitto").to_str().unwrap().to_owned();
    (folder, link)
}

#[test]
fn a_link_serves_and_tests_and_goes_into_the_background() {
    let (folder, link) = linked();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (config, pid_file) = (path("m.conf"), path("pid"));
    let port = free_port();
    let write = |lines: &str| std::fs::write(&config, lines).unwrap();
    write(&format!("user root\nlistener {port} 127.0.0.1\nallow_anonymous true\n"));
    let ended = program::run(&link, &["-c", &config, "--test-config"]);
    assert_eq!(ended.stderr, ["Configuration file is OK."]);
    let running = Program::start(&link, &["-v", "-c", &config]);
    running.stderr.line_with(" running");
    let broker = Broker { program: running, port };
    broker.client(Version::V4, "c").ping();
    broker.program.signal("TERM");
    assert_eq!(broker.program.end().code, Some(0));
    write(&format!("user root\nlistener {port} 127.0.0.1\npid_file {pid_file}\nbogus 1\n"));
    let ended = program::run(&link, &["-d", "-c", &config]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    write(&format!("user root\nlistener {port} 127.0.0.1\npid_file {pid_file}\n"));
    let ended = program::run(&link, &["-c", &config, "-d"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let pid = std::fs::read_to_string(&pid_file).unwrap();
    let args = [OsStr::new("-TERM"), OsStr::new(pid.trim())];
    assert!(Command::new("kill").args(args).status().unwrap().success());
    await_that("the pid file to go", || std::fs::metadata(&pid_file).is_err());
}
