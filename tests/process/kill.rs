//! The broker is killed again and again in the middle of its work, and every acknowledged message
//! is accounted for.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::peers::{Publisher, Reader};
use super::recorded::Recorder;
use crate::support::packet::{Connect, Will};
use crate::support::program::{self, Program};
use crate::support::raw::Raw;
use crate::support::{PATIENCE, await_that, await_within, lastwill};

/// How often a normal test run kills; `KILLS` says otherwise.
const KILLS: u64 = 200;

/// How much one publisher sends between two kills: a subscriber that is slow to come back must not
/// find its queue full.
const PER_CONNECTION: u64 = 100;

/// A broker that keeps everything in a directory.
pub struct Kept {
    dir: tempfile::TempDir,
    pub port: u16,
    pub program: Option<Program>,
}

impl Kept {
    /// Starts one on a port that it has from then on.
    pub fn start(options: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut kept = Kept { dir, port: 0, program: None };
        kept.run(options);
        kept
    }

    /// Starts it, with what it kept, and waits until it listens.
    pub fn run(&mut self, options: &[&str]) {
        let port = self.port.to_string();
        let data = self.dir.path().to_str().unwrap();
        let args = ["broker", "-p", &port, "--data", data, "--ready-json"];
        let program = Program::start(&lastwill(), &[&args, options].concat());
        let ready = program.stdout.line_with("\"event\":\"ready\"");
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
        self.port = ready["listeners"][0]["port"].as_u64().unwrap().try_into().unwrap();
        self.program = Some(program);
    }

    /// Kills it without warning.
    pub fn kill(&mut self) {
        if let Some(program) = self.program.take() {
            program.signal("KILL");
            program.end();
        }
    }

    /// Its directory.
    fn folder(&self) -> String {
        self.dir.path().display().to_string()
    }

    /// The file of its store.
    pub fn store(&self) -> std::path::PathBuf {
        self.dir.path().join("lastwill.db")
    }
}

/// Numbers from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Numbers that came, first arrivals only, are all of 1 to `count`, in order.
pub fn check(what: &str, seen: &[u64], count: u64, is_once: bool) {
    let mut firsts = Vec::new();
    let mut known = BTreeSet::new();
    firsts.extend(seen.iter().copied().filter(|number| known.insert(*number)));
    let missing: Vec<u64> = (1..=count).filter(|number| !known.contains(number)).collect();
    assert!(missing.is_empty(), "{what}: acknowledged and lost: {missing:?} of {count}");
    assert!(firsts.is_sorted(), "{what}: out of order");
    assert_eq!(firsts.len() as u64, count, "{what}: more than was published");
    if is_once {
        assert_eq!(seen.len(), firsts.len(), "{what}: some came twice");
    }
}

/// `mosquitto_sub`, and what it is sent.
struct Peer {
    recorder: Recorder,
    program: Program,
}

impl Peer {
    /// Starts one, and waits until it misses nothing.
    fn start(broker: &Kept) -> Self {
        let recorder = Recorder::start(broker.port);
        let port = recorder.port.to_string();
        let args = ["-p", &port, "-i", "peer", "-c", "-q", "2", "-v"];
        let topics = ["-t", "q1", "-t", "q2", "-t", "ready"];
        let program = Program::start("mosquitto_sub", &[&args[..], &topics].concat());
        // It misses what is published before its subscriptions are on disk, as they are when it is
        // told of something.
        broker.program.as_ref().unwrap().stderr.line_with("peer 2 ready");
        let port = broker.port.to_string();
        let first = ["pub", "-p", &port, "-q", "1", "-t", "ready", "-m", "x"];
        assert_eq!(program::run(&lastwill(), &first).code, Some(0));
        program.stdout.line_with("ready x");
        Peer { recorder, program }
    }

    /// What it has printed so far, for one topic.
    fn printed(&self, topic: &str) -> Vec<u64> {
        let lines = self.program.stdout.so_far();
        let numbers = lines.iter().filter_map(|line| line.strip_prefix(topic)?.trim().parse().ok());
        numbers.collect()
    }

    /// It was sent all of so many messages, those of QoS 2 once, and has printed them.
    fn check(&self, q1: u64, q2: u64) {
        await_within(PATIENCE * 6, "mosquitto_sub has everything", || {
            let books = self.recorder.books();
            books.once.last() == Some(&q2)
                && books.is_settled()
                && self.printed("q1").last() == Some(&q1)
                && self.printed("q2").len() >= books.by_libmosquitto.len()
        });
        check("QoS 1 to mosquitto_sub", &self.printed("q1"), q1, false);
        let books = self.recorder.books();
        check("QoS 2 to mosquitto_sub", &books.once, q2, true);
        // It prints each of them once, or what the one fault of libmosquitto makes of them.
        let printed = self.printed("q2");
        if printed != books.once {
            assert_eq!(printed, books.by_libmosquitto, "QoS 2 printed by mosquitto_sub");
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_of_qos_2_doubled_however_often_it_is_killed() {
    let kills = std::env::var("KILLS").map_or(KILLS, |it| it.parse().expect("KILLS is a number"));
    let seed = std::env::var("KILL_SEED").map_or(1, |it| it.parse().expect("a number"));
    eprintln!("{kills} kills, KILL_SEED={seed}");
    let mut random = Random(seed);
    let mut broker = Kept::start(&["--set", "log_type=subscribe"]);
    let port = broker.port;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut reader = Reader::new(port, "reader", 2);
    reader.subscribe(&["q1", "q2"]);
    let peer = Peer::start(&broker);
    let publishers = [("p1", "q1", 1), ("p2", "q2", 2)].map(|(id, topic, qos)| {
        let is_over = Arc::clone(&is_over);
        let publisher = Publisher::new(port, id, topic, qos).at_most(PER_CONNECTION);
        thread::spawn(move || publisher.run(&is_over))
    });
    let reading = {
        let is_over = Arc::clone(&is_over);
        thread::spawn(move || {
            reader.run(&is_over);
            reader
        })
    };
    for _ in 0..kills {
        thread::park_timeout(Duration::from_millis(random.below(150)));
        broker.kill();
        broker.run(&[]);
    }
    is_over.store(true, Ordering::SeqCst);
    let counts = publishers.map(|publisher| publisher.join().expect("the publisher goes on"));
    let mut reader = reading.join().expect("the reader goes on");
    let [q1, q2] = counts;
    reader.drain(|seen| seen("q1").last() == Some(&q1) && seen("q2").last() == Some(&q2));
    eprintln!("{q1} messages of QoS 1 and {q2} of QoS 2 acknowledged across {kills} kills");
    assert!(q1 > kills && q2 > kills / 2, "hardly anything was published: {q1}, {q2}");
    check("QoS 1", &reader.seen["q1"], q1, false);
    check("QoS 2", &reader.seen["q2"], q2, true);
    peer.check(q1, q2);
}

#[test]
fn w193_w194_each_will_of_a_killed_broker_is_published_once() {
    let mut broker = Kept::start(&[]);
    let mut reader = Reader::new(broker.port, "reader", 2);
    reader.subscribe(&["wills/#"]);
    let clients: Vec<Raw> = (0..20)
        .map(|number| {
            let (id, topic) = (format!("c{number}"), format!("wills/{number}"));
            let will = Some(Will { qos: 2, ..Will::new(&topic, "1") });
            let mut raw = Raw::dial(broker.port);
            raw.send(
                &Connect { id: &id, clean: number % 2 == 0, will, ..Connect::default() }.bytes(),
            );
            // Accepted: the will is promised.
            assert_eq!(raw.receive_connack(), 0);
            raw
        })
        .collect();
    broker.kill();
    drop(clients);
    for _ in 0..3 {
        broker.run(&[]);
        broker.kill();
    }
    broker.run(&[]);
    reader.drain(|seen| (0..20).all(|number| !seen(&format!("wills/{number}")).is_empty()));
    for (topic, seen) in &reader.seen {
        assert_eq!(seen.len(), 1, "{topic}");
    }
}

/// A full disk, as far as this process is concerned: files may not grow past a limit, until the
/// broker is started again without one. Clients are told, nothing acknowledged is lost.
#[test]
fn a_full_disk_stops_acknowledgements_and_loses_nothing() {
    let mut broker = Kept::start(&[]);
    let port = broker.port;
    let mut reader = Reader::new(port, "reader", 2);
    reader.subscribe(&["q1"]);
    drop(reader);
    let program = broker.program.as_ref().unwrap();
    let size = std::fs::metadata(broker.store()).unwrap().len();
    limit_files(program.pid(), size + 300_000);
    let is_over = Arc::new(AtomicBool::new(false));
    let publisher = {
        let is_over = Arc::clone(&is_over);
        thread::spawn(move || Publisher::new(port, "p1", "q1", 1).run(&is_over))
    };
    program.stderr.line_with("Nothing is acknowledged");
    // Whoever comes now is refused: server unavailable.
    let refused = program::run("mosquitto_pub", &["-p", &port.to_string(), "-t", "t", "-n"]);
    assert!(
        refused.code != Some(0) && refused.stderr.concat().contains("unavailable"),
        "{refused:?}"
    );
    // A second look: it still stands, and tells so once only.
    let told = program.stderr.so_far().iter().filter(|it| it.contains("Nothing is")).count();
    assert_eq!(told, 1);
    limit_files(program.pid(), u64::MAX);
    program.stderr.line_with("The store works again");
    // The threads hear it a moment after the log does.
    let newcomer = ["pub", "-p", &port.to_string(), "-t", "t", "-n"];
    await_that("newcomers are accepted again", || {
        program::run(&lastwill(), &newcomer).code == Some(0)
    });
    let mut reader = Reader::new(port, "reader", 2);
    reader.drain(|seen| seen("q1").len() > 1000);
    broker.kill();
    broker.run(&[]);
    is_over.store(true, Ordering::SeqCst);
    let count = publisher.join().expect("the publisher goes on");
    reader.drain(|seen| seen("q1").last() == Some(&count));
    check("QoS 1", &reader.seen["q1"], count, false);
}

/// Sets how large the files of a process may become, in bytes.
fn limit_files(pid: u32, bytes: u64) {
    let limit = if bytes == u64::MAX { "unlimited".to_owned() } else { bytes.to_string() };
    let args =
        ["--pid", &pid.to_string(), &format!("--fsize={limit}:unlimited")].map(str::to_owned);
    let done = program::run("prlimit", &args.each_ref().map(String::as_str));
    assert_eq!(done.code, Some(0), "{done:?}");
}

#[test]
fn a_store_that_is_no_store_or_in_use_stops_the_start() {
    let mut broker = Kept::start(&[]);
    let data = broker.folder();
    let refused = program::run(&lastwill(), &["broker", "-p", "0", "--data", &data]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.concat().contains("in use by another process"), "{refused:?}");
    broker.kill();
    std::fs::write(broker.store(), b"something else").unwrap();
    let refused = program::run(&lastwill(), &["broker", "-p", "0", "--data", &data]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.concat().contains("is not a store of lastwill"), "{refused:?}");
    assert_eq!(std::fs::read(broker.store()).unwrap(), b"something else");
}
