//! Events of the server in words: mosquitto's where scripts wait for them or operators look for
//! them.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use crate::observe::bridge_lines;
use crate::observe::endpoint::Endpoint;
use crate::observe::escape::Escaped;
use crate::observe::events::ServerEvent;
use crate::observe::settings::LogType;

/// The name and version that start and stop are told with.
const WHO: &str = concat!("lastwill version ", env!("CARGO_PKG_VERSION"));

/// The type of line that an event becomes.
pub const fn kind_of(event: &ServerEvent<'_>) -> LogType {
    if let ServerEvent::Bridge(event) = event {
        bridge_lines::kind_of(event)
    } else if is_error(event) {
        LogType::Error
    } else if is_warning(event) {
        LogType::Warning
    } else if is_notice(event) {
        LogType::Notice
    } else {
        LogType::Information
    }
}

/// Something failed.
const fn is_error(event: &ServerEvent<'_>) -> bool {
    matches!(
        event,
        ServerEvent::ListenFailed { .. }
            | ServerEvent::AccessFailed { .. }
            | ServerEvent::StoreFailed { .. }
            | ServerEvent::AcceptFailed { .. }
            | ServerEvent::ReloadFailed { .. }
            | ServerEvent::LogFileFailed { .. }
    )
}

/// Something is not as it should be.
const fn is_warning(event: &ServerEvent<'_>) -> bool {
    matches!(
        event,
        ServerEvent::Obsolete { .. }
            | ServerEvent::Ignored { .. }
            | ServerEvent::NeedsRestart { .. }
            | ServerEvent::Memory { .. }
            | ServerEvent::CiphersUnknown { .. }
            | ServerEvent::CertificateDated { .. }
            | ServerEvent::WithoutEffect { .. }
            | ServerEvent::PortIgnored { .. }
            | ServerEvent::LocalOnly
            | ServerEvent::StaysRoot { .. }
            | ServerEvent::StoreNotCompacted { .. }
            | ServerEvent::StoppingNow { .. }
            | ServerEvent::LinesLost { .. }
            | ServerEvent::AccessWarning { .. }
            | ServerEvent::LinesDropped { .. }
    )
}

/// Something that operators look for.
const fn is_notice(event: &ServerEvent<'_>) -> bool {
    matches!(
        event,
        ServerEvent::Deprecated { .. }
            | ServerEvent::SignalIgnored { .. }
            | ServerEvent::StoreChecking { .. }
            | ServerEvent::Negotiated { .. }
            | ServerEvent::NotAllowedAnyMore { .. }
            | ServerEvent::StoreLoading { .. }
            | ServerEvent::StoreRecovered { .. }
            | ServerEvent::FamilyMissing { .. }
            | ServerEvent::Accepted { .. }
            | ServerEvent::HandshakeFailed { .. }
            | ServerEvent::ProxiedTls { .. }
            | ServerEvent::ProxiedRefused { .. }
            | ServerEvent::ProxyHeaderWrong { .. }
            | ServerEvent::Denied { .. }
    )
}

/// Whether `connection_messages false` silences it: clients that come and go.
pub const fn is_connection(event: &ServerEvent<'_>) -> bool {
    matches!(
        event,
        ServerEvent::Accepted { .. }
            | ServerEvent::HandshakeFailed { .. }
            | ServerEvent::Negotiated { .. }
            | ServerEvent::ProxiedTls { .. }
            | ServerEvent::ProxiedRefused { .. }
            | ServerEvent::ProxyHeaderWrong { .. }
            | ServerEvent::Denied { .. }
    )
}

/// The words.
pub fn text_of(event: &ServerEvent<'_>) -> String {
    match *event {
        ServerEvent::Starting => format!("{WHO} starting"),
        ServerEvent::ConfigLoaded { path } => format!("Config loaded from {}.", path.display()),
        ServerEvent::DefaultConfig => "Using default config.".to_owned(),
        ServerEvent::Opening { endpoint } => opening(endpoint),
        ServerEvent::FamilyMissing { address, error } => {
            format!("Not listening on {address}: no {} on this machine ({error}).", family(address))
        }
        ServerEvent::ListenFailed { address, error } => {
            // mosquitto's line, and below it what failed.
            format!("Error: {}\n\tcannot listen on {address}", io_words(error))
        }
        ServerEvent::Running => format!("{WHO} running"),
        ServerEvent::Listening { endpoints } => format!("listening on {}", list(endpoints)),
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
        ServerEvent::LinesLost { count, why } => {
            format!("Warning: {count} log lines were lost: {why}.")
        }
        ServerEvent::LogFileFailed { path, error } => log_file_failed(path, error),
        ServerEvent::Terminating => format!("{WHO} terminating"),
        _ => {
            let other = connection_text(event).or_else(|| tls_text(event));
            other.or_else(|| process_text(event)).unwrap_or_else(|| store_text(event))
        }
    }
}

/// What is told about the process.
fn process_text(event: &ServerEvent<'_>) -> Option<String> {
    Some(match *event {
        ServerEvent::Metrics { address } => format!("Metrics at http://{address}/metrics"),
        ServerEvent::Saving { path } => {
            format!("Saving in-memory database to {}.", path.display())
        }
        ServerEvent::NothingToSave => "Nothing is saved: persistence is off.".to_owned(),
        ServerEvent::SignalIgnored { signal } => format!("{signal} received, and ignored."),
        ServerEvent::LogReopened => "The log file was opened again.".to_owned(),
        ServerEvent::Feature { name, is_there: true } => format!("{name} support available."),
        ServerEvent::Feature { name, .. } => format!("{name} support NOT available."),
        ServerEvent::BecameUser { user } => format!("Running as user '{user}'."),
        _ => return None,
    })
}

/// What is told about connections that come, or do not get in.
fn connection_text(event: &ServerEvent<'_>) -> Option<String> {
    Some(match *event {
        ServerEvent::Accepted { peer, endpoint } => {
            format!("New connection from {} on {}.", Escaped(peer), endpoint.as_end())
        }
        ServerEvent::AcceptFailed { endpoint, error } => {
            format!("Error: cannot accept connections on {} at present: {error}", endpoint.as_end())
        }
        ServerEvent::Denied { host, limit } => {
            format!("Client connection from {host} denied: {limit} exceeded.")
        }
        ServerEvent::HandshakeFailed { peer, why } => {
            format!("Client {} disconnected: {}.", Escaped(peer), Escaped(why))
        }
        ServerEvent::ProxiedTls { client, version, cipher } => {
            let (version, cipher) = (Escaped(version), Escaped(cipher));
            format!("Connection from {} negotiated {version} cipher {cipher}", Escaped(client))
        }
        ServerEvent::ProxiedRefused { client, phrase, proxy } => {
            let client = Escaped(client);
            format!("Connection from {client} rejected, {phrase}. The proxy is {proxy}.")
        }
        ServerEvent::ProxyHeaderWrong { client, proxy, why, is_missing } => {
            proxy_header_wrong(client, proxy, why, is_missing)
        }
        _ => return None,
    })
}

/// The words of an error as the C library has them, without Rust's number.
fn io_words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// What is told about TLS and bridges.
fn tls_text(event: &ServerEvent<'_>) -> Option<String> {
    Some(match *event {
        ServerEvent::Bridge(ref event) => bridge_lines::text_of(event),
        ServerEvent::WithoutEffect { option, why } => {
            format!("Warning: The '{option}' option has no effect: {why}.")
        }
        ServerEvent::CiphersUnknown { option, ciphers } => {
            let ciphers = Escaped(ciphers);
            format!("Warning: These '{option}' are not available and passed over: {ciphers}.")
        }
        ServerEvent::Negotiated { client_id, version, cipher } => {
            format!("Client {} negotiated {version} cipher {cipher}", Escaped(client_id))
        }
        ServerEvent::CertificateDated { path, why } => {
            format!("Warning: clients will refuse the certificate {}: {why}.", path.display())
        }
        ServerEvent::NotAllowedAnyMore { address, why } => {
            format!("The client at {address} is not allowed any more: {why}.")
        }
        _ => return None,
    })
}

/// What is told about files: those that access depends on, and the store.
fn store_text(event: &ServerEvent<'_>) -> String {
    match *event {
        ServerEvent::AccessWarning { warning } => warning.to_owned(),
        ServerEvent::AccessFailed { error } => error.to_owned(),
        ServerEvent::StoreOpening { path } => format!("Opening the store {}.", path.display()),
        ServerEvent::StoreChecking { path, done, total } => {
            format!("Checking the store {}: {} of {} MiB.", path.display(), done >> 20, total >> 20)
        }
        ServerEvent::StoreLoading { path, records, total } => {
            format!("Reading the store {}: {records} of {total} records.", path.display())
        }
        ServerEvent::StoreLoaded { path, records, sessions, retained, millis } => format!(
            "Read {records} records from {} in {millis} ms: {sessions} sessions, {retained} retained \
             messages.",
            path.display()
        ),
        ServerEvent::StoreCompacting { path } => {
            format!("Compacting the store {}.", path.display())
        }
        ServerEvent::StoreCompacted { path, before, after, millis } => format!(
            "Compacted the store {} from {} to {} MiB in {millis} ms.",
            path.display(),
            before >> 20,
            after.div_ceil(1 << 20)
        ),
        ServerEvent::StoreNotCompacted { error } => {
            format!("Warning: {error}\nThe store could not be compacted; it goes on as it is.")
        }
        ServerEvent::StoreFailed { error } => format!(
            "Error: {error}\nNothing is acknowledged and no new client accepted until this works \
             again."
        ),
        ServerEvent::StoreRecovered { millis } => {
            format!("The store works again after {} s.", millis.div_ceil(1000))
        }
        _ => option_text(event),
    }
}

/// What is told about options that are not what they seem.
fn option_text(event: &ServerEvent<'_>) -> String {
    match *event {
        ServerEvent::Deprecated { option, instead } => format!("{} {instead}", deprecated(option)),
        ServerEvent::Obsolete { option } => {
            format!("Warning: The '{option}' option is no longer available and has no effect.")
        }
        ServerEvent::PortIgnored { port } => {
            format!("Warning: -p {port} is ignored, because listeners are configured.")
        }
        ServerEvent::LocalOnly => LOCAL_ONLY.to_owned(),
        ServerEvent::StaysRoot { user, folder } => stays_root(user, folder),
        ServerEvent::DefaultListener { port } => default_listener(port),
        ServerEvent::Ignored { option, why } => {
            format!("Warning: The '{option}' option has no effect here: {why}.")
        }
        ServerEvent::Memory { is_short: true, bytes, limit } => format!(
            "Warning: {bytes} bytes of memory are in use, the memory_limit is {limit}. No new \
             connections are accepted, and nothing is added to what is retained or waits."
        ),
        ServerEvent::Memory { bytes, .. } => {
            format!("Memory is enough again: {bytes} bytes are in use.")
        }
        ServerEvent::NeedsRestart { option } => {
            format!("Warning: '{option}' has changed, which needs a restart: the old value stays.")
        }
        _ => String::new(),
    }
}

const LOCAL_ONLY: &str = "\
Starting in local only mode. Connections will only be possible from clients running on this machine.
Create a configuration file which defines a listener to allow remote access.
For example 'listener 1883', and 'allow_anonymous true' if clients need no login.";

fn stays_root(user: &str, folder: &Path) -> String {
    format!(
        "Warning: running as root, because '{user}' may not write to {}. Give it to that user, or \
         say whom to run as with the option user ('user root' is silent).",
        folder.display()
    )
}

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

/// mosquitto's sentences, with what was wrong and who sent it.
fn proxy_header_wrong(client: Option<&str>, proxy: &str, why: &str, is_missing: bool) -> String {
    let from = client.map_or(String::new(), |client| format!(" from {}", Escaped(client)));
    let state = if is_missing { "missing" } else { "corrupt" };
    format!("Connection{from} rejected, {state} PROXY header. From {proxy}: {why}.")
}

fn opening(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Tcp(address) => {
            format!("Opening {} listen socket on port {}.", family(*address), address.port())
        }
        Endpoint::Unix(path) => format!("Opening unix listen socket on path {}.", path.display()),
    }
}

const fn family(address: SocketAddr) -> &'static str {
    if address.is_ipv4() { "ipv4" } else { "ipv6" }
}

fn list(endpoints: &[Endpoint]) -> String {
    endpoints.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
