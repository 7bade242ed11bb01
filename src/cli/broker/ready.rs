//! How a script learns that the broker listens: a line of JSON on stdout or on a descriptor.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::observe::Endpoint;
use crate::server::Server;

/// The lowest descriptor that can be asked for: those below are ours.
pub const FIRST_DESCRIPTOR: i32 = 3;

/// `--ready-fd N`: a descriptor that gets one line and is closed then.
#[derive(Debug)]
pub struct ReadyFd {
    number: i32,
    file: File,
}

impl ReadyFd {
    /// Takes the descriptor. To be done before the user changes, who may not open it.
    ///
    /// # Errors
    /// It is not open, or cannot be written to.
    pub fn open(number: i32) -> Result<ReadyFd, String> {
        let opened = match number >= FIRST_DESCRIPTOR {
            true => OpenOptions::new().write(true).open(format!("/dev/fd/{number}")),
            false => Err(std::io::ErrorKind::InvalidInput.into()),
        };
        match opened {
            Ok(file) => Ok(ReadyFd { number, file }),
            Err(error) => Err(format!(
                "Error: --ready-fd {number}: {error}. It takes a descriptor from {FIRST_DESCRIPTOR} on that is \
                 a pipe or file open for writing."
            )),
        }
    }

    /// Writes the line and closes the descriptor, so that a reader sees the end too.
    pub fn tell(mut self, line: &str) {
        // Whoever does not read this does not wait for it.
        let _ = writeln!(self.file, "{line}");
        let _ = nix::unistd::close(self.number);
    }
}

/// The line: `{"event":"ready","pid":N,"listeners":[{"address":"127.0.0.1","port":N}]}`.
pub fn line(server: &Server) -> String {
    let place = |address: &SocketAddr| json!({ "address": address.ip().to_string(), "port": address.port() });
    let listener = |endpoint: &Endpoint| match endpoint {
        Endpoint::Tcp(address) => place(address),
        Endpoint::Unix(path) => json!({ "path": path.display().to_string() }),
    };
    let listeners: Vec<Value> = server.endpoints().iter().map(listener).collect();
    let mut ready = json!({ "event": "ready", "pid": std::process::id(), "listeners": listeners });
    let metrics: Vec<Value> = server.metrics_addresses().iter().map(place).collect();
    if !metrics.is_empty() {
        ready["metrics"] = metrics.into();
    }
    ready.to_string()
}

/// Prints the line on standard output.
pub fn print(line: &str) {
    let mut stdout = std::io::stdout();
    // Whoever does not read this does not wait for it.
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_that_is_not_open_is_named() {
        for number in [-1, 0, 2, 987] {
            let error = ReadyFd::open(number).unwrap_err();
            assert!(error.starts_with(&format!("Error: --ready-fd {number}: ")), "{error}");
        }
    }
}
