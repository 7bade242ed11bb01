//! Files of older versions, and what is kept of who somebody was.

use redb::{Database, ReadableDatabase, TableDefinition};

use super::{batch, message};
use crate::broker::access::OriginState;
use crate::broker::change::{Change, SessionState};
use crate::broker::router::SessionKey;
use crate::store::{Batch, FileStore, Journal, Loader, Messages, Store, from_json, to_json};

const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("lastwill");

fn state(is_own_bridge: bool, listener: Option<&str>) -> SessionState<'_> {
    SessionState {
        client_id: "c",
        username: Some("u"),
        is_own_bridge,
        listener,
        expiry_secs: 9,
        expires_at: None,
        is_whole: true,
    }
}

/// A session, a retained message, and how they are told.
fn told(
    state: SessionState<'_>,
    publisher: Option<OriginState<'_>>,
    tell: &mut dyn FnMut(Change<'_>),
) {
    tell(Change::Session { session: SessionKey(0), state });
    let message = message("t", b"x");
    tell(Change::Retained { message: &message, expires_at: None, publisher });
}

fn load(store: &mut FileStore) -> Vec<String> {
    let (mut loader, mut lines) = (Loader::default(), Vec::new());
    let each = &mut |key: &[u8], value: &[u8]| {
        loader.load(key, value, &mut |change| {
            lines.push(format!("{change:?}"));
            Ok(())
        })
    };
    store.load(each).unwrap();
    lines
}

fn format(path: &std::path::Path) -> u64 {
    let database = Database::open(path).unwrap();
    let transaction = database.begin_read().unwrap();
    transaction.open_table(ABOUT).unwrap().get("format").unwrap().unwrap().value()
}

#[test]
fn who_somebody_was_is_read_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let origin = |username, is_own_bridge, listener| {
        Some(OriginState { client_id: "p", username, is_own_bridge, listener })
    };
    let cases = [
        (state(false, None), None),
        (state(true, None), origin(None, false, None)),
        (state(false, Some("port 1")), origin(None, false, Some("port 1"))),
        (state(true, Some("")), origin(Some("u"), true, Some(""))),
    ];
    for (n, (state, publisher)) in cases.into_iter().enumerate() {
        let (mut expected, mut journal) = (Vec::new(), Journal::default());
        let (mut from_lines, mut messages) = (Vec::new(), Messages::default());
        told(state, publisher, &mut |change| {
            expected.push(format!("{change:?}"));
            journal.record(&change);
            let line = to_json(&change).unwrap();
            from_json(&line, &mut messages, &mut |it| from_lines.push(format!("{it:?}"))).unwrap();
        });
        let mut store = FileStore::open(&dir.path().join(n.to_string())).unwrap();
        store.commit(&journal.take(Batch::default())).unwrap();
        assert_eq!(load(&mut store), expected);
        assert_eq!(from_lines, expected);
    }
}

/// What is not known of somebody is written as version 1 writes it.
#[test]
fn a_file_of_version_1_is_read_and_becomes_one_of_version_2() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let (mut expected, mut journal) = (Vec::new(), Journal::default());
    let origin =
        OriginState { client_id: "p", username: None, is_own_bridge: false, listener: None };
    told(state(false, None), Some(origin), &mut |change| {
        expected.push(format!("{change:?}"));
        journal.record(&change);
    });
    let mut store = FileStore::open(&path).unwrap();
    store.commit(&journal.take(Batch::default())).unwrap();
    store.close().unwrap();
    drop(store);
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(ABOUT).unwrap().insert("format", 1).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let mut store = FileStore::open(&path).unwrap();
    assert_eq!(load(&mut store), expected);
    drop(store);
    assert_eq!(format(&path), 1, "reading changes nothing");
    let mut store = FileStore::open(&path).unwrap();
    store.commit(&batch(0, 1)).unwrap();
    store.close().unwrap();
    drop(store);
    assert_eq!(format(&path), 2);
}
