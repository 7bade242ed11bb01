//! A socket that speaks MQTT byte by byte.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::PATIENCE;
use super::packet::{self, Version, hex, to_hex};

/// A client that does only what the test tells it.
pub struct Raw {
    stream: TcpStream,
}

impl Raw {
    /// Opens a connection to a broker of this machine.
    pub fn dial(port: u16) -> Self {
        let stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream)
    }

    /// Opens a connection to a broker of this machine from one of its addresses.
    pub fn dial_from(from: [u8; 4], port: u16) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
        socket.connect(&SocketAddr::from(([127, 0, 0, 1], port)).into()).unwrap();
        socket.set_tcp_nodelay(true).unwrap();
        Self::over(socket.into())
    }

    /// Opens a connection to a Unix socket. The system calls are those of TCP, so the type is too.
    pub fn dial_unix(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        Self::over(TcpStream::from(OwnedFd::from(stream)))
    }

    /// Uses a connection that is open.
    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Raw { stream }
    }

    /// Sends bytes. A broker that has hung up already is no failure: what counts is what it said.
    pub fn send(&mut self, bytes: &[u8]) {
        let sent = self.stream.write_all(bytes);
        let ended = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
        assert!(sent.as_ref().map_or_else(|error| ended.contains(&error.kind()), |()| true));
    }

    /// Sends bytes written in hexadecimal.
    pub fn send_hex(&mut self, digits: &str) {
        self.send(&hex(digits));
    }

    /// The next packet, or `None` at the end of the connection.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        let mut bytes = vec![self.byte()?];
        let mut length = 0;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            bytes.push(byte);
            length |= usize::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let head = bytes.len();
        bytes.resize(head + length, 0);
        self.stream.read_exact(&mut bytes[head..]).unwrap();
        Some(bytes)
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

    /// The next packet.
    pub fn receive(&mut self) -> Vec<u8> {
        self.next().expect("a packet, but the broker closed the connection")
    }

    /// The next packet is this one.
    pub fn expect(&mut self, packet: &[u8]) {
        let got = self.receive();
        assert_eq!(to_hex(&got), to_hex(packet));
    }

    /// The next packet is this one, in hexadecimal.
    pub fn expect_hex(&mut self, digits: &str) {
        self.expect(&hex(digits));
    }

    /// The next packet is a CONNACK; answers its code.
    pub fn receive_connack(&mut self) -> u8 {
        let packet = self.receive();
        assert_eq!(packet[0], 0x20, "a CONNACK, not {}", to_hex(&packet));
        packet[3]
    }

    /// Nothing has come so far.
    pub fn expect_nothing_yet(&mut self) {
        self.stream.set_nonblocking(true).unwrap();
        let got = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false).unwrap();
        let is_nothing = matches!(&got, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        assert!(is_nothing, "nothing, but not {got:?}");
    }

    /// The broker closes the connection and says nothing before.
    pub fn expect_closed(&mut self) {
        if let Some(packet) = self.next() {
            panic!("the end of the connection, not {}", to_hex(&packet));
        }
    }

    /// In version 5 a DISCONNECT with this reason, then the end; before, only the end.
    pub fn expect_kicked(&mut self, version: Version, reason: u8) {
        if version == Version::V5 {
            let packet = self.receive();
            assert_eq!(packet[0], 0xE0, "a DISCONNECT, not {}", to_hex(&packet));
            assert_eq!(packet.get(2).copied().unwrap_or(0), reason, "{}", to_hex(&packet));
        }
        self.expect_closed();
    }

    /// Asks for a sign of life: whatever was sent before has been handled when it comes, and
    /// nothing else has come in between.
    pub fn ping(&mut self) {
        self.send_hex("C0 00");
        self.expect_hex("D0 00");
    }

    /// Subscribes and waits for the grant.
    pub fn subscribe(&mut self, version: Version, filter: &str, qos: u8) {
        self.send(&packet::subscribe(version, filter, qos));
        let answer = self.receive();
        assert_eq!((answer[0], answer.last()), (0x90, Some(&qos)), "{}", to_hex(&answer));
    }

    /// The next packet is a PUBLISH of QoS 0 with this text; whatever its flags.
    pub fn expect_message(&mut self, version: Version, topic: &str, payload: &str) {
        let got = self.receive();
        let retain = got[0] & 1;
        assert_eq!(to_hex(&got), to_hex(&packet::publish(version, topic, payload, retain, 0)));
    }

    /// Leaves without DISCONNECT: the connection is closed.
    pub fn close(self) {
        drop(self);
    }

    /// Leaves with a reset of the connection.
    pub fn reset(self) {
        let linger = Some(Duration::ZERO);
        socket2::SockRef::from(&self.stream).set_linger(linger).unwrap();
    }

    /// Ends its own direction, and can still receive.
    pub fn shut_down(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }
}
