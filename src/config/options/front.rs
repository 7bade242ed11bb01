//! Options about what stands between a listener's sockets and MQTT: WebSocket, PROXY protocol, the
//! network interface.

use super::Reload::{No, Yes};
use super::Set::{Bool, Int, Text, Word};
use super::{Apply, OptionRow, Times, Wrong, row};
use crate::config::draft::{Draft, ListenerDraft};
use crate::config::front::ProxyHeader;

/// The longest name of a network interface in bytes: the system's field has 16, the last is 0.
const INTERFACE_BYTES_MAX: usize = 15;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "protocol",
        "mqtt",
        Yes,
        "What this listener speaks: MQTT, or MQTT in WebSocket frames as browsers send them.",
        Apply::Listener(Word("mqtt|websockets", set_protocol)),
    ),
    row(
        "websockets_origin",
        "(any)",
        Yes,
        "The origin of pages whose scripts may connect by WebSocket, such as \
         https://example.org. May be repeated. Clients that send no Origin header, which are not \
         browsers, always may.",
        Apply::Block(Text("ORIGIN", Times::Many, |l, text| {
            l.origins.push(text.to_owned());
            Ok(())
        })),
    ),
    row(
        "websockets_headers_size",
        "4096",
        Yes,
        "Bytes that the HTTP request of a WebSocket client may have, its headers included; a \
         larger one is answered with 431. 0 is the default.",
        Apply::Global(Int(0, 65_535, set_head_bytes)),
    ),
    row(
        "packet_buffer_size",
        "4096",
        Yes,
        "Another name of websockets_headers_size.",
        Apply::Global(Int(0, 65_535, set_head_bytes)),
    ),
    row(
        "websockets_log_level",
        "0",
        No,
        "Accepted and without effect: it belongs to a library that is not used.",
        Apply::Obsolete,
    ),
    row(
        "enable_proxy_protocol",
        "(off)",
        Yes,
        "Expect the header of the PROXY protocol, version 1 (text) or 2 (binary), before \
         everything else, and take the client's address from it. Connections without it are \
         closed, so only a proxy can use this listener.",
        Apply::Block(Word("1|2", |l, version| {
            l.proxy = Some(match version {
                "1" => ProxyHeader::V1,
                "2" => ProxyHeader::V2,
                _ => return Err(Wrong::Said("enable_proxy_protocol must be 1 or 2.")),
            });
            Ok(())
        })),
    ),
    row(
        "proxy_protocol_v2_require_tls",
        "false",
        Yes,
        "Whether clients are refused that have reached the proxy without TLS, as its header of \
         version 2 tells.",
        Apply::Block(Bool(|l, on| l.proxy_requires_tls = on)),
    ),
    row(
        "bind_interface",
        "(all)",
        No,
        "Accept connections through this network interface only, such as eth0.",
        Apply::Listener(Text("INTERFACE", Times::Once, set_interface)),
    ),
];

fn set_protocol(listener: &mut ListenerDraft, word: &str) -> Result<(), Wrong> {
    listener.is_websocket = match word {
        "mqtt" => false,
        "websockets" => true,
        "http_api" => {
            return Err(Wrong::Unsupported("What runs is told in $SYS topics and in the log."));
        }
        _ => return Err(Wrong::Expected("mqtt or websockets")),
    };
    Ok(())
}

fn set_head_bytes(draft: &mut Draft, bytes: i64) {
    draft.websocket_head_bytes = usize::try_from(bytes).ok().filter(|bytes| *bytes > 0);
}

fn set_interface(listener: &mut ListenerDraft, name: &str) -> Result<(), Wrong> {
    let is_name = name.len() <= INTERFACE_BYTES_MAX
        && !matches!(name, "." | "..")
        && !name.contains(|c: char| c == '/' || c == ':' || c.is_whitespace() || c.is_control());
    if !is_name {
        return Err(Wrong::Expected("the name of a network interface, such as eth0"));
    }
    listener.interface = Some(name.to_owned());
    Ok(())
}
