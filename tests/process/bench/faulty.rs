//! A broker that breaks its promises on purpose, in the same way for every tenth message or will.

use std::collections::HashMap;
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::support::packet::frame;
use crate::support::raw::Raw;

/// Bytes of a payload where nothing else is asked for. A stamp begins it: publisher and sequence
/// number, four bytes each.
const PAYLOAD_BYTES: usize = 64;
/// So much later something comes once more.
const REPEAT_AFTER: Duration = Duration::from_millis(100);

/// What it does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Every tenth message is acknowledged and not delivered.
    Drops,
    /// Every tenth message is delivered twice.
    Doubles,
    /// Every tenth message is delivered after the one behind it.
    Swaps,
    /// The fiftieth message is the last: the connections are closed.
    Dies,
    /// The message with Packet Identifier 50 is delivered and not acknowledged.
    Forgets,
    /// Every tenth message has the highest sequence number there is.
    Invents,
    /// The fortieth message is delivered again when everything is there.
    Repeats,
}

/// A broker that knows what `lastwill bench` does: topics `NAME/…`, filters with one wildcard at the
/// end. Its threads end with its clients.
pub struct Faulty {
    /// Where it listens.
    pub port: u16,
}

#[derive(Default)]
struct State {
    /// By client id: those who have subscribed, online or not.
    subscribers: HashMap<String, Subscriber>,
    retained: Vec<(String, Vec<u8>)>,
    /// Messages and wills that were passed on.
    count: usize,
    /// The one that waits for the next.
    held: Option<(String, Vec<u8>)>,
}

struct Subscriber {
    filter: String,
    stream: Option<TcpStream>,
    /// What waits for an offline one.
    queue: Vec<u8>,
}

/// What is known of a connection.
#[derive(Default)]
struct Client {
    id: String,
    is_v5: bool,
    is_clean: bool,
    /// Topic and packet that its death publishes.
    will: Option<(String, Vec<u8>)>,
}

impl Faulty {
    /// Starts it.
    pub fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let state = Arc::new(Mutex::new(State::default()));
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&state);
                thread::spawn(move || {
                    let mut client = Client::default();
                    let is_orderly = serve(&stream, &state, fault, &mut client);
                    let mut state = state.lock().unwrap();
                    state.forget(&client);
                    if let Some((topic, packet)) = client.will.filter(|_| !is_orderly) {
                        state.pass_on(topic, packet, fault);
                    }
                });
            }
        });
        Faulty { port }
    }

    /// Starts it behind TLS, with a certificate that nobody knows.
    pub fn start_behind_tls(fault: Fault) -> Self {
        let inner = Self::start(fault).port;
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((outer, _)) = listener.accept().await {
                    let acceptor = acceptor.clone();
                    tokio::spawn(async move {
                        let mut outer = acceptor.accept(outer).await?;
                        let mut inner =
                            tokio::net::TcpStream::connect(("127.0.0.1", inner)).await?;
                        tokio::io::copy_bidirectional(&mut outer, &mut inner).await
                    });
                }
            });
        });
        Faulty { port }
    }
}

/// Serves a connection to its end; whether that was in order.
fn serve(stream: &TcpStream, state: &Mutex<State>, fault: Fault, client: &mut Client) -> bool {
    let mut raw = Raw::over(stream.try_clone().unwrap());
    while let Some(packet) = raw.next() {
        let body = body(&packet);
        let id = |at: usize| [body[at], body[at + 1]];
        match packet[0] {
            0x10 => {
                *client = connected(body);
                let mut state = state.lock().unwrap();
                // A Server Keep Alive, as mosquitto has it for whoever asks for none.
                let properties: &[u8] = if client.is_v5 { &[3, 0x13, 0xFF, 0xFF] } else { &[] };
                raw.send(&frame(0x20, &[&[0, 0], properties].concat()));
                state.come_back(client, stream);
            }
            0x82 => state.lock().unwrap().subscribe(client, body, stream),
            0x30..=0x3F => {
                let (topic, at) = text(body, 0);
                match packet[0] >> 1 & 3 {
                    0 => {}
                    1 if fault == Fault::Forgets && id(at) == [0, 50] => {}
                    1 => raw.send(&[0x40, 2, id(at)[0], id(at)[1]]),
                    _ => raw.send(&[0x50, 2, id(at)[0], id(at)[1]]),
                }
                if !state.lock().unwrap().pass_on(topic, packet, fault) {
                    return true;
                }
            }
            // PUBREL of the publisher, PUBREC of the subscriber.
            0x62 if fault == Fault::Forgets && id(0) == [0, 50] => {}
            0x62 => raw.send(&[0x70, 2, id(0)[0], id(0)[1]]),
            0x50 => raw.send(&[0x62, 2, id(0)[0], id(0)[1]]),
            0xC0 => raw.send(&[0xD0, 0]),
            0x40 | 0x70 => {}
            _ => return true,
        }
    }
    false
}

/// What is behind the fixed header.
fn body(packet: &[u8]) -> &[u8] {
    let length = packet[1..].iter().take_while(|byte| **byte >= 0x80).count() + 1;
    &packet[1 + length..]
}

/// A string, and where it ends.
fn text(body: &[u8], at: usize) -> (String, usize) {
    let end = at + 2 + usize::from(u16::from_be_bytes([body[at], body[at + 1]]));
    (String::from_utf8_lossy(&body[at + 2..end]).into_owned(), end)
}

/// What a CONNECT says. Properties are shorter than 128 bytes.
fn connected(body: &[u8]) -> Client {
    let (_, at) = text(body, 0);
    let (is_v5, flags) = (body[at] == 5, body[at + 1]);
    let properties = |at: usize| if is_v5 { at + 1 + usize::from(body[at]) } else { at };
    let (id, at) = text(body, properties(at + 4));
    let will = (flags & 0x04 != 0).then(|| {
        let (topic, at) = text(body, properties(at));
        let (qos, length) =
            (flags >> 3 & 3, usize::from(u16::from_be_bytes([body[at], body[at + 1]])));
        let mut publish = [&(topic.len() as u16).to_be_bytes(), topic.as_bytes()].concat();
        publish.extend([0, 1].iter().filter(|_| qos > 0));
        publish.extend([0].iter().filter(|_| is_v5));
        publish.extend(&body[at + 2..at + 2 + length]);
        (topic, frame(0x30 | qos << 1, &publish))
    });
    Client { id, is_v5, is_clean: flags & 0x02 != 0, will }
}

impl State {
    fn come_back(&mut self, client: &Client, stream: &TcpStream) {
        if client.is_clean {
            self.subscribers.remove(&client.id);
        } else if let Some(known) = self.subscribers.get_mut(&client.id) {
            let mut stream = stream.try_clone().unwrap();
            // A client that has gone again has seen enough.
            let _ = stream.write_all(&std::mem::take(&mut known.queue));
            known.stream = Some(stream);
        }
    }

    fn forget(&mut self, client: &Client) {
        if client.is_clean {
            self.subscribers.remove(&client.id);
        } else if let Some(known) = self.subscribers.get_mut(&client.id) {
            known.stream = None;
        }
    }

    fn subscribe(&mut self, client: &Client, body: &[u8], mut stream: &TcpStream) {
        let at = if client.is_v5 { 3 } else { 2 };
        let (filter, _) = text(body, at);
        let qos = *body.last().unwrap();
        let properties: &[u8] = if client.is_v5 { &[0] } else { &[] };
        let answer = frame(0x90, &[&body[..2], properties, &[qos]].concat());
        let mut out = answer;
        self.retained.iter().filter(|(topic, _)| matches(&filter, topic)).for_each(
            |(_, packet)| {
                out.extend(packet);
            },
        );
        let _ = stream.write_all(&out);
        let stream = stream.try_clone().ok();
        let subscriber = Subscriber { filter, stream, queue: Vec::new() };
        self.subscribers.insert(client.id.clone(), subscriber);
    }

    /// Passes a message on as the fault wants it; whether the broker lives on.
    fn pass_on(&mut self, topic: String, packet: Vec<u8>, fault: Fault) -> bool {
        let place = self.count;
        self.count += 1;
        let is_chosen = place % 10 == 3;
        match fault {
            Fault::Drops if is_chosen => {}
            Fault::Doubles if is_chosen => {
                self.deliver(&topic, &packet);
                self.deliver(&topic, &packet);
            }
            Fault::Swaps if is_chosen => self.held = Some((topic, packet)),
            // What takes a retained message away has no payload.
            Fault::Invents if is_chosen && packet.len() > PAYLOAD_BYTES => {
                let mut packet = packet;
                let stamp = packet.len() - PAYLOAD_BYTES;
                packet[stamp + 4..stamp + 8].fill(0xFF);
                self.deliver(&topic, &packet);
            }
            Fault::Repeats if place == 39 => {
                self.deliver(&topic, &packet);
                self.deliver_later(&topic, packet);
            }
            Fault::Dies if place == 49 => {
                let streams = self.subscribers.values().filter_map(|it| it.stream.as_ref());
                streams.for_each(|stream| stream.shutdown(Shutdown::Both).unwrap());
                return false;
            }
            _ => {
                self.deliver(&topic, &packet);
                if let Some((topic, packet)) = self.held.take() {
                    self.deliver(&topic, &packet);
                }
            }
        }
        true
    }

    /// Delivers a message to those who are there, after a while.
    fn deliver_later(&self, topic: &str, packet: Vec<u8>) {
        let receivers = self.subscribers.values().filter(|it| matches(&it.filter, topic));
        let streams = receivers.filter_map(|it| it.stream.as_ref()?.try_clone().ok());
        let streams: Vec<TcpStream> = streams.collect();
        thread::spawn(move || {
            // The delay is the fault, and nobody wakes it earlier.
            thread::park_timeout(REPEAT_AFTER);
            for mut stream in streams {
                let _ = stream.write_all(&packet);
            }
        });
    }

    fn deliver(&mut self, topic: &str, packet: &[u8]) {
        if packet[0] & 1 == 1 {
            self.retained.push((topic.to_owned(), packet.to_vec()));
        }
        for subscriber in self.subscribers.values_mut() {
            if !matches(&subscriber.filter, topic) {
                continue;
            }
            match &mut subscriber.stream {
                // A subscriber that has gone has seen enough.
                Some(stream) => drop(stream.write_all(packet)),
                None => subscriber.queue.extend(packet),
            }
        }
    }
}

fn matches(filter: &str, topic: &str) -> bool {
    match filter.strip_suffix(['#', '+']) {
        Some(start) => topic.starts_with(start),
        None => filter == topic,
    }
}
