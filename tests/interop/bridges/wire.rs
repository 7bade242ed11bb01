//! The way between two brokers, which a test can cut, and a remote broker that is the test itself.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Node;
use crate::support::await_that;
use crate::support::raw::Raw;

/// How long a socket waits before it looks whether the test is over.
const TICK: Duration = Duration::from_millis(20);

/// A relay before a broker: open, it carries bytes both ways.
pub struct Relay {
    at: SocketAddr,
    target: SocketAddr,
    open: Option<Open>,
}

struct Open {
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    is_over: AtomicBool,
    is_dead: AtomicBool,
    streams: Mutex<Vec<TcpStream>>,
}

impl Relay {
    /// One that is closed: whoever connects is refused.
    pub fn new(node: &Node) -> Self {
        let address = |text: String| text.parse::<SocketAddr>().unwrap();
        let probe = TcpListener::bind((&*Node::new(node.kind).host, 0)).unwrap();
        let at = probe.local_addr().unwrap();
        Relay { at, target: address(node.address()), open: None }
    }

    /// Where it listens, as `address` takes it.
    pub fn address(&self) -> String {
        self.at.to_string()
    }

    /// Lets connections through.
    pub fn open(&mut self) {
        let listener = TcpListener::bind(self.at).unwrap();
        listener.set_nonblocking(true).unwrap();
        let (target, shared) = (self.target, Arc::new(Shared::default()));
        let accepting = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || accept(&listener, target, &shared))
        };
        self.open = Some(Open { shared, accepting });
    }

    /// Ends all connections, and takes no more.
    pub fn close(&mut self) {
        let Some(Open { shared, accepting }) = self.open.take() else { return };
        shared.is_over.store(true, Ordering::SeqCst);
        accepting.join().unwrap();
        for stream in &*shared.streams.lock().unwrap() {
            // Either side may have gone already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// From now on nothing comes through, and nobody is told: a cable that was pulled out.
    pub fn pull(&self) {
        let open = self.open.as_ref().expect("it is open");
        open.shared.is_dead.store(true, Ordering::SeqCst);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.close();
    }
}

fn accept(listener: &TcpListener, target: SocketAddr, shared: &Arc<Shared>) {
    while !shared.is_over.load(Ordering::SeqCst) {
        let Ok((near, _)) = listener.accept() else {
            thread::park_timeout(TICK);
            continue;
        };
        near.set_nonblocking(false).unwrap();
        // A broker that is away refuses; so do we.
        let Ok(far) = TcpStream::connect(target) else { continue };
        for stream in [&near, &far] {
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(TICK)).unwrap();
            shared.streams.lock().unwrap().push(stream.try_clone().unwrap());
        }
        let ways = [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)];
        for (from, to) in ways {
            let shared = Arc::clone(shared);
            thread::spawn(move || carry(from, to, &shared));
        }
    }
}

/// Carries bytes one way until an end.
fn carry(mut from: TcpStream, mut to: TcpStream, shared: &Shared) {
    let mut buffer = [0; 16 << 10];
    while !shared.is_over.load(Ordering::SeqCst) {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                continue;
            }
            Err(_) => break,
        };
        let is_dead = shared.is_dead.load(Ordering::SeqCst);
        if !is_dead && to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    for stream in [from, to] {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// A CONNECT, taken apart.
pub struct Connect {
    /// The level of the protocol, with the bit that announces a bridge.
    pub level: u8,
    pub is_clean: bool,
    pub keep_alive_secs: u16,
    pub id: String,
    pub will: Option<Will>,
    /// User name and password, as far as they are there.
    pub login: Vec<String>,
}

/// The will of a CONNECT.
pub struct Will {
    pub topic: String,
    pub payload: String,
    pub qos: u8,
    pub retain: bool,
}

impl Connect {
    fn parse(packet: &[u8]) -> Self {
        assert_eq!(packet[0], 0x10);
        // No CONNECT of these tests is longer than 16 KiB.
        let head = if packet[1] < 0x80 { 2 } else { 3 };
        let mut rest = &packet[head..];
        let name = text(&mut rest);
        assert!(["MQTT", "MQIsdp"].contains(&&*name), "{name}");
        let (level, flags) = (rest[0], rest[1]);
        let keep_alive_secs = u16::from_be_bytes([rest[2], rest[3]]);
        rest = &rest[4..];
        let skip_properties = |rest: &mut &[u8]| {
            if level == 5 {
                *rest = &rest[1 + usize::from(rest[0])..];
            }
        };
        skip_properties(&mut rest);
        let id = text(&mut rest);
        let will = (flags & 4 != 0).then(|| {
            skip_properties(&mut rest);
            let (topic, payload) = (text(&mut rest), text(&mut rest));
            Will { topic, payload, qos: flags >> 3 & 3, retain: flags & 0x20 != 0 }
        });
        let count = usize::from(flags >> 7) + usize::from(flags >> 6 & 1);
        let login = (0..count).map(|_| text(&mut rest)).collect();
        Connect { level, is_clean: flags & 2 != 0, keep_alive_secs, id, will, login }
    }
}

fn text(rest: &mut &[u8]) -> String {
    let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
    let (text, behind) = rest[2..].split_at(length);
    *rest = behind;
    String::from_utf8(text.to_vec()).unwrap()
}

/// A remote broker whose part the test plays.
pub struct Stub(TcpListener);

impl Stub {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Stub(listener)
    }

    /// Where it listens, as `address` takes it.
    pub fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// Whether somebody is there who was not accepted yet.
    pub fn is_called(&self) -> bool {
        self.0.accept().is_ok()
    }

    /// Waits for the next connection and its CONNECT.
    pub fn accept(&self) -> (Raw, Connect) {
        let mut accepted = None;
        await_that("a connection of the bridge", || {
            accepted = self.0.accept().ok();
            accepted.is_some()
        });
        let (stream, _) = accepted.unwrap();
        stream.set_nonblocking(false).unwrap();
        let mut raw = Raw::over(stream);
        let connect = Connect::parse(&raw.receive());
        (raw, connect)
    }
}
