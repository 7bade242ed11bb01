//! What options do that no other test looks at.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::RawFd;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use socket2::Socket;

use super::lab::{Folder, QUIET, Running, process, subscribe_only};
use crate::support::packet::{Connect, Version, publish, to_hex};
use crate::support::raw::Raw;
use crate::support::{await_that, free_port};

const V5: Version = Version::V5;

fn is_open(host: &str, port: u16) -> bool {
    let address: SocketAddr = format!("{host}:{port}").parse().unwrap();
    TcpStream::connect(address).is_ok()
}

#[test]
fn a_listener_is_open_where_it_says() {
    let broker = Running::start(|port| format!("listener {port} 127.0.0.2\nlistener {port} ::1\n"));
    let open = ["127.0.0.1", "127.0.0.2", "[::1]"].map(|host| is_open(host, broker.port));
    assert_eq!(open, [false, true, true]);
}

#[test]
fn the_default_listener_is_open_where_port_and_bind_address_say() {
    let broker = Running::start(|port| format!("bind_address 127.0.0.2\nport {port}\n"));
    let open = ["127.0.0.1", "127.0.0.2"].map(|host| is_open(host, broker.port));
    assert_eq!(open, [false, true]);
}

#[test]
fn socket_domain_leaves_one_family_out() {
    for (family, expected) in [("ipv4", [true, false]), ("ipv6", [false, true])] {
        let broker = Running::start(|port| format!("listener {port}\nsocket_domain {family}\n"));
        let open = ["127.0.0.1", "[::1]"].map(|host| is_open(host, broker.port));
        assert_eq!(open, expected, "{family}");
    }
}

/// Two listeners on 127.0.0.1; the port of the second.
fn two(first: &str, second: &str) -> (Running, u16) {
    let other = free_port();
    let broker = Running::start(|port| {
        format!("listener {port} 127.0.0.1\n{first}\nlistener {other} 127.0.0.1\n{second}\n")
    });
    (broker, other)
}

fn code_at(port: u16) -> u8 {
    let mut raw = Raw::dial(port);
    raw.send(&Connect::default().bytes());
    raw.receive_connack()
}

#[test]
fn listener_allow_anonymous_is_for_one_listener() {
    let (broker, other) = two("allow_anonymous true", "listener_allow_anonymous false");
    assert_eq!((code_at(broker.port), code_at(other)), (0, 5));
    let (broker, other) = two("listener_allow_anonymous true", "");
    assert_eq!((code_at(broker.port), code_at(other)), (0, 5));
}

#[test]
fn max_connections_is_for_one_listener() {
    let (broker, other) = two("allow_anonymous true\nmax_connections 1", "max_connections -1");
    let first = broker.client("first");
    Raw::dial(broker.port).expect_closed();
    assert_eq!(code_at(other), 0);
    first.close();
    broker.await_connections(0);
    broker.client("second").ping();
}

#[test]
fn maximum_qos_is_max_qos() {
    for name in ["max_qos", "maximum_qos"] {
        let broker = Running::with(&format!("{name} 1\n"));
        let mut raw = broker.client("c");
        raw.send(&crate::support::packet::subscribe(Version::V4, "t", 2));
        assert_eq!(raw.receive().last(), Some(&1), "{name}");
    }
}

#[test]
fn the_broker_uses_as_many_aliases_as_it_is_told() {
    for (count, expected) in [(0, 0), (1, 1)] {
        let broker = Running::with(&format!("max_topic_alias_broker {count}\n"));
        // Topic Alias Maximum 5.
        let properties = &[0x22, 0, 5][..];
        let mut reader =
            broker.accepted(&Connect { version: V5, id: "r", properties, ..Connect::default() });
        reader.subscribe(V5, "#", 0);
        let mut writer = broker.client("w");
        for topic in ["long/topic/a", "long/topic/a", "long/topic/b", "long/topic/b"] {
            writer.send(&publish(Version::V4, topic, "x", 0, 0));
        }
        let packets: Vec<Vec<u8>> = (0..4).map(|_| reader.receive()).collect();
        let without_topic = packets.iter().filter(|packet| packet[2..4] == [0, 0]).count();
        assert_eq!(without_topic, expected, "{count}");
    }
}

#[test]
fn assigned_ids_begin_as_they_should() {
    let (broker, other) =
        two("allow_anonymous true\nauto_id_prefix all-", "listener_auto_id_prefix own-");
    for (port, prefix) in [(broker.port, "all-"), (other, "own-")] {
        let mut raw = Raw::dial(port);
        raw.send(&Connect { version: V5, id: "", ..Connect::default() }.bytes());
        let connack = raw.receive();
        let is_there = connack.windows(prefix.len()).any(|part| part == prefix.as_bytes());
        assert!(is_there, "{}", to_hex(&connack));
    }
}

/// What a process has as this descriptor, if it is a socket that is connected to this address.
fn socket_of(pid: Pid, fd: RawFd, peer: SocketAddr) -> Option<Socket> {
    let handle = pidfd_open(pid, PidfdFlags::empty()).unwrap();
    let theirs = Socket::from(pidfd_getfd(&handle, fd, PidfdGetfdFlags::empty()).ok()?);
    let is_meant = theirs.peer_addr().ok()?.as_socket() == Some(peer);
    is_meant.then_some(theirs)
}

/// Opens a connection to a broker with this configuration, and waits until its side of the socket
/// is like this: the system accepts a connection before the broker has.
fn await_socket(configuration: &str, is_right: impl Fn(&Socket) -> bool) {
    let folder = Folder::with(configuration);
    let broker = process(&folder, &[]);
    let stream = TcpStream::connect(("127.0.0.1", broker.port)).unwrap();
    let ours = stream.local_addr().unwrap();
    let pid = broker.program.pid();
    let process = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    await_that("the option on the socket", || {
        socket_to(process, ours).is_some_and(|socket| is_right(&socket))
    });
}

/// The socket of a process that is connected to this address.
pub fn socket_to(pid: Pid, peer: SocketAddr) -> Option<Socket> {
    let entries = fs::read_dir(format!("/proc/{}/fd", pid.as_raw_nonzero())).unwrap();
    // Some may be closed meanwhile.
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.parse().ok()).find_map(|fd| socket_of(pid, fd, peer))
}

#[test]
fn tcp_nodelay_is_as_configured() {
    for expected in [true, false] {
        await_socket(&format!("set_tcp_nodelay {expected}\n"), |socket| {
            socket.tcp_nodelay().unwrap() == expected
        });
    }
}

#[test]
fn tcp_options_are_as_configured() {
    let millis = Duration::from_millis;
    await_socket("tcp_keepalive 7 3 4\ntcp_user_timeout 1500\n", |socket| {
        socket.keepalive().unwrap()
            && socket.tcp_keepalive_time().unwrap() == millis(7000)
            && socket.tcp_keepalive_interval().unwrap() == millis(3000)
            && socket.tcp_keepalive_retries().unwrap() == 4
            && socket.tcp_user_timeout().unwrap() == Some(millis(1500))
    });
    await_socket("", |socket| {
        let timeout = socket.tcp_user_timeout().unwrap().unwrap_or_default();
        socket.tcp_nodelay().unwrap() && !socket.keepalive().unwrap() && timeout.is_zero()
    });
}

#[test]
fn sys_topics_come_at_their_interval_or_not_at_all() {
    let broker = Running::with("sys_interval 1\n");
    let mut reader = broker.client("r");
    subscribe_only(&mut reader, "$SYS/broker/uptime");
    for _ in 0..3 {
        reader.receive();
    }
    let broker = Running::with("sys_interval 0\n");
    let mut reader = broker.client("r");
    subscribe_only(&mut reader, "$SYS/#");
    std::thread::park_timeout(QUIET);
    reader.ping();
}

#[test]
fn what_is_kept_is_in_the_file_that_is_named() {
    for name in ["persistence", "retained_persistence"] {
        let kept = tempfile::tempdir().unwrap();
        let place = kept.path().display();
        let lines =
            format!("{name} true\npersistence_location {place}/\npersistence_file own.db\n");
        {
            let broker = Running::with(&lines);
            let mut writer = broker.client("w");
            writer.send(&publish(Version::V4, "t", "kept", 3, 1));
            writer.expect_hex("40 02 00 01");
        }
        assert!(kept.path().join("own.db").is_file());
        let broker = Running::with(&lines);
        let mut reader = broker.client("r");
        subscribe_only(&mut reader, "t");
        reader.expect_message(Version::V4, "t", "kept");
    }
}

#[test]
fn a_relaxed_store_is_written_once_a_second() {
    const COUNT: u16 = 60;
    let commits = |sync: &str| {
        let kept = tempfile::tempdir().unwrap();
        let place = kept.path().display();
        let broker = Running::with(&format!(
            "persistence true\npersistence_location {place}\npersistence_sync {sync}\n"
        ));
        let counts = broker.server.store_counts().unwrap();
        let mut writer = broker.client("w");
        let before = counts.syncs.load(Ordering::SeqCst);
        for id in 1..=COUNT {
            writer.send(&publish(Version::V4, "t", &id.to_string(), 3, id));
            writer.receive();
        }
        counts.syncs.load(Ordering::SeqCst) - before
    };
    // Each acknowledgement waits for its commit, or none does.
    assert!(commits("commit") >= u64::from(COUNT));
    assert!(commits("second") < u64::from(COUNT / 2));
}

#[test]
fn the_log_is_as_configured() {
    let folder = Folder::with("");
    let log = folder.dir.path().join("broker.log");
    let text = |lines: &str| {
        let file = log.display();
        folder.write(format!("log_dest file {file}\nlog_timestamp_format <%Y>\n{lines}"));
        // Nobody may have it open any more.
        let _ = fs::remove_file(&log);
        let broker = process(&folder, &[]);
        broker.client(Version::V4, "somebody").close();
        broker.program.signal("TERM");
        assert_eq!(broker.program.end().code, Some(0));
        fs::read_to_string(&log).unwrap()
    };
    let all = text("");
    assert!(all.lines().all(|line| line.starts_with("<2") && line[5..].starts_with(">: ")));
    assert!(all.contains("somebody") && all.contains(" running"), "{all}");
    let silent = text("connection_messages false\n");
    assert!(!silent.contains("somebody") && silent.contains(" running"), "{silent}");
    let notices = text("log_type notice\nlog_timestamp false\n");
    assert!(notices.contains("somebody") && !notices.contains(" running"), "{notices}");
    assert!(!notices.contains('<'), "{notices}");
}

#[test]
fn there_are_as_many_threads_as_configured() {
    for count in [1, 3] {
        let folder = Folder::with(format!("threads {count}\n"));
        let broker = process(&folder, &[]);
        let serving = || {
            let tasks = fs::read_dir(format!("/proc/{}/task", broker.program.pid())).unwrap();
            let names =
                tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok());
            names.filter(|name| name.starts_with("broker-")).count()
        };
        // A thread gives itself its name when it runs.
        await_that("the threads", || serving() == count);
        broker.client(Version::V4, "c").ping();
        assert_eq!(serving(), count);
    }
}

#[test]
fn short_memory_stops_new_work_and_nothing_else() {
    let folder = Folder::with("memory_limit 1\n");
    let broker = process(&folder, &[]);
    let short = "the memory_limit is 1. No new connections are accepted";
    broker.program.stderr.line_with(short);
    broker.dial().expect_closed();
    broker.program.stderr.line_with("denied: memory_limit exceeded.");
    folder.write("");
    broker.program.signal("HUP");
    broker.program.stderr.line_with("Memory is enough again");
    let absent = Connect {
        version: V5,
        id: "absent",
        properties: &[0x11, 0, 0, 1, 0],
        ..Connect::default()
    };
    let mut reader = broker.client_with(&absent);
    reader.subscribe(V5, "t", 1);
    reader.close();
    let mut writer = broker.client(V5, "w");
    let mut live = broker.client(Version::V4, "live");
    live.subscribe(Version::V4, "t", 0);
    folder.write("memory_limit 1\n");
    broker.program.signal("HUP");
    await_that("a second line about the memory", || {
        let lines = broker.program.stderr.so_far();
        lines.iter().filter(|line| line.contains(short)).count() == 2
    });
    // Nothing is retained any more …
    writer.send(&publish(V5, "r", "x", 3, 1));
    writer.expect_hex("40 03 00 01 97");
    // … or waits for who is absent, but who is there is served.
    writer.send(&publish(V5, "t", "now", 2, 2));
    writer.expect_hex("40 02 00 02");
    live.expect_message(Version::V4, "t", "now");
    folder.write("");
    broker.program.signal("HUP");
    await_that("the end of the shortage", || {
        let lines = broker.program.stderr.so_far();
        lines.iter().filter(|line| line.contains("Memory is enough again")).count() == 2
    });
    let mut reader = broker.client_with(&Connect { clean: false, ..absent });
    reader.send_hex("C0 00");
    reader.expect_hex("D0 00");
}
