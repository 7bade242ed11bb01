//! What happens to the running broker outside its rules: sockets, signals, start and stop. Upper
//! floors fill it, so that all wording stays in this folder.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use crate::observe::bridge_lines::BridgeEvent;
use crate::observe::endpoint::Endpoint;

/// Something that the server, not the core, has to tell.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the fields are named after what they hold")]
pub enum ServerEvent<'a> {
    /// The process begins.
    Starting,
    /// The settings came from this file …
    ConfigLoaded { path: &'a Path },
    /// … or there was none.
    DefaultConfig,
    /// What this build can do, or not.
    Feature { name: &'a str, is_there: bool },
    /// A deprecated option was used.
    Deprecated { option: &'a str, instead: &'a str },
    /// An option was used that has no effect since mosquitto 2.0.
    Obsolete { option: &'a str },
    /// An option was used that has no effect here, because of this.
    Ignored { option: &'a str, why: &'a str },
    /// There is more memory in use than `memory_limit` allows, or not any more.
    Memory { is_short: bool, bytes: u64, limit: u64 },
    /// A reload found another value of an option that is read at the start only.
    NeedsRestart { option: &'a str },
    /// An option was used that cannot have an effect there, because of this.
    WithoutEffect { option: &'a str, why: &'a str },
    /// `-p` was given, but the file defines its listeners.
    PortIgnored { port: u16 },
    /// A file was loaded, but it defines no listener: only this machine can connect.
    LocalOnly,
    /// `port`, or an option of the default listener, opened the default listener.
    DefaultListener { port: u16 },
    /// What was kept is about to be read …
    StoreOpening { path: &'a Path },
    /// … which takes long: so many bytes of its pages are checked …
    StoreChecking { path: &'a Path, done: u64, total: u64 },
    /// … so many records read …
    StoreLoading { path: &'a Path, records: u64, total: u64 },
    /// … and is there.
    StoreLoaded { path: &'a Path, records: u64, sessions: usize, retained: usize, millis: u64 },
    /// What is free in its file is about to be given back …
    StoreCompacting { path: &'a Path },
    /// … and was: bytes of the file before and after …
    StoreCompacted { path: &'a Path, before: u64, after: u64, millis: u64 },
    /// … or could not be.
    StoreNotCompacted { error: &'a str },
    /// Changes cannot be made durable …
    StoreFailed { error: &'a str },
    /// … and can again, after so long.
    StoreRecovered { millis: u64 },
    /// A listening socket is about to be opened.
    Opening { endpoint: &'a Endpoint },
    /// This machine has no such address family; the other one of the listener is open.
    FamilyMissing { address: SocketAddr, error: &'a io::Error },
    /// A listener cannot be opened: the start fails. `address` as configured, with the port.
    ListenFailed { address: &'a str, error: &'a io::Error },
    /// All listeners are open.
    Running,
    /// Where connections are accepted, with the real ports.
    Listening { endpoints: &'a [Endpoint] },
    /// Metrics and health are served here over HTTP.
    Metrics { address: SocketAddr },
    /// SIGUSR1 asks to write everything to the disk: it goes to this file …
    Saving { path: &'a Path },
    /// … or nothing is kept.
    NothingToSave,
    /// A signal came that means nothing here.
    SignalIgnored { signal: &'a str },
    /// The log file was closed and opened again.
    LogReopened,
    /// Root has started the broker, which now runs as this user.
    BecameUser { user: &'a str },
    /// Root stays root: nobody was named, and the usual user may not write into this folder.
    StaysRoot { user: &'a str, folder: &'a Path },
    /// A connection was accepted by the system; behind a proxy, once it is known whose it is.
    Accepted { peer: &'a str, endpoint: &'a Endpoint },
    /// Accepting failed, such as for want of file descriptors.
    AcceptFailed { endpoint: &'a Endpoint, error: &'a io::Error },
    /// A connection was closed at once. `limit` is the name of the option, `host` the peer without
    /// its port.
    Denied { host: &'a str, limit: &'static str },
    /// A connection ended before its first packet: TLS, WebSocket, PROXY, or too slow.
    HandshakeFailed { peer: &'a str, why: &'a str },
    /// A client was accepted over TLS, with this version and cipher in OpenSSL's words.
    Negotiated { client_id: &'a str, version: &'a str, cipher: &'a str },
    /// After a reload a client would not be let in any more, and why; it is disconnected.
    NotAllowedAnyMore { address: &'a str, why: &'a str },
    /// The certificate of a listener is out of its time.
    CertificateDated { path: &'a Path, why: &'a str },
    /// These ciphers of an option, separated by colons, are none of ours.
    CiphersUnknown { option: &'a str, ciphers: &'a str },
    /// A proxy's client has reached the proxy by TLS.
    ProxiedTls { client: &'a str, version: &'a str, cipher: &'a str },
    /// A proxy's client is refused, because of what the proxy tells about it.
    ProxiedRefused { client: &'a str, phrase: &'static str, proxy: &'a str },
    /// The header of a proxy is wrong, or `is_missing`. `client` is who it is about, if it got so
    /// far.
    ProxyHeaderWrong { client: Option<&'a str>, proxy: &'a str, why: &'a str, is_missing: bool },
    /// A signal asks for the orderly stop.
    Stopping { signal: &'a str },
    /// A second signal, or the end of the grace: this many connections are cut off.
    StoppingNow { connections: usize },
    /// The settings are read again …
    Reloading,
    /// … and hold now …
    Reloaded,
    /// … or the old ones stay, because of this.
    ReloadFailed { error: &'a str },
    /// A file that access depends on is questionable.
    AccessWarning { warning: &'a str },
    /// A file that access depends on is of no use: the start fails.
    AccessFailed { error: &'a str },
    /// The log could not be written fast enough.
    LinesDropped { count: u64 },
    /// So many lines could not be written, and now they can again.
    LinesLost { count: u64, why: &'a str },
    /// A log file cannot be opened; errors go to standard error.
    LogFileFailed { path: &'a Path, error: &'a io::Error },
    /// Something about a bridge.
    Bridge(BridgeEvent<'a>),
    /// The process ends.
    Terminating,
}
