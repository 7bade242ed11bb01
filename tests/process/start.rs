//! How the broker starts, and how it says that it cannot.

use std::fs;

use crate::support::broker::Broker;
use crate::support::packet::Version;
use crate::support::{lastwill, program};

#[test]
fn ready_json_tells_process_and_ports() {
    let broker = Broker::start();
    let line = broker.program.stdout.line_with("ready");
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["event"], "ready");
    assert_eq!(ready["pid"], broker.program.pid());
    for listener in ready["listeners"].as_array().unwrap() {
        assert_eq!(listener["port"], broker.port, "one port for both families: {line}");
    }
    broker.client(Version::V5, "c").ping();
    assert_eq!(broker.program.stdout.so_far().len(), 1, "one line, and nothing else");
}

#[test]
fn the_log_names_address_and_real_port() {
    let broker = Broker::start();
    broker.program.stderr.line_with(&format!("listening on 127.0.0.1:{}", broker.port));
}

#[test]
fn a_port_in_use_is_one_clear_error() {
    let broker = Broker::start();
    let port = broker.port_text();
    let second = program::run(&lastwill(), &["broker", "-p", &port]);
    assert_eq!(second.code, Some(1), "{second:?}");
    let address = format!("127.0.0.1:{port}");
    assert!(second.stderr.iter().any(|line| line.contains(&address)), "{second:?}");
}

#[test]
fn a_wrong_option_is_named() {
    for (args, name) in [
        (&["--no-such-option"][..], "--no-such-option"),
        (&["--set", "no_such_setting=1"], "no_such_setting"),
        (&["-p", "70000"], "70000"),
        (&["-c", "no/such/file.conf"], "no/such/file.conf"),
    ] {
        let ended = program::run(&lastwill(), &[&["broker"], args].concat());
        assert_eq!(ended.code, Some(3), "{args:?}: {ended:?}");
        assert!(ended.stderr.iter().any(|line| line.contains(name)), "{args:?}: {ended:?}");
        assert!(ended.stdout.is_empty(), "{ended:?}");
    }
}

#[test]
fn a_wrong_line_of_the_configuration_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broker.conf");
    fs::write(&file, "# first\nallow_anonymous true\nmax_qoss 1\n").unwrap();
    let file = file.to_str().unwrap();
    let ended = program::run(&lastwill(), &["broker", "-c", file]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let place = format!("{file}:3");
    assert!(ended.stderr.iter().any(|line| line.contains(&place)), "{ended:?}");
    assert!(ended.stderr.iter().any(|line| line.contains("max_qoss")), "{ended:?}");
}
