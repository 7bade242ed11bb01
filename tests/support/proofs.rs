//! The tests by their names, for tables that name a proof for each of their rows.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The names of all functions under `#[test]`, with the files they stand in.
pub fn tests() -> BTreeMap<String, Vec<PathBuf>> {
    let mut found: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && (name == "src" || name == "tests" || is_inside(&path)) {
                open.push(path);
            } else if name.ends_with(".rs") && is_inside(&path) {
                let text = fs::read_to_string(&path).unwrap();
                for name in tests_in(&text) {
                    found.entry(name).or_default().push(path.clone());
                }
            }
        }
    }
    found
}

/// Whether a path lies below `src` or `tests`.
fn is_inside(path: &Path) -> bool {
    let below = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
    below.starts_with("src") || below.starts_with("tests")
}

fn tests_in(text: &str) -> Vec<String> {
    let behind = text.split("#[test]\n").skip(1);
    let names = behind.filter_map(|rest| {
        let line = rest.lines().map(str::trim).find(|line| !line.starts_with("#["))?;
        line.strip_prefix("fn ")?.split('(').next().map(str::to_owned)
    });
    names.collect()
}
