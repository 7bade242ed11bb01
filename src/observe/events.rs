//! What happens to the running broker outside its rules: sockets, signals, start and stop. Upper
//! floors fill it, so that all wording stays in this folder.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use crate::observe::bridge_lines::BridgeEvent;

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
    /// A deprecated option was used.
    Deprecated { option: &'a str, instead: &'a str },
    /// An option was used that has no effect since mosquitto 2.0.
    Obsolete { option: &'a str },
    /// `-p` was given, but the file defines its listeners.
    PortIgnored { port: u16 },
    /// A file was loaded, but it defines no listener: only this machine can connect.
    LocalOnly,
    /// `port`, or an option of the default listener, opened the default listener.
    DefaultListener { port: u16 },
    /// What was kept is about to be read …
    StoreOpening { path: &'a Path },
    /// … which takes long: so many records so far …
    StoreLoading { path: &'a Path, records: u64 },
    /// … and is there.
    StoreLoaded { path: &'a Path, records: u64, sessions: usize, retained: usize, millis: u64 },
    /// Changes cannot be made durable …
    StoreFailed { error: &'a str },
    /// … and can again, after so long.
    StoreRecovered { millis: u64 },
    /// A listening socket is about to be opened.
    Opening { address: SocketAddr },
    /// This machine has no such address family; the other one of the listener is open.
    FamilyMissing { address: SocketAddr, error: &'a io::Error },
    /// A listener cannot be opened: the start fails. `address` as configured, with the port.
    ListenFailed { address: &'a str, error: &'a io::Error },
    /// All listeners are open.
    Running,
    /// Where connections are accepted, with the real ports.
    Listening { addresses: &'a [SocketAddr] },
    /// A connection was accepted by the system.
    Accepted { peer: SocketAddr, port: u16 },
    /// Accepting failed, such as for want of file descriptors.
    AcceptFailed { port: u16, error: &'a io::Error },
    /// A connection was closed at once. `limit` is the name of the option.
    Denied { peer: SocketAddr, limit: &'static str },
    /// A connection ended before its first packet: TLS, WebSocket, PROXY, or too slow.
    HandshakeFailed { peer: &'a str, why: &'a str },
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
    /// The log could not be written fast enough.
    LinesDropped { count: u64 },
    /// A log file cannot be opened; errors go to standard error.
    LogFileFailed { path: &'a Path, error: &'a io::Error },
    /// Something about a bridge.
    Bridge(BridgeEvent<'a>),
    /// The process ends.
    Terminating,
}
