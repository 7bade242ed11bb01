//! TLS with pre-shared keys, in a build that has it: our clients at Debian's mosquitto, and beside
//! its own clients.

use std::fs;
use std::net::TcpListener;

use crate::support::program::{self, Program};
use crate::support::{await_that, lastwill};

const KEY: [&str; 4] = ["--psk", "0123456789abcdef", "--psk-identity", "me"];

/// Debian's broker with one key, on a free port.
fn broker(folder: &std::path::Path) -> (Program, String) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let keys = folder.join("keys");
    fs::write(&keys, "me:0123456789abcdef\n").unwrap();
    let config = folder.join("mosquitto.conf");
    let text = format!(
        "user root\nlistener {port} 127.0.0.1\nallow_anonymous true\npsk_hint any\npsk_file {}\n",
        keys.display()
    );
    fs::write(&config, text).unwrap();
    let program = Program::start("mosquitto", &["-c", config.to_str().unwrap()]);
    await_that("mosquitto listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    (program, port.to_string())
}

#[test]
fn a_pre_shared_key_encrypts_and_admits() {
    let folder = tempfile::tempdir().unwrap();
    let (_broker, port) = broker(folder.path());
    let base = ["-h", "127.0.0.1", "-p", &port];
    let large = folder.path().join("large");
    fs::write(&large, vec![b'x'; 3 << 20]).unwrap();
    let args = ["-t", "psk", "-C", "2", "-W", "20", "-F", "%l"];
    let theirs = Program::start("mosquitto_sub", &[&base[..], &KEY, &args].concat());
    let ours = Program::start(&lastwill(), &[&["sub"], &base[..], &KEY, &args, &["-E"]].concat());
    assert_eq!(ours.end().code, Some(0), "SUBACK over TLS");
    let ours = Program::start(&lastwill(), &[&["sub"], &base[..], &KEY, &args].concat());
    // Retained, so that both get it whenever they are subscribed.
    let publish = ["-t", "psk", "-q", "1", "-r", "-f", large.to_str().unwrap()];
    let sent = program::run(&lastwill(), &[&["pub"], &base[..], &KEY, &publish].concat());
    assert_eq!(sent.code, Some(0), "{sent:?}");
    for sub in [&theirs, &ours] {
        sub.stdout.line_with("3145728");
    }
    let publish = ["-t", "psk", "-m", "x", "-q", "1"];
    let sent = program::run("mosquitto_pub", &[&base[..], &KEY, &publish].concat());
    assert_eq!(sent.code, Some(0), "{sent:?}");
    assert_eq!(ours.end().stdout, ["3145728", "1"]);
}

#[test]
fn a_wrong_key_is_a_failure_of_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (_broker, port) = broker(folder.path());
    for (key, identity) in [("0123", "me"), ("0123456789abcdef", "you")] {
        let args = ["pub", "-h", "127.0.0.1", "-p", &port, "-t", "a", "-m", "b"];
        let wrong = ["--psk", key, "--psk-identity", identity];
        let ended = program::run(&lastwill(), &[&args[..], &wrong].concat());
        assert_eq!(ended.code, Some(8), "{ended:?}");
        assert!(ended.stderr[0].starts_with("Error: A TLS error occurred"), "{ended:?}");
    }
}
