//! What a subscriber that is a program of others was sent, and what it answered: a relay before the
//! broker that keeps the books of QoS 2.

use std::collections::{BTreeMap, VecDeque};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::peers::{id_of, take_packet};

/// How long a socket waits before it looks whether the test is over.
const TICK: Duration = Duration::from_millis(20);

/// One packet of an exchange of QoS 2.
#[derive(Clone, Copy)]
enum Said {
    /// PUBLISH: its identifier, whether DUP is set, and the number that is its payload.
    Publish(u16, bool, u64),
    /// PUBREL, from the broker.
    Release(u16),
    /// PUBCOMP, from the subscriber.
    Complete(u16),
}

/// Carries bytes between one subscriber and the broker, one connection after the other.
pub struct Recorder {
    pub port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    is_over: AtomicBool,
    said: Mutex<Vec<Said>>,
}

impl Recorder {
    /// One before the broker at a port of this machine.
    pub fn start(broker: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::<Shared>::default();
        let accepting = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.accept(&listener, broker))
        };
        Recorder { port, shared, accepting: Some(accepting) }
    }

    /// The books of what was said so far.
    pub fn books(&self) -> Books {
        Books::of(&self.shared.said.lock().unwrap())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        if let Some(accepting) = self.accepting.take() {
            // A test that has failed already tells why.
            let _ = accepting.join();
        }
    }
}

impl Shared {
    fn accept(&self, listener: &TcpListener, broker: u16) {
        while !self.is_over.load(Ordering::SeqCst) {
            let Ok((near, _)) = listener.accept() else {
                thread::park_timeout(TICK);
                continue;
            };
            near.set_nonblocking(false).unwrap();
            // A broker that is away refuses; so do we.
            let Ok(far) = TcpStream::connect(("127.0.0.1", broker)) else { continue };
            for stream in [&near, &far] {
                stream.set_nodelay(true).unwrap();
                stream.set_read_timeout(Some(TICK)).unwrap();
            }
            thread::scope(|scope| {
                scope.spawn(|| self.carry(&far, &near));
                self.carry(&near, &far);
            });
        }
    }

    /// Carries bytes one way until their end. They are in the books before they are carried, and
    /// all that came is carried: a reset would take from the subscriber what it has not read.
    fn carry(&self, mut from: &TcpStream, mut to: &TcpStream) {
        let (mut buffer, mut unread) = ([0; 16 << 10], Vec::new());
        while !self.is_over.load(Ordering::SeqCst) {
            let read = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    continue;
                }
                Err(_) => break,
            };
            unread.extend_from_slice(&buffer[..read]);
            let said = std::iter::from_fn(|| take_packet(&mut unread));
            self.said.lock().unwrap().extend(said.filter_map(|(head, body)| parse(head, &body)));
            // Who does not listen any more may still have something to say.
            let _ = to.write_all(&buffer[..read]);
        }
        let _ = to.shutdown(Shutdown::Write);
    }
}

fn parse(head: u8, body: &[u8]) -> Option<Said> {
    match head {
        0x34 | 0x3c => {
            let rest = &body[2 + usize::from(id_of(body))..];
            let number = String::from_utf8_lossy(&rest[2..]).parse().expect("a number");
            Some(Said::Publish(id_of(rest), head & 8 != 0, number))
        }
        0x62 => Some(Said::Release(id_of(body))),
        0x70 => Some(Said::Complete(id_of(body))),
        _ => None,
    }
}

/// What was said, as two subscribers would understand it.
#[derive(Default)]
pub struct Books {
    /// The numbers in the order in which a subscriber that keeps to the standard has them: what
    /// comes under an identifier that it has not completed is a repeat.
    pub once: Vec<u64>,
    /// The numbers in the order in which libmosquitto hands them out (seen in 2.0.11; the source of
    /// 2.1.2 reads the same). It keeps the repeat of a PUBLISH beside the first, hands out the
    /// oldest that it has under an identifier at each PUBREL, and never forgets the rest: when
    /// another message gets the identifier later, it hands out the repeat in its place.
    pub by_libmosquitto: Vec<u64>,
    /// The number under each identifier that is in use, and whether it was released.
    open: BTreeMap<u16, (u64, bool)>,
    /// What libmosquitto keeps under each identifier.
    kept: BTreeMap<u16, VecDeque<u64>>,
}

impl Books {
    /// The books of what was said. Fails where the broker has broken a rule.
    fn of(said: &[Said]) -> Self {
        let mut books = Books::default();
        said.iter().for_each(|said| books.enter(*said));
        books
    }

    /// Whether each message was completed.
    pub fn is_settled(&self) -> bool {
        self.open.is_empty()
    }

    fn enter(&mut self, said: Said) {
        match said {
            Said::Publish(id, is_again, number) => {
                match self.open.insert(id, (number, false)) {
                    Some(before) => {
                        assert_eq!(before, (number, false), "{id} is given away while in use");
                        assert!(is_again, "{id} is repeated without DUP");
                    }
                    None => self.once.push(number),
                }
                self.kept.entry(id).or_default().push_back(number);
            }
            Said::Release(id) => {
                self.open.entry(id).and_modify(|(_, is_released)| *is_released = true);
                self.by_libmosquitto.extend(self.kept.entry(id).or_default().pop_front());
            }
            Said::Complete(id) => drop(self.open.remove(&id)),
        }
    }
}

#[test]
fn a_repeat_that_libmosquitto_keeps_takes_the_place_of_the_next_message() {
    let first = [Said::Publish(7, false, 1), Said::Publish(7, true, 1), Said::Release(7)];
    let next = [Said::Complete(7), Said::Publish(7, false, 2), Said::Release(7)];
    let books = Books::of(&[first, next].concat());
    assert_eq!((&*books.once, &*books.by_libmosquitto), (&[1, 2][..], &[1, 1][..]));
    assert!(!books.is_settled());
    let books = Books::of(&[Said::Publish(7, false, 1), Said::Release(7), Said::Complete(7)]);
    assert_eq!((&*books.once, &*books.by_libmosquitto), (&[1][..], &[1][..]));
    assert!(books.is_settled());
}

#[test]
#[should_panic = "7 is given away while in use"]
fn an_identifier_that_is_in_use_is_not_for_another_message() {
    Books::of(&[Said::Publish(7, false, 1), Said::Publish(7, false, 2)]);
}

#[test]
#[should_panic = "7 is given away while in use"]
fn what_was_released_is_not_published_again() {
    Books::of(&[Said::Publish(7, false, 1), Said::Release(7), Said::Publish(7, true, 1)]);
}
