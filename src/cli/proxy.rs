//! `--proxy socks5h://[user[:password]@]host[:port]`.

use crate::cli::errors::Problem;
use crate::cli::number::atoi;
use crate::transport::socks::{NAME_BYTES_MAX, Proxy, User};

/// The port of SOCKS.
const PORT: i32 = 1080;

/// Reads the argument of `--proxy`.
pub fn parse(text: &[u8]) -> Result<Proxy, Problem> {
    let rest = text.strip_prefix(b"socks5h://").ok_or_else(|| {
        let mut message = b"Error: Unsupported proxy protocol: ".to_vec();
        message.extend_from_slice(text);
        Problem::usage(message)
    })?;
    let (user, address) = match rest.iter().position(|byte| *byte == b'@') {
        Some(at) => (Some(user(&rest[..at])?), &rest[at + 1..]),
        None => (None, rest),
    };
    let (host, port) = host_and_port(address)?;
    let port = port.map_or(PORT, atoi);
    let port = u16::try_from(port)
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| Problem::usage(format!("Error: Invalid proxy port {port}")))?;
    let host = std::str::from_utf8(host).map_err(|_| invalid())?;
    if host.is_empty() {
        return Err(invalid());
    }
    Ok(Proxy { host: host.to_owned(), port, user })
}

fn invalid() -> Problem {
    Problem::usage("Error: Invalid proxy.")
}

/// `user` or `user:password`.
fn user(text: &[u8]) -> Result<User, Problem> {
    let mut parts = text.split(|byte| *byte == b':').map(decoded);
    let name = parts.next().unwrap_or(Ok(Vec::new()))?;
    let password = parts.next().unwrap_or(Ok(Vec::new()))?;
    if parts.next().is_some() {
        return Err(Problem::usage("Error: Username cannot contain ':'."));
    }
    if name.is_empty() || name.len() > NAME_BYTES_MAX || password.len() > NAME_BYTES_MAX {
        return Err(invalid());
    }
    Ok(User { name, password })
}

/// The three characters that a user or a password can't have literally; no other is decoded.
fn decoded(text: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut parts = text.split(|byte| *byte == b'%');
    let mut bytes = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2).ok_or_else(invalid)?;
        bytes.push(match code {
            b"25" => b'%',
            b"3a" | b"3A" => b':',
            b"40" => b'@',
            _ => return Err(invalid()),
        });
        bytes.extend_from_slice(rest);
    }
    Ok(bytes)
}

type HostAndPort<'a> = (&'a [u8], Option<&'a [u8]>);

/// `host`, `host:port`, `[address]` or `[address]:port`.
fn host_and_port(address: &[u8]) -> Result<HostAndPort<'_>, Problem> {
    if address.iter().filter(|byte| **byte == b'[').count() > 1 {
        return Err(Problem::usage("Error: Duplicate IPv6 address."));
    }
    if let Some(inner) = address.strip_prefix(b"[") {
        let end = inner.iter().position(|byte| *byte == b']').ok_or_else(invalid)?;
        return match &inner[end + 1..] {
            [] => Ok((&inner[..end], None)),
            [b':', port @ ..] => Ok((&inner[..end], Some(port))),
            _ => Err(invalid()),
        };
    }
    let mut parts = address.split(|byte| *byte == b':');
    let host = parts.next().unwrap_or_default();
    let port = parts.next();
    match parts.next() {
        None => Ok((host, port)),
        Some(_) => Err(invalid()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn proxy(text: &str) -> (String, u16, Option<(String, String)>) {
        let proxy = parse(text.as_bytes()).expect(text);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let user = proxy.user.map(|user| (text(user.name), text(user.password)));
        (proxy.host, proxy.port, user)
    }

    fn of(name: &str, password: &str) -> Option<(String, String)> {
        Some((name.to_owned(), password.to_owned()))
    }

    #[test]
    fn every_part_may_be_left_out_but_the_host() {
        assert_eq!(proxy("socks5h://h"), ("h".to_owned(), 1080, None));
        assert_eq!(proxy("socks5h://h:99"), ("h".to_owned(), 99, None));
        assert_eq!(proxy("socks5h://me@h"), ("h".to_owned(), 1080, of("me", "")));
        assert_eq!(proxy("socks5h://me:pw@h:99"), ("h".to_owned(), 99, of("me", "pw")));
        assert_eq!(proxy("socks5h://me:@[::1]:99"), ("::1".to_owned(), 99, of("me", "")));
        assert_eq!(proxy("socks5h://[::1]"), ("::1".to_owned(), 1080, None));
    }

    #[test]
    fn three_characters_are_decoded() {
        assert_eq!(
            proxy("socks5h://a%3ab%3Ac:p%40w%25%2541@h"),
            ("h".to_owned(), 1080, of("a:b:c", "p@w%%41"))
        );
    }

    #[test]
    fn problems_are_named() {
        for (text, message) in [
            ("socks5://h", "Error: Unsupported proxy protocol: socks5://h"),
            ("SOCKS5H://h", "Error: Unsupported proxy protocol: SOCKS5H://h"),
            ("h:1080", "Error: Unsupported proxy protocol: h:1080"),
            ("socks5h://h:0", "Error: Invalid proxy port 0"),
            ("socks5h://h:65536", "Error: Invalid proxy port 65536"),
            ("socks5h://h:-1", "Error: Invalid proxy port -1"),
            ("socks5h://h:x", "Error: Invalid proxy port 0"),
            ("socks5h://[::1][::2]", "Error: Duplicate IPv6 address."),
            ("socks5h://a:b:c@h", "Error: Username cannot contain ':'."),
            ("socks5h://", "Error: Invalid proxy."),
            ("socks5h://:1", "Error: Invalid proxy."),
            ("socks5h://me@", "Error: Invalid proxy."),
            ("socks5h://@h", "Error: Invalid proxy."),
            ("socks5h://h:1:2", "Error: Invalid proxy."),
            ("socks5h://[::1", "Error: Invalid proxy."),
            ("socks5h://[::1]x", "Error: Invalid proxy."),
            ("socks5h://a%41@h", "Error: Invalid proxy."),
            ("socks5h://a%4@h", "Error: Invalid proxy."),
        ] {
            let problem = parse(text.as_bytes()).expect_err(text);
            assert_eq!(String::from_utf8_lossy(&problem.message), message, "{text}");
        }
        let long = format!("socks5h://{}@h", "x".repeat(256));
        assert!(parse(long.as_bytes()).is_err());
    }
}
