//! The rules of the house, as tests: floors, purity, sizes, banned calls, no forgotten file.
//!
//! Every checker takes text and answers with findings, so that the tests beside it can show that
//! it finds something.

mod calls;
mod floors;
mod layout;
mod lexer;
mod sizes;

use std::fs;
use std::path::{Path, PathBuf};

use lexer::Source;

/// The top of the repository.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files below `top`, as paths relative to the repository, sorted.
fn files_below(top: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root().join(top)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "__pycache__") {
                    open.push(path);
                }
            } else {
                found.push(relative(&path));
            }
        }
    }
    found.sort();
    found
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("a path in the repository");
    path.to_str().expect("a path in UTF-8").replace('\\', "/")
}

fn read(path: &str) -> String {
    String::from_utf8_lossy(&fs::read(root().join(path)).expect("a readable file")).into_owned()
}

/// The Rust files below `top`.
fn sources(top: &str) -> Vec<Source> {
    let files = files_below(top);
    let found: Vec<Source> = files
        .iter()
        .filter(|path| path.ends_with(".rs"))
        .map(|path| Source::new(path, &read(path)))
        .collect();
    assert!(!found.is_empty(), "no Rust file below {top}");
    found
}

/// Fails with all findings of one checker.
fn assert_none(rule: &str, findings: Vec<String>) {
    assert!(findings.is_empty(), "{rule}\n  {}\n", findings.join("\n  "));
}

#[test]
fn files_import_only_from_floors_below() {
    let found = sources("src").iter().flat_map(floors::check).collect();
    assert_none("a file imports only from floors below, or from its own folder", found);
}

#[test]
fn the_pure_floors_are_pure() {
    let found = sources("src").iter().flat_map(calls::check_purity).collect();
    assert_none("protocol, broker, time and client/session know no outside world", found);
}

#[test]
fn only_the_clock_asks_for_the_time() {
    let found = sources("src").iter().flat_map(calls::check_clock).collect();
    assert_none("src/clock.rs is the only file that asks the system for the time", found);
}

#[test]
fn banned_calls_are_absent() {
    let all = sources("src").into_iter().chain(sources("tests"));
    let found = all.flat_map(|source| calls::check_banned(&source)).collect();
    assert_none("banned calls and attributes", found);
}

#[test]
fn nothing_is_left_unfinished() {
    let all = sources("src").into_iter().chain(sources("tests"));
    let found = all.flat_map(|source| calls::check_marks(&source)).collect();
    assert_none("marks of unfinished work", found);
}

#[test]
fn files_and_functions_are_short() {
    let all = sources("src").into_iter().chain(sources("tests"));
    let found = all.flat_map(|source| sizes::check(&source)).collect();
    assert_none("sizes", found);
}

#[test]
fn no_file_is_forgotten() {
    let mut found = Vec::new();
    for (top, roots) in [
        ("src", &["src/lib.rs", "src/main.rs", "src/protocol/lib.rs"][..]),
        (
            "tests",
            &[
                "tests/main.rs",
                "tests/bench/clients.rs",
                "tests/bench/micro/lib.rs",
                "tests/bench/micro/instructions/main.rs",
                "tests/bench/micro/times.rs",
            ][..],
        ),
    ] {
        found.extend(layout::check_declared(&sources(top), roots));
    }
    let texts: Vec<(String, String)> = files_below("tests")
        .into_iter()
        .chain([".ci/run".to_owned(), "README.md".to_owned()])
        .map(|path| (path.clone(), read(&path)))
        .collect();
    found.extend(layout::check_named(&texts));
    assert_none("files that nothing uses", found);
}

#[test]
fn the_top_level_holds_nothing_else() {
    let entries = fs::read_dir(root())
        .expect("a readable folder")
        .map(|entry| entry.expect("a readable entry").file_name().to_string_lossy().into_owned());
    assert_none("top-level entries", layout::check_top_level(entries));
}

#[test]
fn no_path_of_one_machine() {
    let mut files = [files_below("src"), files_below("tests"), files_below(".ci")].concat();
    files.extend(["Cargo.toml", "README.md"].map(str::to_owned));
    let found = files.iter().flat_map(|path| layout::check_paths(path, &read(path))).collect();
    assert_none("paths of one machine", found);
}

#[test]
fn the_protocol_crate_depends_on_bytes_only() {
    let found = layout::check_dependencies(&read("src/protocol/Cargo.toml"), &["bytes"]);
    assert_none("dependencies of src/protocol", found);
}
