//! Options about how the bytes travel, besides TLS.

use std::ffi::OsString;

use super::{Group, Row, Typed, names};
use crate::cli::draft::Draft;
use crate::cli::errors::{Problem, Stop};
use crate::cli::proxy;
use crate::transport::socks::Proxy;

/// What is said about the transport, besides host and port.
#[derive(Clone, Debug, Default)]
pub struct TransportDraft {
    /// The host as it was typed: the path of a socket if the port is 0.
    pub path: Option<OsString>,
    /// `--ws`, `-L ws://`, `-L wss://`.
    pub websocket: bool,
    /// `--proxy`.
    pub proxy: Option<Proxy>,
    /// `-S`.
    pub srv: bool,
}

/// The rows.
pub const ROWS: &[Row] = &[
    names(None, Some("unix"))
        .takes("PATH", "socket path")
        .within(Group::Connection, "Unix domain socket of the broker; the same as -h PATH -p 0")
        .does(unix),
    names(None, Some("ws"))
        .since_21()
        .within(Group::Connection, "Use WebSocket, as -L ws://HOST/TOPIC does")
        .does(|draft, _| {
            draft.transport.websocket = true;
            Ok(())
        }),
    names(Some('S'), None)
        .within(
            Group::Connection,
            "The host is a domain whose SRV records name the brokers (_mqtt._tcp, or \
             _secure-mqtt._tcp with TLS); needs a build with the feature srv",
        )
        .own()
        .does(srv),
    names(None, Some("proxy"))
        .takes("URL", "proxy url")
        .within(
            Group::Connection,
            "SOCKS5 proxy that connects to the broker: \
             socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]",
        )
        .does(|draft, typed| {
            draft.transport.proxy = Some(proxy::parse(typed.bytes()?)?);
            Ok(())
        }),
];

fn srv(draft: &mut Draft, _: &Typed<'_>) -> Result<(), Stop> {
    if !cfg!(feature = "srv") {
        return Err(Problem::plain(
            "Error: -S cannot be used: this build of lastwill has no SRV lookups. A build with \
             --features srv has them.",
        )
        .into());
    }
    draft.transport.srv = true;
    Ok(())
}

fn unix(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    set_host(draft, typed)?;
    draft.connection.port = Some(0);
    Ok(())
}

/// `-h`, and the first half of `--unix`: a host, or with port 0 a path.
pub fn set_host(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    draft.connection.host = Some(typed.text()?);
    draft.transport.path = Some(typed.value()?.to_owned());
    Ok(())
}
