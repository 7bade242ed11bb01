//! The layers that are ours: the header of a proxy, and WebSocket.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use crate::config::{Front, ProxyHeader, UsernameFrom, WebSocketFront};
use crate::observe::ServerEvent;
use crate::server::accept::{limit_rate, shown};
use crate::server::shared::Accepted;
use crate::server::worker::Local;
use crate::transport::Stream;
use crate::transport::proxy::{self, Fault, Header, ReadError, Refusal, Source};
use crate::transport::websocket::{self, AcceptError, Rules};

/// How long a client may take to read the answer to a wrong request.
const ANSWER_WAIT: Duration = Duration::from_secs(1);
/// How long a connection of the proxy's own, such as a check of our health, may say nothing.
const PROXY_SILENCE_MAX: Duration = Duration::from_secs(2);

/// Why a connection does not get through a layer.
pub(super) enum Failure {
    /// To be told.
    Why(String),
    /// It has been told.
    Told,
}

/// Reads the header that a proxy sends first; the connection is its client's then, by name too.
pub(super) async fn unwrap_proxy(
    local: &Local,
    accepted: &mut Accepted,
    front: &Front,
) -> Result<(), Failure> {
    let Some(expected) = front.proxy else { return Ok(()) };
    let version = match expected {
        ProxyHeader::V1 => proxy::Version::V1,
        ProxyHeader::V2 => proxy::Version::V2,
    };
    let header = match proxy::read(&mut accepted.stream, version).await {
        Ok(header) => header,
        Err(ReadError::Lost(error)) => return Err(Failure::Why(lost(&error))),
        Err(ReadError::Refused(refusal)) => return Err(refuse(local, accepted, &refusal)),
    };
    let tls = header.tls.as_ref();
    let has_certificate = tls.is_some_and(|tls| tls.has_certificate);
    let is_v2 = expected == ProxyHeader::V2;
    let lacks = if is_v2 && front.proxy_requires_tls && tls.is_none() {
        Some("client did not connect using TLS")
    } else if is_v2 && front.proxy_requires_certificate && !has_certificate {
        Some("client did not provide a certificate")
    } else {
        None
    };
    let client = name_of(&header.source);
    if let Some(phrase) = lacks {
        let client = client.as_deref().unwrap_or(&accepted.peer);
        let proxy = &accepted.peer;
        local.shared.report(&ServerEvent::ProxiedRefused { client, phrase, proxy });
        return Err(Failure::Told);
    }
    if let Some(client) = client {
        accepted.peer = client.into();
    }
    let address = match &header.source {
        Source::Ip(address) => Some(address.ip()),
        Source::Unix(_) | Source::Proxy => None,
    };
    match limit_rate(local, accepted.listener, address) {
        Some(is_too_fast) => accepted.shown.is_too_fast = is_too_fast,
        None => return Err(Failure::Told),
    }
    greet(local, accepted, &header);
    if local.settings().username_from(accepted.listener) == UsernameFrom::Identity {
        // What the proxy has not verified proves nothing.
        let verified = header.tls.as_ref().filter(|tls| tls.has_certificate);
        accepted.shown.username =
            verified.and_then(|tls| tls.common_name.as_deref()).map(Into::into);
    }
    if header.source == Source::Proxy && is_silent(&accepted.stream).await {
        return Err(Failure::Why("the proxy itself has connected, and says nothing".to_owned()));
    }
    Ok(())
}

/// Tells who has connected, now that this is known.
fn greet(local: &Local, accepted: &Accepted, header: &Header) {
    let (peer, endpoint) = (&accepted.peer, &accepted.endpoint);
    local.shared.report(&ServerEvent::Accepted { peer, endpoint });
    let tls = header.tls.as_ref();
    if let Some((version, cipher)) =
        tls.and_then(|tls| Some((tls.version.as_deref()?, tls.cipher.as_deref()?)))
    {
        local.shared.report(&ServerEvent::ProxiedTls { client: peer, version, cipher });
    }
}

fn refuse(local: &Local, accepted: &Accepted, refusal: &Refusal) -> Failure {
    let client = refusal.source.as_ref().and_then(name_of);
    let (proxy, why) = (&accepted.peer, refusal.fault.to_string());
    let is_missing = refusal.fault == Fault::Missing;
    local.shared.report(&ServerEvent::ProxyHeaderWrong {
        client: client.as_deref(),
        proxy,
        why: &why,
        is_missing,
    });
    Failure::Told
}

/// How the log names a client behind a proxy; not at all if the connection is the proxy's own.
fn name_of(source: &Source) -> Option<String> {
    match source {
        Source::Ip(address) => Some(shown(*address)),
        Source::Unix(path) => {
            let path = path.chars().filter(|c| !c.is_control());
            Some(path.chain(":0".chars()).collect())
        }
        Source::Proxy => None,
    }
}

/// Whether nothing comes for a while. A Unix socket cannot be asked without taking what has come,
/// so its own time limit has to do.
async fn is_silent(stream: &Stream) -> bool {
    match stream {
        Stream::Tcp(stream) => timeout(PROXY_SILENCE_MAX, stream.peek(&mut [0])).await.is_err(),
        _ => false,
    }
}

/// Opens the WebSocket that the client asks for.
pub(super) async fn open_websocket(
    local: &Local,
    accepted: Accepted,
    front: &WebSocketFront,
) -> Result<Accepted, Failure> {
    let Accepted { stream, listener, peer, place, endpoint, shown } = accepted;
    let rules = Rules { head_bytes_max: front.head_bytes_max, origins: &front.origins };
    match websocket::accept(stream, &rules).await {
        Ok(socket) => {
            let stream = Stream::WebSocket(Box::new(socket));
            Ok(Accepted { stream, listener, peer, place, endpoint, shown })
        }
        Err(AcceptError::Lost(error)) => Err(Failure::Why(lost(&error))),
        Err(AcceptError::Rejected(rejection, stream)) => {
            let why = rejection.to_string();
            local.shared.report(&ServerEvent::HandshakeFailed { peer: &peer, why: &why });
            // A client that has more to say loses nothing but that.
            let _ = timeout(ANSWER_WAIT, discard(*stream)).await;
            Err(Failure::Told)
        }
    }
}

/// Reads to the end: closing with unread bytes would reset the connection, and the client could
/// lose the answer.
async fn discard(mut stream: Stream) {
    let mut buffer = [0; 1024];
    while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
}

fn lost(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "connection closed by client".to_owned(),
        _ => error.to_string(),
    }
}
