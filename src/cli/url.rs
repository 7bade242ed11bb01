//! `-L scheme://[user[:password]@]host[:port]/topic`.

use crate::cli::compat::Compat;
use crate::cli::errors::Problem;
use crate::cli::number::atoi;

/// The parts of a URL, taken literally: nothing is percent-decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url<'a> {
    /// The transport.
    pub scheme: Scheme,
    /// User Name.
    pub username: Option<&'a [u8]>,
    /// Password.
    pub password: Option<&'a [u8]>,
    /// Host, without the brackets of an IPv6 address; may be empty.
    pub host: &'a [u8],
    /// Port; that of the scheme when none is given.
    pub port: i32,
    /// Everything after the first slash behind the host.
    pub topic: &'a [u8],
}

/// The scheme of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// TCP.
    Mqtt,
    /// TLS.
    Mqtts,
    /// WebSocket.
    Ws,
    /// WebSocket over TLS.
    Wss,
}

impl Scheme {
    const ALL: [(&'static str, Scheme); 4] = [
        ("mqtt://", Scheme::Mqtt),
        ("mqtts://", Scheme::Mqtts),
        ("ws://", Scheme::Ws),
        ("wss://", Scheme::Wss),
    ];

    /// New in version 2.1.
    const fn is_websocket(self) -> bool {
        matches!(self, Scheme::Ws | Scheme::Wss)
    }

    const fn port(self) -> i32 {
        match self {
            Scheme::Mqtt | Scheme::Ws => 1883,
            Scheme::Mqtts | Scheme::Wss => 8883,
        }
    }
}

impl<'a> Url<'a> {
    /// Splits the argument of `-L`.
    pub fn parse(text: &'a [u8], compat: Compat) -> Result<Url<'a>, Problem> {
        let (scheme, rest) = Scheme::ALL
            .iter()
            .filter(|(_, scheme)| !(compat.is_20() && scheme.is_websocket()))
            .find_map(|(prefix, scheme)| Some((*scheme, strip(text, prefix)?)))
            .ok_or_else(|| {
                Problem::option(match compat {
                    Compat::V20 => "Error: unsupported URL scheme.",
                    Compat::V21 => "Error: Unsupported URL scheme.",
                })
            })?;
        let (authority, topic) = split(rest, b'/').ok_or_else(|| {
            Problem::usage("Error: Invalid URL for -L argument specified - topic missing.")
        })?;
        let (user, address) = match split(authority, b'@') {
            Some((user, address)) => (Some(user), address),
            None => (None, authority),
        };
        let (username, password) = match user.map(|user| (user, split(user, b':'))) {
            Some((_, Some((name, password)))) => (Some(name), Some(password)),
            Some((name, None)) => (Some(name), None),
            None => (None, None),
        };
        let (host, port) = host_and_port(address);
        let port = port.map_or(scheme.port(), atoi);
        Ok(Url { scheme, username, password, host, port, topic })
    }
}

/// `host:port`, `host`, `[address]:port` or `[address]`.
fn host_and_port(address: &[u8]) -> (&[u8], Option<&[u8]>) {
    if let Some((host, rest)) = address.strip_prefix(b"[").and_then(|rest| split(rest, b']')) {
        return (host, rest.strip_prefix(b":"));
    }
    match split(address, b':') {
        Some((host, port)) => (host, Some(port)),
        None => (address, None),
    }
}

fn strip<'a>(text: &'a [u8], prefix: &str) -> Option<&'a [u8]> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix.as_bytes()).then_some(rest)
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|byte| *byte == at)?;
    Some((&text[..place], &text[place + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Url<'_> {
        Url::parse(text.as_bytes(), Compat::V21).expect(text)
    }

    #[test]
    fn parts_are_taken_literally() {
        let url = parse("MQTT://me:p%40w@host:1884/a/b?c@d");
        assert_eq!(url.scheme, Scheme::Mqtt);
        assert_eq!(url.username, Some(b"me".as_slice()));
        assert_eq!(url.password, Some(b"p%40w".as_slice()));
        assert_eq!((url.host, url.port), (b"host".as_slice(), 1884));
        assert_eq!(url.topic, b"a/b?c@d");
    }

    #[test]
    fn the_scheme_gives_the_port() {
        for (text, port) in
            [("mqtt://h/t", 1883), ("mqtts://h/t", 8883), ("ws://h/t", 1883), ("wss://h/t", 8883)]
        {
            assert_eq!(parse(text).port, port, "{text}");
        }
        assert_eq!(parse("mqtt://h:x/t").port, 0);
    }

    #[test]
    fn brackets_hold_an_ipv6_address() {
        let url = parse("mqtt://[::1]:1884/t");
        assert_eq!((url.host, url.port), (b"::1".as_slice(), 1884));
        assert_eq!(parse("mqtt://[::1]/t").port, 1883);
    }

    #[test]
    fn user_info_ends_at_the_first_at_sign() {
        let url = parse("mqtt://u@x@h/t");
        assert_eq!((url.username, url.password), (Some(b"u".as_slice()), None));
        assert_eq!(url.host, b"x@h");
        assert_eq!(parse("mqtt://@h/t").username, Some(b"".as_slice()));
    }
}
