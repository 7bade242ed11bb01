//! A broker that breaks its promises on purpose, in the same way for every tenth message.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::raw::Raw;

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
}

/// A broker that knows one subscription, to everything. Its threads end with its clients.
pub struct Faulty {
    /// Where it listens.
    pub port: u16,
}

#[derive(Default)]
struct State {
    subscribers: Vec<TcpStream>,
    /// Messages that have come.
    count: usize,
    /// The one that waits for the next.
    held: Option<Vec<u8>>,
}

impl Faulty {
    /// Starts it.
    pub fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let state = Arc::new(Mutex::new(State::default()));
            // One subscriber, one publisher.
            for stream in listener.incoming().take(2).map(Result::unwrap) {
                let state = Arc::clone(&state);
                thread::spawn(move || serve(&stream, &state, fault));
            }
        });
        Faulty { port }
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>, fault: Fault) {
    let mut client = Raw::over(stream.try_clone().unwrap());
    while let Some(packet) = client.next() {
        match packet[0] {
            0x10 => client.send(&[0x20, 2, 0, 0]),
            0x82 => {
                state.lock().unwrap().subscribers.push(stream.try_clone().unwrap());
                client.send(&[0x90, 3, packet[2], packet[3], packet[packet.len() - 1]]);
            }
            0x30..=0x3F => {
                if let Some(answer) = answer(&packet) {
                    client.send(&answer);
                }
                if !deliver(&mut state.lock().unwrap(), packet, fault) {
                    return;
                }
            }
            // PUBREL of the publisher, PUBREC of the subscriber.
            0x62 => client.send(&[0x70, 2, packet[2], packet[3]]),
            0x50 => client.send(&[0x62, 2, packet[2], packet[3]]),
            0x40 | 0x70 => {}
            _ => return,
        }
    }
}

/// The first acknowledgement of a PUBLISH.
fn answer(packet: &[u8]) -> Option<[u8; 4]> {
    let qos = packet[0] >> 1 & 3;
    let topic_len = usize::from(packet[3]);
    let id = packet.get(4 + topic_len..6 + topic_len)?;
    match qos {
        1 => Some([0x40, 2, id[0], id[1]]),
        2 => Some([0x50, 2, id[0], id[1]]),
        _ => None,
    }
}

/// Passes a message on as the fault wants it; whether the broker lives on.
fn deliver(state: &mut State, packet: Vec<u8>, fault: Fault) -> bool {
    let place = state.count;
    state.count += 1;
    let is_chosen = place % 10 == 3;
    let mut out = Vec::new();
    match fault {
        Fault::Drops if is_chosen => {}
        Fault::Doubles if is_chosen => out = packet.repeat(2),
        Fault::Swaps if is_chosen => state.held = Some(packet),
        Fault::Dies if place == 49 => {
            for subscriber in &state.subscribers {
                subscriber.shutdown(std::net::Shutdown::Both).unwrap();
            }
            return false;
        }
        _ => {
            out = packet;
            out.extend(state.held.take().unwrap_or_default());
        }
    }
    for mut subscriber in &state.subscribers {
        // A subscriber that has gone has seen enough.
        let _ = subscriber.write_all(&out);
    }
    true
}
