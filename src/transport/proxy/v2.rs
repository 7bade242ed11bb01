//! Version 2: a signature, command and family, a length, addresses, extensions (type, length,
//! value).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Fault, Header, ProxiedTls, Refusal, Source};

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, command, family, length.
const HEAD_BYTES: usize = 16;
/// What may follow them at most: addresses and any sensible extensions.
const REST_BYTES_MAX: usize = 4096;
/// A path of a Unix socket, filled up with zeros.
const PATH_BYTES: usize = 108;

const TYPE_TLS: u8 = 0x20;
const TYPE_TLS_VERSION: u8 = 0x21;
const TYPE_TLS_COMMON_NAME: u8 = 0x22;
const TYPE_TLS_CIPHER: u8 = 0x23;
/// Flags of a client: it came by TLS, and showed a certificate in this session.
const CLIENT_TLS: u8 = 0x01;
const CLIENT_CERTIFICATE_IN_SESSION: u8 = 0x04;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Unspecified,
    V4,
    V6,
    Unix,
}

impl Family {
    /// Bytes of the two addresses.
    const fn address_bytes(self) -> usize {
        match self {
            Family::Unspecified => 0,
            Family::V4 => 12,
            Family::V6 => 36,
            Family::Unix => 2 * PATH_BYTES,
        }
    }

    /// Bytes that must be there. Some senders leave out the zeros behind a Unix path.
    const fn bytes_min(self) -> usize {
        match self {
            Family::Unix => 1,
            other => other.address_bytes(),
        }
    }
}

pub(super) fn wanted(bytes: &[u8]) -> usize {
    let length = match bytes.get(14..HEAD_BYTES) {
        Some(length) => usize::from(u16::from_be_bytes([length[0], length[1]])),
        None => 0,
    };
    HEAD_BYTES + length - bytes.len()
}

pub(super) fn parse(bytes: &[u8]) -> Result<Option<Header>, Refusal> {
    let count = bytes.len().min(SIGNATURE.len());
    if bytes[..count] != SIGNATURE[..count] {
        return Err(Fault::Missing.into());
    }
    let Some((head, rest)) = bytes.split_at_checked(HEAD_BYTES) else { return Ok(None) };
    let [command, family, length @ ..] = &head[SIGNATURE.len()..] else { return Ok(None) };
    let is_local = match command {
        0x20 => true,
        0x21 => false,
        command if command >> 4 == 2 => return Err(Fault::Command.into()),
        _ => return Err(Fault::Version.into()),
    };
    let family = match (is_local, family) {
        // What the family says does not matter then.
        (true, _) => Family::Unspecified,
        (false, 0x11) => Family::V4,
        (false, 0x21) => Family::V6,
        (false, 0x31) => Family::Unix,
        (false, _) => return Err(Fault::Family.into()),
    };
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    if !(family.bytes_min()..=REST_BYTES_MAX).contains(&length) {
        return Err(Fault::Length.into());
    }
    if rest.len() < length {
        return Ok(None);
    }
    if is_local {
        return Ok(Some(Header { source: Source::Proxy, tls: None }));
    }
    let (addresses, extensions) = rest.split_at(family.address_bytes().min(length));
    let source = source(family, addresses);
    match tls(extensions) {
        Ok(tls) => Ok(Some(Header { source, tls })),
        Err(fault) => Err(Refusal { source: Some(source), fault }),
    }
}

fn source(family: Family, addresses: &[u8]) -> Source {
    let port = |at: usize| u16::from_be_bytes([addresses[at], addresses[at + 1]]);
    match family {
        Family::Unspecified => Source::Proxy,
        Family::V4 => {
            let ip: [u8; 4] = std::array::from_fn(|at| addresses[at]);
            Source::Ip(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(ip)), port(8)))
        }
        Family::V6 => {
            let ip: [u8; 16] = std::array::from_fn(|at| addresses[at]);
            Source::Ip(SocketAddr::new(IpAddr::V6(Ipv6Addr::from(ip)), port(32)))
        }
        Family::Unix => {
            let path = &addresses[..addresses.len().min(PATH_BYTES)];
            let path = path.split(|byte| *byte == 0).next().unwrap_or(&[]);
            Source::Unix(text(path))
        }
    }
}

/// What stands in the log and in user names: UTF-8, whatever comes.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Splits extensions into types and values.
fn extensions(mut bytes: &[u8]) -> impl Iterator<Item = Result<(u8, &[u8]), Fault>> {
    std::iter::from_fn(move || {
        let [kind, high, low, rest @ ..] = bytes else {
            let is_over = std::mem::take(&mut bytes).is_empty();
            return (!is_over).then_some(Err(Fault::Extension));
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some((value, rest)) = rest.split_at_checked(length) else {
            bytes = &[];
            return Some(Err(Fault::Extension));
        };
        bytes = rest;
        Some(Ok((*kind, value)))
    })
}

/// What the extensions say about TLS.
fn tls(bytes: &[u8]) -> Result<Option<ProxiedTls>, Fault> {
    let mut found = None;
    for extension in extensions(bytes) {
        if let (TYPE_TLS, value) = extension? {
            found = client_tls(value)?;
        }
    }
    Ok(found)
}

fn client_tls(value: &[u8]) -> Result<Option<ProxiedTls>, Fault> {
    let [client, v0, v1, v2, v3, rest @ ..] = value else { return Err(Fault::Extension) };
    let is_verified = [v0, v1, v2, v3].iter().all(|byte| **byte == 0);
    let mut tls = ProxiedTls {
        has_certificate: client & CLIENT_CERTIFICATE_IN_SESSION != 0 && is_verified,
        ..ProxiedTls::default()
    };
    for extension in extensions(rest) {
        let (kind, value) = extension?;
        match kind {
            TYPE_TLS_VERSION => tls.version = Some(text(value)),
            TYPE_TLS_COMMON_NAME => tls.common_name = String::from_utf8(value.to_vec()).ok(),
            TYPE_TLS_CIPHER => tls.cipher = Some(text(value)),
            _ => {}
        }
    }
    Ok((client & CLIENT_TLS != 0).then_some(tls))
}
