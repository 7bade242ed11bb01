//! What persistence costs: durable publishing beside a plain writer, and how long a start takes.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lastwill::broker::Broker;
use lastwill::broker::change::{Change, SessionState};
use lastwill::broker::policy::Policy;
use lastwill::broker::router::{Options, SessionKey};
use lastwill::config::{Config, Sources};
use lastwill::observe::Log;
use lastwill::protocol::{Message, MessageRef, Properties, QoS, TopicName};
use lastwill::server::Server;
use lastwill::store::{Batch, FileStore, Journal, Loader, Store};

use super::is_full;
use crate::process::peers::{Publisher, Reader};

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
    let mut file = File::create(dir.join("plain")).unwrap();
    let chunk = vec![7; (bytes / syncs.max(1)) as usize];
    let began = Instant::now();
    for _ in 0..syncs {
        file.write_all(&chunk).unwrap();
        file.sync_data().unwrap();
    }
    began.elapsed().as_secs_f64()
}

#[test]
fn durable_publishing_beside_a_plain_writer_of_the_same_bytes() {
    let (clients, secs) = if is_full() { (100, 10) } else { (20, 1) };
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
    let is_over = Arc::new(AtomicBool::new(false));
    let began = Instant::now();
    let publishers: Vec<_> = (0..clients)
        .map(|number| {
            let is_over = Arc::clone(&is_over);
            thread::spawn(move || Publisher::new(port, &format!("p{number}"), "b", 1).run(&is_over))
        })
        .collect();
    thread::park_timeout(Duration::from_secs(secs));
    is_over.store(true, Ordering::SeqCst);
    let messages: u64 = publishers.into_iter().map(|it| it.join().unwrap()).sum();
    let took = began.elapsed().as_secs_f64();
    let bytes = counts.written.load(Ordering::Relaxed) - before.0;
    let syncs = counts.syncs.load(Ordering::Relaxed) - before.1;
    // Disks have moods: the middle one of three.
    let mut plain = [0; 3].map(|_| plain_writer(dir.path(), bytes, syncs));
    plain.sort_by(f64::total_cmp);
    let plain = plain[1];
    eprintln!(
        "{clients} clients: {messages} durable QoS 1 messages in {took:.2} s ({:.0}/s), {} bytes and \
         {:.3} syncs for each; a plain writer of the same bytes and {syncs} syncs takes {plain:.2} s: \
         ratio {:.2}",
        messages as f64 / took,
        bytes / messages,
        syncs as f64 / messages as f64,
        plain / took
    );
    assert!(messages > 0 && syncs > 0);
    server.shutdown();
    server.wait().unwrap();
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
        let publisher = Some("sensor");
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
