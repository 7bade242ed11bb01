//! What systemd is told, where it has started us as `Type=notify`, and what it passes on.
//!
//! Without `NOTIFY_SOCKET` nothing is told.

use std::future::pending;
use std::time::Duration;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::time::sleep;

use crate::server::{Inherited, Passed, Server};

/// The names of the descriptors that are passed on, separated by colons.
const NAMES: &str = "LISTEN_FDNAMES";

/// Takes the sockets that were passed on. To be called before any thread is started: the variables
/// that speak of them are removed.
///
/// # Errors
/// One of them is no TCP or Unix socket.
pub fn sockets() -> Result<Vec<Inherited>, String> {
    let names = std::env::var(NAMES).unwrap_or_default();
    let mut names = names.split(':');
    let mut passed = ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..passed.len() {
        let name = names.next().unwrap_or_default().to_owned();
        let tcp = passed.take_tcp_listener(index).map(|socket| socket.map(Passed::Tcp));
        let taken = match tcp {
            Ok(socket) => Ok(socket),
            Err(_) => passed.take_unix_listener(index).map(|socket| socket.map(Passed::Unix)),
        };
        let taken = taken.map_err(|error| {
            format!("Error: socket {index} ('{name}') that was passed on: {error}.")
        })?;
        sockets.extend(taken.map(|socket| Inherited { name, socket }));
    }
    Ok(sockets)
}

fn tell(states: &[NotifyState<'_>]) {
    // A service manager that does not listen learns nothing.
    let _ = sd_notify::notify(states);
}

/// Connections are accepted.
pub fn ready(server: &Server) {
    let endpoints: Vec<String> = server.endpoints().iter().map(ToString::to_string).collect();
    let status = format!("listening on {}", endpoints.join(", "));
    // With -d this process is not the one that was started.
    let pid = NotifyState::MainPid(std::process::id());
    tell(&[NotifyState::Ready, pid, NotifyState::Status(&status)]);
}

/// The settings are about to be read again; [`ready`] ends it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// The orderly stop has begun.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Feeds the watchdog, for as long as the broker's threads answer. Never ends.
pub async fn feed_watchdog(server: &Server) {
    let Some(limit) = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()) else {
        return pending().await;
    };
    // Twice as often as needed, and no answer may take longer than that.
    let step: Duration = limit / 3;
    loop {
        if server.answers(step).await {
            tell(&[NotifyState::Watchdog]);
        }
        sleep(step).await;
    }
}
