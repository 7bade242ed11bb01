//! Clients that never give up and keep the books to the packet: MQTT 3.1.1 by hand.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::PATIENCE;

/// Unacknowledged messages of one publisher.
const WINDOW: usize = 10;

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u16).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn packet(head: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![head];
    let mut left = body.len();
    while left > 127 {
        out.push(left as u8 | 128);
        left >>= 7;
    }
    out.push(left as u8);
    out.extend_from_slice(body);
    out
}

fn ack(head: u8, id: u16) -> Vec<u8> {
    packet(head, &id.to_be_bytes())
}

/// A connection that comes back, with a session that stays.
struct Wire {
    port: u16,
    id: String,
    stream: Option<TcpStream>,
    unread: Vec<u8>,
    /// A session was acknowledged: it must be there from then on.
    has_session: bool,
}

impl Wire {
    fn new(port: u16, id: &str) -> Self {
        Wire { port, id: id.to_owned(), stream: None, unread: Vec::new(), has_session: false }
    }

    /// Connects once; whether the broker has accepted.
    fn connect(&mut self) -> bool {
        self.unread.clear();
        self.stream = TcpStream::connect(("127.0.0.1", self.port)).ok();
        let Some(stream) = &self.stream else { return false };
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let mut body = Vec::new();
        text(&mut body, "MQTT");
        body.extend_from_slice(&[4, 0, 0, 0]);
        text(&mut body, &self.id);
        self.send(&packet(0x10, &body));
        let end = Instant::now() + PATIENCE;
        while self.stream.is_some() && Instant::now() < end {
            if let Some((0x20, body)) = self.receive() {
                assert_eq!(body[1], 0, "{} is refused", self.id);
                assert!(body[0] == 1 || !self.has_session, "the session of {} is lost", self.id);
                self.has_session = true;
                return true;
            }
        }
        false
    }

    fn send(&mut self, bytes: &[u8]) {
        if self.stream.as_mut().is_some_and(|stream| stream.write_all(bytes).is_err()) {
            self.stream = None;
        }
    }

    /// The next packet, if one comes soon.
    fn receive(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some(packet) = take_packet(&mut self.unread) {
                return Some(packet);
            }
            let mut chunk = [0; 4096];
            match self.stream.as_mut()?.read(&mut chunk) {
                Ok(0) => self.stream = None,
                Ok(read) => self.unread.extend_from_slice(&chunk[..read]),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return None;
                }
                Err(_) => self.stream = None,
            }
        }
    }
}

/// Takes the first packet off what was read, if it is there as a whole: its first byte and its body.
pub fn take_packet(unread: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let (mut length, mut at) = (0, 1);
    loop {
        let byte = *unread.get(at)?;
        length |= usize::from(byte & 127) << (7 * (at - 1));
        at += 1;
        if byte < 128 {
            break;
        }
    }
    if unread.len() < at + length {
        return None;
    }
    let packet: Vec<u8> = unread.drain(..at + length).collect();
    Some((packet[0], packet[at..].to_vec()))
}

/// The number in the first two bytes.
pub fn id_of(body: &[u8]) -> u16 {
    u16::from_be_bytes([body[0], body[1]])
}

/// Publishes numbers, each until it is acknowledged.
pub struct Publisher {
    wire: Wire,
    topic: &'static str,
    qos: u8,
    /// Packet id, number, and whether PUBREC has come.
    open: VecDeque<(u16, u64, bool)>,
    last: u64,
    /// How many it publishes on one connection.
    per_connection: u64,
    left: u64,
}

impl Publisher {
    pub fn new(port: u16, id: &str, topic: &'static str, qos: u8) -> Self {
        Publisher {
            wire: Wire::new(port, id),
            topic,
            qos,
            open: VecDeque::new(),
            last: 0,
            per_connection: u64::MAX,
            left: 0,
        }
    }

    /// The same, with a bound on what it publishes on one connection.
    pub fn at_most(self, per_connection: u64) -> Self {
        Publisher { per_connection, ..self }
    }

    /// Publishes until it is over, then until everything is acknowledged; how many.
    pub fn run(mut self, is_over: &AtomicBool) -> u64 {
        let mut end = None;
        loop {
            let over = is_over.load(Ordering::SeqCst);
            if over && self.open.is_empty() {
                return self.last;
            }
            let end = *end.get_or_insert_with(|| Instant::now() + PATIENCE * 30);
            assert!(Instant::now() < end, "{} is not acknowledged", self.wire.id);
            if self.wire.stream.is_none() {
                if !self.wire.connect() {
                    thread::park_timeout(Duration::from_millis(2));
                    continue;
                }
                self.left = self.per_connection;
                self.send_again();
            }
            while !over && self.left > 0 && self.wire.stream.is_some() && self.open.len() < WINDOW {
                self.left -= 1;
                self.last += 1;
                let id = (self.last % 65_535) as u16 + 1;
                self.open.push_back((id, self.last, false));
                self.publish(id, self.last, false);
            }
            if let Some((head, body)) = self.wire.receive() {
                self.on_packet(head, id_of(&body));
            }
        }
    }

    fn publish(&mut self, id: u16, number: u64, is_again: bool) {
        let mut body = Vec::new();
        text(&mut body, self.topic);
        body.extend_from_slice(&id.to_be_bytes());
        body.extend_from_slice(number.to_string().as_bytes());
        let head = 0x30 | self.qos << 1 | u8::from(is_again) << 3;
        self.wire.send(&packet(head, &body));
    }

    fn send_again(&mut self) {
        for (id, number, is_received) in self.open.clone() {
            match is_received {
                true => self.wire.send(&ack(0x62, id)),
                false => self.publish(id, number, true),
            }
        }
    }

    fn on_packet(&mut self, head: u8, id: u16) {
        match head {
            0x40 | 0x70 => self.open.retain(|(open, _, _)| *open != id),
            0x50 => {
                let it = self.open.iter_mut().find(|(open, _, _)| *open == id);
                it.into_iter().for_each(|it| it.2 = true);
                self.wire.send(&ack(0x62, id));
            }
            _ => panic!("{} got {head:#x}", self.wire.id),
        }
    }
}

/// Subscribes once and takes everything, each QoS 2 message once.
pub struct Reader {
    wire: Wire,
    qos: u8,
    received: BTreeSet<u16>,
    /// Numbers by topic.
    pub seen: BTreeMap<String, Vec<u64>>,
}

impl Reader {
    pub fn new(port: u16, id: &str, qos: u8) -> Self {
        Reader { wire: Wire::new(port, id), qos, received: BTreeSet::new(), seen: BTreeMap::new() }
    }

    /// Subscribes; when it returns, that is acknowledged.
    pub fn subscribe(&mut self, filters: &[&str]) {
        assert!(self.wire.connect());
        let mut body = vec![0, 1];
        for filter in filters {
            text(&mut body, filter);
            body.push(self.qos);
        }
        self.wire.send(&packet(0x82, &body));
        let end = Instant::now() + PATIENCE;
        while self.wire.receive().is_none_or(|(head, _)| head != 0x90) {
            assert!(Instant::now() < end, "no SUBACK");
        }
    }

    /// Takes messages until it is over.
    pub fn run(&mut self, is_over: &AtomicBool) {
        while !is_over.load(Ordering::SeqCst) {
            self.go_on();
        }
    }

    /// Takes messages until this holds for what was seen by topic.
    pub fn drain(&mut self, is_done: impl Fn(&dyn Fn(&str) -> Vec<u64>) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_done(&|topic| self.seen.get(topic).cloned().unwrap_or_default()) {
            assert!(Instant::now() < end, "not everything has come");
            self.go_on();
        }
        // Whatever comes behind would be too much.
        (0..20).for_each(|_| self.go_on());
    }

    fn go_on(&mut self) {
        if self.wire.stream.is_none() && !self.wire.connect() {
            thread::park_timeout(Duration::from_millis(2));
            return;
        }
        let Some((head, body)) = self.wire.receive() else { return };
        match head >> 4 {
            3 => self.on_publish(head, &body),
            6 => {
                self.received.remove(&id_of(&body));
                self.wire.send(&ack(0x70, id_of(&body)));
            }
            _ => panic!("the reader got {head:#x}"),
        }
    }

    fn on_publish(&mut self, head: u8, body: &[u8]) {
        let length = usize::from(id_of(body));
        let topic = String::from_utf8_lossy(&body[2..2 + length]).into_owned();
        let qos = head >> 1 & 3;
        let id = id_of(&body[2 + length..]);
        let number = String::from_utf8_lossy(&body[4 + length..]).parse().expect("a number");
        if qos == 1 || self.received.insert(id) {
            self.seen.entry(topic).or_default().push(number);
        }
        self.wire.send(&ack(if qos == 2 { 0x50 } else { 0x40 }, id));
    }
}
