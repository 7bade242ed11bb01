//! How a WebSocket begins: a request of HTTP and the answer to it [RFC 6455 section 4].

use std::fmt;
use std::net::Ipv6Addr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// Bytes that an answer may have up to the empty line behind its headers.
pub(super) const ANSWER_BYTES_MAX: usize = 16 << 10;

/// What every server adds to the key [RFC 6455 section 1.3].
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Why a server's answer opens no WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another status than 101: the status and its words.
    Status(u16, String),
    /// The answer is no HTTP.
    NotHttp,
    /// 101, but not to WebSocket.
    NoUpgrade,
    /// The server does not know the key that it was sent.
    Accept,
    /// Another sub-protocol than `mqtt`.
    Protocol(String),
    /// An extension that was not asked for.
    Extension(String),
    /// More headers than any server needs.
    TooLong,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Status(code, words) => {
                let status = format!("{code} {words}");
                write!(f, "the server answered '{}' to the WebSocket request", status.trim_end())
            }
            Refusal::NotHttp => f.write_str("the server does not answer in HTTP"),
            Refusal::NoUpgrade => f.write_str("the server's answer does not switch to WebSocket"),
            Refusal::Accept => f.write_str("the server's answer has a wrong Sec-WebSocket-Accept"),
            Refusal::Protocol(name) => {
                write!(f, "the server chose the WebSocket sub-protocol '{name}' instead of 'mqtt'")
            }
            Refusal::Extension(name) => {
                write!(f, "the server uses the WebSocket extension '{name}' without being asked")
            }
            Refusal::TooLong => {
                write!(f, "the server's answer has more than {ANSWER_BYTES_MAX} bytes of headers")
            }
        }
    }
}

/// The key of a request, from 16 random bytes.
pub(super) fn key(random: [u8; 16]) -> String {
    STANDARD.encode(random)
}

/// The request for `/mqtt`. `None` if no such host can be named in a header.
pub(super) fn request(host: &str, key: &str) -> Option<String> {
    if host.is_empty() || host.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let host = match host.parse::<Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => host.to_owned(),
    };
    Some(format!(
        "GET /mqtt HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: mqtt\r\n\r\n"
    ))
}

/// How many of the bytes are the answer's head; `None` if its end has not come.
pub(super) fn head_len(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// Whether bytes can be the beginning of an answer in HTTP.
pub(super) fn may_be_http(bytes: &[u8]) -> bool {
    let wanted = b"HTTP/1.";
    let count = bytes.len().min(wanted.len());
    bytes[..count] == wanted[..count]
}

/// Judges the head of the answer to a request with this key.
pub(super) fn check(head: &[u8], key: &str) -> Result<(), Refusal> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    let (version, rest) = status.split_once(' ').ok_or(Refusal::NotHttp)?;
    let (code, words) = rest.split_once(' ').unwrap_or((rest, ""));
    let code: u16 = code.parse().map_err(|_| Refusal::NotHttp)?;
    if !version.starts_with("HTTP/1.") {
        return Err(Refusal::NotHttp);
    }
    if code != 101 {
        let words = words.chars().filter(|c| !c.is_control()).take(100).collect();
        return Err(Refusal::Status(code, words));
    }
    let headers: Vec<(&str, &str)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name, value.trim()))
        .collect();
    let value_of = |wanted: &str| {
        let mut found = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.next().map(|(_, value)| *value)
    };
    let has_token = |name: &str, wanted: &str| {
        value_of(name).is_some_and(|value| {
            value.split(',').any(|token| token.trim().eq_ignore_ascii_case(wanted))
        })
    };
    if !has_token("Upgrade", "websocket") || !has_token("Connection", "upgrade") {
        return Err(Refusal::NoUpgrade);
    }
    if value_of("Sec-WebSocket-Accept") != Some(&accept(key)) {
        return Err(Refusal::Accept);
    }
    match value_of("Sec-WebSocket-Protocol") {
        // Servers that serve nothing else leave it out, and mosquitto's tools don't ask for it.
        None | Some("mqtt") => {}
        Some(other) => return Err(Refusal::Protocol(other.to_owned())),
    }
    match value_of("Sec-WebSocket-Extensions") {
        None | Some("") => Ok(()),
        Some(name) => Err(Refusal::Extension(name.to_owned())),
    }
}

/// What a server makes of a key.
pub(super) fn accept(key: &str) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    #[test]
    fn the_request_is_as_mosquitto_sends_it() {
        assert_eq!(
            request("broker.example", KEY).as_deref(),
            Some(
                "GET /mqtt HTTP/1.1\r\nHost: broker.example\r\nUpgrade: websocket\r\n\
                 Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
            )
        );
        assert!(request("::1", KEY).is_some_and(|text| text.contains("Host: [::1]\r\n")));
        for host in ["", "a b", "a\r\nX: y", "a\0"] {
            assert_eq!(request(host, KEY), None, "{host:?}");
        }
        assert_eq!(key(*b"the sample nonce"), KEY);
    }

    fn answer(lines: &[&str]) -> Result<(), Refusal> {
        let head = lines.join("\r\n") + "\r\n\r\n";
        assert_eq!(head_len(head.as_bytes()), Some(head.len()));
        assert!(may_be_http(head.as_bytes()) || !head.starts_with("HTTP"));
        check(head.as_bytes(), KEY)
    }

    fn switching(changed: &str) -> Result<(), Refusal> {
        let accept = format!("Sec-WebSocket-Accept: {ACCEPT}");
        let mut lines = vec![
            "HTTP/1.1 101 Switching Protocols",
            "upgrade: WebSocket",
            "CONNECTION: keep-alive, Upgrade",
            &accept,
        ];
        let name = changed.split(':').next().unwrap_or_default().to_lowercase();
        lines.retain(|line| line.split(':').next().is_some_and(|old| old.to_lowercase() != name));
        if changed.contains(':') {
            lines.push(changed);
        }
        answer(&lines)
    }

    #[test]
    fn a_right_answer_is_accepted() {
        assert_eq!(switching(""), Ok(()));
        assert_eq!(switching("Sec-WebSocket-Protocol: mqtt"), Ok(()));
        assert_eq!(switching("sec-websocket-extensions:"), Ok(()));
    }

    #[test]
    fn wrong_answers_are_named() {
        let words = "Not Found".to_owned();
        assert_eq!(answer(&["HTTP/1.1 404 Not Found"]), Err(Refusal::Status(404, words)));
        assert_eq!(answer(&["HTTP/1.0 403"]), Err(Refusal::Status(403, String::new())));
        assert_eq!(answer(&["HTTP/1.1 twelve"]), Err(Refusal::NotHttp));
        assert_eq!(answer(&["220 mail.example ESMTP"]), Err(Refusal::NotHttp));
        assert_eq!(switching("upgrade"), Err(Refusal::NoUpgrade));
        assert_eq!(switching("Upgrade: h2c"), Err(Refusal::NoUpgrade));
        assert_eq!(switching("connection: close"), Err(Refusal::NoUpgrade));
        assert_eq!(switching("sec-websocket-accept"), Err(Refusal::Accept));
        let other = ACCEPT.to_lowercase();
        assert_eq!(switching(&format!("Sec-WebSocket-Accept: {other}")), Err(Refusal::Accept));
        assert_eq!(
            switching("Sec-WebSocket-Protocol: chat"),
            Err(Refusal::Protocol("chat".to_owned()))
        );
        let deflate = "permessage-deflate";
        assert_eq!(
            switching("Sec-WebSocket-Extensions: permessage-deflate"),
            Err(Refusal::Extension(deflate.to_owned()))
        );
    }

    #[test]
    fn refusals_read_well() {
        let shown = |refusal: Refusal| refusal.to_string();
        assert_eq!(
            shown(Refusal::Status(404, "Not Found".to_owned())),
            "the server answered '404 Not Found' to the WebSocket request"
        );
        assert_eq!(
            shown(Refusal::Status(403, String::new())),
            "the server answered '403' to the WebSocket request"
        );
        assert!(!may_be_http(b"\x20\x02\x00\x00"));
        assert!(may_be_http(b"HTT"));
    }
}
