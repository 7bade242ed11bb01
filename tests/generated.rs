//! The man pages and completions in the repository are what the program's options give.
//!
//! `UPDATE=1 cargo test generated` writes them anew.

mod completions;
mod man;

use std::fs;
use std::path::Path;

use lastwill::cli::dispatch;

/// Compares a committed file with what it should be, or writes it.
#[track_caller]
fn assert_current(path: &str, wanted: &[u8]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, wanted).unwrap();
    }
    let found = fs::read(&file).unwrap_or_default();
    let first = found.split(|byte| *byte == b'\n').zip(wanted.split(|byte| *byte == b'\n'));
    let differing = first.enumerate().find(|(_, (found, wanted))| found != wanted);
    assert!(
        found == wanted,
        "{path} is not what the options give; UPDATE=1 writes it anew. First difference: {:?}",
        differing.map(|(line, (found, wanted))| {
            (line + 1, String::from_utf8_lossy(found), String::from_utf8_lossy(wanted))
        })
    );
}

#[test]
fn completions_are_current() {
    for (shell, file) in completions::SHELLS {
        assert_current(&format!("completions/{file}"), completions::script(shell).as_bytes());
    }
}

#[test]
fn man_pages_are_current() {
    for (file, page) in man::pages() {
        assert_current(&format!("man/{file}"), page.as_bytes());
    }
}

#[test]
fn clap_finds_no_fault_with_the_options() {
    dispatch::command().debug_assert();
}
