//! What the broker listens on: Unix sockets, network interfaces, several listeners at once.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::broker::Broker;
use crate::support::packet::{Connect, VERSIONS, Version, Will};
use crate::support::program::{Ended, Program};
use crate::support::raw::Raw;
use crate::support::{lastwill, program};

/// Starts a broker with this configuration file.
fn start(folder: &TempDir, text: &str) -> Program {
    let file = folder.path().join("broker.conf");
    fs::write(&file, text).unwrap();
    let args = ["broker", "-v", "--ready-json", "-c", file.to_str().unwrap()];
    Program::start(&lastwill(), &args)
}

/// A broker that listens on a Unix socket only, and the path of that.
fn on_unix_socket(folder: &TempDir) -> (Program, PathBuf) {
    let path = folder.path().join("mqtt.sock");
    let text = format!("listener 0 {}\nallow_anonymous true\n", path.display());
    let broker = start(folder, &text);
    broker.stdout.line_with("ready");
    (broker, path)
}

fn connect(path: &Path, connect: &Connect<'_>) -> Raw {
    let mut raw = Raw::dial_unix(path);
    raw.send(&connect.bytes());
    assert_eq!(raw.receive_connack(), 0);
    raw
}

#[test]
fn a_unix_socket_is_told_and_removed_at_the_end() {
    let folder = TempDir::new().unwrap();
    let (broker, path) = on_unix_socket(&folder);
    let shown = path.to_str().unwrap();
    let ready: serde_json::Value = serde_json::from_str(&broker.stdout.line_with("ready")).unwrap();
    assert_eq!(ready["listeners"], serde_json::json!([{ "path": shown }]));
    broker.stderr.line_with(&format!("Opening unix listen socket on path {shown}."));
    broker.stderr.line_with(&format!("listening on {shown}"));
    let args = ["pub", "--unix", shown, "-t", "t", "-m", "x", "-q", "1"];
    let client = Program::start(&lastwill(), &args);
    let pid = client.pid();
    assert_eq!(client.end().code, Some(0));
    broker.stderr.line_with(&format!("New connection from pid {pid} on socket {shown}."));
    broker.signal("TERM");
    assert_eq!(broker.end().code, Some(0));
    assert!(!path.exists());
}

#[test]
fn a_killed_brokers_unix_socket_is_replaced() {
    let folder = TempDir::new().unwrap();
    let (broker, path) = on_unix_socket(&folder);
    broker.signal("KILL");
    broker.end();
    assert!(path.exists());
    let (broker, path) = on_unix_socket(&folder);
    connect(&path, &Connect::default()).ping();
    drop(broker);
}

fn refused(folder: &TempDir, text: &str) -> Ended {
    let ended = start(folder, text).end();
    assert!(ended.stdout.is_empty(), "not ready: {ended:?}");
    ended
}

#[test]
fn a_unix_socket_that_cannot_be_is_one_clear_error() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("file"), "text").unwrap();
    let _alive = UnixListener::bind(path("alive")).unwrap();
    for (path, why) in [
        (path("file"), "there is a file already, which is no socket and is not removed"),
        (path("alive"), "another process accepts connections there"),
        (path("no/such"), "No such file or directory"),
    ] {
        let ended = refused(&folder, &format!("listener 0 {path}\n"));
        assert_eq!(ended.code, Some(1), "{ended:?}");
        for wanted in [format!("Error: {why}"), format!("cannot listen on {path}")] {
            assert!(ended.stderr.iter().any(|it| it.contains(&wanted)), "{wanted} in {ended:?}");
        }
    }
    assert_eq!(fs::read(path("file")).unwrap(), b"text");
    let long = path(&"x".repeat(108));
    let ended = refused(&folder, &format!("listener 0 {long}\n"));
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let wanted = "Expected the path of a socket of at most 107 bytes.";
    assert!(ended.stderr.iter().any(|line| line.contains(wanted)), "{ended:?}");
}

#[test]
fn w213_the_will_of_a_client_on_a_unix_socket_comes() {
    let folder = TempDir::new().unwrap();
    let (_broker, path) = on_unix_socket(&folder);
    let mut watcher = connect(&path, &Connect { id: "watcher", ..Connect::default() });
    watcher.subscribe(Version::V4, "w/#", 0);
    for version in VERSIONS {
        let will = Some(Will::new("w/gone", "gone"));
        let mortal = Connect { version, id: "mortal", will, ..Connect::default() };
        connect(&path, &mortal).close();
        watcher.expect_message(Version::V4, "w/gone", "gone");
        let mut polite = connect(&path, &mortal);
        polite.send_hex("E0 00");
        polite.expect_closed();
    }
    watcher.ping();
}

/// A process is killed as a client of another program would be.
#[test]
fn w213_the_will_of_a_killed_process_on_a_unix_socket_comes() {
    let folder = TempDir::new().unwrap();
    let (broker, path) = on_unix_socket(&folder);
    let mut watcher = connect(&path, &Connect { id: "watcher", ..Connect::default() });
    watcher.subscribe(Version::V4, "w", 0);
    let path = path.to_str().unwrap();
    let args = ["sub", "--unix", path, "-t", "t", "--will-topic", "w", "--will-payload", "dead"];
    let client = Program::start(&lastwill(), &[&args[..], &["-i", "victim"]].concat());
    broker.stderr.line_with("victim 0 t");
    client.signal("KILL");
    watcher.expect_message(Version::V4, "w", "dead");
    client.end();
}

/// Runs a script in a network namespace of its own, with an interface `lo` that is up.
fn in_namespace(script: &str) -> Ended {
    let lastwill = lastwill();
    let script = format!("set -e; ip link set lo up; {script}");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net", "bash", "-c", &script]);
    Program::start_command(command.env("LASTWILL", lastwill)).end()
}

/// Through one interface the broker answers, through the other it does not.
#[test]
fn bind_interface_takes_connections_of_that_interface_only() {
    let ended = in_namespace(
        r#"
        ip link add one type veth peer name two; ip link set one up
        "$LASTWILL" broker -q --ready-json --set user=root --set bind_interface=lo --set listener_allow_anonymous=true -p 1893 &
        broker=$!
        "$LASTWILL" broker -q --ready-json --set user=root --set bind_interface=one -p 1894 &
        other=$!
        once() { "$LASTWILL" pub -p "$1" -t t -m x >&2; }
        for ((i = 0; i < 200; i++)); do if once 1893; then echo 1893 yes; break; fi; sleep 0.05; done
        kill $broker
        wait $broker
        if once 1894; then echo 1894 yes; else echo 1894 no; fi
        kill $other
        wait $other
        "#,
    );
    assert!(ended.stdout.contains(&"1893 yes".to_owned()), "{ended:?}");
    assert!(ended.stdout.contains(&"1894 no".to_owned()), "{ended:?}");
}

#[test]
fn an_interface_that_is_not_there_is_named() {
    let args = ["broker", "-p", "0", "--set", "bind_interface=no-such-one"];
    let ended = program::run(&lastwill(), &args);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let wanted = "interface no-such-one: No such device";
    assert!(ended.stderr.iter().any(|line| line.contains(wanted)), "{ended:?}");
}

/// A port that is free for both families now.
fn free_port() -> u16 {
    Broker::start().port
}

#[test]
fn several_listeners_have_limits_of_their_own() {
    let folder = TempDir::new().unwrap();
    let (first, second, path) = (free_port(), free_port(), folder.path().join("s"));
    let broker = start(
        &folder,
        &format!(
            "allow_anonymous true\n\
             listener {first} 127.0.0.1\nmax_connections 1\n\
             listener {second}\nmax_connections 2\n\
             listener 0 {}\nmax_connections 1\n",
            path.display()
        ),
    );
    broker.stdout.line_with("ready");
    let mut watcher = connect(&path, &Connect { id: "watcher", ..Connect::default() });
    let dial = |port: u16, id: &str| {
        let mut raw = Raw::dial(port);
        raw.send(&Connect { id, ..Connect::default() }.bytes());
        raw
    };
    let mut on_first = dial(first, "a");
    assert_eq!(on_first.receive_connack(), 0);
    dial(first, "b").expect_closed();
    let mut on_second = dial(second, "c");
    assert_eq!(on_second.receive_connack(), 0);
    let over_v6 = std::net::TcpStream::connect(("::1", second)).unwrap();
    let mut over_v6 = Raw::over(over_v6);
    over_v6.send(&Connect { id: "d", ..Connect::default() }.bytes());
    assert_eq!(over_v6.receive_connack(), 0);
    dial(second, "e").expect_closed();
    Raw::dial_unix(&path).expect_closed();
    broker.stderr.line_with("Client connection from 127.0.0.1 denied: max_connections exceeded.");
    let denied_here = format!("Client connection from pid {} denied", std::process::id());
    broker.stderr.line_with(&denied_here);
    for raw in [&mut watcher, &mut on_first, &mut on_second, &mut over_v6] {
        raw.ping();
    }
    // A place that is given back can be taken.
    on_first.close();
    crate::support::await_that("the place of 'a'", || {
        let mut raw = dial(first, "f");
        raw.next().is_some()
    });
}
