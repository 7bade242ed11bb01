//! A simulated stream between a client and the broker, and what the broker's side needs for it.

use lastwill::broker::event::ConnId;
use lastwill::protocol::{Decoder, Encoder, Version};
use lastwill::time::Timestamp;

use super::client::LIMITS;
use super::rng::Rng;

/// So many bytes on the way to a client, and its connection counts as full: few, because few
/// messages are in flight at a time.
const UNREAD_BYTES_MAX: usize = 150;

/// One Network Connection.
#[derive(Debug)]
pub struct Link {
    pub conn: ConnId,
    /// Which client it belongs to.
    pub client: usize,
    /// Which connection of this client it is.
    pub number: u32,
    /// Its place in the oracle once its CONNECT was handed in.
    pub told: Option<usize>,
    pub decoder: Decoder,
    pub encoder: Encoder,
    /// What came from the client and is no whole packet yet.
    pub unread: Vec<u8>,
    /// Takes no time and is never full.
    pub is_perfect: bool,
    /// Half-open: nothing arrives any more in either direction, and nobody is told.
    pub is_silent: bool,
    /// The bytes made no sense: nothing is read behind them.
    pub is_broken: bool,
    /// The broker has closed it.
    pub is_closing: bool,
    /// The broker has been told that it is gone.
    pub is_closed: bool,
    /// Bytes on the way to the client.
    pub on_the_way: usize,
    pub is_full: bool,
    /// When the last bytes on the way arrive, up and down: a stream keeps its order.
    last_up: Timestamp,
    last_down: Timestamp,
}

impl Link {
    pub fn new(conn: ConnId, client: usize, version: Version) -> Self {
        Link {
            conn,
            client,
            number: 0,
            told: None,
            decoder: Decoder::of_client(LIMITS),
            encoder: Encoder::new(version),
            unread: Vec::new(),
            is_perfect: false,
            is_silent: false,
            is_broken: false,
            is_closing: false,
            is_closed: false,
            on_the_way: 0,
            is_full: false,
            last_up: Timestamp::default(),
            last_down: Timestamp::default(),
        }
    }

    /// When bytes that the client sends now arrive.
    pub fn up_arrival(&mut self, now: Timestamp, rng: &mut Rng) -> Timestamp {
        self.last_up = self.last_up.max(self.delayed(now, rng));
        self.last_up
    }

    /// When bytes that the broker sends now arrive.
    pub fn down_arrival(&mut self, now: Timestamp, rng: &mut Rng) -> Timestamp {
        self.last_down = self.last_down.max(self.delayed(now, rng));
        self.last_down
    }

    /// Notes bytes on their way to the client; whether it takes more.
    pub fn has_room_after(&mut self, bytes: usize) -> bool {
        self.on_the_way += bytes;
        // Once full it is full until it is drained, whatever its client has read since.
        self.is_full |= !self.is_perfect && self.on_the_way > UNREAD_BYTES_MAX;
        !self.is_full
    }

    fn delayed(&self, now: Timestamp, rng: &mut Rng) -> Timestamp {
        if self.is_perfect {
            return now;
        }
        now.plus_millis(if rng.chance(5) { rng.below(500) } else { rng.below(40) })
    }
}

/// Cuts bytes into up to three pieces, as a network does.
pub fn pieces(bytes: Vec<u8>, rng: &mut Rng) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut pieces = Vec::new();
    for _ in 0..rng.below(3) {
        let at = rng.below(rest.len() as u64 + 1) as usize;
        let behind = rest.split_off(at);
        pieces.push(std::mem::replace(&mut rest, behind));
    }
    pieces.push(rest);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}
