//! Tools that try again: a broker that comes later, a broker that is killed and started anew.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use socket2::{Domain, Socket, Type};

use super::scripted::{ACCEPT_V3, Scripted, Step, turns};
use crate::support::broker::Broker;
use crate::support::program::{self, Program};
use crate::support::{await_that, lastwill};

/// A port that nobody listens on, nor can begin to while this is held.
struct Silent {
    port: String,
    _socket: Socket,
}

impl Silent {
    fn new() -> Silent {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        Silent { port: address.port().to_string(), _socket: socket }
    }
}

/// A broker on this port, which may be somebody else's for a moment.
fn broker_on(port: &str) -> Program {
    let mut started = None;
    await_that("a broker on a given port", || {
        let args = ["broker", "-p", port, "--ready-json"];
        let broker = Program::start(&lastwill(), &args);
        let mut is_settled = false;
        await_that("a broker that is ready or gives up", || {
            let is_ready = broker.stdout.so_far().iter().any(|line| line.contains("ready"));
            is_settled = is_ready;
            is_ready || broker.stderr.so_far().iter().any(|line| line.contains("Error"))
        });
        started = is_settled.then_some(broker);
        started.is_some()
    });
    started.unwrap()
}

/// `lastwill pub` with `-l`, fed through a named pipe.
struct Fed {
    program: Program,
    pipe: File,
}

impl Fed {
    fn start(folder: &Path, port: &str, options: &str) -> Fed {
        let pipe = folder.join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let script = format!(
            "exec '{}' pub -h 127.0.0.1 -p {port} -t t -l {options} < '{}'",
            lastwill(),
            pipe.display()
        );
        let program = Program::start("bash", &["-c", &script]);
        let pipe = OpenOptions::new().write(true).open(&pipe).unwrap();
        Fed { program, pipe }
    }

    fn feed(&mut self, lines: &str) {
        self.pipe.write_all(lines.as_bytes()).unwrap();
    }
}

#[test]
fn the_first_connection_is_waited_for() {
    let silent = Silent::new();
    let port = silent.port.clone();
    let base = ["-h", "127.0.0.1", "-p", &port, "--retry", "--retry-max", "50ms"];
    let sub =
        Program::start(&lastwill(), &[&["sub", "-t", "t", "-C", "1", "-d"], &base[..]].concat());
    sub.stderr.line_with("trying again");
    drop(silent);
    let _broker = broker_on(&port);
    sub.stdout.line_with("Subscribed");
    let publish = program::run(&lastwill(), &[&["pub", "-t", "t", "-m", "x"], &base[..]].concat());
    assert_eq!(publish.code, Some(0), "{publish:?}");
    let ended = sub.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let waited = format!("Warning: Connection refused (127.0.0.1:{port}), trying again.");
    assert_eq!(ended.stderr, [&waited, "Connected."]);
}

#[test]
fn lines_are_kept_while_the_broker_is_away() {
    for qos in ["0", "1"] {
        let folder = tempfile::tempdir().unwrap();
        let first = Broker::start();
        let port = first.port_text();
        let base = ["-h", "127.0.0.1", "-p", &port, "-q", qos, "--retry-max", "50ms"];
        let sub = Program::start(&lastwill(), &[&["sub", "-t", "t", "-d"], &base[..]].concat());
        let subscribed = |times: usize| {
            await_that("a subscription", || {
                let lines = sub.stdout.so_far();
                lines.iter().filter(|line| line.starts_with("Subscribed")).count() == times
            });
        };
        subscribed(1);
        let mut publish = Fed::start(folder.path(), &port, &base[4..].join(" "));
        publish.feed("1\n2\n3\n");
        sub.stdout.line_that("line 3", |line| line == "3");
        drop(first);
        publish.program.stderr.line_with("trying to connect again");
        publish.feed("4\n5\n");
        // It must not come before the subscriber, who would miss what it says.
        publish.program.signal("STOP");
        publish.feed("6\n");
        let _second = broker_on(&port);
        subscribed(2);
        publish.program.signal("CONT");
        sub.stdout.line_that("line 6", |line| line == "6");
        drop(publish.pipe);
        let ended = publish.program.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let lost = "Warning: The connection was lost, trying to connect again.";
        assert_eq!(ended.stderr, [lost, "Connected."]);
        let mut lines = sub.stdout.so_far();
        lines.retain(|line| line.len() == 1);
        // Acknowledgements that were lost with the broker bring lines twice.
        let mut seen = HashSet::new();
        lines.retain(|line| seen.insert(line.clone()));
        assert_eq!(lines, ["1", "2", "3", "4", "5", "6"], "QoS {qos}");
    }
}

#[test]
fn attempts_can_be_bounded() {
    let silent = Silent::new();
    let port = &silent.port;
    let args =
        ["pub", "-h", "127.0.0.1", "-p", port, "-t", "t", "-n", "--retry=2", "--retry-max=10ms"];
    let ended = program::run(&lastwill(), &args);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let refused = format!("Connection refused (127.0.0.1:{port})");
    assert_eq!(
        ended.stderr,
        [format!("Warning: {refused}, trying again."), format!("Error: {refused}")]
    );
}

#[test]
fn without_retries_a_lost_connection_is_the_end() {
    for tool in [&["sub", "-t", "t"][..], &["pub", "-t", "t", "-l"]] {
        let server =
            Scripted::start(vec![Step::Read, Step::Send(ACCEPT_V3.to_owned()), Step::Close]);
        let args = [tool, &["-h", "127.0.0.1", "-p", &server.port, "--no-retry"]].concat();
        let is_pub = tool[0] == "pub";
        let ended = if is_pub {
            let folder = tempfile::tempdir().unwrap();
            Fed::start(folder.path(), &server.port, "--no-retry").program.end()
        } else {
            program::run(&lastwill(), &args)
        };
        assert_eq!(ended.code, Some(7), "{ended:?}");
        assert_eq!(ended.stderr, ["Error: The connection was lost"]);
        // The script waits for another client.
        drop(std::net::TcpStream::connect(("127.0.0.1", server.port.parse::<u16>().unwrap())));
        server.seen();
    }
}

#[test]
fn wrong_credentials_are_not_tried_again() {
    let server = Scripted::start(turns(&["20020004"]));
    let args = ["sub", "-h", "127.0.0.1", "-p", &server.port, "-t", "t", "--retry"];
    let ended = program::run(&lastwill(), &args);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert_eq!(ended.stderr, ["Connection error: Connection Refused: bad user name or password"]);
    server.seen();
}

#[test]
fn a_broker_that_is_unavailable_is_asked_again() {
    let script = vec![
        Step::Read,
        Step::Send("20020003".to_owned()),
        Step::Close,
        Step::Read,
        Step::Send(ACCEPT_V3.to_owned()),
    ];
    let server = Scripted::start(script);
    let args = ["pub", "-h", "127.0.0.1", "-p", &server.port, "-t", "t", "-m", "x"];
    let ended =
        program::run(&lastwill(), &[&args[..], &["--retry", "--retry-max", "10ms"]].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        ended.stderr,
        [
            "Connection error: Connection Refused: broker unavailable",
            "Warning: The broker takes nobody now, trying again.",
            "Connected.",
        ]
    );
    assert_eq!(server.seen()[2..], ["300400017478", "e000", "end"]);
}
