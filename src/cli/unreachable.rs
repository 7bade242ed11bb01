//! Why no connection could be made, in words, and how a tool ends because of it. Our own tools say
//! more than mosquitto's.

use std::io;

use crate::cli::compat::Compat;
use crate::cli::console::Console;
use crate::cli::errors::{system_text, text};
use crate::cli::exit::Exit;
use crate::cli::options::{Called, Connection};
use crate::cli::tls;
use crate::client::Client;
use crate::transport::connect::ConnectError;
use crate::transport::socks::SocksError;
use crate::transport::unix::PATH_BYTES_MAX;
use crate::transport::websocket::OpenError;

/// Says why no connection could be made, or why TLS failed; how the tool ends.
pub fn complain_unreachable(console: &Console, connection: &Connection, client: &Client) -> Exit {
    if let Some(ConnectError::Tls(failure)) = client.connect_error()
        && connection.debug
    {
        console.note(&tls::trace(failure));
    }
    console.complain(&why_unreachable(connection, client));
    client.connect_error().map_or(Exit::Unreachable, exit_of)
}

/// Why no connection could be made, as a line for stderr.
pub fn why_unreachable(connection: &Connection, client: &Client) -> String {
    let compat = connection.compat;
    match (client.connect_error(), connection.called) {
        (Some(error), Called::Mosquitto) => letter(error, compat),
        (Some(error), Called::Lastwill) => words(error, compat),
        (None, _) => format!("Unable to connect ({}).", compat.sentence(text::LOOKUP)),
    }
}

/// Why no connection could be made, to stand behind other words, and how a tool ends because of it.
pub fn reason(error: &ConnectError) -> (String, Exit) {
    let line = words(error, Compat::V21);
    let why = line.trim_start_matches("Error: ").trim_end_matches('.').to_owned();
    (why, exit_of(error))
}

/// How a tool ends when no connection could be made because of this.
fn exit_of(error: &ConnectError) -> Exit {
    match error {
        ConnectError::Lookup(..)
        | ConnectError::Bind(..)
        | ConnectError::Refused(..)
        | ConnectError::Within(_)
        | ConnectError::Unix(..) => Exit::Unreachable,
        ConnectError::LongPath(_)
        | ConnectError::Proxy(SocksError::HostTooLong)
        | ConnectError::WebSocket(OpenError::Host) => Exit::Failure,
        ConnectError::Proxy(SocksError::NoMethod | SocksError::Reply(2)) => {
            Exit::ProxyAuthentication
        }
        ConnectError::Proxy(SocksError::Reply(3..=5)) => Exit::ProxyUnreachable,
        ConnectError::Proxy(SocksError::Password | SocksError::NotSocks | SocksError::Reply(_)) => {
            Exit::Proxy
        }
        ConnectError::Proxy(SocksError::Lost(_)) | ConnectError::WebSocket(OpenError::Lost(_)) => {
            Exit::ConnectionLost
        }
        ConnectError::WebSocket(OpenError::Refused(_)) => Exit::Protocol,
        ConnectError::Tls(_) => Exit::Tls,
        ConnectError::Silent => Exit::KeepAlive,
    }
}

/// The line that mosquitto's tools print.
fn letter(error: &ConnectError, compat: Compat) -> String {
    match error {
        ConnectError::Lookup(..) => {
            format!("Unable to connect ({}).", compat.sentence(text::LOOKUP))
        }
        ConnectError::Bind(_, error)
        | ConnectError::Refused(_, error)
        | ConnectError::Within(error)
        | ConnectError::Unix(_, error) => format!("Error: {}", describe(error)),
        _ => match exit_of(error).error_text() {
            Some(text) => format!("Error: {}", compat.sentence(text)),
            None => format!("Unable to connect ({}).", compat.sentence(text::INVALID)),
        },
    }
}

/// The line that our own tools print: what failed, and where.
fn words(error: &ConnectError, compat: Compat) -> String {
    let short = exit_of(error).error_text().unwrap_or(text::INVALID);
    match error {
        ConnectError::Lookup(name, _) => {
            format!(
                "Unable to connect ({}): '{name}' has no address.",
                compat.sentence(text::LOOKUP)
            )
        }
        ConnectError::Bind(address, error) => {
            format!("Error: {} (local address {})", describe(error), address.ip())
        }
        ConnectError::Refused(address, error) => format!("Error: {} ({address})", describe(error)),
        ConnectError::LongPath(path) => format!(
            "Error: The path of a Unix domain socket has at most {PATH_BYTES_MAX} bytes, this one \
             has {}: {}",
            path.as_os_str().len(),
            path.display()
        ),
        ConnectError::Unix(path, error) => {
            format!("Error: {} ({})", describe(error), path.display())
        }
        ConnectError::Within(error) => format!("Error: {}", describe(error)),
        ConnectError::Proxy(error) => format!("Error: {short}: {error}."),
        ConnectError::WebSocket(OpenError::Refused(why)) => format!("Error: No WebSocket: {why}."),
        ConnectError::WebSocket(OpenError::Host) => {
            "Error: No WebSocket: the host name cannot stand in a request of HTTP.".to_owned()
        }
        ConnectError::WebSocket(OpenError::Lost(_)) => {
            format!("Error: {short} before the server answered the WebSocket request.")
        }
        ConnectError::Tls(failure) => format!("Error: {short}: {}", tls::reason(failure)),
        ConnectError::Silent => {
            format!("Error: {short}: the connection was taken, but nothing came over it.")
        }
    }
}

/// The system's words; for errors that are not the system's, their own.
fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "Connection refused".to_owned(),
        _ => system_text(error),
    }
}
