//! `metrics_listener`: metrics and health over HTTP, from a thread of its own.
//!
//! Whoever asks takes the core's lock for as long as it takes to copy the counters. Connections are
//! few, have a deadline, and when there are too many the oldest one goes: a slow client holds up
//! nobody, other readers of metrics included.

pub mod http;

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, LocalSet, spawn_local};
use tokio::time::{sleep, timeout};

use crate::config::process::Metrics;
use crate::observe::{ServerEvent, metrics};
use crate::server::bind::StartError;
use crate::server::status::View;
use crate::transport::tcp;
use http::{Answer, HEAD_BYTES_MAX, Path};

/// Most connections at the same time.
const CONNECTIONS_MAX: usize = 32;
/// How long a connection may take from its start to its end.
const DEADLINE: Duration = Duration::from_secs(10);
/// Pause after accepting failed.
const PAUSE: Duration = Duration::from_millis(200);
/// How long the threads of the broker have to answer `/healthz`.
const ANSWER_WAIT: Duration = Duration::from_secs(5);

/// The thread that serves metrics.
#[derive(Debug)]
pub(super) struct Service {
    /// Where it listens.
    pub(super) addresses: Vec<SocketAddr>,
    stop: Arc<Notify>,
    thread: Option<JoinHandle<()>>,
}

/// Opens the listener on all addresses of its host.
pub(super) fn bind(metrics: &Metrics) -> Result<Vec<TcpListener>, StartError> {
    let failed = |address: String| move |error| StartError::Listen { address, error };
    let name = format!("{}:{}", metrics.host, metrics.port);
    let found = (metrics.host.as_str(), metrics.port).to_socket_addrs();
    let mut addresses: Vec<SocketAddr> = found.map_err(failed(name))?.collect();
    addresses.dedup();
    let mut sockets: Vec<TcpListener> = Vec::new();
    for mut address in addresses {
        if let Some(Ok(first)) = sockets.first().map(TcpListener::local_addr) {
            // One port for all, also where it is any free one.
            address.set_port(first.port());
        }
        sockets.push(tcp::listen(address, None).map_err(failed(address.to_string()))?);
    }
    Ok(sockets)
}

impl Service {
    /// Serves what `view` sees on these sockets, from now on.
    pub(super) fn start(sockets: Vec<TcpListener>, view: View) -> Result<Service, StartError> {
        let addresses: io::Result<Vec<SocketAddr>> =
            sockets.iter().map(TcpListener::local_addr).collect();
        let addresses = addresses.map_err(StartError::System)?;
        let stop = Arc::new(Notify::new());
        let theirs = Arc::clone(&stop);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::System)?;
        for address in &addresses {
            view.shared.report(&ServerEvent::Metrics { address: *address });
        }
        let thread = thread::Builder::new()
            .name("metrics".to_owned())
            .spawn(move || {
                LocalSet::new().block_on(&runtime, async {
                    let view = Arc::new(view);
                    for socket in sockets {
                        spawn_local(accept(socket, Arc::clone(&view)));
                    }
                    theirs.notified().await;
                });
            })
            .map_err(StartError::System)?;
        Ok(Service { addresses, stop, thread: Some(thread) })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.notify_one();
        if let Some(thread) = self.thread.take() {
            // It has nothing to tell.
            let _ = thread.join();
        }
    }
}

async fn accept(socket: TcpListener, view: Arc<View>) {
    let socket = match tokio::net::TcpListener::from_std(socket) {
        Ok(socket) => socket,
        Err(error) => {
            let (error, address) = (&error, "metrics_listener");
            return view.shared.report(&ServerEvent::ListenFailed { address, error });
        }
    };
    let mut open: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let Ok((stream, _)) = socket.accept().await else {
            // The broker's own listeners tell why.
            sleep(PAUSE).await;
            continue;
        };
        open.retain(|task| !task.is_finished());
        if open.len() >= CONNECTIONS_MAX
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        let view = Arc::clone(&view);
        let task = spawn_local(async move {
            // Whoever is too slow or gone gets nothing.
            let _ = timeout(DEADLINE, serve(stream, &view)).await;
        });
        open.push_back(task.abort_handle());
    }
}

/// One request, one answer, the end.
async fn serve(mut stream: TcpStream, view: &View) -> io::Result<()> {
    let mut head = Vec::new();
    let request = loop {
        if let Some(request) = http::parse(&head) {
            break request;
        }
        let mut bytes = [0; 1024];
        let len = stream.read(&mut bytes).await?;
        if len == 0 {
            return Ok(());
        }
        head.extend_from_slice(&bytes[..len.min(HEAD_BYTES_MAX + 1 - head.len())]);
    };
    let answer = match request {
        Ok(request) => {
            let answer = answer(request.path, view).await;
            answer.bytes(request.is_head)
        }
        Err(answer) => answer.bytes(false),
    };
    stream.write_all(&answer).await?;
    stream.shutdown().await?;
    // What is still on its way must not turn the answer into a reset; the deadline bounds it.
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn answer(path: Path, view: &View) -> Answer {
    match path {
        Path::Metrics => Answer {
            media_type: metrics::MEDIA_TYPE,
            ..Answer::new(200, metrics::text(&view.snapshot()))
        },
        Path::Health => match view.answers(ANSWER_WAIT).await {
            true => Answer::new(200, "ok\n".to_owned()),
            false => Answer::new(503, "the broker does not answer\n".to_owned()),
        },
        Path::Ready => match view.not_ready() {
            None => Answer::new(200, "ready\n".to_owned()),
            Some(why) => Answer::new(503, format!("{why}\n")),
        },
    }
}
