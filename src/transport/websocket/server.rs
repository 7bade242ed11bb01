//! The server's half of how a WebSocket begins [RFC 6455 section 4.2], for MQTT and nothing else:
//! any path is right, a sub-protocol of MQTT is demanded [MQTT-6.0.0-3].

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::handshake;

/// The sub-protocols that are spoken, the preferred one first.
const PROTOCOLS: [&str; 2] = ["mqtt", "mqttv3.1"];
/// Bytes of a key before it is encoded.
const KEY_BYTES: usize = 16;
/// Characters of what a client sent that are repeated in the log.
const QUOTED_MAX: usize = 100;

/// Who may open a WebSocket.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Bytes that a request may have up to the empty line behind its headers.
    pub head_bytes_max: usize,
    /// The origins of pages that may; all where it is empty.
    pub origins: &'a [String],
}

/// Why a request opens no WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// No HTTP, such as MQTT from a client that wants another port.
    NotHttp,
    /// More bytes than a request may have.
    TooLong(usize),
    /// A line that is none of HTTP.
    Malformed,
    /// Another method than GET.
    Method,
    /// A request for a page.
    NoUpgrade,
    /// Another version of WebSocket than 13.
    Version,
    /// No key, or none of 16 bytes.
    Key,
    /// None of the sub-protocols is one of MQTT: those that were asked for.
    Protocol(String),
    /// A page of this origin may not connect.
    Origin(String),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejection::NotHttp => f.write_str("no HTTP request on a WebSocket listener"),
            Rejection::TooLong(bytes) => {
                write!(f, "an HTTP request of more than {bytes} bytes (websockets_headers_size)")
            }
            Rejection::Malformed => f.write_str("a malformed HTTP request"),
            Rejection::Method => f.write_str("an HTTP request that is not GET"),
            Rejection::NoUpgrade => f.write_str("an HTTP request without upgrade to WebSocket"),
            Rejection::Version => f.write_str("another WebSocket version than 13"),
            Rejection::Key => f.write_str("no valid Sec-WebSocket-Key"),
            Rejection::Protocol(asked) if asked.is_empty() => {
                f.write_str("no WebSocket sub-protocol instead of 'mqtt'")
            }
            Rejection::Protocol(asked) => {
                write!(f, "the WebSocket sub-protocol '{asked}' instead of 'mqtt'")
            }
            Rejection::Origin(origin) => write!(f, "non-matching http origin '{origin}'"),
        }
    }
}

impl Rejection {
    /// What is answered: mosquitto hangs up without a word, which a person before a browser or a
    /// proxy cannot tell from a broken network. Nothing to what is no HTTP, and nothing to pages that
    /// are not welcome.
    pub(super) fn answer(&self) -> Option<String> {
        let (status, more, text) = match self {
            Rejection::NotHttp | Rejection::Origin(_) => return None,
            Rejection::TooLong(_) => ("431 Request Header Fields Too Large", "", ""),
            Rejection::Malformed => ("400 Bad Request", "", ""),
            Rejection::Method => ("405 Method Not Allowed", "Allow: GET\r\n", ""),
            Rejection::NoUpgrade => ("426 Upgrade Required", UPGRADE, ABOUT),
            Rejection::Version => ("426 Upgrade Required", UPGRADE, ""),
            Rejection::Key => ("400 Bad Request", "", "Sec-WebSocket-Key is not valid.\n"),
            Rejection::Protocol(_) => ("400 Bad Request", "", PROTOCOL),
        };
        let length = text.len();
        Some(format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\
             Connection: close\r\n{more}\r\n{text}"
        ))
    }
}

const UPGRADE: &str = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
const ABOUT: &str =
    "This is an MQTT broker, and no web site: MQTT clients connect here by WebSocket.\n";
const PROTOCOL: &str = "Ask for the WebSocket sub-protocol 'mqtt'.\n";

/// Whether bytes can be the beginning of a request in HTTP: a method and a space.
pub(super) fn may_be_http(bytes: &[u8]) -> bool {
    let method = bytes.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    method < 16 && bytes.get(method).is_none_or(|byte| method > 0 && *byte == b' ')
}

/// Judges the head of a request; the answer that opens the WebSocket.
pub(super) fn judge(head: &[u8], rules: &Rules<'_>) -> Result<String, Rejection> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let request: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, _path, "HTTP/1.1"] = request[..] else { return Err(Rejection::Malformed) };
    let lines = lines.take_while(|line| !line.is_empty());
    let headers: Vec<(&str, &str)> = lines
        .map(|line| line.split_once(':').filter(|(name, _)| is_token(name)))
        .map(|header| header.map(|(name, value)| (name, value.trim())).ok_or(Rejection::Malformed))
        .collect::<Result<_, _>>()?;
    // mosquitto tolerates HEAD.
    if !matches!(method, "GET" | "HEAD") {
        return Err(Rejection::Method);
    }
    let values = |wanted: &str| {
        let found = headers.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| *value).collect::<Vec<&str>>()
    };
    let has_token = |name: &str, wanted: &str| {
        items(&values(name)).any(|token| token.eq_ignore_ascii_case(wanted))
    };
    if !has_token("Upgrade", "websocket") || !has_token("Connection", "upgrade") {
        return Err(Rejection::NoUpgrade);
    }
    if values("Sec-WebSocket-Version") != ["13"] {
        return Err(Rejection::Version);
    }
    let [key] = values("Sec-WebSocket-Key")[..] else { return Err(Rejection::Key) };
    if STANDARD.decode(key).map_or(0, |key| key.len()) != KEY_BYTES {
        return Err(Rejection::Key);
    }
    let origins = values("Origin");
    let is_welcome = |origin: &&str| rules.origins.iter().any(|allowed| allowed == origin);
    if let Some(origin) = origins.iter().find(|origin| !is_welcome(origin))
        && !rules.origins.is_empty()
    {
        return Err(Rejection::Origin(quoted(origin)));
    }
    let asked = values("Sec-WebSocket-Protocol");
    let protocol = PROTOCOLS.iter().find(|known| items(&asked).any(|name| name == **known));
    let protocol = protocol.ok_or_else(|| Rejection::Protocol(quoted(&asked.join(", "))))?;
    Ok(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n",
        handshake::accept(key)
    ))
}

/// The items of a header that is a list, which may stand in several lines.
fn items<'a>(values: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    values.iter().flat_map(|value| value.split(',')).map(str::trim)
}

/// Whether it can be the name of a header.
fn is_token(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_part)
}

/// What a client sent, for the log.
fn quoted(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(QUOTED_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules<'static> = Rules { head_bytes_max: 4096, origins: &[] };

    /// A right request, with lines in place of others of the same name.
    fn request(changed: &[&str]) -> String {
        let mut lines = vec![
            "Host: broker.example:9001",
            "upgrade: WebSocket",
            "CONNECTION: keep-alive, Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: mqtt",
        ];
        let name = |line: &str| line.split(':').next().unwrap_or_default().to_lowercase();
        lines.retain(|line| changed.iter().all(|other| name(line) != name(other)));
        lines.extend(changed.iter().filter(|line| line.contains(':')));
        format!("GET /any/path?x HTTP/1.1\r\n{}\r\n\r\n", lines.join("\r\n"))
    }

    fn judged(changed: &[&str]) -> Result<String, Rejection> {
        judge(request(changed).as_bytes(), &RULES)
    }

    #[test]
    fn a_right_request_is_answered_as_the_standard_shows() {
        assert_eq!(
            judged(&[]).as_deref(),
            Ok("HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\
                Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
                Sec-WebSocket-Protocol: mqtt\r\n\r\n")
        );
        let as_head = request(&[]).replacen("GET", "HEAD", 1);
        assert!(judge(as_head.as_bytes(), &RULES).is_ok());
        // Lists in several lines, as a proxy may write them.
        assert!(judged(&["Connection: keep-alive", "Connection: upgrade"]).is_ok());
    }

    #[test]
    fn the_sub_protocol_is_chosen_from_a_list() {
        for (asked, chosen) in [
            (&["Sec-WebSocket-Protocol: mqttv3.1"][..], "mqttv3.1"),
            (&["Sec-WebSocket-Protocol: mqttv3.1, mqtt"], "mqtt"),
            (&["Sec-WebSocket-Protocol: chat,mqtt"], "mqtt"),
            (&["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: mqttv3.1"], "mqttv3.1"),
        ] {
            let answer = judged(asked).unwrap();
            assert!(answer.ends_with(&format!("Protocol: {chosen}\r\n\r\n")), "{asked:?}");
        }
    }

    #[test]
    fn wrong_requests_are_told_apart_and_answered() {
        let protocol = |asked: &str| Rejection::Protocol(asked.to_owned());
        for (changed, rejection, status) in [
            (&["upgrade"][..], Rejection::NoUpgrade, "426"),
            (&["Upgrade: h2c"], Rejection::NoUpgrade, "426"),
            (&["connection: close"], Rejection::NoUpgrade, "426"),
            (&["Sec-WebSocket-Version: 8"], Rejection::Version, "426"),
            (&["sec-websocket-version"], Rejection::Version, "426"),
            (&["sec-websocket-key"], Rejection::Key, "400"),
            (&["Sec-WebSocket-Key: dGhlIHNhbXBsZQ=="], Rejection::Key, "400"),
            (&["Sec-WebSocket-Key: ?"], Rejection::Key, "400"),
            (&["sec-websocket-protocol"], protocol(""), "400"),
            (&["Sec-WebSocket-Protocol: chat, MQTT"], protocol("chat, MQTT"), "400"),
            (&["Bad name: x"], Rejection::Malformed, "400"),
            (&[": x"], Rejection::Malformed, "400"),
        ] {
            assert_eq!(judged(changed), Err(rejection.clone()), "{changed:?}");
            let answer = rejection.answer().unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{answer}");
        }
        for line in ["POST / HTTP/1.1", "GET / HTTP/1.0", "GET /a b HTTP/1.1", "GET /"] {
            let text = request(&[]).replacen("GET /any/path?x HTTP/1.1", line, 1);
            let wanted =
                if line.starts_with('P') { Rejection::Method } else { Rejection::Malformed };
            assert_eq!(judge(text.as_bytes(), &RULES), Err(wanted), "{line}");
        }
        assert_eq!(Rejection::NotHttp.answer(), None);
        assert!(Rejection::TooLong(9).answer().unwrap().starts_with("HTTP/1.1 431 "));
    }

    #[test]
    fn origins_are_an_allow_list() {
        let origins = ["https://a.example".to_owned(), "http://localhost:8080".to_owned()];
        let rules = Rules { origins: &origins, ..RULES };
        let outcome = |changed: &[&str]| judge(request(changed).as_bytes(), &rules);
        assert!(outcome(&["Origin: https://a.example"]).is_ok());
        assert!(outcome(&["Origin: http://localhost:8080"]).is_ok());
        // What sends none is no browser.
        assert!(outcome(&[]).is_ok());
        for other in ["https://a.example.evil", "http://a.example", "null", ""] {
            let refused = Err(Rejection::Origin(other.to_owned()));
            assert_eq!(outcome(&[&format!("Origin: {other}")]), refused);
        }
        let both = ["Origin: https://a.example", "Origin: https://b.example"];
        assert_eq!(outcome(&both), Err(Rejection::Origin("https://b.example".to_owned())));
        assert!(judged(&["Origin: https://b.example"]).is_ok());
        let refusal = Rejection::Origin("x".to_owned());
        assert_eq!(refusal.to_string(), "non-matching http origin 'x'");
        assert_eq!(refusal.answer(), None);
    }

    #[test]
    fn other_protocols_are_noticed_at_once() {
        for bytes in [&b"\x10\x0c\x00\x04MQTT"[..], b"\x16\x03\x01", b"get / ", b" ", b"G\r\n"] {
            assert!(!may_be_http(bytes), "{bytes:?}");
        }
        assert!(!may_be_http(&[b'A'; 16]));
        for bytes in [&b""[..], b"G", b"GET", b"GET ", b"OPTIONS * HTTP/1.1"] {
            assert!(may_be_http(bytes), "{bytes:?}");
        }
    }
}
