//! A publisher whose input ends, or whose time is over, while it has no connection.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use super::scripted::{ACCEPT_V3, Scripted, Step, answer, turns};
use crate::support::lastwill;
use crate::support::packet::hex;
use crate::support::program::{self, Ended, Program};

/// Ends the script of a server that waits for another client; answers what it saw.
fn let_go(server: Scripted) -> Vec<String> {
    let port = server.port.parse::<u16>().unwrap();
    drop(TcpStream::connect(("127.0.0.1", port)));
    server.seen()
}

#[test]
fn input_may_end_while_there_is_no_connection() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut script = turns(&[ACCEPT_V3, "40020001"]);
    script.push(Step::Close);
    let server = Scripted::start(script);
    let args = format!("-h 127.0.0.1 -p {} -t t -l -q 1", server.port);
    let command = format!("exec '{}' pub {args} < '{}'", lastwill(), pipe.display());
    let publisher = Program::start("bash", &["-c", &command]);
    let mut input = OpenOptions::new().write(true).open(&pipe).unwrap();
    input.write_all(b"a\n").unwrap();
    publisher.stderr.line_with("trying to connect again");
    drop(input);
    let ended = publisher.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(let_go(server)[1], "3206000174000161");
}

/// One line through mosquitto's name, to a server that goes when it has come, or before.
fn one_line(script: Vec<Step>) -> Ended {
    let server = Scripted::start(script);
    let args = format!("-h 127.0.0.1 -p {} -t t -l", server.port);
    let command = format!("printf 'a\\n' | (exec -a mosquitto_pub '{}' {args})", lastwill());
    let ended = program::run("bash", &["-c", &command]);
    let_go(server);
    ended
}

#[test]
fn a_server_that_goes_at_the_last_line_is_no_failure() {
    for round in 0..20 {
        for (reads, goes) in
            [(true, Step::Close), (true, Step::Reset), (false, Step::Close), (false, Step::Reset)]
        {
            let mut script = answer(ACCEPT_V3);
            script.extend(reads.then_some(Step::Read));
            script.push(goes);
            let ended = one_line(script);
            assert_eq!(ended.code, Some(0), "round {round}: {ended:?}");
        }
    }
}

#[test]
fn time_may_be_over_while_there_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    // It takes one client and is gone with it.
    let server = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        client.write_all(&hex(ACCEPT_V3)).unwrap();
        client.read_exact(&mut [0; 1]).unwrap();
    });
    let args = ["pub", "-h", "127.0.0.1", "-p", &port, "-t", "t", "-m", "x", "-q", "1"];
    let ended = program::run(&lastwill(), &[&args[..], &["--retry", "-W", "2"]].concat());
    server.join().unwrap();
    assert_eq!(ended.code, Some(27), "{ended:?}");
    assert_eq!(ended.stderr.last().map(String::as_str), Some("Timed out"));
}

/// The lines before it are published, and it is not lost in silence.
#[test]
fn a_line_that_the_server_does_not_take_ends_it() {
    for (compat, code, told) in [
        ("2.0", 25, "Error: Packet larger than supported by the server."),
        ("2.1", 7, "Error: The connection was lost"),
    ] {
        // Maximum Packet Size 20.
        let server = Scripted::start(turns(&["20080000052700000014"]));
        let args = format!("-h 127.0.0.1 -p {} -V 5 -t t -l", server.port);
        let lines = "a\\nabcdefghijklmnopqrst\\nb\\n";
        let command = format!(
            "printf '{lines}' | (export LASTWILL_COMPAT={compat}; \
             exec -a mosquitto_pub '{}' {args})",
            lastwill()
        );
        let ended = program::run("bash", &["-c", &command]);
        assert_eq!(ended.code, Some(code), "{compat}: {ended:?}");
        assert_eq!(ended.stderr, [told], "{compat}");
        let seen = server.seen();
        assert_eq!(seen[1], "30050001740061", "{compat}");
        assert_eq!(seen[seen.len() - 2..], ["e000", "end"], "{compat}");
    }
}
