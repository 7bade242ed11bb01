//! The world of a simulation: time, streams, clients, and the broker in the middle.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lastwill::broker::Broker;
use lastwill::broker::event::{ConnId, Input, Lost};
use lastwill::broker::policy::{Identity, ListenerId, Policy};
use lastwill::protocol::{Connect, Decoded, Packet, QoS, ReasonCode, Version};
use lastwill::time::Timestamp;

use super::client::{Client, Opening};
use super::link::{Link, pieces};
use super::oracle::{Fact, Fate, HowEnded, Oracle, TheirWill};
use super::restart::Kept;
use super::rng::Rng;

/// The client that sees each publication in the step that makes it.
pub const WATCHER: usize = 0;
/// The client that gets everything with QoS 2 over an ordinary stream.
pub const READER: usize = 1;

/// Sessions that live for an hour, on connections that are lost all the time; QoS 1 and QoS 2.
pub const ROAMERS: [usize; 2] = [2, 3];
/// All the others, who come and go.
const FIRST_CLIENT: usize = 4;

/// So many timeouts in a row without time going on mean that the broker spins.
const TIMEOUTS_IN_A_ROW_MAX: u32 = 10_000;

/// What will happen.
#[derive(Debug)]
pub(super) enum Event {
    /// Bytes arrive at the broker.
    Up(usize, Vec<u8>),
    /// The broker notices the end of a stream.
    UpEnd(usize, Lost),
    /// Bytes arrive at a client.
    Down(usize, Vec<u8>),
    /// The socket of a link that the broker closed is gone.
    Gone(usize),
    /// A client does what comes into its mind.
    Act(usize),
    /// A client shows that it lives.
    Ping(usize, u64),
}

/// Everything.
pub struct World {
    pub now: Timestamp,
    pub rng: Rng,
    pub clients: Vec<Client>,
    pub oracle: Oracle,
    /// The fates that the broker told, by client.
    pub told: BTreeMap<String, Vec<(Timestamp, Fate)>>,
    /// How often something happened that a simulation is for.
    pub happened: BTreeMap<String, u64>,
    /// Payloads of all PUBLISH packets that were handed in while their connection was open.
    pub accepted: Vec<String>,
    pub broker: Broker,
    /// What survives a crash, where anything does.
    pub(super) kept: Option<Kept>,
    pub(super) links: Vec<Link>,
    /// The link on which a client speaks.
    pub(super) speaking: Vec<Option<usize>>,
    pub(super) by_conn: HashMap<ConnId, usize>,
    pub(super) free_slots: Vec<u32>,
    queue: BTreeMap<(Timestamp, u64), Event>,
    queued: u64,
    are_acting: bool,
    /// A sum over all effects: equal runs have equal sums.
    pub(super) digest: u64,
}

impl World {
    /// A broker, the two observers, and clients that come and go.
    pub fn new(seed: u64, clients: usize) -> Self {
        let broker = Broker::new(Policy::default(), seed);
        let mut world = World::with_broker(seed, clients, broker);
        world.begin();
        world
    }

    /// The same with another broker, before anybody connects.
    pub fn with_broker(seed: u64, clients: usize, broker: Broker) -> Self {
        let mut all = vec![
            Client::new("watcher", Version::V5, QoS::AtMostOnce),
            Client::new("reader", Version::V5, QoS::ExactlyOnce),
            Client::new("roamer1", Version::V5, QoS::AtLeastOnce),
            Client::new("roamer2", Version::V5, QoS::ExactlyOnce),
        ];
        let mut rng = Rng::new(seed);
        all.extend((0..clients).map(|n| {
            let version = rng.one_of(&[Version::V31, Version::V311, Version::V5, Version::V5]);
            Client::new(
                &format!("c{n}"),
                version,
                rng.one_of(&[QoS::AtLeastOnce, QoS::ExactlyOnce]),
            )
        }));
        World {
            now: Timestamp::default(),
            rng,
            speaking: vec![None; all.len()],
            clients: all,
            oracle: Oracle::default(),
            told: BTreeMap::new(),
            happened: BTreeMap::new(),
            accepted: Vec::new(),
            broker,
            kept: None,
            links: Vec::new(),
            by_conn: HashMap::new(),
            free_slots: Vec::new(),
            queue: BTreeMap::new(),
            queued: 0,
            are_acting: true,
            digest: 0,
        }
    }

    /// The observers connect, the others soon will.
    pub fn begin(&mut self) {
        for observer in 0..FIRST_CLIENT {
            self.observe(observer);
        }
        for client in ROAMERS[0]..self.clients.len() {
            let at = self.now.plus_millis(2_000 + self.rng.below(3_000));
            self.push(at, Event::Act(client));
        }
    }

    /// Lets time pass.
    pub fn run_until(&mut self, end: Timestamp) {
        let mut timeouts = 0;
        loop {
            let deadline = self.broker.deadline().map(|(at, _)| at.max(self.now));
            let next = self.queue.first_key_value().map(|((at, _), _)| *at);
            // What is due comes before what happens in the same moment.
            let is_timeout = deadline.is_some_and(|at| next.is_none_or(|next| at <= next));
            let Some(at) = (if is_timeout { deadline } else { next }).filter(|at| *at <= end)
            else {
                break;
            };
            timeouts = if at > self.now || !is_timeout { 0 } else { timeouts + 1 };
            assert!(timeouts < TIMEOUTS_IN_A_ROW_MAX, "the broker's deadline {at} does not pass");
            self.now = at;
            if is_timeout {
                self.hand_in(Input::Timeout);
                self.oracle.check_silence(self.now);
            } else if let Some((_, event)) = self.queue.pop_first() {
                self.on_event(event);
            }
        }
        self.now = end;
    }

    /// No client does anything of its own any more; what is open is lost.
    pub fn retire_clients(&mut self) {
        self.are_acting = false;
        self.speaking[ROAMERS[0]..].fill(None);
        for link in 0..self.links.len() {
            if self.links[link].client > READER {
                // Half-open connections without keep-alive would stay for ever.
                self.links[link].is_silent = false;
                self.end_stream(link, Lost::PeerReset);
            }
        }
        // The roamers come back, to get what they have not yet: behind whatever is on its way, so
        // that no CONNECT of before takes over.
        self.run_until(self.now.plus_secs(2));
        ROAMERS.into_iter().for_each(|roamer| self.open(roamer, &Opening::of_roamer(false)));
    }

    /// An orderly stop of the broker.
    pub fn shut_down(&mut self) {
        self.oracle.on_stop(self.now);
        self.hand_in(Input::Shutdown);
    }

    /// Connects one of the observers, which subscribes to everything.
    pub fn observe(&mut self, client: usize) {
        let opening = Opening::of_roamer(true);
        let is_roamer = ROAMERS.contains(&client);
        let expiry_secs = if is_roamer { opening.expiry_secs } else { 0 };
        self.open(client, &Opening { expiry_secs, keep_alive_secs: 0, ..opening });
        let subscribe = self.clients[client].subscribe();
        self.say(client, subscribe);
    }

    /// An observer leaves.
    pub fn leave(&mut self, client: usize) {
        let expiry_secs = ROAMERS.contains(&client).then_some(0);
        let bye = self.clients[client].disconnect(ReasonCode::Success, expiry_secs);
        self.say(client, bye);
        self.hang_up(client, Lost::PeerClosed);
    }

    pub(super) fn push(&mut self, at: Timestamp, event: Event) {
        self.queued += 1;
        self.queue.insert((at, self.queued), event);
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Up(link, bytes) => self.on_up(link, &bytes),
            Event::UpEnd(link, cause) => self.on_closed(link, cause),
            Event::Down(link, bytes) => self.on_down(link, &bytes),
            Event::Gone(link) => self.on_closed(link, Lost::ByServer),
            Event::Act(client) => self.on_act(client),
            Event::Ping(link, millis) => self.on_ping(link, millis),
        }
    }

    /// Bytes have come from a client: whatever packets they complete.
    fn on_up(&mut self, at: usize, bytes: &[u8]) {
        let link = &mut self.links[at];
        // What is still unread when the broker has closed may or may not be read.
        if link.is_silent || link.is_broken || link.is_closed {
            return;
        }
        link.unread.extend_from_slice(bytes);
        let unread = std::mem::take(&mut link.unread);
        let (mut read, mut together) = (0, Vec::new());
        loop {
            let link = &mut self.links[at];
            match link.decoder.decode(&unread[read..]) {
                Ok(Decoded::Packet(packet, len)) => {
                    read += len;
                    if is_common(&packet) && link.told.is_some() {
                        self.look_at(at, &packet);
                        together.push(packet);
                    } else {
                        self.hand_in_together(at, &mut together);
                        self.on_packet(at, packet);
                    }
                }
                Ok(Decoded::Incomplete { .. }) => break,
                Err(error) => {
                    self.hand_in_together(at, &mut together);
                    let link = &mut self.links[at];
                    link.is_broken = true;
                    let (conn, version) = (link.conn, link.decoder.version());
                    self.on_end(at, HowEnded::Abnormal);
                    self.hand_in(Input::Broken { conn, error, version });
                    return;
                }
            }
        }
        self.hand_in_together(at, &mut together);
        self.links[at].unread = unread[read..].to_vec();
    }

    /// Packets that came together are handed in together, as the server does.
    fn hand_in_together(&mut self, at: usize, packets: &mut Vec<Packet<'_>>) {
        if !packets.is_empty() {
            let conn = self.links[at].conn;
            self.hand_in(Input::Packets { conn, packets });
            packets.clear();
        }
    }

    fn on_packet(&mut self, at: usize, packet: Packet<'_>) {
        if self.links[at].told.is_none() {
            let Packet::Connect(connect) = packet else { panic!("clients begin with CONNECT") };
            return self.on_connect(at, &connect);
        }
        self.look_at(at, &packet);
        let conn = self.links[at].conn;
        self.hand_in(Input::Packets { conn, packets: &[packet] });
    }

    /// Tells the oracle of a packet, if its connection is open.
    fn look_at(&mut self, at: usize, packet: &Packet<'_>) {
        if let Some(told) = self.links[at].told.filter(|told| self.oracle.is_open(*told)) {
            self.oracle.on_packet(told, self.now);
            self.note(at, told, packet);
        }
    }

    /// Tells the oracle what a packet on an open connection means.
    fn note(&mut self, at: usize, told: usize, packet: &Packet<'_>) {
        match packet {
            Packet::Connect(_) => self.on_end(at, HowEnded::Abnormal),
            Packet::Publish(publish) => {
                self.accepted.push(String::from_utf8_lossy(publish.payload).into_owned());
            }
            Packet::Disconnect(disconnect) => {
                let expiry = disconnect.properties.iter().find_map(|it| match it {
                    lastwill::protocol::Property::SessionExpiryInterval(secs) => Some(secs),
                    _ => None,
                });
                if let Some(secs) = expiry {
                    self.oracle.on_expiry(told, secs);
                }
                let is_normal = disconnect.reason == ReasonCode::Success;
                let how = if is_normal { HowEnded::Normal } else { HowEnded::Abnormal };
                self.on_end(at, how);
            }
            _ => {}
        }
    }

    fn on_connect(&mut self, at: usize, connect: &Connect<'_>) {
        let will = connect.will.as_ref().map(|will| TheirWill {
            payload: String::from_utf8_lossy(will.payload).into_owned(),
            delay_secs: will.delay_secs,
        });
        let told = self.oracle.on_connect(Fact {
            client: connect.client_id.to_owned(),
            number: self.links[at].number,
            began: self.now,
            clean_start: connect.clean_start,
            expiry_secs: connect.session_expiry_secs,
            keep_alive_secs: connect.keep_alive_secs,
            will,
            heard: self.now,
            end: None,
        });
        self.links[at].told = Some(told);
        let conn = self.links[at].conn;
        self.hand_in(Input::Connect { conn, connect, identity: Ok(Identity::default()) });
    }

    fn on_end(&mut self, at: usize, how: HowEnded) {
        if let Some(told) = self.links[at].told {
            self.oracle.on_end(told, self.now, how);
        }
    }

    fn on_closed(&mut self, at: usize, cause: Lost) {
        let link = &mut self.links[at];
        if link.is_closed || link.is_silent && cause != Lost::ByServer {
            return;
        }
        link.is_closed = true;
        let conn = link.conn;
        self.on_end(at, HowEnded::Abnormal);
        self.hand_in(Input::Closed { conn, cause });
        self.by_conn.remove(&conn);
        self.free_slots.push(conn.slot);
    }

    /// Bytes have come from the broker: the client answers.
    fn on_down(&mut self, at: usize, bytes: &[u8]) {
        let link = &mut self.links[at];
        if link.is_silent {
            return;
        }
        link.on_the_way -= bytes.len();
        let is_drained = link.is_full && link.on_the_way == 0;
        let (conn, client) = (link.conn, link.client);
        if self.speaking[client] == Some(at) {
            let answers = self.clients[client].on_bytes(bytes);
            self.say(client, answers);
        }
        if is_drained && !self.links[at].is_closing && !self.links[at].is_closed {
            self.links[at].is_full = false;
            self.hand_in(Input::Drained { conn });
        }
    }

    fn on_ping(&mut self, at: usize, millis: u64) {
        let client = self.links[at].client;
        if self.speaking[client] == Some(at) {
            let ping = self.clients[client].ping();
            self.say(client, ping);
            self.push(self.now.plus_millis(millis), Event::Ping(at, millis));
        }
    }

    fn on_act(&mut self, client: usize) {
        if !self.are_acting {
            return;
        }
        if ROAMERS.contains(&client) {
            self.roam(client);
        } else {
            self.come_or_go(client);
        }
        let at = self.now.plus_millis(self.rng.below(2_000));
        self.push(at, Event::Act(client));
    }

    /// A roamer loses its connection, or leaves it for another one, and keeps its session.
    fn roam(&mut self, client: usize) {
        match self.speaking[client] {
            None => self.open(client, &Opening::of_roamer(false)),
            Some(_) if self.rng.chance(50) => {}
            Some(_) if self.rng.chance(25) => self.open(client, &Opening::of_roamer(false)),
            Some(link) => self.end_somehow(client, link),
        }
    }

    fn come_or_go(&mut self, client: usize) {
        match self.speaking[client] {
            None if self.rng.chance(70) => self.open_somehow(client),
            None => {}
            Some(_) if self.rng.chance(60) => {
                let retain = self.rng.chance(50);
                // Of QoS 2 nobody has many under way: there is a Receive Maximum.
                let may_burst = self.clients[client].qos < QoS::ExactlyOnce;
                let is_burst = may_burst && self.rng.chance(20);
                let count = if is_burst { 1 + self.rng.below(12) } else { 1 };
                let publish = |_| self.clients[client].publish(retain);
                let burst = (0..count).flat_map(publish).collect();
                self.say(client, burst);
            }
            // Takes over what it has open itself.
            Some(_) if self.rng.chance(25) => self.open_somehow(client),
            Some(link) => self.end_somehow(client, link),
        }
    }

    fn open_somehow(&mut self, client: usize) {
        let opening = self.clients[client].choose_opening(&mut self.rng);
        self.open(client, &opening);
    }

    pub(super) fn open(&mut self, client: usize, opening: &Opening) {
        let at = self.links.len();
        let slot = self.free_slots.pop().unwrap_or(at as u32);
        let conn = ConnId { slot, serial: at as u32 };
        let mut link = Link::new(conn, client, opening.version);
        link.number = self.clients[client].connections;
        link.is_perfect = client == WATCHER;
        self.links.push(link);
        self.by_conn.insert(conn, at);
        self.speaking[client] = Some(at);
        let peer = Arc::from(self.clients[client].name.as_str());
        self.hand_in(Input::Accepted { conn, listener: ListenerId(0), peer });
        let connect = self.clients[client].connect(opening);
        self.say(client, connect);
        let millis = u64::from(opening.keep_alive_secs) * 500;
        if millis > 0 {
            self.push(self.now.plus_millis(millis), Event::Ping(at, millis));
        }
    }

    /// One of the ways in which a connection ends.
    fn end_somehow(&mut self, client: usize, link: usize) {
        let is_v5 = self.clients[client].version.is_v5();
        let last_words = match self.rng.below(10) {
            0 | 1 => self.clients[client].disconnect(ReasonCode::Success, None),
            2 if is_v5 => self.clients[client].disconnect(ReasonCode::DisconnectWithWill, None),
            // Ends the session at once, whatever was agreed.
            3 if is_v5 && !ROAMERS.contains(&client) => {
                self.clients[client].disconnect(ReasonCode::DisconnectWithWill, Some(0))
            }
            // A packet type that does not exist.
            4 => vec![0x00, 0x00],
            // The first bytes of a packet.
            5 => vec![0x30, 0x10, 0x00],
            // A reason code that does not exist: no valid DISCONNECT.
            6 if is_v5 => vec![0xE0, 0x01, 0x01],
            7 => {
                self.links[link].is_silent = true;
                self.speaking[client] = None;
                return;
            }
            // A second CONNECT.
            8 => self.clients[client].connect_bytes.clone(),
            _ => Vec::new(),
        };
        self.say(client, last_words);
        let cause = self.rng.one_of(&[Lost::PeerClosed, Lost::PeerReset]);
        self.hang_up(client, cause);
    }

    fn say(&mut self, client: usize, bytes: Vec<u8>) {
        let Some(link) = self.speaking[client] else { return };
        for piece in pieces(bytes, &mut self.rng) {
            let at = self.links[link].up_arrival(self.now, &mut self.rng);
            self.push(at, Event::Up(link, piece));
        }
    }

    fn hang_up(&mut self, client: usize, cause: Lost) {
        if let Some(link) = self.speaking[client].take() {
            self.end_stream(link, cause);
        }
    }

    fn end_stream(&mut self, link: usize, cause: Lost) {
        let at = self.links[link].up_arrival(self.now, &mut self.rng);
        self.push(at, Event::UpEnd(link, cause));
    }
}

/// Whether a packet is one of those of which many come together.
fn is_common(packet: &Packet<'_>) -> bool {
    matches!(
        packet,
        Packet::Publish(_)
            | Packet::PubAck(_)
            | Packet::PubRec(_)
            | Packet::PubRel(_)
            | Packet::PubComp(_)
    )
}
