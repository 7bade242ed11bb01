//! The floor: a relay of the same bytes without any MQTT. It knows who subscribed to what and copies
//! PUBLISH packets there, run by run; it answers what clients wait for, and has no rules at all. What
//! a broker costs above this is what MQTT costs.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::rc::Rc;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

/// The token of the listener.
const LISTENER: Token = Token(usize::MAX);
/// Bytes that one read takes at most.
const READ_BYTES: usize = 64 << 10;

struct Peer {
    stream: TcpStream,
    partial: Vec<u8>,
    out: Vec<u8>,
    out_at: usize,
    is_blocked: bool,
    is_touched: bool,
    is_v5: bool,
    /// Whoever gets what it publishes, once it has published.
    targets: Option<Rc<[usize]>>,
}

#[derive(Default)]
struct Relay {
    peers: Vec<Option<Peer>>,
    subscribers: HashMap<Vec<u8>, Vec<usize>>,
    touched: Vec<usize>,
}

/// Relays until the system refuses.
///
/// # Errors
/// The system's.
pub fn relay(listener: std::net::TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut listener = TcpListener::from_std(listener);
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1024);
    let mut relay = Relay::default();
    let mut scratch = vec![0; READ_BYTES * 2];
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                relay.accept(&listener, &poll)?;
                continue;
            }
            let place = event.token().0;
            if event.is_writable() {
                relay.unblock(place);
            }
            if event.is_readable() {
                relay.read(place, &mut scratch);
            }
        }
        relay.flush();
    }
}

/// The first packet: its whole length, and where the part behind the fixed header begins.
fn frame(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut remaining = 0;
    for place in 1..5 {
        let byte = *bytes.get(place)?;
        remaining |= usize::from(byte & 127) << (7 * (place - 1));
        if byte < 128 {
            return Some((place + 1 + remaining, place + 1));
        }
    }
    None
}

/// A string, without its length.
fn string(bytes: &[u8]) -> &[u8] {
    match bytes {
        [high, low, rest @ ..] => {
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            &rest[..len.min(rest.len())]
        }
        _ => &[],
    }
}

impl Relay {
    fn accept(&mut self, listener: &TcpListener, poll: &Poll) -> io::Result<()> {
        loop {
            let mut stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nodelay(true)?;
            let both = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(self.peers.len()), both)?;
            self.peers.push(Some(Peer {
                stream,
                partial: Vec::new(),
                out: Vec::new(),
                out_at: 0,
                is_blocked: false,
                is_touched: false,
                is_v5: false,
                targets: None,
            }));
        }
    }

    fn touch(&mut self, place: usize) -> Option<&mut Peer> {
        let peer = self.peers.get_mut(place)?.as_mut()?;
        if !peer.is_touched {
            peer.is_touched = true;
            self.touched.push(place);
        }
        Some(peer)
    }

    fn unblock(&mut self, place: usize) {
        if let Some(peer) = self.touch(place) {
            peer.is_blocked = false;
        }
    }

    fn read(&mut self, place: usize, scratch: &mut Vec<u8>) {
        loop {
            let Some(peer) = self.peers.get_mut(place).and_then(Option::as_mut) else { return };
            let had = peer.partial.len();
            scratch.resize(scratch.len().max(had + READ_BYTES), 0);
            scratch[..had].copy_from_slice(&peer.partial);
            peer.partial.clear();
            let count = match peer.stream.read(&mut scratch[had..had + READ_BYTES]) {
                Ok(count) if count > 0 => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    peer.partial.extend_from_slice(&scratch[..had]);
                    return;
                }
                _ => {
                    self.peers[place] = None;
                    return;
                }
            };
            let used = self.take(place, &scratch[..had + count]);
            if let Some(peer) = self.peers.get_mut(place).and_then(Option::as_mut) {
                peer.partial.extend_from_slice(&scratch[used..had + count]);
            }
            if count < READ_BYTES {
                return;
            }
        }
    }

    /// Takes whole packets; how many bytes they are. PUBLISH packets that stand side by side are
    /// copied in one go.
    fn take(&mut self, place: usize, bytes: &[u8]) -> usize {
        let (mut at, mut run) = (0, 0);
        while let Some((len, body)) = frame(&bytes[at..]) {
            let Some(packet) = bytes.get(at..at + len) else { break };
            if packet[0] >> 4 == 3 {
                self.on_publish(place, packet[0] >> 1 & 3, &packet[body..]);
            } else {
                self.forward(place, &bytes[run..at]);
                run = at + len;
                self.answer(place, packet[0], &packet[body..]);
            }
            at += len;
        }
        self.forward(place, &bytes[run..at]);
        at
    }

    fn on_publish(&mut self, place: usize, qos: u8, body: &[u8]) {
        let topic = string(body);
        let Some(peer) = self.peers.get_mut(place).and_then(Option::as_mut) else { return };
        if peer.targets.is_none() {
            let last = topic.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
            let wild = [&topic[..last], b"/#"].concat();
            let found = self.subscribers.get(topic).or_else(|| self.subscribers.get(&wild));
            peer.targets = Some(found.map(|found| found.as_slice().into()).unwrap_or_default());
        }
        if let ([high, low, ..], 1 | 2) = (&body[(2 + topic.len()).min(body.len())..], qos) {
            let first = if qos == 1 { 0x40 } else { 0x50 };
            self.reply(place, &[first, 2, *high, *low]);
        }
    }

    /// Copies packets to whoever gets what this one publishes.
    fn forward(&mut self, place: usize, packets: &[u8]) {
        let peer = self.peers.get(place).and_then(Option::as_ref);
        let Some(targets) = peer.and_then(|peer| peer.targets.clone()) else { return };
        if packets.is_empty() {
            return;
        }
        for target in targets.iter() {
            self.reply(*target, packets);
        }
    }

    fn reply(&mut self, place: usize, bytes: &[u8]) {
        if let Some(peer) = self.touch(place) {
            peer.out.extend_from_slice(bytes);
        }
    }

    /// Answers any other packet, so that nobody waits.
    fn answer(&mut self, place: usize, first: u8, body: &[u8]) {
        let Some(peer) = self.peers.get_mut(place).and_then(Option::as_mut) else { return };
        match (first, body) {
            (0x10, _) => {
                peer.is_v5 = body.get(2 + string(body).len()) == Some(&5);
                let answer: &[u8] = if peer.is_v5 { &[0x20, 3, 0, 0, 0] } else { &[0x20, 2, 0, 0] };
                self.reply(place, answer);
            }
            (0x82, [high, low, rest @ ..]) => {
                let is_v5 = peer.is_v5;
                let filter = string(rest.get(usize::from(is_v5)..).unwrap_or_default()).to_vec();
                self.subscribers.entry(filter).or_default().push(place);
                let qos = body.last().copied().unwrap_or(0) & 3;
                match is_v5 {
                    true => self.reply(place, &[0x90, 4, *high, *low, 0, qos]),
                    false => self.reply(place, &[0x90, 3, *high, *low, qos]),
                }
            }
            (0x62, [high, low, ..]) => self.reply(place, &[0x70, 2, *high, *low]),
            (0x50, [high, low, ..]) => self.reply(place, &[0x62, 2, *high, *low]),
            (0xC0, _) => self.reply(place, &[0xD0, 0]),
            (0xE0, _) => self.peers[place] = None,
            _ => {}
        }
    }

    /// Writes what was copied.
    fn flush(&mut self) {
        for place in std::mem::take(&mut self.touched) {
            let Some(peer) = self.peers.get_mut(place).and_then(Option::as_mut) else { continue };
            peer.is_touched = false;
            while !peer.is_blocked && peer.out_at < peer.out.len() {
                match peer.stream.write(&peer.out[peer.out_at..]) {
                    Ok(count) => peer.out_at += count,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => peer.is_blocked = true,
                    Err(_) => break,
                }
            }
            if peer.out_at == peer.out.len() {
                peer.out.clear();
                peer.out_at = 0;
            }
        }
    }
}
