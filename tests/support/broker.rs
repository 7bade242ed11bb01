//! The broker as a process of its own.

use std::fs;
use std::net::TcpListener;

use super::packet::{Connect, Version};
use super::program::Program;
use super::raw::Raw;
use super::{lastwill, program};

/// It logs all but debug lines, with which it would handle packets that come together one by one.
const LOUD: [&str; 12] = [
    "--set",
    "log_type=error",
    "--set",
    "log_type=warning",
    "--set",
    "log_type=notice",
    "--set",
    "log_type=information",
    "--set",
    "log_type=subscribe",
    "--set",
    "log_type=unsubscribe",
];

/// A running broker, ended when it is dropped.
pub struct Broker {
    /// The process.
    pub program: Program,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
}

impl Broker {
    /// Starts one on a free port.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one on a free port, with more options. With `-v` it logs debug lines too.
    pub fn start_with(options: &[&str]) -> Self {
        let args = [&["broker", "-p", "0", "--ready-json"], &LOUD[..], options].concat();
        Self::ready(Program::start(&lastwill(), &args))
    }

    /// Starts one with TCP and WebSocket on ports of their own. `websocket` are more lines for the
    /// latter, whose port is answered; the folder holds the configuration.
    pub fn with_websocket(websocket: &str) -> (Self, u16, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("broker.conf");
        let probes = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [tcp, port] = probes.map(|probe| probe.local_addr().unwrap().port());
        let settings = format!(
            "allow_anonymous true\nlistener {tcp} 127.0.0.1\n\
             listener {port}\nprotocol websockets\n{websocket}"
        );
        fs::write(&file, settings).unwrap();
        let file = file.to_str().unwrap();
        let args = [&["broker", "--ready-json", "-c", file], &LOUD[..]].concat();
        (Self::ready(Program::start(&lastwill(), &args)), port, folder)
    }

    /// One that was started with `--ready-json`, when it is ready.
    pub fn ready(program: Program) -> Self {
        let ready = program.stdout.line_with("\"event\":\"ready\"");
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
        let listeners = ready["listeners"].as_array().unwrap();
        let ours = listeners.iter().find(|at| at["address"] == "127.0.0.1").unwrap();
        let port = ours["port"].as_u64().unwrap().try_into().unwrap();
        Broker { program, port }
    }

    /// The port as an argument.
    pub fn port_text(&self) -> String {
        self.port.to_string()
    }

    /// A socket that has said nothing yet.
    pub fn dial(&self) -> Raw {
        Raw::dial(self.port)
    }

    /// A client that is connected (clean, without keep-alive).
    pub fn client(&self, version: Version, id: &str) -> Raw {
        self.client_with(&Connect { version, id, ..Connect::default() })
    }

    /// A client that is connected with this CONNECT.
    pub fn client_with(&self, connect: &Connect<'_>) -> Raw {
        let mut raw = self.dial();
        raw.send(&connect.bytes());
        assert_eq!(raw.receive_connack(), 0, "CONNACK for {}", connect.id);
        raw
    }

    /// Runs one of our clients to its end: `broker.run("pub", &["-t", …])`.
    pub fn run(&self, command: &str, args: &[&str]) -> program::Ended {
        let port = self.port_text();
        program::run(&lastwill(), &[&[command, "-p", &port], args].concat())
    }

    /// Waits until the log says that `id` is subscribed to `filter`.
    pub fn await_subscribed(&self, id: &str, filter: &str) {
        let endings = [0, 1, 2].map(|qos| format!("{id} {qos} {filter}"));
        self.program.stderr.line_that(&format!("subscription of {id} to {filter}"), |line| {
            endings.iter().any(|ending| line.ends_with(ending))
        });
    }
}
