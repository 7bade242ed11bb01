//! The file of a store gives back what is free in it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use lastwill::broker::change::Change;
use lastwill::config::{Config, Sources};
use lastwill::observe::Log;
use lastwill::protocol::{Message, MessageRef, Properties, QoS, TopicName};
use lastwill::server::Server;
use lastwill::store::{Batch, FileStore, Journal, Store};

use super::kill::Kept;
use crate::support::{await_that, lastwill, program};

/// How often a compaction is killed.
const KILLS: u64 = 20;

fn topic(number: u32) -> String {
    format!("t/{number:05}")
}

/// A store of so many retained messages all but every twentieth of which are gone again.
fn sparse(path: &Path, count: u32) {
    let mut store = FileStore::open(path).unwrap();
    let mut journal = Journal::default();
    for number in 0..count {
        let topic = topic(number);
        let message = MessageRef {
            topic: TopicName::new(&topic).unwrap(),
            qos: QoS::AtLeastOnce,
            retain: true,
            properties: Properties::EMPTY,
            payload: &[b'x'; 2000],
        };
        let message = Message::copy_of(message, None);
        journal.record(&Change::Retained { message: &message, expires_at: None, publisher: None });
    }
    store.commit(&journal.take(Batch::default())).unwrap();
    // What comes and goes within the log never gets into the file.
    store.close().unwrap();
    for number in (0..count).filter(|number| number % 20 != 0) {
        journal.record(&Change::RetainedGone { topic: &topic(number) });
    }
    store.commit(&journal.take(Batch::default())).unwrap();
    store.close().unwrap();
}

fn records(path: &Path) -> u64 {
    FileStore::open(path).unwrap().info().unwrap().records
}

#[test]
fn a_compaction_that_is_killed_at_any_moment_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (path, copy) = (dir.path().join("sparse.db"), dir.path().join("copy.db"));
    let count = 10_000;
    sparse(&path, count);
    let before = fs::metadata(&path).unwrap().len();
    let mut killed = 0;
    for round in 0..KILLS {
        fs::copy(&path, &copy).unwrap();
        let args = ["store".as_ref(), "compact".as_ref(), copy.as_os_str()];
        let mut child = Command::new(lastwill()).args(args).stderr(Stdio::null()).spawn().unwrap();
        thread::park_timeout(Duration::from_millis(5 + round * 97 % 200));
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        assert_eq!(records(&copy), u64::from(count) / 20, "round {round}");
    }
    assert!(killed > 3, "only {killed} were killed before they had ended");
    let copy = copy.display().to_string();
    let done = program::run(&lastwill(), &["store", "compact", &copy]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stderr[0].contains("compacted from"), "{done:?}");
    let after = fs::metadata(&copy).unwrap().len();
    assert!(after < before / 4, "{before} to {after}");
    assert_eq!(records(Path::new(&copy)), u64::from(count) / 20);
}

#[test]
fn a_start_compacts_a_file_that_is_mostly_free_and_no_other() {
    let mut broker = Kept::start(&[]);
    broker.kill();
    let path = broker.store();
    fs::remove_file(&path).unwrap();
    sparse(&path, 8000);
    let before = fs::metadata(&path).unwrap().len();
    broker.run(&[]);
    let line = broker.program.as_ref().unwrap().stderr.line_with("Compacted the store");
    assert!(line.contains(&path.display().to_string()) && line.contains(" MiB in "), "{line}");
    let after = fs::metadata(&path).unwrap().len();
    assert!(after < before / 4, "{before} to {after}");
    broker.kill();
    broker.run(&[]);
    let program = broker.program.as_ref().unwrap();
    let line = program.stderr.line_with(" retained messages");
    assert!(line.contains("400 retained"), "{line}");
    assert!(!program.stderr.so_far().iter().any(|line| line.contains("ompact")));
}

#[test]
fn a_running_broker_compacts_when_it_is_asked_to() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lastwill.db");
    // Too small for a start to bother.
    sparse(&path, 2000);
    let sources = Sources {
        ports: vec![0],
        quiet: true,
        data: Some(dir.path().to_owned()),
        ..Sources::default()
    };
    let config = Config::load(&sources).unwrap();
    let server = Server::start(&config, Log::start(config.log.clone())).unwrap();
    let before = fs::metadata(&path).unwrap().len();
    server.compact_store();
    await_that("the file is smaller", || fs::metadata(&path).unwrap().len() < before / 2);
    server.shutdown();
    server.wait().unwrap();
    drop(server);
    assert_eq!(records(&path), 100);
}

#[test]
fn a_store_in_use_and_one_that_is_none_are_not_compacted() {
    let broker = Kept::start(&[]);
    let path = broker.store().display().to_string();
    let refused = program::run(&lastwill(), &["store", "compact", &path]);
    assert!(refused.code == Some(1) && refused.stderr[0].contains("in use"), "{refused:?}");
    let missing = format!("{path}.none");
    let refused = program::run(&lastwill(), &["store", "compact", &missing]);
    assert!(refused.code == Some(1) && refused.stderr[0].contains(&missing), "{refused:?}");
}
