//! `-d` and `pid_file`.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::await_text;
use crate::support::program::Program;
use crate::support::{await_that, lastwill};

fn kill(signal: &str, pid: &str) {
    assert!(Command::new("kill").args([signal, pid]).status().unwrap().success());
}

#[test]
fn the_caller_goes_on_when_the_broker_listens() {
    let folder = tempfile::tempdir().unwrap();
    let (log, pid_file) = (folder.path().join("log"), folder.path().join("pid"));
    let config = folder.path().join("b.conf");
    fs::write(
        &config,
        format!("pid_file {}\nlog_dest file {}\n", pid_file.display(), log.display()),
    )
    .unwrap();
    let config = config.display().to_string();
    let args = ["broker", "-c", &config, "-p", "0", "-d", "--ready-json"];
    // Its output ends although the broker runs on.
    let ended = Program::start(&lastwill(), &args).end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ready: serde_json::Value = serde_json::from_str(&ended.stdout[0]).unwrap();
    let pid = fs::read_to_string(&pid_file).unwrap().trim().to_owned();
    assert_eq!(ready["pid"].to_string(), pid);
    let port = ready["listeners"][0]["port"].to_string();
    let sent = crate::support::program::run(&lastwill(), &["pub", "-p", &port, "-t", "a", "-n"]);
    assert_eq!(sent.code, Some(0), "{sent:?}");
    // A session of its own.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let session = stat.rsplit(')').next().unwrap().split_whitespace().nth(3).unwrap();
    assert_eq!(session, pid);
    kill("-TERM", &pid);
    await_text(&log, "terminating");
    await_that("the pid file to go", || !pid_file.exists());
}

#[test]
fn a_start_that_fails_in_the_background_is_told_and_has_its_exit_code() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = Program::start(&lastwill(), &["broker", "-d", "-p", &port]).end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.iter().any(|line| line.ends_with("Error: Address already in use")));
    let ended = Program::start(&lastwill(), &["broker", "-d", "--set", "max_qos=9"]).end();
    assert_eq!(ended.code, Some(3), "{ended:?}");
}

#[test]
fn a_pid_file_that_cannot_be_written_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no/pid");
    let set = format!("pid_file={}", path.display());
    let ended = Program::start(&lastwill(), &["broker", "-p", "0", "--set", &set]).end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let error = format!("Error: Unable to write pid file {}: ", path.display());
    assert!(ended.stderr.iter().any(|line| line.starts_with(&error)), "{ended:?}");
    assert!(ended.stderr.iter().any(|line| line.ends_with(" terminating")), "{ended:?}");
}

#[test]
fn the_pid_file_of_a_broker_that_runs_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pid");
    let set = format!("pid_file={}", path.display());
    let args = ["broker", "-p", "0", "--ready-json", "--set", &set];
    let first = crate::support::broker::Broker::ready(Program::start(&lastwill(), &args));
    let second = Program::start(&lastwill(), &args).end();
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.stderr.iter().any(|line| line.contains("broker that runs")), "{second:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", first.program.pid()));
    first.program.signal("TERM");
    assert_eq!(first.program.end().code, Some(0));
    assert!(!Path::new(&path).exists());
}
