//! Accepting connections and spreading them over the threads.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::sleep;

use crate::broker::policy::ListenerId;
use crate::observe::{Endpoint, ServerEvent};
use crate::server::arrivals::Arrival;
use crate::server::bind::Socket;
use crate::server::shared::{Accepted, Command, Shared, Shown};
use crate::server::timer::read_everything;
use crate::server::worker::Local;
use crate::time::Timestamp;
use crate::transport::unix::SocketFile;
use crate::transport::{Bare, Stream, tcp};

/// Pause after accepting failed for want of resources: those who are connected may go and free
/// some.
const PAUSE: Duration = Duration::from_millis(200);

/// So many looks for connections that have ended are taken in [`LOOKS_TIME`] at most, when
/// newcomers are beyond a limit: a look costs more, the more are connected.
const LOOKS_MAX: usize = 4;
const LOOKS_TIME: Duration = Duration::from_millis(400);

/// The option that forbids newcomers while memory is short.
const MEMORY: &str = "memory_limit";

/// A socket that listens, and the listener that it belongs to.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) listener: ListenerId,
    pub(super) endpoint: Endpoint,
    pub(super) socket: Socket,
}

/// The same as a socket of a runtime, to which what it accepts does not belong.
enum Acceptor {
    Tcp(AsyncFd<TcpListener>),
    /// The file goes when nothing is accepted any more.
    Unix {
        socket: UnixListener,
        _file: Option<SocketFile>,
    },
}

/// Who has connected.
struct Caller {
    /// The whole name for the log.
    peer: Arc<str>,
    /// `None` is a process of this machine.
    address: Option<IpAddr>,
}

impl Caller {
    /// The part of the name that is the host.
    fn host(&self) -> String {
        self.address.map_or_else(|| self.peer.to_string(), |address| address.to_string())
    }
}

impl Acceptor {
    fn new(socket: Socket) -> io::Result<Acceptor> {
        Ok(match socket {
            #[expect(deprecated, reason = "the socket lives as long as its place in the table")]
            Socket::Tcp(socket) => {
                Acceptor::Tcp(AsyncFd::with_interest(socket, Interest::READABLE)?)
            }
            Socket::Unix(socket, file) => {
                Acceptor::Unix { socket: UnixListener::from_std(socket)?, _file: file }
            }
        })
    }

    async fn accept(&self) -> io::Result<(Bare, Caller)> {
        match self {
            Acceptor::Tcp(socket) => {
                let (stream, peer) = socket.async_io(Interest::READABLE, tcp::accept).await?;
                let address = Some(peer.ip());
                Ok((Bare::Tcp(stream), Caller { peer: shown(peer).into(), address }))
            }
            Acceptor::Unix { socket, .. } => {
                let (stream, _) = socket.accept().await?;
                let caller = Caller { peer: process_of(&stream).into(), address: None };
                Ok((Bare::detach(Stream::Unix(stream))?, caller))
            }
        }
    }
}

/// A client's address as the log has it, and mosquitto's: without brackets also for IPv6.
pub(super) fn shown(peer: SocketAddr) -> String {
    format!("{}:{}", peer.ip(), peer.port())
}

/// Whoever connects to a Unix socket has no address; the system knows the process.
fn process_of(stream: &UnixStream) -> String {
    let pid = stream.peer_cred().ok().and_then(|credentials| credentials.pid());
    pid.map_or_else(|| "local process".to_owned(), |pid| format!("pid {pid}"))
}

/// The place that a connection takes among all and in its listener; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    /// Absent when it was left taken.
    shared: Option<Arc<Shared>>,
    listener: ListenerId,
}

impl Place {
    /// Takes a place, or names the option that forbids it.
    fn take(local: &Local, listener: ListenerId) -> Result<Place, &'static str> {
        let (shared, settings) = (Arc::clone(&local.shared), local.settings());
        let here = &shared.listener_connections[usize::from(listener.0)];
        let all_now = shared.counters.open();
        let here_now = here.fetch_add(1, Ordering::SeqCst) + 1;
        let shared_is_short = shared.is_memory_short.load(Ordering::Relaxed);
        let place = Place::taken(&shared, listener);
        if shared_is_short {
            return Err(MEMORY);
        }
        if settings.listener_connections_max(listener).is_some_and(|max| here_now > max) {
            return Err("max_connections");
        }
        if settings.connections_max.is_some_and(|max| all_now > max) {
            return Err("global_max_connections");
        }
        Ok(place)
    }

    /// As [`Place::take`]. At a limit of connections every thread first reads what has arrived:
    /// nobody is sent away because of connections that have ended already. `looks` are the
    /// moments when that was done lately.
    async fn find(
        local: &Local,
        listener: ListenerId,
        looks: &mut Vec<Timestamp>,
    ) -> Result<Place, &'static str> {
        match Place::take(local, listener) {
            Err(limit) if limit != MEMORY => {
                let now = || local.shared.clock.now();
                looks.retain(|at| now().since(*at) < LOOKS_TIME);
                if looks.len() == LOOKS_MAX {
                    return Err(limit);
                }
                read_everything(local).await;
                looks.push(now());
                Place::take(local, listener)
            }
            taken => taken,
        }
    }

    /// A place for one of the broker's own bridges, which no limit forbids.
    pub(super) fn of_own(shared: Arc<Shared>) -> Place {
        shared.counters.open();
        Place { shared: Some(shared), listener: ListenerId::OWN }
    }

    /// A place that is taken, of a connection whose own was left so.
    pub(super) fn taken(shared: &Arc<Shared>, listener: ListenerId) -> Place {
        Place { shared: Some(Arc::clone(shared)), listener }
    }

    /// Leaves the place taken: [`Place::taken`] makes it one again that is given back.
    pub(super) fn leave_taken(mut self) {
        self.shared = None;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(shared) = &self.shared else { return };
        if let Some(here) = shared.listener_connections.get(usize::from(self.listener.0)) {
            here.fetch_sub(1, Ordering::SeqCst);
        }
        if shared.counters.close() == 0 {
            shared.emptied.notify_one();
        }
    }
}

/// Accepts connections until the task is ended.
pub(super) async fn accept(local: Rc<Local>, bound: Bound) {
    let Bound { listener, endpoint, socket } = bound;
    let endpoint = Arc::new(endpoint);
    let failed = |error: &io::Error| {
        local.shared.report(&ServerEvent::AcceptFailed { endpoint: &endpoint, error });
    };
    let socket = match Acceptor::new(socket) {
        Ok(socket) => socket,
        Err(error) => return failed(&error),
    };
    let (mut is_failing, mut looks) = (false, Vec::with_capacity(LOOKS_MAX));
    loop {
        match socket.accept().await {
            Ok((stream, caller)) => {
                is_failing = false;
                let place = Place::find(&local, listener, &mut looks).await;
                admit(&local, stream, caller, place, &endpoint);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Told once for each time that it begins.
                if !is_failing {
                    failed(&error);
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

/// `max_connect_rate`: whether a connection from an address is one too many, to be told so when its
/// CONNECT comes; `None` if it is closed at once.
pub(super) fn limit_rate(
    local: &Local,
    listener: ListenerId,
    address: Option<IpAddr>,
) -> Option<bool> {
    let settings = local.settings();
    let (rate, shared) = (settings.connect_rate, &local.shared);
    let Some(address) = address.filter(|_| rate > 0) else { return Some(false) };
    let mut arrivals = shared.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
    let arrival = arrivals.count(shared.clock.now(), rate, address);
    drop(arrivals);
    match arrival {
        Arrival::Welcome => return Some(false),
        // A handshake only to say no would cost more than the connection.
        Arrival::Refused if settings.security(listener).is_none() => return Some(true),
        Arrival::Denied { is_first: false } => {}
        Arrival::Refused | Arrival::Denied { is_first: true } => {
            let host = &address.to_string();
            shared.report(&ServerEvent::Denied { host, limit: "max_connect_rate" });
        }
    }
    None
}

fn admit(
    local: &Rc<Local>,
    stream: Bare,
    caller: Caller,
    place: Result<Place, &'static str>,
    endpoint: &Arc<Endpoint>,
) {
    let place = match place {
        Ok(place) => place,
        Err(limit) => {
            let host = &caller.host();
            return local.shared.report(&ServerEvent::Denied { host, limit });
        }
    };
    let (listener, settings) = (place.listener, local.settings());
    let Caller { peer, address } = caller;
    let mut shown = Shown::default();
    // Behind a proxy it is told when it is known whose it is.
    if settings.front(listener).proxy.is_none() {
        match limit_rate(local, listener, address) {
            Some(is_too_fast) => shown.is_too_fast = is_too_fast,
            None => return,
        }
        local.shared.report(&ServerEvent::Accepted { peer: &peer, endpoint });
    }
    if let Bare::Tcp(stream) = &stream {
        // A peer that has gone already is found out by the first read.
        let _ = stream.set_nodelay(settings.tcp_nodelay);
        let _ = settings.tuning.apply(stream);
    }
    let endpoint = Arc::clone(endpoint);
    let accepted = Accepted { stream, listener, peer, place, endpoint, shown };
    let thread = local.shared.next_thread();
    if thread == local.thread {
        return local.serve(accepted);
    }
    local.shared.gates[thread].send(Command::Serve(accepted));
}
