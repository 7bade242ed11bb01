//! A server that plays its part from a script, on a thread of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::SockRef;

use crate::support::PATIENCE;
use crate::support::packet::{hex, to_hex};

/// CONNACK of version 3 and of version 5 that accepts.
pub const ACCEPT_V3: &str = "20020000";
pub const ACCEPT_V5: &str = "2003000000";

/// What the server does next.
pub enum Step {
    /// Reads one whole packet.
    Read,
    /// Sends these bytes.
    Send(String),
    /// Sends these bytes so many times.
    Repeat(String, usize),
    /// Closes; the client has to be accepted again for what follows.
    Close,
    /// The same with a reset.
    Reset,
}

/// Reads CONNECT, then sends: the way most scripts begin.
pub fn answer(bytes: &str) -> Vec<Step> {
    vec![Step::Read, Step::Send(bytes.to_owned())]
}

/// Reads one packet after each of the packets that it sends, CONNECT first.
pub fn turns(packets: &[&str]) -> Vec<Step> {
    packets.iter().flat_map(|bytes| answer(bytes)).collect()
}

/// A running server.
pub struct Scripted {
    pub port: String,
    played: JoinHandle<Vec<String>>,
}

impl Scripted {
    /// Starts it on a free port. After its script it reads until the client closes.
    pub fn start(script: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let played = std::thread::spawn(move || play(&listener, script));
        Scripted { port, played }
    }

    /// Everything that the client sent, packet by packet, in hexadecimal; `end` where it closed
    /// its side. Waits for the end of the script.
    pub fn seen(self) -> Vec<String> {
        self.played.join().unwrap()
    }
}

fn play(listener: &TcpListener, script: Vec<Step>) -> Vec<String> {
    let mut seen = Vec::new();
    let mut client = accept(listener);
    for step in script {
        match step {
            Step::Read => seen.push(packet(&mut client)),
            Step::Send(bytes) => client.write_all(&hex(&bytes)).unwrap(),
            Step::Repeat(bytes, count) => {
                let bytes = hex(&bytes);
                (0..count).for_each(|_| client.write_all(&bytes).unwrap());
            }
            Step::Close => {
                drop(client);
                client = accept(listener);
            }
            Step::Reset => {
                SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
                drop(client);
                client = accept(listener);
            }
        }
    }
    while seen.last().is_none_or(|last| last != "end") {
        seen.push(packet(&mut client));
    }
    seen
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (client, _) = listener.accept().unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

/// The next packet; `end` at the end of the stream, `reset` never: a reset fails the test.
fn packet(client: &mut TcpStream) -> String {
    let mut head = [0; 2];
    match client.read(&mut head[..1]).expect("a packet or an orderly end") {
        0 => return "end".to_owned(),
        _ => client.read_exact(&mut head[1..]).unwrap(),
    }
    assert!(head[1] < 0x80, "only short packets are expected here");
    let mut body = vec![0; usize::from(head[1])];
    client.read_exact(&mut body).unwrap();
    to_hex(&[&head[..], &body].concat()).replace(' ', "").to_lowercase()
}
