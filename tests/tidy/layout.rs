//! Which files there are.

use super::lexer::{Source, is_test_name};

/// Every Rust file but `roots` is declared by the module above it.
pub fn check_declared(sources: &[Source], roots: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| !roots.contains(&source.path.as_str())) {
        let inner = source.path.trim_end_matches(".rs");
        let inner = inner.strip_suffix("/mod").unwrap_or(inner);
        let Some((folder, name)) = inner.rsplit_once('/') else { continue };
        let parents = [
            format!("{folder}.rs"),
            format!("{folder}/mod.rs"),
            format!("{folder}/lib.rs"),
            format!("{folder}/main.rs"),
        ];
        let declaration = format!("mod {name};");
        let parents: Vec<&Source> =
            sources.iter().filter(|parent| parents.contains(&parent.path)).collect();
        let is_in = |parent: &Source, text| parent.lines_with(text, &declaration).len() == 1;
        if !parents.iter().any(|parent| is_in(parent, &parent.code)) {
            found.push(format!("{}: nothing above it says `{declaration}`", source.path));
        }
        if is_test_name(name) && parents.iter().any(|parent| is_in(parent, &parent.production)) {
            found.push(format!(
                "{}: by its name for tests only, but not by #[cfg(test)]",
                source.path
            ));
        }
    }
    found
}

/// Every other file (path and text) is named by another one.
pub fn check_named(files: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, _) in files.iter().filter(|(path, _)| path.starts_with("tests/")) {
        let name = path.rsplit_once('/').map_or(path.as_str(), |(_, name)| name);
        let is_used = files.iter().any(|(other, text)| other != path && text.contains(name));
        if !path.ends_with(".rs") && !is_used {
            found.push(format!("{path}: no other file names it"));
        }
    }
    found
}

/// The top level has few entries.
pub fn check_top_level(entries: impl Iterator<Item = String>) -> Vec<String> {
    const ALLOWED: &[&str] = &[
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "completions",
        "man",
        "src",
        "target",
        "tests",
    ];
    let is_allowed = |entry: &String| entry.starts_with('.') || ALLOWED.contains(&entry.as_str());
    entries.filter(|entry| !is_allowed(entry)).collect()
}

/// Absolute paths that exist on one machine only.
pub fn check_paths(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let has_path = ["work", "root", "home"].iter().any(|folder| {
            line.match_indices(&format!("/{folder}/")).any(|(at, hit)| {
                let inside = line[..at].ends_with(is_part);
                !inside && line[at + hit.len()..].starts_with(|c: char| c.is_alphabetic())
            })
        });
        if has_path {
            found.push(format!("{path}:{}: {}", index + 1, line.trim()));
        }
    }
    found
}

/// A manifest whose `[dependencies]` are exactly these.
pub fn check_dependencies(manifest: &str, allowed: &[&str]) -> Vec<String> {
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['=', '.']).next()).map(str::trim);
    let is_extra =
        |name: &&str| !name.is_empty() && !name.starts_with('#') && !allowed.contains(name);
    names.filter(is_extra).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undeclared_file_is_found() {
        let tree = |main: &str| {
            check_declared(
                &[
                    Source::new("tests/main.rs", main),
                    Source::new("tests/a.rs", "mod b;"),
                    Source::new("tests/a/b.rs", ""),
                    Source::new("tests/c/mod.rs", ""),
                ],
                &["tests/main.rs"],
            )
            .len()
        };
        assert_eq!(tree("mod a;\nmod c;"), 0);
        assert_eq!(tree("mod a;"), 1);
        assert_eq!(tree("// mod a; mod c;"), 2);
    }

    #[test]
    fn tests_are_for_tests_only() {
        let tree = |declaration: &str| {
            let main = Source::new("src/lib.rs", declaration);
            check_declared(&[main, Source::new("src/x_tests.rs", "")], &["src/lib.rs"]).len()
        };
        assert_eq!(tree("#[cfg(test)]\nmod x_tests;"), 0);
        assert_eq!(tree("mod x_tests;"), 1);
    }

    #[test]
    fn an_unused_script_is_found() {
        let files = |text: &str| {
            check_named(&[
                ("tests/x.py".to_owned(), String::new()),
                ("tests/y.rs".to_owned(), text.to_owned()),
            ])
            .len()
        };
        assert_eq!(files("run(\"x.py\")"), 0);
        assert_eq!(files(""), 1);
    }

    #[test]
    fn a_stray_entry_is_found() {
        let entries = ["src", ".ci", "notes.md"].map(str::to_owned);
        assert_eq!(check_top_level(entries.into_iter()), ["notes.md"]);
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        let line = |folder: &str| format!("cd /{folder}/me/project");
        assert_eq!(check_paths("a", &line("home")).len(), 1);
        assert_eq!(check_paths("a", &line("usr")).len(), 0);
        assert_eq!(check_paths("a", &format!("house/{}/x", "work")).len(), 0);
    }

    #[test]
    fn an_extra_dependency_is_found() {
        let manifest = "[dependencies]\nbytes.workspace = true\ntokio = \"1\"\n[lints]\nx = 1\n";
        assert_eq!(check_dependencies(manifest, &["bytes"]), ["tokio"]);
    }
}
