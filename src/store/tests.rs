//! The file: what is refused, and that it stays as it is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod compact;
mod disk;
mod format;

use std::fs;
use std::path::{Path, PathBuf};

use crate::broker::change::{Change, Entry};
use crate::broker::router::SessionKey;
use crate::protocol::{Message, MessageRef, Properties, QoS, TopicName};
use crate::store::{Batch, FileStore, Journal, Loader, MemoryStore, Store, StoreError};

fn message(topic: &str, payload: &[u8]) -> Message {
    let topic = TopicName::new(topic).unwrap();
    let (qos, properties) = (QoS::AtLeastOnce, Properties::EMPTY);
    Message::copy_of(MessageRef { topic, qos, retain: true, properties, payload }, None)
}

/// A batch with `count` retained messages from number `from` on.
fn batch(from: u32, count: u32) -> Batch {
    let mut journal = Journal::default();
    for number in from..from + count {
        let message = message(&format!("t/{number:05}"), format!("payload {number}").as_bytes());
        journal.record(&Change::Retained { message: &message, expires_at: None, publisher: None });
    }
    journal.take(Batch::default())
}

/// A store with some thousand records, closed in order, or as a crash leaves it.
fn filled(dir: &Path, name: &str, crash: bool) -> PathBuf {
    let path = dir.join(name);
    let mut store = FileStore::open(&path).unwrap();
    for round in 0..20 {
        store.commit(&batch(round * 100, 100)).unwrap();
    }
    if crash {
        let copy = dir.join(format!("{name}.crashed"));
        fs::copy(&path, &copy).unwrap();
        return copy;
    }
    path
}

/// How many records load, each of them as it was written.
fn load(path: &Path) -> Result<u64, StoreError> {
    let mut store = FileStore::open(path)?;
    let mut loader = Loader::default();
    store.load(&mut |key, value| {
        loader.load(key, value, &mut |change| {
            let Change::Retained { message, .. } = change else { panic!("{change:?}") };
            let number = message.topic().as_str().trim_start_matches("t/").trim_start_matches('0');
            let number = if number.is_empty() { "0" } else { number };
            assert_eq!(message.payload(), format!("payload {number}").as_bytes());
            Ok(())
        })
    })?;
    Ok(loader.records())
}

#[test]
fn what_was_committed_is_there_after_a_close_and_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    for crash in [false, true] {
        let path = filled(dir.path(), &format!("s{crash}"), crash);
        for _ in 0..2 {
            assert_eq!(load(&path).unwrap(), 2000);
        }
    }
}

#[test]
fn a_batch_may_be_committed_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut store = FileStore::open(&path).unwrap();
    store.commit(&batch(0, 10)).unwrap();
    store.commit(&batch(0, 10)).unwrap();
    drop(store);
    assert_eq!(load(&path).unwrap(), 10);
}

#[test]
fn a_file_that_is_mostly_free_is_worth_a_compaction_and_becomes_small() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let mut store = FileStore::open(&path).unwrap();
    let mut journal = Journal::default();
    let topic = |number: u32| format!("t/{number:05}");
    for number in 0..4000 {
        let message = message(&topic(number), &[b'x'; 4000]);
        journal.record(&Change::Retained { message: &message, expires_at: None, publisher: None });
    }
    store.commit(&journal.take(Batch::default())).unwrap();
    let full = |store: &mut FileStore| {
        store.load(&mut |_, _| Ok(())).unwrap();
        store.is_half_empty().unwrap()
    };
    assert!(!full(&mut store));
    for number in 100..4000 {
        journal.record(&Change::RetainedGone { topic: &topic(number) });
    }
    store.commit(&journal.take(Batch::default())).unwrap();
    assert!(full(&mut store));
    let done = store.compact().unwrap();
    assert!(done.before > 10 << 20 && done.after < 2 << 20, "{done:?}");
    assert_eq!(fs::metadata(&path).unwrap().len(), done.after);
    assert!(!full(&mut store));
    // It goes on, and opens again.
    store.commit(&batch(10_000, 1)).unwrap();
    assert_eq!(store.info().unwrap().records, 101);
    drop(store);
    assert_eq!(FileStore::open(&path).unwrap().info().unwrap().records, 101);
}

#[test]
fn a_second_broker_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = filled(dir.path(), "s", false);
    let first = FileStore::open(&path).unwrap();
    assert!(matches!(FileStore::open(&path), Err(StoreError::InUse(_))));
    drop(first);
    assert_eq!(load(&path).unwrap(), 2000);
}

#[test]
fn other_files_are_named_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    for (content, expected) in [
        (&b"\x00\xB5\x00mosquitto db\x00\x00\x00\x00"[..], "is a database of mosquitto"),
        (b"", "is not a store of lastwill"),
        (b"SQLite format 3\x00", "is not a store of lastwill"),
    ] {
        fs::write(&path, content).unwrap();
        let error = FileStore::open(&path).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("x.db"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_database_of_mosquitto_beside_it_is_not_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("mosquitto.db"), b"\x00\xB5\x00mosquitto db").unwrap();
    let error = FileStore::open(&dir.path().join("lastwill.db")).unwrap_err();
    assert!(matches!(error, StoreError::Mosquitto(_)), "{error}");
    assert!(!dir.path().join("lastwill.db").exists());
}

#[test]
fn another_redb_and_a_newer_format_are_refused() {
    use redb::{Database, TableDefinition};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("other");
    drop(Database::create(&path).unwrap());
    assert!(matches!(FileStore::open(&path), Err(StoreError::Foreign(_))));
    let path = filled(dir.path(), "s", false);
    let database = Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let about: TableDefinition<'_, &str, u64> = TableDefinition::new("lastwill");
    transaction.open_table(about).unwrap().insert("format", 7).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let before = fs::read(&path).unwrap();
    assert!(matches!(FileStore::open(&path), Err(StoreError::Newer(_, 7))));
    assert!(fs::read(&path).unwrap() == before);
}

#[test]
fn a_store_that_is_cut_short_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    for crash in [false, true] {
        let path = filled(dir.path(), &format!("s{crash}"), crash);
        let whole = fs::read(&path).unwrap();
        let cut = dir.path().join("cut");
        for part in 0..16 {
            let bytes = &whole[..whole.len() * part / 16];
            fs::write(&cut, bytes).unwrap();
            match load(&cut) {
                Ok(records) => assert_eq!(records, 2000),
                Err(error) => {
                    assert!(error.to_string().contains("cut"), "{error}");
                    assert!(fs::read(&cut).unwrap() == bytes, "it was changed");
                }
            }
        }
    }
}

/// A flipped bit is found, or lies where nothing is stored. Never is anything wrong read, and never
/// does a refused store change.
#[test]
fn flipped_bits_are_found_wherever_they_are() {
    let dir = tempfile::tempdir().unwrap();
    for crash in [false, true] {
        let path = filled(dir.path(), &format!("s{crash}"), crash);
        let whole = fs::read(&path).unwrap();
        let flipped = dir.path().join("flipped");
        let mut refused = 0;
        let mut at = 0;
        while at < whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&flipped, &bytes).unwrap();
            match load(&flipped) {
                // The last transaction may count as torn, all others not.
                Ok(records) => assert!(records == 2000 || records == 1900, "{records} at {at}"),
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().contains("flipped"), "{error}");
                    assert!(fs::read(&flipped).unwrap() == bytes, "it was changed");
                }
            }
            at += if at < 512 { 7 } else { 4099 };
        }
        assert!(refused > 10, "only {refused} flips were found");
    }
}

#[test]
fn a_wrong_record_is_named() {
    let mut store = MemoryStore::default();
    let mut journal = Journal::default();
    let message = message("t", b"x");
    let entry = Entry {
        message: &message,
        qos: QoS::AtLeastOnce,
        retain: false,
        expires_at: None,
        subscription_ids: &[1, 2],
        group: Some("$share/g/t"),
    };
    journal.record(&Change::Queued { session: SessionKey(3), order: 1, entry });
    store.commit(&journal.take(Batch::default())).unwrap();
    let mut broker = crate::broker::Broker::persistent(Default::default(), 1);
    let mut loader = Loader::default();
    let result =
        store.load(&mut |key, value| loader.load(key, value, &mut |change| broker.restore(change)));
    let error = result.unwrap_err().to_string();
    assert!(error.contains("record 2 (queued): it does not fit: NoSession"), "{error}");
}
