//! Bridges between two brokers: Debian's mosquitto in both roles, and ourselves.

mod carry;
mod connect;
mod cut;
mod paths;
mod tls;
mod wills;
mod wire;

use std::fs;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::support::packet::{self, Connect, Version};
use crate::support::program::{self, Ended, Program};
use crate::support::raw::Raw;
use crate::support::{await_that, free_port_on, lastwill, mosquitto};

/// Logs what the tests wait for, and not every packet.
const QUIET: &str = "log_type notice\nlog_type information\nlog_type subscribe\n";

/// How an observer shows a message.
const SHOWN: &str = "%t %p q%q r%r";

/// Whose broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ours,
    Mosquitto,
}

/// A broker with an address, a configuration and a folder of its own, which may go and come back.
pub struct Node {
    kind: Kind,
    /// A loopback address that only this node has: its port stays free while it is away.
    pub host: String,
    pub port: u16,
    folder: TempDir,
    program: Option<Program>,
}

impl Node {
    /// One that does not run yet.
    pub fn new(kind: Kind) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let process = std::process::id() % 250 + 2;
        Self::on(kind, format!("127.{process}.{}.{}", count / 250, count % 250 + 1))
    }

    /// The same on the address that everybody has.
    pub fn on_localhost(kind: Kind) -> Self {
        Self::on(kind, "127.0.0.1".to_owned())
    }

    fn on(kind: Kind, host: String) -> Self {
        let port = free_port_on(&host);
        Node { kind, host, port, folder: tempfile::tempdir().unwrap(), program: None }
    }

    /// One that runs.
    pub fn start(kind: Kind, settings: &str) -> Self {
        let mut node = Node::new(kind);
        node.run(settings);
        node
    }

    /// Starts it with these settings behind those of its listener.
    pub fn run(&mut self, settings: &str) {
        self.configure(settings);
        self.resume();
    }

    /// Writes its configuration.
    pub fn configure(&self, settings: &str) {
        let Node { host, port, .. } = self;
        let store = self.path("");
        let logs = if settings.contains("log_type") { "" } else { "log_type all\n" };
        let text = format!(
            "{logs}user root\npersistence_location {store}\n\
             listener {port} {host}\nallow_anonymous true\n{settings}"
        );
        fs::write(self.path("broker.conf"), text).unwrap();
    }

    /// Starts it with the configuration that it has.
    pub fn resume(&mut self) {
        let file = self.path("broker.conf");
        let program = match self.kind {
            Kind::Ours => Program::start(&lastwill(), &["broker", "-c", &file]),
            Kind::Mosquitto => Program::start(mosquitto(), &["-c", &file]),
        };
        program.stderr.line_with("running");
        self.program = Some(program);
    }

    /// Ends it by a signal, and answers what it said.
    pub fn end(&mut self, signal: &str) -> Ended {
        let program = self.program.take().expect("it runs");
        program.signal(signal);
        program.end()
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        self.program.as_ref().expect("it runs").signal(name);
    }

    /// A path in its folder, which is that of its store too.
    pub fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder.path().display())
    }

    /// Where it listens, as `address` takes it.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    pub fn log(&self) -> &program::Lines {
        &self.program.as_ref().expect("it runs").stderr
    }

    /// Waits until `id` has subscribed to `filter` here.
    pub fn await_subscribed(&self, id: &str, filter: &str) {
        let endings = [0, 1, 2].map(|qos| format!("{id} {qos} {filter}"));
        self.log().line_that(&format!("subscription of {id} to {filter}"), |line| {
            endings.iter().any(|ending| line.ends_with(ending))
        });
    }

    /// One of our clients.
    pub fn client(&self, command: &str, args: &[&str]) -> Program {
        let port = self.port.to_string();
        let base = [command, "-h", &self.host, "-p", &port, "-V", "5"];
        Program::start(&lastwill(), &[&base[..], args].concat())
    }

    /// Shows every message that matches, as [`SHOWN`] says, with RETAIN as it was published.
    pub fn observer(&self, id: &str, filter: &str) -> Program {
        let args = ["-i", id, "-q", "2", "-t", filter, "-F", SHOWN, "--retain-as-published"];
        let observer = self.client("sub", &args);
        self.await_subscribed(id, filter);
        observer
    }

    /// Publishes one message; it is with the broker when this returns.
    pub fn publish(&self, topic: &str, payload: &str, qos: &str, more: &[&str]) {
        let args = ["-t", topic, "-m", payload, "-q", qos];
        let ended = self.client("pub", &[&args[..], more].concat()).end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }

    /// A socket that is connected as a clean client of version 3.1.1.
    pub fn raw(&self, id: &str) -> Raw {
        let stream = TcpStream::connect((&*self.host, self.port)).unwrap();
        let mut raw = Raw::over(stream);
        raw.send(&Connect { id, ..Connect::default() }.bytes());
        assert_eq!(raw.receive_connack(), 0);
        raw
    }

    /// The payload of what is retained under a topic.
    pub fn retained(&self, topic: &str) -> Option<String> {
        let mut raw = self.raw("look");
        raw.send(&packet::subscribe(Version::V4, topic, 0));
        raw.send_hex("C0 00");
        let packets = std::iter::from_fn(|| Some(raw.receive()).filter(|it| it[0] != 0xD0));
        // What is published at this moment comes without RETAIN.
        let publish = packets.filter(|it| it[0] == 0x31).last()?;
        let payload = publish[2..].to_vec().split_off(2 + topic.len());
        Some(String::from_utf8(payload).unwrap())
    }

    /// Waits until this is retained under a topic.
    pub fn await_retained(&self, topic: &str, payload: &str) {
        await_that(&format!("{topic} is {payload}"), || {
            self.retained(topic).as_deref() == Some(payload)
        });
    }
}

/// The block of a bridge to this address, with the client ids `near` and `far`.
pub fn bridge(address: &str, lines: &str) -> String {
    format!(
        "connection b\naddress {address}\nlocal_clientid near\nremote_clientid far\n\
         restart_timeout 1\n{lines}"
    )
}

/// Expects a message each way over a bridge of `both/#` that is there already.
pub fn expect_both_ways(near: &Node, far: &Node) {
    far.await_subscribed("far", "both/#");
    let (here, there) = (near.observer("eye", "both/#"), far.observer("eye", "both/#"));
    near.publish("both/1", "out", "2", &[]);
    there.stdout.line_with("both/1 out q2");
    far.publish("both/2", "in", "2", &[]);
    here.stdout.line_with("both/2 in q2");
}
