//! Brokers with a configuration of the test.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use lastwill::config::{Config, Sources};
use lastwill::observe::Log;
use lastwill::server::{Server, StartError};
use tempfile::TempDir;

use crate::support::packet::{Connect, Version, subscribe};
use crate::support::program::{self, Program};
use crate::support::raw::Raw;
use crate::support::{await_that, free_port, lastwill};

/// How often a port is tried that somebody else may take first.
const PORT_TRIES: usize = 50;

/// A directory with a configuration file.
pub struct Folder {
    pub dir: TempDir,
    pub file: PathBuf,
}

impl Folder {
    /// One with this configuration.
    pub fn with(text: impl AsRef<[u8]>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("broker.conf");
        fs::write(&file, text).unwrap();
        Folder { dir, file }
    }

    /// The name of the file.
    pub fn path(&self) -> &str {
        self.file.to_str().unwrap()
    }

    /// Writes the file anew.
    pub fn write(&self, text: impl AsRef<[u8]>) {
        fs::write(&self.file, text).unwrap();
    }

    /// Its settings.
    pub fn load(&self) -> Config {
        let sources = Sources { file: Some(self.file.clone()), quiet: true, ..Sources::default() };
        Config::load(&sources).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Runs `lastwill broker -c FILE` and more to its end.
    pub fn run(&self, more: &[&str]) -> program::Ended {
        program::run(&lastwill(), &[&["broker", "-c", self.path()], more].concat())
    }
}

/// A broker in this process whose configuration needs a port; `text` gets one that is free.
pub struct Running {
    pub server: Server,
    pub port: u16,
}

impl Running {
    /// Starts it.
    pub fn start(text: impl Fn(u16) -> String) -> Self {
        for _ in 0..PORT_TRIES {
            let port = free_port();
            let folder = Folder::with(text(port));
            let config = folder.load();
            match Server::start(&config, Log::start(config.log.clone())) {
                Ok(server) => return Running { server, port },
                Err(StartError::Listen { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        panic!("no port is free");
    }

    /// One with `listener PORT 127.0.0.1`, open to all, and these lines in the listener's block.
    pub fn with(lines: &str) -> Self {
        Self::start(|port| format!("allow_anonymous true\nlistener {port} 127.0.0.1\n{lines}"))
    }

    /// A client of version 3.1.1 that is connected.
    pub fn client(&self, id: &str) -> Raw {
        self.accepted(&Connect { id, ..Connect::default() })
    }

    /// A client that is connected with this CONNECT.
    pub fn accepted(&self, connect: &Connect<'_>) -> Raw {
        let (raw, code) = self.answer(connect);
        assert_eq!(code, 0);
        raw
    }

    /// The answer to this CONNECT.
    pub fn answer(&self, connect: &Connect<'_>) -> (Raw, u8) {
        let mut raw = Raw::dial(self.port);
        raw.send(&connect.bytes());
        let code = raw.receive_connack();
        (raw, code)
    }

    /// Waits until so many connections are open.
    pub fn await_connections(&self, count: usize) {
        await_that("the end of connections", || self.server.stats().connections == count);
    }
}

/// Subscribes with QoS 0, where retained messages may follow at once.
pub fn subscribe_only(raw: &mut Raw, filter: &str) {
    raw.send(&subscribe(Version::V4, filter, 0));
    raw.expect_hex("90 03 00 01 00");
}

/// A broker as a process, on a free port, with a configuration without listeners.
pub fn process(folder: &Folder, more: &[&str]) -> crate::support::broker::Broker {
    let args = ["broker", "-p", "0", "--ready-json", "-c", folder.path()];
    let program = Program::start(&lastwill(), &[&args[..], more].concat());
    crate::support::broker::Broker::ready(program)
}

/// A short time in which something must not happen.
pub const QUIET: Duration = Duration::from_millis(300);
