//! What persistence costs: durable publishing beside a plain writer, and how long a start takes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lastwill::broker::Broker;
use lastwill::broker::access::OriginState;
use lastwill::broker::change::{Change, SessionState};
use lastwill::broker::policy::Policy;
use lastwill::broker::router::{Options, SessionKey};
use lastwill::config::{Config, Sources};
use lastwill::observe::Log;
use lastwill::protocol::{Message, MessageRef, Properties, QoS, TopicName};
use lastwill::server::Server;
use lastwill::store::{Batch, FileStore, Journal, Loader, Store};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::is_full;
use crate::process::peers::Reader;
use crate::support::packet::Connect;

/// Where the store lies: `BENCH_DIR`, or a temporary directory.
fn folder() -> tempfile::TempDir {
    match std::env::var("BENCH_DIR") {
        Ok(dir) => tempfile::tempdir_in(dir).unwrap(),
        Err(_) => tempfile::tempdir().unwrap(),
    }
}

/// Resident bytes of this process.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Seconds that one writer takes for so many bytes with so many syncs.
fn plain_writer(dir: &Path, bytes: u64, syncs: u64) -> f64 {
    let path = dir.join("plain");
    let mut file = File::create(&path).unwrap();
    let chunk = vec![7; (bytes / syncs.max(1)) as usize];
    let began = Instant::now();
    for _ in 0..syncs {
        file.write_all(&chunk).unwrap();
        file.sync_data().unwrap();
    }
    let took = began.elapsed().as_secs_f64();
    fs::remove_file(path).unwrap();
    took
}

/// CPU seconds of each thread of this process so far, by the beginning of its name.
fn cpu_secs() -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let Ok(stat) = fs::read_to_string(task.unwrap().path().join("stat")) else { continue };
        let (head, rest) = stat.rsplit_once(')').unwrap();
        let name = head.split_once('(').unwrap().1.to_owned();
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks: f64 = [11, 12].map(|at| fields[at].parse::<f64>().unwrap()).iter().sum();
        *found.entry(name).or_default() += ticks / 100.0;
    }
    found
}

/// Messages of one publisher that are not acknowledged.
const WINDOW: u16 = 10;

/// Publishes to `b` at QoS 1, as much at once as the window allows, until it is over; how many were
/// acknowledged.
async fn publish(port: u16, id: String, payload: usize, is_over: Arc<AtomicBool>) -> u64 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(&Connect { id: &id, ..Connect::default() }.bytes()).await.unwrap();
    let mut answer = [0; 4096];
    stream.read_exact(&mut answer[..4]).await.unwrap();
    let one = publish_once("b", &vec![b'x'; payload]);
    let many = one.repeat(WINDOW.into());
    stream.write_all(&many).await.unwrap();
    let (mut acknowledged, mut open, mut unread) = (0, u64::from(WINDOW), 0);
    while open > 0 {
        let read = stream.read(&mut answer).await.unwrap();
        assert!(read > 0, "the broker has hung up");
        unread += read;
        let count = (unread / 4) as u64;
        unread %= 4;
        acknowledged += count;
        open -= count;
        if !is_over.load(Ordering::Relaxed) {
            stream.write_all(&many[..one.len() * count as usize]).await.unwrap();
            open += count;
        }
    }
    acknowledged
}

/// A PUBLISH of QoS 1. The Packet Identifier is always the same: the broker does not mind.
fn publish_once(topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut body = (topic.len() as u16).to_be_bytes().to_vec();
    body.extend_from_slice(topic.as_bytes());
    body.extend_from_slice(&[0, 1]);
    body.extend_from_slice(payload);
    let (mut packet, mut left) = (vec![0x32], body.len());
    while left > 127 {
        packet.push(left as u8 | 128);
        left >>= 7;
    }
    packet.push(left as u8);
    packet.extend_from_slice(&body);
    packet
}

/// Runs so many publishers on a thread of their own; what they have published, in how many seconds.
fn load(port: u16, clients: usize, payload: usize, secs: u64) -> (u64, f64) {
    let is_over = Arc::new(AtomicBool::new(false));
    let publishing = {
        let is_over = Arc::clone(&is_over);
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
            runtime.unwrap().block_on(async {
                let tasks: Vec<_> = (0..clients)
                    .map(|number| format!("p{number}"))
                    .map(|id| tokio::spawn(publish(port, id, payload, Arc::clone(&is_over))))
                    .collect();
                let mut messages = 0;
                for task in tasks {
                    messages += task.await.unwrap();
                }
                messages
            })
        };
        thread::Builder::new().name("load".to_owned()).spawn(work).unwrap()
    };
    let began = Instant::now();
    thread::park_timeout(Duration::from_secs(secs));
    let cpu = cpu_secs();
    is_over.store(true, Ordering::SeqCst);
    let messages = publishing.join().unwrap();
    let used: Vec<String> = cpu
        .iter()
        .filter(|(name, secs)| **secs > 0.05 && !name.starts_with("bench"))
        .map(|(name, secs)| format!("{name} {secs:.2}"))
        .collect();
    eprintln!("  CPU seconds by thread: {}", used.join(", "));
    (messages, began.elapsed().as_secs_f64())
}

#[test]
fn durable_publishing_beside_a_plain_writer_of_the_same_bytes() {
    let (clients, secs) = if is_full() { (100, 5) } else { (20, 1) };
    for (payload, secs) in [(64, secs), (1024, secs), (16 << 10, secs.min(3))] {
        durable_publishing(clients, payload, secs);
    }
}

fn durable_publishing(clients: usize, payload: usize, secs: u64) {
    let dir = folder();
    let sources = Sources {
        ports: vec![0],
        quiet: true,
        sets: ["max_queued_messages=0", "max_queued_bytes=0"].map(str::to_owned).to_vec(),
        data: Some(dir.path().to_owned()),
        ..Sources::default()
    };
    let config = Config::load(&sources).unwrap();
    let server = Server::start(&config, Log::start(config.log.clone())).unwrap();
    let port = server.endpoints()[0].tcp().expect("TCP").port();
    let mut reader = Reader::new(port, "reader", 1);
    reader.subscribe(&["b"]);
    drop(reader);
    let counts = server.store_counts().expect("there is a store");
    let before = (counts.written.load(Ordering::Relaxed), counts.syncs.load(Ordering::Relaxed));
    let (messages, took) = load(port, clients, payload, secs);
    let bytes = counts.written.load(Ordering::Relaxed) - before.0;
    let syncs = counts.syncs.load(Ordering::Relaxed) - before.1;
    assert!(messages > 0 && syncs > 0);
    server.shutdown();
    server.wait().unwrap();
    // Disks have moods: the middle one of three.
    let mut plain = [0; 3].map(|_| plain_writer(dir.path(), bytes, syncs));
    plain.sort_by(f64::total_cmp);
    let plain = plain[1];
    eprintln!(
        "{clients} clients, {payload} bytes: {messages} durable QoS 1 messages in {took:.2} s \
         ({:.0}/s), {} bytes and {:.4} syncs for each; a plain writer of the same bytes and {syncs} \
         syncs takes {plain:.2} s: ratio {:.2}",
        messages as f64 / took,
        bytes / messages,
        syncs as f64 / messages as f64,
        plain / took
    );
}

/// Fills a store without a broker.
fn fill(store: &mut FileStore, retained: u32, sessions: u32) {
    let mut journal = Journal::default();
    for number in 0..sessions {
        let session = SessionKey(number);
        let client_id = format!("client-{number:07}");
        let state = SessionState {
            client_id: &client_id,
            username: None,
            is_own_bridge: false,
            listener: Some("port 1883"),
            expiry_secs: u32::MAX,
            expires_at: None,
            is_whole: true,
        };
        journal.record(&Change::Session { session, state });
        let filter = format!("devices/{number}/#");
        let options = Options { qos: QoS::AtLeastOnce, ..Options::default() };
        journal.record(&Change::Subscription { session, filter: &filter, options });
        if number % 10_000 == 0 {
            store.commit(&journal.take(Batch::default())).unwrap();
        }
    }
    for number in 0..retained {
        let topic = format!("sensors/{:04}/value/{number:07}", number % 1000);
        let message = MessageRef {
            topic: TopicName::new(&topic).unwrap(),
            qos: QoS::AtLeastOnce,
            retain: true,
            properties: Properties::EMPTY,
            payload: b"{\"value\":21.5,\"unit\":\"C\"}",
        };
        let message = Message::copy_of(message, None);
        let publisher = Some(OriginState {
            client_id: "sensor",
            username: None,
            is_own_bridge: false,
            listener: Some("port 1883"),
        });
        journal.record(&Change::Retained { message: &message, expires_at: None, publisher });
        if number % 10_000 == 0 {
            store.commit(&journal.take(Batch::default())).unwrap();
        }
    }
    store.commit(&journal.take(Batch::default())).unwrap();
}

#[test]
fn a_start_with_many_retained_messages_and_sessions() {
    let (retained, sessions) = if is_full() { (1_000_000, 100_000) } else { (10_000, 1000) };
    for (retained, sessions) in [(retained, 0), (0, sessions), (retained, sessions)] {
        let dir = folder();
        let path = dir.path().join("lastwill.db");
        let mut store = FileStore::open(&path).unwrap();
        fill(&mut store, retained, sessions);
        drop(store);
        let file_bytes = fs::metadata(&path).unwrap().len();
        let memory = resident();
        let began = Instant::now();
        let mut store = FileStore::open(&path).unwrap();
        let opened = began.elapsed().as_secs_f64();
        let mut broker = Broker::persistent(Policy::default(), 1);
        let mut loader = Loader::default();
        let load = &mut |key: &[u8], value: &[u8]| {
            loader.load(key, value, &mut |change| broker.restore(change))
        };
        store.load(load).unwrap();
        let took = began.elapsed().as_secs_f64();
        let grown = resident().saturating_sub(memory);
        let stats = broker.stats();
        assert_eq!((stats.retained, stats.sessions), (retained as usize, sessions as usize));
        eprintln!(
            "{retained} retained messages, {sessions} sessions: checked in {opened:.2} s, there in \
             {took:.2} s; file {} MB, memory {} MB, {} bytes for each",
            file_bytes >> 20,
            grown >> 20,
            grown / u64::from(retained + sessions)
        );
    }
}
