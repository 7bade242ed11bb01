//! A WebSocket client frame by frame: independent of the code under test.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::PATIENCE;
use super::packet::{Connect, to_hex};

/// The key of every request, and what a server makes of it [RFC 6455 section 1.3].
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The first byte of whole frames.
pub const TEXT: u8 = 0x81;
pub const BINARY: u8 = 0x82;
pub const CLOSE: u8 = 0x88;
pub const PING: u8 = 0x89;
pub const PONG: u8 = 0x8A;

/// A request with these lines in place of the usual ones of the same name; a bare name leaves its
/// line out.
pub fn request(changed: &[&str]) -> String {
    let key = format!("Sec-WebSocket-Key: {KEY}");
    let mut lines = vec![
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        &key,
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: mqtt",
    ];
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_lowercase();
    lines.retain(|line| changed.iter().all(|other| name(line) != name(other)));
    lines.extend(changed.iter().filter(|line| line.contains(':')));
    format!("GET /mqtt HTTP/1.1\r\n{}\r\n\r\n", lines.join("\r\n"))
}

/// A connection to a WebSocket listener.
pub struct Ws {
    stream: TcpStream,
    /// Payloads of binary frames that make no whole packet yet.
    arrived: Vec<u8>,
}

impl Ws {
    /// Connects, and has said nothing yet.
    pub fn dial(port: u16) -> Self {
        Self::over(TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).unwrap())
    }

    /// Uses a connection that is open.
    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Ws { stream, arrived: Vec::new() }
    }

    /// An open WebSocket.
    pub fn open(port: u16) -> Self {
        let mut ws = Self::dial(port);
        ws.upgrade(&[]);
        ws
    }

    /// Asks for a WebSocket and gets it; the head of the answer.
    pub fn upgrade(&mut self, changed: &[&str]) -> String {
        self.send_raw(request(changed).as_bytes());
        let head = self.head();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains(&format!("Sec-WebSocket-Accept: {ACCEPT}\r\n")), "{head}");
        head
    }

    /// An open WebSocket whose CONNECT was accepted.
    pub fn client(port: u16, connect: &Connect<'_>) -> Self {
        let mut ws = Self::open(port);
        ws.send(&connect.bytes());
        let connack = ws.packet();
        assert_eq!((connack[0], connack[3]), (0x20, 0), "{}", to_hex(&connack));
        ws
    }

    /// Bytes as they are. A broker that has hung up already is no failure.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let sent = self.stream.write_all(bytes);
        let ended = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
        assert!(sent.as_ref().map_or_else(|error| ended.contains(&error.kind()), |()| true));
    }

    /// One masked frame.
    pub fn send_frame(&mut self, first: u8, payload: &[u8]) {
        self.send_raw(&frame(first, payload));
    }

    /// Packets in one whole frame.
    pub fn send(&mut self, packets: &[u8]) {
        self.send_frame(BINARY, packets);
    }

    /// The head of an HTTP answer.
    pub fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.byte().expect("an answer in HTTP"));
        }
        String::from_utf8(head).unwrap()
    }

    /// Everything until the end.
    pub fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        while let Some(byte) = self.byte() {
            rest.push(byte);
        }
        String::from_utf8_lossy(&rest).into_owned()
    }

    fn byte(&mut self) -> Option<u8> {
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(0) => None,
            Ok(_) => Some(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("nothing came from the broker: {error}"),
        }
    }

    /// The next frame: its first byte and its payload. `None` at the end.
    pub fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let first = self.byte()?;
        let length = match self.byte()? {
            126 => usize::from(u16::from_be_bytes(self.bytes())),
            127 => usize::try_from(u64::from_be_bytes(self.bytes())).unwrap(),
            short @ 0..=125 => usize::from(short),
            _ => panic!("a server does not mask"),
        };
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).unwrap();
        Some((first, payload))
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// The next packet (of less than 130 bytes), whatever frames it comes in.
    pub fn packet(&mut self) -> Vec<u8> {
        loop {
            if let [_, length, ..] = self.arrived[..]
                && self.arrived.len() >= 2 + usize::from(length)
            {
                return self.arrived.drain(..2 + usize::from(length)).collect();
            }
            match self.frame() {
                Some((BINARY, payload)) => self.arrived.extend(payload),
                other => panic!("a packet, not {other:02X?}"),
            }
        }
    }

    /// The next packet is this one.
    pub fn expect(&mut self, packet: &[u8]) {
        let got = self.packet();
        assert_eq!(to_hex(&got), to_hex(packet));
    }

    /// Asks for a sign of life.
    pub fn ping(&mut self) {
        self.send(&[0xC0, 0]);
        self.expect(&[0xD0, 0]);
    }

    /// The broker sends a close frame with this code, perhaps behind packets, then the end.
    pub fn expect_close(&mut self, code: u16) {
        loop {
            match self.frame() {
                Some((CLOSE, payload)) => {
                    assert_eq!(payload[..2], code.to_be_bytes());
                    break;
                }
                Some((BINARY, _)) => {}
                other => panic!("a close frame, not {other:02X?}"),
            }
        }
        self.send_frame(CLOSE, &code.to_be_bytes());
        assert_eq!(self.frame(), None);
    }

    /// Leaves with a reset of the connection.
    pub fn reset(self) {
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Ends its own direction.
    pub fn shut_down(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }
}

/// A masked frame.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(0x80 | short as u8),
        medium => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(medium).unwrap().to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}
