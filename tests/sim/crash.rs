//! The broker, its ledger, its output buffers and its store, crashed between any two steps: before,
//! during and after a commit, and between the bytes that leave. Clients keep the books.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::IoSlice;
use std::sync::Arc;

use lastwill::broker::Broker;
use lastwill::broker::event::{ConnId, Effect, Input, Lost, Room, Sink};
use lastwill::broker::policy::{Identity, ListenerId, Policy};
use lastwill::link::{Outbox, Pool, SLICES_MAX};
use lastwill::protocol::{Decoded, Decoder, Encoder, Packet, Version};
use lastwill::store::{Batch, Journal, Ledger, Loader, MemoryStore, Store};
use lastwill::time::Timestamp;

use super::client::LIMITS;
use super::rng::Rng;

/// Unacknowledged messages of one publisher.
const WINDOW: usize = 6;

/// The broker's side of one connection.
struct Link {
    conn: ConnId,
    client: usize,
    decoder: Decoder,
    encoder: Encoder,
    outbox: Outbox,
}

/// A client that keeps the books: a publisher of one topic, or the reader of all.
#[derive(Default)]
struct Client {
    id: String,
    /// QoS of what it publishes; 0 reads.
    qos: u8,
    link: Option<usize>,
    is_accepted: bool,
    has_session: bool,
    has_subscribed: bool,
    unread: Vec<u8>,
    /// Packet id, number, and whether PUBREC has come.
    open: VecDeque<(u16, u64, bool)>,
    last: u64,
    received: BTreeSet<u16>,
    seen: BTreeMap<String, Vec<u64>>,
}

fn packet(head: u8, body: &[u8]) -> Vec<u8> {
    assert!(body.len() < 128);
    [&[head, body.len() as u8], body].concat()
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat()
}

fn ack(head: u8, id: u16) -> Vec<u8> {
    packet(head, &id.to_be_bytes())
}

fn id_of(body: &[u8]) -> u16 {
    u16::from_be_bytes([body[0], body[1]])
}

impl Client {
    fn connect(&self) -> Vec<u8> {
        let body = [text("MQTT"), vec![4, 0, 0, 0], text(&self.id)].concat();
        packet(0x10, &body)
    }

    fn publish(&self, id: u16, number: u64, is_again: bool) -> Vec<u8> {
        let topic = text(&format!("q{}", self.qos));
        let body = [topic, id.to_be_bytes().to_vec(), number.to_string().into_bytes()].concat();
        packet(0x30 | self.qos << 1 | u8::from(is_again) << 3, &body)
    }

    /// What it says of its own accord: so many messages, as far as they may be under way.
    fn act(&mut self, count: usize) -> Vec<u8> {
        if self.qos == 0 {
            if self.has_subscribed {
                return Vec::new();
            }
            return packet(0x82, &[&[0, 1][..], &text("q1"), &[2], &text("q2"), &[2]].concat());
        }
        let mut words = Vec::new();
        for _ in 0..count.min(WINDOW - self.open.len()) {
            self.last += 1;
            self.open.push_back((self.last as u16, self.last, false));
            words.extend(self.publish(self.last as u16, self.last, false));
        }
        words
    }

    /// Takes bytes; what it answers.
    fn on_bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.unread.extend_from_slice(bytes);
        let mut answers = Vec::new();
        while self.unread.len() >= 2 && self.unread.len() >= 2 + usize::from(self.unread[1]) {
            let length = 2 + usize::from(self.unread[1]);
            let whole: Vec<u8> = self.unread.drain(..length).collect();
            answers.extend(self.on_packet(whole[0], &whole[2..]));
        }
        answers
    }

    fn on_packet(&mut self, head: u8, body: &[u8]) -> Vec<u8> {
        match head >> 4 {
            2 => {
                assert!(body[0] == 1 || !self.has_session, "the session of {} is lost", self.id);
                (self.has_session, self.is_accepted) = (true, true);
                let again = self.open.iter().map(|&(id, number, is_received)| match is_received {
                    true => ack(0x62, id),
                    false => self.publish(id, number, true),
                });
                again.collect::<Vec<_>>().concat()
            }
            3 => {
                let length = 2 + usize::from(id_of(body));
                let topic = String::from_utf8_lossy(&body[2..length]).into_owned();
                let id = id_of(&body[length..]);
                let number = String::from_utf8_lossy(&body[length + 2..]).parse().unwrap();
                let qos = head >> 1 & 3;
                if qos == 1 || self.received.insert(id) {
                    self.seen.entry(topic).or_default().push(number);
                }
                ack(if qos == 2 { 0x50 } else { 0x40 }, id)
            }
            5 => {
                let id = id_of(body);
                self.open.iter_mut().filter(|it| it.0 == id).for_each(|it| it.2 = true);
                ack(0x62, id)
            }
            6 => {
                self.received.remove(&id_of(body));
                ack(0x70, id_of(body))
            }
            9 => {
                self.has_subscribed = true;
                Vec::new()
            }
            _ => {
                self.open.retain(|it| it.0 != id_of(body));
                Vec::new()
            }
        }
    }
}

/// Effects go to output buffers and to the ledger.
struct Out<'a> {
    links: &'a mut [Option<Link>],
    ledger: &'a mut Ledger,
    pool: &'a mut Pool,
    durable: u64,
}

impl Sink for Out<'_> {
    fn begin_step(&mut self) {
        self.ledger.begin_step();
    }

    fn effect(&mut self, effect: Effect<'_>) -> Room {
        let batch = self.ledger.batch_for(&effect);
        let (conn, is_known) = match &effect {
            Effect::Persist(change) => {
                self.ledger.record(change);
                return Room::Ok;
            }
            Effect::Report(_) | Effect::Close { .. } => return Room::Ok,
            Effect::Send { conn, .. } | Effect::Deliver { conn, .. } => (*conn, true),
        };
        let link = self.links[conn.slot as usize].as_mut().filter(|it| is_known && it.conn == conn);
        let Some(Link { encoder, outbox, .. }) = link else { return Room::Ok };
        if batch > self.durable {
            outbox.wait_for(self.pool, batch);
        }
        let encoded = outbox.append(self.pool, |out| match &effect {
            Effect::Send { packet, .. } => encoder.encode(packet, out),
            Effect::Deliver { publish, .. } => encoder.encode_publish(publish, out),
            _ => Ok(()),
        });
        encoded.expect("no client here has a limit");
        Room::Ok
    }
}

struct World {
    rng: Rng,
    now: Timestamp,
    broker: Broker,
    ledger: Ledger,
    store: MemoryStore,
    /// A batch that is being written.
    writing: Option<(u64, Batch)>,
    durable: u64,
    links: Vec<Option<Link>>,
    serial: u32,
    clients: Vec<Client>,
    pool: Pool,
    crashes: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let client = |id: &str, qos| Client { id: id.to_owned(), qos, ..Client::default() };
        World {
            rng: Rng::new(seed),
            now: Timestamp::from_millis(1_000_000),
            broker: Broker::persistent(Policy::default(), seed),
            ledger: Ledger::new(Journal::default(), false),
            store: MemoryStore::default(),
            writing: None,
            durable: 0,
            links: Vec::new(),
            serial: 0,
            clients: vec![client("reader", 0), client("one", 1), client("two", 2)],
            pool: Pool::default(),
            crashes: 0,
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        self.ledger.begin_step();
        let World { broker, links, ledger, pool, durable, .. } = self;
        let mut out = Out { links, ledger, pool, durable: *durable };
        broker.handle(self.now, input, &mut out);
    }

    fn open(&mut self, client: usize) {
        let slot = self.links.iter().position(Option::is_none).unwrap_or(self.links.len());
        self.serial += 1;
        let conn = ConnId { slot: slot as u32, serial: self.serial };
        let link = Link {
            conn,
            client,
            decoder: Decoder::of_client(LIMITS),
            encoder: Encoder::new(Version::V311),
            outbox: Outbox::default(),
        };
        if slot == self.links.len() {
            self.links.push(None);
        }
        self.links[slot] = Some(link);
        self.clients[client].link = Some(slot);
        let peer = Arc::from(self.clients[client].id.as_str());
        self.handle(Input::Accepted { conn, listener: ListenerId(0), peer });
        let connect = self.clients[client].connect();
        self.say(slot, &connect);
    }

    /// A client sends bytes, and the broker reads them.
    fn say(&mut self, slot: usize, bytes: &[u8]) {
        let Some(link) = &mut self.links[slot] else { return };
        let conn = link.conn;
        let mut decoder = std::mem::replace(&mut link.decoder, Decoder::of_client(LIMITS));
        let (mut rest, mut packets) = (bytes, Vec::new());
        while !rest.is_empty() {
            let Ok(Decoded::Packet(packet, length)) = decoder.decode(rest) else {
                panic!("clients send whole packets")
            };
            rest = &rest[length..];
            match packet {
                Packet::Connect(connect) => {
                    let identity = Ok(Identity::default());
                    self.handle(Input::Connect { conn, connect: &connect, identity });
                }
                packet => packets.push(packet),
            }
        }
        if !packets.is_empty() {
            self.handle(Input::Packets { conn, packets: &packets });
        }
        if let Some(link) = &mut self.links[slot] {
            link.decoder = decoder;
        }
    }

    /// Some bytes that may leave arrive at their client.
    fn write(&mut self, slot: usize, bytes_max: u64) {
        let Some(link) = &mut self.links[slot] else { return };
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let count = link.outbox.slices(&mut slices);
        let all: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.iter().copied()).collect();
        let bytes = &all[..all.len().min(bytes_max as usize)];
        let client = link.client;
        link.outbox.advance(bytes.len(), &mut self.pool);
        let answers = self.clients[client].on_bytes(bytes);
        self.say(slot, &answers);
    }

    fn hang_up(&mut self, client: usize) {
        let Some(slot) = self.forget(client) else { return };
        let Some(conn) = self.links[slot].as_ref().map(|link| link.conn) else { return };
        self.handle(Input::Closed { conn, cause: Lost::PeerClosed });
        self.links[slot] = None;
    }

    fn forget(&mut self, client: usize) -> Option<usize> {
        let client = &mut self.clients[client];
        client.is_accepted = false;
        client.unread.clear();
        client.link.take()
    }

    fn take(&mut self) {
        if self.writing.is_none() && self.ledger.has_changes() {
            self.writing = Some(self.ledger.take(Batch::default()));
        }
    }

    fn commit(&mut self) {
        let Some((number, batch)) = self.writing.take() else { return };
        self.store.commit(&batch).expect("memory does not fail");
        self.durable = number;
        self.links.iter_mut().flatten().for_each(|link| link.outbox.release(number));
    }

    /// Everything is gone but the store; a batch that was being written is there, or is not.
    fn crash(&mut self) {
        self.crashes += 1;
        if let Some((_, batch)) = self.writing.take().filter(|_| self.rng.chance(50)) {
            self.store.commit(&batch).expect("memory does not fail");
        }
        for client in 0..self.clients.len() {
            self.forget(client);
        }
        self.links.clear();
        self.broker = Broker::persistent(Policy::default(), self.crashes);
        let (broker, mut loader) = (&mut self.broker, Loader::default());
        let load = &mut |key: &[u8], value: &[u8]| {
            loader.load(key, value, &mut |change| broker.restore(change))
        };
        self.store.load(load).expect("what was kept fits");
        self.ledger = Ledger::new(loader.finish(), false);
        self.durable = 0;
        let World { broker, links, ledger, pool, .. } = self;
        broker.resume(self.now, &mut Out { links, ledger, pool, durable: 0 });
        self.take();
        self.commit();
    }

    fn step(&mut self, has_trouble: bool) {
        let client = self.rng.below(self.clients.len() as u64) as usize;
        match self.rng.below(40) {
            0 if has_trouble => self.crash(),
            1 if has_trouble => self.hang_up(client),
            2..8 => self.take(),
            8..14 => self.commit(),
            14..28 => {
                let slot = self.rng.below(self.links.len().max(1) as u64) as usize;
                let bytes_max = 1 + self.rng.below(60);
                if slot < self.links.len() {
                    self.write(slot, bytes_max);
                }
            }
            _ => match self.clients[client].link {
                None => self.open(client),
                Some(slot) if self.clients[client].is_accepted && has_trouble => {
                    let count = [1, WINDOW][self.rng.below(2) as usize];
                    let words = self.clients[client].act(count);
                    self.say(slot, &words);
                }
                Some(_) => {}
            },
        }
    }

    /// Nothing goes wrong any more; then the books must agree.
    fn settle(&mut self) {
        for _ in 0..200_000 {
            let is_done = self.clients.iter().all(|client| {
                let seen = |topic: &str| {
                    self.clients[0].seen.get(topic).and_then(|seen| seen.iter().max()).copied()
                };
                let topic = format!("q{}", client.qos);
                let is_seen = client.qos == 0 || client.last == seen(&topic).unwrap_or(0);
                client.open.is_empty() && is_seen
            });
            if is_done {
                break;
            }
            self.step(false);
        }
        for client in &self.clients[1..] {
            assert!(client.open.is_empty(), "{} is not acknowledged", client.id);
            let seen = self.clients[0].seen.get(&format!("q{}", client.qos));
            let seen = seen.cloned().unwrap_or_default();
            let mut known = BTreeSet::new();
            let firsts: Vec<u64> = seen.iter().copied().filter(|it| known.insert(*it)).collect();
            assert!(firsts.iter().copied().eq(1..=client.last), "{}: {firsts:?}", client.id);
            assert!(client.qos == 1 || seen.len() == firsts.len(), "{} doubled", client.id);
        }
    }
}

/// Nothing acknowledged is lost, nothing of QoS 2 doubled, order kept.
#[test]
fn nothing_acknowledged_is_lost_wherever_the_broker_crashes() {
    super::for_each_seed(|seed| {
        let mut world = World::new(seed);
        // Nothing is lost of what is published before the subscription: there is none yet.
        while !world.clients[0].has_subscribed {
            match world.clients[0].link {
                None => world.open(0),
                Some(slot) => {
                    if world.clients[0].is_accepted {
                        let words = world.clients[0].act(1);
                        world.say(slot, &words);
                    }
                    world.take();
                    world.commit();
                    world.write(slot, 1000);
                }
            }
        }
        (0..6000).for_each(|_| world.step(true));
        assert!(world.crashes > 50);
        world.settle();
        assert!(world.clients[1].last > 20 && world.clients[2].last > 10);
    });
}
