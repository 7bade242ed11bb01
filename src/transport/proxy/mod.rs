//! The PROXY protocol, from the receiver's end: what a proxy tells about a connection before its
//! first byte. The document is "The PROXY protocol, versions 1 & 2" of HAProxy.
//!
//! Never reads a byte behind the header, so whatever follows (TLS, WebSocket, MQTT) finds its own
//! first byte. A header is bounded, and so is what is held of it.

mod v1;
mod v2;

use std::fmt;
use std::io;
use std::net::SocketAddr;

use tokio::io::AsyncReadExt;

use crate::transport::Stream;

/// Which header is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// A line of text.
    V1,
    /// Binary.
    V2,
}

/// What a proxy tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where the client is.
    pub source: Source,
    /// What the proxy knows from the client's TLS, if it came by TLS.
    pub tls: Option<ProxiedTls>,
}

/// Whose connection it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A client's, with its address.
    Ip(SocketAddr),
    /// A client's on a Unix socket of the proxy's machine; its path, which may be empty.
    Unix(String),
    /// The proxy does not know, or the connection is its own, such as to check our health.
    Proxy,
}

/// The client's TLS as the proxy saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxiedTls {
    /// Whether the client showed a certificate in this session and the proxy verified it.
    pub has_certificate: bool,
    /// The common name in the client's certificate.
    pub common_name: Option<String>,
    /// Such as `TLSv1.3`.
    pub version: Option<String>,
    /// The cipher's name.
    pub cipher: Option<String>,
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Something else came, such as MQTT from a client that is no proxy.
    Missing,
    /// The line of version 1 does not end in time.
    TooLong,
    /// Neither `TCP4` nor `TCP6` nor `UNKNOWN`.
    Protocol,
    /// Not the four fields: two addresses, two ports.
    Fields,
    /// No address of the family that was named.
    Address,
    /// No port from 1 to 65535.
    Port,
    /// Another version than 2 behind the signature of version 2.
    Version,
    /// A command that is neither LOCAL nor PROXY.
    Command,
    /// A family or transport that is not TCP or a Unix stream.
    Family,
    /// Too short for its addresses, or longer than any header needs.
    Length,
    /// An extension that does not fit into the header.
    Extension,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Missing => "no PROXY header came first",
            Fault::TooLong => "the header is longer than 107 bytes",
            Fault::Protocol => "the header names neither TCP4 nor TCP6 nor UNKNOWN",
            Fault::Fields => "the header does not have two addresses and two ports",
            Fault::Address => "the header has an address that is none of its family",
            Fault::Port => "the header has a port that is not from 1 to 65535",
            Fault::Version => "the header is not of version 2",
            Fault::Command => "the header's command is neither LOCAL nor PROXY",
            Fault::Family => "the header's family is not TCP over IPv4 or IPv6, or a Unix stream",
            Fault::Length => "the header's length does not fit what it must hold",
            Fault::Extension => "the header has an extension that is cut off",
        })
    }
}

/// A header that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whose connection it would have been, where the header says so much.
    pub source: Option<Source>,
    /// What is wrong.
    pub fault: Fault,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Refusal { source: None, fault }
    }
}

/// Takes in a header piece by piece.
#[derive(Debug)]
pub struct HeaderReader {
    version: Version,
    bytes: Vec<u8>,
}

impl HeaderReader {
    /// Before the first byte.
    pub fn new(version: Version) -> Self {
        HeaderReader { version, bytes: Vec::new() }
    }

    /// How many bytes more belong to the header for sure. At least one before it is complete.
    pub fn wanted(&self) -> usize {
        match self.version {
            Version::V1 => v1::wanted(&self.bytes),
            Version::V2 => v2::wanted(&self.bytes),
        }
    }

    /// Takes in the next bytes, at most as many as are wanted; the header when it is complete.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Option<Header>, Refusal> {
        debug_assert!(bytes.len() <= self.wanted());
        self.bytes.extend_from_slice(bytes);
        match self.version {
            Version::V1 => v1::parse(&self.bytes).map_err(Refusal::from),
            Version::V2 => v2::parse(&self.bytes),
        }
    }
}

/// Why no header was read.
#[derive(Debug)]
pub enum ReadError {
    /// It is wrong.
    Refused(Refusal),
    /// The stream ended or failed before.
    Lost(io::Error),
}

/// Reads the header from a stream, and nothing behind it.
pub async fn read(stream: &mut Stream, version: Version) -> Result<Header, ReadError> {
    let mut reader = HeaderReader::new(version);
    let mut buffer = [0; 256];
    loop {
        let wanted = reader.wanted().min(buffer.len());
        let count = stream.read(&mut buffer[..wanted]).await.map_err(ReadError::Lost)?;
        if count == 0 {
            return Err(ReadError::Lost(io::ErrorKind::UnexpectedEof.into()));
        }
        if let Some(header) = reader.push(&buffer[..count]).map_err(ReadError::Refused)? {
            return Ok(header);
        }
    }
}

#[cfg(test)]
mod tests;
