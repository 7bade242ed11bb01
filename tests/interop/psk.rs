//! TLS with pre-shared keys, in a build that has it: our clients at Debian's mosquitto, and beside
//! its own clients.

mod bridge;

use std::fs;

use crate::support::broker::Broker;
use crate::support::program::{self, Program};
use crate::support::{await_that, free_port, lastwill, mosquitto};

const KEY: [&str; 4] = ["--psk", "0123456789abcdef", "--psk-identity", "me"];

/// Debian's broker with one key, on a free port.
fn broker(folder: &std::path::Path) -> (Program, String) {
    let port = free_port();
    let keys = folder.join("keys");
    fs::write(&keys, "me:0123456789abcdef\n").unwrap();
    let config = folder.join("mosquitto.conf");
    let text = format!(
        "user root\nlistener {port} 127.0.0.1\nallow_anonymous true\npsk_hint any\npsk_file {}\n",
        keys.display()
    );
    fs::write(&config, text).unwrap();
    let program = Program::start(mosquitto(), &["-c", config.to_str().unwrap()]);
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

/// Our broker with one key, and what a client says.
fn ours(folder: &std::path::Path, more: &[&str]) -> Broker {
    let keys = folder.join("keys");
    fs::write(&keys, "me:0123456789abcdef\nyou:00ff\n").unwrap();
    let file = format!("psk_file={}", keys.display());
    let base = ["--set", "psk_hint=any", "--set", &file, "--set", "use_identity_as_username=true"];
    Broker::start_with(&[&base[..], more].concat())
}

#[test]
fn our_broker_knows_clients_by_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let broker = ours(folder.path(), &[]);
    let port = broker.port_text();
    let base = ["-h", "127.0.0.1", "-p", &port, "-t", "psk", "-q", "1"];
    let sub = [&["sub"], &base[..], &KEY, &["-i", "ours", "-C", "2"]].concat();
    let sub = Program::start(&lastwill(), &sub);
    broker.await_subscribed("ours", "psk");
    let line = broker.program.stderr.line_with(" as ours (");
    assert!(line.ends_with("u'me')."), "{line}");
    broker.program.stderr.line_with("Client ours negotiated TLSv1.2 cipher ");
    let large = folder.path().join("large");
    fs::write(&large, vec![b'x'; 1 << 20]).unwrap();
    let publish = [&base[..], &KEY, &["-f", large.to_str().unwrap()]].concat();
    assert_eq!(program::run("mosquitto_pub", &publish).code, Some(0));
    let other = ["--psk", "00ff", "--psk-identity", "you", "-m", "end"];
    assert_eq!(program::run("mosquitto_pub", &[&base[..], &other].concat()).code, Some(0));
    let ended = sub.end();
    assert_eq!((ended.stdout[0].len(), ended.stdout[1].as_str()), (1 << 20, "end"));
    for wrong in
        [["--psk", "00fe", "--psk-identity", "you"], ["--psk", "00", "--psk-identity", "x"]]
    {
        let ended = program::run("mosquitto_pub", &[&base[..], &wrong, &["-m", "x"]].concat());
        assert_ne!(ended.code, Some(0), "{wrong:?}");
    }
    broker.program.stderr.line_with("TLS failed: ");
}

#[test]
fn a_key_that_is_taken_away_ends_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let broker = ours(folder.path(), &[]);
    let port = broker.port_text();
    let base = ["sub", "-h", "127.0.0.1", "-p", &port, "-t", "psk", "-V", "5"];
    let mine = Program::start(&lastwill(), &[&base[..], &KEY, &["-i", "mine"]].concat());
    let other = ["--psk", "00ff", "--psk-identity", "you", "-i", "other"];
    let other = Program::start(&lastwill(), &[&base[..], &other].concat());
    broker.await_subscribed("mine", "psk");
    broker.await_subscribed("other", "psk");
    fs::write(folder.path().join("keys"), "you:0g\n").unwrap();
    broker.program.signal("HUP");
    broker.program.stderr.line_with("keys:1: the key is no hexadecimal number of whole bytes.");
    fs::write(folder.path().join("keys"), "you:00ff\n").unwrap();
    broker.program.signal("HUP");
    broker.program.stderr.line_with("is not allowed any more: its pre-shared key holds no more.");
    broker.program.stderr.line_with("Client mine [");
    let lines = broker.program.stderr.so_far();
    assert!(!lines.iter().any(|line| line.contains("Client other [")), "{lines:?}");
    drop((mine, other));
}
