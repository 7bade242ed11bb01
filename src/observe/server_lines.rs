//! Events of the server in words: mosquitto's where scripts wait for them or operators look for
//! them.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use crate::observe::bridge_lines;
use crate::observe::events::ServerEvent;
use crate::observe::settings::LogType;

/// The name and version that start and stop are told with.
const WHO: &str = concat!("lastwill version ", env!("CARGO_PKG_VERSION"));

/// The type of line that an event becomes.
pub const fn kind_of(event: &ServerEvent<'_>) -> LogType {
    match event {
        ServerEvent::Starting
        | ServerEvent::ConfigLoaded { .. }
        | ServerEvent::DefaultConfig
        | ServerEvent::DefaultListener { .. }
        | ServerEvent::Opening { .. }
        | ServerEvent::StoreOpening { .. }
        | ServerEvent::StoreLoaded { .. }
        | ServerEvent::Running
        | ServerEvent::Listening { .. }
        | ServerEvent::Stopping { .. }
        | ServerEvent::Reloading
        | ServerEvent::Reloaded
        | ServerEvent::Terminating => LogType::Information,
        ServerEvent::Deprecated { .. }
        | ServerEvent::StoreLoading { .. }
        | ServerEvent::StoreRecovered { .. }
        | ServerEvent::FamilyMissing { .. }
        | ServerEvent::Accepted { .. }
        | ServerEvent::HandshakeFailed { .. }
        | ServerEvent::Denied { .. } => LogType::Notice,
        ServerEvent::Obsolete { .. }
        | ServerEvent::PortIgnored { .. }
        | ServerEvent::LocalOnly
        | ServerEvent::StoppingNow { .. }
        | ServerEvent::LinesDropped { .. } => LogType::Warning,
        ServerEvent::ListenFailed { .. }
        | ServerEvent::StoreFailed { .. }
        | ServerEvent::AcceptFailed { .. }
        | ServerEvent::ReloadFailed { .. }
        | ServerEvent::LogFileFailed { .. } => LogType::Error,
        ServerEvent::Bridge(event) => bridge_lines::kind_of(event),
    }
}

/// Whether `connection_messages false` silences it: clients that come and go.
pub const fn is_connection(event: &ServerEvent<'_>) -> bool {
    matches!(
        event,
        ServerEvent::Accepted { .. }
            | ServerEvent::HandshakeFailed { .. }
            | ServerEvent::Denied { .. }
    )
}

/// The words.
pub fn text_of(event: &ServerEvent<'_>) -> String {
    match *event {
        ServerEvent::Starting => format!("{WHO} starting"),
        ServerEvent::ConfigLoaded { path } => format!("Config loaded from {}.", path.display()),
        ServerEvent::DefaultConfig => "Using default config.".to_owned(),
        ServerEvent::Deprecated { option, instead } => format!("{} {instead}", deprecated(option)),
        ServerEvent::Obsolete { option } => {
            format!("Warning: The '{option}' option is no longer available and has no effect.")
        }
        ServerEvent::PortIgnored { port } => {
            format!("Warning: -p {port} is ignored, because listeners are configured.")
        }
        ServerEvent::LocalOnly => LOCAL_ONLY.to_owned(),
        ServerEvent::DefaultListener { port } => default_listener(port),
        ServerEvent::Opening { address } => {
            format!("Opening {} listen socket on port {}.", family(address), address.port())
        }
        ServerEvent::FamilyMissing { address, error } => {
            format!("Not listening on {address}: no {} on this machine ({error}).", family(address))
        }
        ServerEvent::ListenFailed { address, error } => {
            format!("Error: cannot listen on {address}: {error}")
        }
        ServerEvent::Running => format!("{WHO} running"),
        ServerEvent::Listening { addresses } => format!("listening on {}", list(addresses)),
        ServerEvent::Accepted { peer, port } => {
            format!("New connection from {peer} on port {port}.")
        }
        ServerEvent::AcceptFailed { port, error } => {
            format!("Error: cannot accept connections on port {port} at present: {error}")
        }
        ServerEvent::Denied { peer, limit } => {
            format!("Client connection from {} denied: {limit} exceeded.", peer.ip())
        }
        ServerEvent::HandshakeFailed { peer, why } => format!("Client {peer} disconnected: {why}."),
        ServerEvent::Stopping { signal } => format!("{signal} received, stopping in order."),
        ServerEvent::StoppingNow { connections } => {
            format!("Warning: stopping at once, {connections} connections are cut off.")
        }
        ServerEvent::Reloading => "Reloading config.".to_owned(),
        ServerEvent::Reloaded => "Config reloaded.".to_owned(),
        ServerEvent::ReloadFailed { error } => {
            format!("{error}\nError: the configuration is not reloaded, the old one stays.")
        }
        ServerEvent::LinesDropped { count } => {
            format!("Warning: {count} log lines were dropped: whoever takes the log is too slow.")
        }
        ServerEvent::LogFileFailed { path, error } => log_file_failed(path, error),
        ServerEvent::Bridge(ref event) => bridge_lines::text_of(event),
        ServerEvent::Terminating => format!("{WHO} terminating"),
        _ => store_text(event),
    }
}

/// What is told about the store.
fn store_text(event: &ServerEvent<'_>) -> String {
    match *event {
        ServerEvent::StoreOpening { path } => format!("Opening the store {}.", path.display()),
        ServerEvent::StoreLoading { path, records } => {
            format!("Reading the store {}: {records} records so far.", path.display())
        }
        ServerEvent::StoreLoaded { path, records, sessions, retained, millis } => format!(
            "Read {records} records from {} in {millis} ms: {sessions} sessions, {retained} retained \
             messages.",
            path.display()
        ),
        ServerEvent::StoreFailed { error } => format!(
            "Error: {error}\nNothing is acknowledged and no new client accepted until this works \
             again."
        ),
        ServerEvent::StoreRecovered { millis } => {
            format!("The store works again after {} s.", millis.div_ceil(1000))
        }
        _ => String::new(),
    }
}

const LOCAL_ONLY: &str = "\
Starting in local only mode. Connections will only be possible from clients running on this machine.
Create a configuration file which defines a listener to allow remote access.
For example 'listener 1883', and 'allow_anonymous true' if clients need no login.";

fn deprecated(option: &str) -> String {
    // mosquitto's sentence, with the name of the program whose version 3.0 is meant.
    format!(
        "The '{option}' option is now deprecated and will be removed in version 3.0 of mosquitto."
    )
}

fn default_listener(port: u16) -> String {
    format!(
        "The default listener is used on port {port}, on all interfaces.\n\
         Begin its options with 'listener {port}' to say so in the configuration."
    )
}

fn log_file_failed(path: &Path, error: &io::Error) -> String {
    format!("Error: Unable to open log file {} for writing: {error}", path.display())
}

const fn family(address: SocketAddr) -> &'static str {
    if address.is_ipv4() { "ipv4" } else { "ipv6" }
}

fn list(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
