//! Accepting connections and spreading them over the threads.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::broker::policy::ListenerId;
use crate::observe::ServerEvent;
use crate::server::shared::{Accepted, Command, Shared};
use crate::server::worker::Local;
use crate::transport::{Bare, Stream};

/// Pause after accepting failed for want of resources: those who are connected may go and free
/// some.
const PAUSE: Duration = Duration::from_millis(200);

/// A socket that listens, and the listener that it belongs to.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) listener: ListenerId,
    pub(super) address: SocketAddr,
    pub(super) socket: std::net::TcpListener,
}

/// The place that a connection takes among all and in its listener; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    shared: Arc<Shared>,
    listener: ListenerId,
}

impl Place {
    /// Takes a place, or names the option that forbids it.
    fn take(local: &Local, listener: ListenerId) -> Result<Place, &'static str> {
        let (shared, settings) = (Arc::clone(&local.shared), local.settings());
        let here = &shared.listener_connections[usize::from(listener.0)];
        let all_now = shared.counters.open();
        let here_now = here.fetch_add(1, Ordering::SeqCst) + 1;
        let place = Place { shared, listener };
        if settings.listener_connections_max(listener).is_some_and(|max| here_now > max) {
            return Err("max_connections");
        }
        if settings.connections_max.is_some_and(|max| all_now > max) {
            return Err("global_max_connections");
        }
        Ok(place)
    }

    /// A place for one of the broker's own bridges, which no limit forbids.
    pub(super) fn of_own(shared: Arc<Shared>) -> Place {
        shared.counters.open();
        Place { shared, listener: ListenerId::OWN }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(here) = self.shared.listener_connections.get(usize::from(self.listener.0)) {
            here.fetch_sub(1, Ordering::SeqCst);
        }
        if self.shared.counters.close() == 0 {
            self.shared.emptied.notify_one();
        }
    }
}

/// Accepts connections until the task is ended.
pub(super) async fn accept(local: Rc<Local>, bound: Bound) {
    let port = bound.address.port();
    let socket = match TcpListener::from_std(bound.socket) {
        Ok(socket) => socket,
        Err(error) => {
            return local.shared.report(&ServerEvent::AcceptFailed { port, error: &error });
        }
    };
    let mut is_failing = false;
    loop {
        match socket.accept().await {
            Ok((stream, peer)) => {
                is_failing = false;
                admit(&local, stream, peer, bound.listener, port);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Told once for each time that it begins.
                if !is_failing {
                    local.shared.report(&ServerEvent::AcceptFailed { port, error: &error });
                }
                is_failing = true;
                sleep(PAUSE).await;
            }
        }
    }
}

/// Whether only the connection that was about to be accepted has failed.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

fn admit(local: &Rc<Local>, stream: TcpStream, peer: SocketAddr, listener: ListenerId, port: u16) {
    let place = match Place::take(local, listener) {
        Ok(place) => place,
        Err(limit) => return local.shared.report(&ServerEvent::Denied { peer, limit }),
    };
    local.shared.report(&ServerEvent::Accepted { peer, port });
    // A peer that has gone already is found out by the first read.
    let _ = stream.set_nodelay(local.settings().tcp_nodelay);
    let peer = Arc::from(peer.to_string());
    let accepted = Accepted { stream: Stream::Tcp(stream), listener, peer, place };
    let thread = local.shared.next_thread();
    if thread == local.thread {
        return local.serve(accepted);
    }
    // A stream belongs to the runtime that made it, so it moves bare.
    let Ok(accepted) = accepted.try_map(Bare::detach) else { return };
    local.shared.gates[thread].send(Command::Serve(accepted));
}
