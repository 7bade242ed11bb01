//! `--exec CMD`: a broker for as long as a command runs.

use std::io::{self, IsTerminal};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};

use crate::cli::broker::signals::{Name, Request};
use crate::cli::exit::Exit;
use crate::config::Listener;
use crate::server::Server;

/// A shell that runs the command.
#[derive(Debug)]
pub struct Script {
    child: Child,
    pid: Option<Pid>,
    /// It shares our process group, and the terminal's signals with us.
    has_terminal: bool,
}

impl Script {
    /// Starts the command; its environment says where the broker is, and who vouches for its
    /// certificate where that is known.
    ///
    /// # Errors
    /// There is no shell, or nothing that a client could connect to.
    pub fn start(command: &str, server: &Server, authority: Option<&Path>) -> io::Result<Script> {
        let Some((scheme, host, port)) = place_of(server) else {
            return Err(io::Error::other(
                "the broker has no TCP listener that clients reach without a proxy",
            ));
        };
        let has_terminal = io::stdin().is_terminal();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", command])
            .env("MQTT_HOST", host.to_string())
            .env("MQTT_PORT", port.to_string())
            .env("LASTWILL_URL", format!("{scheme}://{}", SocketAddr::new(host, port)));
        if let Some(authority) = authority.filter(|_| matches!(scheme, "mqtts" | "wss")) {
            shell.env("LASTWILL_CAFILE", authority);
        }
        if !has_terminal {
            // A group of its own: a signal reaches all that the command has started. On a terminal
            // it would lose the keyboard.
            shell.process_group(0);
        }
        let child = shell.spawn()?;
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Ok(Script { child, pid, has_terminal })
    }

    /// Passes a signal on.
    pub fn forward(&self, request: Request) {
        let (signal, is_from_keyboard) = match request {
            Request::Stop(Name("SIGINT")) => (Signal::INT, self.has_terminal),
            Request::Stop(_) => (Signal::TERM, false),
            Request::Reload => (Signal::HUP, false),
            Request::Save => (Signal::USR1, false),
            Request::Ignore(_) => (Signal::USR2, false),
            Request::Reopen => return,
        };
        // What the keyboard sends has reached the command already.
        if let (Some(pid), false) = (self.pid, is_from_keyboard) {
            // A command that has just ended needs no signal.
            let _ = match self.has_terminal {
                true => kill_process(pid, signal),
                false => kill_process_group(pid, signal),
            };
        }
    }

    /// Waits for the end of the command.
    ///
    /// # Errors
    /// The system does not tell.
    pub async fn ended(&mut self) -> io::Result<Exit> {
        self.child.wait().await.map(exit_of)
    }
}

/// What listeners can speak, what most clients understand first.
const SCHEMES: [&str; 4] = ["mqtt", "mqtts", "ws", "wss"];

/// Scheme, address and port of the listener that most clients understand.
fn place_of(server: &Server) -> Option<(&'static str, IpAddr, u16)> {
    let places = server.listening().filter(|(_, listener)| listener.front.proxy.is_none());
    let places = places.filter_map(|(endpoint, listener)| {
        let (host, port) = reachable(&endpoint.tcp()?);
        Some((rank_of(listener), host, port))
    });
    let (rank, host, port) = places.min_by_key(|(rank, ..)| *rank)?;
    Some((SCHEMES[rank], host, port))
}

/// The place of what a listener speaks in [`SCHEMES`].
fn rank_of(listener: &Listener) -> usize {
    usize::from(listener.tls.is_some()) + 2 * usize::from(listener.front.is_websocket)
}

/// The address under which this machine reaches a listener.
fn reachable(address: &SocketAddr) -> (IpAddr, u16) {
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    (host, address.port())
}

/// As a shell tells it: the exit code, or 128 and the number of the signal.
fn exit_of(status: ExitStatus) -> Exit {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Exit::Command(u8::try_from(code).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_all_addresses_is_reached_on_this_machine() {
        for (address, host) in [
            ("0.0.0.0:1", "127.0.0.1"),
            ("[::]:1", "::1"),
            ("10.0.0.1:1", "10.0.0.1"),
            ("[::1]:1", "::1"),
        ] {
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(reachable(&address), (host.parse().unwrap(), 1));
        }
    }

    #[test]
    fn the_exit_code_is_the_shells() {
        assert_eq!(exit_of(ExitStatus::from_raw(7 << 8)), Exit::Command(7));
        assert_eq!(exit_of(ExitStatus::from_raw(15)), Exit::Command(143));
    }
}
