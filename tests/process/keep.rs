//! `lastwill store`: into a store of a broker that is stopped, out of it, and into another.

use std::fs;
use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use super::kill::Kept;
use super::peers::Reader;
use crate::support::{lastwill, program};

fn store(args: &[&str]) -> program::Ended {
    program::run(&lastwill(), &[&["store"], args].concat())
}

/// Imports lines; exit code and what was said.
fn import(path: &str, lines: &str) -> (Option<i32>, String) {
    let mut child = Command::new(lastwill())
        .args(["store", "import", path])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // What is refused before it is read is not taken.
    if let Err(error) = child.stdin.take().unwrap().write_all(lines.as_bytes()) {
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    }
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A broker with an absent reader, messages for it, something retained, and a will.
fn filled() -> Kept {
    let mut broker = Kept::start(&[]);
    let mut reader = Reader::new(broker.port, "reader", 2);
    reader.subscribe(&["q1", "w"]);
    drop(reader);
    let port = broker.port.to_string();
    for (topic, payload) in [("q1", "1"), ("q1", "2"), ("kept", "text")] {
        let args = ["pub", "-p", &port, "-q", "2", "-t", topic, "-m", payload, "-r"];
        assert_eq!(program::run(&lastwill(), &args).code, Some(0));
    }
    broker.kill();
    broker
}

#[test]
fn an_export_is_imported_into_a_store_that_a_broker_goes_on_with() {
    let mut broker = filled();
    let folder = broker.store().parent().unwrap().display().to_string();
    let info = store(&["info", &folder]);
    let info: serde_json::Value = serde_json::from_str(&info.stdout[0]).unwrap();
    assert_eq!((&info["format"], &info["kinds"]["retained"]), (&2.into(), &2.into()), "{info}");
    let check = store(&["check", &folder]);
    assert_eq!(check.code, Some(0), "{check:?}");
    assert!(check.stderr[0].ends_with("records, nothing is wrong."), "{check:?}");
    let export = store(&["export", &folder]);
    assert_eq!(export.code, Some(0));
    let lines = export.stdout.join("\n");
    assert!(lines.contains("\"payload\":\"text\"") && lines.contains("\"client_id\":\"reader\""));
    // Nothing is imported over something.
    let path = broker.store().display().to_string();
    let (code, said) = import(&path, &lines);
    assert!(code == Some(1) && said.contains("there already"), "{said}");
    fs::rename(broker.store(), format!("{path}.old")).unwrap();
    let (code, said) = import(&path, &lines);
    assert_eq!(code, Some(0), "{said}");
    let again = store(&["export", &folder]);
    assert_eq!(again.stdout, export.stdout);
    broker.run(&[]);
    let mut reader = Reader::new(broker.port, "reader", 2);
    reader.drain(|seen| seen("q1") == [1, 2]);
}

#[test]
fn what_is_no_export_is_refused_by_line_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new.db").display().to_string();
    for (lines, expected) in [
        ("hello", "line 1 of standard input"),
        ("{\"a\":1}", "it should begin with {\"lastwill_store\":2}"),
        ("{\"lastwill_store\":9}", "format 9 is not known"),
        ("{\"lastwill_store\":1}\n{\"kind\":\"x\",\"session\":1}", "line 2 of standard input"),
        (
            "{\"lastwill_store\":1}\n{\"kind\":\"released\",\"session\":1,\"order\":0}",
            "do not fit together",
        ),
    ] {
        let (code, said) = import(&path, lines);
        assert!(code == Some(1) && said.contains(expected), "{lines}: {said}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "{lines}");
    }
    let missing = store(&["check", &path]);
    assert!(missing.stderr[0].contains("there is no store"), "{missing:?}");
}

#[test]
fn a_store_in_use_is_not_touched() {
    let broker = Kept::start(&[]);
    let folder = broker.store().parent().unwrap().display().to_string();
    let check = store(&["check", &folder]);
    assert!(check.code == Some(1) && check.stderr[0].contains("in use"), "{check:?}");
}
