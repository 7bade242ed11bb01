//! `Type=notify`, watchdog and socket activation, with this test in the place of systemd.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::Command;

use crate::support::PATIENCE;
use crate::support::broker::Broker;
use crate::support::lastwill;
use crate::support::packet::Version;
use crate::support::program::Program;

/// The socket that a service tells its state to.
struct Manager {
    folder: tempfile::TempDir,
    socket: UnixDatagram,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Manager { folder, socket }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("notify")
    }

    /// The next message that contains `part`.
    fn told(&self, part: &str) -> String {
        loop {
            let mut bytes = [0; 4096];
            let len = self.socket.recv(&mut bytes).unwrap_or_else(|_| panic!("no {part}"));
            let text = String::from_utf8_lossy(&bytes[..len]).into_owned();
            if text.contains(part) {
                return text;
            }
        }
    }

    fn start(&self, command: &mut Command) -> Broker {
        let command = command.env("NOTIFY_SOCKET", self.path());
        Broker::ready(Program::start_command(command))
    }
}

fn broker() -> Command {
    let mut command = Command::new(lastwill());
    command.args(["broker", "-p", "0", "--ready-json"]);
    command
}

#[test]
fn a_service_tells_its_state() {
    let manager = Manager::new();
    let broker = manager.start(&mut broker());
    let ready = manager.told("READY=1");
    assert!(ready.contains(&format!("MAINPID={}\n", broker.program.pid())), "{ready}");
    assert!(ready.contains(&format!("STATUS=listening on 127.0.0.1:{}", broker.port)), "{ready}");
    broker.program.signal("HUP");
    let reloading = manager.told("RELOADING=1");
    let usec = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC=")).unwrap();
    assert!(usec.parse::<u64>().unwrap() > 0);
    manager.told("READY=1");
    broker.program.signal("TERM");
    manager.told("STOPPING=1");
    assert_eq!(broker.program.end().code, Some(0));
}

#[test]
fn the_watchdog_is_fed_while_the_broker_answers() {
    let manager = Manager::new();
    let broker = manager.start(broker().env("WATCHDOG_USEC", "3000000"));
    for _ in 0..2 {
        manager.told("WATCHDOG=1");
    }
    drop(broker);
}

#[test]
fn without_a_watchdog_it_is_not_fed() {
    let manager = Manager::new();
    let broker = manager.start(&mut broker());
    manager.told("READY=1");
    broker.program.signal("TERM");
    let next = manager.told("");
    assert!(next.contains("STOPPING=1"), "{next}");
}

/// Passes listening sockets on to a broker as systemd does, with these names. Python does what no
/// safe Rust does: it puts descriptors into their places.
fn passing(names: &str, addresses: &[&str], args: &[&str]) -> Command {
    let script = "import os, socket, sys\n\
        names, addresses, command = sys.argv[1], sys.argv[2].split(), sys.argv[3:]\n\
        opened = [socket.create_server((a.rsplit(':')[0], int(a.rsplit(':')[1]))) for a in addresses]\n\
        ports = [str(s.getsockname()[1]) for s in opened]\n\
        free = [os.dup(s.fileno()) for s in opened]\n\
        high = [os.open('/dev/null', os.O_RDONLY) for _ in range(20)]\n\
        held = [os.dup(fd) for fd in free]\n\
        for i, fd in enumerate(held): os.dup2(fd, 3 + i, inheritable=True)\n\
        os.environ.update(LISTEN_FDS=str(len(held)), LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES=names)\n\
        print('ports', *ports, flush=True)\n\
        command = [word.replace('@0', ports[0]).replace('@1', ports[-1]) for word in command]\n\
        os.execv(command[0], command)";
    let mut command = Command::new("python3");
    command.args(["-c", script, names, &addresses.join(" "), &lastwill()]).args(args);
    command.args(["--set", "user=root"]);
    command
}

fn ports(program: &Program) -> Vec<u16> {
    let line = program.stdout.line_with("ports ");
    line.split(' ').skip(1).map(|port| port.parse().unwrap()).collect()
}

#[test]
fn a_socket_that_is_passed_on_is_the_listener() {
    let args = ["broker", "--ready-json", "-v"];
    let program = Program::start_as_is(&mut passing("x", &["127.0.0.1:0"], &args));
    let port = ports(&program)[0];
    let broker = Broker::ready(program);
    assert_eq!(broker.port, port);
    broker.client(Version::V5, "c").ping();
    let lines = broker.program.stderr.so_far();
    assert!(!lines.iter().any(|line| line.contains("Opening ")), "{lines:?}");
}

#[test]
fn sockets_belong_to_listeners_by_port_and_by_name() {
    // The second socket is named after the first listener, whose port it does not have.
    let args = [
        "broker",
        "--ready-json",
        "-v",
        "--set",
        "listener=1",
        "--set",
        "allow_anonymous=true",
        "--set",
        "max_connections=1",
        "--set",
        "listener=@0",
    ];
    let addresses = ["127.0.0.1:0", "127.0.0.1:0"];
    let program = Program::start_as_is(&mut passing("x:1", &addresses, &args));
    let ports = ports(&program);
    let broker = Broker::ready(program);
    let connect = crate::support::packet::Connect { id: "held", ..Default::default() };
    let mut held = crate::support::raw::Raw::dial(ports[1]);
    held.send(&connect.bytes());
    assert_eq!(held.receive_connack(), 0);
    // max_connections belongs to the listener that the socket was named after.
    crate::support::raw::Raw::dial(ports[1]).expect_closed();
    let mut other = crate::support::raw::Raw::dial(ports[0]);
    other.send(&crate::support::packet::Connect { id: "other", ..connect }.bytes());
    assert_eq!(other.receive_connack(), 0);
    drop(broker);
}

#[test]
fn a_socket_that_no_listener_takes_is_named() {
    let args = ["broker", "--set", "listener=@0"];
    let addresses = ["127.0.0.1:0", "127.0.0.1:0"];
    let program = Program::start_as_is(&mut passing("a:b", &addresses, &args));
    let port = ports(&program)[1];
    let ended = program.end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let named = format!("127.0.0.1:{port} was passed on");
    assert!(ended.stderr.iter().any(|line| line.contains(&named)), "{ended:?}");
    // Nobody is let in from outside by a broker that was not told to.
    let program = Program::start_as_is(&mut passing("", &["0.0.0.0:0"], &["broker"]));
    let ended = program.end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.iter().any(|line| line.contains("no listener is configured")));
}

#[test]
fn the_unit_file_is_one() {
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/broker/lastwill.service");
    let text = std::fs::read_to_string(unit).unwrap();
    for line in ["Type=notify", "WatchdogSec=30", "User=mosquitto"] {
        assert!(text.lines().any(|other| other == line), "{line}");
    }
    // The words of its command are ones that the broker takes.
    let start = text.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let words: Vec<&str> = start.split(' ').collect();
    assert_eq!(words[..2], ["/usr/bin/lastwill", "broker"]);
    assert!(words[2..].iter().all(|word| ["-c", "/etc/mosquitto/mosquitto.conf"].contains(word)));
}
