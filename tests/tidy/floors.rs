//! Which file may import which: the floors of the house.

use super::lexer::Source;

/// The folder or file of `src` that a path belongs to, with its floor. The first match counts.
const FLOORS: &[(&str, u8)] = &[
    ("protocol", 0),
    ("time", 0),
    ("broker", 1),
    ("client/session", 1),
    ("clock", 2),
    ("transport", 2),
    ("store", 2),
    ("auth", 2),
    ("observe", 2),
    ("link", 3),
    ("config", 3),
    ("client", 4),
    ("server", 4),
    ("bridge", 5),
    ("check", 5),
    ("bench", 5),
    ("cli", 6),
];

/// The floor of `path` (`client/session/ping`), or `None` for what stands in no floor.
fn floor(path: &str) -> Option<u8> {
    let belongs = |prefix: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| match prefix {
            "client/session" => rest.is_empty() || rest.starts_with(['/', '_']),
            _ => rest.is_empty() || rest.starts_with('/'),
        })
    };
    FLOORS.iter().find(|(prefix, _)| belongs(prefix)).map(|&(_, floor)| floor)
}

/// The findings for one file.
pub fn check(source: &Source) -> Vec<String> {
    let Some(module) = module_of(&source.path) else { return Vec::new() };
    let Some(own) = floor(&module) else {
        return vec![format!("{}: stands in no floor: add it to the table", source.path)];
    };
    let own_area = area(&module);
    let mut found = Vec::new();
    for target in imports(&source.production, &module) {
        let allowed = match floor(&target) {
            None => false,
            Some(other) if area(&target) == own_area => other <= own,
            Some(other) => other < own,
        };
        if !allowed {
            let other = floor(&target).map_or("none".to_owned(), |floor| floor.to_string());
            found.push(format!(
                "{} (floor {own}) imports {target} (floor {other}): only floors below {own} and \
                 its own folder",
                source.path
            ));
        }
    }
    found.dedup();
    found
}

/// `src/client/session.rs` → `client/session`. `None` for what has no floor: the crate roots and
/// the protocol crate, which cannot import from us.
fn module_of(path: &str) -> Option<String> {
    let inner = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    if matches!(inner, "lib" | "main") || inner.starts_with("protocol/") {
        return None;
    }
    Some(inner.strip_suffix("/mod").unwrap_or(inner).to_owned())
}

fn area(module: &str) -> &str {
    module.split('/').next().unwrap_or(module)
}

/// Every module that the code names from the crate root or from a module above it.
fn imports(code: &str, module: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            expand(&code[at + "crate::".len()..], "", &mut found);
        }
    }
    let parent = module.rsplit_once('/').map(|(parent, _)| parent);
    for (at, _) in code.match_indices("super::") {
        let is_first = !code[..at].ends_with("::");
        if let Some(parent) = parent.filter(|_| is_first) {
            let rest = &code[at + "super::".len()..];
            if !rest.starts_with("super::") {
                expand(rest, &format!("{parent}/"), &mut found);
            }
        }
    }
    found
}

/// Reads one use tree (`a::{b, c::d}`), adds what it names below `prefix`; answers how much it
/// read.
fn expand(text: &str, prefix: &str, found: &mut Vec<String>) -> usize {
    let start = text.len() - text.trim_start().len();
    let rest = &text[start..];
    if rest.starts_with('{') {
        let mut at = start + 1;
        loop {
            at += expand(&text[at..], prefix, found);
            at += text[at..].len() - text[at..].trim_start().len();
            if !text[at..].starts_with(',') {
                return at + 1;
            }
            at += 1;
            if text[at..].trim_start().starts_with('}') {
                return at + text[at..].find('}').unwrap_or(0) + 1;
            }
        }
    }
    let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let name = &rest[..length];
    let is_module = name.starts_with(|c: char| c.is_ascii_lowercase());
    let is_deep = prefix.matches('/').count() >= 3;
    let after = &rest[length..];
    if is_module && !is_deep && after.starts_with("::") {
        let inner = format!("{prefix}{name}/");
        return start + length + 2 + expand(&after[2..], &inner, found);
    }
    let full = if is_module && prefix.matches('/').count() < 2 {
        format!("{prefix}{name}")
    } else {
        prefix.trim_end_matches('/').to_owned()
    };
    if !full.is_empty() {
        found.push(full);
    }
    let tree_end = after.find([',', '}', ';']).unwrap_or(after.len());
    start + length + tree_end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&Source::new(path, text)).len()
    }

    #[test]
    fn downwards_is_allowed() {
        assert_eq!(findings("src/server/core.rs", "use crate::broker::event::Input;"), 0);
        assert_eq!(findings("src/cli/sub.rs", "use crate::{time::Timestamp, server::run};"), 0);
        assert_eq!(findings("src/broker/will.rs", "use super::event::Input;"), 0);
    }

    #[test]
    fn upwards_and_sideways_is_not() {
        assert_eq!(findings("src/broker/will.rs", "use crate::observe::Line;"), 1);
        assert_eq!(findings("src/observe/mod.rs", "use crate::clock::Clock;"), 1);
        assert_eq!(findings("src/server/core.rs", "use crate::client::driver::run;"), 1);
        assert_eq!(findings("src/time.rs", "fn f() { crate::clock::Clock::new(); }"), 1);
    }

    #[test]
    fn groups_are_looked_into() {
        let text = "use crate::{time::{Timestamp, Deadlines}, broker::{event::Input}, cli};";
        assert_eq!(findings("src/link.rs", text), 1);
        assert_eq!(imports(&Source::new("src/link.rs", text).code, "link").len(), 4);
    }

    #[test]
    fn the_client_has_two_floors() {
        assert_eq!(findings("src/client/session.rs", "use crate::client::driver::Driver;"), 1);
        assert_eq!(findings("src/client/session.rs", "use super::driver::Driver;"), 1);
        assert_eq!(findings("src/client/session.rs", "use crate::link::Link;"), 1);
        assert_eq!(findings("src/client/driver.rs", "use super::session::Session;"), 0);
        assert_eq!(findings("src/client/driver.rs", "use crate::link::Link;"), 0);
        assert_eq!(findings("src/client/session_tests.rs", "use super::session::Session;"), 0);
    }

    #[test]
    fn a_new_folder_needs_a_floor() {
        assert_eq!(findings("src/misc/mod.rs", ""), 1);
        assert_eq!(findings("src/cli/mod.rs", "use crate::misc::Thing;"), 1);
    }
}
