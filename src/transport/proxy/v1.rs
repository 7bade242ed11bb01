//! Version 1: `PROXY TCP4 192.0.2.1 198.51.100.7 56324 1883` and a line end.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use super::{Fault, Header, Source};

/// The longest line with its end.
const LINE_BYTES_MAX: usize = 107;
/// The shortest line with its end.
const LINE_BYTES_MIN: usize = "PROXY UNKNOWN\r\n".len();
const BEGINNING: &[u8] = b"PROXY ";
const END: &[u8] = b"\r\n";

pub(super) fn wanted(bytes: &[u8]) -> usize {
    if bytes.len() < LINE_BYTES_MIN {
        return LINE_BYTES_MIN - bytes.len();
    }
    if bytes.ends_with(b"\r") { 1 } else { 2 }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Option<Header>, Fault> {
    let count = bytes.len().min(BEGINNING.len());
    if bytes[..count] != BEGINNING[..count] {
        return Err(Fault::Missing);
    }
    let Some(line) = bytes.strip_suffix(END) else {
        // A line that ends within what was wanted for sure is shorter than any.
        return match bytes.windows(END.len()).any(|window| window == END) {
            true => Err(Fault::Fields),
            false if bytes.len() >= LINE_BYTES_MAX => Err(Fault::TooLong),
            false => Ok(None),
        };
    };
    if bytes.len() > LINE_BYTES_MAX {
        return Err(Fault::TooLong);
    }
    let line = str::from_utf8(line).map_err(|_| Fault::Fields)?;
    let mut fields = line.split(' ').skip(1);
    let source = match fields.next() {
        Some("TCP4") => address::<Ipv4Addr>(fields)?,
        Some("TCP6") => address::<Ipv6Addr>(fields)?,
        // Whatever follows is to be ignored.
        Some("UNKNOWN") => Source::Proxy,
        _ => return Err(Fault::Protocol),
    };
    Ok(Some(Header { source, tls: None }))
}

fn address<'a, A: FromStr + Into<IpAddr>>(
    fields: impl Iterator<Item = &'a str>,
) -> Result<Source, Fault> {
    let fields: Vec<&str> = fields.take(5).collect();
    let [source, destination, source_port, destination_port] = fields[..] else {
        return Err(Fault::Fields);
    };
    let address = |text: &str| text.parse::<A>().map(A::into).map_err(|_| Fault::Address);
    let (source, _) = (address(source)?, address(destination)?);
    let (port, _) = (port(source_port)?, port(destination_port)?);
    Ok(Source::Ip(SocketAddr::new(source, port)))
}

fn port(text: &str) -> Result<u16, Fault> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| is_number && *port != 0);
    port.ok_or(Fault::Port)
}
