//! Where the log goes, and the lines that operators look for.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use super::await_text;
use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version, Will};
use crate::support::program;
use crate::support::{PATIENCE, await_that, lastwill};

/// A daemon of the system's log, by its socket.
struct Daemon {
    folder: tempfile::TempDir,
    socket: UnixDatagram,
}

impl Daemon {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("log")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Daemon { folder, socket }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn start(&self, more: &[&str]) -> Broker {
        let socket = format!("log_syslog_socket={}", self.path().display());
        let base = ["-v", "--set", "log_dest=syslog", "--set", &socket];
        Broker::start_with(&[&base, more].concat())
    }

    fn line_with(&self, part: &str) -> String {
        loop {
            let mut bytes = [0; 4096];
            let len = self.socket.recv(&mut bytes).unwrap_or_else(|_| panic!("no {part:?}"));
            let line = String::from_utf8_lossy(&bytes[..len]).into_owned();
            if line.contains(part) {
                return line;
            }
        }
    }
}

/// The end of the line that tells of a broker that has started.
const RUNNING: &str = concat!(env!("CARGO_PKG_VERSION"), " running");

#[test]
fn syslog_gets_lines_with_priority_name_and_process() {
    let daemon = Daemon::new();
    let broker = daemon.start(&[]);
    let line = daemon.line_with(RUNNING);
    let pid = broker.program.pid();
    // daemon.info
    assert!(line.starts_with("<30>"), "{line}");
    let words = format!(" mosquitto[{pid}]: lastwill version ");
    assert!(line.contains(&words), "{line}");
    broker.client(Version::V4, "c").ping();
    assert!(daemon.line_with("New client connected").starts_with("<29>"), "daemon.notice");
    assert!(daemon.line_with("Received PINGREQ").starts_with("<31>"), "daemon.debug");
    assert!(broker.program.stderr.so_far().is_empty());
}

#[test]
fn log_facility_and_ident_are_what_is_configured() {
    let daemon = Daemon::new();
    let _broker = daemon.start(&["--set", "log_facility=3", "--set", "log_syslog_ident=my-broker"]);
    let line = daemon.line_with(RUNNING);
    assert!(line.starts_with("<158>"), "local3.info: {line}");
    assert!(line.contains(" my-broker["), "{line}");
}

/// Each line of settings, and the last line of a reload as the file and the system's log have it.
/// What is gone from the configuration is as before.
#[test]
fn a_reload_changes_how_lines_look_and_where_they_go() {
    const LAST: &str = "Config reloaded.";
    let (first, second) = (Daemon::new(), Daemon::new());
    let path = |name: &str| first.folder.path().join(name);
    let configure = |lines: &str| {
        let text = format!(
            "log_dest file {}\nlog_dest syslog\nuser root\n{lines}\n",
            path("file").display()
        );
        std::fs::write(path("conf"), text).unwrap();
    };
    let [here, there] =
        [&first, &second].map(|it| format!("log_syslog_socket {}", it.path().display()));
    configure(&here);
    let conf = path("conf").display().to_string();
    let args = ["broker", "-p", "0", "--ready-json", "-c", &conf];
    let broker = Broker::ready(program::Program::start(&lastwill(), &args));
    let told = || {
        let text = std::fs::read_to_string(path("file")).unwrap();
        text.lines().filter(|line| line.ends_with(LAST)).map(str::to_owned).collect::<Vec<_>>()
    };
    let rows = [
        ("log_timestamp false", "Config", "<30>", " mosquitto["),
        ("log_timestamp_format <%Y>", "<2", "<30>", " mosquitto["),
        ("log_facility 3", "1", "<158>", " mosquitto["),
        ("log_syslog_ident other", "1", "<30>", " other["),
        ("", "1", "<30>", " mosquitto["),
    ];
    let mut count = 0;
    for daemon in [&first, &second] {
        let socket = if std::ptr::eq(daemon, &first) { &here } else { &there };
        for (line, in_file, priority, ident) in rows {
            configure(&format!("{socket}\n{line}"));
            broker.program.signal("HUP");
            let sent = daemon.line_with(LAST);
            assert!(sent.starts_with(priority) && sent.contains(ident), "{line}: {sent}");
            count += 1;
            await_that("the line in the file", || told().len() == count);
            let written = told().pop().unwrap();
            assert!(written.starts_with(in_file), "{line}: {written}");
        }
    }
    // And what has no effect is told whenever it is read.
    configure("autosave_interval 5\nautosave_on_changes true\nenable_control_api true");
    broker.program.signal("HUP");
    for option in ["autosave_interval", "autosave_on_changes", "enable_control_api"] {
        await_text(&path("file"), &format!("The '{option}' option has no effect here"));
    }
}

#[test]
fn a_syslog_that_is_not_there_stops_nobody() {
    let daemon = Daemon::new();
    let socket = format!("log_syslog_socket={}", daemon.folder.path().join("none").display());
    let broker = Broker::start_with(&["--set", "log_dest=syslog", "--set", &socket]);
    broker.client(Version::V5, "c").ping();
}

#[test]
fn lines_are_published_below_sys_and_not_kept() {
    let broker = Broker::start_with(&["--set", "log_dest=topic", "--set", "log_dest=stderr"]);
    let mut watcher = broker.client(Version::V5, "watcher");
    watcher.subscribe(Version::V5, "$SYS/broker/log/#", 2);
    broker.await_subscribed("watcher", "$SYS/broker/log/#");
    let mut topics = std::collections::BTreeSet::new();
    let mut other = broker.client(Version::V4, "other");
    other.subscribe(Version::V4, "a", 1);
    // QoS 2, not retained, with what is left of its 20 seconds.
    let wanted = ["$SYS/broker/log/N", "$SYS/broker/log/M/subscribe"];
    while !wanted.iter().all(|topic| topics.contains(*topic)) {
        let packet = watcher.receive();
        assert_eq!(packet[0] & 0xF9, 0x30, "a PUBLISH that is not retained: {packet:02X?}");
        assert_eq!(packet[0] & 0x06, 0x04, "QoS 2");
        let body = String::from_utf8_lossy(&packet).into_owned();
        let topic = wanted.into_iter().chain(["$SYS/broker/log/I"]).find(|it| body.contains(*it));
        let topic = topic.unwrap_or_else(|| panic!("no debug lines: {body}"));
        let expiry =
            packet.windows(5).any(|it| it[..4] == [2, 0, 0, 0] && it[4] <= 20 && it[4] > 0);
        assert!(expiry, "{packet:02X?}");
        topics.insert(topic);
    }
    // Whoever comes later gets none of it.
    let port = broker.port_text();
    let late = ["sub", "-p", &port, "-t", "$SYS/broker/log/#", "--retained-only", "-W", "5"];
    assert!(program::run(&lastwill(), &late).stdout.is_empty());
}

#[test]
fn the_lines_that_operators_look_for_are_mosquittos() {
    let broker = Broker::start_with(&["-v", "--set", "max_queued_messages=1"]);
    let lines = &broker.program.stderr;
    let port = broker.port;
    for part in
        [" starting", "Using default config.", "Opening ipv4 listen socket on port ", " running"]
    {
        lines.line_with(part);
    }
    let will = Some(Will { qos: 1, ..Will::new("w/t", "gone") });
    let mut c =
        broker.client_with(&Connect { id: "c", will, keep_alive_secs: 60, ..Connect::default() });
    lines.line_that("New connection", |line| {
        line.contains("New connection from 127.0.0.1:")
            && line.ends_with(&format!(" on port {port}."))
    });
    lines.line_that("New client", |line| {
        line.contains("New client connected from 127.0.0.1:")
            && line.ends_with(" as c (p4, c1, k60).")
    });
    lines.line_with("Will message specified (4 bytes) (r0, q1).");
    lines.line_with("\tw/t");
    lines.line_with("Sending CONNACK to c (0, 0)");
    c.subscribe(Version::V4, "f/+", 1);
    lines.line_with("Received SUBSCRIBE from c");
    lines.line_with("\tf/+ (QoS 1)");
    lines.line_that("c 1 f/+", |line| line.ends_with(": c 1 f/+"));
    c.send(&crate::support::packet::publish(Version::V4, "f/x", "hello", 2, 7));
    lines.line_with("Received PUBLISH from c (d0, q1, r0, m7, 'f/x', ... (5 bytes))");
    lines.line_with("Sending PUBLISH to c (d0, q1, r0, m1, 'f/x', ... (5 bytes))");
    c.send_hex("E0 00");
    lines.line_with("Received DISCONNECT from c");
    lines.line_that("clean end", |line| {
        line.contains("Client c [127.0.0.1:") && line.ends_with("] disconnected.")
    });
    broker.client(Version::V5, "v").ping();
    lines.line_with("No will message specified.");
    lines.line_that("lost", |line| {
        line.contains("Client v [127.0.0.1:")
            && (line.ends_with(": connection closed by client.")
                || line.ends_with(": Connection reset by peer."))
    });
    broker.program.signal("HUP");
    lines.line_with("Reloading config.");
    let port = broker.port_text();
    let second = program::run(&lastwill(), &["broker", "-p", &port]);
    assert!(second.stderr.iter().any(|line| line.ends_with(": Error: Address already in use")));
    broker.program.signal("TERM");
    assert!(broker.program.end().stderr.last().unwrap().ends_with(" terminating"));
}

#[test]
fn lines_of_json_are_whole_objects() {
    let broker = Broker::start_with(&["--set", "log_format=json"]);
    broker.client(Version::V5, "c\u{e4}\"").ping();
    let line = broker.program.stderr.line_with("New client connected");
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["type"], "notice");
    assert!(line["text"].as_str().unwrap().contains("as c\u{e4}\" (p5"), "{line}");
    assert!(line["time"].as_str().unwrap().ends_with('Z'), "{line}");
    for line in broker.program.stderr.so_far() {
        serde_json::from_str::<serde_json::Value>(&line).unwrap();
    }
}

#[test]
fn a_line_has_about_a_thousand_bytes_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let set = format!("log_dest=file {}", log.display());
    let broker = Broker::start_with(&["--set", &set]);
    let topic = "t".repeat(9000);
    let will = Some(Will::new(&topic, "x"));
    let client = broker.client_with(&Connect { id: "c", will, ..Connect::default() });
    drop(client);
    let text = await_text(&log, "will of 'c'");
    assert!(text.contains(" [cut]\n"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 1000));
}

#[test]
fn the_system_topics_tell_memory_and_output() {
    let broker = Broker::start();
    let port = broker.port_text();
    for (topic, at_least) in [
        ("heap/current", 100_000),
        ("heap/maximum", 100_000),
        ("packet/out/count", 0),
        ("packet/out/bytes", 0),
    ] {
        let topic = format!("$SYS/broker/{topic}");
        let ended =
            program::run(&lastwill(), &["sub", "-p", &port, "-t", &topic, "-C", "1", "-W", "20"]);
        let value: u64 = ended.stdout[0].parse().unwrap();
        assert!(value >= at_least, "{topic}: {ended:?}");
    }
}
