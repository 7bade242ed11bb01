//! The file: what is refused, and that it stays as it is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod compact;
mod disk;
mod format;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::broker::change::{Change, Entry};
use crate::broker::router::SessionKey;
use crate::protocol::{Message, MessageRef, Properties, QoS, TopicName};
use crate::store::files::Part;
use crate::store::{Batch, FileStore, Journal, Loader, MemoryStore, Progress, Store, StoreError};

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
        for part in PARTS {
            fs::copy(part.path(&path), part.path(&copy)).unwrap();
        }
        return copy;
    }
    store.close().unwrap();
    path
}

const PARTS: [Part; 3] = [Part::Main, Part::LOGS[0], Part::LOGS[1]];

/// The files of a store.
fn read_all(path: &Path) -> Vec<Option<Vec<u8>>> {
    PARTS.iter().map(|part| fs::read(part.path(path)).ok()).collect()
}

fn write_all(path: &Path, files: &[Option<Vec<u8>>]) {
    for (part, bytes) in PARTS.iter().zip(files) {
        match bytes {
            Some(bytes) => fs::write(part.path(path), bytes).unwrap(),
            None => drop(fs::remove_file(part.path(path))),
        }
    }
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
fn whoever_watches_hears_how_far_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = filled(dir.path(), "s", false);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hearing = Arc::clone(&heard);
    let watch = Arc::new(move |progress| hearing.lock().unwrap().push(progress));
    let mut store = FileStore::open_watched(&path, watch).unwrap();
    store.load(&mut |_, _| Ok(())).unwrap();
    let heard = heard.lock().unwrap();
    let bytes = heard.iter().filter_map(|it| match it {
        Progress::Checking(done, total) => Some((*done, *total)),
        _ => None,
    });
    let bytes: Vec<_> = bytes.collect();
    assert!(bytes.is_sorted() && bytes.last().is_some_and(|(done, total)| done <= total));
    assert!(bytes.len() > 10, "{bytes:?}");
    assert_eq!(heard.last(), Some(&Progress::Reading(1024, 2000)));
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
    store.close().unwrap();
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

/// Whether what was found is everything, or refused and left as it was.
fn is_refused(path: &Path, files: &[Option<Vec<u8>>], may_be_torn: bool) -> bool {
    write_all(path, files);
    match load(path) {
        // The last transaction may count as torn, all others not.
        Ok(records) => {
            assert!(records == 2000 || (may_be_torn && records == 1900), "{records}");
            false
        }
        Err(error) => {
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
            assert!(read_all(path) == files, "it was changed");
            true
        }
    }
}

#[test]
fn a_store_that_is_cut_short_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    for crash in [false, true] {
        let path = filled(dir.path(), &format!("s{crash}"), crash);
        let whole = read_all(&path);
        let cut = dir.path().join("cut");
        for part in 0..16 {
            let mut files = whole.clone();
            let main = files[0].as_mut().unwrap();
            main.truncate(main.len() * part / 16);
            is_refused(&cut, &files, false);
        }
    }
}

#[test]
fn a_log_that_is_missing_or_cut_or_of_another_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = filled(dir.path(), "s", true);
    let whole = read_all(&path);
    let copy = dir.path().join("copy");
    let current = if whole[1].as_ref().unwrap().is_empty() { 2 } else { 1 };
    for bytes in [None, Some(Vec::new()), Some(whole[current].clone().unwrap()[..300].to_vec())] {
        let mut files = whole.clone();
        files[current] = bytes;
        assert!(is_refused(&copy, &files, false));
        let error = load(&copy).unwrap_err().to_string();
        assert!(error.contains("its log") && error.contains(".log-"), "{error}");
    }
    assert!(!is_refused(&copy, &whole, false));
    // The log of another store is none, even where it has the same number.
    let mut files = read_all(&filled(dir.path(), "other", true));
    files[current] = whole[current].clone();
    assert!(is_refused(&copy, &files, false));
    // Without the database no new one is begun.
    files[0] = None;
    write_all(&copy, &files);
    let error = load(&copy).unwrap_err().to_string();
    assert!(error.contains("is missing, but its log"), "{error}");
    assert!(!copy.exists());
}

/// A flipped bit is found, or lies where nothing is stored. Never is anything wrong read, and never
/// does a refused store change.
#[test]
fn flipped_bits_are_found_wherever_they_are() {
    let dir = tempfile::tempdir().unwrap();
    for crash in [false, true] {
        let path = filled(dir.path(), &format!("s{crash}"), crash);
        let whole = read_all(&path);
        let flipped = dir.path().join("flipped");
        let mut refused = [0; 3];
        for (file, bytes) in whole.iter().enumerate() {
            let (mut at, len) = (0, bytes.as_ref().map_or(0, Vec::len));
            while at < len {
                let mut files = whole.clone();
                files[file].as_mut().unwrap()[at] ^= 1 << (at % 8);
                refused[file] += u32::from(is_refused(&flipped, &files, true));
                at += if at < 600 { 19 } else { 16_411 };
            }
        }
        assert!(refused.iter().sum::<u32>() > 10, "only {refused:?} flips were found");
        assert!(!crash || refused[1] + refused[2] > 20, "{refused:?}");
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
